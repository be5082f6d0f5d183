"""The command line: parse, call, print.

What a command needs beyond Typer is imported inside it: that keeps ``--help`` fast, and is the one reason for it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import itertools
import locale
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer
import typer.main

import ntm_extract
from ntm_extract import authoring_commands, collect_commands, monitor_commands
from ntm_extract.collect_commands import (
    ArchivesOption,
    LimitOption,
    SinceOption,
    SourcesOption,
    UntilOption,
    collecting_progress,
)
from ntm_extract.errors import ConfigurationError, InputError, NtmError
from ntm_extract.terminal import (
    DAY_FORMATS,
    DatasetArgument,
    LangOption,
    OutOption,
    complain,
    complain_of,
    console,
    day_of,
    language,
    messages,
    output,
    progress,
    set_language,
    unwritable,
)

if TYPE_CHECKING:
    from ntm_extract.collect import Progress
    from ntm_extract.messages import Lang, Messages
    from ntm_extract.model import Record
    from ntm_extract.pipeline import Watch

NAME = "ntm-extract"
INTERRUPTED = 130
EPILOG = (
    "Exit status: 0 all went well; 1 something cannot be found or written; 2 wrong use, or faults in pattern files; "
    "3 some input could not be used, or not whole (the others went through); 4 the dataset cannot be read or written; "
    "5 collecting failed; 130 interrupted."
)


class RecordView(StrEnum):
    """What ``extract`` writes."""

    jsonl = "jsonl"
    table = "table"
    html = "html"


# Plain help: importing Rich for it would double the time it takes.
app = typer.Typer(
    name=NAME,
    no_args_is_help=True,
    add_completion=False,
    epilog=EPILOG,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
patterns_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The patterns: vocabularies and rules as data."
)
app.add_typer(patterns_app, name="patterns")
review_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Facts in doubt, for people to decide on.")
app.add_typer(review_app, name="review")
sources_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="News sources: check, list, detect.")
app.add_typer(sources_app, name="sources")
archive_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What was collected: verify it, show a page as it was."
)
app.add_typer(archive_app, name="archive")


# ------------------------------------------------------------------ language


def _language(arguments: list[str]) -> Lang:
    """``--lang``, else the locale. Looked up before parsing: wrong use is to be answered in it, too."""
    for at, argument in enumerate(arguments):
        value = argument.removeprefix("--lang=") if argument.startswith("--lang=") else None
        if argument == "--lang":
            value = arguments[at + 1] if at + 1 < len(arguments) else None
        if value in ("en", "vi"):
            return "vi" if value == "vi" else "en"
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "vi" if value.lower().startswith("vi") else "en"
    return "vi" if (locale.getlocale()[0] or "").lower().startswith("vi") else "en"


# ------------------------------------------------------------------ what commands have in common

_FILES = "Files, folders, documents, web archives, records (*.jsonl)"
Inputs = Annotated[list[str], typer.Argument(metavar="INPUT", help=f"{_FILES}; '-' is standard input.")]
WideInputs = Annotated[
    list[str],
    typer.Argument(metavar="INPUT", help=f"{_FILES}, addresses, names of sources; '-' is standard input."),
]
Patterns = Annotated[
    Path | None, typer.Option("--patterns", help="Folder of patterns; else those shipped.", show_default=False)
]
Jobs = Annotated[int, typer.Option(min=1, help="Processes that read articles.")]
Formats = Annotated[
    str, typer.Option(help="Exports, with commas between: csv, xlsx, parquet, jsonl, package; or none.")
]


def _formats(text: str) -> list[Any]:
    """'csv,package' -> names of the exporter. Raises ConfigurationError for unknown ones, all at once."""
    from ntm_extract.export import FORMATS

    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    wanted = [{"package": "datapackage"}.get(name, name) for name in names if name != "none"]
    known = ", ".join("package" if name == "datapackage" else name for name in FORMATS)
    say = messages()
    faults = [say.line(name, "no such format", f"known are {known}") for name in wanted if name not in FORMATS]
    if faults:
        raise ConfigurationError(faults)
    return wanted


def _say_exports(written: Sequence[Path]) -> None:
    names = ", ".join(path.name for path in written)
    print(messages()("exports_at", folder=written[0].parent, names=names))


def _version(wanted: bool) -> None:
    if wanted:
        print(f"{NAME} {ntm_extract.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    lang: LangOption = None,
) -> None:
    """Facts from Vietnamese reports on the New Rural Development programme (nông thôn mới)."""


# ------------------------------------------------------------------ commands


@app.command(epilog=EPILOG)
def run(
    inputs: WideInputs,
    out: Annotated[Path, typer.Option(help="Folder for dataset.sqlite and the exports.")],
    formats: Formats = "csv,xlsx,jsonl",
    jobs: Jobs = 1,
    patterns: Patterns = None,
    sources: SourcesOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = None,
    from_archives: ArchivesOption = False,
    lang: LangOption = None,
) -> int:
    """Articles -> facts -> a dataset, its exports and a summary."""
    from ntm_extract import pipeline
    from ntm_extract.render import counts_table

    say, wanted = messages(), _formats(formats)
    with _bars(say("reading")) as (hosts, watch):
        how = pipeline.Collecting(sources, day_of(since), day_of(until), limit, from_archives, hosts)
        summary = pipeline.run(inputs, out, formats=wanted, jobs=jobs, patterns=patterns, collecting=how, watch=watch)
    for issue in summary.issues:
        complain_of(issue)
    if summary.dataset is None:
        complain(say("nothing_read"))
        return InputError.exit_status
    screen = console()
    screen.print(counts_table(summary.facts, say))
    outcomes = {name: summary.outcomes[name] for name in ("new", "changed", "same")}
    print(say("articles", all=summary.rows["articles"], **outcomes))
    if summary.issues:
        print(say("issues", count=len(summary.issues)))
    print(say("dataset_at", path=summary.dataset))
    if summary.exports:
        _say_exports(summary.exports)
    return InputError.exit_status if summary.issues else 0


@contextlib.contextmanager
def _bars(title: str) -> Iterator[tuple[Callable[[Progress], None], Watch]]:
    """Hosts while something is collected, then a bar while articles are read: one after the other on the terminal."""
    with contextlib.ExitStack() as collecting, contextlib.ExitStack() as reading:
        hosts: Callable[[Progress], None] | None = None
        bar: Watch | None = None
        begun = {"collecting": False, "reading": False}

        def show_host(state: Progress) -> None:
            nonlocal hosts
            if not begun["collecting"]:
                begun["collecting"] = True
                hosts = collecting.enter_context(collecting_progress())
            if hosts is not None:
                hosts(state)

        def show_article(done: int, total: int | None, name: str) -> None:
            nonlocal bar
            if not begun["reading"]:
                begun["reading"] = True
                collecting.close()
                bar = reading.enter_context(progress(title))
            if bar is not None:
                bar(done, total, name)

        yield show_host, show_article


@app.command(epilog=EPILOG)
def extract(
    inputs: Inputs,
    to: Annotated[RecordView, typer.Option(help="Records as JSON lines, a table, or one self-contained page.")] = (
        RecordView.table
    ),
    out: OutOption = None,
    jobs: Jobs = 1,
    patterns: Patterns = None,
    lang: LangOption = None,
) -> int:
    """The facts of one article or many, each with its quotation."""
    from ntm_extract import pipeline

    say, issues = messages(), []
    with progress(say("reading"), quiet=out is None and sys.stdout.isatty()) as watch:
        readings = pipeline.iter_readings(pipeline.iter_places(inputs), jobs=jobs, patterns=patterns, watch=watch)

        def readable() -> Iterator[Record]:
            for reading in readings:
                for issue in reading.issues:
                    complain_of(issue)
                    issues.append(issue)
                if reading.record is not None:
                    yield reading.record

        records = readable()
        first = next(records, None)
        if first is not None:  # where nothing can be read no file is made
            with output(out) as stream:
                _RECORD_VIEWS[to](itertools.chain((first,), records), stream, say)
    return InputError.exit_status if issues else 0


def _records_as_jsonl(records: Iterable[Record], stream: TextIO, say: Messages) -> None:
    from ntm_extract.export import record_json

    for record in records:
        stream.write(record_json(record) + "\n")


def _records_as_table(records: Iterable[Record], stream: TextIO, say: Messages) -> None:
    from ntm_extract.render import facts_table

    screen = console(stream)
    for record in records:
        screen.print(facts_table(record, say))


def _records_as_html(records: Iterable[Record], stream: TextIO, say: Messages) -> None:
    from ntm_extract.render import html_page

    stream.write(html_page(list(records), say))


_RECORD_VIEWS: dict[RecordView, Callable[[Iterable[Record], TextIO, Messages], None]] = {
    RecordView.jsonl: _records_as_jsonl,
    RecordView.table: _records_as_table,
    RecordView.html: _records_as_html,
}


@app.command(epilog=EPILOG)
def export(
    dataset: DatasetArgument,
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    formats: Formats = "csv,xlsx,parquet,jsonl,package",
    lang: LangOption = None,
) -> int:
    """A dataset as files for other hands."""
    from ntm_extract.dataset import Dataset
    from ntm_extract.export import export

    wanted = _formats(formats)
    with Dataset.open(dataset, read_only=True) as opened:
        written = export(opened, out, wanted)
    _say_exports(written)
    return 0


@app.command(epilog=EPILOG)
def units(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a unit, with or without its kind.")],
    date: Annotated[
        dt.datetime | None,
        typer.Option(metavar="DAY", formats=DAY_FORMATS, help="Day on which it was in force.", show_default=False),
    ] = None,
    district: Annotated[str | None, typer.Option(help="District it belonged to.", show_default=False)] = None,
    lang: LangOption = None,
) -> int:
    """What a name means: its units over time, what they are today, and why."""
    from ntm_extract.render import units_table
    from ntm_extract.units import describe

    rows = describe(name, day_of(date), district)
    if not rows:
        mend = "check the spelling; the kind (xã, huyện …) may be left out"
        raise NtmError("no unit has this name", where=name, mend=mend)
    console().print(units_table(name, rows, messages()))
    return 0


@patterns_app.command(epilog=EPILOG)
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of patterns; else those shipped.", show_default=False)
    ] = None,
    lang: LangOption = None,
) -> int:
    """Every fault of every pattern file at once, examples included."""
    from ntm_extract.patterns import load_patterns, patterns_folder
    from ntm_extract.proof import prove

    place = folder or patterns_folder()
    found = load_patterns(place)
    if faults := prove(found):
        raise ConfigurationError(faults, where=place)
    print(messages()("patterns_good", folder=place, rules=len(found.rules), rows=len(found.entries)))
    return 0


collect_commands.mount(app, sources_app, archive_app, EPILOG)
monitor_commands.mount(app, review_app, EPILOG)
authoring_commands.mount(app, patterns_app, language)


# ------------------------------------------------------------------ entry point


def _translate(command: Any) -> None:
    """Help in Vietnamese, of a command and those below it."""
    from ntm_extract.messages import load_catalogue

    texts = load_catalogue()["help"]
    for holder in (command, *command.params):
        for field in ("help", "epilog"):
            if text := getattr(holder, field, None):
                setattr(holder, field, texts.get(text, text))
    for below in getattr(command, "commands", {}).values():
        _translate(below)


def _call(arguments: list[str]) -> int:
    """Run a command; its exit status."""
    command = typer.main.get_command(app)
    if language() == "vi":
        _translate(command)
    try:
        status = command(arguments, prog_name=NAME, standalone_mode=False)
        sys.stdout.flush()
    except NtmError as error:
        complain(messages().error(error))
        return error.exit_status
    except typer.TyperException as error:
        say, context = messages(), getattr(error, "ctx", None)
        what = error.format_message().rstrip(".").replace("Value error, ", "")
        if what.startswith("Usage:"):  # no arguments at all
            complain(what)
            return error.exit_code
        complain(
            say.line(None, say("usage", what=say.wording(what), command=context.command_path if context else NAME))
        )
        return error.exit_code
    except BrokenPipeError:  # the reader had enough ('… | head')
        _close_stdout()
        return 0
    except OSError as error:
        complain(messages().error(unwritable(error, error.filename or "stdout")))
        _close_stdout()
        return NtmError.exit_status
    return status if isinstance(status, int) else 0


def _close_stdout() -> None:
    """What is still waiting to be written goes nowhere, not even when the interpreter ends."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def main(arguments: list[str] | None = None) -> None:
    """Entry point: one line on stderr for what a user can mend, and the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # UTF-8 with plain line ends, whatever the system thinks
                stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
        set_language(_language(given))
        status = _call(given)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    if status == INTERRUPTED:
        complain(messages()("stopped"))
    sys.exit(status)


if __name__ == "__main__":
    main()
