"""Questions to the thread: track, silences, requests, audit, what is new; reviewers; frames."""

from __future__ import annotations

import datetime as dt
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from monitor_chains import Chain, chains
from pandera.errors import SchemaError, SchemaErrors
from pydantic import BaseModel

from ntm_extract.dataset import Dataset, fact_id
from ntm_extract.dataset import Decision as FactDecision
from ntm_extract.errors import NtmError
from ntm_extract.model import Record
from ntm_extract.monitor import (
    AuditRow,
    ComparisonRow,
    CountRow,
    Decision,
    NewsRow,
    RequestRow,
    SilenceRow,
    TrackRow,
    Verdict,
    atom,
    audit,
    compare,
    counts,
    diff,
    frame,
    history,
    lineage,
    records_of,
    requests,
    reviewed,
    silences,
    threads,
    track,
    verdicts,
)
from ntm_extract.monitor.schemas import schema

CHAINS = {chain.id: chain for chain in chains("chains")}
LATE = dt.date(2026, 3, 1)


def _made(*rows: dict[str, Any]) -> list[Record]:
    chain = Chain("made", "here", {"home": {"district": "Can Lộc", "province": "Hà Tĩnh"}, "records": list(rows)})
    return chain.records


# ------------------------------------------------------------------ track and threads


def test_the_thread_of_a_unit_goes_on_in_its_heir() -> None:
    records = CHAINS["merged-before-the-day"].records
    rows = track(records, "xã Nam Điền")
    assert [(row.what, row.unit.name if row.unit else None, row.bearing) for row in rows] == [
        ("promised", "Nam Điền", "same"),
        ("recognised", "Thạch Xuân", "heir"),
    ]
    assert rows[1].detail == "for 2025"
    assert rows[1].day == dt.date(2025, 12, 15)


def test_units_of_one_name_are_tracked_apart() -> None:
    records = CHAINS["one-name-two-districts"].records
    assert {row.quote.article for row in track(records, "Tân Minh", within="Thường Tín")} == {"t2", "t3"}
    assert {row.quote.article for row in track(records, "Tân Minh", within="huyện Sóc Sơn")} == {"t1"}


def test_the_thread_of_a_person_and_of_an_organ() -> None:
    records = _made(
        {
            "id": "p1",
            "published": "2022-03-01",
            "text": "Chủ tịch UBND huyện Lê Văn Bình yêu cầu UBND xã Thiên Lộc hoàn thành tiêu chí môi trường.",
            "commitments": [
                {
                    "act": "directive",
                    "actor": "Chủ tịch UBND huyện Lê Văn Bình",
                    "addressee": "UBND xã Thiên Lộc",
                    "action": "hoàn thành tiêu chí môi trường",
                }
            ],
        }
    )
    (row,) = track(records, "Lê Văn Bình")
    assert (row.what, row.detail) == ("directive", "by Lê Văn Bình: hoàn thành tiêu chí môi trường")
    (row,) = track(records, "UBND xã Thiên Lộc")
    assert row.detail.startswith("to UBND xã Thiên Lộc")
    assert track(records, "Lê Văn") == track(records, "Lê Văn")
    assert not track(records, "Nguyễn Văn Bình")


def test_threads_follow_a_unit_through_its_renaming() -> None:
    found = threads(CHAINS["retyped"].records)
    assert [[event.kind for event in thread.events] for thread in found] == [["promised", "recognised"]]


# ------------------------------------------------------------------ silences


def test_silences() -> None:
    records = CHAINS["kept-with-lag"].records
    rows = silences(records, dt.date(2022, 3, 1))
    assert {row.verdict.unit.name for row in rows if row.verdict.unit} == {"Lưu Vĩnh Sơn", "Thạch Đài", "Thạch Xuân"}
    spoken = {row.verdict.unit.name: row.last for row in rows if row.verdict.unit}
    assert spoken["Thạch Đài"] == dt.date(2021, 12, 2)
    assert {row.days for row in rows} == {60}


# ------------------------------------------------------------------ requests


def test_a_request_is_led_to_the_directive_that_takes_it_up() -> None:
    records = _made(
        {
            "id": "q1",
            "meeting": "2021-04-08",
            "text": "Xã Đỉnh Bàn đề nghị huyện xử lý xe quá tải trọng chạy từ mỏ đá gây hư hại đường.",
            "commitments": [
                {"act": "request", "actor": "xã Đỉnh Bàn", "action": "xử lý xe quá tải trọng chạy từ mỏ đá"}
            ],
        },
        {
            "id": "q2",
            "meeting": "2021-06-01",
            "text": "Chủ tịch UBND huyện giao Công an huyện xử lý nghiêm xe quá tải trọng tại các mỏ đá.",
            "commitments": [
                {
                    "act": "directive",
                    "actor": "Chủ tịch UBND huyện",
                    "addressee": "Công an huyện",
                    "action": "xử lý nghiêm xe quá tải trọng tại các mỏ đá",
                }
            ],
        },
        {
            "id": "q3",
            "meeting": "2021-03-01",
            "text": "Huyện yêu cầu xử lý xe quá tải trọng tại các mỏ đá ngay trong tháng.",
            "commitments": [{"act": "directive", "action": "xử lý xe quá tải trọng tại các mỏ đá"}],
        },
        {
            "id": "q4",
            "meeting": "2021-06-05",
            "text": "Huyện giao các phòng rà soát tiêu chí thu nhập của từng hộ dân.",
            "commitments": [{"act": "directive", "action": "rà soát tiêu chí thu nhập của từng hộ dân"}],
        },
    )
    (row,) = requests(records)
    assert [answer.quote.article for answer in row.answers] == ["q2"], "neither the older nor the unlike one"
    assert {"taỉ", "mo̒", "đa"} & {word[:2] for word in row.answers[0].shared} or row.answers[0].likeness > 0.5
    assert requests(records, within="huyện Kỳ Anh") == []


# ------------------------------------------------------------------ audit


def test_audit_between_articles() -> None:
    records = _made(
        {
            "id": "x1",
            "published": "2023-03-01",
            "text": "Đến nay xã Thiên Lộc đạt 17/19 tiêu chí NTM nâng cao sau rà soát.",
            "counts": [{"units": ["Thiên Lộc"], "standard": "ntm_advanced", "achieved": 17, "total": 19}],
        },
        {
            "id": "x2",
            "published": "2023-09-01",
            "text": "Theo báo cáo mới, xã Thiên Lộc mới đạt 15/19 tiêu chí NTM nâng cao.",
            "counts": [{"units": ["Thiên Lộc"], "standard": "ntm_advanced", "achieved": 15, "total": 19}],
        },
        {
            "id": "x3",
            "published": "2024-01-10",
            "text": "Huyện có 1 xã được công nhận đạt chuẩn NTM nâng cao năm 2023.",
            "achievements": [{"count": 1, "standard": "ntm_advanced", "status": "recognised", "period": 2023}],
        },
        {
            "id": "x4",
            "published": "2024-01-12",
            "text": "Các xã Thiên Lộc, Sơn Lộc được công nhận đạt chuẩn NTM nâng cao năm 2023.",
            "achievements": [
                {"units": ["Thiên Lộc", "Sơn Lộc"], "standard": "ntm_advanced", "status": "recognised", "period": 2023}
            ],
        },
        {
            "id": "x5",
            "published": "2024-06-12",
            "text": "Đến tháng 6, xã Sơn Lộc chưa đạt chuẩn NTM nâng cao.",
            "mentions": ["Sơn Lộc"],
        },
    )
    rows = audit(records)
    assert [(row.kind, [quote.article for quote in row.quotes]) for row in rows] == [
        ("count_falls", ["x1", "x2"]),
        ("number_below_list", ["x3", "x4", "x4"]),
        ("reached_then_denied", ["x4", "x5"]),
    ]


def test_a_fall_over_a_change_of_the_set_is_not_audited() -> None:
    counted = {"units": ["Thiên Lộc"], "standard": "ntm_advanced"}
    old = {"achieved": 14, "total": 15, **counted}
    new = {"achieved": 11, "total": 19, **counted}
    records = _made(
        {"id": "y1", "published": "2021-03-01", "text": "Xã Thiên Lộc đạt 14/15.", "counts": [old]},
        {"id": "y2", "published": "2023-03-01", "text": "Xã Thiên Lộc đạt 11/19.", "counts": [new]},
    )
    assert audit(records) == []


# ------------------------------------------------------------------ what is new


def test_diff_and_feed() -> None:
    records = CHAINS["kept-with-lag"].records
    rows = diff(records, dt.date(2021, 12, 31), until=dt.date(2022, 3, 1))
    assert [(row.what, row.before, row.after) for row in rows if row.what == "article"] == [("article", None, None)]
    changes = {row.title.split(" (")[0]: (row.before, row.after) for row in rows if row.what == "verdict"}
    assert changes["xã Nam Điền"] == ("in_progress", "kept")
    assert changes["xã Lưu Vĩnh Sơn"] == ("open", "lapsed_no_evidence")
    assert diff(records, dt.date(2024, 1, 1), until=dt.date(2024, 6, 1)) == []

    feed = ET.fromstring(atom(rows, url="https://example.org/feed.atom"))
    space = {"a": "http://www.w3.org/2005/Atom"}
    entries = feed.findall("a:entry", space)
    assert len(entries) == len(rows)
    assert len({entry.findtext("a:id", None, space) for entry in entries}) == len(rows)
    updated = [entry.findtext("a:updated", "", space) for entry in entries]
    assert updated == sorted(updated, reverse=True)
    assert feed.findtext("a:updated", None, space) == updated[0]
    assert atom([]) != ""


def test_feed_of_a_title_with_control_characters_is_xml() -> None:
    row = NewsRow(what="article", id="a", day=LATE, title="a\x00<b> & ế", url=None, before=None, after=None, quote=None)
    entry = ET.fromstring(atom([row])).find("{http://www.w3.org/2005/Atom}entry")
    assert entry is not None
    assert entry.findtext("{http://www.w3.org/2005/Atom}title") == "a<b> & ế"


def test_the_history_of_a_verdict() -> None:
    records = CHAINS["won-and-lost"].records
    (verdict,) = verdicts(records, LATE)
    assert [(str(day), one.verdict) for day, one in history(records, verdict.id, LATE)] == [
        ("2021-01-05", "open"),
        ("2022-01-01", "lapsed_no_evidence"),
        ("2022-01-25", "kept"),
        ("2023-06-10", "not_met"),
        ("2024-12-28", "kept_late"),
    ]
    assert history(records, "none", LATE) == []


# ------------------------------------------------------------------ reviewers


def test_a_reviewers_decision_on_a_promise_outweighs_the_rule() -> None:
    records = CHAINS["kept-with-lag"].records
    before = {one.unit.name: one for one in verdicts(records, LATE) if one.unit}
    decision = Decision(
        promise=before["Thạch Đài"].id,
        verdict="kept",
        reviewer="Lan",
        on=dt.date(2023, 5, 1),
        recognised_on=dt.date(2022, 1, 26),
        note="seen in the paper file",
    )
    after = {one.unit.name: one for one in verdicts(records, LATE, [decision]) if one.unit}
    assert (after["Thạch Đài"].verdict, after["Thạch Đài"].lag_days) == ("kept", 26)
    assert after["Thạch Đài"].why[0].rule == "reviewer.Lan: seen in the paper file"
    assert after["Nam Điền"] == before["Nam Điền"]
    early = {one.unit.name: one for one in verdicts(records, dt.date(2023, 4, 30), [decision]) if one.unit}
    assert early["Thạch Đài"].verdict == "lapsed_no_evidence"


def test_facts_that_reviewers_rejected_or_corrected() -> None:
    records = CHAINS["kept-with-lag"].records
    third = next(record for record in records if record.id == "a3")
    fact = third.achievements[0]
    at = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
    name = fact_id("a3", "achievements", fact)
    rejected = list(reviewed(records, [FactDecision(name, "reject", None, "Lan", at)]))
    assert {one.verdict for one in verdicts(rejected, dt.date(2022, 6, 1))} == {"lapsed_no_evidence"}
    year = {"text": "năm 2022", "start": "2022-01-01", "end": "2022-12-31"}
    later = at + dt.timedelta(days=1)
    corrected = list(
        reviewed(
            records,
            [
                FactDecision(name, "correct", {"period": year}, "Lan", later),
                FactDecision(name, "reject", None, "Lan", at),
            ],
        )
    )
    kept = [one for one in verdicts(corrected, dt.date(2022, 6, 1)) if one.unit and one.unit.name == "Nam Điền"]
    assert [one.verdict for one in kept] == ["kept_late"]
    assert list(reviewed(records, [])) == records


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_one_text_in_a_dataset_the_earliest_stands(order: tuple[int, int], tmp_path: Path) -> None:
    (first,) = _made(
        {
            "id": "first",
            "published": "2022-03-10",
            "text": "Huyện phấn đấu năm 2022 xã Thiên Lộc đạt chuẩn NTM nâng cao.",
            "targets": [{"units": ["Thiên Lộc"], "standard": "ntm_advanced", "by": 2022}],
        }
    )
    late = {"id": "mirror", "published": dt.date(2022, 3, 20), "source": "mirror", "url": "https://example.org/m"}
    both = (first, first.model_copy(update=late))
    with Dataset.open(tmp_path / "dataset.sqlite", create=True) as dataset:
        run = dataset.begin_run(version="0", patterns=None)
        for at in order:
            dataset.put(both[at], run)
        dataset.end_run(run)
        (verdict,) = verdicts(records_of(dataset), dt.date(2022, 6, 1))
        assert (verdict.promised.article, verdict.promised.on) == ("first", dt.date(2022, 3, 10))
        (name,) = (row[0] for row in dataset.query("SELECT id FROM targets"))
        dataset.decide(name, "reject", who="Lan")
        assert verdicts(records_of(dataset), dt.date(2022, 6, 1)) == []


# ------------------------------------------------------------------ frames


def test_frames() -> None:
    lines = lineage(CHAINS["kept-with-lag"].records, LATE)
    given = verdicts(CHAINS["kept-with-lag"].records, LATE)
    table = frame(given)
    assert len(table) == 5
    assert pd.api.types.is_datetime64_any_dtype(table["promised_by"])
    assert pd.api.types.is_datetime64_any_dtype(table["recognised_on"])
    row = table[table["unit_name"] == "Nam Điền"].iloc[0]
    assert (row["verdict"], row["lag_days"], row["progress_achieved"], row["why_grade"]) == ("kept", 26, 13, "decision")
    assert row["quote_text"].startswith("công nhận các xã Nam Điền")
    groups = frame(compare(lines, "district"))
    assert set(groups["group_name"]) == {"Thạch Hà"}
    silent = frame(silences(lines, LATE))
    assert sorted(silent["unit_name"]) == ["Thạch Xuân", "Thạch Đài"]
    assert list(frame([], Verdict).columns) == list(table.columns)
    assert len(frame([], ComparisonRow)) == 0
    assert frame([]).empty


@pytest.mark.parametrize("chain", CHAINS.values(), ids=lambda chain: chain.id)
def test_every_answer_leads_to_its_quotation(chain: Chain) -> None:
    texts = {record.id: record.text for record in chain.records}
    lines = lineage(chain.records, LATE)
    quotes = [quote for row in compare(lines, "district") for quote in row.quotes]
    quotes += [quote for row in audit(lines) for quote in row.quotes]
    quotes += [row.quote for row in silences(lines, LATE) if row.quote]
    for quote in quotes:
        assert texts[quote.article][quote.evidence.start : quote.evidence.end] == quote.evidence.text


KINDS = (Verdict, ComparisonRow, CountRow, TrackRow, AuditRow, SilenceRow, RequestRow, NewsRow)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_schemas_hold_for_what_monitoring_gives(kind: type[BaseModel]) -> None:
    records = [record for chain in CHAINS.values() for record in chain.records]
    lines = lineage(records, LATE)
    rows: dict[type[BaseModel], list[Any]] = {
        Verdict: verdicts(records, LATE),
        ComparisonRow: compare(lines, "district"),
        CountRow: counts(lines, "district", shares=True),
        TrackRow: track(lines, "xã Nam Điền"),
        AuditRow: audit(lines),
        SilenceRow: silences(lines, LATE),
        RequestRow: requests(records),
        NewsRow: diff(records, dt.date(2021, 12, 31), until=LATE),
    }
    table = frame(rows[kind], kind)
    assert len(table) == len(rows[kind])
    schema(kind).validate(table, lazy=True)
    schema(kind).validate(frame([], kind))
    with pytest.raises((SchemaError, SchemaErrors)):
        schema(kind).validate(table.assign(more=1))
    with pytest.raises((SchemaError, SchemaErrors)):
        schema(kind).validate(table.drop(columns=table.columns[0]))


def test_schemas_refuse_what_cannot_be() -> None:
    table = frame(verdicts(CHAINS["kept-with-lag"].records, LATE), Verdict)
    for column, wrong in (("verdict", "broken"), ("progress_achieved", -1.0), ("quote_end", 0)):
        with pytest.raises((SchemaError, SchemaErrors)):
            schema(Verdict).validate(
                table.assign(**{column: pd.Series([wrong] * len(table), dtype=table[column].dtype)})
            )


def test_schemas_without_pandera_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    schema.cache_clear()
    monkeypatch.setitem(sys.modules, "pandera.pandas", None)
    with pytest.raises(NtmError, match=r"pandera is not installed.*; install ntm-extract\[notebooks\]"):
        schema(Verdict)
