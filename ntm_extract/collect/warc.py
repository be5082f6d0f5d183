"""The archive: WARC/1.1 files that hold every response as it came, and how they are written, read, shown and verified.

A record is written whole, as gzip members of its own, before the journal knows of it. A file that is being written ends
in ``.open``; what a killed process leaves of it is cut back to its last whole record and closed.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import sqlite3
import threading
import uuid
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from ntm_extract.collect.address import encoded, identity
from ntm_extract.collect.fetch import MOST_BYTES, Reply
from ntm_extract.collect.journal import JOURNAL, StoredRecord
from ntm_extract.errors import CollectError, InputError
from ntm_extract.model import Capture

ROTATE_AT = 500_000_000
_OPEN = ".open"
_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_HTTP = {"response": "application/http; msgtype=response", "request": "application/http; msgtype=request"}
_READABLE = ("text/html", "application/xhtml+xml", "text/plain", "application/pdf", "message/rfc822", "application/zip")
_CHUNK = 1 << 20


def digest_of(data: bytes) -> str:
    """SHA-256 as archives write it: ``sha256:`` and base 32."""
    return "sha256:" + base64.b32encode(hashlib.sha256(data).digest()).decode("ascii")


def split_http(raw: bytes) -> tuple[bytes, bytes]:
    """Head (with its blank line) and payload of a response, interim answers (100 Continue) left out."""
    while True:
        ends = [(raw.find(mark), len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if mark in raw]
        if not ends:
            return raw, b""
        at, length = min(ends)
        head, payload = raw[: at + length], raw[at + length :]
        status = head.split(b" ", 2)[1:2]
        if not (status and status[0].startswith(b"1") and payload.startswith(b"HTTP/")):
            return head, payload
        raw = payload


class _ExactHeaders(StatusAndHeaders):  # type: ignore[misc]
    """HTTP headers that are written as they were received."""

    def __init__(self, raw: bytes) -> None:
        # warcio passes over headers whose status line is empty.
        super().__init__("exact", [])
        self._raw = raw

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        self.headers_buff = self._raw


# ------------------------------------------------------------------ writing


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asked for a response and why; written into its record."""

    source: str
    role: str
    seclevel: int | None = None
    # For what an archive gave: the page's own address and the moment at which the archive took it.
    url: str | None = None
    captured: dt.datetime | None = None
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """The response that a revisit refers to."""

    url: str
    captured: str
    payload: str


class WarcWriter:
    """Writes records into ``folder``, from any thread; a new file whenever one has grown to ``rotate_at`` bytes."""

    def __init__(self, folder: Path, *, software: str, rotate_at: int = ROTATE_AT) -> None:
        """Raises ``CollectError`` if the folder cannot be written. ``dropped`` tells what was cut from open files."""
        self._folder, self._software, self._rotate_at = folder, software, rotate_at
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._name = ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.dropped = tuple(_close_left_open(folder))
        except OSError as error:
            raise _unwritable(folder, error) from None

    def close(self) -> None:
        """Close the file that is being written, under its final name."""
        with self._lock:
            self._finish()

    def _finish(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            path = self._folder / (self._name + _OPEN)
            path.rename(self._folder / self._name)

    def write(self, reply: Reply, origin: Origin, earlier: Earlier | None = None) -> StoredRecord:
        """Write a response and its request; as a revisit of ``earlier`` where that is given."""
        head, payload = split_http(reply.received)
        target = encoded(origin.url or reply.url)
        captured = (origin.captured or reply.captured).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        own_digest = digest_of(payload)
        common = {"WARC-Target-URI": target, "WARC-Date": captured}
        extra: dict[str, str | None] = {
            "WARC-IP-Address": reply.address,
            "WARC-Protocol": reply.tls and reply.tls.lower().replace("tlsv", "tls/"),
            "WARC-Cipher-Suite": reply.cipher,
            "WARC-Truncated": reply.truncated,
            "WARC-Source-URI": origin.via,
            "NTM-Source": origin.source,
            "NTM-Role": origin.role,
            "NTM-TLS-Security-Level": str(origin.seclevel) if origin.seclevel is not None and reply.tls else None,
        }
        response_id = _record_id()
        if earlier is None:
            kind, block, digest = "response", head + payload, own_digest
        else:
            kind, block, digest = "revisit", head, earlier.payload
            extra["WARC-Profile"] = _NOT_MODIFIED if reply.status == 304 else _IDENTICAL
            extra["WARC-Refers-To-Target-URI"] = earlier.url
            extra["WARC-Refers-To-Date"] = earlier.captured
        members = _member(kind, block, {**common, **extra, "WARC-Payload-Digest": digest}, record_id=response_id)
        if reply.sent:
            members += _member("request", reply.sent, {**common, "WARC-Concurrent-To": response_id})
        name, offset = self._append(members)
        return StoredRecord(name, offset, "response" if kind == "response" else "revisit", digest)

    def write_resource(
        self, url: str, content: bytes, media_type: str, captured: dt.datetime, origin: Origin
    ) -> StoredRecord:
        """Write a page that came from a file, not over the wire."""
        digest = digest_of(content)
        headers = {
            "WARC-Target-URI": encoded(url) if "://" in url and not url.startswith("file:") else url,
            "WARC-Date": captured.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "NTM-Source": origin.source,
            "NTM-Role": origin.role,
            "WARC-Payload-Digest": digest,
        }
        name, offset = self._append(_member("resource", content, headers, media_type=media_type))
        return StoredRecord(name, offset, "resource", digest)

    def write_member(self, member: bytes, origin: Origin) -> StoredRecord:
        """Write a gzip member that another archive made, byte for byte, and a note where it came from."""
        record = parse_member(member)
        note = _member(
            "metadata",
            f"via: {origin.via}\r\nsource: {origin.source}\r\nrole: {origin.role}\r\n".encode(),
            {
                "WARC-Target-URI": record.headers.get("warc-target-uri"),
                "WARC-Date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "WARC-Refers-To": record.headers.get("warc-record-id"),
            },
            media_type="application/warc-fields",
        )
        name, offset = self._append(member + note)
        return StoredRecord(name, offset, "response", digest_of(record.payload))

    def _append(self, members: bytes) -> tuple[str, int]:
        with self._lock:
            try:
                if self._file is not None and self._file.tell() >= self._rotate_at:
                    self._finish()
                if self._file is None:
                    self._begin()
                assert self._file is not None
                offset = self._file.tell()
                try:
                    self._file.write(members)
                    self._file.flush()
                except OSError:
                    # A disk that is full must not leave half a record in the middle of a file.
                    self._file.truncate(offset)
                    raise
            except OSError as error:
                raise _unwritable(self._folder, error) from None
            return self._name, offset

    def _begin(self) -> None:
        stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S")
        serial = 1
        while (self._folder / f"ntm-{stamp}-{serial:03}.warc.gz").exists():
            serial += 1
        self._name = f"ntm-{stamp}-{serial:03}.warc.gz"
        # Not buffered: what is written is with the system, whatever becomes of this process.
        self._file = (self._folder / (self._name + _OPEN)).open("xb", buffering=0)
        lines = {"software": self._software, "format": "WARC File Format 1.1", "robots": "obey"}
        block = "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode()
        headers = {"WARC-Filename": self._name, "WARC-Date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        self._file.write(_member("warcinfo", block, headers, media_type="application/warc-fields"))


def _unwritable(folder: Path, error: OSError) -> CollectError:
    mend = "free some space or give another --out"
    return CollectError(f"the archive cannot be written ({error.strerror or error})", where=folder, mend=mend)


def _record_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def _member(
    kind: str,
    block: bytes,
    headers: Mapping[str, str | None],
    *,
    media_type: str | None = None,
    record_id: str | None = None,
) -> bytes:
    """One record as one gzip member."""
    named = [("WARC-Type", kind), ("WARC-Record-ID", record_id or _record_id())]
    named += [(name, value) for name, value in headers.items() if value]
    named.append(("WARC-Block-Digest", digest_of(block)))
    revisit = kind == "revisit"
    if kind == "request":
        named.append(("WARC-Payload-Digest", digest_of(split_http(block)[1])))
    record = ArcWarcRecord(
        "warc",
        kind,
        StatusAndHeaders("", named, protocol="WARC/1.1"),
        io.BytesIO(b"" if revisit else block),
        _ExactHeaders(block) if revisit else None,
        media_type or _HTTP["response" if revisit else kind],
        len(block),
    )
    record.payload_length = 0 if revisit else len(block)
    out = io.BytesIO()
    WARCWriter(out, gzip=True, warc_version="1.1").write_record(record)
    return out.getvalue()


def _close_left_open(folder: Path) -> Iterator[str]:
    """Cut files that a killed process left open back to their last whole member, and close them."""
    for path in sorted(folder.glob(f"*{_OPEN}")):
        with path.open("r+b") as file:
            end = 0
            for member in iter_members(file):
                if member.fault:
                    break
                end = member.end
            size = file.seek(0, io.SEEK_END)
            if end < size:
                file.truncate(end)
                name = path.name.removesuffix(_OPEN)
                yield f"{name}: {size - end} bytes of a record cut off by the end of the process were dropped"
        if end == 0:
            path.unlink()
        else:
            path.rename(path.with_name(path.name.removesuffix(_OPEN)))


# ------------------------------------------------------------------ members and records


@dataclass(frozen=True, slots=True)
class Member:
    """A gzip member of a file: where it starts and ends, what it holds, or why it cannot be read."""

    start: int
    end: int
    data: bytes
    fault: str | None = None


def iter_members(file: IO[bytes]) -> Iterator[Member]:
    """The gzip members of a file from its start; behind a broken one the next that begins a record is looked for."""
    start = 0
    while True:
        file.seek(start)
        worker = zlib.decompressobj(31)
        out = bytearray()
        position, fault = start, None
        while not worker.eof:
            chunk = file.read(_CHUNK)
            if not chunk:
                if position == start:
                    return
                fault = "cut: the file ends inside a record"
                break
            try:
                out += worker.decompress(chunk)
            except zlib.error as error:
                fault = f"broken member ({error})"
                break
            position += len(chunk)
        if fault is None:
            end = position - len(worker.unused_data)
            yield Member(start, end, bytes(out))
            start = end
            continue
        following = _next_member(file, start + 1)
        end = following if following is not None else file.seek(0, io.SEEK_END)
        yield Member(start, end, bytes(out), fault)
        if following is None:
            return
        start = following


def _next_member(file: IO[bytes], start: int) -> int | None:
    """Where behind ``start`` the next member begins that holds a record, or None."""
    file.seek(start)
    rest = file.read()
    at = rest.find(b"\x1f\x8b\x08")
    while at >= 0:
        try:
            if zlib.decompressobj(31).decompress(rest[at : at + 4096], 5) == b"WARC/":
                return start + at
        except zlib.error:
            pass
        at = rest.find(b"\x1f\x8b\x08", at + 1)
    return None


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record's headers (names in small letters), its block, and where the block ended in what was read."""

    headers: Mapping[str, str]
    block: bytes
    rest: bytes

    @property
    def kind(self) -> str:
        """The record's type."""
        return self.headers.get("warc-type", "")

    @property
    def payload(self) -> bytes:
        """The block without an HTTP head."""
        return (
            split_http(self.block)[1]
            if self.headers.get("content-type", "").startswith("application/http")
            else self.block
        )

    @property
    def fault(self) -> str | None:
        """What is wrong with it: length and digests are compared with what it says of itself."""
        if not self.kind:
            return "not a WARC record"
        said = self.headers.get("content-length", "")
        if not said.isdigit() or int(said) != len(self.block):
            return f"block of {len(self.block)} bytes, said to be of {said or 'no'} bytes"
        for name, data in (("warc-block-digest", self.block), ("warc-payload-digest", self.payload)):
            digest = self.headers.get(name)
            if (
                digest
                and not (self.kind == "revisit" and name == "warc-payload-digest")
                and not _same_digest(digest, data)
            ):
                return f"{name.removeprefix('warc-').replace('-', ' ')} does not fit"
        return None


def _same_digest(digest: str, data: bytes) -> bool:
    algorithm, _, value = digest.partition(":")
    try:
        found = hashlib.new(algorithm, data).digest()
    except ValueError:
        return True  # a digest of a kind that cannot be computed here says nothing
    return value.upper() in (base64.b32encode(found).decode("ascii"), found.hex().upper())


def parse_member(data: bytes) -> RawRecord:
    """Read one record, out of a gzip member or plain; one without headers has the type ''."""
    if data[:2] == b"\x1f\x8b":
        data = zlib.decompressobj(31).decompress(data)
    head, _, rest = data.partition(b"\r\n\r\n")
    lines = head.decode("utf-8", "replace").split("\r\n")
    if not lines[0].startswith("WARC/"):
        return RawRecord({}, data, b"")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    said = headers.get("content-length", "")
    length = int(said) if said.isdigit() else len(rest)
    return RawRecord(headers, rest[:length], rest[length:])


# ------------------------------------------------------------------ verifying


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong in an archive: file, byte offset, what."""

    file: str
    offset: int
    what: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What ``archive_verify`` walked through, and what it found wrong."""

    files: int
    records: int
    flaws: tuple[Flaw, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.flaws


def archive_verify(path: Path | str) -> VerifyReport:
    """Walk every member of an archive (a WARC or WACZ file, or a folder), compare lengths and digests, and find cuts.

    In a folder with a journal, every record that the journal knows must stand where it says. Raises ``InputError`` if
    there is nothing to verify.
    """
    records = 0
    flaws: list[Flaw] = []
    standing: dict[tuple[str, int], RawRecord] = {}
    names = 0
    for name, file in _open_archives(Path(path)):
        names += 1
        with file:
            for start, record, fault in _walk(file):
                records += fault is None
                fault = fault or record.fault
                if fault:
                    flaws.append(Flaw(name, start, fault))
                else:
                    standing[name.removesuffix(_OPEN), start] = RawRecord(record.headers, b"", b"")
    journal = Path(path) / JOURNAL
    if journal.is_file():
        with _reading(journal) as db:
            for row in db.execute("SELECT warc_file, warc_offset, url, key FROM captures ORDER BY id"):
                found = standing.get((row["warc_file"], row["warc_offset"]))
                if found is None:
                    flaws.append(
                        Flaw(
                            row["warc_file"],
                            row["warc_offset"],
                            f"no sound record of {row['url']} here, the journal says there is",
                        )
                    )
                elif _identity_or_text(found.headers.get("warc-target-uri", "").strip("<>")) != row["key"]:
                    flaws.append(Flaw(row["warc_file"], row["warc_offset"], f"not the record of {row['url']}"))
    return VerifyReport(names, records, tuple(flaws))


def _identity_or_text(url: str) -> str:
    try:
        return identity(url) if url.startswith("http") else url
    except ValueError:
        return url


class _Reading:
    """A journal, opened for reading only."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=30)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA query_only = ON")

    def __enter__(self) -> sqlite3.Connection:
        return self._db

    def __exit__(self, *error: object) -> None:
        self._db.close()


_reading = _Reading


def _walk(file: IO[bytes]) -> Iterator[tuple[int, RawRecord, str | None]]:
    if file.read(2) == b"\x1f\x8b":
        for member in iter_members(file):
            yield member.start, parse_member(member.data), member.fault
        return
    file.seek(0)
    data, start = file.read(), 0
    while start < len(data):
        record = parse_member(data[start:])
        fault = None
        if record.kind and len(record.rest) < 4:
            fault = "cut: the file ends inside a record"
        yield start, record, fault
        if not record.kind or fault:
            return
        start = len(data) - len(record.rest) + 4


def _open_archives(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The WARC files of a file or folder, with the names by which the journal knows them."""
    if path.is_dir():
        paths = [file for file in sorted(path.rglob("*")) if _is_archive(file)]
    elif path.is_file():
        paths = [path]
    else:
        raise InputError("no such file or folder", where=path, mend="check the name")
    if not paths:
        raise InputError("no WARC or WACZ files in it", where=path, mend="give the folder into which was collected")
    for file in paths:
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        if file.suffix == ".wacz":
            try:
                with zipfile.ZipFile(file) as packed:
                    for entry in packed.namelist():
                        if entry.startswith("archive/") and entry.endswith((".warc", ".warc.gz")):
                            yield f"{name}/{entry}", io.BytesIO(packed.read(entry))
            except zipfile.BadZipFile:
                raise InputError("not a WACZ file (no zip)", where=file, mend="fetch it again") from None
        else:
            yield name, file.open("rb")


def _is_archive(path: Path) -> bool:
    return path.is_file() and path.name.endswith((".warc", ".warc.gz", ".wacz", ".warc.gz" + _OPEN))


# ------------------------------------------------------------------ reading


def iter_captures(path: Path | str) -> Iterator[Capture]:
    """What an archive holds: a WARC or WACZ file, or a folder of them.

    Of a folder with a journal: its articles, each once, newest reading first written. Of other archives: every full
    response with a page or document that is not known to be a list. Raises ``InputError``.
    """
    place = Path(path)
    if place.is_dir() and (place / JOURNAL).is_file():
        yield from _of_journal(place)
        return
    found = False
    for name, file in _open_archives(place):
        with file:
            for capture, role in _captures(file, name, place):
                found = True
                if role in (None, "article") and _is_readable(capture):
                    yield capture
    if not found:
        raise InputError("holds no responses", where=place, mend="give a WARC or WACZ file")


def _is_readable(capture: Capture) -> bool:
    kind = (capture.media_type or "").lower()
    if not kind or kind == "application/octet-stream":
        return capture.content[:5] == b"%PDF-" or b"<html" in capture.content[:2000].lower()
    return kind.startswith(_READABLE) or "officedocument" in kind or kind == "application/msword"


def _of_journal(folder: Path) -> Iterator[Capture]:
    with _reading(folder / JOURNAL) as db:
        rows = db.execute(
            "SELECT source, url, final_url, sha256, media_type, charset, warc_file, warc_offset FROM pages"
            " WHERE role = 'article' AND state = 'done' AND warc_file IS NOT NULL ORDER BY id"
        ).fetchall()
    for row in rows:
        capture = read_record(folder, row["warc_file"], row["warc_offset"])
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
        )


def warc_path(folder: Path, name: str) -> Path:
    """The file of that name, closed or still open."""
    path = folder / name
    return path if path.exists() else folder / (name + _OPEN)


def read_record(folder: Path, name: str, offset: int) -> Capture:
    """The response that stands there. Raises ``InputError`` if none does."""
    try:
        with warc_path(folder, name).open("rb") as file:
            file.seek(offset)
            for capture, _ in _captures(file, name, folder):
                return capture
    except OSError as error:
        raise InputError(
            f"archive cannot be read ({error.strerror})", where=folder / name, mend="restore the file"
        ) from None
    raise InputError(f"no response at byte {offset}", where=folder / name, mend="run archive verify")


def _captures(file: IO[bytes], name: str, place: Path) -> Iterator[tuple[Capture, str | None]]:
    """Responses and resources, with their role where the record tells it; revisits and cut records are left out."""
    started = False
    try:
        records = ArchiveIterator(file, arc2warc=True)
        for record in records:
            started = True
            if record.rec_type not in ("response", "resource"):
                continue
            capture = _capture_of(record, name)
            if capture is not None:
                # warcio knows where a record began only when it has been read.
                capture = replace(capture, warc_offset=records.get_record_offset())
                yield capture, record.rec_headers.get_header("NTM-Role")
    except (ArchiveLoadFailed, EOFError, zlib.error, UnicodeDecodeError, ValueError) as error:
        # What is behind a cut is lost, and what is before it was given: archive_verify tells of both.
        if isinstance(error, ArchiveLoadFailed) and not started:
            raise InputError("not a WARC file", where=place, mend="give a WARC or WACZ file") from None


def _capture_of(record: Any, name: str) -> Capture | None:
    headers = record.http_headers
    if record.rec_type == "response":
        if headers is None or not (headers.get_statuscode() or "").startswith("2"):
            return None
        said = headers.get_header("Content-Type") or ""
    else:
        said = record.rec_headers.get_header("Content-Type") or ""
    content = _bounded(record.content_stream())
    while record.raw_stream.read(_CHUNK):
        pass
    cut = getattr(record.raw_stream, "limit", 0) > 0
    if cut or len(content) > MOST_BYTES or record.rec_headers.get_header("WARC-Truncated"):
        return None
    kind, _, parameters = said.partition(";")
    charset = None
    for part in parameters.split(";"):
        key, _, value = part.partition("=")
        if key.strip().lower() == "charset":
            charset = value.strip(" \"'").lower() or None
    return Capture(
        url=record.rec_headers.get_header("WARC-Target-URI") or "",
        content=content,
        media_type=kind.strip().lower() or None,
        charset=charset,
        captured=parse_warc_date(record.rec_headers.get_header("WARC-Date") or ""),
        source=record.rec_headers.get_header("NTM-Source"),
        warc_file=name,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _bounded(stream: Any) -> bytes:
    """All of a stream, or a little more than the bound."""
    content = bytearray()
    while len(content) <= MOST_BYTES and (chunk := stream.read(_CHUNK)):
        content += chunk
    return bytes(content)


def parse_warc_date(text: str) -> dt.datetime | None:
    """Moment of a ``WARC-Date``, or None."""
    try:
        return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None


def archive_show(url: str, path: Path | str, *, at: dt.datetime | None = None) -> Capture:
    """The page as it was: the newest capture of ``url`` in an archive, or the newest until ``at``.

    Raises ``InputError`` if the archive does not hold it.
    """
    place = Path(path)
    try:
        wanted = identity(url)
    except ValueError:
        raise InputError("not an address", where=url, mend="write it with https://") from None
    best: Capture | None = None
    if place.is_dir() and (place / JOURNAL).is_file():
        with _reading(place / JOURNAL) as db:
            rows = db.execute(
                "SELECT * FROM captures WHERE key = ? ORDER BY captured DESC, id DESC", (wanted,)
            ).fetchall()
            for row in rows:
                moment = parse_warc_date(row["captured"])
                if at and moment and moment > at:
                    continue
                full = row
                if row["kind"] == "revisit":
                    full = db.execute(
                        "SELECT * FROM captures WHERE payload = ? AND kind = 'response' ORDER BY id LIMIT 1",
                        (row["payload"],),
                    ).fetchone()
                if full is not None and full["status"] is not None and 200 <= full["status"] < 300:
                    return read_record(place, full["warc_file"], full["warc_offset"])
    else:
        for name, file in _open_archives(place):
            with file:
                for capture, _ in _captures(file, name, place):
                    late = at is not None and capture.captured is not None and capture.captured > at
                    if (
                        _identity_or_text(capture.url) == wanted
                        and not late
                        and (best is None or _moment(capture) >= _moment(best))
                    ):
                        best = capture
    if best is None:
        raise InputError("not in the archive", where=url, mend="collect it, or look for it with another address")
    return best


def _moment(capture: Capture) -> dt.datetime:
    moment = capture.captured or dt.datetime.min
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
