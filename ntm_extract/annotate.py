"""Article -> spaCy Doc over syllables, with the same text; sentences.

Syllables, not words, are the ground layer: word segmentation cuts names and 'đạt chuẩn' apart, and
fractions, decimals, dates and codes must stay one token. ``doc.text == article.text``, always.
Sentence splitting is underthesea's, line by line, mended where it cuts inside an abbreviation or a number.
"""

from __future__ import annotations

import re
from typing import Any

import spacy
from spacy.attrs import NORM
from spacy.lang.vi import Vietnamese
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab
from underthesea import sent_tokenize

from ntm_extract.orthography import fold_word

# A token, and the single space behind it, which belongs to it; longer white space is a token of its own.
_TOKEN = re.compile(
    r"([^\W\d_]+(?:[-'’][^\W\d_]+)*"  # syllables; a hyphen or apostrophe inside binds (bê-tông, H'leo)
    r"|\d+(?:[.,/]\d+)*%?"  # numbers, fractions, dates
    r"|\s+|[^\w\s]|_|\w)(?:(?<!\s) (?!\s))?"
)
# underthesea ends a sentence after these; the genre goes on.
_OPEN_END = re.compile(
    r"(?:\b(?:TP|Tp|tp|TX|TT|Đ/c|đ/c|ThS|TS|PGS|GS|KS|BS|Th\.S|v\.v|No|St|Nxb)\.|(?:^|\s)[A-ZĐ]\.|(?:^|[\s(])\d{1,2}\.)\s*$"
)


def split_syllables(text: str) -> list[str]:
    """Syllables, numbers, punctuation and white space of ``text``, in order; single spaces between them left out."""
    words: list[str] = _TOKEN.findall(text)
    return words


class SyllableTokenizer:
    """Text -> Doc of syllables, numbers, punctuation and white space; exact round trip."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        for match in _TOKEN.finditer(text):
            words.append(match[1])
            spaces.append(match.end() > match.end(1))
        return Doc(self.vocab, words=words, spaces=spaces)

    # spaCy asks a tokenizer for these when a pipeline is written to disk; there is nothing to keep.
    def to_bytes(self, **_: Any) -> bytes:
        return b""

    def from_bytes(self, _data: bytes, **_kwargs: Any) -> SyllableTokenizer:
        return self

    def to_disk(self, _path: Any, **_: Any) -> None:
        return None

    def from_disk(self, _path: Any, **_: Any) -> SyllableTokenizer:
        return self


@spacy.registry.tokenizers("ntm_extract.syllables.v1")  # type: ignore[untyped-decorator]
def create_syllable_tokenizer() -> Any:
    """spaCy factory of the tokenizer; also gives each lexeme its folded form as NORM."""

    def create(nlp: Language) -> SyllableTokenizer:
        nlp.vocab.lex_attr_getters[NORM] = fold_word
        return SyllableTokenizer(nlp.vocab)

    return create


def blank_language() -> Language:
    """Empty Vietnamese pipeline over syllables."""
    return Vietnamese.from_config({"nlp": {"tokenizer": {"@tokenizers": "ntm_extract.syllables.v1"}}})


def iter_sentences(text: str) -> list[tuple[int, int]]:
    """Half-open spans of the sentences of ``text``, line by line, in order."""
    spans: list[tuple[int, int]] = []
    offset = 0
    for line in text.split("\n"):
        if stripped := line.strip():
            start = offset + line.index(stripped[0])
            spans.extend(_sentences_of_line(text, start, start + len(stripped)))
        offset += len(line) + 1
    return spans


def _sentences_of_line(text: str, start: int, end: int) -> list[tuple[int, int]]:
    line = text[start:end]
    # Most lines are one sentence: do not ask where there is nothing to split.
    if not re.search(r"[.!?…][\s\"”’)]", line):
        return [(start, end)]
    spans: list[tuple[int, int]] = []
    position = 0
    pending: int | None = None
    for sentence in sent_tokenize(line):
        sentence = sentence.strip()
        if not sentence:
            continue
        found = line.find(sentence, position)
        if found < 0:  # the splitter changed characters: keep the rest of the line whole
            break
        position = found + len(sentence)
        first = found if pending is None else pending
        if _OPEN_END.search(line[first:position]) and position < len(line):
            pending = first
            continue
        pending = None
        spans.append((start + first, start + position))
    tail = pending if pending is not None else position
    rest = line[tail:]
    if rest.strip():
        spans.append((start + tail + len(rest) - len(rest.lstrip()), end))
    return spans
