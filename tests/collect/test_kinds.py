"""Every kind of source from a real server or the disk, and what ``detect`` says of a page it has never seen."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from ntm_extract.collect import archive_verify, collect, detect, iter_captures
from ntm_extract.errors import CollectError
from ntm_extract.sources import Network, load_sources
from tests.collect.serving import NTM, Answer, Hit, SmallPortal, article, serving, source_of
from tests.collect.test_crawl import run, states


class WebForms:
    """A portal in family C's shape: the list is one form, and its pages are posted."""

    pages = 4

    def __init__(self) -> None:
        self.lost_state = 0

    def __call__(self, hit: Hit) -> Answer:
        path, _, query = hit.path.partition("?")
        if path == "/robots.txt":
            return Answer("", 404)
        found = parse_qs(query)
        if path == "/ChiTietTinTuc.aspx":
            return Answer(article(int(found["nid"][0])))
        if path != "/TinTuc.aspx":
            return Answer("", 404)
        number = 1
        if hit.method == "POST":
            fields = parse_qs(hit.body.decode(), keep_blank_values=True)
            number = int(fields["__EVENTARGUMENT"][0].removeprefix("Page$"))
            if fields["__VIEWSTATE"] != [f"state of {number - 1} =đ"]:
                self.lost_state += 1
        rows = "".join(
            f'<tr><td><a href="ChiTietTinTuc.aspx?nid={at}">{NTM} {at}</a></td><td>{at:02}/03/2023</td></tr>'
            for at in range(3 * number - 2, 3 * number + 1)
        )
        pager = "".join(
            f"<a href=\"javascript:__doPostBack('ctl00$gv','Page${at}')\">{at}</a> "
            for at in range(1, self.pages + 1)
            if at != number
        )
        return Answer(
            f'<html><body><form method="post" action="./TinTuc.aspx">'
            f'<input type="hidden" name="__VIEWSTATE" value="state of {number} =đ"/>'
            f"<table>{rows}</table>{pager}</form></body></html>"
        )


def test_posted_lists_are_read_to_their_end(tmp_path: Path) -> None:
    routes = WebForms()
    with serving(routes) as portal:
        source = source_of(portal, family="C", start=[f"{portal.url}/TinTuc.aspx"])
        summary = run(source, tmp_path)
        posts = [hit for hit in portal.hits if hit.method == "POST"]
        again = run(source, tmp_path)
    assert summary.new == 12
    assert len(posts) == 3
    assert routes.lost_state == 0
    assert again.new == 0
    assert archive_verify(tmp_path).sound
    assert all("nid=" in capture.url for capture in iter_captures(tmp_path))


def test_an_interrupted_posted_list_goes_on_with_its_state(tmp_path: Path) -> None:
    routes = WebForms()
    with serving(routes) as portal:
        source = source_of(portal, family="C", start=[f"{portal.url}/TinTuc.aspx"])
        assert run(source, tmp_path, limit=4).new == 4
        assert run(source, tmp_path).new == 8
    assert routes.lost_state == 0
    assert states(tmp_path) == {"done": 12}


def test_feeds_and_sitemaps_are_collected(tmp_path: Path) -> None:
    routes = SmallPortal(articles=6)

    def answer(hit: Hit) -> Answer:
        names = [f"{portal.url}{routes.path(number)}" for number in range(1, 7)]
        if hit.path == "/rss":
            items = "".join(
                f"<item><link>{name}</link><pubDate>Wed, 0{at} Mar 2023 00:00:00 GMT</pubDate></item>"
                for at, name in enumerate(names, 1)
            )
            return Answer(f"<rss><channel>{items}</channel></rss>", headers={"Content-Type": "application/rss+xml"})
        if hit.path == "/sitemap.xml":
            return Answer(
                "<sitemapindex><sitemap><loc>/sitemap-1.xml</loc></sitemap><sitemap><loc>/sitemap-2.xml</loc></sitemap></sitemapindex>"
            )
        if hit.path.startswith("/sitemap-"):
            part = names[:3] if "1" in hit.path else names[3:]
            return Answer("<urlset>" + "".join(f"<url><loc>{name}</loc></url>" for name in part) + "</urlset>")
        if hit.path.startswith("/wp-json/"):
            page = int(re.findall(r"page=(\d+)", hit.path)[-1]) if "&page=" in hit.path else 1
            return Answer(
                json.dumps([{"link": name, "date": "2023-03-01T00:00:00"} for name in names[2 * page - 2 : 2 * page]]),
                200 if page < 4 else 400,
            )
        return routes(hit)

    with serving(answer) as portal:
        feed = source_of(portal, "feed", kind="feed", start=[f"{portal.url}/rss"])
        sitemap = source_of(portal, "sitemap", kind="sitemap", start=[f"{portal.url}/sitemap.xml"])
        posts = source_of(portal, "posts", kind="feed", start=[f"{portal.url}/wp-json/wp/v2/posts?per_page=2"])
        assert run([feed, sitemap, posts], tmp_path).by_source == {"feed": 6, "sitemap": 6, "posts": 6}


def test_files_and_archives_are_sources_too(tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    saved.mkdir()
    for number in range(1, 4):
        (saved / f"bài {number}.html").write_text(article(number), encoding="utf-8")
    (saved / "khác.html").write_text(
        "<html><body>Kết quả giải bóng đá thiếu niên nhi đồng toàn huyện</body></html>", encoding="utf-8"
    )
    files = source_of("http://127.0.0.1:9", "files", kind="files", start=["saved"], folder=tmp_path)
    with serving(SmallPortal(articles=2)) as portal:
        run(source_of(portal), tmp_path / "first")
    archive = source_of("http://127.0.0.1:9", "old", kind="warc", start=["first"], folder=tmp_path)
    summary = run([files, archive], tmp_path / "out")
    assert summary.by_source == {"files": 3, "old": 2}
    assert summary.off_topic == 1
    captures = {capture.url: capture for capture in iter_captures(tmp_path / "out")}
    assert captures["file:///b%C3%A0i%201.html"].content == (saved / "bài 1.html").read_bytes()
    assert {capture.source for capture in captures.values()} == {"files", "old"}
    firsts = {capture.url: capture for capture in iter_captures(tmp_path / "first")}
    for url, capture in firsts.items():
        assert (captures[url].content, captures[url].captured) == (capture.content, capture.captured)
    assert archive_verify(tmp_path / "out").sound
    assert run([files, archive], tmp_path / "out").new == 0


def test_articles_that_articles_link_to_are_followed_where_a_source_says_so(tmp_path: Path) -> None:
    routes = SmallPortal(articles=3, per_page=3)
    routes.extra[routes.path(3)] = Answer(article(3) + '<a href="/tin-tuc/tin-cu-hon-00200.html">Các tin đã đưa</a>')
    routes.extra["/tin-tuc/tin-cu-hon-00200.html"] = Answer(article(200))
    with serving(routes) as portal:
        assert run(source_of(portal), tmp_path / "a").new == 3
        assert run(source_of(portal, follow=True), tmp_path / "b").new == 4


# ------------------------------------------------------------------ detect


def test_detect_asks_for_the_page_and_robots_txt_only() -> None:
    with serving(SmallPortal(articles=7, per_page=3, robots="User-agent: *\nCrawl-delay: 0.3")) as portal:
        found = detect(f"{portal.url}/tin-tuc/")
        assert portal.asked(robots=True) == ["/robots.txt", "/tin-tuc/"]
    assert (found.family, found.role, found.allowed, found.delay) == ("F", "list", True, 0.3)
    assert len(found.articles) == 3
    assert found.next == f"{portal.url}/tin-tuc/?page=2"


def test_detect_tells_of_posted_lists_articles_and_feeds() -> None:
    with serving(WebForms()) as portal:
        found = detect(f"{portal.url}/TinTuc.aspx")
        assert found.family == "C"
        assert found.next is not None
        assert "POST ctl00$gv Page$2" in found.next
        assert detect(f"{portal.url}/ChiTietTinTuc.aspx?nid=3").role == "article"
    head = (
        '<html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head><body>nukeviet</body></html>'
    )
    with serving(lambda hit: Answer(head if hit.path == "/" else "")) as portal:
        assert detect(portal.url).feeds == (f"{portal.url}/rss",)


@pytest.mark.parametrize(
    ("robots", "said"), [(Answer("User-agent: *\nDisallow: /"), None), (Answer("", 503), "robots.txt cannot be had")]
)
def test_detect_obeys_robots_txt(robots: Answer, said: str | None) -> None:
    with serving(lambda hit: robots if hit.path == "/robots.txt" else Answer("x")) as portal:
        if said is None:
            assert not detect(portal.url).allowed
        else:
            with pytest.raises(CollectError, match=said):
                detect(portal.url)
        assert portal.asked() == []


def test_detect_follows_no_redirect_to_a_private_address() -> None:
    with serving(SmallPortal(), "127.0.0.2") as inner:
        with serving(
            lambda hit: Answer(status=302 if hit.path == "/" else 404, headers={"Location": inner.url})
        ) as portal:
            assert detect(portal.url).status == 302
        assert not inner.hits


@pytest.mark.parametrize("url", ["ftp://a.gov.vn/", "http://[::1", "http://127.0.0.1:9/"])
def test_detect_says_what_is_wrong(url: str) -> None:
    with pytest.raises(CollectError):
        detect(url)


def test_detect_takes_the_network_of_a_source() -> None:
    with serving(SmallPortal()) as portal:
        assert detect(f"{portal.url}/tin-tuc/", network=Network(private=("127.0.0.0/8",))).family == "F"
        with pytest.raises(CollectError, match="private address"):
            detect(f"{portal.url}/tin-tuc/", network=Network(private=("10.0.0.0/8",)))


def test_shipped_lists_are_lists_of_their_families() -> None:
    """A start page that looks like an article would be collected as one, and never read as a list."""
    from ntm_extract.collect import portal

    for source in load_sources().values():
        for url in source.start if source.kind == "listing" else ():
            assert not portal.is_article(url, source), source.name


def test_sources_of_this_test_are_checked() -> None:
    fields: dict[str, Any] = {"kind": "wayback", "start": ["a.gov.vn/x/*"]}
    assert not source_of("http://127.0.0.1:9", **fields).live


def test_collecting_nothing_new_is_no_news(tmp_path: Path) -> None:
    with serving(SmallPortal(articles=2)) as portal:
        collect([source_of(portal)], tmp_path, archives=(), moved=())
        summary = collect([source_of(portal)], str(tmp_path), archives=(), moved=())
    assert (summary.new, summary.unchanged, summary.resumed, summary.out) == (0, 2, False, tmp_path)
