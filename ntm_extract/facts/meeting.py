"""The meeting an article reports: its day, its kind, who chaired."""

from __future__ import annotations

import datetime as dt
import re

from ntm_extract.facts.frame import Reader
from ntm_extract.match.names import PersonName
from ntm_extract.model import Chair, Meeting

_KINDS = re.compile(
    "|".join(
        (
            "hội nghị trực tuyến", "hội nghị", "phiên họp", "cuộc họp", "buổi họp", "họp", "buổi làm việc",
            "cuộc làm việc", "làm việc", "lễ công bố", "lễ đón", "lễ trao", "lễ ra mắt", "buổi lễ", "lễ", "đại hội",
            "hội thảo", "tọa đàm", "kỳ họp", "kiểm tra", "thẩm định", "khảo sát", "ra quân",
        )
    )
)  # fmt: skip
_HELD = re.compile(r"tổ chức|diễn ra|chủ trì|có buổi|có cuộc|họp|làm việc|dự|kiểm tra|thẩm định|khai mạc|triển khai|đã")
_CHAIRED = re.compile(r"chủ trì|chủ tọa|chủ toạ")
_OF_CHAIR = re.compile(r"\s*(?:của|có|:|là|gồm|buổi|cuộc|hội|phiên)")
_WORKED = re.compile(
    r"(?:đã\s+)?(?:có\s+|chủ trì\s+)?(?:buổi|cuộc)\s+làm việc"
    r"|(?:đã\s+)?(?:đến\s+)?làm việc (?:với|tại)|làm trưởng đoàn"
    r"|(?:đã\s+)?(?:đi\s+)?kiểm tra (?:tiến độ|tình hình|thực tế|công tác|việc)"
)


def read_meeting(reader: Reader) -> Meeting | None:
    """Meeting of the article, or None if it reports none."""
    kind, day = _occasion(reader)
    chairs = chairs_of(reader)
    if kind is None and not chairs:
        return None
    return Meeting(date=day, kind=kind, chairs=tuple(chairs))


def _occasion(reader: Reader) -> tuple[str | None, dt.date | None]:
    """Kind and day from the first sentences that tell of it; a date counts only beside the meeting."""
    text = reader.text
    kind: str | None = None
    for number, sentence in enumerate(reader.reading.sentences):
        if number > 9:
            break
        if sentence.kind in ("dateline", "byline", "caption"):
            continue
        surface = text[sentence.start : sentence.end].lower()
        found = _KINDS.search(surface)
        if not found:
            continue
        if kind is None and sentence.kind != "title" and _HELD.search(surface):
            kind = found.group()
        for item in sentence.items[:30]:
            if item.type == "time" and item.value == "date":
                start = item.data.period.start
                if start and start == item.data.period.end and _HELD.search(surface):
                    return found.group(), start
    return kind, None


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
            chosen = before if before and not (behind and behind.group().strip() == "của") else after
            for person in _together(text, chosen, at, tokens.starts):
                chairs.setdefault(person.name, Chair(name=person.name, role=person.role))
        if not chairs and number < 6 and sentence.kind not in ("caption",):
            worked = _WORKED.search(surface)
            if worked:
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
