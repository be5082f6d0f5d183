"""ARC files, in which web archives stood before WARC: read as warcio reads them, with cuts found and places kept."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from ntm_extract.collect import archive_show, archive_verify, collect, iter_captures
from ntm_extract.collect.archive import read_record
from ntm_extract.dataset import Dataset
from ntm_extract.errors import InputError
from tests.collect.serving import source_of
from tests.conftest import Call

PAGE = (
    "<html><head><title>{n}</title></head><body><h1>Xã {n} đạt chuẩn nông thôn mới</h1><p>Đến nay, xã {n}, huyện Yên "
    "Thành đạt 16/19 tiêu chí nông thôn mới, phấn đấu đạt chuẩn trong năm 2012.</p></body></html>"
)
COMMUNES = ("Thọ Thành", "Kim Thành", "Hoa Thành")
NUMBERED = tuple(enumerate(COMMUNES, 1))
HOST = "http://yenthanh.nghean.gov.vn"


def record(url: str, body: bytes, kind: str = "text/html", moment: str = "20110708123000", more: str = "") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" if not url.startswith("dns:") else b""
    return f"{url} 10.0.0.1 {moment} {kind} {more}{len(head + body)}\n".encode() + head + body + b"\n"


def version_block(version: int = 1) -> bytes:
    names = {1: "URL IP-address Archive-date Content-type Archive-length"}
    names[2] = "URL IP-address Archive-date Content-type Result-code Checksum Location Offset Filename Archive-length"
    block = f"{version} 0 ntm\n{names[version]}\n".encode()
    more = "200 - - 0 a.arc " if version == 2 else ""
    return f"filedesc://a.arc 0.0.0.0 20110708123000 text/plain {more}{len(block)}\n".encode() + block + b"\n"


def pages(version: int = 1) -> list[bytes]:
    more = "200 AB12 - 77 a.arc " if version == 2 else ""
    found = [record(f"{HOST}/tin-{n}-2011.html", PAGE.format(n=name).encode(), more=more) for n, name in NUMBERED]
    return [version_block(version), record("dns:yenthanh.nghean.gov.vn", b"10.0.0.1\n", "text/dns", more=more), *found]


def packed(members: Sequence[bytes]) -> bytes:
    return b"".join(map(gzip.compress, members))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("name", ["a.arc", "a.arc.gz", "A.ARC"])
def test_what_an_arc_file_holds(tmp_path: Path, name: str, version: int) -> None:
    path = tmp_path / name
    members = pages(version)
    path.write_bytes(packed(members) if name.endswith(".gz") else b"".join(members))
    captures = list(iter_captures(path))
    assert [capture.url for capture in captures] == [f"{HOST}/tin-{n}-2011.html" for n in (1, 2, 3)]
    assert [capture.content for capture in captures] == [PAGE.format(n=name).encode() for name in COMMUNES]
    assert {str(capture.captured) for capture in captures} == {"2011-07-08 12:30:00+00:00"}
    assert {(capture.media_type, capture.charset) for capture in captures} == {("text/html", "utf-8")}
    report = archive_verify(path)
    assert (report.records, report.flaws) == (5, ())
    again = [read_record(tmp_path, name, capture.warc_offset or 0) for capture in captures]
    assert [capture.sha256 for capture in again] == [capture.sha256 for capture in captures]
    assert archive_show(captures[1].url, path).content == captures[1].content
    if version == 1:  # warcio knows no other
        with path.open("rb") as file:
            theirs = {
                found.rec_headers.get_header("WARC-Target-URI"): found.content_stream().read()
                for found in ArchiveIterator(file, arc2warc=True)
                if found.rec_type == "response" and found.http_headers
            }
        assert theirs == {capture.url: capture.content for capture in captures}


def test_a_cut_arc_file_is_found_out(tmp_path: Path) -> None:
    for name, content in (("a.arc", b"".join(pages())), ("b.arc.gz", packed(pages()))):
        (tmp_path / name).write_bytes(content[:-60])
    report = archive_verify(tmp_path)
    assert [flaw.file for flaw in report.flaws] == ["a.arc", "b.arc.gz"]
    assert all("cut" in flaw.what for flaw in report.flaws)
    assert len(list(iter_captures(tmp_path))) == 4


def test_behind_a_broken_member_the_next_record_is_found(tmp_path: Path) -> None:
    members = [gzip.compress(page) for page in pages()]
    members[2] = members[2][:40] + b"\0" * 40 + members[2][80:]
    (tmp_path / "a.arc.gz").write_bytes(b"".join(members))
    assert [capture.url for capture in iter_captures(tmp_path / "a.arc.gz")] == [
        f"{HOST}/tin-{n}-2011.html" for n in (2, 3)
    ]
    assert len(archive_verify(tmp_path).flaws) == 1


def test_another_kind_of_arc_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "game.arc").write_bytes(b"ArC\x01\x00\x00\x00" + bytes(500))
    with pytest.raises(InputError, match="not a WARC or ARC file"):
        list(iter_captures(tmp_path / "game.arc"))


def test_arc_files_are_inputs_and_sources(call: Call, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.arc.gz").write_bytes(packed(pages()))
    done = call("run", "old", "--out", "out", "--formats", "none")
    assert (done.status, done.err) == (0, "")
    with Dataset.open(tmp_path / "out" / "dataset.sqlite", read_only=True) as dataset:
        assert sorted(dataset.query("SELECT url, warc_file FROM article_sources")) == [
            (f"{HOST}/tin-{n}-2011.html", "a.arc.gz") for n in (1, 2, 3)
        ]
    source = source_of(HOST, kind="warc", start=["old/a.arc.gz"], folder=tmp_path, article="tin-")
    assert collect([source], tmp_path / "got", archives=(), moved=()).new == 3
    assert archive_verify(tmp_path / "got").sound
