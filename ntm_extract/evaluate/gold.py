"""Gold: articles with the facts that people found in them, one ``NAME.txt`` and ``NAME.yaml`` an article."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import yaml

from ntm_extract.clean import read_file
from ntm_extract.data_files import parse_yaml
from ntm_extract.errors import ConfigurationError
from ntm_extract.model import Act, Article, Level, Standard

LEVELS: tuple[Level, ...] = get_args(Level)
_SPLITS = ("dev", "test")
_SUBJECT_KEYS = {*LEVELS, "level", "count"}
_SHARED_KEYS = {"subject", "standard", "optional", "quote", "why"}
# What an item of each part may say, and what it must.
_KEYS: Mapping[str, tuple[set[str], set[str]]] = {
    "criteria_counts": (
        {"subject", "achieved"},
        _SHARED_KEYS | {"metric", "achieved", "achieved_max", "total", "percent", "stat", "basically", "period"},
    ),
    "criteria_status": ({"subject", "criterion", "status"}, _SHARED_KEYS | {"criterion", "status"}),
    "targets": ({"subject"}, _SHARED_KEYS | {"outcome", "quantity", "end", "themes", "modality", "unit", "what"}),
    "achievements": ({"subject", "status"}, _SHARED_KEYS | {"status", "share", "period", "end"}),
    "commitments": (
        {"act", "quote"},
        {"act", "actor", "addressee", "end", "quote", "optional", "action", "recurrence"},
    ),
    "results": ({"value"}, {"value", "unit", "what", "optional", "qualifier", "quote", "subject", "period"}),
    "persons": ({"name"}, {"name", "role", "optional"}),
}
_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "standard": (*get_args(Standard), None),
    "act": get_args(Act),
    "outcome": ("standard", "criteria", "quantity"),
    "metric": ("criterion", "indicator"),
}
_STATUSES: Mapping[str, tuple[str, ...]] = {
    "criteria_status": ("met", "unmet", "weak"),
    "achievements": ("recognised", "met", "proposed", "appraised", "lost"),
}


@dataclass(frozen=True, slots=True)
class GoldArticle:
    """One article, the facts people found in it, and what its head says of it.

    ``says`` maps each part of the record to its gold items, as written; a part that is missing was not annotated.
    ``fingerprint`` is of the two files as they are; ``negative`` marks an article that only looks as if it held facts.
    """

    name: str
    article: Article
    says: Mapping[str, Any]
    fingerprint: str
    split: str | None = None
    genre: str | None = None
    province: str | None = None
    year: int | None = None
    negative: bool = False


def load_gold(folder: Path, split: str | None = None) -> tuple[GoldArticle, ...]:
    """Every gold article of ``folder``, of one split if it is named, in order of name.

    Raises
    ------
    ConfigurationError
        with every fault of every file at once: file, part, item, and what is wrong.
    InputError
        if an article cannot be read.
    """
    faults: list[str] = []
    found: list[GoldArticle] = []
    for path in sorted(folder.glob("*.yaml")):
        says = _read_yaml(path, faults)
        text_path = path.with_suffix(".txt")
        if not text_path.exists():
            faults.append(f"{path.name}: no {text_path.name} beside it; gold needs its text")
            continue
        if says is None or (split is not None and says.get("split") != split):
            continue
        before = len(faults)
        text = unicodedata.normalize("NFC", text_path.read_text("utf-8"))
        faults.extend(f"{path.name}: {fault}" for fault in _iter_faults(says, text))
        if len(faults) == before:
            mark = _digest((text, json.dumps(says, ensure_ascii=False, sort_keys=True, default=str)))
            found.append(_gold_article(path, read_file(text_path), says, mark))
    if not found and not faults:
        wanted = f" of the split '{split}'" if split else ""
        faults.append(f"{folder}: holds no gold{wanted}; give a folder of NAME.txt and NAME.yaml")
    if faults:
        raise ConfigurationError(faults, where=folder)
    return tuple(found)


def gold_fingerprint(gold: Sequence[GoldArticle]) -> str:
    """Sixteen hexadecimal digits that change with any text or fact of the gold."""
    return _digest(f"{row.name} {row.fingerprint}\n" for row in gold)


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode())
    return digest.hexdigest()[:16]


def _read_yaml(path: Path, faults: list[str]) -> dict[str, Any] | None:
    try:
        data = parse_yaml(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        faults.append(f"{path.name}:{line} is not readable YAML ({getattr(error, 'problem', None) or error}); mend it")
        return None
    if not isinstance(data, dict):
        faults.append(f"{path.name}: must be a mapping of the record's parts")
        return None
    return data


def _gold_article(path: Path, article: Article, says: Mapping[str, Any], mark: str) -> GoldArticle:
    year = says.get("year") or (str(says["published"])[:4] if says.get("published") else None)
    home = says.get("home") or {}
    return GoldArticle(
        path.stem,
        article,
        says,
        mark,
        split=says.get("split"),
        genre=says.get("genre"),
        province=says.get("province") or home.get("province"),
        year=int(year) if year else None,
        negative=bool(says.get("negative")),
    )


# ------------------------------------------------------------------ faults


def _iter_faults(says: Mapping[str, Any], text: str) -> Iterator[str]:
    if "split" in says and says["split"] not in _SPLITS:
        yield f"field 'split': '{says['split']}' is unknown; known are {', '.join(_SPLITS)}"
    home = says.get("home") or {}
    if not isinstance(home, dict) or not all(isinstance(name, str | None) for name in home.values()):
        yield f"field 'home': {home}: write {{district: NAME, province: NAME}}, null where there is none"
    for entry in says.get("units") or []:
        surface = entry.get("unit") if isinstance(entry, dict) else entry
        if not isinstance(surface, str) or surface.partition(":")[0] not in LEVELS or not surface.partition(":")[2]:
            yield f"units: '{surface}': write level:Name, with one of {', '.join(LEVELS)}"
    for part, (needed, known) in _KEYS.items():
        items = says.get(part) or []
        if not isinstance(items, list):
            yield f"{part}: must be a list"
            continue
        for number, item in enumerate(items, 1):
            if not isinstance(item, dict):
                yield f"{part} {number}: must be a mapping"
                continue
            for fault in _iter_item_faults(part, item, needed, known, text):
                yield f"{part} {number}: {fault}"


def _iter_item_faults(
    part: str, item: Mapping[str, Any], needed: set[str], known: set[str], text: str
) -> Iterator[str]:
    for key in sorted(needed - set(item)):
        yield f"field '{key}' is missing"
    for key in sorted(set(item) - known):
        yield f"field '{key}' is unknown; known are {', '.join(sorted(known))}"
    choices = {**_CHOICES, "status": _STATUSES.get(part, ())}
    for key, allowed in choices.items():
        for value in alternatives(item[key]) if key in item else ():
            if value not in allowed:
                yield f"field '{key}': '{value}' is unknown; known are {', '.join(str(one) for one in allowed)}"
    subject = item.get("subject")
    if subject is not None and (not isinstance(subject, dict) or set(subject) - _SUBJECT_KEYS):
        yield f"field 'subject': {subject}: known are {', '.join(sorted(_SUBJECT_KEYS))}"
    elif isinstance(subject, dict):
        for level in set(LEVELS) & set(subject):
            if not isinstance(subject[level], list):
                yield f"field 'subject': '{level}' needs a list of names"
        if not subject:
            yield "field 'subject': names and counts nothing"
        if not _is_count(subject.get("count")):
            yield f"field 'subject': count {subject['count']}: write 3, [1, 2], [null, 5] or '>=2'"
    if part == "targets" and item.get("outcome", "standard") != "standard" and "quantity" not in item:
        yield "field 'quantity' is missing"
    quantity = item.get("quantity")
    for one in quantity["any"] if isinstance(quantity, dict) and isinstance(quantity.get("any"), list) else [quantity]:
        if not _is_count(one):
            yield f"field 'quantity': {one}: write 3, [1, 2], [null, 5], '>=2', or {{any: [3, [1, 2]]}}"
    quote = item.get("quote")
    if quote is not None and find_quote(text, quote) is None:
        yield f"field 'quote': '{quote}' does not occur in the text"


def _is_count(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) == 2 and all(one is None or isinstance(one, int | float) for one in value)
    if isinstance(value, str):
        return re.fullmatch(r">=\d+(?:\.\d+)?", value) is not None
    return value is None or isinstance(value, int | float)


def alternatives(value: Any) -> list[Any]:
    """What gold accepts: the members of a list, or the one value."""
    return value if isinstance(value, list) else [value]


def find_quote(text: str, quote: str) -> int | None:
    """Where a quotation begins in ``text`` (NFC), whatever white space stands between its words; None if absent."""
    words = unicodedata.normalize("NFC", quote).split()
    match = re.search(r"\s+".join(map(re.escape, words)), text)
    return match.start() if match else None
