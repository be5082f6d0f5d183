"""Persons: a surname together with a role or an honorific, a signature, a full name in running text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ntm_extract.match.home import in_home_district
from ntm_extract.match.lexicon import BOUND, COMMON_WORDS, MIDDLE, PHRASE_BREAKS, Lexicon, of_business
from ntm_extract.match.names import Draft, PersonName
from ntm_extract.match.tokens import Tokens, is_capital
from ntm_extract.orthography import fold_text, fold_word
from ntm_extract.units import Gazetteer

_JOINING = frozenset({",", ";", fold_word("và")})
_PICTURE = fold_word("ảnh")
_HEAD = fold_word("trưởng")
# 'Nguyễn Văn A (27 tuổi)', 'Trần Văn B (SN 1998)'
_AGED = re.compile(r"\s*[,(]\s*(?:\d{1,2} tuổi|(?:SN|sinh năm|s\.n\.?)\s*:?\s*(?:19|20)\d\d)", re.I)
_COUNTRY = fold_text("Việt Nam")
# Bodies that a plural honorific may stand before: 'các đồng chí Ban Thường vụ', 'các anh chị Phòng Nông nghiệp'.
_BODIES = frozenset(
    map(fold_word, ("ban", "phòng", "sở", "ủy", "uỷ", "khối", "cục", "hội", "huyện", "tỉnh", "đảng", "thường", "trạm"))
)
_SIGNED = frozenset(tuple(fold_text(words).split()) for words in ("đã ký", "ký tên", "người lập", "thư ký", "chủ tọa"))


def find_persons(draft: Draft, lexicon: Lexicon, gazetteer: Gazetteer, names_off: Sequence[bool]) -> None:
    """Adds the persons; ``names_off`` marks bylines and picture credits, where people are authors."""
    _Persons(draft, lexicon, gazetteer).find(names_off)


def drop_given_names(draft: Draft) -> None:
    """'trưởng thôn Lôi', where a person of the text is called so by the last syllable, is no village."""
    tokens, names = draft.tokens, draft.names
    given = {fold_text(person.name.split()[-1]) for person in names.persons}
    names.units = [
        unit
        for unit in names.units
        if not (
            unit.level == "village"
            and fold_text(unit.name) in given
            and unit.first
            and tokens.norms[unit.first - 1] == _HEAD
        )
    ]


def after_role(lexicon: Lexicon, tokens: Tokens, cue: int, most: int = 12) -> bool:
    """Does a role's head stand before ``cue`` in its phrase: 'PCT HĐND huyện', 'Trưởng phòng Nông nghiệp huyện'?"""
    for at in range(cue - 1, max(-1, cue - 1 - most), -1):
        if lexicon.role_at(tokens.norms, at):
            return True
        if tokens.words[at] in PHRASE_BREAKS or tokens.words[at].isspace():
            return False
    return False


def before_role(lexicon: Lexicon, tokens: Tokens, index: int) -> bool:
    """Does a role begin at ``index``, or behind a mark there: 'Nguyễn Văn An, Chủ tịch …'?

    An abbreviation that we do not know is passed over: 'Nguyễn Văn An, TVTU, Phó Chủ tịch …'.
    """
    marks = (",", "-", "–", "(")
    if index < len(tokens) and tokens.words[index] in marks:
        index += 1
        short = tokens.words[index : index + 2]
        unknown = len(short) == 2 and short[0].isalpha() and short[0].isupper() and short[1] in marks[:3]
        if unknown and lexicon.role_at(tokens.norms, index + 2):
            return True
    return bool(lexicon.role_at(tokens.norms, index))


def is_person_by_context(lexicon: Lexicon, tokens: Tokens, first: int, last: int) -> bool:
    """Does what stands around these tokens, an honorific or a role, make them a person?"""
    at = first - 1 if first and tokens.words[first - 1] == ":" else first
    return (
        lexicon.honorific_before(tokens, at)
        or before_role(lexicon, tokens, last)
        or _role_ends_at(lexicon, tokens, first)
    )


class _Persons:
    """Left to right over the capitals of one text that are no unit's."""

    def __init__(self, draft: Draft, lexicon: Lexicon, gazetteer: Gazetteer) -> None:
        self._draft = draft
        self._lexicon = lexicon
        self._gazetteer = gazetteer
        self._tokens = draft.tokens
        self._names = draft.names

    def find(self, names_off: Sequence[bool]) -> None:
        tokens, taken, blocked = self._tokens, self._draft.taken, self._draft.blocked
        known: dict[str, str] = {}
        loose: list[tuple[int, int]] = []
        last_person_end = -99
        behind, count = 0, len(tokens)
        for index in tokens.capitals:
            if index < behind or taken[index] or blocked[index] or not is_capital(tokens.words[index]):
                continue
            end, stop = index, min(index + 6, count)
            while (
                end < stop and not taken[end] and not blocked[end]
                and is_capital(tokens.words[end]) and (tokens.words[end].isalpha() or BOUND.search(tokens.words[end]))
            ):  # fmt: skip
                end += 1
            # A role or an honorific written with a capital may begin the run: it is cut off before the name.
            skip = self._lexicon.role_at(tokens.norms, index) or self._lexicon.honorific_at(tokens, index)
            if skip:
                behind = index + skip
                continue
            behind = end
            index += self._organ_part(tokens.words[index:end])
            length = end - index
            words = tokens.words[index:end]
            if not words or names_off[index] or length > 5 or (length < 2 and not BOUND.search(words[0])):
                continue
            before = tokens.norms[index - 1] if index else ""
            honorific = self._lexicon.honorific_before(tokens, index - (1 if before == ":" else 0))
            surname = self._lexicon.is_person(words) or (length == 1 and bool(BOUND.search(words[0])))
            if surname and not honorific and in_home_district(self._gazetteer, self._names, " ".join(words)):
                continue
            credit = before in (":", "/") and index >= 2 and tokens.norms[index - 2] == _PICTURE
            supported = honorific or (
                surname
                and (
                    before_role(self._lexicon, tokens, end)
                    or _role_ends_at(self._lexicon, tokens, index)
                    or (index - last_person_end <= 2 and before in _JOINING)
                    or (length >= 3 and (self._signs(index, length) or self._signs_behind(index)))
                    or (length >= 2 and _AGED.match(tokens.text, tokens.ends[end - 1]))
                )
            )
            if credit or self._lexicon.of_thing(tokens, index) or fold_text(" ".join(words)) == _COUNTRY:
                supported = False
            if tuple(tokens.norms[end - 1 : end + 1]) in COMMON_WORDS:
                supported = False  # 'mấy chị Hội Phụ nữ', 'bà con Đoàn Thanh niên'
            if not surname and (tokens.norms[index] in _BODIES or self._lexicon.begins_organ(tokens, index)):
                supported = False
            if supported and (surname or length >= 2):
                self._add_person(index, length)
                known[fold_text(" ".join(words))] = " ".join(words)
                last_person_end = self._names.persons[-1].role_last or end
            elif surname and length >= 3:
                loose.append((index, length))
        for at, length in loose:  # the same name elsewhere with a role, or a full name of its own
            named = fold_text(tokens.phrase(at, length)) in known
            if (named or self._in_full(at, length)) and not any(taken[at : at + length]):
                self._add_person(at, length)
        self._names.persons.sort(key=lambda person: person.first)

    def _organ_part(self, words: Sequence[str]) -> int:
        """'Phó Giám đốc Sở Hà Thị Bích Liên': how many words of the run belong to the organ before the name."""
        for cut in range(1, 0 if self._lexicon.is_person(words) else len(words) - 2):
            if fold_text(words[cut - 1]) in self._lexicon.role_words and self._lexicon.is_person(words[cut:]):
                return cut
        return 0

    def _in_full(self, at: int, length: int) -> bool:
        """A surname and two names or more in running text, which nothing makes the name of a thing or a place."""
        tokens = self._tokens
        before = tokens.words[at - 1] if at else ""
        behind = tokens.words[at + length] if at + length < len(tokens) else ""
        words = tokens.words[at : at + length]
        if not before.islower() or before in PHRASE_BREAKS or self._lexicon.of_thing(tokens, at):
            return False
        if of_business(tokens, at):
            return False  # 'Công ty Tư vấn xây dựng An Hòa Phát'
        if fold_text(words[1]) in MIDDLE:
            return True
        if fold_text(" ".join(words)) == _COUNTRY:
            return False
        if fold_text(before) in self._lexicon.cue_heads or behind in ("-", "–"):
            return False
        place = self._gazetteer.prefix(words, frozenset({"province", "district"})) > 1
        return not place and self._gazetteer.prefix(words, frozenset({"commune"})) < length

    def _signs(self, index: int, length: int) -> bool:
        """A name alone on its line under a role in capitals: the signature of a document."""
        tokens = self._tokens
        end = index + length
        alone = (index == 0 or "\n" in tokens.words[index - 1]) and (end >= len(tokens) or "\n" in tokens.words[end])
        above = next(
            (at for at in range(index - 2, max(-1, index - 12), -1) if "\n" in tokens.words[at]), max(-1, index - 12)
        )
        return alone and any(
            self._lexicon.role_at(tokens.norms, at) or tuple(tokens.norms[at : at + 2]) in _SIGNED
            for at in range(max(0, above), index - 1)
        )

    def _signs_behind(self, index: int) -> bool:
        """'Người lập biểu: Lê Đình Hòa', 'Thư ký: …': on one line with what the person signs as."""
        tokens = self._tokens
        if not index or tokens.words[index - 1] != ":":
            return False
        at = index - 2
        while at > max(0, index - 6) and tokens.words[at - 1].isalpha():
            at -= 1
        return tuple(tokens.norms[at : at + 2]) in _SIGNED

    def _add_person(self, first: int, length: int) -> None:
        tokens = self._tokens
        last = first + length
        person = PersonName(" ".join(tokens.words[first:last]), first, last)
        role_first = _role_before(self._lexicon, tokens, first)
        if role_first is not None and _role_ends_at(self._lexicon, tokens, first):
            end = first
            while end > role_first and tokens.words[end - 1] in ("-", "–", ":", ","):
                end -= 1
            person.role_first, person.role_last = role_first, end
        else:
            at = last
            if at < len(tokens) and tokens.words[at] in (",", "-", "–", "("):
                at += 1
            if self._lexicon.role_at(tokens.norms, at):
                person.role_first, person.role_last = at, _role_end(self._lexicon, tokens, at)
        if person.role_first is not None and person.role_last is not None:
            person.role = tokens.text[tokens.starts[person.role_first] : tokens.ends[person.role_last - 1]]
        self._names.persons.append(person)
        self._draft.take(first, last)


# ---------------------------------------------------------------- the phrase of a role


def _role_before(lexicon: Lexicon, tokens: Tokens, index: int) -> int | None:
    """First token of the role phrase that ends right before ``index``, or None."""
    at = index - 1
    if at >= 0 and tokens.words[at] in ("-", "–", ":", ","):
        at -= 1
    end = at
    while at >= max(0, end - 14):
        word = tokens.words[at]
        if word == ")" and (opened := _bracket_of_place(lexicon, tokens, at)) is not None:
            at = opened - 1
            continue
        within = word == "," and lexicon.cue_at(tokens.norms, at + 1) is not None  # 'Bí thư Chi đoàn ấp A, xã B - '
        if (word in PHRASE_BREAKS and not within) or word.isspace():
            return None
        if lexicon.role_at(tokens.norms, at):
            while at and lexicon.role_at(tokens.norms, at - 1) > 1:  # 'Phó' before 'Thủ tướng'
                at -= 1
            return _role_start(lexicon, tokens, at)
        at -= 1
    return None


def _bracket_of_place(lexicon: Lexicon, tokens: Tokens, at: int) -> int | None:
    """Where the bracket opens that closes at ``at`` and holds a place only: 'Bí thư Huyện ủy A (tỉnh B)'."""
    opened = next((here for here in range(at - 1, max(-1, at - 9), -1) if tokens.words[here] == "("), None)
    return opened if opened is not None and _behind_place(lexicon, tokens, opened) == at + 1 else None


def _behind_place(lexicon: Lexicon, tokens: Tokens, at: int) -> int | None:
    """Behind a bracket that opens at ``at`` and holds names and their cues only, or None."""
    here, named = at + 1, False
    while here < min(at + 9, len(tokens)):
        if tokens.words[here] == ")":
            return here + 1 if named else None
        cue = lexicon.cue_at(tokens.norms, here)
        named = named or (cue is None and is_capital(tokens.words[here]))
        if cue is None and tokens.words[here] != "," and not is_capital(tokens.words[here]):
            return None
        here += cue[1] if cue else 1
    return None


def _role_start(lexicon: Lexicon, tokens: Tokens, head: int) -> int:
    """A role goes on to the left over further roles: 'Bí thư Huyện ủy, Chủ tịch HĐND huyện'."""
    while head >= 2 and tokens.words[head - 1] in (",", "-", "–", "kiêm"):
        at = head - 2
        while at >= max(0, head - 9) and tokens.words[at] not in PHRASE_BREAKS and not tokens.words[at].isspace():
            if lexicon.role_at(tokens.norms, at):
                break
            at -= 1
        else:
            return head
        between = tokens.words[at + lexicon.role_at(tokens.norms, at) : head - 1]
        if any(fold_text(word) in lexicon.surnames and is_capital(word) for word in between):
            return head  # a person stands between: the role is hers
        while at and lexicon.role_at(tokens.norms, at - 1) > 1:  # 'Phó' before 'Chủ tịch'
            at -= 1
        head = at
    return head


def _role_ends_at(lexicon: Lexicon, tokens: Tokens, index: int) -> bool:
    """A role phrase runs up to ``index``: its head, then words of organs and units, no other clause."""
    first = _role_before(lexicon, tokens, index)
    if first is None:
        return False
    at = first
    while at < index:
        if tokens.words[at] == "(" and (closed := _behind_place(lexicon, tokens, at)) is not None:
            at = closed
            continue
        length = lexicon.role_at(tokens.norms, at)  # 'Phó Chủ tịch UBND tỉnh - Chủ tịch Hội đồng'
        if not (length or _in_role(lexicon, tokens, at) or tokens.words[at] in ("-", "–", ",", ":")):
            return False
        at += length or 1
    return True


def _role_end(lexicon: Lexicon, tokens: Tokens, at: int) -> int:
    """Behind the last token of the role that begins at ``at``; further roles after a comma belong to it."""
    end = at + lexicon.role_at(tokens.norms, at)
    while end < len(tokens):
        word = tokens.words[end]
        if word in (",", "-", "–") and lexicon.role_at(tokens.norms, end + 1):
            end += 1 + lexicon.role_at(tokens.norms, end + 1)
        elif word in (",", ";", ".", ":", ")", "(", "-", "–") or word.isspace() or not _in_role(lexicon, tokens, end):
            break
        else:
            end += 1
    return end


def _in_role(lexicon: Lexicon, tokens: Tokens, index: int) -> bool:
    """May this word go on a role: a name, a word of organs, a cue?"""
    word = tokens.words[index]
    return (
        word[:1].isupper()
        or word == "&"  # 'Bộ NN&MT'
        or (
            word.isdigit()
            and len(word) < 3  # 'xã Bảo Lâm 1', 'Trưởng ấp 9'
            and (tokens.words[index - 1][:1].isupper() or lexicon.cue_at(tokens.norms, index - 1) is not None)
        )
        or tokens.norms[index] in lexicon.role_words
        or lexicon.cue_at(tokens.norms, index) is not None
    )
