"""What an archive holds: its pages as captures, a page as it was, and whether all of it is sound."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.util
import io
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import IO, Any

from ntm_extract.collect.address import identity
from ntm_extract.collect.fetch import MOST_BYTES, inflated
from ntm_extract.collect.journal import JOURNAL
from ntm_extract.collect.reading import is_document
from ntm_extract.collect.warc import OPEN, RawRecord, iter_records, split_http
from ntm_extract.errors import InputError
from ntm_extract.model import Capture

# An optional extra: some tools archive pages packed as browsers ask for them.
brotli: Any = importlib.import_module("brotli") if importlib.util.find_spec("brotli") else None

# Files of web archives; those of ARC, the format before WARC, are read only.
SUFFIXES = (".warc", ".warc.gz", ".wacz", ".arc", ".arc.gz")
_READABLE = (
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "application/pdf",
    "message/rfc822",
    "application/msword",
    "application/vnd.openxmlformats-officedocument",
)


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
    """Walk every member of an archive (a WARC, ARC or WACZ file, or a folder), compare lengths and digests, find cuts.

    In a folder with a journal, every record that the journal knows must stand where it says. Raises ``InputError`` if
    there is nothing to verify.
    """
    records = 0
    flaws: list[Flaw] = []
    standing: dict[tuple[str, int], str] = {}
    names = 0
    for name, file in _open_archives(Path(path)):
        names += 1
        with file:
            for start, record in iter_records(file):
                records += record.fault is None
                if record.fault:
                    flaws.append(Flaw(name, start, record.fault))
                elif record.kind in ("response", "revisit", "resource"):
                    standing[name.removesuffix(OPEN), start] = _identity_or_text(record.target)
    if (Path(path) / JOURNAL).is_file():
        with _reading(Path(path)) as db:
            for row in db.execute("SELECT warc_file, warc_offset, url, key FROM captures ORDER BY id"):
                found = standing.get((row["warc_file"], row["warc_offset"]))
                if found != row["key"]:
                    what = "no sound record" if found is None else "another record"
                    what += f" stands here where the journal has {row['url']}"
                    flaws.append(Flaw(row["warc_file"], row["warc_offset"], what))
    return VerifyReport(names, records, tuple(flaws))


@contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """The journal of a folder, for reading only."""
    db = sqlite3.connect(folder / JOURNAL, timeout=30)
    try:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA query_only = ON")
        yield db
    finally:
        db.close()


def _identity_or_text(url: str) -> str:
    try:
        return identity(url) if url.startswith("http") else url
    except ValueError:
        return url


def _open_archives(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The WARC files of a file or folder, with the names by which the journal knows them."""
    if path.is_dir():
        paths = [file for file in sorted(path.rglob("*")) if _is_archive(file)]
    elif path.is_file():
        paths = [path]
    else:
        raise InputError("no such file or folder", where=path, mend="check the name")
    if not paths:
        raise InputError(
            "no WARC, ARC or WACZ files in it", where=path, mend="give the folder into which was collected"
        )
    for file in paths:
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        if file.suffix.lower() == ".wacz":
            try:
                with zipfile.ZipFile(file) as packed:
                    for entry in packed.namelist():
                        if entry.startswith("archive/") and entry.endswith(SUFFIXES):
                            yield f"{name}/{entry}", io.BytesIO(packed.read(entry))
            except zipfile.BadZipFile:
                raise InputError("not a WACZ file (no zip)", where=file, mend="fetch it again") from None
        else:
            yield name, file.open("rb")


def _is_archive(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith((*SUFFIXES, ".warc.gz" + OPEN))


# ------------------------------------------------------------------ reading


def iter_captures(path: Path | str) -> Iterator[Capture]:
    """What an archive holds: a WARC, ARC or WACZ file, or a folder of them.

    Of a folder with a journal: its articles and their documents, each once, in the order of their coming. Of other
    archives: every full
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
                if role in (None, "article", "document") and _is_readable(capture):
                    yield capture
    if not found:
        raise InputError("holds no responses", where=place, mend="give a WARC, ARC or WACZ file")


def _is_readable(capture: Capture) -> bool:
    kind = (capture.media_type or "").lower()
    if is_document(capture.content):
        return True
    if not kind or kind == "application/octet-stream":
        return b"<html" in capture.content[:2000].lower()
    return kind.startswith(_READABLE) or "officedocument" in kind or kind == "application/msword"


def _of_journal(folder: Path) -> Iterator[Capture]:
    with _reading(folder) as db:
        rows = db.execute(
            "SELECT source, url, final_url, sha256, media_type, charset, warc_file, warc_offset,"
            " json_extract(ask, '$.named_by') AS named_by FROM pages"
            " WHERE role IN ('article', 'document') AND state = 'done' AND warc_file IS NOT NULL ORDER BY id"
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
            named_by=row["named_by"],
        )


def warc_path(folder: Path, name: str) -> Path:
    """The file of that name, closed or still open."""
    path = folder / name
    return path if path.exists() else folder / (name + OPEN)


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
    """Responses and resources, with their role where the record tells it; revisits and broken records are left out."""
    for number, (start, record) in enumerate(iter_records(file)):
        if number == 0 and not record.headers:
            raise InputError("not a WARC or ARC file", where=place, mend="give a WARC, ARC or WACZ file")
        capture = _capture_of(record, name, start)
        if capture is not None:
            yield capture, record.headers.get("ntm-role")


def _capture_of(record: RawRecord, name: str, offset: int) -> Capture | None:
    """A whole page or document; None for all else that an archive holds."""
    if record.fault or record.headers.get("warc-truncated") or record.kind not in ("response", "resource"):
        return None
    content = record.block
    said = record.headers.get("content-type", "")
    if record.is_http:
        head, payload = split_http(record.block)
        line, _, fields = head.partition(b"\n")
        if line.split(b" ", 2)[1:2] and not line.split(b" ", 2)[1].startswith(b"2"):
            return None
        headers = BytesHeaderParser().parsebytes(fields)
        unpacked = _unpacked(payload, headers)
        if unpacked is None:
            return None
        content, said = unpacked, str(headers.get("Content-Type", ""))
    kind, _, parameters = said.partition(";")
    charset = None
    for part in parameters.split(";"):
        key, _, value = part.partition("=")
        if key.strip().lower() == "charset":
            charset = value.strip(" \"'").lower() or None
    return Capture(
        url=record.target,
        content=content,
        media_type=kind.strip().lower() or None,
        charset=charset,
        captured=parse_warc_date(record.headers.get("warc-date", "")),
        source=record.headers.get("ntm-source"),
        warc_file=name,
        warc_offset=offset,
        sha256=hashlib.sha256(content).hexdigest(),
        named_by=record.headers.get("ntm-named-by"),
    )


def _unpacked(payload: bytes, headers: Message) -> bytes | None:
    """A payload with transfer and compression undone; None where it is too large or cannot be undone.

    Many tools undo both and leave the headers as they were: what is not packed is taken as it is.
    """
    if "chunked" in str(headers.get("Transfer-Encoding", "")).lower():
        payload = _joined(payload)
    for coding in reversed(str(headers.get("Content-Encoding", "")).lower().replace(" ", "").split(",")):
        try:
            if coding in ("gzip", "x-gzip", "deflate"):
                payload = inflated(payload, MOST_BYTES)
            elif coding == "br" and payload.lstrip()[:1] != b"<":
                if brotli is None:
                    return None
                payload = brotli.decompress(payload)
        except OverflowError:
            return None
        except zlib.error:
            continue
        except Exception:  # brotli.error is not typed, and is no more than 'not brotli'
            continue
    return payload if len(payload) <= MOST_BYTES else None


def _joined(payload: bytes) -> bytes:
    """The chunks of a chunked body joined; the body itself where it is not in chunks."""
    out, at = bytearray(), 0
    while True:
        end = payload.find(b"\r\n", at)
        size = payload[at:end].partition(b";")[0].strip() if end >= 0 else b""
        try:
            length = int(size, 16)
        except ValueError:
            return payload
        if length == 0:
            return bytes(out)
        out += payload[end + 2 : end + 2 + length]
        at = end + 2 + length + 2


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
    wanted = _identity_or_text(url)
    best: Capture | None = None
    if place.is_dir() and (place / JOURNAL).is_file():
        with _reading(place) as db:
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
