"""What is said to users, in English and in Vietnamese; the wording is in ``messages.yml``.

Errors are written in English where they are raised; ``Messages.error`` finds their Vietnamese by their wording, so
that the module that raises need not know of languages. Wording without a translation is shown as it is.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Mapping
from typing import Any, Literal

from ntm_extract.data_files import load_beside
from ntm_extract.errors import NtmError

Lang = Literal["en", "vi"]


@functools.cache
def load_catalogue() -> Mapping[str, Any]:
    """``messages.yml``: 'texts' by key and language, 'errors' and 'help' by their English wording."""
    data: Mapping[str, Any] = load_beside(__file__, "messages.yml")
    return data


@functools.cache
def _wordings() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Errors' English wording as expressions, most specific first; '{}' stands for what varies."""
    errors: Mapping[str, str] = load_catalogue()["errors"]
    ordered = sorted(errors.items(), key=lambda pair: (pair[0].count("{}"), -len(pair[0])))
    return tuple((re.compile(re.escape(english).replace(r"\{\}", "(.+?)"), re.DOTALL), vi) for english, vi in ordered)


def line_of(text: object) -> str:
    """One line: breaks and control characters that a file's name or a page may hold do not reach the terminal."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", str(text)).strip()


class Messages:
    """Texts in one language."""

    def __init__(self, lang: Lang = "en") -> None:
        self.lang = lang

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, filled in. Raises KeyError for a key that is not in the catalogue."""
        text: str = load_catalogue()["texts"][key][self.lang]
        return text.format(**{name: self._shown(value) for name, value in values.items()})

    def name(self, group: str, value: str) -> str:
        """What a coded value (a standard, a status …) is called; the value itself where it has no name."""
        named = load_catalogue()["names"].get(group, {}).get(value)
        return str(named[self.lang]) if named else value.replace("_", " ")

    def wording(self, text: str) -> str:
        """An error's wording, or part of one, in this language."""
        if self.lang == "en":
            return text
        for pattern, vietnamese in _wordings():
            if match := pattern.fullmatch(text):
                return vietnamese.format(*(self.wording(part) for part in match.groups()))
        return text

    def error(self, error: NtmError) -> str:
        """Lines for an error: where, what, what to do; one line but for errors that report many faults at once."""
        if hasattr(error, "faults"):
            return "\n".join(map(line_of, error.faults))
        return self.line(error.where, error.what, error.mend)

    def line(self, where: object, what: str, mend: str | None = None) -> str:
        """One line: where, what, what to do."""
        place = f"{where}: " if where not in (None, "") else ""
        return line_of(place + self.wording(what) + (f"; {self.wording(mend)}" if mend else ""))

    def number(self, value: float | None) -> str:
        """'1,234.5' or, in Vietnamese, '1.234,5'."""
        if value is None:
            return ""
        text = f"{value:,.10g}" if abs(value) < 1e10 else f"{value:,.0f}"
        return text.translate(str.maketrans(",.", ".,")) if self.lang == "vi" else text

    def day(self, value: dt.date | None) -> str:
        """'2021-12-31' or, in Vietnamese, '31/12/2021'."""
        if value is None:
            return ""
        return value.strftime("%d/%m/%Y") if self.lang == "vi" else value.isoformat()

    def _shown(self, value: object) -> object:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self.number(value)
        return self.day(value) if isinstance(value, dt.date) else value
