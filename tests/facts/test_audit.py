"""The arithmetic audit: sums that add up, sums that do not, and what holds for any numbers and any text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ntm_extract.facts import Extractor
from ntm_extract.facts.audit import audit
from ntm_extract.facts.meeting import read_meeting
from ntm_extract.model import Article, Block, Check
from tests.conftest import ROOT

TABLE = yaml.safe_load((ROOT / "tests" / "tables" / "facts_audit.yml").read_text("utf-8"))
CASES = [(topic, number, case) for topic, cases in TABLE.items() for number, case in enumerate(cases, 1)]
KINDS = {"share", "list_length", "remainder", "bands", "average", "parts", "weekday", "posting", "periods"}
COMMUNES = ("Kim Thành", "Thọ Thành", "Mã Thành", "Lý Thành", "Hậu Thành", "Đại Thành", "Bảo Thành", "Phú Thành")
PIECES = (
    "12/14 xã", "85,7%", "(", ")", ", ", "; ", ". ", "trong đó", "gồm", "còn 5 tiêu chí chưa đạt", "là", "giao thông",
    "và", "3 xã", "còn lại", "Kim Thành", "Thọ Thành", "tổng vốn 150 tỷ đồng", "0 tỷ đồng", "0 sản phẩm", "bình quân",
    "392/437 tiêu chí", "17 tiêu chí/xã", "đạt 15-18 tiêu chí", "Thứ Ba, 16/01/2023", "8 tháng đầu năm", "\n",
    "toàn huyện có", "ngân sách 9 tỷ đồng", "(chiếm 0%)", "0/0 xã", "đạt",
)  # fmt: skip


def article(text: str, case: Mapping[str, Any]) -> Article:
    blocks: list[Block] = []
    offset = 0
    for line, kind in zip(text.split("\n"), case.get("kinds", ()), strict="kinds" in case):
        blocks.append(Block(offset, offset + len(line), kind))
        offset += len(line) + 1
    return Article(id="case", source="case", text=text, published=case.get("published"), blocks=tuple(blocks))


def found(extractor: Extractor, text: str, **case: Any) -> list[Check]:
    reader = extractor.read(article(text, case))
    return audit(reader, read_meeting(reader))


@pytest.mark.parametrize(("topic", "number", "case"), CASES, ids=[f"{topic}-{number}" for topic, number, _ in CASES])
def test_findings(extractor: Extractor, topic: str, number: int, case: dict[str, Any]) -> None:
    text = case["text"]
    checks = found(extractor, **case)
    assert [[check.kind, check.message, check.evidence.text] for check in checks] == case.get("found", [])
    for check in checks:
        assert text[check.evidence.start : check.evidence.end] == check.evidence.text
        assert check.evidence.rule == f"audit.{check.kind}"


def test_every_kind_has_cases_and_half_of_all_are_without_a_finding() -> None:
    kinds = {kind for _, _, case in CASES for kind, *_ in case.get("found", ())}
    silent = sum("found" not in case for _, _, case in CASES)
    assert kinds == KINDS
    assert silent * 2 >= len(CASES) >= 40


def test_findings_stand_in_the_order_of_the_text(extractor: Extractor) -> None:
    checks = found(extractor, "Xã đạt 14/19 tiêu chí, còn 4 tiêu chí chưa đạt. Huyện có 12/14 xã đạt chuẩn (90%).")
    assert [check.kind for check in checks] == ["remainder", "share"]


# ------------------------------------------------------------------ properties


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 500), st.integers(1, 500), st.integers(0, 2), st.booleans())
def test_a_percentage_rounded_or_cut_off_is_right(
    extractor: Extractor, one: int, other: int, digits: int, cut: bool
) -> None:
    part, whole = sorted((one, other))
    scale = 10**digits
    share = 100 * scale * part // whole if cut else (200 * scale * part + whole) // (2 * whole)
    written = f"{share / scale:.{digits}f}".replace(".", ",")
    assert found(extractor, f"Toàn xã có {part}/{whole} hộ tham gia, chiếm {written}%.") == []


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 500), st.integers(2, 500), st.integers(2, 40), st.booleans())
def test_a_percentage_that_is_out_by_two_points_is_found(
    extractor: Extractor, one: int, other: int, off: int, more: bool
) -> None:
    part, whole = sorted((one, other))
    true = 100 * part / whole
    said = round(true) + (off if more else -off)
    assume(0 <= said <= 100 and abs(100 - said - true) > 1.5)  # nor is it the share that is missing
    checks = found(extractor, f"Toàn xã có {part}/{whole} hộ tham gia, chiếm {said}%.")
    assert [check.kind for check in checks] == ["share"]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 19), st.integers(0, 19))
def test_what_is_left_is_the_difference(extractor: Extractor, reached: int, left: int) -> None:
    checks = found(extractor, f"Xã đã đạt {reached}/19 tiêu chí, còn {left} tiêu chí chưa đạt.")
    assert [check.kind for check in checks] == ([] if reached + left == 19 else ["remainder"])


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 8), st.integers(-2, 2))
def test_a_list_is_as_long_as_said(extractor: Extractor, many: int, off: int) -> None:
    names = f"{', '.join(COMMUNES[: many - 1])} và {COMMUNES[many - 1]}"
    said = many + off
    checks = found(extractor, f"Huyện có {said} xã đạt chuẩn gồm {names}.")
    assert [check.kind for check in checks] == (["list_length"] if off and said > 1 else [])


@settings(max_examples=40, deadline=None)
@given(st.dates(dt.date(2010, 1, 1), dt.date(2030, 12, 31)), st.integers(0, 6))
def test_a_day_has_one_weekday(extractor: Extractor, day: dt.date, said: int) -> None:
    name = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")[said]
    checks = found(extractor, f"{name}, {day:%d/%m/%Y} huyện tổ chức hội nghị.")
    assert [check.kind for check in checks] == ([] if day.weekday() == said else ["weekday"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_text_is_audited_and_quoted(extractor: Extractor, pieces: list[str]) -> None:
    text = " ".join(pieces)
    for check in found(extractor, text, published=dt.date(2023, 1, 15)):
        assert text[check.evidence.start : check.evidence.end] == check.evidence.text != ""
        assert check.kind in KINDS
