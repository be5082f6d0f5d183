"""Build the gazetteer's data file: from lists of versions and links, or from the shipped file, and files of changes.

From the lists (CSV, may be gzipped; columns as read in ``load_rows``)::

    python -m ntm_extract.units_build --units units.csv.gz --links unit_links.csv.gz --out FILE

A later reform is one file of changes, applied to what is shipped::

    python -m ntm_extract.units_build --from-shipped --changes reform.yml --out FILE

The same input gives the same bytes. A file of changes (YAML) looks like this; all its changes take effect at once::

    effective: 2030-01-01            # first day of the new units
    decree: 1/NQ-UBTVQH17
    source: where the facts were read
    changes:
      - change: "00001"              # goes on under another name, kind, province or code
        to: {kind: phường, name: Tên Mới}
      - merge: ["00002", "00003"]    # become one; the code may be one of theirs; to: "00005" joins one that stands
        to: {code: "00002", kind: xã, name: Tên Chung}
      - divide: "00004"              # becomes several, new ones or ones that stand
        to: [{code: "00004", kind: xã, name: Một}, "00005"]
      - create: {code: "00006", kind: phường, name: Mới, province: "01"}
        from: ["00005"]              # these go on, and give it a part of their land
    expect: {province: 34, commune: 3320}   # units in force on the first day

Codes are texts in quotes, two digits for a province, three for a district, five for a commune. Where provinces merge,
their communes move along. ``point: [latitude, longitude]`` may be given for a new unit.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gzip
import io
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from ntm_extract.data_files import parse_yaml
from ntm_extract.errors import ConfigurationError, InputError, NtmError
from ntm_extract.units.gazetteer import DATA_FILE
from ntm_extract.units.names import KINDS, fold_lines
from ntm_extract.units.table import CODE_WIDTH, COMMUNE, DISTRICT, FORMAT, LEVELS, PROVINCE, Table, read_columns

SOURCES = (
    "General Statistics Office of Vietnam: lists of administrative units, snapshots 2004-08 to 2025-03",
    "General Statistics Office of Vietnam: table of old and new commune-level units, July 2025",
    "Decrees and resolutions on administrative units, by number",
)
_Key = tuple[int, str]


@dataclass(slots=True)
class Row:
    """A version while it is being built.

    ``level`` counts from the province, 0. Days are ISO, '' where open. ``heirs`` are codes of today and whether
    each holds all of the territory, the usual one first. ``point`` is latitude and longitude in 1/1000 degree.
    """

    level: int
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
    point: tuple[int, int] | None = None
    heirs: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def key(self) -> _Key:
        return self.level, self.code


@dataclass(slots=True)
class Release:
    """Everything a data file holds."""

    rows: list[Row]
    sources: list[str]
    as_of: str


# ------------------------------------------------------------------ reading


def _lines(path: Path) -> Iterator[dict[str, str]]:
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    return csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))


# A tone on the second letter of a final oa, oe, uy ('hoà', 'thuỷ'); 'quý' is another matter, its u is no vowel.
_LATE_TONE = re.compile(r"(?<!q)([ou])([àáảãạèéẻẽẹỳýỷỹỵ])(?!\w)", re.IGNORECASE)


def _written(name: str) -> str:
    """One way of writing where the lists have several, so that a name is one text in every table.

    The lists write 'Hoà Bình' and 'Hòa Bình', here always the latter, and some accented capitals small ('ái Quốc').
    """

    def early(found: re.Match[str]) -> str:
        letter = unicodedata.normalize("NFD", found.group(2))
        return found.group(1) + letter[1:] + letter[:1]

    name = " ".join(word[:1].upper() + word[1:] for word in unicodedata.normalize("NFC", name).split())
    return unicodedata.normalize("NFC", _LATE_TONE.sub(early, name))


def load_rows(units: Path, links: Path) -> Release:
    """Versions and heirs from the lists.

    Raises OSError for a file that cannot be read, InputError for one without the columns or with dangling links.
    """
    rows: dict[str, Row] = {}
    usual: dict[str, str] = {}
    try:
        for line in _lines(units):
            level, uid = int(line["level"]) - 1, line["uid"]
            own_point = line["coord_src"] not in ("", "successor", "mean_successors")
            rows[uid] = Row(
                level=level,
                code=line["code"],
                kind=line["type"].lower(),
                name=_written(line["name"]),
                district=line["district"],
                province=line["province"] if level > PROVINCE else "",
                first=line["valid_from"],
                end=line["valid_to"],
                basis=line["date_basis"],
                decree=line["decree_from"],
                ended=line["ended"],
                ended_by=line["decree_to"],
                point=(round(float(line["lat"]) * 1000), round(float(line["lon"]) * 1000)) if own_point else None,
            )
            usual[uid] = line["today_default"]
        for line in _lines(links):
            rows[line["uid"]].heirs.append((line["today_code"], line["certainty"] == "full"))
    except (KeyError, ValueError, IndexError) as error:
        where = f"{units}, {links}"
        raise InputError(f"not lists of units: {error!r}", where=where, mend="see --help for the columns") from error
    for uid, row in rows.items():
        row.heirs.sort(key=lambda heir: heir[0] != usual[uid])
    _settle_districts(list(rows.values()))
    return Release(list(rows.values()), list(SOURCES), max(row.first for row in rows.values()))


def _settle_districts(rows: Sequence[Row]) -> None:
    """Give a district that the links leave out, its communes having left it earlier, the heirs of the last to leave."""
    for district in rows:
        if district.level != DISTRICT or district.heirs:
            continue
        members = [row for row in rows if row.district == district.code and row.end > district.first]
        last = max((row.end for row in members), default="")
        found: dict[str, bool] = {}
        for row in members:
            for code, whole in row.heirs if row.end == last else ():
                found[code] = found.get(code, False) or whole
        district.heirs = list(found.items())


def release_of(table: Table) -> Release:
    """What a data file holds, as it went in."""
    decrees, decree_from, decree_to = table.decrees
    points = table.points
    rows = []
    for row in range(len(table)):
        level = table.level(row)
        width = CODE_WIDTH[table.heir_level(row)]
        district, province = table.district[row], table.province[row]
        rows.append(
            Row(
                level=level,
                code=table.code_text(row),
                kind=table.kind_name(row),
                name=table.name(row),
                district=f"{district:0{CODE_WIDTH[DISTRICT]}d}" if district else "",
                province=f"{province:0{CODE_WIDTH[PROVINCE]}d}" if province else "",
                first=table.dates[table.first_date[row]],
                end=table.dates[table.end_date[row]],
                basis=table.bases[table.basis[row]],
                decree=decrees[decree_from[row]],
                ended=table.reasons[table.reason[row]],
                ended_by=decrees[decree_to[row]],
                point=points.get(row),
                heirs=[(f"{code:0{width}d}", whole) for code, whole in table.heirs(row)],
            )
        )
    return Release(rows, list(table.sources), table.as_of)


# ------------------------------------------------------------------ changes


class _Reform:
    """One file of changes applied to a release; faults are gathered, and the release is touched only without any."""

    def __init__(self, release: Release, text: Mapping[str, Any]) -> None:
        self.release = release
        self.faults: list[str] = []
        self.where = ""
        self.alive = {row.key: row for row in release.rows if not row.end}
        self.begun: dict[_Key, Row] = {}
        self.ended: dict[_Key, str] = {}
        self.step: dict[_Key, list[tuple[str, bool]]] = {}
        self._unknown(text, {"effective", "decree", "source", "changes", "expect"})
        effective = text.get("effective")
        self.effective = effective.isoformat() if isinstance(effective, dt.date) else ""
        if not self.effective:
            self._fault("'effective' is missing or no date; write it as 2030-01-01")
        self.decree = str(text.get("decree") or "")
        self.source = str(text.get("source") or "")
        if not (self.decree or self.source):
            self._fault("neither 'decree' nor 'source'; say where the changes are laid down")
        changes = text.get("changes")
        if not isinstance(changes, list) or not changes:
            self._fault("'changes' is missing or empty; list what became of which units")
            changes = []
        for at, change in enumerate(changes, 1):
            self.where = f"change {at}: "
            self._change(change)
        self.where = ""
        self._follow_provinces()
        self._check(text.get("expect") or {})

    def _fault(self, text: str) -> None:
        self.faults.append(f"{self.where}{text}")

    def _unknown(self, given: Mapping[str, Any], known: set[str]) -> None:
        for name in sorted(set(map(str, given)) - known):
            self._fault(f"unknown field '{name}'; known are {', '.join(sorted(known))}")

    # -------------------------------------------------------------- single changes

    def _change(self, change: Any) -> None:
        verbs = {"change", "merge", "divide", "create"}
        found = verbs & set(change) if isinstance(change, dict) else set()
        if len(found) != 1:
            self._fault(f"needs exactly one of {', '.join(sorted(verbs))}")
            return
        verb = found.pop()
        other = "from" if verb == "create" else "to"
        self._unknown(change, {verb, other})
        subject, end = change[verb], change.get(other)
        if verb == "create":
            givers = [self._standing(code) for code in _listed(end)]
            new = self._new(subject, None)
            if new:
                for giver in filter(None, givers):
                    self.step.setdefault(giver.key, [(giver.code, False)]).append((new.code, False))
            return
        olds = [row for row in map(self._ending, _listed(subject)) if row]
        if not olds or not end:
            self._fault(f"'{verb}' needs the codes of units, and 'to' what becomes of them")
            return
        targets = [self._target(target, olds[0]) for target in _listed(end)]
        codes = [code for code in targets if code]
        if verb == "change" and len(olds) == len(codes) == 1:
            self.ended[olds[0].key] = _reason(olds[0], self.begun.get((olds[0].level, codes[0])))
        elif verb == "merge" and len(codes) == 1:
            self.ended.update({old.key: "merged" for old in olds})
        elif verb == "divide" and len(olds) == 1 and len(codes) > 1:
            self.ended[olds[0].key] = "divided"
        elif len(codes) == len(targets):
            self._fault(f"'{verb}' cannot lead from {len(olds)} to {len(codes)} units")
        for old in olds:
            self.step[old.key] = [(code, len(codes) == 1) for code in codes]

    def _key(self, code: Any) -> _Key | None:
        if isinstance(code, str) and code.isdecimal() and len(code) in CODE_WIDTH:
            return CODE_WIDTH.index(len(code)), code
        self._fault(f"{code!r} is no code; write two, three or five digits in quotes")
        return None

    def _standing(self, code: Any) -> Row | None:
        key = self._key(code)
        if key and key not in self.alive:
            self._fault(f"no unit {code} is in force")
        return self.alive.get(key) if key else None

    def _ending(self, code: Any) -> Row | None:
        row = self._standing(code)
        if row and row.key in self.step:
            self._fault(f"unit {code} is changed twice")
        if row and row.first >= self.effective:
            self._fault(f"unit {code} begins on {row.first}, not before this reform")
        return row

    def _target(self, target: Any, old: Row) -> str | None:
        if isinstance(target, str):
            row = self._standing(target)
            return row.code if row else None
        new = self._new(target, old)
        return new.code if new else None

    def _new(self, fields: Any, old: Row | None) -> Row | None:
        """A new version; what is not said of it is as it was of ``old``."""
        if not isinstance(fields, dict):
            self._fault("a new unit needs fields: code, kind, name, province")
            return None
        self._unknown(fields, {"code", "kind", "name", "province", "district", "point"})
        said = {**({"code": old.code, "kind": old.kind, "name": old.name} if old else {}), **fields}
        key = self._key(said.get("code"))
        kind, name = said.get("kind"), said.get("name")
        if kind not in KINDS:
            self._fault(f"kind {kind!r} is unknown; known are {', '.join(sorted(KINDS))}")
        if not isinstance(name, str) or not name.strip():
            self._fault("a new unit needs a name")
        point = fields.get("point")
        if point is not None and not (
            isinstance(point, list) and len(point) == 2 and all(isinstance(degree, int | float) for degree in point)
        ):
            self._fault(f"point {point!r}; write [latitude, longitude] in degrees")
            point = None
        if key in self.begun:
            self._fault(f"unit {said['code']} begins twice")
        if not key or kind not in KINDS or not isinstance(name, str):
            return None
        new = Row(
            level=key[0],
            code=key[1],
            kind=kind,
            name=_written(name),
            district=str(fields.get("district", old.district if old and key[0] == COMMUNE else "")),
            province=str(fields.get("province", old.province if old and key[0] > PROVINCE else "")),
            first=self.effective,
            basis="decree",
            decree=self.decree,
            point=(round(point[0] * 1000), round(point[1] * 1000)) if point else old.point if old else None,
            heirs=[(key[1], True)],
        )
        self.begun[key] = new
        return new

    # -------------------------------------------------------------- the whole

    def _follow_provinces(self) -> None:
        """Units of a province that ended belong to the one it became."""
        gone = {code: self.step[level, code] for level, code in self.ended if level == PROVINCE}
        for key, row in self.alive.items():
            became = gone.get(row.province)
            if became is None or key in self.ended:
                continue
            if len(became) > 1:
                self._fault(f"province {row.province} is divided; say with 'change' where unit {row.code} belongs")
            elif became and became[0][0] != row.province:
                new = replace(
                    row, province=became[0][0], first=self.effective, basis="decree", decree=self.decree, heirs=[]
                )
                new.heirs = [(row.code, True)]
                self.begun[key] = new
                self.ended[key] = "moved_province"

    def _check(self, expect: Any) -> None:
        after = {key: row for key, row in self.alive.items() if key not in self.ended}
        for key, row in self.begun.items():
            if key in after:
                self._fault(f"code {row.code} is still in force; end it, or give the new unit another")
            after[key] = row
        for row in self.begun.values():
            if row.level > PROVINCE and (PROVINCE, row.province) not in after:
                self._fault(f"unit {row.code} {row.name} is in no province ({row.province!r} is not in force)")
            if row.district and (DISTRICT, row.district) not in after:
                self._fault(f"unit {row.code} {row.name} is in no district ({row.district!r} is not in force)")
        for key in self.step:
            for code, _ in self.step[key]:
                if (key[0], code) not in after:
                    self._fault(f"unit {key[1]} would go to {code}, which is not in force")
        if not isinstance(expect, dict):
            self._fault("'expect' is not a list of levels with their number of units")
            return
        self._unknown(expect, set(LEVELS))
        totals = Counter(LEVELS[level] for level, _ in after)
        for level in LEVELS:
            if level in expect and expect[level] != totals[level]:
                self._fault(f"{totals[level]} units of level {level} would be in force, {expect[level]} are expected")

    def apply(self) -> None:
        """Carry the changes out on the release."""
        rows = self.release.rows
        for key, reason in self.ended.items():
            old = self.alive[key]
            old.end, old.ended, old.ended_by = self.effective, reason, self.decree
        for level in (PROVINCE, COMMUNE):
            step = {code: ends for (at, code), ends in self.step.items() if at == level}
            for row in rows:
                if (row.level == PROVINCE) == (level == PROVINCE):
                    row.heirs = _stepped(row.heirs, step)
        rows += self.begun.values()
        self.release.as_of = max(self.release.as_of, self.effective)
        origin = ", ".join(filter(None, (self.decree, self.source)))
        self.release.sources.append(f"{origin} (in force {self.effective})")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _reason(old: Row, new: Row | None) -> str:
    if new is None:
        return "merged"
    parts = {
        "renamed": old.name != new.name,
        "retyped": old.kind != new.kind,
        "moved_district": old.district != new.district,
        "moved_province": old.province != new.province,
    }
    return "+".join(part for part, changed in parts.items() if changed) or "changed"


def _stepped(heirs: list[tuple[str, bool]], step: Mapping[str, list[tuple[str, bool]]]) -> list[tuple[str, bool]]:
    """Heirs of the heirs: all of the territory if both hold all, or if all parts have come together again."""
    if not any(code in step for code, _ in heirs):
        return heirs
    found: dict[str, bool] = {}
    rejoined = len(heirs) > 1
    for code, whole in heirs:
        for end, all_of_it in step.get(code, [(code, True)]):
            found[end] = found.get(end, False) or (whole and all_of_it)
            rejoined = rejoined and all_of_it
    return [(code, whole or (rejoined and len(found) == 1)) for code, whole in found.items()]


def load_changes(path: Path, release: Release) -> None:
    """Apply a file of changes to a release.

    Raises OSError if the file cannot be read, ConfigurationError with all its faults if it cannot be applied.
    """
    try:
        text = parse_yaml(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{path}: no YAML: {' '.join(str(error).split())}"], where=path) from error
    if not isinstance(text, dict):
        raise ConfigurationError([f"{path}: no fields; see the example in ntm_extract.units_build"], where=path)
    reform = _Reform(release, text)
    if reform.faults:
        raise ConfigurationError([f"{path}: {fault}" for fault in reform.faults], where=path)
    reform.apply()


# ------------------------------------------------------------------ writing


def _deltas(values: Sequence[int]) -> list[int]:
    return [value - last for last, value in zip([0, *values], values, strict=False)]


def _places(values: Iterable[str]) -> dict[str, int]:
    """Places of the distinct values in order, '' the first."""
    return {value: at for at, value in enumerate(sorted({"", *values}))}


def pack(release: Release) -> bytes:
    """The data file: the same release gives the same bytes. Its columns are those that ``Table`` reads."""
    rows = sorted(release.rows, key=lambda row: (row.level, row.code, row.first))
    dates = _places(date for row in rows for date in (row.first, row.end))
    kinds, reasons = _places(row.kind for row in rows), _places(row.ended for row in rows)
    bases = _places(row.basis for row in rows)
    decrees = _places(decree for row in rows for decree in (row.decree, row.ended_by))
    names: dict[str, int] = {}
    name_column = []
    for row in rows:
        name_column.append(names[row.name] + 1 if row.name in names else 0)
        names.setdefault(row.name, len(names))
    codes: list[int] = []
    for level in range(len(LEVELS)):
        codes += _deltas([int(row.code) for row in rows if row.level == level])
    heirs: list[int] = []
    for row in rows:
        own = int(row.code) if row.level == COMMUNE else 0
        heirs += _deltas([own, *(int(code) for code, _ in row.heirs)])[1:]
    points = [(at, *row.point) for at, row in enumerate(rows) if row.point]
    columns: dict[str, object] = {
        "head": {
            "format": FORMAT,
            "as_of": release.as_of,
            "sources": release.sources,
            "rows": [sum(row.level == level for row in rows) for level in range(len(LEVELS))],
            "kinds": list(kinds),
            "reasons": list(reasons),
            "bases": list(bases),
            "dates": list(dates),
        },
        "names": "|".join(names),
        "keys": fold_lines("\n".join(names)).replace("\n", "|"),
        "name": name_column,
        "code": codes,
        "kind": [kinds[row.kind] for row in rows],
        "district": _deltas([int(row.district or 0) for row in rows]),
        "province": _deltas([int(row.province or 0) for row in rows]),
        "from": [dates[row.first] for row in rows],
        "to": [dates[row.end] for row in rows],
        "basis": [bases[row.basis] for row in rows],
        "reason": [reasons[row.ended] for row in rows],
        "decrees": "|".join(decrees),
        "decree_from": [decrees[row.decree] for row in rows],
        "decree_to": [decrees[row.ended_by] for row in rows],
        "heirs": [len(row.heirs) for row in rows],
        "heir": heirs,
        "whole": [int(whole) for row in rows for _, whole in row.heirs],
        "point": _deltas([at for at, _, _ in points]),
        "lat": _deltas([lat for _, lat, _ in points]),
        "lon": _deltas([lon for _, _, lon in points]),
    }
    text = "".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n"
        for name, value in columns.items()
    )
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=9, mtime=0) as file:
        file.write(text.encode())
    return packed.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    summary, _, details = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="python -m ntm_extract.units_build",
        description=summary,
        epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--units", type=Path, metavar="CSV", help="list of versions")
    parser.add_argument("--links", type=Path, metavar="CSV", help="links from versions to units of today")
    parser.add_argument("--from-shipped", action="store_true", help="start from the shipped data instead of lists")
    parser.add_argument("--changes", type=Path, nargs="*", default=[], metavar="YML", help="reforms, oldest first")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="data file to write")
    options = parser.parse_args(arguments)
    if options.from_shipped == bool(options.units and options.links):
        parser.error("give either --from-shipped, or both --units and --links")
    try:
        if options.from_shipped:
            release = release_of(Table(read_columns(DATA_FILE)))
        else:
            release = load_rows(options.units, options.links)
        for path in options.changes:
            load_changes(path, release)
        options.out.write_bytes(pack(release))
    except NtmError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return InputError.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
