"""Subjects of verbs: named, left out, with words in apposition, in a list."""

from __future__ import annotations

import pytest

from ntm_extract.facts import Extractor
from ntm_extract.facts.clauses import Clauses
from tests.facts.test_properties import article_of

SUBJECTS = [
    ("UBND huyện yêu cầu các xã rà soát tiêu chí.", "body", "UBND huyện"),
    ("UBND huyện cũng đã yêu cầu các xã rà soát tiêu chí.", "body", "UBND huyện"),
    ("UBND huyện, Hội Nông dân và UBND xã cam kết làm xong.", "body", "UBND huyện"),
    ("Ông Lâm yêu cầu các xã rà soát tiêu chí.", "pronoun", "Lâm"),
    ("Chúng tôi cam kết làm xong đường điện.", "own", None),
    ("Đề nghị các xã rà soát tiêu chí.", "elided", None),
    ("UBND huyện kiểm tra và yêu cầu các xã rà soát tiêu chí.", "elided", None),
    ("Việc này yêu cầu các xã rà soát tiêu chí.", "other", None),
]


@pytest.mark.parametrize(("text", "kind", "surface"), SUBJECTS)
def test_subject(extractor: Extractor, text: str, kind: str, surface: str | None) -> None:
    sentence = extractor.read(article_of(text)).reading.sentences[0]
    verbs = [at for at, one in enumerate(sentence.items) if one.value in ("demand", "ask", "request", "pledge")]
    subject = Clauses(text).subject(sentence, verbs[0])
    assert (subject.kind, subject.item and text[subject.item.start : subject.item.end]) == (kind, surface)


@pytest.mark.parametrize(
    ("text", "body", "predicate"),
    [
        ("Các xã có tiêu chí phụ trách rà soát lại hồ sơ.", "xã", "rà soát"),
        ("Riêng về môi trường, UBND các xã xử lý bãi rác.", "UBND các xã", "xử lý"),
        ("Phòng KT-HT: hướng dẫn các xã lập hồ sơ.", "Phòng KT-HT", "hướng dẫn"),
        ("Tuyến đường này dài 5 km.", None, None),
    ],
)
def test_clause(extractor: Extractor, text: str, body: str | None, predicate: str | None) -> None:
    sentence = extractor.read(article_of(text)).reading.sentences[0]
    clause = Clauses(text).clause(sentence, 0, len(sentence.items))
    if body is None or predicate is None:
        assert clause is None
    else:
        assert clause is not None
        assert text[clause.body.start : clause.body.end] == body
        assert text[sentence.items[clause.predicate].start :].startswith(predicate)
