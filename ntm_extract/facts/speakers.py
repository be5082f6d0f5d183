"""Who speaks, and of what rank: speeches go on over sentences and paragraphs and keep their speaker."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ntm_extract.facts.frame import Reader
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import Chair
from ntm_extract.orthography import fold_text

_WORDS_FOLLOW = 4  # items behind the opening words for the speech itself to be there
PRONOUNS = frozenset(fold_text(word) for word in ("ông", "bà", "anh", "chị", "đồng"))
RANKS = ("central", "province", "district", "commune", "village")
_LEVEL_WORDS = (
    ("village", re.compile(r"\b(thôn|xóm|ấp|bản|buôn|bon|làng|khóm|tổ dân phố|chi bộ)\b")),
    ("commune", re.compile(r"\b(xã|phường|thị trấn|đảng ủy|đảng uỷ|địa phương|cơ sở)\b")),
    (
        "district",
        re.compile(
            r"\b(huyện|huyện ủy|huyện uỷ|thị xã|thị ủy|thành ủy|quận|phòng|huv|trưởng đoàn|hội đồng thẩm định"
            r"|đoàn (?:thẩm định|thẩm tra|kiểm tra|giám sát|công tác))\b"
        ),
    ),
    ("province", re.compile(r"\b(tỉnh|tỉnh ủy|tỉnh uỷ|(?<!cơ )(?<!trụ )sở|thành phố|tp)\b")),
    (
        "central",
        re.compile(
            r"\b(thủ tướng|bộ trưởng|thứ trưởng|trung ương|chính phủ|(?<!chi )(?<!đảng )(?<!cán )(?<!nội )(?<!tổ )bộ"
            r"|quốc hội|vụ trưởng|cục trưởng)\b"
        ),
    ),
)
_CONCLUDES = re.compile(r"kết luận (?:của|như sau|:)|^(?:[IVX]+|\d+)\.\s*kết luận|^kết luận\s*:?$", re.I)
_THE_CHAIR = re.compile(r"(?:chủ trì|chủ tọa|chủ toạ|trưởng đoàn|chủ tịch hội đồng)", re.I)
_HEADING_MOST = 120  # characters
# A new paragraph that opens like this tells of something else than the words before it.
_ELSEWHERE = re.compile(
    r"\s*(?:(?:nhân|cùng|trong|cũng)?\s*(?:dịp này|dịp đó)|được biết|trước đó|sau đó|kết thúc|cùng ngày|chiều cùng"
    r"|tại (?:buổi|hội|lễ|cuộc|phiên|các điểm)|(?:hội nghị|cuộc họp|buổi lễ|buổi làm việc|biên bản|phiên họp)\b"
    r"|cuộc kiểm tra|trong khuôn khổ|trước khi|cũng (?:tại|trong)|nơi nhận|thừa lệnh|tin|ảnh)",
    re.I,
)
_BY_WORD = fold_text("theo")
_BINDING = ("demand", "ask", "request")
_QUOTES = re.compile(r"[\"“”]")
_DASH = re.compile(r"\s*[-–—]\s")


@dataclass(slots=True)
class Speaker:
    """Who has the word: text as written, rank if it shows, and whether the words are the leader's."""

    text: str
    rank: int | None
    leads: bool
    line: int
    quoted: bool = False  # named behind the words, which stand in quotation marks


@lru_cache(maxsize=4096)
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

    def __init__(self, reader: Reader, chairs: Callable[[], Sequence[Chair]] = tuple) -> None:
        self._reader = reader
        self._chairs = chairs
        self.current: Speaker | None = None
        self._caption: Speaker | None = None
        self._named_last: Speaker | None = None
        self._interview: Speaker | None = None  # whom the paper talks with, line by line
        self._asked = -1  # the line of the question put last
        self._quoted = self._quotations()

    def enter(self, sentence: Sentence) -> Speaker | None:
        """Speaker of this sentence, after its opening words were read."""
        if sentence.kind == "caption":
            return self._aside(sentence)
        words = sentence.items
        if self.current is not None and sentence.line != self.current.line and not self._goes_on(sentence):
            self.current = None
        if self._in_interview(sentence):
            return self.current
        if sentence.end - sentence.start < _HEADING_MOST:
            self._heading(sentence)
        quoted = self._quoted.get(sentence.start)
        if quoted is not None:
            speaker = self._speaker(sentence, quoted) if quoted.type == "person" else self._by_name(quoted, sentence)
            if speaker is not None:
                speaker.quoted = True
                self._named_last = speaker
                return speaker
        opener = next((at for at in sentence.places.get("speech", ()) if words[at].value != "scene"), None)
        person = next(iter(sentence.places.get("person", ())), None)
        if person is not None and self._opens(sentence, person, opener):
            self.current = self._speaker(sentence, words[person]) or self.current
        elif self._heads_line(sentence):
            self.current = self._body(sentence)
        elif self.current is not None:
            self.current.line = sentence.line
        elif (called := self._calls(sentence)) is not None:
            self.current = called
        elif self._named_last is not None and self._is_pronoun(sentence):
            return self._named_last
        if person is not None:
            self._named_last = self._speaker(sentence, words[person]) or self._named_last
        return self.current

    def last(self) -> Speaker | None:
        """Whom 'ông', 'bà', 'đồng chí' means: who has the word, else who was named last."""
        return self.current or self._named_last

    def _in_interview(self, sentence: Sentence) -> bool:
        """Lines of a dash that ask and answer in turn: the answers are in the words of whom the paper talks with."""
        text = self._reader.text
        if sentence.line == self._asked:
            return True
        if text[sentence.start - 1 : sentence.start] not in ("", "\n") or not _DASH.match(text, sentence.start):
            return False
        end = text.find("\n", sentence.start)
        if text[sentence.start : end if end >= 0 else len(text)].rstrip().endswith("?"):
            self._interview = (self._interview if self._asked >= 0 else None) or self._named_last
            self._asked, self.current = sentence.line, None
            return True
        if self._asked >= 0 and sentence.line == self._asked + 1 and self._interview is not None:
            self.current = Speaker(self._interview.text, self._interview.rank, False, sentence.line)
        return False

    def _by_name(self, item: Item, sentence: Sentence) -> Speaker | None:
        """'…', ông Lâm nói: the person of that name, or whoever bears it."""
        given = self._reader.text[item.start : item.end]
        known = self.called(given) if item.type == "word" else None
        return Speaker(known.text, known.rank, False, sentence.line) if known is not None else None

    def called(self, given: str) -> Speaker | None:
        """'ông Lâm': the person of the article whose name ends so."""
        wanted = fold_text(given)
        for person in self._reader.reading.names.persons:
            if fold_text(person.name.split()[-1]) == wanted:
                text = f"{person.role} {person.name}" if person.role else person.name
                rank = rank_of(person.role) if person.role else None
                return Speaker(text, rank if rank is not None else self._known_rank(person.name), False, -1)
        return None

    # ------------------------------------------------------------ openings

    @staticmethod
    def _is_pronoun(sentence: Sentence) -> bool:
        """'Ông giao …', 'Đồng chí đề nghị …': the person named last."""
        items = sentence.items
        return len(items) > 2 and items[0].value in PRONOUNS and all(item.type != "person" for item in items[:3])

    def _calls(self, sentence: Sentence) -> Speaker | None:
        """'Ông Lâm cho hay …': a given name alone, whoever bears it."""
        items, text = sentence.items, self._reader.text
        at = 1 if items and items[0].value == _BY_WORD else 0
        if len(items) < at + 4 or items[at].value not in PRONOUNS or items[at + 1].type != "word":
            return None
        given = text[items[at + 1].start : items[at + 1].end]
        if not given[0].isupper() or (at == 0 and items[at + 2].type != "speech"):
            return None
        known = self.called(given)
        if known is None:
            return Speaker(text[items[at].start : items[at + 1].end], None, False, sentence.line)
        return Speaker(known.text, known.rank, False, sentence.line)

    @staticmethod
    def _first_body(sentence: Sentence) -> int | None:
        """Item that heads a line of a list: '- Xã Hưng Vũ: …', 'b) UBND xã: …'."""
        for index, item in enumerate(sentence.items[:4]):
            if item.type in ("organ", "unit"):
                behind = sentence.items[index + 1 : index + 4]
                return index if any(other.value == ":" for other in behind) else None
            if item.type != "word" or (item.value[0].isalpha() and len(item.value) > 1):
                return None
        return None

    def _heads_line(self, sentence: Sentence) -> bool:
        """A unit or organ with a colon heads the line, and the words behind it bind somebody."""
        index = self._first_body(sentence)
        if index is None or (self.current is not None and self.current.leads):
            return False
        return self._reader.text[sentence.start - 1 : sentence.start] in ("", "\n")

    def _body(self, sentence: Sentence) -> Speaker:
        index = self._first_body(sentence) or 0
        item = sentence.items[index]
        text = self._reader.text
        end = text.index(":", item.start)
        return Speaker(text[item.start : end].strip(), rank_of_item(item, text), False, sentence.line)

    def _heading(self, sentence: Sentence) -> None:
        """'III. Kết luận của đồng chí Trưởng BCĐ': what follows are the leader's words."""
        text = self._reader.text[sentence.start : sentence.end].strip()
        if not _CONCLUDES.search(text) or text.endswith("."):
            return
        person = next((item for item in sentence.items if item.type == "person"), None)
        chair = next(iter(self._chairs()), None) if _THE_CHAIR.search(text) or person is None else None
        if chair is not None:
            name = f"{chair.role} {chair.name}" if chair.role else chair.name
            self.current = Speaker(name, rank_of(name) or self._known_rank(chair.name), True, sentence.line)
        elif person is not None:
            self.current = Speaker(self._named(person), rank_of(text), True, sentence.line)
        elif self._named_last is not None:
            self.current = Speaker(self._named_last.text, self._named_last.rank, True, sentence.line)

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
            rank = self._known_rank(item.data.name if item.data is not None else "")
        openers = [
            index
            for index, other in enumerate(sentence.items)
            if (other.type == "speech" and other.value == "leads") or (other.type == "act" and other.value == "demand")
        ]
        # 'dự và phát biểu chỉ đạo hội nghị.' tells that there was a speech; its words are not here.
        if (
            rank is None
            and item.value == "role"
            and not any(
                other.type == "speech" and other.value == "leads" and other.start < item.start
                for other in sentence.items
            )
        ):
            return None
        leads = any(
            len(sentence.items) - 1 - index >= _WORDS_FOLLOW or sentence.items[-1].value == ":" for index in openers
        )
        return Speaker(self._named(item), rank, leads, sentence.line)

    def _quotations(self) -> dict[int, Item]:
        """Sentences in quotation marks whose speaker is named right behind the closing one, over sentences."""
        found: dict[int, Item] = {}
        inside: list[int] = []
        line = -1
        text = self._reader.text
        for sentence in self._reader.reading.sentences:
            if sentence.line != line:
                inside, line = [], sentence.line
            marks = list(_QUOTES.finditer(text, sentence.start, sentence.end))
            if not inside and not marks:
                continue
            if not inside and len(marks) % 2 == 1 and marks[0].start() > sentence.start + 1:
                inside = [-1]  # the speaker stands before the quotation
                continue
            opened = bool(inside)
            if opened or marks[0].start() <= sentence.start + 1:
                inside.append(sentence.start)
            if marks and (opened or len(marks) > 1):
                close = marks[-1 if len(marks) % 2 == 0 or opened else -2].end()
                speaker = self._behind(sentence, close)
                if speaker is not None and inside and inside[0] >= 0:
                    found.update(dict.fromkeys(inside, speaker))
                if (len(marks) % 2 == 1) == opened:
                    inside = []
        return found

    @staticmethod
    def _behind(sentence: Sentence, close: int) -> Item | None:
        """The person named among the first words behind a quotation."""
        behind = [item for item in sentence.items if item.start >= close][:5]
        if not behind or behind[0].type != "word" or behind[0].value not in (",", "-", "–"):
            return None
        person = next((item for item in behind if item.type == "person"), None)
        if person is None and len(behind) > 2 and behind[1].value in PRONOUNS and behind[2].type == "word":
            return behind[2]
        return person

    def _opens(self, sentence: Sentence, person: int, opener: int | None) -> bool:
        """A person has the word: named with a verb of speech or an act right behind, or before a colon."""
        items = sentence.items
        if person > 14 or any(item.type == "act" and item.value in _BINDING for item in items[:person]):
            return False  # 'Đề nghị các đồng chí Huyện ủy viên …' is said to them
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
        if _ELSEWHERE.match(self._reader.text, sentence.start, sentence.end):
            return False
        return not any(item.type == "speech" and item.value == "scene" for item in sentence.items[:6])

    def _named(self, item: Item) -> str:
        return named(item, self._reader.text)

    def _known_rank(self, name: str) -> int | None:
        """The rank of a person whose role stood elsewhere in the article; 'Hải Yến' is 'Trần Thị Hải Yến'."""
        for person in self._reader.reading.names.persons:
            if person.role and (person.name == name or person.name.endswith(" " + name)):
                rank = rank_of(person.role)
                if rank is not None:
                    return rank
        return None
