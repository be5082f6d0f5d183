"""Rows of tables as facts: the annexes that list communes, standards and years."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import docx
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_extract.clean import read_text
from ntm_extract.clean.documents import read_document
from ntm_extract.facts import Extractor
from ntm_extract.facts.tables import TableFacts, read_tables
from ntm_extract.model import Article, Period, Subject
from tests import written_documents as written
from tests.conftest import ROOT

CASES = yaml.safe_load((ROOT / "tests" / "tables" / "facts_tables.yml").read_text("utf-8"))
KINDS = ("targets", "achievements", "counts", "statuses")


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


def told(subject: Subject) -> str:
    """'xã Kỳ Châu (Kỳ Anh)', '18 commune in Kỳ Anh'."""
    if subject.count is not None:
        assert subject.within is not None
        assert subject.count.min == subject.count.max
        return f"{subject.count.min:g} {subject.level} in {subject.within.name}"
    return " + ".join(f"{unit.kind} {unit.name} ({unit.district})" for unit in subject.units)


def end(period: Period | None) -> dt.date | None:
    return period.end if period is not None else None


def rows(facts: TableFacts) -> dict[str, list[list[Any]]]:
    """Facts as the cases write them."""
    found: dict[str, list[list[Any]]] = {name: [] for name in KINDS}
    for target in facts.targets:
        if target.outcome == "criteria":
            assert target.quantity is not None
            what: list[Any] = ["criteria", target.quantity.min]
        else:
            what = [target.standard]
        found["targets"].append([told(target.subject), *what, end(target.deadline), target.modality])
    for fact in facts.achievements:
        found["achievements"].append([told(fact.subject), fact.standard, fact.status, end(fact.period)])
    for count in facts.criteria_counts:
        found["counts"].append([told(count.subject), count.standard, count.achieved, count.total, end(count.period)])
    for status in facts.criteria_status:
        found["statuses"].append([told(status.subject), status.standard, status.criterion, status.status])
    return found


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_table_says(case: dict[str, Any], extractor: Extractor) -> None:
    article = replace(_plain(case["text"]), published=case.get("published"))
    facts = read_tables(extractor.read(article))
    assert rows(facts) == {name: case.get(name, []) for name in KINDS}
    _holds(article, facts)


def _plain(text: str) -> Article:
    article = read_text(text)
    assert article.text == text.strip(), "cleaning must leave the table as it is"
    return article


def _holds(article: Article, facts: TableFacts) -> None:
    """Evidence is the row's text; mentions stand where they say; every row that gave a fact is marked as read."""
    lines = {block.start: article.text[block.start : block.end] for block in article.blocks}
    for fact in (*facts.targets, *facts.achievements, *facts.criteria_counts, *facts.criteria_status):
        assert lines[fact.evidence.start] == fact.evidence.text
        assert fact.evidence.start in facts.lines
        assert fact.evidence.rule.startswith("tables.")
    for mention in facts.units:
        assert article.text[mention.start : mention.end] == mention.text
        assert mention.unit.name in mention.text or mention.text.isupper()


# ------------------------------------------------------------------ documents


def test_the_annex_of_minutes_is_read_row_by_row(extractor: Extractor) -> None:
    (article,) = read_document(written.minutes())
    facts = read_tables(extractor.read(article))
    standards = {"Nông thôn mới": "ntm", "NTM nâng cao": "ntm_advanced", "NTM kiểu mẫu": "ntm_model"}
    assert rows(facts)["achievements"] == [
        [f"xã {name} (Kỳ Anh)", standards[standard], "recognised", dt.date(int(year), 12, 31)]
        for _, name, _, standard, year, _ in written.recognised_rows()
    ]
    assert all(unit.code for fact in facts.achievements for unit in fact.subject.units)
    assert (facts.targets, facts.criteria_counts) == ((), ())
    assert len(facts.lines) == 15
    _holds(article, facts)


def test_the_annex_of_a_report_in_pdf_is_read_over_its_pages(extractor: Extractor) -> None:
    (article,) = read_document(written.report(1))
    facts = read_tables(extractor.read(article))
    assert len(facts.achievements) == 42
    pages = {block.start: block.page for block in article.blocks}
    assert {pages[fact.evidence.start] for fact in facts.achievements} == {2, 3, 4}


def test_merged_heads_and_districts_hold_for_every_cell(extractor: Extractor) -> None:
    (article,) = read_document(written.with_merged_cells())
    assert rows(read_tables(extractor.read(article)))["counts"] == [
        ["xã Kỳ Lạc (Kỳ Anh)", "ntm", 14, None, dt.date(2019, 12, 31)],
        ["xã Kỳ Lạc (Kỳ Anh)", "ntm", 16, None, dt.date(2020, 12, 31)],
        ["xã Kỳ Tây (Kỳ Anh)", "ntm", 13, None, dt.date(2019, 12, 31)],
        ["xã Kỳ Tây (Kỳ Anh)", "ntm", 15, None, dt.date(2020, 12, 31)],
    ]


def test_an_article_without_tables_has_no_facts_of_them(extractor: Extractor) -> None:
    article = read_text("Huyện Kỳ Anh: xã Kỳ Châu đạt chuẩn nông thôn mới năm 2015 và giữ vững các tiêu chí.")
    assert read_tables(extractor.read(article)) == TableFacts()


# ------------------------------------------------------------------ invariants

_ROWS = st.lists(
    st.tuples(st.sampled_from(written.COMMUNES), st.integers(2011, 2020), st.sampled_from(["NTM", "NTM nâng cao"])),
    min_size=2,
    max_size=5,
)


@given(_ROWS, st.permutations(["Xã", "Năm đạt", "Tiêu chuẩn"]), st.booleans())
@settings(max_examples=25, deadline=None)
def test_order_of_columns_makes_no_difference_and_every_row_yields(
    extractor: Extractor, cells: list[tuple[str, int, str]], order: list[str], numbered: bool
) -> None:
    document = docx.Document()
    document.add_paragraph("DANH SÁCH XÃ ĐẠT CHUẨN NÔNG THÔN MỚI CỦA HUYỆN KỲ ANH")
    order = ["Xã", *(head for head in order if head != "Xã")]  # a table is about what its first column names
    table = [
        [{"Xã": name, "Năm đạt": str(year), "Tiêu chuẩn": standard}[head] for head in order]
        for name, year, standard in cells
    ]
    table = [order, *table]
    if numbered:
        table = [[str(at) if at else "TT", *row] for at, row in enumerate(table)]
    written.add_table(document, table)
    (article,) = read_document(written.docx_bytes(document))
    facts = read_tables(extractor.read(article))
    values = {"NTM": "ntm", "NTM nâng cao": "ntm_advanced"}
    assert rows(facts)["achievements"] == [
        [f"xã {name} (Kỳ Anh)", values[standard], "met", dt.date(year, 12, 31)] for name, year, standard in cells
    ]


_HEADS = ["TT", "Xã", "Huyện", "Năm đạt", "Tiêu chuẩn"]
_CELL = st.sampled_from([*_HEADS, "1", "2", "Kỳ Châu", "Kỳ Anh", "2021", "NTM", "16/19", "x", "", "Tổng cộng", "(3)"])


@given(st.lists(st.lists(_CELL, min_size=1, max_size=6), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_any_rows_are_read_without_fault(extractor: Extractor, cells: list[list[str]]) -> None:
    lines = [" | ".join(row) for row in cells if "".join(row)]
    article = read_text("\n".join(["Xã đạt chuẩn nông thôn mới của huyện Kỳ Anh như sau:", *lines]))
    _holds(article, read_tables(extractor.read(article)))
