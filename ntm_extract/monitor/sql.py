"""Comparisons straight from a dataset's tables: a million facts in about two seconds, without reading the articles.

The same groups, years and numbers as ``compare``, but for three things: years are those of the facts' periods and not
read off quotations, captions are not told from text, and reprints are those the dataset knows. Promises are not judged.
"""

from __future__ import annotations

import datetime as dt
import gc
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from itertools import chain
from typing import Any

from ntm_extract.dataset import Dataset, Decision
from ntm_extract.model import FACT_KINDS, Evidence, HeirUnit, Standard, Unit
from ntm_extract.monitor.compare import By, Comparing, ComparisonRow, Quote, Said, said_by
from ntm_extract.monitor.lineage import REACHING, lineage
from ntm_extract.monitor.places import Places
from ntm_extract.monitor.reading import passage
from ntm_extract.monitor.review import reviewed

# Year that a period gives for a standard: none where it is one day, runs over years, or goes up to a day.
_YEAR = """
    CASE WHEN f.period_end IS NULL OR f.period_start = f.period_end THEN 0
         WHEN f.period_start IS NULL AND (f.period_text LIKE '%đến%' OR f.period_text LIKE '%tính%' OR
              f.period_text LIKE '%nay%' OR f.period_text LIKE '%hiện%' OR f.period_text LIKE '%lũy kế%') THEN 0
         WHEN substr(f.period_start, 1, 4) <> substr(f.period_end, 1, 4) THEN 0
         ELSE CAST(substr(f.period_end, 1, 4) AS INTEGER) END
"""
# CROSS JOIN keeps SQLite from starting at the subjects: facts first, each subject by its key.
_TABLES = {
    "achievements": ("f.status", _YEAR, "f.status IN ('recognised', 'met', 'lost')"),
    "targets": (
        "'promised'",
        "CAST(substr(f.deadline_end, 1, 4) AS INTEGER)",
        "f.outcome = 'standard' AND f.deadline_end IS NOT NULL",
    ),
}
_NAMED = """
    SELECT f.rowid, s.unit_id, f.standard, {kind}, {year}
    FROM {table} AS f CROSS JOIN fact_subjects AS s ON s.fact_id = f.id {articles}
    WHERE s.level = :level AND s.unit_id IS NOT NULL AND f.standard IS NOT NULL AND {which} {seen}
    ORDER BY f.rowid
"""
_NUMBERS = """
    SELECT f.rowid, COALESCE(s.within_unit, a.home_district, a.home_province), f.standard, {kind}, {year},
           COALESCE(s.count_min, s.count_max), f.quote
    FROM fact_subjects AS s CROSS JOIN {table} AS f ON f.id = s.fact_id JOIN articles AS a ON a.id = f.article_id
         LEFT JOIN meetings AS m ON m.article_id = a.id
    WHERE s.kind = '{table}' AND s.level = :level AND s.unit_id IS NULL AND f.standard IS NOT NULL AND {which} {seen}
    ORDER BY f.rowid
"""
_LOST = """
    SELECT s.unit_id, f.standard FROM achievements AS f CROSS JOIN fact_subjects AS s ON s.fact_id = f.id
    WHERE f.status = 'lost'
"""
# The day on which those were said that give no year.
_DAYS = """
    SELECT f.rowid, CAST(substr(CASE WHEN f.period_start = f.period_end THEN f.period_end
                                     ELSE COALESCE(m.date, a.published) END, 1, 4) AS INTEGER)
    FROM achievements AS f JOIN articles AS a ON a.id = f.article_id LEFT JOIN meetings AS m ON m.article_id = a.id
    WHERE (f.period_end IS NULL OR f.period_start IS NULL OR f.period_start = f.period_end
           OR substr(f.period_start, 1, 4) <> substr(f.period_end, 1, 4))
"""
_ARTICLES = "JOIN articles AS a ON a.id = f.article_id LEFT JOIN meetings AS m ON m.article_id = a.id"
_SEEN = "AND COALESCE(a.published, m.date, '') <= :as_of"
# Facts of articles in whose text, marks folded away, a word stands that makes a fact say less: only these are read.
_LESS = """
    "du kien" OR "du uoc" OR "uoc dat" OR "uoc den" OR "uoc thuc hien" OR "hua hen" OR "se duoc" OR "se dat" OR "se ve"
    OR "sap duoc" OR "kha nang" OR "co ban" OR "dat co ban" OR "gan dat" OR "gan hoan" OR "tiem can" OR "chua duoc"
    OR "chua cong" OR cho
"""
_READ = """
    SELECT f.rowid, f.status, f.quote, substr(a.text, max(1, f.evidence_start - 199), min(200, f.evidence_start))
    FROM articles AS a CROSS JOIN achievements AS f ON f.article_id = a.id
    WHERE f.status IN ('recognised', 'met')
      AND a.n IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH :less)
"""
_MOST_PARAMETERS = 900


def compare_dataset(
    dataset: Dataset,
    by: By = "district",
    *,
    level: str = "commune",
    standards: Sequence[Standard] = (),
    years: Sequence[int] = (),
    as_of: dt.date | None = None,
    quotes: int = 1,
) -> list[ComparisonRow]:
    """``compare`` of all facts of a dataset posted by ``as_of``; ``quotes`` is how many quotations a row leads to."""
    with _no_garbage():
        table = Comparing(_places(dataset), by, level)
        decided = _decided(dataset)
        stored = _iter_said(dataset, level, as_of, {name: set(rows) for name, rows in decided.items()})
        table.fill(chain(stored, _corrected(dataset, level, as_of, decided, table.places)))
        wanted = {one for cell in table.cells.values() for one in cell.where[:quotes]}
        found = _quotes(dataset, (one for one in wanted if not isinstance(one, Quote)))
        return table.rows(standards, years, lambda where: tuple(found.get(one, one) for one in where[:quotes]))


@contextmanager
def _no_garbage() -> Iterator[None]:
    """No search for garbage meanwhile: there is none among rows that are all kept, and looking costs a third."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def _places(dataset: Dataset) -> Places:
    places = Places(())
    today: dict[str, list[HeirUnit]] = {}
    for unit, code, name, kind, province, whole in dataset.query(
        "SELECT unit_id, code, name, kind, province, whole FROM unit_today ORDER BY unit_id, position"
    ):
        heir = HeirUnit(code=code, name=name, kind=kind, province=province, whole=bool(whole))
        today.setdefault(unit, []).append(heir)
    for key, unit_level, name, kind, code, district, province, uid in dataset.query(
        "SELECT id, level, name, kind, code, district, province, uid FROM units"
    ):
        unit = Unit(
            level=unit_level,
            name=name,
            kind=kind,
            code=code,
            district=district,
            province=province,
            uid=uid,
            today=tuple(today.get(key, ())),
        )
        places.add(key, unit)
    return places


def _decided(dataset: Dataset) -> dict[str, dict[int, Decision]]:
    """Of each table the rows that reviewers rejected or corrected, with the newest decision."""
    newest = {decision.fact_id: decision for decision in dataset.decisions()}  # oldest first
    out: dict[str, dict[int, Decision]] = {table: {} for table in _TABLES}
    for name, decision in newest.items():
        if decision.verdict != "accept":
            for table in _TABLES:
                for (row,) in dataset.query(f"SELECT rowid FROM {table} WHERE id = ?", (name,)):
                    out[table][row] = decision
    return out


def _corrected(
    dataset: Dataset,
    level: str,
    as_of: dt.date | None,
    decided: Mapping[str, Mapping[int, Decision]],
    places: Places,
) -> Iterator[Said]:
    """What corrected facts say now, read as ``compare`` reads them."""
    for table, rows in decided.items():
        for row, decision in rows.items():
            if decision.verdict != "correct":
                continue
            ((article, position),) = dataset.query(f"SELECT article_id, position FROM {table} WHERE rowid = ?", (row,))
            record = dataset.article(article)
            if record is None:
                continue
            fact = getattr(record, table)[position].model_copy(update={"id": decision.fact_id})
            alone: dict[str, Any] = {kind: (fact,) if kind == table else () for kind in FACT_KINDS}
            (changed,) = reviewed([record.model_copy(update=alone)], [decision])
            lines = lineage([changed], as_of or dt.date.max)
            for number, said in enumerate(said_by(lines.events, level)):
                key = f"corrected:{decision.fact_id}:{number}"
                places.add(key, lines.places.unit(said.place))
                quote = Quote(article=article, evidence=said.where.evidence)
                yield said._replace(place=key, where=quote)


def _iter_said(dataset: Dataset, level: str, as_of: dt.date | None, decided: Mapping[str, Set[int]]) -> Iterator[Said]:
    parameters = {"level": level} | ({"as_of": as_of.isoformat()} if as_of else {})
    unsure = {row for row, *said in dataset.query(_READ, {"less": _LESS}) if _says_less(*said)}
    for table, (kind, year, which) in _TABLES.items():
        form = {"table": table, "kind": kind, "year": year, "which": which, "seen": _SEEN if as_of else ""}
        named = dataset.query(_NAMED.format(**form, articles=_ARTICLES if as_of else ""), parameters)
        skip = decided[table] | unsure if table == "achievements" else decided[table]
        yield from _promised(named, skip) if table == "targets" else _reached(dataset, named, skip)
        for row, area, standard, status, given, number, quote in dataset.query(_NUMBERS.format(**form), parameters):
            if number is not None and area is not None and row not in skip and not _is_stock(quote):
                yield Said(status, area, standard, given, 0, number, (table, row))


_Row = tuple[int, str, Standard, str, int]


def _promised(named: Iterable[_Row], skip: Set[int]) -> Iterator[Said]:
    """One promise stands for all of the same unit, standard and year: the first that was stored."""
    first: dict[tuple[str, Standard, int], int] = {}
    for row, unit, standard, _, given in named:
        if not skip or row not in skip:
            first.setdefault((unit, standard, given), row)
    for (unit, standard, given), row in first.items():
        yield Said("promised", unit, standard, given, 0, None, ("targets", row))


def _reached(dataset: Dataset, named: Iterable[_Row], skip: Set[int]) -> Iterator[Said]:
    """The first year that a unit is said to have reached a standard; where it was lost once, every year."""
    days = dict(dataset.query(_DAYS))
    lost = set(dataset.query(_LOST))
    first: dict[tuple[str, Standard, str], tuple[int, int]] = {}
    none = (9999, 0)
    for row, unit, standard, status, given in named:
        if skip and row in skip:
            continue
        if not given or (lost and (unit, standard) in lost):
            yield Said(status, unit, standard, given, days.get(row) or 0, None, ("achievements", row))
        elif given < first.get(key := (unit, standard, status), none)[0]:
            first[key] = (given, row)
    for (unit, standard, status), (given, row) in first.items():
        yield Said(status, unit, standard, given, 0, None, ("achievements", row))


def _says_less(status: str, quote: str, ahead: str) -> bool:
    """Whether a fact is a forecast, or hedged, or not yet recognised, by its clause up to the end of the quotation."""
    own = passage(quote, 0, len(quote))
    if status == "met" and (own.has("hedge") or own.has("unrecognised")):
        return True
    lead = re.split(r"[.;\n]", ahead)[-1]
    verb = REACHING.search(quote)
    return passage(clause := lead + quote, 0, len(lead) + verb.start() if verb else len(clause)).has("forecast")


def _is_stock(quote: str) -> bool:
    where = passage(quote, 0, len(quote))
    return where.has("stock") and not where.has("increment")


def _quotes(dataset: Dataset, facts: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Quote]:
    """Quotations of facts given by table and row."""
    found: dict[tuple[str, int], Quote] = {}
    ordered = sorted(facts)
    for table in _TABLES:
        rows = [row for one, row in ordered if one == table]
        for first in range(0, len(rows), _MOST_PARAMETERS):
            part = rows[first : first + _MOST_PARAMETERS]
            marks = ", ".join("?" * len(part))
            for row, article, start, end, text, rule in dataset.query(
                f"SELECT rowid, article_id, evidence_start, evidence_end, quote, rule FROM {table} "
                f"WHERE rowid IN ({marks})",
                part,
            ):
                evidence = Evidence(start=start, end=end, text=text, rule=rule)
                found[table, row] = Quote(article=article, evidence=evidence)
    return found
