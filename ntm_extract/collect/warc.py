"""The archive: WARC/1.1 files that hold every response as it came, and how they are written, read, shown and verified.

ARC, the format of web archives before, is read too.

A record is written whole, as gzip members of its own, before the journal knows of it. A file that is being written ends
in ``.open``; what a killed process leaves of it is cut back to its last whole record and closed.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import re
import threading
import uuid
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from ntm_extract.collect.address import encoded
from ntm_extract.collect.fetch import Reply
from ntm_extract.collect.journal import StoredRecord
from ntm_extract.errors import CollectError

ROTATE_AT = 500_000_000
OPEN = ".open"
_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_HTTP = {"response": "application/http; msgtype=response", "request": "application/http; msgtype=request"}
CUT = "cut: the file ends inside a record"
_CHUNK = 1 << 20
_MAGIC = b"\x1f\x8b\x08"
_MOST_OF_A_MEMBER = 1_000_000_000
_MOST_OF_HEADERS = 65_536


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
    # Of a document: the article that links to it.
    named_by: str | None = None


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
            path = self._folder / (self._name + OPEN)
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
            "NTM-Named-By": origin.named_by,
            "NTM-TLS-Security-Level": str(origin.seclevel) if origin.seclevel is not None and reply.tls else None,
        }
        response_id = _record_id()
        if earlier is None:
            kind, block, digest = "response", head + payload, own_digest
        else:
            # A Wayback gives a revisit's own head with the payload that it refers to, and a head that says 304 gives
            # nobody a page: it stands in a record of its own, and the revisit is empty.
            kind, block, digest = "revisit", b"" if reply.status == 304 else head, earlier.payload
            extra["WARC-Profile"] = _NOT_MODIFIED if reply.status == 304 else _IDENTICAL
            extra["WARC-Refers-To-Target-URI"] = earlier.url
            extra["WARC-Refers-To-Date"] = earlier.captured
        members = _member(kind, block, {**common, **extra, "WARC-Payload-Digest": digest}, record_id=response_id)
        if earlier is not None and reply.status == 304:
            named = {**common, "WARC-Concurrent-To": response_id}
            members += _member("metadata", b"status: " + head, named, media_type="application/warc-fields")
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
            "NTM-Named-By": origin.named_by,
            "WARC-Payload-Digest": digest,
        }
        name, offset = self._append(_member("resource", content, headers, media_type=media_type))
        return StoredRecord(name, offset, "resource", digest)

    def write_member(self, member: bytes, origin: Origin) -> StoredRecord:
        """Write a gzip member that another archive made, byte for byte, and a note where it came from."""
        found = parse_record(member)
        if found is None or found[0].fault or found[0].kind not in ("response", "revisit"):
            raise ValueError(found[0].fault if found else "not a WARC record")
        record = found[0]
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
        self._file = (self._folder / (self._name + OPEN)).open("xb", buffering=0)
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
    for path in sorted(folder.glob(f"*{OPEN}")):
        with path.open("r+b") as file:
            end = 0
            for member in iter_members(file):
                if member.fault:
                    break
                end = member.end
            size = file.seek(0, io.SEEK_END)
            if end < size:
                file.truncate(end)
                name = path.name.removesuffix(OPEN)
                yield f"{name}: {size - end} bytes of a record cut off by the end of the process were dropped"
        if end == 0:
            path.unlink()
        else:
            path.rename(path.with_name(path.name.removesuffix(OPEN)))


# ------------------------------------------------------------------ members and records


@dataclass(frozen=True, slots=True)
class Member:
    """A gzip member of a file: where it starts and ends, what it holds, or why it cannot be read."""

    start: int
    end: int
    data: bytes
    fault: str | None = None


def iter_members(file: IO[bytes]) -> Iterator[Member]:
    """The gzip members of a file from where it stands; behind a broken one the next that begins a record is sought."""
    start = file.tell()
    while True:
        file.seek(start)
        worker = zlib.decompressobj(31)
        out = bytearray()
        position, fault = start, None
        while not worker.eof and fault is None:
            chunk = worker.unconsumed_tail or file.read(_CHUNK)
            if not chunk:
                if position == start:
                    return
                fault = CUT
                break
            position += 0 if worker.unconsumed_tail else len(chunk)
            try:
                out += worker.decompress(chunk, _MOST_OF_A_MEMBER + 1 - len(out))
            except zlib.error as error:
                fault = f"broken member ({error})"
            if len(out) > _MOST_OF_A_MEMBER:
                fault = f"member of more than {_MOST_OF_A_MEMBER // 1_000_000} MB"
        if fault is None:
            end = position - len(worker.unused_data)
            yield Member(start, end, bytes(out))
            start = end
            continue
        following = _next_member(file, start + 1)
        end = following if following is not None else file.seek(0, io.SEEK_END)
        yield Member(start, end, bytes(out[:_CHUNK]), fault)
        if following is None:
            return
        start = following


def _next_member(file: IO[bytes], start: int) -> int | None:
    """Where behind ``start`` the next member begins that holds a record, or None."""
    while True:
        file.seek(start)
        window = file.read(_CHUNK)
        at = window.find(_MAGIC)
        while at >= 0:
            file.seek(start + at)
            try:
                head = zlib.decompressobj(31).decompress(file.read(4096), 4096)
                if head.startswith(b"WARC/") or _parse_arc(head):
                    return start + at
            except zlib.error:
                pass
            at = window.find(_MAGIC, at + 1)
        if len(window) < _CHUNK:
            return None
        start += len(window) - len(_MAGIC) + 1


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record: its headers (names in small letters), its block, and what is wrong with it, if anything."""

    headers: Mapping[str, str]
    block: bytes
    fault: str | None = None

    @property
    def kind(self) -> str:
        """The record's type; '' where it is no record."""
        return self.headers.get("warc-type", "")

    @property
    def target(self) -> str:
        """The address that it is about; some tools write it in angle brackets."""
        return self.headers.get("warc-target-uri", "").strip("<>")

    @property
    def is_http(self) -> bool:
        """Whether the block is an HTTP message."""
        return self.headers.get("content-type", "").startswith("application/http")

    @property
    def payload(self) -> bytes:
        """The block without an HTTP head."""
        return split_http(self.block)[1] if self.is_http else self.block


def parse_record(data: bytes) -> tuple[RawRecord, bytes] | None:
    """The record at the start of ``data`` (plain or a gzip member) and what follows it; None where there is none."""
    if data[:2] == _MAGIC[:2]:
        data = zlib.decompressobj(31).decompress(data, _MOST_OF_A_MEMBER)
    if arc := _parse_arc(data):
        headers, at = arc
        return _arc_record(headers, data[at:])
    ends = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := data.find(mark, 0, _MOST_OF_HEADERS)) >= 0]
    if not ends or not data.startswith(b"WARC/"):
        return None
    at, length = min(ends)
    headers = _headers(data[:at])
    body = data[at + length :]
    said = headers.get("content-length", "")
    if not said.isdigit():
        return RawRecord(headers, body, "its length is not said"), b""
    block, rest = body[: int(said)], body[int(said) :]
    return RawRecord(headers, block, _fault_of(headers, block, int(said))), rest.lstrip(b"\r\n")


# An ARC record begins with one line: address, IP, moment, media type, in version 2 five fields more, and the length.
_ARC = re.compile(rb"([a-z][a-z0-9+.-]*:\S.*?) (\S+) (\d{14}|\d{8}) (\S+)(?: \S+ \S+ \S+ \S+ \S+)? (\d+)\r?\n")


def _parse_arc(data: bytes) -> tuple[dict[str, str], int] | None:
    """The line that begins an ARC record, in the words of a WARC's headers, and where it ends; None for any other."""
    match = _ARC.match(data, 0, _MOST_OF_HEADERS)
    if match is None:
        return None
    url, ip, moment, media_type, length = (group.decode("utf-8", "replace") for group in match.groups())
    day, clock = moment[:8], moment[8:] or "000000"
    headers = {
        "warc-type": "warcinfo" if url.startswith("filedesc:") else "response",
        "warc-target-uri": url,
        "warc-date": f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}Z",
        "warc-ip-address": ip,
        "content-type": media_type,
        "content-length": length,
    }
    return headers, match.end()


def _arc_record(headers: dict[str, str], body: bytes) -> tuple[RawRecord, bytes]:
    length = int(headers["content-length"])
    block, rest = body[:length], body[length:]
    if headers["warc-type"] == "response":
        named = {**headers, "content-type": _HTTP["response"]} if block.startswith(b"HTTP/") else headers
        headers = named if block.startswith(b"HTTP/") else {**headers, "warc-type": "resource"}
    return RawRecord(headers, block, CUT if len(block) < length else None), rest.lstrip(b"\r\n")


def _headers(head: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    name = ""
    for line in head.decode("utf-8", "replace").splitlines()[1:]:
        if line.startswith((" ", "\t")) and name:
            headers[name] += " " + line.strip()
            continue
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers[name] = value.strip()
    return headers


def _fault_of(headers: Mapping[str, str], block: bytes, length: int) -> str | None:
    """What is wrong with a record: length and digests are compared with what it says of itself."""
    if len(block) < length:
        return CUT
    record = RawRecord(headers, block)
    if not record.kind:
        return "record without a type"
    for name, data in (("warc-block-digest", block), ("warc-payload-digest", record.payload)):
        digest = headers.get(name)
        # The payload of a revisit stands elsewhere, that of a request is understood differently by every tool.
        if name == "warc-payload-digest" and record.kind in ("revisit", "request"):
            continue
        if digest and not _same_digest(digest, data):
            return f"{name.removeprefix('warc-').replace('-', ' ')} does not fit"
    return None


def _same_digest(digest: str, data: bytes) -> bool:
    algorithm, _, value = digest.partition(":")
    try:
        found = hashlib.new(algorithm, data).digest()
    except ValueError:
        return True  # a digest of a kind that cannot be computed here says nothing
    forms = (base64.b32encode(found), base64.b64encode(found), base64.urlsafe_b64encode(found))
    return value.upper() == found.hex().upper() or value in [form.decode("ascii") for form in forms]


def iter_records(file: IO[bytes]) -> Iterator[tuple[int, RawRecord]]:
    """The records of a WARC or ARC file, compressed or not, from where it stands, each with the offset where it begins.

    What is broken has a ``fault``; behind it, a compressed file is read on at its next record.
    """
    here = file.tell()
    magic = file.read(2)
    file.seek(here)
    if magic == _MAGIC[:2]:
        for member in iter_members(file):
            yield from _records_of(member)
        return
    while line := file.readline(_MOST_OF_HEADERS):
        start = file.tell() - len(line)
        if not line.strip():
            continue
        if arc := _parse_arc(line):
            headers, _ = arc
            yield start, _arc_record(headers, file.read(int(headers["content-length"])))[0]
            continue
        head = line
        while line.strip() and len(head) < _MOST_OF_HEADERS:
            line = file.readline(_MOST_OF_HEADERS)
            head += line
            if not line:
                break
        said = _headers(head).get("content-length", "")
        found = parse_record(head + (file.read(int(said)) if said.isdigit() else b""))
        if found is None:
            yield start, RawRecord({}, b"", CUT if head.startswith(b"WARC/") else "not a WARC record")
            return
        yield start, found[0]


def _records_of(member: Member) -> Iterator[tuple[int, RawRecord]]:
    """The records in a member; there is one, but for files that were compressed as a whole."""
    rest = member.data
    while True:
        found = parse_record(rest)
        if found is None:
            yield member.start, RawRecord({}, b"", member.fault or "not a WARC record")
            return
        record, rest = found
        yield member.start, RawRecord(record.headers, record.block, member.fault or record.fault)
        if not rest:
            return
