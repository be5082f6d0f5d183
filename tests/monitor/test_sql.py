"""Comparisons from a dataset's tables: what plain reading of its records gives, whatever they say."""

from __future__ import annotations

import datetime as dt
import sqlite3
import unicodedata
from pathlib import Path
from typing import cast, get_args

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_records import made_records

from ntm_extract.dataset import Dataset
from ntm_extract.dataset.file import load_migrations
from ntm_extract.model import Achievement, Evidence, Period, Record, Standard, Subject, Unit
from ntm_extract.monitor import compare, lineage, records_of
from ntm_extract.monitor.compare import By, ComparisonRow
from ntm_extract.monitor.reading import passage
from ntm_extract.monitor.sql import compare_dataset

PHRASES = Path(__file__).parents[2] / "ntm_extract" / "monitor" / "phrases.yml"
NUMBERS = ("promised", "reached", "recognised", "undated", "holding", "units", "share", "parts", "criteria_set")


def _numbers(rows: list[ComparisonRow]) -> list[dict[str, object]]:
    return [
        {name: getattr(row, name) for name in ("standard", "year", *NUMBERS)}
        | {"group": (row.group.level, row.group.name, row.group.province)}
        for row in rows
    ]


def _put(dataset: Dataset, records: list[Record]) -> None:
    run = dataset.begin_run(version="0", patterns=None)
    dataset.put_many(records, run)
    dataset.end_run(run)


def _decide(dataset: Dataset, decided: list[tuple[int, int | None]]) -> None:
    """Let a reviewer reject some facts (by their place among all), and give others another year."""
    found = dataset.rows(
        "SELECT 'period', id FROM achievements UNION ALL SELECT 'deadline', id FROM targets ORDER BY 2"
    )
    for at, year in decided if found else ():
        field, fact = found[at % len(found)]
        if year is None:
            dataset.decide(fact, "reject", who="Lan")
        else:
            period = {"text": f"năm {year}", "start": f"{year}-01-01", "end": f"{year}-12-31"}
            dataset.decide(fact, "correct", who="Lan", correction={field: period})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    number=st.integers(1, 60),
    districts=st.integers(1, 4),
    doubtful=st.sampled_from((0.0, 0.1, 0.6)),
    by=st.sampled_from(get_args(By)),
    as_of=st.one_of(st.none(), st.dates(dt.date(2014, 1, 1), dt.date(2026, 12, 31))),
    standards=st.sampled_from(((), ("ntm",), ("ntm_advanced", "ntm_model"))),
    decided=st.lists(st.tuples(st.integers(0, 999), st.sampled_from((None, 2016, 2019, 2023))), max_size=6),
)
def test_tables_give_what_reading_gives(
    seed: int, number: int, districts: int, doubtful: float, by: str, as_of: dt.date | None,
    standards: tuple[Standard, ...], decided: list[tuple[int, int | None]], tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    records = list(made_records(number, seed, districts=districts, doubtful=doubtful))
    with Dataset.open(tmp_path_factory.mktemp("made") / "dataset.sqlite", create=True) as dataset:
        _put(dataset, records)
        _decide(dataset, decided)
        fast = compare_dataset(dataset, cast(By, by), as_of=as_of, standards=standards)
        slow = compare(lineage(records_of(dataset), as_of or dt.date.max), cast(By, by), standards=standards)
    assert _numbers(fast) == _numbers(slow)
    texts = {record.id: record.text for record in records}
    for row in fast:
        assert row.quotes
        for quote in row.quotes:
            assert texts[quote.article][quote.evidence.start : quote.evidence.end] == quote.evidence.text


# ------------------------------------------------------------------ what the table holds


def _cues() -> list[tuple[str, str]]:
    rows = yaml.safe_load(PHRASES.read_text(encoding="utf-8"))
    return [
        (row, phrase.replace("…", "cho ba"))
        for row in ("forecast", "hedge", "unrecognised", "stock")
        for phrase in rows[row]["phrases"]
    ]


_XA = Unit(level="commune", name="Ba Bích", kind="xã", district="Ba Tơ", province="Quảng Ngãi")


def _saying(number: int, text: str, quote: str, *, counted: bool, period: Period | None) -> Record:
    start = text.index(quote)
    subject = {"level": "commune", "count": {"min": 3, "max": 3}} if counted else {"level": "commune", "units": [_XA]}
    fact = Achievement(
        subject=Subject.model_validate(subject),
        standard="ntm",
        status="met",
        period=period,
        evidence=Evidence(start=start, end=start + len(quote), text=quote, rule="made"),
    )
    home = {"province": {"level": "province", "name": "Quảng Ngãi"}}
    return Record.model_validate(
        {"id": f"c{number}", "source": "made", "published": "2022-05-04", "home": home, "text": text}
    ).model_copy(update={"achievements": (fact,)})


@pytest.mark.parametrize("change", [str, str.capitalize, str.upper, str.title], ids=lambda change: change.__name__)
def test_whatever_reading_may_find_is_marked_to_be_read(change: object, tmp_path: Path) -> None:
    """The patterns of the schema let through every phrase that reading knows, ahead of, in and behind the quotation."""
    year = Period(text="năm 2021", start=dt.date(2021, 1, 1), end=dt.date(2021, 12, 31))
    records: list[Record] = []
    for row, phrase in _cues():
        cue = unicodedata.normalize("NFC", change(phrase))  # type: ignore[operator]
        for text in (f"Năm qua {cue} xã đạt chuẩn.", f"{cue} xã đạt chuẩn.", f"Xã đạt chuẩn, {cue}."):
            assert row == "stock" or passage(text, 0, len(text)).has(row) or "^" in phrase
            for quote in (text, "xã đạt chuẩn" if "xã đạt chuẩn" in text else "Xã đạt chuẩn"):
                text_of_its_own = f"Tin số {len(records)}. {text}"
                records.append(_saying(len(records), text_of_its_own, quote, counted=row == "stock", period=year))
    with Dataset.open(tmp_path / "dataset.sqlite", create=True) as dataset:
        _put(dataset, records)
        sure = list(
            dataset.query("SELECT quote, kind FROM statements JOIN achievements ON id = fact_id WHERE NOT unsure")
        )
        assert sure == []
        assert list(dataset.query("SELECT count(*) FROM statements")) == [(len(records),)]


@pytest.mark.parametrize(
    ("period", "quote", "at", "unsure"),
    [
        (("năm 2021", "2021-01-01", "2021-12-31"), "xã đạt chuẩn", 2021, 0),
        (("năm nay", "2022-01-01", "2022-12-31"), "xã đạt chuẩn", 2022, 0),
        (("quý I năm 2021", "2021-01-01", "2021-03-31"), "xã đạt chuẩn", 2021, 0),
        (("đến năm 2021", None, "2021-12-31"), "xã đạt chuẩn", 12022, 0),
        (("Đến hết năm 2021", "2021-01-01", "2021-12-31"), "xã đạt chuẩn", 12022, 0),
        (("giai đoạn 2016 - 2020", "2016-01-01", "2020-12-31"), "xã đạt chuẩn", 12022, 0),
        (("ngày 3/2/2021", "2021-02-03", "2021-02-03"), "xã đạt chuẩn", 12021, 0),
        (None, "xã đạt chuẩn", 12022, 0),
        (None, "xã đạt chuẩn nông thôn mới năm 2020", 0, 1),
        (("ngày 3/2/2021", "2021-02-03", "2021-02-03"), "xã đạt chuẩn NTM năm 2020", 0, 1),
        (("năm 2021", "2021-01-01", "2021-12-31"), "xã được nước bạn công nhận, dự án đường", 2021, 0),
    ],
)  # fmt: skip
def test_when_a_statement_holds(
    period: tuple[str, str | None, str] | None, quote: str, at: int, unsure: int, tmp_path: Path
) -> None:
    given = None
    if period:
        days = (dt.date.fromisoformat(day) if day else None for day in period[1:])
        given = Period(text=period[0], **dict(zip(("start", "end"), days, strict=True)))
    record = _saying(1, f"Trước đây dự kiến khác. Tin: {quote}; dự kiến còn tiếp.", quote, counted=False, period=given)
    with Dataset.open(tmp_path / "dataset.sqlite", create=True) as dataset:
        _put(dataset, [record])
        assert list(dataset.query("SELECT at, unsure, seen FROM statements")) == [(at, unsure, "2022-05-04")]
        fast, slow = compare_dataset(dataset, "unit"), compare(lineage([record], dt.date.max), "unit")
    assert _numbers(fast) == _numbers(slow)


def _statements(path: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as db:
        rows = db.execute(
            "SELECT fact_id, position, level, kind, standard, unit_id, area, number, at, unsure, seen "
            "FROM statements LEFT JOIN statements_units AS u ON u.n = unit ORDER BY fact_id, position"
        ).fetchall()
    db.close()
    return rows


def test_statements_follow_articles_that_change_and_go(tmp_path: Path) -> None:
    """After any writing the table is as a new one made of the others would be."""
    path = tmp_path / "dataset.sqlite"
    records = list(made_records(12, 5, districts=1, doubtful=0.3))
    fewer = [one.model_copy(update={"achievements": one.achievements[:1]}) for one in records[:6]]
    other = [one.model_copy(update={"text": f"{one.text} Hết."}) for one in records[6:9]]
    for batch in (records, fewer, other, [*fewer, *records[9:]]):
        with Dataset.open(path, create=True) as dataset:
            _put(dataset, batch)
        kept = _statements(path)
        with sqlite3.connect(path) as db:
            db.execute("DELETE FROM statements")
            db.execute("INSERT INTO statements_apart SELECT * FROM statements_apart")
        db.close()
        assert _statements(path) == kept
        assert kept


def test_statements_of_a_dataset_made_before_there_were_any(tmp_path: Path) -> None:
    path = tmp_path / "dataset.sqlite"
    with Dataset.open(path, create=True, migrations=load_migrations()[:2]):
        pass
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO runs (id, started, version) VALUES (1, '2022-01-01', '0')")
        db.execute(
            "INSERT INTO articles (id, source, published, run, text, record) "
            "VALUES ('a', 's', '2022-01-25', 1, 'Xã đạt chuẩn.', '{}')"
        )
        db.execute("INSERT INTO units (id, level, name, today, candidates) VALUES ('u', 'commune', 'X', '[]', '[]')")
        for table, columns, values in (
            ("achievements", "status, period_end", "'met', '2021-12-31'"),
            ("targets", "outcome, themes, modality, deadline_end", "'standard', '[]', 'goal', '2022-12-31'"),
        ):
            db.execute(
                f"INSERT INTO {table} (id, article_id, position, standard, evidence_start, evidence_end, quote, rule, "
                f"{columns}) VALUES ('{table}', 'a', 0, 'ntm', 0, 13, 'Xã đạt chuẩn.', 'r', {values})"
            )
            db.execute(
                "INSERT INTO fact_subjects (fact_id, kind, article_id, position, level, unit_id) "
                f"VALUES ('{table}', '{table}', 'a', 0, 'commune', 'u')"
            )
    db.close()
    with Dataset.open(path) as dataset:
        rows = list(
            dataset.query(
                "SELECT kind, unit_id, at, unsure, seen FROM statements JOIN statements_units AS u ON u.n = unit "
                "ORDER BY kind"
            )
        )
    assert rows == [("met", "u", 2021, 0, "2022-01-25"), ("promised", "u", 2022, 0, "2022-01-25")]
