"""What was answered -> what becomes of the page: an article, off topic, no page at all; and where it leads.

Nothing here asks the network or the journal.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from ntm_extract.collect import portal
from ntm_extract.collect.address import host_of, identity
from ntm_extract.collect.journal import Lead, State
from ntm_extract.orthography import fold_text
from ntm_extract.sources import Source

HTML = ("text/html", "application/xhtml+xml")
DOCUMENTS = (
    "text/plain",
    "application/pdf",
    "application/msword",
    "application/vnd.openxmlformats",
    "application/zip",
    "message/rfc822",
)
# How documents begin: PDF (within a kilobyte), Office and other archives, old Office, RTF.
_BEGINNINGS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")
_NOT_WORDS = re.compile(r"[^\w\u0300-\u036f]+")
_LETTER = re.compile(r"[^\W\d_]")
_LEAST_LETTERS = 40


@dataclass(frozen=True, slots=True)
class Judged:
    """What an article's page is. ``odd`` names what should be read later (kind, detail); ``tree`` is the page's,
    ``documents`` are the addresses of what it links to as its own.
    """

    state: State
    reason: str | None = None
    text: str = ""
    text_key: str | None = None
    letters_key: str | None = None
    tree: Any = None
    leads: tuple[Lead, ...] = ()
    documents: tuple[str, ...] = ()
    odd: tuple[tuple[str, str], ...] = field(default=())


def is_document(content: bytes) -> bool:
    """Whether bytes begin like a document, whatever they are said to be."""
    return b"%PDF-" in content[:1024] or content.startswith(_BEGINNINGS)


def judge_document(content: bytes, media_type: str | None) -> Judged:
    """Judge what was got where a document should be."""
    if not is_document(content):
        said = f"media type {media_type or 'unknown'}"
        return Judged("failed", f"not a document: {said}", odd=(("not a document", said),))
    return Judged("done", text_key=hashlib.sha256(content).hexdigest()[:32])


def judge_article(
    source: Source,
    content: bytes,
    media_type: str | None,
    charset: str | None,
    url: str,
    captured: dt.date | None = None,
) -> Judged:
    """Judge what was got where an article should be; ``captured`` is the day of its capture."""
    kind = media_type or ""
    head = content[:4000].lower()
    if kind.startswith(DOCUMENTS) or is_document(content):
        return Judged("done")
    if kind not in HTML and b"<html" not in head and b"<body" not in head:
        said = f"media type {kind or 'unknown'}"
        return Judged("failed", f"not a page: {said}", odd=(("not a page", said),))
    text, broken = portal.decoded(content, charset)
    odd = (("encoding", broken),) if broken else ()
    tree = portal.parse_page(text)
    seen = portal.visible_text(tree) if tree is not None else ""
    # Menus and lists of other articles are links: what a page is about, and whether it changed, is told by the rest.
    said = portal.visible_text(tree, links=False) if tree is not None else ""
    if len(_LETTER.findall(seen)) < _LEAST_LETTERS:
        return Judged("failed", "no text: built by scripts?", odd=(*odd, ("no text", "built by scripts?")))
    links = portal.read_list(tree, url, source).items if source.follow else ()
    leads = tuple(Lead(source.name, identity(item.url), item.url, "article", host_of(item.url)) for item in links)
    state: State = "done" if on_topic(source, said) else "off_topic"
    return Judged(
        state,
        None if state == "done" else "no keyword",
        seen,
        portal.text_key(said),
        portal.letters_key(said),
        tree,
        leads,
        portal.read_documents(tree, url, source, captured) if state == "done" else (),
        odd,
    )


def on_topic(source: Source, text: str) -> bool:
    """Whether one of the source's keywords occurs, as whole words, however its tones are placed."""
    if not source.keywords:
        return True
    folded = f" {_NOT_WORDS.sub(' ', fold_text(text))} "
    return any(f" {_NOT_WORDS.sub(' ', fold_text(word)).strip()} " in folded for word in source.keywords)
