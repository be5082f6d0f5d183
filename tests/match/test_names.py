"""Whose names the capitalised runs of a text are: units with their level, persons with their role."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from ntm_extract.match import Reading, SentenceReader
from ntm_extract.model import Article, Block
from ntm_extract.orthography import fold_text
from tests.conftest import ROOT

TABLE: Mapping[str, list[Mapping[str, Any]]] = yaml.safe_load(
    (ROOT / "tests" / "tables" / "match_names.yml").read_text("utf-8")
)
KEYS = {"text", "units", "persons", "home", "kinds", "why"}
CASES = [pytest.param(case, id=f"{topic}-{number}") for topic in TABLE for number, case in enumerate(TABLE[topic], 1)]


def article_of(case: Mapping[str, Any], text: str) -> Article:
    """The case's text; ``kinds`` says what part each of its lines plays."""
    district, province = case.get("home") or (None, None)
    blocks = tuple(_blocks(text, case["kinds"])) if "kinds" in case else ()
    return Article(id="case", source="case", text=text, blocks=blocks, home_district=district, home_province=province)


def _blocks(text: str, kinds: list[Any]) -> Iterator[Block]:
    offset = 0
    for line, kind in zip(text.split("\n"), kinds, strict=True):
        yield Block(offset, offset + len(line), kind)
        offset += len(line) + 1


def found_units(reading: Reading) -> list[str]:
    return [f"{unit.level}:{unit.name}={unit.kind}" for unit in reading.names.units]


def found_persons(reading: Reading) -> list[str]:
    return [f"{person.name} | {person.role}" for person in reading.names.persons]


def less(found: list[str], wanted: list[str], mark: str) -> list[str]:
    """What was found, without kinds and roles where the case does not name them."""
    return [
        one.split(mark)[0] if len(found) == len(wanted) and mark not in wanted[at] else one
        for at, one in enumerate(found)
    ]


@pytest.mark.parametrize("case", CASES)
def test_names(reader: SentenceReader, case: Mapping[str, Any]) -> None:
    assert set(case) <= KEYS
    assert "units" in case or "persons" in case
    reading = reader.read(article_of(case, case["text"]))
    if "units" in case:
        assert less(found_units(reading), case["units"], "=") == case["units"]
    if "persons" in case:
        assert less(found_persons(reading), case["persons"], " | ") == case["persons"]


@pytest.mark.parametrize("case", CASES)
def test_every_name_stands_at_its_tokens(reader: SentenceReader, case: Mapping[str, Any]) -> None:
    reading = reader.read(article_of(case, case["text"]))
    tokens, words = reading.tokens, reading.tokens.words
    held: set[int] = set()
    for unit in reading.names.units:
        surface = tokens.text[tokens.starts[unit.name_first] : tokens.ends[unit.last - 1]]
        assert fold_text(" ".join(surface.split())) == fold_text(unit.name)
        assert held.isdisjoint(range(unit.first, unit.last))
        held.update(range(unit.first, unit.last))
    for person in reading.names.persons:
        assert " ".join(words[person.first : person.last]) == person.name
        assert held.isdisjoint(range(person.first, person.last))
        if person.role is not None:
            assert person.role in case["text"]
            assert person.name not in person.role


def _other_tone_place(text: str) -> str:
    """'hòa' as 'hoà' and the like: the other school of spelling."""
    decomposed = unicodedata.normalize("NFD", text)
    for first, second in ("oa", "oe", "uy"):
        for tone in "\u0300\u0301\u0303\u0309\u0323":
            decomposed = decomposed.replace(first + tone + second, first + second + tone)
    return unicodedata.normalize("NFC", decomposed)


@pytest.mark.parametrize("case", CASES)
def test_both_schools_of_spelling_give_the_same_names(reader: SentenceReader, case: Mapping[str, Any]) -> None:
    text = _other_tone_place(case["text"])
    one, other = (reader.read(article_of(case, written)) for written in (case["text"], text))
    assert list(map(fold_text, found_units(one))) == list(map(fold_text, found_units(other)))
    assert list(map(fold_text, found_persons(one))) == list(map(fold_text, found_persons(other)))


# ------------------------------------------------------------------ where an article is at home


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("Huyện Yên Thành họp. Xã Thọ Thành, xã Kim Thành báo cáo với huyện Yên Thành.", ("Yên Thành", None)),
        ("Tỉnh Nghệ An có huyện Yên Thành. Huyện Yên Thành họp.", ("Yên Thành", "Nghệ An")),
        (
            "Huyện Yên Thành, huyện Quỳnh Lưu, huyện Đô Lương của tỉnh Nghệ An họp. " + "Các xã báo cáo. " * 9,
            (None, "Nghệ An"),
        ),
        ("Xã Thạch Châu (huyện Lộc Hà, tỉnh Hà Tĩnh) đón bằng.", ("Lộc Hà", "Hà Tĩnh")),
        ("Yên Thành: Giao ban nông thôn mới\nSáng nay các xã báo cáo.", ("Yên Thành", None)),
        ("Các xã báo cáo tiến độ.", (None, None)),
    ],
)
def test_where_it_is_at_home(reader: SentenceReader, text: str, home: tuple[str | None, str | None]) -> None:
    names = reader.read(Article(id="case", source="case", text=text)).names
    assert (names.home_district, names.home_province) == home


def test_the_source_says_where_it_is_at_home(reader: SentenceReader) -> None:
    """A visit elsewhere does not move the article."""
    text = "Đoàn công tác thăm huyện Yên Thành, tỉnh Nghệ An. Huyện Yên Thành chia sẻ cách làm."
    names = reader.read(
        Article(id="case", source="case", text=text, home_district="Thạch Hà", home_province="Hà Tĩnh")
    ).names
    assert (names.home_district, names.home_province) == ("Thạch Hà", "Hà Tĩnh")
