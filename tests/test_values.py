"""Numbers and periods: tables of surfaces, and properties that hold for any text."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ntm_extract.values import (
    MAGNITUDE,
    Number,
    TimeMention,
    iter_numbers,
    iter_times,
    magnitude,
    parse_number,
    parse_posting_date,
    parse_time,
)

TABLES = Path(__file__).parent / "tables"
NUMBERS = yaml.safe_load((TABLES / "values_numbers.yml").read_text(encoding="utf-8"))
PERIODS = yaml.safe_load((TABLES / "values_periods.yml").read_text(encoding="utf-8"))
ANCHOR = dt.date(2022, 8, 20)


def _number_marks(text: str, number: Number, wanted: str) -> str:
    marks = []
    if number.max is not None:
        marks.append(f"max={number.max:g}")
    if number.total is not None:
        marks.append(f"of={number.total:g}")
    if number.qualifier != "exact":
        marks.append(number.qualifier)
    for flag, mark in (("floor", "floor"), ("ceiling", "ceiling"), ("percent", "%"), ("words", "words")):
        if getattr(number, flag):
            marks.append(mark)
    _, named, unit = wanted.partition("unit=")
    if named:
        marks.append("unit=" + text[number.unit_start : number.unit_start + len(unit)])
    return " ".join(marks)


@pytest.mark.parametrize(("text", "wanted"), NUMBERS, ids=[case[0][:40] for case in NUMBERS])
def test_numbers_of_a_sentence(text: str, wanted: list[str]) -> None:
    found = list(iter_numbers(text))
    rows = []
    for i, n in enumerate(found):
        marks = _number_marks(text, n, wanted[i] if i < len(wanted) else "")
        value = f"{n.value:.10g}"
        rows.append(" | ".join([text[n.start : n.end], value, *([marks] if marks else [])]))
    assert rows == wanted


PERIOD_CASES = [(group["anchor"], *case) for group in PERIODS if "cases" in group for case in group["cases"]]


@pytest.mark.parametrize(("anchor", "text", "wanted"), PERIOD_CASES, ids=[case[1][:40] for case in PERIOD_CASES])
def test_times_of_a_sentence(anchor: dt.date | None, text: str, wanted: list[str]) -> None:
    rows = []
    for m in iter_times(text, anchor):
        marks = "u" * m.until + "s" * m.since + "a" * m.anchored
        assert m.period.text == text[m.start : m.end]
        rows.append(f"{m.period.text} | {m.period.start or '-'} | {m.period.end or '-'} | {m.kind} | {marks}".rstrip())
    assert rows == wanted


POSTING_CASES = [tuple(case) for group in PERIODS if "posting" in group for case in group["posting"]]


@pytest.mark.parametrize(("line", "day", "surface"), POSTING_CASES, ids=[case[0][:40] for case in POSTING_CASES])
def test_posting_dates(line: str, day: dt.date | None, surface: str | None) -> None:
    assert parse_posting_date(line) == (None if day is None else (day, surface))


def test_the_tables_are_as_wide_as_promised() -> None:
    assert len(NUMBERS) >= 90
    assert len(PERIOD_CASES) >= 120


def test_magnitudes_belong_to_the_unit() -> None:
    number = parse_number("3,5 triệu đồng")
    assert number is not None
    assert (number.value, magnitude("3,5 triệu đồng"[number.unit_start :])) == (3.5, 1e6)
    assert [magnitude(u) for u in ("nghìn tỷ đồng", "ngàn", "tỉ", "xã", "")] == [1e12, 1e3, 1e9, 1.0, 1.0]
    assert all(factor > 1 for factor in MAGNITUDE.values())


@pytest.mark.parametrize(
    ("surface", "value", "top", "total"),
    [
        ("24/10", 24, None, 10),
        ("2022", 2022, None, None),
        ("hơn 331 tỷ đồng", 331, None, None),
        ("16.850m", 16850, None, None),
        ("từ 15 đến 18", 15, 18, None),
        ("mười lăm", 15, None, None),
        ("năm", 5, None, None),
        ("một nghìn", 1, None, None),
    ],
)
def test_a_surface_is_read_without_asking_what_else_it_might_be(
    surface: str, value: float, top: float | None, total: float | None
) -> None:
    number = parse_number(surface)
    assert number is not None
    assert (number.value, number.max, number.total) == (value, top, total)


@pytest.mark.parametrize("surface", ["", "xã", "nhiều xã", "hơn nửa"])
def test_no_number(surface: str) -> None:
    assert parse_number(surface) is None


@pytest.mark.parametrize("surface", ["", "xã", "năm", "tháng", "12,5", "15 xã", "ngày công"])
def test_no_time(surface: str) -> None:
    assert parse_time(surface, ANCHOR) is None


def test_tone_placement_and_letters_outside_the_alphabet_keep_offsets() -> None:
    text = "İİ đến cuối nhiệm kì 2020–2025 có ít nhất 3 xã"
    (mention,) = iter_times(text, None)
    assert text[mention.start : mention.end] == "đến cuối nhiệm kì 2020–2025"
    (number,) = iter_numbers(text)
    assert text[number.start : number.end] == "ít nhất 3"


# ------------------------------------------------------------------ properties

_FRAGMENTS = """
năm quý tháng ngày đến hết từ trước sau cuối đầu giữa nửa sáng chiều nay tới qua giai đoạn nhiệm kỳ kể tính chậm nhất
2021 2025 2022 24/10 8/4/2021 2-11 17h 14:40 I II iv 3 08 12 15/19 17,87/19 16.850 1,5 % - – / , . ; ( ) xã huyện
tiêu chí hơn gần ít khoảng dưới không quá trở lên một hai ba mười lăm mươi trăm linh số thứ hàng tuần mỗi định kỳ
và đạt có Ba Vì XV triệu đồng % 5% 2020-2025 6 tháng những 1. QĐ-UBND 25/NQ-HĐND thời gian hiện học phần trăm
km m2 4THT 0912 345 678 10 000
"""

FRAGMENTS = st.sampled_from(_FRAGMENTS.split())
TEXTS = st.builds(
    lambda words, glue: "".join(w + g for w, g in zip(words, glue, strict=False)),
    st.lists(FRAGMENTS, max_size=14),
    st.lists(st.sampled_from([" ", " ", " ", " ", "", "  ", "\u00a0", "\n"]), min_size=14, max_size=14),
)
ANY_TEXT = st.one_of(TEXTS, st.text(max_size=60))
ANCHORS = st.one_of(st.none(), st.dates(dt.date(2009, 1, 1), dt.date(2035, 12, 31)))


@settings(max_examples=600, deadline=None)
@given(ANY_TEXT, ANCHORS)
def test_offsets_lie_in_the_text_in_order_and_apart(text: str, anchor: dt.date | None) -> None:
    times: list[TimeMention] = list(iter_times(text, anchor))
    numbers: list[Number] = list(iter_numbers(text))
    for items in (times, numbers):
        at = 0
        for item in items:
            assert at <= item.start < item.end <= len(text)
            at = item.end
    for number in numbers:
        assert number.end == number.unit_start
        assert number.max is None or number.max > number.value
        figures = range(number.start, number.end)
        assert not any(
            t.start < number.end
            and number.start < t.end
            and any(text[i].isdigit() for i in figures if t.start <= i < t.end)
            for t in times
        )
    for mention in times:
        assert mention.period.text == text[mention.start : mention.end]
        first, last = mention.period.start, mention.period.end
        assert first is None or last is None or first <= last
        if anchor is None and mention.kind == "relative":
            assert (first, last) == (None, None)


@settings(max_examples=600, deadline=None)
@given(TEXTS, ANCHORS)
def test_a_surface_reads_as_it_did_in_its_text(text: str, anchor: dt.date | None) -> None:
    for number in iter_numbers(text):
        surface = text[number.start : number.end]
        again = parse_number(surface)
        assert again is not None
        assert (again.value, again.max, again.percent, again.words) == (
            number.value,
            number.max,
            number.percent,
            number.words,
        )
        assert again.qualifier == number.qualifier
    for mention in iter_times(text, anchor):
        again_time = parse_time(mention.period.text, anchor)
        assert again_time is not None
        assert (again_time.period, again_time.kind) == (mention.period, mention.kind)


@given(
    st.dates(dt.date(1990, 1, 1), dt.date(2049, 12, 31)),
    st.sampled_from(
        [
            "ngày {d}/{m}/{y}",
            "{d:02}/{m:02}/{y}",
            "Sáng ngày {d}-{m}-{y}",
            "ngày {d} tháng {m} năm {y}",
            "chiều {d}.{m}.{y}",
        ]
    ),
    st.sampled_from(["", "Theo kế hoạch, ", "Vào\n", "(", "xã đạt 15/19 tiêu chí, "]),
    st.sampled_from(["", ", huyện họp", ".", ")", " của tỉnh"]),
)
def test_a_planted_date_is_found(day: dt.date, form: str, before: str, behind: str) -> None:
    surface = form.format(d=day.day, m=day.month, y=day.year)
    found = [m for m in iter_times(before + surface + behind, None) if m.kind == "date"]
    assert [(m.start, m.end, m.period.start, m.period.end) for m in found] == [
        (len(before), len(before) + len(surface), day, day)
    ]


@given(st.dates(dt.date(2011, 1, 1), dt.date(2030, 12, 31)), st.integers(-150, 150))
@example(dt.date(2018, 1, 4), -7)
def test_a_day_without_its_year_takes_the_nearest(anchor: dt.date, distance: int) -> None:
    day = anchor + dt.timedelta(distance)
    if (day.month, day.day) == (2, 29):
        return
    (mention,) = iter_times(f"Sáng {day.day}/{day.month}, xã họp", anchor)
    assert (mention.period.start, mention.period.end, mention.anchored) == (day, day, True)


@given(st.integers(0, 9_999_999), st.sampled_from([" xã", "km", " triệu đồng", "% số hộ", " tiêu chí, đạt"]))
def test_a_planted_number_is_found(value: int, unit: str) -> None:
    written = f"{value:,}".replace(",", ".")
    text = f"Toàn huyện có {written}{unit}"
    (number,) = iter_numbers(text)
    assert (number.start, number.value, number.percent) == (14, float(value), unit.startswith("%"))
    assert text[number.unit_start :] == unit.removeprefix("%")


@given(st.integers(0, 99_999), st.integers(0, 99))
def test_decimals_are_written_with_a_comma(whole: int, cents: int) -> None:
    written = f"{whole:,}".replace(",", ".") + f",{cents:02}"
    (number,) = iter_numbers(f"đạt {written} tỷ đồng")
    assert number.value == pytest.approx(whole + cents / 100)


@given(st.integers(1, 19), st.integers(1, 19))
def test_a_share_of_criteria_is_never_a_day(reached: int, size: int) -> None:
    reached, size = sorted((reached, size))
    text = f"xã đạt {reached}/{size} tiêu chí"
    assert list(iter_times(text, ANCHOR)) == []
    (number,) = iter_numbers(text)
    assert (number.value, number.total) == (reached, size)


_ONES = ("", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


@given(st.integers(1, 999))
def test_number_words_add_up(value: int) -> None:
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    words = [_ONES[hundreds], "trăm"] if hundreds else []
    if tens == 1:
        words += ["mười", *([{5: "lăm"}.get(ones, _ONES[ones])] if ones else [])]
    elif tens:
        words += [_ONES[tens], "mươi", *([{1: "mốt", 5: "lăm"}.get(ones, _ONES[ones])] if ones else [])]
    elif ones:
        words += [*(["linh"] if hundreds else []), _ONES[ones]]
    number = parse_number(" ".join(words) + " hộ")
    assert number is not None
    assert (number.value, number.words) == (value, True)


@pytest.mark.parametrize(
    "unit", ["ngày 1, ", "thứ 2, ", "1 ", "từ 1 ", "1 000 ", "2021, ", "số 1, ", "1 xã/", "năm ", "("]
)
def test_hostile_repetition_stays_linear(unit: str) -> None:
    def seconds(times: int) -> float:
        begun = time.perf_counter()
        list(iter_numbers(unit * times))
        list(iter_times(unit * times, ANCHOR))
        return time.perf_counter() - begun

    # eight times the text: eight times the work where it is linear, sixty-four where it is quadratic
    assert min(seconds(2400) for _ in range(3)) < 30 * max(min(seconds(300) for _ in range(3)), 1e-4)
