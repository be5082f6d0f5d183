"""The crawl against real servers on the loopback: what is asked for, how often, how fast, and what is kept of it."""

from __future__ import annotations

import datetime as dt
import gzip
import sqlite3
import threading
import time
from collections import Counter
from contextlib import ExitStack
from email.utils import formatdate
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ntm_extract.collect import Progress, archive_show, archive_verify, collect, iter_captures
from ntm_extract.collect.journal import JOURNAL, Journal
from ntm_extract.errors import CollectError
from tests.collect.serving import Answer, Hit, SmallPortal, article, serving, source_of


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(folder / JOURNAL)
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


def states(folder: Path) -> Counter[str]:
    """Articles by state."""
    return Counter(state for (state,) in rows(folder, "SELECT state FROM pages WHERE role = 'article'"))


def events(folder: Path) -> set[str]:
    return {kind for (kind,) in rows(folder, "SELECT kind FROM events")}


def run(sources: Any, folder: Path, **options: Any) -> Any:
    return collect(sources if isinstance(sources, list) else [sources], folder, archives=(), moved=(), **options)


def test_a_list_and_its_pages_are_collected_once(tmp_path: Path) -> None:
    with serving(SmallPortal(articles=7, per_page=3)) as portal:
        summary = run(source_of(portal), tmp_path)
    assert summary.new == 7
    assert summary.lists == 3
    assert summary.left == 0
    assert not summary.alarms
    assert Counter(portal.asked()).most_common(1)[0][1] == 1
    assert not any("utm_source" in path for path in portal.asked())
    captures = list(iter_captures(tmp_path))
    assert len({capture.sha256 for capture in captures}) == 7
    assert all(capture.source == "mine" and capture.warc_file for capture in captures)
    assert archive_verify(tmp_path).sound


def test_the_second_run_asks_whether_pages_changed(tmp_path: Path) -> None:
    with serving(SmallPortal(articles=7, per_page=3)) as portal:
        run(source_of(portal), tmp_path)
        before = len(portal.hits)
        summary = run(source_of(portal), tmp_path)
        again = [hit for hit in portal.hits[before:] if "bai-viet" in hit.path]
    assert len(again) == 3  # those of the first list page, which names nothing new
    assert all(hit.headers["if-none-match"] == f'"v{hit.path[-10:-5]}"' for hit in again)
    assert (summary.new, summary.unchanged) == (0, 3)
    assert Counter(rows(tmp_path, "SELECT kind FROM captures WHERE status = 304"))[("revisit",)] == 3
    assert archive_verify(tmp_path).sound
    # The head of each 304 is kept, word for word, beside its revisit.
    (path,) = [path for path in tmp_path.glob("*.warc.gz") if b"304 Not Modified" in gzip.decompress(path.read_bytes())]
    assert gzip.decompress(path.read_bytes()).count(b"status: HTTP/1.1 304 Not Modified\r\nServer: ") == 3
    assert len(list(iter_captures(tmp_path))) == 7
    assert b"B\xc3\xa0i" not in archive_show(f"{portal.url}/tin-tuc/bai-viet-so-00001.html", tmp_path).content


def test_a_changed_page_is_collected_anew_and_its_past_is_kept(tmp_path: Path) -> None:
    routes = SmallPortal(articles=2)
    with serving(routes) as portal:
        run(source_of(portal), tmp_path)
        between = dt.datetime.now(dt.UTC)
        time.sleep(1.1)  # archives count seconds
        routes.extra[routes.path(2)] = Answer(article(2, "Đã được sửa."), headers={"ETag": '"new"'})
        summary = run(source_of(portal), tmp_path)
    assert (summary.new, summary.unchanged) == (1, 1)
    url = portal.url + routes.path(2)
    assert "Đã được sửa" in archive_show(url, tmp_path).content.decode()
    assert "Đã được sửa" not in archive_show(url, tmp_path, at=between).content.decode()


def test_equal_payloads_are_stored_once(tmp_path: Path) -> None:
    routes = SmallPortal(articles=2)
    routes.etags = False
    for number in (1, 2):
        routes.extra[routes.path(number)] = Answer(article(number))
    with serving(routes) as portal:
        run(source_of(portal), tmp_path)
        summary = run(source_of(portal), tmp_path)
    assert summary.unchanged == 2
    kinds = Counter(kind for (kind,) in rows(tmp_path, "SELECT kind FROM captures WHERE url LIKE '%bai-viet%'"))
    assert kinds == {"response": 2, "revisit": 2}
    assert archive_verify(tmp_path).sound


@pytest.mark.parametrize(
    ("robots", "least"),
    [
        ("User-agent: *\nCrawl-delay: 0.4\nDisallow: /kin/", 0.4),
        ("User-agent: *\nRequest-rate: 2/1\nDisallow: /kin/", 0.5),
        ("User-agent: ntm-extract\nCrawl-delay: 0.3\nDisallow: /kin/\n\nUser-agent: *\nDisallow: /", 0.3),
    ],
)
def test_robots_sets_the_pace_and_what_is_left_alone(tmp_path: Path, robots: str, least: float) -> None:
    routes = SmallPortal(articles=3, robots=robots)
    page = '<a href="/kin/bi-mat-khong-cho-doc-00009.html">Kín</a>'
    routes.extra["/tin-tuc/"] = Answer(str(routes.list_page(1).body) + page)
    with serving(routes) as portal:
        summary = run(source_of(portal), tmp_path)
    gaps = [later.at - earlier.at for earlier, later in pairwise(portal.hits[1:])]
    assert len(gaps) == 3
    assert min(gaps) >= least
    assert not any("/kin/" in hit.path for hit in portal.hits)
    assert (summary.new, summary.refused) == (3, 1)
    assert "robots.txt" in events(tmp_path)


@pytest.mark.parametrize(("status", "form"), [(429, "seconds"), (503, "date")])
def test_retry_after_is_waited_for_by_the_whole_host(tmp_path: Path, status: int, form: str) -> None:
    routes = SmallPortal(articles=3)
    told: list[float] = []

    def answer(hit: Hit) -> Answer:
        if hit.path == routes.path(1) and not told:
            told.append(hit.at)
            return Answer(
                "busy", status, {"Retry-After": "1" if form == "seconds" else formatdate(hit.at + 2, usegmt=True)}
            )
        return routes(hit)

    with serving(answer) as portal:
        summary = run(source_of(portal), tmp_path)
        after = [hit.at for hit in portal.hits if hit.at > told[0]]
    assert min(after) - told[0] >= 1.0
    assert summary.new == 3
    assert "cool-down" in events(tmp_path)


def test_a_pause_longer_than_patience_is_left_to_the_next_run(tmp_path: Path) -> None:
    routes = SmallPortal(articles=3)
    routes.extra[routes.path(1)] = Answer("busy", 503, {"Retry-After": "3600"})
    with serving(routes) as portal:
        summary = run(source_of(portal), tmp_path)
        asked = len(portal.hits)
        assert summary.left == 3
        assert any("pause" in note for note in summary.notes)
        # The host's wish outlives the process: nothing is asked before it is over.
        second = run(source_of(portal), tmp_path)
        assert len(portal.hits) == asked
        assert second.left == 4  # the list is due again, too


@pytest.mark.parametrize("status", [500, 503, 429])
def test_robots_that_cannot_be_had_is_no_permission(tmp_path: Path, status: int) -> None:
    routes = SmallPortal(articles=2)
    routes.extra["/robots.txt"] = Answer("", status)
    with serving(routes) as portal:
        summary = run(source_of(portal), tmp_path)
        assert set(portal.asked(robots=True)) == {"/robots.txt"}
        assert summary.left == 1
        assert any("robots.txt" in note for note in summary.notes)
        del routes.extra["/robots.txt"]
        assert run(source_of(portal), tmp_path).new == 2


@pytest.mark.parametrize("status", [404, 403])
def test_robots_that_is_not_there_forbids_nothing(tmp_path: Path, status: int) -> None:
    routes = SmallPortal(articles=2)
    routes.extra["/robots.txt"] = Answer("User-agent: *\nDisallow: /", status)
    with serving(routes) as portal:
        assert run(source_of(portal), tmp_path).new == 2


def test_hosts_are_asked_side_by_side_and_each_one_at_a_time(tmp_path: Path) -> None:
    busy: Counter[str] = Counter()
    most: Counter[str] = Counter()
    lock = threading.Lock()

    def slow(ip: str) -> Any:
        routes = SmallPortal(articles=4, per_page=4)

        def answer(hit: Hit) -> Answer:
            with lock:
                busy[ip] += 1
                most[ip] = max(most[ip], busy[ip])
                most["all"] = max(most["all"], sum(busy.values()))
            time.sleep(0.1)
            with lock:
                busy[ip] -= 1
            return routes(hit)

        return answer

    ips = [f"127.0.0.{number}" for number in (1, 2, 3, 4)]
    with ExitStack() as stack:
        portals = [stack.enter_context(serving(slow(ip), ip)) for ip in ips]
        sources = [source_of(portal, f"s{number}") for number, portal in enumerate(portals)]
        sources.append(source_of(portals[0], "twin"))  # two sources on one host still ask it one at a time
        summary = run(sources, tmp_path)
    assert summary.new == 20
    assert {ip: most[ip] for ip in ips} == dict.fromkeys(ips, 1)
    assert most["all"] >= 3


def test_since_until_and_limit(tmp_path: Path) -> None:
    # Articles are dated by their number: 2 March for 1, and so on.
    # This list has the oldest first, so it is read to its end.
    with serving(SmallPortal(articles=9, per_page=3)) as portal:
        some = run(source_of(portal), tmp_path / "a", since=dt.date(2023, 3, 5), until=dt.date(2023, 3, 7))
        asked = {path for path in portal.asked() if "bai-viet" in path}
        assert asked == {SmallPortal().path(number) for number in (4, 5, 6)}
        assert some.new == 3
        few = run(source_of(portal), tmp_path / "b", limit=2)
        assert (few.new, few.left > 0) == (2, True)
        rest = run(source_of(portal), tmp_path / "b")
        assert few.new + rest.new == 9
        assert states(tmp_path / "b") == {"done": 9}


def test_a_list_in_order_is_not_read_behind_since(tmp_path: Path) -> None:
    routes = SmallPortal(articles=12, per_page=3)
    routes.newest_first = True
    with serving(routes) as portal:
        summary = run(source_of(portal), tmp_path, since=dt.date(2023, 3, 11))
        assert summary.new == 3  # 10, 11, 12
        assert summary.lists == 2  # the second names nothing new enough
        # An earlier date goes deeper, though the first list names nothing new.
        assert run(source_of(portal), tmp_path, since=dt.date(2023, 3, 5)).new == 6
        assert run(source_of(portal), tmp_path).new == 3


def test_pages_off_topic_and_copies_are_kept_apart(tmp_path: Path) -> None:
    routes = SmallPortal(articles=4)
    routes.extra[routes.path(2)] = Answer(
        "<html><body><h1>Khai mạc giải bóng đá thanh niên toàn huyện năm nay ở sân vận động</h1></body></html>"
    )
    routes.extra[routes.path(3)] = Answer(article(1).replace("Lượt xem: ", "Lượt xem: 9"))
    routes.extra[routes.path(4)] = Answer(
        "<html><body><h1>Xã được công nhận đạt chuẩn NÔNG THÔN MỚI kiểu mẫu về văn hóa</h1></body></html>"
    )
    with serving(routes) as portal:
        summary = run(source_of(portal), tmp_path)
    assert states(tmp_path) == {"done": 2, "off_topic": 1, "duplicate": 1}
    assert (summary.new, summary.off_topic, summary.duplicates) == (2, 1, 1)
    assert len(list(iter_captures(tmp_path))) == 2


def test_what_goes_wrong_with_a_page_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    routes = SmallPortal(articles=7, per_page=7)
    routes.extra[routes.path(1)] = Answer("weg", 404)
    routes.extra[routes.path(2)] = Answer("kaputt", 500)
    routes.extra[routes.path(3)] = Answer("nein", 403)
    routes.extra[routes.path(4)] = Answer("<html><body><div id=app></div></body></html>")
    routes.extra[routes.path(5)] = Answer(b"\x89PNG", headers={"Content-Type": "image/png"})
    routes.extra[routes.path(6)] = Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<html>cut")
    with serving(routes) as portal:
        summary = run(source_of(portal), tmp_path)
    assert summary.new == 1
    assert summary.gone == 1
    assert set(summary.failed) == {"server error", "forbidden", "no text", "not a page", "connection lost"}
    assert len([path for path in portal.asked() if path == routes.path(2)]) == 2  # asked again, then left
    assert archive_verify(tmp_path).sound


def test_bytes_that_are_not_utf8_are_read_and_named(tmp_path: Path) -> None:
    routes = SmallPortal(articles=1)
    broken = article(1).encode().replace(b"</body>", b"<p>footer \xe9\xff\xfe</p></body>")
    routes.extra[routes.path(1)] = Answer(broken)
    with serving(routes) as portal:
        assert run(source_of(portal), tmp_path).new == 1
    assert "encoding" in events(tmp_path)
    (capture,) = iter_captures(tmp_path)
    assert capture.content == broken


def test_alarms_tell_that_a_profile_no_longer_fits(tmp_path: Path) -> None:
    routes = SmallPortal(articles=3)
    with serving(routes) as portal:
        assert not run(source_of(portal, expect={"articles": [3, 9], "dated": 1.0}), tmp_path / "a").alarms
        (alarm,) = run(source_of(portal, expect={"articles": [4, 9]}), tmp_path / "b").alarms
        assert "at least 4" in alarm
        (alarm,) = run(source_of(portal, expect={"articles": [1, 2]}), tmp_path / "c").alarms
        assert "at most 2" in alarm
        (alarm,) = run(source_of(portal, dates=["Đăng lúc: %d/%m/%Y"], expect={"dated": 0.5}), tmp_path / "d").alarms
        assert "0 of 3" in alarm
        (alarm,) = run(
            source_of(portal, selectors={"title": "h1", "body": "div.article-content"}), tmp_path / "e"
        ).alarms
        assert "selectors.body" in alarm
        routes.extra["/tin-tuc/"] = Answer("<html><body>Cổng mới</body></html>")
        (alarm,) = run(source_of(portal), tmp_path / "f").alarms
        assert "0 articles" in alarm


def test_progress_is_told_for_each_host(tmp_path: Path) -> None:
    told: list[Progress] = []
    with serving(SmallPortal(articles=3)) as portal:
        run(source_of(portal), tmp_path, on_progress=told.append)
    assert {progress.host for progress in told} == {portal.host}
    assert told[-1].done == 4
    assert told[-1].queued == 0
    assert told[0].doing == f"{portal.url}/tin-tuc/"


def test_an_error_of_the_caller_ends_the_run_and_reaches_the_caller(tmp_path: Path) -> None:
    def fail(progress: Progress) -> None:
        raise ZeroDivisionError

    with serving(SmallPortal(articles=3)) as portal:
        with pytest.raises(ZeroDivisionError):
            run(source_of(portal), tmp_path, on_progress=fail)
        assert run(source_of(portal), tmp_path).new == 3


def test_two_collectors_do_not_share_a_folder(tmp_path: Path) -> None:
    held = Journal(tmp_path)
    try:
        with pytest.raises(CollectError, match="another process collects"):
            run(source_of("http://127.0.0.1:9"), tmp_path)
    finally:
        held.close()


def test_nothing_to_collect_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match="no sources"):
        run([], tmp_path)
    with pytest.raises(CollectError, match="named twice"):
        run([source_of("http://127.0.0.1:9")] * 2, tmp_path)
    with pytest.raises(CollectError, match="is after"):
        run(source_of("http://127.0.0.1:9"), tmp_path, since=dt.date(2024, 1, 1), until=dt.date(2023, 1, 1))
