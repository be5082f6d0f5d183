"""The table of confidence, made from an evaluation; and how well such a table does on articles it has not seen.

The table is counted on a split that no rule was written on: on texts that rules were written for, facts are right
more often than elsewhere, and confidence would promise too much. Its calibration is measured by leaving out: the
facts of each article are judged by a table counted on all the other articles.

``python -m ntm_extract.evaluate.fitting [GOLD] [--split test]`` writes the shipped table anew.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ntm_extract.confidence import TABLE, Support, Table, confidence, support_of, tabulate, write_table
from ntm_extract.evaluate.figures import Evaluation, Judged, evaluate
from ntm_extract.facts import Extractor
from ntm_extract.model import FactKind


def fit(evaluation: Evaluation, path: Path = TABLE) -> Path:
    """Count the facts of an evaluation by support and write the table; returns its path."""
    write_table(table_of(evaluation), path)
    return path


def table_of(evaluation: Evaluation) -> Table:
    """The table that an evaluation gives."""
    splits = sorted({judged.gold.split or "none" for judged in evaluation.articles})
    made = {"gold": evaluation.gold, "patterns": evaluation.patterns or "", "split": ", ".join(splits)}
    return tabulate((pair for judged in evaluation.articles for pair in _supported(judged)), made)


def left_out(evaluation: Evaluation) -> Calibration | None:
    """Reliability when each article's facts are judged by the table of the others; None without facts."""
    pairs: list[tuple[float, bool]] = []
    for at, judged in enumerate(evaluation.articles):
        table = table_of(replace(evaluation, articles=evaluation.articles[:at] + evaluation.articles[at + 1 :]))
        pairs += [(confidence(support.kind, support, table), right) for support, right in _supported(judged)]
    return calibration_of(pairs)


def _supported(judged: Judged) -> Iterator[tuple[Support, bool]]:
    for sample in judged.samples:
        kind: FactKind = sample.kind
        yield support_of(kind, getattr(judged.record, kind)[sample.number]), sample.right


# ------------------------------------------------------------------ reliability


@dataclass(frozen=True, slots=True)
class Bin:
    """Facts of like confidence: how sure they were said to be on average, and how many were right."""

    low: float
    high: float
    facts: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Reliability table and expected calibration error: the mean gap, weighted by facts, over tenths."""

    bins: tuple[Bin, ...]
    error: float


def calibration_of(pairs: Iterable[tuple[float, bool]]) -> Calibration | None:
    """Reliability of confidences, each with whether the fact was right, in ten bins; None without any."""
    rows: dict[int, list[tuple[float, bool]]] = {}
    for sure, right in pairs:
        rows.setdefault(min(9, int(sure * 10)), []).append((sure, right))
    if not rows:
        return None
    bins: list[Bin] = []
    for at, inside in sorted(rows.items()):
        mean = sum(sure for sure, _ in inside) / len(inside)
        bins.append(Bin(at / 10, (at + 1) / 10, len(inside), mean, sum(right for _, right in inside) / len(inside)))
    total = sum(row.facts for row in bins)
    return Calibration(tuple(bins), sum(row.facts * abs(row.confidence - row.right) for row in bins) / total)


def main(arguments: Sequence[str] | None = None) -> None:
    """Count the shipped table on a folder of gold and say how well such a table does."""
    parser = argparse.ArgumentParser(description="Write the table of confidence anew.")
    parser.add_argument("gold", type=Path, nargs="?", default=Path("corpora/gold"))
    parser.add_argument("--split", default="test")
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args(arguments)
    evaluation = evaluate(given.gold, Extractor(), given.split)
    calibration = left_out(evaluation)
    print(f"{fit(evaluation, given.out)}: expected calibration error {calibration.error if calibration else 0:.3f}")


if __name__ == "__main__":
    main()
