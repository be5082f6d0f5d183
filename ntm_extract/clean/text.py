"""Lines of a page or a plain text -> the article they hold, line by line.

What a line is follows from its shape (length, final stop, neighbours) and from the words that portals
print around articles (``furniture.yml``). A running sentence of the article is never dropped: where the
shape says 'sentence', the lexicon of short lines is not asked.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from ntm_extract.data_files import load_beside
from ntm_extract.model import Block, BlockKind
from ntm_extract.orthography import fold_text
from ntm_extract.values import parse_posting_date

# ------------------------------------------------------------------ lexicon


@dataclass(frozen=True, slots=True)
class Furniture:
    """``furniture.yml``, compiled; see there for what each list is for. All match lower-cased text."""

    lines: frozenset[str]
    patterns: re.Pattern[str]
    edges: re.Pattern[str]
    pictures: re.Pattern[str]
    related: re.Pattern[str]
    ends: re.Pattern[str]
    slogans: re.Pattern[str]
    header_dates: re.Pattern[str]
    date_labels: re.Pattern[str]
    bylines: re.Pattern[str]
    byline_source: re.Pattern[str]
    roles: frozenset[str]
    agencies: re.Pattern[str]
    signatories: re.Pattern[str]
    caption_begins: re.Pattern[str]
    caption_acts: re.Pattern[str]
    caption_places: re.Pattern[str]
    caption_marks: re.Pattern[str]
    times: re.Pattern[str]
    ntm: re.Pattern[str]


def _any(patterns: str | Iterable[str], tail: str = "") -> re.Pattern[str]:
    every = [patterns] if isinstance(patterns, str) else list(patterns)
    return re.compile("(?:" + "|".join(every) + ")" + tail)


@lru_cache(maxsize=1)
def load_furniture() -> Furniture:
    """The lexicon that ships with the package."""
    data = load_beside(__file__, "furniture.yml")
    captions = data["captions"]
    return Furniture(
        lines=frozenset(map(fold_text, data["lines"])),
        roles=frozenset(map(fold_text, data["roles"])),
        bylines=_any(data["bylines"], r"\s*(?::|\s[-–]\s)\s*"),
        agencies=_any(data["agencies"], r"\b"),
        signatories=_any(data["signatories"]),
        caption_begins=_any(captions["begins"], r"\b"),
        caption_acts=_any(captions["acts"]),
        caption_places=_any(captions["places"], r"\b"),
        caption_marks=_any(captions["marks"]),
        **{
            name: _any(data[name])
            for name in (
                *("patterns", "edges", "pictures", "related", "ends", "slogans", "header_dates"),
                *("date_labels", "byline_source", "times", "ntm"),
            )
        },
    )


# ------------------------------------------------------------------ shape of a line

_CLOSERS = "\"'”’»)] "
_BULLETS = re.compile(r"^[\s•●▪■□◦○*+·>»›→–—-]+(?=\S)|[\s:：»›>…]+$")
_SENTENCE_BREAK = re.compile(r"[.!?…]['”\"’)]* ['“\"‘(]*([^\W\d_])")
_TITLE_MOST = 250
_SENTENCE_LEAST = 60


@lru_cache(maxsize=4096)
def _key(text: str) -> str:
    """Lower case, no bullets or arrows around."""
    return _BULLETS.sub("", text).lower()


def is_slogan(text: str) -> bool:
    """A banner's words: 'Chào mừng …', or all in capitals and with an exclamation mark."""
    return load_furniture().slogans.match(_key(text)) is not None or (text.isupper() and text.endswith("!"))


def is_sentence(text: str) -> bool:
    """A running sentence: 60 characters or more with a final stop."""
    return len(text) >= _SENTENCE_LEAST and text.rstrip(_CLOSERS)[-1:] in tuple(".!?…;:")


def _sentences(text: str) -> int:
    return 1 + sum(map(str.isupper, _SENTENCE_BREAK.findall(text)))


def _is_paragraph(text: str) -> bool:
    """Long enough to be the body's, whatever else it may be."""
    if len(text) >= 220:
        return True
    stopped = text.rstrip(_CLOSERS)[-1:] in tuple(".!?…;")
    if stopped and (len(text) >= 100 or (len(text) >= 80 and _sentences(text) > 1)):
        return True
    return stopped and len(text) >= 50 and load_furniture().times.match(text.lower()) is not None


@dataclass(slots=True)
class Line:
    """A line on its way through: ``kind`` is what the markup or we say it is, ``kept`` whether it stays.

    ``linked``: most of it is a link; ``node``: the page's element that it stands in.
    """

    text: str
    kind: BlockKind | None = None
    kept: bool = True
    after_picture: bool = False
    cell: bool = False
    date: dt.date | None = None
    counter: bool = False
    linked: bool = False
    node: object = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An article without identity: its text, what was found in it, and what to note."""

    text: str
    blocks: tuple[Block, ...]
    title: str | None
    published: dt.date | None
    published_by: str | None
    authors: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


# ------------------------------------------------------------------ bylines


def _is_name(text: str) -> bool:
    """Two to five capitalised words without digits ('Thúy Nga'), or initials ('C.L', 'T. Hà')."""
    words = text.replace(".", ". ").split()
    if not 1 <= len(words) <= 5 or any(char.isdigit() for char in text):
        return False
    if len(words) == 1:
        return False
    for word in words:
        bare = word.rstrip(".")
        if not bare.isalpha() or not bare[0].isupper() or (len(bare) > 1 and not bare[1:].islower()):
            return False
    return True


_NAME_SEPARATORS = re.compile(r"\s*[-–—,;&/+|]\s*|\s+và\s+", re.IGNORECASE)
_PARENTHESIS = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Byline:
    """Who signs: people, organisations, and where the text is said to come from."""

    authors: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.authors or self.agencies or self.sources)


def _is_agency(text: str, *, alone: bool = False) -> bool:
    """An organisation's name; ``alone``: with nobody's name before it, where more is asked of it."""
    letters = [char for char in text if char.isalpha()]
    if not letters:
        return False
    furniture = load_furniture()
    if (furniture.signatories if alone else furniture.agencies).match(text.lower()):
        return len(text.split()) <= 12 and not any(char.isdigit() for char in text)
    abbreviation = len(text) <= 12 and " " not in text.strip() and all(char.isupper() for char in letters)
    domain = re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", text) is not None and text.islower()
    return (abbreviation and len(letters) >= 2) or domain


def parse_byline(text: str) -> Byline | None:
    """Who signs with this line, or None if it is no byline.

    'Thúy Nga-Anh Đức', 'Tin, ảnh: Hải Hương', 'Lan Anh-Trung tâm VH,TT&TT Thanh Chương', '(TTXVN)',
    'Theo Báo Hà Tĩnh', 'Nguồn: Báo Bạc Liêu'. Sentences and lines over 120 characters are none.
    """
    furniture = load_furniture()
    text = text.strip(" ./")
    if not text or len(text) > 120 or _sentences(text) > 1:
        return None
    low = text.lower()
    prefix = furniture.bylines.match(low)
    rest = text[prefix.end() :] if prefix else text
    source = bool(prefix) and furniture.byline_source.match(low) is not None
    if not prefix and (said := re.match(r"(?:theo|nguồn)\s+(?=\S)", text, re.IGNORECASE)):
        rest, source = text[said.end() :], True
        if not _is_agency(rest):
            return None
    if source:
        return Byline(sources=(rest.strip(" ()"),)) if rest.strip(" ()") else None
    agencies = [inner.strip() for inner in _PARENTHESIS.findall(rest) if _is_agency(inner.strip())]
    rest = _PARENTHESIS.sub(" ", rest).strip(" -–—,;")
    authors: list[str] = []
    while rest:
        alone = not authors and not prefix
        if _is_agency(rest, alone=alone) and not _is_name(_NAME_SEPARATORS.split(rest)[0]):
            agencies.append(rest)
            break
        separator = _NAME_SEPARATORS.search(rest)
        part, rest = (rest[: separator.start()], rest[separator.end() :]) if separator else (rest, "")
        words = part.split()
        while words and fold_text(words[0].rstrip(":.")) in furniture.roles:
            words = words[1:]
        part = " ".join(words)
        if not part or fold_text(part) in furniture.roles:
            continue
        if _is_name(part) or (prefix and len(words) == 1 and part[0].isupper()):
            authors.append(part)
        elif _is_agency(part, alone=alone) or (prefix and len(words) <= 8 and authors):
            agencies.append(part)
        elif re.fullmatch(r"(?:[^\W\d_]\.?){1,4}", part) and part.isupper():
            authors.append(part)
        else:
            return None
    if len(authors) > 5:
        return None
    return Byline(tuple(dict.fromkeys(authors)), tuple(dict.fromkeys(agencies))) or None


_INLINE_BYLINE = re.compile(r"[.!?…”\"]['”\"’)]*\s+(?P<byline>[^.!?…]{4,60})$")


def _inline_byline(text: str) -> Byline | None:
    """A byline behind the last sentence of a paragraph: '… được nâng cao. Đỗ Trưởng (TTXVN)'."""
    match = _INLINE_BYLINE.search(text)
    found = parse_byline(match["byline"]) if match else None
    return found if found and found.authors else None


# ------------------------------------------------------------------ captions and headings


_SAYS = re.compile(
    r"[:“\"]|\b(?:cho biết|cho rằng|nhấn mạnh|yêu cầu|đề nghị|khẳng định|chia sẻ|cho hay)\b", re.IGNORECASE
)
_VIEW = re.compile(r"(?:quang cảnh|toàn cảnh|một góc|một buổi)\b", re.IGNORECASE)


def _is_caption(line: Line, *, repeated: bool, long_body: bool) -> bool:
    """Whether a line describes a picture.

    ``long_body``: the article's paragraphs are long, so that a short sentence on a line of its own is odd.
    """
    text = line.text
    if len(text) > _TITLE_MOST:
        return False
    if repeated and len(text) >= 15:
        return True
    furniture = load_furniture()
    low = text.lower()
    sentences = _sentences(text)
    if sentences <= 3 and furniture.caption_marks.search(low[-90:]):
        return True
    if sentences > 1:
        return False
    if line.after_picture:
        return True
    if len(text) > 220 or not furniture.caption_begins.match(low) or furniture.times.match(low):
        return False
    act = furniture.caption_acts.search(low)
    if text.rstrip(_CLOSERS)[-1:] not in tuple(".!?…;:"):
        return act is not None or _VIEW.match(text) is not None
    if len(text) > 180 or _SAYS.search(text):
        return _VIEW.match(text) is not None
    if act is None:
        return _VIEW.match(text) is not None or (long_body and len(text) <= 90)
    return long_body or furniture.caption_places.search(low, act.end()) is not None


_NUMBERED = re.compile(r"(?:[IVX]{1,4}|\d{1,2}(?:\.\d{1,2})*|[a-zđ])\s*[.)/-]\s*\S")


def _is_heading(text: str) -> bool:
    if len(text) > 120 or text.rstrip(_CLOSERS)[-1:] in tuple(".!?;,…"):
        return False
    if text.endswith(":"):
        return len(text) <= 80 and _NUMBERED.match(text) is not None
    return not text.startswith(("-", "+", "•", "*")) and not (":" in text and _NUMBERED.match(text))


# ------------------------------------------------------------------ from lines to article


def assemble(lines: Sequence[Line], *, titles: Sequence[str] = (), known: tuple[dt.date, str] | None = None) -> Draft:
    """Find the article among the lines of a page or a text.

    ``titles`` are what a page's head calls it; ``known`` is the posting date and how it was found, if markup
    gave it.
    """
    kept = [line for line in lines if line.text]
    _split_date_field(kept)
    _mark_furniture(kept)
    first = _first_paragraph(kept)
    title = _pick_title(kept, first, titles)
    if title is not None:
        first += _split_dated_title(kept, title)
    dated, method = _pick_date(kept, first, title)
    _drop_head(kept, first, title, dated)
    _keep_masthead(kept, title)
    for line in kept:
        if line.kind == "dateline" and _COUNTED.search(line.text):
            line.kept = False  # its day is read; a counter of views is no part of the article
    end = _drop_tail(kept, first)
    byline = _mark_bylines(kept, first, end)
    _mark_kinds(kept)
    notes = [f"source: {name}" for name in byline.sources] + [f"agency: {name}" for name in byline.agencies]
    text, blocks = _joined([line for line in kept if line.kept])
    published, published_by = known or (dated.date if dated else None, method)
    if published is None and (signed := _document_date(kept)) is not None:
        published, published_by = signed, "day of the document"
    return Draft(
        text=text,
        blocks=blocks,
        title=title.text if title else None,
        published=published,
        published_by=published_by,
        authors=byline.authors,
        notes=tuple(notes),
    )


def _joined(lines: Sequence[Line]) -> tuple[str, tuple[Block, ...]]:
    blocks, position = [], 0
    for line in lines:
        blocks.append(Block(position, position + len(line.text), line.kind or "paragraph"))
        position += len(line.text) + 1
    return "\n".join(line.text for line in lines), tuple(blocks)


_YEAR = re.compile(r"(?:19|20)\d\d")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_LEAD_LINES = 5
_HEAD_LINES = 14  # lines of a document's head and foot
_DAY = r"(\d{1,2})\s*(?:[/-]|tháng)\s*(\d{1,2})\s*(?:[/-]|năm)\s*((?:19|20)\d\d)"
_DOCUMENT_DAY = re.compile(
    rf"kèm theo .{{5,80}}?ngày {_DAY}|số ra ngày {_DAY}"
    rf"|(?:^|\s{{2,}}|\|\s*)[^\W\d_][\w\s]{{2,40}}, ngày {_DAY}\s*$"
    # who signs tells the day: '(Báo Gia Lai, ngày 3-11-2022)', 'Ban Biên tập (cập nhật ngày 22/4/2015)'
    r"|^\W?(?:theo |nguồn:? ?)?(?:báo|tạp chí|cổng|trang|đài|ban biên tập|bbt|tin)\b[^.:;]{0,50}?"
    rf"[,(]\s*(?:(?:cập nhật|đăng|số ra|ra)\s+)?(?:ngày\s+)?{_DAY}\W*$",
    re.I,
)


@lru_cache(maxsize=256)
def posting_date(text: str) -> dt.date | None:
    """The date of a line that holds a posting date and little else."""
    if len(text) > 140 or not _YEAR.search(text) or is_sentence(text):
        return None
    found = parse_posting_date(text)
    return found[0] if found else None


_COUNTER = re.compile(r"lượt|lần|view|xem|đọc|print|in\b|\d+\s*%|cỡ chữ|a[+-]")


# '[Ảnh: Đường hoa ở thôn Hạ do chi hội phụ nữ trồng]': the caption stands in the picture's own mark.
_BRACKETED_CAPTION = re.compile(r"\[\s*(?:ảnh|hình)(?:\s+\d+)?\s*[:.–-]\s*([^\[\]]+?)\s*\]", re.I)
_CAPTION_LEAST = 4  # words


# The head of minutes: 'Thời gian: 14 giờ 00, ngày 05/12/2025' beside 'Địa điểm: …' is no posting date.
_MINUTES_TIME = re.compile(r"\W*(?:\d[.)]\s*)?thời gian(?: họp| tổ chức)?\s*:", re.I)
_MINUTES_HEAD = re.compile(r"\W*(?:\d[.)]\s*)?(?:địa điểm|thành phần|chủ t(?:rì|ọa|oạ)|nội dung|biên bản)\b", re.I)


def _of_minutes(lines: Sequence[Line], number: int) -> bool:
    beside = [*lines[max(number - 1, 0) : number], *lines[number + 1 : number + 2]]
    return _MINUTES_TIME.match(lines[number].text) is not None and any(
        _MINUTES_HEAD.match(line.text) for line in beside
    )


def _mark_furniture(lines: Sequence[Line]) -> None:
    furniture = load_furniture()
    picture = False
    for number, line in enumerate(lines):
        line.after_picture, picture = line.after_picture or picture, False
        if line.kind is not None or line.cell or len(line.text) > _TITLE_MOST:
            continue
        key = _key(line.text)
        if furniture.pictures.fullmatch(key):
            told = _BRACKETED_CAPTION.fullmatch(line.text)
            if told is not None and len(told[1].split()) >= _CAPTION_LEAST:
                line.text, line.kind = told[1], "caption"
            else:
                line.kept, picture = False, True
            continue
        if is_sentence(line.text) and not line.text.endswith(":"):
            continue
        if _of_minutes(lines, number):
            line.kind = "paragraph"
            continue
        line.date = posting_date(line.text)
        if line.date is None and (fold_text(key) in furniture.lines or furniture.patterns.fullmatch(key)):
            line.kept = False
            line.counter = _COUNTER.match(key) is not None
            picture = line.after_picture


def _first_paragraph(lines: Sequence[Line]) -> int:
    """Index of the first line of the body; behind the last line if there is none."""
    headline = False
    for number, line in enumerate(lines):
        if not line.kept or line.date:
            continue
        if line.kind in ("title", "heading"):
            headline = True
        elif line.kind in ("lead", "paragraph") or line.cell:
            return number
        elif _is_paragraph(line.text):
            alone = not headline and _sentences(line.text) == 1 and len(line.text) <= _TITLE_MOST
            if not (alone and _signed_as_title(lines, number)) and not (len(line.text) < 220 and is_slogan(line.text)):
                return number
        else:
            headline = headline or (len(line.text) > _MENU_MOST and not is_slogan(line.text))
    for number, line in enumerate(lines):
        stopped = line.kept and not line.date and line.text.rstrip(_CLOSERS)[-1:] in tuple(".!?…;")
        if stopped and not _signed_as_title(lines, number):
            return number
    return len(lines)


def _signed_as_title(lines: Sequence[Line], number: int) -> bool:
    """Whether a date line or a counter stands right under this line, and no paragraph over it."""
    if load_furniture().times.match(lines[number].text.lower()):
        return False
    for line in lines[number + 1 : number + 4]:
        if line.date or line.counter:
            return True
        if line.kept:
            return False
    return False


_MENU_MOST = 40


def _pick_title(lines: Sequence[Line], first: int, titles: Sequence[str]) -> Line | None:
    furniture = load_furniture()
    head = lines[:first]
    best: tuple[int, Line | None] = (0, None)
    wanted = [fold_text(title) for title in titles if title]
    single = sum(1 for line in lines if line.kept) < 2
    in_menu = {number for number in _menu_lines(head) if not _names_document(head[number].text)}
    if first == len(lines) and not any(line.kind for line in head):
        # Nothing but short lines: notes or a list, whose first line may be a headline.
        head, in_menu = [line for line in head if line.kept][:1], set()
    for number, line in enumerate(head):
        text = line.text
        if not line.kept or line.date or not any(char.isalpha() for char in text) or len(text) > _TITLE_MOST:
            continue
        low, words = text.lower(), len(text.split())
        signed = _signed_as_title(lines, number)
        stopped = text.rstrip(_CLOSERS)[-1:] in tuple(".;:…")
        score = 2 * (words >= 6) + (words >= 4) + (words >= 3) + (30 <= len(text) <= 200) + 3 * signed
        score += 20 * (line.kind == "title") + 6 * (fold_text(text) in wanted)
        # The first line that could be a headline mostly is; what stands between it and the text is a heading.
        score += 2 * (best[1] is None and number not in in_menu) + (number == first - 1)
        score += bool(number and lines[number - 1].date)
        score -= 4 * (stopped and not signed) + 4 * (number in in_menu) + 3 * (_sentences(text) > 1)
        score -= 3 * (furniture.times.match(low) is not None) + 3 * line.after_picture
        score -= 6 * is_slogan(text) + 8 * (_is_byline_with_prefix(text))
        score -= 3 * (furniture.caption_marks.search(low) is not None)
        if single and line.kind != "title":
            continue
        if score > best[0] and (score >= 2 or signed):
            best = (score, line)
    if best[1] is None:
        # A slogan alone over the text is the headline after all.
        alone = [line for line in head if line.kept and not line.date and len(line.text) <= _TITLE_MOST]
        if len(alone) == 1 and not single and is_slogan(alone[0].text):
            best = (1, alone[0])
    title = best[1]
    if title is not None:
        # The same headline stands once more without the site's name behind it.
        bare = [line for line in head if line.kept and _is_headed_by(title.text, line.text)]
        if bare and title.kind is None and len(bare[0].text) >= 20:
            title.kept, title = False, bare[0]
        title.kind = "title"
    return title


_SITE_BEHIND = re.compile(r"\s*[-–|»:]\s")


def _is_headed_by(title: str, text: str) -> bool:
    return title.startswith(text) and _SITE_BEHIND.match(title, len(text)) is not None


_DATE_FIELD = re.compile(
    r"((?:date|published|posted|ngày(?: đăng)?)\s*:?\s*(?:19|20)\d\d-\d\d-\d\d)\s+(\S.{20,})", re.I
)
_DATED_TITLE = re.compile(r"(.*\S)\s*(\([^()]*\d{1,2}[:hg]\d{2}[^()]*\))")


def _split_dated_title(lines: list[Line], title: Line) -> int:
    """Give a date with an hour behind a headline, '… (29/06/2026, 14:49)', a line of its own; lines added."""
    match = _DATED_TITLE.fullmatch(title.text)
    day = posting_date(match[2]) if match else None
    if match is None or day is None:
        return 0
    title.text = match[1]
    place = next(number for number, line in enumerate(lines) if line is title)
    lines.insert(place + 1, Line(match[2], date=day))
    return 1


def _split_date_field(lines: list[Line]) -> None:
    """Give a dump's field before the headline, 'date 2024-03-05 Tân Hòa …', a line of its own."""
    match = _DATE_FIELD.fullmatch(lines[0].text) if lines and lines[0].kind is None else None
    if match is not None and posting_date(match[1]) is not None:
        lines[0].text = match[2]
        lines.insert(1, Line(match[1]))


def _is_byline_with_prefix(text: str) -> bool:
    return load_furniture().bylines.match(text.lower()) is not None and parse_byline(text) is not None


# Under a letterhead, as short as its lines: 'BIÊN BẢN HỌP BAN CHỈ ĐẠO'. Alone, 'THÔNG BÁO' is no headline.
_DOCUMENT_NAME = re.compile(r"(?:BIÊN BẢN|THÔNG BÁO|BÁO CÁO|KẾ HOẠCH|TỜ TRÌNH|CÔNG VĂN)\s+(?!SỐ\b)\S+ \S")


def _names_document(text: str) -> bool:
    return text.isupper() and _DOCUMENT_NAME.match(text) is not None


def _menu_lines(head: Sequence[Line]) -> set[int]:
    """Numbers of lines in runs of four and more short lines without any stop."""
    found: set[int] = set()
    run: list[int] = []
    for number, line in enumerate([*head, Line("." * 99)]):
        short = len(line.text) <= _MENU_MOST and line.text[-1:] not in tuple(".!?…;")
        if short and not line.date:
            run.append(number)
            continue
        if len(run) >= 4:
            found.update(run)
        run = []
    return found


def _pick_date(lines: Sequence[Line], first: int, title: Line | None) -> tuple[Line | None, str | None]:
    """The line with the posting date, and how it was told from other dates."""
    furniture = load_furniture()
    place = next((number for number, line in enumerate(lines) if line is title), -1)
    under = [line for line in lines[place + 1 : first] if line.date]
    labelled = [line for line in under if furniture.date_labels.match(_key(line.text))]
    if labelled:
        return labelled[0], "labelled line under the title"
    if under and title is not None:
        return under[0], "line under the title"
    over = lines[place - 1] if place > 0 else lines[first - 1] if title is None and 0 < first <= len(lines) else None
    if over is not None and over.date and not furniture.header_dates.match(_key(over.text)):
        weekday = re.match(r"(?:thứ|chủ nhật)\b", over.text, re.IGNORECASE)
        if not weekday and (place == 1 or not re.search(r"\d{1,2}:\d{2}:\d{2}|[ap]m\b", over.text, re.IGNORECASE)):
            return over, "line over the title"
    for line in lines[first:]:
        if not line.date and furniture.related.fullmatch(_key(line.text)):
            break
        if line.date and furniture.date_labels.match(_key(line.text)):
            return line, "labelled line under the text"
    for line in lines[first : first + _LEAD_LINES]:
        if line.date and _CLOCK.search(line.text):
            return line, "line under the lead"  # the lead stands over the headline
    return None, None


def _document_date(lines: Sequence[Line]) -> dt.date | None:
    """The day of a document that has no posting date: of what it is annexed to, of its place and day line."""
    for line in [*lines[:_HEAD_LINES], *lines[-_HEAD_LINES:]]:
        found = _DOCUMENT_DAY.search(line.text) if len(line.text) <= _TITLE_MOST else None
        if found is not None:
            day, month, year = (int(part) for part in found.groups() if part)
            try:
                return dt.date(year, month, day)
            except ValueError:
                continue
    return None


# A site's head or slogan that names its unit: often the only place where an old page says whose it is.
_MASTHEAD = re.compile(
    r"\b(?:tỉnh|huyện|thị xã|thành phố|quận|xã|phường|thị trấn)\s+(?!lần\b)([^\W\d_])", re.IGNORECASE
)


_COUNTED = re.compile(r"(?i:lượt xem|lần xem|đã xem|lượt đọc|view count|views?)\s*:?\s*\d")


# A document's head: 'ỦY BAN NHÂN DÂN' over 'HUYỆN …', or both in one line. Short lines, but no menu.
_LETTERHEAD = re.compile(r"(?:[ỦU][ỶY] BAN|UBND|HỘI ĐỒNG|HĐND|BAN CHỈ ĐẠO|BCĐ|ĐẢNG (?:BỘ|ỦY|UỶ))\b")


def _in_letterhead(lines: Sequence[Line], number: int) -> bool:
    over = lines[number - 1].text if number else ""
    text = lines[number].text
    return text.isupper() and any(_LETTERHEAD.match(line) for line in (text, over))


def _keep_masthead(lines: Sequence[Line], title: Line | None) -> None:
    """Take back a line over the title that names a unit, unless it is one of a menu or the title once more."""
    place = next((number for number, line in enumerate(lines) if line is title), 0)
    in_menu = _menu_lines(lines[:place])
    for number, line in enumerate(lines[:place]):
        if line.kept or line.date or len(line.text) > _TITLE_MOST:
            continue
        if number in in_menu and not _in_letterhead(lines, number):
            continue
        unit = _MASTHEAD.search(line.text)
        if unit is not None and unit[1].isupper() and (title is None or title.text not in line.text):
            line.kept, line.kind = True, "masthead"


def _drop_head(lines: Sequence[Line], first: int, title: Line | None, date: Line | None) -> None:
    """Menus, slogans and dates over the title; under it, what the edges list names.

    Longer lines over the title stay unless a date line or a counter shows that the title is the title.
    """
    furniture = load_furniture()
    over = title is not None and (first < len(lines) or title.kind is not None)
    named = fold_text(title.text) if title else None
    sure = title is not None and _signed_as_title(lines, next(n for n, line in enumerate(lines) if line is title))
    for line in lines[:first]:
        if line is title:
            over = False
            continue
        if line is date:
            line.kind = "dateline"
            continue
        short = sure or len(line.text) <= _MENU_MOST
        around = over and (is_slogan(line.text) or line.date or (short and not is_sentence(line.text)))
        edge = line.kind is None and not line.date and furniture.edges.fullmatch(_key(line.text))
        if around or edge or (named and fold_text(line.text) == named):
            line.kept = False
        elif line.date and line.kind is None:
            line.kind = "dateline"
    if title is None and first < len(lines):
        menu = _menu_lines(lines[:first])
        for number in menu:
            lines[number].kept = False


def _drop_tail(lines: Sequence[Line], first: int) -> int:
    """Cut lists of other articles, forms and footers; returns the index behind the article's last line."""
    furniture = load_furniture()
    mass = [len(line.text) if line.kept and is_sentence(line.text) else 0 for line in lines]
    end = len(lines)
    for number in range(first + 1, len(lines)):
        if len(lines[number].text) > _TITLE_MOST or lines[number].kind in ("table_row", "title"):
            continue
        key = _key(lines[number].text)
        is_end = furniture.ends.fullmatch(key) is not None
        if not is_end and not furniture.related.fullmatch(key):
            continue
        signed = any(parse_byline(line.text) for line in lines[max(number - 4, first + 1) : number] if line.kept)
        back = _comes_back(lines[number + 1 :], strict=is_end) if sum(mass[number:]) and not signed else None
        if back is None:
            for line in lines[number:]:
                line.kept = False
            end = min(end, number)
            break
        for line in lines[number : number + 1 + back]:
            line.kept = False
    last = max(
        (number for number in range(end) if lines[number].kept and _is_paragraph(lines[number].text)), default=-1
    )
    for line in lines[last + 1 : end] if last >= 0 else []:
        listed = re.match(r"[•●▪■◦○*»›>]", line.text) or re.search(
            r"\(\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?\)$", line.text
        )
        edge = furniture.edges.fullmatch(_key(line.text)) is not None and not line.date
        if line.kind is None and not line.cell and (edge or (listed and not is_sentence(line.text))):
            line.kept = False
    return end


def _comes_back(behind: Sequence[Line], *, strict: bool) -> int | None:
    """How many lines to skip until the article goes on, or None if it does not.

    Behind a list of related articles one running sentence is enough, unless headlines and sentences alternate,
    as in lists with summaries. Behind a marker that usually ends a page (``strict``) a sentence must follow at
    once, or two in a row, or a long one.
    """
    kept = [(number, line) for number, line in enumerate(behind) if line.kept]
    running = [(place, number) for place, (number, line) in enumerate(kept) if is_sentence(line.text)]
    if not running:
        return None
    places = {place for place, _ in running}
    in_a_row = next(
        (number for place, number in running if place + 1 in places or len(behind[number].text) >= 300), None
    )
    if strict:
        return 0 if running[0][1] == 0 and len(running) > 1 else in_a_row
    between = [line for place, (_, line) in enumerate(kept) if place > running[0][0] and place not in places]
    headlines = [line for line in between if not _is_caption(line, repeated=False, long_body=True) and not line.date]
    listed = in_a_row is None and len(running) >= 2 and len(headlines) >= len(running) - 1
    return None if listed else running[0][1]


def _mark_bylines(lines: Sequence[Line], first: int, end: int) -> Byline:
    """Bylines under the text (a lead or captions may follow them) and prefixed ones under the title."""
    authors: list[str] = []
    agencies: list[str] = []
    sources: list[str] = []

    def take(found: Byline) -> None:
        authors.extend(found.authors)
        agencies.extend(found.agencies)
        sources.extend(found.sources)

    body = [line for line in lines[:end] if line.kept]
    counts = Counter(line.text for line in body)
    start = sum(1 for line in lines[:first] if line.kept)
    for number, line in enumerate(body[:start]):
        found = parse_byline(line.text) if line.kind is None and not line.date else None
        beside = [near.date for near in body[max(number - 1, 0) : number + 2]]
        if found and (found.authors or found.sources) and (any(beside) or _is_byline_with_prefix(line.text)):
            line.kind = "byline"
            take(found)
    signed: list[tuple[Line, Byline]] = []
    trailing: list[Line] = []
    for number, line in reversed(list(enumerate(body))[start + 1 :]):
        found = None if line.kind else parse_byline(line.text)
        if found and _signs_document(body, number):
            break
        if found:
            signed.append((line, found))
            continue
        passed = len(trailing) < 3 and (
            line.date is not None
            or counts[line.text] > 1
            or (is_sentence(line.text) and not any(map(_is_long, trailing)) and not signed)
            or (_is_caption(line, repeated=False, long_body=False) and not signed)
        )
        if not passed:
            break
        trailing.append(line)
    if not signed:
        signed = _signed_over_list(body[start + 1 :])
    for line, found in reversed(signed):
        line.kind = "byline"
        take(found)
    if signed:
        cut = next(number for number, line in enumerate(body) if line is signed[-1][0])
        for line in body[cut + 1 :]:
            if line.kind is None and line.date is None and is_sentence(line.text) and counts[line.text] == 1:
                caption = _is_caption(line, repeated=False, long_body=False)
                line.kind = "caption" if caption else "lead"
    elif body and not authors:
        inline = _inline_byline(body[-1].text)
        if inline:
            take(inline)
    return Byline(tuple(dict.fromkeys(authors)), tuple(dict.fromkeys(agencies)), tuple(dict.fromkeys(sources)))


# What stands over the name of who signs a document: an office in capitals, 'NGƯỜI LẬP BIỂU', '(Đã ký)'.
_OFFICE = re.compile(
    r"(?:(?:KT|TM|TL|TUQ|Q)\.? ?)*(?:PHÓ |QUYỀN )?(?:TRƯỞNG|CHỦ TỊCH|BÍ THƯ|GIÁM ĐỐC|CHÁNH|CHỦ NHIỆM|TỔ TRƯỞNG"
    r"|NGƯỜI LẬP|THƯ KÝ|CHỦ T(?:RÌ|ỌA|OẠ)|HIỆU TRƯỞNG|ĐỘI TRƯỞNG)\b"
)
_HAS_SIGNED = re.compile(r"\(?\s*(?:đã ký|ký tên|ký, (?:đóng dấu|ghi rõ)|ký)\b.{0,40}", re.I)


def _signs_document(body: Sequence[Line], number: int) -> bool:
    """Whether the line right over a name makes it the signature of a document, whose signer is no author."""
    over = body[number - 1].text if number else ""
    return _HAS_SIGNED.fullmatch(over) is not None or (over.isupper() and _OFFICE.match(over) is not None)


def _signed_over_list(body: Sequence[Line]) -> list[tuple[Line, Byline]]:
    """A byline right under the last paragraph with headlines of other articles under it, which go."""
    last = max((number for number, line in enumerate(body) if is_sentence(line.text)), default=len(body))
    for number in range(last + 1, min(last + 3, len(body))):
        found = None if body[number].kind or _signs_document(body, number) else parse_byline(body[number].text)
        if found and found.authors and len(body) - number > 2:
            for line in body[number + 1 :]:
                line.kept = line.kind is not None or line.cell or line.date is not None
            return [(body[number], found)]
    return []


def _is_long(line: Line) -> bool:
    return len(line.text) >= 120


def _mark_kinds(lines: Sequence[Line]) -> None:
    body = [line for line in lines if line.kept]
    counts = Counter([line.text for line in body])
    lengths = sorted([len(line.text) for line in body if _is_paragraph(line.text)])
    long_body = bool(lengths) and lengths[len(lengths) // 2] >= 250
    for number, line in enumerate(body):
        if line.kind is not None:
            continue
        if line.date:
            line.kind = "dateline"
        elif line.cell or " | " in line.text:
            line.kind = "table_row"
        elif len(line.text) > _TITLE_MOST:
            line.kind = "paragraph"
        elif _is_caption(line, repeated=counts[line.text] > 1, long_body=long_body):
            line.kind = "caption"
        elif number and number + 1 < len(body) and _is_heading(line.text):
            line.kind = "heading"
    for number, line in enumerate(body):
        if line.kind is None:
            # Captions stand in rows: a short sentence beside one, among long paragraphs, is another.
            row = long_body and len(line.text) <= 90 and _sentences(line.text) == 1
            beside = [near.kind for near in body[max(number - 1, 0) : number + 2]] if row else []
            line.kind = "caption" if "caption" in beside else "paragraph"


# ------------------------------------------------------------------ plain text and markdown

_MD_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_MD_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_MD_LINK = re.compile(r"\[([^\]]+)\]\((?:[^()\s]|\([^()]*\))+(?:\s+\"[^\"]*\")?\)")
_MD_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_MD_EMPHASIS = re.compile(r"(?<![\w*])([*_])(?=[^\s*_])([^*_\n]+?)(?<=\S)\1(?![\w*])")
_MD_RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$|^\s*\|?(?:\s*:?-{3,}:?\s*\|)+\s*:?-*:?\s*$")
_SPACE_RUN = re.compile(r" {2,}")


def cells_joined(text: str) -> str:
    """Rows of a table kept by tabs, as from a spreadsheet or a word processor, with ' | ' between their cells."""
    if "\t" not in text:
        return text
    lines = text.split("\n")
    return "\n".join(
        " | ".join(cell.strip() for cell in line.split("\t")) if line.strip().count("\t") > 1 else line
        for line in lines
    )


def looks_like_markdown(text: str) -> bool:
    """Whether the text has headings, links or emphasis in markdown's notation."""
    return bool(re.search(r"^#{1,6} \S|\]\(https?://|^\*\*\S.*\S\*\*$", text, re.MULTILINE))


def lines_of_text(text: str, *, markdown: bool = False) -> list[Line]:
    """The non-empty lines of a plain text, spaces squeezed; markdown's marks taken off."""
    lines: list[Line] = []
    titled = False
    for written in text.split("\n"):
        kind: BlockKind | None = None
        if markdown:
            if _MD_RULE.match(written):
                continue
            picture = _MD_IMAGE.search(written)
            if picture and not _MD_IMAGE.sub("", written).strip():
                lines.append(Line("[image]"))
                if len(picture[1].split()) >= 4:
                    lines.append(Line(_SPACE_RUN.sub(" ", picture[1]).strip(), "caption"))
                continue
            written = _MD_STRONG.sub(r"\2", _MD_LINK.sub(r"\1", _MD_IMAGE.sub("", written)))
            written = _MD_EMPHASIS.sub(r"\2", written).strip()
            written = re.sub(r"^>\s?", "", written)
            if heading := _MD_HEADING.match(written):
                kind = "heading" if titled or len(heading[1]) > 2 else "title"
                titled = titled or kind == "title"
                written = heading[2]
            elif re.fullmatch(r"\|.*\|", written):
                cells = [cell.strip() for cell in written.strip("|").split("|")]
                lines.append(Line(" | ".join(cells), "table_row", cell=True))
                continue
        squeezed = _SPACE_RUN.sub(" ", written).strip()
        if squeezed:
            lines.append(Line(squeezed, kind))
    return lines
