"""Units and persons: which capitalised runs are whose names.

Cue words (xã, huyện, Huyện ủy …) open a unit's name; the gazetteer says how long it is, so that what
follows may be a person ('Chủ tịch UBND xã Lưu Vĩnh Sơn Dương Anh Dũng'). Bare names count only inside a
place already resolved. Persons are found by surname together with a role or an honorific.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from ntm_extract.match.bare import find_bare
from ntm_extract.match.cued import find_cued, rename_communes
from ntm_extract.match.home import home_by_bare_name, leave_home_of_one, settle_home
from ntm_extract.match.lexicon import Lexicon
from ntm_extract.match.names import Draft, Names
from ntm_extract.match.people import drop_given_names, find_persons
from ntm_extract.match.tokens import Tokens
from ntm_extract.patterns import PatternSet
from ntm_extract.units import Gazetteer

_NO_DISTRICTS = dt.date(2025, 7, 1)


class NameFinder:
    """Finds the names of units and persons in one text after the other."""

    def __init__(self, patterns: PatternSet, gazetteer: Gazetteer) -> None:
        self._lexicon = Lexicon(patterns)
        self._gazetteer = gazetteer

    def find(
        self,
        tokens: Tokens,
        *,
        blocked: Sequence[bool],
        names_off: Sequence[bool],
        on: dt.date | None = None,
        home_district: str | None = None,
        home_province: str | None = None,
    ) -> Names:
        """Names in ``tokens``.

        ``blocked`` marks tokens that belong to something else (a standard's name in capitals);
        ``names_off`` marks bylines and picture credits, where people are authors.
        """
        names = Names(home_district=home_district, home_province=home_province)
        names.districts = on is None or on < _NO_DISTRICTS
        lexicon, gazetteer = self._lexicon, self._gazetteer
        draft = Draft.of(tokens, blocked, lexicon, names)
        find_cued(draft, lexicon, gazetteer)
        settle_home(draft)
        if names.home_district is None or names.home_province is None:
            home_by_bare_name(draft, gazetteer)
        left = home_district is None and leave_home_of_one(draft, gazetteer)
        rename_communes(draft, lexicon, gazetteer)
        find_bare(draft, lexicon, gazetteer, on, names_off, home_given=home_district is not None)
        settle_home(draft, district=not left)
        names.units.sort(key=lambda unit: unit.first)
        find_persons(draft, lexicon, gazetteer, names_off)
        drop_given_names(draft)
        return names
