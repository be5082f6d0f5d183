"""Facts in words, tables, and the page."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ntm_extract.messages import Messages
from ntm_extract.model import FACT_KINDS, Evidence, Person, Record, Result, Subject, Unit, UnitMention
from ntm_extract.render import describe, fact_rows, facts_table, html_page, subject_words

CASES = yaml.safe_load((Path(__file__).parent / "tables" / "render.yml").read_text("utf-8"))["cases"]
EVIDENCE = {"start": 0, "end": 1, "text": "x", "rule": "a.b.c"}
ENGLISH = Messages("en")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']}: {case['en'][1]}")
@pytest.mark.parametrize("lang", ["en", "vi"])
def test_facts_in_words(case: dict[str, Any], lang: Any) -> None:
    record = Record.model_validate({"id": "1", "source": "s", case["kind"]: [{**case["fact"], "evidence": EVIDENCE}]})
    ((kind, fact),) = record.facts()
    row = describe(kind, fact, Messages(lang))
    assert [row.who, row.what, row.when] == case[lang]


def test_every_kind_is_put_into_words() -> None:
    assert {case["kind"] for case in CASES} == set(FACT_KINDS)


def test_of_many_units_the_first_are_named_and_the_others_counted() -> None:
    units = tuple(Unit(level="commune", name=f"Số {number}", kind="xã") for number in range(9))
    words = subject_words(Subject(level="commune", units=units), ENGLISH)
    assert words == "xã Số 0, xã Số 1, xã Số 2, xã Số 3, xã Số 4, xã Số 5 and 3 more"


def record_of(text: str, stretches: list[tuple[int, int, int]]) -> Record:
    """A record with marks anywhere: results, units and persons by turns."""
    results, units, persons = [], [], []
    for start, end, kind in stretches:
        if kind == 0:
            evidence = Evidence(start=start, end=end, text=text[start:end], rule="a.b.c")
            results.append(Result(what="x", value=1, evidence=evidence))
        elif kind == 1:
            unit = Unit(level="commune", name='"<Tân>', kind="xã")
            units.append(UnitMention(unit=unit, start=start, end=end, text=text[start:end]))
        else:
            persons.append(Person(name="N", role="<b>", start=start, end=end))
    return Record(id="1", source="s", text=text, results=tuple(results), units=tuple(units), persons=tuple(persons))


TEXTS = st.text(alphabet="ab đ<>&\"'\n", max_size=60)


@given(TEXTS, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 2)), max_size=8))
def test_marks_never_change_the_text(text: str, marks: list[tuple[int, int, int]]) -> None:
    stretches = [(min(a, b, len(text)), min(max(a, b), len(text)), kind) for a, b, kind in marks]
    page = html_page([record_of(text, stretches)], ENGLISH)
    (section,) = re.findall(r'<section class="text".*?>(.*?)</section>', page, re.DOTALL)
    lines = re.findall(r"<p>(.*?)</p>", re.sub(r'<a class="pin.*?</a>', "", section))
    shown = [html.unescape(re.sub(r"</?mark.*?>", "", line)) for line in lines]
    assert shown == text.split("\n")
    assert section.count("<mark") == section.count("</mark>")
    assert section.count('class="pin') == sum(start < end and kind == 0 for start, end, kind in stretches)


def test_rows_stand_in_the_order_of_the_text() -> None:
    record = record_of("một hai ba", [(8, 10, 0), (0, 3, 0), (4, 7, 0)])
    assert [row.evidence.text for row in fact_rows(record, ENGLISH)] == ["một", "hai", "ba"]


def test_only_web_addresses_become_links() -> None:
    for url, linked in (("https://a.vn/1", True), ("javascript:alert(1)", False)):
        record = Record(id="1", source="s", url=url, text="x")
        assert (f'href="{url}"' in html_page([record], ENGLISH)) is linked


def test_what_stands_in_an_article_is_no_markup_of_the_table() -> None:
    console = Console(width=160)
    with console.capture() as captured:
        console.print(facts_table(record_of("[red]một[/red]", [(0, 14, 0)]), ENGLISH))
    assert "[red]một[/red]" in captured.get()
