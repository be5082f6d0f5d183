"""The meeting an article reports: its day, its kind, who chaired."""

from __future__ import annotations

import datetime as dt
import re

from ntm_extract.facts.frame import Reader
from ntm_extract.match.names import PersonName
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import Chair, Meeting

_STRONG = (
    "hội nghị trực tuyến", "hội nghị", "phiên họp", "cuộc họp", "buổi họp", "họp", "buổi làm việc", "cuộc làm việc",
    "làm việc", "lễ công bố", "lễ đón", "lễ trao", "lễ ra mắt", "buổi lễ", "lễ", "đại hội", "hội thảo", "tọa đàm",
    "kỳ họp", "giao ban", "tập huấn", "ra quân",
)  # fmt: skip
# What may also be told of in passing: it needs its day at the head of the sentence.
_WEAK = (
    "kiểm tra", "thẩm định", "thẩm tra", "khảo sát", "kiểm điểm", "tổng kết", "sơ kết", "phát động", "khai mạc",
    "kỷ niệm", "liên hoan", "công bố", "ra mắt", "đối thoại", "gặp mặt", "ký kết", "nghe",
)  # fmt: skip
_KINDS = re.compile(r"\b(?:" + "|".join((*_STRONG, *_WEAK)) + r")\b")
_HELD = re.compile(
    r"tổ chức|tiến hành|diễn ra|chủ trì|có buổi|có cuộc|họp|làm việc|làm lễ|\bmở\b|dự|kiểm tra|thẩm định|thẩm tra"
    r"|khai mạc|triển khai|nghe|đã"
)
_PAPER = re.compile(
    r"^[^,]{0,60},[^,.]{0,90}?\b(?:ban hành|đã ký|ký (?:quyết định|ban hành)|ra quyết định|phê duyệt"
    r"|(?<!xét )(?<!xét, )công nhận|đã có(?! (?:buổi|cuộc|chuyến))|có (?:các )?(?:quyết định|văn bản|tờ trình))\b"
)
# 'Ngày 29/5, Bí thư Huyện ủy cho biết …': the day on which a paper asked is no meeting's.
_TOLD = re.compile(r"^[^,]{0,60},[^.;:]{0,200}?\b(?:cho biết|cho hay|xác nhận|thông tin)\b(?! (?:tại|trong|ở))")
_ELSEWHEN = re.compile(r"\W*(?:ngay )?(?:sau|trước|từ|theo|kể từ|căn cứ)\b")
_EVENT = re.compile(r"tổ chức|\b(?:làm )?lễ\b|hội nghị|đại hội|họp")
_PREFIX = re.compile(r"\s*(?:\([^()]{2,40}\)|[A-ZĐ][\wĐ.]{1,12})?\s*[-–—:]?\s*(?:[Vv]ào\s+)?")
_LED_IN = 9  # characters between the comma and the day: ', ngày '
_MINUTES = re.compile(r"hôm nay\b")  # minutes begin so, and say what is held in their headline
_WHEN_LINE = re.compile(r"\s*[-–*]?\s*(?:\d+[.)]\s*)?thời gian(?: họp| bắt đầu| tổ chức)?\s*:", re.I)
_TERM = re.compile(r"nhiệm kỳ\s+(20\d\d)")
_BARE_DAY = re.compile(
    r"\b(?:sáng|chiều|tối|trưa|ngày)(?:\s+ngày)?\s+(\d{1,2})\s*[/.-]\s*(\d{1,2})\b(?!\s*[/.-]\s*\d)", re.I
)
_LATEST = 25  # days between a meeting and the posting of its report
_DAYS_LONG = 2  # from the first day of a meeting to its last
# What sits for days is known by the first of them, 'Trong hai ngày 13 và 14/8'; inspections are not one meeting.
_SITTING = re.compile(r"\b(?:đại hội|kỳ họp|hội nghị|hội thảo|phiên họp)\b", re.I)
_FIRST = 10  # sentences that may tell of the meeting
_CHAIRED = re.compile(r"chủ trì|chủ tọa|chủ toạ|điều hành(?=\s*(?:[.;]|$|phiên|cuộc|buổi|hội|kỳ))")
_OF_CHAIR = re.compile(r"\s*(?:của|có|:|là|gồm|buổi|cuộc|hội|phiên)")
# Who meets others chairs; who looks at work on the spot, or leads a delegation from place to place, does not.
_WORKED = re.compile(
    r"(?:đã\s+)?(?:có\s+|chủ trì\s+)?(?:buổi|cuộc)\s+làm việc|(?:đã\s+)?(?:đến\s+)?làm việc"
    r" (?P<visit>với(?! (?i:đoàn|tổ)\b)|tại)"  # who works with a delegation receives it
)
_DELEGATION = re.compile(r"\b(?:đoàn|tổ)\b|dẫn đầu", re.I)
# 'Làm việc với các xã hôm 10/10, Phó Chủ tịch UBND tỉnh … lưu ý'
_AT_WORK = re.compile(
    r"\W*(?P<kind>làm việc|kiểm tra|khảo sát|(?P<spoke>phát biểu))\b[^,]{0,80}\b(?:hôm|ngày|sáng|chiều)\b[^,]{0,20},",
    re.I,
)


def read_meeting(reader: Reader) -> Meeting | None:
    """Meeting of the article, or None if it reports none."""
    if _AGENDA.match(reader.reading.article.title or ""):
        return None  # meetings to come, or a contest's rules
    kind, day = _occasion(reader)
    chairs = chairs_of(reader)
    if kind is None and day is None and not chairs:
        return None
    return Meeting(date=day, kind=kind, chairs=tuple(chairs))


def _occasion(reader: Reader) -> tuple[str | None, dt.date | None]:
    """Kind and day from the first sentences that tell of it; a date counts only beside the meeting."""
    said = reader.reading.article.published is not None
    kind: str | None = None  # of a meeting, or else of what may be told of in passing
    weak: str | None = None
    opened: dt.date | None = None  # the day that a sentence about an event opens with
    announced: dt.date | None = None  # 'Ngày 19/3/2023.' before the sentence itself, 'Thời gian: …' of minutes
    for number, sentence in enumerate(reader.reading.sentences):
        if sentence.kind in ("dateline", "byline", "caption", "masthead"):
            continue
        surface = reader.text[sentence.start : sentence.end].lower()
        if number >= _FIRST:
            at_work = None if kind or opened else _AT_WORK.match(surface)
            if at_work is not None:
                return at_work["kind"], _first_day(sentence, said=said)
            continue
        if _WHEN_LINE.match(surface):
            announced = _first_day(sentence, said=said) or announced
            continue
        opening = _opening_day(reader, sentence)
        if opening is not None and len(sentence.items) <= 2:
            announced = opening
            continue
        match = _KINDS.search(surface)
        named = match.group() if match is not None else None
        held = _HELD.search(surface) is not None
        if named is not None and held and sentence.kind != "title":
            kind, weak = (kind or named, weak) if named in _STRONG else (kind, weak or named)
        if _is_paper(surface) or (_ELSEWHEN.match(surface) and not _led_in(reader, sentence)):
            continue
        if opening is not None and announced is None and _MINUTES.match(surface):
            announced = opening
        told = _TOLD.match(surface)
        if told is not None and (match is None or match.start() > told.end()):
            continue
        if opened is None and opening is not None and (named or (_near(reader, opening) and _acted(sentence))):
            opened, weak = opening, weak or named
        if _is_ahead(reader, surface, opening or _first_day(sentence, said=said)):
            continue
        if named in _STRONG and held:
            long = _SITTING.search(surface) is not None
            day = opening or _first_day(sentence, said=said, long=long) or announced
            if day is not None:
                return named, day
        if opened is None and sentence.kind != "title" and (day := _told_beside(reader, sentence, number)) is not None:
            return named or kind or "họp", day
        if opened is not None and kind is not None:
            return kind, opened
    kind = kind or weak
    return kind, opened or announced or _congress_day(reader, kind)


_AHEAD = re.compile(r"\b(?:dự kiến|sẽ|sắp)\b")
_AGENDA = re.compile(r"\W*(?:lịch (?:công tác|làm việc|họp|tiếp (?:công dân|dân|xúc))|thư mời|giấy mời|thể lệ)\b", re.I)


def _is_ahead(reader: Reader, surface: str, day: dt.date | None) -> bool:
    """'Lễ ra quân sẽ diễn ra ngày 16/7', posted before: a meeting to come is not the article's."""
    published = reader.reading.article.published
    return day is not None and published is not None and day > published and _AHEAD.search(surface) is not None


# The day behind what was held: 'công bố tại hội nghị sáng 19/3', 'cuộc giao ban tháng 5 … sáng 17/5 dành trọn cho'
_BESIDE = re.compile(
    r"\b(?:tại|trong|ở|qua|cuộc|buổi|phiên)\b[^.;:“\"]{0,40}?"
    r"\b(?:hội nghị|cuộc họp|phiên họp|giao ban|buổi làm việc|làm việc|đại hội|lễ|khảo sát|kiểm tra|thẩm định|giám sát"
    r"|hội thảo|tọa đàm|đối thoại|kỳ họp)\b[^.;:“\"]{0,160}?\b(?:vào\s+)?(?:sáng|chiều|tối|ngày)\s+(?=\d)",
    re.I,
)
_AT_HEAD = 4  # sentences
_LATELY = 3  # days


def _told_beside(reader: Reader, sentence: Sentence, number: int) -> dt.date | None:
    """The day right before the posting that a first sentence names behind what was held."""
    published = reader.reading.article.published
    beside = _BESIDE.search(reader.text, sentence.start, sentence.end)
    if published is None or beside is None or number > _AT_HEAD:
        return None
    item = next((item for item in sentence.items if item.type == "time" and item.end > beside.end()), None)
    day = _single_day(item) if item is not None and item.start <= beside.end() else None
    return day if day is not None and 0 <= (published - day).days <= _LATELY else None


def _is_paper(surface: str) -> bool:
    """'Ngày 5/7, UBND tỉnh ban hành kế hoạch …': the day of a paper is not the meeting's."""
    told = _PAPER.match(surface)
    return told is not None and _EVENT.search(told.group()) is None


def _first_day(sentence: Sentence, *, said: bool, long: bool = False) -> dt.date | None:
    """The first single day among the first words of a sentence."""
    return next((day for item in sentence.items[:30] if (day := _single_day(item, said=said, long=long))), None)


def _single_day(item: Item, *, said: bool = True, long: bool = False) -> dt.date | None:
    """The day that a time names, or the first of a few if what is held may be ``long``.

    'hôm nay' counts only if it is known when that was ``said``.
    """
    if (
        item.type != "time"
        or item.value not in (("date", "relative") if said else ("date",))
        or item.data.until
        or item.data.since
    ):
        return None
    start: dt.date | None = item.data.period.start
    end: dt.date | None = item.data.period.end
    last = _DAYS_LONG if long else 0
    return start if start is not None and end is not None and 0 <= (end - start).days <= last else None


def _opening_day(reader: Reader, sentence: Sentence) -> dt.date | None:
    """The day a sentence opens with: 'Sáng 19/5, UBND xã …', '(BNO) - Chiều 6/6, Hội …', 'Sáng nay (26/9), đoàn …'."""
    prefix = _PREFIX.match(reader.text, sentence.start, sentence.end)
    begins = prefix.end() if prefix else sentence.start
    said = reader.reading.article.published is not None
    opened = False
    for item in sentence.items[:14]:
        if item.type != "time":
            continue
        if not opened and item.start > max(begins, sentence.start) + 1:
            return None
        opened = True
        if said or item.value != "relative":  # 'Hôm nay, hồi 8 giờ ngày 22/9/2021': which day that was comes behind
            long = _SITTING.search(reader.text, sentence.start, sentence.end) is not None
            return _single_day(item, said=said, long=long)
    return None


def _led_in(reader: Reader, sentence: Sentence) -> bool:
    """'Sau nửa tháng đi cơ sở, chiều 19/10, đoàn …': the day stands behind the clause, at the head of the next."""
    comma = reader.text.find(",", sentence.start, sentence.end)
    day = next((item for item in sentence.items if item.type == "time" and item.start > comma), None)
    return comma > 0 and day is not None and day.value == "date" and day.start - comma < _LED_IN


def _acted(sentence: Sentence) -> bool:
    """Does somebody act in the sentence: an organ, or a person of rank?"""
    return any(item.type in ("organ", "person") for item in sentence.items)


def _near(reader: Reader, day: dt.date) -> bool:
    published = reader.reading.article.published
    return published is not None and -1 <= (published - day).days <= _LATEST


def _congress_day(reader: Reader, kind: str | None) -> dt.date | None:
    """A party congress opens the term that it is named after: 'Ngày 24/7 … Đại hội …, nhiệm kỳ 2025 - 2030'."""
    if kind != "đại hội" or reader.reading.article.published is not None:
        return None
    head = reader.text[:1200].lower()
    term, day = _TERM.search(head), _BARE_DAY.search(head)
    if term is None or day is None:
        return None
    try:
        return dt.date(int(term[1]), int(day[2]), int(day[1]))
    except ValueError:
        return None


def chairs_of(reader: Reader) -> list[Chair]:
    """Who chaired, in the order named."""
    text, tokens = reader.text, reader.reading.tokens
    chairs: dict[str, Chair] = {}
    persons = reader.reading.names.persons

    def starts(person: PersonName) -> int:
        return tokens.starts[person.first]

    for number, sentence in enumerate(reader.reading.sentences):
        surface = text[sentence.start : sentence.end]
        inside = [person for person in persons if sentence.start <= starts(person) < sentence.end]
        if not inside:
            continue
        for match in _CHAIRED.finditer(surface.lower()):
            at = sentence.start + match.start()
            before = [person for person in inside if starts(person) < at]
            after = [person for person in inside if starts(person) > at]
            behind = _OF_CHAIR.match(surface, match.end())
            named_behind = behind is not None and behind.group().strip() in ("của", ":") and after
            chosen = before if before and not named_behind else after
            for person in _together(text, chosen, at, tokens.starts):
                chairs.setdefault(person.name, Chair(name=person.name, role=person.role))
        if not chairs and (at_work := _AT_WORK.match(surface)) and not at_work["spoke"]:
            leader = next((person for person in inside if starts(person) >= sentence.start + at_work.end()), None)
            if leader is not None and leader.role:
                chairs[leader.name] = Chair(name=leader.name, role=leader.role)
        if not chairs and number < 6 and sentence.kind not in ("caption",):
            worked = _WORKED.search(surface)
            if worked and not (worked["visit"] and _DELEGATION.search(surface, 0, worked.start())):
                before = [person for person in inside if starts(person) < sentence.start + worked.start()]
                if before:
                    first = before[0]
                    chairs[first.name] = Chair(name=first.name, role=first.role)
    return list(chairs.values())


def _together(text: str, chosen: list[PersonName], at: int, starts: list[int]) -> list[PersonName]:
    """Those who chair together; people said only to attend are left out."""
    kept: list[PersonName] = []
    for person in chosen:
        begin, end = sorted((starts[person.first], at))
        if re.search(r"\b(tham dự|cùng dự|dự họp|tham gia|báo cáo|trình bày|với sự)\b", text[begin:end]):
            continue
        kept.append(person)
    return kept
