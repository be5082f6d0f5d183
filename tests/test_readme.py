"""What the READMEs say is so: their commands run, their Python gives what they show, their codebook is the code's.

In a README, ```console blocks are run in order in one folder (lines that begin with '$ ' are commands, a line '...'
stands for any lines, '...' within a line for any text), ```pycon blocks are doctests of one session, and a block
```text NAME is the file NAME. ```sh blocks are for reading; their `make` targets must exist.

``python -m tests.test_readme`` writes the codebook and the output of commands anew, where no '...' stands in it.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer.main
import yaml

import ntm_extract
from ntm_extract.cli import app
from ntm_extract.export import codebook_markdown
from ntm_extract.pipeline import KINDS
from tests.conftest import ROOT

READMES = ("README.md", "README.vi.md")
_BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<name>[\w./-]+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_CODEBOOK = re.compile(r"(<!-- codebook[^>]*-->\n)(.*?)(<!-- /codebook -->)", re.DOTALL)
_COMMAND = re.compile(r"(?:^\$ |`)ntm-extract ([^`\n]+)", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its kind, the file it stands for, its text, and where the text stands in the README."""

    kind: str
    name: str | None
    body: str
    start: int
    line: int


def iter_blocks(text: str) -> Iterator[Block]:
    for found in _BLOCK.finditer(text):
        yield Block(
            found["kind"], found["name"], found["body"], found.start("body"), text.count("\n", 0, found.start())
        )


def iter_calls(body: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block with the output shown for it."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def in_folder(folder: Path, command: str) -> str:
    """What an ``ntm-extract`` command writes to a terminal there; it must go well."""
    program, *arguments = shlex.split(command)
    assert program == "ntm-extract", f"only ntm-extract is run: {command}"
    settings = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "-m", "ntm_extract.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        cwd=folder,
        env=settings,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def prepare(folder: Path, text: str) -> None:
    """What commands find there: our corpora, and the files that the README shows."""
    (folder / "corpora").symlink_to(ROOT / "corpora", target_is_directory=True)
    for block in iter_blocks(text):
        if block.name:
            (folder / block.name).write_text(block.body, "utf-8")


def agrees(shown: str, given: str) -> bool:
    """Whether output is what is shown; spaces at the ends of lines do not count."""
    lines = [line.rstrip() for line in shown.rstrip().splitlines()]
    parts = [r"(?:.*\n)*?" if line == "..." else _line(line) for line in lines]
    return (
        re.fullmatch("".join(parts), "".join(f"{line.rstrip()}\n" for line in given.rstrip().splitlines())) is not None
    )


def _line(shown: str) -> str:
    return ".*".join(map(re.escape, shown.split("..."))) + "\n"


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


# ------------------------------------------------------------------ examples


@pytest.fixture(scope="module", params=READMES)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, list[str]]:
    """A README's text, the folder in which its commands were run in order, and what did not agree."""
    text = read(request.param)
    folder = tmp_path_factory.mktemp("readme")
    prepare(folder, text)
    faults = []
    for block in iter_blocks(text):
        for command, shown in iter_calls(block.body) if block.kind == "console" else ():
            given = in_folder(folder, command)
            if not agrees(shown, given):
                faults.append(f"{request.param}:{block.line}: $ {command}\n{given}")
    return text, folder, faults


@pytest.mark.slow
def test_commands_print_what_is_shown(played: tuple[str, Path, list[str]]) -> None:
    _, _, faults = played
    assert not faults, "\n".join(faults)


@pytest.mark.slow
def test_python_gives_what_is_shown(played: tuple[str, Path, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    text, folder, _ = played
    monkeypatch.chdir(folder)
    source = "\n".join(block.body for block in iter_blocks(text) if block.kind == "pycon")
    test = doctest.DocTestParser().get_doctest(source, {}, "README", None, 0)
    assert test.examples
    out: list[str] = []
    failed = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=out.append).failed
    assert not failed, "".join(out)


def test_an_example_that_is_not_so_is_noticed() -> None:
    """The comparison itself: what it lets through and what it does not."""
    assert agrees("a\n...\nd\n", "a  \nb\nc\nd\n")
    assert agrees("x: a, ...\n", "x: a, b\n")
    assert not agrees("a\nd\n", "a\nb\nd\n")
    assert not agrees("a\n", "a\nb\n")
    assert not agrees("12/19", "12/18")


# ------------------------------------------------------------------ what is named exists


@pytest.mark.parametrize("name", READMES)
def test_commands_and_options_named_exist(name: str) -> None:
    root = typer.main.get_command(app)
    named = _COMMAND.findall(read(name))
    assert named
    for line in named:
        words = shlex.split(line)
        command = root
        if words[0] == "--lang":
            del words[:2]
        while words and (below := getattr(command, "commands", {}).get(words[0])):
            command = below
            words.pop(0)
        assert command is not root, f"no such command: ntm-extract {line}"
        known = {option for holder in (root, command) for param in holder.params for option in param.opts} | {"--help"}
        assert {word for word in words if word.startswith("--")} <= known, f"ntm-extract {line}"


@pytest.mark.parametrize("name", READMES)
def test_kinds_of_files_named_can_be_read(name: str) -> None:
    known = {suffix for kind in KINDS for suffix in kind.suffixes}
    named = set(re.findall(r"`(\.[a-z.]+)`", read(name)))
    assert {".html", ".txt"} <= named <= known


@pytest.mark.parametrize("name", READMES)
def test_make_targets_named_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", "".join(b.body for b in iter_blocks(read(name)) if b.kind == "sh")))
    assert {"run", "test"} <= named <= targets


@pytest.mark.parametrize("name", [*READMES, "CHANGES.md", "corpora/README.md"])
def test_files_linked_exist(name: str) -> None:
    place = (ROOT / name).parent
    assert [link for link in _LINK.findall(read(name)) if not (place / link).exists()] == []


def test_the_codebook_is_the_codes() -> None:
    shown = _CODEBOOK.search(read("README.md"))
    assert shown is not None
    assert shown[2].strip() == codebook_markdown("dataset").strip(), "write it anew: python -m tests.test_readme"


def test_citation_and_changes_are_of_this_version() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    assert citation["version"] == ntm_extract.__version__
    assert {"cff-version", "message", "title", "authors", "type", "license"} <= set(citation)
    assert f"Version {ntm_extract.__version__}." in read("README.md")
    versions = re.findall(r"^## \[?(\d+\.\d+\.\d+)", read("CHANGES.md"), re.MULTILINE)
    assert versions[0] == ntm_extract.__version__


# ------------------------------------------------------------------ writing anew


def rewrite(name: str) -> None:
    """A README with the codebook and the outputs of today."""
    text = read(name)
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), text)
        for block in reversed([block for block in iter_blocks(text) if block.kind == "console"]):
            calls = [(command, shown) for command, shown in iter_calls(block.body)]
            if "..." not in block.body and "build/" not in block.body:
                new = "".join(f"$ {command}\n{_trimmed(in_folder(Path(folder), command))}" for command, _ in calls)
                text = text[: block.start] + new + text[block.start + len(block.body) :]
    text = _CODEBOOK.sub(lambda found: f"{found[1]}\n{codebook_markdown('dataset').strip()}\n\n{found[3]}", text)
    (ROOT / name).write_text(text, "utf-8")


def _trimmed(output: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in output.splitlines())


if __name__ == "__main__":
    for readme in READMES:
        rewrite(readme)
