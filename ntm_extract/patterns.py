"""``patterns/`` -> PatternSet: read every file, report every fault, expand, compile, fingerprint.

Two kinds of file. A vocabulary says which surfaces mean what: ``surface -> value``, each row with an
example. A rule says which turn of phrase carries which fact: an expression over mentions and words, with
named slots, examples and counterexamples. Neither names a place, a person or a file.

The language of rules, one item after the other as they stand in a sentence::

    word            the word itself, in any case and tone placement
    {type}          a mention of this type: {subject} {reach} {standard} {criteria} {time} …
    {type:a|b}      … with one of these values
    {slot=type:a}   … kept under another slot name
    ~3              at most three words (or times, hedges, moods) that belong to nothing else; ~ is ~5
    ~~8             the same, commas, quotation marks and brackets allowed; ~~ is ~~8
    *6              at most six items of any kind but ';'
    ( a | b )  ?    alternatives, which may keep the same slot; the item before may be missing
    \\( \\)           brackets that stand in the sentence itself
    ^  $            start and end of the sentence

Mentions are single private-use characters in the sentence's skeleton, so a rule is one compiled expression
and a hundred of them cost less than spaCy's Matcher on the same text (measured: see ``make bench``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ntm_extract.data_files import parse_yaml
from ntm_extract.errors import PatternError
from ntm_extract.orthography import fold_text, fold_word

# Mentions that the reader composes itself, with the values they can take; vocabularies add the others.
COMPOSED: Mapping[str, tuple[str, ...]] = {
    "unit": ("province", "district", "commune", "village"),
    "count": (
        "province", "district", "commune", "village", "place", "residential_area", "garden", "household", "product",
        "cooperative", "school", "market", "road", "house", "facility",
    ),
    "class": (
        "province", "district", "commune", "village", "place", "residential_area", "garden", "household", "product",
        "cooperative", "school", "market", "road", "house", "facility",
    ),
    "criteria": ("criterion", "criterion_of", "criterion_per", "criterion_under", "indicator", "indicator_of"),
    "person": ("name", "role"),
    "time": ("date", "month", "quarter", "half", "year", "stage", "term", "relative", "vague", "recurrence"),
    "number": ("fraction", "number", "percent"),
    "quantity": ("amount", "money", "length", "area", "percent", "other"),
}  # fmt: skip
SUBJECT_TYPES = ("unit", "count", "class")
# Types that a gap passes over: they qualify, they do not start another clause.
TRANSPARENT = ("time", "hedge", "mood", "negation", "act", "speech")
_FIRST_SYMBOL = 0xE000
# Names of slots besides those of the types: mentions that are only passed over, and what readers of facts ask for.
PASSED_OVER = frozenset(("near", "of", "other"))
SLOT_NAMES = PASSED_OVER | {"subject", "award", "build", "reach", "share", "total", "from", "up", "agent", "list"}
_LETTERED = re.compile(r"_[a-h]$")  # drafts tell mentions of one type apart by a letter: 'criteria_b'
_CLAIM_SETS: Mapping[str, tuple[str | bool, ...]] = {
    "needs": ("before", "count", "beside", "standard"), "alone": (True,), "mood": ("required", "reached"),
    "time": ("required",),
    "core": ("standard", "reach", "award", "build", "criteria", "quantity", "subject"), "share": ("most",),
    "light": ("reached", "goal", "plan", "pledge", "directive", "negated", "hypothetical", "none"),
    "status": ("inherited", "met", "recognised", "proposed", "appraised", "lost"), "subject": ("unit",),
    "per": ("commune",), "stat": ("average",), "counted": (True,),
}  # fmt: skip
# What the rules of a topic may set, and the values that its reader knows.
SETS: Mapping[str, Mapping[str, tuple[str | bool, ...]]] = {
    "standards": _CLAIM_SETS, "counts": _CLAIM_SETS, "quantities": _CLAIM_SETS,
    "results": {"share": (True,), "after": (True,), "bare": (True,), "leads": (True,)},
    "status": {"status": ("met", "unmet", "weak"), "list": ("back",), "bare": (True,), "closed": (True,)},
}  # fmt: skip
_RULE_KEYS = {"id", "fact", "pattern", "set", "examples", "counterexamples", "why", "confidence"}
_ROW_KEYS = {"value", "forms", "example", "set"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a vocabulary: surfaces that mean ``value``."""

    type: str
    value: str
    forms: tuple[str, ...]
    example: str
    set: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One turn of phrase that carries a fact.

    ``set`` holds fixed values of the fact; ``regex`` runs on skeletons; ``needs`` and ``words`` are the groups of
    symbols and of words of which one each must occur in a skeleton for the rule to be tried at all; ``slots`` says
    which slot each group of ``regex`` fills (several where alternatives name the same slot).
    """

    id: str
    topic: str
    fact: str
    pattern: str
    set: Mapping[str, Any]
    regex: re.Pattern[str]
    needs: tuple[frozenset[str], ...]
    words: tuple[frozenset[str], ...]
    slots: Mapping[str, str]
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]
    confidence: float | None = None


@dataclass(frozen=True)
class PatternSet:
    """All vocabularies and rules, compiled; immutable."""

    entries: tuple[Entry, ...]
    rules: tuple[Rule, ...]
    symbols: Mapping[str, Mapping[str, str]]
    fingerprint: str
    folder: Path

    def topic(self, name: str) -> tuple[Rule, ...]:
        """Rules of one file, in its order: the first that fires on a spot wins."""
        return tuple(rule for rule in self.rules if rule.topic == name)

    def entries_of(self, type_: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.type == type_)


# ---------------------------------------------------------------- where the files are


def patterns_folder() -> Path:
    """The shipped patterns, or those of the source tree when the package is installed from it in place."""
    shipped = resources.files("ntm_extract").joinpath("_shipped/patterns")
    if shipped.is_dir():
        return Path(str(shipped))
    return Path(__file__).resolve().parent.parent / "patterns"


@cache
def default_patterns() -> PatternSet:
    """The shipped patterns, loaded once."""
    return load_patterns(patterns_folder())


def load_patterns(folder: Path) -> PatternSet:
    """Read ``vocabulary/*.yml`` and ``rules/*.yml`` of ``folder``.

    Raises
    ------
    PatternError
        with every fault of every file at once: file, rule or row, field, and what is wrong.
    """
    faults: list[str] = []
    digest = hashlib.sha256()
    entries: list[Entry] = []
    for path, data in _iter_files(folder / "vocabulary", faults, digest):
        entries.extend(_read_vocabulary(path, data, faults))
    _report_clashes(entries, faults)
    symbols = _symbols(entries)
    rules: list[Rule] = []
    seen: dict[str, Path] = {}
    for path, data in _iter_files(folder / "rules", faults, digest):
        for rule in _read_rules(path, data, symbols, faults):
            if rule.id in seen:
                faults.append(
                    f"{path.name}: rule {rule.id}: id already used in {seen[rule.id].name}; ids are never reused"
                )
            seen[rule.id] = path
            rules.append(rule)
    if not entries and not faults:
        faults.append(f"{folder}: no vocabulary found; the folder must hold vocabulary/*.yml and rules/*.yml")
    if faults:
        raise PatternError(faults, where=folder)
    return PatternSet(tuple(entries), tuple(rules), symbols, digest.hexdigest()[:16], folder)


def _iter_files(folder: Path, faults: list[str], digest: Any) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for path in sorted(folder.glob("*.yml")):
        try:
            text = path.read_text("utf-8")
            data = parse_yaml(text)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            mark = getattr(error, "problem_mark", None)
            line = f" line {mark.line + 1}" if mark else ""
            faults.append(
                f"{path.name}:{line} is not readable YAML ({getattr(error, 'problem', None) or error}); mend the file"
            )
            continue
        if not isinstance(data, dict):
            faults.append(f"{path.name}: must be a mapping with 'type' and 'rows', or 'topic' and 'rules'")
            continue
        digest.update(json.dumps([path.name, data], ensure_ascii=False, sort_keys=True, default=str).encode())
        yield path, data


# ---------------------------------------------------------------- vocabularies


def _read_vocabulary(path: Path, data: Mapping[str, Any], faults: list[str]) -> Iterator[Entry]:
    type_ = data.get("type")
    if not isinstance(type_, str) or not re.fullmatch(r"[a-z_]+", type_):
        faults.append(f"{path.name}: field 'type': needs a name in lower case")
        return
    rows = data.get("rows")
    if not isinstance(rows, list) or not rows:
        faults.append(f"{path.name}: field 'rows': needs a list of rows")
        return
    for number, row in enumerate(rows, 1):
        place = f"{path.name}: row {number}"
        if not isinstance(row, dict):
            faults.append(f"{place}: must be a mapping with value, forms, example")
            continue
        place += f" ({row.get('value', '?')})"
        for key in sorted(set(row) - _ROW_KEYS):
            faults.append(f"{place}: field '{key}' is unknown; known are {', '.join(sorted(_ROW_KEYS))}")
        value, forms, example = row.get("value"), row.get("forms"), row.get("example")
        if not isinstance(value, str) or not value:
            faults.append(f"{place}: field 'value': needs a text")
            continue
        if not isinstance(forms, list) or not forms or not all(isinstance(form, str) for form in forms):
            faults.append(f"{place}: field 'forms': needs a list of texts (quote words such as 'không' and numbers)")
            continue
        expanded: dict[str, None] = {}
        for form in forms:
            try:
                expanded.update(dict.fromkeys(expand_form(form)))
            except ValueError as error:
                faults.append(f"{place}: form '{form}': {error}")
        if not isinstance(example, str) or not example:
            faults.append(f"{place}: field 'example': needs a sentence that uses one of the forms")
        elif not any(f" {fold_text(form)} " in f" {_spaced(example)} " for form in expanded):
            faults.append(f"{place}: field 'example': none of the forms occurs in '{example}'")
        yield Entry(type_, value, tuple(expanded), example or "", row.get("set") or {})


def _spaced(text: str) -> str:
    return fold_text(re.sub(r"([^\w\s])", r" \1 ", text))


def expand_form(form: str) -> list[str]:
    """All surfaces of a form: '[x]' may be missing, '(a|b)' is either. Raises ValueError if unbalanced."""
    # Brackets that stand in the text itself are written \\( and \\).
    text = form.replace("\\(", "\ue000").replace("\\)", "\ue001").replace("[", "(|").replace("]", ")")
    results, rest = _expand(text)
    if rest:
        raise ValueError("a bracket is closed that was never opened")
    results = [result.replace("\ue000", "(").replace("\ue001", ")") for result in results]
    return list(dict.fromkeys(" ".join(re.sub(r"([^\w\s])", r" \1 ", result).split()) for result in results))


def _expand(text: str, depth: int = 0) -> tuple[list[str], str]:
    branches: list[list[str]] = [[""]]
    while text:
        head = re.match(r"[^()|]*", text)
        literal = head.group() if head else ""
        branches[-1] = [prefix + literal for prefix in branches[-1]]
        text = text[len(literal) :]
        if not text:
            break
        sign, text = text[0], text[1:]
        if sign == "(":
            inner, text = _expand(text, depth + 1)
            branches[-1] = [prefix + middle for prefix in branches[-1] for middle in inner]
        elif sign == "|":
            branches.append([""])
        else:
            if depth == 0:
                raise ValueError("a bracket is closed that was never opened")
            return [result for branch in branches for result in branch], text
    if depth:
        raise ValueError("a bracket is not closed")
    return [result for branch in branches for result in branch], ""


def _report_clashes(entries: Iterable[Entry], faults: list[str]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for entry in entries:
        for form in entry.forms:
            key = (entry.type, fold_text(form))
            other = seen.setdefault(key, entry.value)
            if other != entry.value:
                faults.append(f"vocabulary {entry.type}: '{form}' means both {other} and {entry.value}; remove one")


def _symbols(entries: Iterable[Entry]) -> dict[str, dict[str, str]]:
    """One private-use character for each (type, value), by order of type and value."""
    values: dict[str, dict[str, None]] = {type_: dict.fromkeys(values) for type_, values in COMPOSED.items()}
    for entry in entries:
        values.setdefault(entry.type, {})[entry.value] = None
    symbols: dict[str, dict[str, str]] = {}
    code = _FIRST_SYMBOL
    for type_ in sorted(values):
        symbols[type_] = {}
        for value in sorted(values[type_]):
            symbols[type_][value] = chr(code)
            code += 1
    return symbols


# ---------------------------------------------------------------- rules


def _read_rules(
    path: Path, data: Mapping[str, Any], symbols: Mapping[str, Mapping[str, str]], faults: list[str]
) -> Iterator[Rule]:
    topic = data.get("topic")
    if not isinstance(topic, str):
        faults.append(f"{path.name}: field 'topic': needs a name")
        return
    rows = data.get("rules")
    if not isinstance(rows, list) or not rows:
        faults.append(f"{path.name}: field 'rules': needs a list of rules")
        return
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            faults.append(f"{path.name}: rule {number}: field 'id': needs topic.what.variant")
            continue
        place = f"{path.name}: rule {row['id']}"
        before = len(faults)
        for key in sorted(set(row) - _RULE_KEYS):
            faults.append(f"{place}: field '{key}' is unknown; known are {', '.join(sorted(_RULE_KEYS))}")
        if not re.fullmatch(rf"{topic}(\.[a-z0-9-]+){{2}}", row["id"]):
            faults.append(f"{place}: field 'id': must read {topic}.what.variant")
        if not isinstance(row.get("fact"), str):
            faults.append(f"{place}: field 'fact': says what the rule yields")
        texts: dict[str, tuple[str, ...]] = {}
        for name in ("examples", "counterexamples"):
            value = row.get(name)
            if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
                faults.append(f"{place}: field '{name}': a rule needs at least one")
                value = []
            texts[name] = tuple(value)
        for example in texts["examples"]:
            if not re.search(r"⟦.+⟧", example):
                faults.append(f"{place}: field 'examples': mark what the rule matches with ⟦ ⟧ in '{example}'")
        fixed = row.get("set") or {}
        faults.extend(f"{place}: field 'set': {fault}" for fault in _set_faults(topic, fixed))
        try:
            compiled = compile_pattern(str(row.get("pattern") or ""), symbols)
            regex = re.compile(compiled.source)
            faults.extend(
                f"{place}: field 'pattern': slot '{slot}' is unknown; known are the types and"
                f" {', '.join(sorted(SLOT_NAMES))}"
                for slot in dict.fromkeys(compiled.slots.values())
                if topic in SETS
                and _LETTERED.sub("", slot) not in SLOT_NAMES
                and _LETTERED.sub("", slot) not in symbols
            )
        except (ValueError, re.error) as error:
            faults.append(f"{place}: field 'pattern': {error}")
        if len(faults) == before:
            yield Rule(
                row["id"], topic, row["fact"], row["pattern"], fixed, regex,
                compiled.needs, compiled.words, compiled.slots,
                texts["examples"], texts["counterexamples"], row.get("confidence"),
            )  # fmt: skip


def _set_faults(topic: str, fixed: Any) -> Iterator[str]:
    """What is wrong with the fixed values of a rule of a topic that facts are read from."""
    known = SETS.get(topic)
    if not isinstance(fixed, dict):
        yield "must be a mapping, as in {status: met}"
    elif known is not None:
        for key, value in fixed.items():
            if key not in known:
                yield f"'{key}' is unknown; known are {', '.join(sorted(known))}"
            elif value not in known[key]:
                yield f"'{key}: {value}' is unknown; known are {', '.join(map(str, known[key])).lower()}"


_PATTERN_TOKEN = re.compile(
    r"\{(?:(?P<slot>[a-z_]+)=)?(?P<type>[a-z_]+)(?::(?P<values>[^}]+))?\}"
    r"|(?P<wide>~~)(?P<wide_n>\d*)|(?P<gap>~)(?P<gap_n>\d*)|(?P<any>\*)(?P<any_n>\d+)"
    r"|\\(?P<mark>[()|?~*^$])|(?P<sign>[()|?^$])|(?P<word>[^\s{}()|?~*^$\\]+)|(?P<space>\s+)"
)


class Compiled(NamedTuple):
    """A pattern as an expression on skeletons, with groups of symbols and of words of each of which it needs one."""

    source: str
    needs: tuple[frozenset[str], ...]
    words: tuple[frozenset[str], ...]
    slots: Mapping[str, str]  # group of the expression -> slot that it fills


def compile_pattern(pattern: str, symbols: Mapping[str, Mapping[str, str]]) -> Compiled:
    """The expression of a pattern. Raises ValueError with the reason."""
    if not pattern.strip():
        raise ValueError("is empty")
    private = f"{chr(_FIRST_SYMBOL)}-{chr(0xF8FF)}"
    transparent = "".join(char for type_ in TRANSPARENT for char in symbols.get(type_, {}).values())
    plain = rf"(?:[^ ,;:()\"“”{private}]+|[{transparent}]) "
    passed = transparent + "".join(symbols.get("criterion", {}).values())
    wide = rf"(?:[^ ;{private}]+|[{passed}]) "
    parts: list[str] = []
    slots: dict[str, str] = {}
    branches: dict[str, list[_Branch]] = {}  # of each slot, where it stands
    branch: _Branch = ()
    brackets = 0
    needs: list[frozenset[str]] = []
    words = _Words()
    depth = position = 0
    while position < len(pattern):
        token = _PATTERN_TOKEN.match(pattern, position)
        if not token:
            raise ValueError(f"cannot be read from '{pattern[position:]}'")
        position = token.end()
        if token["space"]:
            continue
        words.read(token, depth, optional=pattern[position : position + 1] == "?")
        if token["type"]:
            chars = _symbol_class(token["type"], token["values"], symbols)
            slot = token["slot"] or token["type"]
            optional = pattern[position : position + 1] == "?"
            others = branches.setdefault(slot, [])
            if not all(_excludes(branch, other) for other in others):
                raise ValueError(f"slot '{slot}' occurs twice; name one of them, as in {{other={slot}}}")
            others.append(branch)
            group = slot if len(others) == 1 else f"{slot}__{len(others)}"
            slots[group] = slot
            parts.append(f"(?:(?P<{group}>[{chars}]) )")
            if depth == 0 and not optional:
                needs.append(frozenset(chars))
        elif token["wide"]:
            parts.append(f"(?:{wide}){{0,{token['wide_n'] or 8}}}?")
        elif token["gap"]:
            parts.append(f"(?:{plain}){{0,{token['gap_n'] or 5}}}?")
        elif token["any"]:
            parts.append(rf"(?:[^ ;]+ ){{0,{token['any_n']}}}?")
        elif token["sign"]:
            sign = token["sign"]
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if depth < 0:
                raise ValueError("a bracket is closed that was never opened")
            if sign == "(":
                brackets += 1
                branch = (*branch, (brackets, 0))
            elif sign == ")":
                branch = branch[:-1]
            elif sign == "|":
                if not branch:
                    raise ValueError("'|' stands outside brackets; write ( a | b )")
                branch = (*branch[:-1], (branch[-1][0], branch[-1][1] + 1))
            parts.append({"(": "(?:", "^": "^", "$": "$"}.get(sign, sign))
        else:
            parts.append(f"(?:{re.escape(_folded(token))} )")
    if depth:
        raise ValueError("a bracket is not closed")
    return Compiled("(?<![^ ])" + "".join(parts), tuple(needs), tuple(words.needed), slots)


# The way to a place of a pattern: each bracket that is open there, by its number, and which alternative of it.
_Branch = tuple[tuple[int, int], ...]


def _excludes(one: _Branch, other: _Branch) -> bool:
    """Do two places stand in different alternatives of one bracket, so that never both match?"""
    at = next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), None)
    return at is not None and one[at][0] == other[at][0]


def _folded(token: re.Match[str]) -> str:
    """The word of a token as it stands in skeletons; of a compound ('thành_lập') each syllable is folded by itself."""
    return token["mark"] or "_".join(map(fold_word, token["word"].split("_")))


class _Words:
    """The words without one of which a pattern cannot match: those outside brackets, and of brackets' branches."""

    def __init__(self) -> None:
        self.needed: list[frozenset[str]] = []
        self._branch: set[str] | None = None  # first words of the branches read so far; None: one begins otherwise
        self._begins = False

    def read(self, token: re.Match[str], depth: int, *, optional: bool) -> None:
        sign = token["sign"]
        word = token["mark"] or token["word"]
        if sign == "(" and depth == 0:
            self._branch, self._begins = set(), True
        elif sign == ")" and depth == 1:
            if self._branch and not optional and not self._begins:
                self.needed.append(frozenset(self._branch))
        elif sign == "|" and depth == 1:
            self._begins = True
        elif sign == "?":
            return
        elif depth == 0 and word and not optional:
            self.needed.append(frozenset((_folded(token),)))
        elif depth and self._begins:
            if word and not optional and depth == 1 and self._branch is not None:
                self._branch.add(_folded(token))
            else:
                self._branch = None
            self._begins = False


def _symbol_class(type_: str, values: str | None, symbols: Mapping[str, Mapping[str, str]]) -> str:
    types = SUBJECT_TYPES if type_ == "subject" else (type_,)
    unknown = [name for name in types if name not in symbols]
    if unknown:
        raise ValueError(f"type '{type_}' is unknown; known are subject, {', '.join(sorted(symbols))}")
    if values is None:
        return "".join(char for name in types for char in symbols[name].values())
    chars = ""
    for value in values.split("|"):
        found = [symbols[name][value] for name in types if value in symbols[name]]
        if not found:
            known = sorted({known for name in types for known in symbols[name]})
            raise ValueError(f"value '{value}' of '{type_}' is unknown; known are {', '.join(known)}")
        chars += "".join(found)
    return chars
