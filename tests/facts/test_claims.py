"""Standards reached and aimed at, numbers of criteria: in every light a sentence can stand in."""

from __future__ import annotations

import pytest

from ntm_extract.facts import Extractor
from tests.facts.cases import Case, faults, params


@pytest.mark.parametrize("case", params("facts_standards.yml"))
def test_standards(extractor: Extractor, case: Case) -> None:
    assert faults(case, extractor.extract(case.article)) == []


@pytest.mark.parametrize("case", params("facts_targets.yml"))
def test_targets(extractor: Extractor, case: Case) -> None:
    assert faults(case, extractor.extract(case.article)) == []


@pytest.mark.parametrize("case", params("facts_counts.yml"))
def test_counts(extractor: Extractor, case: Case) -> None:
    assert faults(case, extractor.extract(case.article)) == []
