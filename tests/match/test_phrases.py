"""The tree of phrases against the plain search for each of them."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from ntm_extract.match.phrases import PhraseTree

WORD = st.sampled_from(["xã", "đạt", "chuẩn", "nông", "thôn"])
MEANING = st.tuples(st.sampled_from(["reach", "standard", "level"]), st.sampled_from(["met", "ntm"]))
PHRASES = st.lists(st.tuples(st.lists(WORD, min_size=1, max_size=4), MEANING), max_size=8)


@given(PHRASES, st.lists(WORD, max_size=12))
@example([(["đạt", "chuẩn"], ("reach", "met")), (["đạt"], ("reach", "met"))], ["xã", "đạt", "chuẩn"])
def test_every_phrase_is_found_and_nothing_else(
    phrases: list[tuple[list[str], tuple[str, str]]], words: list[str]
) -> None:
    tree = PhraseTree()
    for phrase, meaning in phrases:
        tree.add(phrase, meaning)
    found = tree.find(words)
    plain = {
        (first, first + len(phrase), *meaning)
        for phrase, meaning in phrases
        for first in range(len(words))
        if words[first : first + len(phrase)] == phrase
    }
    assert sorted(plain) == sorted((first, *hit) for first, hits in found.items() for hit in hits)
    for hits in found.values():
        assert [hit[0] for hit in hits] == sorted((hit[0] for hit in hits), reverse=True), "the longest come first"


def test_meanings_of_one_phrase_keep_the_order_in_which_they_were_added() -> None:
    tree = PhraseTree()
    for type_ in ("standard", "act", "level"):
        tree.add(["nâng", "cao"], (type_, "x"))
    assert tree.find(["được", "nâng", "cao"]) == {1: [(3, "standard", "x"), (3, "act", "x"), (3, "level", "x")]}
