"""Capture, bytes or text -> Article: main text, title, posting date, byline; the text never changes from here on.

``read_file``, ``read_bytes``, ``read_text`` and ``read_capture`` are all there is to call, and ``read_files`` and
``unpacked`` for e-mails and archives, which hold several articles; ``detect_family`` tells which portal software made a
page, ``NO_FIT`` ends the note on a page whose family's profile did not find the article.
What cannot be read raises ``InputError``; what is odd but readable is said in ``Article.notes``.
"""

from __future__ import annotations

import email
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from ntm_extract.clean.article import article_of
from ntm_extract.clean.documents import (
    SUFFIXES,
    document_suffix,
    iter_document,
    iter_packed,
    packed_kind,
    read_document,
)
from ntm_extract.clean.encoding import Decoded, decode
from ntm_extract.clean.html import NO_FIT, detect_family
from ntm_extract.errors import InputError
from ntm_extract.model import Article, Capture
from ntm_extract.sources import Source

__all__ = ["NO_FIT", "detect_family", "read_bytes", "read_capture", "read_file", "read_files", "read_text", "unpacked"]

MOST_BYTES = 20_000_000
_MAIL = "message/rfc822"
_MAIL_HEADER = re.compile(rb"\s*[A-Za-z-]+: ")


def read_file(path: Path | str) -> Article:
    """Read a saved page, plain text, markdown file or document; ``source`` is the path as given.

    Raises ``InputError`` if there is no such file, if it holds no text (see ``read_bytes``) or several articles.
    """
    file = Path(path)
    if file.suffix.lower() in SUFFIXES:
        articles = read_document(file, source=str(path))
        if len(articles) > 1:
            raise InputError(f"holds {len(articles)} articles", where=path, mend="read it with read_files")
        return articles[0]
    try:
        if file.is_dir():
            raise InputError("a folder, not a file", where=path, mend="give the files in it")
        if file.stat().st_size > MOST_BYTES:
            raise _too_large(file.stat().st_size, str(path))
        content = file.read_bytes()
    except FileNotFoundError:
        raise InputError("no such file", where=path, mend="check the name") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=path, mend="check its permissions") from None
    media_type = "text/markdown" if file.suffix.lower() in (".md", ".markdown") else None
    return read_bytes(content, source=str(path), media_type=media_type)


def read_files(path: Path | str) -> list[Article]:
    """Read every article of a file: one of a page, a text or a document, all that an e-mail or an archive holds.

    Raises ``InputError`` if nothing in it can be read; parts that cannot are noted on the first article.
    """
    file = Path(path)
    return read_document(file, source=str(path)) if file.suffix.lower() in SUFFIXES else [read_file(path)]


def read_bytes(
    content: bytes, *, source: str, media_type: str | None = None, url: str | None = None, charset: str | None = None
) -> Article:
    """Read the bytes of a page or a text.

    ``media_type`` and ``charset`` are what the server said; both are hints that the bytes may overrule.
    Raises ``InputError`` for empty or binary content, for more than 20 MB, for text whose letters are lost and
    for HTML without text.
    """
    if len(content) > MOST_BYTES:
        raise _too_large(len(content), source)
    if _MAIL_HEADER.match(content) and b"multipart/related" in content[:2000]:
        page, url = _page_of_mhtml(content, url)
        if page is not None:
            content, media_type = page, "text/html"
    decoded = decode(content, source=source, charset=charset)
    return article_of(decoded, source=source, media_type=media_type, url=url)


def _page_of_mhtml(content: bytes, url: str | None) -> tuple[bytes | None, str | None]:
    """The page in what browsers save as a 'web page in a single file', and its address."""
    message = email.message_from_bytes(content)
    page = next((part for part in message.walk() if part.get_content_type() == "text/html"), None)
    payload = page.get_payload(decode=True) if page is not None else None
    said = message.get("Snapshot-Content-Location") or (page.get("Content-Location") if page is not None else None)
    return (payload if isinstance(payload, bytes) else None), url or (str(said) if said else None)


def read_text(text: str, *, source: str = "<text>") -> Article:
    """Read a text that is already decoded. Raises ``InputError`` if it is empty."""
    if not text.strip():
        raise InputError("empty, there is nothing to read", where=source, mend="give a page or a text")
    return article_of(Decoded(text, "utf-8"), source=source, media_type="text/plain")


def unpacked(capture: Capture) -> Iterator[Capture | InputError]:
    """What was collected, or, where it is an e-mail or an archive of files, its message and each document in it.

    A document in another has that one's address with its own name behind '#', and that one's evidence.
    """
    kind = packed_kind(capture.content, mail=capture.media_type == _MAIL)
    if kind is None:
        yield capture
        return
    for part in iter_packed(capture.content, source=capture.url, kind=kind):
        if isinstance(part.content, InputError):
            yield part.content
        elif not part.name:
            yield capture
        else:
            place = f"{capture.final_url or capture.url}#{quote(part.name)}"
            media_type = _MAIL if part.name.lower().endswith(".eml") else mimetypes.guess_type(part.name)[0]
            yield replace(capture, url=place, final_url=None, content=part.content, media_type=media_type, charset=None)


def read_capture(capture: Capture, publisher: Source | None = None) -> Article:
    """Read what was collected, a page or a document; ``source`` is the source's name, else the address.

    ``publisher`` is the source that it was collected from: its selectors tell what stands where on its pages.
    """
    source = capture.source or capture.url
    suffix = ".eml" if capture.media_type == _MAIL else document_suffix(capture.content)
    if suffix in (".docx", ".pdf", ".doc", ".eml"):
        # What is attached to an e-mail was taken apart before.
        document = next(iter_document(capture.content, source=source, suffix=suffix))
        if isinstance(document, InputError):
            raise document
        return replace(document, url=capture.final_url or capture.url, capture=capture)
    if len(capture.content) > MOST_BYTES:
        raise _too_large(len(capture.content), source)
    decoded = decode(capture.content, source=source, charset=capture.charset)
    article = article_of(
        decoded,
        source=source,
        media_type=capture.media_type,
        url=capture.final_url or capture.url,
        captured=capture.captured.date() if capture.captured else None,
        publisher=publisher,
    )
    return replace(article, capture=capture)


def _too_large(size: int, source: str) -> InputError:
    return InputError(
        f"{size / 1e6:.0f} MB, no article is larger than {MOST_BYTES // 1_000_000} MB",
        where=source,
        mend="give single pages or texts",
    )
