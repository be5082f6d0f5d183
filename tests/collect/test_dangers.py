"""What strangers may do to a collector: each is bounded, named in the journal, and the run goes on."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ntm_extract.collect import archive_verify
from ntm_extract.collect import fetch as fetch_module
from ntm_extract.collect.crawl import MOST_ROBOTS_BYTES
from ntm_extract.collect.fetch import MOST_BYTES, inflated
from tests.collect.serving import Answer, Hit, Portal, SmallPortal, article, serving, source_of
from tests.collect.test_crawl import events, rows, run


def reasons(folder: Path) -> dict[str, str]:
    """Kinds of fault by the last part of the address."""
    found = rows(folder, "SELECT url, reason FROM pages WHERE reason IS NOT NULL")
    return {url.rpartition("/")[2]: reason.partition(":")[0] for url, reason in found}


def endless(megabytes: int) -> Callable[[Any], None]:
    """A body that is sent until somebody hangs up."""

    def write(out: Any) -> None:
        block = b"<p>" + b"x" * 999_997
        try:
            for _ in range(megabytes):
                out.write(block)
        except OSError:
            pass

    return write


def drip(out: Any) -> None:
    """A byte now and then, so that no single wait is long."""
    try:
        for _ in range(200):
            out.write(b"<")
            out.flush()
            time.sleep(0.1)
    except OSError:
        pass


def bomb() -> bytes:
    """Gzip that inflates to some 200 MB."""
    worker = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"\0" * 1_000_000
    return b"".join([*(worker.compress(block) for _ in range(200)), worker.flush()])


DANGERS: dict[str, Answer] = {
    "too large": Answer(stream=endless(2_000)),
    "too large by its own word": Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 2000000000\r\n\r\n" + b"x" * 10_000),
    "inflates too far": Answer(bomb(), headers={"Content-Encoding": "gzip"}),
    "timeout": Answer(stream=drip),
    "redirect loop": Answer(status=302, headers={"Location": "/tin-tuc/bai-viet-so-00001.html"}),
    "broken response": Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "unknown encoding": Answer(b"br", headers={"Content-Encoding": "br"}),
}


@pytest.mark.parametrize("danger", DANGERS)
def test_a_danger_is_bounded_and_named_and_the_run_goes_on(tmp_path: Path, danger: str) -> None:
    routes = SmallPortal(articles=2)
    routes.extra[routes.path(1)] = DANGERS[danger]
    started = time.monotonic()
    with serving(routes) as portal:
        source = source_of(portal, pace={"timeout": 1, "deadline": 1.5, "attempts": 1})
        summary = run(source, tmp_path)
    assert time.monotonic() - started < 8
    assert summary.new == 1
    kind = danger.removesuffix(" by its own word")
    assert reasons(tmp_path)["bai-viet-so-00001.html"] == kind
    assert kind in events(tmp_path)
    assert archive_verify(tmp_path).sound
    assert sum(path.stat().st_size for path in tmp_path.glob("*.warc.gz")) < 1_000_000


def test_a_host_that_never_answers_does_not_hold_the_others(tmp_path: Path) -> None:
    silent = socket.socket()
    silent.bind(("127.0.0.2", 0))
    silent.listen()
    try:
        with serving(SmallPortal(articles=2)) as portal:
            dead = source_of(
                f"http://127.0.0.2:{silent.getsockname()[1]}", "dead", pace={"timeout": 0.5, "attempts": 2}
            )
            summary = run([dead, source_of(portal)], tmp_path)
    finally:
        silent.close()
    assert summary.by_source == {"dead": 0, "mine": 2}
    assert any("timeout" in note and "127.0.0.2" in note for note in summary.notes)
    assert summary.left == 1


def test_a_port_that_refuses_is_named(tmp_path: Path) -> None:
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    summary = run(source_of(f"http://127.0.0.1:{port}", pace={"attempts": 1}), tmp_path)
    assert any("refused" in note for note in summary.notes)


def test_a_name_without_address_is_named(tmp_path: Path) -> None:
    summary = run(source_of("http://khong-co.invalid", pace={"attempts": 1}), tmp_path)
    assert any("dns" in note for note in summary.notes)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_robots_txt_of_ten_megabytes_is_read_as_far_as_the_bound(tmp_path: Path, compressed: bool) -> None:
    rules = b"User-agent: *\nDisallow: /kin/\n" + b"# padding\n" * 1_000_000
    assert len(rules) > 10_000_000
    routes = SmallPortal(articles=2)
    headers = {"Content-Type": "text/plain"}
    if compressed:
        rules, headers = gzip.compress(rules), {**headers, "Content-Encoding": "gzip"}
    routes.extra["/robots.txt"] = Answer(rules, headers=headers)
    body = str(routes.list_page(1).body)
    routes.extra["/tin-tuc/"] = Answer(body + '<a href="/kin/bi-mat-khong-cho-doc-00009.html">Kín</a>')
    with serving(routes) as portal:
        summary = run(source_of(portal), tmp_path)
        assert not any("/kin/" in path for path in portal.asked())
    assert (summary.new, summary.refused) == (2, 1)
    assert "robots.txt" in events(tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.glob("*.warc.gz")) < MOST_ROBOTS_BYTES


@pytest.mark.parametrize("target", ["10.0.0.1", "169.254.169.254", "[::1]", "127.0.0.2", "localhost", "0.0.0.0"])
def test_a_private_address_behind_a_redirect_is_not_asked(tmp_path: Path, target: str) -> None:
    routes = SmallPortal(articles=2)
    with serving(SmallPortal(), "127.0.0.2") as inner, serving(routes, "127.0.0.3") as portal:
        port = inner.host.rpartition(":")[2]
        location = f"http://{target}:{port}/tin-tuc/bai-viet-so-00001.html"
        routes.extra[routes.path(1)] = Answer(status=302, headers={"Location": location})
        summary = run(source_of(portal, network={"private": ["127.0.0.3/32"]}, pace={"attempts": 1}), tmp_path)
        assert not inner.hits
    assert summary.new == 1
    assert summary.failed == {"private address": 1}
    assert "private address" in events(tmp_path)


def test_the_open_web_may_not_lead_to_this_machine(tmp_path: Path) -> None:
    with serving(SmallPortal(articles=1)) as portal:
        summary = run(source_of(portal, network={}), tmp_path)
        assert not portal.hits
    assert summary.failed == {"private address": 1}


def test_redirects_across_hosts_go_by_each_host_s_own_rules(tmp_path: Path) -> None:
    first, second = (
        SmallPortal(articles=3),
        SmallPortal(articles=3, robots="User-agent: *\nDisallow: /tin-tuc/bai-viet-so-00002"),
    )
    with serving(first) as a, serving(second, "127.0.0.2") as b:
        for number in (1, 2):
            first.extra[first.path(number)] = Answer(status=301, headers={"Location": b.url + second.path(number)})
        first.extra[first.path(3)] = Answer(status=302, headers={"Location": f"{b.url}{second.path(3)}"})
        second.extra[second.path(3)] = Answer(status=302, headers={"Location": f"{a.url}{first.path(3)}"})
        summary = run(source_of(a), tmp_path)
        assert second.path(1) in b.asked()
        assert second.path(2) not in b.asked()
    assert (summary.new, summary.refused) == (1, 1)
    assert summary.failed == {"redirect loop": 1}
    assert any("redirects to 127.0.0.2" in note for note in summary.notes)


def test_a_cookie_is_kept_and_a_slash_is_followed_in_place(tmp_path: Path) -> None:
    routes = SmallPortal(articles=1)

    def answer(hit: Hit) -> Answer:
        if hit.path == routes.path(1) and "seen=1" not in hit.headers.get("cookie", ""):
            return Answer(status=302, headers={"Location": routes.path(1), "Set-Cookie": "seen=1; Path=/"})
        return routes(hit)

    with serving(answer) as portal:
        assert run(source_of(portal), tmp_path).new == 1


def test_an_article_that_leads_to_the_front_page_is_gone(tmp_path: Path) -> None:
    routes = SmallPortal(articles=2)
    routes.extra[routes.path(1)] = Answer(status=302, headers={"Location": "/"})
    with serving(routes) as portal:
        summary = run(source_of(portal), tmp_path)
        assert "/" not in portal.asked()
    assert (summary.new, summary.gone) == (1, 1)


# ------------------------------------------------------------------ traps


def test_the_language_trap_stops_at_repeated_segments(tmp_path: Path) -> None:
    """Every page links to itself with another ``/en`` or ``/vi`` appended, as a mirror of a real portal does."""

    def answer(hit: Hit) -> Answer:
        if hit.path == "/robots.txt":
            return Answer("")
        path = hit.path.rstrip("/")
        links = "".join(
            f'<a href="{path}/{language}/tin-{number}-00{number}.html">x</a>'
            for language in ("en", "vi")
            for number in (1, 2)
        )
        return Answer(f"{article(len(portal.hits))}{links}")

    with serving(answer) as portal:
        source = source_of(portal, follow=True, article=r"\.html$", pages=50)
        summary = run(source, tmp_path)
        assert len(portal.hits) < 60
    assert summary.refused > 0
    assert "trap" in events(tmp_path)


def test_the_endless_calendar_stops_by_its_texts(tmp_path: Path) -> None:
    """Ever new addresses, one text: only the share of distinct texts tells."""

    def answer(hit: Hit) -> Answer:
        if hit.path == "/robots.txt":
            return Answer("")
        links = "".join(f'<a href="/lich/su-kien-{len(portal.hits)}{number}.html">{number}</a>' for number in range(5))
        return Answer(f"{article(1)}{links}<p>Lượt xem {len(portal.hits)}</p>")

    with serving(answer) as portal, serving(SmallPortal(articles=3), "127.0.0.2") as other:
        sources = [source_of(portal, "trap", follow=True, article=r"/lich/"), source_of(other, "sound")]
        summary = run(sources, tmp_path)
        assert len(portal.hits) < 40
    assert summary.by_source["sound"] == 3
    assert any("distinct texts" in alarm for alarm in summary.alarms)
    assert summary.left == 0


def test_a_list_without_end_ends(tmp_path: Path) -> None:
    """Behind its last page a portal shows its last page again, and always names a next one."""

    class Endless(SmallPortal):
        def list_page(self, number: int) -> Answer:
            page = str(super().list_page(min(number, self.pages())).body)
            return Answer(page + f'<a href="/tin-tuc/?page={number + 1}">{number + 1}</a>')

    with serving(Endless(articles=6, per_page=3)) as portal:
        summary = run(source_of(portal), tmp_path)
        assert len(portal.asked()) == 6 + 3
    assert summary.new == 6


def test_a_list_that_never_repeats_is_bounded_by_its_source(tmp_path: Path) -> None:
    with serving(SmallPortal(articles=30, per_page=2)) as portal:
        summary = run(source_of(portal, pages=4), tmp_path)
    assert (summary.new, summary.lists) == (8, 4)
    assert "long list" in events(tmp_path)


# ------------------------------------------------------------------ bounds by themselves


@pytest.mark.parametrize("form", ["gzip", "zlib", "raw", "two members"])
def test_inflating_knows_all_forms_and_its_bound(form: str) -> None:
    data = bytes(range(256)) * 400
    raw = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = {
        "gzip": gzip.compress(data),
        "zlib": zlib.compress(data),
        "raw": raw.compress(data) + raw.flush(),
        "two members": gzip.compress(data[:1000]) + gzip.compress(data[1000:]),
    }[form]
    assert inflated(packed, len(data)) == data
    with pytest.raises(OverflowError):
        inflated(packed, len(data) - 1)
    with pytest.raises(zlib.error):
        inflated(packed[:-9] if form != "raw" else packed[: len(packed) // 2], MOST_BYTES)


def test_stopping_breaks_a_wait_for_an_answer(tmp_path: Path) -> None:
    source = source_of("http://127.0.0.1:9", pace={"timeout": 30, "deadline": 60})
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen()
    stop = threading.Event()
    fetcher = fetch_module.Fetcher(source.network, source.pace, stop=stop)

    def end() -> None:
        stop.set()
        fetcher.abort()

    timer = threading.Timer(0.3, end)
    timer.start()
    started = time.monotonic()
    try:
        with pytest.raises(fetch_module.FetchError, match="interrupted"):
            fetcher.fetch(f"http://127.0.0.1:{silent.getsockname()[1]}/")
    finally:
        timer.cancel()
        fetcher.close()
        silent.close()
    assert time.monotonic() - started < 3


def test_the_bytes_of_both_sides_are_kept_exactly(tmp_path: Path) -> None:
    head = "HTTP/1.1 200 OK\r\nX-Odd:   two  blanks\r\nx-odd: again\r\nTransfer-Encoding: chunked\r\n\r\n"
    raw = head + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    portal = Portal(lambda hit: Answer(raw=raw.encode()))
    fetcher = fetch_module.Fetcher(source_of(portal).network, source_of(portal).pace)
    try:
        reply = fetcher.fetch(f"{portal.url}/a%20b?x=%C3%A9")
    finally:
        fetcher.close()
        portal.close()
    assert reply.received == raw.encode()
    assert reply.content == b"abcde"
    assert reply.sent.startswith(b"GET /a%20b?x=%C3%A9 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert reply.sent.endswith(b"\r\n\r\n")
    assert reply.address == "127.0.0.1"


def test_a_proxy_of_the_environment_is_used_but_not_towards_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    routes = SmallPortal(articles=2)

    def relay(hit: Hit) -> Answer:
        return routes(replace(hit, path=hit.path.removeprefix("http://huyen.invalid")))

    with serving(relay, "127.0.0.2") as proxy, serving(SmallPortal(articles=1)) as near:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        far = source_of("http://huyen.invalid", "far", network={})
        summary = run([far, source_of(near, "near")], tmp_path)
        assert all(hit.path.startswith("http://huyen.invalid/") for hit in proxy.hits)
    assert summary.by_source == {"far": 2, "near": 1}
    assert archive_verify(tmp_path).sound
