"""The notebooks run from the first cell to the last, offline, and show what monitoring says.

Each runs in a folder of its own, as a reader would have it: the notebook in ``notebooks``, our ``corpora`` beside it.
They are kept without outputs, so that the text of a notebook is all there is to review.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml

from ntm_extract import extract
from ntm_extract.dataset import Dataset
from ntm_extract.evaluate import PARTS
from ntm_extract.model import Record
from ntm_extract.monitor import Verdict, audit, compare, lineage, records_of, silences, verdicts
from ntm_extract.units import gazetteer
from tests.conftest import ROOT

_REASON = "the extra [notebooks] is not installed"
pytest.importorskip("ipykernel", reason=_REASON)
altair = pytest.importorskip("altair", reason=_REASON)
ValidationError = pytest.importorskip("jsonschema", reason=_REASON).ValidationError  # comes with altair
nbformat = pytest.importorskip("nbformat", reason=_REASON)
pytest.importorskip("nbclient", reason=_REASON)

FOLDER = ROOT / "notebooks"
AS_OF = yaml.safe_load((ROOT / "corpora" / "demo" / "expected.yml").read_text("utf-8"))["as_of"]
# Notebook -> the cells that draw, and the cells that show a table.
PICTURES = {
    "comparing-districts": ("dumbbells", "series", "lags", "map"),
    "following-one-promise": ("thread", "moved-thread"),
    "your-own-articles": ("thread-picture",),
    "how-sure-are-these-numbers": ("measured", "confidence", "grades", "without-picture", "by-year"),
}
TABLES = {
    "comparing-districts": (*("articles-by-district", "comparison", "sentences", "refused", "lag-table", "provinces"),),
    "following-one-promise": (
        *("number-promised", "number-sentences", "named", "silence", "decided", "moved-verdicts", "moved-sentences"),
    ),
    "your-own-articles": ("facts-table", "dataset", "audit", "folder-run"),
    "how-sure-are-these-numbers": ("weakest", "without", "audited", "uncertain", "no-evidence"),
}
NAMES = tuple(PICTURES)
# Of what one notebook shows, in bytes: what is larger makes it slow to open and impossible to mail.
MOST_SHOWN = 150_000
SECONDS = 240  # for one cell, on a machine that does other things as well
_EXECUTE = "from nbclient.cli import main; main()"  # what the command `jupyter execute` does
_VEGA = "application/vnd.vegalite.v5+json"
_ROW = re.compile(r"<tr[^>]*>.*?</tr>", re.DOTALL)


@dataclass
class Played:
    """A notebook that was run, and the folder it was run in."""

    cells: list[Any]
    folder: Path

    def outputs(self, cell: str) -> list[Any]:
        (found,) = [one for one in self.cells if one.id == cell]
        return list(found.outputs)

    def shown(self, cell: str, kind: str) -> Any:
        """The one output of a cell that comes in a format."""
        (data,) = [output["data"][kind] for output in self.outputs(cell) if kind in output.get("data", {})]
        return data

    def rows(self, cell: str) -> list[str]:
        """Rows of a cell's table, as HTML."""
        _, _, body = self.shown(cell, "text/html").partition("<tbody>")
        return _ROW.findall(body)

    def drawn(self, cell: str, *columns: str) -> list[dict[str, Any]]:
        """Rows with all of these columns, of all the data that a cell's picture is drawn from."""
        tables = iter_tables(self.shown(cell, _VEGA))
        return [row for table in tables for row in table if row.keys() >= set(columns)]

    @cached_property
    def records(self) -> list[Record]:
        """Records of the dataset that the notebook made."""
        with Dataset.open(self.folder / "build" / "notebooks" / "dataset.sqlite", read_only=True) as dataset:
            return list(records_of(dataset))

    @cached_property
    def verdicts(self) -> list[Verdict]:
        return verdicts(self.records, AS_OF)


def iter_tables(picture: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """The data of a picture, wherever in it they stand."""
    yield from picture.get("datasets", {}).values()
    if inline := picture.get("data", {}).get("values"):
        yield inline
    for parts in ("hconcat", "vconcat", "layer"):
        for view in picture.get(parts, ()):
            yield from iter_tables(view)


def source(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def play(name: str, folder: Path) -> Played:
    """Run a notebook there, in a process of its own, with nothing of the user's Jupyter read or written."""
    notebook = folder / "notebooks" / f"{name}.ipynb"
    notebook.parent.mkdir()
    shutil.copy(FOLDER / notebook.name, notebook)
    (folder / "corpora").symlink_to(ROOT / "corpora", target_is_directory=True)
    own = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    settings = {**os.environ, "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}
    settings |= {name: str(folder / "jupyter" / name.lower()) for name in own}
    settings["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel of this environment, whatever is installed elsewhere
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            _EXECUTE,
            "--inplace",
            f"--timeout={SECONDS}",
            f"--startup_timeout={SECONDS}",
            str(notebook),
        ],
        capture_output=True,
        encoding="utf-8",
        env=settings,
        timeout=2 * SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Played(nbformat.read(notebook, as_version=4).cells, folder)


@pytest.fixture(scope="module")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Played]]]:
    """Every notebook that a test asks for, two at a time; each test waits for its own."""
    asked = {item.callspec.params.get("played") for item in request.session.items if hasattr(item, "callspec")}
    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        yield {name: pool.submit(play, name, tmp_path_factory.mktemp(name)) for name in NAMES if name in asked}


@pytest.fixture
def played(running: Mapping[str, Future[Played]], request: pytest.FixtureRequest) -> Played:
    """The notebook named by the test's parameter."""
    return running[request.param].result()


one = pytest.mark.parametrize("played", NAMES, indirect=True)


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("played", [name], indirect=True)


# ------------------------------------------------------------------ as they are kept


def test_every_notebook_is_known() -> None:
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(NAMES)
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert all(f"({name}.ipynb)" in readme for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_kept_without_outputs_and_with_names_for_cells(name: str) -> None:
    notebook = source(name)
    nbformat.validate(notebook)
    assert notebook.metadata.keys() == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}, "clear the notebook before keeping it"
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cell.id), f"{cell.id}: name the cell by what it does"
        assert not cell.metadata
        assert not cell.get("outputs"), f"{cell.id}: clear the outputs before keeping the notebook"
        assert cell.get("execution_count") is None


# ------------------------------------------------------------------ as they run


@pytest.mark.slow
@one
def test_runs_without_a_warning(played: Played) -> None:
    assert played.records
    for cell in played.cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", f"{cell.id}: {output.text}"


@pytest.mark.slow
@one
def test_shows_little_and_loads_nothing(played: Played) -> None:
    shown = json.dumps([cell.get("outputs", []) for cell in played.cells], ensure_ascii=False)
    assert len(shown.encode()) < MOST_SHOWN
    assert "<script" not in shown
    # Addresses are those of the articles, which end in .example, and the names of formats.
    hosts = set(re.findall(r"https?://([^\s\"'<>\\/]+)", shown))
    assert {host for host in hosts if not host.endswith(".example")} <= {"vega.github.io", "www.w3.org"}


@pytest.mark.slow
@one
def test_pictures_are_vega_lite(played: Played, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.params["played"]
    drawing = [cell.id for cell in played.cells if any(_VEGA in o.get("data", {}) for o in cell.get("outputs", []))]
    assert tuple(drawing) == PICTURES[name]
    for cell in drawing:
        picture = played.shown(cell, _VEGA)
        altair.Chart.from_dict(picture)  # raises where the picture is not what the schema allows
        assert all(iter_tables(picture)), f"{name}, {cell}: drawn from an empty table"


def test_a_picture_that_is_none_is_noticed() -> None:
    with pytest.raises(ValidationError):
        altair.Chart.from_dict({"mark": "no such mark", "data": {"values": []}, "encoding": {}})


@pytest.mark.slow
@one
def test_tables_have_rows(played: Played, request: pytest.FixtureRequest) -> None:
    for cell in TABLES[request.node.callspec.params["played"]]:
        assert played.rows(cell), f"{cell}: an empty table"


# ------------------------------------------------------------------ what they show is so


@pytest.mark.slow
@of("comparing-districts")
def test_dumbbells_are_the_comparison(played: Played) -> None:
    rows = compare(played.records, standards=["ntm", "ntm_advanced", "ntm_model"], as_of=AS_OF)
    over = [row for row in rows if row.year < AS_OF.year]
    expected = Counter((f"{row.group.name} {row.year}", row.promised, row.reached) for row in over)
    drawn = played.drawn("dumbbells", "promised", "reached")
    assert Counter((row["row"], row["promised"], row["reached"]) for row in drawn) == expected
    assert all(row["quote_text"] for row in drawn)
    # What the text says of single rows.
    named = {(row.group.name, row.year, row.standard): row for row in over}
    merged = named["Quỳnh Phụ", 2024, "ntm_advanced"]
    assert (merged.promised, merged.reached, merged.kept) == (3, 2, 3)
    assert named["Văn Bàn", 2020, "ntm"].no_evidence == 1
    assert (named["Văn Bàn", 2022, "ntm"].reached, named["Văn Bàn", 2022, "ntm"].not_met) == (1, 1)
    assert (named["Chợ Gạo", 2022, "ntm_advanced"].promised, named["Chợ Gạo", 2022, "ntm_advanced"].reached) == (5, 4)
    assert named["Vũng Liêm", 2022, "ntm_advanced"].kept_late == named["Vũng Liêm", 2023, "ntm_advanced"].reached == 1


@pytest.mark.slow
@of("comparing-districts")
def test_lags_are_the_verdicts(played: Played) -> None:
    drawn = Counter(row["lag_days"] for row in played.drawn("lags", "lag_days"))
    assert drawn == Counter(verdict.lag_days for verdict in played.verdicts if verdict.lag_days is not None)


@pytest.mark.slow
@of("comparing-districts")
def test_the_map_shows_points_of_the_gazetteer(played: Played) -> None:
    places = gazetteer()
    today = [place for place in places if place.level == "commune" and place.alive(AS_OF)]
    known = {(round(lon, 2), round(lat, 2)) for lat, lon in filter(None, (places.point(place.uid) for place in today))}
    provinces = played.drawn("map", "geometry")
    dots = [tuple(dot) for province in provinces for dot in province["geometry"]["coordinates"]]
    assert len(dots) == len(today)
    assert set(dots) == known
    coloured = {row["properties"]["province"] for row in provinces if row["properties"]["share"] is not None}
    read = {heir.province for verdict in played.verdicts if verdict.unit for heir in verdict.unit.today}
    assert coloured
    assert coloured <= read
    promised = {
        (verdict.unit.name, places.point(verdict.unit.uid))
        for verdict in played.verdicts
        if verdict.unit and verdict.unit.uid
    }
    communes = played.drawn("map", "outcome", "lon", "lat")
    assert communes
    assert {(row["name"], (row["lat"], row["lon"])) for row in communes} <= promised


@pytest.mark.slow
@of("following-one-promise")
def test_the_thread_ends_in_the_verdict(played: Played) -> None:
    plain = {"kept": "kept", "kept_late": "kept late", "lapsed_no_evidence": "no evidence"}
    for cell, communes in (
        ("thread", {"Long Bình Điền", "Song Bình", "Đăng Hưng Phước", "Tân Thuận Bình", "Bình Phan"}),
        ("moved-thread", {"Đồng Lạc"}),
    ):
        bands = played.drawn(cell, "row", "day", "end", "verdict")
        last = {band["row"]: band["verdict"] for band in sorted(bands, key=lambda band: band["day"])}
        assert last == {
            f"{verdict.unit.name}, by {verdict.promised.by:%m/%Y}": plain[verdict.verdict]
            for verdict in verdicts(played.records, AS_OF, moved=True)
            if verdict.unit
            and verdict.unit.name in communes
            and verdict.promised.by
            and (verdict.standard == "ntm_advanced" or cell == "moved-thread")
        }


@pytest.mark.slow
@of("following-one-promise")
def test_the_silent_commune_is_asked_about(played: Played) -> None:
    silent = {row.verdict.unit.name for row in silences(played.records, AS_OF) if row.verdict.unit}
    (row,) = played.rows("silence")
    (name,) = [name for name in silent if name in row]
    asked = "".join(output.text for output in played.outputs("questions"))
    assert f"Was {name} recognised" in asked
    (verdict,) = [one for one in played.verdicts if one.unit and one.unit.name == name]
    assert verdict.verdict == "lapsed_no_evidence"
    assert all(heir.name in asked for heir in verdict.today)
    before_and_after = " ".join(played.rows("decided"))
    assert "lapsed_no_evidence" in before_and_after
    assert "reviewer.me" in before_and_after


@pytest.mark.slow
@of("your-own-articles")
def test_an_article_changes_a_verdict(played: Played) -> None:
    written: dict[str, Any] = {}
    exec(next(cell.source for cell in played.cells if cell.id == "article"), written)
    record = extract(written["ARTICLE"])
    before = {verdict.id: verdict.verdict for verdict in played.verdicts}
    after = {verdict.id: verdict for verdict in verdicts([*played.records, record], AS_OF)}
    changed = [verdict for name, verdict in after.items() if before.get(name) != verdict.verdict]
    rows = played.rows("dataset")
    assert len(rows) == len(changed)
    (late,) = [verdict for verdict in changed if verdict.unit and verdict.standard == "ntm_advanced"]
    assert (before[late.id], late.verdict) == ("lapsed_no_evidence", "kept_late")
    assert [row for row in rows if late.unit and late.unit.name in row and f"<td>{late.lag_days}" in row]
    assert {verdict.verdict for verdict in changed if not verdict.unit} == {"kept_late"}
    assert len(played.rows("facts-table")) == len(record.facts())
    acts = {commitment.act for commitment in record.commitments}
    assert acts == {"directive", "request"}
    folder = "".join(output.text for output in played.outputs("folder-run") if output.output_type == "stream")
    assert "weather.txt" in folder
    assert "empty.html" in folder


@pytest.mark.slow
@of("how-sure-are-these-numbers")
def test_doubts_are_those_of_the_dataset(played: Played) -> None:
    outcomes = Counter(verdict.verdict for verdict in played.verdicts)
    now = Counter({row["outcome"]: row["promises"] for row in played.drawn("by-year", "day") if "/06/" in row["day"]})
    assert now.total() == outcomes.total() == sum(row["size"] for row in played.drawn("grades", "size"))
    assert now["no evidence"] == outcomes["lapsed_no_evidence"] == len(played.rows("no-evidence"))
    assert len(played.rows("audited")) == len(audit(lineage(played.records, AS_OF)))
    settled = sum(outcomes[word] for word in ("kept", "kept_late", "not_met", "re-dated"))
    assert sum(row["promises"] for row in played.drawn("without-picture", "promises")) == settled
    measured = played.drawn("measured", "measure", "value")
    assert len(measured) == 2 * len(PARTS)
    assert all(row["low"] <= row["value"] <= row["high"] for row in measured)
    said = "".join(output.text for output in played.outputs("share"))
    assert f"of {outcomes['lapsed_no_evidence']} nothing is known" in said
