"""Text -> syllables and sentences.

Syllables, not words, are the ground layer: word segmentation cuts names and 'đạt chuẩn' apart, and
fractions, decimals, dates and codes must stay one token.
Sentence splitting is underthesea's, line by line, mended where it cuts inside an abbreviation or a number.
"""

from __future__ import annotations

import re

from underthesea import sent_tokenize

_LETTERS = [char for char in map(chr, (*range(0x250), *range(0x1E00, 0x1F00))) if char.isalpha()]
_SMALL, _LARGE = "".join(filter(str.islower, _LETTERS)), "".join(filter(str.isupper, _LETTERS))
# A token, and the single space behind it, which belongs to it; longer white space is a token of its own.
_TOKEN = re.compile(
    # syllables; a hyphen or apostrophe inside binds (bê-tông, H'leo), but not two names ('xã Tân Lập-Tân Hội')
    rf"([^\W\d_]+(?:(?:['’]|-(?!(?<=[{_SMALL}]-)[{_LARGE}][{_SMALL}]))[^\W\d_]+)*"
    r"|\d+(?:[.,/]\d+)*%?"  # numbers, fractions, dates
    r"|\s+|[^\w\s]|_|\w)((?:(?<!\s) (?!\s))?)"
)
# underthesea ends a sentence after these; the genre goes on.
_OPEN_END = re.compile(
    r"(?:\b(?:TP|Tp|tp|TX|TT|Đ/c|đ/c|ThS|TS|PGS|GS|KS|BS|Th\.S|v\.v|No|St|Nxb)\.|(?:^|\s)[A-ZĐ]\."
    r"|^\s*(?:\d{1,2}(?:\.\d{1,2})*|[IVX]{1,4})\.|\b(?:mục|điều|khoản|phần|chương|bài|số)\s+\d{1,2}\.)\s*$",
    re.I,
)
_OPEN_MOST = 40  # characters at the end of a sentence in which they stand
_SENTENCE_END = re.compile(r"[.!?…][\s\"”’)]")


def split_syllables(text: str) -> list[tuple[str, str]]:
    """Syllables, numbers, punctuation and white space of ``text``, in order, each with the single space behind it.

    Joined they are the text again; '' stands where no space does.
    """
    found: list[tuple[str, str]] = _TOKEN.findall(text)
    return found


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
    if not _SENTENCE_END.search(line):
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
        inside = line[position : position + 1].islower()  # 'Baotinh.gov.vn': no space, no capital
        if position < len(line) and (inside or _OPEN_END.search(line[max(first, position - _OPEN_MOST) : position])):
            pending = first
            continue
        pending = None
        spans.append((start + first, start + position))
    tail = pending if pending is not None else position
    rest = line[tail:]
    if rest.strip():
        spans.append((start + tail + len(rest) - len(rest.lstrip()), end))
    return spans
