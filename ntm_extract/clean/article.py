"""From a draft or a decoded text to an article with an identity."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass

from ntm_extract.clean.encoding import Decoded, is_vietnamese, mend, normalise
from ntm_extract.clean.html import read_page
from ntm_extract.clean.text import Draft, assemble, cells_joined, lines_of_text, load_furniture, looks_like_markdown
from ntm_extract.errors import InputError
from ntm_extract.model import Article
from ntm_extract.sources import Source

_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|meta|article|table|div|span|p|h1|br)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Read:
    """The draft of a page or a text, its address if it says one, and the encoding it was in."""

    draft: Draft
    url: str | None
    encoding: str


def draft_of(
    decoded: Decoded,
    *,
    source: str,
    media_type: str | None = None,
    url: str | None = None,
    captured: dt.date | None = None,
    publisher: Source | None = None,
) -> Read:
    """Read a decoded page or text. Raises ``InputError`` for a page without text."""
    if is_html(decoded.text, media_type):
        page = read_page(decoded.text, url=url, captured=captured, publisher=publisher)
        if page is None:
            mend_it = "save the page after it has loaded, or give the article's text"
            raise InputError("HTML without text (built by scripts?)", where=source, mend=mend_it)
        draft, misread, url = page.draft, page.misread, page.url
    else:
        mended, misread = mend(decoded.text)
        text = normalise(cells_joined(mended))
        markdown = media_type == "text/markdown" or looks_like_markdown(text)
        draft = assemble(lines_of_text(text, markdown=markdown))
    return Read(draft, url, f"{decoded.encoding} of {misread}" if misread else decoded.encoding)


def article_of(
    decoded: Decoded,
    *,
    source: str,
    media_type: str | None = None,
    url: str | None = None,
    captured: dt.date | None = None,
    publisher: Source | None = None,
) -> Article:
    """The article of a decoded page or text. Raises ``InputError`` if there is no text in it."""
    read = draft_of(decoded, source=source, media_type=media_type, url=url, captured=captured, publisher=publisher)
    return named(read.draft, source=source, url=read.url, encoding=read.encoding, notes=decoded.notes)


def is_html(text: str, media_type: str | None) -> bool:
    """Whether a text is a page; what is said to be plain text must begin like a page to be one."""
    if media_type and media_type.split(";")[0].strip().lower() in ("text/markdown", "text/plain"):
        return re.match(r"\s*<(?:!doctype\s+html|html)\b", text, re.IGNORECASE) is not None
    head = text[:5000]
    return _HTML.search(head) is not None and (head.lstrip()[:1] == "<" or len(_HTML.findall(head)) >= 3)


def named(
    draft: Draft, *, source: str, url: str | None = None, encoding: str = "utf-8", notes: tuple[str, ...] = ()
) -> Article:
    """The article of a draft, named by its text; doubts about it are noted. Raises ``InputError`` without text."""
    if not any(char.isalnum() for char in draft.text):
        raise InputError("no text in it", where=source, mend="give the article's own page or its text")
    said = [*notes, *draft.notes]
    if not is_vietnamese(draft.text):
        said.append("not Vietnamese")
    ntm = load_furniture().ntm
    if ntm.search(draft.text) is None and ntm.search(draft.text.lower()) is None:
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
