"""Results: work done, counted; what was raised, earned or reached."""

from __future__ import annotations

import re
from collections.abc import Collection

from ntm_extract.facts.frame import AHEAD, Frame, Reader
from ntm_extract.facts.resolve import Resolver
from ntm_extract.match.reader import Item, Sentence, SentenceReader
from ntm_extract.model import Result

_WHAT = re.compile(r"\s*(?P<what>[^\W\d_]+(?:\s+[^\W\d_]+){0,4})")


class ResultReader:
    """Reads the counted work of sentences that look back."""

    def __init__(self, reader: Reader, sentences: SentenceReader) -> None:
        self._reader = reader
        self._sentences = sentences
        self._resolver = Resolver(reader)
        self.results: list[Result] = []

    def read(self, sentence: Sentence, claimed: Collection[int]) -> None:
        """Results of one sentence; items that a target or a count stands on are left out."""
        used: set[int] = set(claimed)
        for hit in self._sentences.hits(sentence, "results"):
            at = hit.slots["quantity"]
            if at in used:
                continue
            used.add(at)
            item = sentence.items[at]
            if hit.rule.fact == "none" or item.number is None:
                continue
            if self._resolver.mode(sentence, at, 0, "none", Frame()) in (*AHEAD, "hypothetical", "negated"):
                continue
            self.results.append(self._result(sentence, at, item, hit.rule.id))

    def _result(self, sentence: Sentence, at: int, item: Item, rule: str) -> Result:
        number = item.number
        assert number is not None
        text = self._reader.text
        unit = item.data if isinstance(item.data, str) else None
        if item.type in ("count", "number"):
            behind = _WHAT.match(text, number.unit_start)
            what = behind["what"] if behind else text[item.start : item.end]
            unit = "%" if number.percent else what.split()[0] if behind else None
        else:
            behind = _WHAT.match(text, item.end)
            what = behind["what"] if behind and "\n" not in behind.group() else (unit or "")
        time = self._resolver.time(sentence, at, at + 1)
        return Result(
            what=what,
            value=number.value,
            unit=unit,
            qualifier=number.qualifier,
            period=time.period if time else None,
            evidence=self._reader.clause_evidence(sentence, at, at + 1, rule),
        )
