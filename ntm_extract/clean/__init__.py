"""Capture, bytes or text -> Article: main text, title, posting date, byline; the text never changes from here on.

``read_file``, ``read_bytes``, ``read_text`` and ``read_capture`` are all there is to call; ``detect_family``
tells which portal software made a page. What cannot be read raises ``InputError``; what is odd but readable
is said in ``Article.notes``.
"""

from __future__ import annotations

import datetime as dt
import email
import hashlib
import re
from dataclasses import replace
from pathlib import Path

from ntm_extract.clean.encoding import Decoded, decode, is_vietnamese, mend, normalise
from ntm_extract.clean.html import detect_family, read_page
from ntm_extract.clean.text import Draft, assemble, lines_of_text, load_furniture, looks_like_markdown
from ntm_extract.errors import InputError
from ntm_extract.model import Article, Capture

__all__ = ["detect_family", "read_bytes", "read_capture", "read_file", "read_text"]

MOST_BYTES = 20_000_000
_MAIL_HEADER = re.compile(rb"\s*[A-Za-z-]+: ")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|meta|article|table|div|span|p|h1|br)\b", re.IGNORECASE)


def read_file(path: Path | str) -> Article:
    """Read a saved page, plain text or markdown file; ``source`` is the path as given.

    Raises ``InputError`` if there is no such file or it holds no text (see ``read_bytes``).
    """
    file = Path(path)
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
    return _article(decoded, source=source, media_type=media_type, url=url)


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
    return _article(Decoded(text, "utf-8"), source=source, media_type="text/plain", url=None)


def read_capture(capture: Capture) -> Article:
    """Read what was collected; ``source`` is the source's name, else the address."""
    source = capture.source or capture.url
    if len(capture.content) > MOST_BYTES:
        raise _too_large(len(capture.content), source)
    decoded = decode(capture.content, source=source, charset=capture.charset)
    article = _article(
        decoded,
        source=source,
        media_type=capture.media_type,
        url=capture.final_url or capture.url,
        captured=capture.captured.date() if capture.captured else None,
    )
    return replace(article, capture=capture)


def _too_large(size: int, source: str) -> InputError:
    return InputError(
        f"{size / 1e6:.0f} MB, no article is larger than {MOST_BYTES // 1_000_000} MB",
        where=source,
        mend="give single pages or texts",
    )


def _article(
    decoded: Decoded, *, source: str, media_type: str | None, url: str | None, captured: dt.date | None = None
) -> Article:
    if _is_html(decoded.text, media_type):
        page = read_page(decoded.text, url=url, captured=captured)
        if page is None:
            mend_it = "save the page after it has loaded, or give the article's text"
            raise InputError("HTML without text (built by scripts?)", where=source, mend=mend_it)
        draft, misread, url = page.draft, page.misread, page.url
    else:
        mended, misread = mend(decoded.text)
        text = normalise(mended)
        markdown = media_type == "text/markdown" or looks_like_markdown(text)
        draft = assemble(lines_of_text(text, markdown=markdown))
    encoding = f"{decoded.encoding} of {misread}" if misread else decoded.encoding
    return _named(draft, source=source, url=url, encoding=encoding, notes=decoded.notes)


def _is_html(text: str, media_type: str | None) -> bool:
    if media_type and media_type.split(";")[0].strip().lower() in ("text/markdown", "text/plain"):
        return re.match(r"\s*<(?:!doctype\s+html|html)\b", text, re.IGNORECASE) is not None
    head = text[:5000]
    return _HTML.search(head) is not None and (head.lstrip()[:1] == "<" or len(_HTML.findall(head)) >= 3)


def _named(draft: Draft, *, source: str, url: str | None, encoding: str, notes: tuple[str, ...]) -> Article:
    if not any(char.isalnum() for char in draft.text):
        raise InputError("no text in it", where=source, mend="give the article's own page or its text")
    said = [*notes, *draft.notes]
    if not is_vietnamese(draft.text):
        said.append("not Vietnamese")
    if load_furniture().ntm.search(draft.text.lower()) is None:
        said.append("no mention of nông thôn mới")
    return Article(
        id=hashlib.sha256(draft.text.encode()).hexdigest()[:16],
        source=source,
        text=draft.text,
        url=url,
        title=draft.title,
        published=draft.published,
        published_by=draft.published_by,
        authors=draft.authors,
        blocks=draft.blocks,
        encoding=encoding,
        notes=tuple(said),
    )
