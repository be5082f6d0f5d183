"""The ladder: a portal that cannot be read any more is looked for in web archives, one after another.

What to ask an archive for, and what its answers lead to; asking is the crawl's business, at the archive's own pace.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ntm_extract.collect import cdx, portal
from ntm_extract.collect.address import host_of, identity, resolved, trap_in
from ntm_extract.collect.fetch import FetchError
from ntm_extract.collect.journal import Lead, Page, Role
from ntm_extract.sources import ARCHIVE_KINDS, Archive, Source

_READABLE = (
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "application/pdf",
    "application/msword",
    "application/vnd.openxmlformats",
    "application/zip",
    "application/octet-stream",
    "unk",
    "warc/revisit",
)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Archives in the order in which they are asked, and the dates that are wanted."""

    archives: tuple[Archive, ...]
    since: dt.date | None = None
    until: dt.date | None = None

    def archive_of(self, page: Page) -> Archive | None:
        """The archive that the page is asked of; None for the portal itself."""
        name = page.ask.get("archive")
        return next((archive for archive in self.archives if archive.name == name), None) if name else None

    def rungs(self, source: Source) -> tuple[Archive, ...]:
        """The archives that may hold pages of the source."""
        only = ARCHIVE_KINDS.get(source.kind)
        if only is None and source.archives is None:
            return ()
        return tuple(archive for archive in self.archives if only is None or archive.name == only)

    def targets(self, source: Source) -> tuple[str, ...]:
        """What archives are asked for: hosts and paths with all that is under them."""
        if source.kind in ARCHIVE_KINDS:
            return tuple(start if "*" in start else f"{start.rstrip('/')}/*" for start in source.start)
        return tuple(f"{host}/*" for host in source.archives.hosts) if source.archives else ()

    def queries(self, source: Source, archive: Archive, target: str, wanted: str | None = None) -> list[Lead]:
        """Queries to one archive for a target; ``wanted`` is the key of the one page that is looked for."""
        ask: dict[str, object] = {"archive": archive.name, "target": target}
        if wanted is not None:
            ask["wanted"] = wanted
        if archive.collections is not None:
            key = f"collections:{archive.name}:{target}"
            return [Lead(source.name, key, archive.collections, "collections", host_of(archive.collections), ask)]
        return [self._query(source, archive, ask)]

    def _query(
        self,
        source: Source,
        archive: Archive,
        ask: Mapping[str, object],
        *,
        collection: str | None = None,
        page: int = 0,
        resume: str | None = None,
        first_row: str | None = None,
    ) -> Lead:
        years = source.archives
        target = str(ask["target"])
        address = cdx.index_url(
            archive,
            target,
            collection=collection,
            first=years.first if years else None,
            last=years.last if years and years.last < 2100 else None,
            page=page,
            resume=resume,
        )
        more = {"collection": collection, "page": page, "first_row": first_row}
        asked = {**ask, **{name: value for name, value in more.items() if value is not None}}
        key = f"index:{archive.name}:{collection}:{target}:{page}:{resume or ''}"
        return Lead(source.name, key, address, "index", host_of(address), asked)

    def of_collections(self, page: Page, source: Source, archive: Archive, content: bytes) -> list[Lead]:
        """Queries to the collections that overlap the source's years. Raises ``FetchError``."""
        years = source.archives
        first, last = (years.first, years.last) if years else (1996, 2100)
        names = cdx.parse_collections(content, first, last, archive.most_collections)
        if names is None:
            raise FetchError("archive", f"{archive.name} gave no list of its collections")
        return [self._query(source, archive, _asked(page), collection=name) for name in names]

    def of_index(self, page: Page, source: Source, archive: Archive, answer: cdx.IndexPage) -> list[Lead]:
        """Captures that an index names, and the query for its next part."""
        leads = self.captures(source, archive, answer.rows)
        rows = answer.rows
        number, collection = int(page.ask.get("page", 0)), page.ask.get("collection")
        first_row = f"{rows[0].url} {rows[0].timestamp}" if rows else None
        if answer.resume:
            leads.append(
                self._query(source, archive, _asked(page), collection=collection, page=number + 1, resume=answer.resume)
            )
        elif archive.dialect == "ndjson" and rows and first_row != page.ask.get("first_row"):
            # A plain index ignores pages and gives the same rows again: that is its end.
            leads.append(
                self._query(source, archive, _asked(page), collection=collection, page=number + 1, first_row=first_row)
            )
        return leads

    def after(self, page: Page, source: Source, archive: Archive) -> list[Lead]:
        """Queries to the next archive for a page that this one does not hold."""
        rungs = self.rungs(source)
        following = rungs[rungs.index(archive) + 1 :] if archive in rungs else ()
        if not following:
            return []
        return self.queries(source, following[0], str(page.ask["target"]), str(page.ask["wanted"]))

    def document(self, page: Page, source: Source, archive: Archive, url: str) -> Lead | None:
        """A document that an archived article names, as it was about then in the first archive that replays addresses.

        None where none does: to look every document up in the index of one that does not would ask too much of it.
        """
        rungs = self.rungs(source)
        timestamp = str(page.ask.get("timestamp", ""))
        for rung in rungs[rungs.index(archive) :] if archive in rungs and timestamp else ():
            address = cdx.page_url(rung, cdx.IndexRow(url, timestamp))
            if address is not None:
                ask = {"archive": rung.name, "address": address, "timestamp": timestamp}
                return Lead(source.name, identity(url), url, "document", host_of(address), ask)
        return None

    def captures(
        self, source: Source, archive: Archive, rows: Iterable[cdx.IndexRow], role: Role = "article"
    ) -> list[Lead]:
        """The newest capture of each article (or document) that rows of an index name."""
        newest: dict[str, tuple[str, Lead]] = {}
        for row in rows:
            lead = self._capture(source, archive, row, role)
            if lead is not None and (lead.key not in newest or row.timestamp > newest[lead.key][0]):
                newest[lead.key] = (row.timestamp, lead)
        return [lead for _, lead in newest.values()]

    def _capture(self, source: Source, archive: Archive, row: cdx.IndexRow, role: Role) -> Lead | None:
        """A capture worth asking for: an article of the source, whole, not out of the dates that are wanted."""
        url = resolved(row.url, row.url)
        address = cdx.page_url(archive, row)
        if url is None or address is None or row.status not in ("200", "-"):
            return None
        if row.mime and not row.mime.startswith(_READABLE):
            return None
        if (role == "article" and not portal.is_article(url, source)) or trap_in(url):
            return None
        day = portal.parse_address_date(url)
        if day and not self.wants(day):
            return None
        # What was captured before a day was not published on it or later.
        if self.since and row.captured and row.captured.date() < self.since:
            return None
        ask: dict[str, object] = {"archive": archive.name, "address": address, "timestamp": row.timestamp}
        if "{filename}" in archive.pages and row.offset is not None and row.length is not None:
            ask["headers"] = {"Range": f"bytes={row.offset}-{row.offset + row.length - 1}"}
            ask["offset"] = row.offset
        return Lead(source.name, identity(url), url, role, host_of(address), ask, listed=day)

    def wants(self, day: dt.date) -> bool:
        """Whether a day lies within the dates that are wanted."""
        return not ((self.since and day < self.since) or (self.until and day > self.until))


def _asked(page: Page) -> dict[str, object]:
    return {name: page.ask[name] for name in ("archive", "target", "wanted") if name in page.ask}
