"""The crawl: hosts side by side, one request at a time each, every step of it in the journal.

``Crawl`` owns the threads and the order of things. How a page is asked for is ``fetch``'s, what it leads to
``portal``'s and ``ladder``'s, what it is ``reading``'s, what is known of it ``journal``'s, what is kept ``warc``'s.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from protego import Protego

import ntm_extract
from ntm_extract.collect import cdx, portal
from ntm_extract.collect.address import host_of, identity, origin_of, resolved, trap_in
from ntm_extract.collect.archive import iter_captures, read_record
from ntm_extract.collect.fetch import AGENT, Fetcher, FetchError, Reply
from ntm_extract.collect.journal import Event, Journal, Lead, Page, Role, State, StoredRecord
from ntm_extract.collect.ladder import Ladder
from ntm_extract.collect.reading import Judged, judge_article, judge_document
from ntm_extract.collect.warc import (
    ROTATE_AT,
    Earlier,
    Origin,
    WarcWriter,
    digest_of,
    split_http,
)
from ntm_extract.errors import CollectError, NtmError
from ntm_extract.model import Capture
from ntm_extract.sources import (
    ARCHIVE_KINDS,
    Archive,
    MovedHost,
    Network,
    Pace,
    Source,
    load_archives,
    load_moved_hosts,
    move_of,
)

MOST_ROBOTS_BYTES = 512_000
_ROBOTS_AGE = 86_400.0
_MOST_HOPS = 8
_MOST_AT_ONCE = 16
_UNREACHABLE_AFTER = 5
_TRAP_WINDOW, _TRAP_LEAST, _TRAP_SHARE = 30, 20, 0.4
# Beyond the pace itself: the clocks of two machines and the way between them are not exact.
_MARGIN = 0.05
_LISTS: tuple[Role, ...] = ("list", "feed")
_REDIRECTS = (301, 302, 303, 307, 308)
_FILE_KINDS = {
    ".html": "text/html",
    ".htm": "text/html",
    ".txt": "text/plain",
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".zip": "application/zip",
    ".eml": "message/rfc822",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a host stands: pages by what became of them, and the address that is being asked for ('' between two)."""

    host: str
    doing: str
    done: int
    queued: int
    failed: int


@dataclass(frozen=True, slots=True)
class CollectSummary:
    """What a run did. Counts are pages with articles, but for ``documents`` (new ones that articles link to) and
    ``lists``; ``failed`` counts by name of the fault.

    ``left`` pages wait in the journal for the next run. ``alarms`` are sentences: a source needs looking after.
    ``notes`` say which hosts were left alone, and why, and which have moved.
    """

    out: Path
    new: int
    unchanged: int
    duplicates: int
    off_topic: int
    documents: int
    lists: int
    refused: int
    gone: int
    failed: Mapping[str, int]
    left: int
    by_source: Mapping[str, int]
    alarms: tuple[str, ...]
    notes: tuple[str, ...]
    resumed: bool
    interrupted: bool


class _LaterError(Exception):
    """The host is not to be asked again in this run; the page stays in the queue."""


@dataclass(slots=True)
class _Host:
    """What a worker knows of its host in this run."""

    name: str
    fetchers: dict[str, Fetcher] = field(default_factory=dict)
    rules: dict[str, Protego] = field(default_factory=dict)
    barred: dict[str, FetchError] = field(default_factory=dict)
    answered: float = 0.0
    reported: float = 0.0
    faults: int = 0
    cooled: int = 0


@dataclass(frozen=True, slots=True)
class _Task:
    """A page that is being asked for: whose it is, of whom it is asked, by what means and how fast."""

    host: _Host
    page: Page
    source: Source
    archive: Archive | None
    fetcher: Fetcher
    pace: Pace

    def event(self, kind: str, detail: str) -> Event:
        return Event(kind, detail, self.source.name, self.host.name, self.page.url)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A payload and what was said of it, wherever it came from."""

    content: bytes
    media_type: str | None
    charset: str | None
    url: str


class Crawl:
    """One run over some sources. ``run`` does it all; ``stop`` ends it early and cleanly, from any thread."""

    def __init__(
        self,
        sources: Sequence[Source],
        out: Path,
        *,
        since: dt.date | None = None,
        until: dt.date | None = None,
        limit: int | None = None,
        from_archives: bool = False,
        archives: Sequence[Archive] = (),
        moved: Sequence[MovedHost] = (),
        on_progress: Callable[[Progress], None] | None = None,
        rotate_at: int = ROTATE_AT,
    ) -> None:
        self._sources = {source.name: source for source in sources}
        self._out, self._limit = out, limit
        self._ladder = Ladder(tuple(archives), since, until)
        self._from_archives = from_archives
        self._moved = tuple(moved)
        self._on_progress = on_progress
        self._stop = threading.Event()
        self._wake = threading.Condition()
        self._active: dict[str, threading.Thread] = {}
        self._hosts: dict[str, _Host] = {}
        self._ended: dict[str, str] = {}
        self._trapped: set[str] = set()
        self._error: BaseException | None = None
        self._dated: dict[str, list[bool]] = {name: [] for name in self._sources}
        self._misses: dict[tuple[str, str], list[bool]] = {}
        software = f"{AGENT}/{ntm_extract.__version__}"
        self._journal = Journal(out, software=software)
        try:
            self._warc = WarcWriter(out, software=software, rotate_at=rotate_at)
        except BaseException:
            self._journal.close()
            raise

    # -------------------------------------------------------------- the run

    def stop(self) -> None:
        """End the run: what is being asked for goes back into the queue."""
        self._stop.set()
        for host in list(self._hosts.values()):
            for fetcher in list(host.fetchers.values()):
                fetcher.abort()

    def run(self) -> CollectSummary:
        """Collect until nothing is left that can be had now. Ctrl-C ends it cleanly."""
        interrupted = False
        try:
            resumed = self._journal.begin_run()
            for note in self._warc.dropped:
                self._journal.add_event(Event("cut record", note))
            try:
                for source in self._sources.values():
                    self._seed(source)
                self._supervise()
            except KeyboardInterrupt:
                interrupted = True
            if self._error is not None:
                raise self._error
            interrupted = interrupted or self._stop.is_set()
            self._halt()
            if not interrupted:
                for source in self._sources.values():
                    for detail in self._alarms_of(source):
                        self._journal.add_event(Event("alarm", detail, source.name))
                self._cover()
                self._journal.end_run()
            return self._summary(resumed, interrupted)
        except sqlite3.Error as error:
            mend = "free some space, or give another --out"
            raise CollectError(f"the journal cannot be written ({error})", where=self._out, mend=mend) from error
        finally:
            self._halt()
            for host in self._hosts.values():
                for fetcher in host.fetchers.values():
                    fetcher.close()
            self._warc.close()
            self._journal.close()

    def _halt(self) -> None:
        self.stop()
        for thread in list(self._active.values()):
            thread.join()

    def _supervise(self) -> None:
        """Keep a worker on every host that has something due, until none has and no archive is left to ask."""
        while self._error is None and not self._stop.is_set():
            due = self._journal.hosts_due(self._names(), limit=self._limit)
            with self._wake:
                for host in due:
                    if len(self._active) < _MOST_AT_ONCE and host not in self._active and host not in self._ended:
                        thread = threading.Thread(target=self._work, args=(host,), name=f"host {host}", daemon=True)
                        self._active[host] = thread
                        thread.start()
                if self._active:
                    self._wake.wait(0.2)
                    continue
            if not self._descend():
                return

    def _names(self) -> list[str]:
        return [name for name in self._sources if name not in self._trapped]

    def _work(self, name: str) -> None:
        host = self._hosts.setdefault(name, _Host(name))
        try:
            while not self._stop.is_set():
                page = self._journal.claim(name, self._names(), limit=self._limit)
                if page is None:
                    due = self._journal.hosts_due(self._names(), limit=self._limit).get(name)
                    if due is None:
                        self._report(host, "")
                        return
                    self._wait(host, due, self._patience(name))
                    continue
                self._report(host, page.url)
                try:
                    self._handle(host, page)
                except _LaterError:
                    self._journal.release(page, self._ended.get(name, "interrupted"))
                    return
        except _LaterError:
            pass
        except BaseException as error:  # whatever it is, it must reach the user and not die with the thread
            self._error = self._error or error
            self._stop.set()
        finally:
            with self._wake:
                self._active.pop(name, None)
                self._wake.notify_all()

    def _wait(self, host: _Host, until: float, patience: float) -> None:
        """Wait for a moment; ``_LaterError`` where it is too far off, or the run is stopped."""
        if until - time.time() > patience:
            pause = f"{until - time.time():.0f} s"
            raise self._ended_by(host, "waiting", f"asks for a pause of {pause}, longer than this run waits")
        while (rest := until - time.time()) > 0:
            if self._stop.wait(min(rest, 1.0)):
                raise _LaterError

    def _ended_by(self, host: _Host, kind: str, detail: str) -> _LaterError:
        """Note that the host is left alone for the rest of the run, and why; to be raised."""
        self._ended[host.name] = f"{kind}: {detail}"
        self._journal.add_event(Event(kind, detail, host=host.name))
        return _LaterError()

    def _patience(self, host: str) -> float:
        paces = [source.pace for source in self._sources.values() if host in source.own_hosts]
        paces += [
            archive.pace
            for archive in self._ladder.archives
            if host in (host_of(archive.index), host_of(archive.pages), host_of(archive.collections or ""))
        ]
        return max((pace.patience for pace in paces), default=Pace().patience)

    def _report(self, host: _Host, doing: str) -> None:
        # Counting takes time where there are many pages; nobody reads faster than this.
        if self._on_progress is None or (doing and time.monotonic() - host.reported < 0.2):
            return
        host.reported = time.monotonic()
        counts = self._journal.tally(host=host.name)
        done = sum(n for (_, state), n in counts.items() if state in ("done", "duplicate", "off_topic", "moved"))
        queued = sum(n for (_, state), n in counts.items() if state in ("queued", "fetching"))
        with self._wake:
            self._on_progress(Progress(host.name, doing, done, queued, sum(counts.values()) - done - queued))

    # -------------------------------------------------------------- where to begin

    def _seed(self, source: Source) -> None:
        if source.kind == "files":
            self._import_files(source)
        elif source.kind == "warc":
            self._import_archives(source)
        elif source.live and not self._from_archives:
            role: Role = "list" if source.kind == "listing" else "feed"
            starts = [start for start in map(self._moved_start, (source,) * len(source.start), source.start) if start]
            self._journal.enqueue(Lead(source.name, identity(url), url, role, host_of(url)) for url in starts)

    def _moved_start(self, source: Source, url: str) -> str | None:
        """The start page where it is today; None where it is known that nothing took its place."""
        host = host_of(url)
        move = move_of(host, self._moved, dt.date.today())
        if move is None:
            return url
        renamed = move.renamed(host)
        said = f"since {move.since}: {renamed or 'nothing took its place'} ({move.why})"
        self._journal.add_event(Event("moved host", said, source.name, host, url))
        # What nobody has checked is only likely: the old host is still tried.
        if move.checked is None:
            return url
        return url.replace(urlsplit(url).netloc, renamed, 1) if renamed else None

    def _import_files(self, source: Source) -> None:
        for start in source.start:
            place = (source.folder or Path()) / start
            paths = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
            for path in paths:
                name = path.relative_to(place).as_posix() if place.is_dir() else path.name
                try:
                    content = path.read_bytes()
                    moment = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).replace(microsecond=0)
                except OSError as error:
                    self._journal.add_event(Event("file", f"{path}: {error.strerror}", source.name))
                    continue
                kind = _FILE_KINDS.get(path.suffix.lower(), "application/octet-stream")
                capture = Capture(f"file:///{quote(name)}", content, kind, captured=moment)
                self._import(source, capture.url, capture)

    def _import_archives(self, source: Source) -> None:
        places = [(source.folder or Path()) / start for start in source.start]
        for capture in itertools.chain.from_iterable(map(iter_captures, places)):
            if capture.url.startswith("http") and portal.is_article(capture.url, source):
                self._import(source, identity(capture.url), capture)
        # The documents that its articles name, where the archive holds them; nobody is asked for the others.
        if not self._journal.pages(source=source.name, role="document", state="queued"):
            return
        for capture in itertools.chain.from_iterable(map(iter_captures, places)):
            page = self._journal.page_at(source.name, identity(capture.url)) if "//" in capture.url else None
            if page is not None and page.role == "document" and page.state == "queued" and not self._stop.is_set():
                self._take_in(source, page, capture)
        for page in self._journal.pages(source=source.name, role="document", state="queued"):
            self._journal.settle(page, "gone", reason="the archive does not hold it")

    def _import(self, source: Source, key: str, capture: Capture) -> None:
        """Take in a page that is on the disk already; nothing if it was taken in before."""
        if self._stop.is_set():
            return
        known = self._journal.page_at(source.name, key)
        if known is not None and known.state != "queued":
            return
        host = _Host(f"(files of {source.name})")
        self._journal.enqueue([Lead(source.name, key, capture.url, "article", host.name)])
        while (page := self._journal.claim(host.name, [source.name])) is not None and page.key != key:
            self._journal.settle(page, "gone", reason="the file is no longer there")
        if page is not None:
            self._take_in(source, page, capture)

    def _take_in(self, source: Source, page: Page, capture: Capture) -> None:
        moment = capture.captured or dt.datetime.now(dt.UTC)
        kind = capture.media_type or "application/octet-stream"
        origin = Origin(source.name, page.role, named_by=page.ask.get("named_by"))
        record = self._warc.write_resource(capture.url, capture.content, kind, moment, origin)
        stored = self._note(record, page, capture.url, 200, moment, capture.content)
        seen = _Seen(capture.content, kind, capture.charset, capture.url)
        task = _Task(_Host(page.host), page, source, None, None, source.pace)  # type: ignore[arg-type]
        self._read(task, seen, {**stored, "via": None})

    # -------------------------------------------------------------- one page

    def _handle(self, host: _Host, page: Page) -> None:
        source = self._sources[page.source]
        archive = self._ladder.archive_of(page)
        asked = archive or source
        fetcher = self._fetcher(host, asked.network, asked.pace, asked.folder)
        task = _Task(host, page, source, archive, fetcher, asked.pace)
        trap = None if archive else trap_in(page.url)
        if trap is not None:
            self._journal.settle(page, "refused", reason=f"trap: {trap}", events=[task.event("trap", trap)])
            return
        try:
            delay = task.pace.seconds
            # An archive's interface is made to be asked by programs; its pace stands in the table of archives.
            if archive is None:
                rules = self._rules(task)
                if not rules.can_fetch(page.url, AGENT):
                    event = task.event("robots.txt", "disallowed")
                    self._journal.settle(page, "refused", reason="robots.txt disallows it", events=[event])
                    return
                delay = max(delay, _delay_of(rules))
            self._ask(task, delay)
        except FetchError as fault:
            self._failed(task, fault)

    def _fetcher(self, host: _Host, network: Network, pace: Pace, folder: Path | None) -> Fetcher:
        key = f"{network.model_dump_json()}{pace.model_dump_json()}{folder}"
        if key not in host.fetchers:
            host.fetchers[key] = Fetcher(network, pace, folder=folder, stop=self._stop)
        return host.fetchers[key]

    def _turn(self, task: _Task, delay: float) -> None:
        """Wait until the host may be asked, and note that it is."""
        asked, not_before = self._journal.times_of(task.host.name)
        # A clock that was set back must not stop the run for longer than the pace asks.
        last = min(task.host.answered or asked, time.time())
        ready = last + delay + _MARGIN if last and delay else 0.0
        self._wait(task.host, max(ready, not_before), task.pace.patience)
        self._journal.mark_asked(task.host.name)

    def _fetch(self, task: _Task, url: str, delay: float, **options: object) -> Reply:
        self._turn(task, delay)
        try:
            return task.fetcher.fetch(url, **options)  # type: ignore[arg-type]
        finally:
            task.host.answered = time.time()

    def _ask(self, task: _Task, delay: float) -> None:
        page = task.page
        url, form = str(page.ask.get("address", page.url)), page.ask.get("form")
        # No cache on the way may answer for the portal.
        headers = {"Cache-Control": "max-age=0", **page.ask.get("headers", {})}
        if page.warc_file is not None and task.archive is None and form is None:
            headers |= {"If-None-Match": page.etag} if page.etag else {}
            headers |= {"If-Modified-Since": page.last_modified} if page.last_modified else {}
        visited: list[str] = []
        bound = {"most": int(task.source.documents.megabytes * 1e6)} if page.role == "document" else {}
        while True:
            reply = self._fetch(task, url, delay, form=form, headers=headers, **bound)
            task.host.faults = 0
            location = reply.headers.get("location", "")
            target = resolved(url, location) if reply.status in _REDIRECTS else None
            if target is None:
                break
            self._keep(task, reply)
            visited.append(url)
            if host_of(target) != task.host.name or (task.archive is None and identity(target) != page.key):
                self._redirected(task, reply, target)
                return
            # The page itself under another scheme, with a slash, or after a cookie: asked for again, in its turn.
            if visited.count(target) > 1 or len(visited) >= _MOST_HOPS:
                raise FetchError("redirect loop", f"{len(visited)} redirects lead back to {target}")
            url = target
        self._answered(task, reply)

    def _redirected(self, task: _Task, reply: Reply, target: str) -> None:
        """Another page took this one's place: it is asked for in its own turn, by its own host's rules."""
        page, source = task.page, task.source
        known = self._journal.page_at(source.name, identity(target))
        looped = known is not None and known.run == self._journal.run and known.state == "moved"
        if looped or page.hops >= _MOST_HOPS:
            raise FetchError("redirect loop", f"redirects lead in a circle by way of {target}")
        values = {"status": reply.status, "final_url": target}
        reason = f"redirects to {target}"
        if page.role == "article" and portal.is_article(page.url, source) and not portal.is_article(target, source):
            reason += ", which is no article"
            self._journal.settle(page, "gone", reason=reason, events=[task.event("gone", reason)], values=values)
            return
        events = []
        host, ask = host_of(target), {}
        if page.role == "document":
            if host not in {task.host.name, *source.own_hosts, *source.documents.hosts}:
                refused = [task.event("foreign host", reason)]
                self._journal.settle(page, "refused", reason=reason, events=refused, values=values)
                return
            ask = {"named_by": page.ask.get("named_by")}
        elif host != task.host.name and host not in source.own_hosts:
            events.append(task.event("moved host", f"redirects to {host}"))
        lead = Lead(source.name, identity(target), target, page.role, host, ask, number=page.number, hops=page.hops + 1)
        self._journal.settle(page, "moved", reason=reason, leads=[lead], events=events, values=values)

    def _answered(self, task: _Task, reply: Reply) -> None:
        page, status = task.page, reply.status
        if status == 304 and page.warc_file is not None:
            self._not_modified(task, reply)
        elif status in (429, 503):
            self._keep(task, reply)
            self._cool(task, reply)
        elif page.role in ("index", "collections"):
            self._keep(task, reply)
            self._indexed(task, reply)
        elif task.archive is not None and status in (200, 206):
            self._from_archive(task, task.archive, reply)
        elif 200 <= status < 300:
            self._received(task, reply)
        else:
            self._keep(task, reply)
            if status in (404, 410):
                self._gone(task, status)
            elif status >= 500:
                raise FetchError("server error", f"status {status}")
            else:
                raise FetchError("forbidden" if status in (401, 403) else "status", f"status {status}")

    def _keep(self, task: _Task, reply: Reply, earlier: Earlier | None = None, role: str | None = None) -> StoredRecord:
        """Write a response to the archive and note it; as a revisit where it repeats an earlier one."""
        named_by = task.page.ask.get("named_by") if role is None else None
        origin = Origin(task.source.name, role or task.page.role, task.fetcher.seclevel, named_by=named_by)
        record = self._warc.write(reply, origin, earlier)
        content = None if reply.status == 304 else reply.content
        self._note(record, task.page, reply.url, reply.status, reply.captured, content)
        return record

    def _note(
        self, record: StoredRecord, page: Page, url: str, status: int, moment: dt.datetime, content: bytes | None
    ) -> dict[str, object]:
        """Note a record in the journal; the columns by which a page finds it."""
        captured = _second(moment)
        sha256 = hashlib.sha256(content).hexdigest() if content is not None else None
        key = identity(url) if url.startswith("http") else url
        self._journal.add_capture(
            record, source=page.source, url=url, key=key, status=status, captured=captured, sha256=sha256
        )
        return {
            "warc_file": record.warc_file,
            "warc_offset": record.warc_offset,
            "captured": captured,
            "sha256": sha256,
            "status": status,
        }

    def _received(self, task: _Task, reply: Reply) -> None:
        payload = split_http(reply.received)[1]
        same = self._journal.capture_with_payload(digest_of(payload)) if payload else None
        earlier = Earlier(same["url"], same["captured"], same["payload"]) if same is not None else None
        record = self._keep(task, reply, earlier)
        stored = {
            # The page's evidence is the record that holds its bytes, be it an earlier one.
            "warc_file": same["warc_file"] if same is not None else record.warc_file,
            "warc_offset": same["warc_offset"] if same is not None else record.warc_offset,
            "captured": _second(reply.captured),
            "sha256": hashlib.sha256(reply.content).hexdigest(),
            "status": reply.status,
            "etag": reply.headers.get("etag"),
            "last_modified": reply.headers.get("last-modified"),
            "via": None,
        }
        self._read(task, _Seen(reply.content, reply.media_type, reply.charset, reply.url), stored)

    def _not_modified(self, task: _Task, reply: Reply) -> None:
        page = task.page
        assert page.warc_file is not None
        assert page.warc_offset is not None
        row = self._journal.capture_at(page.warc_file, page.warc_offset)
        self._keep(task, reply, Earlier(row["url"], row["captured"], row["payload"]) if row is not None else None)
        stored = read_record(self._out, page.warc_file, page.warc_offset)
        seen = _Seen(stored.content, page.media_type, page.charset, page.final_url or page.url)
        self._read(task, seen, {})

    def _gone(self, task: _Task, status: int) -> None:
        """The portal no longer has it: the archives are asked for this one page, if the source names them."""
        page, source = task.page, task.source
        rungs = self._ladder.rungs(source)
        leads = []
        if page.role in ("article", "document") and rungs and task.archive is None:
            leads = self._ladder.queries(source, rungs[0], page.url, page.key)
        reason = f"status {status}"
        self._journal.settle(
            page, "gone", reason=reason, leads=leads, events=[task.event("gone", reason)], values={"status": status}
        )

    def _cool(self, task: _Task, reply: Reply) -> None:
        """Leave the host alone for as long as it says; the page stays in the queue."""
        host, pace = task.host, task.pace
        host.cooled += 1
        seconds = _retry_after(reply.headers.get("retry-after", ""))
        if seconds is None:
            seconds = max(pace.seconds, 1.0) * 2**host.cooled
        until = time.time() + seconds
        self._journal.cool_down(host.name, until)
        event = task.event("cool-down", f"status {reply.status}, for {seconds:.0f} s")
        self._journal.settle(
            task.page,
            "queued",
            reason=f"status {reply.status}",
            events=[event],
            values={"status": reply.status},
        )
        if host.cooled > pace.attempts:
            raise self._ended_by(host, "waiting", f"answered {reply.status} {host.cooled} times; left to the next run")
        self._wait(host, until, pace.patience)

    def _failed(self, task: _Task, fault: FetchError) -> None:
        if fault.kind == "interrupted":
            raise _LaterError
        if fault.reply is not None:
            self._keep(task, fault.reply)
        page, host, pace = task.page, task.host, task.pace
        event, reason = task.event(fault.kind, fault.detail), f"{fault.kind}: {fault.detail}"
        if (fault.transient or fault.kind == "server error") and page.attempts < pace.attempts:
            due = time.time() + max(pace.seconds, 1.0) * 2**page.attempts
            self._journal.settle(page, "queued", reason=reason, due=due, events=[event])
        else:
            leads = []
            if task.archive is not None and "wanted" in page.ask:
                leads = self._ladder.after(page, task.source, task.archive)
            self._journal.settle(page, "failed", reason=reason, leads=leads, events=[event])
        if fault.transient:
            host.faults += 1
            if host.faults >= _UNREACHABLE_AFTER:
                raise self._ended_by(host, "unreachable", f"{host.faults} times in a row: {fault.kind}")

    # -------------------------------------------------------------- robots.txt

    def _rules(self, task: _Task) -> Protego:
        """The rules of the page's origin; ``_LaterError`` while they cannot be had, for that is no permission."""
        host, origin = task.host, origin_of(task.page.url)
        if origin in host.barred:
            raise host.barred[origin]
        if origin not in host.rules:
            known = self._journal.robots_of(origin, younger_than=_ROBOTS_AGE)
            if known is None:
                known = self._fetch_robots(task, origin)
                self._journal.keep_robots(origin, *known)
            host.rules[origin] = Protego.parse(known[1] if known[0] < 400 else "")
        return host.rules[origin]

    def _fetch_robots(self, task: _Task, origin: str) -> tuple[int, str]:
        host, pace = task.host, task.pace
        kind, why = "robots.txt", ""
        for attempt in range(pace.attempts):
            if attempt:
                self._wait(host, time.time() + max(pace.seconds, 1.0) * 2**attempt, pace.patience)
            try:
                reply = self._robots_reply(task, f"{origin}/robots.txt")
                if reply.status < 500 and reply.status != 429:
                    # A file that is not there, or is forbidden, forbids nothing (RFC 9309, 2.3.1.3).
                    return reply.status, self._robots_text(task, reply)
                kind, why = "robots.txt", f"status {reply.status}"
                after = _retry_after(reply.headers.get("retry-after", ""))
                if after is not None:
                    self._journal.cool_down(host.name, time.time() + after)
            except FetchError as fault:
                if fault.kind == "interrupted":
                    raise _LaterError from None
                if not fault.transient:
                    host.barred[origin] = fault
                    raise
                kind, why = "unreachable", f"{fault.kind}: {fault.detail}"
            self._journal.add_event(task.event("robots.txt", f"waiting: {why}"))
        raise self._ended_by(host, kind, f"robots.txt cannot be had ({why}), so nothing is asked for")

    def _robots_text(self, task: _Task, reply: Reply) -> str:
        text = portal.decoded(reply.content, None)[0]
        if reply.truncated is None and len(reply.content) < MOST_ROBOTS_BYTES:
            return text
        # The rules that fit into the bound hold (RFC 9309, 2.5); the last line may be half a line.
        detail = f"longer than {MOST_ROBOTS_BYTES // 1000} kB; the rules up to there hold"
        self._journal.add_event(task.event("robots.txt", detail))
        return text[: text.rfind("\n") + 1]

    def _robots_reply(self, task: _Task, url: str) -> Reply:
        for _ in range(5):
            reply = self._fetch(task, url, task.pace.seconds, most=MOST_ROBOTS_BYTES, partial=True)
            self._keep(task, reply, role="robots")
            target = resolved(url, reply.headers.get("location", "")) if reply.status in _REDIRECTS else None
            if target is None:
                return reply
            url = target
        raise FetchError("redirect loop", "robots.txt redirects more than 5 times")

    # -------------------------------------------------------------- what a page says

    def _read(self, task: _Task, seen: _Seen, stored: Mapping[str, object]) -> None:
        page = task.page
        final = seen.url if seen.url != page.url else None
        stored = {**stored, "media_type": seen.media_type, "charset": seen.charset, "final_url": final}
        if page.role == "article":
            self._read_article(task, seen, stored)
        elif page.role == "document":
            self._settle_judged(task, judge_document(seen.content, seen.media_type), stored)
        elif page.role == "feed":
            found = portal.read_feed(seen.content, seen.charset, seen.url, task.source)
            self._read_list(task, found, stored)
        else:
            tree = portal.parse_page(portal.decoded(seen.content, seen.charset)[0])
            found = (
                portal.Found() if tree is None else portal.read_list(tree, seen.url, task.source, number=page.number)
            )
            self._read_list(task, found, stored)

    def _read_list(self, task: _Task, found: portal.Found, stored: Mapping[str, object]) -> None:
        page, source = task.page, task.source
        leads, fresh, repeated = [], 0, 0
        for item in found.items:
            key = identity(item.url)
            known = self._journal.page_at(source.name, key)
            repeated += known is not None and known.run == self._journal.run
            if item.date is None or self._ladder.wants(item.date):
                fresh += known is None
                leads.append(Lead(source.name, key, item.url, "article", host_of(item.url), listed=item.date))
        leads += [Lead(source.name, identity(url), url, page.role, host_of(url)) for url in found.lists]
        events = []
        if not found.items and not found.lists and page.number == 1:
            events.append(task.event("empty list", "no article found in it"))
        step = found.next
        if step is not None and step.number > source.pages:
            events.append(task.event("long list", f"more than {source.pages} pages; the rest is left"))
            step = None
        dated = [item.date for item in found.items if item.date]
        since = self._ladder.since
        # Behind the dates that are wanted, in a list that has the newest first.
        passed = since is not None and bool(dated) and max(dated) < since and dated[0] >= dated[-1]
        # A list is read on while it names something new, or as long as it was never read so far back; one that only
        # repeats what this run has seen has come to its end.
        deeper = self._goes_deeper(source) and repeated < len(found.items)
        if step is not None and found.items and not passed and (fresh or deeper):
            ask = {"form": dict(step.form)} if step.form is not None else {}
            host = host_of(step.url)
            leads.append(Lead(source.name, step.key, step.url, page.role, host, ask, step.number))
        self._journal.settle(page, "done", leads=leads, events=events, values=stored)

    def _goes_deeper(self, source: Source) -> bool:
        covered, since = self._journal.covered(source.name), self._ladder.since
        return covered is None or (covered != "" and (since is None or since.isoformat() < covered))

    def _read_article(self, task: _Task, seen: _Seen, stored: Mapping[str, object]) -> None:
        source = task.source
        moment = str(stored.get("captured") or task.page.captured or "")
        day = dt.date.fromisoformat(moment[:10]) if moment else None
        judged = judge_article(source, seen.content, seen.media_type, seen.charset, seen.url, day)
        state = self._settle_judged(task, judged, stored, seen.url)
        if state == "done" and judged.tree is not None:
            self._dated[source.name].append(portal.has_date(judged.text, source))
            selectors = source.selectors_on(day).of_article
            for part, missed in portal.missed(judged.tree, selectors).items() if selectors else ():
                self._misses.setdefault((source.name, part), []).append(missed)
        self._spring_trap(task)

    def _documents(self, task: _Task, judged: Judged, url: str) -> tuple[list[Lead], list[Event]]:
        """The documents that the article at ``url`` names, to be asked for where the article came from."""
        source, archive = task.source, task.archive
        if not judged.documents:
            return [], []
        counts = self._journal.tally(source=source.name, run=self._journal.run)
        room = source.documents.total - sum(n for (role, _), n in counts.items() if role == "document")
        events = []
        if len(judged.documents) > room:
            more = f"more than {source.documents.total} documents in this run; the rest is left"
            events.append(task.event("many documents", more))
        leads = []
        for address in judged.documents[: max(room, 0)]:
            host = host_of(address) if source.live or source.kind in ARCHIVE_KINDS else f"(documents of {source.name})"
            lead: Lead | None = Lead(source.name, identity(address), address, "document", host)
            if archive is not None:
                lead = self._ladder.document(task.page, source, archive, address)
            if lead is not None:
                leads.append(replace(lead, ask={**lead.ask, "named_by": url}))
        return leads, events

    def _settle_judged(
        self, task: _Task, judged: Judged, stored: Mapping[str, object], url: str | None = None
    ) -> State:
        """Write down what an article or a document is; ``url`` is where an article was found."""
        page, source = task.page, task.source
        state: State = judged.state
        reason = judged.reason
        # What changes on every visit is no change; a document has no text here, and is compared by its bytes.
        if judged.text_key is not None:
            fresh = judged.text_key != page.text_key
        else:
            fresh = stored.get("sha256", page.sha256) != page.sha256
        if state == "done" and judged.text_key is not None:
            twin = self._journal.page_with_text(source.name, judged.text_key, page)
            if twin is not None:
                state, reason = "duplicate", f"same text as {twin.url}"
        documents, events = self._documents(task, judged, url) if url and state == "done" else ([], [])
        self._journal.settle(
            page,
            state,
            reason=reason,
            leads=[*judged.leads, *documents],
            events=[*events, *(task.event(kind, detail) for kind, detail in judged.odd)],
            values={
                **stored,
                "text_key": judged.text_key,
                "letters_key": judged.letters_key,
                "fresh": fresh,
            },
        )
        return state

    def _spring_trap(self, task: _Task) -> None:
        """Leave a source whose pages only repeat each other under ever new addresses."""
        source = task.source
        pages, texts = self._journal.distinct_texts(source.name, _TRAP_WINDOW)
        if pages >= _TRAP_LEAST and texts < _TRAP_SHARE * pages and source.name not in self._trapped:
            self._trapped.add(source.name)
            refused = self._journal.refuse_queue(source.name, "trap: pages repeat the same texts")
            detail = f"only {texts} distinct texts in {pages} pages, so the {refused} pages left are refused"
            self._journal.add_event(task.event("trap", detail))
            self._journal.add_event(Event("alarm", f"{detail} ({task.page.url})", source.name))

    # -------------------------------------------------------------- archives

    def _descend(self) -> bool:
        """Ask the next archive for what could not be had so far; False when there is none to ask."""
        descended = False
        for source in self._sources.values():
            rung, rungs = self._journal.rung(source.name), self._ladder.rungs(source)
            if rung >= len(rungs) or source.name in self._trapped or not self._needs_archives(source):
                continue
            targets = self._ladder.targets(source)
            leads = [lead for target in targets for lead in self._ladder.queries(source, rungs[rung], target)]
            self._journal.add_event(
                Event("archive", f"asking {rungs[rung].name} for {', '.join(targets)}", source.name)
            )
            self._journal.set_rung(source.name, rung + 1, leads)
            descended = True
        for page in self._journal.pages(role="index", state="queued"):
            # Single pages whose archive does not answer: the next one may.
            archive = self._ladder.archive_of(page)
            if archive and "wanted" in page.ask and page.host in self._ended and page.source in self._sources:
                counts = self._journal.enqueue(self._ladder.after(page, self._sources[page.source], archive))
                descended = descended or counts["new"] + counts["again"] > 0
        return descended

    def _needs_archives(self, source: Source) -> bool:
        if not source.live or self._from_archives:
            return source.kind not in ("files", "warc")
        counts = self._journal.tally(source=source.name, run=self._journal.run)
        read = sum(counts.get((role, state), 0) for role in _LISTS for state in ("done", "moved"))
        # A host that asks for patience is there: its articles come from itself, later.
        waiting = any(self._ended.get(host_of(url), "").startswith(("waiting", "robots.txt")) for url in source.start)
        return read == 0 and not waiting

    def _indexed(self, task: _Task, reply: Reply) -> None:
        page, source, archive = task.page, task.source, task.archive
        if archive is None:
            raise FetchError("archive", f"no archive called {page.ask.get('archive')} is known any more")
        if reply.status >= 500:
            raise FetchError("server error", f"{archive.name}: status {reply.status}")
        if page.role == "collections":
            leads = self._ladder.of_collections(page, source, archive, reply.content)
            self._journal.settle(page, "done", leads=leads)
            return
        # 404 where there is nothing, 400 behind the last page.
        answer = cdx.parse_index(archive, reply.content) if reply.status == 200 else cdx.IndexPage(())
        if answer is None:
            raise FetchError("archive", f"{archive.name} gave no index")
        if "wanted" in page.ask:
            self._found_one(task, archive, answer)
            return
        leads = self._ladder.of_index(page, source, archive, answer)
        self._journal.settle(page, "done", leads=leads, values={"status": reply.status})

    def _found_one(self, task: _Task, archive: Archive, answer: cdx.IndexPage) -> None:
        """The answer to a query for one page that the portal no longer has."""
        page, source = task.page, task.source
        wanted = self._journal.page_at(source.name, str(page.ask["wanted"]))
        role: Role = "document" if wanted is not None and wanted.role == "document" else "article"
        captures = self._ladder.captures(source, archive, answer.rows, role)
        missing = wanted is not None and wanted.state == "gone"
        leads = []
        if missing and not captures and not self._journal.has_queries(page):
            leads = self._ladder.after(page, source, archive)
        self._journal.settle(page, "done", leads=leads)
        if missing and captures and wanted is not None:
            self._journal.redirect_to_archive(wanted, captures[0])

    def _from_archive(self, task: _Task, archive: Archive, reply: Reply) -> None:
        page, source = task.page, task.source
        address = str(page.ask["address"])
        if "{filename}" in archive.pages:
            named_by = page.ask.get("named_by")
            origin = Origin(source.name, page.role, via=f"{address}#{page.ask.get('offset')}", named_by=named_by)
            try:
                record = self._warc.write_member(reply.content, origin)
                capture = read_record(self._out, record.warc_file, record.warc_offset)
            except (NtmError, ValueError) as error:
                raise FetchError("archive", f"{archive.name} gave no whole record ({error})") from None
        else:
            # The moment that the archive itself names is the capture's: it may have given the nearest one.
            row = cdx.IndexRow(page.url, str(page.ask.get("timestamp", "")))
            taken = _moment(reply.headers.get("memento-datetime", "")) or row.captured or reply.captured
            named_by = page.ask.get("named_by")
            origin = Origin(source.name, page.role, task.fetcher.seclevel, page.url, taken, address, named_by)
            record = self._warc.write(reply, origin)
            capture = Capture(page.url, reply.content, reply.media_type, reply.charset, taken)
        moment = capture.captured or reply.captured
        stored = self._note(record, page, page.url, 200, moment, capture.content)
        seen = _Seen(capture.content, capture.media_type, capture.charset, page.url)
        self._read(task, seen, {**stored, "via": archive.name, "etag": None, "last_modified": None})

    # -------------------------------------------------------------- the end

    def _cover(self) -> None:
        """Note how far back the lists were read, where nothing of them is left to be read."""
        if self._from_archives:
            return
        full = self._journal.full(self._limit) if self._limit is not None else set()
        for source in self._sources.values():
            counts = self._journal.tally(source=source.name)
            left = sum(counts.get((role, state), 0) for role in _LISTS for state in ("queued", "fetching", "failed"))
            read = any(counts.get((role, "done")) for role in _LISTS)
            if source.live and read and not left and source.name not in full:
                known, since = self._journal.covered(source.name), self._ladder.since
                day = since.isoformat() if since else ""
                self._journal.set_covered(source.name, day if known is None else min(known, day))

    def _alarms_of(self, source: Source) -> Iterable[str]:
        least, most = source.expect.articles
        counts = self._journal.tally(source=source.name, run=self._journal.run)
        listed = sum(n for (role, _), n in counts.items() if role == "article")
        narrowed = self._ladder.since or self._ladder.until or self._limit is not None
        if source.kind not in ("files", "warc"):
            # A list that was read to its end once is left as soon as it names nothing new.
            partly = listed and (narrowed or self._journal.covered(source.name) is not None)
            if listed < least and not partly:
                yield f"its lists name {listed} articles, at least {least} were expected: has the portal changed?"
            if listed > most:
                yield f"its lists name {listed} articles, at most {most} were expected: what was taken for articles?"
        dated = self._dated[source.name]
        if dated and sum(dated) < source.expect.dated * len(dated):
            share = f"a share of {source.expect.dated:g} was expected"
            yield f"{sum(dated)} of {len(dated)} articles show a date, {share}: have the date forms changed?"
        for (name, part), misses in self._misses.items():
            if name == source.name and sum(misses) > len(misses) / 2:
                found = f"{sum(misses)} of {len(misses)} articles"
                yield f"selectors.{part} finds nothing in {found}: has the page changed?"

    def _summary(self, resumed: bool, interrupted: bool) -> CollectSummary:
        run = self._journal.run
        now = [page for name in self._sources for page in self._journal.pages(source=name, run=run)]
        left = [self._journal.tally(source=name) for name in self._sources]
        articles = [page for page in now if page.role == "article"]
        states = [page.state for page in articles]
        failed: dict[str, int] = {}
        for page in now:
            if page.state == "failed":
                kind = (page.reason or "unknown").partition(":")[0]
                failed[kind] = failed.get(kind, 0) + 1
        by_source = {
            name: sum(1 for page in articles if page.source == name and page.state == "done") for name in self._sources
        }
        events = self._journal.events(this_run=True)
        notes = [f"{host}: {why}" for host, why in self._ended.items()]
        notes += [f"{event.host}: {event.detail}" for event in events if event.kind == "moved host"]
        return CollectSummary(
            out=self._out,
            new=sum(1 for page in articles if page.state == "done" and page.fresh),
            unchanged=sum(1 for page in articles if page.state == "done" and not page.fresh),
            duplicates=states.count("duplicate"),
            off_topic=states.count("off_topic"),
            documents=sum(1 for page in now if page.role == "document" and page.state == "done" and page.fresh),
            lists=sum(1 for page in now if page.role in _LISTS and page.state == "done"),
            refused=sum(1 for page in now if page.state == "refused"),
            gone=states.count("gone"),
            failed=failed,
            left=sum(n for counts in left for (_, state), n in counts.items() if state in ("queued", "fetching")),
            by_source=by_source,
            alarms=tuple(f"{event.source}: {event.detail}" for event in events if event.kind == "alarm"),
            notes=tuple(dict.fromkeys(notes)),
            resumed=resumed,
            interrupted=interrupted,
        )


def collect(
    sources: Iterable[Source],
    out: Path | str,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
    limit: int | None = None,
    from_archives: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    archives: Sequence[Archive] | None = None,
    moved: Sequence[MovedHost] | None = None,
) -> CollectSummary:
    """Collect the articles of ``sources`` into the folder ``out``: WARC files and ``journal.sqlite``.

    A run that was broken off goes on where it was; a new one reads the lists again and asks whether pages have changed.
    ``since`` and ``until`` go by the dates that lists print beside articles; an article without one is taken. ``limit``
    is the most article pages asked for, a source and run. ``from_archives`` leaves the portals alone and asks only web
    archives; otherwise they are asked where a portal cannot be read. ``archives`` and ``moved`` replace the tables that
    ship. ``on_progress`` is called often, by one thread at a time.

    Ctrl-C ends the run cleanly; the summary then says ``interrupted``. Raises ``CollectError`` where collecting cannot
    start or go on: another process uses the folder, the disk is full, two sources have one name.
    """
    chosen = list(sources)
    if not chosen:
        raise CollectError("no sources to collect", mend="name at least one; 'sources list' shows them")
    names = [source.name for source in chosen]
    if len(set(names)) < len(names):
        raise CollectError(
            "a source is named twice", where=", ".join(sorted({name for name in names if names.count(name) > 1}))
        )
    if since and until and since > until:
        raise CollectError(f"--since {since} is after --until {until}", mend="exchange them")
    return Crawl(
        chosen,
        Path(out),
        since=since,
        until=until,
        limit=limit,
        from_archives=from_archives,
        archives=load_archives() if archives is None else archives,
        moved=load_moved_hosts() if moved is None else moved,
        on_progress=on_progress,
    ).run()


def _second(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str) -> dt.datetime | None:
    """Moment of an HTTP date, UTC where it does not say; None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _retry_after(text: str) -> float | None:
    """Seconds that a host asks to be left alone, at most a week; None where it does not say."""
    if text.strip().isdigit():
        return float(min(int(text), 604_800))
    moment = _moment(text)
    return None if moment is None else min(max(0.0, moment.timestamp() - time.time()), 604_800.0)


def _delay_of(rules: Protego) -> float:
    """Seconds between requests that a robots.txt asks for: Crawl-delay or Request-rate, whichever is slower."""
    delay = float(rules.crawl_delay(AGENT) or 0)
    rate = rules.request_rate(AGENT)
    return max(delay, rate.seconds / rate.requests if rate and rate.requests else 0.0)
