"""Bytes, texts and pages -> articles."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import time
import unicodedata
from collections import Counter
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import pytest
import trafilatura
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_extract.clean import detect_family, read_bytes, read_capture, read_file, read_text
from ntm_extract.clean.encoding import (
    decode,
    decode_tcvn3,
    decode_viscii,
    decode_vni,
    decode_windows_1258,
    is_vietnamese,
    mend,
    normalise,
)
from ntm_extract.clean.html import load_families, parse_url_date
from ntm_extract.clean.text import Byline, is_sentence, parse_byline
from ntm_extract.errors import InputError
from ntm_extract.model import Article, Capture

HERE = Path(__file__).parent
PAGES = sorted((HERE / "pages").glob("*.html"))


def load_table(name: str) -> Any:
    return yaml.safe_load((HERE / "tables" / name).read_text(encoding="utf-8"))


LETTERS = load_table("clean_letters.yml")
TEXTS = load_table("clean_texts.yml")
BYLINES = load_table("clean_bylines.yml")

# Every letter of the alphabet with every mark, in our own sentences.
SENTENCES = (
    "Xã Kỳ Phong phấn đấu đạt chuẩn nông thôn mới nâng cao trước ngày 30 tháng 9, hoàn thành đủ mười chín tiêu chí.",
    "Bà con xóm Đoài góp hơn bốn trăm ngày công, hiến đất mở rộng đường và sửa lại kênh mương bị vỡ.",
    "Huyện ủy yêu cầu các phòng, ban kiểm tra kỹ từng hộ nghèo, lũy kế số vốn đã giải ngân và chỉ rõ chỗ yếu.",
    "Ở ấp Mỹ Thuận, mẫu nhà ở cũ kỹ đã được thay; cỏ dại, rãnh bẩn không còn, đêm về đèn sáng tỏ khắp ngõ.",
)


# ------------------------------------------------------------------ encodings


def encode(text: str, encoding: str) -> bytes:
    """Bytes by the charts of ``clean_letters.yml``; letters without a byte of their own in lower case."""
    if encoding == "windows-1258":
        return b"".join(map(_encode_1258, text))
    chart = {row["letter"]: bytes.fromhex(row[encoding]) for row in LETTERS if encoding in row}
    return b"".join(chart.get(char) or chart.get(char.lower()) or char.encode("cp1252") for char in text)


def _encode_1258(char: str) -> bytes:
    decomposed = unicodedata.normalize("NFD", char)
    tone = "".join(mark for mark in decomposed if mark in "\u0300\u0301\u0303\u0309\u0323")
    base = unicodedata.normalize("NFC", "".join(mark for mark in decomposed if mark not in tone))
    return (base + tone).encode("cp1258")


READERS = {"tcvn3": decode_tcvn3, "viscii": decode_viscii, "vni": decode_vni}


@pytest.mark.parametrize("encoding", READERS)
def test_every_letter_is_read_as_its_chart_says(encoding: str) -> None:
    wrong = {
        row["letter"]: READERS[encoding](bytes.fromhex(row[encoding]))
        for row in LETTERS
        if encoding in row and READERS[encoding](bytes.fromhex(row[encoding])) != row["letter"]
    }
    assert wrong == {}
    assert sum(encoding in row for row in LETTERS) >= 90


def test_every_letter_is_read_from_windows_1258() -> None:
    assert [row["letter"] for row in LETTERS if decode_windows_1258(_encode_1258(row["letter"])) != row["letter"]] == []


@pytest.mark.parametrize("encoding", ["tcvn3", "viscii", "vni", "windows-1258"])
@given(parts=st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None)
def test_legacy_bytes_are_told_apart_and_read(encoding: str, parts: list[str]) -> None:
    text = "\n".join(parts)
    decoded = decode(encode(text, encoding), source="x")
    assert decoded.encoding == encoding
    if encoding == "tcvn3":  # capitals with tones are lost in the bytes
        assert decoded.text.lower() == text.lower()
    else:
        assert decoded.text == text


@pytest.mark.parametrize("encoding", ["tcvn3", "viscii", "vni", "windows-1258", "utf-8"])
def test_bytes_misread_as_latin_are_mended(encoding: str) -> None:
    text = "\n".join(SENTENCES)
    content = text.encode() if encoding == "utf-8" else encode(text, encoding)
    for wrong in ("latin-1", "cp1252"):
        try:
            misread = content.decode(wrong)
        except UnicodeDecodeError:
            continue
        mended, found = mend(misread)
        assert (mended.lower(), found) == (text.lower(), encoding)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("n«ng th«n míi", "nông thôn mới"),
        ("UBND HUYÖN THANH CH¦¥NG", "UBND HUYỆN THANH CHƯƠNG"),
        ("xaõ noâng thoân môùi", "xã nông thôn mới"),
        ("n&ocirc;ng th&#244;n m&#x1EDB;i", "nông thôn mới"),
        ("Ñaïi hoäi Ñaûng boä", "Đại hội Đảng bộ"),
    ],
)
def test_short_misread_texts_are_mended(written: str, meant: str) -> None:
    assert mend(written)[0] == meant


@pytest.mark.parametrize(
    "text",
    [
        *SENTENCES,
        "Diện tích 15 m², dung sai ±2 %, giá 1½ triệu «Dân vận khéo» – 30 °C × 2",
        "Café résumé naïve Müller",
        "AT&T; R&D",
        "",
    ],
)
def test_good_text_is_left_alone(text: str) -> None:
    assert mend(text) == (text, None)


def test_a_misread_body_in_a_good_page_is_mended_line_by_line() -> None:
    text = f"{SENTENCES[0]}\n{encode(SENTENCES[1], 'tcvn3').decode('latin-1')}\n{SENTENCES[2]}"
    assert mend(text) == ("\n".join(SENTENCES[:3]), "tcvn3")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16"])
def test_unicode_encodings(encoding: str) -> None:
    text = "\n".join(SENTENCES)
    article = read_bytes(text.encode(encoding), source="x")
    assert article.text == text
    assert article.encoding == {"utf-16": "utf-16-le"}.get(encoding, encoding)


def test_decomposed_and_invisible_characters_come_out_in_one_form() -> None:
    text = SENTENCES[0]
    dirty = unicodedata.normalize("NFD", text).replace(" ", "\u00a0", 3).replace("phấn", "ph\u200bấn")
    assert read_text("\ufeff" + dirty.replace("tiêu", "ti\u00adêu") + "\u200b").text == text
    assert normalise("Ðảng bộ") == "Đảng bộ"


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)


def test_a_character_cut_in_two_is_dropped_and_noted() -> None:
    content = SENTENCES[0].encode() + "ộ".encode()[:2]
    article = read_bytes(content, source="x")
    assert article.text == SENTENCES[0]
    assert "cut in the middle of a character" in article.notes


def test_a_few_bad_bytes_in_a_footer_do_not_spoil_the_page() -> None:
    content = "\n".join(SENTENCES).encode() + b"\n\xe9\xff\xfe B\xe9"
    decoded = decode(content, source="x")
    assert decoded.encoding == "utf-8"
    assert decoded.text.startswith(SENTENCES[0])
    assert any("U+FFFD" in note for note in decoded.notes)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"\0\x01\x02 data \0\0", "binary"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "Office"),
        (bytes(range(1, 9)) * 40, "binary"),
        (bytes(range(128, 256)) * 8, "undecodable"),
        ("n\ufffdng th\ufffdn m\ufffdi đ\ufffdt chu\ufffdn".encode(), "broken"),
        (b"x" * 20_000_001, "20 MB"),
        (b"<!DOCTYPE html><html><head><title></title></head><body><div id=app></div></body></html>", "without text"),
    ],
)
def test_what_cannot_be_read_says_so_in_one_line(content: bytes, what: str) -> None:
    with pytest.raises(InputError, match=what) as error:
        read_bytes(content, source="bai.html")
    message = str(error.value)
    assert message.startswith("bai.html: ")
    assert "\n" not in message
    assert ";" in message  # what to do


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_file(tmp_path / "khong-co.txt")
    with pytest.raises(InputError, match="folder"):
        read_file(tmp_path)
    with pytest.raises(InputError, match="empty"):
        read_text("\n \n")


def test_a_page_that_is_not_vietnamese_or_not_of_the_subject_is_noted() -> None:
    english = read_text("The council met on Monday to discuss the new road and the budget for next year.")
    assert set(english.notes) == {"not Vietnamese", "no mention of nông thôn mới"}
    assert read_text("Bà con xóm Đoài góp hơn bốn trăm ngày công để mở đường.").notes == (
        "no mention of nông thôn mới",
    )
    assert read_text(SENTENCES[0]).notes == ()
    assert not is_vietnamese("La réunion a été présidée par le maire à l’hôtel de ville.")


# ------------------------------------------------------------------ plain text


def lines_of(article: Article) -> list[tuple[str, str]]:
    return [(block.kind, article.text[block.start : block.end]) for block in article.blocks]


@pytest.mark.parametrize("case", TEXTS, ids=[case["about"] for case in TEXTS])
def test_texts(case: dict[str, Any]) -> None:
    media_type = "text/markdown" if case.get("markdown") else None
    article = read_bytes(case["text"].encode(), source="x.txt", media_type=media_type)
    expected = [tuple(line.split(": ", 1)) for line in case["lines"]]
    found = lines_of(article)
    assert [kind for kind, _ in found] == [kind for kind, _ in expected], found
    for (_, text), (_, wanted) in zip(found, expected, strict=True):
        assert text.startswith(wanted[:-1]) if wanted.endswith("…") else text == wanted
    assert article.title == case["title"]
    assert article.published == case["published"]
    assert list(article.authors) == case["authors"]
    assert list(article.notes) == case.get("notes", []) or "notes" not in case


@pytest.mark.parametrize("row", BYLINES["signs"], ids=[row["line"] for row in BYLINES["signs"]])
def test_bylines(row: dict[str, Any]) -> None:
    wanted = Byline(*(tuple(row.get(key, ())) for key in ("authors", "agencies", "sources")))
    assert parse_byline(row["line"]) == wanted


@pytest.mark.parametrize("line", BYLINES["none"])
def test_lines_that_sign_nothing(line: str) -> None:
    assert parse_byline(line) is None


BODY = (
    *SENTENCES,
    SENTENCES[0].replace("Kỳ Phong", "Kỳ Bắc"),
    "Tuyến đường liên thôn dài 1,8 km được khởi công từ tháng ba, đến nay đã đổ bê tông được hơn một nửa.",
    "Đồng chí Chủ tịch UBND huyện đề nghị các xã còn lại khẩn trương hoàn thiện hồ sơ trình tỉnh thẩm định.",
    "Về tiêu chí môi trường, xã mới xử lý được hai trong năm điểm tồn đọng rác; thời hạn là cuối tháng mười.",
)
FURNITURE = ("Print", "Lượt xem: 93", "Chia sẻ", "image banner", "Anh-tin-bai", "ĐĂNG NHẬP", "* * *", "Cỡ chữ: A- A+")


@given(
    body=st.lists(st.sampled_from(BODY), min_size=2, max_size=6, unique=True),
    furniture=st.lists(st.tuples(st.integers(0, 6), st.sampled_from(FURNITURE)), max_size=5),
    related=st.booleans(),
    tail=st.booleans(),
)
@settings(max_examples=120, deadline=None)
def test_no_running_sentence_of_the_body_is_ever_lost(
    body: list[str], furniture: list[tuple[int, str]], related: bool, tail: bool
) -> None:
    lines = list(body)
    for place, line in furniture:
        lines.insert(min(place, len(lines)), line)
    if related:
        at = lines.index(body[-1])
        lines[at:at] = ["Tin liên quan", "Ka Đô: Vườn rau công nghệ cao", "Tu Tra làm đường hoa"]
    if tail:
        lines += ["Thu Hằng", "Các tin khác", "Khai mạc giải bóng chuyền (12/03/2022)", "© Bản quyền thuộc UBND huyện"]
    article = read_text("\n".join(["Hội nghị bàn giải pháp xây dựng nông thôn mới", *lines]))
    kept = article.text.split("\n")
    assert [line for line in kept if line in body] == body
    assert all(is_sentence(line) for line in body)
    if tail:
        assert not set(kept) & set(lines[lines.index("Các tin khác") :])
    assert not set(kept) & {line for _, line in furniture}


@given(st.lists(st.text(max_size=90), min_size=1, max_size=12))
@settings(max_examples=120, deadline=None)
def test_blocks_cover_the_text_line_by_line(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        article = read_text(text)
    except InputError:
        return
    assert "\n".join(article.text[block.start : block.end] for block in article.blocks) == article.text
    position = 0
    for block in article.blocks:
        assert block.start == position < block.end
        assert "\n" not in article.text[block.start : block.end]
        position = block.end + 1
    assert unicodedata.is_normalized("NFC", article.text)
    assert read_text(text) == article


def test_the_id_is_of_the_text_alone() -> None:
    article = read_text(SENTENCES[0], source="a.txt")
    again = read_bytes(unicodedata.normalize("NFD", SENTENCES[0]).encode("utf-16"), source="b.txt")
    assert article.id == again.id == hashlib.sha256(SENTENCES[0].encode()).hexdigest()[:16]
    assert (article.source, again.source) == ("a.txt", "b.txt")


# ------------------------------------------------------------------ pages


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def word_f1(found: str, wanted: str) -> float:
    ours, theirs = words(found), words(wanted)
    common = sum((ours & theirs).values())
    return 2 * common / (sum(ours.values()) + sum(theirs.values())) if common else 0.0


def expected_of(page: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(page.with_suffix(".yml").read_text(encoding="utf-8"))
    return loaded


def body_of(article: Article) -> str:
    return "\n".join(text for kind, text in lines_of(article) if kind not in ("title", "dateline"))


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_pages(page: Path) -> None:
    expected = expected_of(page)
    content = page.read_bytes()
    article = read_bytes(content, source=page.name, url=expected["url"])
    assert detect_family(expected["url"], content) == expected["family"]
    assert article.title == expected["title"]
    assert article.published == (dt.date.fromisoformat(expected["published"]) if expected["published"] else None)
    assert list(article.authors) == expected["authors"]
    wanted = "\n".join(expected["body"])
    ours = word_f1(body_of(article), wanted)
    assert ours >= 0.97, body_of(article)
    other = trafilatura.extract(content, include_comments=False) or ""
    theirs = word_f1("\n".join(line for line in other.split("\n") if line.strip() != expected["title"]), wanted)
    assert ours >= theirs


def test_every_family_has_its_pages() -> None:
    families = Counter(page.stem[0] for page in PAGES)
    assert set(families) == set("ABCDEF")
    assert min(families.values()) >= 4
    assert {profile.family for profile in load_families()} == set("ABCDEF")


def test_a_family_is_told_by_markup_where_the_address_is_unknown() -> None:
    told = {page.stem: detect_family(None, page.read_bytes()) for page in PAGES}
    assert {name: family for name, family in told.items() if family not in (name[0], None)} == {
        name: "C" for name in told if name[0] == "A"
    }, "family A without its address is a WebForms page like any other"


def test_a_capture_lends_its_address_and_charset() -> None:
    page = HERE / "pages" / "E-4.html"
    expected = expected_of(page)
    capture = Capture(
        url=expected["url"], content=page.read_bytes(), media_type="text/html", charset="iso-8859-1", source="van-lam"
    )
    article = read_capture(capture)
    assert (article.source, article.url, article.capture) == ("van-lam", expected["url"], capture)
    assert article.encoding == "windows-1258"
    assert article.title == expected["title"]


def page_of(body: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()


PARAGRAPHS = "".join(f"<p>{sentence}</p>" for sentence in BODY)


@pytest.mark.parametrize(
    ("url", "body", "head", "published", "method"),
    [
        ("https://x.vn/portal/Pages/2023-10-24/a1b2c3.aspx", PARAGRAPHS, "", dt.date(2023, 10, 24), "address"),
        ("https://x.vn/portal/Pages/2023-10-24/a1b2c3.aspx", "<p>Đăng lúc: 23/10/2023</p>" + PARAGRAPHS, "",
         dt.date(2023, 10, 23), "labelled line under the title"),
        ("https://x.vn/a", "<div>13/09/2023</div>" + PARAGRAPHS, "", dt.date(2023, 9, 13), "line under the title"),
        ("https://x.vn/a", PARAGRAPHS, '<meta property="article:published_time" content="2022-03-07T09:00:00+07:00">',
         dt.date(2022, 3, 7), "meta"),
        ("https://x.vn/a", PARAGRAPHS, '<script type="application/ld+json">{"datePublished": "2021-05-06"}</script>',
         dt.date(2021, 5, 6), "structured data"),
        ("https://x.vn/a", PARAGRAPHS + "<ul><li><a href=/b>Tin khác</a> 01/02/2020</li></ul>", "", None, None),
        ("https://x.vn/a", PARAGRAPHS + "<p>© 2024 Cập nhật 01/02/2024</p>", "", None, None),
    ],
)  # fmt: skip
def test_dates(url: str, body: str, head: str, published: dt.date | None, method: str | None) -> None:
    content = page_of(f"<h1>Hội nghị bàn giải pháp xây dựng nông thôn mới</h1>{body}", head)
    article = read_bytes(content, source="x", url=url)
    assert (article.published, article.published_by) == (published, method)


def test_dates_of_addresses() -> None:
    assert parse_url_date("https://x.vn/portal/Pages/2022-4-16/abc.aspx") == dt.date(2022, 4, 16)
    assert parse_url_date("https://x.vn/2022/03/07/bai/") == dt.date(2022, 3, 7)
    assert parse_url_date("https://x.vn/2022-13-40/bai/") is None
    assert parse_url_date("https://x.vn/van-ban/2022-4") is None
    assert parse_url_date(None) is None


def test_text_hidden_until_scripts_run_and_an_open_comment_are_read() -> None:
    title = "<h1>Hội nghị bàn giải pháp xây dựng nông thôn mới</h1>"
    hidden = read_bytes(page_of(f'<div style="display:none">{title}{PARAGRAPHS}</div>'), source="x")
    assert [line for line in hidden.text.split("\n") if line in BODY] == list(BODY)
    commented = read_bytes(page_of(f"<!-- quảng cáo {title}{PARAGRAPHS}"), source="x")
    assert [line for line in commented.text.split("\n") if line in BODY] == list(BODY)


def test_a_table_of_data_becomes_rows_and_a_table_of_layout_does_not() -> None:
    table = "<table><tr><th>Xã</th><th>Đạt</th></tr><tr><td>Kỳ Bắc</td><td>15/19</td></tr></table>"
    layout = f"<table><tr><td>{PARAGRAPHS}</td></tr></table>"
    article = read_bytes(page_of(f"<h1>Kết quả xây dựng nông thôn mới</h1>{layout}{table}"), source="x")
    assert [text for kind, text in lines_of(article) if kind == "table_row"] == ["Xã | Đạt", "Kỳ Bắc | 15/19"]
    assert all(sentence in article.text for sentence in BODY)


def test_a_page_says_where_it_was_saved_from() -> None:
    saved = "<!-- saved from url=(0038)https://x.vn/portal/Pages/2023-10-24/a.aspx -->"
    article = read_bytes(page_of(PARAGRAPHS).replace(b"<html>", saved.encode() + b"<html>"), source="x.html")
    assert article.url == "https://x.vn/portal/Pages/2023-10-24/a.aspx"
    assert article.published == dt.date(2023, 10, 24)


def test_a_page_saved_in_a_single_file_is_read(tmp_path: Path) -> None:
    message = MIMEMultipart("related")
    message["From"] = "<Saved by Blink>"
    message["Snapshot-Content-Location"] = "https://x.vn/portal/Pages/2023-10-24/a.aspx"
    page = MIMEText(page_of(f"<h1>Kết quả xây dựng nông thôn mới</h1>{PARAGRAPHS}").decode(), "html", "utf-8")
    page.replace_header("Content-Transfer-Encoding", "base64")
    message.attach(page)
    file = tmp_path / "bai.mhtml"
    file.write_bytes(message.as_bytes())
    article = read_file(file)
    assert article.text.split("\n")[1:] == list(BODY)
    assert (article.title, article.published) == ("Kết quả xây dựng nông thôn mới", dt.date(2023, 10, 24))


def test_a_page_of_menus_alone_is_noted() -> None:
    menu = "".join(f"<li><a href=/{number}>Chuyên mục số {number}</a></li>" for number in range(9))
    article = read_bytes(page_of(f"<ul>{menu}</ul><p>Bảng tin xã nông thôn mới</p>"), source="x")
    assert "no running text on the page" in article.notes


@pytest.mark.slow
def test_reading_is_much_faster_than_trafilatura() -> None:
    ours = theirs = 0.0
    for page in PAGES:
        content, url = page.read_bytes(), expected_of(page)["url"]
        ours += min(_seconds(lambda: read_bytes(content, source="x", url=url)) for _ in range(4))  # noqa: B023
        theirs += min(_seconds(lambda: trafilatura.extract(content)) for _ in range(4))  # noqa: B023
    # Measured .31 to .40 on these small pages and about .1 on pages of a real portal's size.
    assert ours < 0.6 * theirs


def _seconds(call: Any) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started
