"""An evaluation as one HTML page that needs nothing else: figures, groups, confusion, calibration, errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ntm_extract.evaluate.compare import CORE, PARTS, Part
from ntm_extract.evaluate.figures import NOTHING, UNSAID, Evaluation, Fault
from ntm_extract.evaluate.fitting import left_out
from ntm_extract.evaluate.gold import GoldArticle

# By what the articles are grouped, and how a group is told.
GROUPS: Mapping[str, Callable[[GoldArticle], object]] = {
    "split": lambda gold: gold.split,
    "source kind": lambda gold: gold.genre,
    "year": lambda gold: gold.year,
    "province": lambda gold: gold.province,
}


@dataclass(frozen=True, slots=True)
class Matrix:
    """A table of confusion: rows are gold, columns what was found, in one order of names."""

    names: tuple[str, ...]
    cells: Mapping[tuple[str, str], int]

    def share(self, row: str, column: str) -> float:
        """Of what gold says in this row, how much was found as this, 0 to 1."""
        total = sum(self.cells.get((row, name), 0) for name in self.names)
        return self.cells.get((row, column), 0) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class FaultClass:
    """Errors of one part and one kind, largest class first."""

    part: Part
    missed: bool
    differs: tuple[str, ...]
    faults: tuple[Fault, ...]

    @property
    def kind(self) -> str:
        """What is wrong with them, in words."""
        if self.differs:
            return (
                f"found with another {' and '.join(self.differs)}"
                if self.missed
                else f"another {' and '.join(self.differs)} than gold"
            )
        return "not found" if self.missed else "not in gold"


def fault_classes(evaluation: Evaluation) -> list[FaultClass]:
    """Errors by part and kind, the largest class of each part first, parts in the record's order."""
    rows: dict[tuple[Part, bool, tuple[str, ...]], list[Fault]] = {}
    for fault in evaluation.faults:
        rows.setdefault((fault.part, fault.missed, fault.differs), []).append(fault)
    classes = [FaultClass(*key, tuple(faults)) for key, faults in rows.items()]
    return sorted(classes, key=lambda row: (PARTS.index(row.part), -len(row.faults), row.kind))


def matrix(confusion: Counter[tuple[str, str]]) -> Matrix:
    """Names in order of the alphabet, 'not said' and 'no fact' last."""
    names = {name for pair in confusion for name in pair}
    return Matrix(tuple(sorted(names, key=lambda name: (name in (UNSAID, NOTHING), name == NOTHING, name))), confusion)


def to_html(evaluation: Evaluation) -> str:
    """The page; every quotation is escaped, no address outside the page is used."""
    environment = Environment(
        loader=PackageLoader("ntm_extract.evaluate", "."),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = lambda value: f"{value:.3f}"
    return environment.get_template("report.html").render(
        evaluation=evaluation,
        parts=PARTS,
        core_parts=CORE,
        groups={name: evaluation.groups(by) for name, by in GROUPS.items()},
        standards=matrix(evaluation.standards()),
        acts=matrix(evaluation.acts()),
        classes=fault_classes(evaluation),
        calibration=left_out(evaluation),
        genres=Counter(judged.gold.genre or "?" for judged in evaluation.articles),
    )
