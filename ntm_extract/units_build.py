"""Writes the gazetteer's data file from lists of versions and links.

``python -m ntm_extract.units_build --units units.csv.gz --links unit_links.csv.gz --out units_data.json.gz``
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ntm_extract.model import Level
from ntm_extract.units import FORMAT, LEVELS, UID_PREFIX


@dataclass(slots=True)
class Row:
    """A version while it is being built; dates are ISO, '' where open; ``heirs`` are (code, whole), the usual first."""

    level: Level
    code: str
    kind: str
    name: str
    district: str = ""
    province: str = ""
    first: str = ""
    end: str = ""
    basis: str = ""
    decree: str = ""
    ended: str = ""
    ended_by: str = ""
    heirs: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def uid(self) -> str:
        return f"{UID_PREFIX[self.level]}:{self.code}@{self.first or 'start'}"


def _open_csv(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")  # type: ignore[return-value]
    return path.open(encoding="utf-8", newline="")


def load_rows(units: Path, links: Path) -> list[Row]:
    """Versions and their heirs from the two lists."""
    rows: dict[str, Row] = {}
    usual: dict[str, str] = {}
    with _open_csv(units) as lines:
        for line in csv.DictReader(lines):
            level = LEVELS[int(line["level"]) - 1]
            row = Row(
                level=level,
                code=line["code"],
                kind=line["type"].lower(),
                name=line["name"],
                district=line["district"],
                province=line["province"] if level != "province" else "",
                first=line["valid_from"],
                end=line["valid_to"],
                basis=line["date_basis"],
                decree=line["decree_from"],
                ended=line["ended"],
                ended_by=line["decree_to"],
            )
            rows[line["uid"]] = row
            usual[line["uid"]] = line["today_default"]
    with _open_csv(links) as lines:
        for line in csv.DictReader(lines):
            rows[line["uid"]].heirs.append((line["today_code"], line["certainty"] == "full"))
    for uid, row in rows.items():
        row.heirs.sort(key=lambda heir: heir[0] != usual[uid])
    return list(rows.values())


def pack(rows: Iterable[Row], as_of: str) -> bytes:
    """The data file's bytes: the same rows give the same bytes."""
    rows = sorted(rows, key=lambda row: (LEVELS.index(row.level), row.code, row.first))

    def table(values: Iterable[str]) -> list[str]:
        return sorted({"", *values})

    dates = table(date for row in rows for date in (row.first, row.end))
    kinds, reasons, bases = (
        table(row.kind for row in rows),
        table(row.ended for row in rows),
        table(row.basis for row in rows),
    )
    decrees = table(decree for row in rows for decree in (row.decree, row.ended_by))
    names: dict[str, int] = {}
    name_column = []
    for row in rows:
        name_column.append(names[row.name] + 1 if row.name in names else 0)
        names.setdefault(row.name, len(names))

    def deltas(values: Sequence[int]) -> list[int]:
        return [value - last for last, value in zip([0, *values], values, strict=False)]

    codes: list[int] = []
    for level in LEVELS:
        codes += deltas([int(row.code) for row in rows if row.level == level])
    heirs: list[int] = []
    for row in rows:
        own = int(row.code) if row.level == "commune" else 0
        heirs += deltas([own, *(int(code) for code, _ in row.heirs)])[1:]

    def place(table: list[str]) -> dict[str, int]:
        return {value: at for at, value in enumerate(table)}

    date_at, kind_at, reason_at, basis_at, decree_at = map(place, (dates, kinds, reasons, bases, decrees))
    head = {
        "format": FORMAT,
        "as_of": as_of,
        "rows": [sum(row.level == level for row in rows) for level in LEVELS],
        "kinds": kinds,
        "reasons": reasons,
        "bases": bases,
        "dates": dates,
    }
    columns: dict[str, object] = {
        "head": head,
        "names": "|".join(names),
        "name": name_column,
        "code": codes,
        "kind": [kind_at[row.kind] for row in rows],
        "district": deltas([int(row.district or 0) for row in rows]),
        "province": deltas([int(row.province or 0) for row in rows]),
        "from": [date_at[row.first] for row in rows],
        "to": [date_at[row.end] for row in rows],
        "basis": [basis_at[row.basis] for row in rows],
        "reason": [reason_at[row.ended] for row in rows],
        "decrees": "|".join(decrees),
        "decree_from": [decree_at[row.decree] for row in rows],
        "decree_to": [decree_at[row.ended_by] for row in rows],
        "heirs": [len(row.heirs) for row in rows],
        "heir": heirs,
        "whole": [int(whole) for row in rows for _, whole in row.heirs],
    }
    text = "".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n"
        for name, value in columns.items()
    )
    return gzip.compress(text.encode(), 9, mtime=0)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ntm_extract.units_build", description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=Path)
    parser.add_argument("--links", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    rows = load_rows(options.units, options.links)
    options.out.write_bytes(pack(rows, max(row.first for row in rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
