"""Groups of units side by side, and counts on their yardsticks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, cast

import pytest
from monitor_chains import Chain, chains

from ntm_extract.dataset import Dataset
from ntm_extract.model import Record
from ntm_extract.monitor import compare, counts, lineage, records_of
from ntm_extract.monitor.compare import By, ComparisonRow
from ntm_extract.monitor.places import Places
from ntm_extract.monitor.sql import compare_dataset

[CHAIN] = chains("", "monitor_compare.yml")


def _rows(chain: Chain, by: str) -> list[ComparisonRow]:
    return compare(lineage(chain.records, dt.date(2026, 1, 31)), cast(By, by))


def _of(rows: list[ComparisonRow], wanted: dict[str, Any]) -> list[ComparisonRow]:
    key = (wanted["group"], wanted["standard"], wanted["year"])
    return [row for row in rows if (row.group.name, row.standard, row.year) == key]


CASES = [(by, wanted) for by, rows in CHAIN.data["rows"].items() for wanted in rows]


@pytest.mark.parametrize(("by", "wanted"), CASES, ids=lambda case: str(case)[:70])
def test_row(by: str, wanted: dict[str, Any]) -> None:
    (row,) = _of(_rows(CHAIN, by), wanted)
    got = row.model_dump()
    assert {key: got[key] for key in wanted if key != "group"} == {key: wanted[key] for key in wanted if key != "group"}
    assert row.quotes


def test_a_forecast_reaches_nothing() -> None:
    for by, rows in CHAIN.data["absent"].items():
        for wanted in rows:
            assert not _of(_rows(CHAIN, by), wanted)


def test_share_is_of_the_rural_communes_of_that_year() -> None:
    (row,) = _of(_rows(CHAIN, "district"), {"group": "Thạch Hà", "standard": "ntm_advanced", "year": 2021})
    assert row.units == 21  # xã of huyện Thạch Hà on 31 December 2021, without thị trấn Thạch Hà
    assert row.share == pytest.approx(2 / 21)


def test_rows_are_narrowed_without_losing_their_breaks() -> None:
    rows = compare(CHAIN.records, "district", standards=("ntm_advanced",), years=(2022,), as_of=dt.date(2026, 1, 31))
    assert {(row.standard, row.year) for row in rows} == {("ntm_advanced", 2022)}
    assert any(row.broken for row in rows)


def test_what_was_not_known_on_the_day_is_not_counted() -> None:
    rows = compare(CHAIN.records, "district", as_of=dt.date(2021, 12, 31))
    assert sum(row.reached for row in rows) == 0
    assert sum(row.promised for row in rows) == 9


def test_counts_on_two_sets_stay_two_rows() -> None:
    records = [record for chain in chains("chains") if chain.id == "kept-with-lag" for record in chain.records]
    (row,) = counts(records, "district")
    assert (row.criteria_set, row.total, row.units, row.mean, row.share) == (
        "commune_ntm_advanced_2018", 15, 2, 13.5, None,
    )  # fmt: skip
    (row,) = counts(records, "district", shares=True)
    assert row.share == pytest.approx(0.9)


# ------------------------------------------------------------------ from a dataset


_READ_ONLY = {
    "weak-evidence": "a caption is not told from text in the tables",
    "not-promised": "nor a plan from its denial",
    "one-name-two-districts": "a unit is what its own article says; it is not made out from others",
    "commune-and-town-of-one-name": "the same",
}
_ALIKE = ("promised", "reached", "recognised", "undated", "holding", "parts", "criteria_set", "broken", "units")


@pytest.mark.parametrize("by", ["district", "province", "today", "unit"])
@pytest.mark.parametrize("chain", [CHAIN, *chains("chains")], ids=lambda chain: chain.id)
def test_a_dataset_gives_what_its_records_give(chain: Chain, by: str, tmp_path: Path) -> None:
    if chain.id in _READ_ONLY:
        pytest.skip(_READ_ONLY[chain.id])
    path = tmp_path / "dataset.sqlite"
    with Dataset.open(path, create=True) as dataset:
        run = dataset.begin_run(version="0", patterns=None)
        linked = Places(chain.records)
        for record in chain.records:
            dataset.put(_with_links(record, linked), run)
        dataset.end_run(run)
        fast = compare_dataset(dataset, cast(By, by), quotes=5)
        slow = compare(dataset.iter_records(), cast(By, by))
    wanted = [{key: getattr(row, key) for key in ("standard", "year", *_ALIKE)} | {"g": row.group.name} for row in slow]
    given = [{key: getattr(row, key) for key in ("standard", "year", *_ALIKE)} | {"g": row.group.name} for row in fast]
    assert given == wanted
    assert all(row.quotes for row in fast)


def _with_links(record: Record, places: Places) -> Record:
    """The record as extraction would have given it: units linked."""
    facts = {}
    for kind in ("targets", "achievements"):
        facts[kind] = tuple(
            fact.model_copy(
                update={
                    "subject": fact.subject.model_copy(
                        update={"units": tuple(places.linked(unit, record) for unit in fact.subject.units)}
                    )
                }
            )
            for fact in getattr(record, kind)
        )
    home = record.home
    linked = {
        level: places.linked(unit, record) if (unit := getattr(home, level)) else None
        for level in ("district", "province")
    }
    return record.model_copy(update={**facts, "home": home.model_copy(update=linked)})


def test_reviewers_decisions_change_what_a_dataset_gives(tmp_path: Path) -> None:
    with Dataset.open(tmp_path / "dataset.sqlite", create=True) as dataset:
        run = dataset.begin_run(version="0", patterns=None)
        linked = Places(CHAIN.records)
        for record in CHAIN.records:
            dataset.put(_with_links(record, linked), run)
        dataset.end_run(run)
        names = dict(dataset.query("SELECT quote, id FROM achievements"))
        rejected = next(name for quote, name in names.items() if "xã Thạch Xuân đã đạt" in quote)
        corrected = next(name for quote, name in names.items() if "công nhận xã Nam Điền" in quote)
        year = {"text": "năm 2020", "start": "2020-01-01", "end": "2020-12-31"}
        dataset.decide(rejected, "reject", who="Lan")
        dataset.decide(corrected, "correct", who="Lan", correction={"period": year})
        fast, slow = compare_dataset(dataset, "district", quotes=5), compare(records_of(dataset), "district")
    wanted = {"group": "Thạch Hà", "standard": "ntm_advanced"}
    assert [row.reached for row in _of(fast, wanted | {"year": 2020})] == [1]
    assert [row.reached for row in _of(fast, wanted | {"year": 2021})] == [0]
    keys = ("standard", "year", *_ALIKE)
    assert [[getattr(row, key) for key in keys] for row in fast] == [
        [getattr(row, key) for key in keys] for row in slow
    ]
