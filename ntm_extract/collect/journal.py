"""The journal: what is known of every address, in SQLite, so that a killed run goes on where it was.

A page is claimed, asked for, written to the archive, and settled together with what it leads to in one transaction.
After ``kill -9`` only the pages that were claimed at that moment are asked for again: one a host.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ntm_extract.errors import CollectError

JOURNAL = "journal.sqlite"
_LOCK = "journal.lock"
_VERSION = 1
Role = Literal["list", "article", "document", "feed", "index", "collections"]
State = Literal["queued", "fetching", "done", "duplicate", "off_topic", "moved", "gone", "failed", "refused"]
FETCHED: tuple[State, ...] = ("done", "duplicate", "off_topic")
Enqueued = Literal["new", "again", "seen"]


@dataclass(frozen=True, slots=True)
class Page:
    """One row of ``pages``: an address of a source, and what is known of it."""

    id: int
    source: str
    key: str
    url: str
    role: Role
    host: str
    ask: Mapping[str, Any]
    number: int
    hops: int
    listed: str | None
    state: State
    reason: str | None
    run: int
    attempts: int
    due: float
    status: int | None
    final_url: str | None
    etag: str | None
    last_modified: str | None
    media_type: str | None
    charset: str | None
    sha256: str | None
    text_key: str | None
    letters_key: str | None
    captured: str | None
    warc_file: str | None
    warc_offset: int | None
    via: str | None
    settled: str | None
    fresh: int


@dataclass(frozen=True, slots=True)
class Lead:
    """An address to be asked for, found on a page or in an index."""

    source: str
    key: str
    url: str
    role: Role
    host: str
    ask: Mapping[str, Any] = field(default_factory=dict)
    number: int = 1
    hops: int = 0
    listed: dt.date | None = None


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """Where a response stands in the archive."""

    warc_file: str
    warc_offset: int
    kind: Literal["response", "revisit", "resource"]
    payload: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on the way and that the user should be able to read later."""

    kind: str
    detail: str
    source: str | None = None
    host: str | None = None
    url: str | None = None


def now_iso() -> str:
    """This moment, UTC, to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Journal:
    """The journal of one folder. All methods may be called from any thread; one process at a time holds it."""

    def __init__(self, folder: Path, *, software: str = "") -> None:
        """Open or make the journal of ``folder``; raises ``CollectError`` if another process collects into it."""
        self._lock = threading.RLock()
        self._software = software
        self.run = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # The lock is a transaction that the system ends with the process, however it ends.
            self._held = sqlite3.connect(folder / _LOCK, timeout=0, isolation_level=None, check_same_thread=False)
            self._held.execute("BEGIN EXCLUSIVE")
            self._db = sqlite3.connect(folder / JOURNAL, timeout=30, isolation_level=None, check_same_thread=False)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._prepare(folder)
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise CollectError(
                    "another process collects into this folder", where=folder, mend="wait for it, or give another --out"
                ) from None
            raise CollectError(
                f"the journal cannot be opened ({error})", where=folder, mend="give another --out"
            ) from None
        except (OSError, sqlite3.DatabaseError) as error:
            raise CollectError(
                f"the journal cannot be opened ({error})", where=folder, mend="give another --out"
            ) from None

    def _prepare(self, folder: Path) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            script = Path(__file__).with_name("journal.sql").read_text(encoding="utf-8")
            self._db.executescript(f"BEGIN; {script} PRAGMA user_version = {_VERSION}; COMMIT;")
        elif version != _VERSION:
            raise CollectError(
                f"journal of version {version}, this program writes {_VERSION}",
                where=folder / JOURNAL,
                mend="collect into another folder; what is in this one can still be read",
            )

    def close(self) -> None:
        """Close the files and let others in."""
        with self._lock:
            self._db.close()
            self._held.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    # -------------------------------------------------------------- runs

    def begin_run(self) -> bool:
        """Start a run, or take up the one that was broken off; True if it was.

        One that was broken off a day ago or more is not taken up: its queue stays, but the lists are read again.
        """
        with self._change() as db:
            last = db.execute(
                "SELECT id, finished IS NULL AND julianday('now') - julianday(started) < 1 AS open FROM runs"
                " ORDER BY id DESC LIMIT 1"
            ).fetchone()
            resumed = last is not None and bool(last["open"])
            if resumed:
                self.run = last["id"]
            else:
                db.execute("INSERT INTO runs (started, software) VALUES (?, ?)", (now_iso(), self._software))
                self.run = db.execute("SELECT last_insert_rowid()").fetchone()[0]
                db.execute("UPDATE sources SET rung = 0")
            # What was being asked for when the process ended was not settled.
            db.execute("UPDATE pages SET state = 'queued' WHERE state = 'fetching'")
        return resumed

    def end_run(self) -> None:
        """Mark the run as finished: the next one starts anew from the lists."""
        with self._change() as db:
            db.execute("UPDATE runs SET finished = ? WHERE id = ?", (now_iso(), self.run))

    # -------------------------------------------------------------- pages

    def enqueue(self, leads: Iterable[Lead]) -> dict[Enqueued, int]:
        """Put addresses in the queue, each page once; how many are new, to be seen again, seen in this run."""
        with self._change() as db:
            return self._enqueue(db, leads)

    def _enqueue(self, db: sqlite3.Connection, leads: Iterable[Lead]) -> dict[Enqueued, int]:
        counts: dict[Enqueued, int] = {"new": 0, "again": 0, "seen": 0}
        for lead in leads:
            row = db.execute(
                "SELECT id, run, state FROM pages WHERE source = ? AND key = ?", (lead.source, lead.key)
            ).fetchone()
            values = (
                lead.url,
                lead.role,
                lead.host,
                json.dumps(lead.ask, ensure_ascii=False) if lead.ask else None,
                lead.number,
                lead.hops,
                lead.listed.isoformat() if lead.listed else None,
                self.run,
            )
            if row is None:
                db.execute(
                    "INSERT INTO pages (url, role, host, ask, number, hops, listed, run, source, key)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*values, lead.source, lead.key),
                )
                counts["new"] += 1
            elif row["run"] == self.run or row["state"] in ("queued", "fetching"):
                db.execute("UPDATE pages SET run = ? WHERE id = ?", (self.run, row["id"]))
                counts["seen"] += 1
            else:
                db.execute(
                    "UPDATE pages SET url = ?, role = ?, host = ?, ask = ?, number = ?, hops = ?,"
                    " listed = coalesce(?, listed), run = ?, state = 'queued', reason = NULL, attempts = 0, due = 0"
                    " WHERE id = ?",
                    (*values, row["id"]),
                )
                counts["again"] += 1
        return counts

    def claim(self, host: str, sources: Iterable[str], *, limit: int | None = None) -> Page | None:
        """The next page of these sources to ask ``host`` for: articles, then their documents, then lists; oldest first.

        None when nothing is due. Of a source that has ``limit`` articles in this run only documents are left to be had.
        """
        with self._change() as db:
            names = sorted(sources)
            full = sorted(self._full(db, limit)) if limit is not None else []
            row = db.execute(
                "SELECT * FROM pages WHERE host = ? AND state = 'queued' AND due <= ?"
                f" AND source IN ({_marks(names)}) AND (role = 'document' OR source NOT IN ({_marks(full)}))"
                " ORDER BY CASE role WHEN 'article' THEN 0 WHEN 'document' THEN 1 ELSE 2 END, id LIMIT 1",
                (host, time.time(), *names, *full),
            ).fetchone()
            if row is None:
                return None
            db.execute(
                "UPDATE pages SET state = 'fetching', run = ?, attempts = attempts + 1 WHERE id = ?",
                (self.run, row["id"]),
            )
            return _page(row, attempts=row["attempts"] + 1, run=self.run, state="fetching")

    def _full(self, db: sqlite3.Connection, limit: int) -> set[str]:
        states = ",".join(f"'{state}'" for state in (*FETCHED, "fetching"))
        rows = db.execute(
            f"SELECT source FROM pages WHERE run = ? AND role = 'article' AND state IN ({states})"
            " GROUP BY source HAVING count(*) >= ?",
            (self.run, limit),
        )
        return {row["source"] for row in rows}

    def full(self, limit: int) -> set[str]:
        """Sources that have ``limit`` articles in this run."""
        with self._lock:
            return self._full(self._db, limit)

    def settle(
        self,
        page: Page,
        state: State,
        *,
        reason: str | None = None,
        due: float = 0,
        leads: Iterable[Lead] = (),
        events: Iterable[Event] = (),
        values: Mapping[str, object] | None = None,
    ) -> dict[Enqueued, int]:
        """Write down what became of a page (``values``: columns), and what it leads to, at once."""
        with self._change() as db:
            counts = self._enqueue(db, leads)
            columns = {"state": state, "reason": reason, "due": due, "settled": now_iso(), **(values or {})}
            if state == "queued" and due == 0:
                columns["attempts"] = max(0, page.attempts - 1)
            names = ", ".join(f"{name} = ?" for name in columns)
            db.execute(f"UPDATE pages SET {names} WHERE id = ?", (*columns.values(), page.id))
            for event in events:
                self._event(db, event)
        return counts

    def has_queries(self, page: Page) -> bool:
        """Whether the same archive is still to be asked elsewhere for the one page that ``page`` looked for."""
        rows = self._rows(
            "SELECT 1 FROM pages WHERE source = ? AND state IN ('queued', 'fetching') AND id != ?"
            " AND json_extract(ask, '$.wanted') = ? AND json_extract(ask, '$.archive') = ? LIMIT 1",
            (page.source, page.id, page.ask["wanted"], page.ask["archive"]),
        )
        return bool(rows)

    def release(self, page: Page, reason: str) -> None:
        """Put a claimed page that was not asked for back into the queue; nothing if it was settled meanwhile."""
        with self._change() as db:
            db.execute(
                "UPDATE pages SET state = 'queued', attempts = max(0, attempts - 1), reason = ?"
                " WHERE id = ? AND state = 'fetching'",
                (reason, page.id),
            )

    def redirect_to_archive(self, page: Page, lead: Lead) -> None:
        """Ask an archive for a page that the portal no longer has."""
        with self._change() as db:
            db.execute(
                "UPDATE pages SET state = 'queued', host = ?, ask = ?, attempts = 0, due = 0, reason = NULL"
                " WHERE id = ?",
                (lead.host, json.dumps({**page.ask, **lead.ask}), page.id),
            )

    def page_at(self, source: str, key: str) -> Page | None:
        """The page of that identity, or None."""
        rows = self._rows("SELECT * FROM pages WHERE source = ? AND key = ?", (source, key))
        return _page(rows[0]) if rows else None

    def page_with_text(self, source: str, text_key: str, page: Page) -> Page | None:
        """Another page of the source with the same role and text, the first one kept; None if there is none."""
        rows = self._rows(
            "SELECT * FROM pages WHERE source = ? AND text_key = ? AND id != ? AND state = 'done' AND role = ?"
            " ORDER BY id LIMIT 1",
            (source, text_key, page.id, page.role),
        )
        return _page(rows[0]) if rows else None

    def hosts_due(self, sources: Iterable[str], *, limit: int | None = None) -> dict[str, float]:
        """Hosts that have pages of these sources in the queue, with the time at which the first is due."""
        names, full = sorted(sources), sorted(self.full(limit)) if limit is not None else []
        rows = self._rows(
            f"SELECT host, min(due) AS due FROM pages WHERE state = 'queued' AND source IN ({_marks(names)})"
            f" AND (role = 'document' OR source NOT IN ({_marks(full)})) GROUP BY host ORDER BY min(id)",
            (*names, *full),
        )
        return {row["host"]: row["due"] for row in rows}

    def refuse_queue(self, source: str, reason: str) -> int:
        """Refuse what is queued for a source; how many pages that were."""
        with self._change() as db:
            return db.execute(
                "UPDATE pages SET state = 'refused', reason = ?, settled = ? WHERE source = ? AND state = 'queued'",
                (reason, now_iso(), source),
            ).rowcount

    def pages(
        self, *, source: str | None = None, role: Role | None = None, state: State | None = None, run: int | None = None
    ) -> list[Page]:
        """Pages by what is known of them, in the order in which they were found."""
        asked = {"source": source, "role": role, "state": state, "run": run}
        given = {name: value for name, value in asked.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in given) or "1"
        return [
            _page(row) for row in self._rows(f"SELECT * FROM pages WHERE {where} ORDER BY id", tuple(given.values()))
        ]

    def tally(
        self, source: str | None = None, host: str | None = None, run: int | None = None
    ) -> dict[tuple[str, str], int]:
        """Number of pages by role and state."""
        asked = {"source": source, "host": host, "run": run}
        given = {name: value for name, value in asked.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in given) or "1"
        rows = self._rows(
            f"SELECT role, state, count(*) AS n FROM pages WHERE {where} GROUP BY role, state", tuple(given.values())
        )
        return {(row["role"], row["state"]): row["n"] for row in rows}

    def distinct_texts(self, source: str, last: int) -> tuple[int, int]:
        """Pages and distinct texts among the last ``last`` pages that this run fetched anew for a source."""
        rows = self._rows(
            "SELECT count(*) AS n, count(DISTINCT letters_key) AS texts FROM (SELECT letters_key FROM pages"
            " WHERE source = ? AND run = ? AND role = 'article' AND letters_key IS NOT NULL"
            " AND state IN ('done', 'duplicate', 'off_topic') ORDER BY settled DESC, id DESC LIMIT ?)",
            (source, self.run, last),
        )
        return rows[0]["n"], rows[0]["texts"]

    # -------------------------------------------------------------- hosts, robots, sources

    def mark_asked(self, host: str) -> None:
        """Note that the host is being asked."""
        with self._change() as db:
            db.execute(
                "INSERT INTO hosts (host, asked) VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET asked = excluded.asked",
                (host, time.time()),
            )

    def cool_down(self, host: str, until: float) -> None:
        """Leave the host alone until that time, in later runs too."""
        with self._change() as db:
            db.execute(
                "INSERT INTO hosts (host, not_before) VALUES (?, ?)"
                " ON CONFLICT (host) DO UPDATE SET not_before = max(not_before, excluded.not_before)",
                (host, until),
            )

    def times_of(self, host: str) -> tuple[float, float]:
        """When the host was last asked, and from when on it may be asked again; 0 where unknown."""
        rows = self._rows("SELECT asked, not_before FROM hosts WHERE host = ?", (host,))
        return (rows[0]["asked"], rows[0]["not_before"]) if rows else (0.0, 0.0)

    def robots_of(self, origin: str, *, younger_than: float) -> tuple[int, str] | None:
        """Status and text of the robots.txt that was read not long ago (seconds), or None."""
        rows = self._rows("SELECT status, text, fetched FROM robots WHERE origin = ?", (origin,))
        if not rows or not 0 <= time.time() - rows[0]["fetched"] < younger_than:
            return None
        return rows[0]["status"], rows[0]["text"]

    def keep_robots(self, origin: str, status: int, text: str) -> None:
        """Remember a robots.txt."""
        with self._change() as db:
            db.execute("INSERT OR REPLACE INTO robots VALUES (?, ?, ?, ?)", (origin, time.time(), status, text))

    def covered(self, source: str) -> str | None:
        """The day back to which the source's lists were read; '' to their end, None never."""
        rows = self._rows("SELECT covered FROM sources WHERE name = ?", (source,))
        return rows[0]["covered"] if rows else None

    def set_covered(self, source: str, covered: str) -> None:
        """Note how far back the source's lists were read."""
        with self._change() as db:
            db.execute(
                "INSERT INTO sources (name, covered) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET covered = excluded.covered",
                (source, covered),
            )

    def rung(self, source: str) -> int:
        """How many archives were asked for the source's pages in this run."""
        rows = self._rows("SELECT rung FROM sources WHERE name = ?", (source,))
        return rows[0]["rung"] if rows else 0

    def set_rung(self, source: str, rung: int, leads: Iterable[Lead]) -> None:
        """Go down the ladder: the queries to the next archive are queued with the note that they are."""
        with self._change() as db:
            self._enqueue(db, leads)
            db.execute(
                "INSERT INTO sources (name, rung) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET rung = excluded.rung",
                (source, rung),
            )

    # -------------------------------------------------------------- captures, events

    def add_capture(
        self,
        record: StoredRecord,
        *,
        source: str,
        url: str,
        key: str,
        status: int | None,
        captured: str,
        sha256: str | None,
    ) -> None:
        """Note a record of the archive."""
        with self._change() as db:
            db.execute(
                "INSERT INTO captures (run, source, url, key, kind, status, captured, sha256, payload, warc_file,"
                " warc_offset) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self.run,
                    source,
                    url,
                    key,
                    record.kind,
                    status,
                    captured,
                    sha256,
                    record.payload,
                    record.warc_file,
                    record.warc_offset,
                ),
            )

    def capture_with_payload(self, payload: str) -> sqlite3.Row | None:
        """The first full response with that payload, or None."""
        rows = self._rows(
            "SELECT * FROM captures WHERE payload = ? AND kind = 'response' AND status = 200 ORDER BY id LIMIT 1",
            (payload,),
        )
        return rows[0] if rows else None

    def capture_at(self, warc_file: str, warc_offset: int) -> sqlite3.Row | None:
        """The record that stands there, or None."""
        rows = self._rows("SELECT * FROM captures WHERE warc_file = ? AND warc_offset = ?", (warc_file, warc_offset))
        return rows[0] if rows else None

    def _event(self, db: sqlite3.Connection, event: Event) -> None:
        db.execute(
            "INSERT INTO events (at, run, kind, source, host, url, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (now_iso(), self.run, event.kind, event.source, event.host, event.url, event.detail),
        )

    def add_event(self, event: Event) -> None:
        """Note something that happened."""
        with self._change() as db:
            self._event(db, event)

    def events(self, kind: str | None = None, *, this_run: bool = False) -> list[Event]:
        """What happened, oldest first."""
        rows = self._rows(
            "SELECT kind, detail, source, host, url FROM events"
            " WHERE (? IS NULL OR kind = ?) AND (? = 0 OR run = ?) ORDER BY id",
            (kind, kind, int(this_run), self.run),
        )
        return [Event(*row) for row in rows]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _page(row: sqlite3.Row, **changed: Any) -> Page:
    values = {**dict(row), **changed}
    values["ask"] = json.loads(values["ask"]) if values["ask"] else {}
    return Page(**values)
