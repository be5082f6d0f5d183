"""Documents written for the tests, as offices write them; the sentences are ours."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as policy
from itertools import pairwise
from typing import Any

import docx
import font_roboto
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml.ns import nsdecls, qn
from docx.oxml.parser import OxmlElement, parse_xml
from PIL import Image
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

pdfmetrics.registerFont(TTFont("Roboto", font_roboto.Roboto))
pdfmetrics.registerFont(TTFont("Roboto-Bold", font_roboto.RobotoBold))

COMMUNES = (
    "Kỳ Bắc", "Kỳ Châu", "Kỳ Đồng", "Kỳ Giang", "Kỳ Hải", "Kỳ Khang", "Kỳ Lạc", "Kỳ Phong", "Kỳ Phú", "Kỳ Sơn",
    "Kỳ Tân", "Kỳ Tây", "Kỳ Thọ", "Kỳ Thư",
)  # fmt: skip
HEADER = ("TT", "Xã", "Huyện", "Tiêu chuẩn", "Năm đạt", "Quyết định số")
CAPTION = "DANH SÁCH CÁC XÃ ĐƯỢC CÔNG NHẬN ĐẠT CHUẨN NÔNG THÔN MỚI"


def recognised_rows() -> list[tuple[str, ...]]:
    """Rows of an annex of recognised communes, without its header."""
    standards = ("Nông thôn mới", "NTM nâng cao", "NTM kiểu mẫu")
    return [
        (str(at), name, "Kỳ Anh", standards[at % 3], str(2015 + at % 6), f"{1200 + at}/QĐ-UBND")
        for at, name in enumerate(COMMUNES, 1)
    ]


# ------------------------------------------------------------------ Word


def docx_bytes(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def add_table(document: Any, rows: Iterable[Sequence[str]]) -> Any:
    """A ruled table of these texts."""
    written = [list(row) for row in rows]
    table = document.add_table(len(written), len(written[0]))
    table.style = "Table Grid"
    for row, texts in zip(table.rows, written, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    return table


def minutes() -> bytes:
    """Minutes of a meeting: head and signatures in tables without lines, numbered points, and an annex."""
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Văn phòng Điều phối nông thôn mới huyện"
    head = document.add_table(1, 2)
    head.cell(0, 0).text = "UBND HUYỆN KỲ ANH\nBAN CHỈ ĐẠO NTM"
    head.cell(0, 1).text = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"
    head.cell(0, 1).add_paragraph("Kỳ Anh, ngày 05 tháng 7 năm 2021")
    for line in ("BIÊN BẢN", "Họp Ban Chỉ đạo xây dựng nông thôn mới quý III năm 2021"):
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run(line).bold = True
    document.add_paragraph(
        "Hôm nay, ngày 05 tháng 7 năm 2021, Ban Chỉ đạo xây dựng nông thôn mới huyện Kỳ Anh họp đánh giá tiến độ "
        "thực hiện các tiêu chí và bàn nhiệm vụ những tháng cuối năm."
    )
    document.add_paragraph("Kết quả thực hiện", style="List Number")
    document.add_paragraph("Xã Kỳ Lạc đạt 16/19 tiêu chí, xã Kỳ Tây đạt 15/19 tiêu chí nông thôn mới.")
    document.add_paragraph("Nhiệm vụ trọng tâm", style="List Number")
    document.add_paragraph("Phấn đấu đến cuối năm 2021, xã Kỳ Sơn đạt chuẩn nông thôn mới.", style="List Bullet")
    caption = document.add_paragraph()
    caption.add_run(CAPTION).bold = True
    add_table(document, [HEADER, *recognised_rows()])
    signed = document.add_table(1, 2)
    signed.cell(0, 0).text = "Nơi nhận:\n- Thường trực Huyện ủy;\n- Lưu: VT."
    signed.cell(0, 1).text = "TM. BAN CHỈ ĐẠO\nTRƯỞNG BAN"
    return docx_bytes(document)


def with_merged_cells() -> bytes:
    """A table with a header of two rows, a district over several rows, and a heading among the rows."""
    document = docx.Document()
    document.add_paragraph("BIỂU TỔNG HỢP KẾT QUẢ THỰC HIỆN TIÊU CHÍ NÔNG THÔN MỚI").runs[0].bold = True
    table = add_table(document, [("TT", "Huyện", "Xã", "Số tiêu chí đạt", ""), ("", "", "", "Năm 2019", "Năm 2020")])
    for cells in (("Nhóm 1", "", "", "", ""), ("1", "Kỳ Anh", "Kỳ Lạc", "14", "16"), ("2", "", "Kỳ Tây", "13", "15")):
        for cell, text in zip(table.add_row().cells, cells, strict=True):
            cell.text = text
    merges = [((0, at), (1, at)) for at in range(3)] + [((0, 3), (0, 4)), ((2, 0), (2, 4)), ((3, 1), (4, 1))]
    for first, last in merges:
        merged = table.cell(*first).merge(table.cell(*last))
        merged.text = merged.text.strip()
    return docx_bytes(document)


def _element(tag: str, text: str | None = None, **attributes: str) -> Any:
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    if text is not None:
        element.text = text
        element.set(qn("xml:space"), "preserve")
    return element


def _nested(*elements: Any) -> Any:
    """The first element, each holding the one behind it."""
    for outer, inner in pairwise(elements):
        outer.append(inner)
    return elements[0]


def with_hidden_parts() -> bytes:
    """Text in a smart tag, an insertion and a content control; a deletion and hidden words, which are not text."""
    document = docx.Document()
    paragraph = document.add_paragraph("Xã ")
    for wrappers, tag, text in (
        (("w:smartTag",), "w:t", "Kỳ Châu"),
        (("w:ins",), "w:t", " đạt 19/19"),
        (("w:del",), "w:delText", " chưa"),
        (("w:sdt", "w:sdtContent"), "w:t", " tiêu chí"),
    ):
        paragraph._p.append(_nested(*map(_element, wrappers), _element("w:r"), _element(tag, text)))
    paragraph.add_run(" (nháp)").font.hidden = True
    paragraph.add_run(" nông thôn mới.")
    return docx_bytes(document)


def with_asides() -> bytes:
    """A footnote, a text box and a break between pages as Word leaves them."""
    document = docx.Document()
    first = document.add_paragraph("Toàn huyện có 3 xã")
    first._p.append(_nested(_element("w:r"), _element("w:footnoteReference", id="2")))
    first.add_run(" đạt chuẩn nông thôn mới nâng cao.")
    boxed = document.add_paragraph("Huyện chọn 2 thôn làm điểm.")
    box = _nested(
        _element("w:r"),
        _element("w:pict"),
        parse_xml('<v:textbox xmlns:v="urn:schemas-microsoft-com:vml"/>'),
        _element("w:txbxContent"),
    )
    inner = document.add_paragraph("Thôn Đông Tiến được chọn làm điểm.")
    box.find(".//" + qn("w:txbxContent")).append(inner._p)
    boxed._p.append(box)
    last = document.add_paragraph()
    last._p.append(_nested(_element("w:r"), _element("w:lastRenderedPageBreak")))
    last.add_run("Xã Kỳ Tây đạt 15/19 tiêu chí.")
    document.add_paragraph("Xã Kỳ Lạc đạt 16/19 tiêu chí.")
    notes = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:id="2"><w:p><w:r><w:t>Các xã Kỳ Tân, Kỳ Thư và Kỳ Phong.'
        "</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = Part(PackURI("/word/footnotes.xml"), kind, notes.encode(), document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    return docx_bytes(document)


# ------------------------------------------------------------------ PDF

BODY = ParagraphStyle("body", fontName="Roboto", fontSize=12, leading=16, alignment=TA_JUSTIFY, firstLineIndent=24)
PLAIN = ParagraphStyle("plain", parent=BODY, firstLineIndent=0, spaceAfter=6)
HEAD = ParagraphStyle("head", fontName="Roboto-Bold", fontSize=13, leading=17, alignment=TA_CENTER)
CELL = ParagraphStyle("cell", fontName="Roboto", fontSize=10, leading=12)


def _page_head(canvas: Canvas, document: BaseDocTemplate) -> None:
    canvas.setFont("Roboto", 9)
    canvas.drawString(25 * mm, A4[1] - 12 * mm, "Báo cáo kết quả xây dựng nông thôn mới")
    canvas.drawCentredString(A4[0] / 2, 10 * mm, f"Trang {document.page}")


def pdf_bytes(story: list[Flowable], *, columns: int = 1, heads: bool = True) -> bytes:
    """A PDF of these flowables; with two columns the first flowable is over both, and nothing else."""
    out = io.BytesIO()
    document = BaseDocTemplate(out, pagesize=A4, title="", invariant=1)
    left, bottom, width, height = 25 * mm, 20 * mm, 160 * mm, 255 * mm
    whole = Frame(left, bottom, width, height, 0, 0, 0, 0)
    on_page = _page_head if heads else (lambda *_: None)
    templates = [PageTemplate("one", [whole], onPage=on_page)]
    if columns == 2:
        over, half = 20 * mm, (width - 10 * mm) / 2
        starts = (left, left + half + 10 * mm)
        frames = [Frame(left, bottom + height - over, width, over, 0, 0, 0, 0)]
        frames += [Frame(x, bottom, half, height - over, 0, 0, 0, 0) for x in starts]
        further = [Frame(x, bottom, half, height, 0, 0, 0, 0) for x in starts]
        templates = [PageTemplate("first", frames), PageTemplate("further", further)]
    document.addPageTemplates(templates)
    document.build(story)
    return out.getvalue()


def ruled(
    rows: Iterable[Sequence[str]], widths: Sequence[float], *, repeat: int = 1, style: Sequence[Any] = ()
) -> Table:
    """A ruled table whose header is printed on every page; cells wrap."""
    cells = [[Paragraph(text, CELL) for text in row] for row in rows]
    table = Table(cells, colWidths=[width * mm for width in widths], repeatRows=repeat)
    table.setStyle(
        TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP"), *style])
    )
    return table


def unruled(rows: Iterable[Sequence[str]], widths: Sequence[float]) -> Table:
    """A table without lines."""
    return Table([[Paragraph(text, CELL) for text in row] for row in rows], colWidths=[width * mm for width in widths])


REPORT = (
    "Thực hiện Chương trình mục tiêu quốc gia xây dựng nông thôn mới, trong 6 tháng đầu năm 2021 Ủy ban nhân dân huyện "
    "đã chỉ đạo các xã rà soát từng tiêu chí, phân công cán bộ phụ trách từng thôn và huy động nhân dân hiến đất, góp "
    "công làm đường giao thông nông thôn.",
    "Đến nay, toàn huyện có 9 xã đạt chuẩn nông thôn mới, bình quân mỗi xã đạt 17,2 tiêu chí; xã Kỳ Lạc đạt 16/19 tiêu "
    "chí, xã Kỳ Tây đạt 15/19 tiêu chí và đang tập trung hoàn thành tiêu chí thu nhập, tiêu chí môi trường.",
    "Trong thời gian tới, huyện yêu cầu các phòng, ban tiếp tục hướng dẫn các xã hoàn thiện hồ sơ, phấn đấu đến cuối "
    "năm 2021 xã Kỳ Sơn đạt chuẩn nông thôn mới và xã Kỳ Châu đạt chuẩn nông thôn mới nâng cao.",
)


def report(pages: int = 3) -> bytes:
    """A report with a head in two columns, running heads, page numbers, numbered points and an annex over pages."""
    head = Table(
        [
            [Paragraph("UBND HUYỆN KỲ ANH", HEAD), Paragraph("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", HEAD)],
            [Paragraph("Số: 45/BC-UBND", HEAD), Paragraph("Độc lập - Tự do - Hạnh phúc", HEAD)],
            ["", Paragraph("Kỳ Anh, ngày 12 tháng 7 năm 2021", HEAD)],
        ],
        colWidths=[60 * mm, 100 * mm],
    )
    story: list[Flowable] = [head, Spacer(1, 12), Paragraph("BÁO CÁO", HEAD)]
    story += [Paragraph("Kết quả xây dựng nông thôn mới 6 tháng đầu năm 2021", HEAD), Spacer(1, 12)]
    for at in range(pages):
        story.append(Paragraph(f"{at + 1}. Kết quả đợt {at + 1}", PLAIN))
        story += [Paragraph(text, BODY) for text in REPORT * 3]
        story += [Paragraph(f"- Nội dung {name} của đợt {at + 1};", PLAIN) for name in ("a", "b")]
    story += [PageBreak(), Paragraph("PHỤ LỤC", HEAD), Paragraph(CAPTION, HEAD), Spacer(1, 6)]
    rows = [(*row[:3], row[3], row[4], f"{row[5]} ngày 12/3/{row[4]} của UBND tỉnh") for row in recognised_rows() * 3]
    rows = [(str(at), *row[1:]) for at, row in enumerate(rows, 1)]
    story.append(ruled([HEADER, *rows], (12, 30, 25, 33, 20, 40)))
    return pdf_bytes(story)


def two_columns() -> bytes:
    """A news sheet: a headline over two columns of running text."""
    story: list[Flowable] = [
        NextPageTemplate("further"),
        Paragraph("Kỳ Anh tăng tốc xây dựng nông thôn mới", HEAD),
        FrameBreak(),
    ]
    story += [Paragraph(f"Đoạn {at}. {text}", BODY) for at, text in enumerate(REPORT * 8, 1)]
    return pdf_bytes(story, columns=2)


def drawn(*pages: Callable[[Canvas], object], encrypt: str | None = None) -> bytes:
    """A PDF whose pages these functions draw."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, encrypt=encrypt)
    for draw in pages:
        canvas.setFont("Roboto", 12)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def picture(canvas: Canvas) -> None:
    """A page that is a picture, with the stamp of a signature on it."""
    canvas.drawImage(ImageReader(Image.effect_noise((60, 80), 60)), 0, 0, *A4)
    canvas.drawString(400, 800, "Ký bởi: UBND")


def lines(*texts: str) -> Callable[[Canvas], None]:
    """A page of lines, one under the other."""

    def draw(canvas: Canvas) -> None:
        for at, text in enumerate(texts):
            canvas.drawString(80, 760 - 18 * at, text)

    return draw


def turned(canvas: Canvas) -> None:
    """A page in landscape that the file says is to be turned."""
    canvas.setPageRotation(90)
    canvas.rotate(90)
    canvas.translate(0, -A4[0])
    lines("DANH SÁCH XÃ ĐẠT CHUẨN NÔNG THÔN MỚI", "Xã Kỳ Châu đạt 19/19 tiêu chí nông thôn mới.")(canvas)


def split_row() -> bytes:
    """A ruled table over two pages, the page ending inside a row."""

    def page(top: list[Sequence[str]]) -> Callable[[Canvas], None]:
        def draw(canvas: Canvas) -> None:
            edges, height = (80, 110, 200, 500), 20
            for at, row in enumerate(top):
                for cell, left in zip(row, edges, strict=False):
                    canvas.drawString(left + 3, 705 - height * at, cell)
            rows = [700 + height - height * at for at in range(len(top) + 1)]
            canvas.grid(edges, rows)

        return draw

    header = ("TT", "Xã", "Nội dung")
    return drawn(
        page([header, ("1", "Kỳ Lạc", "Đạt 16/19 tiêu chí"), ("2", "Kỳ Tây", "Chưa đạt tiêu chí giao")]),
        page([header, ("", "", "thông và thu nhập"), ("3", "Kỳ Sơn", "Đạt chuẩn nông thôn mới")]),
    )


# ------------------------------------------------------------------ e-mails and archives


def mail(attachments: Iterable[tuple[str, bytes]], *, text: str | None = None, html: str | None = None) -> bytes:
    """An e-mail of 14 July 2021 with these attachments."""
    message = EmailMessage()
    message["Subject"] = "Tình hình xây dựng nông thôn mới huyện Kỳ Anh"
    message["From"] = "Văn phòng Điều phối <vanphong@example.org>"
    message["Date"] = "Wed, 14 Jul 2021 08:30:00 +0700"
    if text is not None:
        message.set_content(text)
    if html is not None and text is None:
        message.set_content(html, subtype="html")
    elif html is not None:
        message.add_alternative(html, subtype="html")
    for name, content in attachments:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def with_mail(outer: bytes, inner: bytes) -> bytes:
    """An e-mail with another one attached."""
    message = message_from_bytes(outer, policy=policy)
    assert isinstance(message, EmailMessage)
    message.add_attachment(message_from_bytes(inner, policy=policy))
    return message.as_bytes()


def zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()
