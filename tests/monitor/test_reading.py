"""What the sentence around a quotation adds to a fact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ntm_extract.model import Evidence, Record
from ntm_extract.monitor.reading import is_caption, passage, sentence_bounds, signature, year_of_standard

CASES = yaml.safe_load((Path(__file__).parent.parent / "tables/monitor_reading.yml").read_text(encoding="utf-8"))


def _quoted(marked: str) -> tuple[Record, Evidence]:
    start, end = marked.index("[["), marked.index("]]") - 2
    text = marked.replace("[[", "").replace("]]", "")
    return Record(id="r", source="s", text=text), Evidence(start=start, end=end, text=text[start:end], rule="made")


@pytest.mark.parametrize("case", CASES["signatures"], ids=lambda case: case["text"][:40])
def test_signature(case: dict[str, Any]) -> None:
    record, evidence = _quoted(case["text"])
    found = signature(record, evidence, case["near"], foreign=lambda start, end: case.get("foreign", False))
    if case.get("none"):
        assert found is None or found.day is None
    else:
        assert found is not None
        assert (found.number, found.day) == (case["number"], case["day"])


@pytest.mark.parametrize("case", CASES["phrases"], ids=lambda case: f"{case['row']}-{case['text'][:40]}")
def test_phrase(case: dict[str, Any]) -> None:
    assert passage(case["text"], 0, len(case["text"])).has(case["row"]) is case["has"]


@pytest.mark.parametrize("case", CASES["captions"], ids=lambda case: case["text"][:40])
def test_caption(case: dict[str, Any]) -> None:
    assert is_caption(*_quoted(case["text"])) is case["is"]


@pytest.mark.parametrize("case", CASES["sentences"], ids=lambda case: case["text"][:40])
def test_sentences(case: dict[str, Any]) -> None:
    assert len(sentence_bounds(case["text"])) == case["number"]


@pytest.mark.parametrize("case", CASES["years"], ids=lambda case: case["text"][:40])
def test_year_of_the_standard(case: dict[str, Any]) -> None:
    assert year_of_standard(case["text"]) == case["year"]


def test_a_phrase_is_found_where_it_stands() -> None:
    text = "Trước đó, xã Hoà Bình xin rút khỏi kế hoạch."
    where = passage(text, 10, len(text))
    found = where.find("dropped")
    assert found is not None
    assert text[slice(*found)] in ("rút khỏi", "xin rút")
    assert [text[a:b] for a, b in where.names("Hòa Bình")] == ["Hoà Bình"]
