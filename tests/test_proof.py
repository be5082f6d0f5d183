"""The proof of rules by their own examples and counterexamples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_extract.match import SentenceReader
from ntm_extract.patterns import PatternSet, default_patterns, load_patterns
from ntm_extract.proof import Marked, covered, iter_faults, parse_marked, prove, read_sentences, reader_of
from tests.rule_files import with_rules, write_files

GOOD: dict[str, Any] = {
    "id": "counts.pocket.one",
    "fact": "count",
    "pattern": "bỏ túi gọn {criteria=number:fraction}",
    "examples": ["Xã đã ⟦bỏ túi gọn 14/19⟧ phần việc."],
    "counterexamples": ["Xã bỏ túi gọn kinh nghiệm."],
}


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> tuple[PatternSet, SentenceReader]:
    """The shipped patterns, and one good rule that no other comes near."""
    patterns = with_rules(tmp_path_factory.mktemp("proof") / "patterns", "counts", GOOD)
    return patterns, reader_of(patterns)


def _faults(tmp_path: Path, reader: SentenceReader, **changes: Any) -> list[str]:
    """Faults of the good rule with some fields changed; the vocabularies, and so the reader, stay the same."""
    patterns = with_rules(tmp_path / "patterns", "counts", {**GOOD, **changes})
    return list(iter_faults(patterns.rules[[rule.id for rule in patterns.rules].index(GOOD["id"])], patterns, reader))


# ------------------------------------------------------------------ marks


@pytest.mark.parametrize(("surface", "marked"), [
    ("Xã ⟦đạt⟧ chuẩn", Marked("Xã đạt chuẩn", ((3, 6),))),
    ("⟦Xã⟧ và ⟦huyện⟧", Marked("Xã và huyện", ((0, 2), (6, 11)))),
    ("không dấu", Marked("không dấu", ())),
    ("⟦xã", None), ("xã⟧", None), ("⟦x⟦ã⟧⟧", None), ("⟧xã⟦", None),
])  # fmt: skip
def test_marks_come_off(surface: str, marked: Marked | None) -> None:
    assert parse_marked(surface) == marked


@given(st.text(alphabet="aă ⟦⟧", max_size=20))
def test_what_was_marked_is_what_stands_at_the_span(surface: str) -> None:
    marked = parse_marked(surface)
    if marked is not None:
        assert marked.text == surface.replace("⟦", "").replace("⟧", "")
        rebuilt, position = "", 0
        for start, end in marked.spans:
            rebuilt += marked.text[position:start] + "⟦" + marked.text[start:end] + "⟧"
            position = end
        assert rebuilt + marked.text[position:] == surface


# ------------------------------------------------------------------ the proof


def test_a_good_rule_is_proved(proved: tuple[PatternSet, SentenceReader]) -> None:
    patterns, reader = proved
    assert [fault for fault in prove(patterns, reader) if GOOD["id"] in fault] == []


def test_every_shipped_rule_is_proved(proved: tuple[PatternSet, SentenceReader]) -> None:
    assert prove(default_patterns(), proved[1]) == []


def test_a_stretch_is_from_the_first_item_to_the_last(proved: tuple[PatternSet, SentenceReader]) -> None:
    patterns, reader = proved
    rule = next(rule for rule in patterns.rules if rule.id == GOOD["id"])
    text = "Tin mới. Xã bỏ túi gọn 14/19 phần việc. Xóm bỏ túi gọn 13/15."
    spans = covered(rule, read_sentences(text, reader))
    assert [text[start:end] for start, end in spans] == ["bỏ túi gọn 14/19", "bỏ túi gọn 13/15"]


@pytest.mark.parametrize(("changes", "told"), [
    ({"examples": ["Xã đã bỏ ⟦túi gọn 14/19⟧ phần."]}, "'bỏ túi gọn 14/19' is matched instead of what is marked"),
    ({"examples": ["Xã đã ⟦bỏ túi gọn 14/19 phần⟧ việc."]}, "is matched instead of what is marked"),
    ({"examples": ["Xã đã ⟦bỏ túi gọn 14 phần⟧ việc."]}, "nothing is matched"),
    ({"examples": ["Xã đã ⟦bỏ túi ⟦được 14/19⟧ phần việc."]}, "⟦ and ⟧ do not pair"),
    ({"examples": ["⟦bỏ túi gọn 14/19⟧ phần, ⟦rồi thôi⟧."]}, "is matched instead of what is marked"),
    ({"pattern": "bỏ túi gọn {number:fraction}"}, "keeps none of the slots that counts needs: criteria"),
    ({"counterexamples": ["Thôn bỏ túi gọn 13/15 phần việc."]}, "'bỏ túi gọn 13/15' is matched by counts.pocket.one"),
    ({"counterexamples": ["Xã Tân Dân đạt 15/19 tiêu chí."]}, "is matched by counts."),
])  # fmt: skip
def test_a_rule_that_does_not_keep_its_word_is_told(
    proved: tuple[PatternSet, SentenceReader], tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    faults = _faults(tmp_path, proved[1], **changes)
    assert faults
    assert all(told in fault or "counterexamples" in changes for fault in faults)
    assert told in faults[0]


def test_white_space_around_the_marks_does_not_count(proved: tuple[PatternSet, SentenceReader], tmp_path: Path) -> None:
    assert _faults(tmp_path, proved[1], examples=["Xã đã⟦ bỏ túi gọn 14/19 ⟧phần việc."]) == []


def test_faults_of_all_rules_come_together(tmp_path: Path) -> None:
    rule = 'fact: x, pattern: "{reach}", examples: ["Xã ⟦đã⟧ đạt."], counterexamples: ["Xã đạt."]'
    files = {
        "vocabulary/reach.yml": 'type: reach\nrows:\n- {value: met, forms: [đạt], example: "Xã đạt chuẩn."}\n',
        "rules/test.yml": "topic: test\nrules:\n" + "".join(f"- {{id: test.rule.n{at}, {rule}}}\n" for at in range(3)),
    }
    faults = prove(load_patterns(write_files(tmp_path, files)))
    assert len([fault for fault in faults if "field 'examples'" in fault]) == 3
    assert len([fault for fault in faults if "field 'counterexamples'" in fault]) == 9  # three rules, three each
