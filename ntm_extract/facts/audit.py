"""The arithmetic audit: what an article says twice and not the same both times.

Each check takes two statements that stand close together and of which one follows from the other: N of M and its
percentage, a number and the list that it announces, M - N and 'còn k', groups and their total, a sum and its parts,
a date and its weekday. Only what cannot be read in another way is reported: numbers count within their rounding and
hedges, lists within the ways to divide them, and where a sentence leaves room the audit is silent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ntm_extract.facts.arithmetic import Arithmetic
from ntm_extract.facts.figures import Figure, Page
from ntm_extract.facts.frame import Reader
from ntm_extract.facts.listings import Listings
from ntm_extract.model import Check, Meeting
from ntm_extract.values import TimeMention

# Parts of a page in which nothing is counted.
_UNREAD = frozenset({"masthead", "dateline", "byline"})
_MOST_FIGURES = 300  # a line with more is no prose


def audit(reader: Reader, meeting: Meeting | None = None) -> list[Check]:
    """What does not add up in one article, in its order.

    Parameters
    ----------
    reader: the article as read; dates are compared with its posting date, if it has one.
    meeting: the meeting that was found in it.

    Returns
    -------
    One check a contradiction, quoting both sides, or the later of the two where they stand far apart. ``kind`` is
    one of share, list_length, remainder, bands, average, parts, weekday, posting, periods; ``evidence.rule`` is
    'audit.' and the kind.
    """
    page = Page(reader)
    _Calendar(page).check(meeting)
    arithmetic, listings = Arithmetic(page), Listings(page)
    for figures in _iter_lines(reader):
        if len(figures) > _MOST_FIGURES:
            continue
        for at, figure in enumerate(figures):
            listings.check(figures, at, figure)
        arithmetic.check(figures)
    seen: dict[tuple[str, str], Check] = {}
    for check in sorted(page.found, key=lambda check: (check.evidence.start, check.kind)):
        seen.setdefault((check.kind, check.evidence.text), check)  # captions repeat the text
    return list(seen.values())


def _iter_lines(reader: Reader) -> Iterator[list[Figure]]:
    """The figures of each line."""
    lines: dict[int, list[Figure]] = {}
    for place, sentence in enumerate(reader.reading.sentences):
        if sentence.kind not in _UNREAD:
            figures = lines.setdefault(sentence.line, [])
            for at, item in enumerate(sentence.items):
                if item.number is not None:
                    figures.append(Figure(item, item.number, sentence, at, place, item.start, item.end))
    yield from lines.values()


# ------------------------------------------------------------------ words: dates

_WEEKDAY = re.compile(r"(?:thứ\s*(?P<name>hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|(?P<sunday>chủ\s*nhật))(?!\w)")
_WEEKDAYS = {"hai": 0, "ba": 1, "tư": 2, "năm": 3, "sáu": 4, "bảy": 5, "bẩy": 5} | {str(n): n - 2 for n in range(2, 8)}
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# A weekday may open a line or follow these; behind other words 'thứ hai' is a rank ('lần thứ hai').
_BEFORE_WEEKDAY = re.compile(r"(?:^|[,(\[|:;.\-–]|\b(?:sáng|trưa|chiều|tối|đêm|hôm|vào|ngày|nay|lúc|qua))\s*$")
_ANNOUNCED = re.compile(r"\b(?:sẽ|tới(?! dự)|dự kiến|chuẩn bị|sắp|thông báo|mời|dự định|lịch)\b")
_MONTHS = re.compile(r"(?:\d{1,2}|ba|bảy|tám|chín|mười) tháng(?! cuối)")
_NOT_OF_REPORT = re.compile(r"so với|cùng kỳ|\bước\b|dự kiến|\bhơn\b")


class _Calendar:
    """Checks of dates: weekdays, the day of posting, the months that a report is of."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def check(self, meeting: Meeting | None) -> None:
        """Tell the page of dates that cannot be."""
        reading = self._page.reader.reading
        published = reading.article.published
        late = meeting.date if meeting and meeting.date and published and meeting.date > published else None
        months: list[tuple[int, int, TimeMention]] = []
        for mention in reading.times:
            start, end = mention.period.start, mention.period.end
            if start is None or end is None:
                continue
            if mention.kind == "date" and start == end:
                if published is not None or not mention.anchored:
                    self._weekday(mention, start.weekday())
                if start == late:
                    late = None
                    if self._is_past(mention):
                        self._page.tell(
                            "posting", f"held on {start}, posted on {published}", mention.start, mention.end
                        )
            elif mention.kind == "month" and (start.month, start.day) == (1, 1) and self._of_report(mention):
                months.append((end.year, end.month, mention))
        for (year, month, _), (other_year, other_month, mention) in pairwise(months):
            if year == other_year and abs(month - other_month) == 1 and 6 not in (month, other_month):
                said = f"{month} months in one place, {other_month} in the next"
                self._page.tell("periods", said, mention.start, mention.end)
                break

    def _weekday(self, mention: TimeMention, weekday: int) -> None:
        names = list(_WEEKDAY.finditer(self._page.low, mention.start, mention.end))
        if len(names) != 1:
            return
        line = self._page.low.rfind("\n", 0, names[0].start()) + 1
        if not _BEFORE_WEEKDAY.search(self._page.low[max(line, names[0].start() - 12) : names[0].start()]):
            return
        said = 6 if names[0]["sunday"] else _WEEKDAYS[names[0]["name"]]
        if said != weekday:
            day = f"{mention.period.start} is a {_DAY_NAMES[weekday]}"
            self._page.tell("weekday", f"{day}, not a {_DAY_NAMES[said]}", mention.start, mention.end)

    def _is_past(self, mention: TimeMention) -> bool:
        """Is the meeting told as held, not announced?"""
        sentence = next(
            (one for one in self._page.reader.reading.sentences if one.start <= mention.start < one.end), None
        )
        return sentence is not None and not _ANNOUNCED.search(self._page.low, sentence.start, sentence.end)

    def _of_report(self, mention: TimeMention) -> bool:
        """'8 tháng đầu năm' as the time that a report is of."""
        line = self._page.low.rfind("\n", 0, mention.start) + 1
        before = self._page.low[max(line, mention.start - 18) : mention.start]
        return bool(_MONTHS.match(mention.period.text.lower())) and not _NOT_OF_REPORT.search(before)
