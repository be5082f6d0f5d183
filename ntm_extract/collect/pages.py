"""Single pages by their addresses: asked for as gently as a portal's, archived, and noted in the journal."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ntm_extract.collect.address import encoded, host_of, identity
from ntm_extract.collect.archive import read_record
from ntm_extract.collect.crawl import Crawl, Progress
from ntm_extract.collect.detection import _written_out
from ntm_extract.collect.journal import FETCHED, JOURNAL, Lead
from ntm_extract.errors import InputError
from ntm_extract.model import Capture
from ntm_extract.sources import Expectations, HomePlace, Source

_MOST_HOPS = 10


class _PagesCrawl(Crawl):
    """A run over sources whose start pages are the articles themselves."""

    def _seed(self, source: Source) -> None:
        self._journal.enqueue(Lead(source.name, identity(url), url, "article", host_of(url)) for url in source.start)


def collect_pages(
    urls: Iterable[str],
    out: Path,
    *,
    known: Iterable[Source] = (),
    on_progress: Callable[[Progress], None] | None = None,
) -> bool:
    """Collect these pages into the folder ``out``; whether it came to its end (Ctrl-C ends it early).

    A page of a host of one of the ``known`` sources is asked for at that source's pace and filed under its name, others
    under that of their host. What became of each page ``iter_pages`` tells. Raises ``CollectError``.
    """
    sources = _sources(urls, list(known))
    if not sources:
        return True
    return not _PagesCrawl(sources, out, on_progress=on_progress).run().interrupted


def _sources(urls: Iterable[str], known: Sequence[Source]) -> list[Source]:
    """One source a host, with the pages as its start."""
    of_host: dict[str, list[str]] = defaultdict(list)
    for url in dict.fromkeys(map(encoded, urls)):
        of_host[host_of(url)].append(url)
    return [_source(host, pages, known) for host, pages in of_host.items()]


def _source(host: str, pages: list[str], known: Sequence[Source]) -> Source:
    start, expected = tuple(pages), Expectations(articles=(0, len(pages)))
    for source in known:
        if host in source.own_hosts:
            # Whether they are of use is the reader's to say; and archives are asked for portals, not for these.
            return source.model_copy(update={"start": start, "keywords": (), "archives": None, "expect": expected})
    return Source(
        name=re.sub(r"[^a-z0-9]+", "-", host).strip("-"),
        publisher=host,
        kind="listing",
        article=".",
        home=HomePlace(province="-"),
        start=start,
        network=_written_out(pages[0]),
        expect=expected,
    )


def iter_pages(folder: Path, urls: Iterable[str]) -> Iterator[Capture | InputError]:
    """What was had for each address, redirects followed, and the documents that it names; in its place the reason where
    nothing was.
    """
    db = sqlite3.connect(folder / JOURNAL, timeout=30)
    try:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA query_only = ON")
        rows: list[tuple[str, sqlite3.Row | None]] = []
        for url in urls:
            page = _page_of(db, url)
            rows.append((url, page))
            if page is not None:
                named_by = page["final_url"] or page["url"]
                rows += [(row["url"], row) for row in db.execute(_DOCUMENTS_OF, (page["source"], named_by))]
    finally:
        db.close()
    for url, row in rows:
        if row is None or row["state"] not in FETCHED or row["warc_file"] is None:
            why = (row["reason"] or row["state"]) if row is not None else "nothing is known of it"
            yield _missing(url, why)
            continue
        try:
            capture = read_record(folder, row["warc_file"], row["warc_offset"])
        except InputError as error:
            yield error
            continue
        yield Capture(
            url=row["url"],
            content=capture.content,
            media_type=row["media_type"] or capture.media_type,
            charset=row["charset"] or capture.charset,
            captured=capture.captured,
            final_url=row["final_url"],
            source=row["source"],
            warc_file=row["warc_file"],
            warc_offset=row["warc_offset"],
            sha256=capture.sha256,
            named_by=json.loads(row["ask"] or "{}").get("named_by"),
        )


_DOCUMENTS_OF = (
    "SELECT * FROM pages WHERE source = ? AND role = 'document' AND json_extract(ask, '$.named_by') = ?"
    " AND state NOT IN ('duplicate', 'moved') ORDER BY id"
)


def iter_faults(folder: Path, source: str) -> Iterator[InputError]:
    """The articles of a source and their documents that could not be had, with the reasons."""
    db = sqlite3.connect(folder / JOURNAL, timeout=30)
    try:
        db.execute("PRAGMA query_only = ON")
        asked = (
            "SELECT url, reason FROM pages WHERE source = ? AND role IN ('article', 'document') AND state = 'failed'"
            " ORDER BY id"
        )
        rows = db.execute(asked, (source,)).fetchall()
    finally:
        db.close()
    for url, reason in rows:
        yield _missing(url, reason or "failed")


def _missing(url: str, why: str) -> InputError:
    return InputError(
        f"could not be had ({why})", where=url, mend="check the address, or save the page and give the file"
    )


def _page_of(db: sqlite3.Connection, url: str) -> sqlite3.Row | None:
    """The newest row of a page, or of the one that took its place."""
    row: sqlite3.Row | None = None
    for _ in range(_MOST_HOPS):
        found = db.execute(
            "SELECT * FROM pages WHERE key = ? ORDER BY run DESC, id DESC LIMIT 1", (identity(url),)
        ).fetchone()
        if found is None:
            return row
        row = found
        if found["state"] != "moved" or not found["final_url"]:
            return row
        url = found["final_url"]
    return row
