"""What is left after ``kill -9`` and Ctrl-C: nothing is lost, and at most the page under way is asked for twice."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from ntm_extract.collect import archive_verify, collect, iter_captures
from tests.collect.serving import Answer, Hit, Portal, SmallPortal, article, collect_in_a_process, serving, source_of

# Children are forked off a process that has the package loaded: what is killed is the collecting, not the importing.
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["ntm_extract.collect.crawl", "tests.collect.serving"])
KILLS = 24


class Stable(SmallPortal):
    """A portal whose pages are the same at every visit, so that what was stored can be compared byte by byte."""

    def __init__(self, articles: int, per_page: int) -> None:
        super().__init__(articles, per_page)
        self.etags = False
        for number in range(1, articles + 1):
            self.extra[self.path(number)] = Answer(article(number))


@pytest.mark.slow
def test_kill_at_random_moments_loses_nothing_and_repeats_at_most_one_page(tmp_path: Path) -> None:
    routes = Stable(articles=300, per_page=12)

    def answer(hit: Hit) -> Answer:
        time.sleep(0.005)
        return routes(hit)

    moments = random.Random(20260701)
    killed = 0
    with serving(answer) as portal:
        while True:
            process = SPAWN.Process(target=collect_in_a_process, args=([portal.url], str(tmp_path), {"seconds": 0}))
            process.start()
            # From before the journal is open to the middle of the pages: behind some requests more, and a moment.
            until, further = time.monotonic() + 60, len(portal.hits) + moments.randrange(10)
            while process.exitcode is None and (killed >= KILLS or len(portal.hits) < further):
                process.join(0.005)
                assert time.monotonic() < until
            process.join(moments.uniform(0, 0.03))
            if process.exitcode is not None:
                break
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            killed += 1
        assert process.exitcode == 0
        counts = Counter(portal.asked(robots=True))
    assert killed >= 20
    assert set(counts) >= {routes.path(number) for number in range(1, 301)}
    assert sum(count - 1 for count in counts.values()) <= killed
    assert archive_verify(tmp_path).sound
    stored = {capture.url.removeprefix(portal.url): capture.content for capture in iter_captures(tmp_path)}
    assert stored == {
        routes.path(number): str(routes.extra[routes.path(number)].body).encode() for number in range(1, 301)
    }
    assert not list(tmp_path.glob("*.open"))


def test_the_pace_holds_across_a_kill(tmp_path: Path) -> None:
    with serving(SmallPortal(articles=5, robots="User-agent: *\nCrawl-delay: 0.5")) as portal:
        for _ in range(2):
            process = SPAWN.Process(target=collect_in_a_process, args=([portal.url], str(tmp_path), {"seconds": 0}))
            process.start()
            until = time.monotonic() + 30
            asked = len(portal.hits)
            while len(portal.hits) < asked + 2 and time.monotonic() < until:
                time.sleep(0.005)
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        hits = [hit.at for hit in portal.hits]
    assert len(hits) >= 4
    # Between the runs, too; robots.txt is asked for at the source's own pace, for its rules are not known before.
    assert min(later - earlier for earlier, later in pairwise(hits[1:])) >= 0.5


def test_ctrl_c_ends_cleanly_and_the_run_is_taken_up(tmp_path: Path) -> None:
    def slow(hit: Hit) -> Answer:
        if "bai-viet" in hit.path:
            time.sleep(0.2)
        return routes(hit)

    routes = Stable(articles=12, per_page=6)
    with serving(slow) as portal:
        process = SPAWN.Process(target=collect_in_a_process, args=([portal.url], str(tmp_path), {"seconds": 0}))
        process.start()
        until = time.monotonic() + 30
        while len(portal.hits) < 5 and time.monotonic() < until:
            time.sleep(0.01)
        assert process.pid is not None
        started = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        process.join(20)
        assert process.exitcode == 3
        assert time.monotonic() - started < 3
        assert not list(tmp_path.glob("*.open"))
        assert archive_verify(tmp_path).sound
        summary = collect([source_of(portal, "s0")], tmp_path, archives=(), moved=())
        counts = Counter(portal.asked())
    assert summary.resumed
    assert not summary.interrupted
    assert len(list(iter_captures(tmp_path))) == 12
    assert sum(count - 1 for count in counts.values()) <= 1


def asked(portals: list[Portal]) -> int:
    return sum(len(portal.hits) for portal in portals)


@pytest.mark.slow
def test_kill_with_several_hosts_repeats_at_most_one_page_a_host(tmp_path: Path) -> None:
    moments = random.Random(7)
    killed = 0
    with ExitStack() as stack:
        portals = [
            stack.enter_context(serving(Stable(articles=30, per_page=10), f"127.0.0.{number}"))
            for number in (1, 2, 3, 4)
        ]
        urls = [portal.url for portal in portals]
        while True:
            process = SPAWN.Process(target=collect_in_a_process, args=(urls, str(tmp_path), {"seconds": 0.01}))
            process.start()
            until, further = time.monotonic() + 60, asked(portals) + moments.randrange(4, 16)
            while process.exitcode is None and (killed >= 6 or asked(portals) < further):
                process.join(0.005)
                assert time.monotonic() < until
            if process.exitcode is not None:
                break
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            killed += 1
        for portal in portals:
            assert sum(count - 1 for count in Counter(portal.asked(robots=True)).values()) <= killed
    assert killed == 6
    assert len(list(iter_captures(tmp_path))) == 120
    assert archive_verify(tmp_path).sound
