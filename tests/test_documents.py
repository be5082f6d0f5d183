"""Documents: what offices write, as articles; what cannot be read, as one line."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_extract.clean import read_capture, read_file, read_files
from ntm_extract.clean.documents import SUFFIXES, document_suffix, iter_document, read_document
from ntm_extract.errors import InputError
from ntm_extract.model import Article, Capture
from tests import written_documents as written
from tests.written_documents import CAPTION, COMMUNES, HEADER, REPORT, recognised_rows


def blocks(article: Article) -> list[tuple[str, str]]:
    """Kind and text of every line."""
    return [(block.kind, article.text[block.start : block.end]) for block in article.blocks]


def rows(article: Article) -> list[list[str]]:
    """Cells of the lines that are rows."""
    return [[cell.strip() for cell in text.split("|")] for kind, text in blocks(article) if kind == "table_row"]


def only(content: bytes, suffix: str = "") -> Article:
    """The one article of a document, its lines covered by its blocks."""
    (article,) = read_document(content, source="given" + suffix, suffix=suffix)
    assert [text for _, text in blocks(article)] == article.text.split("\n")
    return article


def fault(content: bytes, suffix: str = "") -> str:
    """What is said of a document that cannot be read: one line with the place and what to do."""
    with pytest.raises(InputError) as raised:
        read_document(content, source="given", suffix=suffix)
    message = str(raised.value)
    assert "\n" not in message
    assert message.startswith("given")
    assert raised.value.mend
    return message


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ANNEX = [list(HEADER), *map(list, recognised_rows())]


# ------------------------------------------------------------------ Word


def test_minutes_keep_their_order_and_parts() -> None:
    article = only(written.minutes())
    assert blocks(article)[:13] == [
        ("masthead", "UBND HUYỆN KỲ ANH"),
        ("masthead", "BAN CHỈ ĐẠO NTM"),
        ("masthead", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        ("masthead", "Độc lập - Tự do - Hạnh phúc"),
        ("dateline", "Kỳ Anh, ngày 05 tháng 7 năm 2021"),
        ("title", "BIÊN BẢN Họp Ban Chỉ đạo xây dựng nông thôn mới quý III năm 2021"),
        (
            "paragraph",
            "Hôm nay, ngày 05 tháng 7 năm 2021, Ban Chỉ đạo xây dựng nông thôn mới huyện Kỳ Anh họp đánh giá tiến độ "
            "thực hiện các tiêu chí và bàn nhiệm vụ những tháng cuối năm.",
        ),
        ("heading", "1. Kết quả thực hiện"),
        ("paragraph", "Xã Kỳ Lạc đạt 16/19 tiêu chí, xã Kỳ Tây đạt 15/19 tiêu chí nông thôn mới."),
        ("heading", "2. Nhiệm vụ trọng tâm"),
        ("paragraph", "- Phấn đấu đến cuối năm 2021, xã Kỳ Sơn đạt chuẩn nông thôn mới."),
        ("heading", CAPTION),
        ("table_row", "TT | Xã | Huyện | Tiêu chuẩn | Năm đạt | Quyết định số"),
    ]
    assert rows(article) == ANNEX
    assert [text for _, text in blocks(article)[-5:]] == [
        "Nơi nhận:", "- Thường trực Huyện ủy;", "- Lưu: VT.", "TM. BAN CHỈ ĐẠO", "TRƯỞNG BAN",
    ]  # fmt: skip
    assert article.title == "BIÊN BẢN Họp Ban Chỉ đạo xây dựng nông thôn mới quý III năm 2021"
    assert str(article.published) == "2021-07-05"
    assert article.notes == ()
    assert {block.page for block in article.blocks} == {None}


MERGED = [
    ["TT", "Huyện", "Xã", "Số tiêu chí đạt", "Số tiêu chí đạt"],
    ["TT", "Huyện", "Xã", "Năm 2019", "Năm 2020"],
    ["Nhóm 1"],
    ["1", "Kỳ Anh", "Kỳ Lạc", "14", "16"],
    ["2", "Kỳ Anh", "Kỳ Tây", "13", "15"],
]


def test_merged_cells_stand_in_every_row_and_column_they_cover() -> None:
    assert rows(only(written.with_merged_cells())) == MERGED


def test_text_is_what_word_shows() -> None:
    assert only(written.with_hidden_parts()).text == "Xã Kỳ Châu đạt 19/19 tiêu chí nông thôn mới."


def test_footnotes_and_boxes_follow_their_paragraphs_and_pages_are_those_word_noted() -> None:
    article = only(written.with_asides())
    assert [(block.page, article.text[block.start : block.end]) for block in article.blocks] == [
        (1, "Toàn huyện có 3 xã đạt chuẩn nông thôn mới nâng cao."),
        (1, "(2) Các xã Kỳ Tân, Kỳ Thư và Kỳ Phong."),
        (1, "Huyện chọn 2 thôn làm điểm."),
        (1, "Thôn Đông Tiến được chọn làm điểm."),
        (1, "Xã Kỳ Tây đạt 15/19 tiêu chí."),
        (2, "Xã Kỳ Lạc đạt 16/19 tiêu chí."),
    ]


def test_an_annex_is_of_the_day_of_its_document() -> None:
    document = docx.Document()
    for text in ("PHỤ LỤC 02", CAPTION, "(Kèm theo Báo cáo số 47/BC-UBND ngày 18/3/2019 của UBND huyện Kỳ Anh)"):
        document.add_paragraph(text)
    written.add_table(document, ANNEX)
    article = only(written.docx_bytes(document))
    assert (str(article.published), article.published_by) == ("2019-03-18", "day of the document it is annexed to")
    assert article.title == f"PHỤ LỤC 02 {CAPTION}"


def test_old_fonts_are_read_as_letters() -> None:
    document = docx.Document()
    document.add_paragraph("X· Kú Ch©u ®¹t chuÈn n«ng th«n míi n¨m 2012, x· Kú T©n phÊn ®Êu ®¹t chuÈn n¨m 2013.")
    article = only(written.docx_bytes(document))
    assert article.text == "Xã Kỳ Châu đạt chuẩn nông thôn mới năm 2012, xã Kỳ Tân phấn đấu đạt chuẩn năm 2013."
    assert article.encoding == "utf-8 of tcvn3"


def test_lines_of_a_cell_are_parted_where_they_are_entries() -> None:
    document = docx.Document()
    table = written.add_table(document, [("Số", "Các xã đạt"), ("3", ""), ("2", "Kỳ Sơn")])
    table.cell(0, 0).add_paragraph("TT")
    table.cell(1, 1).text = "Kỳ Châu\nKỳ Tân"
    table.cell(1, 1).add_paragraph("Kỳ Thư | Kỳ Bắc")
    assert rows(only(written.docx_bytes(document))) == [
        ["Số TT", "Các xã đạt"], ["3", "Kỳ Châu; Kỳ Tân; Kỳ Thư / Kỳ Bắc"], ["2", "Kỳ Sơn"],
    ]  # fmt: skip


_WORDS = st.sampled_from([*COMMUNES, "Nông thôn mới", "2021", "16/19", "1234/QĐ-UBND", ""])


@given(st.integers(2, 5).flatmap(lambda width: st.lists(st.tuples(*[_WORDS] * width), min_size=3, max_size=6)))
@settings(max_examples=20, deadline=None)
def test_any_table_comes_back_cell_by_cell(cells: list[tuple[str, ...]]) -> None:
    cells = [
        tuple(f"Cột {at}" for at in range(len(cells[0]))),
        *((f"{at}", *row[1:]) for at, row in enumerate(cells, 1)),
    ]
    cells = [(*row[:-1], row[-1] or "x") for row in cells]
    document = docx.Document()
    document.add_paragraph("Kết quả xây dựng nông thôn mới.")
    written.add_table(document, cells)
    assert rows(only(written.docx_bytes(document))) == list(map(list, cells))


soffice = pytest.mark.skipif(
    not (shutil.which("soffice") or shutil.which("libreoffice")), reason="LibreOffice is not here"
)


@soffice
def test_doc_is_read_through_libreoffice(tmp_path: Path) -> None:
    (tmp_path / "minutes.docx").write_bytes(written.minutes())
    command = ["soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"]
    command += ["--convert-to", "doc:MS Word 97", "--outdir", str(tmp_path), str(tmp_path / "minutes.docx")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (article,) = read_document(tmp_path / "minutes.doc")
    assert article.source == str(tmp_path / "minutes.doc")
    assert article.text == only(written.minutes()).text


def test_doc_without_libreoffice_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    old = OLE + b"\0" * 600 + "WordDocument".encode("utf-16-le")
    assert "install LibreOffice" in fault(old, ".doc")


# ------------------------------------------------------------------ PDF


@pytest.fixture(scope="module")
def report() -> Article:
    return only(written.report())


def test_a_report_keeps_paragraphs_whole_over_pages_and_drops_running_heads(report: Article) -> None:
    found = blocks(report)
    expected = [
        "UBND HUYỆN KỲ ANH",
        "Số: 45/BC-UBND",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
    ]
    expected += ["Kỳ Anh, ngày 12 tháng 7 năm 2021", "BÁO CÁO Kết quả xây dựng nông thôn mới 6 tháng đầu năm 2021"]
    for at in (1, 2, 3):
        expected += [f"{at}. Kết quả đợt {at}", *REPORT * 3]
        expected += [f"- Nội dung {name} của đợt {at};" for name in ("a", "b")]
    expected += ["PHỤ LỤC", CAPTION]
    assert [text for kind, text in found if kind != "table_row"] == expected
    assert str(report.published) == "2021-07-12"
    pages = [block.page or 0 for block in report.blocks]
    assert pages == sorted(pages)
    assert (min(pages), max(pages)) == (1, 6)


def test_a_table_over_pages_is_one_with_one_header(report: Article) -> None:
    read = rows(report)
    assert read[0] == list(HEADER)
    assert [row[0] for row in read[1:]] == [str(at) for at in range(1, 43)]
    assert read[14] == ["14", "Kỳ Thư", "Kỳ Anh", "NTM kiểu mẫu", "2017", "1214/QĐ-UBND ngày 12/3/2017 của UBND tỉnh"]
    assert {block.page for block in report.blocks if block.kind == "table_row"} == {4, 5, 6}


def test_a_row_that_a_page_cuts_is_whole() -> None:
    assert rows(only(written.split_row())) == [
        ["TT", "Xã", "Nội dung"], ["1", "Kỳ Lạc", "Đạt 16/19 tiêu chí"],
        ["2", "Kỳ Tây", "Chưa đạt tiêu chí giao thông và thu nhập"], ["3", "Kỳ Sơn", "Đạt chuẩn nông thôn mới"],
    ]  # fmt: skip


def test_columns_are_read_one_after_the_other() -> None:
    article = only(written.two_columns())
    assert article.title == "Kỳ Anh tăng tốc xây dựng nông thôn mới"
    paragraphs = [text for kind, text in blocks(article) if kind == "paragraph"]
    assert paragraphs == [f"Đoạn {at}. {text}" for at, text in enumerate(REPORT * 8, 1)]
    assert {block.page for block in article.blocks} == {1, 2}


def test_cells_that_span_stand_in_every_row_and_column_of_a_pdf() -> None:
    cells = [
        ("TT", "Huyện", "Xã", "Số tiêu chí đạt", ""),
        ("", "", "", "Năm 2019", "Năm 2020"),
        ("Nhóm 1", "", "", "", ""),
    ]
    cells += [("1", "Kỳ Anh", "Kỳ Lạc", "14", "16"), ("2", "", "Kỳ Tây", "13", "15")]
    spans = [((0, 0), (0, 1)), ((1, 0), (1, 1)), ((2, 0), (2, 1)), ((3, 0), (4, 0)), ((0, 2), (4, 2)), ((1, 3), (1, 4))]
    table = written.ruled(cells, (10, 30, 30, 30, 30), repeat=0, style=[("SPAN", *span) for span in spans])
    assert rows(only(written.pdf_bytes([table]))) == MERGED


def test_a_table_without_lines_is_told_by_its_columns() -> None:
    table = written.unruled(ANNEX, (12, 30, 25, 33, 20, 40))
    text = [written.Paragraph(REPORT[0], written.BODY), table, written.Paragraph(REPORT[1], written.BODY)]
    article = only(written.pdf_bytes(text, heads=False))
    assert rows(article) == ANNEX
    assert [text for kind, text in blocks(article) if kind == "paragraph"] == [REPORT[0], REPORT[1]]


def test_raised_figures_of_footnotes_are_left_out_and_those_of_measures_are_not() -> None:
    text = (
        "Có 5 xã<super size=7>1</super> đạt chuẩn nông thôn mới, nhà văn hóa rộng 120 m<super size=7>2</super> là đủ."
    )
    article = only(written.pdf_bytes([written.Paragraph(text, written.BODY)], heads=False))
    assert article.text == "Có 5 xã đạt chuẩn nông thôn mới, nhà văn hóa rộng 120 m2 là đủ."


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (("Giai đoạn 2016-", "2020 xã đạt chuẩn", "nông thôn mới"), "Giai đoạn 2016-2020 xã đạt chuẩn nông thôn mới"),
        (("Xã làm đường bê-", "tông theo chươ-", "ng trình"), "Xã làm đường bê-tông theo chương trình"),
    ],
)
def test_hyphens_at_the_ends_of_lines(lines: tuple[str, ...], text: str) -> None:
    assert only(written.drawn(written.lines(*lines))).text == text


def test_a_page_that_is_turned_is_read_as_it_is_shown() -> None:
    assert only(written.drawn(written.turned)).text.split("\n") == [
        "DANH SÁCH XÃ ĐẠT CHUẨN NÔNG THÔN MỚI", "Xã Kỳ Châu đạt 19/19 tiêu chí nông thôn mới.",
    ]  # fmt: skip


def test_a_page_without_text_among_others_is_noted() -> None:
    text = written.lines("Xã Kỳ Châu đạt 19/19 tiêu chí nông thôn mới năm 2020 và giữ vững kết quả.")
    article = only(written.drawn(text, written.picture))
    assert "no text layer on page 2" in article.notes
    assert "Ký bởi" not in article.text


# ------------------------------------------------------------------ e-mails and archives

NEWS = "Xã Kỳ Châu đạt chuẩn nông thôn mới nâng cao năm 2021 và đang giữ vững các tiêu chí đã đạt được."


def test_a_mail_gives_its_message_and_its_documents() -> None:
    attached = [("Phụ lục.docx", written.minutes()), ("anh.png", b"\x89PNG"), ("tin.txt", NEWS.encode())]
    message, minutes, news = read_document(
        written.mail(attached, text=f"Kính gửi các xã,\n\n{NEWS}\n"), source="thu", suffix=".eml"
    )
    assert message.title == "Tình hình xây dựng nông thôn mới huyện Kỳ Anh"
    assert blocks(message)[0] == ("title", "Tình hình xây dựng nông thôn mới huyện Kỳ Anh")
    assert message.text.endswith(NEWS)
    assert (str(message.published), message.published_by) == ("2021-07-14", "Date field of the e-mail")
    assert (minutes.source, rows(minutes)) == ("thu!Phụ lục.docx", ANNEX)
    assert (news.source, news.text) == ("thu!tin.txt", NEWS)


def test_wrapped_lines_of_a_mail_are_paragraphs_again() -> None:
    wrapped = "\n".join(
        (
            "Ban Chỉ đạo xây dựng nông thôn mới huyện đề nghị các xã rà soát lại",
            "từng tiêu chí, báo cáo kết quả trước ngày 20/7/2021 để tổng hợp chung.",
            "",
            "1. Xã Kỳ Lạc hoàn thành tiêu chí giao thông trong quý III năm nay;",
            "2. Xã Kỳ Tây hoàn thành tiêu chí thu nhập trong quý IV năm nay.",
        )
    )
    (article,) = read_document(written.mail([], text=wrapped), suffix=".eml")
    assert article.text.split("\n")[1:] == [
        "Ban Chỉ đạo xây dựng nông thôn mới huyện đề nghị các xã rà soát lại từng tiêu chí, báo cáo kết quả trước ngày "
        "20/7/2021 để tổng hợp chung.",
        "1. Xã Kỳ Lạc hoàn thành tiêu chí giao thông trong quý III năm nay;",
        "2. Xã Kỳ Tây hoàn thành tiêu chí thu nhập trong quý IV năm nay.",
    ]


def test_a_mail_as_page_keeps_its_table() -> None:
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in ANNEX)
    page = f"<html><body><p>{NEWS}</p><table>{cells}</table></body></html>"
    (article,) = read_document(written.mail([], text="Xem bảng.", html=page), suffix=".eml")
    assert rows(article) == ANNEX
    assert NEWS in article.text


def test_a_mail_in_a_mail_is_an_article_of_its_own() -> None:
    outer = written.mail([], text=f"Chuyển tiếp. {NEWS}")
    inner = written.mail([("bien ban.docx", written.minutes())], text=REPORT[1])
    articles = read_document(written.with_mail(outer, inner), source="thu", suffix=".eml")
    assert [article.source for article in articles] == ["thu", "thu!2.eml", "thu!2.eml!bien ban.docx"]
    seconds = [article.text.split("\n")[1] for article in articles]
    assert seconds == [f"Chuyển tiếp. {NEWS}", REPORT[1], "BAN CHỈ ĐẠO NTM"]


def test_an_archive_gives_its_documents_in_order_of_name() -> None:
    members = [
        ("b/biên bản.docx", written.minutes()),
        ("a.eml", written.mail([], text=NEWS)),
        ("c.zip", written.zipped([("d.txt", NEWS.encode())])),
    ]
    members += [("__MACOSX/._a.eml", b"x"), (".an.docx", b"x"), ("anh.jpg", b"\xff\xd8")]
    assert [article.source for article in read_document(written.zipped(members), source="tep.zip")] == [
        "tep.zip!a.eml", "tep.zip!b/biên bản.docx", "tep.zip!c.zip!d.txt",
    ]  # fmt: skip


def test_what_cannot_be_read_in_an_archive_costs_nothing_else() -> None:
    content = written.zipped(
        [("a.docx", b"PK\x03\x04 broken"), ("b.txt", NEWS.encode()), ("c.pdf", b"<html>404</html>")]
    )
    found = list(iter_document(content, source="z", suffix=".zip"))
    assert [isinstance(thing, Article) for thing in found] == [False, True, False]
    (article,) = read_document(content, source="z", suffix=".zip")
    assert [note.split(":")[1].strip() for note in article.notes] == ["z!a.docx", "z!c.pdf"]


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out.txt", "a/../../out.txt", "..\\out.txt", "C:\\out.txt"])
def test_names_that_lead_out_of_an_archive_are_refused(name: str) -> None:
    content = written.zipped([(name, NEWS.encode())])
    assert "leads out of the archive" in fault(content, ".zip")


# ------------------------------------------------------------------ what cannot be read


def _deep() -> bytes:
    content = written.zipped([("a.txt", NEWS.encode())])
    for _ in range(3):
        content = written.zipped([("a.zip", content)])
    return content


def _locked() -> bytes:
    content = bytearray(written.zipped([("a.txt", NEWS.encode())]))
    for at, offset in ((content.find(b"PK\x03\x04"), 6), (content.find(b"PK\x01\x02"), 8)):
        content[at + offset] |= 1
    return bytes(content)


def _pdf_bomb() -> bytes:
    packed = zlib.compress(b"0 0 m " * 20_000_000, 1)
    head = b"%PDF-1.4\n1 0 obj\n<</Length " + str(len(packed)).encode() + b"/Filter/FlateDecode>>\nstream\n"
    return head + packed + b"\nendstream\nendobj\n%%EOF"


def _docx_bomb() -> bytes:
    out = io.BytesIO(written.minutes())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/image1.bin", b"\0" * 5_000_000)
    return out.getvalue()


def _without_letters() -> bytes:
    def draw(canvas: written.Canvas) -> None:
        for at in range(20):
            canvas.drawString(80, 760 - 18 * at, "Kết quả xây dựng nông thôn mới của xã")

    # The map from glyphs to letters taken away, as some printers do.
    return written.drawn(draw).replace(b"/ToUnicode", b"/ToNothing")


UNREADABLE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "empty": (lambda: b"", ".pdf", "empty"),
    "blank": (lambda: b" \n", ".docx", "empty"),
    "broken pdf": (lambda: written.report(1)[:3000], ".pdf", "broken PDF"),
    "pdf that is a page": (lambda: b"<html><body>404</body></html>", ".pdf", "not a pdf file"),
    "broken docx": (lambda: written.minutes()[:4000], ".docx", "broken"),
    "docx without its body": (lambda: written.zipped([("word/document.xml", b"<no")]), ".docx", "broken Word document"),
    "doc that is a text": (lambda: NEWS.encode(), ".doc", "not a Word document"),
    "old workbook": (lambda: OLE + b"\0" * 600, ".doc", "not of Word"),
    "encrypted docx": (lambda: OLE + "EncryptedPackage".encode("utf-16-le"), ".docx", "encrypted"),
    "encrypted pdf": (lambda: written.drawn(written.lines(NEWS), encrypt="secret"), ".pdf", "encrypted"),
    "scan": (lambda: written.drawn(written.picture, written.picture), ".pdf", "no text layer (a scan); run OCR first"),
    "pdf without letters": (_without_letters, ".pdf", "text layer"),
    "empty pages": (lambda: written.drawn(lambda _: None), ".pdf", "no text in it"),
    "pdf bomb": (_pdf_bomb, ".pdf", "would unpack to more than 100 MB"),
    "docx bomb": (_docx_bomb, ".docx", "as bombs are"),
    "zip bomb": (lambda: written.zipped([("a.txt", b"\0" * 5_000_000)]), ".zip", "as bombs are"),
    "many files": (lambda: written.zipped([(f"{at}.txt", b"") for at in range(1001)]), ".zip", "1001 files"),
    "packed thrice": (_deep, ".zip", "packed more than twice"),
    "locked zip": (_locked, ".zip", "encrypted"),
    "broken zip": (lambda: written.zipped([("a.txt", NEWS.encode() * 9)])[:80], ".zip", "broken archive"),
    "empty zip": (lambda: written.zipped([]), ".zip", "holds no document"),
    "zip of pictures": (lambda: written.zipped([("a.jpg", b"x")]), ".zip", "holds no document"),
    "workbook": (lambda: written.zipped([("xl/workbook.xml", b"<x/>")]), ".zip", "a workbook"),
    "no mail": (lambda: b"just some text", ".eml", "not an e-mail"),
    "mail without text": (lambda: written.mail([("a.png", b"x")]), ".eml", "holds no document"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_said_in_one_line(case: str) -> None:
    make, suffix, said = UNREADABLE[case]
    assert said in fault(make(), suffix)


@pytest.mark.parametrize("suffix", [".docx", ".pdf", ".zip", ".eml"])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_damage_gives_an_article_or_one_line(suffix: str, data: st.DataObject) -> None:
    content = bytearray(_WHOLE[suffix])
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(1, len(content)))]
    for found in iter_document(bytes(content), source="given", suffix=suffix):
        assert isinstance(found, Article) or "\n" not in str(found)


_WHOLE = {
    ".docx": written.with_hidden_parts(),
    ".pdf": written.drawn(written.lines(NEWS), written.lines(NEWS)),
    ".zip": written.zipped([("a.txt", NEWS.encode()), ("b.docx", written.with_hidden_parts())]),
    ".eml": written.mail([("a.docx", written.with_hidden_parts())], text=NEWS),
}


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.pdf"
    with path.open("wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(InputError, match="60 MB"):
        read_document(path)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_document(tmp_path / "none.pdf")
    with pytest.raises(InputError, match="a folder"):
        read_document(tmp_path)


@pytest.mark.parametrize(
    ("module", "content"), [("docx", written.with_hidden_parts()), ("pdfplumber", written.split_row())]
)
def test_a_reader_that_is_not_installed_is_named(module: str, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert "pip install ntm-extract[docs]" in fault(content)


def test_documents_are_files_and_captures_like_others(tmp_path: Path) -> None:
    """What reads pages reads documents: one article of a file, several of an archive, one of what was collected."""
    (tmp_path / "minutes.docx").write_bytes(written.minutes())
    (tmp_path / "two.zip").write_bytes(written.zipped([("a.txt", NEWS.encode()), ("b.docx", written.minutes())]))
    article = read_file(tmp_path / "minutes.docx")
    assert (article.source, rows(article)) == (str(tmp_path / "minutes.docx"), ANNEX)
    assert [article.source for article in read_files(tmp_path / "two.zip")] == [
        f"{tmp_path / 'two.zip'}!a.txt", f"{tmp_path / 'two.zip'}!b.docx",
    ]  # fmt: skip
    assert [found.text for found in read_files(tmp_path / "minutes.docx")] == [article.text]
    with pytest.raises(InputError, match="holds 2 articles"):
        read_file(tmp_path / "two.zip")
    collected = read_capture(Capture("https://example.org/a", written.split_row(), media_type="application/pdf"))
    assert (collected.url, collected.source) == ("https://example.org/a", "https://example.org/a")
    assert collected.capture is not None
    assert collected.blocks[0].page == 1


def test_kinds_are_told_by_their_first_bytes() -> None:
    made = {".docx": written.minutes(), ".pdf": written.split_row(), ".zip": _WHOLE[".zip"], None: NEWS.encode()}
    assert {suffix: document_suffix(content) for suffix, content in made.items()} == {suffix: suffix for suffix in made}
    assert document_suffix(_WHOLE[".eml"]) is None
    assert set(SUFFIXES) == {".docx", ".pdf", ".doc", ".eml", ".zip"}
    assert only(written.minutes(), ".pdf").title == only(written.minutes(), ".docx").title
