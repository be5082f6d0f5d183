"""From a Doc to sentences of items, and from rules to hits."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ntm_extract.annotate import iter_sentences, split_syllables
from ntm_extract.match.finder import NameFinder
from ntm_extract.match.names import Names, PersonName, UnitName
from ntm_extract.match.phrases import PhraseTree
from ntm_extract.match.tokens import Tokens, is_capital
from ntm_extract.model import Article, Level
from ntm_extract.orthography import fold_text
from ntm_extract.patterns import PatternSet, Rule
from ntm_extract.units import Gazetteer
from ntm_extract.values import Number, TimeMention, iter_numbers, iter_times, parse_number

if TYPE_CHECKING:  # who only extracts does not wait for spaCy
    from spacy.tokens import Doc

# Of two readings of the same words the longer wins; of equal length the one named first here.
_PRIORITY = {
    type_: rank
    for rank, type_ in enumerate(
        (
            "compound",
            "organ",
            "reach",
            "standard",
            "level",
            "role",
            "act",
            "mood",
            "hedge",
            "negation",
            "list",
            "speech",
            "criterion",
            "measure",
        )
    )
}
_SKIPPED = {
    "unit_cue",
    "surname",
    "honorific",
    "named_thing",
    "indicator_total",
    "table_column",
    "role_word",
    "lead_word",
}
_PLURAL = {
    fold_text(word)
    for word in ("các", "những", "nhiều", "mọi", "mỗi", "tất cả", "số", "một số", "từng", "nhóm", "đa số", "hầu hết")
}
_LEVEL_WORD = fold_text("cấp")
_CRITERIA = re.compile(
    r"[^\S\n]*(?P<noun>(?:nội dung\s+)?(?:bộ\s+)?(?:tiêu chí|tiêu chi|TC|tiểu tiêu chí)|(?:chỉ tiêu|chỉ tiểu))\b"
    r"(?P<per>\s*(?:/|trên|mỗi)\s*(?:0?1\s*)?xã)?",
    re.I,
)
_NOUN = r"(?:xã|huyện|thôn|xóm|ấp|bản|phường|đơn vị|tiêu chí|chỉ tiêu)"
_TOTAL = rf"(?P<total>\d[\d.]*)\s*(?={_NOUN})"
_OF_TOTAL = re.compile(rf"[^\S\n]*{_NOUN}?\s*/\s*{_TOTAL}")
_OUT_OF = re.compile(rf"[^\S\n]*{_NOUN}?\s*(?:(?:trong|/)\s*(?:tổng\s+)?(?:số\s+)?|trên\s+(?:tổng\s+số\s+)?){_TOTAL}")
_SHARE_OF = re.compile(r"[^\S\n]*(?:tổng\s+)?(?:số\s+|các\s+)?", re.I)


@dataclass(slots=True)
class Item:
    """A mention, or one plain word; ``type`` is 'word' for the latter. Offsets are half-open, in characters."""

    type: str
    value: str
    start: int
    end: int
    data: Any = None
    number: Number | None = None
    plural: bool = False
    place: UnitName | None = None  # the unit that an organ or a role belongs to


@dataclass(slots=True)
class Sentence:
    """Items of one sentence, its skeleton, and where each item begins in the skeleton."""

    start: int
    end: int
    kind: str
    items: list[Item]
    skeleton: str
    offsets: list[int]
    symbols: frozenset[str]
    line: int
    breaks: list[int]  # indices of ';'
    places: dict[str, list[int]]  # indices of the mentions, by their type
    met: int  # what rules need that is in it, a bit each

    def mentions(self, type_: str) -> list[Item]:
        """Mentions of a type, in order."""
        return [self.items[at] for at in self.places.get(type_, ())]

    def item_at(self, offset: int) -> int:
        """Index of the item that begins at this place of the skeleton."""
        return bisect_left(self.offsets, offset)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fired: items by slot, and the items it covers (half-open)."""

    rule: Rule
    slots: dict[str, int]
    first: int
    last: int


@dataclass(slots=True)
class Reading:
    """All that was read of one article before facts are made."""

    article: Article
    tokens: Tokens
    names: Names
    sentences: list[Sentence]
    anchor: dt.date | None
    year: int | None
    times: list[TimeMention] = field(default_factory=list)
    vocabulary: dict[int, list[tuple[int, str, str]]] = field(default_factory=dict)


# Rules of a topic by one need of theirs, a bit; each with its place in the files and all its needs.
_Topic = dict[int, list[tuple[int, int, Rule]]]
_NO_TOPIC: _Topic = {}
_by_order = itemgetter(0)


class SentenceReader:
    """Compiles a PatternSet once; reads one article after the other."""

    def __init__(self, patterns: PatternSet, gazetteer: Gazetteer) -> None:
        self.patterns = patterns
        self._bits: dict[str, int] = {}
        self._needs: dict[str, int] = {}
        self._topics: dict[str, _Topic] = {}
        self._number_needs()
        self.switch_off(())
        self._gazetteer = gazetteer
        self._names = NameFinder(patterns, gazetteer)
        self._symbols = patterns.symbols
        self._phrases = PhraseTree()
        entries = [entry for entry in patterns.entries if entry.type not in _SKIPPED]
        for entry in sorted(entries, key=lambda entry: _PRIORITY.get(entry.type, len(_PRIORITY))):
            for form in entry.forms:
                self._phrases.add(fold_text(form).split(), (entry.type, entry.value))

    def switch_off(self, ids: Collection[str]) -> None:
        """Try all rules but these from now on: what a rule is good for shows without it."""
        self._topics = {}
        for order, rule in enumerate(self.patterns.rules):
            if rule.id not in ids:
                needs = self._needs[rule.id]
                self._topics.setdefault(rule.topic, {}).setdefault(needs & -needs, []).append((order, needs, rule))

    def _number_needs(self) -> None:
        """One bit for each group of symbols that a rule needs: whether it can fire is one comparison."""
        bits: dict[frozenset[str], int] = {}
        for rule in self.patterns.rules:
            needs = 0
            for group in (*rule.needs, *rule.words):
                needs |= bits.setdefault(group, 1 << len(bits))
            self._needs[rule.id] = needs
        for group, bit in bits.items():
            for symbol in group:
                self._bits[symbol] = self._bits.get(symbol, 0) | bit

    # ------------------------------------------------------------ reading

    def read(self, article: Article, doc: Doc | None = None) -> Reading:
        """Sentences of items of one article."""
        text = article.text
        tokens = Tokens.over(text, split_syllables(text)) if doc is None else Tokens.of(doc)
        vocabulary = self._phrases.find(tokens.norms)
        blocked = [False] * len(tokens)
        for index, hits in vocabulary.items():
            for last, type_, _ in hits:
                if type_ == "standard" and not self._is_commune(tokens.words[index:last]):
                    for at in range(index, last):
                        blocked[at] = True
        names_off = [False] * len(tokens)
        for block in article.blocks:
            if block.kind in ("byline", "dateline"):
                for at in range(tokens.first_from(block.start), tokens.at(block.end - 1) + 1):
                    names_off[at] = True
        anchor = article.published or _day_of_minutes(article.text)
        year = anchor.year if anchor else _year_of(article)
        anchor = anchor or (dt.date(year, 7, 2) if year else None)
        names = self._names.find(
            tokens, blocked=blocked, names_off=names_off, on=anchor,
            home_district=article.home_district, home_province=article.home_province,
        )  # fmt: skip
        numbers = {tokens.first_from(number.start): number for number in iter_numbers(text)}
        times = list(iter_times(text, anchor))
        time_at = {tokens.first_from(time.start): time for time in times}
        units: dict[int, list[UnitName]] = {}
        for unit in names.units:
            units.setdefault(unit.first, []).append(unit)
        persons: dict[int, PersonName] = {}
        for person in names.persons:
            first = person.first
            if person.role_first is not None and person.role_first < first:
                first = person.role_first
            persons[first] = person
        kinds = {block.start: block.kind for block in article.blocks}
        sentences: list[Sentence] = []
        city: Level = "province" if self._is_city(names.home_province, anchor) else "district"
        composer = _Composer(tokens, vocabulary, names, units, persons, numbers, time_at, city)
        line = 0
        line_start = -1
        for start, end in iter_sentences(text):
            new_start = text.rfind("\n", 0, start) + 1
            if new_start != line_start:
                line, line_start = line + 1, new_start
            kind = kinds.get(line_start, "paragraph")
            items = composer.items(tokens.first_from(start), tokens.at(end - 1) + 1)
            sentences.append(self._sentence(start, end, kind, items, line))
        return Reading(article, tokens, names, sentences, anchor, year, times, vocabulary)

    def _is_commune(self, words: Sequence[str]) -> bool:
        """'Ba Sao', written as a name and known as one, is not 'ba sao'."""
        return all(map(is_capital, words)) and self._gazetteer.prefix(words, frozenset({"commune"})) == len(words)

    def _is_city(self, province: str | None, on: dt.date | None) -> bool:
        """Is a province one of the cities directly under the centre, 'thành phố' in its own articles?"""
        return province is not None and self._gazetteer.level_of("thành phố", province, on) == "province"

    def _sentence(self, start: int, end: int, kind: str, items: list[Item], line: int) -> Sentence:
        parts = [item.value for item in items]
        places: dict[str, list[int]] = {}
        for at, item in enumerate(items):
            if item.type != "word":
                parts[at] = self._symbols[item.type][item.value]
                places.setdefault(item.type, []).append(at)
        symbols = frozenset(parts[at] for ats in places.values() for at in ats)
        skeleton = " ".join(parts) + " "
        offsets = list(accumulate([len(part) + 1 for part in parts], initial=0))[:-1]
        breaks = [at for at, part in enumerate(parts) if part == ";"]
        met = 0
        bits = self._bits
        for part in bits.keys() & parts:
            met |= bits[part]
        return Sentence(start, end, kind, items, skeleton, offsets, symbols, line, breaks, places, met)

    # ------------------------------------------------------------ rules

    def hits(self, sentence: Sentence, topic: str) -> Iterator[Hit]:
        """Rules of a topic that fire on a sentence, in the order of the file."""
        met = sentence.met
        able = [
            row
            for bit, rows in self._topics.get(topic, _NO_TOPIC).items()
            if bit & met == bit
            for row in rows
            if row[1] & met == row[1]
        ]
        if len(able) > 1:
            able.sort(key=_by_order)
        skeleton = sentence.skeleton
        for _, _, rule in able:
            if (match := rule.regex.search(skeleton)) is not None:
                yield from _hits_from(rule, sentence, match)


def hits_of(rule: Rule, sentence: Sentence) -> Iterator[Hit]:
    """Where a rule matches; later matches may begin inside earlier ones only behind their first mention."""
    return _hits_from(rule, sentence, rule.regex.search(sentence.skeleton))


def _hits_from(rule: Rule, sentence: Sentence, match: re.Match[str] | None) -> Iterator[Hit]:
    while match is not None:
        slots = {slot: sentence.item_at(match.start(name)) for name, slot in rule.slots.items() if match.group(name)}
        first, last = sentence.item_at(match.start()), sentence.item_at(match.end())
        yield Hit(rule, slots, first, last)
        anchor = max((sentence.offsets[at] for at in slots.values()), default=match.start())
        match = rule.regex.search(sentence.skeleton, max(match.start() + 1, anchor))


# ---------------------------------------------------------------- composing items


class _Composer:
    """Left to right over the tokens: at each, the longest thing that is known to begin there."""

    def __init__(
        self,
        tokens: Tokens,
        vocabulary: dict[int, list[tuple[int, str, str]]],
        names: Names,
        units: dict[int, list[UnitName]],
        persons: dict[int, PersonName],
        numbers: dict[int, Number],
        times: dict[int, TimeMention],
        city: Level,
    ) -> None:
        self._city = city  # what 'thành phố' alone is
        self._tokens = tokens
        self._vocabulary = vocabulary
        self._names = names
        self._units = units
        self._persons = persons
        self._numbers = numbers
        self._times = times
        self._solid = units.keys() | persons.keys() | times.keys()  # no phrase reaches over where one begins
        bare = [at for at, word in enumerate(tokens.words) if "/" in word]
        bare += [row[0].last for row in units.values() if tokens.words[row[0].last : row[0].last + 1]]
        self._starts = {*self._solid, *numbers, *vocabulary, *bare}

    def items(self, first: int, last: int) -> list[Item]:
        """Items over the tokens first … last; white space and the quotation marks around a standard are left out."""
        tokens, starts = self._tokens, self._starts
        items: list[Item] = []
        at = first
        while at < last:
            if at in starts:
                item, at = self._item(at, last, items)
                if item.type == "class" and (counted := _counted_in_bracket(items, item)) is not None:
                    items[-4:] = [counted]
                    continue
                if item.type == "standard" and items and items[-1].value in _QUOTES:
                    items.pop()  # 'đạt tiêu chuẩn “đô thị văn minh”'
                    at += at < last and tokens.words[at] in _QUOTES
                items.append(item)
                continue
            if not tokens.words[at].isspace():
                items.append(Item("word", tokens.norms[at], tokens.starts[at], tokens.ends[at]))
            at += 1
        return items

    def _item(self, at: int, last: int, before: Sequence[Item]) -> tuple[Item, int]:
        tokens = self._tokens
        if at in self._persons:
            return self._person(at)
        if at in self._times:
            time = self._times[at]
            return Item("time", time.kind, time.start, time.end, time), max(at + 1, tokens.at(time.end - 1) + 1)
        if at in self._numbers:
            digits = max(at, tokens.first_from(self._numbers[at].unit_start) - 1)
            for first in (at, digits):  # '3 sao', 'từ 3 sao trở lên' is a standard, not a number
                named = self._hit(first, "standard")
                if named and named[0] <= last:
                    return Item("standard", named[2], tokens.starts[at], tokens.ends[named[0] - 1]), named[0]
            return self._number(at, last)
        bare = self._bare_number(at, before)
        if bare is not None:
            return bare, at + 1
        if at in self._units and not (self._hit(at, "organ") and self._units[at][0].name_first == at):
            return self._unit(at, last)
        for end, type_, value in self._vocabulary.get(at, ()):
            if end > last or type_ == "measure":
                continue
            if not self._solid.isdisjoint(range(at + 1, end)):
                continue
            if type_ == "level" and self._as_criterion(at, end, before):
                continue
            if type_ == "organ":
                return self._organ(at, (end, type_, value), last)
            if type_ == "compound":
                return self._compound(at, end)
            if type_ == "role":
                return self._role(at, end, last)
            if type_ == "act" and self._is_adjective(at, end, before):
                return Item("standard", "ntm_advanced", tokens.starts[at], tokens.ends[end - 1]), end
            if type_ == "level":
                return self._class(at, end, value, before)
            return Item(type_, value, tokens.starts[at], tokens.ends[end - 1]), end
        return Item("word", tokens.norms[at], tokens.starts[at], tokens.ends[at]), at + 1

    def _as_criterion(self, at: int, end: int, before: Sequence[Item]) -> bool:
        """'tiêu chí trường học': the criterion, not the schools."""
        if not any(hit[1] == "criterion" and hit[0] == end for hit in self._vocabulary.get(at, ())):
            return False
        near = any(
            item.type == "criteria" or (item.type == "word" and item.value == _CRITERION_WORD) for item in before[-12:]
        )
        return near or self._called_criterion(end)

    def _called_criterion(self, at: int) -> bool:
        """'hộ nghèo là tiêu chí khó nhất', 'trường học và chợ là hai tiêu chí …': what it is is said behind it."""
        norms = self._tokens.norms
        behind = norms[at : at + _CALLED_WITHIN]
        copula = next((index for index, norm in enumerate(behind) if norm == _IS or norm in _CLAUSE_ENDS), None)
        if copula is None or behind[copula] != _IS:
            return False
        return _CRITERION_WORD in behind[copula + 1 : copula + 5]

    def _stands_alone(self, end: int, last: int) -> bool:
        """Does no noun follow: 'cả hai đều …', 'của cả ba.'?"""
        return end >= last or self._tokens.norms[end] in _BEHIND_ALL

    def _adds(self, at: int) -> bool:
        return at > 0 and self._tokens.norms[at - 1] in _ADDING

    def _bare_number(self, at: int, before: Sequence[Item]) -> Item | None:
        """A number of criteria with no noun behind it: 'Đông Lỗ (13/19)', 'Đông Lỗ 15 tiêu chí, Thái Sơn 14.'."""
        tokens = self._tokens
        word = tokens.words[at]
        fraction = _FRACTION.fullmatch(word) is not None
        behind_name = bool(before) and before[-1].type == "unit" and _FEW.fullmatch(word) is not None
        if not fraction and not (behind_name and self._counts_nothing(at + 1)):
            return None
        number = parse_number(f"{word} tiêu chí")
        if number is None or (fraction and number.total is None):
            return None
        start, end = tokens.starts[at], tokens.ends[at]
        kind = "number" if number.total is None else "fraction"
        return Item("number", kind, start, end, None, replace(number, start=start, end=end, unit_start=end))

    def _counts_nothing(self, at: int) -> bool:
        return at >= len(self._tokens) or self._tokens.norms[at] in _BEHIND_BARE

    def _is_adjective(self, at: int, end: int, before: Sequence[Item]) -> bool:
        """'đăng ký nâng cao năm nay', 'NTM, nâng cao và kiểu mẫu': the standard, not the verb with its object."""
        tokens = self._tokens
        if tuple(tokens.norms[at:end]) != _ADVANCED or not before:
            return False
        behind = tokens.norms[end] if end < len(tokens) else "."
        if behind.isalpha() and behind not in _BEHIND_ADJECTIVE:
            return False
        last = before[-1]
        if last.type == "word" and last.value in _JOINING and len(before) > 1:
            return before[-2].type == "standard"
        return (
            last.type in ("standard", "count", "criteria")
            or (last.type == "reach" and (last.value == "finish" or (before[-2:-1] and before[-2].type == "negation")))
            or (last.type == "mood" and last.value == "pledge")
            or last.value in _LEADING
        )

    def _hit(self, at: int, type_: str) -> tuple[int, str, str] | None:
        for hit in self._vocabulary.get(at, ()):
            if hit[1] == type_:
                return hit
        return None

    def _level(self, at: int) -> tuple[int, str, str] | None:
        """The noun of units; of '10 xã và thị trấn Tân An' it is 'xã': the town is named."""
        hits = (hit for hit in self._vocabulary.get(at, ()) if hit[1] == "level")
        return next((hit for hit in hits if self._solid.isdisjoint(range(at + 1, hit[0]))), None)

    def _role(self, at: int, end: int, last: int) -> tuple[Item, int]:
        """A role without a name: 'Chủ tịch UBND huyện'; what organ and unit it belongs to is part of it."""
        place: UnitName | None = None
        while end < last:
            organ = self._hit(end, "organ")
            level = self._hit(end, "level")
            if end in self._units:
                place = self._units[end][0]
                end = place.last
                break
            if organ:
                item, end = self._organ(end, organ, last)
                place = item.place
                break
            if level and level[2] in ("province", "district", "commune", "village"):
                end = level[0]
                break
            if self._tokens.norms[end] not in _ORGAN_WORDS:
                break
            end += 1
        return Item("person", "role", self._tokens.starts[at], self._tokens.ends[end - 1], place=place), end

    def _compound(self, at: int, end: int) -> tuple[Item, int]:
        """A compound is one plain word to the rules; its syllables stay apart by a low line."""
        tokens = self._tokens
        return Item("word", "_".join(tokens.norms[at:end]), tokens.starts[at], tokens.ends[end - 1]), end

    def _person(self, at: int) -> tuple[Item, int]:
        person = self._persons[at]
        end = person.last
        if person.role_last is not None and person.role_last > end:
            end = person.role_last
        tokens = self._tokens
        place = next((self._units[index][0] for index in range(at, end) if index in self._units), None)
        return Item("person", "name", tokens.starts[at], tokens.ends[end - 1], person, place=place), end

    def _organ(self, at: int, hit: tuple[int, str, str], last: int) -> tuple[Item, int]:
        """An organ's name with the unit or level that it belongs to."""
        tokens = self._tokens
        end, _, rank = hit
        place: UnitName | None = None
        while end < last:
            norm = tokens.norms[end]
            if end in self._units:
                place = self._units[end][0]
                rank = place.level if rank == "own" else rank
                end = place.last
                break
            nested = self._hit(end, "organ")
            level = self._hit(end, "level")
            if level and level[2] in ("province", "district", "commune", "village"):
                rank = level[2] if rank == "own" else rank
                end = level[0]
                break
            if nested and rank == "own":
                end, rank = nested[0], nested[2]
                continue
            if norm in ("các", "cac", "cấp") or norm in _ORGAN_WORDS:
                end += 1
                continue
            if tuple(tokens.norms[end : end + 2]) == _CITY:
                rank, end = self._city if rank == "own" else rank, end + 2
            break
        return Item("organ", self._organ_value(rank), tokens.starts[at], tokens.ends[end - 1], place=place), end

    @staticmethod
    def _organ_value(rank: str) -> str:
        return (
            rank
            if rank in ("central", "province", "district", "commune")
            else "commune"
            if rank == "village"
            else "own"
        )

    def _unit(self, at: int, last: int) -> tuple[Item, int]:
        """A unit and those of its level listed with it; contexts in brackets are passed over."""
        tokens = self._tokens
        first = self._units[at][0]
        group = [first]
        end = first.last
        while end < last:
            probe = end
            while (
                probe < last
                and (tokens.norms[probe] in _LIST_MARKS or tokens.words[probe].isspace())
                and probe - end < 3
            ):
                probe += 1
            other = self._units.get(probe, [None])[0]
            if other is not None and other.parenthesis and other.level != first.level:
                end = self._behind_bracket(other.last, last)
                continue
            if probe == end and end < last and tokens.words[end] == "(":
                other = self._units.get(end + 1, [None])[0]
                if other is None and (behind := self._behind_unknown(end, first.level, last)) > end:
                    end = behind
                    continue
                if other is None or RANK[other.level] >= RANK[first.level]:
                    break
                behind = self._behind_bracket(other.last, last)
                if tokens.words[behind - 1] != ")":
                    break
                end = behind
                continue
            if (
                other is None
                or probe >= last
                or other.level != first.level
                or "\n" in tokens.text[tokens.starts[at] : tokens.starts[probe]]
            ):
                break
            if probe == end + 1 and tokens.norms[end] in ("-", "–") and other.cue:
                break
            if ";" in tokens.words[end:probe] and tokens.words[end - 1] != ")" and group[-1].last == end:
                break  # 'xã A và xã B; xã C …': a new clause; behind a district the list goes on
            if tokens.words[end] == "," and self._closes_beside(at, group):
                break  # 'cùng với A, B và C, D là xã thứ tư': D is what the sentence is about
            if other.cue and self._is_listed(at) and self._acts(other.last):
                break  # 'có 2 xã nâng cao là A, B và xã C đạt …': who reads the claim knows whether C is of the list
            group.append(other)
            end = other.last
        return Item("unit", first.level, tokens.starts[at], tokens.ends[end - 1], group), end

    def _closes_beside(self, at: int, group: Sequence[UnitName]) -> bool:
        """Does a list that stands beside the sentence end with its last name, which 'và' joins?"""
        if len(group) < 2 or at < 2 or self._tokens.norms[at - 1] not in _BESIDE:
            return False
        between = self._tokens.norms[group[-2].last : group[-1].first]
        return _AND in between

    def _is_listed(self, at: int) -> bool:
        """Does a list begin here: 'là A', 'gồm: A'?"""
        before = at - 1
        while before > 0 and (self._tokens.words[before].isspace() or self._tokens.words[before] == ":"):
            before -= 1
        return before >= 0 and self._tokens.norms[before] in _LIST_OPENS

    def _acts(self, at: int) -> bool:
        """Does the verb of a claim stand here: 'đạt chuẩn', 'đã được công nhận', 'là xã nông thôn mới nâng cao'?"""
        while mood := self._hit(at, "mood"):
            at = mood[0]
        norms = self._tokens.norms
        is_one = at < len(norms) and norms[at] == _IS and self._hit(at + 1, "standard") is not None
        return is_one or self._hit(at, "reach") is not None

    def _behind_bracket(self, end: int, last: int) -> int:
        """Behind the bracket that holds a unit's district and province."""
        tokens = self._tokens
        while end < last and (tokens.words[end] in (",", "-", "–") or end in self._units):
            end = self._units[end][0].last if end in self._units else end + 1
        return end + 1 if end < last and tokens.words[end] == ")" else end

    def _behind_unknown(self, at: int, level: Level, last: int) -> int:
        """Behind a bracket with a name that is no unit's we know, or its former one, if the list goes on, else ``at``.

        'xã A (huyện misspelt); xã B (huyện X)', 'A (C cũ), B'.
        """
        tokens = self._tokens
        noun = self._hit(at + 1, "level")
        first = end = noun[0] if noun and noun[2] in RANK else at + 1
        while end < last and end - first < _LONGEST_PLACE and is_capital(tokens.words[end]) and end not in self._solid:
            end += 1
        if end > first and end < last and tokens.norms[end] == _FORMER:
            end += 1
        if end == first or end + 2 >= last or tokens.words[end] != ")" or tokens.norms[end + 1] not in _LIST_MARKS:
            return at
        behind = end + 2
        behind += behind + 1 < last and tokens.norms[behind] == _AND  # '…); và B'
        other = self._units.get(behind, [None])[0]
        return end + 1 if other is not None and other.level == level else at

    def _class(self, at: int, end: int, value: str, before: Sequence[Item]) -> tuple[Item, int]:
        tokens = self._tokens
        previous = before[-1].value if before and before[-1].type == "word" else ""
        item = Item("class", value if value in _SUBJECT_VALUES else "facility", tokens.starts[at], tokens.ends[end - 1])
        item.plural = previous in _PLURAL
        item.data = previous
        if "," in tokens.words[at:end] or previous == _LEVEL_WORD:
            item.plural = True
        return item, end

    def _number(self, at: int, last: int) -> tuple[Item, int]:
        tokens, text = self._tokens, self._tokens.text
        number = self._numbers[at]
        behind = tokens.first_from(number.unit_start)
        behind = max(behind, at + 1)
        # '52 xã/136 xã': the noun stands twice
        of_total = _OF_TOTAL.match(text, number.unit_start)
        start = number.start
        criteria = _CRITERIA.match(text, number.unit_start)
        if criteria and of_total:
            criteria = _CRITERIA.match(text, of_total.end()) or criteria
        out_of = (
            None if criteria or number.total is not None or number.percent else _OUT_OF.match(text, number.unit_start)
        )
        if out_of:  # '7 trong số 10 xã', '7 trong 19 tiêu chí'
            number = replace(number, total=float(out_of["total"].replace(".", "")))
            behind = tokens.first_from(out_of.end())
            criteria = _CRITERIA.match(text, out_of.end())
        if criteria:
            value = "indicator" if criteria["noun"].lower().startswith("chỉ") else "criterion"
            if number.ceiling:
                value = "criterion_under"
            elif number.total is not None:
                value += "_of"
            elif criteria["per"] and value == "criterion":
                value = "criterion_per"
            return Item("criteria", value, start, criteria.end(), criteria["per"], number), tokens.at(
                criteria.end() - 1
            ) + 1
        if of_total and number.total is not None:
            behind = max(behind, tokens.first_from(of_total.end()))
        if number.percent:
            share = _SHARE_OF.match(text, number.unit_start)
            behind = max(behind, tokens.first_from(share.end() if share else number.unit_start))
        probe = behind
        while probe < last and (tokens.norms[probe] in _BEFORE_NOUN or tokens.words[probe].isspace()):
            probe += 1
        named = probe if probe in self._units else at  # 'hai xã A và B': the name begins with its number
        if named in self._units and self._units[named][0].kind and not number.percent:
            unit_item, end = self._unit(named, last)
            unit_item.start = start
            unit_item.number = number
            return unit_item, end
        level = self._level(probe)
        if level and level[0] <= last and number.words and number.value == 1 and not self._adds(at):
            item, end = self._class(probe, level[0], level[2], ())
            item.start, item.plural = start, True  # 'một xã' is any commune; 'thêm một xã' is one more
            return item, end
        if level and level[0] <= last:
            value = level[2] if level[2] in _SUBJECT_VALUES else "facility"
            end = level[0]
            standard = self._hit(probe, "standard")
            if standard and end < standard[0] <= last:  # '3 xã nâng cao': the noun is shared
                self._vocabulary.setdefault(end, []).insert(0, (standard[0], "standard", standard[2]))
            return Item("count", value, start, tokens.ends[end - 1], None, number), end
        measure = self._hit(behind, "measure")
        if measure and not number.percent:
            return Item(
                "quantity",
                measure[2],
                start,
                tokens.ends[measure[0] - 1],
                tokens.text[tokens.starts[behind] : tokens.ends[measure[0] - 1]],
                number,
            ), measure[0]
        end = max(at + 1, tokens.at(number.end - 1) + 1)
        if number.words and at and tokens.norms[at - 1] == _WHOLE and self._stands_alone(end, last):
            return Item("count", "place", start, number.end, None, number), end  # 'cả hai đều đạt'
        kind = "percent" if number.percent else "fraction" if number.total is not None else "number"
        return Item("number", kind, start, number.end, None, number), end


def _counted_in_bracket(items: Sequence[Item], item: Item) -> Item | None:
    """'100% (41/41 xã) số xã': the number in the bracket, of the class behind it."""
    if len(items) < 4 or (items[-1].value, items[-3].value, items[-4].value) != (")", "(", "percent"):
        return None
    count = items[-2]
    return replace(count, start=items[-4].start) if (count.type, count.value) == ("count", item.value) else None


_QUOTES = frozenset("“”\"'")
_CITY = (fold_text("thành"), fold_text("phố"))
_WHOLE = fold_text("cả")
_IS = fold_text("là")
_CLAUSE_ENDS = {".", ";", "\n"}
_CALLED_WITHIN = 16  # tokens from a name of a list to the end of 'là hai tiêu chí'
_BEHIND_ALL = {
    fold_text(word)
    for word in ("đều", "cùng", "cũng", "đã", "chưa", "mới", "vẫn", "đang", "được", "còn", "là", ",", ".", ";", ")")
}
_ADDING = {fold_text(word) for word in ("thêm", "có", "được", "còn", "mới", "với", "chọn", "dựng")}
_BEHIND_BARE = frozenset({",", ";", ".", ")", fold_text("và")})
_FEW = re.compile(r"\d{1,2}")
_FRACTION = re.compile(r"\d{1,2}(?:,\d+)?/\d{1,3}")
_ADVANCED = tuple(fold_text("nâng cao").split())
_BEHIND_ADJECTIVE = {
    fold_text(word)
    for word in (
        "năm",
        "trong",
        "vào",
        "cho",
        "đến",
        "này",
        "còn",
        "và",
        "theo",
        "nay",
        "của",
        "trước",
        "là",
        "đạt",
        "ngay",
    )
}
_JOINING = {",", fold_text("và"), "/"}
_LEADING = {fold_text(word) for word in ("chí", "lên", "đích", "thành", "hiệu", "xong")}
_CRITERION_WORD = fold_text("chí")
RANK = {"province": 0, "district": 1, "commune": 2, "village": 3}
_SUBJECT_VALUES = {
    "province", "district", "commune", "village", "place", "residential_area", "garden", "household", "product",
    "cooperative", "school", "market", "road", "house",
}  # fmt: skip
_AND = fold_text("và")
_FORMER = fold_text("cũ")
_LONGEST_PLACE = 4  # syllables of a name in brackets
_BESIDE = {fold_text(word) for word in ("với", "sau", "ngoài", "cạnh")}
_LIST_OPENS = {fold_text(word) for word in ("là", "gồm")}
_LIST_MARKS = {",", ";", "-", "–"} | {fold_text(word) for word in ("và", "hay", "hoặc", "cùng")}
_BEFORE_NOUN = {fold_text(word) for word in ("đơn vị", "số", "các")}
_ORGAN_WORDS = {fold_text(word) for word in ("nhân", "dân", "và", "NTM", "cấp", "của", "UBND", "HĐND", "BCĐ")} - {
    fold_text("và")
}


# ---------------------------------------------------------------- the article's own year

_YEAR = re.compile(
    r"(?P<before>(?<!đến )(?<!tới )(?:so với|từ|trước|sau|kể từ|cuối|giai đoạn|nhiệm kỳ)\s+(?:cuối\s+|đầu\s+|hết\s+)?)?"
    r"(?:năm|tháng\s+\d{1,2}\s*[-/.])\s*(?P<year>(?:19|20)\d\d)(?!\s*[-–]\s*\d)",
    re.I,
)
_FULL_DATE = re.compile(r"(?<!\d)\d{1,2}\s*[/.-]\s*\d{1,2}\s*[/.-]\s*(?P<year>20\d\d)(?!\d)")


_REACHED_BY = re.compile(
    r"\bđến (?:hết |ngày |thời điểm )?(?:tháng )?(?:\d{1,2}\s*[/.-]\s*){1,2}(?P<year>20\d\d)(?!\d)\)?,?\s", re.I
)
_REACHED = re.compile(r"[^.;\n]{0,60}?\b(?:đã|đạt|có|còn|mới)\b", re.I)
_PLANNED = re.compile(
    r"\b(?:phấn đấu|mục tiêu|kế hoạch|dự kiến|sẽ|lộ trình|đăng ký|yêu cầu|chậm nhất|phải|cần|giao|từ nay|giai đoạn"
    r"|quyết tâm|thời hạn|hoàn thành)\b",
    re.I,
)


_HEAD_OF_MINUTES = 1200  # characters
_MINUTES_DAY = re.compile(
    r"^\W*(?:\d[.)]\s*)?(?:thời gian(?: họp| tổ chức)?\s*:|hôm nay\b)[^\n]{0,60}?\bngày\s+"
    r"(?P<day>\d{1,2})\s*(?:[/.-]|tháng)\s*(?P<month>\d{1,2})\s*(?:[/.-]|năm)\s*(?P<year>20\d\d)(?!\d)",
    re.I | re.M,
)


def _day_of_minutes(text: str) -> dt.date | None:
    """The day that minutes say they were taken: 'Hôm nay, hồi 8 giờ ngày 22 tháng 9 năm 2021, …'."""
    match = _MINUTES_DAY.search(text, 0, _HEAD_OF_MINUTES)
    try:
        return dt.date(int(match["year"]), int(match["month"]), int(match["day"])) if match else None
    except ValueError:
        return None


def _is_plan(text: str, match: re.Match[str]) -> bool:
    """Is what follows 'đến tháng 6/2024' to come? Only what is told as reached tells when the text was written."""
    start = max(text.rfind(mark, 0, match.start()) for mark in (". ", "\n", ";")) + 1
    behind = _REACHED.match(text, match.end())
    return behind is None or _PLANNED.search(text, start, behind.end()) is not None


def _year_of(article: Article) -> int | None:
    """The year an undated article speaks in: of the latest year that it does not only look back to or compare with."""
    years: dict[int, int] = {}
    full = {int(match["year"]) for match in _FULL_DATE.finditer(article.text)}
    for match in _YEAR.finditer(article.text):
        if not match["before"]:
            years[int(match["year"])] = years.get(int(match["year"]), 0) + 1
    for value in full:
        years[value] = years.get(value, 0) + 2
    if not years:
        return None
    # what was reached by a month has been seen: 'đến tháng 6/2024, xã đạt 17/19 tiêu chí'
    seen = [int(match["year"]) for match in _REACHED_BY.finditer(article.text) if not _is_plan(article.text, match)]
    if seen and max(seen) in years:
        years = {value: count for value, count in years.items() if value >= max(seen)}
    # plans reach one or two years ahead: the year most spoken of, the later where two are level
    return max(years, key=lambda value: (years[value], value))


def text_of(items: Iterable[Item], text: str) -> str:
    """The text from the first to the last item."""
    rows = list(items)
    return text[rows[0].start : rows[-1].end] if rows else ""
