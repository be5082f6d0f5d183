"""What is left after ``kill -9`` and Ctrl-C: nothing is lost, and at most the page under way is asked for twice."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from ntm_extract.collect import archive_verify, collect, iter_captures
from tests.collect.serving import Answer, Hit, SmallPortal, article, serving, source_of

# Children are forked off a process that has the package loaded: what is killed is the collecting, not the importing.
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["ntm_extract.collect", "tests.collect.serving"])
KILLS = 24


def collect_in_a_process(urls: list[str], folder: str, paces: dict[str, float]) -> None:
    sources = [source_of(url, f"s{number}", pace=paces) for number, url in enumerate(urls)]
    summary = collect(sources, folder, archives=(), moved=())
    os._exit(3 if summary.interrupted else 0)


class Stable(SmallPortal):
    """A portal whose pages are the same at every visit, so that what was stored can be compared byte by byte."""

    def __init__(self, articles: int, per_page: int) -> None:
        super().__init__(articles, per_page)
        self.etags = False
        for number in range(1, articles + 1):
            self.extra[self.path(number)] = Answer(article(number))


@pytest.mark.slow
def test_kill_at_random_moments_loses_nothing_and_repeats_at_most_one_page(tmp_path: Path) -> None:
    routes = Stable(articles=240, per_page=12)

    def answer(hit: Hit) -> Answer:
        time.sleep(0.002)
        return routes(hit)

    moments = random.Random(20260701)
    killed = 0
    with serving(answer) as portal:
        while True:
            process = SPAWN.Process(target=collect_in_a_process, args=([portal.url], str(tmp_path), {"seconds": 0}))
            process.start()
            if killed < KILLS:
                # From before the journal is open to the middle of the pages.
                process.join(moments.uniform(0.02, 0.9))
            else:
                process.join(60)
            if process.exitcode is not None:
                break
            before = len(portal.hits)
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            killed += 1
            assert len(portal.hits) - before <= 1
        assert process.exitcode == 0
        counts = Counter(portal.asked(robots=True))
    assert killed >= 20
    assert set(counts) >= {routes.path(number) for number in range(1, 241)}
    assert sum(count - 1 for count in counts.values()) <= killed
    assert archive_verify(tmp_path).sound
    stored = {capture.url.removeprefix(portal.url): capture.content for capture in iter_captures(tmp_path)}
    assert stored == {
        routes.path(number): str(routes.extra[routes.path(number)].body).encode() for number in range(1, 241)
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


@pytest.mark.slow
def test_kill_with_several_hosts_repeats_at_most_one_page_a_host(tmp_path: Path) -> None:
    portals = [serving(Stable(articles=30, per_page=10), f"127.0.0.{number}") for number in (1, 2, 3, 4)]
    moments = random.Random(7)
    killed = 0
    with portals[0] as a, portals[1] as b, portals[2] as c, portals[3] as d:
        urls = [portal.url for portal in (a, b, c, d)]
        while True:
            process = SPAWN.Process(target=collect_in_a_process, args=(urls, str(tmp_path), {"seconds": 0.01}))
            process.start()
            process.join(moments.uniform(0.3, 0.8) if killed < 4 else 60)
            if process.exitcode is not None:
                break
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            killed += 1
        for portal in (a, b, c, d):
            assert sum(count - 1 for count in Counter(portal.asked(robots=True)).values()) <= killed
    assert len(list(iter_captures(tmp_path))) == 120
    assert archive_verify(tmp_path).sound
