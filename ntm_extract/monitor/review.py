"""Reviewers' decisions on facts, applied before anything is weighed: a decision outweighs the rule that fired."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from ntm_extract.dataset import Decision, fact_id
from ntm_extract.model import FACT_KINDS, Record


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
