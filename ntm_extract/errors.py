"""What can go wrong that a user can mend: one root, a few children.

Each message is one line and says what is wrong, where, and what to do. The command line prints
``str(error)`` and exits with ``error.exit_status``; nothing else in the package prints errors.
"""

from __future__ import annotations

from collections.abc import Sequence


class NtmError(Exception):
    """Root of the package's own errors.

    Parameters
    ----------
    what: what is wrong, without a final full stop.
    where: file, field, table or address concerned.
    mend: what the user can do about it.
    """

    exit_status = 1

    def __init__(self, what: str, *, where: object = None, mend: str | None = None) -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(what)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where is not None else ""
        mend = f"; {self.mend}" if self.mend else ""
        return f"{place}{self.what}{mend}"


class InputError(NtmError):
    """A file, folder or address that cannot be read as an article."""

    exit_status = 3


class DatasetError(NtmError):
    """A dataset that cannot be opened, is of another version, or cannot be written."""

    exit_status = 4


class CollectError(NtmError):
    """Collecting cannot start or cannot go on."""

    exit_status = 5


class ConfigurationError(NtmError):
    """Faults in files that a user writes; all of them at once, one to a line."""

    exit_status = 2

    def __init__(self, faults: Sequence[str], *, where: object = None) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults), where=None)
        self.where = where

    def __str__(self) -> str:
        return "\n".join(self.faults)


class PatternError(ConfigurationError):
    """Faults in the pattern files."""


class SourceError(ConfigurationError):
    """Faults in the source files."""
