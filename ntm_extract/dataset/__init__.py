"""The dataset: records in one SQLite file, its tables, its full text, its frames.

``Dataset`` writes and reads the file, ``open_dataset`` gives pandas frames, ``TABLES`` says what every column means.
"""

from ntm_extract.dataset.columns import TABLES, Column, ColumnType, Table
from ntm_extract.dataset.frames import Tables, open_dataset
from ntm_extract.dataset.rows import content_id, fact_id, unit_id
from ntm_extract.dataset.store import DATASET_NAME, Dataset, Decision, Hit, Outcome, Verdict

__all__ = [
    "DATASET_NAME",
    "TABLES",
    "Column",
    "ColumnType",
    "Dataset",
    "Decision",
    "Hit",
    "Outcome",
    "Table",
    "Tables",
    "Verdict",
    "content_id",
    "fact_id",
    "open_dataset",
    "unit_id",
]
