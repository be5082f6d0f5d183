"""The syllables of ``annotate`` as a spaCy tokenizer: ``doc.text`` is the text, always.

Apart from the extraction itself, which needs no Doc: who only extracts does not wait for spaCy to be imported.
"""

from __future__ import annotations

from typing import Any

import spacy
from spacy.attrs import NORM
from spacy.lang.vi import Vietnamese
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ntm_extract.annotate import split_syllables
from ntm_extract.orthography import fold_word


class SyllableTokenizer:
    """Text -> Doc of syllables, numbers, punctuation and white space; exact round trip."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        rows = split_syllables(text)
        return Doc(self.vocab, words=[word for word, _ in rows], spaces=[bool(gap) for _, gap in rows])

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
