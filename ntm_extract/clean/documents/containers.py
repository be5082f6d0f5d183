"""E-mails and archives: what they hold, with bounds on number, size and depth. Nothing is written to disk."""

from __future__ import annotations

import contextlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default as policy
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import PurePosixPath

from ntm_extract.clean.article import draft_of, named
from ntm_extract.clean.documents.bounds import MOST_BYTES, MOST_MEMBERS, checked_members, too_large
from ntm_extract.clean.documents.pieces import is_marked
from ntm_extract.clean.encoding import Decoded, decode, normalise
from ntm_extract.clean.text import Draft
from ntm_extract.errors import InputError
from ntm_extract.model import Article, Block

_BROKEN = "pack or fetch it again"


@dataclass(frozen=True, slots=True)
class Part:
    """Something that an e-mail or an archive holds: its name, and its bytes or why there are none."""

    name: str
    content: bytes | InputError


# ------------------------------------------------------------------ archives


def iter_members(content: bytes, source: str, suffixes: tuple[str, ...]) -> Iterator[Part]:
    """Files of a zip with one of the suffixes, in order of name; hidden files are passed over.

    Raises InputError for what is broken, too large or too many; files that are encrypted or whose names lead out of
    the archive are parts with an error.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = sorted(checked_members(archive, source), key=lambda member: member.filename)
            for member in members:
                name = _name(member)
                path = PurePosixPath(name.replace("\\", "/"))
                hidden = any(part.startswith((".", "__MACOSX", "~$")) and part != ".." for part in path.parts)
                if member.is_dir() or hidden or path.suffix.lower() not in suffixes:
                    continue
                yield Part(name, _content(archive, member, path, f"{source}!{name}"))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise InputError(f"a broken archive ({type(error).__name__})", where=source, mend=_BROKEN) from None


def _name(member: zipfile.ZipInfo) -> str:
    """Name of a member; packers that do not say that it is UTF-8 write it all the same."""
    if not member.flag_bits & 0x800:
        try:
            return member.filename.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return member.filename


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: PurePosixPath, where: str) -> bytes | InputError:
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", path.parts[0]):
        return InputError("a name that leads out of the archive", where=where, mend="pack it under a plain name")
    if member.flag_bits & 0x1:
        return InputError("encrypted, a password is needed", where=where, mend="pack it without one")
    if member.file_size > MOST_BYTES:
        return too_large(member.file_size, where)
    try:
        # No more is read than the archive says, however much is packed.
        return archive.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        return InputError(f"broken in the archive ({type(error).__name__})", where=where, mend=_BROKEN)


# ------------------------------------------------------------------ e-mails


def read_mail(content: bytes, source: str, suffixes: tuple[str, ...]) -> tuple[Article | InputError | None, list[Part]]:
    """The message of an e-mail, None if it is empty, and its attachments with one of the suffixes.

    The subject is the title, the day of the Date field the posting date. Raises InputError for what is no e-mail.
    """
    try:
        message = message_from_bytes(content, policy=policy)
        known = any(message.get(name) for name in ("From", "To", "Subject", "Date", "Message-ID"))
        parts = list(message.walk())
    except (MessageError, ValueError, LookupError, AttributeError, IndexError, RecursionError) as error:
        # The standard library's parser still fails on some fields that are broken.
        raise InputError(f"a broken e-mail ({type(error).__name__})", where=source, mend="save it anew") from None
    if not known:
        raise InputError("not an e-mail, it has none of its fields", where=source, mend="save the message as .eml")
    attached = list(_attachments(message, source, suffixes))
    if len(attached) > MOST_MEMBERS or len(parts) > 10 * MOST_MEMBERS:
        raise InputError(f"{len(parts)} parts in one e-mail", where=source, mend="give the attachments by themselves")
    try:
        return _message(message, source), attached
    except InputError as error:
        return error, attached


def _attachments(message: EmailMessage, source: str, suffixes: tuple[str, ...]) -> Iterator[Part]:
    for number, part in enumerate(_leaves(message), 1):
        name = part.get_filename()
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0) if isinstance(part.get_payload(), list) else None
            if isinstance(inner, EmailMessage):
                yield Part(name or f"{number}.eml", inner.as_bytes())
        elif name and PurePosixPath(name).suffix.lower() in suffixes:
            payload = part.get_payload(decode=True)
            held = payload if isinstance(payload, bytes) else b""
            where = f"{source}!{name}"
            yield Part(name, held if len(held) <= MOST_BYTES else too_large(len(held), where))


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    """Parts that hold something themselves; messages attached are not opened."""
    if message.get_content_type() == "message/rfc822" or not message.is_multipart():
        yield message
        return
    for part in message.iter_parts():
        if isinstance(part, EmailMessage):
            yield from _leaves(part)


def _message(message: EmailMessage, source: str) -> Article | None:
    plain, page = message.get_body(("plain",)), message.get_body(("html",))
    html = _text_of(page, source)
    text = _text_of(plain, source)
    # A message in both forms says the same in both; only the page keeps tables.
    if html is not None and (text is None or re.search(r"<t[dh]\b", html.text, re.IGNORECASE)):
        chosen, media_type = html, "text/html"
    elif text is not None:
        chosen, media_type = replace(text, text=_unwrapped(normalise(text.text))), "text/plain"
    else:
        return None
    read = draft_of(chosen, source=source, media_type=media_type)
    return named(_entitled(read.draft, message), source=source, encoding=read.encoding, notes=chosen.notes)


def _text_of(part: object, source: str) -> Decoded | None:
    """Text of a part, None where it is empty."""
    if not isinstance(part, EmailMessage):
        return None
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes) or not payload.strip():
        return None
    return decode(payload, source=source, charset=part.get_content_charset())


def _unwrapped(text: str) -> str:
    """Text whose lines were cut at a width, as mail programs do, with its paragraphs whole; other text as it is."""
    lines = text.split("\n")
    width = max(map(len, lines), default=0)
    if not 60 <= width <= 100:
        return text
    joined = lines[:1]
    for line, following in pairwise(lines):
        words = following.split()
        cut = words and line.strip() and len(line.rstrip()) + 1 + len(words[0]) > min(width, 78)
        if cut and not is_marked(following) and "|" not in line + following:
            joined[-1] = f"{joined[-1].rstrip()} {following.strip()}"
        else:
            joined.append(following)
    return "\n".join(joined)


_REPLIED = re.compile(r"^(?:(?:re|fwd?|tr|trả lời|chuyển tiếp)\s*:\s*)+", re.IGNORECASE)


def _entitled(draft: Draft, message: EmailMessage) -> Draft:
    """The draft under the subject, and of the day of the message."""
    subject = _REPLIED.sub("", " ".join(normalise(str(message.get("Subject", ""))).split()))
    published, by = draft.published, draft.published_by
    with contextlib.suppress(ValueError):
        published, by = parsedate_to_datetime(str(message.get("Date", ""))).date(), "Date field of the e-mail"
    if not subject or draft.text.split("\n", 1)[0] == subject:
        return replace(draft, title=subject or draft.title, published=published, published_by=by)
    moved = len(subject) + 1
    blocks = (
        Block(0, len(subject), "title"),
        *(
            replace(
                block,
                start=block.start + moved,
                end=block.end + moved,
                kind="heading" if block.kind == "title" else block.kind,
            )
            for block in draft.blocks
        ),
    )
    text = f"{subject}\n{draft.text}"
    return replace(draft, text=text, blocks=blocks, title=subject, published=published, published_by=by)
