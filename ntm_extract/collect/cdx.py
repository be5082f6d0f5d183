"""Web archives: their indexes (CDX servers, in both dialects) and where in them a page stands.

pywb and Common Crawl answer with an object a line; the Internet Archive with rows as arrays under a header, and a key
with which to go on. Nothing here asks the network: addresses and answers only.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from ntm_extract.sources import Archive

ROWS_AT_ONCE = 5000
# The same column under the names of both dialects.
_NAMES = {"original": "url", "mimetype": "mime", "statuscode": "status"}


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One capture that an archive holds. ``timestamp`` has 14 digits, UTC."""

    url: str
    timestamp: str
    status: str = "-"
    mime: str = ""
    digest: str = ""
    filename: str | None = None
    offset: int | None = None
    length: int | None = None

    @property
    def captured(self) -> dt.datetime | None:
        """The moment of the capture; None where the index does not give one."""
        try:
            return dt.datetime.strptime(self.timestamp[:14].ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class IndexPage:
    """Part of an index's answer; ``resume`` is the Internet Archive's key for the next part."""

    rows: tuple[IndexRow, ...]
    resume: str | None = None


def index_url(
    archive: Archive,
    target: str,
    *,
    collection: str | None = None,
    first: int | None = None,
    last: int | None = None,
    page: int = 0,
    resume: str | None = None,
) -> str:
    """Address of a query: ``target`` is one page's address, or a host and path with ``*`` at the end."""
    query: list[tuple[str, str]] = [("url", target), ("output", "json")]
    if first is not None:
        query.append(("from", str(first)))
    if last is not None:
        query.append(("to", str(last)))
    if archive.dialect == "arrays":
        query += [
            ("fl", "urlkey,timestamp,original,mimetype,statuscode,digest,length"),
            ("filter", "statuscode:200"),
            ("limit", str(ROWS_AT_ONCE)),
            ("showResumeKey", "true"),
        ]
        if resume:
            query.append(("resumeKey", resume))
    else:
        query.append(("filter", "=status:200"))
        if page:
            query.append(("page", str(page)))
    base = archive.index.replace("{collection}", collection or "")
    return f"{base}{'&' if '?' in base else '?'}{urlencode(query, safe='*/:')}"


def parse_index(archive: Archive, content: bytes) -> IndexPage | None:
    """The rows of an answer; None where it is not one (an error page, say)."""
    text = content.decode("utf-8", "replace").strip()
    return _parse_arrays(text) if archive.dialect == "arrays" else _parse_lines(text)


def _parse_lines(text: str) -> IndexPage | None:
    rows: list[IndexRow] = []
    for line in text.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            return None
        if not isinstance(row, dict):
            return None
        if "timestamp" in row and "url" in row:
            rows.append(_row(row))
        elif "message" not in row and "error" not in row:
            return None
    return IndexPage(tuple(rows))


def _parse_arrays(text: str) -> IndexPage | None:
    if not text:
        return IndexPage(())
    try:
        table = json.loads(text)
    except ValueError:
        return None
    if not isinstance(table, list) or not all(isinstance(row, list) for row in table):
        return None
    if not table:
        return IndexPage(())
    header, *body = table
    rows: list[IndexRow] = []
    resume = None
    for at, cells in enumerate(body):
        if not cells:
            # An empty row announces the key: what stands behind it is not a capture.
            following = body[at + 1] if at + 1 < len(body) else []
            resume = str(following[0]) if following else None
            break
        rows.append(_row(dict(zip(map(str, header), cells, strict=False))))
    return IndexPage(tuple(rows), resume)


def _row(row: Mapping[str, object]) -> IndexRow:
    named = {_NAMES.get(name, name): value for name, value in row.items()}

    def number(name: str) -> int | None:
        value = str(named.get(name, ""))
        return int(value) if value.isdigit() else None

    filename = named.get("filename")
    return IndexRow(
        url=str(named.get("url", "")),
        timestamp=str(named.get("timestamp", "")),
        status=str(named.get("status", "-")),
        mime=str(named.get("mime", "")).lower(),
        digest=str(named.get("digest", "")),
        filename=str(filename) if filename else None,
        offset=number("offset"),
        length=number("length"),
    )


def page_url(archive: Archive, row: IndexRow) -> str | None:
    """Address at which the capture can be had; None where the index does not say enough."""
    if "{filename}" in archive.pages:
        if row.filename is None or row.offset is None or row.length is None:
            return None
        return archive.pages.replace("{filename}", quote(row.filename))
    return archive.pages.replace("{timestamp}", row.timestamp).replace("{url}", row.url)


def parse_collections(content: bytes, first: int, last: int, most: int) -> tuple[str, ...] | None:
    """Names of an archive's collections that overlap the years, newest first; None where it is no such list."""
    try:
        table = json.loads(content)
    except ValueError:
        return None
    if not isinstance(table, list):
        return None

    def names() -> Iterator[str]:
        for row in table:
            if not isinstance(row, dict) or not isinstance(row.get("id"), str):
                continue
            years = [_year(row.get("from")), _year(row.get("to"))]
            begin, end = years[0] or first, years[1] or last
            if begin <= last and end >= first:
                yield row["id"]

    return tuple(names())[:most]


def _year(value: object) -> int | None:
    return int(value[:4]) if isinstance(value, str) and value[:4].isdigit() else None
