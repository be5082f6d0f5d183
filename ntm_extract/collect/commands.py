"""Commands on collecting, to be mounted by the command line: parse, call, print.

What a command needs beyond Typer is imported inside it: that keeps ``--help`` fast, and is the one reason for it.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from ntm_extract.collect import CollectSummary, Progress

sources_app = typer.Typer(help="News sources: check, list, detect.", no_args_is_help=True)
archive_app = typer.Typer(help="What was collected: verify it, show a page as it was.", no_args_is_help=True)
_Folder = Annotated[
    Path | None, typer.Option("--sources", help="Folder with source files, instead of those that ship.")
]
_DAY = ["%Y-%m-%d", "%d/%m/%Y"]


@sources_app.command("check")
def check_command(folder: Annotated[Path | None, typer.Argument(help="Folder with source files.")] = None) -> int:
    """Validate source files; every fault of every file at once."""
    from ntm_extract.sources import load_archives, load_moved_hosts, load_sources

    sources = load_sources(folder)
    archives, moved = load_archives(folder), load_moved_hosts(folder)
    print(f"{len(sources)} sources, {len(archives)} archives, {len(moved)} moved hosts: no faults")
    return 0


@sources_app.command("list")
def list_command(folder: _Folder = None) -> int:
    """The sources: name, family, kind, home, publisher."""
    from rich.console import Console
    from rich.table import Table

    from ntm_extract.sources import load_sources

    table = Table()
    for column in ("name", "family", "kind", "home", "publisher", "archives"):
        table.add_column(column, overflow="fold")
    for source in load_sources(folder).values():
        home = ", ".join(name for name in (source.home.district, source.home.province) if name)
        years = f"{source.archives.first}-{source.archives.last}" if source.archives else ""
        table.add_row(source.name, source.family or "", source.kind, home, source.publisher, years)
    Console().print(table)
    return 0


@sources_app.command("detect")
def detect_command(url: Annotated[str, typer.Argument(help="A list or an article of a portal.")]) -> int:
    """Which family a portal belongs to, and what would be collected; asks for the page and robots.txt, nothing else."""
    from ntm_extract.collect import detect

    found = detect(url)
    if not found.allowed:
        print(f"{found.url}: robots.txt does not allow it")
        return 0
    name = f"{found.family} ({found.family_name}), as {found.role}" if found.family else "none that is known"
    print(
        f"{found.url}: status {found.status}\nfamily: {name}\nrobots.txt: allowed, {found.delay:g} s between requests"
    )
    for item in found.articles:
        print(f"article: {item.date or '          '} {item.url}")
    if found.next:
        print(f"next page: {found.next}")
    for feed in found.feeds:
        print(f"feed: {feed}")
    return 0


@archive_app.command("verify")
def verify_command(path: Annotated[Path, typer.Argument(help="Folder, WARC or WACZ file.")]) -> int:
    """Walk every record, compare lengths and digests, find cuts; exit status 5 if anything is wrong."""
    from ntm_extract.collect import archive_verify

    report = archive_verify(path)
    for flaw in report.flaws:
        print(f"{flaw.file} at byte {flaw.offset}: {flaw.what}", file=sys.stderr)
    print(f"{report.files} files, {report.records} sound records, {len(report.flaws)} flaws")
    return 0 if report.sound else 5


@archive_app.command("show")
def show_command(
    url: Annotated[str, typer.Argument(help="Address of the page.")],
    path: Annotated[Path, typer.Argument(help="Folder, WARC or WACZ file.")],
    at: Annotated[dt.datetime | None, typer.Option(formats=_DAY, help="As it was at the end of this day.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write to, instead of standard output.")] = None,
) -> int:
    """Write a page as it was collected, byte for byte; where it stands goes to standard error."""
    from ntm_extract.collect import archive_show

    moment = at.replace(tzinfo=dt.UTC) + dt.timedelta(days=1) if at else None
    capture = archive_show(url, path, at=moment)
    if out is not None:
        out.write_bytes(capture.content)
    else:
        sys.stdout.buffer.write(capture.content)
        sys.stdout.flush()
    place = f"{capture.warc_file} at byte {capture.warc_offset}, sha256 {capture.sha256}"
    print(f"captured {capture.captured:%Y-%m-%d %H:%M} UTC: {place}", file=sys.stderr)
    return 0


def collect_command(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]…", help="Names or files; none: all.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for WARC files and journal.")] = Path("collected"),
    since: Annotated[dt.datetime | None, typer.Option(formats=_DAY, help="Listed on this day or later.")] = None,
    until: Annotated[dt.datetime | None, typer.Option(formats=_DAY, help="Listed on this day or before.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most articles, a source.")] = None,
    from_archives: Annotated[bool, typer.Option("--from-archives", help="Ask web archives, not portals.")] = False,
    sources: _Folder = None,
) -> int:
    """Collect articles from portals and web archives; a run that was broken off goes on where it was."""
    from rich.console import Console
    from rich.live import Live

    from ntm_extract.collect import collect
    from ntm_extract.sources import load_archives, load_moved_hosts, load_sources

    chosen = load_sources(sources, names or None)
    if not names:
        # The portal that ships is on this machine only while it is served.
        chosen.pop("demo-portal", None)
    console = Console(stderr=True)
    states: dict[str, Progress] = {}
    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def show(progress: Progress) -> None:
            states[progress.host] = progress
            live.update(_progress_table(states))

        summary = collect(
            chosen.values(),
            out,
            since=since.date() if since else None,
            until=until.date() if until else None,
            limit=limit,
            from_archives=from_archives,
            on_progress=show,
            archives=load_archives(sources),
            moved=load_moved_hosts(sources),
        )
    _print_summary(summary)
    return 130 if summary.interrupted else 0


def _progress_table(states: dict[str, Progress]) -> Table:
    from rich.table import Table

    table = Table("host", "done", "queued", "failed", "now")
    for progress in states.values():
        doing = progress.doing if len(progress.doing) < 60 else f"…{progress.doing[-59:]}"
        table.add_row(progress.host, str(progress.done), str(progress.queued), str(progress.failed), doing)
    return table


def _print_summary(summary: CollectSummary) -> None:
    counts = {
        "new": summary.new,
        "unchanged": summary.unchanged,
        "copies": summary.duplicates,
        "off topic": summary.off_topic,
        "gone": summary.gone,
        "refused": summary.refused,
        "failed": sum(summary.failed.values()),
        "left for the next run": summary.left,
    }
    print(", ".join(f"{count} {name}" for name, count in counts.items() if count or name == "new"))
    for kind, count in summary.failed.items():
        print(f"failed: {count} × {kind}")
    for note in summary.notes:
        print(f"note: {note}")
    for alarm in summary.alarms:
        print(f"alarm: {alarm}", file=sys.stderr)
    print(f"collected into {summary.out}" + (" (interrupted; run it again to go on)" if summary.interrupted else ""))


def demo_portal_command(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 8765,
) -> int:
    """Serve a small portal on this machine, to try collecting offline; Ctrl-C ends it."""
    import threading

    from ntm_extract.collect.demo_portal import demo_portal

    with demo_portal(port) as url:
        print(f"{url} (Ctrl-C ends it); in another window: ntm-extract collect demo-portal", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("ended")
    return 0
