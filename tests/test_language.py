"""The facts as spaCy components."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from spacy import displacy
from spacy.language import Language
from spacy.tokens import Doc

import ntm_extract
from ntm_extract.model import FACT_KINDS, Record
from tests.conftest import ARTICLE

PORTAL = f"""CỔNG THÔNG TIN ĐIỆN TỬ
Trang chủ
Giới thiệu
Tin tức - Sự kiện
Huyện Yên Thành giao ban xây dựng nông thôn mới
Thứ sáu, 09/07/2021 15:20
Lượt xem: 214
{ARTICLE.split(chr(10) * 2)[1]}
Các tin khác
Đăng nhập
"""


@pytest.fixture(scope="module")
def nlp() -> Language:
    return ntm_extract.load()


def test_docs_carry_the_record(nlp: Language) -> None:
    doc = nlp(ARTICLE)
    record = doc._.ntm
    assert isinstance(record, Record)
    assert record.text == doc.text == ARTICLE
    assert [count.achieved for count in record.criteria_counts] == [16, 15]
    assert record.misquotes() == []


def test_spans_are_the_record_s(nlp: Language) -> None:
    doc = nlp(ARTICLE)
    assert [span.text for span in doc.spans["units"]] == [mention.text for mention in doc._.ntm.units]
    assert {span.label_ for span in doc.spans["units"]} == {"district", "commune"}
    assert {span.kb_id_ for span in doc.spans["units"]} == {mention.unit.uid for mention in doc._.ntm.units}
    for kind in FACT_KINDS:
        quotes = [fact.evidence.text for fact in getattr(doc._.ntm, kind)]
        assert [span.text for span in doc.spans[kind]] == quotes
    assert {span.label_ for span in doc.spans["targets"]} == {"ntm"}


def test_furniture_stays_in_the_text_and_dates_it(nlp: Language) -> None:
    doc = nlp(PORTAL)
    assert doc.text == PORTAL
    record = doc._.ntm
    assert str(record.published) == "2021-07-09"
    assert record.title == "Huyện Yên Thành giao ban xây dựng nông thôn mới"
    cleaned = ntm_extract.extract(PORTAL)
    assert cleaned.text != PORTAL
    assert [fact.evidence.text for _, fact in record.facts()] == [fact.evidence.text for _, fact in cleaned.facts()]


def test_sentences_are_split(nlp: Language) -> None:
    sentences = [sentence.text.strip() for sentence in nlp(ARTICLE).sents]
    assert sentences == [line for line in ARTICLE.split("\n") if line]


def test_a_text_without_anything_to_read_has_no_record(nlp: Language) -> None:
    doc = nlp(" \n ")
    assert doc._.ntm is None
    assert all(len(group) == 0 for group in doc.spans.values())


def test_docs_survive_being_written(nlp: Language) -> None:
    doc = nlp(ARTICLE)
    again = Doc(nlp.vocab).from_bytes(doc.to_bytes())
    assert again._.ntm == doc._.ntm
    assert [span.text for span in again.spans["targets"]] == [span.text for span in doc.spans["targets"]]


def test_a_pipeline_can_be_written_and_loaded_by_spacy_alone(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "model")
    loaded = spacy.load(tmp_path / "model")
    assert loaded.pipe_names == ["ntm_sentences", "ntm_facts"]
    assert loaded(ARTICLE)._.ntm == nlp(ARTICLE)._.ntm


def test_the_component_joins_a_user_s_own_pipeline(nlp: Language) -> None:
    own = spacy.blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": "ntm_extract.syllables.v1"}}})
    own.add_pipe("ntm_facts")
    assert own(ARTICLE)._.ntm == nlp(ARTICLE)._.ntm


def test_another_tokenizer_reads_the_same_facts(nlp: Language) -> None:
    other = spacy.blank("xx")
    other.add_pipe("ntm_facts")
    doc = other(ARTICLE)
    assert doc._.ntm == nlp(ARTICLE)._.ntm
    assert len(doc.spans["targets"]) == len(doc._.ntm.targets) > 0


def test_displacy_draws_a_group(nlp: Language) -> None:
    page = displacy.render(nlp(ARTICLE), style="span", options={"spans_key": "units"})
    assert "commune" in page


def test_patterns_of_one_s_own(root: Path) -> None:
    own = ntm_extract.load(root / "patterns")
    assert own(ARTICLE)._.ntm.criteria_counts


def test_many_texts_in_order(nlp: Language) -> None:
    texts = [ARTICLE.replace("16/19", f"{number}/19") for number in range(10, 16)]
    found = [doc._.ntm.criteria_counts[0].achieved for doc in nlp.pipe(texts)]
    assert found == list(range(10, 16))


LINES = st.sampled_from(
    [*ARTICLE.split("\n"), "Lượt xem: 3", "Đăng nhập", "  xã  Thọ Thành ", "hoà̀ bình", "\t", "- 15/19"]
)


@example(["  xã  Thọ Thành ", "  xã  Thọ Thành "])
@settings(max_examples=40, deadline=None)
@given(st.lists(LINES, max_size=12))
def test_whatever_the_lines_the_text_stays_and_quotes_hold(lines: list[str]) -> None:
    text = "\n".join(lines)
    doc = shared()(text)
    assert doc.text == text
    assert doc._.ntm is None or (doc._.ntm.text == text and doc._.ntm.misquotes() == [])


_shared: list[Language] = []


def shared() -> Language:
    """One pipeline for the examples of a property."""
    if not _shared:
        _shared.append(ntm_extract.load())
    return _shared[0]
