"""A small portal on this machine, in the shape of family B (Liferay 6), so that collecting can be tried offline.

It has what such portals have: lists in pages by ``_cur``, a token in every link, a counter on every page, related news
with dates below the article, slugs without đ, a robots.txt with a pace, pages that can be asked whether they changed,
and an annex in Word.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import io
import itertools
import re
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ntm_extract.data_files import load_beside
from ntm_extract.errors import CollectError
from ntm_extract.orthography import without_marks

PORT = 8765
LIST_PATH = "/web/yen-thanh/tin-tuc"
_INSTANCE = "k3Dsm2Qw8yTz"
_CUR = f"_101_INSTANCE_{_INSTANCE}_cur"
_PER_PAGE = 5
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org"
ROBOTS = "User-agent: *\nCrawl-delay: 0.2\nDisallow: /c/\n"
_HEAD = (
    '<!DOCTYPE html><html class="ltr" dir="ltr" lang="vi-VN"><head><title>{title} - {site}</title>'
    '<meta content="text/html; charset=UTF-8" http-equiv="content-type"/>'
    "<script>var themeDisplay={{}};</script></head>"
    '<body class="yui3-skin-sam signed-out public-page site"><div id="wrapper"><header id="banner" role="banner">'
    '<div class="sign-in"><a href="/c/portal/login?p_l_id={token}">ĐĂNG NHẬP</a></div>'
    '<h1 class="site-title"><a class="logo" href="/">{site}</a></h1></header><nav class="sort-pages" id="navigation">'
    '<ul><li><a href="/">Trang chủ</a></li><li><a href="{list}">Tin tức - Sự kiện</a></li></ul></nav>'
    '<div id="content"><div class="portlet-boundary portlet-boundary_101_" id="p_p_id_101_INSTANCE_{instance}_">'
)
_FOOT = (
    '</div></div><footer id="footer"><p>{notice}</p><p>Thống kê: {count} Online: {online}</p>'
    "</footer></div></body></html>"
)


@dataclass(frozen=True, slots=True)
class Annex:
    """A Word document that an article links to: lines, and a table under them."""

    name: str
    lines: tuple[str, ...]
    table: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class DemoArticle:
    """One article of the portal."""

    slug: str
    title: str
    published: dt.datetime
    lead: str
    body: tuple[str, ...]
    byline: str
    caption: str | None = None
    table: tuple[tuple[str, ...], ...] = ()
    annex: Annex | None = None


@functools.cache
def load_demo() -> tuple[str, str, tuple[DemoArticle, ...]]:
    """Name of the site, its notice, and its articles, newest first."""
    data = load_beside(__file__, "demo_portal.yml")
    articles = tuple(
        DemoArticle(
            slug=_slug(row["title"]),
            title=row["title"],
            published=dt.datetime.fromisoformat(row["published"]),
            lead=row["lead"],
            body=tuple(row["body"]),
            byline=row["byline"],
            caption=row.get("caption"),
            table=tuple(tuple(cells) for cells in row.get("table", ())),
            annex=_annex(row["annex"]) if "annex" in row else None,
        )
        for row in data["articles"]
    )
    return data["site"], data["notice"], articles


def _annex(row: Mapping[str, Any]) -> Annex:
    return Annex(row["name"], tuple(row["lines"]), tuple(tuple(cells) for cells in row["table"]))


def _slug(title: str) -> str:
    """A title as Liferay 6 writes it into an address: marks fall away, and đ with them."""
    plain = without_marks(title.lower().replace("đ", ""))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:90].strip("-")


def _address(article: DemoArticle) -> str:
    return f"{LIST_PATH}/-/asset_publisher/{_INSTANCE}/content/{article.slug}"


def _annex_address(annex: Annex) -> str:
    return f"/documents/10179/48213/{annex.name}/{hashlib.sha256(annex.name.encode()).hexdigest()[:12]}"


@functools.cache
def annex_document(annex: Annex) -> bytes:
    """The annex as a Word document, the same bytes each time."""
    rows = "".join(f"<w:tr>{''.join(f'<w:tc>{_run(cell)}</w:tc>' for cell in cells)}</w:tr>" for cells in annex.table)
    body = f"{''.join(map(_run, annex.lines))}<w:tbl>{rows}</w:tbl><w:sectPr/>"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
        f'ContentType="{DOCX}.document.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/'
        'officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{_OFFICE}/wordprocessingml/2006/main"><w:body>{body}</w:body>'
        "</w:document>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(zipfile.ZipInfo(name), f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return out.getvalue()


def _run(text: str) -> str:
    return f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def _link(article: DemoArticle, token: str) -> str:
    return f"{_address(article)}?p_p_auth={token}&amp;inheritRedirect=false&amp;redirect=%2Fweb%2Fyen-thanh"


def _printed(moment: dt.datetime) -> str:
    return moment.strftime("Ngày đăng %d/%m/%Y | %I:%M %p")


def list_page(number: int, visit: int) -> str:
    """One page of the list, from 1; behind the last one comes a page without articles."""
    site, notice, articles = load_demo()
    token = _token(visit)
    shown = articles[(number - 1) * _PER_PAGE : number * _PER_PAGE]
    rows = "".join(
        f'<div class="asset-abstract"><h3 class="asset-title">'
        f'<a href="{_link(article, token)}">{escape(article.title)}</a></h3>'
        f'<div class="asset-metadata">{_printed(article.published)}</div>'
        f'<div class="asset-summary">{escape(article.lead)}</div></div>'
        for article in shown
    )
    last = -(-len(articles) // _PER_PAGE)
    pager = "".join(
        f'<li><a href="{LIST_PATH}?p_p_id=101_INSTANCE_{_INSTANCE}&amp;p_p_auth={token}&amp;{_CUR}={at}">{at}</a></li>'
        for at in range(1, last + 1)
        if at != number
    )
    return f'{_head("Tin tức", site, token)}{rows}<ul class="lfr-pagination">{pager}</ul>{_foot(notice, visit)}'


def article_page(article: DemoArticle, visit: int) -> str:
    """An article's page."""
    site, notice, articles = load_demo()
    token = _token(visit)
    caption = (
        f'<p class="caption" style="text-align:center"><em>{escape(article.caption)}</em></p>'
        if article.caption
        else ""
    )
    table = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>" for cells in article.table)
    body = "".join(f"<p>{escape(text)}</p>" for text in article.body)
    attached = (
        f'<div class="taglib-attachments">Tệp đính kèm: <a href="{_annex_address(article.annex)}?version=1.0">'
        f"{escape(article.annex.lines[0])}</a></div>"
        if article.annex
        else ""
    )
    related = "".join(
        f'<li><a href="{_link(other, token)}">{escape(other.title)}</a> <span>({other.published:%d/%m/%Y})</span></li>'
        for other in articles
        if other is not article
    )
    return (
        f'{_head(article.title, site, token)}<div class="portlet-body"><div class="taglib-header">'
        f'<h1 class="header-title"><span>{escape(article.title)}</span></h1></div><div class="asset-full-content">'
        f'<div class="asset-metadata"><span class="metadata-entry metadata-publish-date">{_printed(article.published)}'
        f'</span></div><div class="asset-content"><div class="journal-content-article">'
        f"<p><strong>{escape(article.lead)}</strong></p>{body}"
        f"{caption}{f'<table><tbody>{table}</tbody></table>' if table else ''}"
        f'<p style="text-align:right">{escape(article.byline)}</p></div></div>'
        f'{attached}<div class="taglib-ratings">Lượt xem: {visit}</div>'
        f'</div></div><div class="asset-links"><h3>Các tin đã đưa:</h3><ul>{related}</ul></div>{_foot(notice, visit)}'
    )


def _head(title: str, site: str, token: str) -> str:
    return _HEAD.format(title=escape(title), site=escape(site), token=token, list=LIST_PATH, instance=_INSTANCE)


def _foot(notice: str, visit: int) -> str:
    return _FOOT.format(notice=escape(notice), count=700_000 + visit, online=1 + visit % 9)


def _token(visit: int) -> str:
    return hashlib.sha256(str(visit).encode()).hexdigest()[:8]


def answer(path: str, known: str | None, visit: int) -> tuple[int, str, str | bytes, str | None]:
    """Status, media type, body and ETag for an address; ``known`` is the visitor's If-None-Match."""
    parts = urlsplit(path)
    if parts.path == "/robots.txt":
        return 200, "text/plain", ROBOTS, None
    if parts.path in ("/", LIST_PATH):
        said = parse_qs(parts.query).get(_CUR, ["1"])[0]
        return 200, "text/html", list_page(max(1, int(said)) if said.isdigit() else 1, visit), None
    for article in load_demo()[2]:
        if article.annex and parts.path == _annex_address(article.annex):
            return 200, f"{DOCX}.document", annex_document(article.annex), None
        if parts.path == _address(article):
            tag = f'"{hashlib.sha256(repr(article).encode()).hexdigest()[:16]}"'
            return (
                (304, "text/html", "", tag) if known == tag else (200, "text/html", article_page(article, visit), tag)
            )
    return 404, "text/html", "<html><body><h1>Không tìm thấy trang</h1></body></html>", None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    # Head and body in one packet: two of them wait for each other's acknowledgement.
    wbufsize = -1
    visits = itertools.count(1)

    def do_GET(self) -> None:
        status, kind, text, tag = answer(self.path, self.headers.get("If-None-Match"), next(self.visits))
        body = text.encode() if isinstance(text, str) else text
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Type", f"{kind}; charset=UTF-8" if isinstance(text, str) else kind)
            self.send_header("Content-Length", str(len(body)))
        if tag is not None:
            self.send_header("ETag", tag)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Visits are not printed: the collector tells of them."""


@contextmanager
def demo_portal(port: int = PORT) -> Iterator[str]:
    """Serve the portal on 127.0.0.1 for as long as the block lasts; gives the address of its list.

    ``port`` 0 takes any that is free. Raises ``CollectError`` if the port is taken.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    except OSError as error:
        mend = "stop what uses it, or give another --port"
        raise CollectError(f"port {port} cannot be used ({error.strerror})", where="127.0.0.1", mend=mend) from None
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{LIST_PATH}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
