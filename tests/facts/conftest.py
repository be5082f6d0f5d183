"""One extractor for all tests of this folder: patterns are compiled and the gazetteer loaded once."""

from __future__ import annotations

import pytest

from ntm_extract.facts import Extractor


@pytest.fixture(scope="session")
def extractor() -> Extractor:
    return Extractor()
