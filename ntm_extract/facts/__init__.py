"""Mentions -> facts -> the record of one article."""

from ntm_extract.facts.extractor import Extractor

__all__ = ["Extractor"]
