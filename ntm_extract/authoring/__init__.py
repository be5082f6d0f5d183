"""For those who write rules: what the rules make of a text, what a change of them changes, what to write next."""

from ntm_extract.authoring.corpus import Change, Corpus, Untouched, coverage, impact, patterns_at, read_corpus
from ntm_extract.authoring.drafts import Draft, Trial, copy_patterns, new, trial
from ntm_extract.authoring.explain import Explainer, Traced, Tried, iter_rows, to_html
from ntm_extract.authoring.wording import Said, said

__all__ = [
    "Change",
    "Corpus",
    "Draft",
    "Explainer",
    "Said",
    "Traced",
    "Trial",
    "Tried",
    "Untouched",
    "copy_patterns",
    "coverage",
    "impact",
    "iter_rows",
    "new",
    "patterns_at",
    "read_corpus",
    "said",
    "to_html",
    "trial",
]
