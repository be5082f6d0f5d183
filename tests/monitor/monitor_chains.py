"""Chains of short records in YAML -> records of the outward contract, with the verdicts they should lead to.

A chain is written by hand: each record has a text, and facts that quote it. ``records_of`` goes through the JSON of
the record contract, so that what is tested is what a file of records would give.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ntm_extract.model import Record
from ntm_extract.monitor import Verdict

TABLES = Path(__file__).parent.parent / "tables"


@dataclass(frozen=True)
class Chain:
    id: str
    file: str
    data: dict[str, Any]

    @property
    def records(self) -> list[Record]:
        return [Record.model_validate(json.loads(line)) for line in self.jsonl().splitlines()]

    def jsonl(self) -> str:
        places = self.data.get("units", {})
        home = self.data.get("home", {})
        return "\n".join(json.dumps(_record(row, home, places), ensure_ascii=False) for row in self.data["records"])


def chains(folder: str, files: str = "*.yml") -> list[Chain]:
    out = []
    for path in sorted((TABLES / folder).glob(files)):
        for data in yaml.safe_load(path.read_text(encoding="utf-8"))["chains"]:
            out.append(Chain(data["id"], path.name, data))
    return out


def _unit(row: Any, home: dict[str, Any], places: dict[str, Any], level: str = "commune") -> dict[str, Any]:
    name = row if isinstance(row, str) else row["name"]
    own = {**places.get(name, {}), **(row if isinstance(row, dict) else {})}
    unit = {
        "level": own.get("level", level),
        "name": own.get("called", name),
        "kind": own.get("kind"),
        "code": own.get("code"),
    }
    inside = {"commune": ("district", "province"), "village": ("district", "province"), "district": ("province",)}
    for key in inside.get(unit["level"], ()):
        unit[key] = own[key] if key in own else home.get(key)
    unit["today"] = own.get("today", [])
    return unit


def _subject(row: dict[str, Any], home: dict[str, Any], places: dict[str, Any]) -> dict[str, Any]:
    units = [_unit(one, home, places, row.get("level", "commune")) for one in row.get("units", [])]
    count = row.get("count")
    if isinstance(count, int):
        count = {"min": count, "max": count}
    level = row.get("level") or (units[0]["level"] if units else "commune")
    within = _unit(row["within"], home, places, "district") if row.get("within") else None
    return {"level": level, "units": units, "count": count, "within": within}


def _period(value: Any) -> dict[str, Any] | None:
    """2021 -> the year; a day -> 'until that day'; a mapping is taken as it is."""
    if value is None or isinstance(value, dict):
        return {key: str(v) if v else None for key, v in value.items()} if value else None
    if isinstance(value, int):
        return {"text": f"năm {value}", "start": f"{value}-01-01", "end": f"{value}-12-31"}
    return {"text": f"đến ngày {value}", "start": None, "end": str(value)}


def _record(row: dict[str, Any], home: dict[str, Any], places: dict[str, Any]) -> dict[str, Any]:
    home = row.get("home", home)
    text = row["text"].strip()
    out: dict[str, Any] = {
        "id": row["id"],
        "source": "chains",
        "url": None,
        "title": None,
        "published": str(row["published"]) if row.get("published") else None,
        "authors": [],
        "home": {
            level: {"level": level, "name": home[level]} if home.get(level) else None
            for level in ("district", "province")
        },
        "text": text,
        "meeting": {"date": str(row["meeting"]), "kind": "hội nghị", "chairs": row.get("chairs", [])}
        if row.get("meeting")
        else None,
        "persons": [],
        "units": list(_mentions(text, row, home, places)),
        "criteria_counts": [],
        "criteria_status": [],
        "targets": [],
        "achievements": [],
        "commitments": [],
        "results": [],
    }
    for fact in row.get("targets", []):
        out["targets"].append(
            {
                "subject": _subject(fact, home, places),
                "outcome": fact.get("outcome", "standard"),
                "standard": fact.get("standard"),
                "themes": [],
                "quantity": None,
                "deadline": _deadline(fact.get("by")),
                "modality": fact.get("modality", "goal"),
                "evidence": _evidence(text, fact),
            }
        )
    for fact in row.get("achievements", []):
        out["achievements"].append(
            {
                "subject": _subject(fact, home, places),
                "standard": fact["standard"],
                "status": fact["status"],
                "share": fact.get("share"),
                "period": _period(fact.get("period")),
                "evidence": _evidence(text, fact),
            }
        )
    for fact in row.get("counts", []):
        out["criteria_counts"].append(
            {
                "subject": _subject(fact, home, places),
                "standard": fact["standard"],
                "metric": fact.get("metric", "criterion"),
                "achieved": fact["achieved"],
                "achieved_max": None,
                "total": fact.get("total"),
                "percent": None,
                "stat": fact.get("stat", "each"),
                "basically": fact.get("basically", False),
                "period": _period(fact.get("period")),
                "evidence": _evidence(text, fact),
            }
        )
    for fact in row.get("criteria", []):
        out["criteria_status"].append(
            {
                "subject": _subject(fact, home, places),
                "standard": fact.get("standard"),
                "criterion": fact["criterion"],
                "status": fact["status"],
                "evidence": _evidence(text, fact),
            }
        )
    for fact in row.get("commitments", []):
        out["commitments"].append(
            {
                "act": fact["act"],
                "actor": fact.get("actor"),
                "addressee": fact.get("addressee"),
                "action": fact["action"],
                "deadline": _deadline(fact.get("by")),
                "recurrence": None,
                "evidence": _evidence(text, fact),
            }
        )
    return out


def _deadline(value: Any) -> dict[str, Any] | None:
    if value is None or isinstance(value, dict):
        return {key: str(v) if v else None for key, v in value.items()} if value else None
    if isinstance(value, int):
        return _period(value)
    return {"text": f"đến {value}", "start": None, "end": str(value)}


def _evidence(text: str, fact: dict[str, Any]) -> dict[str, Any]:
    quote = fact.get("quote") or text
    start = text.index(quote)
    return {"start": start, "end": start + len(quote), "text": quote, "rule": fact.get("rule", "chain.by_hand")}


def _mentions(text: str, row: dict[str, Any], home: dict[str, Any], places: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every place the text names: those of the facts, and those that the record lists as ``mentions``."""
    named: dict[str, Any] = {}
    for kind in ("targets", "achievements", "counts", "criteria"):
        for fact in row.get(kind, []):
            for one in fact.get("units", []):
                unit = _unit(one, home, places, fact.get("level", "commune"))
                named.setdefault(unit["name"], unit)
    for one in row.get("mentions", []):
        unit = _unit(one, home, places)
        named.setdefault(unit["name"], unit)
    for name, unit in named.items():
        start = text.find(name)
        while start >= 0:
            yield {"unit": unit, "start": start, "end": start + len(name), "text": name}
            start = text.find(name, start + 1)


def matching(verdicts: list[Verdict], wanted: dict[str, Any]) -> list[Verdict]:
    """Verdicts on the promise that an expectation names by unit or number, standard and deadline."""
    out = []
    for verdict in verdicts:
        name = verdict.unit.name if verdict.unit else None
        if name != wanted.get("unit") or verdict.standard != wanted["standard"]:
            continue
        if "district" in wanted and (verdict.unit is None or verdict.unit.district != wanted["district"]):
            continue
        if "by" in wanted and str(verdict.promised.by) != _last_day(wanted["by"]):
            continue
        count = verdict.subject.count
        if "count" in wanted and (count is None or count.min != _least(wanted["count"])):
            continue
        out.append(verdict)
    return out


def _last_day(by: Any) -> str:
    return f"{by}-12-31" if isinstance(by, int) else str(by)


def _least(count: Any) -> Any:
    return count["min"] if isinstance(count, dict) else count


def faults(verdicts: list[Verdict], wanted: dict[str, Any]) -> list[str]:
    """What one expectation finds wrong; empty where the verdict is as expected."""
    label = f"{wanted.get('unit') or wanted.get('count')} {wanted['standard']} by {wanted.get('by', '*')}"
    found = matching(verdicts, wanted)
    if len(found) != 1:
        return [f"{label}: {len(found)} verdicts"]
    got = found[0].model_dump(mode="json")
    out = []
    for key in ("verdict", "year_of_standard", "recognised_on", "lag_days", "redated_to", "admitted"):
        if (
            key in wanted
            and (str(wanted[key]) if key.endswith(("_on", "_to")) and wanted[key] else wanted[key]) != got[key]
        ):
            out.append(f"{label}: {key} {got[key]!r}, expected {wanted[key]!r}")
    if "progress" in wanted:
        want = wanted["progress"]
        have = got["progress"] and [got["progress"]["achieved"], got["progress"]["total"], got["progress"]["as_of"]]
        if have != (want and [want[0], want[1], str(want[2])]):
            out.append(f"{label}: progress {have}, expected {want}")
    if "today" in wanted and sorted(unit["name"] for unit in got["today"]) != sorted(wanted["today"]):
        out.append(f"{label}: today {[unit['name'] for unit in got['today']]}, expected {wanted['today']}")
    if "said" in wanted and got["promised"]["on"] != str(wanted["said"]):
        out.append(f"{label}: on {got['promised']['on']}, expected {wanted['said']}")
    for key, value in (("rule", got["why"][0]["rule"]), ("grade", got["why"][0]["grade"])):
        if key in wanted and value != wanted[key]:
            out.append(f"{label}: {key} {value!r}, expected {wanted[key]!r}")
    if "says" in wanted and not any(wanted["says"] == why["rule"] for why in got["why"]):
        out.append(f"{label}: no reason {wanted['says']!r} in {[why['rule'] for why in got['why']]}")
    return out
