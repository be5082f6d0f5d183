"""Confidence: what counts as support, how shares are smoothed, and that the shipped table is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_extract.confidence import (
    LEAN,
    Support,
    Table,
    confidence,
    load_table,
    support_of,
    tabulate,
    with_confidence,
    write_table,
)
from ntm_extract.model import FACT_KINDS, Achievement, Commitment, Record, Result, Target

EVIDENCE = {"start": 0, "end": 37, "text": "xã Hòa An và 3 xã đạt chuẩn nông thôn", "rule": "a.b.c"}
TAN_DAN = {"level": "commune", "name": "Tân Dân", "code": "10525"}


@pytest.mark.parametrize(("subject", "form"), [
    ({"level": "commune", "units": [{"level": "commune", "name": "Hoà An", "code": "10522"}]}, "named"),
    ({"level": "commune", "units": [TAN_DAN]}, "inherited"),
    ({"level": "commune", "units": [{**TAN_DAN, "code": None}]}, "open"),
    ({"level": "village", "units": [{"level": "village", "name": "Hòa An"}]}, "named"),
    ({"level": "commune", "count": {"min": 3, "max": 3}}, "counted"),
    ({"level": "commune"}, "class"),
])  # fmt: skip
def test_how_a_subject_stands(subject: dict[str, Any], form: str) -> None:
    fact = Achievement.model_validate({"subject": subject, "standard": "ntm", "status": "met", "evidence": EVIDENCE})
    assert support_of("achievements", fact) == Support("achievements", "met", "a.b.c", form)  # type: ignore[arg-type]


def test_what_a_fact_says_is_part_of_its_support() -> None:
    target = {"subject": {"level": "commune"}, "outcome": "criteria", "evidence": EVIDENCE}
    dated = {**target, "deadline": {"text": "năm 2022", "end": "2022-12-31"}}
    assert support_of("targets", Target.model_validate(target)).said == "criteria, undated"
    assert support_of("targets", Target.model_validate(dated)).said == "criteria, dated"
    order = Commitment.model_validate({"act": "request", "action": "hỗ trợ", "evidence": EVIDENCE})
    assert support_of("commitments", order) == Support("commitments", "request", "a.b.c", "none")
    result = Result.model_validate({"what": "đường", "value": 3, "evidence": EVIDENCE})
    assert support_of("results", result) == Support("results", "said", "a.b.c", "none")


def _table(*rows: tuple[str, bool]) -> Table:
    return tabulate(((Support("targets", "goal", rule, "named"), right) for rule, right in rows), {})


def test_a_support_met_often_has_its_own_share_and_a_rare_one_leans_on_the_broader() -> None:
    often = [("a.b.c", True)] * 900 + [("a.b.c", False)] * 100
    table = _table(*often, ("x.y.z", False))
    assert confidence("targets", Support("targets", "goal", "a.b.c", "named"), table) == pytest.approx(0.9, abs=0.01)
    rare = confidence("targets", Support("targets", "goal", "x.y.z", "named"), table)
    unseen = confidence("targets", Support("targets", "goal", "n.e.w", "named"), table)
    assert 0.8 < rare < unseen < 0.9


def test_nothing_known_is_even() -> None:
    assert confidence("results", Support("results", "said", "a.b.c", "none"), Table({}, {})) == 0.5
    with pytest.raises(ValueError, match="says nothing about targets"):
        confidence("targets", Support("results", "said", "a.b.c", "none"))


@given(st.lists(st.tuples(st.sampled_from(["a.b.c", "a.b.d"]), st.booleans()), max_size=60))
def test_more_right_facts_never_lower_it(rows: list[tuple[str, bool]]) -> None:
    support = Support("targets", "goal", "a.b.c", "named")
    before = confidence("targets", support, _table(*rows))
    after = confidence("targets", support, _table(*rows, ("a.b.c", True)))
    assert 0 <= before <= after <= 1
    assert after - before <= 5 / LEAN  # one fact moves it little


def test_a_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    table = tabulate([(Support("targets", "goal", "a.b.c", "named"), True)], {"gold": "đ"})
    write_table(table, tmp_path / "table.json")
    assert load_table(tmp_path / "table.json") == table


def test_every_level_of_the_shipped_table_adds_up() -> None:
    table = load_table()
    for key, (facts, right) in table.cells.items():
        assert 0 <= right <= facts
        below = [
            cell
            for other, cell in table.cells.items()
            if other != key
            and other.startswith(f"{key} / " if key else "")
            and other.count(" / ") == key.count(" / ") + bool(key)
        ]
        if below:
            assert (sum(cell[0] for cell in below), sum(cell[1] for cell in below)) == (facts, right)


def test_a_record_is_filled_and_else_unchanged() -> None:
    text = EVIDENCE["text"]
    record = Record.model_validate(
        {"id": "a", "source": "b", "text": text, "results": [{"what": "xã", "value": 3, "evidence": EVIDENCE}]}
    )
    filled = with_confidence(record)
    assert all(fact.confidence is not None for _, fact in filled.facts())
    cleared = filled.model_copy(
        update={
            kind: tuple(fact.model_copy(update={"confidence": None}) for fact in getattr(filled, kind))
            for kind in FACT_KINDS
        }
    )
    assert cleared == record
