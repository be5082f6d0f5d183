"""Commands on collecting: portals and web archives into a folder, what stands in it, and the sources themselves.

``mount`` adds them to the command line: parse, call, print. What a command needs beyond Typer is imported inside it:
that keeps ``--help`` fast, and is the one reason for it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ntm_extract.errors import CollectError
from ntm_extract.terminal import (
    DAY_FORMATS,
    LangOption,
    complain,
    console,
    day_of,
    messages,
    output_bytes,
)

if TYPE_CHECKING:
    from rich.table import Table

    from ntm_extract.collect import CollectSummary, Progress

INTERRUPTED = 130

SourcesOption = Annotated[
    Path | None,
    typer.Option("--sources", help="Folder of source files; else those shipped.", show_default=False),
]
SinceOption = Annotated[
    dt.datetime | None,
    typer.Option(
        "--since", metavar="DAY", formats=DAY_FORMATS, help="Listed on this day or later.", show_default=False
    ),
]
UntilOption = Annotated[
    dt.datetime | None,
    typer.Option(
        "--until", metavar="DAY", formats=DAY_FORMATS, help="Listed on this day or before.", show_default=False
    ),
]
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, help="Most articles, a source.", show_default=False)]
ArchivesOption = Annotated[bool, typer.Option("--from-archives", help="Ask web archives, not the portals themselves.")]
ArchivePath = Annotated[Path, typer.Argument(metavar="ARCHIVE", help="A folder, WARC, ARC or WACZ file.")]


def mount(app: typer.Typer, sources_app: typer.Typer, archive_app: typer.Typer, epilog: str) -> None:
    """Add ``collect`` and ``demo-portal`` to ``app``, and the others to their groups."""
    app.command(epilog=epilog)(collect)
    app.command("demo-portal", epilog=epilog)(demo_portal)
    sources_app.command("check", epilog=epilog)(sources_check)
    sources_app.command("list", epilog=epilog)(sources_list)
    sources_app.command("detect", epilog=epilog)(sources_detect)
    archive_app.command("verify", epilog=epilog)(archive_verify)
    archive_app.command("show", epilog=epilog)(archive_show)


# ------------------------------------------------------------------ collecting


@contextlib.contextmanager
def collecting_progress() -> Iterator[Callable[[Progress], None] | None]:
    """A line for each host on stderr, if that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.live import Live

    states: dict[str, Progress] = {}
    with Live(console=Console(stderr=True), refresh_per_second=4, transient=True) as live:

        def show(progress: Progress) -> None:
            states[progress.host] = progress
            live.update(_progress_table(states))

        yield show


def _progress_table(states: dict[str, Progress]) -> Table:
    from rich.table import Table

    say = messages()
    table = Table(*map(say, ("host", "had", "queued", "failed", "asking_for")))
    for state in states.values():
        doing = state.doing if len(state.doing) < 60 else f"…{state.doing[-59:]}"
        table.add_row(state.host, str(state.done), str(state.queued), str(state.failed), doing)
    return table


def collect(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE", help="Names or files of sources; else all.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the web archive and its journal.")] = Path("collected"),
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = None,
    from_archives: ArchivesOption = False,
    sources: SourcesOption = None,
    lang: LangOption = None,
) -> int:
    """Collect articles of portals into a web archive; what was broken off goes on where it was."""
    from ntm_extract.collect import collect
    from ntm_extract.sources import load_archives, load_moved_hosts, load_sources

    chosen = load_sources(sources, names or None)
    if not names and sources is None:
        # What the portal that ships serves is on this machine, and only while it runs.
        chosen = {name: source for name, source in chosen.items() if not source.network.private}
    with collecting_progress() as progress:
        summary = collect(
            chosen.values(),
            out,
            since=day_of(since),
            until=day_of(until),
            limit=limit,
            from_archives=from_archives,
            on_progress=progress,
            archives=load_archives(sources),
            moved=load_moved_hosts(sources),
        )
    _say_summary(summary)
    return INTERRUPTED if summary.interrupted else 0


def _say_summary(summary: CollectSummary) -> None:
    say = messages()
    counts = {
        "new": summary.new,
        "unchanged": summary.unchanged,
        "documents": summary.documents,
        "duplicates": summary.duplicates,
        "off_topic": summary.off_topic,
        "gone": summary.gone,
        "refused": summary.refused,
        "failed": sum(summary.failed.values()),
        "left": summary.left,
    }
    shown = {name: count for name, count in counts.items() if count or name == "new"}
    print(", ".join(f"{say.number(count)} {say.name('page', name)}" for name, count in shown.items()))
    for kind, count in summary.failed.items():
        complain(say("failed_by_kind", kind=kind, count=count))
    for note in (*summary.notes, *summary.alarms):
        complain(note)
    print(say("collected_into", path=summary.out))


def demo_portal(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 8765,
    lang: LangOption = None,
) -> int:
    """Serve a small portal on this machine, to try collecting offline; Ctrl-C ends it."""
    from ntm_extract.collect.demo_portal import demo_portal

    with demo_portal(port) as url, contextlib.suppress(KeyboardInterrupt):
        print(messages()("portal_serves", url=url), flush=True)
        threading.Event().wait()
    return 0


# ------------------------------------------------------------------ sources


def sources_check(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of source files; else those shipped.", show_default=False)
    ] = None,
    lang: LangOption = None,
) -> int:
    """Every fault of every source file at once."""
    from ntm_extract.sources import load_archives, load_moved_hosts, load_sources, sources_folder

    found, archives, moved = load_sources(folder), load_archives(folder), load_moved_hosts(folder)
    place = folder or sources_folder()
    print(messages()("sources_good", folder=place, sources=len(found), archives=len(archives), moved=len(moved)))
    return 0


def sources_list(sources: SourcesOption = None, lang: LangOption = None) -> int:
    """The sources: name, family, kind, home, publisher, years in web archives."""
    from ntm_extract.render import add_row, plain_table
    from ntm_extract.sources import load_sources

    say, rows = messages(), []
    for source in load_sources(sources).values():
        years = f"{source.archives.first}–{source.archives.last}" if source.archives else ""
        home = ", ".join(name for name in (source.home.district, source.home.province) if name)
        rows.append((source.name, source.family or "", source.kind, home, source.publisher, years))
    columns = ("source", "family", "kind", "home", "publisher", "archived")
    table = plain_table(say("sources_title"), [(say(column), False) for column in columns], lines=False)
    for row in rows:
        add_row(table, row)
    console().print(table)
    return 0


def sources_detect(
    url: Annotated[str, typer.Argument(metavar="URL", help="A list or an article of a portal.")],
    lang: LangOption = None,
) -> int:
    """Which family a portal is of, and what would be collected; only the page and robots.txt are asked for."""
    from ntm_extract.collect import detect

    say, found = messages(), detect(url)
    if not found.allowed:
        print(say("robots_forbid", url=found.url))
        return 0
    family = f"{found.family} ({found.family_name}), {say.name('role', found.role or '')}" if found.family else "–"
    print(f"{found.url}: {found.status}")
    print(f"{say('family')}: {family}")
    print(say("robots_allow", seconds=found.delay))
    for item in found.articles:
        print(f"{say('found_article')}: {item.date or '          '} {item.url}")
    for document in found.documents:
        print(f"{say('found_document')}: {document}")
    if found.next:
        print(f"{say('found_next')}: {found.next}")
    for feed in found.feeds:
        print(f"{say('found_feed')}: {feed}")
    return 0


# ------------------------------------------------------------------ archives


def archive_verify(path: ArchivePath, lang: LangOption = None) -> int:
    """Walk every record, compare lengths and digests, and find cuts; exit status 5 if anything is wrong."""
    from ntm_extract.collect import archive_verify

    say, report = messages(), archive_verify(path)
    for flaw in report.flaws:
        complain(say.line(f"{flaw.file}:{flaw.offset}", flaw.what))
    print(say("verified", files=report.files, records=report.records, flaws=len(report.flaws)))
    return 0 if report.sound else CollectError.exit_status


def archive_show(
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of the page.")],
    path: ArchivePath,
    at: Annotated[
        dt.datetime | None,
        typer.Option(metavar="DAY", formats=DAY_FORMATS, help="As it was at the end of this day.", show_default=False),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; else standard output.", show_default=False)] = None,
    lang: LangOption = None,
) -> int:
    """A page as it was collected, byte for byte; where it stands goes to standard error."""
    from ntm_extract.collect import archive_show

    moment = at.replace(tzinfo=dt.UTC) + dt.timedelta(days=1) if at else None
    capture = archive_show(url, path, at=moment)
    output_bytes(capture.content, out)
    place = f"{capture.warc_file}:{capture.warc_offset}"
    when = f"{capture.captured:%Y-%m-%d %H:%M} UTC" if capture.captured else "?"
    complain(messages()("shown", when=when, place=place, sha256=capture.sha256))
    return 0
