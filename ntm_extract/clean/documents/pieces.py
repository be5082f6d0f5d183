"""Pieces of a document, in reading order -> the draft of an article.

An administrative document has a head (organ, number, motto, place and day), a title of several lines, a body of
numbered points and tables, and signatures. Nothing of it is dropped: the parts only get their kinds.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ntm_extract.clean.encoding import mend, normalise
from ntm_extract.clean.text import Draft
from ntm_extract.data_files import load_beside
from ntm_extract.model import Block, BlockKind

_CLOSERS = "\"'”’»)] "
_STOPS = tuple(".!?…;,")
_HEAD = 30  # pieces among which the head and the title are sought
_TITLE_MOST = 400


@dataclass(slots=True)
class Piece:
    """A paragraph or a row of a table; ``page`` is 1-based, None where a document has no pages of its own."""

    text: str
    kind: BlockKind | None = None
    page: int | None = None
    bold: bool = False
    centred: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """``layout.yml``, compiled; all match lower-cased text."""

    mottoes: re.Pattern[str]
    kinds: re.Pattern[str]
    framed: re.Pattern[str]
    subjects: re.Pattern[str]
    openings: re.Pattern[str]
    signatures: re.Pattern[str]
    stamps: re.Pattern[str]
    not_places: re.Pattern[str]


@lru_cache(maxsize=1)
def load_layout() -> Layout:
    """The fixed parts that ship with the package."""
    data = load_beside(__file__, "layout.yml")
    return Layout(**{name: re.compile("(?:" + "|".join(rows) + ")") for name, rows in data.items()})


# ------------------------------------------------------------------ tables


def row_text(cells: Sequence[str]) -> str:
    """A row as a line: cells joined by ' | ', empty ones kept so that columns can be told by their number."""
    return re.sub(r" {2,}", " ", " | ".join(" ".join(cell.replace("|", "/").split()) for cell in cells)).strip()


def rows_of(grid: Sequence[Sequence[str]], pages: Sequence[int | None]) -> list[Piece]:
    """Rows of a table of data; a row whose cells are one becomes one cell, empty rows and columns go."""
    filled = [column for column in range(max(map(len, grid), default=0)) if any(_cell(row, column) for row in grid)]
    pieces = []
    for row, page in zip(grid, pages, strict=True):
        cells = [row[0]] if len(row) == 1 else [_cell(row, column) for column in filled]
        if any(cells):
            pieces.append(Piece(row_text(cells), "table_row", page))
    return pieces


def _cell(row: Sequence[str], column: int) -> str:
    return row[column].strip() if column < len(row) else ""


def is_data(grid: Sequence[Sequence[str]]) -> bool:
    """Whether a grid is a table of data, and not one that lays out a head, signatures or running text."""
    wide = [row for row in grid if sum(map(bool, row)) >= 2]
    if len(wide) < 2:
        return False
    if sum(map(is_framed, wide)) > len(wide) - 2:
        return False
    return len(wide) > 2 or len(wide[0]) > 2 or max(len(cell) for row in wide for cell in row) <= 600


def is_framed(row: Sequence[str]) -> bool:
    """Whether a row of cells is of a document's head or end: motto, recipients, signatures."""
    layout = load_layout()
    return any(
        layout.framed.search(cell.lower()) or (cell.isupper() and layout.signatures.match(cell.lower())) for cell in row
    )


# ------------------------------------------------------------------ kinds of lines

_DATELINE = re.compile(
    r"(?:^|\s)(?P<place>[^\W\d_][^\d,;:]{1,40}?)\s*,?\s*ngày\s*(?P<day>\d{1,2})\s*(?:tháng|[/.-])\s*(?P<month>\d{1,2})"
    r"\s*(?:năm|[/.-])\s*(?P<year>(?:19|20)\d\d)\W*$",
    re.IGNORECASE,
)
_BLANK_DATE = re.compile(
    r"^[^\d,;:]{2,40},\s*ngày[\s.…]*\d{0,2}[\s.…]*tháng[\s.…]*\d{0,2}[\s.…]*năm[\s.…]*(?:\d{4})?\W*$", re.I
)
_NUMBERED = re.compile(r"(?:[IVX]{1,5}|[A-HĐ]|\d{1,2}(?:\.\d{1,2})*\.?|[a-zđ])\s*[.)/-]?\s+\S")
_MARKED = re.compile(
    r"(?:[-–+*•▪●○]\s?|\(?\d{1,2}[.)]\s|\d{1,2}(?:\.\d{1,2})+\.?\s|[a-zđ][.)]\s|[IVX]{1,5}[.)]\s|(?:điều|chương|mục|phần)\s[\dIVX]+)",
    re.IGNORECASE,
)


def is_marked(text: str) -> bool:
    """Whether a line begins a numbered or bulleted point."""
    return _MARKED.match(text) is not None


def is_stopped(text: str) -> bool:
    """Whether a line ends with a stop, closing quotation marks and brackets aside."""
    return text.rstrip(_CLOSERS)[-1:] in (*_STOPS[:-1], ":")


def parse_dateline(text: str) -> dt.date | None:
    """The day of a document's 'place, day' line: 'Kỳ Sơn, ngày 05 tháng 7 năm 2021'; None for any other line."""
    found = _DATELINE.search(text) if len(text) <= 120 else None
    if found is None or load_layout().not_places.match(found["place"].strip().lower()):
        return None
    return _date(found) if found["place"].strip()[0].isupper() else None


_ANNEXED = re.compile(
    r"\(?\s*(?:ban hành )?kèm theo\b.{0,160}?\bngày\s*(?P<day>\d{1,2})\s*(?:tháng|[/.-])\s*(?P<month>\d{1,2})"
    r"\s*(?:năm|[/.-])\s*(?P<year>(?:19|20)\d\d)",
    re.IGNORECASE,
)


def _annexed(text: str) -> dt.date | None:
    """The day of '(Kèm theo Báo cáo số 47/BC-UBND ngày 18/3/2019 của …)'; None for any other line."""
    found = _ANNEXED.match(text)
    return _date(found) if found else None


def _date(found: re.Match[str]) -> dt.date | None:
    try:
        return dt.date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


def _is_shown(piece: Piece) -> bool:
    """Whether it stands out from running text."""
    return piece.bold or piece.centred or piece.text.isupper()


def _is_heading(piece: Piece) -> bool:
    text = piece.text
    if len(text) > 200 or text.rstrip(_CLOSERS)[-1:] in _STOPS or not any(map(str.isalpha, text)):
        return False
    if text.startswith(("-", "+", "•", "*")):
        return False
    return _is_shown(piece) or (len(text) <= 80 and _NUMBERED.match(text) is not None and not text.endswith(":"))


# ------------------------------------------------------------------ the draft


def draft_of(pieces: Iterable[Piece], notes: Sequence[str] = ()) -> tuple[Draft, str | None]:
    """The article that the pieces make, and the encoding that was misread, if one was (old fonts of Word)."""
    kept, misread = _cleaned(pieces)
    head = [piece for piece in kept[:_HEAD] if piece.kind != "table_row"]
    title, kept = _titled(kept, head)
    published, published_by = None, None
    for piece in (*kept[:_HEAD], *kept[max(_HEAD, len(kept) - 12) :]):
        if piece.kind is None and published is None and (day := parse_dateline(piece.text)):
            piece.kind, published, published_by = "dateline", day, "dateline of the document"
    if published is None:
        published = next(filter(None, (_annexed(piece.text) for piece in head)), None)
        published_by = "day of the document it is annexed to" if published else None
    _mark(kept, title)
    blocks, position = [], 0
    for piece in kept:
        blocks.append(Block(position, position + len(piece.text), piece.kind or "paragraph", piece.page))
        position += len(piece.text) + 1
    draft = Draft(
        text="\n".join(piece.text for piece in kept),
        blocks=tuple(blocks),
        title=title.text if title else None,
        published=published,
        published_by=published_by,
        notes=tuple(notes),
    )
    return draft, misread


def _cleaned(pieces: Iterable[Piece]) -> tuple[list[Piece], str | None]:
    """Pieces with text, in one Unicode form, one line each; text of old fonts read anew."""
    kept = [piece for piece in pieces if not piece.text.isspace() and piece.text]
    for piece in kept:
        piece.text = " ".join(normalise(piece.text).split())
    mended, misread = mend("\n".join(piece.text for piece in kept))
    lines = mended.split("\n")
    if len(lines) == len(kept):
        for piece, line in zip(kept, lines, strict=True):
            piece.text = " ".join(normalise(line).split())
    return [piece for piece in kept if piece.text], misread


def _titled(kept: list[Piece], head: Sequence[Piece]) -> tuple[Piece | None, list[Piece]]:
    """The title, its lines made one, and the pieces with it."""
    first = _title_line(head)
    if first is None:
        return None, kept
    start = next(number for number, piece in enumerate(kept) if piece is first)
    end = start + 1
    while end < len(kept) and _goes_on(kept[start:end], kept[end]):
        end += 1
    lines = kept[start:end]
    title = Piece(" ".join(piece.text for piece in lines), "title", first.page)
    return title, [*kept[:start], title, *kept[end:]]


def _title_line(head: Sequence[Piece]) -> Piece | None:
    layout = load_layout()
    candidates = []
    for piece in head:
        low = piece.text.lower()
        if layout.mottoes.match(low) or parse_dateline(piece.text) or _BLANK_DATE.match(piece.text):
            continue
        if len(piece.text) > 250 and piece.kind != "title":
            break
        candidates.append(piece)
    for piece in candidates:
        if piece.kind == "title":
            return piece
    for piece in candidates:
        low = piece.text.lower()
        if _is_shown(piece) and layout.kinds.match(low) and not piece.text.endswith((".", ";")):
            return piece
    for piece in candidates:
        if layout.subjects.match(piece.text.lower()):
            return piece
    shown = [piece for piece in candidates if piece.kind == "heading" or _is_shown(piece)]
    plain = [piece for piece in candidates[:1] if piece.text.rstrip(_CLOSERS)[-1:] not in _STOPS]
    # Without a kind of document the organ's name in capitals is no title: the longest line shown is.
    return max(shown, key=lambda piece: len(piece.text), default=None) or next(iter(plain), None)


def _goes_on(lines: Sequence[Piece], piece: Piece) -> bool:
    """Whether a piece is a further line of the title."""
    layout, low = load_layout(), piece.text.lower()
    if piece.kind not in (None, "title", "heading") or not (_is_shown(piece) or piece.kind == "title"):
        return False
    if lines[0].kind == "title" and piece.kind != "title":
        return False
    if layout.openings.match(low) or layout.mottoes.match(low) or is_marked(piece.text) or parse_dateline(piece.text):
        return False
    if not re.search(r"\w", piece.text) or _BLANK_DATE.match(piece.text) or piece.text.startswith("("):
        return False
    return sum(len(line.text) for line in lines) + len(piece.text) <= _TITLE_MOST and len(lines) < 6


def _mark(kept: Sequence[Piece], title: Piece | None) -> None:
    layout = load_layout()
    over = title is not None
    for number, piece in enumerate(kept):
        if piece is title:
            over = False
        if piece.kind is not None:
            if piece.kind == "title" and piece is not title:
                piece.kind = "heading"
            continue
        if _BLANK_DATE.match(piece.text):
            piece.kind = "dateline"
        elif layout.mottoes.match(piece.text.lower()) or (over and len(piece.text) <= 150 and number < _HEAD):
            piece.kind = "masthead"
        elif number + 1 < len(kept) and _is_heading(piece):
            piece.kind = "heading"
