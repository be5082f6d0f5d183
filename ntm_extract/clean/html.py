"""A page of a portal -> the lines of its article.

The page is read once from top to bottom into lines that know their element. A family's profile
(``families.yml``) names the elements that hold title, date and body; where it does not fit, the element in
which the page's running sentences stand is taken, and trafilatura is asked last. From there on the
lines go the way of every plain text (``text.py``).
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any

from lxml import etree

from ntm_extract.clean.encoding import mend, normalise
from ntm_extract.clean.text import (
    Draft,
    Line,
    assemble,
    is_sentence,
    is_slogan,
    load_furniture,
    parse_byline,
    posting_date,
)
from ntm_extract.data_files import load_beside
from ntm_extract.model import BlockKind
from ntm_extract.orthography import fold_text
from ntm_extract.sources import Source, date_expression, select_in

Element = Any  # lxml-stubs name elements by a private class

# ------------------------------------------------------------------ families


# What is noted of a page in which the profile of its family finds no article.
NO_FIT = "does not fit, read by density"


@dataclass(frozen=True, slots=True)
class FamilyProfile:
    """One version of one portal family's markup; selectors in the order in which they are tried."""

    family: str
    name: str
    urls: tuple[str, ...]
    markup: tuple[str, ...]
    title: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@lru_cache(maxsize=1)
def load_families() -> tuple[FamilyProfile, ...]:
    """The profiles that ship with the package, in the order in which they are tried."""
    rows = load_beside(__file__, "families.yml")
    names = {field.name for field in fields(FamilyProfile)}
    profiles = []
    for row in rows:
        unknown = set(row) - names
        if unknown:
            raise ValueError(f"families.yml: unknown field {sorted(unknown)} in family {row.get('family')}")
        values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        profiles.append(FamilyProfile(**values))
    return tuple(profiles)


@lru_cache(maxsize=32)
def _told_by(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def _profiles(url: str | None, source: str, captured: dt.date | None, said: str | None = None) -> list[FamilyProfile]:
    """Profiles of the page's family, those valid on the day of the capture first; of the family that is ``said`` where
    neither the address nor the markup tells."""
    families = load_families()
    found = next((profile.family for profile in families if url and _told_by(profile.urls).search(url)), None)
    if found is None:
        low = source.encode("utf-8", "replace").lower()
        found = next((family for family, mark in _marks() if mark in low), None)
    same = [profile for profile in families if profile.family == (found or said)]
    if captured is not None:
        same.sort(key=lambda profile: not _valid(profile, captured))
    return same


@lru_cache(maxsize=1)
def _marks() -> tuple[tuple[str, bytes], ...]:
    return tuple((profile.family, mark.encode()) for profile in load_families() for mark in profile.markup)


def _valid(profile: FamilyProfile, day: dt.date) -> bool:
    return (profile.valid_from or dt.date.min) <= day <= (profile.valid_to or dt.date.max)


def detect_family(url: str | None, content: bytes | str) -> str | None:
    """Letter of the portal family (A to F) by address, else by markup; None where neither tells.

    A: news portal with the date in the address. B: Liferay. C: DotNetNuke and WebForms. D: tenants under a
    numeric path. E: SharePoint. F: NukeViet, WordPress, Drupal, Joomla.
    """
    text = content if isinstance(content, str) else content.decode("utf-8", "replace")
    profiles = _profiles(url, text, None)
    return profiles[0].family if profiles else None


# ------------------------------------------------------------------ selectors

_STEP = re.compile(r"(?P<tag>[a-zA-Z][\w-]*|\*)?(?P<rest>(?:[.#][\w-]+|\[[^\]]+\])*)")
_PART = re.compile(r"\.(?P<cls>[\w-]+)|#(?P<id>[\w-]+)|\[(?P<attr>[\w:-]+)(?:(?P<op>[*^$]?=)(?P<value>[^\]]*))?\]")
_TESTS: dict[str | None, Callable[[str, str], bool]] = {
    None: lambda found, value: True,
    "=": lambda found, value: found == value,
    "*=": lambda found, value: value in found,
    "^=": lambda found, value: found.startswith(value),
    "$=": lambda found, value: found.endswith(value),
}


@dataclass(frozen=True, slots=True)
class _Step:
    """One compound of a selector: 'div.date[id$=Ngay]'; ``child``: directly under the step before; ``looked_up``: the
    one of its classes by which elements are found."""

    tag: str | None
    classes: frozenset[str]
    id: str | None
    attributes: tuple[tuple[str, str | None, str], ...]
    child: bool
    looked_up: str

    def fits(self, element: Element) -> bool:
        if self.tag is not None and element.tag != self.tag:
            return False
        if self.classes and not self.classes.issubset((element.get("class") or "").split()):
            return False
        if self.id is not None and element.get("id") != self.id:
            return False
        for name, operator, value in self.attributes:
            found = element.get(name)
            if found is None or not _TESTS[operator](found, value):
                return False
        return True


@lru_cache(maxsize=512)
def _steps(selector: str) -> tuple[_Step, ...]:
    steps: list[_Step] = []
    child = False
    for token in selector.split():
        if token == ">":
            child = True
            continue
        match = _STEP.fullmatch(token)
        if match is None:
            raise ValueError(f"families.yml: selector not understood: {selector!r}")
        parts = list(_PART.finditer(match["rest"]))
        classes = frozenset(part["cls"] for part in parts if part["cls"])
        steps.append(
            _Step(
                tag=None if match["tag"] in (None, "*") else match["tag"],
                classes=classes,
                id=next((part["id"] for part in parts if part["id"]), None),
                attributes=tuple((part["attr"], part["op"], part["value"] or "") for part in parts if part["attr"]),
                child=child,
                looked_up=min(classes, default=""),
            )
        )
        child = False
    return tuple(steps)


_SELECTED_BY = frozenset(("class", "id", "itemprop", "property"))


class _Index:
    """A page's visible elements by tag, class and those attributes that selectors may name first (class, id,
    itemprop, property): a selector costs a look-up, not a walk."""

    def __init__(self) -> None:
        self.tags: defaultdict[str, list[Element]] = defaultdict(list)
        self.classes: defaultdict[str, list[Element]] = defaultdict(list)
        self.attributed: defaultdict[str, list[Element]] = defaultdict(list)

    def add(self, element: Element, attributes: Mapping[str, str]) -> None:
        """Take in the attributes; elements by tag are put into ``tags`` by who walks the page."""
        for attribute in attributes:
            if attribute in _SELECTED_BY:
                self.attributed[attribute].append(element)
                if attribute == "class":
                    for token in attributes["class"].split():
                        self.classes[token].append(element)

    def select(self, selectors: Iterable[str], within: Element | None = None) -> Iterator[Element]:
        """Elements that fit, selector by selector, each in reading order."""
        for selector in selectors:
            steps = _steps(selector)
            last = steps[-1]
            if last.classes:
                found = self.classes.get(last.looked_up)
            elif last.id is not None:
                found = self.attributed.get("id")
            elif last.attributes:
                found = self.attributed.get(last.attributes[0][0])
            else:
                found = self.tags.get(last.tag or "")
            if not found:
                continue
            for element in found:
                if last.fits(element) and _under(element, steps) and (within is None or _contains(within, element)):
                    yield element


def _under(element: Element, steps: Sequence[_Step]) -> bool:
    """Whether ancestors fit the steps before the last one (greedy from below, as all of ours are plain)."""
    if len(steps) == 1:
        return True
    child = steps[-1].child
    above = element.getparent()
    for step in reversed(steps[:-1]):
        while above is not None and not step.fits(above):
            if child:
                return False
            above = above.getparent()
        if above is None:
            return False
        above, child = above.getparent(), step.child
    return True


def _contains(element: Element, other: Element) -> bool:
    while other is not None:
        if other is element:
            return True
        other = other.getparent()
    return False


# ------------------------------------------------------------------ page -> lines


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_BLOCKS = _tags(
    """
    address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead
    tr ul
    """
)
_SKIPPED = _tags(
    """
    script style noscript template iframe object embed applet svg math select option datalist textarea button
    input title canvas audio video map head link meta
    """
)
_ROLES = {**dict.fromkeys(_BLOCKS, "block"), **dict.fromkeys(_SKIPPED, "skipped")}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HIDDEN_CLASS = re.compile(
    r"(?:^|\s)(?:hidden|hide|d-none|ms-hide|sr-only|visually-hidden|screen-reader-text|visible-print)(?:\s|$)"
)
_AROUND_TAGS = frozenset(("nav", "footer", "aside"))
# Names that portals give to what stands around an article. Matched at the start of a word of class or id.
_AROUND_NAME = re.compile(
    r"(?:^|[\s_-])(?:related|relate|lien-?quan|tin-?(?:lien-?quan|khac|cu|moi|cung)|other-?news|news-?other|others?|bai-?viet-?khac|"
    r"comments?|binh-?luan|y-?kien|feedback|discussion|disqus|share|social|sharing|addthis|sharethis|fb-|zalo|rating|ratings|danh-?gia|"
    r"vote|voting|breadcrumbs?|duong-?dan|crumb|tags?|tag-?cloud|keywords?|tu-?khoa|tool-?bar|tools|print|paging|pagination|pager|phan-?trang|"
    r"menu|main-?menu|nav|navbar|navigation|sidebar|side-?bar|banner|slider|slide-?show|carousel|marquee|advert|ads?|quang-?cao|counter|"
    r"thong-?ke|truy-?cap|visitor|login|dang-?nhap|search|tim-?kiem|captcha|footer|foot|copyright|lien-?ket|web-?link|weblinks|popup|modal|"
    r"cookie|skip-?link|widget|topbar|top-?bar|header-?top|lang|language|audio|player|xem-?nhieu|doc-?nhieu|most-?view|popular|hot-?news)"
    r"(?=$|[\s_\d-]|[a-z]*(?:news|list|box|block|items?|area|wrap|container|form|bar)\b)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Page:
    """A page's lines in reading order; ``spans`` says which of them stand in which block element."""

    root: Element
    body: Element
    lines: list[Line]
    spans: dict[Element, tuple[int, int]]
    around: list[tuple[int, int]]
    index: _Index
    shows_hidden: bool = False


@lru_cache(maxsize=8192)
def _told_by_names(classes: str | None, name: str | None, style: str | None) -> tuple[bool, bool]:
    """Whether an element is hidden, and whether it stands around articles, by its class, id and style."""
    hidden = style is not None and _HIDDEN_STYLE.search(style) is not None
    if classes is not None and not hidden:
        tab = "tab-pane" in classes and "active" not in classes.split()
        hidden = tab or _HIDDEN_CLASS.search(classes) is not None
    return hidden, _AROUND_NAME.search(f"{classes or ''} {name or ''}") is not None


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _table_rows(table: Element) -> list[str] | None:
    """Rows of a table of data, cells joined by ' | '; None for a table that only lays out the page."""
    if table.get("role") == "presentation" or table.find(".//table") is not None or table.find(".//img") is not None:
        return None
    rows: list[list[str]] = []
    for row in table.iter("tr"):
        cells = [_squeezed("".join(cell.itertext())) for cell in row if cell.tag in ("td", "th")]
        if any(cells):
            rows.append(cells)
    filled = [cell for cells in rows for cell in cells if cell]
    wide = sum(1 for cells in rows if sum(map(bool, cells)) >= 2)
    if len(rows) < 2 or wide < max(2, 0.6 * len(rows)):
        return None
    if any(len(cell) > 400 for cell in filled) or sorted(map(len, filled))[len(filled) // 2] > 90:
        return None
    return [" | ".join(cells).strip(" |") for cells in rows]


def _read_page(root: Element, *, show_hidden: bool = False, own: Mapping[Element, bool] | None = None) -> _Page:
    """Every visible line of a page; ``own`` elements have lines of their own, and those of them that are told to hold
    the text do not stand around it, nor does what they stand in.
    """
    found = root.find("body")
    body = root if found is None else found
    page = _Page(root, body, [], {}, [], _Index(), show_hidden)
    lines, spans, index, tags = page.lines, page.spans, page.index, page.index.tags
    opened: list[tuple[Element, int, bool]] = []  # elements that lines belong to, with their first line; innermost last
    innermost: Element = None
    skipped: Element = None
    buffer: list[str] = []
    linked = in_link = 0
    owner: Element = body
    picture = behind_link = False

    def flush() -> None:
        nonlocal linked, picture
        text = " ".join("".join(buffer).split() if len(buffer) > 1 else buffer[0].split())
        buffer.clear()
        if text:
            lines.append(Line(text, None, True, picture, False, None, False, linked > 0.7 * len(text), owner))
            picture = False
        linked = 0

    walker = etree.iterwalk(body, events=("start", "end"))
    for event, element in walker:
        if event == "start":
            tag = element.tag
            role = _ROLES.get(tag)
            if role == "skipped":
                walker.skip_subtree()
                skipped = element
                continue
            is_around = False
            attributes = element.items()
            if attributes:
                named = dict(attributes)
                get = named.get
                hidden, is_around = _told_by_names(get("class"), get("id"), get("style"))
                if (hidden or "hidden" in named) and not show_hidden:
                    walker.skip_subtree()
                    skipped = element
                    continue
                index.add(element, named)
            tags[tag].append(element)
            holds_text = False
            if own and element in own:
                role, holds_text = "block", own[element]
            if holds_text:
                is_around = False
                opened = [(holder, start, False) for holder, start, _ in opened]
            if role == "block":
                if buffer:
                    flush()
                behind_link = False
                owner = innermost = element
                opened.append((element, len(lines), is_around or (tag in _AROUND_TAGS and not holds_text)))
                if tag == "table":
                    rows = _table_rows(element)
                    if rows is not None:
                        opened[-1] = (element, len(lines), False)
                        lines.extend(Line(row, "table_row", cell=True, node=element) for row in rows)
                        walker.skip_subtree()
                        skipped = element
                        continue
            else:
                if tag == "br":
                    if buffer:
                        flush()
                elif tag == "img":
                    picture = True
                elif tag == "a":
                    in_link += 1
                if is_around:
                    if buffer:
                        flush()
                    innermost = element
                    opened.append((element, len(lines), True))
            text = element.text
        else:
            if element is skipped:
                skipped = None
            elif element.tag == "a":
                in_link -= 1
                behind_link = bool(buffer) and buffer[-1][-1:].isalnum()
            if element is innermost:
                if buffer:
                    flush()
                _, start, is_around = opened.pop()
                innermost = opened[-1][0] if opened else None
                spans[element] = (start, len(lines))
                if is_around and start < len(lines):
                    page.around.append((start, len(lines)))
                owner = element.getparent() if element is not body else body
            text = element.tail if element is not body else None
        if text:
            # Space at the beginning of a line is none.
            if buffer or not text.isspace():
                if behind_link and text[0].isalnum():
                    buffer.append(" ")
                buffer.append(text)
                if in_link:
                    linked += len(text.strip())
            behind_link = False
    if buffer:
        flush()
    spans[body] = (0, len(lines))
    return page


# ------------------------------------------------------------------ where the article stands


class _Places:
    """How much running text each element of a page holds, lists of other articles aside."""

    def __init__(self, page: _Page) -> None:
        self.page = page
        weights = [0 if line.linked or line.cell else _weight(line.text) for line in page.lines]
        whole = sum(weights)
        self.around: set[int] = set()
        for start, end in page.around:
            if sum(weights[start:end]) <= 0.35 * whole:
                self.around.update(range(start, end))
        for number in self.around:
            weights[number] = 0
        self._forget_summaries(weights)
        self._sums = list(accumulate(weights, initial=0))
        self.total = self._sums[-1]

    def _forget_summaries(self, weights: list[int]) -> None:
        """Running text between links, or behind a link that follows such text, tells of other articles."""
        links = [line.linked for line in self.page.lines]
        summary = False
        for number, weight in enumerate(weights):
            if weight:
                behind_link = any(links[max(number - 2, 0) : number])
                summary = behind_link and (summary or any(links[number + 1 : number + 3]))
                weights[number] = 0 if summary else weight

    def mass(self, element: Element) -> int:
        start, end = self.page.spans.get(element, (0, 0))
        return self._sums[end] - self._sums[start]

    def lines_in(self, element: Element) -> range:
        return range(*self.page.spans.get(element, (0, 0)))

    def densest(self) -> Element:
        """The deepest element that holds most of the page's running text."""
        element = self.page.body
        while True:
            best = max((child for child in element if child in self.page.spans), key=self.mass, default=None)
            if best is None or self.mass(best) < 0.7 * self.mass(element) or len(self.lines_in(best)) < 2:
                return element
            element = best

    def line_of(self, element: Element, text: str) -> int | None:
        """Number of the line that begins with an element's text or holds it."""
        holder = element
        while holder is not None and holder not in self.page.spans:
            holder = holder.getparent()
        if holder is None or not text:
            return None
        return next((number for number in self.lines_in(holder) if text in self.page.lines[number].text), None)


def _weight(text: str) -> int:
    return len(text) if len(text) >= 120 or is_sentence(text) else 0


def _text_of(element: Element) -> str:
    return normalise(mend(_squeezed("".join(element.itertext())))[0])


def _meta(root: Element, *names: str) -> str | None:
    wanted = set(names)
    for element in root.iter("meta"):
        content = element.get("content")
        if content and not wanted.isdisjoint((element.get("property"), element.get("name"), element.get("itemprop"))):
            return normalise(mend(content)[0]).strip()
    return None


_SITE_SEPARATOR = re.compile(r"\s+[|»:•]+\s+|\s+[-–—]\s+|\s*::\s*|\s*\|\s*")


def _said_titles(root: Element) -> list[str]:
    """What the page's head calls it: whole, and without the site's name."""
    element = next(root.iter("title"), None)
    titles: list[str] = []
    for text in (_meta(root, "og:title", "twitter:title"), _text_of(element) if element is not None else None):
        if text:
            titles.append(text)
            titles.extend(part for part in _SITE_SEPARATOR.split(text) if len(part.split()) >= 3)
    return titles


@dataclass(frozen=True, slots=True)
class _Title:
    """A headline and the lines that it takes up (none if it is not to be seen)."""

    text: str
    number: int | None
    count: int = 1


_GENERIC_TITLES = (
    *("h1", "h2", "h3", "h4", "[class*=title]", "[class*=Title]", "[class*=tieude]", "[class*=TieuDe]"),
    *("[id*=title]", "[id*=Title]"),
)
_TITLE_LEAST, _TITLE_MOST = 8, 300


def _title_in(places: _Places, element: Element) -> _Title | None:
    numbers = places.lines_in(element)
    if not numbers:
        text = _text_of(element)
        return _Title(text, places.line_of(element, text)) if _TITLE_LEAST <= len(text) <= _TITLE_MOST else None
    texts: list[str] = []
    for number in numbers:
        line = places.page.lines[number]
        if posting_date(line.text) or len(texts) > 2:
            break
        texts.append(line.text)
    text = " ".join(texts)
    return _Title(text, numbers[0], len(texts)) if _TITLE_LEAST <= len(text) <= _TITLE_MOST else None


def _find_title(places: _Places, selectors: Sequence[str], said: Sequence[str], start: int, end: int) -> _Title | None:
    """The headline: a profile's element, or else a heading or an element called title over the text."""
    furniture = load_furniture()
    folded_said = {fold_text(title) for title in said}
    best: tuple[float, _Title] | None = None
    seen: set[tuple[str, int | None]] = set()
    for generic, group in ((False, selectors), (True, _GENERIC_TITLES)):
        if generic and best is not None and best[0] >= 6:
            break
        for selector in group:
            for element in places.page.index.select((selector,)):
                title = _title_in(places, element)
                if title is None or (title.text, title.number) in seen or len(title.text.split()) < 3:
                    continue
                seen.add((title.text, title.number))
                folded, key = fold_text(title.text), title.text.lower()
                if folded in furniture.lines or furniture.patterns.fullmatch(key) or furniture.ends.fullmatch(key):
                    continue
                score = 0.0 if generic else 2.0 + 3 * (not selector.isalnum())
                score += {"h1": 2, "h2": 1}.get(element.tag, 0) + 6 * (folded in folded_said)
                score -= 5 * is_slogan(title.text)
                if title.number is None:
                    score -= 3
                elif title.number in places.around or title.number >= end:
                    score -= 6
                else:
                    # The nearer over the text the better; a heading inside the text is none.
                    score += 3 - 0.1 * (start - title.number) if title.number <= start + 2 else -2
                if best is None or score > best[0]:
                    best = (score, title)
    return best[1] if best is not None and best[0] >= 2 else None


# ------------------------------------------------------------------ dates

_URL_DATE = re.compile(r"/(?P<year>(?:19|20)\d\d)[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})(?=/)")
_ISO_DATE = re.compile(r"\s*((?:19|20)\d\d)-(\d\d)-(\d\d)")
_JSON_DATE = re.compile(r'"datePublished"\s*:\s*"([^"]{10,40})"')


def _day(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def _iso_date(text: str | None) -> dt.date | None:
    match = _ISO_DATE.match(text or "")
    return _day(match[1], match[2], match[3]) if match else None


def parse_url_date(url: str | None) -> dt.date | None:
    """The day in an address such as '/portal/Pages/2023-10-24/Hoi-nghi.aspx', or None."""
    match = _URL_DATE.search(url or "")
    return _day(match["year"], match["month"], match["day"]) if match else None


@dataclass(frozen=True, slots=True)
class _Dated:
    """A posting date, how it was found, and the line it stands in."""

    day: dt.date
    method: str
    number: int | None


def _profile_date(places: _Places, profile: FamilyProfile, title: _Title | None, start: int, end: int) -> _Dated | None:
    """The date in an element that the profile names: beside the headline, or labelled right under the text."""
    lines = places.page.lines
    top = start if title is None or title.number is None else min(title.number, start)
    text_from = next((number for number in range(top, end) if _weight(lines[number].text)), end)
    for selector in profile.date:
        for element in places.page.index.select((selector,)):
            numbers = places.lines_in(element)
            text = lines[numbers[0]].text if numbers else _text_of(element)
            day = posting_date(text) or _iso_date(element.get("datetime"))
            number = numbers[0] if numbers else places.line_of(element, text)
            if day is None or number is None or number in places.around or lines[number].linked:
                continue
            over = top - 2 <= number <= text_from
            under = end <= number <= end + 3 and not any(line.linked for line in lines[end:number])
            if over or (under and load_furniture().date_labels.match(text.lower())):
                return _Dated(day, f"profile {profile.family}: {selector}", number)
    return None


def _head_date(root: Element, source: str) -> tuple[dt.date, str] | None:
    """The day on which the page's own description says it was published."""
    day = _iso_date(_meta(root, "article:published_time", "datePublished", "pubdate", "DC.date.issued"))
    if day is not None:
        return day, "meta"
    days = {_iso_date("".join(element.itertext())) for element in root.iterfind(".//*[@itemprop='datePublished']")}
    days |= {_iso_date(found) for found in _JSON_DATE.findall(source)}
    found = [day for day in days if day is not None]
    return (found[0], "structured data") if len(found) == 1 else None


def _guessed_date(container: Element) -> tuple[dt.date, str] | None:
    """htmldate over the article's own element, so that no list of other articles is in its sight."""
    from htmldate import find_date  # slow to import, and few pages need it

    alone = etree.tostring(container, encoding="unicode", method="html", with_tail=False)
    try:
        day = _iso_date(find_date(f"<html><body>{alone}</body></html>", extensive_search=False, original_date=True))
    except (ValueError, TypeError, LookupError):
        return None
    return (day, "htmldate") if day is not None else None


def _dated(draft: Draft, root: Element, source: str, container: Element, url: str | None) -> Draft:
    """Fill in the date by address, head and htmldate, in this order, where no better place gave one."""
    if draft.published_by in (None, "line under the title", "line over the title"):
        day = parse_url_date(url)
        if day is not None:
            return replace(draft, published=day, published_by="address")
    if draft.published is not None:
        return draft
    found = _head_date(root, source) or _guessed_date(container)
    return replace(draft, published=found[0], published_by=found[1]) if found else draft


# ------------------------------------------------------------------ page -> draft


@dataclass(frozen=True, slots=True)
class PageDraft:
    """An article's draft with what only a page tells."""

    draft: Draft
    misread: str | None
    url: str | None


_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(https?://[^\s>]+)")
_TAGS = re.compile(r"<(script|style)\b[\s\S]*?</\1\s*>|<[^<>]*>", re.IGNORECASE)
_FEW = 200


def _parse(source: str) -> Element | None:
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        return etree.fromstring(source.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _visible(page: _Page | None) -> int:
    return sum(len(line.text) for line in page.lines) if page is not None else 0


def _open_page(source: str) -> _Page | None:
    root = _parse(source)
    page = _read_page(root) if root is not None else None
    if _visible(page) < _FEW:
        # lxml drops all that follows a comment left open, and some pages hide their text until scripts have
        # run. Each is mended only here, where next to nothing was read.
        if len(_squeezed(_TAGS.sub(" ", source))) > 3 * _visible(page):
            from bs4 import BeautifulSoup  # a fifth of a second to import, for one page in thousands

            soup = BeautifulSoup(source.replace("<!--", "").replace("-->", ""), "html.parser")
            retried = _parse(str(soup))
            again = _read_page(retried) if retried is not None else None
            page = max(page, again, key=_visible)
        if page is not None and _visible(page) < _FEW:
            page = _read_page(page.root, show_hidden=True)
    return page if _visible(page) else None


def _mend_lines(lines: Sequence[Line]) -> str | None:
    """Undo wrong readings in all lines together, one form of Unicode; the name of what was misread."""
    mended, misread = mend("\n".join([line.text for line in lines]))
    for line, text in zip(lines, normalise(mended).split("\n"), strict=True):
        if text != line.text:
            line.text = _squeezed(text)
    return misread


def _own_url(root: Element, source: str) -> str | None:
    saved = _SAVED_FROM.search(source[:2000])
    if saved:
        return saved[1]
    links = (element.get("href") for element in root.iter("link") if element.get("rel") == "canonical")
    for url in (*links, _meta(root, "og:url")):
        if url and re.match(r"https?://[^/]+/.+", url):
            return str(url)
    return None


@dataclass(frozen=True, slots=True)
class _Own:
    """What the selectors of a page's source find in it: elements by part; the source for its name and date forms."""

    source: Source
    parts: Mapping[str, Sequence[Element]]

    @property
    def elements(self) -> dict[Element, bool]:
        """What was found, and whether it is the text."""
        found = {element: False for part in ("title", "date") for element in self.parts.get(part, ())}
        return found | dict.fromkeys(self.parts.get("body", ()), True)

    def read(self, places: _Places, notes: list[str]) -> tuple[_Title | None, _Dated | None, Element | None]:
        """Headline, posting date and the element with the text; what a selector does not find is noted."""
        title = next(filter(None, (_title_in(places, element) for element in self.parts.get("title", ()))), None)
        dated = self._dated(places)
        fitting = [element for element in self.parts.get("body", ()) if places.lines_in(element)]
        body = max(fitting, key=places.mass, default=None)
        for part, found in (("title", title), ("date", dated), ("body", body)):
            if part in self.parts and found is None:
                notes.append(f"selectors.{part} of {self.source.name} finds nothing, so the family's way was gone")
        return title, dated, body

    def _dated(self, places: _Places) -> _Dated | None:
        for element in self.parts.get("date", ()):
            numbers = places.lines_in(element)
            text = " ".join(places.page.lines[number].text for number in numbers) or _text_of(element)
            day = posting_date(text) or _iso_date(element.get("datetime")) or self._day_in(text)
            if day is not None:
                return _Dated(day, f"selectors.date of {self.source.name}", numbers[0] if numbers else None)
        return None

    def _day_in(self, text: str) -> dt.date | None:
        found = (re.search(date_expression(form), text) for form in self.source.dates)
        return next((day for match in found if match and (day := _day(match["Y"], match["m"], match["d"]))), None)


def _own_of(page: _Page, source: Source | None, captured: dt.date | None) -> _Own | None:
    selectors = source.selectors_on(captured).of_article if source is not None else {}
    return _Own(source, select_in(page.root, selectors)) if source is not None and selectors else None


def read_page(
    source: str, *, url: str | None = None, captured: dt.date | None = None, publisher: Source | None = None
) -> PageDraft | None:
    """The article of a decoded HTML page, or None if the page holds no text.

    ``url`` is where the page was found (else the page's own word for it is taken), ``captured`` the day on
    which; both help to find the family's profile. Selectors of the ``publisher`` come before it.
    """
    page = _open_page(source)
    if page is None:
        return None
    own = _own_of(page, publisher, captured)
    if own is not None and own.elements:
        page = _read_page(page.root, show_hidden=page.shows_hidden, own=own.elements)
    misread = _mend_lines(page.lines)
    url = url or _own_url(page.root, source)
    places = _Places(page)
    notes: list[str] = []
    profiles = _profiles(url, source, captured, publisher.family if publisher is not None else None)
    profile, container = _container(places, profiles)
    title, dated, own_body = own.read(places, notes) if own is not None else (None, None, None)
    if own_body is not None:
        container = own_body
    elif container is None and profiles:
        notes.append(f"profile {profiles[0].family} {NO_FIT}")
    container = places.densest() if container is None else container
    start, end = page.spans[container]
    said = _said_titles(page.root)
    title = title or _find_title(places, profile.title if profile else (), said, start, end)
    dated = dated or (_profile_date(places, profile, title, start, end) if profile else None)
    lines = _article_lines(places, profile, container, title, dated)
    draft = assemble(lines, known=(dated.day, dated.method) if dated else None, titles=said)
    draft = _dated(draft, page.root, source, container, url)
    if own_body is None:
        draft = _compared(draft, places.mass(container), places.total, source, notes)
    return PageDraft(replace(draft, notes=(*notes, *draft.notes)), misread, url)


def _container(places: _Places, profiles: Sequence[FamilyProfile]) -> tuple[FamilyProfile | None, Element | None]:
    """The profile that fits best, and the element that holds the article's text by it; None where none fits."""
    index = places.page.index
    found: list[tuple[int, FamilyProfile, Element]] = []
    for profile in profiles:
        for selector in profile.body:
            fitting = [element for element in index.select((selector,)) if element in places.page.spans]
            if fitting:
                element = max(fitting, key=places.mass)
                found.append((places.mass(element), profile, element))
                if found[-1][0] >= max(400, 0.5 * places.total):
                    return profile, element
    if found:
        mass, profile, element = max(found, key=lambda candidate: candidate[0])
        if places.mass(places.densest()) <= 1.5 * mass:
            return profile, element
    return (profiles[0] if profiles else None), None


def _article_lines(
    places: _Places, profile: FamilyProfile | None, container: Element, title: _Title | None, dated: _Dated | None
) -> list[Line]:
    """Headline, date, lead, text and byline in reading order, without what stands around them."""
    lines, index = places.page.lines, places.page.index
    start, end = places.page.spans[container]
    dropped = set(places.around)
    if profile is not None:
        _mark(places, profile.captions, "caption")
        _mark(places, profile.lead, "lead")
        for element in index.select(profile.remove, within=container):
            dropped.update(places.lines_in(element))
    chosen: list[Line] = []
    first = max(start - 12, 0) if title is None else start
    if title is not None and title.number is not None:
        line = lines[title.number]
        over = title.number - 1
        if over >= 0 and over not in places.around and posting_date(lines[over].text):
            chosen.append(lines[over])
        elif dated and dated.number is not None and dated.number < over:
            chosen.append(lines[dated.number])
        rest = line.text.replace(title.text, "", 1).strip(" -–|") if title.count == 1 else ""
        chosen.append(Line(title.text, "title"))
        if rest:
            chosen.append(Line(rest))
        first = title.number + title.count
    elif title is not None:
        chosen.append(Line(title.text, "title"))
    for number in range(first, end):
        line = lines[number]
        if number in dropped or (line.linked and line.kind is None):
            continue
        if number >= start or title is None or line.kind or is_sentence(line.text) or posting_date(line.text):
            chosen.append(line)
    chosen.extend(_right_under(places, profile, end))
    return chosen


def _right_under(places: _Places, profile: FamilyProfile | None, end: int) -> Iterator[Line]:
    """Tables, bylines and labelled dates that stand outside the text's element, right under it."""
    furniture = load_furniture()
    authors: set[int] = set()
    if profile is not None:
        for element in places.page.index.select(profile.author):
            authors.update(places.lines_in(element) or {places.line_of(element, _text_of(element)) or 0})
    while end < len(places.page.lines) and places.page.lines[end].cell and end not in places.around:
        yield places.page.lines[end]
        end += 1
    for number in range(end, min(end + 4, len(places.page.lines))):
        line = places.page.lines[number]
        key = line.text.lower()
        if line.linked or furniture.ends.fullmatch(key) or furniture.related.fullmatch(key):
            return
        signs = number in authors or furniture.bylines.match(key) is not None
        dates = furniture.date_labels.match(key) is not None and posting_date(line.text) is not None
        if dates or (signs and parse_byline(line.text)):
            yield line


def _mark(places: _Places, selectors: Sequence[str], kind: BlockKind) -> None:
    for element in places.page.index.select(selectors):
        for number in places.lines_in(element):
            line = places.page.lines[number]
            if line.kind is None and not line.linked and (kind != "lead" or is_sentence(line.text)):
                line.kind = kind


def _words(text: str) -> set[str]:
    return set(fold_text(text).split())


def _compared(draft: Draft, mass: int, total: int, source: str, notes: list[str]) -> Draft:
    """Ask trafilatura where what was read is short or is less than half of the page's running text."""
    if mass >= 400 and mass >= 0.5 * total:
        return draft
    if not mass:
        notes.append("no running text on the page")
    import trafilatura  # takes longer to import than all the rest, and few pages need it

    other = trafilatura.extract(source, include_comments=False) or ""
    ours, theirs = _words(draft.text), _words(other)
    if not theirs:
        return draft
    agreement = 2 * len(ours & theirs) / (len(ours) + len(theirs))
    if agreement >= 0.6:
        return draft
    if mass < 150 and len(other) > 2 * len(draft.text):
        lines = [Line(draft.title, "title")] if draft.title else []
        texts = [_squeezed(normalise(text)) for text in other.split("\n")]
        lines += [Line(text) for text in texts if text and text != draft.title]
        known = (draft.published, draft.published_by or "") if draft.published else None
        notes.append("read by trafilatura, no element holds running text")
        return assemble(lines, known=known)
    # What it takes beyond the article are mostly headlines of others: where the running text is the same, all is well.
    said, there = _running_words(draft.text), _running_words(other)
    if not said or 2 * len(said & there) < 0.6 * (len(said) + len(there)):
        notes.append(f"this reading and trafilatura's share few words ({agreement:.2f})")
    return draft


def _running_words(text: str) -> set[str]:
    return _words("\n".join(line for line in text.split("\n") if _weight(line)))
