"""What a clause hands on: its bounds, its light, the numbers of its units; and who speaks with what rank."""

from __future__ import annotations

import datetime as dt

import pytest

from ntm_extract.facts import Extractor
from ntm_extract.facts.frame import ahead_of, clause_bounds, count_of, is_deadline, is_now
from ntm_extract.facts.speakers import RANKS, rank_of
from ntm_extract.match import Sentence
from ntm_extract.model import Article, CountRange
from ntm_extract.values import parse_number, parse_time

DAY = dt.date(2021, 7, 8)


def sentence_of(extractor: Extractor, text: str) -> Sentence:
    (sentence,) = extractor.read(Article(id="x", source="x", text=text, published=DAY)).reading.sentences
    return sentence


@pytest.mark.parametrize(
    ("surface", "counted"),
    [
        ("5 xã", (5, 5)),
        ("08 xã", (8, 8)),
        ("1-2 xã", (1, 2)),
        ("từ 9 đến 10 xã", (9, 10)),
        ("ít nhất 3 xã", (3, None)),
        ("tối thiểu 3 xã", (3, None)),
    ],
)
def test_counted_units(surface: str, counted: tuple[float, float | None]) -> None:
    number = parse_number(surface)
    assert number is not None
    assert count_of(number) == CountRange(min=counted[0], max=counted[1])


@pytest.mark.parametrize(
    ("text", "word", "clause"),
    [
        ("Xã A họp; xã B nghỉ; xã C làm.", "nghỉ", "xã B nghỉ"),
        ("Xã A họp; xã B nghỉ.", "họp", "Xã A họp"),
        ("Xã A họp, xã B nghỉ.", "nghỉ", "Xã A họp, xã B nghỉ."),
    ],
)
def test_a_clause_ends_at_semicolons(extractor: Extractor, text: str, word: str, clause: str) -> None:
    items = sentence_of(extractor, text).items
    index = next(at for at, item in enumerate(items) if item.start == text.index(word))
    first, last = clause_bounds(sentence_of(extractor, text), index)
    assert text[items[first].start : items[last - 1].end] == clause


@pytest.mark.parametrize(
    ("surface", "ahead"),
    [
        ("năm 2022", True),
        ("đến cuối năm 2021", True),
        ("trong quý IV", True),
        ("đến năm 2025", True),
        ("năm 2020", False),
        ("đến ngày 30/6/2021", False),
        ("năm 2021", False),
        ("6 tháng đầu năm 2021", False),
    ],
)
def test_what_lies_ahead_of_the_day(surface: str, ahead: bool) -> None:
    time = parse_time(surface, DAY)
    assert time is not None
    assert ahead_of(time, DAY) == ahead
    assert not ahead_of(time, None)


def test_without_a_time_nothing_lies_ahead() -> None:
    assert not ahead_of(None, DAY)


@pytest.mark.parametrize(
    ("text", "deadlines", "now"),
    [
        ("Xã xong trước ngày 20/8.", 1, 0),
        ("Xã báo cáo hàng tuần.", 0, 0),
        ("Đến nay xã đã xong.", 1, 1),
        ("Từ năm 2015 xã đã xong.", 0, 0),
        ("Giai đoạn 2021-2025 xã xong.", 1, 0),
    ],
)
def test_times_that_say_by_when(extractor: Extractor, text: str, deadlines: int, now: int) -> None:
    items = sentence_of(extractor, text).items
    assert (sum(map(is_deadline, items)), sum(map(is_now, items))) == (deadlines, now)


@pytest.mark.parametrize(
    ("role", "rank"),
    [
        ("Phó Thủ tướng Chính phủ", "central"),
        ("Bộ trưởng", "central"),
        ("Chủ tịch UBND tỉnh", "province"),
        ("Giám đốc Sở Nông nghiệp và PTNT", "province"),
        ("Bí thư Huyện ủy", "district"),
        ("Trưởng phòng Nông nghiệp", "district"),
        ("Tỉnh ủy viên, Bí thư Huyện ủy", "province"),
        ("Bí thư Đảng ủy xã", "commune"),
        ("Chủ tịch UBND thị trấn", "commune"),
        ("Trưởng thôn", "village"),
        ("Người dân", None),
    ],
)
def test_ranks(role: str, rank: str | None) -> None:
    found = rank_of(role)
    assert (RANKS[found] if found is not None else None) == rank
