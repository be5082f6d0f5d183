"""One key for all the ways a word may be written, and another for every other word."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_extract.orthography import fold_text, fold_word, lower_case, without_marks

_VOWELS = "aăâeêioôơuưy"
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_pairs = st.tuples(st.sampled_from(["oa", "oe", "uy"]), st.sampled_from(_TONES), st.sampled_from(["", "h", "t", "th"]))
_syllables = st.builds(
    lambda head, vowel, tone, tail: unicodedata.normalize("NFC", head + vowel + tone + tail),
    st.sampled_from(["", "b", "đ", "ngh", "th", "x"]),
    st.sampled_from(list(_VOWELS)),
    st.sampled_from(_TONES),
    st.sampled_from(["", "n", "ng", "c"]),
)


@pytest.mark.parametrize(
    "same",
    [
        ("hòa", "hoà", "HÒA", "HOÀ", "Hoà", "ho\u0300a", "hoa\u0300"),
        ("thúy", "thuý", "THUÝ"),
        ("khỏe", "khoẻ", "Khoẻ"),
        ("ủy", "uỷ", "ỦY"),
        ("đạt", "Đạt", "ĐẠT", "đa\u0323t"),
        ("huyện", "HUYỆN", "huye\u0323\u0302n", "huye\u0302\u0323n"),
        ("krông", "KRÔNG"),
        ("h'leo", "H'Leo"),
    ],
    ids=lambda same: same[0],
)
def test_spellings_of_one_word_have_one_key(same: tuple[str, ...]) -> None:
    assert len(set(map(fold_word, same))) == 1


@pytest.mark.parametrize("other", ["hòa hóa hoa hỏa họa hõa", "đạt dạt", "ơn on ôn", "tư từ tứ", "xã xá xa"])
def test_other_words_have_other_keys(other: str) -> None:
    assert len(set(map(fold_word, other.split()))) == len(other.split())


@given(_pairs)
def test_it_does_not_matter_which_vowel_bears_the_tone(parts: tuple[str, str, str]) -> None:
    (first, second), tone, head = tuple(parts[0]), parts[1], parts[2]
    assert fold_word(head + first + tone + second) == fold_word(head + first + second + tone)


@given(_syllables, _syllables)
def test_keys_tell_syllables_apart(one: str, other: str) -> None:
    assert (fold_word(one) == fold_word(other)) == (one == other)


@given(st.text())
def test_folding_does_not_ask_for_the_unicode_form(text: str) -> None:
    assert fold_word(unicodedata.normalize("NFC", text)) == fold_word(unicodedata.normalize("NFD", text))


@given(st.lists(_syllables))
def test_a_text_folds_word_by_word(parts: list[str]) -> None:
    words = [word for word in parts if word]
    assert fold_text("  ".join(words)) == fold_text(" \n".join(words)) == " ".join(map(fold_word, words))


@pytest.mark.parametrize(
    ("text", "plain"),
    [("Đường găng", "duong gang"), ("HUYỆN KỲ ANH", "huyen ky anh"), ("hoà", "hoa"), ("Ea H'leo", "ea h'leo")],
)
def test_search_is_without_marks(text: str, plain: str) -> None:
    assert without_marks(text) == without_marks(unicodedata.normalize("NFD", text)) == plain


@given(st.text())
def test_lower_case_keeps_every_letter_where_it_was(text: str) -> None:
    assert len(lower_case(text)) == len(text)
    assert lower_case("İXÃ ĐẠT CHUẨN")[1:] == "xã đạt chuẩn"
