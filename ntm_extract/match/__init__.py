"""Doc x PatternSet -> sentences of mentions, and the rules that fire on them.

A sentence becomes a row of items: mentions (a unit, a standard, a number of criteria, a time …) and the words
between them. Written down with one private-use character a mention, it is the sentence's *skeleton*, and a
rule is one compiled expression over skeletons. Everything here keeps character offsets into the text.
"""

from ntm_extract.match.reader import Hit, Item, Reading, Sentence, SentenceReader

__all__ = ["Hit", "Item", "Reading", "Sentence", "SentenceReader"]
