"""Bytes -> text, whatever the page was written in; and text whose bytes somebody else read wrongly.

Old portals and old files come in TCVN3 (ABC), VNI-Windows, VISCII or windows-1258 as often as they come
without any declaration, so declarations are hints only: each reading is scored by how many of its words
are Vietnamese syllables, and the best one is taken. The tables follow the published code charts
(TCVN 5712:1993, RFC 1456 for VISCII, the VNI-Windows chart).
"""

from __future__ import annotations

import codecs
import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from ntm_extract.errors import InputError

# ------------------------------------------------------------------ code charts

_TCVN3_FROM_A1 = (
    "ĂÂÊÔƠƯĐăâêôơưđẰ"  # A1-AF
    "\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴ"  # B0-BF
    "ẮẦẨẪẤỀặầẩẫấậèỂẻẽ"  # C0-CF
    "éẹềểễếệìỉỄẾỒĩíịò"  # D0-DF
    "Ổỏõóọồổỗốộờởỡớợù"  # E0-EF
    "ỖủũúụừửữứựỳỷỹýỵỐ"  # F0-FF
)
_VISCII_FROM_80 = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ"  # 80-9F
    "ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"  # A0-BF
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư"  # C0-DF
    "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"  # E0-FF
)
_VISCII_CONTROLS = {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}

# cp1252 leaves five bytes undefined; browsers read them as the control characters of Latin-1.
_CP1252 = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))
_TCVN3 = _CP1252[:0xA0] + "\u00a0" + _TCVN3_FROM_A1
_VISCII = "".join(_VISCII_CONTROLS.get(byte, chr(byte)) for byte in range(0x80)) + _VISCII_FROM_80
_BYTE_OF = {char: byte for byte, char in enumerate(_CP1252)} | {chr(byte): byte for byte in range(256)}

# VNI-Windows writes a mark as a character of its own behind its vowel: the first row are the vowels, each
# column of the rows below a mark and what the vowel becomes with it.
_VNI_TONES = "ùøûõï"
_VNI_CIRCUMFLEX = "âáàåãä"
_VNI_BREVE = "êéèúüë"
_VNI_SINGLES = {"í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "ô": "ơ", "ö": "ư", "î": "ỵ", "ñ": "đ"}
_VNI_COMPOSED = {
    "a": dict(zip(_VNI_TONES + _VNI_CIRCUMFLEX + _VNI_BREVE, "áàảãạâấầẩẫậăắằẳẵặ", strict=True)),
    "e": dict(zip(_VNI_TONES + _VNI_CIRCUMFLEX, "éèẻẽẹêếềểễệ", strict=True)),
    "o": dict(zip(_VNI_TONES + _VNI_CIRCUMFLEX, "óòỏõọôốồổỗộ", strict=True)),
    "u": dict(zip(_VNI_TONES, "úùủũụ", strict=True)),
    "y": dict(zip(_VNI_TONES[:4], "ýỳỷỹ", strict=True)),
    "ô": dict(zip(_VNI_TONES, "ớờởỡợ", strict=True)),
    "ö": dict(zip(_VNI_TONES, "ứừửữự", strict=True)),
}
_VNI_UNITS = re.compile(
    "|".join(f"{vowel}[{''.join(marks)}]" for vowel, marks in _VNI_COMPOSED.items()) + f"|[{''.join(_VNI_SINGLES)}]",
    re.IGNORECASE,
)


@lru_cache(maxsize=512)
def _vni_unit(written: str) -> str:
    low = written.lower()
    letter = _VNI_COMPOSED[low[0]][low[1]] if len(low) == 2 else _VNI_SINGLES[low]
    return letter.upper() if written[0].isupper() else letter


_CAPITAL_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_a-z]{2,}(?![^\W\d_])")
_CAPITAL_LINE = re.compile(r"^(?=(?:[^\na-z]*[A-Z]){8})[^\na-z]+$", re.MULTILINE)


def _capitals_of_font(text: str) -> str:
    """TCVN3 has no capitals with tones: fonts drew them. Words and lines in capitals get theirs back."""

    def raised(match: re.Match[str]) -> str:
        word = match[0]
        return word.upper() if sum("A" <= char <= "Z" for char in word) >= 2 else word

    return _CAPITAL_WORD.sub(raised, _CAPITAL_LINE.sub(lambda match: match[0].upper(), text))


def decode_tcvn3(content: bytes) -> str:
    """Bytes in TCVN3 (ABC fonts) -> text, NFC."""
    return unicodedata.normalize("NFC", _capitals_of_font(codecs.charmap_decode(content, "strict", _TCVN3)[0]))


def decode_viscii(content: bytes) -> str:
    """Bytes in VISCII (RFC 1456) -> text."""
    return codecs.charmap_decode(content, "strict", _VISCII)[0]


def decode_vni(content: bytes) -> str:
    """Bytes in VNI-Windows -> text."""
    return _VNI_UNITS.sub(lambda match: _vni_unit(match[0]), codecs.charmap_decode(content, "strict", _CP1252)[0])


def decode_windows_1258(content: bytes) -> str:
    """Bytes in windows-1258 -> text, NFC (the code page writes tones as combining marks)."""
    return unicodedata.normalize("NFC", content.decode("cp1258", "replace"))


_LEGACY: dict[str, Callable[[bytes], str]] = {
    "tcvn3": decode_tcvn3,
    "vni": decode_vni,
    "viscii": decode_viscii,
    "windows-1258": decode_windows_1258,
}
_LEGACY_NAMES = {
    "cp1258": "windows-1258",
    "x-viet-tcvn": "tcvn3",
    "tcvn": "tcvn3",
    "tcvn-5712": "tcvn3",
    "x-viet-tcvn5712": "tcvn3",
    "abc": "tcvn3",
    "vni-windows": "vni",
    "x-viet-vni": "vni",
    "x-viscii": "viscii",
    "csviscii": "viscii",
}

# ------------------------------------------------------------------ how Vietnamese a reading is

_FALLING = "ai ao au ay âu ây eo êu ia iu oi ôi ơi ua ui ưa ưi ưu oa oe uy"
_RISING = "oa oe uy oă uâ uê uơ iê yê uô ươ oai oay oao oeo uây uya uyu uôi ươi ươu iêu yêu uyê oo ôô"
_TONE_MARKS = "\u0300\u0301\u0303\u0309\u0323"


def _toned(nucleus: str, position: int) -> list[str]:
    head, vowel, tail = nucleus[:position], nucleus[position], nucleus[position + 1 :]
    return [head + unicodedata.normalize("NFC", vowel + mark) + tail for mark in ("", *_TONE_MARKS)]


@lru_cache(maxsize=1)
def _syllable() -> re.Pattern[str]:
    nuclei = {form for vowel in "aăâeêioôơuưy" for form in _toned(vowel, 0)}
    nuclei.update(form for nucleus in _FALLING.split() for form in _toned(nucleus, 0))
    nuclei.update(form for nucleus in _RISING.split() for form in _toned(nucleus, 2 if nucleus == "uyê" else 1))
    longest_first = "|".join(sorted(nuclei, key=lambda nucleus: (-len(nucleus), nucleus)))
    onset = "ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx]"
    return re.compile(f"(?:{onset})?(?:{longest_first})(?:ch|ng|nh|[cmnpt])?")


# Frequent syllables of reports on rural development and of Vietnamese at large, all with marks.
_FREQUENT = """
    và của các được đã có là cho trong với một những này không để người từ đến tại về khi vào đó còn sẽ bị đạt
    xã huyện tỉnh thôn xóm ấp nông mới chuẩn tiêu chí xây dựng công nhận đồng bí thư chủ tịch phó đảng ủy uỷ
    nhân dân hội nghị phát triển kế hoạch thực hiện nâng mẫu kiểu năm tháng ngày sáng chiều lãnh đạo thường vụ
    quyết định mục số phấn đấu hoàn thành nhiệm tập trung chỉ giải pháp môi trường giao thông điện thủy thuỷ lợi
    sản xuất kinh tế văn hóa hoá giáo dục tổ chức chương trình vốn triệu tỷ hộ nghèo đường đề tăng giảm lượt xem
    tin tức trang liên hệ giới thiệu bài viết tác giả ảnh nguồn đăng cập nhật phòng ban báo cáo kết quả đầu việc
"""
_COMMON = frozenset(word for word in _FREQUENT.split() if not word.isascii())
_TOKEN = re.compile(r"[^\s\d!-/:-@\[-`{-~“”‘’…–—•]+")


@lru_cache(maxsize=8192)
def _weight(token: str) -> int:
    low = token.lower()
    if low in _COMMON:
        return 2
    return 1 if _syllable().fullmatch(low) else -1


def _marked_tokens(text: str, most: int = 1500) -> list[str]:
    return list(islice((token for token in _TOKEN.findall(text) if not token.isascii()), most))


def _quality(text: str) -> tuple[int, int]:
    """Sum of word weights and number of words with letters outside ASCII (the first 1,500 of them)."""
    tokens = _marked_tokens(text)
    return sum(map(_weight, tokens)), len(tokens)


_VIETNAMESE_ONLY = re.compile("[ăđĩũơưĂĐĨŨƠƯ\u1ea0-\u1ef9]")


def is_vietnamese(text: str) -> bool:
    """Whether letters that only Vietnamese uses are as frequent as in Vietnamese.

    About one character in seven is in running text; one in forty is enough, because tables have fewer.
    """
    sample = text[:3000]
    least = max(1, len(sample) / 40)
    # In running text the first few lines are enough to tell.
    return len(_VIETNAMESE_ONLY.findall(sample[:640])) >= least or len(_VIETNAMESE_ONLY.findall(sample)) >= least


# ------------------------------------------------------------------ bytes -> text


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text with the name of the encoding it was read in and what had to be forgiven."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


_MAGIC = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP or Office document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x1f\x8b": "a gzip file",
    b"{\\rtf": "an RTF document",
    b"SQLite format 3": "an SQLite database",
}
_AS_TEXT = "save it as text or HTML in UTF-8 and read that"
_CONTROLS = bytes([*range(0x09), *range(0x0E, 0x20)])
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# A word in so many that may be broken before we call the whole unreadable.
_MOSTLY_BROKEN = 0.25


def decode(content: bytes, *, source: str, charset: str | None = None) -> Decoded:
    """Read bytes as text.

    ``charset`` is what a server or a page declared; it decides only between readings that are equally
    Vietnamese. Raises ``InputError`` for empty content, for binary content and where most words are broken.
    A last character cut in two is dropped and noted; single bytes that fit no reading become U+FFFD.
    """
    if not content.strip():
        raise InputError("empty, there is nothing to read", where=source, mend="give a page or a text")
    for magic, what in _MAGIC.items():
        if content.startswith(magic):
            raise InputError(f"{what}, not a page or a text", where=source, mend=_AS_TEXT)
    for bom, name in _BOMS:
        if content.startswith(bom):
            body = content[len(bom) :]
            decoded = replace(_utf8(body)[0], encoding=name) if name == "utf-8-sig" else _utf16(body, name)
            return _unbroken(decoded, source)
    if b"\0" in content:
        wide = _wide(content)
        if wide is None:
            raise InputError("binary data (NUL bytes), not a page or a text", where=source, mend=_AS_TEXT)
        return _unbroken(wide, source)
    whole, holes = _utf8(content)
    if not holes:
        _refuse_controls(content, source)
        return _unbroken(whole, source)
    return _unbroken(_best_of(content, whole, charset, source), source)


def _refuse_controls(content: bytes, source: str) -> None:
    if len(content) - len(content.translate(None, _CONTROLS)) > max(8, len(content) // 50):
        raise InputError("binary data (control bytes), not a page or a text", where=source, mend=_AS_TEXT)


def _unbroken(decoded: Decoded, source: str) -> Decoded:
    """Refuse text in which the letters themselves are lost."""
    lost = decoded.text.count("\ufffd")
    if lost > 2:
        words = decoded.text.split()
        if sum(1 for word in words if "\ufffd" in word) > _MOSTLY_BROKEN * len(words):
            raise InputError("most words are broken, the encoding is lost", where=source, mend=_AS_TEXT)
        note = f"{lost} undecodable bytes or lost characters stand as U+FFFD"
        return Decoded(decoded.text, decoded.encoding, (*decoded.notes, note))
    return decoded


def _utf8(content: bytes) -> tuple[Decoded, bool]:
    """The text, and whether bytes in it had to be replaced (a cut at the very end does not count)."""
    try:
        return Decoded(content.decode("utf-8"), "utf-8"), False
    except UnicodeDecodeError as error:
        if error.end == len(content) and error.reason == "unexpected end of data":
            cut = ("cut in the middle of a character",)
            return Decoded(content[: error.start].decode("utf-8"), "utf-8", cut), False
        return Decoded(content.decode("utf-8", "replace"), "utf-8"), True


def _utf16(content: bytes, name: str) -> Decoded:
    notes = ("cut in the middle of a character",) if len(content) % 2 else ()
    return Decoded(content[: len(content) // 2 * 2].decode(name, "replace"), name, notes)


_LATIN_OR_VIETNAMESE = re.compile(r"[\t\n\r -~\u00a0-\u024f\u0300-\u0323\u1ea0-\u1ef9\u2010-\u2026\ufeff]")


def _wide(content: bytes) -> Decoded | None:
    """UTF-16 without a mark, told by which half of the pairs the NULs stand in."""
    for name in ("utf-16-le", "utf-16-be"):
        decoded = _utf16(content, name)
        sample = decoded.text[:4000]
        if sample and len(_LATIN_OR_VIETNAMESE.findall(sample)) >= 0.95 * len(sample):
            return decoded
    return None


def _reread_utf8(content: bytes) -> str:
    return content.decode("utf-8", "replace")


_MARKED_BYTES = re.compile(rb"[^\s<>\"'=]*[\x80-\xff][^\s<>\"'=]*")
_SAMPLE = 400


def _best_of(content: bytes, whole: Decoded, charset: str | None, source: str) -> Decoded:
    """The most Vietnamese of the readings; ``whole`` is the UTF-8 one, with its holes."""
    declared = (charset or "").strip().lower()
    declared = _LEGACY_NAMES.get(declared, declared)
    sample = b" ".join(_MARKED_BYTES.findall(content)[:_SAMPLE])
    readers = {"utf-8": _reread_utf8, **_LEGACY}
    scores: dict[str, float] = {}
    for name, read in readers.items():
        total, count = _quality(read(sample))
        scores[name] = (total / count if count else 0.0) + (0.05 if name == declared else 0.0)
    best = max(scores, key=lambda name: scores[name])
    if scores[best] >= 0.5:
        if best == "utf-8":
            # Holes in good UTF-8 are a footer or a counter in another encoding: the page is still good.
            return whole
        if best != "viscii":
            _refuse_controls(content, source)
        return Decoded(_LEGACY[best](content), best)
    _refuse_controls(content, source)
    if whole.text.count("\ufffd") <= 2:
        return whole
    if charset:
        try:
            return Decoded(content.decode(charset), declared)
        except (LookupError, UnicodeDecodeError):
            pass
    # No reading is Vietnamese: perhaps another European language, perhaps nothing at all.
    western = codecs.charmap_decode(content, "strict", _CP1252)[0]
    letters = sum((char.isalpha() and char.isascii()) or char.isspace() for char in western)
    if letters < 0.6 * len(western):
        raise InputError("undecodable, no encoding makes words of it", where=source, mend=_AS_TEXT)
    return Decoded(western, "windows-1252")


# ------------------------------------------------------------------ text whose bytes were read wrongly

_ENTITY = re.compile(r"&(?:#\d{2,6}|#x[0-9a-f]{2,5}|[a-z]{2,8}\d?);", re.IGNORECASE)
# Characters that no Vietnamese word contains but that the legacy tables are full of, and pairs of vowels that
# VNI writes for one letter ('xaõ noâng'); pairs are told by their second letter, which good text has less often.
_NEVER = "¡-§©-¯±-¿Ä-ÇËÎ-ÑÖ-ØÛÜÞßä-çëîïñö-øûüþÿ\x80-\x9fŒœŠšŽžŸƒˆ˜†‡‰‹›€™„"
_ODD = re.compile(
    f"[{_NEVER}âùáàãõêÂÙÁÀÃÕÊ]"
    f"(?:(?<=[{_NEVER}])|(?<=[aeo][âù])|(?<=[ae][áàãõ])|(?<=aê)|(?<=ôù)|(?<=[AEO][ÂÙ])|(?<=[AE][ÁÀÃÕ])|(?<=AÊ)|(?<=ÔÙ))"
)


_NO_BYTE = re.compile(f"[^{re.escape(''.join(_BYTE_OF))}]")


def _bytes_of(line: str) -> bytes | None:
    """The bytes a line had if it was read as windows-1252 or Latin-1, else None."""
    return None if _NO_BYTE.search(line) else bytes([_BYTE_OF[char] for char in line])


def mend(text: str) -> tuple[str, str | None]:
    """Undo a wrong reading of legacy bytes ('n«ng th«n míi', 'nÃ´ng thÃ´n') and HTML entities in plain text.

    Returns the text and the name of the encoding that was misread, if one was. Lines that are good
    Vietnamese as they stand are left alone.
    """
    if "&" in text and _ENTITY.search(text):
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    if len(_ODD.findall(text)) < 2:
        return text, None
    lines = text.split("\n")
    raw = {number: _bytes_of(line) for number, line in enumerate(lines) if not line.isascii()}
    misread = {number: content for number, content in raw.items() if content is not None}
    if not any(_ODD.search(lines[number]) for number in misread):
        return text, None
    readers = {"utf-8": _reread_utf8, **_LEGACY}
    asis = {number: _quality(lines[number])[0] for number in misread}
    best: tuple[int, str, dict[int, str]] = (0, "", {})
    for name, read in readers.items():
        gained, mended = 0, {}
        for number, content in misread.items():
            line = read(content)
            gain = _quality(line)[0] - asis[number]
            if gain > 0:
                gained += gain
                mended[number] = line
        if gained > best[0]:
            best = (gained, name, mended)
    gained, name, mended = best
    # One odd mark in a good text ('15 m², ±2 %') gains next to nothing; a misread line gains with every word.
    if gained < 3:
        return text, None
    for number, line in mended.items():
        lines[number] = line
    return "\n".join(lines), name


# ------------------------------------------------------------------ one form

_DROPPED = dict.fromkeys(
    [*range(0x09), 0x0B, *range(0x0E, 0x20), 0x7F, 0xAD, 0x034F, 0x061C, 0x180E, *range(0x200B, 0x2010)]
    + [*range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x2070), 0xFE0E, 0xFE0F, 0xFEFF]
    + [code for code in range(0x80, 0xA0) if code != 0x85]
)
_SPACES = dict.fromkeys([0x09, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
_BREAKS = dict.fromkeys([0x0C, 0x0D, 0x85, 0x2028, 0x2029], "\n")
# Look-alikes of đ that keyboards and converters left behind, and Word's bullet from a symbol font.
_LOOK_ALIKES = {0xD0: "Đ", 0xF0: "đ", 0x0189: "Đ", 0xF0B7: "•", 0xF0A7: "•"}
_TRANSLATION: dict[int, str | None] = {**_DROPPED, **_SPACES, **_BREAKS, **_LOOK_ALIKES}
_IRREGULAR = re.compile("[" + re.escape("".join(map(chr, _TRANSLATION))) + "]")


def normalise(text: str) -> str:
    """NFC, plain spaces and line feeds only, nothing invisible, one kind of đ. Idempotent."""
    if _IRREGULAR.search(text):
        text = text.replace("\r\n", "\n").translate(_TRANSLATION)
    return unicodedata.normalize("NFC", text)
