"""Numbers and periods of Vietnamese district news: from the written form to a value.

Pure functions over a text. They read a lower-cased copy of the same length (dashes and no-break spaces
made plain), so every offset is an offset of the text given. What a number counts and what a period is the
deadline of is for the caller to judge.

Conventions that callers rely on:

- ``end`` of a period is its last day: 'quý I năm 2024' ends on 2024-03-31.
- A mention starts at the word that changes its meaning ('trước', 'sau', 'từ', 'đến', 'hết', 'chậm nhất',
  'kể từ', 'tính đến') or at the hour, part of the day or weekday in front of a date ('17h ngày 30/11',
  'Sáng nay 8/4/2021', 'Thứ Ba, 12/06/2018'). A plain 'vào', 'trong', 'tại', 'khoảng' in front is left out,
  except where nothing else is there ('trong năm', 'trong nhiệm kỳ').
- 'đến …', 'hết …' and 'trước …' alone have no first day; 'từ …' and 'sau …' alone have no last day.
- Parts of a year: đầu năm is its first quarter, giữa năm the second, cuối năm the last; parts of a month
  are its thirds (1-10, 11-20, 21-end). Nửa, '6 tháng' and 'những tháng' đầu/cuối năm are halves.
- A school year runs from 1 September to 31 May.
"""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ntm_extract.model import Period
from ntm_extract.orthography import lower_case

__all__ = [
    "MAGNITUDE",
    "Number",
    "TimeMention",
    "iter_numbers",
    "iter_times",
    "magnitude",
    "parse_number",
    "parse_posting_date",
    "parse_time",
]

Qualifier = Literal["exact", "over", "under", "about"]
TimeKind = Literal["date", "month", "quarter", "half", "year", "stage", "term", "relative", "vague", "recurrence"]


@dataclass(frozen=True, slots=True)
class Number:
    """One number, range or fraction as written.

    Offsets are into the text given. Of '52 xã/136 xã' one number is returned: value 52, total 136, with
    ``end`` and ``unit_start`` behind the 52; the 136 is not returned again.
    """

    start: int  # a hedge in front is included: 'hơn 331', 'ít nhất 1', 'từ 70% trở lên' starts at 'từ'
    end: int  # behind the number and its percent sign
    value: float  # lower end of a range, numerator of a fraction
    max: float | None  # upper end of a range
    total: float | None  # denominator of a fraction
    qualifier: Qualifier
    floor: bool  # ít nhất, tối thiểu, không dưới, … trở lên
    ceiling: bool  # không quá, tối đa, dưới, … trở xuống
    percent: bool
    words: bool  # written in letters
    unit_start: int  # just behind the number: a unit may begin here, glued or after a space


@dataclass(frozen=True, slots=True)
class TimeMention:
    """One mention of a time; ``period`` has no days where the text or the missing anchor gives none."""

    start: int
    end: int
    period: Period
    kind: TimeKind
    until: bool  # 'đến', 'hết', 'trước', 'chậm nhất': the end counts ('đến nay' is no such end)
    since: bool  # 'từ', 'kể từ', 'sau'
    anchored: bool  # the days depend on the anchor, whether or not one was given


# ------------------------------------------------------------------ shared


def _plain(text: str) -> str:
    """Lower case, one kind of dash and of space, one spelling of the words that matter here; same length."""
    low = lower_case(text)
    for odd, usual in _PLAIN:
        low = low.replace(odd, usual)
    return low


_PLAIN = (
    *((dash, "-") for dash in "–—‐‑‒−"),
    *((space, " ") for space in "\xa0\t\u2009\u202f\u3000"),
    ("\r", "\n"),
    ("quí", "quý"),
    ("nhiệm kì", "nhiệm kỳ"),
    ("định kì", "định kỳ"),
    ("thời kì", "thời kỳ"),
    ("hằng", "hàng"),
    ("khoá", "khóa"),
    ("bẩy", "bảy"),
)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _rx(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in which a space stands for one or more spaces and '~' for any number of them."""
    return re.compile(pattern.replace(" ", "[ ]+").replace("~", "[ ]*"))


def _words_before(low: str, at: int, floor: int = 0) -> list[str]:
    """Words of the same line in front of an offset, back to ``floor`` and at most 36 characters."""
    return low[max(floor, at - 36) : at].rpartition("\n")[2].split()


# Nouns that a numeral counts. They tell '5/10 chỉ tiêu' from a day, and 'năm xã' (five) from 'năm' (year).
_UNIT_NOUN = (
    r"xã|huyện|tỉnh|phường|thị (?:xã|trấn)|thành phố|quận|đặc khu|thôn|xóm|ấp|bản|buôn|làng|khóm|khối|khu|tổ|"
    r"đơn vị|địa phương|cụm"
)
_COUNTED_NOUN = (
    _UNIT_NOUN + r"|tiêu chí|chỉ tiêu|chỉ số|tc|ct|hộ|gia đình|người|mô hình|công trình|công dân|công nhân|công đoàn|"
    r"dự án|sản phẩm|htx|tht|hợp tác|tổ hợp|trường|tuyến|cây|con|nhà|ngôi|căn|vườn|trạm|chợ|cơ sở|doanh nghiệp|"
    r"lao động|tập thể|cá nhân|cán bộ|đảng viên|chi bộ|hội viên|thành viên|đại biểu|đồng chí|phiếu|ý kiến|nội dung|"
    r"nhiệm vụ|giải pháp|nhóm|lĩnh vực|sao|điểm|lượt|lớp|buổi|cuộc|suất|phần quà|cầu|kênh|đoạn|giếng|bộ|chiếc|máy|"
    r"xe|giường|phòng|khẩu|nhân khẩu|đoàn|công ty|hồ|đập|ao|lần|nghị quyết|văn bản|thủ tục|hồ sơ|đề án|kế hoạch|"
    r"chuỗi|vùng|trang trại|gia trại|nhân viên|học sinh|giáo viên|bác sĩ|thửa|lô|mẫu|sào|hạng mục|phong trào|đợt|vụ"
)
_MEASURE = (
    r"km2?|m[23²³]?|ha|tấn|tạ|yến|kg|g|lít|cm|mm|lm|md|kw|kwh|đồng|tỷ|tỉ|triệu|nghìn|vạn|trăm|chục|usd|"
    r"ngàn|năm|tháng|ngày|tuần|quý|giờ|phút|%"
)
_COUNTED = _rx(rf"~(?:{_COUNTED_NOUN})(?![^\W\d_])")
_UNIT = _rx(rf"~(?:{_COUNTED_NOUN}|{_MEASURE})(?![^\W\d_])|~%")

# ------------------------------------------------------------------ times: the words

_Y = r"(?:19|20)\d\d(?!\d)"
_DOTTED = r"(?:(?:19|20)\d\d|2\.0\d\d)(?!\d)"  # 'tháng 6/2.025' is met in print
_DAYPART = r"(?:rạng sáng|sáng|trưa|chiều|tối|đêm|khuya)"
_WEEKDAY = r"(?:thứ~(?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật)(?![^\W_])"
_CLOCK = r"\d{1,2}(?:~(?:h|giờ|g(?=\d))(?![^\W\d])~(?:\d{1,2}(?![\d/-]|[.,]\d))?(?:~phút|')?|:\d\d(?::\d\d)?)(?![^\W_])"
_LIST = r"(?:,|và|-|&|đến|hoặc)"
_OF_YEAR = (
    rf"(?:~(?:/|-|\.(?=\d)|[,(]?~(?:của )?năm)~(?P<y>{_DOTTED})"
    r"|,?~(?:của )?năm (?P<rel>nay|này|tới|sau|ngoái|trước(?! đó))(?![^\W\d_]))"
)
_SHIFT = {"nay": 0, "này": 0, "tới": 1, "sau": 1, "ngoái": -1, "trước": -1}
_QUARTER = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "một": 1, "nhất": 1, "hai": 2, "ba": 3, "tư": 4, "bốn": 4}
_MONTH_WORD = {
    w: n
    for n, ws in enumerate(
        ("một", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười", "mười một", "mười hai"), 1
    )
    for w in (ws,)
}
_SMALL = {"một": 1, "hai": 2, "ba": 3, "bốn": 4, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9, "mười": 10}

Days = tuple[dt.date | None, dt.date | None]
Day = tuple[int, int]  # month and day; day 0 is the month's last


@dataclass(slots=True)
class _Core:
    """A time without its preposition and, where its year is unsaid, without its year."""

    start: int
    end: int
    kind: TimeKind
    first: Day | None = None
    last: Day | None = None
    year: int | None = None  # of the last day
    first_year: int | None = None  # of the first day, where it is another
    shift: int = 0  # years from the anchor's, where the year is unsaid
    relative: Callable[[dt.date], Days] | None = None
    wide: bool = False  # names a first and a last part itself: '2021-2025', 'ngày 12-14/4'
    now: bool = False
    until: bool = False
    part: str = ""  # đầu, giữa, cuối


def _day(year: int, day: Day) -> dt.date:
    return dt.date(year, day[0], day[1] or monthrange(year, day[0])[1])


def _add_months(day: dt.date, months: int) -> dt.date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


# ------------------------------------------------------------------ times: rules, by the word they begin with

_Build = Callable[["re.Match[str]", str], "_Core | None"]


def _year_of(m: re.Match[str]) -> tuple[int | None, int]:
    """Year named, or else years from the anchor's."""
    groups = m.groupdict()
    if groups.get("y"):
        return int(groups["y"].replace(".", "")), 0
    return None, _SHIFT.get(groups.get("rel") or "nay", 0)


def _two_digit_year(written: str | None) -> int | None:
    return None if not written else int(written) if len(written) == 4 else 2000 + int(written)


def _date(m: re.Match[str], low: str) -> _Core | None:
    groups = m.groupdict()
    month, day, day2 = int(m["m"]), int(m["d"]), int(groups.get("d2") or m["d"])
    year = _two_digit_year(m["y"])
    if not (1 <= month <= 12 and 1 <= day <= day2 <= monthrange(year or 2000, month)[1]):
        return None
    end = m.end()
    if "(" in m[0] and low[end : end + 1] == ")":
        end += 1
    return _Core(m.start(), end, "date", (month, day), (month, day2), year, wide=day2 > day)


def _day_of_month(m: re.Match[str], _low: str) -> _Core | None:
    """'ngày 15' alone: the month that puts it nearest to the anchor; 'ngày 5 tháng sau'."""
    day = int(m["d"])
    if not 1 <= day <= 31:
        return None
    shifts = (_SHIFT[m["rel"]],) if m["rel"] else (-1, 0, 1)

    def near(anchor: dt.date) -> Days:
        months = (_add_months(anchor.replace(day=1), k) for k in shifts)
        days = [f.replace(day=day) for f in months if day <= monthrange(f.year, f.month)[1]]
        best = min(days, key=lambda d: abs((d - anchor).days), default=None)
        return best, best

    return _Core(m.start(), m.end(), "date", relative=near)


def _days_off(days: int) -> Callable[[dt.date], tuple[dt.date, dt.date]]:
    return lambda anchor: (anchor + dt.timedelta(days), anchor + dt.timedelta(days))


def _near_day(m: re.Match[str], _low: str) -> _Core:
    shift = {"nay": 0, "qua": -1, "mai": 1, "kia": -2}[m["near"]]
    return _Core(m.start(), m.end(), "relative", relative=_days_off(shift))


def _month(m: re.Match[str], _low: str) -> _Core | None:
    groups = m.groupdict()
    month = _MONTH_WORD[" ".join(m["mw"].split())] if groups.get("mw") else int(m["m"])
    month2 = int(groups.get("m2") or month)
    if groups.get("m2") and month2 <= month:
        return _Core(m.start(), m.end("m"), "month", (month, 1), (month, 0))
    year, shift = _year_of(m)
    core = _Core(m.start(), m.end(), "month", (month, 1), (month2, 0), year, shift=shift, wide=month2 > month)
    side = groups.get("side")
    if side and year is None:
        ahead = side in ("tới", "sắp tới")

        def nearest(anchor: dt.date) -> tuple[dt.date, dt.date]:
            year = anchor.year
            if side != "này":
                year += (ahead and month < anchor.month) - (not ahead and month > anchor.month)
            return _day(year, (month, 1)), _day(year, (month2, 0))

        core.relative = nearest
    return core


def _lunar(m: re.Match[str], _low: str) -> _Core:
    return _Core(m.start(), m.end(), "vague")


def _quarter(m: re.Match[str], _low: str) -> _Core | None:
    first = _QUARTER.get(m["q"]) or int(m["q"])
    last = first if not m["q2"] else _QUARTER.get(m["q2"]) or int(m["q2"])
    if last < first:
        return _Core(m.start(), m.end("q"), "quarter", (3 * first - 2, 1), (3 * first, 0))
    year, shift = _year_of(m)
    return _Core(m.start(), m.end(), "quarter", (3 * first - 2, 1), (3 * last, 0), year, shift=shift, wide=last > first)


def _months_of_year(m: re.Match[str], _low: str) -> _Core | None:
    """'6 tháng đầu năm', 'những tháng cuối năm', 'nửa đầu năm', '8 tháng năm 2022'."""
    written = m.groupdict().get("n")
    count = 6 if not written else _SMALL.get(written) or int(written)
    if not 1 <= count <= 12:
        return None
    year, shift = _year_of(m)
    first, last = (13 - count, 12) if m.groupdict().get("part") == "cuối" else (1, count)
    kind: TimeKind = "half" if count == 6 else "month"
    return _Core(m.start(), m.end(), kind, (first, 1), (last, 0), year, shift=shift)


def _months_so_far(m: re.Match[str], low: str) -> _Core | None:
    """'báo cáo kết quả 8 tháng', 'Trong 8 tháng, …': from the beginning of the year, not a duration."""
    words = _words_before(low, m.start())
    before = words[-1] if words else ""
    if before in _REPORTED or (before == "trong" and low[m.end() : m.end() + 1] == ","):
        return _months_of_year(m, low)
    return None


_REPORTED = _set("quả cáo kết vụ tác hình ntm")


def _years(kind: TimeKind) -> _Build:
    def build(m: re.Match[str], _low: str) -> _Core | None:
        first, last = int(m["y1"]), int(m["y2"])
        if not first < last <= first + 60:
            return None
        return _Core(m.start(), m.end(), kind, (1, 1), (12, 0), last, first, wide=True)

    return build


def _school_year(m: re.Match[str], _low: str) -> _Core | None:
    first, last = int(m["y1"]), int(m["y2"])
    if last != first + 1:
        return None
    return _Core(m.start(), m.end(), "stage", (9, 1), (5, 0), last, first)


def _year(m: re.Match[str], _low: str) -> _Core:
    year, shift = _year_of(m)
    return _Core(m.start(), m.end(), "year" if year else "relative", (1, 1), (12, 0), year, shift=shift)


def _this_year(m: re.Match[str], _low: str) -> _Core:
    """'cuối năm', 'hết năm' with the anchor's year; the part is applied by the caller."""
    return _Core(m.start(), m.end(), "year", (1, 1), (12, 0))


def _now(m: re.Match[str], _low: str) -> _Core:
    return _Core(m.start(), m.end(), "vague", relative=lambda anchor: (None, anchor), now=True)


def _vague(m: re.Match[str], _low: str) -> _Core:
    return _Core(m.start(), m.end(), "vague")


def _recurrence(m: re.Match[str], _low: str) -> _Core:
    return _Core(m.start(), m.end(), "recurrence")


def _stretch(m: re.Match[str], _low: str) -> _Core:
    """'5 năm qua', '3 tháng tới': from or to the anchor."""
    written = m["n"]
    count = _SMALL.get(written) or int(written)
    unit = m["unit"]
    sign = 1 if m["side"] in ("tới", "nữa", "tiếp theo", "sắp tới") else -1

    def relative(anchor: dt.date) -> tuple[dt.date, dt.date]:
        if unit in ("năm", "tháng", "quý"):
            other = _add_months(anchor, sign * count * {"năm": 12, "quý": 3, "tháng": 1}[unit])
        else:
            other = anchor + dt.timedelta(sign * count * (7 if unit == "tuần" else 1))
        return (anchor, other) if sign > 0 else (other, anchor)

    return _Core(m.start(), m.end(), "relative", relative=relative)


def _near_stretch(m: re.Match[str], _low: str) -> _Core:
    """'tháng này', 'quý tới', 'tuần sau', 'tháng trước'; alone behind a part ('cuối tháng'), the running one."""
    unit, shift = m["unit"], _SHIFT[m.groupdict().get("rel") or "này"]

    def relative(anchor: dt.date) -> tuple[dt.date, dt.date]:
        if unit == "tuần":
            monday = anchor - dt.timedelta(anchor.weekday() - 7 * shift)
            return monday, monday + dt.timedelta(6)
        months = 3 if unit == "quý" else 1
        first = _add_months(dt.date(anchor.year, (anchor.month - 1) // months * months + 1, 1), shift * months)
        return first, _add_months(first, months) - dt.timedelta(1)

    return _Core(m.start(), m.end(), "relative", relative=relative)


_CLOCK_RX = _rx(_CLOCK)
_DM = (
    r"(?P<d>\d{1,2})~(?:[/.-]|tháng)~(?P<m>\d{1,2})(?!\d)"
    rf"(?:~(?:[/.-]|[,(]?~năm)~(?P<y>{_Y}|\d\d(?![\d/.,%])))?(?![/-]?\d)"
)
_FRONT = (
    rf"(?:{_CLOCK}~[,|-]?~)?(?:{_DAYPART}~,?~)?(?:(?:hôm )?(?:nay|qua)~[,(]?~)?(?:{_WEEKDAY}~[,(]?~)?(?:{_DAYPART}~)?"
    r"(?:(?:hai |ba |[23] |ngày )?ngày~:?~)?"  # 'ngày ngày 23/9' is a slip that is met in print
)
_CUED_DAYS = _rx(
    rf"{_FRONT}(?P<d>\d{{1,2}})(?:~,~\d{{1,2}}){{0,6}}~(?:,|-|và|đến)~(?:ngày )?(?P<d2>\d{{1,2}})~(?:/|-|tháng)~"
    rf"(?P<m>\d{{1,2}})(?!\d)(?:~(?:[/-]|[,(]?~năm)~(?P<y>{_Y}))?(?![/-]?\d)"
)
_CUED_DAY = _rx(_FRONT + _DM)
_NEAR_DAY = _rx(rf"(?:{_DAYPART}|hôm|ngày(?: hôm)?) (?P<near>nay|qua|mai)(?![^\W\d_])")
_DAY_ALONE = _rx(
    rf"(?:{_CLOCK}~,?~)?(?:{_DAYPART} )?ngày~(?P<d>\d{{1,2}})(?![\d/%-])"
    r"(?:(?=~(?:[,.;:)\n]|$)(?!\d))| tháng (?P<rel>này|tới|sau|trước)(?![^\W\d_]))"
)
_RECURRENCE = _rx(
    rf"(?:{_CLOCK}~)?(?:{_DAYPART} )?(?:các )?(?:(?:ngày )?{_WEEKDAY}(?:~{_LIST}~(?:{_WEEKDAY}|[2-7](?!\d))){{0,6}}~,?~"
    rf"|ngày~\d{{1,2}}(?:/\d{{1,2}})?(?:~{_LIST}~(?:ngày~)?\d{{1,2}}(?:/\d{{1,2}})?){{0,6}}~,?~(?:của )?)?"
    r"(?:hàng|mỗi|từng) (?:ngày|tuần|tháng|quý|năm)(?![^\W\d_])(?:~,~(?:hàng )?(?:tuần|tháng|quý|năm)(?![^\W\d_]))*"
)
_PERIODIC = _rx(
    r"định kỳ(?: (?:hàng|mỗi|theo|vào|\d{1,2}|một|hai|ba|sáu))? (?:ngày|tuần|tháng|quý|năm)(?![^\W\d_])"
    r"(?:~/~(?:\d~)?lần| (?:một|1) lần)?"
)
_PER_TIME = _rx(
    r"\d{1,2} (?:ngày|tuần|tháng|quý|năm)(?:~/~(?:1~|một )?| (?:một|1) )lần(?![^\W\d_])"
    r"|\d{1,2}(?:-\d{1,2})? lần~/~(?:ngày|tuần|tháng|quý|năm)(?![^\W\d_])"
)
_MONTH_RX = _rx(
    r"tháng~(?P<m>1[0-2]|0?[1-9])(?![\d%])"
    rf"(?:~{_LIST}~(?:tháng~)?(?P<m2>1[0-2]|0?[1-9])(?![\d%])"
    rf"(?=~(?:[/.-]~(?:19|20)\d\d|,?~(?:của )?năm|[,.;:)\n](?!\d)|$)))?"
    rf"(?:{_OF_YEAR}|~(?P<side>sắp tới|tới|này|vừa qua|qua)(?![^\W\d_]))?"
)
_MONTH_WORDS = _rx(
    r"tháng (?P<mw>mười một|mười hai|mười|một|hai|ba|tư|sáu|bảy|tám|chín)"
    rf"(?:{_OF_YEAR}|(?P<side> tới| này)|(?=~(?:[,.;:)\n]|$)))"
)
_LUNAR = _rx(r"tháng (?:giêng|chạp)(?![^\W\d_])")
_NEAR_STRETCH = _rx(r"(?P<unit>tuần|tháng|quý)~(?:này|nay|(?P<rel>tới|sau|trước(?! (?:đó|khi))))(?![^\W\d_])")
_Q = r"iv|i{1,3}|[1-4](?!\d)|một|nhất|hai|ba|tư|bốn"
_QUARTER_RX = _rx(
    rf"quý~(?P<q>{_Q})(?![^\W_])(?:~{_LIST}~(?:quý~)?(?P<q2>iv|i{{1,3}}|[1-4])(?![^\W_])(?!~(?:{_COUNTED_NOUN})))?{_OF_YEAR}?"
)
_YEARS = rf"(?P<y1>{_Y})~(?:-|đến|tới)~(?:hết )?(?:năm~)?(?P<y2>{_Y})"
_SCHOOL_YEAR = _rx(rf"năm học~:?~(?P<y1>{_Y})~[-/]~(?P<y2>{_Y})")
_SCHOOL_VAGUE = _rx(r"năm học (?:này|tới|mới|sau|trước|qua)(?![^\W\d_])")
_YEAR_RANGE = _rx(rf"năm~(?P<y1>{_Y})~-~(?:năm~)?(?P<y2>{_Y})")
_YEAR_RX = _rx(rf"năm~(?:(?P<y>{_DOTTED})| (?P<rel>nay|này|tới|sau(?! đó)|ngoái|trước(?! đó)))(?![^\W_])")
_YEAR_CONTEXT = _rx(r"năm (?:qua|vừa qua|trước đó|sau đó|tiếp theo)(?![^\W\d_])")
_NEXT_YEAR = _rx(rf"~(?:,|;|và|&)~(?=(?P<y>{_Y})(?!~-~\d)(?![.,/]\d)(?!~(?:{_COUNTED_NOUN}|đồng)(?![^\W\d_])))")
_BARE_YEAR = _rx(r"năm(?!~\d| (?:học|mới|châu|thứ))(?![^\W\d_])")
_BARE_STRETCH = _rx(r"(?P<unit>tháng|quý|tuần)(?!~\d)(?![^\W\d_])(?!~(?:thứ|lễ))")
_STAGE = _rx(rf"(?:giai đoạn|thời kỳ|niên khóa)~[:(]?~(?:5 năm )?(?:từ )?(?:năm~)?{_YEARS}")
_STAGE_VAGUE = _rx(r"(?:giai đoạn|thời kỳ) (?:này|tới|sau|hiện nay|tiếp theo|sắp tới|trước|vừa qua)(?![^\W\d_])")
_TERM = _rx(rf"(?:nhiệm kỳ|nk)~[:(]?~(?:từ )?(?:năm~)?{_YEARS}")
_TERM_VAGUE = _rx(r"nhiệm kỳ (?:này|tới|sau|mới|qua|trước|vừa qua)(?![^\W\d_])")
_BARE_TERM = _rx(r"(?:nhiệm kỳ|giai đoạn)(?![^\W\d_])")
_MONTHS_OF_YEAR = _rx(
    r"(?:(?P<n>\d{1,2}|ba|sáu|bảy|tám|chín|mười) tháng|(?:những|các|mấy) tháng|nửa) (?P<part>đầu|cuối)(?: của)? năm"
    rf"(?! (?:học|mới))(?![^\W\d_])(?:~(?P<y>{_Y})| (?P<rel>nay|này|tới|sau|ngoái|trước))?"
)
_MONTHS_IN_YEAR = _rx(rf"(?P<n>\d{{1,2}}) tháng~(?:/|,?~(?:của )?năm)~(?P<y>{_Y})")
_MONTHS_SO_FAR = _rx(r"(?P<n>\d{1,2}) tháng(?=~(?:[,.;:)\n]|$|và |của ))")
_STRETCH = _rx(
    r"(?P<n>\d{1,2}|một|hai|ba|bốn|sáu|bảy|tám|chín|mười) (?P<unit>năm|tháng|quý|tuần|ngày) "
    r"(?P<side>qua|vừa qua|gần đây|trở lại đây|tới|nữa|tiếp theo|sắp tới)(?![^\W\d_])"
)
_MANY = _rx(
    r"(?:những|các|nhiều|mấy|vài|một vài) (?:năm|tháng|quý|tuần|ngày|thời gian|giai đoạn|nhiệm kỳ) "
    r"(?:qua|vừa qua|gần đây|trở lại đây|trước đây|trước đó|tới|sắp tới|tiếp theo|sau|trước)(?![^\W\d_])"
)
_FULL_DATE = _rx(
    rf"(?P<d>\d{{1,2}})~(?P<s>[/.-])~(?P<m>\d{{1,2}})~(?P=s)~(?P<y>{_Y})(?![/]\d)"
    r"|(?P<d3>\d{1,2})/(?P<m3>\d{1,2})/(?P<y3>\d\d)(?![\d/.,%])"
)
_ISO_DATE = _rx(r"(?P<y>(?:19|20)\d\d)-(?P<m>\d\d?)-(?P<d>\d\d?)(?!\d)")
_YEARS_ALONE = _rx(rf"(?P<y1>{_Y})~-~(?P<y2>{_Y})(?![./]\d)")
_YEAR_ALONE = _rx(rf"(?P<y>{_Y})(?![.,/:-]\d)(?!~%)")
_DAYS_MONTH = _rx(r"(?P<d>\d{1,2})-(?P<d2>\d{1,2})/(?P<m>\d{1,2})(?:/(?P<y>\d{4}))?(?![\d/])(?![.,]\d)")
_DAY_MONTH = _rx(r"(?P<d>\d{1,2})(?P<s>[/-])(?P<m>\d{1,2})(?![\d/%-])(?![.,]\d)(?P<y>)")
_DAY_TWO = _rx(r"(?P<d>\d{1,2})(?:~(?:,|và)~(?P<d2>\d{1,2}))~/~(?P<m>\d{1,2})/(?P<y>\d{4})")
_PERCENT_NEAR = _rx(r"~[,(]?~(?:đạt |chiếm |bằng |tỷ lệ )*\d+(?:,\d+)?~%")
_UNIT_NAME = _rx(rf"~(?:{_UNIT_NOUN}) ")
_REACHED = _set("đạt được có còn lên xuống hoàn thành xong thực hiện hơn gần trên khoảng dưới chiếm bằng chưa tổng lệ")
_DATE_PREP = _set("ngày đến trước từ vào tới sau hết tối sáng chiều")
_RUN = re.compile(r"\d+(?:[.,/:-]?\d+)*")

_DAY_RULES: tuple[tuple[re.Pattern[str], _Build], ...] = (
    (_RECURRENCE, _recurrence),
    (_CUED_DAYS, _date),
    (_CUED_DAY, _date),
    (_NEAR_DAY, _near_day),
    (_DAY_ALONE, _day_of_month),
)
_SPAN_RULES: tuple[tuple[re.Pattern[str], _Build], ...] = ((_MONTHS_OF_YEAR, _months_of_year), (_MANY, _vague))
_NOW = _rx(
    r"(?:(?:đến|tới) (?:nay|giờ(?! \d)|bây giờ|thời điểm (?:này|hiện nay|hiện tại|nay|báo cáo))|hiện nay|hiện tại|"
    r"bây giờ|ngày nay|lâu nay|(?:tại )?thời điểm (?:này|hiện nay|hiện tại))(?!\w)"
)
_VAGUE = _rx(
    r"(?:thời gian (?:sắp tới|tới đây|tới|vừa qua|gần đây|trước đây|qua)|sắp tới|tới đây|trước đây|trước mắt|vừa qua|"
    r"mới đây|gần đây|nay mai|(?:về )?lâu dài|trong tương lai(?: gần)?)(?!\w)"
)
_ADVERB_RULES: tuple[tuple[re.Pattern[str], _Build], ...] = ((_NOW, _now), (_VAGUE, _vague))
_RULES: Mapping[str, tuple[tuple[re.Pattern[str], _Build], ...]] = {
    **dict.fromkeys(("sáng", "rạng", "trưa", "chiều", "tối", "đêm", "khuya", "hôm", "thứ", "chủ"), _DAY_RULES),
    **dict.fromkeys(("hàng", "mỗi", "từng"), _DAY_RULES[:1]),
    **dict.fromkeys(("nửa", "những", "các", "nhiều", "mấy", "vài"), _SPAN_RULES),
    **dict.fromkeys(
        ("một", "hai", "ba", "bốn", "sáu", "bảy", "tám", "chín", "mười"),
        ((_MONTHS_OF_YEAR, _months_of_year), (_STRETCH, _stretch)),
    ),
    **dict.fromkeys(
        ("đến", "tới", "hiện", "bây", "lâu", "tại", "sắp", "trước", "vừa", "mới", "gần", "nay", "về", "trong"),
        _ADVERB_RULES,
    ),
    **dict.fromkeys(("giai", "niên"), ((_STAGE, _years("stage")), (_STAGE_VAGUE, _vague))),
    **dict.fromkeys(("nhiệm", "nk"), ((_TERM, _years("term")), (_TERM_VAGUE, _vague))),
    "ngày": (*_DAY_RULES, *_ADVERB_RULES),
    "thời": ((_STAGE, _years("stage")), (_STAGE_VAGUE, _vague), *_ADVERB_RULES),
    "định": ((_PERIODIC, _recurrence),),
    "tháng": ((_MONTH_RX, _month), (_MONTH_WORDS, _month), (_LUNAR, _lunar), (_NEAR_STRETCH, _near_stretch)),
    "quý": ((_QUARTER_RX, _quarter), (_NEAR_STRETCH, _near_stretch)),
    "tuần": ((_NEAR_STRETCH, _near_stretch),),
    "năm": (
        (_SCHOOL_YEAR, _school_year),
        (_SCHOOL_VAGUE, _vague),
        (_YEAR_RANGE, _years("stage")),
        (_YEAR_RX, _year),
        (_YEAR_CONTEXT, _vague),
    ),
}
# One flat alternation behind one class of characters: the regex engine skips to the class in a tight loop.
_WORD_TRIGGER = (
    r"(?:năm|ngày|tháng|quý|giai đ|thời (?:k|g|đ)|niên k|nhiệm k|nk|đến (?:n|g|b|t)|tới (?:n|đ|g|b|t)|hiện (?:n|t)|"
    r"bây g|lâu (?:n|d)|tại th|sắp t|trước (?:đ|m)|vừa q|mới đ|gần đ|nay m|về l|trong tương|rạng s|sáng|trưa|"
    r"chiều|tối|đêm|khuya|hôm|thứ|chủ n|hàng (?:n|t|q)|mỗi (?:n|t|q)|từng (?:n|t|q)|định k|tuần|nửa (?:đ|c)|"
    r"(?:những|các|nhiều|mấy|vài) (?:n|t|q|g)|(?:đầu|giữa|cuối|hết)~(?:n|t|q|g|c|\d)|"
    r"(?:một|hai|ba|bốn|sáu|bảy|tám|chín|mười) (?:th|n|q|t))"
)
_TRIGGER = _rx(rf"[\d\x20\n(\[\"“‘'/,.;:-](?:(?<=\d)|{_WORD_TRIGGER})")
_FIRST_TRIGGER = _rx(_WORD_TRIGGER)
_COUNTS_YEARS = _set("chục nhiều mấy vài những các hai ba bốn năm sáu bảy tám chín mười")
_NOT_A_BEGINNING = _set("dẫn bắt lần đứng bước đi hàng ban bước cầm khởi")
_PART = _rx(r"(đầu|giữa|cuối|hết)(?: của)?~(?=(năm|tháng|quý|tuần|nhiệm kỳ|nk|giai đoạn|(?:19|20)\d\d(?!\d)))")
_IN_IT = _rx(r"~(?:[.,;:)\n](?!\d)|$|(?:và|để|phải|sẽ|đã|đạt|có)(?!\w))")


def _by_rules(low: str, at: int, word: str) -> _Core | None:
    for pattern, build in _RULES[word]:
        m = pattern.match(low, at)
        if m:
            core = build(m, low)
            if core:
                return core
    return None


def _in_part(low: str, at: int) -> _Core | None:
    """'cuối năm 2018', 'đầu quý II', 'hết năm', 'cuối nhiệm kỳ', 'đầu 2026'."""
    m = _PART.match(low, at)
    if not m:
        return None
    part, word, inside = m[1], m[2], m.end()
    if part == "đầu" and (before := _words_before(low, at)) and before[-1] in _NOT_A_BEGINNING:
        return None
    core = None
    if word[0].isdigit():
        year = _YEAR_ALONE.match(low, inside)
        if year and not _UNIT.match(low, year.end()):
            core = _Core(inside, year.end(), "year", (1, 1), (12, 0), int(year["y"]))
    else:
        core = _by_rules(low, inside, word.split(" ", 1)[0])
        if core is None:
            if bare := _BARE_YEAR.match(low, inside):
                core = _this_year(bare, low)
            elif bare := _BARE_STRETCH.match(low, inside):
                core = _near_stretch(bare, low)
            elif bare := _BARE_TERM.match(low, inside):
                core = _vague(bare, low)
    if core is None or (part == "hết" and core.kind == "vague" and core.end - core.start > 12):
        return None
    core.start = at
    if part == "hết":
        core.until = True
    else:
        core.part = part
    return core


def _is_fraction(text: str, low: str, at: int, end: int, over: bool) -> bool:
    """Whether 'a/b' at ``at:end``, which could be a day, is a share; ``over``: a is greater than b."""
    words = _words_before(low, at)
    before = words[-1] if words else ""
    if before in _REACHED and (not over or before == "đạt"):
        return True
    if over:
        return False
    if _COUNTED.match(low, end) or _SHARE_OF.match(low, end):
        name = _UNIT_NAME.match(low, end)
        # 'đến 2/9 huyện Xuân Hà …' speaks of a day, 'đạt 2/9 huyện' does not
        return not (name and before in _DATE_PREP and text[name.end() : name.end() + 2].istitle())
    return bool(_PERCENT_NEAR.match(low, end))


_SHARE_OF = _rx(r"~(?:số|tổng|diện tích|dân số|quãng|chặng|lượng)(?!\w)")


def _hour_next(low: str, at: int) -> bool:
    return low[at : at + 2].lstrip(" ")[:1] in ("h", "g")


def _digits(text: str, low: str, at: int) -> tuple[_Core | None, int]:
    """A time that begins with a digit, and where to go on."""
    run = _RUN.match(low, at)
    assert run is not None  # called at a digit only
    end = run.end()
    before = low[at - 1] if at else ""
    if before and before in "/-_" and at > 1 and low[at - 2].isalnum():
        return None, end
    after = low[end : end + 2]
    if len(after) == 2 and after[0] in "/-" and after[1].isalpha():
        return None, end  # a document's number
    clock = _CLOCK_RX.match(low, at) if ":" in run[0] or _hour_next(low, end) else None
    if clock:
        for pattern, build in _DAY_RULES[:3]:
            m = pattern.match(low, at)
            if m and m.end() > clock.end() and (core := build(m, low)):
                return core, core.end
        alone = _DAY_ALONE.match(low, at)
        if alone and (core := _day_of_month(alone, low)):
            return core, core.end
        return None, max(clock.end(), at + 1)
    written = run[0]
    core = None
    if written.isdigit():
        if len(written) == 4:
            core = _year_digits(low, at)
        elif len(written) <= 2:
            nxt = low[end : end + 3].lstrip(" ")[:1]
            if nxt and nxt in "tnlq":
                for pattern, build in _AFTER_COUNT:
                    m = pattern.match(low, at)
                    if m and (core := build(m, low)):
                        break
            elif nxt and nxt in "/-.,đ":
                core = _spaced_day(low, at)
    else:
        core = _written_day(text, low, at, end)
    return (core, core.end) if core else (None, end)


_PREP_OF_YEAR = _set("đến từ tới trước sau hết nhìn mốc trong")


def _year_digits(low: str, at: int) -> _Core | None:
    m = _YEARS_ALONE.match(low, at)
    if m:
        return _years("stage")(m, low)
    m = _YEAR_ALONE.match(low, at)
    if not m or _UNIT.match(low, m.end()):
        return None
    words = _words_before(low, at)
    if not words or (words[-1] not in _PREP_OF_YEAR and words[-2:] not in _YEAR_TITLES):
        return None
    return _Core(at, m.end(), "year", (1, 1), (12, 0), int(m["y"]))


_YEAR_TITLES = (["tầm", "nhìn"], ["kế", "hoạch"], ["mục", "tiêu"])


def _spaced_day(low: str, at: int) -> _Core | None:
    m = _FULL_DATE.match(low, at) or _DAY_TWO.match(low, at)
    if not m and _words_before(low, at)[-1:] == ["từ"]:
        m = _CUED_DAYS.match(low, at)  # 'từ 12 đến 14/4'
        if m and _COUNTED.match(low, m.end()):
            return None
    return _date(m, low) if m and m.groupdict().get("d") else None


def _written_day(text: str, low: str, at: int, end: int) -> _Core | None:
    m = _YEARS_ALONE.match(low, at)
    if m:
        return _years("stage")(m, low)
    m = _ISO_DATE.match(low, at) or _FULL_DATE.match(low, at)
    if m:
        if m.groupdict().get("d3"):
            m = _CUED_DAY.match(low, at)
        return _date(m, low) if m else None
    m = _DAYS_MONTH.match(low, at)
    if m:
        if not m["y"] and _is_fraction(text, low, at, m.end(), False):
            return None
        return _date(m, low)
    m = _DAY_TWO.match(low, at)
    if m:
        return _date(m, low)
    m = _DAY_MONTH.match(low, at)
    if not m:
        return None
    over = int(m["d"]) > int(m["m"])
    words = _words_before(low, at)
    if m["s"] == "-":
        feast = bool(words) and words[-1] in _FEAST
        if not feast and (not over or _UNIT.match(low, m.end()) or (words and words[-1] in _REACHED)):
            return None
    elif _is_fraction(text, low, at, m.end(), over):
        return None
    if words and (words[-1] == "số" or (words[-1].isdigit() and words[-2:-1] == ["số"])):
        return None  # 'Nghị định số 1 20/2 018' is a number broken by spaces
    return _date(m, low)


_FEAST = _set("khánh lễ dịp niệm ngày")
_AFTER_COUNT: tuple[tuple[re.Pattern[str], _Build], ...] = (
    (_MONTHS_OF_YEAR, _months_of_year),
    (_MONTHS_IN_YEAR, _months_of_year),
    (_STRETCH, _stretch),
    (_PER_TIME, _recurrence),
    (_MONTHS_SO_FAR, _months_so_far),
)


def _cores(text: str, low: str) -> list[_Core]:
    """Every time of the text in order, without overlap, before prepositions and years are settled."""
    found: list[_Core] = []
    at = 0
    m = _FIRST_TRIGGER.match(low)
    while m or (m := _TRIGGER.search(low, at)):
        start = m.start()
        core: _Core | None
        if low[start].isdigit():
            core, at = _digits(text, low, start)
        else:
            if not low[start].isalpha():
                start += 1
            word = _SYLLABLE.match(low, start)
            assert word is not None  # the trigger ends in a word
            core, at = _word(low, start, word[0]), word.end()
        m = None
        if core is None:
            continue
        if found and core.start < found[-1].end:
            core.start = start
        found.append(core)
        at = core.end
        if core.kind == "year" and core.year:
            while more := _NEXT_YEAR.match(low, at):
                at = more.end("y")
                found.append(_Core(more.start("y"), at, "year", (1, 1), (12, 0), int(more["y"])))
    return found


_SYLLABLE = re.compile(r"[^\W\d_]+")


_PER = _set("mỗi một từng hàng")


@lru_cache(maxsize=2)
def _read(text: str) -> tuple[str, tuple[_Core, ...]]:
    """The plain copy of a text and its times; kept a moment, since numbers and times are asked for in turn."""
    low = _plain(text)
    return low, tuple(_cores(text, low))


def _word(low: str, at: int, word: str) -> _Core | None:
    if word in ("đầu", "giữa", "cuối", "hết"):
        return _in_part(low, at)
    if word not in _RULES:
        return None
    words = _words_before(low, at) if word in ("năm", "tháng", "nhiệm") else []
    before = words[-1] if words else ""
    if word == "tháng" and (before in _PER or before.isdigit() or low[at - 1 : at] == "/"):
        return None
    core = _by_rules(low, at, word)
    if word == "năm":
        counted = before in _COUNTS_YEARS or before.isdigit()
        if core and counted:
            if core.kind in ("relative", "vague"):
                return None
            if core.wide:  # 'kế hoạch 5 năm 2021-2025'
                core.start = at + len("năm")
                core.start += len(low[core.start : core.end]) - len(low[core.start : core.end].lstrip())
        if core is None and before == "trong" and (m := _BARE_YEAR.match(low, at)) and _IN_IT.match(low, m.end()):
            core = _Core(low.rindex("trong", 0, at), m.end(), "relative", (1, 1), (12, 0))
    elif word == "nhiệm" and core is None and before == "trong" and (m := _BARE_TERM.match(low, at)):
        core = _Core(low.rindex("trong", 0, at), m.end(), "vague")
    return core


# ------------------------------------------------------------------ times: prepositions, ranges, days

_PREPOSITION = _set("từ nay đến tới trước sau hết kể tính cho chậm muộn nhất là vào trong khoảng điểm thời mốc")
_STRONG = _set("từ đến tới trước sau hết kể tính chậm muộn")
_UNTIL = _set("đến tới hết chậm muộn")


@dataclass(slots=True)
class _Draft:
    start: int
    core: _Core
    words: tuple[str, ...]  # its preposition
    upto: _Core | None = None  # the second time of a range

    @property
    def end(self) -> int:
        return (self.upto or self.core).end


def _preposition(low: str, core: _Core, floor: int) -> tuple[int, tuple[str, ...]]:
    """Where the mention starts, and the words that change its meaning."""
    if core.start == floor or low[core.start - 1] != " ":
        return core.start, ()
    words = _words_before(low, core.start, floor)
    first = len(words)
    while first and words[first - 1] in _PREPOSITION:
        first -= 1
    kept = words[first:]
    if core.now and kept and kept[-1] in ("tính", "cho"):
        return low.rindex(kept[-1], 0, core.start), ()
    while kept and (kept[0] not in _STRONG or (kept[0] in ("kể", "tính", "chậm", "muộn") and not _goes_on(kept))):
        kept = kept[1:]
    if not kept:
        return core.start, ()
    at = core.start
    for word in reversed(kept):
        at = low.rindex(word, 0, at)
    return at, tuple(kept)


def _goes_on(words: list[str]) -> bool:
    """'tính đến', 'kể từ', 'chậm nhất', 'muộn nhất' and not their first word alone."""
    return len(words) > 1 and words[1] in ("đến", "tới", "từ", "nhất", "cho")


def _drafts(low: str, cores: tuple[_Core, ...]) -> list[_Draft]:
    drafts: list[_Draft] = []
    for core in cores:
        floor = drafts[-1].end if drafts else 0
        start, words = _preposition(low, core, floor)
        if drafts and _joins(low, drafts[-1], core, start, words):
            drafts[-1].upto = core
            continue
        drafts.append(_Draft(start, core, words))
    return drafts


def _joins(low: str, draft: _Draft, core: _Core, start: int, words: tuple[str, ...]) -> bool:
    """Whether a core is the second time of a range ('từ … đến …') or shares its year with the one before."""
    first = draft.core
    if draft.upto or core.kind == "recurrence" or first.kind == "recurrence":
        return False
    gap = low[draft.end : start]
    if len(gap) > 6 or "\n" in gap:
        return False
    link = words[0] if words else gap.strip()
    if not words and not (link and link in ("-", "và", ",", "&")) and not core.now:
        return False
    if words and gap.strip():
        return False
    since = "từ" in draft.words or "kể" in draft.words
    if core.now:
        return since and not gap.strip()
    if core.first is None or (first.first is None and first.relative is None):
        return False
    if since and link in ("đến", "tới", "-"):
        return not first.wide and first.kind != "vague"
    if draft.words or first.relative or core.kind != first.kind or core.kind not in ("date", "month", "quarter"):
        return False
    ordered = (first.last or (0, 0)) <= core.first
    if link not in ("đến", "tới", "-"):
        return first.year is None and core.year is not None and ordered and not (first.part or core.part)
    if first.year is not None:  # '01/01/2023 - 30/06/2023', but not an anniversary of ninety years
        return core.year is not None and 0 <= core.year - first.year <= 1
    return ordered


def _nearest(first: Day, last: Day, anchor: dt.date, ahead: bool) -> tuple[dt.date, dt.date] | None:
    """The year that puts the day nearest to the anchor; for a deadline ahead, the next one not a month past."""
    found = []
    for year in (anchor.year - 1, anchor.year, anchor.year + 1):
        if max(first[1], last[1]) <= monthrange(year, first[0])[1]:
            found.append((_day(year, first), _day(year, last)))
    if not found:
        return None
    if ahead:
        later = [pair for pair in found if pair[1] >= anchor - dt.timedelta(31)]
        return later[0] if later else None
    return min(found, key=lambda pair: abs((pair[0] - anchor).days))


def _resolve(core: _Core, anchor: dt.date | None, *, ahead: bool = False, year: int | None = None) -> tuple[Days, bool]:
    """First and last day, and whether the anchor was needed; ``year`` stands in for an unsaid one."""
    if core.relative:
        days: Days = core.relative(anchor) if anchor else (None, None)
        return _narrow(days, core.part), True
    if core.first is None or core.last is None:
        return (None, None), False
    last_year = core.year or year
    if last_year is None:
        if anchor is None:
            return (None, None), True
        if core.kind == "date":
            return _nearest(core.first, core.last, anchor, ahead) or (None, None), True
        last_year = anchor.year + core.shift
    first_year = core.first_year or last_year
    return _narrow(
        (_day(first_year, core.first), _day(last_year, core.last)), core.part
    ), core.year is None and not year


def _narrow(days: Days, part: str) -> Days:
    """The beginning, middle or end of a stretch: thirds of a month, months of a quarter, quarters of a year."""
    first, last = days
    if not part or first is None or last is None:
        return days
    length = (last - first).days + 1
    if length <= 7:
        cuts = {"đầu": (0, 1), "giữa": (2, 3), "cuối": (5, 6)}
        return first + dt.timedelta(cuts[part][0]), first + dt.timedelta(cuts[part][1])
    if length <= 31:
        cuts = {"đầu": (1, 10), "giữa": (11, 20), "cuối": (21, last.day)}
        return first.replace(day=cuts[part][0]), first.replace(day=cuts[part][1])
    months = 1 if length <= 92 else 3 if length <= 366 else 12
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    offset = {"đầu": 0, "giữa": 3 if months == 3 else (count - 1) // 2 // months * months, "cuối": count - months}[part]
    begin = _add_months(first, offset)
    return begin, _add_months(begin, months) - dt.timedelta(1)


def _settle(text: str, draft: _Draft, anchor: dt.date | None) -> TimeMention:
    """Turn a core with its preposition into a mention with its days."""
    core, upto, words = draft.core, draft.upto, draft.words
    before = "trước" in words
    after = words[:1] == ("sau",)
    from_now = words[:2] == ("từ", "nay")
    since = after or words[:1] in (("từ",), ("kể",)) or words[:2] == ("tính", "từ")
    until = core.until or before or bool(_UNTIL & set(words))
    start: dt.date | None
    end: dt.date | None
    kind = core.kind
    if upto:
        last = upto.last or (12, 0)
        over = (core.first or (0, 0)) > (last[0], last[1] or 31)  # 'từ 15/12 đến 10/1/2024' passes a new year
        shared = (upto.first_year or upto.year) if core.relative is None else None
        (start, _), needed = _resolve(core, anchor, year=shared - 1 if shared and over else shared)
        years = core.year + over if core.year and not (upto.relative or upto.shift) else None
        (_, end), anchored = _resolve(upto, anchor, year=years)
        if over and start and end and end < start and upto.year is None and upto.relative is None:
            (_, end), anchored = _resolve(upto, anchor, year=start.year + 1)
        if start and end and end < start:
            start = None
        anchored = anchored or needed
        until = since and not upto.now
        if upto.kind == core.kind == "year" and not (core.part or upto.part):
            kind = "stage"
    else:
        (start, end), anchored = _resolve(core, anchor, ahead=before or "chậm" in words or "muộn" in words)
        until = not core.now and (until or (since and core.wide))
        if core.kind != "recurrence" and not core.now:
            if before:
                end = end if core.kind == "date" else _next(start, -1)
                start = None
            elif after:
                start, end = _next(end, 1), None
            elif from_now:
                start = anchor if anchor and end and anchor <= end else None
            elif since and not core.wide:
                end = None
            elif until and not core.wide:
                start = None
    period = Period(text=text[draft.start : draft.end], start=start, end=end)
    return TimeMention(draft.start, draft.end, period, kind, until, since, anchored or from_now)


def _next(day: dt.date | None, step: int) -> dt.date | None:
    return None if day is None else day + dt.timedelta(step)


def iter_times(text: str, anchor: dt.date | None) -> Iterator[TimeMention]:
    """Yield every time the text mentions, in order and without overlap.

    Parameters
    ----------
    text: NFC text.
    anchor: the day the text was written (posting date), or None.

    Notes
    -----
    A day without a year takes the year that puts it nearest to the anchor; behind 'trước' and 'chậm nhất'
    the first such day that is not more than a month past. Other times without a year take the anchor's.
    Without an anchor they have neither first nor last day. 'trước năm 2020' ends with 2019; 'trước ngày 30/11' on 30
    November, the day that is named: so deadlines are quoted, and so those who set them count.
    """
    low, cores = _read(text)
    for draft in _drafts(low, cores):
        yield _settle(text, draft, anchor)


def parse_time(surface: str, anchor: dt.date | None) -> TimeMention | None:
    """Return the first time mentioned in a short stretch of text, or None.

    A bare year ('2022'), day ('2-9') or number of months ('8 tháng'), which a text must introduce to be taken
    for a time, counts as one here.
    """
    for mention in iter_times(surface, anchor):
        return mention
    low = _plain(surface)
    for pattern, build in _BARE_RULES:
        if (m := pattern.fullmatch(low)) and (core := build(m, low)):
            return _settle(surface, _Draft(core.start, core, ()), anchor)
    return None


_BARE_RULES: tuple[tuple[re.Pattern[str], _Build], ...] = (
    (_rx(rf"(?P<y>{_Y})"), _year),
    (_rx(_DM), _date),
    (_rx(r"(?P<n>\d{1,2}) tháng"), _months_of_year),
)


# ------------------------------------------------------------------ numbers

#: What a magnitude word multiplies by. It belongs to the unit: '3,5 triệu đồng' is 3.5 'triệu đồng'.
MAGNITUDE: Mapping[str, float] = {
    "chục": 1e1,
    "trăm": 1e2,
    "nghìn": 1e3,
    "ngàn": 1e3,
    "vạn": 1e4,
    "triệu": 1e6,
    "tỷ": 1e9,
    "tỉ": 1e9,
}


def magnitude(unit: str) -> float:
    """Return the factor of the magnitude words that open a unit: 'triệu đồng' 1e6, 'nghìn tỷ' 1e12, 'xã' 1."""
    factor = 1.0
    for word in unit.lower().split():
        if word not in MAGNITUDE:
            break
        factor *= MAGNITUDE[word]
    return factor


_FIGURE = r"(?:\d{1,3}(?:\.\d{3})+(?:,\d+)?(?!\.?\d)|\d{1,3}(?:,\d{3}){2,}(?![,\d])|\d+(?:[.,]\d+)?)"
_ONE = {"một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9}
_LAST = {**_ONE, "mốt": 1, "tư": 4, "lăm": 5, "nhăm": 5}
_ONES = "|".join(_ONE)
_TENS = rf"(?:mười(?: (?:{_ONES}|lăm))?|(?:{_ONES}) mươi(?: (?:{'|'.join(_LAST)}))?)"
_WORD_NUMBER = rf"(?:(?:{_ONES}) trăm(?: (?:linh|lẻ) (?:{_ONES}|tư)| {_TENS})?|{_TENS}|{_ONES})(?![^\W\d_])"
_HEDGES = (
    r"(?P<floor>ít nhất|tối thiểu|thấp nhất|không dưới|không ít hơn|không thấp hơn|chí ít)"
    r"|(?P<ceiling>không vượt quá|không quá|tối đa|nhiều nhất|cao nhất|không hơn)"
    r"|(?P<about>trên dưới|khoảng(?: trên| hơn| gần| dưới)?|xấp xỉ|ước(?: khoảng| chừng)?|chừng|độ chừng|cỡ|tầm)"
    r"|(?P<under>gần|chưa đến|chưa tới|chưa đầy|không đến|không tới|không đầy)|(?P<below>dưới)"
    r"|(?P<over>hơn|trên|quá)"
)
_HEDGE = _rx(rf"(?<!\w)(?:{_HEDGES})(?P<tie>(?: (?:là|có|đạt|phải|cũng|đủ|từ))*) $")
_NOUNS = r"[^\W\d_]+(?: [^\W\d_]+){0,2}"
_NEXT_FIGURE = _rx(rf"(?P<pct>~%|~phần trăm)?~(?:-|đến|tới)~(?:dưới |gần |hơn |trên )?(?P<to>{_FIGURE})(?![^\W\d_]?\d)")
_NEXT_OF_SAME = _rx(
    rf"~(?P<noun>{_NOUNS}) (?:đến|tới)~(?:dưới |gần |hơn |trên )?(?P<to>{_FIGURE})~(?P=noun)(?![^\W\d_])"
)
_TOTAL = _rx(rf"~/~(?P<of>{_FIGURE})(?![/\d])")
_NOUN_TOTAL = _rx(rf"~(?P<noun>{_NOUNS})~/~(?P<of>{_FIGURE})(?:~(?P=noun)(?![^\W\d_])|(?=[,.;:)]|$))")
_PERCENT = _rx(r"~%| phần trăm(?![^\W\d_])")
_OR_MORE = _rx(r"(?:~[^\W\d_][^\W\d_]*(?:/[^\W\d_]+)?){0,4}? trở (?P<way>lên|xuống)(?!\w)")
_NUMERAL = _rx(rf"\d|(?:mười|{_ONES})(?![^\W\d_])")
_NEXT_NUMERAL = _rx(rf"[\d\x20\n(\[\"“‘'/,.;:-](?:(?<=\d)|(?:mười|{_ONES})(?![^\W\d_]))")
_WORD_NUMBER_RX = _rx(_WORD_NUMBER)
_FIGURE_RX = _rx(_FIGURE)
_SPACED = _rx(r"[1-9]\d{0,2}(?:\x20\d{3})+(?!\d|[.,/]\d)")
_NEXT_WORD_NUMBER = _rx(rf"(?P<link>~-~| đến | tới | hoặc |~,~| )(?P<to>{_WORD_NUMBER})")
_LEAD = _rx(rf"~(?:(?:{_HEDGES})(?: (?:là|có|đạt|phải|cũng|đủ|từ))* |từ )?")
_PHONE = _rx(r"0\d{1,3}\)?(?:[.\x20-]?\d{2,4}){2,4}(?!\d)|1[89]00(?:[.\x20-]?\d{2,4}){1,2}(?!\d)")
_CODE = re.compile(r"\d+[a-zđ]?(?:/\d{4})?(?:/|-)(?=[A-ZĐ]{2})\S*|\d+/\d{4}/\S*")
_ENUMERATOR = _rx(r"\d{1,2}(?:\.\d{1,2})*(?:[.):]|/(?!\d)|\.?~-(?!~\d))(?!\d)~(?=[^\W\d])")
_LEGAL = _rx(r"\d+(?:~[\d/]+)*(?:/~\w[\w-]*)?")
# 'nhóm 4 - 6 tiêu chí' has no number of its own: it is the communes that reached so many.
_BAND = _rx(r"\d+~(?:-|đến|tới)~\d+~(?:tiêu chí|chỉ tiêu)")
_LIST_OF_IDS = _rx(r"\d+(?:~(?:,|;|và|-|đến)~\d+(?=~(?:[,;.)\n(]|và |đến |$)))*")

_GLUED = _set("đạt có gần hơn trên được thêm còn với là khoảng dưới từ đến nhất")
_HEDGE_ENDS = _set(
    "hơn trên quá gần dưới khoảng nhất thiểu đa xỉ ước chừng cỡ tầm đến tới đầy là có đạt phải cũng đủ từ"
)
_COMPARED = _set("cao thấp sớm muộn lớn nhỏ dài ngắn tốt nhanh chậm")
# Words behind which a whole number is a name or a rank: 'thứ 7', 'thôn 3', 'kênh cấp 3', 'Điều 4'.
_ORDINAL = _set(
    "thứ khóa điều khoản mục chương lớp cấp loại hạng đợt vòng kỳ trang xóm thôn ấp bản buôn làng khóm khu khối phường "
    "quận lộ ql đt tl covid đội tổ phố ngày tuần vùng đoạn niên mùng mồng"
)
# … and these only where nothing counted follows: 'Quyết định 575 của', 'tiêu chí 17 về', 'chương trình 135,'.
_ORDINAL_UNLESS_COUNTED = _set(
    "bước nhóm giải phần bảng hình lục biểu chí quyết định tư thị luận hoạch văn báo trình dẫn án lần vực độ mức tầng "
    "câu bài tập đường ngõ nhà phòng tiết tấm luật lệnh điện điểm nq qđ nđ ct tt kl cv kh tb"
)
_SPREAD = _set("mỗi từng một các mọi")
_COUNTED_SUM = _set("tổng trong con dân nâng đưa đủ với đa tăng giảm tính hầu một")
_NOT_COUNTING: Mapping[str, frozenset[str]] = {
    "một": _set(
        "số trong cách phần lần góc vài ít chút mặt khi lúc thời nửa loạt là lòng đời tay cửa chiều mình nắng tí thứ "
        "kiểu dạng bên phía thế chốc mực trăm hai bộ"
    ),
    "hai": _set("là bên lúa sương chiều tay"),
    "ba": _set("là kích mẹ má lô khía ba con chỉ rọi gai tôi em bể hoa tri lăng"),
    "bốn": _set("là phương mùa bề bên"),
    "chín": _set("là muồi sớm rộ đỏ vàng kỹ đều chắn và"),
}
_NOT_COUNTED_BEHIND = _set(
    "thứ tháng mùng mồng số lần quý khóa lớp loại hạng kỳ bước bài phần chú bác anh chị cô ông bà ngày lúa trái quả "
    "cây đồng má đòn"
)
_BEHIND_FIVE = _set("có thêm còn đưa gồm đạt với được là nhất thiểu hơn gần ở cho của nhận cả khoảng trên dưới")


def _float(figure: str) -> float:
    """'16.850' is 16850, '29,68' is 29.68, '12.5' is 12.5, '1,000,000' a million."""
    figure = figure.replace(" ", "")
    if figure.count(",") > 1:
        return float(figure.replace(",", ""))
    if "," in figure:
        return float(figure.replace(".", "").replace(",", "."))
    head, *groups = figure.split(".")
    if groups and all(len(g) == 3 for g in groups) and len(head) <= 3 and (len(groups) > 1 or head != "0"):
        return float(head + "".join(groups))
    return float(figure)


def _next_char(low: str, at: int) -> str:
    return low[at : at + 2].lstrip(" ")[:1] or "\n"


def _behind_from(low: str, at: int, floor: int) -> bool:
    return at > 2 and low[at - 1] == " " and _words_before(low, at, floor)[-1:] == ["từ"]


_LINKS = "-%đtp"
_PERCENT_SIGNS = "%p"


def _word_value(words: list[str]) -> float:
    total = one = 0
    for word in words:
        if word == "trăm":
            total, one = total + one * 100, 0
        elif word == "mười":
            total, one = total + 10, 0
        elif word == "mươi":
            total, one = total + one * 10, 0
        elif word in _LAST:
            one = _LAST[word]
    return float(total + one)


def _number_at(low: str, at: int, floor: int, limit: int) -> tuple[Number, int] | None:
    """The number at ``at`` as it stands there, and where to go on; what it might be instead is not asked."""
    top: float | None = None
    total: float | None = None
    percent = False
    words = not low[at].isdigit()
    if words:
        m = _WORD_NUMBER_RX.match(low, at)
        if not m:
            return None
        value, end = _word_value(m[0].split()), m.end()
        upper = _NEXT_WORD_NUMBER.match(low, end)
        if upper and upper.end() <= limit:
            to = _word_value(upper["to"].split())
            if to == value + 1 or (to > value and upper["link"].strip() not in ("", ",")):
                top, end = to, upper.end()
    else:
        m = _FIGURE_RX.match(low, at)
        assert m is not None  # a digit is a figure
        if low[m.end() : m.end() + 1] == " " and (spaced := _SPACED.match(low, at)):
            m = spaced if spaced.end() == len(low) or _UNIT.match(low, spaced.end()) else m
        value, end = _float(m[0]), m.end()
        upper = _NEXT_FIGURE.match(low, end) if _next_char(low, end) in _LINKS else None
        if not upper and _behind_from(low, at, floor):
            upper = _NEXT_OF_SAME.match(low, end)
        if upper and upper.end("to") <= limit and value < (to := _float(upper["to"])):
            top, end = to, upper.end("to")
            percent = bool(upper.groupdict().get("pct"))
        if _next_char(low, end) == "/" and (share := _TOTAL.match(low, end)) and share.end() <= limit:
            total = _float(share["of"]) or None
            end = share.end() if total else end
    go_on = end
    if _next_char(low, end) in _PERCENT_SIGNS and (sign := _PERCENT.match(low, end)) and sign.end() <= limit:
        percent, go_on = True, sign.end()
        end = go_on
    elif (
        not words
        and total is None
        and "/" in low[end : end + 24]
        and (share := _NOUN_TOTAL.match(low, end))
        and share.end() <= limit
        and (of := _float(share["of"])) >= (top or value)
    ):
        total, go_on = of, share.end()

    start, qualifier, at_least, at_most = _hedged(low, at, floor)
    if "trở" in low[end : end + 48] and (m := _OR_MORE.match(low, end)):
        at_least, at_most = at_least or m["way"] == "lên", at_most or m["way"] == "xuống"
    if start == at and (top is not None or at_least or at_most) and _behind_from(low, at, floor):
        start = low.rindex("từ", floor, at)
    return Number(start, end, value, top, total, qualifier, at_least, at_most, percent, words, end), go_on


def _hedged(low: str, at: int, floor: int) -> tuple[int, Qualifier, bool, bool]:
    """Where the number starts with its hedge, and what the hedge says: qualifier, floor, ceiling."""
    words = _words_before(low, at, floor)
    if not words or words[-1] not in _HEDGE_ENDS or low[at - 1] != " ":
        return at, "exact", False, False
    begin = max(floor, at - 30)
    m = _HEDGE.search(low[begin:at])
    if not m:
        return at, "exact", False, False
    kind = m.lastgroup if m.lastgroup != "tie" else next(k for k in _HEDGE_KINDS if m[k])
    if m["tie"].strip() and kind not in ("floor", "ceiling", "about"):
        return at, "exact", False, False
    before = low[begin : begin + m.start()].split()
    if kind == "over" and m["over"] == "hơn" and before and before[-1] in _COMPARED:
        return at, "exact", False, False
    qualifier: Qualifier = {"about": "about", "under": "under", "below": "under", "over": "over"}.get(kind, "exact")  # type: ignore[arg-type,assignment]
    return begin + m.start(), qualifier, kind == "floor", kind in ("ceiling", "below")


_HEDGE_KINDS = ("floor", "ceiling", "about", "under", "below", "over")


def _skip_figure(text: str, low: str, at: int) -> int:
    """Where to go on if the digits at ``at`` are no number: code, clock, telephone, enumerator, rank; else 0."""
    run = _RUN.match(low, at)
    assert run is not None
    end = run.end()
    if at:
        before = low[at - 1]
        if before.isalpha() or before == "_":
            glued = re.search(r"[^\W\d_]*$", low[max(0, at - 8) : at])
            if not glued or glued[0] not in _GLUED or text[at - 1].isupper():
                return end
        elif before in "/-.,@+" and at > 1 and low[at - 2].isalnum():
            return end
    if (
        low[at] in "01"
        and (m := _PHONE.match(low, at))
        and sum(c.isdigit() for c in m[0]) >= 8
        and not _UNIT.match(low, m.end())
    ):
        return m.end()
    if (":" in run[0] or _hour_next(low, end)) and (m := _CLOCK_RX.match(low, at)):
        return m.end()
    if ("/" in run[0] or low[end : end + 1] in "/-" or low[end + 1 : end + 2] in "/-") and (m := _CODE.match(text, at)):
        return m.end()
    if run[0] in ("24/24", "24/7") and not _ALL_UNITS.match(low, end):
        return end
    if run[0].count(".") > 1 and "/" not in run[0] and not _FIGURE_RX.fullmatch(run[0]):
        return end
    if end < len(low) and low[end].isalpha() and not low[end + 1 : end + 2].isalpha() and low[end] in "abcdegx":
        return end + 1
    line = low.rfind("\n", 0, at) + 1
    if not low[line:at].strip(" ([-+•*"):
        if (m := _ENUMERATOR.match(low, at)) and not _MEASURED.match(low, at):
            return m.end()
    elif low[end : end + 1] == ")" and end - at <= 2 and _PAREN_ENUM.match(low, end):
        opened = low.rfind("(", max(line, at - 60), at)
        if opened in (-1, at - 1):
            return end
    return _rank(low, at, run) or _numbered_name(text, low, at, run)


_PAREN_ENUM = _rx(r"\)~[^\W\d]")
_MEASURED = _rx(r"\d+~/")


def _numbered_name(text: str, low: str, at: int, run: re.Match[str]) -> int:
    """End of the number in a name of two syllables or more ('xã An Bình 1'), else 0."""
    if len(run[0]) > 2 or low[at - 1 : at] != " " or _UNIT.match(low, run.end()):
        return 0
    words = text[max(0, at - 24) : at].rpartition("\n")[2].split()[-2:]
    return run.end() if len(words) == 2 and all(w[0].isupper() and w[1:].islower() for w in words) else 0


def _rank(low: str, at: int, run: re.Match[str]) -> int:
    """End of a rank, a document's number or a year without its word; 0 for a number that counts."""
    written, end = run[0], run.end()
    whole = written.isdigit()
    if whole and len(written) == 4 and written[:2] in ("19", "20") and not _UNIT.match(low, end):
        return end
    if written in ("1", "01") and low.startswith(" số ", end):
        return end  # '1 số xã' is 'một số xã'
    words = _words_before(low, at)
    if not words:
        return 0
    last = words[-1].lstrip("(\"“'")
    if last == "số":
        if len(words) > 1 and words[-2].lstrip("(\"“'") in _COUNTED_SUM:
            return 0
        m = _LEGAL.match(low, at) if not _UNIT.match(low, end) else None
        ids = _LIST_OF_IDS.match(low, at)
        return max(end, m.end() if m and "/" in m[0] else 0, ids.end() if ids else 0)
    if not whole or len(written) > 4 or _BAND.match(low, at):
        return 0
    if last in _ORDINAL:
        measured = _MAGNITUDE_NEXT.match(low, end)
        return 0 if measured or (len(words) > 1 and words[-2] in _SPREAD) else end
    if last in _ORDINAL_UNLESS_COUNTED and not _UNIT.match(low, end):
        ids = _LIST_OF_IDS.match(low, at)
        return ids.end() if ids else end
    return 0


_MAGNITUDE_NEXT = _rx(r"~(?:nghìn|ngàn|triệu|tỷ|tỉ|đồng|tấn|km|ha|m2?|kg|%|trăm)(?![^\W\d_])|~%")


def _counts(text: str, low: str, at: int, number: Number) -> bool:
    """Whether number words at ``at`` count something rather than being part of a name or a turn of phrase."""
    end = number.end
    if number.percent:
        return True
    if low[end : end + 1] != " " or not low[end + 1 : end + 2].isalpha():
        return False
    if text[end + 1].isupper() and not text[end + 2 : end + 3].isupper():
        return False
    words = _words_before(low, at)
    last = words[-1] if words else ""
    if text[at].isupper():
        opening = (low[max(0, at - 8) : at].rstrip(' "“(') or "\n")[-1] in ".!?:;\n"
        if not opening or not _UNIT.match(low, end):
            return False
        last = ""
    word = low[at:end]
    following = low[end + 1 : end + 24].split(" ", 1)[0].strip('.,;:)"”')
    if words[-2:] == ["thống", "nhất"]:
        return False
    if following in _NOT_COUNTING.get(word, frozenset(("là",))) or last in _NOT_COUNTED_BEHIND:
        return False
    if word == "năm":
        opening = not last or last[-1] in ",:;("
        return bool(_COUNTED.match(low, end) or _MAGNITUDE_NEXT.match(low, end)) and (opening or last in _BEHIND_FIVE)
    # 'Mỗi xã một sản phẩm' is the name of a programme
    return not (word == "một" and following == "sản" and last in ("xã", "phường"))


# '24/24 xã': all of them, where '24/24' alone is round the clock.
_ALL_UNITS = re.compile(r" (?:xã|phường|thôn|ấp|xóm|bản|buôn|làng|khóm|khu|tiêu chí|chỉ tiêu|đơn vị)\b")


def iter_numbers(text: str) -> Iterator[Number]:
    """Yield every number that counts or measures, in order and without overlap.

    Left out are the digits of dates, hours, periods, documents, telephones, enumerators, names and ranks
    ('thôn 3', 'Điều 4', 'thứ 7'), and number words in names and turns of phrase ('một số', 'Ba Vì').
    'một' before any other noun is yielded with ``words`` true, for the caller to judge.
    """
    low, cores = _read(text)
    taken = [(core.start, core.end) for core in cores]
    taken.append((len(low), len(low)))
    at = floor = k = 0
    m = _NUMERAL.match(low)
    while m or (m := _NEXT_NUMERAL.search(low, at)):
        begin, after = m.start(), m.end()
        m = None
        written = low[begin].isdigit()
        if not written and not low[begin].isalpha():
            begin += 1
        while taken[k][1] <= begin and k < len(taken) - 1:
            k += 1
            floor = max(floor, taken[k - 1][1])
        if taken[k][0] <= begin:
            at = taken[k][1]
            continue
        if written and (skip := _skip_figure(text, low, begin)):
            at = max(skip, after)
            continue
        found = _number_at(low, begin, floor, taken[k][0])
        if found is None or (not written and not _counts(text, low, begin, found[0])):
            at = after
            continue
        number, at = found
        floor = at
        yield number


def parse_number(surface: str) -> Number | None:
    """Return the number that opens a short stretch of text, hedge and unit allowed ('hơn 3,5 triệu đồng'), or None."""
    low = _plain(surface)
    m = _LEAD.match(low)
    at = m.end() if m else 0
    if not _NUMERAL.match(low, at):
        return None
    found = _number_at(low, at, 0, len(low))
    return found[0] if found else None


# ------------------------------------------------------------------ posting dates

_EN_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EN_MONTH = (
    r"(?P<{}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\.?(?![^\W\d_])"
)
_VI_MONTH = (
    r"(?:tháng|thg|th)~(?:(?P<{}>1[0-2]|0?[1-9])(?!\d)|"
    r"(?P<{}>mười một|mười hai|mười|một|hai|ba|tư|bốn|năm|sáu|bảy|tám|chín))"
)
_POSTED_DAY = _rx(
    r"(?<![\d/.-])(?:"
    r"(?P<y1>(?:19|20)\d\d)[-/.](?P<m1>\d{1,2})[-/.](?P<d1>\d{1,2})(?!\d)(?=[t\W]|$)"
    r"|(?P<d2>\d{1,2})~(?P<s>[/.-])~(?P<m2>\d{1,2})~(?P=s)~(?P<y2>(?:19|20)\d\d)(?!\d)"
    rf"|(?P<d3>\d{{1,2}})~(?:{_VI_MONTH.format('m3', 'w3')}|{_EN_MONTH.format('e3')})"
    r"~,?~(?:năm~)?(?P<y3>(?:19|20)\d\d)(?!\d)"
    rf"|(?:{_VI_MONTH.format('m4', 'w4')}|{_EN_MONTH.format('e4')}) (?P<d4>\d{{1,2}})"
    r"(?:st|nd|rd|th)?~,?~(?P<y4>(?:19|20)\d\d)(?!\d)"
    r")"
)
_POSTED_ABOUT = _rx(
    r"(?:được )?(?:đăng (?:lúc|ngày|tải|bởi|tin)|đăng|"
    r"ngày(?: (?:đăng|viết|tạo|cập nhật|ban hành|xuất bản))?(?: (?:tin|bài))?|"
    r"cập nhật(?: (?:lúc|ngày|lần cuối))?|xuất bản(?: lúc)?|thời gian|vào lúc|lúc|hồi|date|posted(?: on)?|post(?: on)?|"
    r"published(?: on)?|updated(?: on)?|created(?: on)?|last modified|on)(?![^\W\d_])~:?"
    r"|(?:thứ~(?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật|t[2-7]|cn|"
    r"(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?)(?![^\W_])\.?"
    r"|t?\d{1,2}~[:hg]~\d{2}(?:~[:m]~\d{2}(?:\.\d+)?)?(?:~[ap]\.?m\.?(?!\w))?(?:z|[+-]\d\d:?\d\d)?(?!\d)"
    r"|(?:gmt|utc)~(?:[+-]~\d{1,2}(?::?\d\d)?)?|(?:[ap]m|sa|ch)(?!\w)|giờ|phút|sáng|chiều|tối"
)
_POSTED_TAIL = _rx(
    r"(?:lượt (?:xem|đọc|truy cập)|số lượt (?:xem|đọc)|lượt|đã xem|"
    r"view(?:s| count)?|xem|tác giả|người đăng|đăng bởi|nguồn|by|chuyên mục)"
    r"(?![^\W\d_]).*$"
)


def parse_posting_date(line: str) -> tuple[dt.date, str] | None:
    """Return the day a portal prints as its posting date, and that day as written; None for any other line.

    The line may hold a label, a weekday, an hour, a time zone and a count of views, and nothing else: a day
    inside a sentence or behind the title of a related article is not the posting date. Days stand before
    months, except where that is no date ('9/13/2023 3:25 PM').
    """
    text = line.strip()
    if len(text) > 160:
        return None
    text = _POSTED_SPACED.sub(r"\1 \2/\3/\4", _POSTED_SIGN.sub("", text))
    found = _lone_posting_date(text)
    if found is not None:
        return found
    text = _POSTED_SIGNED.sub(r"\1 | ", text)
    if _CLOCK_TIME.search(text):
        text = _POSTED_SIGNED_HOUR.sub(r"\1 | ", _POSTED_SIGNED_BEHIND.sub(r"\1 | ", text))
    # 'TQĐT - 18:40 | 26/10/2021', 'Ngày đăng: 21/07/2023 - Người đăng: Quản trị - Đã xem: 255'
    parts = [part for part in _POSTED_BETWEEN.split(text) if part]
    dated = [(number, day) for number, part in enumerate(parts) if (day := _lone_posting_date(part)) is not None]
    if len(parts) < 2 or len(dated) != 1:
        return None
    if all(_POSTED_BESIDE.fullmatch(part) for number, part in enumerate(parts) if number != dated[0][0]):
        return dated[0][1]
    return None


# 'LCĐT 05/03/2022 07:00', '(BTO) 04/01/2022, 05:48'; 'thứ ba, 16 07 2019 14:30'.
_POSTED_SIGN = re.compile(r"^\(?[A-ZĐ]{2,6}\)?\s+(?=\d{1,2}[/.-])")
_POSTED_SPACED = re.compile(
    r"^((?:thứ (?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật),?) (\d{1,2}) (\d{2}) ((?:19|20)\d\d)\b", re.I
)
# Who signs stands in one line with the day: 'Lê Hoa, 12/03/2020', 'T&T / 12.3.2020 - 16:47'; beside an hour too without
# any mark: 'Lê Hoa 12/03/2020 19:22'. A place's name and a day alone are none: 'Tân Dân 12/03/2020'.
_POSTED_NAME = (
    r"(?:(?:[Tt]heo|[Bb]ởi|[Tt]ác giả|[Nn]gười đăng|[Nn]guồn|(?:[Tt]in|[Bb]ài)(?:,| và) ảnh|[Bb]ài viết)\s*:?\s*)?"
    r"(?:[A-ZĐÀ-Ỹ][^\W\d_]*(?:[ .]+[A-ZĐÀ-Ỹ][^\W\d_]*){1,4}|[A-ZĐ]{1,4}[&.][A-ZĐ]{1,4}\.?)"
)
_POSTED_BEFORE = r"(?=(?:(?:đăng|cập nhật)(?: (?:ngày|lúc))?:?\s*)?\d{1,2}[-/.:h]\d{1,2})"
_POSTED_SIGNED = re.compile(rf"^({_POSTED_NAME})(?:\s*[,/(]\s*|\s+(?:-\s*)?(?=đăng|cập nhật)){_POSTED_BEFORE}")
_POSTED_SIGNED_HOUR = re.compile(rf"^({_POSTED_NAME})\s+{_POSTED_BEFORE}")
_POSTED_SIGNED_BEHIND = re.compile(rf"(\d[:h]\d{{2}}(?::\d{{2}})?|(?:19|20)\d\d)\s*[,/]?\s+(?={_POSTED_NAME}$)")
_CLOCK_TIME = re.compile(r"\b\d{1,2}[:h]\d{1,2}\b")
# What else a line under a headline holds: an outlet's sign, a name, an hour, a label with its value.
_POSTED_BETWEEN = re.compile(r"\s*\|\s*|\s+[-–•]\s+|(?<=\d)\s{2,}|\s{3,}")
# The column of a site that a text stands in: 'Kinh tế - Xã hội - Ngày đăng: …'.
_SECTION = (
    r"(?:(?:tin|bản tin|hoạt động|thời sự|chuyên mục|trang)\s+)?(?:tin tức|tin mới|tin nổi bật|sự kiện|thời sự"
    r"|chính trị|kinh tế|xã hội|văn hóa|văn hoá|thể thao|giải trí|du lịch|đời sống|pháp luật|giáo dục|đào tạo"
    r"|y tế|sức khỏe|môi trường"
    r"|nông nghiệp|nông dân|nông thôn(?: mới)?|xây dựng (?:đảng|nông thôn mới|ntm)|an ninh|quốc phòng|công nghiệp"
    r"|thương mại|khoa học|công nghệ|chuyển đổi số|cải cách hành chính"
    r"|tin (?:trong (?:tỉnh|huyện|xã)|địa phương|hoạt động)|(?:trong|ngoài) (?:tỉnh|nước|huyện)|địa phương|đoàn thể"
    r"|hoạt động (?:của )?(?:lãnh đạo|các đoàn thể|địa phương|huyện|xã))"
)
_POSTED_BESIDE = re.compile(
    r"\(?[A-ZĐ]{2,6}\)?(?:\s*\([^()]{2,30}\))?|[A-ZĐ]{1,4}[&.][A-ZĐ]{1,4}\.?"
    r"|[A-ZĐÀ-Ỹ][^\W\d_]*(?:[ .][A-ZĐÀ-Ỹ][^\W\d_]*){1,4}"
    r"|\d{1,2}[:h]\d{1,2}(?::\d{2})?(?:\s*[AP]M)?"
    r"|(?i:tác giả|người đăng|người viết|đăng bởi|bởi|nguồn|theo|(?:tin|bài)(?:,| và) ảnh|tin|bài|ảnh|chuyên mục"
    r"|cỡ chữ)\s*:?\s*[^:|]{0,40}"
    r"|(?i:lượt xem|số lần xem|lần xem|đã xem|lượt đọc|xem|views?|view count)\s*:?\s*[\d.,]+(?:\s*lần)?"
    r"|[\d.,]+\s*(?i:lượt xem|lần xem|lượt đọc|views?)"
    r"|(?i:mục|danh mục|thể loại|lĩnh vực)\s*:?\s*[^:|]{2,60}"
    r"|(?i:in|print|gửi|email|lưu|nghe|đọc|chia sẻ|bản in|xem cỡ chữ)(?i:\s+(?:bài(?: viết)?|trang|tin|email|qua \w+))?"
    rf"|(?i:{_SECTION}(?:\s*(?:,|và|&)\s*{_SECTION})*)"
)


def _lone_posting_date(text: str) -> tuple[dt.date, str] | None:
    """The posting date of a line or a part of one that holds nothing else."""
    low = _plain(text)
    m = _POSTED_DAY.search(low)
    if not m:
        return None
    day = _posted_day(m)
    if day is None:
        return None
    rest = low[: m.start()] + " | " + low[m.end() :]
    rest = _POSTED_TAIL.sub(" ", _POSTED_ABOUT.sub(" ", rest))
    if any(c.isalnum() for c in rest):
        return None
    return day, text[m.start() : m.end()]


def _posted_day(m: re.Match[str]) -> dt.date | None:
    k = next(k for k in "1234" if m[f"d{k}"])
    groups = m.groupdict()
    year, day = int(m[f"y{k}"]), int(m[f"d{k}"])
    if groups.get(f"m{k}"):
        month = int(m[f"m{k}"])
    elif groups.get(f"w{k}"):
        month = _MONTH_WORD.get(" ".join(m[f"w{k}"].split()), 4)  # 'tháng bốn' is said beside 'tháng tư'
    else:
        month = _EN_MONTHS.index(m[f"e{k}"][:3]) + 1
    if k == "2" and month > 12 >= day:
        day, month = month, day
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
