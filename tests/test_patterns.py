"""The pattern files: what the language of rules means, what vocabularies expand to, which faults are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ntm_extract.errors import PatternError
from ntm_extract.match import SentenceReader
from ntm_extract.match.reader import hits_of
from ntm_extract.orthography import fold_word
from ntm_extract.patterns import compile_pattern, default_patterns, expand_form, load_patterns, patterns_folder
from ntm_extract.proof import read_sentences, reader_of
from tests.conftest import ROOT
from tests.rule_files import with_rules, write_files

CASES = yaml.safe_load((ROOT / "tests" / "tables" / "patterns.yml").read_text("utf-8"))
VOCABULARY = {
    "vocabulary/reach.yml": 'type: reach\nrows:\n- {value: met, forms: [đạt], example: "Xã đạt chuẩn."}\n',
    "rules/test.yml": (
        "topic: test\nrules:\n"
        '- {id: test.a.b, fact: x, pattern: "{reach}", examples: ["⟦Đạt⟧."], counterexamples: ["Xã."]}\n'
    ),
}


@pytest.fixture(scope="module")
def reader() -> SentenceReader:
    return reader_of(default_patterns())


# ------------------------------------------------------------------ forms


@pytest.mark.parametrize(("form", "surfaces"), CASES["forms"])
def test_a_form_expands(form: str, surfaces: list[str]) -> None:
    assert sorted(expand_form(form)) == sorted(surfaces)


@pytest.mark.parametrize("form", CASES["bad_forms"])
def test_an_unbalanced_form_is_refused(form: str) -> None:
    with pytest.raises(ValueError, match="a bracket is"):
        expand_form(form)


_words = st.lists(st.sampled_from(["xã", "đạt", "chuẩn", "mới"]), min_size=1, max_size=4)


@given(_words, _words, _words)
def test_optional_and_either_count_up(first: list[str], second: list[str], third: list[str]) -> None:
    head, middle, tail = (" ".join(words) for words in (first, second, third))
    assert expand_form(head) == [head]
    assert set(expand_form(f"{head} [{middle}] {tail}")) == {f"{head} {tail}", f"{head} {middle} {tail}"}
    assert set(expand_form(f"({head}|{middle}) {tail}")) == {f"{head} {tail}", f"{middle} {tail}"}


# ------------------------------------------------------------------ patterns


@pytest.mark.parametrize(("pattern", "text", "covered"), CASES["matches"])
def test_a_pattern_covers(reader: SentenceReader, pattern: str, text: str, covered: str | None) -> None:
    source, needs, *_ = compile_pattern(pattern, default_patterns().symbols)
    (sentence,) = read_sentences(text, reader)
    match = re.search(source, sentence.skeleton)
    got = None
    if match is not None:
        first, last = sentence.item_at(match.start()), sentence.item_at(match.end())
        got = text[sentence.items[first].start : sentence.items[last - 1].end]
        assert all(needed & sentence.symbols for needed in needs), "a sentence that matches would not be tried"
    assert got == covered


@pytest.mark.parametrize(("pattern", "message"), CASES["bad_patterns"])
def test_a_bad_pattern_says_why(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        compile_pattern(pattern, default_patterns().symbols)


def test_slots_keep_their_order_and_names() -> None:
    _, needs, _, slots = compile_pattern("{goal=reach:met} ~ {subject} ({standard})?", default_patterns().symbols)
    assert tuple(slots.values()) == ("goal", "subject", "standard")
    assert len(needs) == 2  # what may be missing is not needed


@pytest.mark.parametrize(
    ("text", "kept"),
    [("Xã Tân Dân đạt chuẩn.", "Xã Tân Dân"), ("Hai xã đạt chuẩn.", "Hai xã"), ("Hộ đạt chuẩn.", None)],
)
def test_alternatives_may_keep_the_same_slot(
    tmp_path: Path, reader: SentenceReader, text: str, kept: str | None
) -> None:
    rule = {
        "id": "status.a.b", "fact": "status", "set": {"status": "met"},
        "pattern": "({subject=unit}|{subject=count}|{class}) {reach:met|finish}",
        "examples": ["⟦Hai xã đạt⟧."], "counterexamples": ["Xã."],
    }  # fmt: skip
    (added,) = (rule for rule in with_rules(tmp_path / "patterns", "status", rule).rules if rule.id == "status.a.b")
    (sentence,) = read_sentences(text, reader)
    found = [hit.slots.get("subject") for hit in hits_of(added, sentence)]
    got = [at if at is None else text[sentence.items[at].start : sentence.items[at].end] for at in found]
    assert got == ([kept] if kept or text.startswith("Hộ") else [])


def test_a_compound_is_one_word_of_a_rule(reader: SentenceReader) -> None:
    """The reader folds 'thành lập' syllable by syllable; so must rules, or the low line would hide the tones."""
    (sentence,) = read_sentences("Xã thành lập, di dời và ủng hộ.", reader)
    for pattern in ("thành_lập", "di_dời", "(Thành_Lập|hiến)"):
        compiled = compile_pattern(pattern, default_patterns().symbols)
        assert re.search(compiled.source, sentence.skeleton)
        assert all(any(f"{word} " in sentence.skeleton for word in group) for group in compiled.words)


# ------------------------------------------------------------------ files


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(PatternError) as caught:
        load_patterns(write_files(tmp_path, CASES["folder"]["files"]))
    told = list(caught.value.faults)
    wanted = CASES["folder"]["faults"]
    assert [
        (fault.startswith(place), message in fault) for fault, (place, message) in zip(told, wanted, strict=True)
    ] == [(True, True)] * len(wanted), "\n".join(told)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PatternError, match="no vocabulary found"):
        load_patterns(tmp_path)


def test_a_vocabulary_row_means_what_it_says(tmp_path: Path) -> None:
    patterns = load_patterns(write_files(tmp_path, VOCABULARY))
    assert [(entry.type, entry.value, entry.forms) for entry in patterns.entries] == [("reach", "met", ("đạt",))]
    assert [rule.id for rule in patterns.topic("test")] == ["test.a.b"]
    assert patterns.topic("other") == ()
    assert patterns.entries_of("hedge") == ()


def test_the_fingerprint_changes_with_what_files_say_and_not_with_their_comments(tmp_path: Path) -> None:
    first = load_patterns(write_files(tmp_path, VOCABULARY)).fingerprint
    path = tmp_path / "rules" / "test.yml"
    path.write_text("# a comment\n" + path.read_text("utf-8"), encoding="utf-8")
    assert load_patterns(tmp_path).fingerprint == first
    path.write_text(path.read_text("utf-8").replace("fact: x", "fact: y"), encoding="utf-8")
    assert load_patterns(tmp_path).fingerprint != first


def test_the_shipped_files_load_and_every_symbol_is_one_private_character() -> None:
    patterns = load_patterns(patterns_folder())
    chars = [char for values in patterns.symbols.values() for char in values.values()]
    assert len(set(chars)) == len(chars)
    assert all("\ue000" <= char <= "\uf8ff" for char in chars)
    assert {rule.topic for rule in patterns.rules} == {rule.id.split(".")[0] for rule in patterns.rules}


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("lên ~2 {subject}", [{"lên"}]),
        ("(từ|đến) {time} (cuối)? năm", [{"từ", "đến"}, {"năm"}]),
        ("(từ ~1 nay|{time}) {reach}", []),
        ("{subject} (có|là ~2 nơi) tổng?", [{"có", "là"}]),
    ],
)
def test_words_without_which_a_pattern_cannot_match(pattern: str, words: list[set[str]]) -> None:
    compiled = compile_pattern(pattern, default_patterns().symbols)
    assert [set(group) for group in compiled.words] == [{fold_word(word) for word in group} for group in words]
