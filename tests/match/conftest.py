"""One reader for all tests of this folder: patterns are compiled and the gazetteer loaded once."""

from __future__ import annotations

import pytest

from ntm_extract.match import SentenceReader
from ntm_extract.patterns import default_patterns
from ntm_extract.proof import reader_of


@pytest.fixture(scope="session")
def reader() -> SentenceReader:
    return reader_of(default_patterns())
