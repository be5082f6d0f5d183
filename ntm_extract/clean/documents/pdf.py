"""PDF with a text layer: characters on pages -> paragraphs and rows in reading order.

A page knows characters and lines of ink, nothing else. Ruled tables are taken out first; the rest becomes rows of
words, rows become columns where a gutter runs between them, and lines become paragraphs by indents, gaps, and
whether the next word would still have fitted.
"""

from __future__ import annotations

import io
import logging
import re
import zlib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

from ntm_extract.clean.documents.bounds import MOST_TEXT, missing, too_long
from ntm_extract.clean.documents.pieces import Piece, is_data, is_marked, is_stopped, load_layout, rows_of
from ntm_extract.errors import InputError
from ntm_extract.orthography import fold_text

_MOST_PAGES = 500
_MOST_EDGES = 12_000  # of one page: beyond it is a map or a drawing, and no table
_MOST_STREAM = 250_000_000  # bytes of one stream; a page in colour at 600 dots an inch has 105 million
_MOST_CONTENT = 100_000_000  # bytes of all streams but pictures, which are not unpacked
_LETTERS_A_PAGE = 25  # a page with fewer and a picture is a scan, perhaps with a stamp of its signature
_OCR = "run OCR first (for example ocrmypdf, language vie)"


def read_pdf(content: bytes, *, source: str) -> tuple[list[Piece], list[str]]:
    """Paragraphs and rows of tables in reading order, each with its page; and what is to be noted.

    Running heads, page numbers and stamps of digital signatures are left out. Raises InputError for what is broken,
    encrypted, too long or without a text layer.
    """
    try:
        import pdfplumber  # optional extra
        from pdfminer.pdfdocument import PDFEncryptionError
    except ImportError:
        raise missing("pdfplumber", source) from None
    # It warns of every oddity of every file on standard error.
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    _check_streams(content, source)
    pages: list[_Page] = []
    try:
        with pdfplumber.open(io.BytesIO(content)) as pdf:
            if len(pdf.pages) > _MOST_PAGES:
                what = f"{len(pdf.pages)} pages, more than {_MOST_PAGES}"
                raise InputError(what, where=source, mend="give it in parts")
            for page in pdf.pages:
                pages.append(_read_page(page, pdfplumber.utils.extract_words))
                page.close()
                if sum(page.characters for page in pages) > MOST_TEXT:
                    raise too_long(source)
    except InputError:
        raise
    except Exception as error:  # pdfminer fails in many ways on what is broken, and wraps only some of them
        if any(isinstance(cause, PDFEncryptionError) for cause in (error, *error.args)):
            raise InputError("encrypted, a password is needed", where=source, mend="save it without one") from None
        what = f"a broken PDF ({type(error).__name__})"
        raise InputError(what, where=source, mend="fetch it again, or print it to a new PDF") from None
    notes = _check_text(pages, source)
    _drop_running(pages)
    return _pieces(pages), notes


# ------------------------------------------------------------------ bounds

_STREAM = re.compile(rb"stream\r?\n")
_CHUNK = 1 << 16


def _check_streams(content: bytes, source: str) -> None:
    """Refuse streams that would unpack to more than memory holds: pdfminer unpacks them whole."""
    total = 0
    for found in _STREAM.finditer(content):
        dictionary = content[max(content.rfind(b"obj", 0, found.start()), found.start() - 2000) : found.start()]
        packed: bytes | memoryview = memoryview(content)[found.end() :]
        size = 0
        for _ in range(2):  # streams may be packed twice
            unpacked, packed = _unpacked(packed)
            size = max(size, unpacked)
        total += 0 if b"/Image" in dictionary else size
        if size > _MOST_STREAM or total > _MOST_CONTENT:
            what = f"would unpack to more than {_MOST_CONTENT // 1_000_000} MB, as bombs do"
            raise InputError(what, where=source, mend="leave it out")


def _unpacked(packed: bytes | memoryview) -> tuple[int, bytes]:
    """Size of a stream when unpacked, as far as it may be, and its beginning; 0 for what is not packed."""
    stream = zlib.decompressobj()
    size, head = 0, b""
    try:
        for start in range(0, len(packed), _CHUNK):
            waiting = bytes(packed[start : start + _CHUNK])
            while waiting and not stream.eof:
                out = stream.decompress(waiting, 1 << 20)
                waiting = stream.unconsumed_tail
                size += len(out)
                head += out if len(head) < (1 << 22) else b""
                if size > _MOST_STREAM:
                    return size, head
            if stream.eof:
                break
    except zlib.error:
        pass
    return size, head


def _check_text(pages: Sequence[_Page], source: str) -> list[str]:
    """Raise InputError if the pages hold no text, or none that can be read; else say which of them hold none."""
    bare = [page.number for page in pages if page.letters < _LETTERS_A_PAGE and page.pictures]
    if not any(page.letters for page in pages) and not bare:
        raise InputError("no text in it", where=source, mend="give another document")
    if len(bare) == len(pages) or sum(page.letters for page in pages) < _LETTERS_A_PAGE * len(bare):
        raise InputError("no text layer (a scan)", where=source, mend=_OCR)
    unread, characters = sum(page.unread for page in pages), sum(page.characters for page in pages)
    if unread > 0.2 * characters:
        raise InputError("a text layer without letters (its fonts have no character map)", where=source, mend=_OCR)
    if not bare:
        return []
    return [f"no text layer on page{'s' if len(bare) > 1 else ''} {', '.join(map(str, bare[:20]))}"]


# ------------------------------------------------------------------ pages


@dataclass(slots=True)
class _Table:
    """A ruled table: texts by line and column, and each cell's rows of words, for it may be no table of data."""

    grid: list[list[str]]
    cells: list[list[_Row]]


@dataclass(slots=True)
class _Word:
    """A word where it stands, in points from the page's left and upper edge; or a whole table."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float = 0.0
    bold: bool = False
    table: _Table | None = None

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2


_Row = list[_Word]


@dataclass(slots=True)
class _Page:
    number: int
    height: float
    rows: list[_Row] = field(default_factory=list)
    characters: int = 0
    letters: int = 0
    unread: int = 0
    pictures: bool = False


_Extract = Callable[..., list[dict[str, Any]]]


def _read_page(page: Any, extract: _Extract) -> _Page:
    """Rows of words of one page; a ruled table is one word of them."""
    chars = page.chars
    upright = [char for char in chars if char["upright"]]
    chars = _once(upright if len(upright) >= len(chars) / 2 else chars)
    read = _Page(
        number=page.page_number,
        height=float(page.height),
        characters=len(chars),
        letters=sum(char["text"].isalpha() for char in chars),
        unread=sum(char["text"].startswith("(cid:") for char in chars),
        pictures=bool(page.images),
    )
    words: list[_Word] = []
    for box, table in _tables(page, chars, extract):
        words.append(_Word("", *box, table=table))
        chars = [char for char in chars if not _within(char, box)]
    words += _words(chars, extract)
    read.rows = _rows(words)
    return read


def _once(chars: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Characters without those printed twice on one spot, which is how some writers make them bold."""
    seen: set[tuple[str, int, int]] = set()
    kept = []
    for char in chars:
        spot = (char["text"], round(char["x0"]), round(char["top"]))
        if spot not in seen or char["text"].isspace():
            seen.add(spot)
            kept.append(char)
    return kept


def _within(char: dict[str, Any], box: tuple[float, float, float, float]) -> bool:
    x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
    return bool(box[0] <= x <= box[1] and box[2] <= y <= box[3])


def _words(chars: list[dict[str, Any]], extract: _Extract) -> list[_Word]:
    found = extract(chars, x_tolerance_ratio=0.16, extra_attrs=["size", "fontname"])
    return [
        _Word(
            *(word["text"], float(word["x0"]), float(word["x1"]), float(word["top"]), float(word["bottom"])),
            size=float(word["size"]),
            bold=re.search(r"bold|black|heavy", word["fontname"], re.IGNORECASE) is not None,
        )
        for word in found
    ]


def _rows(words: Iterable[_Word]) -> list[_Row]:
    """Words that share a line of the page, from left to right, lines from above to below."""
    found = sorted(words, key=_middle)
    usual = median([word.size for word in found if word.table is None] or [0.0])
    rows: list[_Row] = []
    for word in found:
        if word.table is not None or word.size > 0.8 * usual:
            _add(rows[-1:], rows, word)
    # Small figures are raised over their line or lowered under it: they belong where they touch a word.
    for word in found:
        if word.table is None and word.size <= 0.8 * usual:
            touched = [row for row in rows if any(_touches(word, other) for other in row)]
            _add(touched or [row for row in rows if abs(_middle(row[0]) - _middle(word)) < 1], rows, word)
    rows.sort(key=_top)
    for row in rows:
        row.sort(key=lambda word: word.x0)
    return rows


def _add(near: Sequence[_Row], rows: list[_Row], word: _Word) -> None:
    """Put a word into the first row near it that is level with it, or into a row of its own."""
    for row in near:
        if word.table is None and row[0].table is None:
            tallest = max(row, key=lambda other: other.bottom - other.top)
            if abs(_middle(word) - _middle(tallest)) < 0.5 * (tallest.bottom - tallest.top):
                row.append(word)
                return
    rows.append([word])


def _middle(word: _Word) -> float:
    return (word.top + word.bottom) / 2


def _touches(small: _Word, word: _Word) -> bool:
    level = min(small.bottom, word.bottom) - max(small.top, word.top) > 0.3 * (small.bottom - small.top)
    return word.table is None and level and abs(small.x0 - word.x1) < 0.15 * word.size


def _text(row: Sequence[_Word]) -> str:
    """A row's words as a line; figures of footnotes are left out."""
    size = median(word.size for word in row)
    line = ""
    before: _Word | None = None
    for word in row:
        close = before is not None and word.x0 - before.x1 < 0.12 * max(size, 1)
        if close and word.text.isdigit() and word.size <= 0.75 * size and not re.search(r"\b[ckdm]?m$", line):
            continue
        line += word.text if before is None or close else " " + word.text
        before = word
    return line


# ------------------------------------------------------------------ tables

_SNAP = 2.5  # points within which two lines are one


def _tables(
    page: Any, chars: list[dict[str, Any]], extract: _Extract
) -> Iterator[tuple[tuple[float, float, float, float], _Table]]:
    """Ruled tables on a page, with their left, right, upper and lower edge."""
    if not 4 <= len(page.edges) <= _MOST_EDGES:
        return
    for table in page.find_tables():
        if len(table.cells) < 2:
            continue
        left, top, right, bottom = table.bbox
        box = (left, right, top, bottom)
        columns = _edges([cell[0] for cell in table.cells])
        lines = _edges([cell[1] for cell in table.cells])
        if len(columns) < 2:
            continue
        inside = [char for char in chars if _within(char, box)]
        cells = _cell_rows(table.cells, inside, extract)
        grid = [[""] * len(columns) for _ in lines]
        for (x0, y0, x1, y1), held in zip(table.cells, cells, strict=True):
            text = _joined(map(_text, held))
            across = range(bisect_right(columns, x0 + _SNAP) - 1, bisect_right(columns, x1 - _SNAP))
            down = range(bisect_right(lines, y0 + _SNAP) - 1, bisect_right(lines, y1 - _SNAP))
            for line in down:
                for column in across:
                    grid[line][column] = text
            if len(across) == len(columns) and len(down) == 1:
                grid[down[0]] = [text]
        reading = sorted(range(len(cells)), key=lambda number: (table.cells[number][1], table.cells[number][0]))
        yield box, _Table(grid, [cells[number] for number in reading if cells[number]])


def _edges(values: Iterable[float]) -> list[float]:
    edges: list[float] = []
    for value in sorted(values):
        if not edges or value - edges[-1] > _SNAP:
            edges.append(value)
    return edges


def _cell_rows(cells: Sequence[Any], chars: list[dict[str, Any]], extract: _Extract) -> list[list[_Row]]:
    """Rows of words of each cell."""
    held: dict[int, list[dict[str, Any]]] = defaultdict(list)
    order = sorted(range(len(cells)), key=lambda number: cells[number][1])
    tops = [cells[number][1] for number in order]
    for char in chars:
        x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
        for place in range(bisect_right(tops, y) - 1, -1, -1):
            x0, _, x1, y1 = cells[order[place]]
            if x0 <= x < x1 and y < y1:
                held[order[place]].append(char)
                break
    return [_rows(_words(held[number], extract)) if number in held else [] for number in range(len(cells))]


# ------------------------------------------------------------------ running heads and page numbers

_PAGE_NUMBER = re.compile(r"[-–—\s]*(?:trang|page)?\s*#(?:\s*(?:/|of|trên)\s*#)?[-–—\s.]*")
_EDGE = 0.14  # share of the page's height, above and below, where running heads stand


def _drop_running(pages: Sequence[_Page]) -> None:
    """Take out lines that stand on the same spot of several pages, page numbers, and stamps of signatures."""
    places: Counter[tuple[str, int]] = Counter()
    edges: list[list[tuple[int, str, int, bool]]] = []
    for page in pages:
        found = []
        for number, row in enumerate(page.rows):
            if any(word.table for word in row):
                continue
            top = min(word.top for word in row)
            over, under = top < _EDGE * page.height, top > (1 - _EDGE) * page.height
            if over or under:
                outermost = number == 0 if over else number == len(page.rows) - 1
                shape = re.sub(r"\d+", "#", fold_text(_text(row)))
                found.append((number, shape, round(top / 4), outermost))
        edges.append(found)
        places.update({(shape, spot) for _, shape, spot, _ in found})
    least = max(2, 0.4 * len(pages))
    for page, found in zip(pages, edges, strict=True):
        dropped = {
            number
            for number, shape, spot, outermost in found
            if (outermost and _PAGE_NUMBER.fullmatch(shape))
            or max(places[shape, spot + near] for near in (-1, 0, 1)) >= least
        }
        page.rows = [
            row
            for number, row in enumerate(page.rows)
            if number not in dropped and (row[0].table or not load_layout().stamps.match(_text(row).lower()))
        ]


# ------------------------------------------------------------------ columns


@dataclass(slots=True)
class _Area:
    """Rows that are read together, within their left and right edge; or a table."""

    page: int
    left: float
    right: float
    rows: list[_Row]
    table: _Table | None = None


def _areas(page: _Page) -> Iterator[_Area]:
    """The page's areas in reading order: columns from left to right, what runs over all of them in its place."""
    words = [word for row in page.rows for word in row]
    if not words:
        return
    left, right = min(word.x0 for word in words), max(word.x1 for word in words)
    gutter = max(12.0, 1.1 * median([word.size for word in words if word.size] or [12]))
    single: list[_Row] = []
    at = 0
    while at < len(page.rows):
        start, end, cuts = _band(page.rows, at, gutter, right - left)
        single += page.rows[at:start]
        if not cuts:
            at = start
            continue
        yield from _stacked(page.number, single, left, right)
        single = []
        band = page.rows[start:end]
        if (grid := _grid_of(band, cuts)) is not None:
            yield _Area(page.number, left, right, [], _Table(grid, []))
        else:
            columns = _columns(band, cuts, right - left)
            lows = [min(word.x0 for row in column for word in row) for column in columns]
            for column, low, bound in zip(columns, lows, (*lows[1:], right + gutter), strict=True):
                ends = [row[-1].x1 for row in column]
                # A column ends where its lines end; if they do not agree on that, where the next one begins.
                full = len(ends) > 3 and sum(end > max(ends) - 3 for end in ends) >= 0.4 * len(ends)
                yield from _stacked(page.number, column, low, max(ends) if full else bound - gutter)
        at = end
    yield from _stacked(page.number, single, left, right)


def _stacked(page: int, rows: Sequence[_Row], left: float, right: float) -> Iterator[_Area]:
    """One column: its text, with the tables that stand in it."""
    text: list[_Row] = []
    for row in rows:
        if row[0].table is None:
            text.append(row)
            continue
        if text:
            yield _Area(page, left, right, text)
        yield _Area(page, row[0].x0, row[0].x1, [], row[0].table)
        text = []
    if text:
        yield _Area(page, left, right, text)


def _band(rows: Sequence[_Row], at: int, gutter: float, width: float) -> tuple[int, int, list[float]]:
    """The next rows that stand in columns: first, behind the last, and where the gutters are.

    No gutters: the rows up to the first number do not stand in columns.
    """
    cover: list[tuple[float, float]] = []
    end, gaps = at, list[tuple[float, float]]()
    for number in range(at, len(rows)):
        cover = _united([*cover, *((word.x0, word.x1) for word in rows[number])], gutter)
        if len(cover) > 1:
            end, gaps = number + 1, [(one[1], other[0]) for one, other in pairwise(cover)]
        elif cover[0][1] - cover[0][0] >= 0.55 * width:
            break
    nothing: tuple[int, int, list[float]] = (at + 1, at + 1, [])
    if not gaps:
        return nothing
    cuts = _middles(gaps)
    # Columns stand beside one another: what is over the beginning of the second one is not in the first.
    sides = [[row for row in rows[at:end] if any(word.middle < cuts[0] for word in row)]]
    sides.append([row for row in rows[at:end] if any(word.middle > cuts[0] for word in row)])
    if min(map(len, sides)) < 2:
        return nothing
    spans = [(_top(side[0]), max(map(_bottom, side))) for side in sides]
    begin, finish = max(span[0] for span in spans), min(span[1] for span in spans)
    beside = [number for number in range(at, end) if _bottom(rows[number]) > begin and _top(rows[number]) < finish]
    if len(beside) < 2 or finish - begin < 1.5 * (_bottom(rows[beside[0]]) - _top(rows[beside[0]])):
        return nothing
    # Short lines over the columns had closed some of their gutters.
    cover = _united(((word.x0, word.x1) for number in beside for word in rows[number]), gutter)
    cuts = _middles((one[1], other[0]) for one, other in pairwise(cover))
    end = beside[-1] + 1
    while end < len(rows) and _goes_on(rows[end - 1], rows[end], cuts[0]):
        end += 1
    return beside[0], end, cuts


def _middles(gaps: Iterable[tuple[float, float]]) -> list[float]:
    return [(low + high) / 2 for low, high in gaps]


def _united(intervals: Iterable[tuple[float, float]], gutter: float) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for low, high in sorted(intervals):
        if merged and low - merged[-1][1] < gutter:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def _top(row: _Row) -> float:
    return min(word.top for word in row)


def _bottom(row: _Row) -> float:
    return max(word.bottom for word in row)


def _goes_on(row: _Row, following: _Row, cut: float) -> bool:
    """Whether the longer column goes on in the next row: on one side of the gutter, and close under it."""
    sides = {word.middle > cut for word in following}
    crossing = any(word.x0 < cut < word.x1 for word in following)
    height = _bottom(row) - _top(row)
    return len(sides) == 1 and not crossing and _top(following) - _bottom(row) < 0.8 * height


def _columns(band: Sequence[_Row], cuts: Sequence[float], width: float) -> list[list[_Row]]:
    """Rows of each column; a column as narrow as numbers and bullets are belongs to the one beside it."""
    kept = list(cuts)
    while kept:
        columns = _split(band, kept)
        spans = [max(w.x1 for row in rows for w in row) - min(w.x0 for row in rows for w in row) for rows in columns]
        narrow = next((number for number, span in enumerate(spans) if span < 0.12 * width), None)
        if narrow is None:
            return columns
        del kept[min(narrow, len(kept) - 1)]
    return [list(band)]


def _split(band: Sequence[_Row], cuts: Sequence[float]) -> list[list[_Row]]:
    columns: list[list[_Row]] = [[] for _ in range(len(cuts) + 1)]
    for row in band:
        parts: dict[int, _Row] = defaultdict(list)
        for word in row:
            parts[bisect_right(cuts, word.middle)].append(word)
        for number, part in parts.items():
            columns[number].append(part)
    return [column for column in columns if column]


def _grid_of(band: Sequence[_Row], cuts: Sequence[float]) -> list[list[str]] | None:
    """Cells of a table without ruling: short texts that stand side by side, row by row; None for running text."""
    if any(word.table for row in band for word in row):
        return None
    grid = []
    for row in band:
        cells: list[_Row] = [[] for _ in range(len(cuts) + 1)]
        for word in row:
            cells[bisect_right(cuts, word.middle)].append(word)
        grid.append([_text(cell) if cell else "" for cell in cells])
    filled = [cell for row in grid for cell in row if cell]
    full = sum(1 for row in grid if sum(map(bool, row)) >= max(2, 0.7 * len(row)))
    short = median(len(cell.split()) for cell in filled) <= 4 and max(len(cell.split()) for cell in filled) <= 14
    least = 3 if len(cuts) > 1 else 5
    return grid if short and full >= max(least, 0.7 * len(grid)) and is_data(grid) else None


# ------------------------------------------------------------------ lines to paragraphs


@dataclass(slots=True)
class _Line:
    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    bold: bool
    lead: float  # width of the first word

    @classmethod
    def of(cls, row: _Row) -> _Line:
        letters = Counter[bool]()
        for word in row:
            letters[word.bold] += len(word.text)
        return cls(
            *(_text(row), row[0].x0, row[-1].x1, _top(row), _bottom(row)),
            size=median(word.size for word in row),
            bold=letters[True] > 0.9 * letters.total(),
            lead=row[0].x1 - row[0].x0,
        )


@dataclass(slots=True)
class _Paragraph:
    lines: list[_Line]
    page: int
    centred: bool
    full: bool = False  # the last line reaches the right edge

    def piece(self) -> Piece:
        bold = all(line.bold for line in self.lines)
        return Piece(_joined([line.text for line in self.lines]), None, self.page, bold, self.centred)


_VOWELS = re.compile(r"[aeiouyăâêôơưà-ỹ]", re.IGNORECASE)


def _joined(lines: Iterable[str]) -> str:
    """Lines as one: a syllable cut in two is made whole, other hyphens at the ends of lines stay."""
    text = ""
    for line in lines:
        if text.endswith("\u00ad"):
            text = text[:-1] + line
        elif re.search(r"[\w)]-$", text) and line[:1].isalnum():
            left, right = re.split(r"[^\w]", text[:-1])[-1], re.split(r"\W", line)[0]
            # Every syllable has a vowel: a piece without one is no syllable.
            cut = left.isalpha() and right.isalpha() and not (_VOWELS.search(left) and _VOWELS.search(right))
            text = (text[:-1] if cut and right.islower() else text) + line
        else:
            text = f"{text} {line}".strip()
    return text


def _paragraphs(area: _Area) -> list[_Paragraph]:
    lines = [_Line.of(row) for row in area.rows]
    steps = [below.top - above.top for above, below in pairwise(lines) if below.top > above.top]
    step = median(steps) if steps else 0.0
    found: list[_Paragraph] = []
    for number, line in enumerate(lines):
        centred = _is_centred(line, area)
        above = lines[number - 1] if number else None
        if above is None or _breaks(above, line, area, step, found[-1].centred, centred):
            found.append(_Paragraph([line], area.page, centred))
        else:
            found[-1].lines.append(line)
        found[-1].full = line.x1 > area.right - 0.08 * (area.right - area.left)
    return found


def _is_centred(line: _Line, area: _Area) -> bool:
    """Whether a line stands in the middle of its column, or of the other lines in it."""
    for right in (area.right, max(row[-1].x1 for row in area.rows)):
        margin = 0.05 * (right - area.left)
        middle = abs((line.x0 + line.x1) - (area.left + right)) / 2
        if line.x0 > area.left + margin and line.x1 < right - margin and middle < margin / 2:
            return True
    return False


def _breaks(above: _Line, line: _Line, area: _Area, step: float, was_centred: bool, centred: bool) -> bool:
    """Whether a paragraph ends between two lines."""
    if was_centred or centred:
        return True
    if abs(above.size - line.size) > 1.2 or line.top - above.top > 1.4 * max(step, 1.1 * line.size):
        return True
    if re.search(r"\w[-\u00ad]$", above.text):
        return False
    upper = above.text.isupper() or line.text.isupper()
    alike = above.bold == line.bold and above.text.isupper() == line.text.isupper()
    if not alike and line.text[:1].isupper() and (upper or above.bold or is_stopped(above.text)):
        return True
    # The next word would have fitted: somebody ended the line here.
    short = above.x1 + line.lead + 0.35 * line.size < area.right
    stopped = is_stopped(above.text)
    if is_marked(line.text) and (stopped or short or above.bold != line.bold):
        return True
    if short and (stopped or not line.text[:1].islower()):
        return True
    indented = line.x0 > area.left + 0.8 * line.size and line.x0 > above.x0 + 0.8 * line.size
    return indented and stopped


def _pieces(pages: Sequence[_Page]) -> list[Piece]:
    """All areas of all pages, with paragraphs and tables that go on over their ends made whole."""
    pieces: list[Piece] = []
    text: _Paragraph | None = None  # the last paragraph, which may go on
    tables: list[_Area] = []  # the last table, which may go on, page by page
    for page in pages:
        for position, area in enumerate(_areas(page)):
            if area.table is not None:
                if not (tables and position == 0 and _continues(tables[-1], area)):
                    pieces += _table_pieces(tables)
                    tables = []
                tables.append(area)
                text = None
                continue
            pieces += _table_pieces(tables)
            tables = []
            for paragraph in _paragraphs(area):
                if text is not None and _joins(text, paragraph):
                    text.lines += paragraph.lines
                    text.full = paragraph.full
                    pieces[-1] = text.piece()
                else:
                    text = paragraph
                    pieces.append(paragraph.piece())
    return pieces + _table_pieces(tables)


def _table_pieces(tables: Sequence[_Area]) -> list[Piece]:
    """Rows of one table over its pages; the cells' paragraphs if it is no table of data."""
    rows: list[list[str]] = []
    pages: list[int | None] = []
    for area in tables:
        assert area.table is not None
        more = _without_heads(area.table.grid, rows) if rows else area.table.grid
        more = _with_first_row(rows, more)
        rows += more
        pages += [area.page] * len(more)
    if is_data(rows):
        return rows_of(rows, pages)
    cells = [(area.page, cell) for area in tables if area.table for cell in area.table.cells]
    pieces = []
    for number, cell in cells:
        left, right = min(row[0].x0 for row in cell), max(row[-1].x1 for row in cell)
        pieces += [paragraph.piece() for paragraph in _paragraphs(_Area(number, left, right, cell))]
    return pieces


def _joins(before: _Paragraph, paragraph: _Paragraph) -> bool:
    """Whether a paragraph goes on over the end of a column or a page."""
    text, first = before.lines[-1].text, paragraph.lines[0].text
    if before.centred or paragraph.centred or is_stopped(text) or is_marked(first):
        return False
    return before.full and (first[:1].islower() or first[:1].isdigit() or text.endswith(","))


def _width(grid: Sequence[Sequence[str]]) -> int:
    return max(map(len, grid))


def _continues(before: _Area, area: _Area) -> bool:
    """Whether a table at the head of a page is the rest of the one at the end of the page before."""
    if before.table is None or area.table is None or area.page != before.page + 1:
        return False
    return _width(before.table.grid) == _width(area.table.grid) and abs(before.left - area.left) < 8


_HEADS = 3  # rows that a header may have


def _without_heads(rows: list[list[str]], before: Sequence[Sequence[str]]) -> list[list[str]]:
    """Rows of a table's next page without the header that is printed again."""
    same = 0
    for row, head in zip(rows, before[:_HEADS], strict=False):
        if list(map(fold_text, row)) != list(map(fold_text, head)):
            break
        same += 1
    return rows[same:]


def _with_first_row(before: list[list[str]], rows: list[list[str]]) -> list[list[str]]:
    """Where a page ends inside a row, its rest goes to the row: it has no number while all others have one."""
    numbers = [row[0] for row in before[1:] if len(row) > 1 and row[0]]
    if not rows or not numbers or not re.fullmatch(r"\d{1,4}\.?", numbers[-1]):
        return rows
    first, last = rows[0], before[-1]
    if len(first) != len(last) or first[0] or len(last) < 2:
        return rows
    before[-1] = [_joined([one, other]) for one, other in zip(last, first, strict=True)]
    return rows[1:]
