"""Criteria named as met, unmet or weak, with the lists they stand in."""

from __future__ import annotations

from typing import cast

from ntm_extract.facts.frame import AHEAD, Frame, Reader
from ntm_extract.facts.resolve import Resolver
from ntm_extract.match.reader import Hit, Sentence, SentenceReader
from ntm_extract.model import CriteriaStatus, CriterionStatus, Subject
from ntm_extract.orthography import fold_text

_NUMBERED = fold_text("số")
_BETWEEN = {",", ";", "(", ")", ":", "-", "–", "/", "&"} | {
    fold_text(word) for word in ("và", "tiêu", "chí", "số", "về", "là", "gồm", "các", "hoặc")
}


class StatusReader:
    """Reads what is said of single criteria."""

    def __init__(self, reader: Reader, sentences: SentenceReader) -> None:
        self._reader = reader
        self._sentences = sentences
        self._resolver = Resolver(reader)
        self.statuses: list[CriteriaStatus] = []

    def read(self, sentence: Sentence, frame: Frame) -> None:
        """Statuses of one sentence; the first rule that names a criterion decides."""
        named: set[tuple[str, str]] = set()
        used: set[int] = set()
        for hit in self._sentences.hits(sentence, "status"):
            at = hit.slots["criterion"]
            if at in used:
                continue
            tokens = self._list(sentence, hit)
            used.update(
                index for index in range(at, len(sentence.items)) if sentence.items[index].start <= tokens[-1][1]
            )
            mode = self._resolver.mode(sentence, hit.first, 0, "none", frame)
            status = cast(CriterionStatus, hit.rule.set["status"])
            if mode == "hypothetical" or (mode in AHEAD and status == "met"):
                continue
            subject = self._subject(sentence, hit, frame)
            if subject is None:
                continue
            for criterion, _ in tokens:
                key = (criterion, subject.model_dump_json())
                if key in named:
                    continue
                named.add(key)
                self.statuses.append(
                    CriteriaStatus(
                        subject=subject,
                        standard=frame.standard,
                        criterion=criterion,
                        status=status,
                        evidence=self._reader.clause_evidence(sentence, hit.first, hit.last, hit.rule.id),
                    )
                )

    def _subject(self, sentence: Sentence, hit: Hit, frame: Frame) -> Subject | None:
        index = hit.slots.get("subject", self._resolver.subject_left(sentence, hit.first, 0))
        if index is not None:
            subject = self._resolver.subject_at(sentence, index, frame.standard)
            if subject is not None:
                return subject
        if frame.subject is not None:
            return frame.subject
        spoken = next((item for item in sentence.items[hit.first : hit.last] if item.type == "class"), None)
        if spoken is not None:
            subject = self._reader.subject_of(spoken)  # 'các tiêu chí chưa đạt của xã chủ yếu là …'
            if subject is not None:
                return subject
        name = self._reader.spoken_of("commune") or self._reader.home_unit("district")
        return Subject(level=name.level, units=(self._reader.unit(name),)) if name else None

    def _list(self, sentence: Sentence, hit: Hit) -> list[tuple[str, int]]:
        """Criteria listed from the first one on (or back, where the verb stands behind), with their offsets."""
        reading = self._reader.reading
        start = reading.tokens.first_from(sentence.items[hit.slots["criterion"]].start)
        if hit.rule.set.get("list") == "back":
            return self._walk(sentence, start, stop=sentence.items[hit.last - 1].start)
        return self._walk(sentence, start, stop=sentence.end)

    def _walk(self, sentence: Sentence, start: int, stop: int) -> list[tuple[str, int]]:
        reading = self._reader.reading
        tokens = reading.tokens
        found: list[tuple[str, int]] = []
        at = start
        skipped = 0
        fresh = False  # a comma was passed: what follows must be a criterion again
        while at < len(tokens) and tokens.starts[at] < stop:
            best = max(
                (hit for hit in reading.vocabulary.get(at, ()) if hit[1] == "criterion"),
                key=lambda hit: hit[0],
                default=None,
            )
            if best is not None:
                found.append((best[2], tokens.starts[at]))
                at, skipped, fresh = best[0], 0, False
                continue
            if tokens.words[at].isdigit() and tokens.norms[at - 1] != _NUMBERED:
                break  # '118 xã đạt tiêu chí giao thông, 124 xã …': another subject begins
            if tokens.norms[at] in _BETWEEN or tokens.words[at].isdigit() or tokens.words[at].isspace():
                fresh = fresh or tokens.norms[at] in (",", ";")
                at += 1
                continue
            skipped += 1  # 'nhà ở dân cư', 'môi trường nông thôn': a word more than the alias
            if skipped > 3 or fresh:
                break
            at += 1
        return found
