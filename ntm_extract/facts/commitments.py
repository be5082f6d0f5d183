"""Commitments: who binds whom to what; the ranks of the two decide between directive and request."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ntm_extract.facts.frame import AHEAD, Reader, is_deadline, is_now
from ntm_extract.facts.speakers import Speaker, Speakers, named, rank_of, rank_of_item
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import Act, Commitment, Period
from ntm_extract.orthography import fold_text

_BODIES = ("organ", "unit", "count", "class", "person")
_OWN_WORDS = {fold_text(word) for word in ("chúng", "tôi", "ta", "mình")}
_PAST = {"past", "current"}
_MEETING = fold_text("tổ") + "_" + fold_text("chức") + "_"
# Headings whose lines are tasks given: 'IV. Tổ chức thực hiện', 'Hội nghị thống nhất các nội dung sau:'.
_ORDERS = re.compile(
    r"nhiệm vụ|giải pháp|tổ chức thực hiện|phân công|kết luận|chỉ đạo|yêu cầu|ghi chú|thời gian tới"
    r"|nội dung sau|việc cần làm"
)
_BEFORE_BODY = {
    "-",
    "–",
    "+",
    ".",
    ",",
    ")",
    "riêng",
    "giao",
    "các",
    fold_text("các"),
    fold_text("mỗi"),
    fold_text("từng"),
    fold_text("những"),
}
_STATES = {
    fold_text(word)
    for word in (
        "là",
        "có",
        "còn",
        "được",
        "bị",
        "cũng",
        "thì",
        "đều",
        "vẫn",
        "luôn",
        "mới",
        "báo",
        "trong",
        "của",
        "về",
        ":",
        ",",
    )
}
_PASSIVE = {fold_text(word) for word in ("được", "bị")}
_TASKS = re.compile(
    r"nhiệm vụ (trọng tâm|chủ yếu|thời gian)|giải pháp (trọng tâm|chủ yếu|thời gian)|phương hướng|trọng tâm là"
)


@dataclass(slots=True)
class _Found:
    act: Act
    rule: str
    trigger: int
    actor: str | None
    addressee: Item | None


class CommitmentReader:
    """Reads commitments sentence by sentence, one to a sentence and act."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._speakers = Speakers(reader)
        self._planning_line = -1
        self._planning_rank: int | None = None
        self._ordering_line = -1  # of the last directive, whose words may go on
        self._ordering_actor: str | None = None
        self._tasks_under = False  # does the heading above give tasks?
        self.commitments: list[Commitment] = []

    def read(self, sentence: Sentence) -> None:
        """Commitments of one sentence."""
        if sentence.kind in ("byline", "dateline"):
            return
        speaker = self._speakers.enter(sentence)
        if sentence.kind in ("title", "heading"):
            if sentence.kind == "heading":
                heading = self._reader.text[sentence.start : sentence.end].lower()
                self._tasks_under = bool(_ORDERS.search(heading))
            return
        if sentence.end - sentence.start < 120:
            self._speakers.heading(sentence)
        self._planning(sentence)
        if any(item.type == "word" and item.value.startswith(_MEETING) for item in sentence.items[:14]):
            return  # 'UBND huyện tổ chức hội nghị …' tells of the meeting itself
        found = self._find(sentence, speaker)
        if found is None:
            return
        if found.act == "directive":
            self._ordering_line, self._ordering_actor = sentence.line, found.actor
        items, text = sentence.items, self._reader.text
        start_action = items[found.trigger].end
        if found.addressee is not None:
            start_action = max(start_action, found.addressee.end)
        action = text[start_action : sentence.end].strip(" ,.;:") or text[items[found.trigger].start : sentence.end]
        self.commitments.append(
            Commitment(
                act=found.act,
                actor=found.actor,
                addressee=text[found.addressee.start : found.addressee.end] if found.addressee else None,
                action=action,
                deadline=self._deadline(sentence, found.trigger),
                recurrence=next(
                    (text[i.start : i.end] for i in items if i.type == "time" and i.value == "recurrence"), None
                ),
                evidence=self._reader.evidence(sentence.start, sentence.end, found.rule),
            )
        )

    # ------------------------------------------------------------ which act

    def _find(self, sentence: Sentence, speaker: Speaker | None) -> _Found | None:
        items = sentence.items
        for index, item in enumerate(items):
            if item.type != "act":
                continue
            found: _Found | None = None
            if item.value in ("demand", "ask", "request"):
                found = self._asked(sentence, index, speaker)
            elif item.value == "pledge":
                found = self._pledged(sentence, index, speaker)
            elif item.value == "will":
                found = self._will(sentence, index, speaker)
            elif item.value == "must":
                found = self._must(sentence, index, speaker)
            if found is not None:
                return found
        return self._work(sentence, speaker) or self._ordered(sentence, speaker)

    def _asked(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        items, text = sentence.items, self._reader.text
        item = items[index]
        addressee = self._addressee(sentence, index)
        actor_item = self._body_before(sentence, index)
        surface = fold_text(text[item.start : item.end])
        if item.value == "demand" and surface in (fold_text("giao"), fold_text("chỉ đạo"), fold_text("phân công")):
            if addressee is None:
                return None
            if surface == fold_text("chỉ đạo") and not (index == 0 or actor_item is not None):
                return None
        actor, actor_rank = self._actor(sentence, actor_item, speaker)
        if actor is None and item.value != "request" and addressee is None:
            return None
        rank = rank_of_item(addressee, text) if addressee is not None else None
        if item.value == "request":
            act: Act = "request"
        elif item.value == "demand":
            act = "directive"
        elif actor_rank is not None and rank is not None and actor_rank != rank:
            act = "directive" if actor_rank < rank else "request"
        else:
            act = "directive" if speaker is not None and (speaker.leads or (actor_rank or 9) <= 2) else "request"
        return _Found(act, f"commitments.{item.value}.{act}", index, actor, addressee)

    def _pledged(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        if self._past_at(sentence, index):
            return None
        body = self._body_before(sentence, index) or self._first_body(sentence, index)
        actor, _ = self._actor(sentence, body, speaker)
        if actor is None:
            return None
        return _Found("pledge", "commitments.pledge.own", index, actor, None)

    def _will(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        items = sentence.items
        if any(item.type == "mood" and item.value in ("hypothetical", "plan") for item in items[:index]):
            return None
        body = self._body_before(sentence, index)
        own = any(item.type == "word" and item.value in _OWN_WORDS for item in items[max(0, index - 3) : index])
        if body is None and not own:
            return None
        if index + 1 < len(items) and items[index + 1].type not in ("act", "word", "reach", "mood"):
            return None
        actor, _ = self._actor(sentence, body if not own else None, speaker)
        if speaker is not None and (
            own or (body is not None and body.type != "organ" and self._same_body(body, speaker))
        ):
            return _Found("pledge", "commitments.will.speaker", index, speaker.text, None)
        if body is not None and body.type != "person":
            actor = self._reader.text[body.start : body.end]
        if actor is None:
            return None
        return _Found("plan", "commitments.will.organ", index, actor, None)

    def _must(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        items = sentence.items
        if index and items[index - 1].type == "negation":
            return None
        body = self._body_before(sentence, index, people=False)
        if speaker is None and (body is None or items[index - 1] is not body):
            return None
        if speaker is not None and not speaker.leads and body is None:
            return None
        actor = speaker.text if speaker is not None else None
        return _Found("directive", "commitments.must.body", index, actor, body)

    def _work(self, sentence: Sentence, speaker: Speaker | None) -> _Found | None:
        """Organ and a verb of work, or a bare verb of work: an order in a leader's speech, else a plan."""
        items = sentence.items
        index = self._working_verb(sentence)
        if index is None or self._past_at(sentence, index) or self._hypothetical(sentence):
            return None
        if any(is_now(item) for item in items[:index]):
            return None
        body = self._body_before(sentence, index)
        leads = speaker is not None and speaker.leads
        if body is not None and body.type == "person":
            return None
        if leads and speaker is not None:
            if body is None and index > 4:
                return None
            return _Found("directive", "commitments.work.order", index, speaker.text, body)
        if body is not None and index <= 6 and self._orders_go_on(sentence, speaker):
            return _Found("directive", "commitments.work.listed", index, self._orderer(sentence), body)
        if body is not None and speaker is not None and self._same_body(body, speaker) and self._planning(sentence):
            return _Found("pledge", "commitments.work.own", index, speaker.text, None)
        rank = rank_of_item(body, self._reader.text) if body is not None else None
        goes_on = (
            sentence.line == self._planning_line + 1 and rank is not None and rank == self._planning_rank and index <= 3
        )
        if not self._planning(sentence) and not goes_on:
            return None
        if body is None and not self._tasks_named(sentence, index) and self._planning_line != sentence.line:
            return None
        actor, _ = self._actor(sentence, body, None)
        self._planning_line, self._planning_rank = sentence.line, rank
        return _Found("plan", "commitments.work.plan", index, actor, None)

    def _ordered(self, sentence: Sentence, speaker: Speaker | None) -> _Found | None:
        """In a leader's words: an organ or all units of a kind, and whatever they are to do."""
        if speaker is not None and speaker.leads:
            actor: str | None = speaker.text
        elif self._orders_go_on(sentence, speaker):
            actor = self._orderer(sentence)
        else:
            return None
        items = sentence.items
        index = 0
        while index < len(items) and (
            items[index].type in ("number", "time")
            or items[index].value in _BEFORE_BODY
            or items[index].value.isdigit()
        ):
            index += 1
        if index + 2 >= len(items):
            return None
        body, behind = items[index], items[index + 1]
        plural = body.type in ("class", "count") and (body.plural or body.type == "count")
        if not (body.type == "organ" or plural) or behind.type in (
            "mood",
            "reach",
            "hedge",
            "negation",
            "number",
            "criteria",
        ):
            return None
        if behind.value in _STATES or any(is_now(item) for item in items):
            return None
        if any(item.type == "mood" and item.value in _PAST for item in items[index : index + 6]):
            return None  # 'Đảng bộ và nhân dân xã đã …' tells what was done
        return _Found("directive", "commitments.work.order", index, actor, body)

    def _orders_go_on(self, sentence: Sentence, speaker: Speaker | None) -> bool:
        """A list of tasks: under a heading that gives them, or in the paragraph of a directive."""
        return speaker is None and (self._tasks_under or self._ordering_line == sentence.line)

    def _orderer(self, sentence: Sentence) -> str | None:
        return self._ordering_actor if self._ordering_line == sentence.line else None

    def _working_verb(self, sentence: Sentence) -> int | None:
        """The first verb of work that opens the sentence or stands right behind a body."""
        items = sentence.items
        for index, item in enumerate(items[:40]):
            if not (
                (item.type == "act" and item.value == "work")
                or (item.type == "reach" and item.value in ("build", "keep"))
            ):
                continue
            if index <= 4 or any(before.type in _BODIES for before in items[index - 3 : index]):
                return index
            if index and items[index - 1].type == "time":
                return index
        return None

    # ------------------------------------------------------------ who

    def _first_body(self, sentence: Sentence, index: int) -> Item | None:
        return next((item for item in sentence.items[:index] if item.type in ("organ", "unit")), None)

    def _body_before(self, sentence: Sentence, index: int, *, people: bool = True) -> Item | None:
        """Nearest organ, unit or person before an act in its clause."""
        for at in range(index - 1, -1, -1):
            item = sentence.items[at]
            if item.type == "word" and item.value == ";":
                return None
            if item.type == "person" and people:
                return item
            if item.type in ("organ", "unit"):
                return item
            if item.type in ("class", "count") and item.value in (
                "province",
                "district",
                "commune",
                "village",
                "place",
            ):
                return item
        return None

    def _addressee(self, sentence: Sentence, index: int) -> Item | None:
        for item in sentence.items[index + 1 : index + 5]:
            if item.type in ("organ", "unit", "count", "class", "person"):
                return item
        return None

    def _speaks_elsewhere(self, sentence: Sentence, speaker: Speaker) -> bool:
        """The speaker is not named in this sentence."""
        return not any(
            item.type == "person" and named(item, self._reader.text) == speaker.text for item in sentence.items
        )

    def _actor(self, sentence: Sentence, item: Item | None, speaker: Speaker | None) -> tuple[str | None, int | None]:
        text = self._reader.text
        if item is not None and item.type == "person":
            rank = rank_of(text[item.start : item.end])
            if rank is None and speaker is not None:
                rank = speaker.rank
            return named(item, text), rank
        if (
            item is not None
            and item.type in ("unit", "organ")
            and (speaker is None or self._speaks_elsewhere(sentence, speaker))
        ):
            return text[item.start : item.end], rank_of_item(item, text)
        if speaker is not None:
            return speaker.text, speaker.rank
        if item is None:
            return None, None
        return text[item.start : item.end], rank_of_item(item, text)

    def _same_body(self, item: Item | None, speaker: Speaker) -> bool:
        if item is None:
            return False
        rank = rank_of_item(item, self._reader.text)
        plural = item.type == "count" or item.plural
        return rank is not None and rank == speaker.rank and not plural

    # ------------------------------------------------------------ in which light

    def _past_at(self, sentence: Sentence, index: int) -> bool:
        """'đã', 'đang' right before the verb: it tells what was done."""
        before = sentence.items[max(0, index - 3) : index]
        if before and before[-1].type == "word" and before[-1].value in _PASSIVE:
            return True
        return any(item.type == "mood" and item.value in _PAST for item in before)

    def _hypothetical(self, sentence: Sentence) -> bool:
        return any(item.type == "mood" and item.value == "hypothetical" for item in sentence.items)

    def _planning(self, sentence: Sentence) -> bool:
        """Is the sentence, or its paragraph, about time to come?"""
        for item in sentence.items:
            if item.type == "time" and _is_ahead(self._reader.text[item.start : item.end]):
                self._planning_line = sentence.line
                return True
            if item.type == "mood" and item.value in AHEAD:
                return True
        if self._tasks_named(sentence, len(sentence.items)):
            self._planning_line = sentence.line
        return self._planning_line == sentence.line

    def _tasks_named(self, sentence: Sentence, index: int) -> bool:
        end = sentence.items[index].start if index < len(sentence.items) else sentence.end
        return bool(_TASKS.search(self._reader.text[sentence.start : end].lower()))

    def _deadline(self, sentence: Sentence, index: int) -> Period | None:
        for item in sentence.items[index:]:
            if is_deadline(item) and item.data.period.end is not None:
                return item.data.period  # type: ignore[no-any-return]
        for item in sentence.items[:index]:
            if is_deadline(item) and item.data.period.end is not None and item.value not in ("date", "stage"):
                return item.data.period  # type: ignore[no-any-return]
        return None


def _is_ahead(surface: str) -> bool:
    lowered = surface.lower()
    return any(word in lowered for word in ("tới", "cuối năm", "cuối", "còn lại", "sắp", "sau này"))
