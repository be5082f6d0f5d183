"""Word documents: .docx by its own XML, .doc through LibreOffice.

python-docx opens the package and knows its styles; the text is walked here, because paragraphs' own text leaves out
what stands in smart tags, content controls, tracked insertions and text boxes, and numbers of lists are not text.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

from ntm_extract.clean.documents.bounds import MOST_TEXT, checked_members, missing, too_long
from ntm_extract.clean.documents.pieces import Piece, is_data, is_framed, is_stopped, rows_of
from ntm_extract.errors import InputError
from ntm_extract.model import BlockKind

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
# What holds no text of the document as it stands: deletions, formatting, field codes, the doubles of new drawings.
_PASSED = {
    *(
        _W + name
        for name in ("del", "moveFrom", "delText", "instrText", "pPr", "rPr", "tblPr", "tcPr", "trPr", "sectPr")
    ),
    _FALLBACK,
}
_LARGEST_PART = 60_000_000  # bytes of XML: ten times what the longest reports have
_WIDEST = 63  # columns that Word allows in a table
_CONVERSION = 120  # seconds


def read_docx(content: bytes, *, source: str) -> list[Piece]:
    """Paragraphs, rows of tables, text boxes and footnotes of a .docx in reading order.

    Pages are those that Word noted when it last laid the document out, if it did. Raises InputError for what is
    broken, empty or larger than a document can be.
    """
    try:
        import docx  # optional extra
    except ImportError:
        raise missing("python-docx", source) from None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = checked_members(package, source)
        if any(member.file_size > _LARGEST_PART and member.filename.endswith(".xml") for member in members):
            raise too_long(source)
        walk = _Walk(docx.Document(io.BytesIO(content)))
    except InputError:
        raise
    except Exception as error:  # python-docx fails in many ways on what is broken
        what = f"a broken Word document ({type(error).__name__})"
        raise InputError(what, where=source, mend="open it in Word and save it anew") from None
    return walk.pieces(source)


# ------------------------------------------------------------------ walking the body


@dataclass(slots=True)
class _Text:
    """The text of one paragraph while it is put together."""

    parts: list[str] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bold: int = 0
    length: int = 0

    @property
    def text(self) -> str:
        return "".join(self.parts)


class _Walk:
    """One document, walked from the first paragraph to the last."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._body = document.element.body
        self._page: int | None = 1 if next(self._body.iter(_W + "lastRenderedPageBreak"), None) is not None else None
        self._lists = _Lists(self._related("numbering"))
        self._footnotes = {
            note.get(_W + "id"): note for note in self._related("footnotes").iterchildren(_W + "footnote")
        }
        self._styles: dict[str | None, tuple[str, bool, bool, Any]] = {}
        self._length = 0

    def _related(self, name: str) -> Any:
        """Root of a part that belongs to the document, an empty one if there is none."""
        for relation in self._document.part.rels.values():
            if relation.reltype == _RELATED + name and not relation.is_external:
                # A part of its own parser: no entities, no network, no huge trees.
                return etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False))
        return etree.Element("none")

    def pieces(self, source: str) -> list[Piece]:
        found: list[Piece] = []
        for piece in self._blocks(self._body):
            self._length += len(piece.text)
            if self._length > MOST_TEXT:
                raise too_long(source)
            found.append(piece)
        return found

    def _blocks(self, parent: Any) -> Iterator[Piece]:
        for child in parent:
            if child.tag == _W + "p":
                yield from self._paragraph(child)
            elif child.tag == _W + "tbl":
                yield from self._table(child)
            elif child.tag not in _PASSED:
                yield from self._blocks(child)

    def _paragraph(self, paragraph: Any) -> Iterator[Piece]:
        page = self._page
        text = _Text()
        self._collect(paragraph, text, hidden=False)
        name, bold, centred, numbering = self._style(paragraph)
        properties = paragraph.find(_W + "pPr")
        if properties is not None and (aligned := properties.find(_W + "jc")) is not None:
            centred = aligned.get(_W + "val") == "center"
        number = self._lists.next(properties, numbering) if text.text.strip() else ""
        written = _joined_breaks(number + text.text)
        bold = bold or (text.length > 0 and text.bold >= 0.9 * text.length)
        for line in written:
            kind: BlockKind | None = "title" if name == "title" else "heading" if name.startswith("heading") else None
            yield Piece(line, kind, page, bold, centred)
        for box in text.boxes:
            yield from self._blocks(box)
        for note in text.notes:
            if note in self._footnotes:
                body = _Text()
                self._collect(self._footnotes[note], body, hidden=False)
                yield Piece(f"({note}) {body.text.strip()}", None, page)

    def _collect(self, node: Any, text: _Text, *, hidden: bool) -> None:
        for child in node:
            tag = child.tag
            if tag in _PASSED:
                continue
            if tag == _W + "r":
                bold = _is_on(child.find(f"{_W}rPr/{_W}b"))
                before = len(text.text)
                if not _is_on(child.find(f"{_W}rPr/{_W}vanish")):
                    self._collect(child, text, hidden=hidden)
                added = len(text.text[before:].strip())
                text.length += added
                text.bold += added if bold else 0
            elif tag == _W + "t":
                text.parts.append(child.text or "")
            elif tag == _W + "tab":
                text.parts.append(" ")
            elif tag in (_W + "br", _W + "cr"):
                text.parts.append("\n")
            elif tag == _W + "noBreakHyphen":
                text.parts.append("-")
            elif tag == _W + "lastRenderedPageBreak" and self._page is not None:
                self._page += 1
            elif tag == _W + "footnoteReference":
                text.notes.append(child.get(_W + "id"))
            elif tag == _W + "txbxContent":
                text.boxes.append(child)
            elif tag == _W + "p" and text.parts:  # a further paragraph of a footnote or a cell
                text.parts.append("\n")
                self._collect(child, text, hidden=hidden)
            else:
                self._collect(child, text, hidden=hidden)

    def _style(self, paragraph: Any) -> tuple[str, bool, bool, Any]:
        """Name of the paragraph's style in lower case, whether it is bold, whether centred, and its numbering."""
        key = paragraph.find(f"{_W}pPr/{_W}pStyle")
        style_id = key.get(_W + "val") if key is not None else None
        if style_id not in self._styles:
            self._styles[style_id] = self._read_style(style_id)
        return self._styles[style_id]

    def _read_style(self, style_id: str | None) -> tuple[str, bool, bool, Any]:
        styles = self._document.styles.element
        by_id = {style.get(_W + "styleId"): style for style in styles.iterchildren(_W + "style")}
        style = by_id.get(style_id)
        name, bold, centred, numbering = "", None, None, None
        for _ in range(10):  # as deep as styles are based on one another; a circle ends too
            if style is None:
                break
            label = style.find(_W + "name")
            name = name or (label.get(_W + "val") if label is not None else "").lower()
            weight, aligned = style.find(f"{_W}rPr/{_W}b"), style.find(f"{_W}pPr/{_W}jc")
            bold = _is_on(weight) if bold is None and weight is not None else bold
            centred = aligned.get(_W + "val") == "center" if centred is None and aligned is not None else centred
            numbering = numbering if numbering is not None else style.find(f"{_W}pPr/{_W}numPr")
            based = style.find(_W + "basedOn")
            style = by_id.get(based.get(_W + "val")) if based is not None else None
        return name, bool(bold), bool(centred), numbering

    # ------------------------------------------------------------ tables

    def _table(self, table: Any) -> Iterator[Piece]:
        rows = list(_children(table, "tr"))
        page, counts = self._page, self._lists.counts()
        grid: list[list[str]] = []
        pages: list[int | None] = []
        for row in rows:
            pages.append(self._page)
            grid.append(self._row(row, grid[-1] if grid else []))
        if not is_data(grid):
            # The cells of a table that lays out the page are read one after the other, as what they hold.
            self._page = page
            self._lists.restore(counts)
            yield from self._laid_out(rows)
            return
        # Signatures may have been joined to the table above them.
        end = len(grid)
        while end and is_framed(grid[end - 1]):
            end -= 1
        yield from rows_of(grid[:end], pages[:end])
        yield from self._laid_out(rows[end:])

    def _laid_out(self, rows: list[Any]) -> Iterator[Piece]:
        for row in rows:
            for cell in _children(row, "tc"):
                yield from self._blocks(cell)

    def _row(self, row: Any, above: list[str]) -> list[str]:
        """Texts of a row by column of the grid: a cell over several columns or rows stands in each of them."""
        texts = [""] * _number(row.find(f"{_W}trPr/{_W}gridBefore"), 0)
        cells = list(_children(row, "tc"))
        for cell in cells:
            upward = cell.find(f"{_W}tcPr/{_W}vMerge")
            text = self._cell(cell)
            if not text and upward is not None and upward.get(_W + "val") != "restart" and len(texts) < len(above):
                text = above[len(texts)]
            # A cell that is all of its row is a heading among the rows, and stands once.
            texts += [text] * (1 if len(cells) == 1 else _number(cell.find(f"{_W}tcPr/{_W}gridSpan"), 1))
        return texts[:_WIDEST]

    def _cell(self, cell: Any) -> str:
        """Paragraphs of a cell as one line; what are entries of a list in it are parted by ';'."""
        entries = [" ".join(piece.text.split()) for piece in self._blocks(cell)]
        return _listed([entry for entry in entries if entry])


def _children(parent: Any, name: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, also those inside content controls and tags."""
    for child in parent:
        if child.tag == _W + name:
            yield child
        elif child.tag not in _PASSED and child.tag not in (_W + "tc", _W + "tr", _W + "p"):
            yield from _children(child, name)


def _listed(entries: list[str]) -> str:
    text = ""
    for entry in entries:
        # 'Kỳ Châu' under 'Kỳ Hải' are two entries, 'chuẩn' under 'Tiêu' is the rest of a word.
        parted = text and len(text.split()) > 1 and entry[0].isupper() and not text.endswith((",", ";", "-", "(", ":"))
        text = f"{text}; {entry}" if parted and not is_stopped(text) else f"{text} {entry}".strip()
    return text


def _joined_breaks(text: str) -> list[str]:
    """Lines of a paragraph with manual breaks; a line that goes on in lower case is no line of its own."""
    lines: list[str] = []
    for part in text.split("\n"):
        line = part.strip()
        if lines and line and not is_stopped(lines[-1]) and line[0].islower():
            lines[-1] += " " + line
        elif line:
            lines.append(line)
    return lines


def _is_on(switch: Any) -> bool:
    return switch is not None and switch.get(_W + "val") not in ("0", "false", "off", "none")


def _number(element: Any, default: int) -> int:
    value = element.get(_W + "val") if element is not None else None
    return min(int(value), _WIDEST) if value and re.fullmatch(r"\d{1,9}", value) else default


# ------------------------------------------------------------------ numbers of lists


class _Lists:
    """Numbers that Word prints before the paragraphs of a list."""

    def __init__(self, root: Any) -> None:
        levels = {
            abstract.get(_W + "abstractNumId"): {
                level.get(_W + "ilvl"): level for level in abstract.iterchildren(_W + "lvl")
            }
            for abstract in root.iterchildren(_W + "abstractNum")
        }
        self._levels: dict[str, dict[str, Any]] = {}
        self._counter: dict[str, str] = {}
        for number in root.iterchildren(_W + "num"):
            abstract, key = number.find(_W + "abstractNumId"), number.get(_W + "numId")
            if abstract is not None:
                self._levels[key] = levels.get(abstract.get(_W + "val"), {})
                # Lists that share a definition go on counting, unless one says that it starts anew.
                anew = number.find(f"{_W}lvlOverride/{_W}startOverride") is not None
                self._counter[key] = key if anew else "abstract " + abstract.get(_W + "val", "")
        self._counts: defaultdict[str, dict[int, int]] = defaultdict(dict)  # by list, by depth

    def counts(self) -> dict[str, dict[int, int]]:
        """How far every list has counted."""
        return {key: dict(counts) for key, counts in self._counts.items()}

    def restore(self, counts: dict[str, dict[int, int]]) -> None:
        """Count on from there: what follows is read a second time."""
        self._counts = defaultdict(dict, counts)

    def next(self, properties: Any, of_style: Any) -> str:
        """The number before this paragraph, with a space behind it; '' for a paragraph without."""
        own = properties.find(_W + "numPr") if properties is not None else None
        numbering = own if own is not None else of_style
        if numbering is None:
            return ""
        which, depth = numbering.find(_W + "numId"), numbering.find(_W + "ilvl")
        key = which.get(_W + "val") if which is not None else None
        if key not in self._levels:
            return ""
        at = _number(depth, 0)
        level = self._levels[key].get(str(at))
        if level is None:
            return ""
        counts = self._counts[self._counter[key]]
        counts[at] = counts[at] + 1 if at in counts else _number(level.find(_W + "start"), 1)
        for deeper in [other for other in counts if other > at]:
            del counts[deeper]
        shape = level.find(_W + "lvlText")
        written = shape.get(_W + "val", "") if shape is not None else ""
        if _format(level) == "bullet":
            return "- "

        def numeral(match: re.Match[str]) -> str:
            other = int(match[1]) - 1
            style = _format(self._levels[key].get(str(other)))
            return _numeral(counts.get(other, 1), style)

        text = re.sub(r"%(\d)", numeral, written).strip()
        return text + " " if text else ""


def _format(level: Any) -> str:
    style = level.find(_W + "numFmt") if level is not None else None
    return str(style.get(_W + "val")) if style is not None else "decimal"


_ROMAN = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def _numeral(count: int, style: str) -> str:
    if style in ("lowerLetter", "upperLetter") and 1 <= count <= 26:
        letter = chr(ord("a") + count - 1)
        return letter.upper() if style == "upperLetter" else letter
    if style in ("lowerRoman", "upperRoman") and 0 < count < 400:
        text = ""
        for value, sign in _ROMAN:
            text += sign * (count // value)
            count %= value
        return text.lower() if style == "lowerRoman" else text
    return "" if style == "none" else str(count)


# ------------------------------------------------------------------ .doc


# LibreOffice asks nobody for anything: no updates of links, no pictures from elsewhere, no macros.
_SETTINGS = (
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
)
_REGISTRY = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
    + "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, name, value in _SETTINGS
    )
    + "</oor:items>\n"
)


def docx_of_doc(content: bytes, *, source: str) -> bytes:
    """A .doc (or .rtf) as .docx, by LibreOffice without network.

    Raises InputError if LibreOffice is not installed, takes longer than two minutes or cannot read the file.
    """
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        mend = "install LibreOffice (package libreoffice-writer), or save the document as .docx"
        raise InputError("an old Word document (.doc), which only LibreOffice reads", where=source, mend=mend)
    with tempfile.TemporaryDirectory(prefix="ntm-doc-") as name:
        folder = Path(name)
        settings = folder / "profile" / "user" / "registrymodifications.xcu"
        settings.parent.mkdir(parents=True)
        settings.write_text(_REGISTRY, encoding="utf-8")
        given = folder / "given.doc"
        given.write_bytes(content)
        command = [
            *_without_network(),
            *(office, "--headless", "--norestore", f"-env:UserInstallation={(folder / 'profile').as_uri()}"),
            *("--convert-to", "docx:MS Word 2007 XML", "--outdir", name, str(given)),
        ]
        nowhere = "http://127.0.0.1:9"
        environment = {"HOME": name, "PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
        environment |= {"http_proxy": nowhere, "https_proxy": nowhere, "all_proxy": nowhere}
        try:
            subprocess.run(command, env=environment, capture_output=True, timeout=_CONVERSION, check=False)
        except subprocess.TimeoutExpired:
            what = f"LibreOffice did not read it in {_CONVERSION} seconds"
            raise InputError(what, where=source, mend="save the document as .docx") from None
        made = given.with_suffix(".docx")
        if not made.is_file():
            raise InputError("LibreOffice cannot read it", where=source, mend="open it in Word and save it as .docx")
        return made.read_bytes()


def _without_network() -> list[str]:
    """What runs a command in a network of its own, where the system lets users have one; nothing elsewhere."""
    unshare = shutil.which("unshare")
    apart = [unshare, "--map-root-user", "--net"] if unshare else []
    if apart and subprocess.run([*apart, "true"], capture_output=True, check=False).returncode == 0:
        return apart
    return []
