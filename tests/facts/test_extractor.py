"""The record as a whole: ids that last, where it is at home, which rule each fact rests on."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from ntm_extract.facts import Extractor
from ntm_extract.model import Article, Block, BlockKind, Record
from ntm_extract.tokenizer import blank_language
from tests.facts.cases import NAMES, TABLES, load_cases

CASES = [case for name in NAMES for case in load_cases(TABLES / name)]
TEXT = (
    "Huyện Yên Thành giao ban nông thôn mới\n"
    "Sáng 8/7, đồng chí Lê Văn Hòa, Bí thư Huyện ủy chủ trì hội nghị giao ban.\n"
    "Xã Kim Thành đạt 15/19 tiêu chí, phấn đấu đạt chuẩn nông thôn mới trong quý IV.\n"
    "Trần Văn Nam"
)
KINDS: tuple[BlockKind, ...] = ("title", "paragraph", "paragraph", "byline")
BLOCKS = tuple(
    Block(start, start + len(line), kind)
    for start, line, kind in zip((0, 39, 113, 193), TEXT.split("\n"), KINDS, strict=True)
)
ARTICLE = Article(id="one", source="test", text=TEXT, blocks=BLOCKS, published=dt.date(2021, 7, 8))


@pytest.fixture(scope="module")
def record(extractor: Extractor) -> Record:
    return extractor.extract(ARTICLE)


def test_the_blocks_are_the_lines() -> None:
    assert [TEXT[block.start : block.end] for block in BLOCKS] == TEXT.split("\n")


def test_what_is_known_of_the_article_is_handed_on(extractor: Extractor, record: Record) -> None:
    whole = replace(ARTICLE, url="https://example.org/a", title="Giao ban", authors=("Trần Văn Nam",), publisher="Báo")
    found = extractor.extract(whole)
    assert (found.id, found.source, found.url, found.title) == ("one", "test", "https://example.org/a", "Giao ban")
    assert (found.authors, found.publisher, found.published) == (("Trần Văn Nam",), "Báo", dt.date(2021, 7, 8))
    assert (found.text, found.patterns) == (TEXT, extractor.patterns.fingerprint)
    assert [fact.id for _, fact in found.facts()] == [fact.id for _, fact in record.facts()]


def test_the_parts_of_a_record(record: Record) -> None:
    assert record.meeting is not None
    assert (record.meeting.date, [chair.name for chair in record.meeting.chairs]) == (
        dt.date(2021, 7, 8),
        ["Lê Văn Hòa"],
    )
    assert [(person.name, person.role) for person in record.persons] == [("Lê Văn Hòa", "Bí thư Huyện ủy")]
    assert [(one.unit.level, one.unit.name, one.text) for one in record.units] == [
        ("district", "Yên Thành", "Huyện Yên Thành"),
        ("commune", "Kim Thành", "Xã Kim Thành"),
    ]
    assert [kind for kind, _ in record.facts()] == ["criteria_counts", "targets"]


def test_units_are_as_they_were_on_the_day_with_their_heirs(record: Record) -> None:
    unit = record.units[1].unit
    assert (unit.kind, unit.district, unit.province) == ("xã", "Yên Thành", "Nghệ An")
    assert unit.code
    assert unit.uid
    assert [heir.province for heir in unit.today] == ["Nghệ An"]
    assert record.home.district is not None
    assert record.home.province is not None
    assert (record.home.district.name, record.home.province.name) == ("Yên Thành", "Nghệ An")


# ------------------------------------------------------------------ ids


def test_an_id_is_of_what_was_read_and_not_of_what_was_made_of_it(extractor: Extractor, record: Record) -> None:
    """Another posting date gives 'quý IV' another year; the facts keep their names."""
    later = extractor.extract(replace(ARTICLE, published=dt.date(2022, 7, 8)))
    assert [fact.id for _, fact in later.facts()] == [fact.id for _, fact in record.facts()]
    deadlines = [one.targets[0].deadline for one in (record, later)]
    assert [period.end for period in deadlines if period] == [dt.date(2021, 12, 31), dt.date(2022, 12, 31)]


def test_an_id_is_of_its_article_and_its_place(extractor: Extractor, record: Record) -> None:
    ids = {fact.id for _, fact in record.facts()}
    other = {fact.id for _, fact in extractor.extract(replace(ARTICLE, id="two")).facts()}
    moved = {fact.id for _, fact in extractor.extract(replace(ARTICLE, text="  " + TEXT, blocks=())).facts()}
    assert len(ids) == 2
    assert ids.isdisjoint(other)
    assert ids.isdisjoint(moved)


def test_no_two_facts_share_an_id(extractor: Extractor) -> None:
    for case in CASES:
        ids = [fact.id for _, fact in extractor.extract(case.article).facts()]
        assert len(set(ids)) == len(ids), case.article.text


# ------------------------------------------------------------------ rules and confidence


def test_every_fact_rests_on_a_rule_and_says_how_sure_it_is(extractor: Extractor) -> None:
    rules = {rule.id for rule in extractor.patterns.rules}
    fired: set[str] = set()
    for case in CASES:
        for kind, fact in extractor.extract(case.article).facts():
            rule = fact.evidence.rule
            assert rule in rules or (kind == "commitments" and rule.startswith("commitments."))
            assert fact.confidence is not None
            assert 0 <= fact.confidence <= 1
            fired.add(rule)
    # The tables are to reach most of what the rules can say.
    yielding = {rule.id for rule in extractor.patterns.rules if rule.fact != "none"}
    assert len(fired & yielding) >= 0.6 * len(yielding), sorted(yielding - fired)


# ------------------------------------------------------------------ the same by other ways


def test_two_extractors_agree(record: Record) -> None:
    assert Extractor().extract(ARTICLE).model_dump_json() == record.model_dump_json()


def test_a_doc_that_is_given_is_read(extractor: Extractor, record: Record) -> None:
    assert extractor.extract(ARTICLE, blank_language().make_doc(TEXT)) == record


@pytest.mark.parametrize("text", ["", " ", "\n\n", ".", "Xã", "Huyện Yên Thành", "English only."])
def test_next_to_nothing_has_no_facts(extractor: Extractor, text: str) -> None:
    record = extractor.extract(Article(id="x", source="x", text=text))
    assert record.facts() == []
    assert record.meeting is None
