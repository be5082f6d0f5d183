"""Gold against found: how well extraction does, how sure that is, what went wrong, and what it may not fall below."""

from ntm_extract.evaluate.compare import CORE, PARTS
from ntm_extract.evaluate.figures import Evaluation, Fault, Figure, evaluate, judge_all
from ntm_extract.evaluate.gold import GoldArticle, gold_fingerprint, load_gold

__all__ = [
    "CORE",
    "PARTS",
    "Evaluation",
    "Fault",
    "Figure",
    "GoldArticle",
    "evaluate",
    "gold_fingerprint",
    "judge_all",
    "load_gold",
]
