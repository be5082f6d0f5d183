"""Commitments: who binds whom to what; the ranks of the two decide between directive and request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ntm_extract.facts.frame import AHEAD, Reader, is_deadline, is_now
from ntm_extract.facts.meeting import chairs_of
from ntm_extract.facts.speakers import PRONOUNS, RANKS, Speaker, Speakers, named, rank_of, rank_of_item
from ntm_extract.match.reader import Item, Sentence
from ntm_extract.model import Act, Commitment, Period
from ntm_extract.orthography import fold_text


def _folded(words: str) -> frozenset[str]:
    return frozenset(fold_text(word) for word in words.split())


_ADMINISTRATIVE = ("province", "district", "commune", "village", "place")
_OWN_WORDS = _folded("chúng tôi mình")
_PAST = {"past", "current"}
_MEETING = fold_text("tổ") + "_" + fold_text("chức") + "_"
_LISTING_MOST = 400  # characters of a line that opens a list
_MOST_OPENING = 40  # items; orders and plans say at the start of a clause who is to do what
# Words between a subject and its verb.
_ADVERBS = _folded(
    "cũng đã đang còn vẫn thì lại đều cùng luôn mới sẽ trực tiếp tự tin khẩn trương chủ động sớm kịp thời thường xuyên"
    " ngay thống nhất rất chỉ vừa quyết liệt chính thức thẳng thắn mạnh dạn tha thiết nghiêm túc tích cực cần phải xin"
    " dám nào"
    " từng cơ bản cao tâm chắc chắn nên"
)
_PREPOSED = _folded("với về tại ở từ cho của trong trên cùng đến tới giúp khỏi ngoài mặt dẫn qua giữa gồm bằng")
_EACH = _folded("các mỗi từng những mọi tất toàn cả")
_JOINS = _folded("và , / - – cùng")
_PEOPLE = _folded("thôn_xóm nhân dân người bà con cán bộ đảng viên toàn thể đoàn thể hội")
_PLURALS = _folded("các mỗi từng những mọi cả toàn tất bộ đồng chí đ c / mọi")
_MARKS = {"-", "–", "+", "*", "•", ".", ")", "(", "“", '"', "”", ",", ";", ":"}
# What may open a clause and is not yet its subject.
_LEAD_WORDS = _folded("riêng còn ngoài ra song đồng thời trước mắt mặt khác do vì theo thế vậy nay từ giờ trở đi")
_LEAD_PHRASES = _folded(
    "về với đối để trong từ tại ở theo nhằm sau trước qua trên khi cùng đến tới định hàng hằng căn nếu muốn bên ngoài"
    " nhất đặc một hai ba bốn năm thứ chậm ngay giai tiếp thời do vì trường"
)
_RELATIVE = _folded(
    "phụ trách liên quan này đó khác nói trên dưới tại mục nêu còn lại trực thuộc sở chuyên môn nhóm vùng diện miền"
)
_STATES = _folded(
    "là có còn được bị cũng thì đều vẫn luôn mới báo trong của về : , và với rất ngày dự tặng trao gồm thuộc"
    " vui cho nói kể thấy nghe chỉ hiện ra đến từ như đã vừa xin mong giáp nằm tới ( ; . mất chiếm ở khi nào"
)
_RELATIVE_VERBS = _folded("tiêu liên chức trách nhiệm công hộ")
_PREDICTED = _folded("là có còn được bị giúp tạo gặp thiếu phải khó trở mang góp đủ thành không nhập sáp hợp")
_PASSIVE = _folded("được bị")
_ADMITTED = _folded("về trước , . ; vì do và")
_AGREES = _folded("nhất thống")
_SENT_TO = _folded("trình gửi")
_HEEDED = {"lưu ý", "nhắc nhở", "quán triệt", "nhắc"}
_HANDED_OVER = _folded(
    "cho các từng mỗi những toàn hẳn ngay trách nhiệm vụ đồng chí đ c / ông bà cả thêm thẳng lại với"
)
_WE, _SAME, _TIMES, _COMRADE, _AND = (fold_text(word) for word in ("chúng", "đồng", "thời", "chí", "và"))
_BY, _INTO, _WITH = fold_text("do"), fold_text("vào"), fold_text("với")
_STILL, _LEFT = fold_text("còn"), fold_text("lại")
_IN_RELATIVE = _folded("chí i ii iii iv v a b c d đ e")
_URGED = _folded("khẩn sớm chủ nghiêm tập kịp kiên")
_OFFICE_VERBS = _folded("gửi nộp báo lập cử")
_REPORTS, _COLON = fold_text("báo"), ":"
_NOUN_BEFORE = _folded("các những bản lời ký có của theo một số nhiều từ việc đơn mọi")
_COUNTED = ("number", "quantity", "criteria")
_CHANGED = _folded("tăng giảm")
_UNWILLED = _folded("nói kể trả thừa đi mất chờ lùi nộp chịu_thua")  # 'phải nói', 'phải đi 5 km': no order
_TASKS = re.compile(
    r"nhiệm vụ (trọng tâm|chủ yếu|thời gian)|giải pháp (trọng tâm|chủ yếu|thời gian)|phương hướng|trọng tâm là"
)
# Headings whose lines are tasks given: 'IV. Tổ chức thực hiện', 'Hội nghị thống nhất các nội dung sau:'.
_ORDERS = re.compile(
    r"nhiệm vụ|giải pháp|tổ chức thực hiện|phân công|kết luận|chỉ đạo|yêu cầu|ghi chú|thời gian tới"
    r"|nội dung sau|việc cần làm|phần việc|công việc sau"
)
_BARE_MARK = re.compile(r"[\s(]*(?:[IVX]{1,4}|\d{1,2}(?:\.\d+)*|[a-zđ])[.)]?\s*\.?\s*", re.I)
_LIST_MARK = re.compile(
    r"\s*(?:[-–+•*]|\(?\d{1,2}(?:\.\d+)*[.)]|\d+\.\d+|\(?[a-zđ]\)|Thứ (?:nhất|hai|ba|tư|năm|sáu|bảy|tám|chín|mười)\b)"
)
_AHEAD_WORDS = re.compile(
    r"(?:thời gian|những|các|năm|tháng|tuần|quý|kỳ|vụ|mùa|giai đoạn|ngày)[\w/ ]{0,12} tới(?! nay)\b|tới đây"
    r"|sắp tới|còn lại|sau này|từ nay(?! trở về)|từ giờ|từ đây|sang năm|trước mắt|năm sau|tháng sau"
)
_AFTER_THIS = re.compile(
    r"^\W*(?:ngay )?sau (?:cuộc họp|hội nghị|buổi (?:làm việc|kiểm tra|lễ)|đợt|phiên họp|kỳ họp)"
    r"[^,]{0,20}\b(?:này|hôm nay)\b"
    r"|^\W*ngay sau (?:khi|hội nghị|cuộc họp|buổi)"
)
_BEFORE_THEM = r"\s*(?:hẳn |với |cho )*(?:toàn thể |toàn |mọi |mỗi |các |từng |cán bộ,? |đảng viên,? |và )*"
_UNDERLINGS = re.compile(
    _BEFORE_THEM + r"(?:nhân dân|người dân|bà con|đảng viên|hội viên|chi bộ|hộ |gia đình|doanh nghiệp|đơn vị thi công"
    r"|nhà thầu|đoàn viên|đồng chí)",
    re.I,
)
_OFFICES = re.compile(
    _BEFORE_THEM + r"(?:cơ quan|thành viên|lực lượng|phòng(?! (?:học|họp|ở|khám))|ban(?! hành))\b", re.I
)
_TOLD = re.compile(r"\b(?:kể|nhớ lại|hồi tưởng|lý giải|giải thích)\b")
_AFFIRMS = re.compile(r"khẳng định|quả quyết|tin tưởng|tin rằng|cho biết|cho hay|thông tin")


@dataclass(slots=True)
class _Who:
    """Subject of a verb: a body named, the person a pronoun means, one's own, left out, or something else."""

    kind: Literal["body", "pronoun", "own", "elided", "other"]
    item: Item | None = None
    at: int = -1


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
        self._speakers = Speakers(reader, lambda: chairs_of(reader))
        self._ahead: tuple[Sentence, bool] | None = None
        self._planning_line = -1
        self._planning_rank: int | None = None
        self._ordering_line = -1  # of the last directive, whose words may go on
        self._ordering_actor: str | None = None
        self._tasks_under = False  # does the heading above give tasks?
        self._tasks_by: str | None = None
        self._tasks_listed = False  # … only to the lines of the list that follows
        self.commitments: list[Commitment] = []

    def read(self, sentence: Sentence) -> None:
        """Commitments of one sentence."""
        if sentence.kind in ("byline", "dateline"):
            return
        speaker = self._speakers.enter(sentence)
        self._head(sentence, speaker)
        if sentence.kind in ("title", "heading"):
            return
        self._planning(sentence)
        items, text = sentence.items, self._reader.text
        told = speaker is None or not (speaker.leads or self._ordering_line == sentence.line)
        if (
            told
            and not any(item.value == "recurrence" for item in items)
            and any(
                item.type == "word" and item.value.startswith(_MEETING) and (not at or items[at - 1].type != "act")
                for at, item in enumerate(items[:14])
            )
        ):
            return  # 'UBND huyện tổ chức hội nghị …' tells of the meeting itself
        if text[sentence.start : sentence.end].rstrip(' ”"').endswith("?"):
            return
        for found in self._find(sentence, speaker):
            if found.act == "directive":
                self._ordering_line, self._ordering_actor = sentence.line, found.actor
            elif found.act != "request":
                self._planning_line = sentence.line
            told = found.rule.startswith(("commitments.work", "commitments.own"))  # the verb is what is to be done
            start_action = items[found.trigger].start if told else items[found.trigger].end
            if found.addressee is not None:
                start_action = max(start_action, found.addressee.end)
            action = text[start_action : sentence.end].strip(" ,.;:") or text[items[found.trigger].start : sentence.end]
            self.commitments.append(
                Commitment(
                    act=found.act,
                    actor=found.actor,
                    addressee=self._text_of(found.addressee) if found.addressee else None,
                    action=action,
                    deadline=self._deadline(sentence, found.trigger),
                    recurrence=next(
                        (text[i.start : i.end] for i in items if i.type == "time" and i.value == "recurrence"), None
                    ),
                    evidence=self._reader.evidence(sentence.start, sentence.end, found.rule),
                )
            )

    def _head(self, sentence: Sentence, speaker: Speaker | None) -> None:
        """Does a heading, or a line that ends in a colon, give the tasks that follow?"""
        text = self._reader.text
        line_start = text.rfind("\n", 0, sentence.start) + 1
        surface = text[sentence.start : sentence.end].strip()
        if _BARE_MARK.fullmatch(surface):
            return  # 'II.' of 'II. Nhiệm vụ', cut off by the splitter
        opens = surface.endswith(":")
        if sentence.kind == "heading" or (opens and len(surface) < _LISTING_MOST):
            tail = surface.lower()[-160:]
            self._tasks_under = bool(_ORDERS.search(tail)) or (
                opens and any(item.type == "speech" and item.value == "leads" for item in sentence.items)
            )
            self._tasks_by = speaker.text if speaker is not None and (speaker.leads or opens) else None
            self._tasks_listed = sentence.kind != "heading"
        elif self._tasks_under and self._tasks_listed and sentence.start == line_start:
            self._tasks_under = _LIST_MARK.match(text, line_start) is not None

    # ------------------------------------------------------------ which act

    def _find(self, sentence: Sentence, speaker: Speaker | None) -> Iterator[_Found]:
        items = sentence.items
        acts: set[Act] = set()
        for index, item in enumerate(items):
            if item.type != "act" or (acts and not self._anew(sentence, index)):
                continue
            found: _Found | None = None
            if item.value in ("demand", "ask", "request"):
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
        if not acts:
            found = self._ordered(sentence, speaker) or self._work(sentence, speaker)
            found = found or self._affirmed(sentence, speaker)
            if found is not None:
                yield found

    def _anew(self, sentence: Sentence, index: int) -> bool:
        """A second act of a sentence stands on its own: behind ';' or 'đồng thời', or with its own subject."""
        items = sentence.items
        at = index - 1
        while at >= 0 and (items[at].type in ("mood", "time") or items[at].value in _ADVERBS):
            if items[at].value == _TIMES and at and items[at - 1].value == _SAME:
                return True
            at -= 1
        if at >= 0 and items[at].value == _AND:
            return items[index].value == "request" and self._addressee(sentence, index) is not None
        if at >= 0 and items[at].type in ("organ", "unit", "class", "person"):
            before = items[at - 1].value if at else ";"
            return before in (";", ",") or items[at - 1].type == "time"
        return at >= 0 and items[at].value == ";"

    def _asked(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        items, text = sentence.items, self._reader.text
        item = items[index]
        surface = self._surface(item)
        handed = item.value == "demand" and surface != "yêu cầu"
        addressee = self._addressee(sentence, index, handed=handed)
        below = _UNDERLINGS.match(text, item.end) is not None
        office = _OFFICES.match(text, item.end) is not None
        if handed and index and (items[index - 1].type, items[index - 1].value) == ("act", "work"):
            return None  # 'tập trung chỉ đạo các xã'
        if self._is_noun(sentence, index, addressee is not None or below or office):
            return None
        heeded = surface in _HEEDED and index + 1 < len(items) and items[index + 1].value in (",", ":")
        if handed and addressee is None and not (below or office or heeded):
            return None
        who = self._subject(sentence, index)
        if who.kind == "other" and item.value != "demand":
            body = self._body_before(sentence, index)
            who = _Who("body", body) if body is not None else who
        if who.kind == "other" and (handed or (item.value == "demand" and addressee is None)):
            return None
        if (
            handed
            and index
            and items[index - 1].type == "mood"
            and items[index - 1].value == "past"
            and not self._opens(sentence, index)
        ):
            return None
        if item.value == "demand" and self._tasked(sentence, who, speaker):
            return _Found("directive", "commitments.work.order", index, speaker.text if speaker else None, who.item)
        actor, actor_rank = self._actor(sentence, who, speaker, index)
        if surface == "chỉ đạo" and who.kind == "elided" and actor is None:
            return None
        rank = len(RANKS) if below else rank_of_item(addressee, text) if addressee is not None else None
        if actor is None and (addressee is None or item.value == "request") and not (item.value == "demand" and below):
            return None
        if item.value == "request":
            if surface in ("mong", "xin") and (rank is None if actor_rank is None else rank == actor_rank):
                return None  # a wish of one's own, asked of nobody above
            above = actor_rank is not None and rank is not None and actor_rank < rank
            act: Act = "directive" if above or (below and actor_rank is not None) else "request"
        elif item.value == "demand":
            act = "directive"
        elif actor_rank is not None and rank is not None and actor_rank != rank:
            act = "directive" if actor_rank < rank else "request"
        elif below:
            act = "directive"
        elif actor is None and rank is not None and rank >= RANKS.index("commune"):
            act = "directive"  # a paper's 'Đề nghị các xã …' goes downwards
        else:
            leads = speaker is not None and (speaker.leads or (speaker.rank or 9) <= 1)
            act = "directive" if leads or self._commands(speaker, actor_rank) else "request"
        return _Found(act, f"commitments.{item.value}.{act}", index, actor, addressee)

    def _tasked(self, sentence: Sentence, who: _Who, speaker: Speaker | None) -> bool:
        """In a leader's words 'UBND huyện chỉ đạo …' and 'Hội Nông dân nhận …' are what they are told to do."""
        return (
            speaker is not None
            and speaker.leads
            and who.item is not None
            and who.item.type == "organ"
            and not self._named_in(sentence, speaker)
            and not self._above(who.item, speaker, equal=True)
        )

    def _above(self, item: Item, speaker: Speaker | None, *, equal: bool = False) -> bool:
        """Does a body stand above the speaker, who cannot tell it what to do?"""
        rank = rank_of_item(item, self._reader.text)
        if speaker is None or speaker.rank is None or rank is None:
            return False
        return rank < speaker.rank or (equal and rank == speaker.rank and speaker.rank >= RANKS.index("commune"))

    def _is_noun(self, sentence: Sentence, index: int, addressed: bool) -> bool:
        """'3/4 yêu cầu', 'so với yêu cầu', 'các đề xuất', 'được giao': no verb with a subject."""
        if not index:
            return False
        before = sentence.items[index - 1]
        if before.type in ("negation", "number", "count", "criteria", "quantity", "criterion", "standard"):
            return before.type == "negation" or not addressed
        if before.type != "word":
            return False
        return before.value in _PASSIVE or before.value in _NOUN_BEFORE or (before.value in _PREPOSED and not addressed)

    @staticmethod
    def _opens(sentence: Sentence, index: int) -> bool:
        return all(item.type in ("mood", "organ", "unit", "class", "person", "time") for item in sentence.items[:index])

    @staticmethod
    def _commands(speaker: Speaker | None, rank: int | None) -> bool:
        """Heads of a district or above; heads of offices advise."""
        if speaker is None or (rank if rank is not None else 9) > 2:
            return False
        return not re.search(r"phòng|chuyên viên|cán bộ|công chức|hội|mặt trận|mttq", speaker.text.lower())

    def _pledged(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        items = sentence.items
        if self._past_at(sentence, index) or (index and items[index - 1].value in _NOUN_BEFORE):
            return None
        if any(item.type == "negation" for item in items[max(0, index - 2) : index]):
            return None
        if self._surface(items[index]).endswith("nhận trách nhiệm") and (
            index + 1 >= len(items) or items[index + 1].value in _ADMITTED
        ):
            return None  # what went wrong is owned up to
        who = self._subject(sentence, index)
        if who.kind == "other":
            body = self._body_before(sentence, index) or self._first_body(sentence, index)
            who = _Who("body", body) if body is not None else who
        if self._tasked(sentence, who, speaker):
            return _Found("directive", "commitments.work.order", index, speaker.text if speaker else None, who.item)
        actor, _ = self._actor(sentence, who, speaker, index)
        if actor is None:
            return None
        return _Found("pledge", "commitments.pledge.own", index, actor, None)

    def _will(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        items = sentence.items
        who = self._subject(sentence, index)
        if who.kind == "elided" and self._own_before(sentence, index):
            who = _Who("own")
        if who.kind == "other":
            who = self._behind_relative(sentence, index) or who
        if who.kind == "other":
            return None
        if who.kind != "own" and any(item.type == "mood" and item.value == "plan" for item in items[:index]):
            return None
        own = who.kind == "own" or (who.kind in ("elided", "pronoun") and speaker is not None)
        if who.kind == "elided" and not own:
            who = self._main_subject(sentence, index)
            if who.kind != "body":
                return None
        if not own and self._conditional(sentence, index):
            return None
        behind = items[index + 1] if index + 1 < len(items) else None
        if behind is None or behind.type not in ("act", "word", "reach", "mood", "hedge", "negation"):
            return None
        if behind.type == "reach" and behind.value in ("lost", "recognised"):
            return None
        same = own or (who.item is not None and speaker is not None and self._same_body(who.item, speaker))
        if (
            behind.type == "word"
            and behind.value in _PREDICTED
            and not (same and speaker is not None and behind.value not in _PASSIVE and who.kind != "elided")
        ):
            return None
        actor, _ = self._actor(sentence, who, speaker, index)
        if speaker is not None and same:
            organ = (
                who.item is not None and who.item.type in ("organ", "unit") and not self._is_quoted(sentence, speaker)
            )
            return _Found("pledge", "commitments.will.speaker", index, actor if organ else speaker.text, None)
        if actor is None:
            return None
        return _Found("plan", "commitments.will.organ", index, actor, None)

    def _must(self, sentence: Sentence, index: int, speaker: Speaker | None) -> _Found | None:
        items, text = sentence.items, self._reader.text
        if index and items[index - 1].type == "negation":
            return None
        if any(self._surface(item) == "muốn" for item in items[:index]):
            return None  # 'Muốn về đích, phải …' tells how, binds nobody
        behind = items[index + 1] if index + 1 < len(items) else None
        if behind is None or behind.type == "speech" or (behind.type == "word" and behind.value in _UNWILLED):
            return None
        who = self._subject(sentence, index)
        if who.kind == "other":
            who = self._behind_relative(sentence, index) or who
        if who.kind == "elided" and self._own_before(sentence, index):
            who = _Who("own")
        body = who.item if who.kind == "body" and who.item is not None and who.item.type != "person" else None
        if behind.type in _COUNTED or self._surface(behind) in ("khoảng", "hơn", "thêm", "gần"):
            return None  # 'cần khoảng 67 tỷ đồng'
        if speaker is None:
            if body is None or not (items[index - 1] is body or body.plural) or not self._begins(sentence, who.at):
                return None
            return _Found("directive", "commitments.must.body", index, None, body)
        if speaker.leads or self._ordering_line == sentence.line:
            if who.kind == "own" and not self._upper(speaker):
                return _Found("pledge", "commitments.must.own", index, speaker.text, None)
            return _Found(
                "directive",
                "commitments.must.body",
                index,
                speaker.text,
                body or self._body_before(sentence, index, people=False),
            )
        if _TOLD.search(text[sentence.start : items[index].start].lower()):
            return None
        named_own = who.kind == "other" and self._name_before(sentence, index) in speaker.text
        if who.kind == "own" or named_own or (body is not None and self._is_speakers(body, speaker)):
            ahead = self._is_ahead(sentence) or who.kind == "own"
            return _Found("pledge", "commitments.must.own", index, speaker.text, None) if ahead else None
        if body is None and not (who.kind == "elided" and speaker.rank is not None and self._is_ahead(sentence)):
            return None
        return _Found("directive", "commitments.must.body", index, speaker.text, body)

    def _name_before(self, sentence: Sentence, index: int) -> str:
        """The name before a verb that no list of units knows; a line feed, in no speaker, where there is none."""
        before = self._reader.text[sentence.start : sentence.items[index].start]
        match = re.search(r"((?:[A-ZĐÀ-Ỹ]\w*\s+)+)(?:cũng|đều|thì)?\s*$", before)
        return match[1].strip() if match else "\n"

    def _upper(self, speaker: Speaker) -> bool:
        return speaker.rank is not None and speaker.rank <= RANKS.index("district")

    def _ordered(self, sentence: Sentence, speaker: Speaker | None) -> _Found | None:
        """In a leader's words: an organ or all units of a kind, and whatever they are to do."""
        listed = self._tasks_under and (speaker is None or not speaker.leads)
        if speaker is not None and speaker.leads:
            actor: str | None = speaker.text
        elif self._ordering_line == sentence.line:
            actor = self._ordering_actor
        elif self._tasks_under and speaker is None:
            actor = self._tasks_by
        elif speaker is not None and speaker.rank is not None and self._is_ahead(sentence):
            return self._distributed(sentence, speaker)
        else:
            return None
        if any(is_now(item) for item in sentence.items) or self._attends(sentence):
            return None
        for first, last in _clauses(sentence):
            found = self._task(sentence, first, last)
            if found is None:
                continue
            body, behind = found
            if (body.type != "organ" or body.place is not None) and self._above(body, speaker):
                continue  # offices are of the unit that has them: communes have a 'Phòng Kinh tế' too
            if sentence.items[behind].value in _AGREES and any(
                item.value in _SENT_TO for item in sentence.items[behind : behind + 4]
            ):
                return _Found("plan", "commitments.work.plan", behind, self._text_of(body), None)
            if listed and body.type in ("class", "unit") and not body.plural and self._at_home(body):
                return _Found("plan", "commitments.work.plan", behind, self._text_of(body), None)
            rule = "commitments.work.listed" if listed else "commitments.work.order"
            return _Found("directive", rule, behind, actor, body)
        return None

    def _attends(self, sentence: Sentence) -> bool:
        """'Cùng dự có …', 'Tại điểm cầu các xã có …': who was there."""
        return (
            re.match(
                r"\W*(?:[^,.]{0,30}\b(?:tham dự|cùng dự|dự)\b|tại (?:các )?điểm cầu)",
                self._reader.text[sentence.start : sentence.end].lower(),
            )
            is not None
        )

    def _distributed(self, sentence: Sentence, speaker: Speaker) -> _Found | None:
        """'Từ nay đến 31/12, mỗi ấp làm xong một tuyến đường', says the commune's chairman."""
        if speaker.rank is None or any(is_now(item) for item in sentence.items):
            return None
        first, last = next(_clauses(sentence))
        found = self._task(sentence, first, last)
        if found is None:
            return None
        rank = rank_of_item(found[0], self._reader.text)
        if rank is None or rank <= speaker.rank or found[0].type not in ("class", "count"):
            return None
        if any(item.type in ("standard", "criteria") for item in sentence.items[first:last]):
            return None  # it says what is to be reached, not what to do
        return _Found("directive", "commitments.work.order", found[1], speaker.text, found[0])

    def _task(self, sentence: Sentence, first: int, last: int) -> tuple[Item, int] | None:
        """Who is to do something in the clause, and the item that says what; None where it tells of a state."""
        items = sentence.items
        chain = self._chain(sentence, self._opening(sentence, first, last), last)
        if chain is None or items[min(chain[1], last - 1)].value == _COLON:
            headed = self._chain(sentence, self._opening(sentence, first, last, colon=False), last)
            if headed is None or headed[1] + 2 > last or items[headed[1]].value != _COLON:
                return None
            chain = (headed[0], headed[1] + 1, headed[2])  # 'UBND các xã A, B: khắc phục …'
        body, at, plural = chain
        at = self._behind_modifiers(sentence, at, last)
        while at < last and items[at].type == "time":
            at += 1
        if at + 1 >= last:
            return None
        behind = items[at]
        if any(item.type == "mood" and item.value in _PAST for item in items[at : at + 2]):
            return None
        if behind.type == "negation":
            return (body, at) if self._forbids(sentence, at) else None
        if behind.value in _CHANGED and any(item.type in _COUNTED for item in items[at + 1 : at + 4]):
            return None  # 'tăng 3 điểm'
        if behind.type == "mood" and self._surface(behind) in ("chọn", "giúp"):
            return body, at
        if behind.type in ("mood", "hedge", "number", "criteria", "criterion", "quantity", "speech", "standard"):
            return None
        if behind.type == "reach":
            if behind.value in ("finish", "recognised", "lost"):
                return None
            ahead = items[at + 1]
            into = self._surface(behind).endswith("đưa") and any(item.value == _INTO for item in items[at + 1 : last])
            if (
                behind.value in ("build", "keep")
                and not into
                and any(item.type in ("criteria", "standard") for item in items[at + 1 : min(last, at + 5)])
            ):
                return None  # a target
            if behind.value == "met" and (
                ahead.type in ("criteria", "standard", "number", "criterion", "quantity")
                or not self._surface(behind).startswith("hoàn t")
            ):
                return None
        elif (
            behind.type == "word"
            and behind.value in _STATES
            and not (behind.value == _REPORTS and any(item.type == "time" for item in items[first:last]))
        ):
            return None
        elif behind.type == "act" and items[at + 1].type in ("criteria", "standard"):
            return None  # 'Kim Thành bảo đảm 8 tiêu chí'
        if body.type == "organ" or plural or body.type == "count" or body.value == "role":
            return body, at
        urged = (
            behind.type in ("act", "reach")
            or (behind.type == "word" and behind.value in _URGED)
            or any(is_deadline(item) for item in items[at:last])
        )
        return (body, at) if urged and behind.type != "person" else None

    def _forbids(self, sentence: Sentence, at: int) -> bool:
        """'không để', 'không được', 'không chạy theo': an order; 'không đạt', 'không có' a state."""
        surface = self._reader.text[sentence.items[at].start : sentence.end].lower()
        return re.match(r"không (?:để|được|làm|chạy|né|đùn|chủ quan|huy động|lơ là|nể)", surface) is not None

    def _work(self, sentence: Sentence, speaker: Speaker | None) -> _Found | None:
        """Organ and a verb of work, or a bare verb of work: an order in a leader's speech, else a plan."""
        items = sentence.items
        index = self._working_verb(sentence)
        if index is None or self._hypothetical(sentence):
            return None
        aims = any(item.type == "mood" and item.value == "goal" for item in items[index:]) and self._is_ahead(sentence)
        if self._past_at(sentence, index, now=not aims or items[index - 1].type == "mood"):
            return None
        if any(is_now(item) for item in items):
            return None
        verb, behind = items[index], items[index + 1] if index + 1 < len(items) else None
        if behind is None or behind.value == _COLON or self._surface(verb) == "chủ trì":
            return None
        if verb.type == "reach" and any(item.type in ("standard", "criteria") for item in items[index + 1 : index + 8]):
            return None  # what is to be reached is a target
        who = self._subject(sentence, index)
        if who.kind == "other":
            who = self._behind_relative(sentence, index) or who
        body = who.item if who.kind == "body" else None
        if body is not None and (body.type == "person" or not self._begins(sentence, who.at)):
            return None
        planned = self._planning(sentence)
        own = who.kind == "own" or (body is not None and speaker is not None and self._same_body(body, speaker))
        if speaker is not None and own and planned and not speaker.leads:
            return _Found("pledge", "commitments.work.own", index, speaker.text, None)
        if speaker is not None and speaker.leads:
            if who.kind != "elided" or index > 4 or self._main_subject(sentence, index).kind != "elided":
                return None
            return _Found("directive", "commitments.work.order", index, speaker.text, None)
        rank = rank_of_item(body, self._reader.text) if body is not None else None
        goes_on = (
            sentence.line == self._planning_line + 1 and rank is not None and rank == self._planning_rank and index <= 3
        )
        if not planned and not goes_on:
            return None
        if body is None and (
            (who.kind not in ("elided", "own") and not self._tasks_named(sentence, index))
            or not (self._tasks_named(sentence, index) or (self._planning_line == sentence.line and index <= 1))
        ):
            return None
        if body is not None and body.type == "count":
            return None
        actor = self._text_of(body) if body is not None else None
        self._planning_line, self._planning_rank = sentence.line, rank
        return _Found("plan", "commitments.work.plan", index, actor, None)

    @staticmethod
    def _begins(sentence: Sentence, at: int) -> bool:
        """Is the body a subject by its place: first, or behind a comma, a time, a word that joins?"""
        if at <= 0:
            return True
        before = sentence.items[at - 1]
        if before.type == "word" and before.value in _PLURALS and at > 1:
            before = sentence.items[at - 2]
        if before.value == _WITH:
            return True  # 'Đối với xã Kim Thành cần …'
        if before.value == _BY:
            return False  # 'do từng xã tự tổ chức'
        if before.type != "word":
            return before.type in ("time", "mood", "speech", "act")
        return (
            before.value in _MARKS or before.value in _PLURALS or before.value in _LEAD_WORDS or _is_mark(before.value)
        )

    def _affirmed(self, sentence: Sentence, speaker: Speaker | None) -> _Found | None:
        """'Lãnh đạo xã khẳng định đến tháng 11 xã hoàn thành …', 'Sang năm chúng tôi dồn sức …'."""
        items = sentence.items
        if not self._is_ahead(sentence) or self._hypothetical(sentence):
            return None
        for index, item in enumerate(items):
            if item.type == "word" and item.value == _WE and speaker is not None:
                behind = items[index + 2 : index + 4]
                if not behind or behind[0].type in ("mood", "negation", "speech") or behind[0].value in _STATES:
                    return None
                return _Found("pledge", "commitments.own.ahead", min(index + 2, len(items) - 1), speaker.text, None)
            if item.type != "speech" or not re.fullmatch(r"khẳng định|quả quyết", self._surface(item)):
                continue
            who = self._main_subject(sentence, index)
            if who.kind != "body" or who.item is None:
                return None
            rank = rank_of_item(who.item, self._reader.text)
            for at in range(index + 1, len(items) - 1):
                told = items[at]
                if told.type in ("unit", "class", "organ") and rank_of_item(told, self._reader.text) == rank:
                    if items[at + 1].type in ("reach", "act"):
                        actor, _ = self._actor(sentence, who, speaker, index)
                        return _Found("pledge", "commitments.own.ahead", at + 1, actor, None)
                    return None
        return None

    def _working_verb(self, sentence: Sentence) -> int | None:
        """The first verb of work that opens the sentence or stands right behind a body."""
        items = sentence.items
        for index, item in enumerate(items[:_MOST_OPENING]):
            if not (
                (item.type == "act" and item.value == "work")
                or (item.type == "reach" and item.value in ("build", "keep"))
            ):
                continue
            who = self._subject(sentence, index)
            if (
                who.kind in ("body", "own")
                or (who.kind == "elided" and index <= 4)
                or self._tasks_named(sentence, index)
            ):
                return index
            if who.kind == "other" and self._behind_relative(sentence, index):
                return index
        return None

    # ------------------------------------------------------------ who

    def _subject(self, sentence: Sentence, index: int) -> _Who:
        """Subject of the verb at ``index``: what stands before it, adverbs passed over."""
        items, text = sentence.items, self._reader.text
        for at in range(index - 1, max(index - 14, 0), -1):  # 'Bí thư A thay mặt nhân dân hứa …'
            if items[at].value in (";", ":"):
                break
            if items[at].type == "speech" and self._surface(items[at]) == "thay mặt" and items[at - 1].type == "person":
                return _Who("body", items[at - 1], at - 1)
        at = index - 1
        while at >= 0:
            item = items[at]
            if item.type == "word" and item.value == _TIMES and at and items[at - 1].value == _SAME:
                return _Who("elided")
            if item.type == "word" and item.value in _OWN_WORDS:
                return _Who("own", at=at)
            if item.type == "word" and item.value == _COMRADE and at and items[at - 1].value == _SAME:
                return _Who("pronoun", at=at)
            if item.type == "word" and item.value in PRONOUNS and item.value != _SAME:
                return _Who("pronoun", at=at)
            if item.type == "word" and at and items[at - 1].value in PRONOUNS and text[item.start].isupper():
                return _Who("pronoun", item, at)
            if item.type in ("person", "organ", "unit") or (
                item.type in ("class", "count") and item.value in _ADMINISTRATIVE
            ):
                if at and items[at - 1].value in _SENT_TO:
                    return _Who("elided")  # 'Xã đang trình Sở Xây dựng xin …'
                return self._from_list(sentence, at)
            if item.type in ("mood", "hedge", "time") or (
                item.type == "act" and item.value in ("will", "must", "pledge")
            ):
                at -= 1
                continue
            if item.type == "act" and item.value == "work" and self._surface(item) in ("tiếp tục", "tập trung"):
                at -= 1
                continue
            if item.type == "speech" or item.value in (",", ";", ":", '"', "“", "”", "-", "–", "+", ".", ")", _AND):
                return _Who("elided")
            if item.type == "word" and (item.value in _ADVERBS or item.value.isdigit()):
                at -= 1
                continue
            return _Who("other")
        return _Who("elided")

    def _from_list(self, sentence: Sentence, at: int) -> _Who:
        """The first of the bodies named together: 'Phòng A, Phòng B và Phòng C'."""
        items = sentence.items
        first = at
        while first >= 2 and items[first - 1].value in _JOINS and items[first - 2].type in ("organ", "unit", "class"):
            if first >= 3 and items[first - 3].value in _PREPOSED:
                break  # 'khi kiểm tra tại A, lãnh đạo tỉnh …'
            first -= 2
        return _Who("body", items[first], first)

    def _behind_relative(self, sentence: Sentence, index: int) -> _Who | None:
        """The subject that opens the clause of the verb, some words of its own between: 'UBND các xã tại mục III …'."""
        items = sentence.items
        first = index
        while first > 0 and items[first - 1].value not in (";", ":"):
            first -= 1
        start = self._opening(sentence, first, index)
        chain = self._chain(sentence, start, index)
        if chain is None:
            return None
        body, at, _ = chain
        return _Who("body", body) if self._behind_modifiers(sentence, at, index) >= index else None

    def _main_subject(self, sentence: Sentence, index: int) -> _Who:
        """The first that could be the subject of the sentence, before ``index``."""
        items = sentence.items
        for at, item in enumerate(items[:index]):
            before = items[at - 1] if at else None
            if before is not None and before.type == "word" and before.value in _PLURALS and at > 1:
                before = items[at - 2]
            if before is not None and before.type == "word" and before.value in _PREPOSED:
                continue
            if before is not None and self._surface(before) == "thay mặt":
                continue
            if item.type in ("person", "organ", "unit") or (
                item.type in ("class", "count") and item.value in _ADMINISTRATIVE
            ):
                return _Who("body", item, at)
            if item.type == "word" and item.value in _OWN_WORDS:
                return _Who("own", at=at)
            if item.type == "word" and item.value in PRONOUNS and at + 1 < len(items):
                behind = items[at + 1]
                if behind.type == "person" or (
                    behind.value == _COMRADE and items[min(at + 2, len(items) - 1)].type == "person"
                ):
                    continue
                if item.value == _SAME and behind.value != _COMRADE:
                    continue
                return _Who("pronoun", at=at)
        return _Who("elided")

    def _own_before(self, sentence: Sentence, index: int) -> bool:
        return any(item.type == "word" and item.value == _WE for item in sentence.items[:index])

    def _actor(
        self, sentence: Sentence, who: _Who, speaker: Speaker | None, index: int
    ) -> tuple[str | None, int | None]:
        """Text and rank of who acts; the speaker where the subject is left out, a pronoun or one's own."""
        text = self._reader.text
        if who.kind == "elided":
            main = self._main_subject(sentence, index)
            many = main.item is not None and main.item.type in ("class", "count") and main.item.plural
            if speaker is None or (
                main.kind == "body" and not many and not self._words_between(sentence, main.at, index)
            ):
                who = main
        elif who.kind == "other" and speaker is None:
            who = self._main_subject(sentence, index)
        item = who.item
        if (
            item is not None
            and item.type == "class"
            and speaker is not None
            and self._is_quoted(sentence, speaker)
            and self._same_body(item, speaker)
        ):
            who, item = _Who("own"), None
        if who.kind == "pronoun":
            called = self._speakers.called(text[item.start : item.end]) if item is not None else None
            meant = called or speaker or self._speakers.last()
            return (meant.text, meant.rank) if meant is not None else (None, None)
        if who.kind != "body" or item is None:
            return (speaker.text, speaker.rank) if speaker is not None else (None, None)
        if item.type == "person":
            rank = rank_of(text[item.start : item.end])
            known = (
                self._speakers.called(str(item.data.name).split()[-1])
                if rank is None and item.data is not None
                else None
            )
            if rank is None and known is not None:
                rank = known.rank
            if rank is None and speaker is not None:
                rank = speaker.rank
            return named(item, text), rank
        return self._text_of(item), rank_of_item(item, text)

    @staticmethod
    def _words_between(sentence: Sentence, at: int, index: int) -> bool:
        """Somebody's own words begin between the two: the speaker's, not those of who is named before."""
        between = sentence.items[at:index]
        person = sentence.items[at].type == "person"
        return not person and any(item.value in (":", '"', "“") or item.type == "speech" for item in between)

    def _text_of(self, item: Item) -> str:
        """An organ or unit as written, with the 'các', 'mỗi' before it and the units that it is of."""
        text = self._reader.text
        start, end = item.start, item.end
        before = re.search(
            r"(?:\b(?:các|những|mỗi|từng|toàn|cả)\s+|\b\w+\s+đồng chí\s+)$", text[max(0, start - 20) : start], re.I
        )
        if before is not None and not text[start : start + 4].lower().startswith("các"):
            start -= len(before.group())
            start += len(before.group()) - len(before.group().lstrip())
        if item.type == "organ" and item.value == "own":
            behind = re.match(r"\s+\d{1,3}\s+(?:xã|thôn|huyện|xóm|ấp|bản)\b", text[end : end + 20])
            end += behind.end() if behind is not None else 0
        return text[start:end]

    def _surface(self, item: Item) -> str:
        return self._reader.text[item.start : item.end].lower()

    def _named_in(self, sentence: Sentence, speaker: Speaker) -> bool:
        """The speaker is named in this sentence."""
        return any(item.type == "person" and named(item, self._reader.text) == speaker.text for item in sentence.items)

    def _is_quoted(self, sentence: Sentence, speaker: Speaker) -> bool:
        return speaker.quoted or self._named_in(sentence, speaker)

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
            if item.type in ("class", "count") and item.value in _ADMINISTRATIVE:
                return item
        return None

    def _addressee(self, sentence: Sentence, index: int, *, handed: bool = False) -> Item | None:
        for item in sentence.items[index + 1 : index + 6]:
            if item.type in ("organ", "unit", "person") or (
                item.type in ("count", "class") and item.value in _ADMINISTRATIVE
            ):
                return item
            if item.type != "word" or item.value in (",", ";", ".", ":"):
                return None
            if handed and item.value not in _HANDED_OVER:
                return None
        return None

    def _same_body(self, item: Item, speaker: Speaker) -> bool:
        rank = rank_of_item(item, self._reader.text)
        plural = item.type == "count" or item.plural
        return rank is not None and rank == speaker.rank and not plural

    def _is_speakers(self, item: Item, speaker: Speaker) -> bool:
        """The speaker's own: of the speaker's rank, and named in who the speaker is or not named at all."""
        if not self._same_body(item, speaker) or item.type == "organ":
            return False
        if item.type == "unit":
            name = item.data[0].name if item.data else ""
            return name in speaker.text
        return True

    def _at_home(self, item: Item) -> bool:
        """The unit the article is about, which tells of its own plans."""
        home = "district" if self._reader.reading.names.home_district else "province"
        return item.value == home or (item.type == "class" and item.value == "commune")

    # ------------------------------------------------------------ the opening of a clause

    def _opening(self, sentence: Sentence, first: int, last: int, *, colon: bool = True) -> int:
        """Where the clause's subject may stand: list marks, times, 'Về …,', 'Trước mắt,' passed over."""
        items = sentence.items
        at = first
        if colon:  # 'kết luận: Phòng Nông nghiệp …', 'Về môi trường: các xã …'
            at = next(
                (i + 1 for i in range(first, min(last, first + 30)) if items[i].value == _COLON and i + 2 < last), at
            )
        for _ in range(3):
            while at < last and (
                items[at].type == "time"
                or (items[at].type == "number" and at + 1 < last and items[at + 1].value in (".", ")"))
                or (items[at].type == "word" and (items[at].value in _MARKS or _is_mark(items[at].value)))
            ):
                at += 1
            if (
                at >= last
                or items[at].type in ("organ", "unit", "class", "count", "person")
                or items[at].value in _EACH
            ):
                break
            if items[at].type not in ("word", "number", "standard") and self._surface(items[at]) != "muốn":
                break
            commas = [i for i in range(at, min(last, at + 24)) if items[i].value in (",", ":")]
            if commas and (
                commas[0] - at <= 3 or items[at].value in _LEAD_PHRASES or items[at].type in ("standard", "mood")
            ):
                at = 1 + next((i for i in commas if i + 1 < last and self._may_begin(items[i + 1])), commas[0])
            elif items[at].value in _LEAD_WORDS:
                at += 1
            else:
                break
        return at

    @staticmethod
    def _may_begin(item: Item) -> bool:
        return item.type in ("organ", "unit", "class", "count", "time") or item.value in _PLURALS

    def _chain(self, sentence: Sentence, at: int, last: int) -> tuple[Item, int, bool] | None:
        """Bodies named together from ``at`` on: the first, the item behind them, and whether they are many."""
        items = sentence.items
        body: Item | None = None
        plural = False
        while at < last:
            item = items[at]
            if item.type == "word" and item.value in _PLURALS:
                plural = plural or body is None
                at += 1
                continue
            if item.type in ("organ", "unit") or (item.type in ("class", "count") and item.value in _ADMINISTRATIVE):
                plural = plural or item.plural
            elif item.type == "person" and item.value == "role":
                pass
            elif body is not None and item.type == "word" and item.value in _PEOPLE:
                at += 1
                continue
            elif body is None and at + 1 < last and self._is_office(item, items[at + 1]):
                body = Item("organ", "own", item.start, items[at + 1].end)
                at += 2
                continue
            elif body is not None and self._surface(item) == "từ" and items[min(at + 1, last - 1)].type == "class":
                at += 4  # 'từ huyện đến xã'
                continue
            elif body is not None and item.type == "word" and item.value in _JOINS and at + 1 < last:
                ahead = items[at + 1]
                if ahead.type in ("organ", "unit", "class", "count") or ahead.value in _PLURALS | _PEOPLE:
                    at += 1
                    continue
                break
            else:
                break
            body = body or item
            at += 1
        return (body, at, plural) if body is not None else None

    def _is_office(self, item: Item, behind: Item) -> bool:
        """'Phòng KT-HT': an office under an abbreviation that no list has."""
        surface = self._reader.text[item.start : item.end]
        initials = self._reader.text[behind.start : behind.end]
        return surface in ("Phòng", "Ban", "Sở", "Hội") and len(initials) > 1 and initials.isupper()

    def _behind_modifiers(self, sentence: Sentence, at: int, last: int) -> int:
        """Behind what only says which bodies are meant: 'có tiêu chí phụ trách', 'được phân công …', 'tại mục III'."""
        items = sentence.items
        start = at
        while at < last:
            item = items[at]
            ahead = items[at + 1] if at + 1 < last else None
            if (
                item.value == fold_text("có")
                and ahead is not None
                and (ahead.value in _RELATIVE_VERBS or ahead.type in ("criterion",))
            ):
                at += 2
            elif item.value in _PASSIVE and ahead is not None and ahead.type in ("act", "mood"):
                at = self._next_verb(sentence, at + 2, last)
            elif (item.type, item.value) in (("mood", "pledge"), ("negation", "not_yet")):
                at = self._next_verb(sentence, at + 1, last)
            elif self._qualifies(item, ahead, at > start):
                at += 1
            elif item.value == "(":
                close = next((i for i in range(at, min(last, at + 12)) if items[i].value == ")"), None)
                if close is None:
                    break
                at = close + 1
            else:
                break
        return at

    @staticmethod
    def _qualifies(item: Item, ahead: Item | None, inside: bool) -> bool:
        """A word of 'phụ trách tiêu chí', 'tại mục III', 'còn lại'; ``inside``: one stood before it."""
        if item.type == "word" and item.value in _RELATIVE:
            return item.value != _STILL or (ahead is not None and ahead.value == _LEFT)
        return inside and (item.type in ("criterion", "unit") or item.value in _IN_RELATIVE)

    def _next_verb(self, sentence: Sentence, at: int, last: int) -> int:
        """The next verb of work in the clause, else its end: 'các xã đăng ký nâng cao …' alone orders nothing."""
        for index in range(at, min(last, at + 10)):
            item = sentence.items[index]
            if item.value in (",", ":"):
                break
            if item.type == "act" and item.value == "work":
                return index
            if item.type == "word" and item.value in _OFFICE_VERBS:
                return index
        return last

    # ------------------------------------------------------------ in which light

    def _past_at(self, sentence: Sentence, index: int, *, now: bool = True) -> bool:
        """'đã', 'đang' right before the verb: it tells what was done."""
        before = sentence.items[max(0, index - 3) : index]
        if before and before[-1].type == "word" and before[-1].value in _PASSIVE:
            return True
        return any(item.type == "mood" and item.value in (_PAST if now else ("past",)) for item in before)

    def _hypothetical(self, sentence: Sentence) -> bool:
        return any(item.type == "mood" and item.value == "hypothetical" for item in sentence.items)

    def _conditional(self, sentence: Sentence, index: int) -> bool:
        """'Nếu được hỗ trợ, xã sẽ …' depends on others; 'Nếu các xã về đích, huyện sẽ …' is planned."""
        for at, item in enumerate(sentence.items[:index]):
            if item.type == "mood" and item.value == "hypothetical":
                behind = sentence.items[at + 1 : at + 3]
                return not any(
                    other.type in ("count", "class", "unit") or other.value == fold_text("cả") for other in behind
                )
        return False

    def _planning(self, sentence: Sentence) -> bool:
        """Is the sentence, or its paragraph, about time to come?"""
        if self._is_ahead(sentence):
            self._planning_line = sentence.line
            return True
        if any(item.type == "mood" and item.value in AHEAD for item in sentence.items):
            return True
        if self._tasks_named(sentence, len(sentence.items)):
            self._planning_line = sentence.line
        return self._planning_line == sentence.line

    def _is_ahead(self, sentence: Sentence) -> bool:
        """Does the sentence name a time to come? Asked of one sentence several times in a row."""
        if self._ahead is None or self._ahead[0] is not sentence:
            self._ahead = (sentence, self._names_time_to_come(sentence))
        return self._ahead[1]

    def _names_time_to_come(self, sentence: Sentence) -> bool:
        lowered = self._reader.text[sentence.start : sentence.end].lower()
        if _AHEAD_WORDS.search(lowered) or _AFTER_THIS.search(lowered):
            return True
        day = self._reader.day or self._reader.reading.anchor
        if day is None:
            return False
        return any(
            item.data.period.end is not None
            and item.data.period.end > day
            and not item.data.since
            and not self._is_week(item)
            and (item.data.until or (item.data.period.start or day) > day or self._ends(item))
            for item in sentence.items
            if is_deadline(item)
        )

    def _is_week(self, item: Item) -> bool:
        """'cuối tuần': any weekend."""
        surface = self._surface(item)
        return "tuần" in surface and re.search(r"tới|sau|này", surface) is None

    def _ends(self, item: Item) -> bool:
        surface = self._surface(item)
        return "cuối" in surface and "tuần" not in surface

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


def _is_mark(word: str) -> bool:
    return word.replace(".", "").isdigit() or word in ("i", "ii", "iii", "iv", "v", "vi", "a", "b", "c", "d", "đ", "e")


def _clauses(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """Items first … last of the stretches between semicolons and of sentences that the splitter left together."""
    items = sentence.items
    first = 0
    for index, item in enumerate(items):
        stop = item.value == "." and 2 < index < len(items) - 2 and items[index - 1].type != "number"
        if item.type == "word" and (item.value == ";" or stop):
            if index > first:
                yield first, index
            first = index + 1
    if first < len(items):
        yield first, len(items)
