"""The command line as users have it: exit statuses, what it writes and where, in whose language."""

from __future__ import annotations

import contextlib
import csv
import html.parser
import io
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ntm_extract import __version__
from ntm_extract.dataset import Dataset
from ntm_extract.model import Record
from tests.conftest import ARTICLE, Call, CommandLine, Done

CASES = yaml.safe_load((Path(__file__).parent / "tables" / "cli_bad_input.yml").read_text("utf-8"))["cases"]


def files_of(folder: Path) -> list[str]:
    """Every file below a folder, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def write_input(folder: Path, case: dict[str, Any]) -> Path:
    """The input of a row of the table."""
    path: Path = folder / case["name"]
    if "entries" in case:
        path.mkdir()
        for name, text in case["entries"].items():
            (path / name).write_text(text, encoding="utf-8")
    elif "size" in case:
        with path.open("wb") as file:
            file.truncate(case["size"])
    elif "hex" in case:
        path.write_bytes(bytes.fromhex(case["hex"]))
    elif "text" in case:
        content = case["text"].encode()
        path.write_bytes(content[: len(content) - case.get("cut", 0)])
    return path


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_run_says_what_is_wrong_and_reads_the_others(
    call: Call, article: Path, tmp_path: Path, case: dict[str, Any]
) -> None:
    write_input(tmp_path, case)
    done = call("run", case["name"], article.name, "--out", "out", "--formats", "none")
    assert done.status == 3
    (line,) = done.err.splitlines()
    assert line.startswith(f"{case['name']}: ")
    assert all(part in line for part in case["says"])
    with Dataset.open(tmp_path / "out" / "dataset.sqlite", read_only=True) as dataset:
        sources = [record.source for record in dataset.iter_records()]
        issues = list(dataset.query("SELECT input, what FROM issues"))
    assert sorted(sources) == sorted([article.name, *([case["name"]] if case["kept"] else [])])
    assert [given for given, _ in issues] == [case["name"]]
    assert issues[0][1] in line


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_extract_says_what_is_wrong_and_leaves_no_file(call: Call, tmp_path: Path, case: dict[str, Any]) -> None:
    write_input(tmp_path, case)
    before = files_of(tmp_path)
    done = call("extract", case["name"], "--to", "jsonl", "--out", "records.jsonl")
    assert done.status == 3
    assert done.out == ""
    (line,) = [line for line in done.err.splitlines() if not line.startswith("Written: ")]
    assert all(part in line for part in case["says"])
    made = ["records.jsonl"] if case["read"] == "yes" else []
    assert files_of(tmp_path) == sorted([*before, *made])


def test_nothing_is_made_where_no_input_can_be_found(call: Call, tmp_path: Path) -> None:
    done = call("run", "one.txt", "two", "--out", "out")
    assert done.status == 3
    assert [line.split(":")[0] for line in done.err.splitlines()[:2]] == ["one.txt", "two"]
    assert files_of(tmp_path) == []


def test_records_that_are_none_are_told_line_by_line(call: Call, article: Path, tmp_path: Path) -> None:
    record = json.loads(call("extract", article, "--to", "jsonl").out)
    lines = [json.dumps(record), '{"id": 1}', "[", json.dumps({**record, "id": "b", "text": "Khác."}), ""]
    Path("records.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = call("run", "records.jsonl", "--out", "out", "--formats", "none")
    assert done.status == 3
    assert [line.split(": ")[0] for line in done.err.splitlines()] == ["records.jsonl:2", "records.jsonl:3"]
    assert "2 new" in done.out


def test_records_in_another_encoding_are_told(call: Call) -> None:
    Path("records.jsonl").write_bytes('{"id": "xã"}'.encode("utf-16"))
    done = call("run", "records.jsonl", "--out", "out", "--formats", "none")
    assert done.status == 3
    assert "not UTF-8" in done.err


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such file names")
@pytest.mark.parametrize("name", [b"hai\ndong.txt", b"\x1b[31mdo.txt", b"sai-\xff\xfe.txt"])
def test_names_that_a_terminal_cannot_show_stay_on_one_line(call: Call, tmp_path: Path, name: bytes) -> None:
    with open(os.fsencode(tmp_path) + b"/" + name, "w", encoding="utf-8") as file:
        file.write(ARTICLE)
    done = call("run", tmp_path, os.fsdecode(name) + ".no", "--out", "out", "--formats", "jsonl")
    assert done.status == 3
    assert len(done.err.splitlines()) == 1
    assert not any(ord(char) < 32 for char in done.err.rstrip("\n"))
    (line,) = (tmp_path / "out" / "records.jsonl").read_text("utf-8").splitlines()
    assert Record.model_validate_json(line).text.startswith("Huyện Yên Thành")


# ------------------------------------------------------------------ wrong use


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "a.txt", "--out", "out", "--fast"), "--fast"),
        (("rum", "a.txt"), "rum"),
        (("run", "a.txt"), "--out"),
        (("run",), "INPUT"),
        (("run", "a.txt", "--out", "out", "--jobs", "0"), "--jobs"),
        (("run", "a.txt", "--out", "out", "--formats", "csv,doc"), "doc: no such format"),
        (("extract", "a.txt", "--to", "pdf"), "pdf"),
        (("units", "Yên Thành", "--date", "30/02/2021"), "--date"),
        (("verdicts", "a.sqlite", "--as-of", "soon"), "--as-of"),
        (("run", "a.txt", "--out", "out", "--lang", "fr"), "--lang"),
    ],
)
def test_wrong_use_is_one_line_and_status_two(
    call: Call, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = call(*arguments)
    assert (done.status, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert says in line
    assert files_of(tmp_path) == []


def test_faults_of_pattern_files_are_told_all_at_once(call: Call, article: Path, root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "patterns"
    copy_patterns(root / "patterns", folder)
    (folder / "rules" / "standards.yml").write_text("topic: standards\nrules: [\n", encoding="utf-8")
    (folder / "vocabulary" / "hedges.yml").write_text("type: hedge\nrows:\n- {value: basically}\n", encoding="utf-8")
    checked = call("patterns", "check", folder)
    assert (checked.status, checked.out) == (2, "")
    assert {"hedges.yml", "standards.yml"} <= {line.split(":")[0] for line in checked.err.splitlines()}
    for jobs in (1, 2):
        run = call("run", article, "--out", "out", "--patterns", folder, "--jobs", jobs)
        assert (run.status, run.err) == (2, checked.err)
    assert not (tmp_path / "out").exists()


RULES = """
topic: own
rules:
- id: own.reach.plain
  fact: count
  pattern: "{reach} {criteria}"
  examples: ["Xã Tân Tiến EXAMPLE."]
  counterexamples: ["Xã Tân Tiến có 15 xóm."]
"""


@pytest.mark.parametrize(
    ("example", "status", "says"),
    [("⟦đạt 15 tiêu chí⟧", 0, "1 rules"), ("⟦đạt 15⟧ tiêu chí", 2, "rule own.reach.plain: field 'examples'")],
)
def test_rules_are_checked_against_their_examples(
    call: Call, root: Path, tmp_path: Path, example: str, status: int, says: str
) -> None:
    copy_patterns(root / "patterns" / "vocabulary", tmp_path / "own" / "vocabulary")
    (tmp_path / "own" / "rules").mkdir()
    (tmp_path / "own" / "rules" / "own.yml").write_text(RULES.replace("EXAMPLE", example), encoding="utf-8")
    done = call("patterns", "check", "own")
    assert done.status == status, done.err
    assert says in done.out + done.err


def copy_patterns(source: Path, target: Path) -> None:
    """The shipped patterns, to be broken."""
    for path in source.rglob("*.yml"):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())


# ------------------------------------------------------------------ datasets that cannot be written


def test_a_dataset_that_another_process_writes_is_left_alone(call: Call, article: Path) -> None:
    assert call("run", article, "--out", "out", "--formats", "none").status == 0
    with contextlib.closing(sqlite3.connect("out/dataset.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = call("run", article, "--out", "out")
    assert done.status == 4
    (line,) = done.err.splitlines()
    assert line.startswith("out/dataset.sqlite: is being written by another process; wait")


def test_a_file_that_is_no_dataset_is_left_alone(call: Call, article: Path) -> None:
    Path("out").mkdir()
    Path("out/dataset.sqlite").write_text("a letter", encoding="utf-8")
    done = call("run", article, "--out", "out")
    assert done.status == 4
    assert "not a dataset of ours" in done.err
    assert Path("out/dataset.sqlite").read_text("utf-8") == "a letter"
    assert call("export", "out/dataset.sqlite", "--out", "files").status == 4


def test_a_file_in_the_place_of_the_folder_is_left_alone(call: Call, article: Path) -> None:
    done = call("run", article, "--out", article)
    assert done.status == 1
    assert done.err == f"{article}: is not a folder; choose another place\n"
    assert article.read_text("utf-8") == ARTICLE


@contextlib.contextmanager
def room_for(most: int) -> Iterator[None]:
    """No file can grow beyond ``most`` bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_full_disk_leaves_nothing_half_written(call: Call, article: Path, tmp_path: Path) -> None:
    assert call("run", article, "--out", "out", "--formats", "csv").status == 0
    tables = {path: path.read_bytes() for path in (tmp_path / "out").glob("*.csv")}
    Path("more").mkdir()
    for number in range(30):
        Path(f"more/{number}.txt").write_text(f"{ARTICLE}\nTin số {number}.\n" * 20, encoding="utf-8")
    with room_for(Path("out/dataset.sqlite").stat().st_size + 20_000):
        done = call("run", "more", "--out", "out", "--formats", "csv")
    assert done.status == 4
    (line,) = done.err.splitlines()
    assert line.startswith("out/dataset.sqlite: ")
    assert "room" in line
    with Dataset.open("out/dataset.sqlite", read_only=True) as dataset:
        assert list(dataset.query("PRAGMA integrity_check")) == [("ok",)]
        assert str(article) in {record.source for record in dataset.iter_records()}
    assert {path: path.read_bytes() for path in tables} == tables
    assert not [name for name in files_of(tmp_path) if name.endswith(".part")]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_extract_into_a_full_disk_leaves_the_old_file(call: Call, article: Path, tmp_path: Path) -> None:
    Path("page.html").write_text("old", encoding="utf-8")
    with room_for(2000):
        done = call("extract", article, "--to", "html", "--out", "page.html")
    assert done == Done(1, "", "page.html: there is no room left on the disk; make room and run again\n")
    assert Path("page.html").read_text("utf-8") == "old"
    assert files_of(tmp_path) == ["article.txt", "page.html"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_standard_output_is_told(call: Call, article: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.suppress(OSError), open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        done = call("extract", article, "--to", "jsonl")
    assert done.status == 1
    assert done.err.splitlines() == ["stdout: there is no room left on the disk; make room and run again"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_says_so_and_keeps_whole_articles(tmp_path: Path, jobs: int) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(600):
        (many / f"{number}.txt").write_text(f"{ARTICLE}Tin số {number}.\n" + ARTICLE * 8, encoding="utf-8")
    command = [sys.executable, "-m", "ntm_extract.cli", "run", "many", "--out", "out", "--jobs", str(jobs)]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True
    )
    dataset = tmp_path / "out" / "dataset.sqlite"
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None and articles_in(dataset) < 8:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.splitlines() == ["stopped; what was finished before is kept"]
    assert out == ""
    assert 8 <= articles_in(dataset) < 600
    assert files_of(tmp_path / "out") == ["dataset.sqlite"]


def articles_in(dataset: Path) -> int:
    """Articles that others can see in a dataset, which may not be there yet."""
    if not dataset.exists():
        return 0
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(sqlite3.connect(dataset)) as db:
        return int(db.execute("SELECT count(*) FROM articles").fetchone()[0])
    return 0


# ------------------------------------------------------------------ what commands do


def test_run_makes_a_dataset_with_exports_and_says_where(command_line: CommandLine, article: Path) -> None:
    done = command_line("run", article, "--out", "out", "--formats", "csv,package")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Dataset: out/dataset.sqlite" in done.stdout
    assert "1 new, 0 changed, 0 same" in done.stdout
    out = article.parent / "out"
    assert {"dataset.sqlite", "targets.csv", "datapackage.json"} <= set(files_of(out))


def logical(dataset: Path) -> list[str]:
    """All that a dataset holds, as SQL."""
    with contextlib.closing(sqlite3.connect(dataset)) as db:
        return list(db.iterdump())


def test_a_second_run_changes_nothing(call: Call, article: Path) -> None:
    first = call("run", article, "--out", "out", "--formats", "csv,xlsx,jsonl")
    assert "1 new, 0 changed, 0 same" in first.out
    files = {path: path.read_bytes() for path in Path("out").iterdir() if path.suffix != ".sqlite"}
    held = logical(Path("out/dataset.sqlite"))
    again = call("run", article, "--out", "out", "--formats", "csv,xlsx,jsonl")
    assert "0 new, 0 changed, 1 same" in again.out
    assert {path: path.read_bytes() for path in files} == files
    assert logical(Path("out/dataset.sqlite")) == held
    assert held.count("COMMIT;") == 1


def test_records_make_the_same_dataset_as_their_articles(call: Call, article: Path) -> None:
    assert call("run", article, "--out", "one", "--formats", "jsonl").status == 0
    assert call("run", "one/records.jsonl", "--out", "two", "--formats", "jsonl").status == 0
    assert Path("one/records.jsonl").read_bytes() == Path("two/records.jsonl").read_bytes()


def test_extract_writes_a_record_a_line(call: Call, article: Path) -> None:
    other = article.with_name("other.txt")
    other.write_text(ARTICLE.replace("16/19", "17/19"), encoding="utf-8")
    done = call("extract", article, other, "--to", "jsonl")
    records = [Record.model_validate_json(line) for line in done.out.splitlines()]
    assert [record.source for record in records] == [str(article), str(other)]
    assert [record.criteria_counts[0].achieved for record in records] == [16, 17]
    assert "xã Thọ Thành" in done.out  # letters, not escapes
    assert not any(record.misquotes() for record in records)


def test_extract_reads_standard_input(command_line: CommandLine, call: Call, article: Path) -> None:
    piped = command_line("extract", "-", "--to", "jsonl", stdin=ARTICLE)
    assert (piped.returncode, piped.stderr) == (0, "")
    one, other = json.loads(piped.stdout), json.loads(call("extract", article, "--to", "jsonl").out)
    assert one == {**other, "source": "-"}


def test_extract_of_the_same_input_is_the_same(call: Call, article: Path) -> None:
    assert call("extract", article, "--to", "jsonl").out == call("extract", article, "--to", "jsonl").out


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_reader_that_has_enough_is_no_fault(call: Call, article: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with contextlib.suppress(BrokenPipeError), open(writer, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        done = call("extract", article, "--to", "jsonl")
    assert done.err == ""


def test_the_table_shows_each_fact_beside_its_quotation(call: Call, article: Path) -> None:
    done = call("extract", article)
    cells = [cell.strip() for line in done.out.splitlines() for cell in line.split("│")]
    assert "16/19 criteria NTM" in cells
    assert any("xã Thọ Thành đạt 16/19 tiêu" in cell for cell in cells)


def test_units_tells_versions_and_heirs(call: Call) -> None:
    done = call("units", "huyện Thạch Hà", "--date", "01/05/2021")
    assert done.status == 0
    assert "huyện Thạch Hà" in done.out
    assert "Hà Tĩnh" in done.out
    assert "until 2025-06-30" in " ".join(done.out.split())
    assert call("units", "Thị trấn Không Có Đâu").status == 1


def test_units_of_a_district(call: Call) -> None:
    everywhere, here = call("units", "Tân Lập").out, call("units", "Tân Lập", "--district", "Đan Phượng").out
    assert "Đan Phượng" in here
    assert len(here) < len(everywhere) / 3


def test_verdicts_as_lines_table_and_csv(call: Call, article: Path) -> None:
    call("run", article, "--out", "out", "--formats", "none")
    lines = call("verdicts", "out/dataset.sqlite", "--as-of", "2022-02-01", "--to", "jsonl").out.splitlines()
    (verdict,) = [one for one in map(json.loads, lines) if one["unit"]["name"] == "Thọ Thành"]
    assert verdict["standard"] == "ntm"
    assert verdict["promised"] == {**verdict["promised"], "on": "2021-07-08", "by": "2021-12-31"}
    table = call("verdicts", "out/dataset.sqlite", "--as-of", "2022-02-01").out
    assert "past due" in table
    done = call("verdicts", "out/dataset.sqlite", "--as-of", "2022-02-01", "--to", "csv", "--out", "v.csv")
    assert done.status == 0
    content = Path("v.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))}
    row = rows["Thọ Thành"]
    assert (row["verdict"], row["promised_by"]) == ("lapsed_no_evidence", "2021-12-31")
    assert row["why_quote"] in ARTICLE


def test_export_writes_what_is_asked(call: Call, article: Path) -> None:
    call("run", article, "--out", "out", "--formats", "none")
    done = call("export", "out/dataset.sqlite", "--out", "files", "--formats", "jsonl,parquet")
    assert done.status == 0
    assert {path.suffix for path in Path("files").iterdir()} == {".jsonl", ".parquet"}


# ------------------------------------------------------------------ language, help, version


@pytest.mark.parametrize(
    ("environment", "arguments", "says"),
    [
        ({"LC_ALL": "vi_VN.UTF-8"}, (), "không có tệp này"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "vi_VN"}, (), "không có tệp này"),
        ({"LC_ALL": "en_US.UTF-8"}, ("--lang", "vi"), "không có tệp này"),
        ({"LC_ALL": "vi_VN.UTF-8"}, ("--lang=en",), "no such file"),
        ({"LC_ALL": "fr_FR.UTF-8"}, (), "no such file"),
    ],
)
def test_language_is_the_option_else_the_locale(
    call: Call, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], arguments: tuple[str, ...], says: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert says in call("extract", "missing.txt", *arguments).err


def test_wrong_use_and_summary_in_vietnamese(call: Call, article: Path) -> None:
    assert call("run", article, "--gi", "--lang", "vi").err.startswith("không có tùy chọn --gi")
    summary = call("run", article, "--out", "out", "--lang", "vi").out
    assert "1 bài mới" in summary
    assert "Bộ dữ liệu: out/dataset.sqlite" in summary
    assert "mục tiêu" in summary


def test_version(call: Call) -> None:
    assert call("--version") == Done(0, f"ntm-extract {__version__}\n", "")


def test_help_tells_the_exit_statuses(call: Call) -> None:
    done = call("run", "--help")
    assert done.status == 0
    assert "Exit status: 0 all went well" in " ".join(done.out.split())


def test_help_is_nearly_as_fast_as_typer_alone(tmp_path: Path) -> None:
    bare = tmp_path / "bare.py"
    bare.write_text(
        "import typer\n"
        "app = typer.Typer(rich_markup_mode=None)\n"
        "@app.command()\n"
        "def one(name: str = ''): ...\n"
        "@app.command()\n"
        "def other(name: str = ''): ...\n"
        "app()\n",
        encoding="utf-8",
    )

    def seconds(*command: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *command, "--help"], capture_output=True, check=True, timeout=60)
        return time.perf_counter() - start

    # Turn by turn, so that whatever else the machine does falls on both.
    pairs = [(seconds("-m", "ntm_extract.cli"), seconds(str(bare))) for _ in range(5)]
    ours, alone = (min(times) for times in zip(*pairs, strict=True))
    assert ours < 2 * alone


# ------------------------------------------------------------------ the page


class Page(html.parser.HTMLParser):
    """What a browser would make of a page: its tags in balance, what it loads, its text by section."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loaded += [str(given[name]) for name in ("src", "srcset", "data") if name in given]
        if tag in ("script", "link", "iframe", "object", "img"):
            self.loaded.append(tag)
        if tag == "a":
            self.links.append(str(given.get("href")))
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag not in ("meta", "input"):
            self.open.append((tag, given))
        if tag == "p" and self._in_text():
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if (
            self._in_text()
            and self.open[-1][0] != "section"
            and not any("pin" in str(attrs.get("class")) for _, attrs in self.open)
        ):
            self.texts[-1] += data

    def _in_text(self) -> bool:
        return any(attrs.get("class") == "text" for _, attrs in self.open)


def test_the_page_is_self_contained_and_shows_the_text_as_it_is(call: Call, article: Path) -> None:
    nasty = article.with_name("nasty.txt")
    nasty.write_text(ARTICLE + "\nXã Kim Thành <script>alert('&amp;')</script> \"đạt\" 18/19 tiêu chí.\n", "utf-8")
    done = call("extract", article, nasty, "--to", "html", "--out", "page.html", "--lang", "vi")
    assert done.status == 0, done.err
    text = Path("page.html").read_text("utf-8")
    page = Page(text)
    assert page.open == []
    assert page.loaded == []
    assert "url(" not in text
    assert "@import" not in text
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    records = [json.loads(line) for line in call("extract", article, nasty, "--to", "jsonl").out.splitlines()]
    assert page.texts == [line for record in records for line in record["text"].split("\n")]
    quotes = [fact["evidence"]["text"] for record in records for fact in record["targets"]]
    assert quotes
    for quote in quotes:
        assert quote in text
