"""Documents -> articles: .docx, .pdf with a text layer, .doc, e-mails, and archives of any of these.

``read_document`` and ``iter_document`` are all there is to call. What a file is follows from its first bytes; the
suffix decides only between kinds that begin alike. Tables become lines of kind 'table_row', their cells joined by
' | ', the header first: a cell that covers several columns or rows stands in each, so that a row can be read alone.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ntm_extract.clean.article import article_of, is_html, named
from ntm_extract.clean.documents.bounds import MOST_BYTES, too_large
from ntm_extract.clean.documents.containers import Part, iter_members, read_mail
from ntm_extract.clean.documents.pdf import read_pdf
from ntm_extract.clean.documents.pieces import Piece, draft_of
from ntm_extract.clean.documents.word import docx_of_doc, read_docx
from ntm_extract.clean.encoding import decode
from ntm_extract.errors import InputError
from ntm_extract.model import Article

__all__ = ["SUFFIXES", "document_suffix", "iter_document", "iter_packed", "packed_kind", "read_document"]

SUFFIXES = (".docx", ".pdf", ".doc", ".eml", ".zip")
_PAGES = {".html": None, ".htm": None, ".xhtml": None, ".txt": "text/plain", ".md": "text/markdown"}
_MOST_DEPTH = 2  # an archive in an archive, an archive in an e-mail


def read_document(
    document: Path | str | bytes, *, source: str | None = None, suffix: str | None = None
) -> list[Article]:
    """Articles of a document: one, or as many as an e-mail or an archive holds.

    ``document`` is a path or the bytes; ``source`` names it, its path if nothing is given, and parts of it have
    their own name behind that, after '!'. Parts that cannot be read are noted on the first article; raises
    InputError if there is none.
    """
    articles: list[Article] = []
    faults: list[InputError] = []
    for found in iter_document(document, source=source, suffix=suffix):
        if isinstance(found, InputError):
            faults.append(found)
        else:
            articles.append(found)
    if not articles:
        raise faults[0]
    if faults:
        left_out = tuple(f"left out: {fault}" for fault in faults)
        articles[0] = replace(articles[0], notes=(*articles[0].notes, *left_out))
    return articles


def iter_document(
    document: Path | str | bytes, *, source: str | None = None, suffix: str | None = None
) -> Iterator[Article | InputError]:
    """Articles of a document, in its order, and in the place of each part that cannot be read the reason.

    Raises no InputError, but yields it; yields at least one thing.
    """
    path = None if isinstance(document, bytes) else Path(document)
    where = source or ("<document>" if path is None else str(document))
    try:
        content = document if isinstance(document, bytes) else _load(Path(document), where)
        yield from _iter_content(content, where, (suffix or (path.suffix if path else "")).lower(), 0)
    except InputError as error:
        yield error


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORD, _LOCKED = ("WordDocument".encode("utf-16-le"), "EncryptedPackage".encode("utf-16-le"))
# What else begins like an archive, by a member that it has.
_OTHERS = {
    "xl/workbook.xml": "a workbook",
    "ppt/presentation.xml": "a presentation",
    "META-INF/manifest.xml": "an OpenDocument file",
}


def document_suffix(content: bytes) -> str | None:
    """Suffix of the kind of document that bytes are; None for texts, e-mails among them, and for what is not read."""
    if b"%PDF-" in content[:1024]:
        return ".pdf"
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ".docx" if "word/document.xml" in _members(content) else ".zip"
    if content.startswith((_OLE, b"{\\rtf")):
        return ".doc"
    return None


def _members(content: bytes) -> frozenset[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return frozenset()


def _load(path: Path, source: str) -> bytes:
    try:
        if path.is_dir():
            raise InputError("a folder, not a file", where=source, mend="give the files in it")
        if path.stat().st_size > MOST_BYTES:
            raise too_large(path.stat().st_size, source)
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError("no such file", where=source, mend="check the name") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=source, mend="check its permissions") from None


def _iter_content(content: bytes, source: str, suffix: str, depth: int) -> Iterator[Article | InputError]:
    if len(content) > MOST_BYTES:
        raise too_large(len(content), source)
    if not content.strip():
        raise InputError("empty, there is nothing to read", where=source, mend="fetch it again")
    kind = document_suffix(content)
    packed = packed_kind(content, mail=suffix == ".eml")
    if packed is not None:
        yield from _iter_parts(content, source, packed, depth)
    elif kind == ".pdf":
        pieces, notes = read_pdf(content, source=source)
        yield _article(pieces, source, notes)
    elif kind == ".docx":
        yield _article(read_docx(content, source=source), source)
    elif kind == ".doc":
        yield _article(read_docx(_docx(content, source), source=source), source)
    else:
        yield _page(content, source, suffix)


def _iter_parts(content: bytes, source: str, kind: str, depth: int) -> Iterator[Article | InputError]:
    """What an e-mail or an archive holds."""
    message, parts = _opened(content, source, kind, depth)
    found = message is not None
    if message is not None:
        yield message
    for part in parts:
        found = True
        where = f"{source}!{part.name}"
        try:
            if isinstance(part.content, InputError):
                raise part.content
            yield from _iter_content(part.content, where, PurePosixPath(part.name).suffix.lower(), depth + 1)
        except InputError as error:
            yield error
    if not found:
        raise _nothing_in(source)


def packed_kind(content: bytes, *, mail: bool) -> str | None:
    """'.zip' or '.eml' where there are documents inside; ``mail``: it is said to be an e-mail, which no byte tells."""
    kind = document_suffix(content)
    return ".eml" if kind is None and mail else kind if kind == ".zip" else None


def iter_packed(content: bytes, *, source: str, kind: str, depth: int = 0) -> Iterator[Part]:
    """The documents and pages in an e-mail or an archive, and in those in it.

    A part that cannot be had has the fault as content. The first part of an e-mail that has a message of its own is the
    e-mail itself, without a name.

    Raises no InputError, and yields at least one part.
    """
    found = False
    try:
        message, parts = _opened(content, source, kind, depth)
        if message is not None:
            found = True
            yield Part("", content)
        for part in parts:
            found = True
            inner = None
            if isinstance(part.content, bytes):
                inner = packed_kind(part.content, mail=part.name.lower().endswith(".eml"))
            if isinstance(part.content, InputError) or inner is None:
                yield part
                continue
            for one in iter_packed(part.content, source=f"{source}#{part.name}", kind=inner, depth=depth + 1):
                yield replace(one, name=f"{part.name}!{one.name}" if one.name else part.name)
        if not found:
            raise _nothing_in(source)
    except InputError as error:
        yield Part(PurePosixPath(source).name, error)


def _opened(content: bytes, source: str, kind: str, depth: int) -> tuple[Article | InputError | None, Iterable[Part]]:
    """The message of an e-mail, and what is attached to it; what an archive holds. Raises ``InputError`` where it is
    none, or packed too often."""
    if depth >= _MOST_DEPTH:
        raise InputError("packed more than twice", where=source, mend="unpack it first")
    suffixes = (*SUFFIXES, *_PAGES)
    if kind == ".eml":
        return read_mail(content, source, suffixes)
    names = _members(content)
    for member, what in _OTHERS.items():
        if member in names:
            raise InputError(f"{what}, which is not read", where=source, mend="save it as PDF or .docx")
    return None, iter_members(content, source, suffixes)


def _nothing_in(source: str) -> InputError:
    return InputError(f"holds no document ({', '.join(SUFFIXES)})", where=source, mend="give one that does")


def _docx(content: bytes, source: str) -> bytes:
    if content.startswith(_OLE):
        if _LOCKED in content:
            raise InputError("encrypted, a password is needed", where=source, mend="save it without one")
        if _WORD not in content:
            what = "an old Office file, but not of Word, which is not read"
            raise InputError(what, where=source, mend="save it as PDF or .docx")
    return docx_of_doc(content, source=source)


def _article(pieces: Iterable[Piece], source: str, notes: Sequence[str] = ()) -> Article:
    draft, misread = draft_of(pieces, notes)
    return named(draft, source=source, encoding=f"utf-8 of {misread}" if misread else "utf-8")


def _page(content: bytes, source: str, suffix: str) -> Article:
    """A page or a text: as a part of something, or saved under the suffix of Word, as some portals do."""
    if suffix in (".pdf", ".docx", ".zip"):
        what = f"not a {suffix[1:]} file, or a broken one"
        raise InputError(what, where=source, mend="fetch it again, or open it to see what it is")
    decoded = decode(content, source=source)
    if suffix == ".doc" and not is_html(decoded.text, None):
        raise InputError("not a Word document", where=source, mend="open it to see what it is")
    return article_of(decoded, source=source, media_type=_PAGES.get(suffix))
