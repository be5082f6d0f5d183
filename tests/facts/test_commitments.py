"""Who binds whom to what: the ranks of the two decide what 'đề nghị' is."""

from __future__ import annotations

import pytest

from ntm_extract.facts import Extractor
from tests.facts.cases import Case, faults, params


@pytest.mark.parametrize("case", params("facts_commitments.yml"))
def test_commitments(extractor: Extractor, case: Case) -> None:
    assert faults(case, extractor.extract(case.article)) == []
