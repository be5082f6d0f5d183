"""The archive: what is written is what came, cuts and changes are found, other people's archives are read."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from ntm_extract.collect import archive_show, archive_verify, iter_captures
from ntm_extract.collect.fetch import Reply
from ntm_extract.collect.warc import Earlier, Origin, WarcWriter, iter_members, parse_record, split_http
from ntm_extract.errors import InputError
from tests.collect.serving import Answer, SmallPortal, serving, source_of
from tests.collect.test_crawl import rows, run

WHEN = dt.datetime(2022, 4, 16, 4, 3, tzinfo=dt.UTC)


def reply(url: str, payload: bytes, head: str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n") -> Reply:
    return Reply(
        url, 200, {"content-type": "text/html"}, payload, b"GET / HTTP/1.1\r\n\r\n", head.encode() + payload, WHEN
    )


def written(folder: Path, *payloads: bytes, rotate_at: int = 10**9) -> list[Path]:
    writer = WarcWriter(folder, software="test", rotate_at=rotate_at)
    for number, payload in enumerate(payloads):
        writer.write(reply(f"https://a.gov.vn/tin-{number}.html", payload), Origin("a", "article"))
    writer.close()
    return sorted(folder.glob("*.warc.gz"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.binary(max_size=300))
def test_any_payload_is_written_and_read_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, payload: bytes
) -> None:
    folder = tmp_path_factory.mktemp("warc")
    (path,) = written(folder, payload)
    (capture,) = iter_captures(path)
    assert capture.content == payload
    assert capture.sha256 == hashlib.sha256(payload).hexdigest()
    assert archive_verify(path).sound


def test_records_are_sound_in_the_eyes_of_others(tmp_path: Path) -> None:
    """warcio checks block and payload digests by itself, and pairs requests with responses."""
    routes = SmallPortal(articles=3)
    routes.extra[routes.path(1)] = Answer(
        gzip.compress(b"<html><body>" + "Xã đạt chuẩn nông thôn mới nâng cao về đích sớm".encode() + b"</body>"),
        headers={"Content-Encoding": "gzip"},
    )
    with serving(routes) as portal:
        run(source_of(portal), tmp_path)
        run(source_of(portal), tmp_path)
    kinds: list[str] = []
    for path in sorted(tmp_path.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                record.content_stream().read()
                kinds.append(record.rec_type)
                assert record.rec_headers.get_header("WARC-Date").endswith("Z")
                if record.rec_type in ("response", "revisit"):
                    answered = record.rec_headers.get_header("WARC-Record-ID")
                if record.rec_type == "request":
                    assert record.rec_headers.get_header("WARC-Concurrent-To") == answered
    assert kinds.count("request") == kinds.count("response") + kinds.count("revisit")
    assert kinds.count("revisit") == 4  # the list and an article by their payloads, two articles by their tags
    assert kinds.count("warcinfo") == 2


def test_target_uris_are_percent_encoded(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path, software="test")
    writer.write(reply("https://a.gov.vn/tin tức/xã đạt?q=nâng cao", b"x"), Origin("a", "article"))
    writer.close()
    (capture,) = iter_captures(next(tmp_path.glob("*.warc.gz")))
    assert capture.url == "https://a.gov.vn/tin%20t%E1%BB%A9c/x%C3%A3%20%C4%91%E1%BA%A1t?q=n%C3%A2ng%20cao"


def test_files_rotate_by_size(tmp_path: Path) -> None:
    paths = written(tmp_path, *[bytes([number]) * 2000 + bytes(range(256)) for number in range(6)], rotate_at=1500)
    assert len(paths) > 2
    assert archive_verify(tmp_path).sound
    assert len(list(iter_captures(tmp_path))) == 6
    assert not list(tmp_path.glob("*.open"))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_is_told_and_what_is_whole_is_read(tmp_path: Path, share: float) -> None:
    (path,) = written(tmp_path, *[hashlib.sha512(bytes([number])).digest() * 20 for number in range(8)])
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    (flaw,) = archive_verify(path).flaws
    assert "cut" in flaw.what
    assert flaw.offset <= len(data) * share
    captures = list(iter_captures(path)) if share > 0.2 else []
    assert all(len(capture.content) == 1280 for capture in captures)
    assert len(captures) >= int(8 * share) - 1


def test_a_changed_byte_is_found_wherever_it_is(tmp_path: Path) -> None:
    (path,) = written(tmp_path, *[hashlib.sha512(bytes([number])).digest() * 4 for number in range(4)])
    sound = path.read_bytes()
    whole = archive_verify(path).records
    for position in range(40, len(sound) - 8, 97):
        path.write_bytes(sound[:position] + bytes([sound[position] ^ 0x55]) + sound[position + 1 :])
        report = archive_verify(path)
        assert not report.sound, position
        # One record is lost, or two where the byte stood in the mark of the next.
        assert whole - report.records <= 2


def test_a_payload_exchanged_inside_its_gzip_is_found_by_its_digest(tmp_path: Path) -> None:
    (path,) = written(tmp_path, b"5 communes reached the standard")
    with path.open("rb") as file:
        members = [member.data for member in iter_members(file)]
    path.write_bytes(b"".join(gzip.compress(data.replace(b"5 communes", b"9 communes")) for data in members))
    (flaw,) = archive_verify(path).flaws
    assert "digest does not fit" in flaw.what


def test_a_record_that_the_journal_knows_and_that_is_gone_is_told(tmp_path: Path) -> None:
    with serving(SmallPortal(articles=3)) as portal:
        run(source_of(portal), tmp_path)
    (path,) = tmp_path.glob("*.warc.gz")
    ((offset,),) = rows(tmp_path, "SELECT warc_offset FROM captures WHERE url LIKE '%00002.html'")
    with path.open("rb") as file:
        members = list(iter_members(file))
    data = path.read_bytes()
    (lost,) = [member for member in members if member.start == offset]
    path.write_bytes(data[: lost.start] + data[lost.end :])
    flaws = archive_verify(tmp_path).flaws
    assert any("00002.html" in flaw.what and flaw.offset == offset for flaw in flaws)


def test_what_a_killed_process_left_open_is_closed_behind_its_last_whole_record(tmp_path: Path) -> None:
    (path,) = written(tmp_path, b"a" * 500, b"b" * 500)
    whole = path.read_bytes()
    left = path.with_name(path.name + ".open")
    path.rename(left)
    left.write_bytes(whole + whole[:150])
    writer = WarcWriter(tmp_path, software="test")
    writer.close()
    assert len(writer.dropped) == 1
    assert path.read_bytes() == whole
    assert archive_verify(tmp_path).sound


# ------------------------------------------------------------------ other people's archives


def foreign(path: Path, *, packed: bool = True) -> Path:
    """A WARC file as other tools write it."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=packed, warc_version="1.0")
        for number, (status, kind) in enumerate(
            [
                ("200 OK", "text/html; charset=UTF-8"),
                ("404 Not Found", "text/html"),
                ("200 OK", "image/png"),
                ("200 OK", "text/html"),
            ]
        ):
            headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
            body = f"<html><body>{number}</body></html>".encode()
            record = writer.create_warc_record(
                f"http://b.gov.vn/{number}",
                "response",
                payload=io.BytesIO(body),
                length=len(body),
                http_headers=headers,
                warc_headers_dict={"WARC-Date": f"2021-03-0{number + 1}T00:00:00Z"},
            )
            writer.write_record(record)
    return path


@pytest.mark.parametrize("packed", [True, False])
def test_archives_of_other_tools_are_read_and_verified(tmp_path: Path, packed: bool) -> None:
    path = foreign(tmp_path / ("x.warc.gz" if packed else "x.warc"), packed=packed)
    captures = list(iter_captures(path))
    assert [capture.url for capture in captures] == ["http://b.gov.vn/0", "http://b.gov.vn/3"]
    assert captures[0].charset == "utf-8"
    assert captures[1].captured == dt.datetime(2021, 3, 4, tzinfo=dt.UTC)
    assert archive_verify(path).sound
    assert archive_verify(path).records == 4
    path.write_bytes(path.read_bytes()[:-40])
    assert not archive_verify(path).sound
    with path.open("rb") as file:
        file.seek(captures[0].warc_offset or 0)
        found = parse_record(file.read(10_000))
        assert found is not None
        assert found[0].target == "http://b.gov.vn/0"


def test_wacz_files_are_read(tmp_path: Path) -> None:
    inner = foreign(tmp_path / "data.warc.gz")
    path = tmp_path / "x.wacz"
    with zipfile.ZipFile(path, "w") as packed:
        packed.write(inner, "archive/data.warc.gz")
        packed.writestr("datapackage.json", "{}")
    inner.unlink()
    captures = list(iter_captures(tmp_path))
    assert [capture.warc_file for capture in captures] == ["x.wacz/archive/data.warc.gz"] * 2
    assert archive_verify(path).records == 4


def test_show_gives_the_page_as_it_was(tmp_path: Path) -> None:
    path = foreign(tmp_path / "x.warc.gz")
    assert archive_show("http://b.gov.vn/3?utm_source=x", path).content == b"<html><body>3</body></html>"
    assert archive_show("https://b.gov.vn/0/", tmp_path).content == b"<html><body>0</body></html>"
    with pytest.raises(InputError, match="not in the archive"):
        archive_show("http://b.gov.vn/1", path)
    with pytest.raises(InputError, match="not in the archive"):
        archive_show("http://b.gov.vn/3", path, at=dt.datetime(2021, 1, 1, tzinfo=dt.UTC))


def test_what_is_no_archive_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no WARC, ARC or WACZ files"):
        archive_verify(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        list(iter_captures(tmp_path / "x.warc"))
    (tmp_path / "y.warc").write_text("Hội nghị")
    with pytest.raises(InputError, match="not a WARC or ARC file"):
        list(iter_captures(tmp_path / "y.warc"))
    (tmp_path / "z.wacz").write_text("Hội nghị")
    with pytest.raises(InputError, match="not a WACZ file"):
        list(iter_captures(tmp_path / "z.wacz"))


def test_interim_answers_are_not_part_of_the_response() -> None:
    final = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
    assert split_http(b"HTTP/1.1 100 Continue\r\n\r\n" + final + b"body\r\n\r\nmore") == (final, b"body\r\n\r\nmore")
    assert split_http(b"HTTP/1.1 204 No Content\n\n") == (b"HTTP/1.1 204 No Content\n\n", b"")


def test_a_revisit_refers_to_what_it_repeats(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path, software="test")
    first = writer.write(reply("https://a.gov.vn/1", b"same"), Origin("a", "article"))
    again = writer.write(
        reply("https://a.gov.vn/2", b"same"),
        Origin("a", "article"),
        Earlier("https://a.gov.vn/1", "2022-04-16T04:03:00Z", first.payload),
    )
    writer.close()
    assert (again.kind, again.payload) == ("revisit", first.payload)
    with (tmp_path / again.warc_file).open("rb") as file:
        file.seek(again.warc_offset)
        found = parse_record(next(iter_members(file)).data)
    assert found is not None
    record = found[0]
    assert record.headers["warc-refers-to-target-uri"] == "https://a.gov.vn/1"
    assert record.block == b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    assert archive_verify(tmp_path).sound
