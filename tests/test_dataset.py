from __future__ import annotations

import datetime as dt
import itertools
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import types
import typing
import unicodedata
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from ntm_extract.dataset import DATASET_NAME, TABLES, Dataset, Decision, fact_id, open_dataset, unit_id
from ntm_extract.dataset.file import Migration, load_migrations
from ntm_extract.errors import DatasetError, InputError
from ntm_extract.model import (
    FACT_KINDS,
    Achievement,
    Chair,
    Check,
    Commitment,
    CountRange,
    CriteriaCount,
    CriteriaStatus,
    Evidence,
    HeirUnit,
    Home,
    Meeting,
    Period,
    Person,
    Quantity,
    Record,
    Result,
    Subject,
    Target,
    Unit,
    UnitMention,
)

HERE = Path(__file__).parent

# ------------------------------------------------------------------ records by hand

PROVINCE = Unit(level="province", name="Hà Tĩnh", kind="tỉnh", code="42", uid="42@2004-01-01")
DISTRICT = Unit(level="district", name="Kỳ Anh", kind="huyện", code="447", province="Hà Tĩnh", uid="447@2015-05-01")
BAC = Unit(
    level="commune",
    name="Kỳ Bắc",
    kind="xã",
    code="18757",
    district="Kỳ Anh",
    province="Hà Tĩnh",
    uid="18757@2004-01-01",
    today=(HeirUnit(code="18754", name="Kỳ Xuân", kind="xã", province="Hà Tĩnh"),),
)
CHAU = Unit(
    level="commune",
    name="Kỳ Châu",
    kind="xã",
    code="18790",
    district="Kỳ Anh",
    province="Hà Tĩnh",
    uid="18790@2004-01-01",
    today=(
        HeirUnit(code="18781", name="Kỳ Anh", kind="xã", province="Hà Tĩnh"),
        HeirUnit(code="18783", name="Kỳ Hoa", kind="xã", province="Hà Tĩnh", whole=False),
    ),
)
TEXT = (
    "Kỳ Anh bàn tiến độ nông thôn mới nâng cao\n"
    "Sáng 15/4, huyện Kỳ Anh họp bàn tiến độ. Đến nay, xã Kỳ Châu đạt 17/19 tiêu chí nâng cao. "
    "Huyện phấn đấu cuối năm 2022 có 2 xã Kỳ Bắc và Kỳ Châu đạt chuẩn nâng cao. "
    "Năm 2021, toàn huyện có thêm 3 xã đạt chuẩn. Tiêu chí thu nhập của xã Kỳ Bắc chưa đạt. "
    "Bí thư Huyện ủy Trần Thử Việc đề nghị các xã làm xong đường liên thôn trước 30/9. "
    "Đã làm 29,68 km đường, 11 mô hình sản xuất."
)


def quote(part: str, rule: str = "topic.what.variant", text: str = TEXT) -> Evidence:
    start = text.index(part)
    return Evidence(start=start, end=start + len(part), text=part, rule=rule)


def record(id: str = "a1", **changes: Any) -> Record:
    """A whole record of our own, with every kind of fact; ``changes`` are its fields."""
    by_end_of_2022 = Period(text="cuối năm 2022", end=dt.date(2022, 12, 31))
    fields: dict[str, Any] = {
        "source": "huyen-ky-anh",
        "url": f"https://example.vn/{id}",
        "title": "Kỳ Anh bàn tiến độ nông thôn mới nâng cao",
        "published": dt.date(2022, 4, 16),
        "publisher": "Cổng thông tin huyện",
        "authors": ("Thu Hà", "Văn Nam"),
        "home": Home(district=DISTRICT, province=PROVINCE),
        "text": TEXT,
        "meeting": Meeting(
            date=dt.date(2022, 4, 15),
            kind="hội nghị",
            chairs=(Chair(name="Trần Thử Việc", role="Bí thư Huyện ủy"), Chair(name="Lê Kiểm Tra")),
        ),
        "persons": (Person(name="Trần Thử Việc", role="Bí thư Huyện ủy", start=306, end=319),),
        "units": tuple(
            UnitMention(unit=unit, start=at.start, end=at.end, text=at.text)
            for unit, at in ((DISTRICT, quote("huyện Kỳ Anh")), (CHAU, quote("xã Kỳ Châu")), (BAC, quote("Kỳ Bắc")))
        ),
        "criteria_counts": (
            CriteriaCount(
                subject=Subject(level="commune", units=(CHAU,)),
                standard="ntm_advanced",
                achieved=17,
                total=19,
                evidence=quote("đạt 17/19 tiêu chí nâng cao"),
            ),
        ),
        "criteria_status": (
            CriteriaStatus(
                subject=Subject(level="commune", units=(BAC,)),
                criterion="thu_nhap",
                status="unmet",
                evidence=quote("Tiêu chí thu nhập của xã Kỳ Bắc chưa đạt"),
            ),
        ),
        "targets": (
            Target(
                id="t-one",
                confidence=0.9,
                subject=Subject(level="commune", units=(BAC, CHAU), count=CountRange(min=2, max=2), within=DISTRICT),
                standard="ntm_advanced",
                themes=("Giáo dục", "Y tế"),
                deadline=by_end_of_2022,
                evidence=quote("phấn đấu cuối năm 2022 có 2 xã Kỳ Bắc và Kỳ Châu đạt chuẩn nâng cao"),
            ),
            Target(
                subject=Subject(level="district", units=(DISTRICT,)),
                outcome="quantity",
                quantity=Quantity(min=29.68, unit="km"),
                evidence=quote("29,68 km"),
            ),
        ),
        "achievements": (
            Achievement(
                subject=Subject(level="commune", count=CountRange(min=3), within=DISTRICT),
                standard="ntm",
                status="met",
                period=Period(text="Năm 2021", start=dt.date(2021, 1, 1), end=dt.date(2021, 12, 31)),
                evidence=quote("Năm 2021, toàn huyện có thêm 3 xã đạt chuẩn"),
            ),
        ),
        "commitments": (
            Commitment(
                act="directive",
                actor="Trần Thử Việc",
                addressee="các xã",
                action="làm xong đường liên thôn",
                deadline=Period(text="trước 30/9", end=dt.date(2022, 9, 29)),
                evidence=quote("đề nghị các xã làm xong đường liên thôn trước 30/9"),
            ),
        ),
        "results": (
            Result(what="đường", value=29.68, unit="km", evidence=quote("29,68 km đường")),
            Result(what="mô hình sản xuất", value=11, unit="mô hình", evidence=quote("11 mô hình sản xuất")),
        ),
        "checks": (Check(kind="list_length", message="2 xã, 2 tên", evidence=quote("2 xã Kỳ Bắc và Kỳ Châu")),),
        "patterns": "rules-1",
    }
    return Record(id=id, **{**fields, **changes})


def plain(id: str, text: str, **fields: Any) -> Record:
    return Record(id=id, text=text, **{"source": "nguon", "url": f"https://example.vn/{id}", **fields})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ntm.sqlite"


def load(path: Path, *records: Record, patterns: str = "rules-1") -> dict[str, int]:
    """A whole run over the records."""
    with Dataset.open(path, create=True) as dataset:
        run = dataset.begin_run("0.1", patterns)
        for one in records:
            dataset.put(one, run)
        return dataset.end_run(run)


def dump(path: Path, *, without: tuple[str, ...] = ()) -> list[str]:
    """The file's logical content, all tables."""
    with sqlite3.connect(path) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        lines = [
            f"{name}: {row}" for name in names if name not in without for row in db.execute(f"SELECT * FROM {name}")
        ]
    db.close()
    return lines


# ------------------------------------------------------------------ the schema


def test_tables_are_as_the_columns_say(path: Path) -> None:
    declared = {"real": "REAL", "integer": "INTEGER", "boolean": "INTEGER"}
    load(path, record())
    with Dataset.open(path, read_only=True) as dataset:
        for table in TABLES.values():
            info = list(dataset.query(f"PRAGMA table_info({table.name})"))
            assert [row[1] for row in info] == [column.name for column in table.columns], table.name
            links = {row[3]: f"{row[2]}.{row[4]}" for row in dataset.query(f"PRAGMA foreign_key_list({table.name})")}
            if table.name != "evidence":
                types = [declared.get(column.type, "TEXT") for column in table.columns]
                assert [row[2] for row in info] == types, table.name
                assert links == {c.name: c.references for c in table.columns if c.references}, table.name
        tables = {
            name
            for (name,) in dataset.query("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
            if not name.startswith(("articles_f", "statements"))  # indexes
        }
    assert tables == set(TABLES)


def test_every_column_is_described() -> None:
    assert [f"{t.name}.{c.name}" for t in TABLES.values() for c in t.columns if not c.description.strip()] == []


def test_every_field_of_a_fact_has_its_column() -> None:
    for kind in FACT_KINDS:
        model = typing.get_args(Record.model_fields[kind].annotation)[0]
        spread = {column.path[0] for column in TABLES[kind].columns if column.path} | {"id", "subject"}
        assert set(model.model_fields) <= spread


# ------------------------------------------------------------------ there and back


def test_record_comes_back_and_its_rows_say_the_same(path: Path) -> None:
    one = record()
    assert load(path, one) == {"new": 1, "changed": 0, "same": 0, "issues": 0}
    with Dataset.open(path, read_only=True) as dataset:
        assert list(dataset.iter_records()) == [one]
        assert dataset.article("a1") == one
        assert dataset.article("a2") is None
        assert dataset.counts() == {
            "articles": 1,
            "article_sources": 1,
            "authors": 2,
            "units": 4,
            "unit_today": 3,
            "unit_mentions": 3,
            "persons": 1,
            "meetings": 1,
            "chairs": 2,
            "criteria_counts": 1,
            "criteria_status": 1,
            "targets": 2,
            "achievements": 1,
            "commitments": 1,
            "results": 2,
            "fact_subjects": 6,
            "checks": 1,
            "decisions": 0,
            "runs": 1,
            "issues": 0,
        }
        subjects = list(
            dataset.query(
                "SELECT s.level, u.name, count_min, count_max, w.name FROM fact_subjects AS s"
                " JOIN units AS u ON u.id = unit_id JOIN units AS w ON w.id = within_unit WHERE fact_id = 't-one'"
                " ORDER BY position"
            )
        )
        assert subjects == [("commune", "Kỳ Bắc", 2.0, 2.0, "Kỳ Anh"), ("commune", "Kỳ Châu", 2.0, 2.0, "Kỳ Anh")]
        quoted = dataset.query(
            "SELECT substr(text, evidence_start + 1, evidence_end - evidence_start), quote"
            " FROM evidence JOIN articles ON articles.id = article_id"
        )
        assert len(rows := list(quoted)) == 8
        assert all(cut == quote for cut, quote in rows)
        (target,) = dataset.query(
            "SELECT themes, deadline_text, deadline_start, deadline_end FROM targets WHERE id = 't-one'"
        )
        assert target == ('["Giáo dục", "Y tế"]', "cuối năm 2022", None, "2022-12-31")


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: _TEXT,
    int: st.integers(0, 10**6),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    dt.date: st.dates(),
    type(None): st.none(),
}


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Any value of a field of the model."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return values_of(parts[0])
    if origin is Literal:
        return st.sampled_from(parts)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*map(values_of, parts))
    if origin is tuple:
        return st.lists(values_of(parts[0]), max_size=2).map(tuple)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return st.builds(annotation, **{name: values_of(f.annotation) for name, f in annotation.model_fields.items()})
    return _LEAVES[annotation]


def test_any_record_comes_back(tmp_path: Path) -> None:
    numbers = itertools.count()
    with Dataset.open(tmp_path / "any.sqlite", create=True) as dataset:
        run = dataset.begin_run("0.1", None)

        @settings(max_examples=60, deadline=None)
        @given(values_of(Record))
        def holds(any_record: Record) -> None:
            n = next(numbers)
            one = any_record.model_copy(update={"id": f"r{n}", "text": f"{n} {any_record.text}"})
            assert dataset.put(one, run) == "new"
            assert dataset.article(one.id) == one
            assert dataset.put(one, run) == "same"
            (facts,) = dataset.query("SELECT count(*) FROM evidence WHERE article_id = ?", (one.id,))
            assert facts == (len(one.facts()),)
            # Its words leave the index with it.
            assert dataset.put(one.model_copy(update={"text": f"{n} khác", "title": None}), run) == "changed"

        holds()
        (left,) = dataset.query("SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'khac'")
        assert left[0] == next(numbers)


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"results": (Result(what="x", value=float("inf"), evidence=quote("đường")),)}, "value is not a finite number"),
        ({"text": "hỏng \ud800"}, "surrogates not allowed"),
        ({"persons": (Person(name="A", start=2**70, end=1),)}, "too large"),
    ],
)
def test_what_cannot_be_stored_is_said_and_nothing_is_written(path: Path, fields: dict[str, Any], what: str) -> None:
    load(path, record())
    before = dump(path)
    with Dataset.open(path) as dataset:
        run = dataset.begin_run("0.1", None)
        with pytest.raises(InputError, match=what) as raised:
            dataset.put(record("a2", **{"text": "khác", **fields}), run)
        assert "\n" not in str(raised.value)
        assert dataset.end_run(run) == {"new": 0, "changed": 0, "same": 0, "issues": 0}
    assert dump(path) == before


# ------------------------------------------------------------------ running again


def test_a_run_is_noted_with_its_first_change(path: Path) -> None:
    def runs() -> list[Any]:
        with Dataset.open(path, read_only=True) as other:
            return [tuple(row) for row in other.query("SELECT id, version, ended IS NULL FROM runs")]

    load(path, record())
    with Dataset.open(path) as dataset:
        run = dataset.begin_run("0.2", "rules-2")
        assert dataset.put(record(), run) == "same"
        assert runs() == [(1, "0.1", 0)]
        with pytest.raises(InputError):
            dataset.put(record("a2", text="Khác.", title="\udc80"), run)
        counts = dataset.put_many([record("a3", text="Khác.", title="\udc80"), plain("b", "Bài.")], run)
        assert (counts["new"], counts["issues"]) == (1, 1)
        assert runs() == [(1, "0.1", 0), (2, "0.2", 1)]
        dataset.end_run(run)
        assert runs() == [(1, "0.1", 0), (2, "0.2", 0)]
        (run_of_b,) = dataset.query("SELECT run FROM articles WHERE id = 'b'")
        assert run_of_b == (2,)


def test_running_again_changes_nothing(path: Path) -> None:
    def run_all() -> dict[str, int]:
        with Dataset.open(path, create=True) as dataset:
            run = dataset.begin_run("0.1", "rules-1")
            again = [record(), record("a2", text="Bài khác."), record("a3", source="bao-tinh", url=None)]
            dataset.put_many(again, run)
            dataset.add_issue(run, "trang-hong.html", "no text found", "open it in a browser")
            return dataset.end_run(run)

    assert run_all() == {"new": 2, "changed": 1, "same": 0, "issues": 1}
    before = dump(path)
    assert run_all() == {"new": 0, "changed": 0, "same": 3, "issues": 1}
    assert dump(path) == before


def test_newer_rules_replace_the_facts_and_leave_nothing_of_the_old(path: Path, tmp_path: Path) -> None:
    newer = record(targets=record().targets[:1], units=record().units[:1], checks=(), patterns="rules-2", persons=())
    newer = newer.model_copy(update={"criteria_status": ()})
    load(path, record(), patterns="rules-1")
    assert load(path, newer, patterns="rules-2")["changed"] == 1
    fresh = tmp_path / "fresh.sqlite"
    load(fresh, newer, patterns="rules-2")
    unlike = ("runs", "articles", "articles_fts_data", "articles_forms_data", "articles_fts_idx", "articles_forms_idx")
    assert sorted(dump(path, without=unlike)) == sorted(dump(fresh, without=unlike))
    with Dataset.open(path, read_only=True) as dataset:
        assert list(dataset.iter_records()) == [newer]
        assert list(dataset.query("SELECT count(*) FROM runs")) == [(2,)]


def test_units_without_an_article_are_dropped(path: Path) -> None:
    load(path, record())
    load(path, plain("a1", TEXT, source="huyen-ky-anh"))
    with Dataset.open(path, read_only=True) as dataset:
        assert (dataset.counts()["units"], dataset.counts()["unit_today"]) == (0, 0)


# ------------------------------------------------------------------ identity


def test_same_text_from_two_sources_is_one_article(path: Path) -> None:
    reprint = record("b9", source="bao-tinh", published=dt.date(2022, 4, 18), title="In lại")
    spaced = record("c3", source="loa", text=TEXT.replace("\n", "\n\n") + "\n")
    load(path, record(), reprint, spaced)
    with Dataset.open(path, read_only=True) as dataset:
        assert list(dataset.iter_records()) == [record()]
        assert dataset.article("b9") == record()
        sources = dataset.query("SELECT article_id, record_id, source, published FROM article_sources ORDER BY source")
        assert list(sources) == [
            ("a1", "b9", "bao-tinh", "2022-04-18"),
            ("a1", "a1", "huyen-ky-anh", "2022-04-16"),
            ("a1", "c3", "loa", "2022-04-16"),
        ]


def test_same_text_a_year_later_is_another_statement(path: Path) -> None:
    load(path, record(), record("b9", published=dt.date(2023, 4, 16)))
    with Dataset.open(path, read_only=True) as dataset:
        assert [one.id for one in dataset.iter_records()] == ["a1", "b9"]


def test_records_without_text_are_told_apart_by_their_ids(path: Path) -> None:
    facts_only = [record(id, text="") for id in ("a1", "a2", "a3")]
    assert load(path, *facts_only)["new"] == 3
    assert load(path, *facts_only)["same"] == 3
    with Dataset.open(path, read_only=True) as dataset:
        assert list(dataset.iter_records()) == facts_only


def test_a_page_that_changed_replaces_what_it_said(path: Path) -> None:
    load(path, plain("a1", "Huyện phấn đấu về đích năm nay."))
    assert load(path, plain("a1", "Huyện lùi thời gian về đích."))["changed"] == 1
    with Dataset.open(path, read_only=True) as dataset:
        assert [hit.article_id for hit in dataset.search("lùi thời gian")] == ["a1"]
        assert dataset.search("phấn đấu") == []


def test_articles_that_turn_out_the_same_become_one(path: Path) -> None:
    load(path, plain("a1", "Xã đạt chuẩn."), plain("a2", "Xã đạt chuẩn. Lượt xem: 93", published=dt.date(2022, 1, 5)))
    cleaned = [plain("a1", "Xã đạt chuẩn."), plain("a2", "Xã đạt chuẩn.", published=dt.date(2022, 1, 5))]
    assert load(path, *cleaned) == {"new": 0, "changed": 1, "same": 1, "issues": 0}
    before = dump(path)
    assert load(path, *cleaned)["same"] == 2
    assert dump(path) == before
    with Dataset.open(path, read_only=True) as dataset:
        assert [one.id for one in dataset.iter_records()] == ["a1"]
    # … and apart again, when one of them is written anew
    load(path, plain("a2", "Xã đạt chuẩn nâng cao."))
    with Dataset.open(path, read_only=True) as dataset:
        assert [one.id for one in dataset.iter_records()] == ["a1", "a2"]
        assert list(dataset.query("SELECT article_id, record_id FROM article_sources")) == [("a1", "a1"), ("a2", "a2")]


def test_moved_file_read_by_newer_rules(path: Path) -> None:
    load(path, record(url=None, source="cu/bai.txt"))
    moved = record(url=None, source="moi/bai.txt", patterns="rules-2", targets=())
    assert load(path, moved)["changed"] == 1
    assert load(path, moved)["same"] == 1
    with Dataset.open(path, read_only=True) as dataset:
        (kept,) = dataset.iter_records()
    assert (kept.source, kept.patterns, kept.targets) == ("cu/bai.txt", "rules-2", ())


def test_id_of_another_article_is_not_taken_over(path: Path) -> None:
    load(path, plain("1", "Bài một."))
    with Dataset.open(path) as dataset:
        run = dataset.begin_run("0.1", None)
        other = plain("1", "Bài của nguồn khác.", source="khac", url=None)
        counts = dataset.put_many([other, plain("2", "Bài hai.")], run)
        assert counts == {"new": 1, "changed": 0, "same": 0, "issues": 1}
        dataset.end_run(run)
        assert [one.text for one in dataset.iter_records()] == ["Bài một.", "Bài hai."]
        ((where, what),) = dataset.query("SELECT input, what FROM issues")
        assert where == "khac"
        assert "'1'" in what


def test_units_are_told_apart_by_kind_and_not_by_spelling() -> None:
    town = Unit(level="district", name="Kỳ Anh", kind="thị xã", province="Hà Tĩnh")
    assert unit_id(town) != unit_id(town.model_copy(update={"kind": "huyện"}))
    spellings = ["Tân Hòa", "Tân Hoà", unicodedata.normalize("NFD", "Tân Hòa"), "TÂN HÒA"]
    assert len({unit_id(Unit(level="commune", name=name, kind="xã")) for name in spellings}) == 1
    assert unit_id(DISTRICT) == "447@2015-05-01"


def test_a_unit_keeps_its_heirs_when_a_mention_says_nothing_of_them(path: Path) -> None:
    bare = BAC.model_copy(update={"today": ()})
    moved = BAC.model_copy(update={"today": (HeirUnit(code="9", name="Mới", kind="phường"),)})
    mention = [UnitMention(unit=unit, start=0, end=2, text="Xã") for unit in (BAC, bare, moved)]
    load(path, plain("a1", "Xã một", units=(mention[0],)), plain("a2", "Xã hai", units=(mention[1],)))
    heirs = "SELECT code FROM unit_today"
    with Dataset.open(path, read_only=True) as dataset:
        assert list(dataset.query(heirs)) == [("18754",)]
    load(path, plain("a3", "Xã ba", units=(mention[2],)))
    with Dataset.open(path, read_only=True) as dataset:
        assert list(dataset.query(heirs)) == [("9",)]


def test_derived_fact_ids_hang_on_what_was_read() -> None:
    first = record().targets[0].model_copy(update={"id": None})
    id = fact_id("a1", "targets", first)
    assert len(id) == 16
    relinked = first.subject.units[0].model_copy(update={"uid": "other", "code": None, "district": None, "today": ()})
    better = first.model_copy(
        update={
            "subject": first.subject.model_copy(update={"units": (relinked, first.subject.units[1])}),
            "deadline": Period(text="cuối năm 2022", end=dt.date(2022, 12, 30)),
            "confidence": 0.1,
        }
    )
    assert fact_id("a1", "targets", better) == id
    assert fact_id("a2", "targets", first) != id
    assert fact_id("a1", "targets", first.model_copy(update={"standard": "ntm"})) != id


def test_fact_ids_are_unique_whatever_others_call_them(path: Path) -> None:
    result = record().results[0]
    twice = (result, result, result.model_copy(update={"id": "f1"}), result.model_copy(update={"id": "f1"}))
    load(path, record("a1", results=twice), record("a2", text="khác " + TEXT, results=twice))
    with Dataset.open(path, read_only=True) as dataset:
        found = list(dataset.query("SELECT article_id, id FROM results"))
    assert len({id for _, id in found}) == 8
    assert ("a1", "f1") in found


# ------------------------------------------------------------------ full text

SEARCH = yaml.safe_load((HERE / "tables" / "dataset_search.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("search") / "search.sqlite"
    load(path, *(plain(id, text) for id, text in SEARCH["articles"].items()))
    return path


@pytest.mark.parametrize("case", SEARCH["cases"], ids=lambda case: case["query"])
def test_search(searched: Path, case: dict[str, Any]) -> None:
    with Dataset.open(searched, read_only=True) as dataset:
        found = [hit.article_id for hit in dataset.search(case["query"])]
        assert [hit.article_id for hit in dataset.search(unicodedata.normalize("NFD", case["query"]))] == found
    if case.get("any_order") or "first" in case:
        assert sorted(found) == sorted(case["found"])
        assert set(found[: len(case.get("first", []))]) == set(case.get("first", []))
    else:
        assert found == case["found"]


def test_snippet_shows_the_text_as_written(searched: Path) -> None:
    with Dataset.open(searched, read_only=True) as dataset:
        (first, *_) = dataset.search("duong lien thon", marks=("<", ">"))
        assert first.snippet == "Xã mở <đường> <liên> <thôn>, dân hiến đất làm <đường> rộng năm mét."
        assert len(dataset.search("xã", limit=2)) == 2


def test_title_counts_more_than_text(path: Path) -> None:
    load(path, plain("a1", "Một bài dài có nhắc thoáng qua đến OCOP."), plain("a2", "Một bài khác.", title="OCOP"))
    with Dataset.open(path, read_only=True) as dataset:
        assert [hit.article_id for hit in dataset.search("ocop")] == ["a2", "a1"]


@settings(max_examples=150, deadline=None)
@given(st.text() | st.text(alphabet='"*()^:{}+- ANDORNEAđà\u0301'))
def test_nothing_typed_is_syntax(searched: Path, typed: str) -> None:
    with Dataset.open(searched, read_only=True) as dataset:
        dataset.search(typed)


# ------------------------------------------------------------------ reviewers, issues, runs


def test_decisions_survive_extraction(path: Path) -> None:
    load(path, record())
    with Dataset.open(path) as dataset:
        dataset.decide("t-one", "accept", who="Lan", when=dt.datetime(2024, 1, 2, tzinfo=dt.UTC))
        dataset.decide(
            "t-one", "correct", who="Minh", correction={"deadline": None, "modality": "plan"}, note="đọc lại"
        )
    load(path, record(targets=(), patterns="rules-2"), patterns="rules-2")
    load(path, record(patterns="rules-3"), patterns="rules-3")
    with Dataset.open(path, read_only=True) as dataset:
        first, second = dataset.decisions("t-one")
        assert first == Decision("t-one", "accept", None, "Lan", dt.datetime(2024, 1, 2, tzinfo=dt.UTC))
        assert (second.verdict, second.correction, second.note) == (
            "correct",
            {"deadline": None, "modality": "plan"},
            "đọc lại",
        )
        assert dataset.decisions("other") == []
        assert dataset.decisions() == [first, second]


@pytest.mark.parametrize(
    ("fact", "verdict", "correction", "what"),
    [
        ("nothing", "accept", None, "no fact 'nothing'"),
        ("t-one", "correct", None, "a correction goes with 'correct'"),
        ("t-one", "accept", {"modality": "plan"}, "a correction goes with 'correct'"),
        ("t-one", "correct", {"modality": "maybe"}, "modality"),
        ("t-one", "correct", {"standart": "ntm"}, "standart"),
        ("t-one", "correct", {"id": "other"}, "id"),
    ],
)
def test_decisions_that_do_not_fit(path: Path, fact: str, verdict: Any, correction: Any, what: str) -> None:
    load(path, record())
    with Dataset.open(path) as dataset:
        with pytest.raises(DatasetError, match=what):
            dataset.decide(fact, verdict, who="Lan", correction=correction)
        assert dataset.decisions() == []


def test_issues_go_when_their_page_is_read_without_them(path: Path) -> None:
    def run_with(*issues: tuple[str, str], put: Record | None = None) -> list[tuple[Any, ...]]:
        with Dataset.open(path, create=True) as dataset:
            run = dataset.begin_run("0.1", None)
            for where, what in issues:
                dataset.add_issue(run, where, what, "mend it")
            if put:
                dataset.put(put, run)
            dataset.end_run(run)
            return list(dataset.query("SELECT run, input, what FROM issues ORDER BY input, what"))

    assert run_with(("b.html", "empty"), ("a.html", "odd"), ("a.html", "bad")) == [
        (1, "a.html", "bad"),
        (1, "a.html", "odd"),
        (1, "b.html", "empty"),
    ]
    once = plain("a", "Bài đã đọc được.", source="a.html", url=None)
    assert run_with(("a.html", "odd"), put=once) == [(1, "a.html", "odd"), (1, "b.html", "empty")]
    assert run_with(put=once) == [(1, "b.html", "empty")]


def test_a_run_must_be_begun(path: Path) -> None:
    with Dataset.open(path, create=True) as dataset, pytest.raises(DatasetError, match="run 7 is not under way"):
        dataset.put(record(), 7)


def test_records_made_before_making_them_failed_are_kept(path: Path) -> None:
    def failing() -> typing.Iterator[Record]:
        yield plain("a1", "Một.")
        raise KeyboardInterrupt

    with Dataset.open(path, create=True) as dataset:
        with pytest.raises(KeyboardInterrupt):
            dataset.put_many(failing(), dataset.begin_run("0.1", None))
        assert [one.id for one in dataset.iter_records()] == ["a1"]


def test_reading_while_writing_on(path: Path) -> None:
    load(path, *(plain(f"a{i}", f"Bài {i}.") for i in range(250)))
    with Dataset.open(path) as dataset:
        run = dataset.begin_run("0.1", "rules-2")
        for one in dataset.iter_records():
            dataset.put(one.model_copy(update={"patterns": "rules-2"}), run)
        assert dataset.end_run(run)["changed"] == 250


# ------------------------------------------------------------------ opening


def other_database(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE articles (id)")
    db.close()


def newer(path: Path) -> None:
    load(path)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()


@pytest.mark.parametrize(
    ("make", "how", "what"),
    [
        (lambda path: None, {}, "no such dataset"),
        (lambda path: None, {"create": True, "read_only": True}, "no such dataset"),
        (lambda path: path.mkdir(), {"create": True}, "not a file"),
        (lambda path: path.touch(), {}, "not a dataset of ours"),
        (lambda path: path.write_text("Không phải cơ sở dữ liệu. " * 99), {"create": True}, "not a dataset of ours"),
        (other_database, {"create": True}, "not a dataset of ours"),
        (other_database, {"read_only": True}, "not a dataset of ours"),
        (newer, {}, "newer version .schema 99"),
        (newer, {"read_only": True}, "newer version .schema 99"),
    ],
)
def test_files_that_are_not_opened(path: Path, make: Any, how: dict[str, bool], what: str) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(DatasetError, match=what) as raised:
        Dataset.open(path, **how)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert (path.read_bytes() if path.is_file() else None) == before
    if not path.exists():
        with pytest.raises(DatasetError, match="no such dataset"):
            open_dataset(path)


def test_a_folder_stands_for_the_dataset_in_it(tmp_path: Path) -> None:
    Dataset.open(tmp_path / DATASET_NAME, create=True).close()
    for read_only in (True, False):
        with Dataset.open(tmp_path, read_only=read_only) as dataset:
            assert dataset.path == tmp_path / DATASET_NAME
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="existing folder"):
        Dataset.open(tmp_path / "empty")


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="existing folder"):
        Dataset.open(tmp_path / "none" / "ntm.sqlite", create=True)


def test_odd_file_names(tmp_path: Path) -> None:
    path = tmp_path / "số liệu 100% #1?.sqlite"
    load(path, record())
    assert path.is_file()
    with Dataset.open(path, read_only=True) as dataset:
        assert dataset.counts()["articles"] == 1
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_migrations_are_done_once_and_wholly(path: Path) -> None:
    load(path, record())
    steps = load_migrations()
    good = Migration(
        steps[-1].version + 1, "CREATE TABLE added (x);\nINSERT INTO added VALUES (1);\nDROP VIEW evidence;"
    )
    bad = Migration(good.version + 1, "CREATE TABLE half (x);\nINSERT INTO nowhere VALUES (1);")
    with pytest.raises(DatasetError, match="older version"):
        Dataset.open(path, read_only=True, migrations=(*steps, good))
    with pytest.raises(DatasetError, match="nowhere"):
        Dataset.open(path, migrations=(*steps, good, bad))
    with Dataset.open(path, migrations=(*steps, good)) as dataset:
        tables = {name for (name,) in dataset.query("SELECT name FROM sqlite_master")}
        assert "added" in tables
        assert not {"half", "evidence"} & tables
        assert list(dataset.query("SELECT * FROM added")) == [(1,)]
        assert list(dataset.iter_records()) == [record()]
    with pytest.raises(DatasetError, match="newer version"):
        Dataset.open(path)


def python(code: str, *arguments: object, records: tuple[Record, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run code in another process, which is handed these records."""
    head = """
        import os, signal, sys
        from pathlib import Path
        from ntm_extract.dataset import Dataset
        from ntm_extract.dataset.file import load_migrations
        from ntm_extract.errors import DatasetError
        from ntm_extract.model import Record
        path, records = Path(sys.argv[1]), [Record.model_validate_json(line) for line in sys.stdin]
    """
    command = [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(code), *map(str, arguments)]
    lines = "".join(one.model_dump_json() + "\n" for one in records)
    return subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60, encoding="utf-8")


def test_another_process_writing(path: Path) -> None:
    load(path, record())
    code = f"""
        db = sqlite3.connect({str(path)!r}, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        print("held", flush=True)
        sys.stdin.read()
    """
    command = [sys.executable, "-c", "import sqlite3, sys\n" + textwrap.dedent(code)]
    with (
        Dataset.open(path, busy_seconds=0.1) as writer,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder,
    ):
        run = writer.begin_run("0.1", None)
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(DatasetError, match="is being written by another process; wait"):
            Dataset.open(path, busy_seconds=0.1)
        with pytest.raises(DatasetError, match="is being written by another process; wait"):
            writer.put(record("a2", text="Khác."), run)
        with Dataset.open(path, read_only=True) as reader:
            assert list(reader.iter_records()) == [record()]
            assert reader.search("nông thôn")
        holder.communicate(b"")
        assert writer.put(record("a2", text="Khác."), run) == "new"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
@pytest.mark.parametrize("word", ["INSERT INTO units", "INSERT INTO targets", "INSERT INTO results", "COMMIT"])
def test_killed_in_the_middle_of_an_article(path: Path, word: str) -> None:
    load(path, record())
    before = dump(path)
    code = """
        dataset = Dataset.open(path)
        run = dataset.begin_run("0.1", "rules-2")
        word = sys.argv[2]
        dataset._db.set_trace_callback(lambda sql: sql.startswith(word) and os.kill(os.getpid(), signal.SIGKILL))
        dataset.put(records[0], run)
    """
    mention = UnitMention(unit=BAC.model_copy(update={"uid": "new"}), start=0, end=1, text="x")
    killed = python(code, path, word, records=(record(targets=record().targets[:1], units=(mention,)),))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with Dataset.open(path) as dataset:
        assert list(dataset.query("PRAGMA integrity_check")) == [("ok",)]
        assert list(dataset.query("PRAGMA foreign_key_check")) == []
    assert dump(path) == before


def test_an_exception_in_the_middle_of_an_article(path: Path) -> None:
    load(path, record())
    before = dump(path)
    with Dataset.open(path) as dataset:
        run = dataset.begin_run("0.1", "rules-2")

        def no_results(action: int, table: str | None, *_: object) -> int:
            return sqlite3.SQLITE_DENY if (action, table) == (sqlite3.SQLITE_INSERT, "results") else sqlite3.SQLITE_OK

        dataset._db.set_authorizer(no_results)
        with pytest.raises(DatasetError):
            dataset.put(record(targets=()), run)
        dataset._db.set_authorizer(None)
        assert dataset.end_run(run)["changed"] == 0
    assert dump(path) == before


def test_full_disk_by_page_count(path: Path) -> None:
    load(path, record())
    with Dataset.open(path) as dataset:
        run = dataset.begin_run("0.1", None)
        ((pages,),) = dataset.query("PRAGMA page_count")
        list(dataset.query(f"PRAGMA max_page_count = {pages + 2}"))
        with pytest.raises(DatasetError, match="no room left on the disk"):
            dataset.put_many([plain(f"b{i}", f"Bài {i}. " + "Dân hiến đất mở đường. " * 500) for i in range(5)], run)
        assert list(dataset.iter_records()) == [record()]
        assert list(dataset.query("PRAGMA integrity_check")) == [("ok",)]
        list(dataset.query(f"PRAGMA max_page_count = {pages + 1000}"))
        assert dataset.put(plain("b1", "Còn chỗ."), run) == "new"


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit here")
def test_full_disk_by_file_size(path: Path) -> None:
    load(path, record())
    before = dump(path, without=("runs",))
    code = """
        import resource
        dataset = Dataset.open(path)
        run = dataset.begin_run("0.1", None)
        limit = path.with_name(path.name + "-wal").stat().st_size + 60_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            dataset.put(records[0], run)
        except DatasetError as error:
            print(error)
    """
    full = python(code, path, records=(plain("b1", "Dân hiến đất mở đường. " * 9000),))
    assert "cannot be read or written" in full.stdout or "no room" in full.stdout, full.stderr
    assert full.stdout.count("\n") == 1
    assert dump(path, without=("runs",)) == before


@pytest.mark.skipif(sys.platform == "win32", reason="no such file modes here")
def test_read_only_folder() -> None:
    # Not under pytest's folder, which only its owner may enter.
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    try:
        path = folder / "ntm.sqlite"
        load(path, record())
        path.chmod(0o444)
        folder.chmod(0o555)
        code = """
            steps = load_migrations()
            if os.geteuid() == 0:
                os.setuid(65534)  # the superuser may write anywhere
            with Dataset.open(path, read_only=True, migrations=steps) as dataset:
                print(dataset.article("a1").title, len(dataset.search("tien do")))
            try:
                Dataset.open(path, migrations=steps)
            except DatasetError as error:
                print(error)
        """
        read = python(code, path)
        assert read.stdout.count("\n") == 2, read.stderr
        found, refused = read.stdout.splitlines()
        assert found == f"{record().title} 1"
        assert "may not be written to; copy it" in refused
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


# ------------------------------------------------------------------ frames


def test_frames_are_typed(path: Path) -> None:
    load(path, record(), plain("a2", "Ngày xa.", published=dt.date(1, 1, 1)))
    with Dataset.open(path) as dataset:
        dataset.decide("t-one", "correct", who="Lan", correction={"modality": "plan"})
    tables = open_dataset(path)
    assert set(tables) == set(TABLES) <= set(dir(tables))
    assert len(tables) == len(TABLES)
    assert tables.targets is tables["targets"]
    with pytest.raises(AttributeError, match="no table 'nothing'"):
        _ = tables.nothing
    kinds = {"text": "string", "integer": "Int64", "real": "float64", "boolean": "boolean"}
    kinds |= {"date": "datetime64[s]", "datetime": "datetime64[s, UTC]", "list": "object", "json": "object"}
    for name, table in TABLES.items():
        frame = tables[name]
        expected = {c.name: kinds[c.type] for c in table.columns if (name, c.name) != ("articles", "record")}
        assert frame.dtypes.astype(str).to_dict() == expected, name
    target = tables.targets.set_index("id").loc["t-one"]
    assert target["themes"] == ["Giáo dục", "Y tế"]
    assert target["deadline_end"] == pd.Timestamp("2022-12-31")
    assert tables.unit_today.set_index("code")["whole"].to_dict() == {"18754": True, "18781": True, "18783": False}
    assert tables.articles["published"].dt.year.tolist() == [2022, 1]
    assert tables.decisions["correction"].tolist() == [{"modality": "plan"}]
    assert len(tables.evidence) == 8


def test_frames_of_an_empty_dataset(path: Path) -> None:
    load(path)
    tables = open_dataset(path)
    assert {name: len(frame) for name, frame in tables.items()} == dict.fromkeys(TABLES, 0)
    assert str(tables.articles["published"].dtype) == "datetime64[s]"
