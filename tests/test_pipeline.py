"""The path from inputs to a dataset."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

import ntm_extract
from ntm_extract import pipeline
from ntm_extract.dataset import Dataset
from ntm_extract.errors import InputError, PatternError
from tests.conftest import ARTICLE


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A folder of twenty articles, one of them empty."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(20):
        text = "" if number == 7 else ARTICLE.replace("16/19", f"{number}/19")
        (folder / f"{number:02}.txt").write_text(text, encoding="utf-8")
    return folder


def test_records_in_the_dataset_are_those_read(article: Path, tmp_path: Path) -> None:
    summary = pipeline.run([str(article)], tmp_path / "out")
    assert dict(summary.outcomes) == {"new": 1, "changed": 0, "same": 0, "issues": 0}
    assert summary.dataset is not None
    with Dataset.open(summary.dataset, read_only=True) as dataset:
        (record,) = dataset.iter_records()
    assert record == ntm_extract.extract(article)
    assert summary.facts["criteria_counts"] == len(record.criteria_counts) == 2


def test_what_was_wrong_is_forgotten_when_it_is_mended(many: Path, tmp_path: Path) -> None:
    first = pipeline.run([str(many)], tmp_path / "out")
    assert [Path(issue.input).name for issue in first.issues] == ["07.txt"]
    (many / "07.txt").write_text(ARTICLE.replace("16/19", "7/19"), encoding="utf-8")
    second = pipeline.run([str(many)], tmp_path / "out")
    assert dict(second.outcomes) == {"new": 1, "changed": 0, "same": 19, "issues": 0}
    assert second.rows["issues"] == 0


def test_processes_read_the_same_in_the_same_order(many: Path) -> None:
    here = list(pipeline.iter_readings(pipeline.iter_places([str(many)])))
    there = list(pipeline.iter_readings(pipeline.iter_places([str(many)]), jobs=2))
    assert [Path(reading.input).name for reading in here] == [f"{number:02}.txt" for number in range(20)]
    assert here == there


def test_those_who_watch_are_told_of_every_article(many: Path) -> None:
    told: list[tuple[int, int | None, str]] = []
    list(pipeline.iter_readings(pipeline.iter_places([str(many)]), watch=lambda *news: told.append(news)))
    assert [done for done, _, _ in told] == list(range(1, 21))
    assert {total for _, total, _ in told} == {20}
    assert told[3][2].endswith("03.txt")


def test_no_file_is_read_twice(many: Path) -> None:
    one = str(many / "03.txt")
    places = list(pipeline.iter_places([one, str(many), f"{many}/../many/03.txt"]))
    assert len(places) == 20
    assert isinstance(places[0], pipeline.Place)
    assert places[0].where == one


def test_folders_are_read_below_too_but_not_what_is_hidden(tmp_path: Path) -> None:
    for name in ("a.txt", "b/c.HTML", "b/.d/e.txt", "f.jpg", "g/h.md", "i.jsonl", ".j.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    places = [place for place in pipeline.iter_places([str(tmp_path)]) if isinstance(place, pipeline.Place)]
    assert [str(Path(place.where).relative_to(tmp_path)) for place in places] == [
        "a.txt",
        "b/c.HTML",
        "g/h.md",
        "i.jsonl",
    ]
    assert [place.kind.name for place in places] == ["page", "page", "page", "records"]


def write_warc(path: Path, pages: dict[str, str]) -> None:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for url, text in pages.items():
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
            body = io.BytesIO(f"<html><body><h1>Tin</h1><p>{text}</p></body></html>".encode())
            record = writer.create_warc_record(url, "response", payload=body, http_headers=headers)
            writer.write_record(record)
            record.raw_stream.close()  # warcio put the payload into a temporary file


@pytest.mark.parametrize("jobs", [1, 2])
def test_pages_of_a_web_archive_are_read(tmp_path: Path, jobs: int) -> None:
    pages = {
        f"https://bao.example/{number}": f"Ngày 8/7/2021, xã Thọ Thành, huyện Yên Thành đạt {number}/19 tiêu chí NTM."
        for number in range(12, 16)
    }
    write_warc(tmp_path / "pages.warc.gz", pages)
    for given in ("pages.warc.gz", "."):
        found = list(pipeline.iter_readings(pipeline.iter_places([str(tmp_path / given)]), jobs=jobs))
        assert [reading.record.url for reading in found if reading.record] == list(pages)
        assert [count.achieved for one in found if one.record for count in one.record.criteria_counts] == [
            12,
            13,
            14,
            15,
        ]


def test_a_broken_archive_is_one_issue(article: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.warc.gz").write_bytes(b"not an archive")
    found = list(pipeline.iter_readings(pipeline.iter_places([str(tmp_path / "broken.warc.gz"), str(article)])))
    assert [reading.record is None for reading in found] == [True, False]
    assert found[0].issues[0].input.endswith("broken.warc.gz")


def test_one_article_in_two_places_is_one_article_with_two_sources(article: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror.txt"
    mirror.write_text(ARTICLE, encoding="utf-8")
    summary = pipeline.run([str(article), str(mirror)], tmp_path / "out")
    assert (summary.rows["articles"], summary.rows["article_sources"]) == (1, 2)


def test_a_fault_of_ours_in_one_article_does_not_stop_the_others(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extract = pipeline.Extractor.extract

    def fails_on_nine(self: pipeline.Extractor, article: pipeline.Article) -> pipeline.Record:
        if "9/19" in article.text and "19/19" not in article.text:
            raise ZeroDivisionError("division by zero")
        return extract(self, article)

    monkeypatch.setattr(pipeline.Extractor, "extract", fails_on_nine)
    readings = list(pipeline.iter_readings(pipeline.iter_places([str(many)])))
    failed = [reading for reading in readings if reading.record is None]
    assert [Path(reading.input).name for reading in failed] == ["07.txt", "09.txt"]
    assert failed[1].issues[0].what == "cannot be read (ZeroDivisionError: division by zero)"
    assert "report it" in str(failed[1].issues[0].mend)


@pytest.mark.parametrize("jobs", [1, 2])
def test_faulty_patterns_stop_before_anything_is_made(article: Path, tmp_path: Path, jobs: int) -> None:
    with pytest.raises(PatternError):
        pipeline.run([str(article)], tmp_path / "out", jobs=jobs, patterns=tmp_path / "none")
    assert not (tmp_path / "out").exists()


def test_extract_takes_a_path_the_name_of_a_file_or_a_text(article: Path) -> None:
    named, given, text = (ntm_extract.extract(source) for source in (article, str(article), ARTICLE))
    assert named == given
    assert {**text.model_dump(), "source": ""} == {**named.model_dump(), "source": ""}
    assert ntm_extract.extract("Xã Thọ Thành đạt chuẩn nông thôn mới.").achievements


def test_extract_refuses_what_holds_no_article(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        ntm_extract.extract(tmp_path / "missing.txt")
    with pytest.raises(InputError, match="empty"):
        ntm_extract.extract("")


def test_the_dataset_opens_as_frames(article: Path, tmp_path: Path) -> None:
    summary = pipeline.run([str(article)], tmp_path / "out")
    assert summary.dataset is not None
    tables = ntm_extract.open_dataset(summary.dataset)
    assert sorted(tables.criteria_counts["achieved"]) == [15.0, 16.0]
    assert set(tables) >= {"articles", "targets", "units", "evidence"}
