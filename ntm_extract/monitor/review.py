"""What is weighed: a dataset's records under the name of their earliest source, as reviewers left them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from ntm_extract.dataset import Dataset, Decision, fact_id
from ntm_extract.model import FACT_KINDS, Record


def records_of(dataset: Dataset) -> Iterator[Record]:
    """Every article of a dataset as monitoring reads it.

    Facts are as reviewers left them (``reviewed``). Of a text that came from several places the earliest stands,
    whichever was read first: the record carries its id, address, title and posting day.
    """
    earliest: dict[str, tuple[dt.date, tuple[Any, ...]]] = {}
    for article, *row in dataset.query(
        "SELECT article_id, published, record_id, source, url, title, publisher FROM article_sources "
        "WHERE published IS NOT NULL ORDER BY published, record_id"
    ):
        earliest.setdefault(article, (dt.date.fromisoformat(row[0]), tuple(row[1:])))
    for record in reviewed(dataset.iter_records(), dataset.decisions()):
        first = earliest.get(record.id)
        if first is None or (record.published is not None and first[0] >= record.published):
            yield record
            continue
        day, (name, source, url, title, publisher) = first
        known = {"id": name, "published": day, "source": source, "url": url, "publisher": publisher}
        yield record.model_copy(update=known | {"title": title or record.title})


def reviewed(records: Iterable[Record], decisions: Iterable[Decision]) -> Iterator[Record]:
    """Records without the facts that a reviewer rejected and with those corrected that a reviewer corrected.

    Of several decisions on one fact the newest counts. Facts are named by their id, or by what was read where they
    have none; a correction holds the fields that should read otherwise.
    """
    latest: dict[str, Decision] = {}
    for decision in sorted(decisions, key=lambda decision: decision.decided_at):
        latest[decision.fact_id] = decision
    for record in records:
        changed: dict[str, Any] = {}
        for kind in FACT_KINDS if latest else ():
            own = getattr(record, kind)
            facts = tuple(
                fact if said is None or said.verdict == "accept" else _corrected(fact, said.correction or {})
                for fact in own
                if (said := latest.get(fact.id or fact_id(record.id, kind, fact))) is None or said.verdict != "reject"
            )
            if facts != own:
                changed[kind] = facts
        yield record.model_copy(update=changed) if changed else record


def _corrected(fact: BaseModel, correction: Mapping[str, Any]) -> BaseModel:
    return type(fact).model_validate(fact.model_dump() | dict(correction))
