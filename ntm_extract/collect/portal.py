"""What a portal's pages lead to: articles, the next page of a list, feeds, sitemaps.

Nothing here asks the network: bytes in, links out. How families differ is data (``portals.yml``); a source's own
expression and selectors come first.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import functools
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import lxml.html
from lxml import etree

from ntm_extract.collect.address import host_of, identity, resolved
from ntm_extract.data_files import load_beside
from ntm_extract.orthography import fold_text
from ntm_extract.sources import Source, date_expression, select_in

Element = Any  # lxml-stubs name elements by a private class
_NEXT_WORDS = frozenset(
    fold_text(word)
    for word in (
        "›",
        "»",
        ">",
        ">>",
        "→",
        "sau",
        "tiếp",
        "tiếp theo",
        "trang sau",
        "trang tiếp",
        "xem thêm",
        "cũ hơn",
        "next",
        "tiếp ›",
    )
)
_POSTBACK = re.compile(r"""__doPostBack\(\s*['"]([^'"]*)['"]\s*,\s*['"]([^'"]*)['"]""")
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[-/](\d{1,2})[-/](\d{1,2})(?=/)")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_CLOSED = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_META_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_HIDDEN = frozenset(("script", "style", "noscript", "template"))
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "select",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
# Letters from which on a line is taken for a sentence.
_SENTENCE = 40


@dataclass(frozen=True, slots=True)
class PortalFamily:
    """How one family's addresses look, compiled."""

    family: str
    name: str
    article: re.Pattern[str]
    list: re.Pattern[str]
    page: tuple[re.Pattern[str], ...]
    markup: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Item:
    """An article that a list names, with the date printed beside it, if any."""

    url: str
    date: dt.date | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The next page of a list; ``form`` holds the fields of a POST, where links are scripts."""

    url: str
    number: int
    form: Mapping[str, str] | None = None

    @property
    def key(self) -> str:
        """Identity of the page; a posted form's target and argument are part of it."""
        if self.form is None:
            return identity(self.url)
        return f"{identity(self.url)}#{self.form.get('__EVENTTARGET')}:{self.form.get('__EVENTARGUMENT')}:{self.number}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a page leads to."""

    items: tuple[Item, ...] = ()
    next: Step | None = None
    lists: tuple[str, ...] = field(default=())


@functools.cache
def load_portals() -> tuple[PortalFamily, ...]:
    """The families that ship with the package."""
    rows = load_beside(__file__, "portals.yml")

    def either(patterns: list[str]) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)

    return tuple(
        PortalFamily(
            row["family"],
            row["name"],
            either(row["article"]),
            either(row["list"]),
            tuple(re.compile(pattern, re.IGNORECASE) for pattern in row["page"]),
            either(row["markup"]),
        )
        for row in rows
    )


def portal_family(letter: str) -> PortalFamily:
    """The family of that letter."""
    return next(row for row in load_portals() if row.family == letter)


# ------------------------------------------------------------------ bytes -> tree, text


def decoded(content: bytes, charset: str | None) -> tuple[str, str | None]:
    """Text of a page, and what is odd about its encoding, if anything.

    UTF-8 that decodes is UTF-8, whatever is declared; else what is declared, with what does not fit replaced.
    """
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        pass
    meta = _META_CHARSET.search(content[:4096])
    declared = charset or (meta[1].decode("ascii", "ignore") if meta else None)
    try:
        if declared and declared.lower().replace("-", "").replace("_", "") != "utf8":
            return content.decode(declared, "replace"), None
    except LookupError:
        return content.decode("utf-8", "replace"), f"unknown encoding {declared!r}"
    return content.decode("utf-8", "replace"), "says or seems to be UTF-8 and is not throughout"


def parse_page(text: str) -> Element | None:
    """Tree of an HTML page, None where there is nothing in it."""
    # What follows a body that is closed too early is part of the page to every browser, and to no parser.
    source = _CLOSED.sub("", _XML_DECLARATION.sub("", text.replace("\x00", "")))
    if not source.strip():
        return None
    try:
        # huge_tree: some portals write a whole page as one list nested hundreds deep.
        return lxml.html.document_fromstring(source, parser=lxml.html.HTMLParser(huge_tree=True))
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def visible_text(tree: Element, *, links: bool = True) -> str:
    """What a reader sees, a line for each block, without scripts and styles; without the words of links if wished."""
    lines: list[str] = []
    parts: list[str] = []

    def flush() -> None:
        line = " ".join("".join(parts).split())
        if line:
            lines.append(line)
        parts.clear()

    body = tree.find("body")
    walk = etree.iterwalk(body if body is not None else tree, events=("start", "end", "comment"))
    for event, node in walk:
        if event == "start":
            if node.tag in _BLOCKS:
                flush()
            if node.tag in _HIDDEN or (node.tag == "a" and not links):
                walk.skip_subtree()
            elif node.text:
                parts.append(node.text)
            continue
        if event == "end" and node.tag in _BLOCKS:
            flush()
        if node.tail and node is not body:
            parts.append(node.tail)
    flush()
    return "\n".join(lines)


def text_key(text: str) -> str:
    """Key under which a page equals its copies. Numbers count in sentences; in short lines they count readers."""
    lines = (
        line if len(_NOT_LETTERS.sub("", line)) >= _SENTENCE else _NOT_LETTERS.sub(" ", line)
        for line in text.split("\n")
    )
    return _digest("\n".join(lines))


def letters_key(text: str) -> str:
    """Key under which pages are equal that differ in numbers only: good enough to know a trap by."""
    return _digest(_NOT_LETTERS.sub(" ", text))


def _digest(text: str) -> str:
    return hashlib.sha256(" ".join(text.casefold().split()).encode()).hexdigest()[:32]


# ------------------------------------------------------------------ lists


def _either(source: Source, family: PortalFamily | None) -> re.Pattern[str] | None:
    if source.article:
        return re.compile(source.article, re.IGNORECASE)
    return family.article if family else None


def is_article(url: str, source: Source) -> bool:
    """Whether an address is one of the source's articles: by its own expression, else by its family's."""
    pattern = _either(source, portal_family(source.family) if source.family else None)
    return pattern is None or pattern.search(url) is not None


def _date_in(text: str, forms: tuple[str, ...]) -> dt.date | None:
    for form in forms:
        for found in re.finditer(date_expression(form), text):
            try:
                return dt.date(int(found["Y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                continue
    return None


def has_date(text: str, source: Source) -> bool:
    """Whether a date in one of the source's forms stands in ``text``."""
    return _date_in(text, source.dates) is not None


def parse_address_date(url: str) -> dt.date | None:
    """Date in the path of an address (``/2021-10-8/``, ``/2021/10/08/``), or None."""
    found = _URL_DATE.search(url)
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _item_date(anchor: Element, articles: set[Element], forms: tuple[str, ...]) -> dt.date | None:
    """Date in the largest element round ``anchor`` that holds no other article's link."""
    best = None
    node = anchor
    target = anchor.get("href")
    while node is not None and node.tag not in ("body", "html"):
        if any(other.get("href") != target for other in node.iter("a") if other in articles):
            break
        best = node
        node = node.getparent()
    if best is None:
        return None
    return _date_in(" ".join(" ".join(best.itertext()).split()), forms)


def read_list(tree: Element, url: str, source: Source, *, number: int = 1) -> Found:
    """Articles and the next page that a list names. ``number`` is the number of this page, from 1."""
    family = portal_family(source.family) if source.family else None
    pattern = _either(source, family)
    base = _base(tree, url)
    here = identity(url)
    hosts = source.own_hosts | {host_of(url)}
    anchors: dict[Element, str] = {}
    chosen = _selected(tree, source.selectors_on().links)
    for anchor in tree.iter("a"):
        target = resolved(base, anchor.get("href") or "")
        if target is None or host_of(target) not in hosts or identity(target) == here:
            continue
        if chosen is not None:
            if anchor.get("href") in chosen:
                anchors[anchor] = target
        elif pattern is not None and pattern.search(target) and _page_number(target, family) is None:
            anchors[anchor] = target
    articles = set(anchors)
    items: dict[str, Item] = {}
    for anchor, target in anchors.items():
        title = " ".join("".join(anchor.itertext()).split()) or anchor.get("title")
        known = items.get(identity(target))
        if known is None:
            date = parse_address_date(target) or _item_date(anchor, articles, source.dates)
            items[identity(target)] = Item(target, date, title or None)
        elif not known.title and title:
            items[identity(target)] = Item(known.url, known.date, title)
    return Found(tuple(items.values()), _next_step(tree, base, url, source, family, number))


def read_links(tree: Element, url: str, source: Source) -> tuple[Item, ...]:
    """Articles of the source that a page links to, without looking for pages of a list."""
    return read_list(tree, url, source).items


# ------------------------------------------------------------------ documents

_DOCUMENT = re.compile(r"\.(?:docx?|pdf|zip)(?=$|[/?&#;])", re.IGNORECASE)
_DOCUMENT_NAMED = re.compile(r"\.(?:docx?|pdf|zip)\s*(?:$|\()", re.IGNORECASE)
_VIEWER = re.compile(r"viewer\b|gview|preview", re.IGNORECASE)
# What stands over the documents of an article that are listed beside its text, in words and in names of elements.
_ATTACHED = re.compile(
    r"đính kèm|kèm theo|tải (?:về|xuống|file|tệp)|phụ lục|tệp tin|file|attach|download", re.IGNORECASE
)
_ATTACHED_NAME = re.compile(r"attach|dinh-?kem|tep-?tin|file-?kem|download", re.IGNORECASE)
_AROUND = frozenset(("nav", "footer", "aside", "header"))
_INLINE = frozenset(("p", "span", "font", "b", "strong", "em", "i", "u", "a"))
_RUNNING = 60  # characters from which on a text without links is the article's rather than a menu's


def read_documents(tree: Element, url: str, source: Source, day: dt.date | None = None) -> tuple[str, ...]:
    """Addresses of the documents that an article links to as its own, at most ``source.documents.most``.

    Those linked or shown in its text, and those listed beside it under words like 'Tệp đính kèm'; menus and lists of
    new documents at the side of the page are not the article's. ``day`` is the day of the capture.
    """
    rule = source.documents
    if not rule.most:
        return ()
    text = _text_element(tree, source.selectors_on(day).body)
    base = _base(tree, url)
    hosts = source.own_hosts | {host_of(url)} | set(rule.hosts)
    named = re.compile(rule.links, re.IGNORECASE) if rule.links else None
    found: dict[str, str] = {}
    for element in tree.iter("a", "iframe", "object", "embed"):
        target = _document_of(element, base, named)
        if target is None or host_of(target) not in hosts or identity(target) == identity(url):
            continue
        if _is_attached(element, text):
            found.setdefault(identity(target), target)
    return tuple(found.values())[: rule.most]


def _document_of(element: Element, base: str, named: re.Pattern[str] | None) -> str | None:
    """Address of the document that an element leads to or shows; None where it is none."""
    target = resolved(base, element.get("href") or element.get("src") or element.get("data") or "")
    if target is None:
        return None
    parts = urlsplit(target)
    if _DOCUMENT.search(unquote(parts.path)):
        return target
    if _VIEWER.search(parts.path):
        shown = (value for name, value in parse_qsl(parts.query) if name in ("file", "url", "src"))
        return next((resolved(base, value) for value in shown if _DOCUMENT.search(value)), None)
    if _DOCUMENT.search(unquote(parts.query)) or (named and named.search(target)):
        return target
    said = ("".join(element.itertext()), element.get("download") or "", element.get("title") or "")
    return target if element.tag == "a" and any(_DOCUMENT_NAMED.search(text.strip()) for text in said) else None


def _is_attached(element: Element, text: Element) -> bool:
    """Whether a link stands in the article's text, or beside it in a list of what is attached."""
    above = [node for node in element.iterancestors() if isinstance(node.tag, str)]
    if any(node is text for node in above):
        return True
    if any(node.tag in _AROUND for node in above):
        return False
    around_text = {text, *text.iterancestors()}
    for node in above[:4]:
        if node in around_text:
            return False
        name = f"{node.get('class') or ''} {node.get('id') or ''}"
        if _ATTACHED_NAME.search(name) or _ATTACHED.search(" ".join("".join(node.itertext()).split())[:60]):
            return True
    return False


def _text_element(tree: Element, selector: str | None) -> Element:
    """The element in which most of a page's running text stands: the source's own, else the densest."""
    body = tree.find("body")
    body = tree if body is None else body
    chosen = select_in(tree, {"body": selector})["body"] if selector else []
    if chosen:
        return chosen[0]
    masses: Counter[Element] = Counter()
    for node in body.iter():
        if not isinstance(node.tag, str) or node.tag in _HIDDEN:
            continue
        running = 0 if node.tag == "a" else len((node.text or "").strip())
        inside = sum(len((child.tail or "").strip()) for child in node)
        if running + inside >= _RUNNING:
            for holder in (node, *node.iterancestors()):
                masses[holder] += running + inside
    element = body
    while True:
        best = max((child for child in element if child in masses), key=masses.__getitem__, default=None)
        if best is None or masses[best] < 0.7 * masses[element]:
            break
        element = best
    while element.tag in _INLINE and element is not body:
        element = element.getparent()
    return element


def _base(tree: Element, url: str) -> str:
    for element in tree.iter("base"):
        if element.get("href"):
            return resolved(url, element.get("href")) or url
    return url


def _selected(tree: Element, selector: str | None) -> set[str] | None:
    """Links of the elements that a source's selector finds; None where it has none."""
    if selector is None:
        return None
    found = select_in(tree, {"links": selector})["links"]
    return {anchor.get("href") for element in found for anchor in element.iter("a") if anchor.get("href")}


def missed(tree: Element, selectors: Mapping[str, str]) -> dict[str, bool]:
    """Of each selector, whether it finds no element with text in it."""
    found = select_in(tree, selectors)
    return {part: not any("".join(node.itertext()).strip() for node in nodes) for part, nodes in found.items()}


def _page_number(url: str, family: PortalFamily | None) -> int | None:
    for expression in family.page if family else ():
        found = expression.search(url)
        if found:
            return int(found[1])
    return None


def _next_step(
    tree: Element, base: str, url: str, source: Source, family: PortalFamily | None, number: int
) -> Step | None:
    chosen = _selected(tree, source.selectors_on().next)
    hosts = source.own_hosts | {host_of(url)}
    path = urlsplit(url).path
    by_rank: dict[int, Step] = {}
    current = _page_number(url, family)
    for element in [*tree.iter("link"), *tree.iter("a")]:
        link = element.get("href") or ""
        label = fold_text(
            " ".join("".join(element.itertext()).split()) or element.get("title") or element.get("aria-label") or ""
        )
        is_next = "next" in (element.get("rel") or "").lower().split() or label in _NEXT_WORDS
        if chosen is not None and link not in chosen:
            continue
        posted = _POSTBACK.search(link) or _POSTBACK.search(element.get("onclick") or "")
        if posted:
            page = re.fullmatch(r"(?:Page\$)?(\d+)", posted[2])
            counted = label == str(number + 1) or (page is not None and int(page[1]) == number + 1)
            if chosen is not None or counted or (is_next and not element.get("disabled")):
                form = _form_of(element, posted[1], posted[2])
                target = resolved(base, _action_of(element) or url)
                if form is not None and target:
                    by_rank.setdefault(0 if counted else 1, Step(target, number + 1, form))
            continue
        target = resolved(base, link) if link else None
        if element.tag == "link" and not is_next:
            continue
        if target is None or host_of(target) not in hosts or identity(target) == identity(url):
            continue
        if chosen is not None:
            by_rank.setdefault(0, Step(target, number + 1))
            continue
        page_number = _page_number(target, family)
        if page_number is not None and (is_next or label == str(number + 1)):
            # A list may count its pages from 0, and its first page is often reached without a number.
            if current is None or page_number > current:
                by_rank.setdefault(0 if label == str(number + 1) else 1, Step(target, number + 1))
        elif "next" in (element.get("rel") or "").lower().split() and urlsplit(target).path.startswith(
            path.rsplit("/", 1)[0]
        ):
            by_rank.setdefault(2, Step(target, number + 1))
    return by_rank[min(by_rank)] if by_rank else None


def _enclosing_form(element: Element) -> Element | None:
    node = element
    while node is not None and node.tag != "form":
        node = node.getparent()
    if node is None:
        forms = element.getroottree().getroot().xpath("//form[.//input[@name='__VIEWSTATE']]")
        node = forms[0] if forms else None
    return node


def _action_of(element: Element) -> str | None:
    form = _enclosing_form(element)
    return None if form is None else form.get("action")


def _form_of(element: Element, target: str, argument: str) -> dict[str, str] | None:
    """Fields that a browser would post for ``__doPostBack(target, argument)``; buttons are not pressed."""
    form = _enclosing_form(element)
    if form is None:
        return None
    fields: dict[str, str] = {}
    for item in form.iter("input", "select", "textarea"):
        name, kind = item.get("name"), (item.get("type") or "text").lower()
        if not name or kind in ("submit", "button", "image", "reset", "file", "password"):
            continue
        if kind in ("checkbox", "radio") and item.get("checked") is None:
            continue
        if item.tag == "select":
            options = list(item.iter("option"))
            picked = next(
                (option for option in options if option.get("selected") is not None), options[0] if options else None
            )
            value = "" if picked is None else picked.get("value") or "".join(picked.itertext()).strip()
        else:
            value = item.get("value") or (item.text if item.tag == "textarea" else "") or ""
        fields[name] = value
    return {**fields, "__EVENTTARGET": target, "__EVENTARGUMENT": argument}


# ------------------------------------------------------------------ feeds, sitemaps, JSON


def read_feed(content: bytes, charset: str | None, url: str, source: Source) -> Found:
    """Articles of an RSS or Atom feed, a sitemap or its index, or of JSON; nothing where it is none of these."""
    text, _ = decoded(content, charset)
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "["):
        return _read_json(text, url, source)
    try:
        # No entities, no network: a feed is data.
        tree = etree.fromstring(
            _XML_DECLARATION.sub("", text).strip().encode(),
            etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=True),
        )
    except etree.XMLSyntaxError:
        return Found()
    if tree is None:
        return Found()
    kind = _tag(tree)
    hosts = source.own_hosts | {host_of(url)}
    if kind == "sitemapindex":
        lists = [_child(entry, "loc") for entry in tree if _tag(entry) == "sitemap"]
        return Found(lists=tuple(link for link in (resolved(url, loc) for loc in lists if loc) if link))
    items: list[Item] = []
    step = None
    for entry in cast("Iterator[Element]", tree.iter()):
        name = _tag(entry)
        if name == "url":
            # A sitemap tells the last change: an article may be older, never newer.
            link, day = _child(entry, "loc"), None
        elif name in ("item", "entry"):
            link = _child(entry, "link") or next(
                (
                    node.get("href")
                    for node in entry
                    if _tag(node) == "link" and node.get("rel", "alternate") == "alternate"
                ),
                None,
            )
            day = parse_moment(_child(entry, "pubDate") or _child(entry, "published") or _child(entry, "date") or "")
        elif name == "link" and entry.get("rel") == "next" and _tag(entry.getparent()) in ("feed", "channel"):
            target = resolved(url, entry.get("href") or "")
            step = Step(target, 2) if target else None
            continue
        else:
            continue
        target = resolved(url, link.strip()) if link else None
        if target and host_of(target) in hosts and is_article(target, source):
            items.append(Item(target, day or parse_address_date(target), _child(entry, "title")))
    return Found(tuple(items), step)


def _tag(node: Element) -> str:
    """Name without its namespace; broken XML may hold names that are none (':')."""
    return node.tag.rpartition("}")[2] if node is not None and isinstance(node.tag, str) else ""


def _child(node: Element, name: str) -> str | None:
    text = next((child.text for child in node if _tag(child) == name and child.text), None)
    return text.strip() if text else None


def parse_moment(text: str) -> dt.date | None:
    """Day of an RFC 822 or ISO 8601 time, or None."""
    try:
        return dt.datetime.fromisoformat(text.strip().replace("Z", "+00:00")).date()
    except ValueError:
        pass
    try:
        return email.utils.parsedate_to_datetime(text).date()
    except (ValueError, TypeError):
        return None


def _read_json(text: str, url: str, source: Source) -> Found:
    """Articles in JSON of any shape: every object that holds an article's address (WordPress, Liferay resources)."""
    try:
        data = json.loads(text)
    except ValueError:
        return Found()
    hosts = source.own_hosts | {host_of(url)}
    items: dict[str, Item] = {}
    for row in _objects(data):
        day = next(
            (
                parse_moment(row[key])
                for key in ("date", "published", "publishDate", "displayDate", "createDate")
                if isinstance(row.get(key), str)
            ),
            None,
        )
        for key, value in row.items():
            if not isinstance(value, str) or not re.match(r"https?://|/", value) or key == "guid":
                continue
            target = resolved(url, value)
            if target and host_of(target) in hosts and is_article(target, source) and "/wp-json/" not in target:
                title = row.get("title")
                title = title.get("rendered") if isinstance(title, dict) else title
                items.setdefault(identity(target), Item(target, day, title if isinstance(title, str) else None))
    found = re.search(r"[?&]page=(\d+)", url)
    number = int(found[1]) if found else 1
    step = None
    if items and "/wp-json/" in url:
        next_url = (
            re.sub(r"([?&]page=)\d+", rf"\g<1>{number + 1}", url)
            if found
            else f"{url}{'&' if '?' in url else '?'}page=2"
        )
        step = Step(next_url, number + 1)
    return Found(tuple(items.values()), step)


def _objects(data: object) -> Iterator[dict[str, Any]]:
    pending: list[object] = [data]
    while pending:
        value = pending.pop(0)
        if isinstance(value, dict):
            yield value
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


# ------------------------------------------------------------------ which family


def detect_portal(url: str, text: str, links: Iterable[str]) -> PortalFamily | None:
    """The family whose signs (address, links, markup) are strongest; None without any."""
    addresses = list(links)
    best: tuple[int, PortalFamily] | None = None
    for family in load_portals():
        score = 3 * bool(family.article.search(url)) + 2 * bool(family.list.search(url))
        score += 2 * bool(family.markup.search(text)) + min(
            3, sum(1 for link in addresses if family.article.search(link))
        )
        if score > 1 and (best is None or score > best[0]):
            best = (score, family)
    return best[1] if best else None


def feeds_of(tree: Element, url: str) -> tuple[str, ...]:
    """Feeds that a page announces."""
    kinds = ("application/rss+xml", "application/atom+xml", "application/feed+json")
    links = [
        resolved(url, node.get("href") or "") for node in tree.iter("link") if (node.get("type") or "").lower() in kinds
    ]
    return tuple(dict.fromkeys(link for link in links if link))
