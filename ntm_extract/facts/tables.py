"""Annexes: rows of tables that list units with standards, years and numbers of criteria.

A table is a run of lines of kind 'table_row' whose first says what the columns hold ('TT | Xã | Tiêu chuẩn | Năm đạt').
What its rows mean stands in the heads of the columns, in headings among the rows, or in the caption over it; the
nearest that says it decides. A table that says it nowhere, or names no standard, yields no standard reached.
Heads are told by the vocabulary ``table_column``, meanings and marks by ``tables.yml``.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import attrgetter
from typing import Literal, cast

from ntm_extract.data_files import load_beside
from ntm_extract.facts.frame import Reader
from ntm_extract.match.names import UnitName
from ntm_extract.model import (
    Achievement,
    Block,
    CountRange,
    CriteriaCount,
    CriteriaStatus,
    Evidence,
    Level,
    Period,
    Quantity,
    Standard,
    Subject,
    Target,
    Unit,
    UnitMention,
)
from ntm_extract.orthography import fold_text
from ntm_extract.patterns import PatternSet, default_patterns, expand_form
from ntm_extract.units import parse_unit_name

Modality = Literal["goal", "plan", "pledge", "directive"]
Status = Literal["recognised", "met", "proposed", "appraised", "lost"]
Metric = Literal["criterion", "indicator"]
# A modality is ahead, a status is behind; 'result' is how things stand, which is no standard reached.
Meaning = Literal[
    "goal", "plan", "pledge", "directive", "recognised", "met", "proposed", "appraised", "lost", "result", "unmet"
]
_UNITS: tuple[Level, ...] = ("village", "commune", "district", "province")
_CAPTION_LINES = 6  # over a table, among which its caption is
_CAPTION_MOST = 400  # characters
_HEADING_MOST = 120  # characters of a heading among rows
_TIME_MOST = 30  # characters of a cell that holds a time
_HEADER_MOST = 4  # rows of a header
_OUTLINE_LINES = 80  # over a heading, among which those are that it stands under
_BESIDE_CAPTION = re.compile(r"\(|đơn vị(?: tính)?\s*:|đvt\s*:")


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What the tables of an article say.

    ``criteria_status`` are criteria named in a cell ('Tiêu chí chưa đạt'), ``units`` the mentions in columns of units.
    ``lines`` are the offsets at which lines begin that were read here: headers and rows of tables that were
    understood, which nothing else should read as sentences.
    """

    targets: tuple[Target, ...] = ()
    achievements: tuple[Achievement, ...] = ()
    criteria_counts: tuple[CriteriaCount, ...] = ()
    criteria_status: tuple[CriteriaStatus, ...] = ()
    units: tuple[UnitMention, ...] = ()
    lines: frozenset[int] = frozenset()


def read_tables(reader: Reader, patterns: PatternSet | None = None) -> TableFacts:
    """Facts of all tables of an article; ``patterns`` are the shipped ones if none are given."""
    blocks = reader.reading.article.blocks
    if not any(block.kind == "table_row" for block in blocks):
        return TableFacts()
    heads = _Heads(patterns or default_patterns())
    found = _Found()
    for table in _tables(reader, heads, blocks):
        table.read(found)
    return TableFacts(
        tuple(found.targets),
        tuple(found.achievements),
        tuple(found.counts),
        tuple(found.statuses),
        tuple(found.units),
        frozenset(found.lines),
    )


# ------------------------------------------------------------------ words

_Forms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """``tables.yml``, its forms folded; see there for what each part is for."""

    meanings: Mapping[Meaning, _Forms]
    ahead: frozenset[str]
    criteria: _Forms
    standards: Mapping[Standard, _Forms]
    cells: Mapping[str, frozenset[str]]
    implied: _Forms
    now: _Forms


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    data = load_beside(__file__, "tables.yml")
    return _Lexicon(
        meanings={value: _forms(forms) for value, forms in data["meanings"].items()},
        ahead=frozenset(data["ahead"]),
        criteria=_forms(data["criteria"]),
        standards={value: _forms(forms) for value, forms in data["standards"].items()},
        cells={value: frozenset(_forms(forms)) for value, forms in data["cells"].items()},
        implied=_forms(data["implied"]),
        now=_forms(data["now"]),
    )


def _forms(written: Iterable[str]) -> _Forms:
    return tuple(_folded(surface) for form in written for surface in expand_form(form))


def _folded(text: str) -> str:
    return fold_text(re.sub(r"[^\w%✓√]+", " ", text))


def _occurs(forms: Iterable[str], text: str) -> bool:
    """Whether one of the forms stands in a text, as whole words."""
    folded = f" {_folded(text)} "
    return any(f" {form} " in folded for form in forms)


def _meaning(text: str) -> Meaning | None:
    """What a caption, a heading or the head of a column says of rows."""
    lexicon = _lexicon()
    said = [meaning for meaning, forms in lexicon.meanings.items() if _occurs(forms, text)]
    if "result" in said:
        if not lexicon.ahead.isdisjoint(said):
            return "result"
        said = [meaning for meaning in said if meaning != "result"] or said
    return said[0] if said else None


def _says(value: str, cell: str) -> bool:
    """Whether a cell is one of the marks for a value."""
    return _folded(cell) in _lexicon().cells[value] or (value == "met" and cell.strip() in ("✓", "√"))


class _Heads:
    """What columns hold, by the vocabulary ``table_column``."""

    def __init__(self, patterns: PatternSet) -> None:
        self._forms: dict[str, _Forms] = {}
        for entry in patterns.entries_of("table_column"):
            self._forms[entry.value] = (*self._forms.get(entry.value, ()), *map(_folded, entry.forms))

    def kind(self, head: str) -> str | None:
        """What a column with this head holds; None if no word of it is known."""
        text = _folded(head)
        for value, forms in self._forms.items():
            if value == "number":
                known = text in forms
            elif value in (*_UNITS, "unit", "total"):
                known = any(f"{text} ".startswith(f"{form} ") for form in forms)
            else:
                known = any(f" {form} " in f" {text} " for form in forms)
            if known:
                return value
        return None


# ------------------------------------------------------------------ cells, rows and tables


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell's text and where it stands in the article."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class _Row:
    block: Block
    cells: tuple[_Cell, ...]

    @classmethod
    def of(cls, block: Block, text: str) -> _Row:
        cells, start = [], block.start
        for part in text[block.start : block.end].split("|"):
            lead = len(part) - len(part.lstrip())
            cells.append(_Cell(part.strip(), start + lead))
            start += len(part) + 1
        return cls(block, tuple(cells))


@dataclass(slots=True)
class _Found:
    targets: list[Target] = field(default_factory=list)
    achievements: list[Achievement] = field(default_factory=list)
    counts: list[CriteriaCount] = field(default_factory=list)
    statuses: list[CriteriaStatus] = field(default_factory=list)
    units: list[UnitMention] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Context:
    """What holds for rows: said by the head of a column, by headings among the rows, or by the caption.

    ``whole``: what says the meaning names the standard too.
    """

    meaning: Meaning | None = None
    standard: Standard | None = None
    period: Period | None = None
    implied: bool = False
    criteria: bool = False
    whole: bool = False
    district: str | None = None
    province: str | None = None

    def under(self, outer: _Context) -> _Context:
        """This context where it says something, the outer one elsewhere."""
        return _Context(
            meaning=self.meaning or outer.meaning,
            standard=self.standard or outer.standard,
            period=self.period or outer.period,
            implied=self.implied or outer.implied,
            criteria=self.criteria or outer.criteria,
            whole=self.whole or (outer.whole and self.meaning is None),
            district=self.district or outer.district,
            province=self.province or outer.province,
        )


@dataclass(frozen=True, slots=True)
class _Column:
    """A column by its head: what it holds, what the head says of its cells, the size of the set in '/19'.

    Of kind 'mark' are columns whose head is a year: their cells say what is so in it.
    """

    kind: str | None
    head: str
    said: _Context
    total: float | None = None


def _said(reader: Reader, start: int, end: int) -> _Context:
    """What a stretch of the text says of the rows under it."""
    text = reader.text[start:end]
    lexicon = _lexicon()
    meaning, standard = _meaning(text), _standard_in(reader, start, end)
    implied = _occurs(lexicon.implied, text)
    return _Context(
        meaning=meaning,
        standard=standard,
        period=_period_in(reader, start, end),
        implied=implied,
        criteria=_occurs(lexicon.criteria, text),
        whole=meaning is not None and (standard is not None or implied),
    )


def _standard_in(reader: Reader, start: int, end: int) -> Standard | None:
    """The longest name of a standard in a stretch of the text."""
    tokens = reader.reading.tokens
    best: tuple[int, Standard | None] = (0, None)
    for index in range(tokens.first_from(start), tokens.first_from(end)):
        for last, type_, value in reader.reading.vocabulary.get(index, ()):
            if type_ == "standard" and tokens.ends[last - 1] <= end and last - index > best[0]:
                best = (last - index, cast(Standard, value))
    return best[1]


_BARE_YEAR = re.compile(r"(?<!\d)(?:(?P<month>\d{1,2})\s*[/.-]\s*)?(?P<year>20[0-4]\d)(?!\d)")


def _period_in(reader: Reader, start: int, end: int) -> Period | None:
    """The last time named in a stretch of the text."""
    times = reader.reading.times
    for at in range(bisect_left(times, end, key=_begin) - 1, -1, -1):
        if times[at].start < start:
            break
        if times[at].end <= end and times[at].period.end:
            return times[at].period
    return None


_begin = attrgetter("start")


def _period_of(reader: Reader, cell: _Cell) -> Period | None:
    """The time that a cell names, where a number alone is a year: '2021', '12/2021', 'Quý IV/2021'."""
    if (named := _period_in(reader, cell.start, cell.end)) is not None:
        return named
    found = _BARE_YEAR.search(cell.text)
    if found is None:
        return None
    year, month = int(found["year"]), int(found["month"] or 0)
    if not 1 <= month <= 12:
        return Period(text=found["year"], start=dt.date(year, 1, 1), end=dt.date(year, 12, 31))
    last = calendar.monthrange(year, month)[1]
    return Period(text=found.group(), start=dt.date(year, month, 1), end=dt.date(year, month, last))


# ------------------------------------------------------------------ where tables are


def _tables(reader: Reader, heads: _Heads, blocks: Sequence[Block]) -> Iterator[_Table]:
    """Runs of rows with a header; a short line between two rows is a heading among them."""
    number = 0
    while number < len(blocks):
        if blocks[number].kind != "table_row":
            number += 1
            continue
        first = number
        rows: list[_Row] = []
        while number < len(blocks):
            block = blocks[number]
            if block.kind != "table_row" and not _parts_rows(reader, heads, blocks, number):
                break
            rows.append(_Row.of(block, reader.text))
            number += 1
        table = _read_table(reader, heads, rows, _caption(reader, blocks[:first]))
        if table is not None:
            yield table


def _parts_rows(reader: Reader, heads: _Heads, blocks: Sequence[Block], number: int) -> bool:
    """Whether a line is a heading among the rows of one table: rows go on under it, without a header of their own."""
    block = blocks[number]
    if number + 1 == len(blocks) or blocks[number + 1].kind != "table_row" or block.end - block.start > _HEADING_MOST:
        return False
    return not _header(heads, [_Row.of(blocks[number + 1], reader.text)])


def _caption(reader: Reader, above: Sequence[Block]) -> _Context:
    """What the lines over a table say, the nearest first, then the headings that those lines stand under."""
    lines: list[tuple[int, int]] = []
    for block in reversed(above[-_CAPTION_LINES:]):
        line = reader.text[block.start : block.end]
        if block.kind in ("table_row", "byline") or len(line) > _CAPTION_MOST:
            break
        if _BESIDE_CAPTION.match(line.lower()):
            continue
        if lines and line.isupper() and reader.text[slice(*lines[-1])].isupper() and not _mark(line):
            lines[-1] = (block.start, lines[-1][1])  # lines of one caption
            continue
        lines.append((block.start, block.end))
        if block.kind == "paragraph" and not line.endswith(":"):
            break  # a sentence: what is over it is not of the table
        if _mark(line):
            lines += _over(reader, above[: above.index(block)], line)
            break
    context = _Context()
    for start, end in lines:
        context = context.under(_said(reader, start, end))
    return context


_MARK = re.compile(
    r"\W*(?:(?P<roman>[IVX]{1,5})|(?P<capital>[A-HĐ])|(?P<number>\d{1,2})|(?P<letter>[a-hđ]))\s*[.)/-]\s+"
)


_RANKS = ("letter", "number", "roman", "capital")


def _mark(line: str) -> str | None:
    """How a heading is counted: by 'roman' numbers, a 'capital', a 'number', a 'letter'; None if it is not."""
    found = _MARK.match(line)
    return found.lastgroup if found else None


def _over(reader: Reader, above: Sequence[Block], line: str) -> Iterator[tuple[int, int]]:
    """Headings that a counted heading stands under: 'II.' under 'A.', '3.' under 'II.'."""
    rank = _RANKS.index(_mark(line) or _RANKS[0])
    for block in reversed(above[-_OUTLINE_LINES:]):
        text = reader.text[block.start : block.end]
        mark = _mark(text) if block.kind != "table_row" and len(text) <= _HEADING_MOST else None
        if mark is not None and _RANKS.index(mark) > rank:
            rank = _RANKS.index(mark)
            yield block.start, block.end


def _header(heads: _Heads, rows: Sequence[_Row]) -> int:
    """Number of rows that are the header, 0 if the first row is none."""
    kinds = [heads.kind(cell.text) for cell in rows[0].cells] if rows else []
    if sum(map(bool, kinds)) < 2 or not any(kind in (*_UNITS, "unit") for kind in kinds):
        return 0
    height = 1
    while height < min(len(rows), _HEADER_MOST) and _heads_on(rows[0], rows[height]):
        height += 1
    return height


_ORDINAL = re.compile(r"\(?(?:\d{1,3}|[A-ZĐa-zđ]|[IVX]{1,5})\)?(?:\s*=.{1,20})?")


def _numbers_columns(row: _Row) -> bool:
    """'A | B | 1 | 2 | 3=1+2': a row that only numbers the columns."""
    filled = [cell.text for cell in row.cells if cell.text]
    counted = [int(found.group()) for text in filled if (found := re.search(r"\d+", text))]
    return len(filled) > 2 and all(map(_ORDINAL.fullmatch, filled)) and counted == sorted(set(counted))


def _heads_on(head: _Row, row: _Row) -> bool:
    """Whether a row is one more of the header: it numbers the columns, or repeats a head that covers two rows."""
    if _numbers_columns(row):
        return True
    return len(row.cells) == len(head.cells) > 1 and any(
        cell.text and _folded(cell.text) == _folded(over.text) for cell, over in zip(row.cells, head.cells, strict=True)
    )


def _columns(reader: Reader, heads: _Heads, rows: Sequence[_Row], caption: _Context) -> list[_Column]:
    """Columns by their heads, which may stand in several rows, one over the other."""
    rows = [row for row in rows if not _numbers_columns(row)]
    columns = []
    for at in range(max(len(row.cells) for row in rows)):
        cells = [row.cells[at] for row in rows if at < len(row.cells)]
        head = " ".join(dict.fromkeys(cell.text for cell in cells if cell.text))
        said = _Context()
        for cell in reversed(cells):
            said = said.under(_said(reader, cell.start, cell.end))
        said = replace(said, meaning=_meaning(head), period=said.period or _period_of(reader, cells[-1]))
        kind = heads.kind(head)
        if kind == "total" and caption.criteria:
            kind = "criteria"
        elif kind == "unmet" and said.criteria:
            kind = "unmet criteria"
        if said.period is not None and kind in ("year", "result", None):
            kind = "mark"
        size = re.search(r"/\s*(\d{2,3})\b", head)
        columns.append(_Column(kind, head, said, float(size[1]) if size else None))
    return columns


def _by_cells(reader: Reader, column: _Column, rows: Sequence[_Row], at: int) -> str | None:
    """What a column holds: its head decides, unless that leaves it open and most of its cells are times."""
    if column.kind not in (None, "result"):
        return column.kind
    cells = [row.cells[at] for row in rows if at < len(row.cells) and row.cells[at].text]
    times = [cell for cell in cells if len(cell.text) <= _TIME_MOST and _period_of(reader, cell) is not None]
    return "year" if len(times) > 0.5 * len(cells) else column.kind


def _read_table(reader: Reader, heads: _Heads, rows: Sequence[_Row], caption: _Context) -> _Table | None:
    """The table of these rows; None without a header, or where the rows are not about units."""
    rows = list(rows)
    while rows and len(rows[0].cells) == 1:  # a caption that is a row of the table
        block = rows.pop(0).block
        caption = _said(reader, block.start, block.end).under(caption)
    height = _header(heads, rows)
    if not height or len(rows) == height:
        return None
    columns = _columns(reader, heads, rows[:height], caption)
    columns = [replace(column, kind=_by_cells(reader, column, rows[height:], at)) for at, column in enumerate(columns)]
    kinds = [column.kind for column in columns]
    at = next(kinds.index(kind) for kind in (*_UNITS, "unit") if kind in kinds)
    if any(kind not in ("number", *_UNITS) for kind in kinds[:at]):
        return None  # 'Công trình | Xã | Năm hoàn thành' is about works
    return _Table(reader, rows[:height], rows[height:], columns, at, caption)


# ------------------------------------------------------------------ names in cells

_LEVELS: Mapping[str, Level] = {
    **dict.fromkeys(("xã", "phường", "thị trấn", "đặc khu"), "commune"),
    **dict.fromkeys(("huyện", "quận", "thị xã", "thành phố"), "district"),
    **dict.fromkeys(("thôn", "xóm", "ấp", "bản", "buôn", "làng", "khóm"), "village"),
    **dict.fromkeys(("tổ dân phố", "khu dân cư", "khu phố"), "village"),
    "tỉnh": "province",
}  # fmt: skip
_VILLAGE = re.compile(r"(thôn|xóm|ấp|bản|buôn|làng|khóm|tổ dân phố|khu dân cư|khu phố)\s+(?=\S)", re.IGNORECASE)
_NUMBERED = re.compile(r"\s*(?:\d{1,3}|[IVX]{1,5}|[A-Ea-đ])\s*[.)/-]\s*")
_MARKS = re.compile(r"\s*(?:\([^()]*\)|\*+|\[\d+\])\s*$")
_LISTED = re.compile(r"\s*[,;&]\s*|\s+và\s+")
_WORD = re.compile(r"[^\W\d_][\w'’.-]*|\d{1,2}|[IVX]{1,4}")
_NAME_MOST = 6  # words


def _is_name(text: str, *, numbered: bool = False) -> bool:
    """Whether a text is a name: every word begins with a capital, or is a number where those are names."""
    words = text.split()
    if not 1 <= len(words) <= _NAME_MOST or not all(map(_WORD.fullmatch, words)):
        return False
    if any(word.isdigit() for word in words):
        return numbered
    return all(word[0].isupper() for word in words)


def _parse_unit(text: str) -> tuple[str | None, str]:
    """Kind, if one is written, and name, not in capitals."""
    village = _VILLAGE.match(text)
    kind, name = (village[1].lower(), text[village.end() :]) if village else parse_unit_name(text)
    return kind, name.title() if name.isupper() and len(name) > 3 else name


# ------------------------------------------------------------------ rows to facts


_COUNT = re.compile(
    r"(?P<count>\d{1,3}(?:[.,]\d{1,2})?)(?:\s*/\s*(?P<total>\d{1,3}))?(?:\s*(?:tiêu chí|chỉ tiêu|TC|CT|xã|thôn))?",
    re.IGNORECASE,
)
_MOST = {"criterion": 20, "indicator": 80}  # criteria of the largest sets
_DECISION = re.compile(r"\d+\s*/|QĐ|quyết định", re.IGNORECASE)
_Cells = Sequence[_Cell]


@dataclass(slots=True)
class _Table:
    """One table: its columns, the column ``at`` that names the units, and what the caption says."""

    _reader: Reader
    _head: Sequence[_Row]
    _rows: Sequence[_Row]
    _columns: Sequence[_Column]
    _at: int
    _caption: _Context
    _context: _Context = field(default_factory=_Context)  # the caption, under the last heading among the rows
    _found: _Found = field(default_factory=_Found)

    def read(self, found: _Found) -> None:
        """Facts of all rows."""
        self._context, self._found = self._caption, found
        lines = set()
        for row in self._rows:
            cells = self._aligned(row)
            if cells is None:
                self._heading(row)
            elif any(_says("sum", cell.text) for cell in cells[: self._at + 1]):
                lines.add(row.block.start)
            elif units := self._units(cells):
                lines.add(row.block.start)
                self._row(row, cells, units)
            else:
                self._enter(cells[self._at].text)
        if lines:
            found.lines |= lines | {row.block.start for row in self._head}

    def _aligned(self, row: _Row) -> list[_Cell] | None:
        """Cells by column; None for a heading among the rows."""
        cells = list(row.cells)
        if sum(bool(cell.text) for cell in cells) < 2:
            return None
        missing = len(self._columns) - len(cells)
        # Pages leave out empty cells at the edges of a row.
        if missing > 0 and self._columns[0].kind == "number" and not _ORDINAL.fullmatch(cells[0].text.rstrip(".")):
            cells.insert(0, _Cell("", row.block.start))
            missing -= 1
        return cells + [_Cell("", row.block.end)] * missing

    def _heading(self, row: _Row) -> None:
        """A heading among the rows: it may say a meaning, a standard, a year, or name a district."""
        self._context = _said(self._reader, row.block.start, row.block.end).under(self._caption)
        self._enter(next((cell.text for cell in row.cells if cell.text), ""))

    def _enter(self, text: str) -> None:
        """Rows that follow are in the district or province that is named."""
        kind, name = _parse_unit(_NUMBERED.sub("", text, count=1))
        level = _LEVELS.get(kind or "")
        if level == "district" and _is_name(name):
            self._context = replace(self._context, district=name)
        elif level == "province" and _is_name(name):
            self._context = replace(self._context, province=name)

    def _cell(self, cells: _Cells, kind: str) -> _Cell | None:
        """The row's cell in a kind of column, if it is filled."""
        return next((cell for column, cell in self._filled(cells) if column.kind == kind), None)

    def _filled(self, cells: _Cells) -> Iterator[tuple[_Column, _Cell]]:
        return ((column, cell) for column, cell in zip(self._columns, cells, strict=False) if cell.text)

    # ------------------------------------------------------------ units

    def _units(self, cells: _Cells) -> list[tuple[UnitName, _Cell]]:
        """Units that the row is about; none where its cell holds no names of the column's level."""
        cell = cells[self._at]
        lead = _NUMBERED.match(cell.text)
        begin = lead.end() if lead else 0
        district, province = self._named(cells, "district"), self._named(cells, "province")
        units: list[tuple[UnitName, _Cell]] = []
        kind: str | None = None
        at = begin
        for part in _LISTED.split(_MARKS.sub("", cell.text[begin:])):
            at = cell.text.index(part, at)
            own, name = _parse_unit(part)
            kind = own or kind
            level = self._level(kind)
            if level is None and units and _LEVELS.get(own or "") in ("district", "province"):
                continue  # 'xã A, huyện B': the linker knows by the name where it is, or the column says it
            if level is None or not _is_name(name, numbered=level == "village" or kind == "phường"):
                return []
            unit = UnitName(level, name, kind or self._kind(), 0, 0, 0, district=district, province=province)
            units.append((unit, _Cell(part, cell.start + at)))
            at += len(part)
        return units

    def _named(self, cells: _Cells, kind: Literal["district", "province"]) -> str | None:
        """District or province of the row: in a cell of its own or behind the name, else by the heading over it."""
        cell = self._cell(cells, kind) if self._columns[self._at].kind != kind else None
        texts = [cell.text] if cell is not None else _LISTED.split(cells[self._at].text)[1:]
        for text in texts:
            own, name = _parse_unit(text)
            if _is_name(name) and (cell is not None or _LEVELS.get(own or "") == kind):
                return name
        return self._context.district if kind == "district" else self._context.province

    def _level(self, kind: str | None) -> Level | None:
        """Level of a unit in the column of units; None for one of another level than the column's."""
        said = _LEVELS.get(kind or "")
        column = self._columns[self._at].kind
        if column == "unit":
            return said or ("commune" if self._reader.home_unit("district") is not None else "district")
        return cast(Level, column) if said in (None, column) else None

    def _kind(self) -> str | None:
        """The kind that the head gives all units of the column: 'Xã', but not 'Xã, thị trấn'."""
        head = f" {_folded(self._columns[self._at].head)} "
        kinds = [kind for kind in _LEVELS if f" {_folded(kind)} " in head]
        return kinds[0] if len(kinds) == 1 else None

    def _mention(self, name: UnitName, cell: _Cell) -> Unit:
        unit = self._reader.unit(name)
        self._found.units.append(UnitMention(unit=unit, start=cell.start, end=cell.end, text=cell.text))
        return unit

    def _around(self, cells: _Cells, level: Level) -> Unit | None:
        """Units in columns of higher levels are mentioned too; the commune of a village is where it is."""
        within = None
        for kind in _UNITS[_UNITS.index(level) + 1 :]:
            cell = self._cell(cells, kind)
            own, name = _parse_unit(cell.text) if cell is not None else (None, "")
            if cell is None or not _is_name(name):
                continue
            district = self._named(cells, "district") if kind == "commune" else None
            province = self._named(cells, "province") if kind != "province" else None
            unit = self._mention(UnitName(kind, name, own, 0, 0, 0, district=district, province=province), cell)
            within = unit if kind == "commune" else within
        return within

    # ------------------------------------------------------------ facts of a row

    def _row(self, row: _Row, cells: _Cells, names: Sequence[tuple[UnitName, _Cell]]) -> None:
        units = tuple(self._mention(name, cell) for name, cell in names)
        level = names[0][0].level
        subject = Subject(level=level, units=units, within=self._around(cells, level))
        start, end = row.block.start, row.block.end
        self._standards(cells, subject, self._reader.evidence(start, end, "tables.standards.row"))
        self._criteria(cells, subject, self._reader.evidence(start, end, "tables.criteria.row"))
        self._statuses(cells, subject, self._reader.evidence(start, end, "tables.status.row"))
        if len(units) == 1:
            self._counts(cells, units[0], self._reader.evidence(start, end, "tables.counts.row"))

    def _standards(self, cells: _Cells, subject: Subject, evidence: Evidence) -> None:
        """Standards reached or aimed at: those of the columns of years and marks, else the one the list is of."""
        if any(
            column.kind in ("result", "standard", "note") and _says("unmet", cell.text)
            for column, cell in self._filled(cells)
        ):
            return
        named = self._standard(cells)
        for column, cell in self._filled(cells):
            standard, period = column.said.standard or named, None
            if column.kind == "year":
                period = _period_of(self._reader, cell)
            elif column.kind == "mark" and (_says("met", cell.text) or _short_standard(cell.text)):
                standard, period = _short_standard(cell.text) or standard, column.said.period
            if period is not None:
                self._claim(column.said, standard, period, cells, subject, evidence)
        if self._is_list():
            said = _Context()
            for column in self._columns:
                said = column.said.under(said) if column.kind in ("decision", "standard") else said
            decision = self._cell(cells, "decision")
            period = _period_of(self._reader, decision) if decision is not None else None
            self._claim(said, named, period or self._context.period, cells, subject, evidence)

    def _is_list(self) -> bool:
        """Whether a row is one standard of one unit: no column says more, and the caption names it with its meaning."""
        kinds = {column.kind for column in self._columns if column.head}
        return kinds <= {"number", *_UNITS, "unit", "note", "decision", "standard", "result"} and (
            self._context.whole or bool(kinds & {"decision", "standard"})
        )

    def _standard(self, cells: _Cells) -> Standard | None:
        cell = self._cell(cells, "standard")
        if cell is None:
            return None
        return _standard_in(self._reader, cell.start, cell.end) or _short_standard(cell.text)

    def _claim(
        self, said: _Context, standard: Standard | None, period: Period | None, cells: _Cells, subject: Subject,
        evidence: Evidence,
    ) -> None:  # fmt: skip
        """One standard of one row, reached or aimed at; ``said`` is what the column says."""
        ahead = _lexicon().ahead
        meaning = said.meaning or self._context.meaning
        if said.meaning == "result" or (
            said.meaning == "met" and self._context.meaning not in (None, "result", "unmet")
        ):
            meaning = self._context.meaning  # 'năm đạt chuẩn' in a list of plans, or of those recognised
        decision = self._cell(cells, "decision")
        if decision is not None and _DECISION.search(decision.text) and meaning in (None, "met", "result"):
            meaning = "recognised"
        day = self._reader.day or self._reader.reading.article.published
        if meaning in ("met", "recognised") and day and period and period.start and period.start > day:
            meaning = "goal"
        standard = standard or self._context.standard
        if standard is None and (said.implied or self._context.implied):
            standard = "ntm"
        if standard is None:
            return
        if meaning in ahead:
            self._found.targets.append(
                Target(
                    subject=subject, outcome="standard", standard=standard, deadline=period,
                    modality=cast(Modality, meaning), evidence=evidence,
                )
            )  # fmt: skip
        elif meaning not in ("result", "unmet", None):
            status = cast(Status, meaning)
            self._found.achievements.append(
                Achievement(subject=subject, standard=standard, status=status, period=period, evidence=evidence)
            )

    def _criteria(self, cells: _Cells, subject: Subject, evidence: Evidence) -> None:
        """Numbers of criteria reached, or aimed at."""
        for column, cell in self._filled(cells):
            number = _COUNT.fullmatch(cell.text)
            if number is None:
                continue
            # '16/19' is one in any column of results, a bare number only where the caption speaks of criteria.
            counted = (column.kind in ("result", "mark") and bool(number["total"])) or (
                column.kind == "mark" and self._context.criteria
            )
            if column.kind not in ("criteria", "indicator") and not counted:
                continue
            metric: Metric = "indicator" if column.kind == "indicator" else "criterion"
            achieved = float(number["count"].replace(",", "."))
            total = float(number["total"]) if number["total"] else column.total
            if achieved > (total or _MOST[metric]) or not (total or 1) <= _MOST[metric]:
                continue
            standard = column.said.standard or self._standard(cells) or self._context.standard or "ntm"
            meaning = self._aimed(column)
            behind = self._context.meaning not in _lexicon().ahead
            period = column.said.period or (self._context.period if meaning or behind else None)
            if meaning is not None:
                unit = "chỉ tiêu" if metric == "indicator" else "tiêu chí"
                self._found.targets.append(
                    Target(
                        subject=subject, outcome="criteria", standard=standard, deadline=period,
                        quantity=Quantity(min=achieved, max=achieved, unit=unit), modality=cast(Modality, meaning),
                        evidence=evidence,
                    )
                )  # fmt: skip
            else:
                self._found.counts.append(
                    CriteriaCount(
                        subject=subject, standard=standard, metric=metric, achieved=achieved, total=total,
                        period=period, evidence=evidence,
                    )
                )  # fmt: skip

    def _aimed(self, column: _Column) -> Meaning | None:
        """In which light a number of criteria is aimed at; None for one that is reached.

        'Số tiêu chí đạt' in a plan is planned, but not where each unit has a time of its own by which it gets there:
        then it is how far it got. Those that registered are listed with how far they got, too.
        """
        ahead = _lexicon().ahead
        if column.said.meaning in ahead:
            return column.said.meaning
        now = column.said.meaning == "result" or _occurs(_lexicon().now, column.head)
        dated = any(other.kind == "year" for other in self._columns)
        outer = self._context.meaning
        return outer if outer in ahead and outer != "pledge" and not now and not dated else None

    def _statuses(self, cells: _Cells, subject: Subject, evidence: Evidence) -> None:
        """Criteria named: 'Tiêu chí chưa đạt', 'Tiêu chí đạt'."""
        for column, cell in self._filled(cells):
            if column.kind not in ("criteria", "unmet criteria"):
                continue
            standard = column.said.standard or self._standard(cells) or self._context.standard
            for criterion in _criteria_in(self._reader, cell):
                self._found.statuses.append(
                    CriteriaStatus(
                        subject=subject,
                        standard=standard,
                        criterion=criterion,
                        status="met" if column.kind == "criteria" else "unmet",
                        evidence=evidence,
                    )
                )

    def _counts(self, cells: _Cells, unit: Unit, evidence: Evidence) -> None:
        """'Huyện | Số xã đạt chuẩn': a number of communes within the row's unit."""
        for column, cell in self._filled(cells):
            number = _COUNT.fullmatch(cell.text) if column.kind == "count" else None
            count = float(number["count"].replace(",", ".")) if number else 0.0
            if not count or not count.is_integer() or column.said.meaning in (None, "result"):
                continue
            level: Level = "village" if re.search(r"\b(?:thôn|xóm|ấp|bản)\b", column.head.lower()) else "commune"
            subject = Subject(level=level, count=CountRange(min=count, max=count), within=unit)
            period = column.said.period or self._context.period
            self._claim(column.said, column.said.standard, period, cells, subject, evidence)


def _criteria_in(reader: Reader, cell: _Cell) -> Iterator[str]:
    """Ids of the criteria that a cell names, each once."""
    tokens = reader.reading.tokens
    at, last = tokens.first_from(cell.start), tokens.first_from(cell.end)
    seen: set[str] = set()
    while at < last:
        hits = [hit for hit in reader.reading.vocabulary.get(at, ()) if hit[1] == "criterion" and hit[0] <= last]
        if hits:
            at, _, criterion = max(hits)
            if criterion not in seen:
                yield criterion
            seen.add(criterion)
        else:
            at += 1


def _short_standard(cell: str) -> Standard | None:
    """The standard that a short cell names: 'Nâng cao', 'NTM KM'."""
    return next((value for value, forms in _lexicon().standards.items() if _occurs(forms, cell)), None)
