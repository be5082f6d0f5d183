"""The file: opening it, its schema and the steps that bring it up to date, and what can go wrong with it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from ntm_extract.errors import DatasetError

APPLICATION_ID = 0x4E544D31  # 'NTM1', in the file's header: this is a dataset of ours


@dataclass(frozen=True, slots=True)
class Migration:
    """A numbered step of the schema."""

    version: int
    sql: str


def load_migrations() -> tuple[Migration, ...]:
    """The steps shipped with the package, first to last."""
    files = (file for file in (resources.files(__package__) / "schema").iterdir() if file.name.endswith(".sql"))
    steps = (Migration(int(file.name.split("_")[0]), file.read_text(encoding="utf-8")) for file in files)
    return tuple(sorted(steps, key=lambda step: step.version))


def connect(path: Path, read_only: bool, busy_seconds: float) -> sqlite3.Connection:
    """A connection to the file, which is made where there is none (not where it is only to be read)."""
    address = path.absolute().as_uri()
    mode = "rw" if read_only else "rwc"
    db = sqlite3.connect(f"{address}?mode={mode}", uri=True, timeout=busy_seconds, isolation_level=None)
    if read_only:
        # Not mode=ro: such a connection would leave WAL's side files behind when it is the last to close.
        try:
            db.execute("PRAGMA query_only = ON")
            db.execute("PRAGMA schema_version").fetchone()
        except sqlite3.OperationalError as error:
            db.close()
            # Where nothing may be written SQLite cannot make the side files; the file may then be read as it stands,
            # unless a side file shows that somebody else is writing it.
            waiting = path.with_name(path.name + "-wal")
            unwritable = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
            if not unwritable or (waiting.exists() and waiting.stat().st_size):
                raise
            db = sqlite3.connect(f"{address}?immutable=1", uri=True, isolation_level=None)
    db.execute("PRAGMA foreign_keys = ON")
    # With WAL, NORMAL loses at most the last articles when the power fails, and never the file.
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA wal_autocheckpoint = 8000")  # pages: at the usual 1000 a load spends a third more at commits
    return db


def prepare(db: sqlite3.Connection, path: Path, create: bool, read_only: bool, migrations: Sequence[Migration]) -> None:
    """Check that the file is ours and bring its schema up to date.

    For writing, the lock is taken even where there is nothing to do: who may not write hears it now.
    """
    newest = max(step.version for step in migrations)
    empty = not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID and not (empty and create):
        raise DatasetError("is not a dataset of ours", where=path, mend="name another file")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > newest:
        raise DatasetError(
            f"was written by a newer version (schema {version}, here {newest})", where=path, mend="upgrade ntm-extract"
        )
    if read_only:
        if version < newest:
            raise DatasetError(
                f"was written by an older version (schema {version}, here {newest})",
                where=path,
                mend="open it once for writing, which brings it up to date",
            )
        return
    db.execute("PRAGMA journal_mode = WAL")
    for step in migrations:
        db.execute("BEGIN IMMEDIATE")
        try:
            # Looked up under the lock: another process may have done this step meanwhile.
            if db.execute("PRAGMA user_version").fetchone()[0] < step.version:
                for statement in _statements(step.sql):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {step.version}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def _statements(sql: str) -> Iterator[str]:
    """The statements of a script, each ending its line (``executescript`` would commit what is under way)."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


_FAULTS = {
    sqlite3.SQLITE_BUSY: ("is being written by another process", "wait until that has ended, then run again"),
    sqlite3.SQLITE_LOCKED: ("is being written by another process", "wait until that has ended, then run again"),
    sqlite3.SQLITE_READONLY: ("may not be written to", "copy it to where you may write"),
    sqlite3.SQLITE_FULL: ("there is no room left on the disk", "make room and run again; what was there is intact"),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "make sure the disk has room and is whole, then run again"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "see whether the file and its folder may be read and written"),
    sqlite3.SQLITE_NOTADB: ("is not a dataset of ours", "name another file"),
    sqlite3.SQLITE_CORRUPT: ("is damaged", "take a copy of it, or build it again from the articles"),
}


@contextlib.contextmanager
def faults(path: Path) -> Iterator[None]:
    """What SQLite complains of, as one line a user can act on."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise  # ours to mend, not the user's
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        code = getattr(error, "sqlite_errorcode", None)
        what, mend = _FAULTS.get(code & 0xFF if code is not None else -1, (str(error), None))
        raise DatasetError(what, where=path, mend=mend) from error
