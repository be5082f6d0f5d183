"""Whether a sentence looks ahead: a time to come, tasks it names, and the paragraph that it goes on."""

from __future__ import annotations

from ntm_extract.facts.clauses import is_body
from ntm_extract.facts.frame import AHEAD, Reader, is_deadline
from ntm_extract.facts.grammar import load_grammar
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import Period

_G = load_grammar()
_DONE = ("past", "current")
_EARLY = 3  # months in which 'năm nay' is yet to come: what is told of it is planned


class Outlook:
    """Follows through an article where it speaks of time to come; ``line`` is the last paragraph that did."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: tuple[Sentence, bool] | None = None
        self.line = -1

    def planning(self, sentence: Sentence) -> bool:
        """Is the sentence, or its paragraph, about time to come?"""
        if self.is_ahead(sentence) or self.names_tasks(sentence, len(sentence.items)):
            self.line = sentence.line
        return self.line == sentence.line or any(item.value in AHEAD for item in sentence.mentions("mood"))

    def is_ahead(self, sentence: Sentence) -> bool:
        """Does the sentence name a time to come? Asked of one sentence several times in a row."""
        if self._known is None or self._known[0] is not sentence:
            self._known = (sentence, self._names_time_to_come(sentence))
        return self._known[1]

    def is_past(self, item: Item) -> bool:
        """Does a time end before the article's day?"""
        day, end = self._reader.day or self._reader.reading.anchor, item.data.period.end
        return day is not None and end is not None and end < day

    def names_tasks(self, sentence: Sentence, index: int) -> bool:
        """Do the words before an item say that tasks follow?"""
        end = sentence.items[index].start if index < len(sentence.items) else sentence.end
        return _G.expression("tasks").search(self._reader.low, sentence.start, end) is not None

    def _names_time_to_come(self, sentence: Sentence) -> bool:
        if _G.expression("ahead").search(self._reader.low[sentence.start : sentence.end]):
            return True
        day = self._reader.day or self._reader.reading.anchor
        if day is None:
            return False
        return any(
            item.data.period.end is not None
            and item.data.period.end > day
            and not self._says(item, "weekend")
            and (
                item.data.until
                or (item.data.period.start or day) > day
                or self._says(item, "ends")
                or (item.value == "year" and day.month <= _EARLY)
            )
            for item in sentence.mentions("time")
            if is_deadline(item)
        )

    def _says(self, item: Item, name: str) -> bool:
        return _G.expression(name).search(self._reader.low, item.start, item.end) is not None


def deadline_of(sentence: Sentence, index: int) -> Period | None:
    """By when: the first time behind a verb that can say so, else before it, where that is no mere date."""
    times = [(at, sentence.items[at]) for at in sentence.places.get("time", ())]
    times = [(at, item) for at, item in times if is_deadline(item) and item.data.period.end]
    behind = next((item for at, item in times if at >= index), None)
    found = behind or next((item for _, item in times if item.value not in ("date", "stage")), None)
    period: Period | None = found.data.period if found is not None else None
    return period


def is_told(sentence: Sentence, index: int, *, now: bool = True) -> bool:
    """'đã', and 'đang' where ``now``, right before the verb: it tells what was done."""
    before = sentence.items[max(0, index - 3) : index]
    return any(item.type == "mood" and item.value in (_DONE if now else ("past",)) for item in before)


def is_conditional(sentence: Sentence, index: int) -> bool:
    """'Nếu được hỗ trợ, xã sẽ …' depends on others; 'Nếu các xã về đích, huyện sẽ …' is planned."""
    items = sentence.items
    at = next((at for at in sentence.places.get("mood", ()) if items[at].value == "hypothetical"), index)
    if at >= index:
        return False
    return not any(is_body(item) or item.value in _G.words("quantifiers") for item in items[at + 1 : at + 3])
