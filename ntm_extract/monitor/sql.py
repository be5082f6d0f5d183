"""Comparisons straight from a dataset's tables: of a million facts in about a second, without reading the articles.

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
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from ntm_extract.dataset import Dataset, Decision
from ntm_extract.model import FACT_KINDS, Evidence, FactKind, HeirUnit, Record, Standard, Unit
from ntm_extract.monitor.compare import By, Comparing, ComparisonRow, Quote, Said, said_by
from ntm_extract.monitor.lineage import is_forecast, is_hedged, is_stock, lineage
from ntm_extract.monitor.places import Places
from ntm_extract.monitor.reading import clause, year_of_standard
from ntm_extract.monitor.review import reviewed

# How ``statements.at`` tells a year that is given from one in which it was said, and from none; see the schema.
_SAID, _UNKNOWN, _UNREAD = 10_000, 20_000, 0

_PROMISED = """
    SELECT standard, unit_id, at, min(seen), fact_id FROM statements
    WHERE level = :level AND kind = 'promised' AND unit_id IS NOT NULL AND seen <= :as_of {known}
    GROUP BY standard, unit_id, at
"""
# The row with the least ``at`` gives the other columns, too.
_REACHED = """
    SELECT standard, unit_id, kind, unsure, min(at), fact_id FROM statements
    WHERE level = :level AND kind = :kind AND unit_id IS NOT NULL AND seen <= :as_of {known}
    GROUP BY standard, unit_id, unsure
"""
_ALL_OF_ONE = """
    SELECT at, unsure, fact_id FROM statements
    WHERE level = :level AND kind = :kind AND standard = :standard AND unit_id = :unit AND unsure >= :unsure
      AND seen <= :as_of {known}
    ORDER BY at, unsure, seen
"""
_NUMBERS = """
    SELECT standard, area, at, unsure, number, fact_id FROM statements
    WHERE level = :level AND kind = :kind AND unit_id IS NULL AND area IS NOT NULL AND number IS NOT NULL
      AND at < 10000 AND seen <= :as_of {known}
    ORDER BY standard, area, at, unsure, number DESC
"""
# A quotation with what stands around it, as far as a clause goes.
_FACT = """
    SELECT substr(a.text, max(1, f.evidence_start - 299), min(300, f.evidence_start)), f.quote, f.rule,
           substr(a.text, f.evidence_end + 1, 300),
           COALESCE(CASE WHEN f.{start} = f.{end} THEN f.{end} END, m.date, a.published)
    FROM {table} AS f JOIN articles AS a ON a.id = f.article_id LEFT JOIN meetings AS m ON m.article_id = a.id
    WHERE f.id = :fact
"""
_WON = ("recognised", "met")


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
        said = _Said(dataset, level, as_of)
        table = Comparing(said.places, by, level)
        table.fill(said)
        wanted = {
            one
            for (_, standard, year), cell in table.cells.items()
            if (not standards or standard in standards) and (not years or year in years)
            for one in cell.where[:quotes]
        }
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


def _places(dataset: Dataset, level: str) -> Places:
    """Units of a level, and areas that they may lie in."""
    places = Places(())
    names = ("level", "name", "kind", "code", "district", "province", "uid")
    for key, *values in dataset.query(
        f"SELECT id, {', '.join(names)} FROM units WHERE level IN (?, 'district', 'province')", (level,)
    ):
        unit = Unit(**dict(zip(names, values, strict=True)))
        if not places.add(key, unit):
            heirs = dataset.query(
                "SELECT code, name, kind, province, whole FROM unit_today WHERE unit_id = ? ORDER BY position", (key,)
            )
            today = (HeirUnit(code=c, name=n, kind=k, province=p, whole=bool(w)) for c, n, k, p, w in heirs)
            places.add(key, unit.model_copy(update={"today": tuple(today)}))
    return places


class _First(NamedTuple):
    """The earliest row of a unit and standard: when, and of which fact."""

    at: int
    fact: str


class _Said:
    """What is compared, as far as it decides anything: of each unit and standard the first row that stands."""

    def __init__(self, dataset: Dataset, level: str, as_of: dt.date | None) -> None:
        self.dataset, self.as_of = dataset, as_of or dt.date.max
        self.places = _places(dataset, level)
        self.decided = _decided(dataset)
        self._known = "AND fact_id NOT IN (SELECT value FROM json_each(:decided))" if self.decided else ""
        self._asked = {"level": level, "as_of": self.as_of.isoformat(), "decided": json.dumps(sorted(self.decided))}
        self.level = level

    def __iter__(self) -> Iterator[Said]:
        yield from self._promised()
        yield from self._reached()
        yield from self._numbers()
        yield from self._corrected()

    def _rows(self, sql: str, **asked: object) -> Iterator[tuple[Any, ...]]:
        return self.dataset.query(sql.format(known=self._known), {**self._asked, **asked})

    # -------------------------------------------------------------- named units

    def _promised(self) -> Iterator[Said]:
        for standard, unit, year, _, fact in self._rows(_PROMISED):
            yield Said("promised", unit, standard, year, 0, None, ("targets", fact))

    def _reached(self) -> Iterator[Said]:
        """The first year that a unit is said to have reached a standard; where it was lost once, every year."""
        root = self.places.root
        losses = list(self._rows(_REACHED, kind="lost"))
        lost = {(root(unit), standard) for standard, unit, *_ in losses}
        yield from (one for standard, unit, *_ in losses for one in self._each("lost", standard, unit))
        for kind in _WON:
            best: dict[tuple[Standard, str], _First | None] = {}
            unsure: dict[tuple[Standard, str], int] = {}
            for standard, unit, _, doubtful, at, fact in self._rows(_REACHED, kind=kind):
                if not doubtful:
                    best[standard, unit] = _First(at, fact)
                elif (first := best.setdefault((standard, unit), None)) is None or at < first.at:
                    unsure[standard, unit] = at
            for standard, unit in unsure:
                if (root(unit), standard) not in lost:
                    best[standard, unit] = self._earlier(kind, standard, unit, best[standard, unit])
            for (standard, unit), first in best.items():
                if lost and (root(unit), standard) in lost:
                    yield from self._each(kind, standard, unit)
                elif first is not None:
                    yield _said(kind, unit, standard, first)

    def _earlier(self, kind: str, standard: Standard, unit: str, best: _First | None) -> _First | None:
        """The earliest of the rows that have to be read, if it stands and is earlier than the best of the others."""
        for at, _, fact in self._rows(_ALL_OF_ONE, kind=kind, standard=standard, unit=unit, unsure=1):
            if best is not None and at >= best.at:
                break
            read = self._read(kind, at, fact)
            if read is not None and (best is None or read < best.at):
                best = _First(read, fact)
        return best

    def _each(self, kind: str, standard: Standard, unit: str) -> Iterator[Said]:
        known: set[int] = set()
        for at, unsure, fact in self._rows(_ALL_OF_ONE, kind=kind, standard=standard, unit=unit, unsure=0):
            if at not in known and (read := self._read(kind, at, fact) if unsure else at) is not None:
                known.add(read)
                yield _said(kind, unit, standard, _First(read, fact))

    # -------------------------------------------------------------- numbers of units

    def _numbers(self) -> Iterator[Said]:
        """The largest number said of each area, standard and year."""
        for kind in ("promised", *_WON):
            largest: dict[tuple[Standard, str, int], tuple[float, str]] = {}
            for standard, area, at, unsure, number, fact in self._rows(_NUMBERS, kind=kind):
                if largest.get((standard, area, at), (-1.0,))[0] >= number:
                    continue
                read = self._read(kind, at, fact, counted=True) if unsure else at
                if read is None or read >= _SAID or largest.get((standard, area, read), (-1.0,))[0] >= number:
                    continue
                largest[standard, area, read] = (number, fact)
            for (standard, area, year), (number, fact) in largest.items():
                yield Said(kind, area, standard, year, 0, number, (_table(kind), fact))

    # -------------------------------------------------------------- what has to be read

    def _read(self, kind: str, at: int, fact: str, *, counted: bool = False) -> int | None:
        """When a statement holds by its clause and its quotation; None where it says less, or counts a stock."""
        table = _table(kind)
        period = "deadline" if table == "targets" else "period"
        sql = _FACT.format(table=table, start=f"{period}_start", end=f"{period}_end")
        ((ahead, quote, rule, behind, said),) = self.dataset.query(sql, {"fact": fact})
        evidence = Evidence(start=len(ahead), end=len(ahead) + len(quote), text=quote, rule=rule)
        around = clause(Record(id=fact, source=table, text=ahead + quote + behind), evidence)
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


def _table(kind: str) -> FactKind:
    return "targets" if kind == "promised" else "achievements"


def _said(kind: str, unit: str, standard: Standard, first: _First) -> Said:
    at = first.at
    year, day = (at, 0) if at < _SAID else (0, at - _SAID if at < _UNKNOWN else 0)
    return Said(kind, unit, standard, year, day, None, ("achievements", first.fact))


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


_MOST_PARAMETERS = 900


def _quotes(dataset: Dataset, facts: Iterator[tuple[FactKind, str]]) -> dict[tuple[FactKind, str], Quote]:
    """Quotations of facts given by table and id."""
    found: dict[tuple[FactKind, str], Quote] = {}
    named: dict[FactKind, list[str]] = defaultdict(list)
    for table, name in facts:
        named[table].append(name)
    for table, names in named.items():
        names.sort()
        for first in range(0, len(names), _MOST_PARAMETERS):
            part = names[first : first + _MOST_PARAMETERS]
            for name, article, start, end, text, rule in dataset.query(
                f"SELECT id, article_id, evidence_start, evidence_end, quote, rule FROM {table} "
                f"WHERE id IN ({', '.join('?' * len(part))})",
                part,
            ):
                evidence = Evidence(start=start, end=end, text=text, rule=rule)
                found[table, name] = Quote(article=article, evidence=evidence)
    return found
