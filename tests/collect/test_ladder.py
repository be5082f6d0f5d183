"""The ladder: live, Common Crawl, Internet Archive; against a real pywb and servers that speak both dialects."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import urlopen

import pytest
import yaml

from ntm_extract.collect import archive_show, archive_verify, cdx, collect, iter_captures
from ntm_extract.collect.archive import _capture_of
from ntm_extract.collect.warc import iter_records
from ntm_extract.model import Capture
from ntm_extract.sources import Archive, MovedHost
from tests.collect.serving import Answer, Hit, Portal, SmallPortal, serving, source_of
from tests.collect.test_crawl import events, rows, states

PACE = {"seconds": 0, "timeout": 5, "deadline": 20, "patience": 6, "attempts": 2}
LOCAL = {"private": ["127.0.0.0/8"]}


def archive(name: str, **fields: Any) -> Archive:
    return Archive.model_validate({"name": name, "pace": PACE, "network": LOCAL, **fields})


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Address of a portal that is no more, and the archive that was made while it was."""
    folder = tmp_path_factory.mktemp("gone")
    with serving(SmallPortal(articles=5, per_page=3)) as portal:
        collect([source_of(portal)], folder, archives=(), moved=())
    return portal.host, folder


def of(folder: Path) -> dict[str, Capture]:
    return {capture.url: capture for capture in iter_captures(folder)}


# ------------------------------------------------------------------ a real Wayback


@contextmanager
def pywb(folder: Path, archive_files: list[Path]) -> Iterator[str]:
    """A pywb over the given WARC files, for as long as the block lasts."""
    if importlib.util.find_spec("pywb") is None:
        pytest.skip("pywb is not installed (GPL: it serves tests only)")
    bin_folder = Path(sys.executable).parent
    quiet: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([bin_folder / "wb-manager", "init", "old"], check=True, timeout=60, **quiet)
    subprocess.run([bin_folder / "wb-manager", "add", "old", *archive_files], check=True, timeout=60, **quiet)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([bin_folder / "wayback", "-b", "127.0.0.1", "-p", str(port)], **quiet)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.slow
def test_a_portal_that_is_gone_is_collected_from_a_real_wayback(gone: tuple[str, Path], tmp_path: Path) -> None:
    host, folder = gone
    files = sorted(folder.glob("*.warc.gz"))
    home = tmp_path / "pywb"
    home.mkdir()
    with pywb(home, files) as url:
        wayback = archive(
            "internet-archive", dialect="ndjson", index=f"{url}/old/cdx", pages=f"{url}/old/{{timestamp}}id_/{{url}}"
        )
        source = source_of(f"http://{host}", archives={"hosts": [host]}, pace={"attempts": 1})
        summary = collect([source], tmp_path / "out", archives=[wayback], moved=())
        again = collect([source], tmp_path / "out", archives=[wayback], moved=(), from_archives=True)
    live, archived = of(folder), of(tmp_path / "out")
    assert summary.new == 5
    assert again.new == 0
    assert {url: capture.sha256 for url, capture in archived.items()} == {
        url: capture.sha256 for url, capture in live.items()
    }
    assert {url: capture.captured for url, capture in archived.items()} == {
        url: capture.captured for url, capture in live.items()
    }
    assert any("refused" in note for note in summary.notes)
    assert archive_verify(tmp_path / "out").sound


@pytest.mark.slow
def test_revisits_and_vietnamese_addresses_replay_from_what_was_written(tmp_path: Path) -> None:
    routes = SmallPortal(articles=2)
    path = "/tin-tuc/xã-đạt-chuẩn-nâng-cao-00077.html"
    routes.extra["/tin-tuc/"] = Answer(f"{routes.list_page(1).body}<a href='{path}?q=đạt'>Xã</a>")
    routes.extra["/tin-tuc/x%C3%A3-%C4%91%E1%BA%A1t-chu%E1%BA%A9n-n%C3%A2ng-cao-00077.html"] = Answer(
        "<html><body>Xã Thọ Thành đạt chuẩn nông thôn mới nâng cao, theo quyết định của tỉnh</body></html>"
    )
    with serving(routes) as portal:
        for _ in range(2):
            collect([source_of(portal)], tmp_path, archives=(), moved=())
            time.sleep(1.1)  # a Wayback tells captures apart by the second
    live = of(tmp_path)
    assert len(live) == 3
    revisited = rows(tmp_path, "SELECT url, captured, payload FROM captures WHERE kind = 'revisit'")
    assert {status for (status,) in rows(tmp_path, "SELECT status FROM captures WHERE kind = 'revisit'")} == {200, 304}
    home = tmp_path / "pywb"
    home.mkdir()
    with pywb(home, sorted(tmp_path.glob("*.warc.gz"))) as url:
        for address, captured, _ in revisited:
            stamp = re.sub(r"\D", "", captured)
            with urlopen(f"{url}/old/{stamp}id_/{address}", timeout=20) as answer:
                replayed = answer.read()
            assert replayed == archive_show(address, tmp_path).content
        for address, capture in live.items():
            stamp = capture.captured.strftime("%Y%m%d%H%M%S") if capture.captured else ""
            with urlopen(f"{url}/old/{stamp}id_/{address}", timeout=20) as answer:
                assert answer.read() == capture.content


# ------------------------------------------------------------------ the Internet Archive's dialect


class InternetArchive:
    """Routes that speak as the Internet Archive does: arrays, a key to go on, replay with the moment of the capture."""

    def __init__(self, captures: list[Capture], at_once: int = 2) -> None:
        self.captures, self.at_once = captures, at_once
        self.trouble: list[Answer] = []
        self.queries: list[dict[str, list[str]]] = []

    def __call__(self, hit: Hit) -> Answer:
        if self.trouble:
            return self.trouble.pop()
        parts = urlsplit(hit.path)
        if parts.path == "/cdx/search/cdx":
            return self.index(parse_qs(parts.query))
        found = re.fullmatch(r"/web/(\d{14})id_/(.*)", unquote(hit.path))
        for capture in self.captures:
            if found and capture.url == found[2] and capture.captured:
                moment = capture.captured.strftime("%a, %d %b %Y %H:%M:%S GMT")
                return Answer(capture.content, headers={"Memento-Datetime": moment})
        return Answer("not archived", 404)

    def index(self, query: dict[str, list[str]]) -> Answer:
        self.queries.append(query)
        prefix = query["url"][0].removesuffix("*")
        fitting = [capture for capture in self.captures if prefix in capture.url]
        start = int(query.get("resumeKey", ["0"])[0])
        header = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
        table: list[list[str]] = [header]
        for capture in fitting[start : start + self.at_once]:
            assert capture.captured
            stamp = capture.captured.strftime("%Y%m%d%H%M%S")
            table.append(["x", stamp, capture.url, "text/html", "200", "D", "1"])
        if start + self.at_once < len(fitting):
            table += [[], [str(start + self.at_once)]]
        if len(table) == 1:
            table = []
        return Answer(json.dumps(table), headers={"Content-Type": "application/json"})


def internet_archive(portal: Portal) -> Archive:
    return archive(
        "internet-archive",
        dialect="arrays",
        index=f"{portal.url}/cdx/search/cdx",
        pages=f"{portal.url}/web/{{timestamp}}id_/{{url}}",
    )


def test_the_internet_archive_is_asked_to_the_end_of_its_index(gone: tuple[str, Path], tmp_path: Path) -> None:
    host, folder = gone
    routes = InternetArchive(list(of(folder).values()))
    with serving(routes, "127.0.0.2") as portal:
        source = source_of(f"http://{host}", archives={"hosts": [host], "first": 2015, "last": 2027})
        summary = collect([source], tmp_path, from_archives=True, archives=[internet_archive(portal)], moved=())
        assert not [path for path in portal.asked() if path.startswith("/robots")]
    assert summary.new == 5
    assert [query.get("resumeKey") for query in routes.queries] == [None, ["2"], ["4"]]
    assert routes.queries[0]["from"] == ["2015"]
    live, archived = of(folder), of(tmp_path)
    assert {url: (c.sha256, c.captured) for url, c in archived.items()} == {
        url: (c.sha256, c.captured) for url, c in live.items()
    }
    (path,) = tmp_path.glob("*.warc.gz")
    with path.open("rb") as file:
        records = [record for _, record in iter_records(file)]
    sources = {
        record.headers.get("warc-source-uri", "")
        for record in records
        if record.target in live and record.kind == "response"
    }
    assert len(sources) == 5
    assert all("/web/" in address for address in sources)
    assert {via for (via,) in rows(tmp_path, "SELECT via FROM pages WHERE role = 'article'")} == {"internet-archive"}


@pytest.mark.parametrize(
    "trouble",
    [
        [Answer("slow down", 429, {"Retry-After": "1"})],
        [Answer("", 503), Answer("", 503)],
        [Answer(raw=b"")],
        [Answer("", 502)],
    ],
    ids=["429", "503 twice", "hangs up", "502"],
)
def test_an_archive_in_trouble_is_asked_again_within_bounds(
    gone: tuple[str, Path], tmp_path: Path, trouble: list[Answer]
) -> None:
    host, folder = gone
    routes = InternetArchive(list(of(folder).values()), at_once=50)
    routes.trouble = list(trouble)
    with serving(routes, "127.0.0.2") as portal:
        place = internet_archive(portal).model_copy(
            update={"pace": internet_archive(portal).pace.model_copy(update={"patience": 30.0})}
        )
        source = source_of(f"http://{host}", archives={"hosts": [host]})
        summary = collect([source], tmp_path, from_archives=True, archives=[place], moved=())
        first, *later = [hit.at for hit in portal.hits]
    assert summary.new == 5
    assert later[0] - first >= 1.0 or trouble[0].status == 200


def test_an_archive_that_is_down_is_named_and_left_to_the_next_run(gone: tuple[str, Path], tmp_path: Path) -> None:
    host, folder = gone
    with serving(InternetArchive([]), "127.0.0.2") as portal:
        place = internet_archive(portal)
    source = source_of(f"http://{host}", archives={"hosts": [host]})
    summary = collect([source], tmp_path, from_archives=True, archives=[place], moved=())
    assert summary.new == 0
    assert summary.failed == {"refused": 1}
    with serving(InternetArchive(list(of(folder).values())), "127.0.0.2", port=int(portal.host.partition(":")[2])):
        assert collect([source], tmp_path, from_archives=True, archives=[place], moved=()).new == 5


def test_an_error_page_is_not_an_empty_index(gone: tuple[str, Path], tmp_path: Path) -> None:
    host, _ = gone
    with serving(lambda hit: Answer("<html>Down for maintenance</html>"), "127.0.0.2") as portal:
        source = source_of(f"http://{host}", archives={"hosts": [host]})
        summary = collect([source], tmp_path, from_archives=True, archives=[internet_archive(portal)], moved=())
    assert summary.failed == {"archive": 1}


# ------------------------------------------------------------------ Common Crawl's dialect


class CommonCrawl:
    """Routes that speak as Common Crawl does: collections, an object a line, records by range out of WARC files."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.url = url
        self.files = {path.name: path.read_bytes() for path in folder.glob("*.warc.gz")}
        self.rows: list[dict[str, str]] = []
        for path in sorted(folder.glob("*.warc.gz")):
            with path.open("rb") as file:
                found = list(iter_records(file))
            ends = [start for start, _ in found[1:]] + [path.stat().st_size]
            for (start, record), end in zip(found, ends, strict=True):
                capture = _capture_of(record, path.name, start)
                if capture is not None and capture.captured:
                    self.rows.append({
                        "urlkey": "x", "timestamp": capture.captured.strftime("%Y%m%d%H%M%S"), "url": capture.url,
                        "mime": capture.media_type or "", "status": "200", "digest": "D",
                        "filename": f"crawl-data/{path.name}", "offset": str(start), "length": str(end - start),
                    })  # fmt: skip

    def __call__(self, hit: Hit) -> Answer:
        parts = urlsplit(hit.path)
        if parts.path == "/collinfo.json":
            table = [
                {"id": f"CC-{year}", "from": f"{year}-01-01T00:00:00", "to": f"{year}-02-01T00:00:00"}
                for year in (2031, 2022, 2010)
            ]
            return Answer(json.dumps(table))
        if parts.path.endswith("-index"):
            query = parse_qs(parts.query)
            if query.get("page"):
                return Answer('{"message": "Page 1 invalid"}', 400)
            prefix = query["url"][0].removesuffix("*")
            found = [row for row in self.rows if prefix in row["url"]] if "2022" in parts.path else []
            return Answer(
                "\n".join(map(json.dumps, found)) or '{"message": "No Captures found"}', 200 if found else 404
            )
        name = parts.path.rpartition("/")[2]
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", hit.headers.get("range", ""))
        if name in self.files and span:
            data = self.files[name][int(span[1]) : int(span[2]) + 1]
            return Answer(data, 206, {"Content-Type": "binary/octet-stream"})
        return Answer("", 404)


def common_crawl(portal: Portal) -> Archive:
    return archive(
        "commoncrawl",
        dialect="ndjson",
        collections=f"{portal.url}/collinfo.json",
        index=f"{portal.url}/{{collection}}-index",
        pages=f"{portal.url}/{{filename}}",
    )


def test_common_crawl_is_asked_by_collection_and_its_records_are_copied_byte_for_byte(
    gone: tuple[str, Path], tmp_path: Path
) -> None:
    host, folder = gone
    with serving(CommonCrawl(folder), "127.0.0.3") as portal:
        source = source_of(f"http://{host}", archives={"hosts": [host], "first": 2015, "last": 2026})
        summary = collect([source], tmp_path, from_archives=True, archives=[common_crawl(portal)], moved=())
        asked = portal.asked()
    assert summary.new == 5
    assert not any("2010" in path or "2031" in path for path in asked)
    live, archived = of(folder), of(tmp_path)
    assert {url: (c.sha256, c.captured) for url, c in archived.items()} == {
        url: (c.sha256, c.captured) for url, c in live.items()
    }
    old = b"".join(path.read_bytes() for path in folder.glob("*.warc.gz"))
    for capture in archived.values():
        assert capture.warc_file
        data = (tmp_path / capture.warc_file).read_bytes()[capture.warc_offset :]
        assert data[:400] in old
    assert archive_verify(tmp_path).sound


def test_common_crawl_comes_before_the_internet_archive(gone: tuple[str, Path], tmp_path: Path) -> None:
    host, folder = gone
    captures = list(of(folder).values())
    half = CommonCrawl(folder)
    half.rows = [row for row in half.rows if "00001" in row["url"] or "00002" in row["url"]]
    with serving(half, "127.0.0.3") as first, serving(InternetArchive(captures), "127.0.0.2") as second:
        source = source_of(f"http://{host}", archives={"hosts": [host]}, pace={"attempts": 1})
        summary = collect([source], tmp_path, archives=[common_crawl(first), internet_archive(second)], moved=())
        started = {portal: portal.hits[0].at for portal in (first, second)}
        ended = max(hit.at for hit in first.hits)
    assert summary.new == 5
    via = dict(rows(tmp_path, "SELECT via, count(*) FROM pages WHERE role = 'article' GROUP BY via"))
    assert via == {"commoncrawl": 2, "internet-archive": 3}
    assert started[second] >= ended


def test_a_single_page_that_is_gone_is_looked_for_in_archives(gone: tuple[str, Path], tmp_path: Path) -> None:
    host, folder = gone
    routes = SmallPortal(articles=5, per_page=5)
    port = int(host.partition(":")[2])
    for number in (2, 4):
        routes.extra[routes.path(number)] = Answer("weg", 404)
    captures = [capture for capture in of(folder).values() if "00004" not in capture.url]
    empty = CommonCrawl(folder)
    empty.rows = []
    with (
        serving(routes, port=port) as portal,
        serving(empty, "127.0.0.3") as first,
        serving(InternetArchive(captures), "127.0.0.2") as second,
    ):
        source = source_of(portal, archives={"hosts": [host]})
        summary = collect([source], tmp_path, archives=[common_crawl(first), internet_archive(second)], moved=())
        assert any("collinfo" in path for path in first.asked())
    assert (summary.new, summary.gone) == (4, 1)
    assert {
        via for (via,) in rows(tmp_path, "SELECT via FROM pages WHERE url LIKE '%00002.html' AND role = 'article'")
    } == {"internet-archive"}
    assert (
        archive_show(f"http://{host}{routes.path(2)}", tmp_path).sha256
        == of(folder)[f"http://{host}{routes.path(2)}"].sha256
    )


def test_hosts_that_ended_are_not_asked_where_somebody_has_checked(gone: tuple[str, Path], tmp_path: Path) -> None:
    host, folder = gone
    day = dt.date(2025, 7, 1)
    with (
        serving(SmallPortal(articles=2), "127.0.0.4") as live,
        serving(InternetArchive(list(of(folder).values())), "127.0.0.2") as portal,
    ):
        ended = MovedHost(host=live.host, to=None, since=day, why="ended", checked=day)
        source = source_of(live, archives={"hosts": [host]})
        summary = collect([source], tmp_path / "a", archives=[internet_archive(portal)], moved=[ended])
        assert not live.hits
        assert summary.new == 5
        likely = ended.model_copy(update={"checked": None})
        assert collect([source], tmp_path / "b", archives=(), moved=[likely]).new == 2
        moved = MovedHost(host="127.0.0.9:1", to=live.host, since=day, why="moved", checked=day)
        source = source_of("http://127.0.0.9:1", hosts=[live.host])
        assert collect([source], tmp_path / "c", archives=(), moved=[moved]).new == 2
    assert any("ended" in note for note in summary.notes)
    assert "archive" in events(tmp_path / "a")


def test_kinds_wayback_and_commoncrawl_ask_only_their_archive(gone: tuple[str, Path], tmp_path: Path) -> None:
    host, folder = gone
    captures = list(of(folder).values())
    with serving(CommonCrawl(folder), "127.0.0.3") as first, serving(InternetArchive(captures), "127.0.0.2") as second:
        archives = [common_crawl(first), internet_archive(second)]
        one = source_of(f"http://{host}", kind="wayback", start=[f"{host}/tin-tuc"])
        assert collect([one], tmp_path / "a", archives=archives, moved=()).new == 5
        assert not first.hits
        two = source_of(f"http://{host}", kind="commoncrawl", start=[host])
        asked = len(second.hits)
        assert collect([two], tmp_path / "b", archives=archives, moved=()).new == 5
        assert len(second.hits) == asked
    assert states(tmp_path / "a") == {"done": 5}


# ------------------------------------------------------------------ dialects by themselves

TABLE = yaml.safe_load((Path(__file__).parent.parent / "tables" / "collect_cdx.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case["name"])
def test_answers_of_both_dialects_are_read(case: dict[str, Any]) -> None:
    place = archive("x", dialect=case["dialect"], index="https://x/cdx", pages="https://x/{timestamp}id_/{url}")
    page = cdx.parse_index(place, case["answer"].encode())
    if case.get("none"):
        assert page is None
        return
    assert page is not None
    assert [[row.timestamp, row.url, row.status, row.mime] for row in page.rows] == case["rows"]
    assert page.resume == case.get("resume")
