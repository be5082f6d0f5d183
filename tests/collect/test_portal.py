"""What pages of each portal family lead to, from saved pages alone."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from ntm_extract.collect import portal
from ntm_extract.collect.address import encoded, identity, is_open, resolved, trap_in
from ntm_extract.sources import Source
from tests.collect.serving import source_of

TABLES = Path(__file__).parent.parent / "tables"
LISTS, FEEDS, ADDRESSES = (
    yaml.safe_load((TABLES / f"collect_{name}.yml").read_text(encoding="utf-8"))
    for name in ("lists", "feeds", "addresses")
)


def source(case: dict[str, Any]) -> Source:
    fields = {name: case[name] for name in ("article", "selectors") if name in case}
    fields["family"] = case.get("family") if "article" in case else case.get("family", "F")
    return source_of("https://huyen.tinh.gov.vn", keywords=[], **fields)


@pytest.mark.parametrize("case", LISTS, ids=lambda case: case["name"])
def test_lists_name_their_articles_and_where_they_go_on(case: dict[str, Any]) -> None:
    tree = portal.parse_page(f"<html><body>{case['html']}</body></html>")
    found = portal.read_list(tree, case["url"], source(case), number=case.get("number", 1))
    assert [[item.url, item.date] for item in found.items] == case["items"]
    assert all(item.title for item in found.items)
    step = found.next
    if case["next"] is None:
        assert step is None
        return
    assert step is not None
    assert step.number == case.get("number", 1) + 1
    if isinstance(case["next"], str):
        assert (step.url, step.form) == (case["next"], None)
    else:
        assert step.form is not None
        assert [step.url, step.form["__EVENTTARGET"], step.form["__EVENTARGUMENT"]] == case["next"]
        assert dict(step.form) == case.get("form", dict(step.form))
        assert step.key != identity(step.url)


@pytest.mark.parametrize(
    "case", [case for case in LISTS if case.get("family") and "selectors" not in case], ids=lambda case: case["name"]
)
def test_the_family_is_told_by_address_links_and_markup(case: dict[str, Any]) -> None:
    tree = portal.parse_page(case["html"])
    links = [link for link in (resolved(case["url"], node.get("href") or "") for node in tree.iter("a")) if link]
    family = portal.detect_portal(case["url"], case["html"], links)
    assert family is not None
    assert family.family == case["family"]


def test_pages_of_no_family_are_told_as_such() -> None:
    assert portal.detect_portal("https://a.vn/", "<p>Xin chào", ["https://a.vn/lien-he"]) is None


@pytest.mark.parametrize("case", FEEDS, ids=lambda case: case["name"])
def test_feeds_sitemaps_and_json(case: dict[str, Any]) -> None:
    found = portal.read_feed(case["text"].encode(), None, case["url"], source({"family": "F"}))
    assert [[item.url, item.date] for item in found.items] == case["items"]
    assert list(found.lists) == case.get("lists", [])
    assert (found.next.url if found.next else None) == case.get("next")


@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("family", "ABCDEF")
def test_articles_of_the_recorded_pages_are_told_as_articles(family: str, number: int) -> None:
    """The pages by which reading is tested are told by their addresses and markup, as far as these tell."""
    folder = Path(__file__).parent.parent / "pages"
    row = yaml.safe_load((folder / f"{family}-{number}.yml").read_text(encoding="utf-8"))
    page = (folder / f"{family}-{number}.html").read_bytes()
    found = portal.detect_portal(row["url"], portal.decoded(page, None)[0], [])
    assert (found.family if found else None) == row["family"]
    # A bare slug of WordPress is told from a list's only by its length: such portals have feeds.
    if (found and any(char.isdigit() for char in row["url"])) or family < "F":
        assert found
        assert found.article.search(row["url"])


@pytest.mark.parametrize(("one", "other"), ADDRESSES["same"])
def test_addresses_of_one_page(one: str, other: str) -> None:
    assert identity(one) == identity(other)


@pytest.mark.parametrize(("one", "other"), ADDRESSES["different"])
def test_addresses_of_two_pages(one: str, other: str) -> None:
    assert identity(one) != identity(other)


@pytest.mark.parametrize(("url", "why"), ADDRESSES["traps"])
def test_endless_paths(url: str, why: str) -> None:
    assert why in (trap_in(url) or "")
    assert trap_in("https://a.gov.vn/" + "x" * 3000)


@pytest.mark.parametrize("url", ADDRESSES["no_traps"])
def test_paths_that_end(url: str) -> None:
    assert trap_in(url) is None


@pytest.mark.parametrize("address", ADDRESSES["closed"])
def test_private_addresses(address: str) -> None:
    assert not is_open(address)


@pytest.mark.parametrize("address", ADDRESSES["open"])
def test_public_addresses(address: str) -> None:
    assert is_open(address)


def test_a_private_network_is_open_to_who_is_let_in() -> None:
    assert is_open("10.1.2.3", [ipaddress.ip_network("10.1.0.0/16")])
    assert is_open("::ffff:10.1.2.3", [ipaddress.ip_network("10.1.0.0/16")])
    assert not is_open("10.2.2.3", [ipaddress.ip_network("10.1.0.0/16")])


@pytest.mark.parametrize("link", ["mailto:a@b.vn", "javascript:void(0)", "tel:0123", "http://[", "http://a:port/"])
def test_links_that_lead_nowhere(link: str) -> None:
    assert resolved("https://a.gov.vn/", link) is None


@given(st.text(max_size=40), st.text(max_size=20))
def test_encoding_is_ascii_and_says_nothing_new_the_second_time(path: str, query: str) -> None:
    url = resolved("https://a.gov.vn/x/", f"/{path}?q={query}")
    if url is not None:
        assert url.isascii()
        assert encoded(url) == url
        assert identity(url) == identity(encoded(url))


@example(b"<:")
@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_error(content: bytes) -> None:
    text, _ = portal.decoded(content, None)
    tree = portal.parse_page(text)
    if tree is not None:
        portal.visible_text(tree)
        portal.read_list(tree, "https://huyen.tinh.gov.vn/", source({"family": "F"}))
    portal.read_feed(content, None, "https://huyen.tinh.gov.vn/rss", source({"family": "F"}))


def test_what_a_page_says_of_its_encoding_counts_only_where_it_is_true() -> None:
    text = "Xã đạt chuẩn nông thôn mới"
    assert portal.decoded(text.encode(), "iso-8859-1") == (text, None)
    assert portal.decoded(text.encode("cp1258", "ignore"), "cp1258")[1] is None
    broken, odd = portal.decoded(text.encode() + b"\xff", "utf-8")
    assert broken.startswith(text)
    assert odd
    assert portal.decoded(b'<meta charset="windows-1252">\xe9', None)[0].endswith("é")
    assert portal.decoded(b"\xe9", "klingon")[1]


def test_texts_are_compared_without_what_counts_readers() -> None:
    def text(sentence: str, counter: str) -> str:
        page = f"<body><p>{sentence}</p><script>var x=1</script><template><p>x</p></template>{counter}"
        return portal.visible_text(portal.parse_page(page))

    sentence = "Đến nay toàn huyện có <b>16</b>/19 xã đạt chuẩn nông thôn mới nâng cao"
    one = text(sentence, "<p>Lượt xem: 93</p>")
    assert one == "Đến nay toàn huyện có 16/19 xã đạt chuẩn nông thôn mới nâng cao\nLượt xem: 93"
    same = text(sentence.replace(" có ", "\n có  "), "<style>p{}</style><!-- x --><br>Lượt xem: 1.094")
    other = text(sentence.replace("16", "17"), "<p>Lượt xem: 93</p>")
    assert portal.text_key(one) == portal.text_key(same)
    assert portal.text_key(one) != portal.text_key(other)
    assert portal.letters_key(one) == portal.letters_key(other)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2023-09-13T08:00:00Z", dt.date(2023, 9, 13)),
        ("Tue, 24 Dec 2019 03:56:00 +0700", dt.date(2019, 12, 24)),
        ("x", None),
        ("", None),
    ],
)
def test_moments_of_feeds(text: str, day: dt.date | None) -> None:
    assert portal.parse_moment(text) == day
