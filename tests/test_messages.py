"""What is said to users is there in both languages, and says the same."""

from __future__ import annotations

import ast
import datetime as dt
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from hypothesis import given
from hypothesis import strategies as st

from ntm_extract import cli
from ntm_extract.errors import InputError, PatternError
from ntm_extract.messages import Messages, line_of, load_catalogue

ENGLISH, VIETNAMESE = Messages("en"), Messages("vi")
ERRORS = {"NtmError", "InputError", "DatasetError", "CollectError"}


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", load_catalogue()["texts"])
def test_both_languages_take_the_same_values(key: str) -> None:
    texts = load_catalogue()["texts"][key]
    assert set(texts) == {"en", "vi"}
    assert fields_of(texts["en"]) == fields_of(texts["vi"])


def test_no_wording_is_given_twice(root: Path) -> None:
    section, seen = "", set()
    for line in (root / "ntm_extract" / "messages.yml").read_text("utf-8").splitlines():
        section = line if line and line[0].isalpha() else section
        if found := re.match(r'  ("(?:[^"\\]|\\.)*"|\w+):', line):
            assert (section, found[1]) not in seen
            seen.add((section, found[1]))


def test_coded_values_have_names_in_both_languages() -> None:
    for group, names in load_catalogue()["names"].items():
        for value, named in names.items():
            assert named["en"], (group, value)
            assert named["vi"], (group, value)


def test_every_text_that_is_asked_for_is_there(root: Path) -> None:
    asked: set[str] = set()
    for path in (root / "ntm_extract").rglob("*.py"):
        asked |= set(re.findall(r"""(?:\bsay|\bmessages\(\))\(\s*["']([a-z_]+)["']""", path.read_text("utf-8")))
    assert len(asked) > 20
    assert asked <= set(load_catalogue()["texts"])


def commands(command: Any) -> Iterator[Any]:
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from commands(below)


def test_help_is_in_vietnamese_too() -> None:
    texts = load_catalogue()["help"]
    said = {
        text
        for command in commands(typer.main.get_command(cli.app))
        for holder in (command, *command.params)
        for field in ("help", "epilog")
        if (text := getattr(holder, field, None))
    }
    assert {text for text in said if text not in texts} == set()


def wordings(path: Path) -> Iterator[str]:
    """English wording of the errors that a module raises; what varies is '7'."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
            parts = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "mend")]
            yield from (text for text in map(literal, parts) if text is not None and re.search("[a-z]", text))


def literal(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return None


SHOWN = (
    *("clean", "collect", "dataset", "export.py", "review.py", "pipeline.py"),
    *("cli.py", "collect_commands.py", "monitor_commands.py", "terminal.py"),
)


@pytest.mark.parametrize("place", SHOWN)
def test_errors_that_users_meet_are_in_vietnamese_too(root: Path, place: str) -> None:
    path = root / "ntm_extract" / place
    files = path.rglob("*.py") if path.is_dir() else [path]
    missing = {text for file in files for text in wordings(file) if VIETNAMESE.wording(text) == text}
    assert missing == set()  # write them down in messages.yml


def test_an_error_is_one_line_of_place_fault_and_mend() -> None:
    error = InputError("no such file", where="a\nb.txt", mend="check the name")
    assert ENGLISH.error(error) == "a b.txt: no such file; check the name"
    assert VIETNAMESE.error(error) == "a b.txt: không có tệp này; kiểm tra lại tên"


def test_what_varies_in_an_error_is_translated_where_it_can_be() -> None:
    assert VIETNAMESE.wording("cannot be read (Permission denied)") == "không đọc được (không có quyền)"
    assert VIETNAMESE.wording("cannot be read (EIO {0})") == "không đọc được (EIO {0})"
    assert VIETNAMESE.wording("something else") == "something else"


def test_faults_are_a_line_each() -> None:
    assert ENGLISH.error(PatternError(["a.yml: one", "b.yml: other"])) == "a.yml: one\nb.yml: other"


@pytest.mark.parametrize(
    ("value", "english", "vietnamese"),
    [
        (16, "16", "16"),
        (18.6, "18.6", "18,6"),
        (12500, "12,500", "12.500"),
        (1234567.25, "1,234,567.25", "1.234.567,25"),
    ],
)
def test_numbers_as_each_language_writes_them(value: float, english: str, vietnamese: str) -> None:
    assert (ENGLISH.number(value), VIETNAMESE.number(value)) == (english, vietnamese)


def test_days_as_each_language_writes_them() -> None:
    day = dt.date(2021, 12, 31)
    assert (ENGLISH.day(day), VIETNAMESE.day(day), ENGLISH.day(None)) == ("2021-12-31", "31/12/2021", "")


@given(st.text())
def test_a_line_is_one_line_whatever_is_in_it(text: str) -> None:
    line = line_of(text)
    assert len(line.splitlines()) <= 1
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in line)
