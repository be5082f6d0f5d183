"""What more than one test module needs: the tree, an article of ours, the command line as users have it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ntm_extract import cli

ROOT = Path(__file__).resolve().parent.parent
ARTICLE = """Huyện Yên Thành giao ban xây dựng nông thôn mới

Sáng ngày 8/7/2021, Ban Chỉ đạo xây dựng nông thôn mới huyện Yên Thành tổ chức hội nghị giao ban.
Đến nay, xã Thọ Thành đạt 16/19 tiêu chí, xã Kim Thành đạt 15/19 tiêu chí nông thôn mới.
Phấn đấu đến cuối năm 2021, xã Thọ Thành đạt chuẩn nông thôn mới.
"""

CommandLine = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class Done:
    """What a command did."""

    status: int
    out: str
    err: str


Call = Callable[..., Done]


@pytest.fixture(scope="session")
def root() -> Path:
    """The source tree."""
    return ROOT


@pytest.fixture
def article(tmp_path: Path) -> Path:
    """A file with an article."""
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    return path


@pytest.fixture
def command_line(tmp_path: Path) -> CommandLine:
    """``ntm-extract`` in a process of its own, in an empty folder, in English unless told otherwise."""

    def call(*arguments: object, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        settings = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "error", **environment}
        return subprocess.run(
            [sys.executable, "-m", "ntm_extract.cli", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            cwd=tmp_path,
            env=settings,
            timeout=120,
            check=False,
        )

    return call


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """The command line in this process, in an empty folder, in English unless told otherwise."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*arguments: object, stdin: str = "") -> Done:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Done(int(ended.value.code or 0), captured.out, captured.err)

    return run
