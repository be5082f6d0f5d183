"""The command line as users have it: real processes, their status, what they write and where."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import CommandLine


def test_run_makes_a_dataset_and_says_where(command_line: CommandLine, article: Path) -> None:
    done = command_line("run", article, "--out", "out")
    assert done.returncode == 0, done.stderr
    assert "out/dataset.sqlite" in done.stdout
    assert (article.parent / "out" / "dataset.sqlite").exists()
    assert done.stderr == ""


def test_a_second_run_says_same(command_line: CommandLine, article: Path) -> None:
    command_line("run", article, "--out", "out")
    assert "1 same" in command_line("run", article, "--out", "out").stdout


def test_one_bad_input_does_not_stop_the_others(command_line: CommandLine, article: Path) -> None:
    done = command_line("run", article, "missing.txt", "--out", "out")
    assert done.returncode == 3
    assert done.stderr.splitlines() == ["missing.txt: no such file; check the name"]
    assert "1 new" in done.stdout
