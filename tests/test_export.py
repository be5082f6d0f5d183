from __future__ import annotations

import csv
import datetime as dt
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow.parquet as parquet
import pytest
from hypothesis import given, settings

from ntm_extract import export as export_module
from ntm_extract.dataset import TABLES, Dataset
from ntm_extract.errors import DatasetError
from ntm_extract.export import FLAT_TABLES, FORMATS, codebook, codebook_markdown, export, record_json
from ntm_extract.model import FACT_KINDS, Evidence, Person, Record, Result, Target, UnitMention
from tests.test_dataset import BAC, TEXT, load, plain, python, record, values_of

INJECTED = [
    '=HYPERLINK("http://example.vn";"xem")',
    "+84 912",
    "-5 xã",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "#N/A",
    "=",
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exported") / "ntm.sqlite"
    other = plain(
        "b2",
        "Tin vắn\x00 có ký tự lạ.",
        title=INJECTED[0],
        published=dt.date(1899, 12, 31),
        source='tên "có" dấu, phẩy',
        authors=tuple(INJECTED),
        persons=tuple(Person(name=text) for text in INJECTED),
        results=(
            Result(what="dài", value=1e15, evidence=Evidence(start=0, end=1, text="dài " * 20_000, rule="a.b.c")),
            Result(what="xuống\ndòng", value=-0.5, evidence=Evidence(start=0, end=1, text="-0,5", rule="a.b.c")),
        ),
    )
    load(path, record(), other, record("c3", source="bao-tinh"))
    with Dataset.open(path) as dataset:
        dataset.decide("t-one", "accept", who="Lan", when=dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC))
        dataset.decide("t-one", "correct", who="Minh", correction={"modality": "plan"})
    return path


@pytest.fixture(scope="module")
def out(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "số liệu"
    with Dataset.open(path, read_only=True) as dataset:
        written = export(dataset, out)
    assert sorted(written) == sorted(out.iterdir())
    assert len(written) == 2 * len(FLAT_TABLES) + 3
    return out


def read_csv(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


# ------------------------------------------------------------------ CSV


def test_csv_says_it_is_utf8(out: Path) -> None:
    for name in FLAT_TABLES:
        content = (out / f"{name}.csv").read_bytes()
        assert content.startswith("\ufeff".encode())
        assert content.endswith(b"\r\n")


def test_csv_rows_stand_by_themselves(out: Path) -> None:
    first, second, third = read_csv(out / "targets.csv")
    assert {name: first[name] for name in first if first[name]} == {
        "fact_id": "t-one",
        "unit_no": "1",
        "units_named": "2",
        "article_id": "a1",
        "article_title": "Kỳ Anh bàn tiến độ nông thôn mới nâng cao",
        "article_published": "2022-04-16",
        "article_source": "huyen-ky-anh",
        "article_url": "https://example.vn/a1",
        "home_district": "Kỳ Anh",
        "home_province": "Hà Tĩnh",
        "subject_level": "commune",
        "subject_count_min": "2",
        "subject_count_max": "2",
        "within_id": "447@2015-05-01",
        "within": "huyện Kỳ Anh",
        "unit_id": "18757@2004-01-01",
        "unit_level": "commune",
        "unit_name": "Kỳ Bắc",
        "unit_kind": "xã",
        "unit_district": "Kỳ Anh",
        "unit_province": "Hà Tĩnh",
        "unit_code": "18757",
        "unit_today_codes": "18754",
        "unit_today_names": "xã Kỳ Xuân",
        "outcome": "standard",
        "standard": "ntm_advanced",
        "themes": "Giáo dục; Y tế",
        "deadline_text": "cuối năm 2022",
        "deadline_end": "2022-12-31",
        "modality": "goal",
        "quote": "phấn đấu cuối năm 2022 có 2 xã Kỳ Bắc và Kỳ Châu đạt chuẩn nâng cao",
        "review": "correct",
        "confidence": "0.9",
        "evidence_start": str(TEXT.index("phấn đấu")),
        "evidence_end": str(TEXT.index(" Năm 2021") - 1),
        "rule": "topic.what.variant",
    }
    assert (second["fact_id"], second["unit_no"], second["unit_name"]) == ("t-one", "2", "Kỳ Châu")
    assert second["unit_today_codes"] == "18781; 18783"
    assert second["unit_today_names"] == "xã Kỳ Anh; xã Kỳ Hoa (một phần)"
    assert (third["unit_no"], third["quantity_min"], third["quantity_unit"]) == ("1", "29.68", "km")
    (counted,) = read_csv(out / "achievements.csv")
    assert (counted["unit_no"], counted["units_named"], counted["unit_id"]) == ("1", "0", "")
    assert (counted["subject_count_min"], counted["subject_count_max"]) == ("3", "")


def test_csv_of_an_article(out: Path) -> None:
    article, other = read_csv(out / "articles.csv")
    assert article["authors"] == "Thu Hà; Văn Nam"
    assert article["meeting_chairs"] == "Trần Thử Việc (Bí thư Huyện ủy); Lê Kiểm Tra"
    assert (article["places"], article["characters"]) == ("2", str(len(TEXT)))
    assert "text" not in article
    assert other["source"] == 'tên "có" dấu, phẩy'
    assert [row["source"] for row in read_csv(out / "article_sources.csv")][:2] == ["huyen-ky-anh", "bao-tinh"]


def test_no_cell_of_a_csv_starts_a_formula(out: Path) -> None:
    for name, flat in FLAT_TABLES.items():
        types = {column.name: column.type for column in flat.table.columns}
        for row in read_csv(out / f"{name}.csv"):
            for column, cell in row.items():
                if types[column] not in ("real", "integer"):
                    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")), (name, column, cell)
    assert [row["name"] for row in read_csv(out / "persons.csv")][1:] == [
        text if text == "#N/A" else "'" + text for text in INJECTED
    ]


def test_numbers_of_a_csv_stay_numbers(out: Path) -> None:
    values = [row["value"] for row in read_csv(out / "results.csv")]
    assert values == ["29.68", "11", "1000000000000000", "-0.5"]


def test_long_text_is_cut_where_a_cell_ends(out: Path) -> None:
    quote = read_csv(out / "results.csv")[2]["quote"]
    assert len(quote) < 32_767
    assert quote.endswith(" […]")
    book = openpyxl.load_workbook(out / "ntm.xlsx", read_only=True)
    assert quote in [cell.value for row in book["results"] for cell in row]
    book.close()
    assert parquet.read_table(out / "results.parquet")["quote"].to_pylist()[2] == "dài " * 20_000


def test_csv_reopened_with_pandas_is_parquet(out: Path) -> None:
    for name, flat in FLAT_TABLES.items():
        numbers = {c.name: "float64" for c in flat.sheet.columns if c.type in ("real", "integer")}
        columns = [column.name for column in flat.sheet.columns]
        dtypes = dict.fromkeys(columns, "str") | numbers
        read = pd.read_csv(out / f"{name}.csv", dtype=dtypes, keep_default_na=False, na_values=[""])
        assert list(read.columns) == columns
        typed = pd.read_parquet(out / f"{name}.parquet")[columns]
        assert len(read) == len(typed)
        for column in numbers:
            pd.testing.assert_series_equal(read[column], typed[column].astype("float64"), check_dtype=False)


# ------------------------------------------------------------------ Excel


def test_xlsx_has_a_sheet_for_each_table(out: Path, path: Path) -> None:
    book = openpyxl.load_workbook(out / "ntm.xlsx")
    assert book.sheetnames == ["codebook", *FLAT_TABLES]
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert all(cell.font.bold for cell in sheet[1])
        assert sheet.auto_filter.ref == sheet.dimensions
    targets = book["targets"]
    rows = [
        dict(zip([c.value for c in targets[1]], row, strict=True)) for row in targets.iter_rows(2, values_only=True)
    ]
    assert rows[0]["deadline_end"] == dt.datetime(2022, 12, 31)
    assert (rows[0]["subject_count_min"], rows[2]["quantity_min"]) == (2, 29.68)
    assert [cell.value for cell in book["articles"]["C"]] == ["published", dt.datetime(2022, 4, 16), "1899-12-31"]
    assert book["decisions"]["F2"].value == dt.datetime(2024, 5, 6, 7, 8, 9)
    assert book["codebook"]["D2"].value == "stable id: same input, same id"


def test_the_same_data_make_the_same_workbook(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for year in (2001, 2033):
        monkeypatch.setattr("time.time", lambda year=year: dt.datetime(year, 5, 1, tzinfo=dt.UTC).timestamp())
        with Dataset.open(path, read_only=True) as dataset:
            (file,) = export(dataset, tmp_path / str(year), ["xlsx"])
        made.append(file.read_bytes())
        assert list((tmp_path / str(year)).iterdir()) == [file]
    assert made[0] == made[1]


def test_xlsx_keeps_formulas_as_text(out: Path) -> None:
    book = openpyxl.load_workbook(out / "ntm.xlsx")
    cells = [row[8] for row in book["persons"].iter_rows(3)]
    assert [cell.value.replace("_x000D_", "\r") for cell in cells] == INJECTED
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n", "d", "b", "inlineStr"}


def test_xlsx_goes_on_in_another_sheet(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_module, "SHEET_ROWS", 5)
    with Dataset.open(path, read_only=True) as dataset:
        export(dataset, tmp_path, ["xlsx"])
    book = openpyxl.load_workbook(tmp_path / "ntm.xlsx")
    sheets = [sheet for sheet in book if sheet.title.startswith("persons")]
    assert [sheet.title for sheet in sheets] == ["persons", "persons (2)", "persons (3)"]
    assert [sheet.max_row for sheet in sheets] == [5, 5, 4]
    assert len({tuple(cell.value for cell in sheet[1]) for sheet in sheets}) == 1


# ------------------------------------------------------------------ Parquet, JSON lines


def test_parquet_is_typed_and_described(out: Path) -> None:
    kinds = {"text": "string", "json": "string", "integer": "int64", "real": "double", "boolean": "bool"}
    kinds |= {"date": "date32[day]", "datetime": "timestamp[ms, tz=UTC]", "list": "list<element: string>"}
    for name, flat in FLAT_TABLES.items():
        schema = parquet.read_schema(out / f"{name}.parquet")
        assert {f.name: str(f.type) for f in schema} == {c.name: kinds[c.type] for c in flat.table.columns}
        assert schema.field(0).metadata[b"description"].decode() == flat.table.columns[0].description
    articles = parquet.read_table(out / "articles.parquet").to_pylist()
    assert (articles[0]["text"], articles[0]["published"]) == (TEXT, dt.date(2022, 4, 16))
    assert parquet.read_table(out / "targets.parquet")["themes"].to_pylist()[0] == ["Giáo dục", "Y tế"]
    assert parquet.read_table(out / "decisions.parquet")["correction"].to_pylist() == [None, '{"modality": "plan"}']


def test_jsonl_is_the_records(out: Path, path: Path) -> None:
    content = (out / "records.jsonl").read_bytes()
    assert not content.startswith("\ufeff".encode())
    lines = content.decode().splitlines()
    assert [Record.model_validate_json(line).id for line in lines] == ["a1", "b2"]
    assert Record.model_validate_json(lines[0]) == record()


# The contract, by name; what we add to it is listed after it.
CONTRACT = {
    "": "id source url title published authors home text meeting persons units criteria_counts criteria_status targets"
    " achievements commitments results | publisher checks patterns",
    "home": "district province",
    "meeting": "date kind chairs",
    "chairs": "name role",
    "persons": "name role start end",
    "units": "unit start end text",
    "unit": "level name kind code district province today | uid candidates",
    "today": "code name kind province | whole",
    "criteria_counts": "subject standard metric achieved achieved_max total percent stat basically period evidence"
    " | id confidence",
    "criteria_status": "subject standard criterion status evidence | id confidence",
    "targets": "subject outcome standard themes quantity deadline modality evidence | id confidence",
    "achievements": "subject standard status share period evidence | id confidence",
    "commitments": "act actor addressee action deadline recurrence evidence | id confidence",
    "results": "what value unit qualifier period evidence | id confidence",
    "subject": "level units count within",
    "count": "min max",
    "quantity": "min max unit",
    "deadline": "text start end",
    "period": "text start end",
    "evidence": "start end text rule",
    "checks": "kind message evidence",
}
_SAME = {"district": "unit", "province": "unit", "within": "unit"}


def fields_of(name: str, thing: Any, inside: str = "") -> None:
    """Hold every object of a record against the contract."""
    if isinstance(thing, list):
        for part in thing:
            fields_of(name, part, inside)
    elif isinstance(thing, dict):
        kind = "unit" if name == "units" and inside == "subject" else _SAME.get(name, name)
        assert set(thing) == set(CONTRACT[kind].replace("|", "").split()), kind
        for field, value in thing.items():
            fields_of(field, value, kind)


def test_record_json_is_the_contract() -> None:
    line = record_json(record())
    assert "\n" not in line
    assert '"title": "Kỳ Anh bàn' in line
    assert '"achieved": 17,' in line
    assert '"value": 29.68' in line
    assert '"published": "2022-04-16"' in line
    assert '"standard": null' in line
    fields_of("", json.loads(line))


@settings(max_examples=60, deadline=None)
@given(values_of(Record))
def test_any_record_is_one_line_and_comes_back(any_record: Record) -> None:
    line = record_json(any_record)
    assert len(line.splitlines()) == 1 or not {"\n", "\x85", "\u2028", "\u2029"} & set(line)
    assert Record.model_validate_json(line) == any_record
    for number in (part for fact in json.loads(line)["results"] for part in (fact["value"], fact["confidence"])):
        assert isinstance(number, int | None) or not number.is_integer()


def test_what_is_no_number_is_not_written_as_one() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        record_json(record(results=(Result(what="x", value=float("nan"), evidence=record().results[0].evidence),)))


# ------------------------------------------------------------------ the data package


def test_data_package_is_valid(out: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    report = frictionless.Package(str(out / "datapackage.json")).validate()
    faults = [(task.name, error) for task in report.tasks for error in task.errors]
    assert report.valid, (report.errors, faults[:5])
    assert {task.name for task in report.tasks} == set(FLAT_TABLES)


def test_data_package_finds_what_does_not_fit(path: Path, tmp_path: Path) -> None:
    """The package says enough for a validator to see a wrong number, an unknown word and a broken link."""
    frictionless = pytest.importorskip("frictionless")
    with Dataset.open(path, read_only=True) as dataset:
        export(dataset, tmp_path, ["datapackage"])
    file = tmp_path / "targets.csv"
    text = file.read_text(encoding="utf-8")
    broken = text.replace(",goal,", ",hope,", 1).replace("29.68,,km", "nhiều,,km", 1).replace(",a1,", ",zz,", 1)
    assert broken != text
    file.write_text(broken, encoding="utf-8")
    report = frictionless.Package(str(tmp_path / "datapackage.json")).validate()
    types = {error.type for task in report.tasks for error in task.errors}
    assert {"constraint-error", "type-error", "foreign-key", "hash-count"} <= types


def test_data_package_describes_every_column(out: Path) -> None:
    package = json.loads((out / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        with (out / resource["path"]).open(encoding="utf-8-sig", newline="") as lines:
            header = next(csv.reader(lines))
        assert [field["name"] for field in resource["schema"]["fields"]] == header
        assert all(field["description"] for field in resource["schema"]["fields"])
    described = {field["name"]: field for field in package["resources"][3]["schema"]["fields"]}
    assert described["deadline_end"]["description"].startswith(Target.model_fields["deadline"].description or "?")
    assert described["modality"]["constraints"]["enum"] == ["goal", "plan", "pledge", "directive"]


# ------------------------------------------------------------------ writing


def test_same_dataset_same_files(path: Path, out: Path, tmp_path: Path) -> None:
    with Dataset.open(path, read_only=True) as dataset:
        for file in export(dataset, tmp_path, ["datapackage", "jsonl", "parquet"]):
            assert file.read_bytes() == (out / file.name).read_bytes()


def test_an_empty_dataset_is_exported(tmp_path: Path) -> None:
    load(tmp_path / "empty.sqlite")
    with Dataset.open(tmp_path / "empty.sqlite", read_only=True) as dataset:
        export(dataset, tmp_path / "out", FORMATS)
    assert read_csv(tmp_path / "out" / "targets.csv") == []
    assert parquet.read_table(tmp_path / "out" / "targets.parquet").num_rows == 0
    assert openpyxl.load_workbook(tmp_path / "out" / "ntm.xlsx")["targets"].max_row == 1
    frictionless = pytest.importorskip("frictionless")
    assert frictionless.Package(str(tmp_path / "out" / "datapackage.json")).validate().valid


def test_only_what_is_asked_for(path: Path, tmp_path: Path) -> None:
    with Dataset.open(path, read_only=True) as dataset:
        assert [file.name for file in export(dataset, tmp_path, ["jsonl"])] == ["records.jsonl"]
        with pytest.raises(DatasetError, match="no format 'docx'; choose among csv"):
            export(dataset, tmp_path, ["docx"])  # type: ignore[list-item]
    assert [file.name for file in tmp_path.iterdir()] == ["records.jsonl"]


def test_a_folder_that_cannot_be_written(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("đã có")
    with (
        Dataset.open(path, read_only=True) as dataset,
        pytest.raises(DatasetError, match="cannot be written") as raised,
    ):
        export(dataset, tmp_path / "file")
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit here")
@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_leaves_the_old_files(path: Path, tmp_path: Path, form: str) -> None:
    with Dataset.open(path, read_only=True) as dataset:
        before = {file: file.read_bytes() for file in export(dataset, tmp_path, [form])}  # type: ignore[list-item]
    code = """
        import resource
        from ntm_extract.export import export
        with Dataset.open(path, read_only=True) as dataset:
            export(dataset, Path(sys.argv[2]), [sys.argv[3]])  # what is imported late may write .pyc files
            resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
            try:
                export(dataset, Path(sys.argv[2]), [sys.argv[3]])
            except DatasetError as error:
                print(error)
    """
    full = python(code, path, tmp_path, form)
    assert "cannot be written" in full.stdout, full.stderr
    assert full.stdout.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == sorted(before)
    assert {file: file.read_bytes() for file in before} == before


def test_all_files_show_one_state(path: Path, tmp_path: Path) -> None:
    """What another process writes in the middle is in none of the files."""
    copy = tmp_path / "ntm.sqlite"
    with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    with Dataset.open(copy, read_only=True) as reader, reader.snapshot():
        assert len(list(reader.query("SELECT id FROM articles"))) == 2
        load(copy, plain("new", "Bài vừa đến."))
        assert len(list(reader.query("SELECT id FROM articles"))) == 2
        assert len(list(reader.iter_records())) == 2


# ------------------------------------------------------------------ the codebook


def test_codebook_is_the_columns() -> None:
    rows = codebook()
    assert [(row.table, row.column) for row in rows] == [(t.name, c.name) for t in TABLES.values() for c in t.columns]
    found = {(row.table, row.column): row for row in rows}
    assert found["targets", "deadline_end"].description == "by when: last day; a deadline is this day"
    assert found["achievements", "status"].description == "how far [recognised, met, proposed, appraised, lost]"
    assert {row.table for row in codebook("export")} == set(FLAT_TABLES)


def test_codebook_in_markdown() -> None:
    text = codebook_markdown()
    assert text.count("### ") == len(TABLES)
    assert text.count("\n| `") == len(codebook())
    assert "| `whole` | boolean | holds all of the territory" in text
    assert all(line.count(" | ") == 2 for line in text.splitlines() if line.startswith("| `"))


def test_every_slot_of_a_fact_is_exported() -> None:
    for kind in FACT_KINDS:
        exported = {column.name for column in FLAT_TABLES[kind].table.columns}
        assert {column.name for column in TABLES[kind].columns} - {"id", "position"} <= exported


def test_mentions_carry_their_unit(out: Path) -> None:
    rows = read_csv(out / "unit_mentions.csv")
    assert [(row["unit_kind"], row["unit_name"], row["text"]) for row in rows] == [
        ("huyện", "Kỳ Anh", "huyện Kỳ Anh"),
        ("xã", "Kỳ Châu", "xã Kỳ Châu"),
        ("xã", "Kỳ Bắc", "Kỳ Bắc"),
    ]
    assert UnitMention(unit=BAC, start=0, end=0, text="").unit.today[0].code == rows[2]["unit_today_codes"]
