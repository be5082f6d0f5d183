"""The dataset as files for other hands: CSV, Excel, Parquet, records as JSON lines, a Frictionless data package.

Tables here are flat: a fact's row says in which article it stands, of which unit it speaks and what holds that unit's
land today, so that a sheet can be read by itself. A fact that names several units has a row for each; ``unit_no`` 1
counts facts. Files are written beside their place and moved there whole.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any, Literal, get_args

from ntm_extract.dataset import TABLES, Column, ColumnType, Dataset, Table
from ntm_extract.errors import DatasetError
from ntm_extract.model import FACT_KINDS, FactKind, Record
from ntm_extract.writing import FORMULA_STARTS, replacing, safe_cell

Format = Literal["csv", "xlsx", "parquet", "jsonl", "datapackage"]
FORMATS: tuple[Format, ...] = get_args(Format)

CELL_CHARACTERS = 32_767  # what a cell of Excel holds; longer text spills into the next rows when a CSV is opened
SHEET_ROWS = 1_048_576
_CUT = " […]"


# ------------------------------------------------------------------ the flat tables


@dataclass(frozen=True, slots=True)
class FlatTable:
    """A table as exported, and the statement that reads it; ``whole_only`` columns are left to Parquet."""

    table: Table
    sql: str
    whole_only: tuple[str, ...] = ()

    @property
    def sheet(self) -> Table:
        """The table as it goes into spreadsheets."""
        return replace(self.table, columns=tuple(c for c in self.table.columns if c.name not in self.whole_only))

    def rows(self, dataset: Dataset, columns: Sequence[Column]) -> Iterator[list[Any]]:
        """Rows of these columns as Python values."""
        expressions = self.sql.format(columns=", ".join(f'"{column.name}"' for column in columns))
        for row in dataset.query(expressions):
            yield [column.decode(value) for column, value in zip(columns, row, strict=True)]


_Selected = tuple[Column, str]  # a column and the expression that gives it


def _flat(
    name: str, key: tuple[str, ...], selected: Iterable[_Selected], source: str, order: str, **more: Any
) -> FlatTable:
    selected = tuple(selected)
    expressions = ", ".join(f'{sql} AS "{column.name}"' for column, sql in selected)
    table = Table(name, TABLES[name].description, tuple(column for column, _ in selected), key)
    return FlatTable(table, f"SELECT {{columns}} FROM (SELECT {expressions} FROM {source} ORDER BY {order})", **more)


def _from(alias: str, table: str, *names: str, prefix: str = "") -> list[_Selected]:
    """Columns as the dataset has them; all of the table's where none is named."""
    columns = [TABLES[table][name] for name in names] if names else TABLES[table].columns
    return [(replace(c, name=prefix + c.name, references=None), f"{alias}.{c.name}") for c in columns]


def _called(name: str, alias: str, table: str, column: str, **more: Any) -> _Selected:
    return replace(TABLES[table][column], name=name, **{"references": None, **more}), f"{alias}.{column}"


def _joined(expression: str, source: str, order: str) -> str:
    """Several values of another table as one text."""
    return f"(SELECT group_concat(value, '; ') FROM (SELECT {expression} AS value FROM {source} ORDER BY {order}))"


_HOME = " LEFT JOIN units AS hd ON hd.id = a.home_district LEFT JOIN units AS hp ON hp.id = a.home_province"
_HOME_COLUMNS: list[_Selected] = [
    (Column("home_district", "text", TABLES["articles"]["home_district"].description), "hd.name"),
    (Column("home_province", "text", TABLES["articles"]["home_province"].description), "hp.name"),
]
_OF_ARTICLE: list[_Selected] = [
    _called("article_id", "a", "articles", "id", references="articles.article_id"),
    *_from("a", "articles", "title", "published", "source", "url", prefix="article_"),
    *_HOME_COLUMNS,
]


def _today(alias: str, prefix: str = "") -> list[_Selected]:
    source, order = f"unit_today AS h WHERE h.unit_id = {alias}.id", "h.position"
    says = TABLES["units"]["today"].description
    name = "h.kind || ' ' || h.name || CASE WHEN h.whole THEN '' ELSE ' (một phần)' END"
    return [
        (Column(f"{prefix}today_codes", "text", f"{says}: their codes"), _joined("h.code", source, order)),
        (
            Column(
                f"{prefix}today_names", "text", f"{says}: kind and name; 'một phần' where not for certain all of it"
            ),
            _joined(name, source, order),
        ),
    ]


_UNIT_NAMES = ("level", "name", "kind", "district", "province", "code")
_OF_UNIT: list[_Selected] = [
    _called("unit_id", "u", "units", "id", references="units.unit_id"),
    *_from("u", "units", *_UNIT_NAMES, prefix="unit_"),
    *_today("u", "unit_"),
]


_LIST_JOINS = f"JOIN articles AS a ON a.id = t.article_id{_HOME}"
_LIST_ORDER = "a.n, t.position"
_NUMBERED: list[_Selected] = [
    (
        Column("unit_no", "integer", "which of the units that the fact names, from 1; also 1 where it names none"),
        "s.position + 1",
    ),
    (
        Column("units_named", "integer", "how many units the fact names"),
        "(SELECT count(unit_id) FROM fact_subjects WHERE fact_id = t.id)",
    ),
]
_OF_SUBJECT: list[_Selected] = [
    *_from("s", "fact_subjects", "level", "count_min", "count_max", prefix="subject_"),
    _called("within_id", "s", "fact_subjects", "within_unit", references="units.unit_id"),
    (
        Column("within", "text", f"{TABLES['fact_subjects']['within_unit'].description}: kind and name"),
        "trim(COALESCE(w.kind, '') || ' ' || w.name)",
    ),
    *_OF_UNIT,
]
_SUBJECT_JOINS = (
    " JOIN fact_subjects AS s ON s.fact_id = t.id"
    " LEFT JOIN units AS u ON u.id = s.unit_id LEFT JOIN units AS w ON w.id = s.within_unit"
)
_DECIDED = " LEFT JOIN decisions AS d ON d.n = (SELECT max(n) FROM decisions WHERE fact_id = t.id)"


def _fact_table(kind: FactKind) -> FlatTable:
    ours = ("id", "article_id", "position", "confidence", "evidence_start", "evidence_end", "quote", "rule")
    slots = [column.name for column in TABLES[kind].columns if column.name not in ours]
    id = _called("fact_id", "t", kind, "id")
    said = [
        *_from("t", kind, *slots, "quote"),
        (replace(TABLES["decisions"]["verdict"], name="review"), "d.verdict"),
        *_from("t", kind, "confidence", "evidence_start", "evidence_end", "rule"),
    ]
    source = f"{kind} AS t {_LIST_JOINS}{_DECIDED}"
    if kind in ("commitments", "results"):  # they have no subject
        return _flat(kind, ("fact_id",), [id, *_OF_ARTICLE, *said], source, _LIST_ORDER)
    columns = [id, *_NUMBERED, *_OF_ARTICLE, *_OF_SUBJECT, *said]
    return _flat(kind, ("fact_id", "unit_no"), columns, source + _SUBJECT_JOINS, f"{_LIST_ORDER}, s.position")


_POSITION_IN_ARTICLE = _called("position", "t", "persons", "position")

_ALL = (
    _flat(
        "articles",
        ("article_id",),
        [
            _called("article_id", "a", "articles", "id"),
            *_from("a", "articles", "title", "published", "source", "url", "publisher"),
            (
                Column("authors", "text", TABLES["authors"]["name"].description),
                _joined("b.name", "authors AS b WHERE b.article_id = a.id", "b.position"),
            ),
            *_HOME_COLUMNS,
            *_from("m", "meetings", "date", "kind", prefix="meeting_"),
            (
                Column("meeting_chairs", "text", f"{TABLES['chairs'].description}, with the role as written"),
                _joined(
                    "c.name || COALESCE(' (' || c.role || ')', '')",
                    "chairs AS c WHERE c.article_id = a.id",
                    "c.position",
                ),
            ),
            (
                Column("places", "integer", "in how many places the text was read (reprints)"),
                "(SELECT count(*) FROM article_sources WHERE article_id = a.id)",
            ),
            (Column("characters", "integer", "length of the text"), "length(a.text)"),
            *_from("a", "articles", "patterns", "text"),
        ],
        f"articles AS a{_HOME} LEFT JOIN meetings AS m ON m.article_id = a.id",
        "a.n",
        whole_only=("text",),
    ),
    *(_fact_table(kind) for kind in FACT_KINDS),
    _flat(
        "units",
        ("unit_id",),
        [
            _called("unit_id", "u", "units", "id"),
            *_from("u", "units", *_UNIT_NAMES),
            *_today("u"),
            *_from("u", "units", "uid", "candidates"),
        ],
        "units AS u",
        "u.id",
    ),
    _flat(
        "unit_mentions",
        ("article_id", "position"),
        [*_OF_ARTICLE, _POSITION_IN_ARTICLE, *_OF_UNIT, *_from("t", "unit_mentions", "start_char", "end_char", "text")],
        f"unit_mentions AS t {_LIST_JOINS} JOIN units AS u ON u.id = t.unit_id",
        _LIST_ORDER,
    ),
    _flat(
        "persons",
        ("article_id", "position"),
        [*_OF_ARTICLE, _POSITION_IN_ARTICLE, *_from("t", "persons", "name", "role", "start_char", "end_char")],
        f"persons AS t {_LIST_JOINS}",
        _LIST_ORDER,
    ),
    _flat(
        "checks",
        ("article_id", "position"),
        [
            *_OF_ARTICLE,
            _POSITION_IN_ARTICLE,
            *_from("t", "checks", "kind", "message", "quote", "evidence_start", "evidence_end", "rule"),
        ],
        f"checks AS t {_LIST_JOINS}",
        _LIST_ORDER,
    ),
    _flat(
        "article_sources",
        (),
        [
            _called("article_id", "t", "article_sources", "article_id", references="articles.article_id"),
            *_from("t", "article_sources", "record_id", "source", "url", "title", "published", "publisher"),
            *_from("t", "article_sources", "captured", "warc_file", "warc_offset", "sha256", "named_by"),
        ],
        "article_sources AS t JOIN articles AS a ON a.id = t.article_id",
        "a.n, t.rowid",
    ),
    _flat("decisions", ("n",), _from("t", "decisions"), "decisions AS t", "t.n"),
    _flat("issues", ("n",), _from("t", "issues"), "issues AS t", "t.n"),
)

FLAT_TABLES: Mapping[str, FlatTable] = {flat.table.name: flat for flat in _ALL}


# ------------------------------------------------------------------ records


def record_json(record: Record) -> str:
    """One record as the contract has it: one line of JSON, without the line's end.

    Letters stay as they are, days are ISO text, whole numbers have no point, what is not known is null. Line separators
    of Unicode are escaped, so that no reader takes them for the line's end.
    """
    fields = record.model_dump(mode="json")
    for fact in chain.from_iterable(fields[kind] for kind in FACT_KINDS):
        if fact["confidence"] is not None and fact["confidence"].is_integer():
            fact["confidence"] = int(fact["confidence"])
    line = json.dumps(fields, ensure_ascii=False, allow_nan=False)
    return line.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x85", "\\u0085")


# ------------------------------------------------------------------ cells

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _plain(column: Column, value: Any) -> Any:
    """A value as a sheet can hold it: lists joined, text cut where a cell ends."""
    if column.type == "list" and value is not None:
        value = "; ".join(value)
    elif column.type == "json" and value is not None:
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and len(value) >= CELL_CHARACTERS:  # one less: an apostrophe may come before it
        return value[: CELL_CHARACTERS - 1 - len(_CUT)] + _CUT
    return value


def _csv_cell(column: Column, value: Any) -> object:
    value = _plain(column, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.date) else safe_cell(value)


# ------------------------------------------------------------------ formats


def _write_csv(path: Path, table: Table, rows: Iterable[list[Any]]) -> None:
    # Excel takes a file without BOM for the local 8-bit encoding.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(column.name for column in table.columns)
        writer.writerows([_csv_cell(c, v) for c, v in zip(table.columns, row, strict=True)] for row in rows)


_WIDTHS: Mapping[ColumnType, int] = {"text": 24, "list": 24, "json": 24, "date": 11, "datetime": 18}
_WIDE = frozenset({"quote", "title", "article_title", "action", "message", "description"})


def _write_xlsx(path: Path, tables: Iterable[tuple[Table, Iterable[list[Any]]]]) -> None:
    # Here, because openpyxl takes as long to import as the rest of the command line.
    from lxml.etree import SerialisationError
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)

    def text_cell(sheet: Any, text: str) -> object:
        text = _NOT_IN_XML.sub("", text)
        if not text.startswith((*FORMULA_STARTS, "#")):
            return text
        cell = WriteOnlyCell(sheet, text)
        cell.data_type = "s"  # openpyxl takes '=…' for a formula and '#N/A' for an error
        cell.quotePrefix = True  # and Excel would, once somebody edits the cell
        return cell

    def cell_of(sheet: Any, column: Column, value: Any) -> object:
        value = _plain(column, value)
        if isinstance(value, dt.datetime):
            return value.astimezone(dt.UTC).replace(tzinfo=None)
        if isinstance(value, dt.date) and value.year < 1901:  # Excel knows no earlier day
            return value.isoformat()
        return text_cell(sheet, value) if isinstance(value, str) else value

    def add_sheet(table: Table, part: int, rows: Iterable[list[Any]]) -> int:
        """A sheet with these rows under a heading; how many they were."""
        sheet = book.create_sheet(table.name if part == 1 else f"{table.name} ({part})")
        sheet.freeze_panes = "A2"
        for number, column in enumerate(table.columns, start=1):
            width = 60 if column.name in _WIDE else _WIDTHS.get(column.type, 10)
            sheet.column_dimensions[get_column_letter(number)].width = width
        header = [WriteOnlyCell(sheet, column.name) for column in table.columns]
        for cell in header:
            cell.font = Font(bold=True)
        sheet.append(header)
        written = 0
        for written, row in enumerate(rows, start=1):  # noqa: B007
            sheet.append([cell_of(sheet, c, v) for c, v in zip(table.columns, row, strict=True)])
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{written + 1}"
        return written

    try:
        for table, rows in tables:
            rows, part = iter(rows), 1
            while add_sheet(table, part, islice(rows, SHEET_ROWS - 1)) == SHEET_ROWS - 1:
                part += 1
        book.save(path)
        _forget_the_hour(path)
    except SerialisationError as error:  # lxml's word for a full disk
        raise OSError(f"no room for the workbook: {error}") from error


_NO_HOUR = b"1980-01-01T00:00:00Z"  # the first that a ZIP file can tell
_HOUR = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def _forget_the_hour(path: Path) -> None:
    """Write a workbook anew without the hours at which it and its parts were made: the same data make the same file."""
    anew = path.with_name(path.name + ".anew")
    try:
        with zipfile.ZipFile(path) as made, zipfile.ZipFile(anew, "w", zipfile.ZIP_DEFLATED) as plain:
            for name in made.namelist():
                entry = zipfile.ZipInfo(name)  # of 1 January 1980
                entry.compress_type, entry.file_size = zipfile.ZIP_DEFLATED, made.getinfo(name).file_size
                if name == "docProps/core.xml":
                    plain.writestr(entry, _HOUR.sub(rb"\g<1>" + _NO_HOUR, made.read(name)))
                    continue
                with made.open(name) as part, plain.open(entry, "w") as target:
                    shutil.copyfileobj(part, target, 1 << 20)
        anew.replace(path)
    finally:
        anew.unlink(missing_ok=True)


def _write_parquet(path: Path, table: Table, rows: Iterator[list[Any]]) -> None:
    # Here, because the import costs every call of the command line a third of a second.
    import pyarrow as pa
    from pyarrow import parquet

    types: Mapping[ColumnType, Any] = {
        "text": pa.string(),
        "json": pa.string(),
        "integer": pa.int64(),
        "real": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "datetime": pa.timestamp("ms", tz="UTC"),  # Parquet has no seconds
        "list": pa.list_(pa.string()),
    }
    schema = pa.schema(
        [pa.field(c.name, types[c.type], metadata={"description": c.description}) for c in table.columns],
        metadata={"description": table.description},
    )
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while batch := list(islice(rows, 20_000)):
            columns = [
                [json.dumps(v, ensure_ascii=False) if c.type == "json" and v is not None else v for v in values]
                for c, values in zip(table.columns, zip(*batch, strict=True), strict=True)
            ]
            writer.write_table(pa.table(columns, schema=schema))


def _write_jsonl(path: Path, dataset: Dataset) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(record_json(record) + "\n" for record in dataset.iter_records())


_FRICTIONLESS: Mapping[ColumnType, str] = {"text": "string", "list": "string", "json": "string", "real": "number"}


def _resource(table: Table, file: Path) -> dict[str, Any]:
    """A table's entry in the data package."""
    fields = []
    for column in table.columns:
        constraints: dict[str, Any] = {"required": True} if column.name in table.key else {}
        if column.values:
            constraints["enum"] = list(column.values)
        field = {
            "name": column.name,
            "type": _FRICTIONLESS.get(column.type, column.type),
            "description": column.description,
            "constraints": constraints,
        }
        fields.append({name: value for name, value in field.items() if value})
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if table.key:
        schema["primaryKey"] = list(table.key)
    links = [(column.name, *column.references.split(".")) for column in table.columns if column.references]
    if links:
        schema["foreignKeys"] = [
            {"fields": [name], "reference": {"resource": other, "fields": [field]}} for name, other, field in links
        ]
    content = file.read_bytes()
    return {
        "name": table.name,
        "path": file.name,
        "profile": "tabular-data-resource",
        "description": table.description,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "schema": schema,
    }


def _write_package(path: Path, files: Mapping[str, Path]) -> None:
    package = {
        "name": "ntm-extract-dataset",
        "title": "Promises and results of the New Rural Development programme, as reported",
        "description": "Text that a spreadsheet would take for a formula has an apostrophe before it; "
        "lists are joined with '; '; text longer than a cell is cut and ends in […].",
        "profile": "tabular-data-package",
        "resources": [_resource(FLAT_TABLES[name].sheet, file) for name, file in files.items()],
    }
    path.write_text(json.dumps(package, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


# ------------------------------------------------------------------ all together


def export(dataset: Dataset, out: Path, formats: Iterable[Format] = FORMATS) -> list[Path]:
    """Write a dataset into the folder ``out`` (made if need be); the files written, in order.

    ``csv`` and ``parquet`` are a file a table, ``xlsx`` one file with a sheet a table (``ntm.xlsx``), ``jsonl`` the
    records (``records.jsonl``), ``datapackage`` the CSV files with their description (``datapackage.json``). All files
    show one state of the dataset. The articles' whole text is in Parquet and in the records only.

    Raises DatasetError where a format is unknown, the dataset cannot be read or a file cannot be written.
    """
    wanted = dict.fromkeys(formats)
    for unknown in [one for one in wanted if one not in FORMATS]:
        raise DatasetError(f"there is no format {unknown!r}", mend=f"choose among {', '.join(FORMATS)}")
    if "datapackage" in wanted:
        wanted = {"csv": None, **wanted}
    written: list[Path] = []
    files: dict[str, Path] = {}

    def write(name: str, how: Callable[..., None], *what: object) -> Path:
        path = out / name
        with replacing(path) as part:
            how(part, *what)
        written.append(path)
        return path

    def sheets() -> Iterator[tuple[Table, Iterable[list[Any]]]]:
        yield _CODEBOOK_SHEET, ([row.table, row.column, row.type, row.description] for row in codebook("export"))
        for flat in FLAT_TABLES.values():
            yield flat.sheet, flat.rows(dataset, flat.sheet.columns)

    try:
        out.mkdir(parents=True, exist_ok=True)
        with dataset.snapshot():
            for name, flat in FLAT_TABLES.items():
                if "csv" in wanted:
                    sheet = flat.sheet
                    files[name] = write(f"{name}.csv", _write_csv, sheet, flat.rows(dataset, sheet.columns))
                if "parquet" in wanted:
                    write(f"{name}.parquet", _write_parquet, flat.table, flat.rows(dataset, flat.table.columns))
            if "xlsx" in wanted:
                write("ntm.xlsx", _write_xlsx, sheets())
            if "jsonl" in wanted:
                write("records.jsonl", _write_jsonl, dataset)
        if "datapackage" in wanted:
            write("datapackage.json", _write_package, files)
    except OSError as error:
        raise DatasetError(
            f"cannot be written ({error.strerror or error})",
            where=error.filename or out,
            mend="name a folder that may be written to and has room",
        ) from error
    return written


# ------------------------------------------------------------------ codebook


@dataclass(frozen=True, slots=True)
class CodebookRow:
    """What a column means."""

    table: str
    column: str
    type: str
    description: str


_CODEBOOK_SHEET = Table(
    "codebook", "What each column means", tuple(Column(n, "text", n) for n in CodebookRow.__slots__)
)


def codebook(of: Literal["dataset", "export"] = "dataset") -> list[CodebookRow]:
    """Every column of the dataset's tables, or of the exported ones, with type and meaning."""
    tables = TABLES.values() if of == "dataset" else [flat.table for flat in FLAT_TABLES.values()]
    return [
        CodebookRow(
            table.name,
            column.name,
            column.type,
            column.description + (f" [{', '.join(column.values)}]" if column.values else ""),
        )
        for table in tables
        for column in table.columns
    ]


def codebook_markdown(of: Literal["dataset", "export"] = "dataset") -> str:
    """The codebook as Markdown: a heading and a table for each table."""
    parts = []
    for name, rows in groupby(codebook(of), key=lambda row: row.table):
        parts.append(f"### {name}\n\n{TABLES[name].description}.\n\n| column | type | meaning |\n| --- | --- | --- |")
        parts += [f"| `{row.column}` | {row.type} | {row.description.replace('|', chr(92) + '|')} |" for row in rows]
        parts.append("")
    return "\n".join(parts)
