"""What those who write rules lean on: explain, new, trial, impact, coverage, and their commands."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from ntm_extract.authoring import (
    Explainer,
    copy_patterns,
    coverage,
    impact,
    iter_rows,
    new,
    patterns_at,
    read_corpus,
    to_html,
    trial,
)
from ntm_extract.authoring.explain import split_pattern
from ntm_extract.authoring_commands import mount
from ntm_extract.clean import read_text
from ntm_extract.errors import InputError, NtmError, PatternError
from ntm_extract.match import SentenceReader
from ntm_extract.patterns import PatternSet, default_patterns, load_patterns, patterns_folder
from ntm_extract.proof import SLOTS, iter_faults, reader_of
from tests.conftest import ROOT
from tests.rule_files import with_rules

CASES = yaml.safe_load((ROOT / "tests" / "tables" / "authoring.yml").read_text("utf-8"))
GUIDE = ROOT / "patterns" / "HUONG_DAN.md"
# A turn of phrase that no rule of ours knows, nor any newspaper.
ARTICLE = """Huyện Gia Lộc họp bàn xây dựng nông thôn mới

Sáng 15/4/2022, huyện Gia Lộc, tỉnh Hải Dương họp bàn xây dựng nông thôn mới.
Đến nay, xã Tân Tiến đã bỏ túi gọn 14/19 phần việc.
Xã Thống Nhất cũng bỏ túi gọn 16/19 phần việc.
"""
SENTENCE = "Đến nay, xã Tân Tiến đã ⟦bỏ túi gọn 14/19⟧ phần việc."
RULE: dict[str, Any] = {
    "id": "counts.pocket.one",
    "fact": "count",
    "pattern": "bỏ túi gọn {criteria=number:fraction}",
    "examples": ["Xã đã ⟦bỏ túi gọn 14/19⟧ phần việc."],
    "counterexamples": ["Xã bỏ túi gọn kinh nghiệm."],
}


def default_patterns_at(folder: Path) -> PatternSet:
    """The shipped patterns as if they had been read from a copy of theirs."""
    return dataclasses.replace(default_patterns(), folder=folder)


@pytest.fixture(scope="module")
def reader() -> SentenceReader:
    """Reads with the shipped vocabularies; rules do not matter to it."""
    return reader_of(default_patterns())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy_patterns(tmp_path / "patterns")
    return tmp_path / "patterns"


# ------------------------------------------------------------------ explain


@pytest.mark.parametrize(("pattern", "items"), CASES["items"])
def test_a_pattern_is_cut_into_its_items(pattern: str, items: list[str]) -> None:
    assert split_pattern(pattern) == items


@pytest.mark.parametrize("rule", default_patterns().rules, ids=lambda rule: rule.id)
def test_the_items_of_a_shipped_pattern_make_the_pattern(rule: Any) -> None:
    assert "".join(split_pattern(rule.pattern)).replace(" ", "") == rule.pattern.replace(" ", "")


@pytest.mark.parametrize(("pattern", "text", "outcome", "reason", "parts"), CASES["reasons"])
def test_explain_says_why(tmp_path: Path, pattern: str, text: str, outcome: str, reason: str, parts: list[str]) -> None:
    patterns = with_rules(tmp_path / "patterns", "counts", {**RULE, "pattern": pattern})
    in_context = f"Xã Tân Tiến, huyện Gia Lộc, tỉnh Hải Dương.\n{text}"
    traces = Explainer(patterns).explain(in_context, [RULE["id"]])
    (row,) = traces[-1].tried
    assert (row.outcome, row.reason.key) == (outcome, reason)
    for part in parts:
        assert part in row.reason.text("en")
        assert part in row.reason.text("vi") or outcome == "fact"


def test_a_rule_that_comes_too_late_names_the_one_before_it(tmp_path: Path) -> None:
    patterns = with_rules(tmp_path / "patterns", "counts", RULE, {**RULE, "id": "counts.pocket.two"})
    traces = Explainer(patterns).explain(ARTICLE, ["counts.pocket.two"])
    rows = [row for trace in traces for row in trace.tried if row.outcome == "silent"]
    assert [row.reason.values["rule"] for row in rows] == ["counts.pocket.one"] * 2
    assert rows[0].slots == {"criteria": "14/19"}
    assert rows[0].covered == "bỏ túi gọn 14/19"


_EXPLAINER: list[Explainer] = []


@given(st.text(alphabet="aảđ1/9,. \nXx<&", max_size=40))
@settings(max_examples=25, deadline=None)
def test_any_text_is_explained_at_its_own_offsets(text: str) -> None:
    if not _EXPLAINER:
        _EXPLAINER.append(Explainer(default_patterns()))
    for trace in _EXPLAINER[0].explain(text):
        assert text[trace.start : trace.end] == trace.text
        assert {row.rule for row in trace.tried} == {rule.id for rule in default_patterns().rules}
        assert all(0 <= row.reach <= 1 for row in trace.tried)


def test_the_page_shows_mentions_and_escapes_the_text() -> None:
    traces = Explainer(default_patterns()).explain("Huyện <b>Gia Lộc</b> có 5 xã cán đích nông thôn mới.")
    for lang in ("en", "vi"):
        page = to_html(traces, lang)  # type: ignore[arg-type]
        assert "<b>" not in page
        assert "&lt;" in page
        assert re.search(r"<mark[^>]*>5 xã<small>count:commune</small></mark>", page)
        assert not re.search(r"(?:src|href)\s*=", page)
    rows = list(iter_rows(traces, "vi"))
    assert all(len(row) == 6 for row in rows)
    assert len(list(iter_rows(traces, missing=True))) > len(rows)


# ------------------------------------------------------------------ from a missed sentence to a tested rule


def test_a_rule_is_drafted_filled_in_tried_and_its_impact_shown(folder: Path, reader: SentenceReader) -> None:
    draft = new(default_patterns_at(folder), "counts", SENTENCE, reader=reader)
    assert draft.id == "counts.bo-tui.1"
    assert draft.pattern == "bỏ túi gọn {criteria=number:fraction}"
    with pytest.raises(PatternError, match="counterexamples"):  # it does not load before one is written
        load_patterns(folder)
    filled = draft.path.read_text("utf-8").replace("counterexamples: []", 'counterexamples: ["Xã bỏ túi gọn tiền."]')
    draft.path.write_text(filled, encoding="utf-8")
    patterns = load_patterns(folder)
    tried = trial(patterns, draft.id)
    assert tried.faults == ()
    assert "14/19" in tried.examples[0][0]
    changes = impact([read_text(ARTICLE)], default_patterns(), patterns)
    gained = [change for change in changes if change.rule == draft.id]
    assert [change.sign for change in gained] == ["gained", "gained"]
    assert all("bỏ túi gọn" in change.quote for change in gained)
    assert [change.kind for change in gained] == ["criteria_counts"] * 2


def test_the_same_rules_change_nothing() -> None:
    assert impact([read_text(ARTICLE)], default_patterns(), default_patterns()) == []


def test_what_one_way_gains_the_other_way_loses(tmp_path: Path) -> None:
    patterns = with_rules(tmp_path / "patterns", "counts", RULE)
    there = impact([read_text(ARTICLE)], default_patterns(), patterns)
    back = impact([read_text(ARTICLE)], patterns, default_patterns())
    flip = {"gained": "lost", "lost": "gained"}
    assert there
    assert {(flip[one.sign], one.fact, one.quote) for one in there} == {(one.sign, one.fact, one.quote) for one in back}


def test_a_draft_may_stand_before_another_rule_and_bring_its_counterexample(
    folder: Path, reader: SentenceReader
) -> None:
    first = default_patterns().topic("counts")[0].id
    draft = new(
        default_patterns_at(folder),
        "counts",
        SENTENCE,
        counterexamples=['Xã bỏ túi gọn "tiền".'],
        name="pocket.one",
        before=first,
        reader=reader,
    )
    patterns = load_patterns(folder)
    assert [rule.id for rule in patterns.topic("counts")[:2]] == [draft.id, first] == ["counts.pocket.one", first]
    assert patterns.topic("counts")[0].counterexamples == ('Xã bỏ túi gọn "tiền".',)
    assert list(iter_faults(patterns.topic("counts")[0], patterns, reader)) == []


@pytest.mark.parametrize(("topic", "sentence"), [
    ("standards", "Huyện Gia Lộc quyết dựng cho kỳ được 4 xã kiểu mẫu trong năm 2023."),
    ("counts", "Tổng cộng toàn huyện lo xong 12 tiêu chí."),
    ("counts", "Còn lại, (theo báo cáo) 3/19 phần việc?"),
    ("counts", "Báo cáo nêu ⟦: (3/19) phần việc⟧."),
    ("standards", "Xã Tân Dân được công nhận, sau đó xã Tân Hội cũng được công nhận."),
    ("status", "Cái khó là tiêu chí giao thông và tiêu chí thu nhập."),
])  # fmt: skip
def test_a_draft_matches_the_sentence_it_comes_from(
    folder: Path, reader: SentenceReader, topic: str, sentence: str
) -> None:
    draft = new(default_patterns_at(folder), topic, sentence, counterexamples=["Trời mưa to."], reader=reader)
    patterns = load_patterns(folder)
    (rule,) = [rule for rule in patterns.rules if rule.id == draft.id]
    assert list(iter_faults(rule, patterns, reader)) == []


@pytest.mark.parametrize(("topic", "sentence", "options", "message"), [
    ("weather", SENTENCE, {}, "no such topic; choose among commitments, counts|no such topic; choose among counts"),
    ("counts", "⟦Xã", {}, "do not pair"),
    ("counts", "Trời mưa rất to.", {}, "no mention in it"),
    ("counts", "Xã Tân Dân được công nhận.", {}, "holds nothing that counts are about"),
    ("counts", SENTENCE, {"name": "Pocket"}, "is no name of a rule"),
    ("counts", SENTENCE, {"name": "reach.plain"}, "is the id of another rule"),
    ("counts", SENTENCE, {"before": "counts.no.rule"}, "no such rule in"),
])  # fmt: skip
def test_what_cannot_be_drafted_is_told_and_nothing_written(
    folder: Path, reader: SentenceReader, topic: str, sentence: str, options: dict[str, str], message: str
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.yml")}
    with pytest.raises(InputError, match=message):
        new(default_patterns_at(folder), topic, sentence, reader=reader, **options)  # type: ignore[arg-type]
    assert {path: path.read_bytes() for path in folder.rglob("*.yml")} == before


def test_trial_tells_faults_and_counterexamples_of_others(tmp_path: Path) -> None:
    rule = {**RULE, "counterexamples": ["Xã bỏ túi gọn 3 bài học."]}
    careless = {**RULE, "id": "counts.pocket.two", "pattern": "bỏ túi gọn {criteria=number}"}
    careless["examples"] = ["Xã ⟦bỏ túi⟧ gọn 14/19."]
    patterns = with_rules(tmp_path / "patterns", "counts", rule, careless)
    faults = trial(patterns, "counts.pocket.two").faults
    assert any("is matched instead of what is marked" in fault for fault in faults)
    assert any("a counterexample of counts.pocket.one" in fault for fault in faults)
    with pytest.raises(InputError, match="no such rule"):
        trial(patterns, "counts.no.rule")


def test_a_copy_does_not_overwrite(folder: Path) -> None:
    copied = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.yml")}
    assert copied == {
        path.relative_to(patterns_folder()): path.read_bytes() for path in patterns_folder().rglob("*.yml")
    }
    with pytest.raises(InputError, match="is there already"):
        copy_patterns(folder)


# ------------------------------------------------------------------ corpora


def test_a_sentence_that_no_rule_touched_is_found_and_gone_once_it_is(tmp_path: Path) -> None:
    articles = [read_text(ARTICLE)]

    def found(patterns: PatternSet) -> list[str]:
        return [text for row in coverage(articles, patterns) for _, text in row.sentences if "bỏ túi" in text]

    assert len(found(default_patterns())) == 2
    assert found(with_rules(tmp_path / "patterns", "counts", RULE)) == []


def test_coverage_ranks_what_bears_more_and_comes_more_often(tmp_path: Path) -> None:
    text = ARTICLE + "".join(f"Xã Hồng Hưng cũng bỏ túi gọn {at}/19 phần việc.\n" for at in range(3, 9))
    rows = coverage([read_text(text)], default_patterns())
    assert [row.rank for row in rows] == sorted((row.rank for row in rows), reverse=True)
    repeated = next(row for row in rows if "bỏ túi" in row.sentences[0][1] and len(row.sentences) >= 6)
    assert repeated.rank > repeated.weight
    assert "{number}" in repeated.shape


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    read = read_corpus([tmp_path])
    assert len(read.articles) == 1
    assert len(read.faults) == 1
    with pytest.raises(InputError, match="no article"):
        read_corpus([])


def test_patterns_come_from_a_folder_or_a_revision(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_patterns(folder).fingerprint
    with patterns_at(str(folder)) as patterns:
        assert patterns.fingerprint == before
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError), patterns_at("no-such-revision"):
        pass
    if shutil.which("git") is None:
        pytest.skip("git is not there")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for arguments in (["init", "-q"], ["add", "patterns"], ["commit", "-q", "-m", "Rules"]):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    rules = folder / "rules" / "counts.yml"
    rules.write_text(rules.read_text("utf-8") + yaml.safe_dump([RULE], allow_unicode=True), encoding="utf-8")
    with patterns_at("HEAD") as patterns:
        assert patterns.fingerprint == before != load_patterns(folder).fingerprint


# ------------------------------------------------------------------ commands


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The commands as they are mounted; gives status and output, faults as they are printed."""
    app, patterns_app = typer.Typer(), typer.Typer()
    app.add_typer(patterns_app, name="patterns")
    mount(app, patterns_app, lambda: "en")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str]:
        done = CliRunner().invoke(app, list(map(str, arguments)), standalone_mode=False)
        if isinstance(done.exception, NtmError):
            return done.exception.exit_status, str(done.exception)
        assert done.exception is None, done.exception
        return int(done.return_value or 0), done.output

    return run


def test_the_guide_works_word_for_word(call: Any, tmp_path: Path) -> None:
    guide = GUIDE.read_text("utf-8")
    (article,) = re.findall(r"```text bai\.txt\n(.*?)```", guide, re.DOTALL)
    (tmp_path / "bai.txt").write_text(article, encoding="utf-8")
    draft, mended = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    said: dict[str, str] = {}
    for line in re.findall(r"^\$ ntm-extract (.*)$", guide, re.MULTILINE):
        command = line.split()[1]
        if command == "test":  # where the guide tells to mend the draft by hand
            path = tmp_path / "luat" / "rules" / "standards.yml"
            assert path.read_text("utf-8").endswith(draft)
            (line_of_draft,) = re.findall(r"^  pattern: .*\n", draft, re.MULTILINE)
            path.write_text(path.read_text("utf-8").replace(line_of_draft, mended), encoding="utf-8")
        status, said[command] = call(*shlex.split(line))
        assert status == 0, (line, said[command])
    assert list(said) == ["copy", "coverage", "explain", "new", "test", "impact"]
    assert "vừa ghi thêm tên 3 xã" in said["coverage"]
    assert draft in said["new"]
    assert "✓ standards.ghi-ten.danh-sach" in said["test"]
    assert re.fullmatch(r"\+ achievements: 3 .*\n    bai\.txt: Danh sách xã .* 3 xã\.\n\+1 -0 / 1\n", said["impact"])
    page = (tmp_path / "giai-thich.html").read_text("utf-8")
    assert "standard:ntm_advanced" in page
    assert "count:commune" in page


def test_the_guide_names_what_there_is() -> None:
    guide, symbols = GUIDE.read_text("utf-8"), default_patterns().symbols
    for types, values in re.findall(r"^\| ((?:`[a-z]+`(?:, )?)+) \| [^|]*\| (.*) \|$", guide, re.MULTILINE):
        names = re.findall(r"`([a-z]+)`", types)
        known = {value for name in names for value in symbols[name]}
        assert set(re.findall(r"`([a-z0-9_]+)`", values)) <= known, names
    for file, slots in re.findall(r"^\| `rules/([a-z]+)\.yml` \|.*\| ([^|]*) \|$", guide, re.MULTILINE):
        assert tuple(re.findall(r"`([a-z]+)`", slots)) == SLOTS[file]
    assert set(re.findall(r"rules/([a-z]+)\.yml` \|", guide)) == {rule.topic for rule in default_patterns().rules}


def test_another_revision_or_folder_is_compared_on_demand(call: Any, tmp_path: Path) -> None:
    (tmp_path / "bai.txt").write_text(ARTICLE, encoding="utf-8")
    with_rules(tmp_path / "luat", "counts", RULE)
    status, output = call("patterns", "impact", "bai.txt", "--old", "luat", "--json")
    changes = [json.loads(line) for line in output.splitlines()]
    assert status == 0
    assert [(change["sign"], change["rule"]) for change in changes if change["rule"] == RULE["id"]] == [
        ("lost", RULE["id"])
    ] * 2


def test_a_rule_that_fails_its_test_ends_with_one(call: Any, tmp_path: Path) -> None:
    with_rules(tmp_path / "luat", "counts", {**RULE, "examples": ["Xã ⟦bỏ túi⟧ được 14/19."]})
    status, output = call("patterns", "test", RULE["id"], "--patterns", "luat")
    assert status == 1
    assert f"✗ rule {RULE['id']}" in output


def test_evaluate_measures_a_folder_of_gold(call: Any, tmp_path: Path) -> None:
    gold = tmp_path / "gold"
    gold.mkdir()
    for name in ("b03-hong-viet-xom", "n07-bong-da-cup-ntm"):
        for suffix in (".txt", ".yaml"):
            shutil.copy(ROOT / "corpora" / "gold" / f"{name}{suffix}", gold)
    status, output = call("evaluate", gold, "--json")
    assert status == 0
    assert yaml.safe_load(output)["articles"] == 2
    status, output = call("evaluate", gold, "--errors", "--html", "report.html")
    assert (status, "core macro F1" in output) == (0, True)
    assert "<h2>Errors</h2>" in (tmp_path / "report.html").read_text("utf-8")
    status, output = call("evaluate", tmp_path / "empty")
    assert (status, "holds no gold" in output) == (2, True)
