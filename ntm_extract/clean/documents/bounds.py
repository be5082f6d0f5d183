"""How large documents may be, and what is said of those that are larger."""

from __future__ import annotations

import zipfile

from ntm_extract.errors import InputError

MOST_BYTES = 50_000_000  # of a document
MOST_TEXT = 5_000_000  # characters of a document
MOST_MEMBERS = 1000  # of an archive
MOST_UNPACKED = 300_000_000  # bytes of an archive, all members together
MOST_RATIO = 200  # unpacked to packed, of a member that is large; text packs to a tenth
_LARGE = 1_000_000


def too_large(size: int, source: str) -> InputError:
    """A document of more bytes than are read."""
    what = f"{size / 1e6:.0f} MB, no document is larger than {MOST_BYTES // 1_000_000} MB"
    return InputError(what, where=source, mend="give it in parts")


def too_long(source: str) -> InputError:
    """A document of more text than is read."""
    return InputError(f"more than {MOST_TEXT:,} characters of text", where=source, mend="give it in parts")


def missing(package: str, source: str) -> InputError:
    """A document whose reader is not installed."""
    return InputError(f"{package} is not installed, which reads it", where=source, mend="pip install ntm-extract[docs]")


def checked_members(archive: zipfile.ZipFile, source: str) -> list[zipfile.ZipInfo]:
    """Members of an archive that may be unpacked; raises InputError if they are too many or would be too large."""
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise InputError(f"{len(members)} files in one archive", where=source, mend=f"pack at most {MOST_MEMBERS}")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MOST_UNPACKED:
        what = f"would unpack to {unpacked / 1e6:.0f} MB, more than {MOST_UNPACKED // 1_000_000}"
        raise InputError(what, where=source, mend="pack fewer files")
    for member in members:
        if member.file_size > _LARGE and member.file_size > MOST_RATIO * max(member.compress_size, 1):
            what = f"holds a file packed 1 to {member.file_size // max(member.compress_size, 1)}, as bombs are"
            raise InputError(what, where=source, mend="leave it out")
    return members
