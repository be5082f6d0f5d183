"""What holds for every text: quotations are exact, facts do not depend on how letters are coded or spelt."""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_extract.clean import read_text
from ntm_extract.facts import Extractor
from ntm_extract.model import FACT_KINDS, Article, Record
from tests.facts.cases import NAMES, OPEN, TABLES, Case, faults, load_cases, views

CASES = [case for name in [*NAMES, OPEN] for case in load_cases(TABLES / name)]
_TEXTS = sorted({case.article.text for case in CASES})
_MARKS = ("\n", " ", "; ", ": ", " (", ") ", ", ", " và ", "\n- ", "\nII. ", " “", "” ", "\t", "…", "\u00a0", "5 ", "%")
_fragments = st.lists(st.one_of(st.sampled_from(_TEXTS), st.sampled_from(_MARKS), st.text(max_size=8)), max_size=7)
_texts = _fragments.map("".join)
_settings = settings(deadline=None, max_examples=60)


def article_of(text: str, published: dt.date | None = dt.date(2021, 7, 8)) -> Article:
    return Article(
        id="case", source="case", text=text, published=published, home_district="Yên Thành", home_province="Nghệ An"
    )


# ------------------------------------------------------------------ any text


@_settings
@given(_texts)
def test_every_quotation_is_exact(extractor: Extractor, text: str) -> None:
    record = extractor.extract(article_of(text))
    assert record.text == text
    assert record.misquotes() == []
    for one in record.units:
        assert text[one.start : one.end] == one.text
    for person in record.persons:
        assert " ".join(text[person.start : person.end].split()) == person.name
    for _, fact in record.facts():
        assert fact.evidence.text == fact.evidence.text.strip() != ""
        assert fact.id
        assert fact.confidence is None or 0 <= fact.confidence <= 1


@_settings
@given(_texts)
def test_the_same_text_gives_the_same_record(extractor: Extractor, text: str) -> None:
    first, again = (extractor.extract(article_of(text)) for _ in range(2))
    assert first.model_dump_json() == again.model_dump_json()
    assert Record.model_validate_json(first.model_dump_json()) == first


@_settings
@given(st.lists(st.sampled_from(_TEXTS), min_size=1, max_size=5).map("\n".join))
def test_a_text_in_decomposed_letters_gives_the_same_record(extractor: Extractor, text: str) -> None:
    composed, decomposed = (read_text(unicodedata.normalize(form, text)) for form in ("NFC", "NFD"))
    assert extractor.extract(composed).model_dump_json() == extractor.extract(decomposed).model_dump_json()


# ------------------------------------------------------------------ two schools of spelling


def other_school(text: str) -> str:
    """'hòa' as 'hoà', 'thúy' as 'thuý'; the same length."""
    decomposed = unicodedata.normalize("NFD", text)
    for first, second in ("oa", "oe", "uy"):
        for tone in "\u0300\u0301\u0303\u0309\u0323":
            decomposed = decomposed.replace(first + tone + second, first + second + tone)
    return unicodedata.normalize("NFC", decomposed)


def _spelt_alike(record: Record) -> str:
    """The record without the ids of its facts, which are of what was read, letter by letter."""
    told = record.model_dump(mode="json")
    for kind in FACT_KINDS:
        for fact in told[kind]:
            del fact["id"]
    return other_school(json.dumps(told, ensure_ascii=False, sort_keys=True))


@pytest.mark.parametrize("name", [*NAMES, OPEN])
def test_both_schools_of_spelling_give_the_same_facts(extractor: Extractor, name: str) -> None:
    changed = 0
    for article in (case.article for case in load_cases(TABLES / name)):
        other = replace(article, text=other_school(article.text))
        assert _spelt_alike(extractor.extract(article)) == _spelt_alike(extractor.extract(other)), article.text
        changed += other.text != article.text
    assert changed > 0


# ------------------------------------------------------------------ a sentence among others

# Each names a unit of its own, its standard and its time; what goes before and behind has no claim on it.
PLANTED = {
    "counts": "Xã Viên Thành đạt 15/19 tiêu chí nông thôn mới.",
    "targets": "Xã Mã Thành phấn đấu đạt chuẩn NTM nâng cao trong năm 2022.",
    "achievements": "Năm 2020, UBND tỉnh công nhận xã Quang Thành đạt chuẩn nông thôn mới.",
    "status": "Xã Hậu Thành chưa đạt tiêu chí thông tin và truyền thông.",
    "results": "Nhân dân xã Lăng Thành hiến 3.200 m2 đất.",
    "commitments": "Chủ tịch UBND huyện yêu cầu xã Bảo Thành nộp hồ sơ trước ngày 15/8.",
}
_AROUND = sorted(
    case.article.text
    for case in CASES
    if "\n" not in case.article.text and case.article.text.endswith(".") and ":" not in case.article.text
)
_paragraphs = st.lists(st.sampled_from(_AROUND), max_size=4)


@pytest.mark.parametrize("kind", PLANTED)
@_settings
@given(before=_paragraphs, behind=_paragraphs)
def test_a_planted_sentence_is_found_at_its_own_place(
    extractor: Extractor, kind: str, before: list[str], behind: list[str]
) -> None:
    planted = PLANTED[kind]
    alone = extractor.extract(article_of(planted))
    text = "\n".join([*before, planted, *behind])
    start = len("\n".join([*before, ""]))
    among = extractor.extract(article_of(text))
    mine = [view for view in views(among, kind) if view["quote"] in planted]
    (wanted,) = views(alone, kind)
    assert [view for view in mine if view == wanted] == [wanted]
    spots = [fact.evidence.start for _, fact in among.facts() if fact.evidence.text == wanted["quote"]]
    assert start + planted.index(wanted["quote"]) in spots


# ------------------------------------------------------------------ white space


@pytest.mark.parametrize("name", NAMES)
def test_a_hard_space_is_a_space(extractor: Extractor, name: str) -> None:
    """Word processors put hard spaces between numbers and nouns; cleaning takes them out."""
    for case in load_cases(TABLES / name)[:20]:
        hard = read_text(case.article.text.replace(" xã", "\u00a0xã")).text
        if "\n" in case.article.text or hard != case.article.text:
            continue  # cleaning joins and drops lines of its own
        held = Case(case.id, replace(case.article, text=hard), case.facts, case.absent)
        assert faults(held, extractor.extract(held.article)) == []
