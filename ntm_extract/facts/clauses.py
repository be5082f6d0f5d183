"""The grammar of a clause: who is the subject of a verb, whom it addresses, where the predicate begins.

A *body* is whoever can be bound: an organ, a unit, a kind or number of units, a person. Subjects are left out in
Vietnamese (elision) as readily as they are named, and words in apposition ('các xã có tiêu chí phụ trách') stand
between them and their verbs; all of that is settled here, what the verb then does is in ``commitments``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ntm_extract.facts.grammar import load_grammar
from ntm_extract.facts.speakers import PRONOUNS
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.orthography import fold_text, lower_case

_G = load_grammar()
MARKS = frozenset('-–+*•.()“"”,;:')
PASSIVE = _G.words("passive")
_OFFICE_MOST = 4  # items of an office's name: 'Tổ kiểm tra số 2'
_ADMINISTRATIVE = frozenset({"province", "district", "commune", "village", "place"})
_OWN, _PREPOSITIONS, _PEOPLE, _JOINS = (_G.words(name) for name in ("own", "prepositions", "people", "joins"))
_ADVERBS = _G.words("aspect", "manner", "agreeing")
_PLURALS = _G.words("quantifiers", "titles") | {"/"}
_OPENERS = _G.words("prepositions", "openers")
_HANDED = _G.words("handed", "quantifiers", "titles")
_BEFORE_SUBJECT = MARKS | _G.words("quantifiers", "titles", "singled_out")
_PASSED = MARKS | _G.words("singled_out")  # 'Riêng UBND các xã …'
_MEANWHILE, _COMRADE = _G.phrase("meanwhile"), _G.phrase("comrade")
_ENDS = MARKS - {"(", "*", "•"} | _G.words("joins") - {fold_text("cùng")}  # behind these the subject is left out
_MOST_OPENING = 30  # items before the colon of 'kết luận: Phòng …'
_MOST_LEAD = 24  # items of 'Về môi trường …,'
_ON_BEHALF = 14  # items between who speaks for others and the verb


@dataclass(frozen=True, slots=True)
class ClauseSubject:
    """Subject of a verb: a body named, the person a pronoun means, one's own, left out, or something else.

    ``at`` is the place of a body among the items of its sentence, -1 where that does not matter.
    """

    kind: Literal["body", "pronoun", "own", "elided", "other"]
    item: Item | None = None
    at: int = -1


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause that opens with bodies: the first of them, whether they are many, and the item that says what."""

    body: Item
    plural: bool
    predicate: int


def is_body(item: Item) -> bool:
    """Can what an item names be bound?"""
    return item.type in ("organ", "unit", "person") or _is_kind(item)


def is_followed(sentence: Sentence, at: int, phrase: tuple[str, ...]) -> bool:
    """Does a phrase of two words end at ``at``?"""
    items = sentence.items
    return at > 0 and (items[at - 1].value, items[at].value) == phrase


def iter_clauses(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """Items first … last of the stretches between semicolons and of sentences that the splitter left together."""
    items = sentence.items
    first = 0
    for index, item in enumerate(items):
        if item.value == ";" or (item.value == "." and index and items[index - 1].type != "number"):
            if index > first:
                yield first, index
            first = index + 1
    if first < len(items):
        yield first, len(items)


class Clauses:
    """Subjects, addressees and predicates in the sentences of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._low = lower_case(text)

    def surface(self, item: Item) -> str:
        """An item as written, folded for comparing."""
        return fold_text(self._text[item.start : item.end])

    # ------------------------------------------------------------ subjects

    def subject(self, sentence: Sentence, index: int) -> ClauseSubject:
        """Subject of the verb at ``index``: what stands before it, adverbs passed over."""
        items, on_behalf = sentence.items, _G.words("on_behalf")
        for at in range(index - 1, max(index - _ON_BEHALF, 0), -1):
            if items[at - 1].type == "person" and self.surface(items[at]) in on_behalf:
                return ClauseSubject("body", items[at - 1], at - 1)
        for at in range(index - 1, -1, -1):
            found = self._subject_at(sentence, at)
            if found is not None:
                return found
        return ClauseSubject("elided")

    def _subject_at(self, sentence: Sentence, at: int) -> ClauseSubject | None:
        """Subject that the item at ``at``, right before the verb, shows; None for what stands between the two."""
        items, item = sentence.items, sentence.items[at]
        if is_followed(sentence, at, _MEANWHILE):
            return ClauseSubject("elided")
        if item.value in _OWN:
            return ClauseSubject("own", at=at)
        if is_followed(sentence, at, _COMRADE) or (item.value in PRONOUNS and item.value != _COMRADE[0]):
            return ClauseSubject("pronoun", at=at)
        if item.type == "word" and at and items[at - 1].value in PRONOUNS and self._text[item.start].isupper():
            return ClauseSubject("pronoun", item, at)
        if is_body(item):
            if at and items[at - 1].value in _G.words("sent_to"):
                return ClauseSubject("elided")
            return self._first_of_list(sentence, at)
        if item.type in ("mood", "hedge", "time") or (item.type == "act" and item.value in ("will", "must", "pledge")):
            return None
        if item.type == "speech" or item.value in _ENDS:
            return ClauseSubject("elided")
        if item.type == "word" and (item.value in _ADVERBS or item.value.isdigit()):
            return None
        if item.value in _PREPOSITIONS and items[at + 1].type == "time":
            return None  # 'trong thời gian tới cần …'
        if self._is_document(sentence, at):
            return None  # 'UBND huyện (đã) có văn bản yêu cầu …'
        return ClauseSubject("other")

    @staticmethod
    def _is_document(sentence: Sentence, at: int) -> bool:
        """'có văn bản', 'ban hành công văn' before a verb of asking: in what form; by whom stands before."""
        items = sentence.items
        if at and items[at].value in _G.words("documents"):
            return items[at - 1].value in _G.words("has") or items[at - 1].type in ("mood", "act")
        behind = items[at + 1].value in _G.words("documents")
        return behind and (items[at].value in _G.words("has") or (items[at].type, items[at].value) == ("act", "work"))

    def _first_of_list(self, sentence: Sentence, at: int) -> ClauseSubject:
        """The first of the bodies named together before the verb."""
        items = sentence.items
        first = at
        while first >= 2 and items[first - 1].value in _JOINS and items[first - 2].type in ("organ", "unit", "class"):
            if first >= 3 and items[first - 3].value in _PREPOSITIONS:
                break  # 'khi kiểm tra tại A, lãnh đạo tỉnh …'
            first -= 2
        body = items[first]
        if first >= 2 and items[first - 1].value in _PLURALS and items[first - 2].type == "organ":
            first -= 2  # 'UBND các huyện, thị xã'
        return ClauseSubject("body", body, first)

    def opening_subject(self, sentence: Sentence, index: int) -> ClauseSubject | None:
        """The subject that opens the clause of a verb, words in apposition between: 'UBND các xã tại mục III …'."""
        items = sentence.items
        first = index
        while first > 0 and items[first - 1].value != ";":
            first -= 1
        chain = self._chain(sentence, self._opening(sentence, first, index), index)
        if chain is None or self._behind_apposition(sentence, chain.predicate, index) < index:
            return None
        return ClauseSubject("body", chain.body)

    def main_subject(self, sentence: Sentence, index: int) -> ClauseSubject:
        """The first that could be the subject of the sentence, before ``index``."""
        items = sentence.items
        for at, item in enumerate(items[:index]):
            before = items[at - 2 if at > 1 and items[at - 1].value in _PLURALS else at - 1] if at else None
            if before is not None and (before.value in _PREPOSITIONS or self.surface(before) in _G.words("on_behalf")):
                continue
            if is_body(item):
                return ClauseSubject("body", item, at)
            if item.value in PRONOUNS and at + 1 < len(items):
                comrade = is_followed(sentence, at + 1, _COMRADE)
                named = items[min(at + 1 + comrade, len(items) - 1)].type == "person"
                if not named and (comrade or item.value != _COMRADE[0]):
                    return ClauseSubject("pronoun", at=at)
        return ClauseSubject("elided")

    @staticmethod
    def body_before(sentence: Sentence, index: int, *, people: bool = True) -> Item | None:
        """Nearest body before an act in its clause; no person unless ``people``."""
        for item in reversed(sentence.items[:index]):
            if item.value == ";":
                return None
            if is_body(item) and (people or item.type != "person"):
                return item
        return None

    @staticmethod
    def begins(sentence: Sentence, at: int) -> bool:
        """Is a body a subject by its place: first, or behind a comma, a time, a word that joins?"""
        if at <= 0:
            return True
        items = sentence.items
        before = items[at - 2 if at > 1 and items[at - 1].value in _PLURALS else at - 1]
        if before.value in _G.words("by"):
            return False
        return before.type in ("time", "mood", "act") or before.value in _BEFORE_SUBJECT

    def office_before(self, sentence: Sentence, index: int) -> str | None:
        """'Phòng', 'Đoàn giám sát', 'Tổ kiểm tra số 2' that opens the clause of the verb at ``index``: its words."""
        items, words = sentence.items, _G.words("generic_offices")
        for at in range(index - 1, max(-1, index - 1 - _OFFICE_MOST), -1):
            item = items[at]
            if item.type == "word" and item.value in words:
                opens = self.begins(sentence, at) or items[at - 1].type == "speech"
                return self._text[item.start : items[index - 1].end] if opens else None
            if not (item.type == "act" or item.value.isdigit() or item.value in _G.words("numbered")):
                return None
        return None

    # ------------------------------------------------------------ addressees

    @staticmethod
    def addressee(sentence: Sentence, index: int, *, handed: bool = False) -> Item | None:
        """Whom an act is done to: a body right behind it; ``handed``: only 'cho', 'đồng chí' and the like between."""
        for item in sentence.items[index + 1 : index + 6]:
            if is_body(item):
                return item
            if item.type != "word" or item.value == ":" or (handed and item.value not in _HANDED):
                return None
        return None

    def text_of(self, item: Item) -> str:
        """An organ or unit as written, with the 'các', 'mỗi' before it and the units that it is of."""
        text, start, end = self._text, item.start, item.end
        before = _G.expression("determiner").search(self._low[max(0, start - 20) : start])
        if before is not None and not self._low.startswith("các", start):
            start -= len(before.group().lstrip())
        if item.type == "organ" and item.value == "own":
            behind = _G.expression("counted").match(self._low[end : end + 20])
            end += behind.end() if behind is not None else 0
        return text[start:end]

    # ------------------------------------------------------------ clauses that open with their subject

    def clause(self, sentence: Sentence, first: int, last: int) -> Clause | None:
        """The clause of the items ``first`` … ``last`` if it opens with bodies and a predicate follows."""
        items = sentence.items
        chain = self._chain(sentence, self._opening(sentence, first, last), last)
        if chain is None or items[min(chain.predicate, last - 1)].value == ":":
            chain = self._chain(sentence, self._opening(sentence, first, last, colon=False), last)
            if chain is None or chain.predicate + 2 > last or items[chain.predicate].value != ":":
                return None
            chain = Clause(chain.body, chain.plural, chain.predicate + 1)  # 'UBND các xã A, B: khắc phục …'
        at = self._behind_apposition(sentence, chain.predicate, last)
        while at < last and items[at].type == "time":
            at += 1
        return Clause(chain.body, chain.plural, at) if at + 1 < last else None

    def _opening(self, sentence: Sentence, first: int, last: int, *, colon: bool = True) -> int:
        """Where the clause's subject may stand: list marks, times, 'Về …,', 'Trước mắt,' passed over."""
        items = sentence.items
        at = first
        if colon:  # 'kết luận: Phòng Nông nghiệp …', 'Về môi trường: các xã …'
            most = min(last, first + _MOST_OPENING)
            at = next((i + 1 for i in range(first, most) if items[i].value == ":" and i + 2 < last), at)
        if at + 1 < last and items[at].value in _G.words("enumerators") and items[at + 1].value == ")":
            at += 2  # 'c) Đoàn Thanh niên …'
        for _ in range(3):
            while at < last and (items[at].type == "time" or items[at].value in _PASSED or _is_number(items[at])):
                at += 1
            if at >= last or is_body(items[at]) or items[at].value in _G.words("quantifiers"):
                break
            if items[at].type != "word" and self.surface(items[at]) not in _G.words("aim"):
                break
            commas = [i for i in range(at, min(last, at + _MOST_LEAD)) if items[i].value == ","]
            if not commas or (commas[0] - at > 3 and items[at].value not in _OPENERS and items[at].type != "mood"):
                break
            at = 1 + next((i for i in commas if i + 1 < last and self._may_begin(items[i + 1])), commas[0])
        return at

    @staticmethod
    def _may_begin(item: Item) -> bool:
        return is_body(item) or item.value in _PLURALS

    def _chain(self, sentence: Sentence, at: int, last: int) -> Clause | None:
        """Bodies named together from ``at`` on; the predicate, or what stands in apposition, begins behind them."""
        items = sentence.items
        body: Item | None = None
        plural = False
        while at < last:
            item, ahead = items[at], items[at + 1] if at + 1 < last else None
            if item.type == "word" and item.value in _PLURALS:
                plural = plural or body is None
            elif (item.type, item.value) == ("class", "school") and (plural or item.plural):
                body = body or item
            elif (is_body(item) and item.type != "person") or (item.type, item.value) == ("person", "role"):
                plural = plural or (item.plural and item.type != "person")
                body = body or item
            elif ahead is not None and self._is_office(item, ahead):
                body = body or Item("organ", "own", item.start, ahead.end)
                at += 1
            elif body is not None and ahead is not None and ahead.type == "class" and item.value == fold_text("từ"):
                at += 3  # 'từ huyện đến xã'
            elif item.type != "word" or body is None or not self._goes_on(item, ahead):
                break
            at += 1
        return Clause(body, plural, at) if body is not None else None

    @staticmethod
    def _goes_on(item: Item, ahead: Item | None) -> bool:
        """Do a word and the item behind it go on with a list of bodies?"""
        if item.value in _PEOPLE:
            return True
        joined = item.value in _JOINS and ahead is not None
        return joined and ahead is not None and (_is_group(ahead) or ahead.value in _PLURALS | _PEOPLE)

    def _is_office(self, item: Item, behind: Item) -> bool:
        """'Phòng KT-HT': an office under an abbreviation that no list has."""
        initials = self._text[behind.start : behind.end]
        return (
            self.surface(item) in _G.words("offices")
            and self._text[item.start].isupper()
            and len(initials) > 1
            and initials.isupper()
        )

    def _behind_apposition(self, sentence: Sentence, at: int, last: int) -> int:
        """Behind what only says which bodies are meant: 'có tiêu chí phụ trách', 'được phân công …', 'tại mục III'."""
        items = sentence.items
        start = at
        while at < last:
            item = items[at]
            ahead = items[at + 1] if at + 1 < last else None
            kind, value = (ahead.type, ahead.value) if ahead is not None else ("", "")
            if item.value in _G.words("has") and (value in _G.words("relative_nouns") or kind == "criterion"):
                at += 2
            elif item.value in PASSIVE and kind in ("act", "mood"):
                at = self._next_verb(sentence, at + 2, last)
            elif (item.type, item.value) in (("mood", "pledge"), ("negation", "not_yet")):
                at = self._next_verb(sentence, at + 1, last)
            elif self._qualifies(item, value, at > start):
                at += 1
            elif at == start and (behind := self._behind_title(sentence, at, last)) is not None:
                at = behind
            else:
                break
        return at

    @staticmethod
    def _behind_title(sentence: Sentence, at: int, last: int) -> int | None:
        """Behind 'các xã đã đạt chuẩn nông thôn mới', which ones, where what they are to do follows."""
        items = sentence.items
        if (items[at].type, items[at].value) != ("mood", "past") or at + 1 >= last or items[at + 1].type != "reach":
            return None
        at += 2
        while at < last and (items[at].type == "standard" or items[at].value == ","):
            at += 1
        if at >= last:
            return None
        binds = (items[at].type, items[at].value) in (("act", "work"), ("reach", "keep"), ("negation", "no"))
        return at if binds or items[at].value in _G.words("manner") else None

    @staticmethod
    def _qualifies(item: Item, ahead: str, inside: bool) -> bool:
        """A word of 'phụ trách tiêu chí', 'tại mục III', 'còn lại'; ``inside``: one stood before it."""
        if item.type == "word" and item.value in _G.words("relative"):
            return item.value not in _G.words("still") or ahead in _G.words("left")
        if item.value in _JOINS:
            return inside and ahead in _G.words("enumerators", "relative")  # 'tại mục I, II'
        return inside and (item.type in ("criterion", "unit") or item.value in _G.words("enumerators"))

    @staticmethod
    def _next_verb(sentence: Sentence, at: int, last: int) -> int:
        """The next verb of work in the clause, else its end: 'các xã đăng ký nâng cao …' alone orders nothing."""
        items = sentence.items
        most = min(last, at + 10)
        return next((i for i in range(at, most) if (items[i].type, items[i].value) == ("act", "work")), last)


def _is_kind(item: Item) -> bool:
    """A kind or a number of units: 'các xã', '12 xã'."""
    return item.type in ("class", "count") and item.value in _ADMINISTRATIVE


def _is_group(item: Item) -> bool:
    return item.type in ("organ", "unit", "class", "count")


def _is_number(item: Item) -> bool:
    return item.type == "word" and item.value.replace(".", "").isdigit()
