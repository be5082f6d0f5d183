"""Pages on which the family's ways go wrong, and the selectors of their source with which they are read."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ntm_extract.clean import read_capture
from ntm_extract.model import Article, Capture
from ntm_extract.sources import Source

URL = "https://huyen.example.gov.vn/web/huyen/tin-tuc/-/asset_publisher/k3Dsm2Qw8yTz/content/so-ket"
TITLE = "Sơ kết công tác xây dựng nông thôn mới sáu tháng đầu năm"
BODY = (
    "Sáng 4/1, UBND huyện họp sơ kết việc xây dựng nông thôn mới.",
    "Đến nay 12 xã đạt chuẩn.",
    "Xã Thọ Thành đạt 16/19 tiêu chí.",
)
ABOUT = (
    "Huyện nằm ở phía đông bắc của tỉnh, cách thành phố 55 km, có diện tích tự nhiên hơn 54 nghìn ha và 39 đơn vị hành "
    "chính cấp xã; nhân dân sống chủ yếu bằng nghề nông, có truyền thống hiếu học và yêu nước từ nhiều đời nay. "
)
# Liferay by address. Its own class of body holds what is told of the district on every page; the headline is no
# heading, and the day stands in words of this portal alone, beside today's.
PAGE = f"""<html><head><title>Cổng thông tin điện tử huyện</title></head><body>
<h1>Chào mừng đến với cổng thông tin của huyện</h1><div class="date">Thứ hai, 06/02/2023</div>
<aside class="sidebar-news widget"><div class="cell t3">{TITLE}</div>
<span class="d9">Bài ra ngày 04 . 01 . 2023 (số 7)</span>
<span id="x17">{"<br>".join(BODY)}<br><a href="/a.pdf">Phụ lục</a></span></aside>
<div class="journal-content-article"><p>{ABOUT * 2}</p><p>{ABOUT * 2}</p></div></body></html>"""
OWN = {"title": "aside > div.t3:first-child", "date": "span.d9", "body": "#x17"}


def source(selectors: Any, **fields: Any) -> Source:
    row = {
        "name": "mine",
        "publisher": "Cổng thử nghiệm",
        "family": "B",
        "kind": "listing",
        "home": {"province": "Nghệ An"},
        "start": ["https://huyen.example.gov.vn/web/huyen/tin-tuc"],
        "dates": ["%d . %m . %Y", "%d/%m/%Y"],
        "selectors": selectors,
    }
    return Source.model_validate({**row, **fields})


def read(selectors: Any = (), page: str = PAGE, day: dt.date = dt.date(2023, 2, 6), **fields: Any) -> Article:
    moment = dt.datetime.combine(day, dt.time(12), dt.UTC)
    capture = Capture(URL, page.encode(), "text/html", "utf-8", moment, source="mine")
    return read_capture(capture, source(selectors, **fields))


def test_the_family_s_ways_fail_on_this_page() -> None:
    found = read()
    assert found.title != TITLE
    assert BODY[1] not in found.text
    assert found.published != dt.date(2023, 1, 4)


def test_a_page_is_read_by_the_selectors_of_its_source() -> None:
    found = read(OWN)
    assert found.title == TITLE
    assert found.text.split("\n")[0] == TITLE or found.text.split("\n")[1] == TITLE
    assert all(line in found.text.split("\n") for line in BODY)
    assert "diện tích tự nhiên" not in found.text
    assert "Chào mừng" not in found.text
    assert (found.published, found.published_by) == (dt.date(2023, 1, 4), "selectors.date of mine")
    assert not [note for note in found.notes if "selectors" in note]


@pytest.mark.parametrize("part", sorted(OWN))
def test_one_selector_alone_is_used_and_the_rest_is_the_family_s(part: str) -> None:
    found = read({part: OWN[part]})
    if part != "body":  # whose place leads to the headline over it, too
        assert (found.title == TITLE) == (part == "title")
    assert (found.published == dt.date(2023, 1, 4)) == (part == "date")
    assert (BODY[1] in found.text) == (part == "body")


@pytest.mark.parametrize("part", sorted(OWN))
def test_a_selector_that_finds_nothing_leaves_the_family_s_way_and_is_noted(part: str) -> None:
    found, without = read({part: "#khong-co"}), read()
    assert found.text == without.text
    assert found.title == without.title
    assert found.published == without.published
    assert [note for note in found.notes if note not in without.notes] == [
        f"selectors.{part} of mine finds nothing, so the family's way was gone"
    ]


def test_selectors_hold_for_their_time() -> None:
    versions = [{**OWN, "valid_to": "2023-06-30"}, {"body": ".journal-content-article", "valid_from": "2023-07-01"}]
    before, after = read(versions), read(versions, day=dt.date(2024, 1, 1))
    assert before.title == TITLE
    assert BODY[1] in before.text
    assert after.title != TITLE
    assert "diện tích tự nhiên" in after.text
    assert source(versions).selectors_on(dt.date(2023, 6, 30)).title == OWN["title"]
    assert source(versions).selectors_on().body == ".journal-content-article"
    assert source([{**OWN, "valid_from": "2023-01-01"}]).selectors_on(dt.date(2022, 1, 1)).of_article == {}


def test_a_date_that_only_an_attribute_gives() -> None:
    page = PAGE.replace(
        '<span class="d9">Bài ra ngày 04 . 01 . 2023 (số 7)', '<time class="d9" datetime="2023-01-04T08:00">Hôm kia'
    )
    assert read({"date": "time.d9"}, page).published == dt.date(2023, 1, 4)


def test_what_is_hidden_is_not_read_whatever_names_it() -> None:
    page = PAGE.replace('<span id="x17">', '<span id="x17" style="display:none">')
    assert BODY[1] not in read(OWN, page).text
