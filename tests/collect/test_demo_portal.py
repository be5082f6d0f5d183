"""The portal that ships: collected over the loopback and read, as its two commands in the README do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from ntm_extract.clean import read_capture
from ntm_extract.collect import archive_verify, collect, iter_captures
from ntm_extract.collect.demo_portal import ROBOTS, answer, demo_portal, load_demo
from ntm_extract.errors import CollectError
from ntm_extract.sources import Source, load_sources
from ntm_extract.units import gazetteer

ROOT = Path(__file__).parent.parent.parent


def source(url: str) -> Source:
    """The source that ships, at the port that was free."""
    return load_sources(names=["demo-portal"])["demo-portal"].model_copy(update={"start": (url,)})


def test_the_demo_portal_is_collected_and_read(tmp_path: Path) -> None:
    articles = {article.title: article for article in load_demo()[2]}
    on_topic = {
        title for title, article in articles.items() if "nông thôn mới" in title + article.lead + " ".join(article.body)
    }
    with demo_portal(0) as url:
        summary = collect([source(url)], tmp_path)
        again = collect([source(url)], tmp_path)
    assert len(articles) >= 12
    assert summary.new == len(on_topic) == len(articles) - 1
    assert summary.off_topic == 1
    assert (again.new, again.unchanged, again.off_topic) == (0, 5, 0)
    assert not summary.alarms
    assert not again.alarms
    assert (summary.documents, again.documents) == (1, 0)
    found_there = list(iter_captures(tmp_path))
    pages = [capture for capture in found_there if capture.named_by is None]
    read = {article.title: article for article in map(read_capture, pages)}
    (annex,) = (capture for capture in found_there if capture.named_by)
    told_by = next(article for article in articles.values() if article.annex)
    assert annex.named_by in {page.url for page in pages if told_by.slug in page.url}
    assert "Vĩnh Thành | Yên Thành | Nông thôn mới nâng cao | 2022" in read_capture(annex).text
    assert set(read) == on_topic
    for title, found in read.items():
        told = articles[title or ""]
        assert found.published == told.published.date()
        assert found.authors
        for paragraph in (told.lead, *told.body):
            assert paragraph in found.text
        assert "Các tin đã đưa" not in found.text
        assert not any(other in found.text for other in articles if other != title)
    assert archive_verify(tmp_path).sound


def test_the_demo_portal_has_what_such_portals_have() -> None:
    with_counter = answer(load_path(0), None, 1), answer(load_path(0), None, 2)
    assert with_counter[0][2] != with_counter[1][2]
    assert with_counter[0][3] == with_counter[1][3]
    assert answer(load_path(0), with_counter[0][3], 3)[0] == 304
    assert "Crawl-delay" in ROBOTS
    assert answer("/khong-co", None, 1)[0] == 404
    assert any("-at-chuan" in load_path(number) for number in range(len(load_demo()[2])))


def load_path(number: int) -> str:
    """Address of an article by its place in the list."""
    from ntm_extract.collect.demo_portal import _address

    return _address(load_demo()[2][number])


def test_communes_of_the_demo_portal_exist() -> None:
    units = gazetteer()
    (district,) = units.districts_named("Yên Thành", dt.date(2021, 7, 1))
    names = {unit.name for unit in units.children(district, dt.date(2021, 7, 1))}
    told = " ".join(article.title + article.lead + " ".join(article.body) for article in load_demo()[2])
    named = {"Thọ Thành", "Kim Thành", "Hoa Thành", "Văn Thành", "Bắc Thành", "Vĩnh Thành", "Phú Thành", "Long Thành"}
    assert all(name in told for name in named)
    assert named <= names


def test_a_port_that_is_taken_is_an_error() -> None:
    with demo_portal(0) as url:
        port = int(url.split(":")[2].partition("/")[0])
        with pytest.raises(CollectError, match="cannot be used"), demo_portal(port):
            pass
