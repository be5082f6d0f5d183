"""The path from inputs to a dataset."""

from __future__ import annotations

from pathlib import Path

from ntm_extract import pipeline
from ntm_extract.dataset import Dataset


def test_records_in_the_dataset_are_those_read(article: Path, tmp_path: Path) -> None:
    summary = pipeline.run([str(article)], tmp_path / "out")
    assert dict(summary.outcomes) == {"new": 1, "changed": 0, "same": 0, "issues": 0}
    with Dataset.open(summary.dataset, read_only=True) as dataset:
        (record,) = dataset.iter_records()
    assert record.source == str(article)
    assert record.misquotes() == []
    assert summary.facts["criteria_counts"] == len(record.criteria_counts) > 0


def test_processes_read_the_same_in_the_same_order(root: Path) -> None:
    places = list(pipeline.iter_places([str(root / "corpora" / "gold")]))
    here = [reading.record for reading in pipeline.iter_readings(places[:12])]
    there = [reading.record for reading in pipeline.iter_readings(places[:12], jobs=2)]
    assert len(here) == 12
    assert here == there
