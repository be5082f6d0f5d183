"""Annexes: rows of tables that list units with standards, years and numbers of criteria.

A table is a run of lines of kind 'table_row' whose first says what the columns hold ('TT | Xã | Tiêu chuẩn | Năm đạt').
What its rows mean stands in the heads of the columns, in headings among the rows, in the caption over it, or in the
article's title; the nearest that says it decides. A table that says it nowhere yields no standard reached.
All words come from the vocabulary ``table_column``.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from ntm_extract.facts.frame import Reader, ahead_of
from ntm_extract.match.names import UnitName
from ntm_extract.model import (
    Achievement,
    Block,
    CountRange,
    CriteriaCount,
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
from ntm_extract.patterns import PatternSet, default_patterns
from ntm_extract.units import parse_kind, parse_unit_name

Modality = Literal["goal", "plan", "pledge", "directive"]
Status = Literal["recognised", "met", "proposed", "appraised", "lost"]
# What rows say: a modality is ahead, a status is behind; 'result' speaks of how things stand, not of standards reached.
Meaning = Literal[
    "goal", "plan", "pledge", "directive", "recognised", "met", "proposed", "appraised", "lost", "result", "unmet"
]
_AHEAD = ("goal", "plan", "pledge", "directive")
_STATUS = ("recognised", "met", "proposed", "appraised", "lost")
_UNITS: tuple[Level, ...] = ("village", "commune", "district", "province")
_CAPTION_LINES = 5
_CAPTION_MOST = 400  # characters


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What the tables of an article say.

    ``units`` are the mentions in cells of units; ``lines`` are the offsets at which lines begin that were read here:
    rows of tables that were understood, which nothing else should read as sentences.
    """

    targets: tuple[Target, ...] = ()
    achievements: tuple[Achievement, ...] = ()
    criteria_counts: tuple[CriteriaCount, ...] = ()
    units: tuple[UnitMention, ...] = ()
    lines: frozenset[int] = frozenset()


def read_tables(reader: Reader, patterns: PatternSet | None = None) -> TableFacts:
    """Facts of all tables of an article; ``patterns`` are the shipped ones if none are given."""
    blocks = reader.reading.article.blocks
    if not any(block.kind == "table_row" for block in blocks):
        return TableFacts()
    words = _Words(patterns or default_patterns())
    found = _Found()
    for table in _tables(reader, words, blocks):
        table.read(found)
    return TableFacts(
        tuple(found.targets), tuple(found.achievements), tuple(found.counts), tuple(found.units), frozenset(found.lines)
    )


# ------------------------------------------------------------------ words


class _Words:
    """The vocabulary ``table_column``, for heads, captions and cells."""

    def __init__(self, patterns: PatternSet) -> None:
        forms: dict[str, list[str]] = {}
        for entry in patterns.entries_of("table_column"):
            forms.setdefault(entry.value, []).extend(map(_folded, entry.forms))
        self._forms = forms
        self._columns = [value for value in forms if not value.startswith(("means_", "says_"))]
        self._meanings = [value for value in forms if value.startswith("means_")]

    def column(self, head: str) -> str | None:
        """What a column with this head holds."""
        text = _folded(head)
        for value in self._columns:
            for form in self._forms[value]:
                if value == "number":
                    known = text == form
                elif value in (*_UNITS, "unit", "total"):
                    known = f"{text} ".startswith(f"{form} ")
                else:
                    known = f" {form} " in f" {text} "
                if known:
                    return value
        return None

    def meaning(self, text: str) -> Meaning | None:
        """What a caption or a head says of rows."""
        said = [value.removeprefix("means_") for value in self._meanings if self._occurs(value, text)]
        if "result" in said and any(value in _AHEAD for value in said):
            return "result"  # 'kết quả thực hiện kế hoạch': how far plans got
        said = [value for value in said if value != "criteria"]
        if "result" in said and len(said) > 1:
            said.remove("result")
        return cast(Meaning, said[0]) if said else None

    def speaks_of_criteria(self, text: str) -> bool:
        """Whether a caption speaks of numbers of criteria."""
        return self._occurs("means_criteria", text)

    def says(self, value: str, cell: str) -> bool:
        """Whether a cell is one of the forms of 'says_…'."""
        return _folded(cell) in self._forms.get(f"says_{value}", ())

    def standard(self, cell: str) -> Standard | None:
        """The standard that a short cell names: 'Nâng cao', 'NTM KM'."""
        for value in ("ntm_advanced", "ntm_model", "ntm"):
            if self._occurs(f"says_{value}", cell):
                return cast(Standard, value)
        return None

    def _occurs(self, value: str, text: str) -> bool:
        folded = f" {_folded(text)} "
        return any(f" {form} " in folded for form in self._forms.get(value, ()))


def _folded(text: str) -> str:
    return fold_text(re.sub(r"[^\w%✓√]+", " ", text))


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
    units: list[UnitMention] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Context:
    """What holds for the rows that follow: from the caption, then from headings among the rows."""

    meaning: Meaning | None = None
    standard: Standard | None = None
    period: Period | None = None
    criteria: bool = False
    district: str | None = None
    province: str | None = None

    def under(self, outer: _Context) -> _Context:
        """This context where it says something, the outer one elsewhere."""
        return _Context(
            self.meaning or outer.meaning,
            self.standard or outer.standard,
            self.period or outer.period,
            self.criteria or outer.criteria,
            self.district or outer.district,
            self.province or outer.province,
        )


@dataclass(frozen=True, slots=True)
class _Column:
    """A column by its head: what it holds, and what the head says of its cells."""

    kind: str | None
    head: str
    context: _Context
    total: float | None = None
    metric: Literal["criterion", "indicator"] = "criterion"


def _tables(reader: Reader, words: _Words, blocks: Sequence[Block]) -> Iterator[_Table]:
    """Runs of rows with a header; one line between two rows is a heading among them."""
    text = reader.text
    number = 0
    while number < len(blocks):
        if blocks[number].kind != "table_row":
            number += 1
            continue
        first = number
        rows: list[_Row] = []
        while number < len(blocks):
            following = number + 1 < len(blocks) and blocks[number + 1].kind == "table_row"
            between = following and blocks[number].end - blocks[number].start <= 120
            row = _Row.of(blocks[number], text)
            if blocks[number].kind != "table_row" and not (between and not _is_caption(reader, words, blocks, number)):
                break
            rows.append(row)
            number += 1
        table = _Table.of(reader, words, rows, _caption(reader, words, blocks[:first]))
        if table is not None:
            yield table


def _is_caption(reader: Reader, words: _Words, blocks: Sequence[Block], number: int) -> bool:
    """Whether a line between rows opens another table: a header follows it."""
    following = _Row.of(blocks[number + 1], reader.text)
    return _header(words, [following]) > 0


def _header(words: _Words, rows: Sequence[_Row]) -> int:
    """Number of rows that are the header, 0 if the first is none."""
    if not rows:
        return 0
    kinds = [words.column(cell.text) for cell in rows[0].cells]
    if len(kinds) < 2 or not any(kind in (*_UNITS, "unit") for kind in kinds) or sum(map(bool, kinds)) < 2:
        return 0
    count = 1
    while count < min(len(rows), 4) and _goes_on(rows[0], rows[count]):
        count += 1
    return count


_ORDINALS = re.compile(r"\(?(?:\d{1,2}|[A-ZĐa-zđ])\)?(?:\s*=.{1,20})?")


def _goes_on(head: _Row, row: _Row) -> bool:
    """Whether a row is one more of the header: a cell of the first stands in it again, or it numbers the columns."""
    if len(row.cells) < 2:
        return False
    filled = [cell.text for cell in row.cells if cell.text]
    if len(filled) >= 3 and all(map(_ORDINALS.fullmatch, filled)) and not any(len(text) > 6 for text in filled):
        marks = [re.sub(r"\D", "", text) for text in filled]
        counted = [int(mark) for mark in marks if mark]
        return counted == sorted(set(counted))
    if len(row.cells) != len(head.cells):
        return False
    return any(
        cell.text and fold_text(cell.text) == fold_text(over.text)
        for cell, over in zip(row.cells, head.cells, strict=True)
    )


def _caption(reader: Reader, words: _Words, above: Sequence[Block]) -> _Context:
    """What the lines over a table say, the nearest first, then the title."""
    lines: list[tuple[int, int]] = []
    for block in reversed(above[-_CAPTION_LINES:]):
        line = reader.text[block.start : block.end]
        if block.kind in ("table_row", "byline") or len(line) > _CAPTION_MOST:
            break
        if line.startswith("(") or re.match(r"(?:đơn vị(?: tính)?|đvt)\s*:", line, re.IGNORECASE):
            continue
        if lines and line.isupper() and reader.text[slice(*lines[-1])].isupper():
            lines[-1] = (block.start, lines[-1][1])  # lines of one caption
        else:
            lines.append((block.start, block.end))
        if block.kind == "paragraph" and not line.rstrip().endswith(":") and len(line) > 200:
            break
    title = next((block for block in above if block.kind == "title"), None)
    if title is not None:
        lines.append((title.start, title.end))
    context = _Context()
    for start, end in lines:
        context = context.under(_said(reader, words, start, end))
    return context


def _said(reader: Reader, words: _Words, start: int, end: int) -> _Context:
    """What a line says of the rows under it."""
    text = reader.text[start:end]
    return _Context(
        words.meaning(text),
        _standard_in(reader, start, end),
        _period_in(reader, start, end),
        words.speaks_of_criteria(text),
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
    times = [time for time in reader.reading.times if start <= time.start and time.end <= end and time.period.end]
    return times[-1].period if times else None


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


_COUNT = re.compile(
    r"(?P<count>\d{1,3}(?:[.,]\d{1,2})?)(?:\s*/\s*(?P<total>\d{1,3}))?(?:\s*(?:tiêu chí|chỉ tiêu|TC|CT|xã))?", re.I
)
_SIZE = re.compile(r"/\s*(?P<total>\d{2,3})\b")
_MOST_CRITERIA = {"criterion": 20, "indicator": 80}
_NAME = re.compile(r"[^\W\d_][\w'’.-]*(?:\s+(?:[^\W\d_][\w'’.-]*|\d{1,2}|[IVX]{1,4}))*")
_LISTED = re.compile(r"\s*[,;&]\s*|\s+và\s+")
_DECISION = re.compile(r"\d+\s*/|QĐ|quyết định", re.IGNORECASE)
_LEVELS: Mapping[str, Level] = {
    **dict.fromkeys(("xã", "phường", "thị trấn", "đặc khu"), "commune"),
    **dict.fromkeys(("huyện", "quận", "thị xã", "thành phố"), "district"),
    "tỉnh": "province",
}  # fmt: skip
_VILLAGE = re.compile(r"(thôn|xóm|ấp|bản|buôn|làng|khóm|tổ dân phố|tdp|khu dân cư|kdc|khu phố)\s+(?=\S)", re.IGNORECASE)


class _Table:
    """One table with its header read."""

    def __init__(
        self, reader: Reader, words: _Words, rows: Sequence[_Row], columns: list[_Column], caption: _Context
    ) -> None:
        self._reader = reader
        self._words = words
        self._rows = rows
        self._columns = columns
        self._context = caption
        self._outer = caption
        kinds = [column.kind for column in columns]
        self._named = next((kind for kind in (*_UNITS, "unit") if kind in kinds), "unit")
        self._at = kinds.index(self._named)

    @classmethod
    def of(cls, reader: Reader, words: _Words, rows: Sequence[_Row], caption: _Context) -> _Table | None:
        """The table of these rows; None without a header or without rows under it."""
        heading = 0
        while heading < len(rows) and len(rows[heading].cells) == 1:  # a caption that is a row of the table
            block = rows[heading].block
            caption = _said(reader, words, block.start, block.end).under(caption)
            heading += 1
        height = _header(words, rows[heading:])
        if not height or len(rows) <= heading + height:
            return None
        columns = _columns(reader, words, rows[heading : heading + height], caption)
        return cls(reader, words, rows[heading + height :], columns, caption)

    # ------------------------------------------------------------ rows

    def read(self, found: _Found) -> None:
        """Facts of all rows."""
        for row in self._rows:
            cells = self._aligned(row)
            if cells is None:
                self._heading(row)
                continue
            if self._words.says("sum", cells[self._at].text) or any(
                self._words.says("sum", cell.text) for cell in cells[: self._at]
            ):
                found.lines.add(row.block.start)
                continue
            names = self._names(cells)
            if not names:
                self._group(cells)
                continue
            found.lines.add(row.block.start)
            self._row(row, cells, names, found)

    def _aligned(self, row: _Row) -> list[_Cell] | None:
        """Cells by column; None for a heading among the rows."""
        cells = list(row.cells)
        if sum(bool(cell.text) for cell in cells) < 2 or row.block.kind != "table_row":
            return None
        short = len(self._columns) - len(cells)
        nothing = _Cell("", row.block.end)
        # Pages leave out empty cells at the edges of a row.
        if (
            short > 0
            and self._columns[0].kind == "number"
            and not re.fullmatch(r"\d{1,4}\.?|[IVX]+|[a-zđ]", cells[0].text)
        ):
            cells.insert(0, _Cell("", row.block.start))
            short -= 1
        return cells + [nothing] * max(short, 0)

    def _heading(self, row: _Row) -> None:
        """A heading among the rows: it may name a district, a meaning, a standard, a year."""
        self._outer = _said(self._reader, self._words, row.block.start, row.block.end).under(self._context)
        text = re.sub(r"^\W*(?:[IVX]{1,5}|\d{1,2}|[A-Ea-zđ])\s*[.)/-]?\s+", "", row.cells[0].text)
        kind, name = parse_unit_name(text)
        if kind and _LEVELS.get(kind) in ("district", "province") and _is_name(name):
            self._in(kind, name)

    def _group(self, cells: Sequence[_Cell]) -> None:
        """A row that is no unit's of the table's level, but says in which district the next ones are."""
        kind, name = parse_unit_name(cells[self._at].text)
        if kind and _LEVELS.get(kind) in ("district", "province") and _is_name(name):
            self._in(kind, name)

    def _in(self, kind: str, name: str) -> None:
        if _LEVELS[kind] == "district":
            self._outer = replace(self._outer, district=name)
        else:
            self._outer = replace(self._outer, province=name)

    def _cell(self, cells: Sequence[_Cell], kind: str) -> _Cell | None:
        """The row's cell of a kind of column, if it is filled."""
        for column, cell in zip(self._columns, cells, strict=False):
            if column.kind == kind and cell.text:
                return cell
        return None

    # ------------------------------------------------------------ units

    def _names(self, cells: Sequence[_Cell]) -> list[tuple[UnitName, _Cell]]:
        """Units that the row is about; none where the cell holds no name of the column's level."""
        cell = cells[self._at]
        text = re.sub(r"\s*(?:\([^()]*\)|\*+|\[\d+\])\s*$", "", cell.text)
        lead = re.match(r"\d{1,3}\s*[.)]\s*", text)
        start = cell.start + (lead.end() if lead else 0)
        context = self._where(cells)
        names: list[tuple[UnitName, _Cell]] = []
        kind: str | None = None
        position = start
        for part in _LISTED.split(text[lead.end() if lead else 0 :]):
            at = self._reader.text.index(part, position) if part else position
            position = at + len(part)
            village = _VILLAGE.match(part)
            own, bare = (village[1].lower(), part[village.end() :]) if village else parse_unit_name(part)
            kind = own or kind
            level = self._level(kind)
            if not bare or level is None or not _is_name(bare, numbered=level == "village" or kind == "phường"):
                return []
            name = UnitName(
                level, bare, kind or self._kind(), 0, 0, 0, district=context.district, province=context.province
            )
            names.append((name, _Cell(part, at)))
        return names

    def _level(self, kind: str | None) -> Level | None:
        """Level of the unit in a cell of the table's column of units; None for one of another level."""
        said: Level | None = None
        if kind is not None:
            said = "village" if _VILLAGE.match(kind + " x") else _LEVELS.get(parse_kind(kind) or "")
        if self._named == "unit":
            return said or self._guessed()
        named = cast(Level, self._named)
        return named if said in (None, named) else None

    def _guessed(self) -> Level:
        """Units of no said kind: communes where the article has a district, else districts."""
        return "commune" if self._reader.home_unit("district") is not None else "district"

    def _kind(self) -> str | None:
        """The kind that the head gives all units of the column: 'Xã', but not 'Xã, thị trấn'."""
        head = _folded(self._columns[self._at].head).split()
        kinds = [
            word
            for word in ("xã", "phường", "huyện", "tỉnh", "thôn", "xóm", "ấp", "bản", "buôn", "làng", "khóm")
            if fold_text(word) in head
        ]
        return kinds[0] if len(kinds) == 1 and fold_text("thị") not in head else None

    def _where(self, cells: Sequence[_Cell]) -> _Context:
        """District and province of the row: its own cells, else the heading over it."""
        context = self._outer
        for kind in ("district", "province"):
            cell = self._cell(cells, kind) if kind != self._named else None
            if cell is not None and _is_name(parse_unit_name(cell.text)[1]):
                name = parse_unit_name(cell.text)[1]
                context = replace(context, district=name) if kind == "district" else replace(context, province=name)
        return context

    def _mention(self, name: UnitName, cell: _Cell, found: _Found) -> Unit:
        unit = self._reader.unit(name)
        found.units.append(UnitMention(unit=unit, start=cell.start, end=cell.end, text=cell.text))
        return unit

    # ------------------------------------------------------------ facts of a row

    def _row(self, row: _Row, cells: Sequence[_Cell], names: Sequence[tuple[UnitName, _Cell]], found: _Found) -> None:
        units = tuple(self._mention(name, cell, found) for name, cell in names)
        level = names[0][0].level
        within = None
        for kind in _UNITS[_UNITS.index(level) + 1 :]:
            cell = self._cell(cells, kind)
            bare = parse_unit_name(cell.text)[1] if cell is not None else ""
            if cell is not None and _is_name(bare):
                where = self._where(cells)
                own = parse_unit_name(cell.text)[0]
                outer = UnitName(
                    kind,
                    bare,
                    own,
                    0,
                    0,
                    0,
                    district=where.district if kind == "commune" else None,
                    province=where.province if kind != "province" else None,
                )
                unit = self._mention(outer, cell, found)
                within = within or (unit if level == "village" and kind == "commune" else None)
        subject = Subject(level=level, units=units, within=within)
        evidence = lambda rule: self._reader.evidence(row.block.start, row.block.end, rule)  # noqa: E731
        self._standards(cells, subject, evidence("tables.standards.row"), found)
        self._criteria(cells, subject, evidence("tables.criteria.row"), found)
        self._counts(cells, units, evidence("tables.counts.row"), found)

    def _standards(self, cells: Sequence[_Cell], subject: Subject, evidence: Evidence, found: _Found) -> None:
        """Standards reached or aimed at: by the columns of years and marks, else by the row as it stands."""
        named = self._named_standard(cells)
        if self._unmet(cells):
            return
        dated = [
            (column, cell)
            for column, cell in zip(self._columns, cells, strict=False)
            if column.kind in ("year", "mark") and cell.text
        ]
        made = False
        for column, cell in dated:
            period, standard = _period_of(self._reader, cell), column.context.standard
            if column.kind == "mark":
                standard = self._words.standard(cell.text) or standard
                if not (self._words.says("met", cell.text) or self._words.standard(cell.text)):
                    continue
                period = column.context.period
            if period is None:
                continue
            self._claim(column.context, standard or named, period, cells, subject, evidence, found)
            made = True
        counted = any(
            column.kind in ("year", "mark", "criteria", "indicator", "count", "total") for column in self._columns
        )
        if not made and not counted:
            context = self._outer
            for column in self._columns:
                context = (
                    replace(context, meaning=column.context.meaning or context.meaning)
                    if column.kind in ("decision", "standard")
                    else context
                )
            self._claim(context, named, self._period(cells) or self._outer.period, cells, subject, evidence, found)

    def _unmet(self, cells: Sequence[_Cell]) -> bool:
        """The row itself says that its unit has not got there."""
        return any(
            column.kind in ("result", "standard", "note") and self._words.says("unmet", cell.text)
            for column, cell in zip(self._columns, cells, strict=False)
        )

    def _named_standard(self, cells: Sequence[_Cell]) -> Standard | None:
        cell = self._cell(cells, "standard")
        if cell is None:
            return None
        return _standard_in(self._reader, cell.start, cell.end) or self._words.standard(cell.text)

    def _period(self, cells: Sequence[_Cell]) -> Period | None:
        """The day of the decision, where no column gives the year."""
        cell = self._cell(cells, "decision")
        return _period_of(self._reader, cell) if cell is not None else None

    def _claim(
        self, own: _Context, standard: Standard | None, period: Period | None, cells: Sequence[_Cell],
        subject: Subject, evidence: Evidence, found: _Found,
    ) -> None:  # fmt: skip
        """One standard of one row, reached or aimed at."""
        meaning = own.meaning or self._outer.meaning
        if own.meaning in ("met", "result", None) and self._outer.meaning in _AHEAD:
            meaning = self._outer.meaning  # 'năm đạt chuẩn' in a list of plans
        decision = self._cell(cells, "decision")
        if decision is not None and _DECISION.search(decision.text) and meaning in (None, "met", "result"):
            meaning = "recognised"
        standard = standard or self._outer.standard or "ntm"
        if meaning in ("met", "recognised") and _is_ahead(period, self._reader.day):
            meaning = "goal"
        if meaning in _AHEAD:
            found.targets.append(
                Target(
                    subject=subject, outcome="standard", standard=standard, deadline=period,
                    modality=cast(Modality, meaning), evidence=evidence,
                )
            )  # fmt: skip
        elif meaning in _STATUS:
            found.achievements.append(
                Achievement(
                    subject=subject, standard=standard, status=cast(Status, meaning), period=period, evidence=evidence
                )
            )

    def _criteria(self, cells: Sequence[_Cell], subject: Subject, evidence: Evidence, found: _Found) -> None:
        """Numbers of criteria reached, or aimed at."""
        for column, cell in zip(self._columns, cells, strict=False):
            number = _COUNT.fullmatch(cell.text)
            if number is None:
                continue
            fraction = column.kind in ("result", "mark") and number["total"] is not None
            if (
                column.kind not in ("criteria", "indicator")
                and not fraction
                and not (column.kind == "mark" and self._outer.criteria)
            ):
                continue
            value = float(number["count"].replace(",", "."))
            total = float(number["total"]) if number["total"] else column.total
            metric = column.metric
            if value > (total or _MOST_CRITERIA[metric]):
                continue
            context = column.context
            standard = context.standard or self._named_standard(cells) or self._outer.standard or "ntm"
            period = context.period or self._outer.period
            meaning = context.meaning or self._outer.meaning
            if meaning in _AHEAD:
                unit = "chỉ tiêu" if metric == "indicator" else "tiêu chí"
                found.targets.append(
                    Target(
                        subject=subject, outcome="criteria", standard=standard, deadline=period,
                        quantity=Quantity(min=value, max=value, unit=unit),
                        modality=cast(Modality, meaning), evidence=evidence,
                    )
                )  # fmt: skip
            elif meaning != "unmet":
                found.counts.append(
                    CriteriaCount(
                        subject=subject, standard=standard, metric=metric, achieved=value, total=total,
                        period=period, evidence=evidence,
                    )
                )  # fmt: skip

    def _counts(self, cells: Sequence[_Cell], units: tuple[Unit, ...], evidence: Evidence, found: _Found) -> None:
        """'Huyện | Số xã đạt chuẩn': a number of communes within the row's unit."""
        for column, cell in zip(self._columns, cells, strict=False):
            number = _COUNT.fullmatch(cell.text) if column.kind == "count" and len(units) == 1 else None
            if number is None or column.context.meaning not in (*_AHEAD, *_STATUS):
                continue
            count = float(number["count"].replace(",", "."))
            if not count or not count.is_integer():
                continue
            level: Level = "village" if re.search(r"thôn|xóm|ấp|bản", column.head.lower()) else "commune"
            subject = Subject(level=level, count=CountRange(min=count, max=count), within=units[0])
            self._claim(
                column.context,
                column.context.standard,
                column.context.period or self._outer.period,
                cells,
                subject,
                evidence,
                found,
            )


def _columns(reader: Reader, words: _Words, rows: Sequence[_Row], caption: _Context) -> list[_Column]:
    """Columns by their heads, which may stand in several rows, one over the other."""
    heads = [row for row in rows if not all(_ORDINALS.fullmatch(cell.text) for cell in row.cells if cell.text)]
    columns: list[_Column] = []
    for at in range(max(len(row.cells) for row in heads)):
        cells = [row.cells[at] for row in heads if at < len(row.cells)]
        texts = list(dict.fromkeys(cell.text for cell in cells if cell.text))
        head = " ".join(texts)
        context = _Context()
        for cell in reversed(cells):
            context = context.under(_said(reader, words, cell.start, cell.end))
        context = replace(context, meaning=words.meaning(head))
        if context.period is None and cells and (year := _period_of(reader, cells[-1])) is not None:
            context = replace(context, period=year)
        kind = words.column(head)
        if context.period is not None and kind in ("year", None, "result") and _BARE_YEAR.search(head):
            kind = "mark"  # the head itself is a year: the cells say what is so then
        if kind in ("unmet", "gain", "percent"):
            kind = None
        if kind == "total" and caption.criteria:
            kind = "criteria"
        size = _SIZE.search(head)
        columns.append(
            _Column(
                kind, head, context, float(size["total"]) if size else None,
                "indicator" if kind == "indicator" else "criterion",
            )
        )  # fmt: skip
    return columns


def _is_name(text: str, *, numbered: bool = False) -> bool:
    """Whether a cell's text is a name: every word begins with a capital, or is a number where those are names."""
    words = text.split()
    if not 1 <= len(words) <= 6 or _NAME.fullmatch(text) is None:
        return numbered and re.fullmatch(r"\d{1,2}|[IVX]{1,4}", text) is not None
    if any(char.isdigit() for char in text) and not numbered:
        return False
    return all(word[0].isupper() or word[0].isdigit() for word in words)


def _is_ahead(period: Period | None, day: dt.date | None) -> bool:
    return bool(period and day and period.start and period.start > day)
