"""What commands share: the language of this process, options by their names, lines for the user, streams.

What a function needs beyond Typer is imported inside it: that keeps ``--help`` fast, and is the one reason for it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from ntm_extract.errors import NtmError
from ntm_extract.writing import replacing

if TYPE_CHECKING:
    from rich.console import Console

    from ntm_extract.messages import Lang, Messages
    from ntm_extract.pipeline import Issue, Watch

# ------------------------------------------------------------------ options


class Language(StrEnum):
    """Language of messages."""

    en = "en"
    vi = "vi"


class View(StrEnum):
    """What an answer is written as."""

    table = "table"
    csv = "csv"
    json = "json"


DAY_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
LangOption = Annotated[
    Language | None, typer.Option("--lang", help="Language of messages; else that of the locale.", show_default=False)
]
DatasetArgument = Annotated[
    Path, typer.Argument(metavar="DATASET", help="A dataset.sqlite that 'run' made, or its folder.")
]
OutOption = Annotated[Path | None, typer.Option(help="File to write; else standard output.", show_default=False)]
ViewOption = Annotated[View, typer.Option(help="A table to read, CSV for spreadsheets, or JSON.")]
AsOfOption = Annotated[
    dt.datetime | None,
    typer.Option(
        "--as-of", metavar="DAY", formats=DAY_FORMATS, help="Day to judge on; else today.", show_default=False
    ),
]


def day_of(moment: dt.datetime | None) -> dt.date | None:
    """The day that an option names (Typer has no option type for days)."""
    return moment.date() if moment else None


# ------------------------------------------------------------------ language

_lang: Lang = "en"  # of this process; set once by the entry point


def set_language(lang: Lang) -> None:
    """Set the language of this process."""
    global _lang
    _lang = lang


def language() -> Lang:
    """The language of this process."""
    return _lang


def messages() -> Messages:
    """Texts in the language of this process."""
    from ntm_extract.messages import Messages

    return Messages(_lang)


# ------------------------------------------------------------------ lines and streams


def complain(lines: str) -> None:
    """Lines for the user that are no output."""
    print(lines, file=sys.stderr, flush=True)


def complain_of(issue: Issue) -> None:
    """One line for an issue."""
    complain(messages().line(issue.input, issue.what, issue.mend))


def console(stream: TextIO | None = None) -> Console:
    """Where tables go: as wide as the terminal; wide enough to be read where there is none."""
    from rich.console import Console

    found = Console(file=stream or sys.stdout, highlight=False)
    return found if found.is_terminal else Console(file=stream or sys.stdout, highlight=False, width=160)


@contextlib.contextmanager
def progress(title: str, quiet: bool = False) -> Iterator[Watch | None]:
    """A bar on stderr, if that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total, name: bar.update(task, completed=done, total=total)


@contextlib.contextmanager
def output(out: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that takes its place only when it is whole.

    Raises NtmError where the file cannot be written.
    """
    if out is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        with replacing(out) as part, part.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
    except OSError as error:
        raise unwritable(error, out) from error
    complain(messages()("written_to", path=out))


def output_bytes(content: bytes, out: Path | None) -> None:
    """Bytes to standard output, or to a file that takes its place only when it is whole.

    Raises NtmError where the file cannot be written.
    """
    if out is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        with replacing(out) as part:
            part.write_bytes(content)
    except OSError as error:
        raise unwritable(error, out) from error
    complain(messages()("written_to", path=out))


def unwritable(error: OSError, where: object) -> NtmError:
    """What to tell of a place that cannot be written to."""
    if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        return NtmError("there is no room left on the disk", where=where, mend="make room and run again")
    return NtmError(f"cannot be written ({error.strerror or error})", where=where, mend="choose another place")
