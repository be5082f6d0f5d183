"""What must hold of verdicts and comparisons whatever the records: order, time, evidence, yardsticks, heirs."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from monitor_chains import chains

from ntm_extract.model import Record
from ntm_extract.monitor import Verdict, compare, lineage, segments, verdicts, yardstick
from ntm_extract.monitor.yardsticks import Point, mean, refusal

ALL = [record for chain in chains("chains") for record in chain.records]
TEXTS = {record.id: record.text for record in ALL}
DAYS = st.dates(dt.date(2018, 6, 1), dt.date(2026, 6, 1))
# Communes that stand apart, one that was merged whole, one that was divided.
UNITS = (
    {"level": "commune", "name": "Kỳ Phú", "district": "Kỳ Anh", "province": "Hà Tĩnh"},
    {"level": "commune", "name": "Nam Điền", "district": "Thạch Hà", "province": "Hà Tĩnh"},
    {"level": "commune", "name": "Mai Đình", "district": "Sóc Sơn", "province": "Hà Nội"},
    {"level": "commune", "name": "Thạch Lưu", "district": "Thạch Hà", "province": "Hà Tĩnh"},
)
STANDARDS = ("ntm", "ntm_advanced", "ntm_model")


def _dump(given: Sequence[Verdict]) -> list[str]:
    return [json.dumps(verdict.model_dump(mode="json"), sort_keys=True) for verdict in given]


# ------------------------------------------------------------------ records made at random


@st.composite
def _records(draw: st.DrawFn) -> list[Record]:
    rows = []
    for number in range(draw(st.integers(1, 10))):
        unit = draw(st.sampled_from(UNITS))
        standard = draw(st.sampled_from(STANDARDS))
        day = draw(st.dates(dt.date(2019, 1, 1), dt.date(2025, 6, 30)))
        year = draw(st.one_of(st.none(), st.integers(2018, 2026)))
        text = f"Bài {number}: xã {unit['name']} và kết quả năm nay, tin số {number * 7919 + day.toordinal()}."
        evidence = {"start": 0, "end": len(text), "text": text, "rule": "made"}
        subject = {"level": "commune", "units": [unit]}
        period = year and {"text": f"năm {year}", "start": f"{year}-01-01", "end": f"{year}-12-31"}
        fact: dict[str, object] = {"subject": subject, "standard": standard, "evidence": evidence}
        kind = draw(st.sampled_from(("targets", "targets", "achievements", "criteria_counts")))
        if kind == "targets":
            fact |= {"deadline": period, "modality": "goal"}
        elif kind == "achievements":
            fact |= {"status": draw(st.sampled_from(("recognised", "met", "proposed", "appraised"))), "period": period}
        else:
            fact |= {"achieved": draw(st.integers(0, 19)), "total": draw(st.sampled_from((15, 19, 20)))}
        rows.append({"id": f"r{number}", "source": "made", "published": str(day), "text": text, kind: [fact]})
    return [Record.model_validate(row) for row in rows]


# ------------------------------------------------------------------ verdicts


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False), DAYS)
def test_order_of_the_records_decides_nothing(chance: random.Random, as_of: dt.date) -> None:
    shuffled = ALL[:]
    chance.shuffle(shuffled)
    assert _dump(verdicts(shuffled, as_of)) == _dump(verdicts(ALL, as_of))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_records(), DAYS, st.integers(0, 900))
def test_what_was_kept_by_decision_stays_kept(records: list[Record], as_of: dt.date, days: int) -> None:
    before = {verdict.id: verdict for verdict in verdicts(records, as_of)}
    after = {verdict.id: verdict for verdict in verdicts(records, as_of + dt.timedelta(days=days))}
    for key, verdict in before.items():
        assert key in after, "a promise once known stays known"
        if verdict.verdict == "kept" and verdict.why[0].grade == "decision":
            assert after[key].verdict == "kept"
        if verdict.verdict in ("kept", "kept_late"):
            assert after[key].verdict in ("kept", "kept_late"), "nothing here was taken back"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_records(), DAYS)
def test_each_verdict_agrees_with_itself(records: list[Record], as_of: dt.date) -> None:
    texts = {record.id: record.text for record in records}
    posted = {record.id: record.published for record in records}
    given = verdicts(records, as_of)
    assert len({verdict.id for verdict in given}) == len(given)
    for verdict in given:
        by = verdict.promised.by
        if verdict.verdict == "kept" and by and verdict.year_of_standard:
            assert verdict.year_of_standard <= by.year
        if verdict.verdict == "kept_late":
            assert by is not None
        if verdict.verdict == "lapsed_no_evidence":
            assert by is not None
            assert as_of > by
        if verdict.verdict in ("open", "in_progress"):
            assert by is None or as_of <= by
        if verdict.verdict == "re-dated":
            assert verdict.redated_to is not None
            assert by is None or verdict.redated_to > by
        if verdict.lag_days is not None:
            assert by is not None
            assert verdict.recognised_on == by + dt.timedelta(days=verdict.lag_days)
        assert verdict.why
        for why in verdict.why:
            day = posted[why.article]
            assert day is not None
            assert day <= as_of, "evidence after the as-of day is not seen"
            assert texts[why.article][why.evidence.start : why.evidence.end] == why.evidence.text


@settings(max_examples=20, deadline=None)
@given(DAYS)
def test_every_reason_is_a_quotation(as_of: dt.date) -> None:
    for verdict in verdicts(ALL, as_of):
        for why in verdict.why:
            assert TEXTS[why.article][why.evidence.start : why.evidence.end] == why.evidence.text


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_records(), DAYS)
def test_reprints_change_nothing_but_their_own_names(records: list[Record], as_of: dt.date) -> None:
    copies = [
        record.model_copy(
            update={"id": f"z{record.id}", "published": record.published and record.published + dt.timedelta(days=9)}
        )
        for record in records
    ]
    assert _dump(verdicts([*records, *copies], as_of)) == _dump(verdicts(records, as_of))


# ------------------------------------------------------------------ yardsticks


_POINTS = st.lists(
    st.builds(
        lambda day, achieved, total, province, standard: Point(
            day, achieved, yardstick("commune", standard, "criterion", day, province, total), "a"
        ),
        DAYS,
        st.integers(0, 20),
        st.sampled_from((None, 15, 16, 19, 20)),
        st.sampled_from((None, "Nghệ An", "Hà Tĩnh", "Hậu Giang", "Lào Cai")),
        st.sampled_from(STANDARDS),
    ),
    max_size=12,
)


@given(_POINTS)
def test_no_series_averages_two_sets(points: list[Point]) -> None:
    cut = segments(points)
    assert Counter(point for segment in cut for point in segment.points) == Counter(points)
    for before, segment in zip((None, *cut), cut, strict=False):
        assert len({point.yardstick.key for point in segment.points}) == 1
        assert (segment.broken_by is None) == (before is None)


@given(_POINTS)
def test_a_mean_over_two_sets_is_refused(points: list[Point]) -> None:
    if len(points) < 2:
        return
    reasons = [refusal(points[0].yardstick, point.yardstick) for point in points[1:]]
    if any(reasons):
        with pytest.raises(ValueError, match=r"\w"):
            mean(points)
    else:
        assert mean(points) == pytest.approx(sum(point.achieved for point in points) / len(points))


@given(_POINTS)
def test_refusing_is_mutual(points: list[Point]) -> None:
    for one in points:
        for other in points:
            assert (refusal(one.yardstick, other.yardstick) is None) == (
                refusal(other.yardstick, one.yardstick) is None
            )


# ------------------------------------------------------------------ heirs


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_records())
def test_totals_over_heirs_add_up(records: list[Record]) -> None:
    """Each unit promised or reached is whole in exactly one unit of today, or a part in several and whole in none."""
    lines = lineage(records, dt.date(2026, 6, 1))
    own = compare(lines, "unit")
    carried = compare(lines, "today")
    for standard in STANDARDS:
        for year in range(2018, 2027):
            units = [row for row in own if (row.standard, row.year) == (standard, year)]
            today = [row for row in carried if (row.standard, row.year) == (standard, year)]
            for number in ("promised", "reached"):
                divided = sum(getattr(row, number) for row in units if row.group.name == "Mai Đình")
                whole = sum(getattr(row, number) for row in units) - divided
                assert sum(getattr(row, number) for row in today) == whole
            shared = sum(row.promised + row.reached > 0 for row in units if row.group.name == "Mai Đình")
            assert sum(row.parts for row in today) == 2 * shared
