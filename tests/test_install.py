"""What a newcomer and the packager rely on: the lock file, the entry points, the Makefile's targets."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shlex
import tomllib
from pathlib import Path

import spacy

import ntm_extract
from tests.conftest import CommandLine


def names_in(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-") for requirement in requirements}


def test_the_lock_names_no_registry_and_pins_every_package_by_hash(root: Path) -> None:
    lock = (root / "requirements.lock").read_text("utf-8")
    assert "://" not in lock
    assert "--index" not in lock
    assert "--find-links" not in lock
    blocks = re.split(r"\n(?=[a-z0-9])", lock.strip())
    assert len(blocks) > 100
    for block in blocks:
        assert re.match(r"[a-z0-9._-]+==\S+", block), block
        assert "--hash=sha256:" in block, block


def test_the_lock_holds_every_dependency(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    asked = names_in(project["dependencies"])
    for name, extra in project["optional-dependencies"].items():
        asked |= names_in(extra) if name != "all" else set()
    locked = names_in((root / "requirements.lock").read_text("utf-8").splitlines())
    assert asked - locked == set()  # make lock


def test_the_version_is_said_once() -> None:
    assert importlib.metadata.version("ntm-extract") == ntm_extract.__version__


def test_spacy_finds_the_components_without_our_being_imported() -> None:
    points = importlib.metadata.entry_points(group="spacy_factories")
    assert {"ntm_facts", "ntm_sentences"} <= {point.name for point in points}
    assert "ntm_extract.syllables.v1" in spacy.registry.tokenizers.get_all()


def test_make_run_ends_with_the_comparison_and_two_threads(root: Path, command_line: CommandLine) -> None:
    makefile = (root / "Makefile").read_text("utf-8")
    values = dict(re.findall(r"^(\w+) := (\S+)$", makefile, re.MULTILINE))
    recipe = re.search(r"^run:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe is not None
    shown = []
    for line in recipe[1].splitlines():
        given = re.sub(r"\$\((\w+)\)", lambda name: values.get(name[1], name[0]), line.strip())
        program, *arguments = shlex.split(given.replace("corpora/demo", str(root / "corpora" / "demo")))
        assert program.endswith("/ntm-extract")
        done = command_line(*arguments)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        shown.append((arguments[0], done.stdout))
    assert [command for command, _ in shown] == ["run", "compare", "track", "track"]
    assert "Dataset: build/demo/dataset.sqlite" in shown[0][1]
    compared = shown[1][1]
    assert all(word in compared for word in ("kept late", "re-dated", "not met", "no", "[1] "))
    for _, thread in shown[2:]:
        assert all(word in thread for word in ("promised", "progress", "recognised", "[1] "))


def test_ci_is_executable_and_runs_what_the_readme_says(root: Path) -> None:
    script = root / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text("utf-8")
    assert "make test" in text
    assert "make check" in text
