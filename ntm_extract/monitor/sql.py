"""Comparisons straight from a dataset's tables: of a million facts in under two seconds, without reading the articles.

The same groups, years and numbers as ``compare`` of its records, but for three things: where no year is given at all,
the day it was said stands for that of the signature; captions are not told from text, nor a plan from its denial; and
a unit that no version of the gazetteer was found for is what its own article calls it. Promises are not judged.

What is counted stands in the table ``statements`` (schema 3), one narrow row a unit. Of each unit and standard the
index gives the earliest row, by sure wording and by wording that has to be read; only where one that has to be read
would come first its article is.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from itertools import chain
from typing import Any

from ntm_extract.dataset import Dataset, Decision
from ntm_extract.model import FACT_KINDS, Evidence, FactKind, HeirUnit, Record, Standard, Unit
from ntm_extract.monitor.compare import By, Comparing, ComparisonRow, Quote, Said, said_by
from ntm_extract.monitor.lineage import is_forecast, is_hedged, is_stock, lineage
from ntm_extract.monitor.places import Places
from ntm_extract.monitor.reading import clause, year_of_standard
from ntm_extract.monitor.review import reviewed
from ntm_extract.monitor.yardsticks import including

# How ``statements.at`` tells a year that is given from one in which it was said, and from none; see the schema.
_SAID, _UNKNOWN, _UNREAD = 10_000, 20_000, 0

_PROMISED = """
    SELECT standard, unit, at, min(seen), n FROM statements
    WHERE level = :level AND kind = 'promised' AND unit IS NOT NULL AND unsure < 1 AND seen <= :as_of {known}
    GROUP BY standard, unit, unsure, at
"""
# The row with the least ``at`` gives the other columns, too.
_REACHED = """
    SELECT standard, unit, unsure, min(at), n FROM statements
    WHERE level = :level AND kind = :kind AND unit IS NOT NULL AND seen <= :as_of {known}
    GROUP BY standard, unit, unsure
"""
_UNSURE = """
    SELECT at, n FROM statements
    WHERE level = :level AND kind = :kind AND standard = :standard AND unit = :unit AND unsure = 1
      AND seen <= :as_of {known}
    ORDER BY at, seen
"""
_ALL = """
    SELECT kind, standard, unit, at, unsure, min(seen), n
    FROM json_each(:units) AS asked CROSS JOIN statements
    WHERE level = :level AND kind IN ('recognised', 'met', 'lost')
      AND standard = json_extract(asked.value, '$[0]') AND unit = json_extract(asked.value, '$[1]')
      AND seen <= :as_of {known}
    GROUP BY kind, standard, unit, at, unsure, CASE WHEN unsure THEN n END
    ORDER BY kind, standard, unit, at, unsure
"""
_NUMBERS = """
    SELECT standard, area, at, 0, max(number), n FROM statements
    WHERE level = :level AND kind = :kind AND unit IS NULL AND area IS NOT NULL AND number IS NOT NULL
      AND at < 10000 AND unsure = 0 AND seen <= :as_of {known}
    GROUP BY standard, area, at
    UNION ALL
    SELECT * FROM (
        SELECT standard, area, at, 1, number, n FROM statements
        WHERE level = :level AND kind = :kind AND unit IS NULL AND area IS NOT NULL AND number IS NOT NULL
          AND at < 10000 AND unsure = 1 AND seen <= :as_of {known}
        ORDER BY number DESC
    )
"""
# Quotations with what stands around them, as far as a clause goes.
_FACTS = """
    SELECT s.n, substr(a.text, max(1, f.evidence_start - 299), min(300, f.evidence_start)), f.quote, f.rule,
           substr(a.text, f.evidence_end + 1, 300),
           COALESCE(CASE WHEN f.{start} = f.{end} THEN f.{end} END, m.date, a.published)
    FROM json_each(:facts) CROSS JOIN statements AS s ON s.n = value JOIN {table} AS f ON f.id = s.fact_id
         JOIN articles AS a ON a.id = f.article_id LEFT JOIN meetings AS m ON m.article_id = a.id
"""
_WON = ("recognised", "met")
_REPORT = 100_000  # added to ``at`` of reports, so that decisions come before them


@contextmanager
def _no_garbage() -> Iterator[None]:
    """No search for garbage meanwhile: there is none among rows that are all kept, and looking costs a third.

    As a decorator it lasts until what the function held is gone.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


@_no_garbage()
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
    said = _Said(dataset, level, as_of, standards)
    table = Comparing(said.places, by, level)
    table.promised(said.promised())
    said.reached(table)
    if by in ("district", "province"):  # a number of units stands in groups of then only
        table.fill(said.numbers())
    wanted = {
        one
        for (_, standard, year), cell in table.cells.items()
        if (not standards or standard in standards) and (not years or year in years)
        for one in cell.where[:quotes]
    }
    found = _quotes(dataset, (one for one in wanted if not isinstance(one, Quote)))
    return table.rows(standards, years, lambda where: tuple(found.get(one, one) for one in where[:quotes]))


def _places(dataset: Dataset, level: str) -> Places:
    """Units of a level, and areas that they may lie in; made when they are looked at."""
    names = ("uid", "level", "name", "kind", "code", "district", "province")
    rows = dataset.rows(
        f"SELECT id, {', '.join(names)} FROM units WHERE level IN (?, 'district', 'province')", (level,)
    )
    written = {key: values for key, *values in rows}

    def load(key: str, known: bool) -> Unit:
        heirs = dataset.rows(
            "SELECT code, name, kind, province, whole FROM unit_today WHERE unit_id = ? ORDER BY position", (key,)
        ) if not known else ()  # fmt: skip
        today = tuple(HeirUnit(code=c, name=n, kind=k, province=p, whole=bool(w)) for c, n, k, p, w in heirs)
        return Unit(**dict(zip(names, written[key], strict=True)), today=today)

    return Places.of_dataset(((key, uid) for key, (uid, *_) in written.items()), load)


class _Said:
    """What is compared, as far as it decides anything: of each unit and standard the first row that stands."""

    def __init__(self, dataset: Dataset, level: str, as_of: dt.date | None, standards: Sequence[Standard] = ()) -> None:
        self.dataset, self.as_of = dataset, as_of or dt.date.max
        self.places = _places(dataset, level)
        self.decided = _decided(dataset)
        self._known = "AND n NOT IN (SELECT value FROM json_each(:decided))" if self.decided else ""
        asked: dict[str, str] = {"level": level, "as_of": self.as_of.isoformat()}
        if standards:  # who holds a standard holds those that it includes
            self._known += " AND standard IN (SELECT value FROM json_each(:standards))"
            asked["standards"] = json.dumps(sorted({*standards, *(up for one in standards for up in including(one))}))
        left_out = "SELECT n FROM statements WHERE fact_id IN (SELECT value FROM json_each(?))"
        numbers = dataset.rows(left_out, (json.dumps(sorted(self.decided)),)) if self.decided else []
        self._asked = {**asked, "decided": json.dumps([n for (n,) in numbers])}
        self.level = level
        self._unit = dict(dataset.rows("SELECT n, unit_id FROM statements_units"))
        self._words: dict[int, Sequence[Any]] = {}

    def _rows(self, sql: str, **asked: object) -> list[tuple[Any, ...]]:
        return self.dataset.rows(sql.format(known=self._known), {**self._asked, **asked})

    # -------------------------------------------------------------- named units

    def promised(self) -> Iterator[tuple[Standard, str, int, int]]:
        """Each promise of a unit, standard and year once, by the fact that could be known first."""
        unit = self._unit
        return ((standard, unit[n], year, fact) for standard, n, year, _, fact in self._rows(_PROMISED))

    def reached(self, table: Comparing) -> None:
        """The first year that a unit is said to have reached a standard; where it was lost once, every year."""
        corrected = list(self._corrected())
        several = {(standard, unit) for standard, unit, *_ in self._rows(_REACHED, kind="lost")}
        root = {n: self.places.root(unit) for n, unit in self._unit.items() if self.places.knows(unit)}
        # Of these it takes more than the first statement to tell.
        apart = {(root[unit], standard) for standard, unit in several}
        apart |= {(self.places.root(said.place), said.standard) for said in corrected}
        # By unit and standard: decisions before reports and when (in one number), the unit's last version, the fact.
        first: dict[tuple[str, Standard], tuple[int, str, int]] = {}
        for rank, kind in enumerate(_WON):
            rows = self._rows(_REACHED, kind=kind)
            early = _early(rows)
            self._fetch("achievements", [fact for *_, fact in early])
            for row in rows:
                standard, unit, unsure, at, fact = row
                key = (root[unit], standard)
                if apart and key in apart:
                    several.add((standard, unit))
                    continue
                if unsure:
                    if row not in early:
                        continue
                    known = early[row]
                    found = (at, fact) if self._read(kind, at, fact) == at else None
                    found = found or self._earlier(kind, standard, unit, known)
                    if found is None:
                        continue
                    at, fact = found
                at += rank * _REPORT
                place = self._unit[unit]
                one = first.get(key)
                if one is None:
                    first[key] = (at, place, fact)
                elif at < one[0]:
                    first[key] = (at, max(place, one[1]), fact)
                elif place > one[1]:
                    first[key] = (one[0], place, one[2])
        for (_, standard), (ranked, place, fact) in first.items():
            rank, at = divmod(ranked, _REPORT)
            if at < _UNKNOWN:
                year = at if at < _SAID else at - _SAID
                where, turns = (fact,), ((year, True),)
                table.reached(standard, place, year, where, turns, recognised=rank == 0, dated=at < _SAID)
        table.fill(chain(self._each(several), corrected))

    def _each(self, units: Set[tuple[Standard, int]]) -> Iterator[Said]:
        """Every year in which some units are said to have reached or lost a standard."""
        known: set[tuple[str, Standard, int, int]] = set()
        asked = json.dumps(list(map(list, units)))
        rows = self._rows(_ALL, units=asked) if units else []
        self._fetch("achievements", [row[6] for row in rows if row[4]])
        for kind, standard, unit, at, unsure, _, fact in rows:
            if (kind, standard, unit, at) in known:
                continue
            read = self._read(kind, at, fact) if unsure else at
            if read is not None:
                known.add((kind, standard, unit, read))
                year, day = (read, 0) if read < _SAID else (0, read - _SAID if read < _UNKNOWN else 0)
                yield Said(kind, self._unit[unit], standard, year, day, None, fact)

    def _earlier(self, kind: str, standard: Standard, unit: int, known: int | None) -> tuple[int, int] | None:
        """The earliest of a unit's rows that have to be read, if it stands and is earlier than what is known."""
        best: tuple[int, int] | None = None
        for at, fact in self._rows(_UNSURE, kind=kind, standard=standard, unit=unit):
            if known is not None and at >= known:
                break
            read = self._read(kind, at, fact)
            if read is not None and (known is None or read < known):
                best, known = (read, fact), read
        return best

    # -------------------------------------------------------------- numbers of units

    def numbers(self) -> Iterator[Said]:
        """The largest number said of each area, standard and year."""
        for kind in ("promised", *_WON):
            largest: dict[tuple[Standard, str, int], tuple[float, int]] = {}
            rows = self._rows(_NUMBERS, kind=kind)
            self._fetch(_table(kind), [row[5] for row in rows if row[3]])
            for standard, area, at, unsure, number, fact in rows:
                if largest.get((standard, area, at), (-1.0,))[0] >= number:
                    continue
                read = self._read(kind, at, fact, counted=True) if unsure else at
                if read is None or read >= _SAID or largest.get((standard, area, read), (-1.0,))[0] >= number:
                    continue
                largest[standard, area, read] = (number, fact)
            for (standard, area, year), (number, fact) in largest.items():
                yield Said(kind, area, standard, year, 0, number, fact)

    # -------------------------------------------------------------- what has to be read

    def _fetch(self, table: FactKind, facts: Sequence[int]) -> None:
        """Have the clauses of facts ready that may have to be read."""
        period = "deadline" if table == "targets" else "period"
        sql = _FACTS.format(table=table, start=f"{period}_start", end=f"{period}_end")
        for fact, *words in self.dataset.rows(sql, {"facts": json.dumps(facts)}) if facts else ():
            self._words[fact] = words

    def _read(self, kind: str, at: int, fact: int, *, counted: bool = False) -> int | None:
        """When a statement holds by its clause and its quotation; None where it says less, or counts a stock."""
        if fact not in self._words:
            self._fetch(_table(kind), [fact])
        ahead, quote, rule, behind, said = self._words[fact]
        evidence = Evidence(start=len(ahead), end=len(ahead) + len(quote), text=quote, rule=rule)
        around = clause(Record(id=str(fact), source="statements", text=ahead + quote + behind), evidence)
        if counted and is_stock(evidence, around):
            return None
        if kind == "promised":
            return at
        if is_forecast(evidence, around) or (kind == "met" and is_hedged(evidence, around)):
            return None
        if at != _UNREAD:
            return at
        return year_of_standard(quote) or (_SAID + int(said[:4]) if said else _UNKNOWN)

    # -------------------------------------------------------------- reviewers

    def _corrected(self) -> Iterator[Said]:
        """What corrected facts say now, read as ``compare`` reads them."""
        for name, (table, decision) in self.decided.items():
            if decision.verdict != "correct":
                continue
            ((article, position),) = self.dataset.query(
                f"SELECT article_id, position FROM {table} WHERE id = ?", (name,)
            )
            record = self.dataset.article(article)
            if record is None:
                continue
            fact = getattr(record, table)[position].model_copy(update={"id": name})
            alone: dict[str, Any] = {kind: (fact,) if kind == table else () for kind in FACT_KINDS}
            (changed,) = reviewed([record.model_copy(update=alone)], [decision])
            lines = lineage([changed], self.as_of)
            for number, said in enumerate(said_by(lines.events, self.level)):
                key = f"corrected:{name}:{number}"
                self.places.add(key, lines.places.unit(said.place))
                yield said._replace(place=key, where=Quote(article=article, evidence=said.where.evidence))


_Row = tuple[Standard, int, int, int, int]


def _early(rows: Sequence[_Row]) -> dict[_Row, int | None]:
    """The rows that have to be read and come before that of sure wording of their unit; when that is, if there is one.

    Of each unit the row of sure wording stands first.
    """
    out: dict[_Row, int | None] = {}
    for before, row in zip(chain([None], rows), rows, strict=False):
        if row[2]:
            known = before[3] if before and before[:2] == row[:2] else None
            if known is None or row[3] < known:
                out[row] = known
    return out


def _table(kind: str) -> FactKind:
    return "targets" if kind == "promised" else "achievements"


def _decided(dataset: Dataset) -> Mapping[str, tuple[FactKind, Decision]]:
    """Facts that are compared and that reviewers rejected or corrected, with their table and the newest decision."""
    newest = {decision.fact_id: decision for decision in dataset.decisions()}  # oldest first
    out: dict[str, tuple[FactKind, Decision]] = {}
    tables: tuple[FactKind, ...] = ("targets", "achievements")
    for name, decision in newest.items():
        for table in tables if decision.verdict != "accept" else ():
            if next(dataset.query(f"SELECT 1 FROM {table} WHERE id = ?", (name,)), None):
                out[name] = (table, decision)
    return out


def _quotes(dataset: Dataset, statements: Iterable[int]) -> dict[int, Quote]:
    """Quotations of the facts of statements, by their numbers."""
    found: dict[int, Quote] = {}
    numbers = json.dumps(sorted(statements))
    for table in ("targets", "achievements"):
        for n, article, start, end, text, rule in dataset.rows(
            "SELECT s.n, f.article_id, f.evidence_start, f.evidence_end, f.quote, f.rule FROM json_each(?) CROSS JOIN "
            f"statements AS s ON s.n = value JOIN {table} AS f ON f.id = s.fact_id "
            f"WHERE (s.kind = 'promised') = {table == 'targets'}",
            (numbers,),
        ):
            found[n] = Quote(article=article, evidence=Evidence(start=start, end=end, text=text, rule=rule))
    return found
