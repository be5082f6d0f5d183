"""Commitments: who binds whom to what; the ranks of the two decide between directive and request.

Which words bind is the vocabulary of acts; subjects, addressees and predicates come from ``clauses``, who has the
word from ``speakers``, and whether a sentence looks ahead from ``outlook``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ntm_extract.facts.claim import AS_TO
from ntm_extract.facts.clauses import PASSIVE, Clause, Clauses, ClauseSubject, is_body, is_followed, iter_clauses
from ntm_extract.facts.frame import Reader, is_deadline, is_now
from ntm_extract.facts.grammar import load_grammar
from ntm_extract.facts.meeting import chairs_of
from ntm_extract.facts.outlook import Outlook, deadline_of, is_conditional, is_told
from ntm_extract.facts.speakers import RANKS, Speaker, Speakers, named, rank_of, rank_of_item
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import Act, Commitment
from ntm_extract.orthography import fold_text

_G = load_grammar()
_COMMUNE, _DISTRICT = RANKS.index("commune"), RANKS.index("district")
_MEETING = "_".join(_G.phrase("meeting")) + "_"
_MEETING_WITHIN = 14  # items from the start of a sentence that tells of a meeting
_LISTING_MOST = 400  # characters of a line that opens a list
_MOST_OPENING = 40  # items; orders and plans say at the start of a clause who is to do what
_LONGEST_NAME = 5  # syllables, and the verb behind them
_MOST_OF_END = 5  # items of 'đạt 19/19 tiêu chí trong năm 2021.'
_FOR = fold_text("cho")
_COMPELLED_WITHIN = 5  # items between 'khiến', 'buộc' and 'phải'
_TOLD_WITHIN = 5  # items from 'đã' to a verb that goes on with the first
_BINDING = {("act", "work"), ("act", "must"), ("act", "pledge"), ("reach", "keep"), ("reach", "build")}
_OWN_SIDE = {"district", "commune", "village", "place"}  # 'đơn vị', 'địa phương' are places
_BY_WHOM = 40  # characters of 'đoàn giám sát của HĐND huyện'
_ENOUGH = fold_text("đủ")
_NOMINAL = _G.words("nouns", "quantifiers")
_PREPOSITIONS = _G.words("prepositions")
_OWNED_UP_TO = _G.words("prepositions", "joins") | {".", ";"}
_PREDICTED = _G.words("copulas", "merged")
_STATES = _G.words("copulas", "aspect", "prepositions", "joins", "states") | {":", "(", ";", "."}


@dataclass(frozen=True, slots=True)
class _Found:
    act: Act
    rule: str
    trigger: int
    actor: str | None
    addressee: Item | None


@dataclass(slots=True)
class _Tasks:
    """Does a heading, or a line that ends in a colon, give the tasks under it, who does, and only in a list?"""

    given: bool = False
    by: str | None = None
    listed: bool = False


class CommitmentReader:
    """Reads commitments sentence by sentence, one to a sentence and act."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._clauses = Clauses(reader.text)
        self._speakers = Speakers(reader, lambda: chairs_of(reader))
        self._outlook = Outlook(reader)
        self._tasks = _Tasks()
        self._planning_rank: int | None = None
        self._ordering_line = -1  # of the last directive, whose words may go on
        self._ordering_actor: str | None = None
        self.commitments: list[Commitment] = []

    def read(self, sentence: Sentence) -> None:
        """Commitments of one sentence."""
        speaker = self._speakers.enter(sentence)
        self._head(sentence, speaker)
        if sentence.kind in ("title", "heading"):
            return
        self._outlook.planning(sentence)
        if self._tells_of_meeting(sentence, speaker):
            return
        if self._reader.text[sentence.start : sentence.end].rstrip(' ”"').endswith("?"):
            return
        for found in self._find(sentence, speaker):
            if found.act == "directive":
                self._ordering_line, self._ordering_actor = sentence.line, found.actor
            elif found.act != "request":
                self._outlook.line = sentence.line
            self.commitments.append(self._commitment(sentence, found))

    def _commitment(self, sentence: Sentence, found: _Found) -> Commitment:
        items, text = sentence.items, self._reader.text
        trigger = items[found.trigger]
        told = found.rule.startswith(("commitments.work", "commitments.own"))  # the verb is what is to be done
        start = trigger.start if told else trigger.end
        if found.addressee is not None:
            start = max(start, found.addressee.end)
        recurrences = (text[i.start : i.end] for i in items if (i.type, i.value) == ("time", "recurrence"))
        return Commitment(
            act=found.act,
            actor=found.actor,
            addressee=self._clauses.text_of(found.addressee) if found.addressee else None,
            action=text[start : sentence.end].strip(" ,.;:") or text[trigger.start : sentence.end],
            deadline=deadline_of(sentence, found.trigger),
            recurrence=next(recurrences, None),
            evidence=self._reader.evidence(sentence.start, sentence.end, found.rule),
        )

    def _tells_of_meeting(self, sentence: Sentence, speaker: Speaker | None) -> bool:
        """'UBND huyện tổ chức hội nghị …' tells of the meeting itself, unless a leader says it or it recurs."""
        items = sentence.items
        if (speaker is not None and speaker.leads) or any(item.value == "recurrence" for item in items):
            return False
        opening = items[min(_MEETING_WITHIN, len(items)) - 1].end
        if _G.expression("meets").search(self._reader.low, sentence.start, opening):
            return True
        if _MEETING not in sentence.skeleton:
            return False
        return any(
            item.value.startswith(_MEETING) and (not at or items[at - 1].type != "act")
            for at, item in enumerate(items[:_MEETING_WITHIN])
        )

    def _head(self, sentence: Sentence, speaker: Speaker | None) -> None:
        """Does a heading, or a line that ends in a colon, give the tasks that follow?"""
        text = self._reader.text
        surface = text[sentence.start : sentence.end].strip()
        opens = surface.endswith(":")
        if sentence.kind == "heading" or (opens and len(surface) < _LISTING_MOST):
            leads = opens and any(item.value == "leads" for item in sentence.mentions("speech"))
            self._tasks = _Tasks(
                _G.expression("orders").search(surface[-160:].lower()) is not None or leads,
                speaker.text if speaker is not None and (speaker.leads or opens) else None,
                sentence.kind != "heading",
            )
        elif self._tasks.listed and sentence.start == text.rfind("\n", 0, sentence.start) + 1:
            listed = _G.expression("list_mark").match(self._reader.low, sentence.start) is not None
            self._tasks.given = self._tasks.given and listed

    # ------------------------------------------------------------ which act

    def _find(self, sentence: Sentence, speaker: Speaker | None) -> Iterator[_Found]:
        acts: set[Act] = set()
        bound = self._concerned(sentence, speaker)
        if bound is not None:
            yield bound
            return
        for index in sorted((*sentence.places.get("act", ()), *sentence.places.get("mood", ()))):
            item = sentence.items[index]
            registers = (item.type, item.value) == ("mood", "pledge") and self._surface(item) in _G.words("registers")
            intends = (item.type, item.value) == ("mood", "plan") and self._surface(item) in _G.words("intends")
            if not (item.type == "act" or registers or intends) or (acts and not self._anew(sentence, index)):
                continue
            found: _Found | None = None
            if item.value == "request" and self._is_ordered_to(sentence, index):
                continue
            if item.value in ("ask", "request") and self._is_its_aim(sentence, index):
                continue
            if registers:
                found = self._registered(sentence, index, speaker)
            elif intends:
                found = self._intended(sentence, index)
            elif item.value in ("demand", "ask", "request"):
                found = self._asked(sentence, index, speaker)
            elif item.value == "pledge":
                found = self._pledged(sentence, index, speaker)
            elif item.value == "will":
                found = self._will(sentence, index, speaker)
            elif item.value == "must" and not acts:
                found = self._must(sentence, index, speaker)
            if found is not None and found.act not in acts:
                acts.add(found.act)
                yield found
        if not acts and not self._is_done(sentence):
            found = self._ordered(sentence, speaker) or self._work(sentence, speaker)
            found = found or self._affirmed(sentence, speaker)
            if found is not None:
                yield found

    def _concerned(self, sentence: Sentence, speaker: Speaker | None) -> _Found | None:
        """'Đối với các xã đã đạt chuẩn, tiếp tục …' in a leader's words or behind an order: they are told to."""
        items = sentence.items
        if len(items) < 4 or (items[0].value, items[1].value) != AS_TO:
            return None
        ordered = self._ordering_line == sentence.line
        if speaker is None and self._ordering_line == sentence.line - 1:  # the next paragraph goes on with it
            ordered = self._reader.text[sentence.start - 1 : sentence.start] == "\n"
        if not ordered and (speaker is None or not speaker.leads):
            return None
        comma = next((at for at, item in enumerate(items[:_MOST_OPENING]) if item.value in (",", ":")), None)
        if comma is None or comma + 2 >= len(items) or any(item.type == "act" for item in items[:comma]):
            return None
        at, body = comma + 1, next((item for item in items[2:comma] if is_body(item) and item.type != "person"), None)
        while at + 1 < len(items) and items[at].value in _G.words("manner", "aspect"):
            at += 1
        verb = items[at]
        if body is None and items[2].value not in _G.words("quantifiers"):
            return None
        binds = (verb.type, verb.value) in _BINDING
        if verb.type == "negation":
            binds = _G.expression("forbids").match(self._reader.low, verb.start) is not None
        if not binds:
            return None
        if any(is_now(item) for item in items[comma:]) or (verb.value == "must" and items[at + 1].type == "speech"):
            return None
        actor = speaker.text if speaker is not None and speaker.leads else self._ordering_actor
        actor = actor or (speaker.text if speaker is not None else None)
        return _Found("directive", "commitments.work.concerning", at, actor, body)

    @staticmethod
    def _is_done(sentence: Sentence) -> bool:
        """'Để phát triển kinh tế, huyện đã …', 'vận động được 2 tỷ đồng': told as done, whoever spoke before."""
        items = sentence.items
        if any(at and items[at - 1].value in PASSIVE for at in sentence.places.get("quantity", ())):
            return True
        leads = (items[0].type, items[0].value) in (("mood", "current"), ("mood", "purpose"))
        leads = leads or items[0].value in _G.words("recounts")
        return leads and any(item.value == "past" for item in sentence.mentions("mood"))

    def _is_ordered_to(self, sentence: Sentence, index: int) -> bool:
        """After an order: 'Phòng A rà soát trường lớp, đề xuất danh mục đầu tư': to propose is part of the task."""
        items = sentence.items
        if self._ordering_line != sentence.line or items[0].type != "organ":
            return False
        return any((item.type, item.value) == ("act", "work") for item in items[1:index])

    @staticmethod
    def _is_its_aim(sentence: Sentence, index: int) -> bool:
        """'hoàn thiện hồ sơ để đề nghị tỉnh thẩm định', '18 xã đề nghị xét công nhận đợt này': nothing is asked yet."""
        items = sentence.items
        before, behind = items[index - 1], items[index + 1 : index + 2]
        modifies = before.type == "count" and any(item.value in _G.words("considered") for item in behind)
        return index > 0 and ((before.type, before.value) == ("mood", "purpose") or modifies)

    def _anew(self, sentence: Sentence, index: int) -> bool:
        """A second act of a sentence stands on its own: behind ';' or 'đồng thời', or with its own subject."""
        items = sentence.items
        at = index - 1
        while at >= 0 and (items[at].type == "time" or items[at].value in _G.words("aspect", "manner")):
            if is_followed(sentence, at, _G.phrase("meanwhile")):
                return True
            at -= 1
        if at > 0 and self._is_affirmed(sentence, at + 1):
            return items[at - 1].value in _G.words("and") and items[index].value == "will"
        if at >= 0 and items[at].value in _G.words("and"):
            return items[index].value == "request" and self._clauses.addressee(sentence, index) is not None
        if at > 0 and is_body(items[at]):
            return items[at - 1].value == ";" or items[at - 1].type == "time"
        return at >= 0 and items[at].value == ";"

    # ------------------------------------------------------------ asking and demanding

    def _asked(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        """'yêu cầu', 'giao', 'đề nghị', 'mong': an order or a request."""
        item, low = sentence.items[index], self._reader.low
        demand = item.value == "demand"
        handed = demand and self._surface(item) not in _G.words("plain_demand")
        addressee = self._clauses.addressee(sentence, index, handed=handed)
        before_them = _G.expression("before_them").match(low, item.end)
        them = before_them.end() if before_them is not None else item.end
        below = any(_G.expression("underlings").match(low, at) is not None for at in (them, item.end))
        addressed = addressee is not None or below or _G.expression("office").match(low, them) is not None
        if self._is_noun(sentence, index, addressed):
            return None
        if handed and not self._is_charge(sentence, index, addressed):
            return None
        gives = not demand and index + 1 < len(sentence.items) and sentence.items[index + 1].value == _FOR
        if gives:
            addressee, below = None, False  # 'kiến nghị cho xã A …': it is asked for A, of somebody above
        who = self._clauses.subject(sentence, index)
        if who.kind == "other":
            office = self._clauses.office_before(sentence, index)
            if office is not None and fold_text(office.split()[0]) in _G.words("inspecting"):
                act: Act = "request" if item.value == "request" else "directive"
                return _Found(act, f"commitments.{item.value}.{act}", index, office, addressee)
            if demand and (handed or addressee is None):
                return None
            turned = index > 0 and sentence.items[index - 1].value in _G.words("contrasts")
            # 'BCĐ thống nhất với kết quả của 3 xã, tuy nhiên đề nghị …': it is the BCĐ that asks.
            before = self._clauses.main_subject(sentence, index).item if turned else None
            body = None if demand else before or self._clauses.body_before(sentence, index)
            who = ClauseSubject("body", body) if body is not None else who
        if demand and self._is_tasked(who, speaker):
            return _Found("directive", "commitments.work.order", index, speaker.text if speaker else None, who.item)
        if not demand and who.kind == "body" and who.at > 0 and sentence.items[who.at - 1].value in PASSIVE:
            return None  # 'sản phẩm A được tỉnh đề nghị Trung ương phân hạng': told of A
        actor, actor_rank = self._actor(sentence, who, speaker, index)
        if actor is None and (
            addressee is None
            or item.value == "request"
            or (self._surface(item) in _G.words("leads_on") and not self._is_meanwhile(sentence, index))
        ):
            return None
        if addressee is not None and item.value == "ask" and self._qualifies(sentence, addressee):
            return None
        rank = len(RANKS) if below else rank_of_item(addressee, self._reader.text) if addressee is not None else None
        if self._surface(item) in _G.words("wish") and (rank == actor_rank or self._is_longed_for(sentence, index)):
            return None  # a wish of one's own, asked of nobody above
        act = "request" if gives else self._act_of(item, speaker, actor, actor_rank, rank, addressee)
        return _Found(act, f"commitments.{item.value}.{act}", index, actor, addressee)

    @staticmethod
    def _is_meanwhile(sentence: Sentence, index: int) -> bool:
        """'Đồng thời, chỉ đạo UBND các xã …': a verb, whose subject is that of the sentence before."""
        at = index - 1 if index and sentence.items[index - 1].value == "," else index
        return is_followed(sentence, at - 1, _G.phrase("meanwhile"))

    def _is_many(self, body: Item) -> bool:
        return fold_text(self._clauses.text_of(body).split()[0]) in _G.words("quantifiers")

    def _qualifies(self, sentence: Sentence, body: Item) -> bool:
        """'thống nhất đề nghị xã A đủ điều kiện công nhận': what is proposed of A, and no task."""
        behind = [item for item in sentence.items if item.start >= body.end][:1]
        return any(item.type == "reach" and self._surface(item).startswith(_ENOUGH) for item in behind)

    def _act_of(
        self,
        item: Item,
        speaker: Speaker | None,
        actor: str | None,
        actor_rank: int | None,
        rank: int | None,
        addressee: Item | None,
    ) -> Act:
        """Directive or request, by the verb, the ranks of the two, and who has the word."""
        several = addressee is not None and (addressee.plural or self._is_many(addressee))
        leads_here = speaker is not None and speaker.leads
        if item.value == "demand":
            return "directive"
        if item.value == "ask" and leads_here and self._is_under(addressee):
            return "directive"
        if actor_rank is not None and rank is not None and actor_rank != rank:
            return "directive" if actor_rank < rank else "request"
        if item.value == "request":
            return "request"
        leads = speaker is not None and (speaker.leads or (speaker.rank or 9) <= 1)
        if actor is not None and actor_rank is None and rank is not None and rank <= _DISTRICT and not leads:
            return "request"  # 'đại biểu A đề nghị UBND huyện …'
        several = several or (addressee is not None and addressee.value == "place")  # 'địa phương'
        if rank is not None and rank >= _COMMUNE and (actor is None or (actor_rank is None and several)):
            return "directive"  # a paper's 'Đề nghị các xã …', 'ông A đề nghị các địa phương …' go downwards
        return "directive" if leads or self._commands(speaker, actor_rank) else "request"

    @staticmethod
    def _is_longed_for(sentence: Sentence, index: int) -> bool:
        """'chỉ mong con đường này xong': by whom does not matter, nobody is asked."""
        items = sentence.items
        opens = all(not item.value.isalnum() for item in items[:index])
        only = index > 0 and items[index - 1].value in _G.words("only")
        return (opens or only) and index + 1 < len(items) and items[index + 1].value in _G.words("things")

    def _is_under(self, body: Item | None) -> bool:
        """'Phòng Kinh tế', 'các thành viên Ban Chỉ đạo', 'Mặt trận': of whatever level who leads the meeting is."""
        if body is None or body.type != "organ" or body.value == "own":
            return False
        return _G.expression("staff").match(self._clauses.text_of(body).lower()) is not None

    def _is_charge(self, sentence: Sentence, index: int, addressed: bool) -> bool:
        """Does 'giao', 'chỉ đạo', 'lưu ý' charge somebody here, and is it not told as done?"""
        items = sentence.items
        before = items[index - 1] if index else None
        if before is not None and before.value == "work":
            return False  # 'tập trung chỉ đạo các xã'
        own = index > 1 and items[index - 2].value in _G.words("own")  # 'Tôi đã giao Phòng A …': and so it stands
        if before is not None and before.value == "past" and not (own or self._opens(sentence, index)):
            return False
        if before is not None and before.value == "," and self._is_next_told(sentence, index):
            return False
        behind = items[index + 1].value if index + 1 < len(items) else ""
        return addressed or (self._surface(items[index]) in _G.words("heeded") and behind in (",", ":"))

    @staticmethod
    def _is_next_told(sentence: Sentence, index: int) -> bool:
        """'đã họp bàn, phân công từng đảng viên': told, as the verb before it."""
        for item in reversed(sentence.items[max(0, index - _TOLD_WITHIN) : index]):
            if item.value in ("past", ";"):
                return item.value == "past"
        return False

    @staticmethod
    def _opens(sentence: Sentence, index: int) -> bool:
        items = sentence.items
        first = 0
        if items[0].value in _G.words("openers", "prepositions") or items[0].value == "purpose":
            first = next((at + 1 for at in range(index - 1, 0, -1) if items[at].value == ","), 0)
        return all(item.type in ("mood", "time") or is_body(item) for item in items[first:index])

    @staticmethod
    def _is_noun(sentence: Sentence, index: int, addressed: bool) -> bool:
        """'so với yêu cầu', 'được giao', 'không yêu cầu': no verb with a subject."""
        items = sentence.items
        asked = items[index].value == "request"
        if index == 1 and items[0].value in _G.words("singled_out") and not addressed:
            return True  # 'Riêng đề nghị điều chuyển vốn, UBND huyện sẽ …'
        if asked and index + 1 < len(items) and items[index + 1].value in _G.words("this_one"):
            return True
        if not index:
            return False
        before = items[index - 1]
        behind = items[index + 1] if index + 1 < len(items) else None
        if behind is not None and (behind.type, behind.value) == ("mood", "past"):
            return True  # 'cả 7 xã đề nghị đã đủ điều kiện': those that had asked
        if asked and before.value in _G.words("has") and not addressed:
            return True  # 'khi có kiến nghị gửi đến …'
        if asked and before.value in _G.words("matters"):
            return True
        return before.type == "negation" or before.value in PASSIVE or (before.value in _PREPOSITIONS and not addressed)

    @staticmethod
    def _is_tasked_by(speaker: Speaker, rank: int | None) -> bool:
        """Can the speaker tell a body of this rank what to do?"""
        if speaker.rank is None or rank is None:
            return True
        return rank > speaker.rank or (rank == speaker.rank and rank < _COMMUNE)

    def _is_tasked(self, who: ClauseSubject, speaker: Speaker | None) -> bool:
        """In a leader's words 'UBND huyện chỉ đạo …' and 'Hội Nông dân nhận …' are what they are told to do."""
        if speaker is None or not speaker.leads or who.item is None or who.item.type != "organ":
            return False
        return self._is_tasked_by(speaker, rank_of_item(who.item, self._reader.text))

    @staticmethod
    def _commands(speaker: Speaker | None, rank: int | None) -> bool:
        """Heads of a district or above; heads of offices advise."""
        if speaker is None or rank is None or rank > _DISTRICT:
            return False
        return _G.expression("advisers").search(speaker.text.lower()) is None

    # ------------------------------------------------------------ pledges, plans, duties

    def _pledged(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        """'hứa', 'cam kết', 'nhận trách nhiệm'."""
        items = sentence.items
        if is_told(sentence, index) or (index and items[index - 1].value in _NOMINAL):
            return None
        if index and items[index - 1].value in _G.words("with") and self._surface(items[index]) in _G.words("resolve"):
            return None  # 'với quyết tâm cao, xã đã hoàn thành': how, not what is to come
        if any(item.type == "negation" for item in items[max(0, index - 2) : index]):
            return None
        if self._surface(items[index]).endswith(tuple(_G.words("owned_up"))) and (
            index + 1 >= len(items) or items[index + 1].value in _OWNED_UP_TO
        ):
            return None  # what went wrong is owned up to
        who = self._clauses.subject(sentence, index)
        if who.kind == "other":
            body = self._clauses.body_before(sentence, index)
            body = body or next((item for item in items[:index] if item.type in ("organ", "unit")), None)
            who = ClauseSubject("body", body) if body is not None else who
        if self._is_tasked(who, speaker):
            return _Found("directive", "commitments.work.order", index, speaker.text if speaker else None, who.item)
        actor, _ = self._actor(sentence, who, speaker, index)
        return _Found("pledge", "commitments.pledge.own", index, actor, None) if actor is not None else None

    def _registered(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        """'Năm 2026, xã A đăng ký tăng 3 tiêu chí', not 'hỗ trợ 4 xã đăng ký về đích', which ones."""
        items, clauses = sentence.items, self._clauses
        who = clauses.subject(sentence, index)
        if index + 1 >= len(items) or (speaker is not None and speaker.leads and who.kind != "own"):
            return None
        if any((item.type, item.value) == ("mood", "hypothetical") for item in items[:index]):
            return None
        if any(is_deadline(item) and self._outlook.is_past(item) for item in items):
            return None  # 'đăng ký đạt chuẩn năm 2019 nhưng chưa được công nhận'
        if who.kind == "elided" and speaker is None:
            who = clauses.main_subject(sentence, index)
        item = who.item
        if item is not None and (item.type == "count" or item.plural or " các " in clauses.text_of(item)):
            return None
        if who.kind == "other" or (who.kind == "body" and not clauses.begins(sentence, who.at)):
            return None
        actor, _ = self._actor(sentence, who, speaker, index)
        return _Found("pledge", "commitments.pledge.registered", index, actor, None) if actor is not None else None

    def _intended(self, sentence: Sentence, index: int) -> _Found | None:
        """'Huyện dự kiến láng nhựa 18 km lộ': work that is planned, and not what is to be reached or had."""
        items = sentence.items
        who = self._clauses.subject(sentence, index)
        if who.kind != "body" or who.item is None or who.item.type == "person" or not self._outlook.is_ahead(sentence):
            return None
        at = index + 1
        while at < len(items) and (items[at].type in ("time", "mood") or items[at].value in _PREPOSITIONS):
            at += 1
        if not self._clauses.begins(sentence, who.at) or at + 1 >= len(items):
            return None
        verb = items[at]
        if verb.type not in ("word", "act") or verb.value in _STATES or not verb.value[0].isalpha():
            return None
        if any(item.type in ("standard", "criteria") for item in items[at + 1 : at + 4]):
            return None
        return _Found("plan", "commitments.will.organ", index, self._clauses.text_of(who.item), None)

    def _will(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        """'sẽ': a pledge of the speaker's own, else a plan."""
        items = sentence.items
        who = self._clauses.subject(sentence, index)
        if index + 1 >= len(items):
            return None
        if who.kind == "other" and items[index + 1].value in PASSIVE:
            return self._dealt_with(sentence, index)
        if who.kind == "other":
            office = self._clauses.office_before(sentence, index)
            act: Act = "pledge" if speaker is not None else "plan"
            return _Found(act, "commitments.will.office", index, office, None) if office is not None else None
        if who.kind != "own" and any((item.type, item.value) == ("mood", "plan") for item in items[:index]):
            return None
        own = who.kind == "own" or (who.kind in ("elided", "pronoun") and speaker is not None)
        if who.kind == "own" and speaker is None and self._speaks_officially(sentence, who.at):
            us = self._reader.text[items[who.at - 1].start : items[who.at].end]
            return _Found("pledge", "commitments.will.speaker", index, us, None)
        if not own and is_conditional(sentence, index):
            return None
        same = own or (who.item is not None and speaker is not None and self._is_ones_own(sentence, who, speaker))
        behind = items[index + 1]
        if (behind.type, behind.value) == ("reach", "lost"):
            return None
        if speaker is None and self._is_end(sentence, index + 1):
            return None
        if behind.value in _PREDICTED and not (same and who.kind != "elided"):
            return None
        actor, _ = self._actor(sentence, who, speaker, index)
        if speaker is None and self._is_affirmed(sentence, index) and actor is not None:
            return _Found("pledge", "commitments.own.ahead", index, actor, None)
        if speaker is not None and same:
            organ = who.item is not None and who.item.type in ("organ", "unit") and not self._quotes(sentence, speaker)
            return _Found("pledge", "commitments.will.speaker", index, actor if organ else speaker.text, None)
        return _Found("plan", "commitments.will.organ", index, actor, None) if actor is not None else None

    @staticmethod
    def _speaks_officially(sentence: Sentence, at: int) -> bool:
        """'Chúng tôi sẽ …' in quoted words whose speaker does not show: of some body, not 'tôi', who may be anybody."""
        return at > 0 and sentence.items[at - 1].value in _G.words("many_of_us")

    def _is_affirmed(self, sentence: Sentence, index: int) -> bool:
        """'Các xã … khẳng định sẽ …': of themselves."""
        before = sentence.items[index - 1] if index else None
        return before is not None and before.type == "speech" and self._surface(before) in _G.words("affirms")

    def _dealt_with(self, sentence: Sentence, index: int) -> _Found | None:
        """'Các kiến nghị sẽ được đoàn tổng hợp, trình tỉnh': what is promised of a matter, by whoever stands there."""
        items = sentence.items
        verb = _G.expression("deals").search(self._reader.low, items[index + 1].end, sentence.end)
        if verb is None or verb.start() - items[index + 1].end > _BY_WHOM:
            return None
        by = self._reader.text[items[index + 1].end : verb.start()].strip()
        return _Found("plan", "commitments.will.organ", index, by or None, None)

    @staticmethod
    def _is_end(sentence: Sentence, at: int) -> bool:
        """'ba xã sẽ đạt 19/19 tiêu chí': what is to be reached, and nothing that somebody does."""
        items = sentence.items
        if items[at].type != "reach" or items[at].value not in ("met", "finish") or len(items) > at + _MOST_OF_END:
            return False
        return items[at].value == "finish" or any(
            item.type in ("criteria", "standard") for item in items[at + 1 : at + 3]
        )

    def _must(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        """'phải', 'cần': a duty that somebody is given, or takes on himself."""
        items, clauses = sentence.items, self._clauses
        if index + 1 >= len(items) or (index and items[index - 1].type == "negation"):
            return None
        if index and items[index - 1].value in _G.words("only"):
            return None
        if any(self._surface(item) in _G.words("aim") for item in items[:index]):
            return None
        behind = items[index + 1]
        if behind.type in ("speech", "quantity") or behind.value in _G.words("unwilled", "more"):
            return None
        if any(item.value in _G.words("compels") for item in items[max(0, index - _COMPELLED_WITHIN) : index]):
            return None  # 'khiến các xã phải làm lại từ đầu': how it came about
        who = clauses.subject(sentence, index)
        if who.kind == "other":
            who = clauses.opening_subject(sentence, index) or who
        body = who.item if who.kind == "body" and who.item is not None and who.item.type != "person" else None
        rule = "commitments.must.body"
        if speaker is None:
            if body is None or not (items[index - 1] is body or body.plural) or not clauses.begins(sentence, who.at):
                return None
            if self._at_home(body) and who.at > 0 and not self._outlook.is_ahead(sentence):
                return None  # '…, xã phải chia người đến từng nhà': what it took
            return _Found("directive", rule, index, None, body)
        if speaker.leads or self._ordering_line == sentence.line:
            body = body or clauses.body_before(sentence, index, people=False)
            return _Found("directive", rule, index, speaker.text, body)
        if who.kind == "own" and speaker.rank is None and not self._outlook.is_ahead(sentence):
            return None  # 'cha con tôi cũng phải thay nhau trông': what somebody's life is like
        if who.kind == "own" or (body is not None and self._is_speakers(body, speaker)):
            return _Found("pledge", "commitments.must.own", index, speaker.text, None)
        if body is None and not (who.kind == "elided" and speaker.rank is not None):
            return None
        return _Found("directive", rule, index, speaker.text, body)

    # ------------------------------------------------------------ orders and plans without a verb that binds

    def _ordered(self, sentence: Sentence, speaker: Speaker | None) -> _Found | None:
        """In a leader's words, or under a heading that gives tasks: bodies, and whatever they are to do."""
        listed = self._tasks.given and (speaker is None or not speaker.leads)
        if speaker is not None and speaker.leads:
            actor: str | None = speaker.text
        elif self._ordering_line == sentence.line:
            actor = self._ordering_actor
        elif listed and speaker is None:
            actor = self._tasks.by
        elif speaker is not None and speaker.rank is not None and self._outlook.is_ahead(sentence):
            return self._distributed(sentence, speaker.text, speaker.rank)
        else:
            return None
        surface = self._reader.low[sentence.start : sentence.end]
        if any(is_now(item) for item in sentence.items) or _G.expression("attends").match(surface):
            return None
        for first, last in iter_clauses(sentence):
            task = self._task(sentence, first, last)
            if task is None or self._tells(sentence, task, last):
                continue
            body, at = task.body, task.predicate
            agreed = sentence.items[at].value in _G.words("agrees") and any(
                item.value in _G.words("sent_to") for item in sentence.items[at : at + 4]
            )
            if agreed or (listed and self._at_home(body)):
                return _Found("plan", "commitments.work.plan", at, self._clauses.text_of(body), None)
            return _Found("directive", f"commitments.work.{'listed' if listed else 'order'}", at, actor, body)
        return None

    def _distributed(self, sentence: Sentence, actor: str, actor_rank: int) -> _Found | None:
        """'Từ nay đến 31/12, mỗi ấp làm xong một tuyến đường', says the commune's chairman."""
        first, last = next(iter_clauses(sentence))
        task = self._task(sentence, first, last)
        if task is None or task.body.type not in ("class", "count"):
            return None
        rank = rank_of_item(task.body, self._reader.text)
        if rank is None or rank <= actor_rank:
            return None
        return _Found("directive", "commitments.work.order", task.predicate, actor, task.body)

    def _task(self, sentence: Sentence, first: int, last: int) -> Clause | None:
        """The clause if somebody is to do something in it; None where it tells of a state."""
        clause = self._clauses.clause(sentence, first, last)
        if clause is None:
            return None
        body, at, items = clause.body, clause.predicate, sentence.items
        behind = items[at]
        if behind.type == "mood" and self._surface(behind) in _G.words("chosen"):
            return clause
        if behind.type == "negation":
            forbidden = _G.expression("forbids").match(self._reader.low, behind.start)
            return clause if forbidden else None
        if behind.type in ("mood", "standard", "speech") or self._is_target(sentence, at, last):
            return None
        if behind.type == "word" and behind.value in _STATES:
            return None
        if body.value == "school":  # many a thing is told of schools; a task shows by its verb
            return clause if behind.type == "act" or behind.value in ("build", "keep") else None
        if body.type == "organ" or clause.plural or body.type == "count" or body.value == "role":
            return clause
        urged = (
            behind.type in ("act", "reach")
            or behind.value in _G.words("manner")
            or any(is_deadline(item) for item in items[at:last])
        )
        return clause if urged and behind.type != "person" else None

    @staticmethod
    def _tells(sentence: Sentence, task: Clause, last: int) -> bool:
        """'Phó Chủ tịch UBND tỉnh A cho hay …': a role that says something, under a name no list has, has no task."""
        behind = sentence.items[task.predicate : min(last, task.predicate + _LONGEST_NAME)]
        verb = next((item for item in behind if item.type != "word"), None)
        return task.body.type == "person" and verb is not None and verb.type == "speech"

    def _is_target(self, sentence: Sentence, at: int, last: int) -> bool:
        """Does the predicate say what is to be reached, and not what is to be done?"""
        items = sentence.items
        behind, ahead = items[at], items[at + 1]
        if behind.type == "act":
            return ahead.type in ("criteria", "standard")  # 'Kim Thành bảo đảm 8 tiêu chí'
        if behind.type != "reach":
            return False
        if behind.value == "met":
            return ahead.type in ("criteria", "standard", "quantity") or self._surface(behind) not in _G.words(
                "completes"
            )
        if behind.value in ("finish", "recognised", "lost"):
            return True
        into = any(item.value in _G.words("into") for item in items[at + 1 : last])
        return not into and any(item.type in ("criteria", "standard") for item in items[at + 1 : min(last, at + 5)])

    def _work(self, sentence: Sentence, speaker: Speaker | None) -> _Found | None:
        """Organ and a verb of work, or a bare verb of work: an order in a leader's speech, else a plan."""
        index = self._working_verb(sentence)
        if index is None or not self._is_work(sentence, index):
            return None
        clauses = self._clauses
        who = clauses.subject(sentence, index)
        if who.kind == "other":
            who = clauses.opening_subject(sentence, index) or who
        body = who.item if who.kind == "body" else None
        if body is not None and (body.type == "person" or not clauses.begins(sentence, who.at)):
            return None
        planned = self._outlook.planning(sentence)
        own = who.kind == "own" or (body is not None and speaker is not None and self._same_body(body, speaker))
        if speaker is not None and speaker.leads and not (own and planned):
            if index > 4 or clauses.main_subject(sentence, index).kind != "elided":
                return None
            return _Found("directive", "commitments.work.order", index, speaker.text, None)
        if speaker is not None and own and planned:
            return _Found("pledge", "commitments.work.own", index, speaker.text, None)
        rank = rank_of_item(body, self._reader.text) if body is not None else None
        goes_on = sentence.line == self._outlook.line + 1 and rank is not None and rank == self._planning_rank
        if not planned and not goes_on:
            return None
        opens = who.kind == "elided" and self._outlook.line == sentence.line and index <= 1
        if body is None and not opens and not self._outlook.names_tasks(sentence, index):
            return None
        self._outlook.line, self._planning_rank = sentence.line, rank
        actor = clauses.text_of(body) if body is not None else None
        return _Found("plan", "commitments.work.plan", index, actor, None)

    def _is_work(self, sentence: Sentence, index: int) -> bool:
        """Is the verb of work said of time to come, and of work rather than what is to be reached?"""
        items = sentence.items
        if index + 1 >= len(items) or items[index + 1].value == ":":
            return False
        if any(is_now(item) for item in items) or self._is_supposed(items):
            return False
        goal = any((item.type, item.value) == ("mood", "goal") for item in items[index:])
        aims = goal and self._outlook.is_ahead(sentence)
        if is_told(sentence, index, now=not aims or items[index - 1].type == "mood"):
            return False
        verb = items[index]
        reached = any(item.type in ("standard", "criteria") for item in items[index + 1 : index + 8])
        return not (verb.type == "reach" and reached) and self._surface(verb) not in _G.words("presides")

    @staticmethod
    def _is_supposed(items: list[Item]) -> bool:
        """'nếu …', 'trong trường hợp …', but not 'xử lý các trường hợp lấn chiếm'."""
        return any(
            (item.type, item.value) == ("mood", "hypothetical")
            and not (at and (items[at - 1].value in _G.words("quantifiers") or items[at - 1].type == "act"))
            for at, item in enumerate(items)
        )

    def _working_verb(self, sentence: Sentence) -> int | None:
        """The first verb of work that opens the sentence or stands right behind a body."""
        for index, item in enumerate(sentence.items[:_MOST_OPENING]):
            if (item.type, item.value) not in (("act", "work"), ("reach", "build"), ("reach", "keep")):
                continue
            who = self._clauses.subject(sentence, index)
            if who.kind in ("body", "own") or (who.kind == "elided" and index <= 4):
                return index
            if self._outlook.names_tasks(sentence, index):
                return index
            if who.kind == "other" and self._clauses.opening_subject(sentence, index):
                return index
        return None

    def _affirmed(self, sentence: Sentence, speaker: Speaker | None) -> _Found | None:
        """'Lãnh đạo xã khẳng định đến tháng 11 xã hoàn thành …', 'Sang năm chúng tôi dồn sức …'."""
        items = sentence.items
        if not self._outlook.is_ahead(sentence) or any(item.value == "hypothetical" for item in items):
            return None
        for index, item in enumerate(items):
            if item.value == _G.phrase("we")[0] and speaker is not None:
                behind = items[index + 2] if index + 2 < len(items) else None
                if behind is None or behind.type == "mood" or behind.value in _STATES:
                    return None
                return _Found("pledge", "commitments.own.ahead", index + 2, speaker.text, None)
            if item.type == "speech" and self._surface(item) in _G.words("affirms"):
                return self._affirmed_of(sentence, index, speaker)
        return None

    def _affirmed_of(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        """What is affirmed of the body that affirms it."""
        items, text = sentence.items, self._reader.text
        who = self._clauses.main_subject(sentence, index)
        if who.kind != "body" or who.item is None:
            return None
        rank = rank_of_item(who.item, text)
        for at in range(index + 1, len(items) - 1):
            if items[at].type in ("unit", "class", "organ") and rank_of_item(items[at], text) == rank:
                if items[at + 1].type not in ("reach", "act"):
                    return None
                actor, _ = self._actor(sentence, who, speaker, index)
                return _Found("pledge", "commitments.own.ahead", at + 1, actor, None)
        return None

    # ------------------------------------------------------------ who

    def _actor(
        self, sentence: Sentence, who: ClauseSubject, speaker: Speaker | None, index: int
    ) -> tuple[str | None, int | None]:
        """Text and rank of who acts; the speaker where the subject is left out, a pronoun or one's own."""
        text = self._reader.text
        if who.kind == "elided":
            main = self._clauses.main_subject(sentence, index)
            if speaker is None or (main.kind == "body" and self._is_told_of(sentence, main, index)):
                who = main
        elif who.kind == "other" and speaker is None:
            who = self._clauses.main_subject(sentence, index)
        item = who.item
        if speaker is not None and item is not None and item.type == "class" and self._quotes(sentence, speaker):
            return speaker.text, speaker.rank  # 'xã' in the words of who speaks for it
        if who.kind == "pronoun":
            called = self._speakers.called(text[item.start : item.end]) if item is not None else None
            first = self._clauses.main_subject(sentence, index).item  # 'Ông A còn lo …; ông đề nghị …'
            if called is None and first is not None and first.type == "person" and first.value == "name":
                return self._person(first, speaker)
            meant = called or self._speakers.last()
            return (meant.text, meant.rank) if meant is not None else (None, None)
        if who.kind != "body" or item is None:
            return (speaker.text, speaker.rank) if speaker is not None else (None, None)
        if item.type == "person":
            return self._person(item, speaker)
        return self._clauses.text_of(item), rank_of_item(item, text)

    def _person(self, item: Item, speaker: Speaker | None) -> tuple[str, int | None]:
        """Text and rank of a person; the rank is the speaker's where the role does not tell it."""
        text = self._reader.text
        rank = rank_of(text[item.start : item.end])
        return named(item, text), speaker.rank if rank is None and speaker is not None else rank

    @staticmethod
    def _is_told_of(sentence: Sentence, main: ClauseSubject, index: int) -> bool:
        """Is the act told of who is named first, and not said in somebody's own words behind the name?"""
        if main.item is not None and main.item.type in ("class", "count") and main.item.plural:
            return False
        between = sentence.items[main.at : index]
        person = sentence.items[main.at].type == "person"
        return person or not any(item.value in (":", '"', "“") or item.type == "speech" for item in between)

    def _surface(self, item: Item) -> str:
        return self._clauses.surface(item)

    def _quotes(self, sentence: Sentence, speaker: Speaker) -> bool:
        """Are the words the speaker's, named behind them or in this sentence?"""
        text = self._reader.text
        return speaker.quoted or any(
            item.type == "person" and named(item, text) == speaker.text for item in sentence.items
        )

    def _same_body(self, item: Item, speaker: Speaker) -> bool:
        rank = rank_of_item(item, self._reader.text)
        return rank is not None and rank == speaker.rank and item.type != "count" and not item.plural

    def _is_ones_own(self, sentence: Sentence, who: ClauseSubject, speaker: Speaker) -> bool:
        """'xã', 'đơn vị' in the words of somebody whose rank does not show, 'Mặt trận' in those of its chairman."""
        item = who.item
        if item is None or item.plural or item.type not in ("class", "organ") or speaker.leads:
            return item is not None and self._same_body(item, speaker)
        if item.type == "class":
            return self._same_body(item, speaker) or (speaker.rank is None and item.value in _OWN_SIDE)
        front = _G.expression("front")  # under whichever of its names
        head = front.sub("mttq", " ".join(self._clauses.text_of(item).lower().split()[:2]))
        return self._same_body(item, speaker) or head in front.sub("mttq", speaker.text.lower())

    def _is_speakers(self, item: Item, speaker: Speaker) -> bool:
        """The speaker's own: of the speaker's rank, and named in who the speaker is or not named at all."""
        if not self._same_body(item, speaker) or item.type == "organ":
            return False
        return item.type != "unit" or item.data[0].name in speaker.text

    @staticmethod
    def _at_home(item: Item) -> bool:
        """'huyện', 'xã' alone: the unit the article is about, which tells of its own plans."""
        return item.type == "class" and item.value in ("district", "commune") and not item.plural
