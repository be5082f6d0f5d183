"""A rule's first draft from a sentence, and the test of one rule."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ntm_extract.authoring.wording import said
from ntm_extract.errors import InputError
from ntm_extract.facts import Extractor
from ntm_extract.match import Item, Sentence, SentenceReader
from ntm_extract.match.reader import hits_of
from ntm_extract.messages import Lang
from ntm_extract.model import Article
from ntm_extract.orthography import without_marks
from ntm_extract.patterns import PASSED_OVER, SUBJECT_TYPES, TRANSPARENT, PatternSet, compile_pattern, patterns_folder
from ntm_extract.proof import CLOSE, OPEN, SLOTS, Marked, iter_faults, parse_marked, read_sentences, reader_of

# Mentions a rule begins and ends with when the writer marks nothing.
_CORE = (*SUBJECT_TYPES, "reach", "standard", "criteria", "quantity", "criterion", "number")
_LITERAL_WORDS = 2
# Words that a pattern can name; signs that only the wide gap passes over.
_PLAIN_WORD = re.compile(r"[^\W_]+(?:[-./]\w+)*")
_MARK = re.compile(r"[^\w\s]")


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule as it was written into ``path``: its id, its pattern, its YAML."""

    id: str
    pattern: str
    yaml: str
    path: Path


def copy_patterns(to: Path) -> None:
    """A copy of the shipped patterns that may be changed. Raises ``InputError`` if ``to`` is there already."""
    if to.exists():
        raise InputError("is there already", where=to, mend="give the name of a new folder")
    shutil.copytree(patterns_folder(), to)


def new(
    patterns: PatternSet,
    topic: str,
    surface: str,
    *,
    counterexamples: Sequence[str] = (),
    name: str | None = None,
    before: str | None = None,
    reader: SentenceReader | None = None,
) -> Draft:
    """Write the draft of a rule for a sentence into the topic's file.

    What the rule shall match may be marked with ⟦ ⟧; if nothing is, it goes from the first mention to the last.
    ``name`` is 'what.variant'; ``before`` is the id of a rule of the topic that shall come after it; ``reader``
    reads with the same vocabularies, if there is one already. Without
    ``counterexamples`` the file does not load until one is written.

    Raises
    ------
    InputError
        if the topic or the rule is unknown, the marks do not pair, or the sentence holds nothing that the
        vocabularies know.
    """
    path = _file_of(patterns, topic)
    marked = parse_marked(surface)
    if marked is None:
        raise InputError("⟦ and ⟧ do not pair", where=surface, mend="mark one stretch of the sentence")
    sentence, items = _stretch(marked, reader or reader_of(patterns), surface)
    pattern = _guess(items, marked.text, _slots_of(patterns, topic))
    span = (items[0].start, items[-1].end)
    example = marked.text[: span[0]] + OPEN + marked.text[span[0] : span[1]] + CLOSE + marked.text[span[1] :]
    rule_id = _id(patterns, topic, name, pattern)
    fact = Counter(rule.fact for rule in patterns.topic(topic) if rule.fact != "none").most_common(1)[0][0]
    draft = Draft(rule_id, pattern, _yaml(rule_id, fact, pattern, example, counterexamples), path)
    _check(draft, sentence, patterns)
    _insert(draft, before)
    return draft


def _file_of(patterns: PatternSet, topic: str) -> Path:
    if not patterns.topic(topic):
        known = ", ".join(sorted({rule.topic for rule in patterns.rules}))
        raise InputError("no such topic", where=topic, mend=f"choose among {known}")
    if "_shipped" in patterns.folder.parts:
        raise InputError(
            "belongs to the installed package", where=patterns.folder,
            mend="make a copy with 'patterns copy FOLDER' and give it with --patterns FOLDER",
        )  # fmt: skip
    for path in sorted((patterns.folder / "rules").glob("*.yml")):
        if re.search(rf"^topic:\s*{re.escape(topic)}\s*$", path.read_text("utf-8"), re.MULTILINE):
            return path
    raise InputError(f"no file of {patterns.folder}/rules holds it", where=topic, mend="restore the file")


def _stretch(marked: Marked, reader: SentenceReader, surface: str) -> tuple[Sentence, list[Item]]:
    """The items that are marked, or all from the first core mention to the last, in the sentence that has most."""
    best: tuple[Sentence, list[Item]] | None = None
    for sentence in read_sentences(marked.text, reader):
        if marked.spans:
            start, end = marked.spans[0]
            inside = [item for item in sentence.items if item.start < end and start < item.end]
        else:
            core = [at for at, item in enumerate(sentence.items) if item.type in _CORE]
            first = core[0] if core else 0
            if len(core) == 1:  # a mention alone says nothing: the words before it are what the rule is about
                while first > max(0, core[0] - _LITERAL_WORDS) and sentence.items[first - 1].type == "word":
                    first -= 1
            inside = sentence.items[first : core[-1] + 1] if core else []
        inside = _without_signs(inside, marked.text)
        if inside and (best is None or len(inside) > len(best[1])):
            best = sentence, inside
    if best is None or all(item.type == "word" for item in best[1]):
        raise InputError(
            "no mention in it that the vocabularies know", where=surface,
            mend="add its words to patterns/vocabulary first, or mark more of the sentence",
        )  # fmt: skip
    return best


def _without_signs(items: list[Item], text: str) -> list[Item]:
    """From the first mention or plain word to the last; a pattern cannot begin or end with a sign."""
    good = [
        at
        for at, item in enumerate(items)
        if (_PLAIN_WORD.fullmatch(text[item.start : item.end]) if item.type == "word" else item.type not in TRANSPARENT)
    ]
    return items[good[0] : good[-1] + 1] if good else []


def _guess(items: Sequence[Item], text: str, slots: Mapping[tuple[str, str], str]) -> str:
    """Mentions by type, one or two words between as they are, more as a gap."""
    parts: list[str] = []
    run: list[Item] = []
    used: Counter[str] = Counter()
    for item in items:
        if item.type == "word" or item.type in TRANSPARENT:
            run.append(item)
            continue
        parts += _between(run, text, inside=bool(parts))
        run = []
        parts.append(_mention(item, slots, used))
    return " ".join([*parts, *_between(run, text, inside=False)])


def _mention(item: Item, slots: Mapping[tuple[str, str], str], used: Counter[str]) -> str:
    """The mention with its type, under the slot that the topic's other rules give it; no slot comes twice."""
    type_ = "subject" if item.type in SUBJECT_TYPES else item.type
    slot = slots.get((item.type, item.value), type_)
    value = f":{item.value}" if item.type == "reach" or slot != type_ else ""
    used[slot] += 1
    if used[slot] > 1:
        slot += f"_{'abcdefgh'[min(used[slot], 8) - 1]}"
    return f"{{{type_}{value}}}" if slot == type_ else f"{{{slot}={type_}{value}}}"


_SLOT = re.compile(r"\{(?P<slot>[a-z_]+)=(?P<type>[a-z_]+):(?P<values>[^}]+)\}")


def _slots_of(patterns: PatternSet, topic: str) -> dict[tuple[str, str], str]:
    """Under which slot the rules of a topic keep a mention of a type and value, where it is not the type's own.

    What a rule only passes over says nothing of the next rule.
    """
    found: Counter[tuple[tuple[str, str], str]] = Counter()
    for rule in patterns.topic(topic):
        for match in _SLOT.finditer(rule.pattern):
            if match["slot"] in PASSED_OVER:
                continue
            found.update(((match["type"], value), match["slot"]) for value in match["values"].split("|"))
    names: dict[tuple[str, str], str] = {}
    for (key, slot), _ in found.most_common():
        names.setdefault(key, slot)
    return names


def _between(run: Sequence[Item], text: str, *, inside: bool) -> list[str]:
    """What stands between two mentions, or before the first and behind the last."""
    if not run:
        return []
    words = [text[item.start : item.end].lower() for item in run]
    plain = all(item.type == "word" and _PLAIN_WORD.fullmatch(word) for item, word in zip(run, words, strict=True))
    if not inside or (plain and len(run) <= _LITERAL_WORDS):
        return [re.sub(r"([()|?~*^$])", r"\\\1", word) for word in words]
    marks = any(item.type == "word" and _MARK.search(word) for item, word in zip(run, words, strict=True))
    return [f"{'~~' if marks else '~'}{len(run) + 1}"]


def _id(patterns: PatternSet, topic: str, name: str | None, pattern: str) -> str:
    used = {rule.id for rule in patterns.rules}
    if name is not None:
        if not re.fullmatch(r"[a-z0-9-]+\.[a-z0-9-]+", name):
            raise InputError(
                "is no name of a rule", where=name, mend="write what.variant in small letters, digits and '-'"
            )
        if f"{topic}.{name}" in used:
            raise InputError("is the id of another rule", where=f"{topic}.{name}", mend="choose another name")
        return f"{topic}.{name}"
    words = re.findall(r"\w+", re.sub(r"\{[^}]*\}|~+\d*", "", pattern))[:_LITERAL_WORDS]
    what = "-".join(re.sub(r"[^a-z0-9]", "", without_marks(word)) for word in words).strip("-") or "new"
    number = next(at for at in range(1, len(used) + 2) if f"{topic}.{what}.{at}" not in used)
    return f"{topic}.{what}.{number}"


def _yaml(rule_id: str, fact: str, pattern: str, example: str, counterexamples: Sequence[str]) -> str:
    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    others = ", ".join(map(quoted, counterexamples))
    note = "" if counterexamples else "  # câu gần giống mà luật không được khớp: viết ít nhất một"
    return (
        f"- id: {rule_id}\n  fact: {fact}\n  pattern: {quoted(pattern)}\n"
        f"  examples: [{quoted(example)}]\n  counterexamples: [{others}]{note}\n"
    )


def _check(draft: Draft, sentence: Sentence, patterns: PatternSet) -> None:
    """The draft must match the sentence it comes from, and hold what facts of its topic are made of."""
    source, _, _, slots = compile_pattern(draft.pattern, patterns.symbols)
    topic = draft.id.split(".")[0]
    needs = SLOTS.get(topic, slots)
    if not set(needs) & set(slots):
        raise InputError(
            f"its draft '{draft.pattern}' holds nothing that {topic} are about ({', '.join(needs)})", where=draft.id,
            mend="choose another topic, or mark more of the sentence",
        )  # fmt: skip
    if re.search(source, sentence.skeleton) is None:
        raise InputError(
            f"its draft '{draft.pattern}' does not match it", where=draft.id, mend="mark a shorter stretch with ⟦ ⟧"
        )


def _insert(draft: Draft, before: str | None) -> None:
    text = draft.path.read_text("utf-8")
    if before is None:
        draft.path.write_text(text.rstrip("\n") + "\n" + draft.yaml, encoding="utf-8")
        return
    place = re.search(rf"^- id:\s*{re.escape(before)}\s*$", text, re.MULTILINE)
    if place is None:
        raise InputError(f"no such rule in {draft.path.name}", where=before, mend="give the id of a rule of the topic")
    draft.path.write_text(text[: place.start()] + draft.yaml + text[place.start() :], encoding="utf-8")


# ------------------------------------------------------------------ trial


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a rule's test. ``examples`` pairs each example with the facts that it yields and their rules."""

    id: str
    faults: tuple[str, ...]
    examples: tuple[tuple[str, tuple[str, ...]], ...]


def trial(patterns: PatternSet, rule_id: str, lang: Lang = "en") -> Trial:
    """Prove one rule, see that it matches no counterexample of its topic, and show what its examples yield.

    Raises ``InputError`` if there is no such rule.
    """
    rule = next((rule for rule in patterns.rules if rule.id == rule_id), None)
    if rule is None:
        near = [other.id for other in patterns.rules if other.id.split(".")[0] == rule_id.split(".")[0]]
        raise InputError("no such rule", where=rule_id, mend=f"choose among {', '.join(near) or 'patterns/rules'}")
    reader, extractor = reader_of(patterns), Extractor(patterns)
    faults = list(iter_faults(rule, patterns, reader))
    for other in patterns.topic(rule.topic):
        for sentence in other.counterexamples if other.id != rule.id else ():
            if any(next(hits_of(rule, row), None) for row in read_sentences(sentence, reader)):
                faults.append(
                    f"rule {rule.id}: matches '{sentence}', a counterexample of {other.id}; narrow the pattern"
                )
    examples: list[tuple[str, tuple[str, ...]]] = []
    for example in rule.examples:
        marked = parse_marked(example)
        if marked is not None:
            record = extractor.extract(Article(id="test", source="test", text=marked.text))
            lines = tuple(f"{fact.line}  [{fact.rule}]" for fact in said(record, lang))
            examples.append((example, lines))
    return Trial(rule.id, tuple(faults), tuple(examples))
