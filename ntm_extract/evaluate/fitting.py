"""The table of confidence, made from an evaluation on the dev split."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ntm_extract.confidence import TABLE, Support, Table, support_of, tabulate, write_table
from ntm_extract.evaluate.figures import Evaluation
from ntm_extract.model import FactKind


def fit(dev: Evaluation, path: Path = TABLE) -> Path:
    """Count the facts of an evaluation by support and write the table; returns its path."""
    write_table(table_of(dev), path)
    return path


def table_of(dev: Evaluation) -> Table:
    """The table that an evaluation gives."""
    splits = sorted({judged.gold.split or "none" for judged in dev.articles})
    made = {"gold": dev.gold, "patterns": dev.patterns or "", "split": ", ".join(splits)}
    return tabulate(_samples(dev), made)


def _samples(dev: Evaluation) -> Iterator[tuple[Support, bool]]:
    for judged in dev.articles:
        for sample in judged.samples:
            kind: FactKind = sample.kind
            yield support_of(kind, getattr(judged.record, kind)[sample.number]), sample.right
