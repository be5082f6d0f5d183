"""Folders of patterns for tests: the shipped ones with rules added, or small ones of their own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ntm_extract.patterns import PatternSet, load_patterns, patterns_folder


def with_rules(folder: Path, topic: str, *rules: Mapping[str, Any]) -> PatternSet:
    """A copy of the shipped patterns in ``folder``, with rules at the end of a topic."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(patterns_folder(), folder)
    path = next(path for path in (folder / "rules").glob("*.yml") if f"topic: {topic}\n" in path.read_text("utf-8"))
    added = yaml.safe_dump(list(rules), allow_unicode=True, sort_keys=False)
    path.write_text(path.read_text("utf-8").rstrip("\n") + "\n" + added, encoding="utf-8")
    return load_patterns(folder)


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """Files by their path within ``folder``."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
