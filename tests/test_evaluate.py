"""The evaluation: its definitions beside the contract's scorer, its sums, its floors, its report."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_extract.confidence import load_table
from ntm_extract.errors import ConfigurationError, InputError
from ntm_extract.evaluate import CORE, PARTS, Evaluation, evaluate, fitting, gold_fingerprint, judge_all, load_gold
from ntm_extract.evaluate.ablation import needed
from ntm_extract.evaluate.compare import Range, fold_name, fold_unit_name, sentence_around
from ntm_extract.evaluate.figures import NOTHING, Counts, Judged, figures_of
from ntm_extract.evaluate.fitting import calibration_of, left_out, table_of
from ntm_extract.evaluate.floors import NEGATIVE_NAME, Floors, falls, gold_changed, load_floors, measure, write_floors
from ntm_extract.evaluate.report import fault_classes, to_html
from ntm_extract.facts import Extractor
from ntm_extract.model import Record
from ntm_extract.patterns import default_patterns
from tests.conftest import ROOT
from tests.rule_files import with_rules

GOLD = ROOT / "corpora" / "gold"
FLOORS = ROOT / "corpora" / "floors.json"
SCORER = ROOT.parent / "shared" / "contract" / "score.py"
CASES = yaml.safe_load((ROOT / "tests" / "tables" / "evaluate.yml").read_text("utf-8"))


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


@pytest.fixture(scope="module")
def splits(extractor: Extractor) -> Mapping[str, Evaluation]:
    return {split: evaluate(GOLD, extractor, split) for split in ("dev", "test")}


@pytest.fixture(scope="module")
def whole(splits: Mapping[str, Evaluation]) -> Evaluation:
    rows = [judged for split in splits.values() for judged in split.articles]
    return judge_all((judged.gold, judged.record) for judged in sorted(rows, key=lambda row: row.gold.name))


# ------------------------------------------------------------------ the contract's scorer


@pytest.mark.skipif(not SCORER.exists(), reason="the contract's scorer is not beside the repository")
def test_every_figure_is_the_scorers(whole: Evaluation, tmp_path: Path) -> None:
    records = tmp_path / "records.jsonl"
    with records.open("w", encoding="utf-8") as stream:
        for judged in whole.articles:
            named = judged.record.model_copy(update={"source": f"{judged.gold.name}.txt"})
            stream.write(named.model_dump_json() + "\n")
    done = subprocess.run(
        [sys.executable, SCORER, GOLD, records, "--json"], capture_output=True, encoding="utf-8", check=True
    )
    theirs = json.loads(done.stdout)
    ours = {
        part: {
            "precision": round(figure.precision, 4),
            "recall": round(figure.recall, 4),
            "f1": round(figure.f1, 4),
            "gold": figure.wanted,
            "predicted": figure.found,
        }
        for part, figure in whole.figures.items()
    }
    assert ours == {part: theirs[part] for part in PARTS}
    # The scorer takes the mean of F1s it has rounded to four places already.
    assert whole.core[0] == pytest.approx(theirs["core_macro_f1"], abs=1.01e-4)
    assert whole.quotations_exact == theirs["evidence_exact"]
    assert theirs["absent"] == []


# ------------------------------------------------------------------ definitions, case by case


def _judged(tmp_path: Path, case: Mapping[str, Any]) -> Evaluation:
    (tmp_path / "case.txt").write_text(case["text"], encoding="utf-8")
    (tmp_path / "case.yaml").write_text(yaml.safe_dump(case["gold"], allow_unicode=True), encoding="utf-8")
    gold = load_gold(tmp_path)
    found: dict[str, Any] = {"id": "case", "source": "case.txt", "text": gold[0].article.text}
    found |= copy.deepcopy(case["record"])
    for rows in found.values():
        for row in rows if isinstance(rows, list) else ():
            quote = row.pop("quote", None)
            if quote is not None:
                start = found["text"].index(quote)
                row["evidence"] = {"start": start, "end": start + len(quote), "text": quote, "rule": "a.b.c"}
    return judge_all([(gold[0], Record.model_validate(found))])


@pytest.mark.parametrize("case", CASES["claims"], ids=lambda case: case["name"])
def test_a_fact_is_compared_by_its_value(tmp_path: Path, case: dict[str, Any]) -> None:
    judged = _judged(tmp_path, case).articles[0]
    got = {part: counts for part in case["counts"] for counts in [judged.counts[part]]}
    assert {part: [one.found, one.right, one.wanted, one.met] for part, one in got.items()} == case["counts"]


@pytest.mark.parametrize("case", CASES["errors"], ids=lambda case: case["name"])
def test_an_error_says_what_differs_and_where_it_stands(tmp_path: Path, case: dict[str, Any]) -> None:
    faults = _judged(tmp_path, case).articles[0].faults
    got = [[fault.part, "missed" if fault.missed else "spurious", list(fault.differs), fault.quote] for fault in faults]
    assert got == case["faults"]


def test_standards_and_acts_are_paired_by_what_else_agrees(tmp_path: Path) -> None:
    evaluation = _judged(tmp_path, CASES["confusion"])
    assert evaluation.standards() == {
        ("ntm", "ntm"): 1, ("ntm_advanced", "ntm"): 1, ("ntm_model", NOTHING): 1, (NOTHING, "ocop_3"): 1,
    }  # fmt: skip
    assert evaluation.acts() == {("directive", "request"): 1, ("pledge", "pledge"): 1}


def test_false_facts_in_a_negative_are_counted_as_facts_not_as_claims(tmp_path: Path) -> None:
    evaluation = _judged(tmp_path, CASES["negative"])
    assert evaluation.negatives == (1, 2)


@pytest.mark.parametrize(("one", "other", "same"), [
    ((3, 3), (3, 3), True), ((3, None), (3, 5), True), ((3, 4), (3, 5), False), ((None, 5), (None, 5), True),
    ((2, None), (3, None), False),
])  # fmt: skip
def test_an_open_top_is_the_same_as_any(one: tuple[Any, Any], other: tuple[Any, Any], same: bool) -> None:
    assert Range(*one).same(Range(*other)) is same
    assert Range(*other).same(Range(*one)) is same


def test_names_fold_kind_case_and_tone_placement() -> None:
    assert fold_unit_name("Xã Hoà An") == fold_unit_name("hòa an") != fold_unit_name("Hoa An")
    assert fold_name(" Lê  Văn Hoà - ") == fold_name("lê văn hòa")
    assert fold_name("Lê Văn Hoà").shown == "Lê Văn Hoà"


@given(st.text(alphabet="ab. \n…!", max_size=60), st.data())
def test_a_sentence_holds_its_offset_and_no_inner_stop(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    start, end = sentence_around(text, at)
    assert 0 <= start <= at <= end <= len(text)
    assert "\n" not in text[start:end]
    assert not re.search(r"[.!?…]\s", text[at:end])


# ------------------------------------------------------------------ sums


_counts = st.builds(
    lambda right, wrong, met, missed: Counts(right + wrong, right, met + missed, met), *[st.integers(0, 9)] * 4
)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(PARTS, _counts)), min_size=1, max_size=8))
@settings(max_examples=20, deadline=None)
def test_figures_are_shares_within_their_intervals_and_repeat(rows: list[dict[Any, Counts]]) -> None:
    articles = [Judged(None, None, counts, (), (), {}, {}, 0) for counts in rows]  # type: ignore[arg-type]
    figures = figures_of(articles)
    assert figures == figures_of(articles)
    for part, figure in figures.items():
        found, right = (sum(getattr(row[part], name) for row in rows) for name in ("found", "right"))
        wanted, met = (sum(getattr(row[part], name) for row in rows) for name in ("wanted", "met"))
        assert figure.precision == pytest.approx(right / found if found else float(not wanted))
        assert figure.recall == pytest.approx(met / wanted if wanted else 1.0)
        for low, high in figure.intervals.values():
            assert 0 <= low <= high <= 1
        if len(rows) == 1:
            assert figure.intervals["f1"] == pytest.approx((figure.f1, figure.f1))


def test_an_interval_narrows_with_more_articles_of_the_same_kind() -> None:
    good, bad = Counts(4, 4, 4, 4), Counts(4, 1, 4, 1)

    def width(times: int) -> float:
        rows = [Judged(None, None, {"targets": one}, (), (), {}, {}, 0) for one in (good, bad) * times]  # type: ignore[arg-type]
        low, high = figures_of(rows)["targets"].intervals["f1"]
        return high - low

    assert width(50) < width(5) / 2


def test_groups_add_up(whole: Evaluation) -> None:
    for part in PARTS:
        for by in (lambda gold: gold.year, lambda gold: gold.genre, lambda gold: gold.split):
            groups = whole.groups(by)
            assert sum(group.figures[part].wanted for group in groups.values()) == whole.figures[part].wanted
    assert set(whole.groups(lambda gold: gold.split)) == {"dev", "test"}


def test_core_is_the_mean_of_its_parts(whole: Evaluation) -> None:
    macro, (low, high) = whole.core
    assert macro == pytest.approx(sum(whole.figures[part].f1 for part in CORE) / len(CORE))
    assert low < macro < high


def test_reliability_is_the_gap_between_said_and_right() -> None:
    found = calibration_of([(0.8, at < 6) for at in range(10)] + [(1.0, True)] * 10)
    assert found is not None
    assert found.error == pytest.approx(0.5 * 0.2 + 0.5 * 0)
    assert [(row.low, row.facts, row.right) for row in found.bins] == [(0.8, 10, 0.6), (0.9, 10, 1.0)]
    assert calibration_of([]) is None


# ------------------------------------------------------------------ gold


def test_our_gold_is_of_the_kind_it_claims_to_be() -> None:
    gold = load_gold(GOLD)
    assert len(gold) >= 60
    assert len({row.province for row in gold if row.province}) >= 20
    assert {row.year for row in gold} >= set(range(2015, 2027))
    assert sum(row.negative for row in gold) >= 0.3 * len(gold)
    assert {row.split for row in gold} == {"dev", "test"}
    assert len(load_gold(GOLD, "dev")) + len(load_gold(GOLD, "test")) == len(gold)


def test_all_faults_of_gold_are_told_at_once(tmp_path: Path) -> None:
    for name, text in CASES["faulty"]["files"].items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_gold(tmp_path)
    # how a YAML error is worded depends on whether the fast loader is there
    told = [re.sub(r"\(.*\); mend it", "(…); mend it", fault) for fault in caught.value.faults]
    assert told == CASES["faulty"]["faults"]


def test_a_fingerprint_changes_with_a_fact(tmp_path: Path) -> None:
    case = CASES["claims"][0]
    marks = set()
    for year in (2021, 2022, 2021):
        _judged(tmp_path, {**case, "gold": {**case["gold"], "year": year}})
        marks.add(gold_fingerprint(load_gold(tmp_path)))
    assert len(marks) == 2


# ------------------------------------------------------------------ report


def test_the_report_stands_alone_and_escapes_what_it_quotes(tmp_path: Path) -> None:
    page = to_html(_judged(tmp_path, CASES["hostile"]))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "4 xã &lt;xã nào?&gt; &amp; " in page
    assert not re.search(r"(?:src|href)\s*=", page)


def test_the_report_shows_every_error_once(whole: Evaluation) -> None:
    classes = fault_classes(whole)
    assert sum(len(row.faults) for row in classes) == len(whole.faults)
    page = to_html(whole)
    assert page.count("<li>") == len(whole.faults)
    for part in PARTS:
        assert f'<th scope="row">{part}</th>' in page


# ------------------------------------------------------------------ floors


def test_scores_have_not_fallen(splits: Mapping[str, Evaluation]) -> None:
    floors, measured = load_floors(FLOORS), measure(splits, default_patterns())
    assert gold_changed(floors, measured) == [], "the gold changed: measure again with evaluate --raise-floors"
    assert falls(floors, measured) == []


def _floors(**scores: float) -> Floors:
    return Floors({"dev": scores}, {"dev": "1234567890"}, "abcdefghij", ("a.b.c", "a.b.d"))


def test_floors_rise_by_one_command_and_fall_only_with_a_line_in_the_changes(tmp_path: Path) -> None:
    path, changes = tmp_path / "floors.json", tmp_path / "CHANGES.md"
    write_floors(path, _floors(targets=0.9))
    write_floors(path, _floors(targets=0.95))
    assert load_floors(path) == _floors(targets=0.95)
    lower = _floors(targets=0.94)
    for allowed in ({}, {"lower": True}, {"lower": True, "changes": changes}):
        with pytest.raises(ConfigurationError, match=r"targets fell to 0\.9400"):
            write_floors(path, lower, **allowed)  # type: ignore[arg-type]
    assert load_floors(path) == _floors(targets=0.95)
    changes.write_text(f"# Changes\n- Floors lowered ({lower.mark}): the gold was wrong\n", encoding="utf-8")
    with pytest.raises(ConfigurationError):
        write_floors(path, lower, changes=changes)  # the flag is needed, too
    assert write_floors(path, lower, lower=True, changes=changes) == ["dev: targets fell to 0.9400 (floor 0.9500)"]
    assert load_floors(path) == lower


def test_a_rule_that_is_gone_and_a_part_no_longer_measured_are_falls() -> None:
    now = Floors({"dev": {NEGATIVE_NAME: 0.2}}, {"dev": "x"}, "y", ("a.b.c",))
    assert falls(_floors(targets=0.5, **{NEGATIVE_NAME: 0.1}), now) == [
        "dev: targets is no longer measured (floor 0.5000)",
        f"dev: {NEGATIVE_NAME} rose to 0.2000 (ceiling 0.1000)",
        "rule a.b.d is gone",
    ]


def test_taking_away_any_rule_is_a_fall() -> None:
    floors = load_floors(FLOORS)
    for name in floors.rules:
        left = tuple(rule for rule in floors.rules if rule != name)
        assert falls(floors, Floors(floors.scores, floors.gold, floors.patterns, left)) == [f"rule {name} is gone"]


@pytest.mark.parametrize(("text", "error"), [("{", InputError), ('{"scores": {}}', ConfigurationError)])
def test_a_broken_floors_file_is_told(tmp_path: Path, text: str, error: type[Exception]) -> None:
    path = tmp_path / "floors.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=r"floors\.json"):
        load_floors(path)
    with pytest.raises(InputError, match="no such file"):
        load_floors(tmp_path / "none.json")


# ------------------------------------------------------------------ calibration and ablation


def test_confidence_is_calibrated_on_articles_it_was_not_counted_on(splits: Mapping[str, Evaluation]) -> None:
    found = left_out(splits["test"])
    assert found is not None
    assert found.error <= 0.05


def test_the_shipped_table_is_counted_on_the_split_that_no_rule_was_written_on(
    splits: Mapping[str, Evaluation],
) -> None:
    shipped, counted = load_table(), table_of(splits["test"])
    assert shipped.made["split"] == "test"
    assert shipped.made["gold"] == counted.made["gold"], (
        "the gold changed: count again: python -m ntm_extract.evaluate.fitting"
    )


def test_the_table_is_written_by_its_module(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = tmp_path / "gold"
    gold.mkdir()
    for path in GOLD.glob("b0[1-3]-*"):
        shutil.copy(path, gold)
    fitting.main([str(gold), "--split", "dev", "--out", str(tmp_path / "table.json")])
    assert "expected calibration error" in capsys.readouterr().out
    assert load_table(tmp_path / "table.json").made["split"] == "dev"


def test_switching_every_rule_off_leaves_no_fact_of_a_rule(whole: Evaluation) -> None:
    extractor = Extractor()
    ids = {rule.id for rule in extractor.patterns.rules}
    article = max(whole.articles, key=lambda judged: len(judged.record.facts())).gold.article
    assert any(fact.evidence.rule in ids for _, fact in extractor.extract(article).facts())
    extractor.switch_off(ids)
    assert not any(fact.evidence.rule in ids for _, fact in extractor.extract(article).facts())


def test_ablation_finds_what_a_rule_gives_and_what_none_needs(tmp_path: Path) -> None:
    wide = {
        "id": "counts.pocket.wide", "fact": "count", "pattern": "bỏ túi gọn {criteria=number:fraction}",
        "examples": ["Xã đã ⟦bỏ túi gọn 14/19⟧ phần việc."], "counterexamples": ["Xã bỏ túi gọn kinh nghiệm."],
    }  # fmt: skip
    narrow = {
        **wide, "id": "counts.pocket.narrow", "pattern": "túi gọn {criteria=number:fraction}",
        "examples": ["Xã đã bỏ ⟦túi gọn 14/19⟧ phần việc."],
    }  # fmt: skip
    alone = needed(with_rules(tmp_path / "patterns", "counts", wide), [], [wide["id"]])
    assert [row.examples > 0 for row in alone] == [True]
    both = needed(with_rules(tmp_path / "patterns", "counts", wide, narrow), [], [wide["id"], narrow["id"]])
    assert [row.examples for row in both] == [0, 0]
