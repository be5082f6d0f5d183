"""The documents that articles link to: found, fetched within their bounds, led back to the article that names them."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import lxml.html
import pytest
import yaml
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from ntm_extract.clean import read_capture, unpacked
from ntm_extract.collect import archive_verify, collect, detect, iter_captures
from ntm_extract.collect.journal import JOURNAL
from ntm_extract.collect.portal import read_documents
from ntm_extract.dataset import Dataset
from ntm_extract.errors import InputError
from ntm_extract.model import Capture
from ntm_extract.sources import Source
from tests.collect.serving import Answer, Hit, Portal, SmallPortal, serving, source_of
from tests.collect.test_crawl import events, rows, run, states
from tests.collect.test_ladder import archive
from tests.conftest import ARTICLE, Call
from tests.written_documents import mail, minutes, report, with_mail, with_merged_cells, zipped

TABLE = yaml.safe_load((Path(__file__).parents[1] / "tables" / "documents_linked.yml").read_text(encoding="utf-8"))
BODY = "Ủy ban nhân dân huyện vừa có quyết định công nhận các xã đạt chuẩn nông thôn mới nâng cao trong năm vừa qua. "
PAGE = (
    "<html><body><nav><a href='/huong-dan.pdf'>Hướng dẫn</a></nav><div id=main><h1>Công nhận xã nông thôn mới</h1>"
    "<div class=detail><p>Ngày đăng 05/01/2023</p><p>{body}</p><p>{links}</p></div></div>"
    "<footer><a href='/so-do.pdf'>Sơ đồ</a></footer></body></html>"
)


# ------------------------------------------------------------------ which links are an article's documents


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case["what"])
def test_documents_of_an_article_are_told_from_other_links(case: dict[str, Any]) -> None:
    base = "https://yenthanh.example.gov.vn/tin-tuc/bai-viet-so-00001.html"
    source = Source.model_validate(
        {
            "name": "mine",
            "publisher": "Cổng thử nghiệm",
            "family": "F",
            "kind": "listing",
            "home": {"province": "Nghệ An"},
            "start": [base],
            "documents": case.get("rule", {}),
            "selectors": case.get("selectors", {}),
        }
    )
    tree = lxml.html.document_fromstring(case["page"].replace("BODY", BODY * 3))
    assert list(read_documents(tree, base, source)) == case["documents"]


# ------------------------------------------------------------------ fetching them


class WithDocuments(SmallPortal):
    """A portal with three articles, the first of which names documents of every kind."""

    def __init__(self, links: str) -> None:
        super().__init__(articles=3)
        self.robots = "User-agent: *\nDisallow: /kin/\n"
        self.files: dict[str, Answer] = {
            "/tep/phu-luc.docx": Answer(minutes(), headers={"Content-Type": "application/octet-stream", "ETag": '"a"'}),
            "/tep/quyet-dinh.pdf": Answer(report(), headers={"Content-Type": "application/pdf"}),
            "/tep/ho-so.zip": Answer(
                zipped([("Phụ lục 1.docx", with_merged_cells()), ("b.txt", ARTICLE.encode()), ("anh.jpg", b"x")]),
                headers={"Content-Type": "application/zip"},
            ),
        }
        self.extra[self.path(1)] = Answer(PAGE.format(body=BODY * 3, links=links))

    def __call__(self, hit: Hit) -> Answer:
        found = self.files.get(hit.path.partition("?")[0])
        if (
            found is not None
            and found.headers.get("ETag")
            and hit.headers.get("if-none-match") == found.headers["ETag"]
        ):
            return Answer(status=304, headers=found.headers)
        return found or super().__call__(hit)


def links(*addresses: str) -> str:
    return " ".join(f'<a href="{address}">Tải về</a>' for address in addresses)


def documents(folder: Path) -> dict[str, tuple[str, str | None, str | None]]:
    """State, reason and naming article of each document."""
    found = rows(folder, "SELECT url, state, reason, ask FROM pages WHERE role = 'document'")
    return {
        "/" + url.split("/", 3)[3]: (state, reason, json.loads(ask or "{}").get("named_by"))
        for url, state, reason, ask in found
    }


def test_documents_are_collected_with_their_article(tmp_path: Path) -> None:
    routes = WithDocuments(links("/tep/phu-luc.docx", "/tep/quyet-dinh.pdf", "/tep/ho-so.zip"))
    with serving(routes) as portal:
        named_by = portal.url + routes.path(1)
        summary = run(source_of(portal), tmp_path)
        before = len(portal.hits)
        again = run(source_of(portal), tmp_path)
        asked = [hit for hit in portal.hits[before:] if hit.path == "/tep/phu-luc.docx"]
    assert (summary.new, summary.documents) == (3, 3)
    assert {state for state, _, _ in documents(tmp_path).values()} == {"done"}
    assert not {"/huong-dan.pdf", "/so-do.pdf"} & set(portal.asked())
    captures = {capture.url.rpartition("/")[2]: capture for capture in iter_captures(tmp_path)}
    assert len(captures) == 6
    for name in ("phu-luc.docx", "quyet-dinh.pdf", "ho-so.zip"):
        assert captures[name].named_by == named_by
        assert captures[name].source == "mine"
    assert sum(capture.named_by is not None for capture in captures.values()) == 3
    assert "Nơi nhận:" in read_capture(captures["phu-luc.docx"]).text
    # A second run asks whether they have changed, and nothing stands in the archive twice.
    assert again.documents == 0
    assert [hit.headers["if-none-match"] for hit in asked] == ['"a"']
    kinds = Counter(rows(tmp_path, "SELECT kind FROM captures WHERE url LIKE '%/tep/%' AND run = 2"))
    assert kinds == {("revisit",): 3}
    assert archive_verify(tmp_path).sound


def test_the_archive_alone_tells_which_article_named_a_document(tmp_path: Path) -> None:
    routes = WithDocuments(links("/tep/phu-luc.docx"))
    with serving(routes) as portal:
        run(source_of(portal), tmp_path)
    (tmp_path / JOURNAL).unlink()
    named = {capture.url: capture.named_by for capture in iter_captures(tmp_path)}
    assert named[f"{portal.url}/tep/phu-luc.docx"] == portal.url + routes.path(1)


def test_documents_are_bounded_and_what_is_wrong_with_them_is_named(tmp_path: Path) -> None:
    wrong = links(
        "/tep/loi.pdf", "/tep/khong-co.pdf", "/kin/mat.pdf", "/tep/lon.zip", "/tep/di.pdf", "/tep/phu-luc.docx"
    )
    routes = WithDocuments(wrong)
    routes.files |= {
        "/tep/loi.pdf": Answer("<html><body>Phiên làm việc đã hết hạn</body></html>"),
        "/tep/lon.zip": Answer(b"PK\x03\x04" + bytes(300_000), headers={"Content-Type": "application/zip"}),
    }
    with serving(routes) as portal, serving(routes, "127.0.0.2") as elsewhere:
        routes.files["/tep/di.pdf"] = Answer(status=302, headers={"Location": f"{elsewhere.url}/tep/quyet-dinh.pdf"})
        summary = run(source_of(portal, documents={"most": 10, "megabytes": 0.2}), tmp_path)
        assert not elsewhere.hits
    found = documents(tmp_path)
    assert found["/tep/loi.pdf"][:2] == ("failed", "not a document: media type text/html")
    assert found["/tep/khong-co.pdf"][:2] == ("gone", "status 404")
    assert found["/kin/mat.pdf"][:2] == ("refused", "robots.txt disallows it")
    assert found["/tep/lon.zip"][0] == "failed"
    assert str(found["/tep/lon.zip"][1]).startswith("too large: more than 0.2 MB")
    assert found["/tep/di.pdf"][0] == "refused"
    assert found["/tep/phu-luc.docx"][0] == "done"
    assert {"not a document", "too large", "foreign host", "robots.txt"} <= events(tmp_path)
    assert summary.documents == 1
    assert "/kin/mat.pdf" not in portal.asked()
    assert states(tmp_path) == {"done": 3}


def test_no_more_documents_are_asked_for_than_the_source_allows(tmp_path: Path) -> None:
    routes = WithDocuments(links("/tep/phu-luc.docx", "/tep/quyet-dinh.pdf", "/tep/ho-so.zip"))
    with serving(routes) as portal:
        assert run(source_of(portal, documents={"most": 0}), tmp_path / "none").documents == 0
        assert run(source_of(portal, documents={"most": 2}), tmp_path / "most").documents == 2
        assert run(source_of(portal, documents={"total": 1}), tmp_path / "total").documents == 1
    assert events(tmp_path / "total") == {"many documents"}


def test_a_limit_on_articles_leaves_none_without_its_documents(tmp_path: Path) -> None:
    routes = WithDocuments(links("/tep/phu-luc.docx"))
    with serving(routes) as portal:
        summary = run(source_of(portal), tmp_path, limit=1)
    assert (summary.new, summary.documents) == (1, 1)


def test_documents_of_another_host_need_a_rule(tmp_path: Path) -> None:
    with serving(WithDocuments(""), "127.0.0.2") as other:
        routes = WithDocuments(links(f"{other.url}/tep/phu-luc.docx"))
        with serving(routes) as portal:
            assert run(source_of(portal), tmp_path / "without").documents == 0
            assert not other.hits
            assert run(source_of(portal, documents={"hosts": [other.host]}), tmp_path / "with").documents == 1
            assert other.asked(robots=True) == ["/robots.txt", "/tep/phu-luc.docx"]


def test_one_document_under_two_addresses_is_one(tmp_path: Path) -> None:
    routes = WithDocuments(links("/tep/phu-luc.docx", "/tep/ban-sao.docx"))
    routes.files["/tep/ban-sao.docx"] = routes.files["/tep/phu-luc.docx"]
    with serving(routes) as portal:
        assert run(source_of(portal), tmp_path).documents == 1
    assert documents(tmp_path)["/tep/ban-sao.docx"][0] == "duplicate"


# ------------------------------------------------------------------ where the portal is gone


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Portal, Path]:
    """A portal that is no more, and the archive that was made of it."""
    folder = tmp_path_factory.mktemp("gone")
    with serving(WithDocuments(links("/tep/phu-luc.docx", "/tep/quyet-dinh.pdf"))) as portal:
        run(source_of(portal), folder)
    return portal, folder


def test_documents_of_an_archive_that_is_a_source(gone: tuple[Portal, Path], tmp_path: Path) -> None:
    portal, folder = gone
    for path in folder.glob("*.warc.gz"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (name,) = (path.name for path in tmp_path.glob("*.warc.gz"))
    source = source_of(portal, kind="warc", start=[name], folder=tmp_path)
    for _ in range(2):
        run(source, tmp_path / "out")
    assert {state for state, _, _ in documents(tmp_path / "out").values()} == {"done"}
    named = Counter(capture.named_by for capture in iter_captures(tmp_path / "out"))
    assert named == {None: 3, f"{portal.url}{SmallPortal().path(1)}": 2}
    assert archive_verify(tmp_path / "out").sound


def test_documents_are_asked_of_the_archive_that_has_the_article(gone: tuple[Portal, Path], tmp_path: Path) -> None:
    portal, folder = gone
    held = {capture.url: capture for capture in iter_captures(folder)}
    lost = f"{portal.url}/tep/quyet-dinh.pdf"

    def wayback(hit: Hit) -> Answer:
        if hit.path.startswith("/cdx"):
            table = [["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]]
            named = [url for url in held if "/tin-tuc/" in url]
            table += [["-", "20230105000000", url, "text/html", "200", "A", "9"] for url in named]
            return Answer(json.dumps(table), headers={"Content-Type": "application/json"})
        url = hit.path.partition("id_/")[2]
        if url not in held or url == lost:
            return Answer("", 404)
        return Answer(held[url].content, headers={"Content-Type": held[url].media_type or ""})

    with serving(wayback, "127.0.0.3") as server:
        place = archive(
            "internet-archive",
            dialect="arrays",
            index=f"{server.url}/cdx",
            pages=f"{server.url}/web/{{timestamp}}id_/{{url}}",
        )
        source = source_of(portal, archives={"hosts": [portal.host]}, pace={"attempts": 1})
        summary = collect([source], tmp_path, archives=[place], moved=(), from_archives=True)
    assert (summary.new, summary.documents) == (3, 1)
    assert {path: state for path, (state, _, _) in documents(tmp_path).items()} == {
        "/tep/phu-luc.docx": "done",
        "/tep/quyet-dinh.pdf": "gone",
    }
    (document,) = [capture for capture in iter_captures(tmp_path) if capture.named_by]
    assert (document.url, document.content) == (
        f"{portal.url}/tep/phu-luc.docx",
        held[f"{portal.url}/tep/phu-luc.docx"].content,
    )
    assert archive_verify(tmp_path).sound


# ------------------------------------------------------------------ reading them


def test_documents_reach_the_dataset_as_articles_of_their_own(call: Call, tmp_path: Path) -> None:
    routes = WithDocuments(links("/tep/phu-luc.docx", "/tep/ho-so.zip"))
    with serving(routes) as portal:
        folder = tmp_path / "sources"
        folder.mkdir()
        row = {
            **json.loads(source_of(portal).model_dump_json(exclude={"name", "folder"}, exclude_none=True)),
            "pace": {"seconds": 0, "timeout": 5},
        }
        (folder / "mine.yml").write_text(yaml.safe_dump(row, allow_unicode=True), encoding="utf-8")
        asked = ("run", "mine", "--sources", folder, "--formats", "none")
        first = call(*asked, "--out", "out")
        second = call(*asked, "--out", "out")
        address = portal.url + routes.path(1)
        single = call("run", address, "--sources", folder, "--formats", "none", "--out", "single")
    with Dataset.open(tmp_path / "out" / "dataset.sqlite", read_only=True) as dataset:
        found = {
            url: (source, named_by)
            for url, source, named_by in dataset.query("SELECT url, source, named_by FROM article_sources")
        }
        facts = list(dataset.query("SELECT a.url FROM achievements AS f JOIN articles AS a ON a.id = f.article_id"))
    for name in ("phu-luc.docx", "ho-so.zip#Ph%E1%BB%A5%20l%E1%BB%A5c%201.docx", "ho-so.zip#b.txt"):
        assert found[f"{portal.url}/tep/{name}"] == ("mine", address)
    assert found[address] == ("mine", None)
    assert any("/tep/" in url for (url,) in facts)
    assert "0 new, 0 changed" in second.out, (first.err, second.err)
    with Dataset.open(tmp_path / "single" / "dataset.sqlite", read_only=True) as dataset:
        assert list(dataset.query("SELECT count(*) FROM article_sources WHERE named_by IS NOT NULL")) == [(3,)]
    assert single.status == 0, single.err


def test_an_archive_of_files_without_documents_is_told() -> None:
    (fault,) = unpacked(Capture("https://a.gov.vn/anh.zip", zipped([("a.jpg", b"x")])))
    assert isinstance(fault, InputError)
    assert "holds no document" in str(fault)
    (page,) = unpacked(Capture("https://a.gov.vn/a.html", b"<p>a"))
    assert isinstance(page, Capture)
    assert page.url == "https://a.gov.vn/a.html"


def test_mails_in_a_web_archive_are_read_with_what_is_attached_to_them(tmp_path: Path) -> None:
    inner = mail([("bien ban.docx", minutes())], text=f"Chuyển tiếp. {BODY}")
    outer = with_mail(mail([("a.zip", zipped([("b.txt", BODY.encode())]))], text=BODY), inner)
    only = mail([("thu.eml", inner), ("c.txt", BODY.encode())])
    address = "https://a.gov.vn/thu"
    with (tmp_path / "thu.warc.gz").open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number, content in enumerate((outer, only)):
            head = StatusAndHeaders("200 OK", [("Content-Type", "message/rfc822")], protocol="HTTP/1.1")
            place = f"{address}/{number}"
            record = writer.create_warc_record(place, "response", payload=io.BytesIO(content), http_headers=head)
            writer.write_record(record)
            record.raw_stream.close()  # warcio put the payload into a temporary file
    found = [part for capture in iter_captures(tmp_path / "thu.warc.gz") for part in unpacked(capture)]
    parts = [part for part in found if isinstance(part, Capture)]
    assert len(parts) == len(found)
    names = ["0", "0#a.zip%21b.txt", "0#3.eml", "0#3.eml%21bien%20ban.docx"]
    names += ["1#thu.eml", "1#thu.eml%21bien%20ban.docx", "1#c.txt"]
    assert [part.url.removeprefix(f"{address}/") for part in parts] == names
    assert {part.warc_offset for part in parts} == {parts[0].warc_offset, parts[-1].warc_offset}
    articles = {part.url: read_capture(part) for part in parts}
    title = "Tình hình xây dựng nông thôn mới huyện Kỳ Anh"
    assert [article.title for url, article in articles.items() if url.endswith((".eml", "/0"))] == [title] * 3
    assert "BAN CHỈ ĐẠO NTM" in articles[f"{address}/0#3.eml%21bien%20ban.docx"].text


def test_detect_tells_the_documents_of_an_article() -> None:
    routes = WithDocuments(links("/tep/phu-luc.docx"))
    with serving(routes) as portal:
        found = detect(portal.url + routes.path(1))
        assert found.documents == (f"{portal.url}/tep/phu-luc.docx",)
        assert portal.asked() == [routes.path(1)]
