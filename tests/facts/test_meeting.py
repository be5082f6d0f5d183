"""The meeting an article reports."""

from __future__ import annotations

import pytest

from ntm_extract.facts import Extractor
from tests.facts.cases import Case, faults, params


@pytest.mark.parametrize("case", params("facts_meeting.yml"))
def test_meeting(extractor: Extractor, case: Case) -> None:
    assert faults(case, extractor.extract(case.article)) == []
