"""Text -> Doc over syllables with the very same text; sentences line by line."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language

from ntm_extract.annotate import iter_sentences
from ntm_extract.tokenizer import blank_language

NLP = blank_language()
# Pieces in which tokenizers and splitters stumble: marks beside figures, abbreviations, odd white space, marks apart.
_PIECES = (
    *("Xã Đầm Hà đạt 17,87/19 tiêu chí.", "TP. Vinh", "đ/c", "v.v.", "ThS.", "1.", "29,68km", "“Quyết tâm.”"),
    *("\n", " ", "  ", "\t", "\r\n", "\u00a0", "\u200b", "…", "?!", "(", ")", "/", "-", "–", "_", "%"),
    *("hoa\u0300", "Ea H'leo", "16.850", "26/1/2022", "4THT", "1-2 xã", "A", "Đ", "ủy", "😀"),
)
_texts = st.one_of(st.text(), st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))


def words(text: str) -> list[str]:
    return [token.text for token in NLP.make_doc(text)]


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in iter_sentences(text)]


# ------------------------------------------------------------------ tokens


@given(_texts)
def test_the_doc_has_the_text_and_every_token_its_place(text: str) -> None:
    doc = NLP.make_doc(text)
    assert doc.text == text
    assert all(text[token.idx : token.idx + len(token)] == token.text for token in doc)
    assert all(token.text.isspace() or not any(map(str.isspace, token.text)) for token in doc)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("17,87/19", ["17,87/19"]),
        ("đạt 285/285 (100%)", ["đạt", "285/285", "(", "100%", ")"]),
        ("ngày 26/1/2022.", ["ngày", "26/1/2022", "."]),
        ("tổng 1.234.567,8 đồng", ["tổng", "1.234.567,8", "đồng"]),
        ("16.850m cây", ["16.850", "m", "cây"]),
        ("29,68km đường", ["29,68", "km", "đường"]),
        ("4THT, 2HTX", ["4", "THT", ",", "2", "HTX"]),
        ("13lm", ["13", "lm"]),
        ("1-2 xã", ["1", "-", "2", "xã"]),
        ("giai đoạn 2021-2025", ["giai", "đoạn", "2021", "-", "2025"]),
        ("QĐ-UBND, bê-tông", ["QĐ-UBND", ",", "bê-tông"]),
        ("Ma Nới-Hòa Sơn, QĐ-TTg, VH-TT", ["Ma", "Nới", "-", "Hòa", "Sơn", ",", "QĐ-TTg", ",", "VH-TT"]),
        ("Ea H'leo, Ea H’leo", ["Ea", "H'leo", ",", "Ea", "H’leo"]),
        ("Đ/c Bí thư", ["Đ", "/", "c", "Bí", "thư"]),
        ("hoà\u00a0hòa", ["hoà", "\u00a0", "hòa"]),
        ("xã_A", ["xã", "_", "A"]),
    ],
)
def test_numbers_dates_codes_and_syllables_are_one_token_each(text: str, tokens: list[str]) -> None:
    assert words(text) == tokens


@pytest.mark.parametrize("same", ["hoà hòa HÒA Hoà", "Uỷ ủy ỦY", "thuý Thúy", "khoẻ KHỎE"])
def test_spellings_of_one_word_share_their_norm(same: str) -> None:
    assert len({token.norm_ for token in NLP.make_doc(same)}) == 1


@pytest.mark.parametrize("other", ["hòa hóa hoa hỏa", "đạt dạt", "ủy uy"])
def test_other_words_do_not(other: str) -> None:
    norms = [token.norm_ for token in NLP.make_doc(other)]
    assert len(set(norms)) == len(norms)


def test_a_pipeline_with_the_tokenizer_goes_to_disk_and_back(tmp_path: Path) -> None:
    NLP.to_disk(tmp_path)
    again: Language = spacy.load(tmp_path)
    text = "Xã Ea H'leo đạt 17,87/19 tiêu chí ngày 26/1/2022."
    assert [token.text for token in again.make_doc(text)] == words(text)
    assert [token.norm_ for token in again.make_doc("Hoà HÒA")] == [token.norm_ for token in NLP.make_doc("hòa hòa")]


# ------------------------------------------------------------------ sentences


@given(_texts)
def test_sentences_stand_in_order_and_leave_out_nothing_but_space(text: str) -> None:
    spans = iter_sentences(text)
    assert all(start < end for start, end in spans)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    bounds = [0, *itertools.chain(*spans), len(text)]
    between = [text[bounds[at] : bounds[at + 1]] for at in range(0, len(bounds), 2)]
    assert [piece for piece in between if piece.strip()] == []
    assert [piece for piece in sentences(text) if "\n" in piece or piece != piece.strip()] == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Xã Tân Dân đạt chuẩn. Xã Tân Hội chưa đạt.", ["Xã Tân Dân đạt chuẩn.", "Xã Tân Hội chưa đạt."]),
        ("Huyện có 5 xã\nXã nào cũng họp", ["Huyện có 5 xã", "Xã nào cũng họp"]),
        ("Có nên trình? Chưa nên! Hồ sơ còn thiếu.", ["Có nên trình?", "Chưa nên!", "Hồ sơ còn thiếu."]),
        ("UBND TP. Vinh họp. Trời mưa.", ["UBND TP. Vinh họp.", "Trời mưa."]),
        ("Dự họp có ThS. Lê Văn Hòa. Ông phát biểu.", ["Dự họp có ThS. Lê Văn Hòa.", "Ông phát biểu."]),
        ("Ông Trần V. Nam nói. Ông về.", ["Ông Trần V. Nam nói.", "Ông về."]),
        ("Xã trồng cây, làm đường v.v. và dọn rác. Dân vui.", ["Xã trồng cây, làm đường v.v. và dọn rác.", "Dân vui."]),
        ("1. Kết quả đạt được. Huyện có 5 xã.", ["1. Kết quả đạt được.", "Huyện có 5 xã."]),
        ("Xã đạt 17,87/19 tiêu chí. Vốn 1.234 tỷ.", ["Xã đạt 17,87/19 tiêu chí.", "Vốn 1.234 tỷ."]),
        ("(Tanyen.gov.vn) - Huyện họp. Trời mưa.", ["(Tanyen.gov.vn) - Huyện họp.", "Trời mưa."]),
        ("  Có lề.  \n\n  Dòng sau. ", ["Có lề.", "Dòng sau."]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


@pytest.mark.parametrize("short", ["TP.", "TX.", "TT.", "Đ/c.", "ThS.", "TS.", "PGS.", "BS.", "KS.", "H.", "P.", "Q."])
def test_an_abbreviation_before_a_name_does_not_end_a_sentence(short: str) -> None:
    assert sentences(f"Đoàn gặp {short} Sơn Tây sáng nay. Sau đó đoàn về.") == [
        f"Đoàn gặp {short} Sơn Tây sáng nay.",
        "Sau đó đoàn về.",
    ]


def test_nothing_has_no_sentence() -> None:
    assert iter_sentences("") == iter_sentences(" \n\t \n") == []
