"""Vietnamese administrative units over time: which unit a name meant on a day, and what holds its land now.

The facts are those of the General Statistics Office's lists of units (snapshots 2004 to 2025), of its table of
old and new units of July 2025, and of the decrees of mergers. A code is not an identity: nearly every commune of
July 2025 carries a code that belonged to an older one. The key is the *version*: a code and its first day.

``gazetteer()`` gives the shipped data, read once; ``Linker`` turns the names of one article into ``Unit``.
``ntm_extract.units_build`` writes the data file and applies later reforms to it.
"""

from ntm_extract.units.gazetteer import Gazetteer, Heir, UnitRow, UnitVersion, describe, gazetteer, load_gazetteer
from ntm_extract.units.linker import Linker
from ntm_extract.units.names import fold, parse_kind, parse_unit_name

__all__ = [
    "Gazetteer",
    "Heir",
    "Linker",
    "UnitRow",
    "UnitVersion",
    "describe",
    "fold",
    "gazetteer",
    "load_gazetteer",
    "parse_kind",
    "parse_unit_name",
]
