"""The tables themselves: cases that look at something, and a comparison that can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from ntm_extract.facts import Extractor
from tests.facts.cases import NAMES, OPEN, TABLES, faults, load_cases

_TEXT = "Xã Kim Thành đạt 15/19 tiêu chí."


def _case(folder: Path, expectation: str) -> Path:
    path = folder / "cases.yml"
    path.write_text(
        f'defaults: {{home: [Yên Thành, Nghệ An], published: 2021-07-08}}\na:\n- {{text: "{_TEXT}", {expectation}}}\n',
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("name", [*NAMES, OPEN])
def test_a_table_is_well_formed(name: str) -> None:
    cases = load_cases(TABLES / name)
    texts = [(case.article.text, case.article.published, case.article.home_district) for case in cases]
    assert len(set(texts)) == len(texts), "a text stands twice in one table"


def test_there_are_as_many_cases_as_the_context_layer_asks_for() -> None:
    assert sum(len(load_cases(TABLES / name)) for name in NAMES) >= 400


def test_what_is_open_is_not_also_said_to_hold() -> None:
    def texts(name: str) -> set[str]:
        return {case.article.text for case in load_cases(TABLES / name)}

    held = set().union(*(texts(name) for name in NAMES))
    assert texts(OPEN) & held == set()


@pytest.mark.parametrize(
    "expectation",
    [
        "facts: {counts: [{of: [commune:Kim Thành], achieved: 15, total: 19, stat: each}]}",
        "facts: {counts: [{count: null, end: null}]}, none: [targets]",
        "facts: {counts: [{}, {achieved: 1, optional: true}]}",
        "facts: {units: [commune:Kim Thành], persons: [], meeting: []}",
        "absent: {counts: [{achieved: 16}]}",
    ],
)
def test_a_case_that_holds_has_no_faults(extractor: Extractor, tmp_path: Path, expectation: str) -> None:
    (case,) = load_cases(_case(tmp_path, expectation))
    assert faults(case, extractor.extract(case.article)) == []


@pytest.mark.parametrize(
    "expectation",
    [
        "facts: {counts: [{achieved: 16}]}",
        "facts: {counts: [{of: [commune:Thọ Thành]}]}",
        "facts: {counts: [{of: [district:Kim Thành]}]}",
        "facts: {counts: [{count: 2}]}",
        "facts: {counts: [{end: 2021-12-31}]}",
        "facts: {counts: [{}, {}]}",
        "facts: {counts: []}",
        "facts: {units: []}",
        "facts: {units: [village:Kim Thành]}",
        "facts: {persons: [Kim Thành]}",
        "facts: {targets: [{}]}",
        "none: [counts]",
        "absent: {counts: [{achieved: 15}]}",
    ],
)
def test_a_case_that_does_not_hold_has(extractor: Extractor, tmp_path: Path, expectation: str) -> None:
    (case,) = load_cases(_case(tmp_path, expectation))
    assert faults(case, extractor.extract(case.article))


@pytest.mark.parametrize("expectation", ["why: nothing", "fact: {counts: []}", "facts: {}"])
def test_a_case_that_looks_at_nothing_is_refused(tmp_path: Path, expectation: str) -> None:
    with pytest.raises(ValueError, match=r"unknown keys|expects nothing"):
        load_cases(_case(tmp_path, expectation))


def test_a_field_that_a_fact_has_not_is_refused(extractor: Extractor, tmp_path: Path) -> None:
    (case,) = load_cases(_case(tmp_path, "facts: {counts: [{deadline: 2021-12-31}]}"))
    with pytest.raises(KeyError):
        faults(case, extractor.extract(case.article))
