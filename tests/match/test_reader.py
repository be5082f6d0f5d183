"""Sentences of mentions, what they look like to rules, and how rules run on them."""

from __future__ import annotations

import datetime as dt
import itertools
import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_extract.match import Sentence, SentenceReader
from ntm_extract.match.reader import hits_of, text_of
from ntm_extract.match.tokens import Tokens, is_capital
from ntm_extract.model import Article, Block
from ntm_extract.patterns import Rule, compile_pattern, default_patterns
from ntm_extract.tokenizer import blank_language
from tests.conftest import ROOT

TABLE = yaml.safe_load((ROOT / "tests" / "tables" / "match_items.yml").read_text("utf-8"))
CASES = [
    pytest.param(text, items, id=f"{topic}-{number}")
    for topic, rows in TABLE.items()
    for number, (text, items) in enumerate(rows, 1)
]
PATTERNS = default_patterns()
PRIVATE = range(0xE000, 0xF900)  # where the marks of mentions lie
NLP = blank_language()


def article_of(text: str, published: dt.date | None = dt.date(2021, 7, 8), blocks: tuple[Block, ...] = ()) -> Article:
    return Article(
        id="case", source="case", text=text, published=published, blocks=blocks,
        home_district="Yên Thành", home_province="Nghệ An",
    )  # fmt: skip


def sentences_of(reader: SentenceReader, text: str) -> list[Sentence]:
    return reader.read(article_of(text)).sentences


def only(reader: SentenceReader, text: str) -> Sentence:
    (sentence,) = sentences_of(reader, text)
    return sentence


# ------------------------------------------------------------------ items


@pytest.mark.parametrize(("text", "items"), CASES)
def test_items(reader: SentenceReader, text: str, items: list[str]) -> None:
    found = only(reader, text).items
    assert [f"{item.type}:{item.value} {text[item.start : item.end]}" for item in found if item.type != "word"] == items


_PIECES = [row[0] for rows in TABLE.values() for row in rows] + [
    "(",
    ")",
    "“",
    "...",
    "17,87/19",
    "%",
    "H'leo",
    "đ/c",
    "5",
]
_MARKS = (" ", "\n", "; ", ". ", ", ", " (", ") ", "\t", " – ", "\u00a0")
_BLANK_OR_QUOTE = " \n\t\u00a0“”\"'"
_texts = st.lists(st.tuples(st.sampled_from(_PIECES), st.sampled_from(_MARKS)).map("".join), max_size=6).map("".join)


# Reading is fast, but the first texts pay for what is compiled when it is first needed.
@settings(deadline=None, max_examples=60)
@given(_texts)
def test_items_cover_a_sentence_and_its_skeleton_writes_them_down(reader: SentenceReader, text: str) -> None:
    for sentence in sentences_of(reader, text):
        items = sentence.items
        assert all(sentence.start <= item.start < item.end <= sentence.end for item in items)
        assert all(first.end <= second.start for first, second in itertools.pairwise(items))
        bounds = [sentence.start, *itertools.chain(*((item.start, item.end) for item in items)), sentence.end]
        between = [text[bounds[at] : bounds[at + 1]] for at in range(0, len(bounds), 2)]
        # Quotation marks around a standard are no items: 'đạt chuẩn “đô thị văn minh”'.
        assert [gap for gap in between if gap.strip(_BLANK_OR_QUOTE)] == []
        assert [sentence.item_at(offset) for offset in sentence.offsets] == list(range(len(items)))
        parts = [item.value if item.type == "word" else PATTERNS.symbols[item.type][item.value] for item in items]
        assert sentence.skeleton == " ".join(parts) + " "
        assert sentence.symbols == {part for part, item in zip(parts, items, strict=True) if item.type != "word"}


def test_the_skeleton_has_one_character_a_mention_and_folded_words(reader: SentenceReader) -> None:
    sentence = only(reader, "Xã Kim Thành HOÀ nhịp đạt 15/19 tiêu chí.")
    symbols = PATTERNS.symbols
    unit, reach = symbols["unit"]["commune"], symbols["reach"]["met"]
    criteria = symbols["criteria"]["criterion_of"]
    assert sentence.skeleton == only(reader, "Xã Kim Thành hòa nhịp đạt 15/19 tiêu chí.").skeleton
    assert [part for part in sentence.skeleton.split() if ord(part[0]) in PRIVATE] == [unit, reach, criteria]
    assert sentence.symbols == {unit, reach, criteria}


def test_blocks_say_what_part_a_sentence_plays_and_lines_are_counted(reader: SentenceReader) -> None:
    text = "Huyện họp\nXã Kim Thành đạt chuẩn. Dân vui.\n\nẢnh xã"
    blocks = (Block(0, 9, "title"), Block(10, 43, "paragraph"), Block(text.index("Ảnh"), len(text), "caption"))
    found = reader.read(article_of(text, blocks=blocks)).sentences
    assert [(sentence.kind, sentence.line) for sentence in found] == [
        ("title", 1),
        ("paragraph", 2),
        ("paragraph", 2),
        ("caption", 3),
    ]


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("Năm 2021 huyện phấn đấu. Trong năm 2021 các xã thi đua. Đến năm 2025 về đích.", 2021),
        ("So với năm 2015, năm 2016 khá hơn.", 2016),
        ("Giai đoạn 2021-2025, huyện phấn đấu.", None),
        ("Ngày 3/4/2019, huyện họp về kế hoạch năm 2020.", 2019),
        ("Tháng 3/2018, huyện họp.", 2018),
        ("Huyện họp bàn.", None),
    ],
)
def test_the_year_that_an_undated_article_speaks_in(reader: SentenceReader, text: str, year: int | None) -> None:
    reading = reader.read(article_of(text, published=None))
    assert reading.year == year
    assert reading.anchor == (dt.date(year, 7, 2) if year else None)


def test_the_posting_date_outweighs_the_years_of_the_text(reader: SentenceReader) -> None:
    reading = reader.read(article_of("Năm 2025, năm 2025, năm 2025."))
    assert (reading.year, reading.anchor) == (2021, dt.date(2021, 7, 8))


# ------------------------------------------------------------------ rules


def rule(pattern: str) -> Rule:
    source, needs, words, slots = compile_pattern(pattern, PATTERNS.symbols)
    return Rule("test.a.b", "test", "x", pattern, {}, re.compile(source), needs, words, slots, (), ())


def slots_of(reader: SentenceReader, pattern: str, text: str) -> list[dict[str, str]]:
    sentence = only(reader, text)
    return [
        {name: text[sentence.items[at].start : sentence.items[at].end] for name, at in hit.slots.items()}
        for hit in hits_of(rule(pattern), sentence)
    ]


@pytest.mark.parametrize(
    ("pattern", "text", "slots"),
    [
        (
            "{subject} ~ {reach} {criteria}",
            "Xã Kim Thành đã đạt 15/19 tiêu chí.",
            [{"subject": "Xã Kim Thành", "reach": "đạt", "criteria": "15/19 tiêu chí"}],
        ),
        (
            "{subject} ~ {reach} {criteria}",
            "Xã Kim Thành đạt 15 tiêu chí, xã Thọ Thành đạt 16 tiêu chí.",
            [
                {"subject": "Xã Kim Thành", "reach": "đạt", "criteria": "15 tiêu chí"},
                {"subject": "xã Thọ Thành", "reach": "đạt", "criteria": "16 tiêu chí"},
            ],
        ),
        ("{subject} ~ {reach} {criteria}", "Xã Kim Thành, nhờ dân, đạt 15 tiêu chí.", []),
        ("{whom=unit:commune} ({standard})?", "Xã Kim Thành họp.", [{"whom": "Xã Kim Thành"}]),
        ("{unit:district}", "Xã Kim Thành họp.", []),
        ("^ họp", "Họp xong lại họp.", [{}]),
        ("họp $", "Dân họp xong lại họp", [{}]),
        ("{negation} {reach}", "Xã chưa đạt.", [{"negation": "chưa", "reach": "đạt"}]),
        ("{negation} {reach}", "Xã chưa từng đạt.", []),
    ],
)
def test_a_rule_fires_with_its_slots(
    reader: SentenceReader, pattern: str, text: str, slots: list[dict[str, str]]
) -> None:
    assert slots_of(reader, pattern, text) == slots


def test_hits_say_which_items_they_cover(reader: SentenceReader) -> None:
    text = "Đến nay, xã Kim Thành đạt 15/19 tiêu chí nông thôn mới."
    sentence = only(reader, text)
    (hit,) = hits_of(rule("{reach} {criteria}"), sentence)
    assert text_of(sentence.items[hit.first : hit.last], text) == "đạt 15/19 tiêu chí"


def test_a_rule_is_tried_only_where_its_mentions_are(reader: SentenceReader) -> None:
    """The quick check leaves out nothing that the rules would find."""
    texts = [text for rows in TABLE.values() for text, _ in rows]
    fired = 0
    for sentence in (found for text in texts for found in sentences_of(reader, text)):
        for topic in sorted({one.topic for one in PATTERNS.rules}):
            quick = [(hit.rule.id, hit.first, hit.last) for hit in reader.hits(sentence, topic)]
            slow = [
                (hit.rule.id, hit.first, hit.last) for one in PATTERNS.topic(topic) for hit in hits_of(one, sentence)
            ]
            assert quick == slow
            fired += len(slow)
    assert fired > 20


# ------------------------------------------------------------------ tokens as columns


@given(st.text(max_size=80))
def test_columns_are_the_tokens_of_the_doc(text: str) -> None:
    doc = NLP.make_doc(text)
    tokens = Tokens.of(doc)
    assert [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)] == tokens.words
    assert tokens.starts == [token.idx for token in doc]
    for at, (start, end) in enumerate(zip(tokens.starts, tokens.ends, strict=True)):
        assert tokens.first_from(start) == at
        assert tokens.at(end - 1) == at


@pytest.mark.parametrize(
    ("word", "capital"),
    [("Thạch", True), ("Ea", True), ("H'leo", True), ("Đ", True), ("UBND", False), ("xã", False), ("12", False)],
)
def test_a_syllable_as_in_a_name(word: str, capital: bool) -> None:
    assert is_capital(word) == capital
