"""The grammar's data: what is wrong in it is named."""

from __future__ import annotations

from typing import Any

import pytest

from ntm_extract.facts.grammar import Grammar, load_grammar


def test_words_compare_without_case_and_tone_placement() -> None:
    grammar = Grammar({"words": {"one": ["Hòa"], "two": ["và"]}, "phrases": {}, "expressions": {}})
    other = Grammar({"words": {"one": ["hoà", "và"]}, "phrases": {}, "expressions": {}})
    assert grammar.words("one", "two") == other.words("one")


@pytest.mark.parametrize(
    ("part", "value"),
    [("words", []), ("words", "và"), ("words", ["và", "Và"]), ("words", [5]), ("expressions", ["("]),
     ("expressions", "a"), ("expressions", [""]), ("expressions", ["Xã"])],
)  # fmt: skip
def test_faults_name_the_entry(part: str, value: Any) -> None:
    data: dict[str, dict[str, Any]] = {"words": {}, "phrases": {}, "expressions": {}}
    data[part]["broken"] = value
    with pytest.raises(ValueError, match=f"grammar.yml: {part}: broken"):
        Grammar(data)


def test_the_shipped_grammar_is_made_once() -> None:
    assert load_grammar() is load_grammar()
