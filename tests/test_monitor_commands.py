"""Questions to a dataset on the command line: every row leads to its words, in every view; and the reviewer's queue."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ntm_extract import pipeline
from ntm_extract.dataset import Dataset
from ntm_extract.model import Record
from tests.conftest import Call

ARTICLES = {
    "2021-03": """Huyện Yên Thành triển khai nhiệm vụ nông thôn mới năm 2021

Ngày 5/3/2021, UBND huyện Yên Thành họp triển khai nhiệm vụ xây dựng nông thôn mới.
Năm 2021, huyện phấn đấu xã Thọ Thành và xã Kim Thành đạt chuẩn nông thôn mới.
Đến nay, xã Thọ Thành đạt 14/19 tiêu chí nông thôn mới.
Chủ tịch UBND xã Kim Thành Nguyễn Văn Tám đề nghị huyện hỗ trợ kinh phí xây dựng nhà văn hóa xóm.
Phó Chủ tịch UBND huyện Phan Văn Tuyên yêu cầu phòng Tài chính hỗ trợ kinh phí xây dựng nhà văn hóa xóm trong quý II.
""",
    "2021-11": """Yên Thành: Tiến độ xây dựng nông thôn mới những tháng cuối năm

Ngày 12/11/2021, Ban Chỉ đạo xây dựng nông thôn mới huyện Yên Thành họp đánh giá tiến độ.
Đến nay, xã Thọ Thành đạt 18/19 tiêu chí nông thôn mới, xã Hoa Thành đạt 15/19 tiêu chí nông thôn mới nâng cao.
""",
    "2022-02": """Công nhận xã Thọ Thành đạt chuẩn nông thôn mới

Ngày 18/2/2022, huyện Yên Thành tổ chức lễ đón bằng tại xã Thọ Thành.
Ngày 10/2/2022, UBND tỉnh ban hành Quyết định số 412/QĐ-UBND công nhận xã Thọ Thành đạt chuẩn nông thôn mới năm 2021.
""",
}
QUESTIONS: dict[str, tuple[str, ...]] = {
    "compare": (),
    "counts": ("--shares",),
    "track": ("xã Thọ Thành",),
    "verdicts": ("--as-of", "2022-06-30"),
    "silences": ("--as-of", "2022-06-30"),
    "requests": (),
    "audit": (),
    "diff": ("--since", "2021-06-01"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of three articles: two communes promised, one of them recognised, of the other nothing is heard."""
    folder = tmp_path_factory.mktemp("monitoring")
    for name, text in ARTICLES.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    summary = pipeline.run([str(folder)], folder / "out")
    assert summary.dataset is not None
    assert not summary.issues
    return summary.dataset


@pytest.fixture
def dataset(made: Path, tmp_path: Path) -> Path:
    """A copy to write to."""
    path = tmp_path / "dataset.sqlite"
    path.write_bytes(made.read_bytes())
    return path


@pytest.fixture
def records(made: Path) -> dict[str, Record]:
    with Dataset.open(made, read_only=True) as opened:
        return {record.id: record for record in opened.iter_records()}


def ask(call: Call, dataset: Path, question: str, to: str, *more: object) -> str:
    done = call(question, dataset, *QUESTIONS[question], "--to", to, *more)
    assert (done.status, done.err) == (0, ""), done.err
    return done.out


def sheet(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def quotes_in(thing: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every quotation in an answer: the article and its evidence."""
    if isinstance(thing, list):
        for one in thing:
            yield from quotes_in(one)
    elif isinstance(thing, dict):
        if "evidence" in thing and "article" in thing:
            yield thing["article"], thing["evidence"]
        for one in thing.values():
            yield from quotes_in(one)


@pytest.mark.parametrize("question", [name for name in QUESTIONS if name != "audit"])
def test_every_row_leads_to_its_words(call: Call, made: Path, records: dict[str, Record], question: str) -> None:
    rows = json.loads(ask(call, made, question, "json"))
    assert rows
    for row in rows:
        quotes = list(quotes_in(row))
        assert quotes or row.get("what") == "article"
        for article, evidence in quotes:
            assert records[article].text[evidence["start"] : evidence["end"]] == evidence["text"] != ""


@pytest.mark.parametrize("question", QUESTIONS)
def test_csv_has_the_rows_of_json_with_their_sources(call: Call, made: Path, question: str) -> None:
    rows, sheeted = json.loads(ask(call, made, question, "json")), sheet(ask(call, made, question, "csv"))
    assert len(rows) == len(sheeted)
    start = "why" if question == "verdicts" else "quote"
    for row, line in zip(rows, sheeted, strict=True):
        (first, *_) = [*quotes_in(row), (None, {"text": ""})]
        if question != "silences":  # theirs is the promise
            assert line[f"{start}_article"] == (first[0] or "")
        if line[f"{start}_article"]:
            assert line[f"{start}_source"].endswith(".txt")
            assert line["quotations"].count(".txt]") >= 1


@pytest.mark.parametrize("question", [name for name in QUESTIONS if name != "audit"])
@pytest.mark.parametrize("lang", ["en", "vi"])
def test_tables_name_the_articles_they_quote(call: Call, made: Path, question: str, lang: str) -> None:
    table = ask(call, made, question, "table", "--lang", lang)
    assert "[1] " in table
    notes = [line for line in table.splitlines() if line.startswith("[")]
    assert notes
    assert ".txt" in "".join(table.split())
    assert all("├" not in line and "│" not in line for line in notes)
    assert ("tiêu chuẩn" if lang == "vi" else "standard") in table or question in ("requests", "diff")


def test_an_answer_without_rows_says_so(call: Call, made: Path) -> None:
    assert ask(call, made, "audit", "json") == "[\n]\n"
    assert "nothing found" in ask(call, made, "audit", "table")
    assert sheet(ask(call, made, "audit", "csv")) == []


def test_compare_sets_promises_beside_what_came_of_them(call: Call, made: Path) -> None:
    (row,) = json.loads(ask(call, made, "compare", "json", "--standard", "ntm", "--year", "2021"))
    assert row["group"]["name"] == "Yên Thành"
    assert (row["promised"], row["reached"], row["recognised"]) == (2, 1, 1)
    assert (row["kept"], row["no_evidence"]) == (1, 1)
    table = " ".join(ask(call, made, "compare", "table").split())
    assert "1 kept" in table


def test_compare_from_the_tables_has_the_same_numbers_and_judges_nothing(call: Call, made: Path) -> None:
    judged, plain = (json.loads(ask(call, made, "compare", "json", how)) for how in ("--judge", "--no-judge"))
    same = ("group", "standard", "year", "promised", "reached", "recognised", "holding", "units")
    assert [[row[name] for name in same] for row in judged] == [[row[name] for name in same] for row in plain]
    assert {row["kept"] for row in plain} == {None}


@pytest.mark.parametrize(
    ("by", "name"),
    [("unit", "Thọ Thành"), ("district", "Yên Thành"), ("province", "Nghệ An"), ("today_province", "Nghệ An")],
)
def test_compare_groups_as_asked(call: Call, made: Path, by: str, name: str) -> None:
    rows = json.loads(ask(call, made, "compare", "json", "--by", by, "--standard", "ntm"))
    assert name in {row["group"]["name"] for row in rows}
    assert {row["by"] for row in rows} == {by}


def test_as_of_hides_what_came_later(call: Call, made: Path) -> None:
    rows = json.loads(call("compare", made, "--as-of", "31/12/2021", "--standard", "ntm", "--to", "json").out)
    assert [row["recognised"] for row in rows] == [0]
    steps = json.loads(call("track", made, "Thọ Thành", "--as-of", "2021-12-31", "--to", "json").out)
    assert {step["what"] for step in steps} == {"promised", "progress"}


def test_track_tells_the_thread_in_order(call: Call, made: Path) -> None:
    steps = json.loads(ask(call, made, "track", "json"))
    days = [step["day"] for step in steps]
    assert days == sorted(days)
    assert {"promised", "progress", "recognised"} <= {step["what"] for step in steps}
    assert "hạn 2021-12-31" in ask(call, made, "track", "table", "--lang", "vi")


def test_track_of_a_name_that_no_article_has(call: Call, made: Path) -> None:
    done = call("track", made, "Không Có Đâu", "--lang", "vi")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("Không Có Đâu: không bài nào nhắc đến")


def test_requests_show_what_may_answer_them(call: Call, made: Path) -> None:
    (row,) = json.loads(ask(call, made, "requests", "json"))
    assert row["answers"][0]["act"] == "directive"
    assert "directive" in ask(call, made, "requests", "table")


def test_silences_name_the_promise(call: Call, made: Path) -> None:
    (row,) = sheet(ask(call, made, "silences", "csv"))
    assert (row["unit_name"], row["promised_by"], row["days"]) == ("Kim Thành", "2021-12-31", "181")
    assert "phấn đấu xã Thọ Thành và xã Kim Thành" in row["quote_text"]


def test_diff_writes_a_feed_that_holds_what_it_shows(call: Call, made: Path, tmp_path: Path) -> None:
    done = call("diff", made, "--since", "2021-06-01", "--atom", "news.atom", "--to", "json")
    assert (done.status, done.err) == (0, "Written: news.atom\n")
    rows = json.loads(done.out)
    feed = ET.fromstring((tmp_path / "news.atom").read_text("utf-8"))
    entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == len(rows) > 2
    assert {row["what"] for row in rows} == {"article", "verdict"}


def test_verdicts_as_lines_are_the_verdicts_as_json(call: Call, made: Path) -> None:
    lines = call("verdicts", made, "--as-of", "2022-06-30", "--to", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == json.loads(ask(call, made, "verdicts", "json"))


def test_answers_go_to_files_whole(call: Call, made: Path, tmp_path: Path) -> None:
    assert ask(call, made, "compare", "csv").encode() == (
        call("compare", made, "--to", "csv", "--out", "c.csv") and (tmp_path / "c.csv").read_bytes()
    )


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_dataset_that_is_none_is_told(call: Call, tmp_path: Path, question: str) -> None:
    done = call(question, "none.sqlite", *QUESTIONS[question])
    assert (done.status, done.out) == (4, "")
    assert done.err.startswith("none.sqlite: there is no such dataset")
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ reviewing


def decisions(dataset: Path) -> list[tuple[Any, ...]]:
    with Dataset.open(dataset, read_only=True) as opened:
        return [(one.verdict, one.correction, one.who, one.note) for one in opened.decisions()]


def test_the_queue_shows_the_least_sure_first(call: Call, dataset: Path, records: dict[str, Record]) -> None:
    rows = json.loads(call("review", "list", dataset, "--below", "1", "--to", "json").out)
    assert [row["confidence"] for row in rows] == sorted(row["confidence"] for row in rows)
    assert len(rows) == sum(len(record.facts()) for record in records.values())
    for row in rows:
        assert records[row["quote_article"]].text[row["quote_start"] : row["quote_end"]] == row["quote_text"]
    assert json.loads(call("review", "list", dataset, "--below", "0", "--to", "json").out) == []
    assert sheet(call("review", "list", dataset, "--below", "1", "--to", "csv").out)[0]["fact_id"] == rows[0]["fact_id"]
    assert "[1] " in call("review", "list", dataset, "--below", "1").out


def test_a_reviewer_accepts_rejects_skips_quits(call: Call, dataset: Path) -> None:
    done = call("review", "next", dataset, "--who", "Lan", "--below", "1", stdin="a\ns\nr sai đơn vị\nq\na\n")
    assert done.status == 0, done.err
    assert done.out.count("⟦") == 4
    assert decisions(dataset) == [("accept", None, "Lan", None), ("reject", None, "Lan", "sai đơn vị")]
    assert "2 decided" in done.out


def test_what_does_not_fit_is_told_and_asked_again(call: Call, dataset: Path) -> None:
    answers = "c\nmodality = maybe\n\nc\nnosuch = 1\n\nc\nmodality\n\nc\nmodality = pledge\n\nq\n"
    done = call("review", "next", dataset, "--who", "Lan", "--below", "1", "--kind", "targets", stdin=answers)
    assert len(done.err.splitlines()) == 3
    assert decisions(dataset) == [("correct", {"modality": "pledge"}, "Lan", None)]


def test_decided_facts_leave_the_queue(call: Call, dataset: Path) -> None:
    before = json.loads(call("review", "list", dataset, "--below", "1", "--to", "json").out)
    call("review", "next", dataset, "--who", "Lan", "--below", "1", "--limit", "2", stdin="a\nr\n")
    after = json.loads(call("review", "list", dataset, "--below", "1", "--to", "json").out)
    assert after == before[2:]
    call("review", "next", dataset, "--who", "Lan", "--below", "1", stdin="a\n" * len(after))
    assert "no facts in doubt" in call("review", "next", dataset, "--who", "Lan", "--below", "1").out


def test_verdicts_and_comparisons_follow_the_reviewer(call: Call, dataset: Path) -> None:
    def found() -> dict[str, str]:
        rows = json.loads(call("verdicts", dataset, "--as-of", "2022-06-30", "--to", "json").out)
        return {row["unit"]["name"]: row["verdict"] for row in rows}

    assert found() == {"Thọ Thành": "kept", "Kim Thành": "lapsed_no_evidence"}
    call("review", "next", dataset, "--who", "Lan", "--below", "1", "--kind", "achievements", stdin="r\n" * 9)
    assert found()["Thọ Thành"] == "lapsed_no_evidence"
    (row,) = json.loads(call("compare", dataset, "--standard", "ntm", "--to", "json").out)
    assert (row["promised"], row["reached"]) == (2, 0)
    with Dataset.open(dataset) as opened:
        run = opened.begin_run("again", None)
        for record in list(opened.iter_records()):
            opened.put(record.model_copy(update={"patterns": "other rules"}), run)
        opened.end_run(run)
    assert found()["Thọ Thành"] == "lapsed_no_evidence"  # read again, the fact has the same id


def test_somebody_has_to_decide(call: Call, dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("USER", raising=False)
    monkeypatch.delenv("USERNAME", raising=False)
    done = call("review", "next", dataset, "--below", "1")
    assert done.status == 1
    assert "say who you are" in done.err
