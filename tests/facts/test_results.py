"""Work done, counted; what is only hoped for is none."""

from __future__ import annotations

import pytest

from ntm_extract.facts import Extractor
from tests.facts.cases import Case, faults, params


@pytest.mark.parametrize("case", params("facts_results.yml"))
def test_results(extractor: Extractor, case: Case) -> None:
    assert faults(case, extractor.extract(case.article)) == []
