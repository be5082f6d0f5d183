"""Who speaks, and of what rank: speeches go on over sentences and paragraphs and keep their speaker."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ntm_extract.facts.frame import Reader
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.orthography import fold_text

_WORDS_FOLLOW = 4  # items behind the opening words for the speech itself to be there
_PRONOUNS = frozenset(fold_text(word) for word in ("ông", "bà", "anh", "chị", "đồng"))
RANKS = ("central", "province", "district", "commune", "village")
_LEVEL_WORDS = (
    ("village", re.compile(r"\b(thôn|xóm|ấp|bản|buôn|khóm|chi bộ)\b")),
    ("commune", re.compile(r"\b(xã|phường|thị trấn|đảng ủy|đảng uỷ|địa phương|cơ sở)\b")),
    ("district", re.compile(r"\b(huyện|huyện ủy|huyện uỷ|thị xã|thị ủy|thành ủy|quận|phòng|huv)\b")),
    ("province", re.compile(r"\b(tỉnh|tỉnh ủy|tỉnh uỷ|(?<!cơ )(?<!trụ )sở|thành phố|tp)\b")),
    (
        "central",
        re.compile(
            r"\b(thủ tướng|bộ trưởng|thứ trưởng|trung ương|chính phủ|(?<!chi )(?<!đảng )(?<!cán )(?<!nội )bộ"
            r"|quốc hội|vụ trưởng|cục trưởng)\b"
        ),
    ),
)


_CONCLUDES = re.compile(r"kết luận (?:của|như sau|:)|^(?:[IVX]+|\d+)\.\s*kết luận", re.I)


@dataclass(slots=True)
class Speaker:
    """Who has the word: text as written, rank if it shows, and whether the words are the leader's."""

    text: str
    rank: int | None
    leads: bool
    line: int


def rank_of(text: str) -> int | None:
    """Rank of a role or an organ by the words in it; 0 is central. The highest of a person's roles counts."""
    lowered = text.lower()
    found = [RANKS.index(name) for name, pattern in _LEVEL_WORDS if pattern.search(lowered)]
    return min(found) if found else None


def rank_of_item(item: Item, text: str) -> int | None:
    """Rank of what an item names."""
    if item.type in ("unit", "count", "class"):
        if item.value == "place":
            return RANKS.index("commune")
        return RANKS.index(item.value) if item.value in RANKS else None
    if item.type == "organ" and item.value in RANKS:
        return RANKS.index(item.value)
    return rank_of(text[item.start : item.end])


def named(item: Item, text: str) -> str:
    """Who an item names, as written; of a person the role first, then the name."""
    if item.type == "person" and item.data is not None and item.value == "name":
        return f"{item.data.role} {item.data.name}" if item.data.role else str(item.data.name)
    return text[item.start : item.end]


class Speakers:
    """Follows who has the word through an article."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.current: Speaker | None = None
        self._caption: Speaker | None = None
        self._named_last: Speaker | None = None

    def enter(self, sentence: Sentence) -> Speaker | None:
        """Speaker of this sentence, after its opening words were read."""
        if sentence.kind == "caption":
            return self._aside(sentence)
        words = sentence.items
        if self.current is not None and sentence.line != self.current.line and not self._goes_on(sentence):
            self.current = None
        opener = next(
            (index for index, item in enumerate(words) if item.type == "speech" and item.value != "scene"), None
        )
        person = next((index for index, item in enumerate(words) if item.type == "person"), None)
        trailing = self._trailing(sentence)
        if person is not None and self._opens(sentence, person, opener):
            self.current = self._speaker(sentence, words[person]) or self.current
        elif trailing is not None:
            return self._speaker(sentence, trailing)
        elif self.current is not None:
            self.current.line = sentence.line
        elif self._named_last is not None and self._is_pronoun(sentence):
            return self._named_last
        if person is not None:
            self._named_last = self._speaker(sentence, words[person]) or self._named_last
        return self.current

    @staticmethod
    def _is_pronoun(sentence: Sentence) -> bool:
        """'Ông giao …', 'Đồng chí đề nghị …': the person named last."""
        items = sentence.items
        return len(items) > 2 and items[0].value in _PRONOUNS and all(item.type != "person" for item in items[:3])

    def heading(self, sentence: Sentence) -> None:
        """'III. Kết luận của đồng chí Trưởng BCĐ': what follows are the leader's words."""
        text = self._reader.text[sentence.start : sentence.end]
        if _CONCLUDES.search(text):
            person = next((item for item in sentence.items if item.type == "person"), None)
            named_ = self._named(person) if person is not None else self._named_last.text if self._named_last else None
            if named_ is not None:
                self.current = Speaker(named_, rank_of(text), True, sentence.line)

    def _aside(self, sentence: Sentence) -> Speaker | None:
        """A caption's speaker holds for its own line; the speech around it goes on behind it."""
        if self._caption is not None and self._caption.line == sentence.line:
            return self._caption
        self._caption = None
        person = next((index for index, item in enumerate(sentence.items) if item.type == "person"), None)
        if person is not None:
            self._caption = self._speaker(sentence, sentence.items[person])
        return self._caption

    def _speaker(self, sentence: Sentence, item: Item) -> Speaker | None:
        rank = rank_of(self._reader.text[item.start : item.end])
        if rank is None and item.value == "name":
            rank = self._known_rank(item)
        if rank is None and item.value == "role":
            return None
        openers = [
            index
            for index, other in enumerate(sentence.items)
            if (other.type == "speech" and other.value == "leads") or (other.type == "act" and other.value == "demand")
        ]
        # 'dự và phát biểu chỉ đạo hội nghị.' tells that there was a speech; its words are not here.
        leads = any(len(sentence.items) - 1 - index >= _WORDS_FOLLOW for index in openers)
        return Speaker(self._named(item), rank, leads, sentence.line)

    @staticmethod
    def _trailing(sentence: Sentence) -> Item | None:
        """'…', ông X nói: the speaker is named behind the words."""
        items = sentence.items
        for index in range(max(1, len(items) - 5), len(items)):
            if items[index].type == "speech" and items[index].value == "says" and items[index - 1].type == "person":
                return items[index - 1]
        return None

    def _opens(self, sentence: Sentence, person: int, opener: int | None) -> bool:
        """A person has the word: named with a verb of speech or an act right behind, or before a colon."""
        items = sentence.items
        if person > 14:
            return False
        for index in range(person + 1, min(person + 9, len(items))):
            item = items[index]
            if item.type in ("speech", "act") and item.value not in ("scene", "work"):
                return True
            if item.type == "word" and item.value == ":":
                return True
            if item.type == "person" and index > person + 1:
                break
            if item.type == "word" and item.value == "." and index == person + 1:
                return True
        return opener is not None and opener < person

    def _goes_on(self, sentence: Sentence) -> bool:
        """Does a new paragraph still belong to the speech? A leader's words do, till a new scene opens."""
        if self.current is None or not self.current.leads:
            return False
        if sentence.kind in ("caption", "heading", "title", "byline"):
            return True
        return not any(item.type == "speech" and item.value == "scene" for item in sentence.items[:6])

    def _named(self, item: Item) -> str:
        return named(item, self._reader.text)

    def _known_rank(self, item: Item) -> int | None:
        """The rank of a person whose role stood elsewhere in the article."""
        name = item.data.name if item.data is not None else ""
        for person in self._reader.reading.names.persons:
            if person.name == name and person.role:
                rank = rank_of(person.role)
                if rank is not None:
                    return rank
        return None
