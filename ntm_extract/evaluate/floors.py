"""Scores that may not fall: measured, written down with the fingerprint of gold and patterns, and held by the tests.

``corpora/floors.json`` holds a floor for every part and split, a ceiling for false facts in hard negatives, and
the ids of the rules that were there. Raising is one command. Lowering, and letting go of a rule, needs a flag and
a line in CHANGES.md that names the new fingerprints.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ntm_extract.errors import ConfigurationError, InputError
from ntm_extract.evaluate.compare import PARTS
from ntm_extract.evaluate.figures import Evaluation
from ntm_extract.patterns import PatternSet

CORE_NAME = "core_macro"
NEGATIVE_NAME = "false_facts_per_negative"
_TENTHS_OF_THOUSANDTHS = 10_000


@dataclass(frozen=True, slots=True)
class Floors:
    """What may not fall, and what it was measured on.

    ``scores`` maps a split to the least F1 of each part, of ``core_macro``, and to the most false facts per hard
    negative. ``gold`` maps a split to the fingerprint of its gold. ``rules`` are the ids that must still be there.
    """

    scores: Mapping[str, Mapping[str, float]]
    gold: Mapping[str, str]
    patterns: str
    rules: tuple[str, ...]

    @property
    def mark(self) -> str:
        """What a line of CHANGES.md names to allow a lower floor: short fingerprints of gold and patterns."""
        return "+".join(sorted(value[:8] for value in self.gold.values())) + "/" + self.patterns[:8]


def load_floors(path: Path) -> Floors:
    """Read a floors file.

    Raises
    ------
    InputError: there is none, or it cannot be read.
    ConfigurationError: it is not of the form that ``write_floors`` writes.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise InputError("no such file", where=path, mend="write it with evaluate --raise-floors") from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read ({error})", where=path, mend="restore it") from None
    try:
        return Floors(data["scores"], data["gold"], data["patterns"], tuple(data["rules"]))
    except (KeyError, TypeError) as error:
        raise ConfigurationError([f"{path}: field {error} is missing or of another kind; restore the file"]) from None


def measure(evaluations: Mapping[str, Evaluation], patterns: PatternSet) -> Floors:
    """What today's evaluations reach, rounded down (ceilings up) to four places."""
    scores: dict[str, dict[str, float]] = {}
    for split, evaluation in evaluations.items():
        row: dict[str, float] = {part: _down(evaluation.figures[part].f1) for part in PARTS}
        row[CORE_NAME] = _down(evaluation.core[0])
        negatives, spurious = evaluation.negatives
        row[NEGATIVE_NAME] = -_down(-spurious / negatives) if negatives else 0.0
        scores[split] = row
    gold = {split: evaluation.gold for split, evaluation in evaluations.items()}
    return Floors(scores, gold, patterns.fingerprint, tuple(sorted(rule.id for rule in patterns.rules)))


def _down(value: float) -> float:
    return math.floor(value * _TENTHS_OF_THOUSANDTHS + 1e-9) / _TENTHS_OF_THOUSANDTHS


def falls(floors: Floors, measured: Floors) -> list[str]:
    """What fell below its floor, and rules that are gone; empty if nothing did."""
    found: list[str] = []
    for split, row in floors.scores.items():
        now = measured.scores.get(split, {})
        for name, floor in row.items():
            value = now.get(name)
            if value is None:
                found.append(f"{split}: {name} is no longer measured (floor {floor:.4f})")
            elif name == NEGATIVE_NAME and value > floor + 1e-9:
                found.append(f"{split}: {name} rose to {value:.4f} (ceiling {floor:.4f})")
            elif name != NEGATIVE_NAME and value < floor - 1e-9:
                found.append(f"{split}: {name} fell to {value:.4f} (floor {floor:.4f})")
    gone = sorted(set(floors.rules) - set(measured.rules))
    found.extend(f"rule {name} is gone" for name in gone)
    return found


def gold_changed(floors: Floors, measured: Floors) -> list[str]:
    """Splits whose gold is not the gold that the floors were measured on."""
    splits = sorted({*floors.gold, *measured.gold})
    return [split for split in splits if floors.gold.get(split) != measured.gold.get(split)]


def write_floors(path: Path, measured: Floors, *, lower: bool = False, changes: Path | None = None) -> list[str]:
    """Write what was measured as the new floors; returns what fell, which is empty unless ``lower`` allowed it.

    Raises
    ------
    ConfigurationError
        if anything fell and ``lower`` was not asked for, or ``changes`` has no line that names the new
        fingerprints. The file is then as it was.
    """
    fell = falls(load_floors(path), measured) if path.exists() else []
    if fell and not lower:
        raise ConfigurationError([*fell, f"{path}: left as it was; mend the rules, or lower the floors with --lower"])
    if fell and not _allowed(measured.mark, changes):
        line = f"- Floors lowered ({measured.mark}): why"
        raise ConfigurationError([*fell, f"{path}: left as it was; first write into {changes or 'CHANGES.md'}: {line}"])
    data: dict[str, Any] = {
        "gold": dict(measured.gold),
        "patterns": measured.patterns,
        "scores": {split: dict(row) for split, row in measured.scores.items()},
        "rules": list(measured.rules),
    }
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return fell


def _allowed(mark: str, changes: Path | None) -> bool:
    if changes is None or not changes.exists():
        return False
    return any(mark in line and "floors" in line.lower() for line in _lines(changes))


def _lines(path: Path) -> Sequence[str]:
    return path.read_text("utf-8").splitlines()
