"""The demo corpus read from end to end, against what its authors wrote down in ``expected.yml``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ntm_extract.clean import read_file
from ntm_extract.facts import Extractor
from ntm_extract.model import Article, Record
from ntm_extract.monitor import Verdict, audit, lineage, requests, silences, verdicts
from tests.conftest import ROOT, CommandLine

DEMO = ROOT / "corpora" / "demo"
EXPECTED: Mapping[str, Any] = yaml.safe_load((DEMO / "expected.yml").read_text("utf-8"))
AS_OF: dt.date = EXPECTED["as_of"]
FILES: Mapping[str, Mapping[str, Any]] = EXPECTED["files"]
PROMISES = [
    pytest.param(
        promise,
        id=f"{chain['id']}-{number}",
        marks=[pytest.mark.xfail(strict=True, reason=promise["open"])] if "open" in promise else [],
    )
    for chain in EXPECTED["chains"]
    for number, promise in enumerate(chain["promises"], 1)
]
# What stands on every page around its article.
FURNITURE = (
    *("Đăng nhập", "Lượt xem", "Trang chủ", "View count", "Bình luận", "Bản quyền"),
    *("Tin liên quan", "Các tin khác", "Các tin cũ hơn"),
)

Corpus = Mapping[str, tuple[Article, Record]]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """File name -> article and record."""
    extractor = Extractor()
    articles = {name: read_file(DEMO / name) for name in sorted(FILES)}
    return {name: (article, extractor.extract(article)) for name, article in articles.items()}


@pytest.fixture(scope="module")
def records(corpus: Corpus) -> list[Record]:
    return [record for _, record in corpus.values()]


@pytest.fixture(scope="module")
def names(corpus: Corpus) -> Mapping[str, str]:
    """Article id -> file name."""
    return {article.id: name for name, (article, _) in corpus.items()}


@pytest.fixture(scope="module")
def found(records: list[Record]) -> list[Verdict]:
    return verdicts(records, AS_OF, moved=True)


# ------------------------------------------------------------------ the corpus itself


def test_every_article_is_described_and_belongs_to_a_chain() -> None:
    on_disk = {path.name for path in DEMO.iterdir() if path.suffix in (".txt", ".html", ".md")}
    assert on_disk == set(FILES)
    assert {name for chain in EXPECTED["chains"] for name in chain["files"]} == set(FILES)


def test_the_corpus_is_as_wide_as_it_is_meant_to_be() -> None:
    districts = {row["district"] for row in FILES.values()} - {None}
    late = [name for name, row in FILES.items() if row["published"] >= dt.date(2025, 7, 1)]
    words = {promise["verdict"] for chain in EXPECTED["chains"] for promise in chain["promises"]}
    assert len(FILES) >= 30
    assert len(districts) >= 6
    assert len(late) >= 3
    assert words == {"kept", "kept_late", "in_progress", "re-dated", "not_met", "lapsed_no_evidence", "open"}
    assert {row["encoding"] for row in FILES.values()} >= {"utf-8", "tcvn3", "vni"}


def test_one_file_is_in_decomposed_unicode() -> None:
    marks = [name for name in FILES if "e\u0323\u0302".encode() in (DEMO / name).read_bytes()]
    assert marks == ["yen-thanh-2022-02-18-cong-nhan.txt"]


# ------------------------------------------------------------------ pages -> articles -> facts


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_article_is_found_on_its_page(corpus: Corpus, name: str) -> None:
    article, _ = corpus[name]
    row = FILES[name]
    assert (article.title, article.published, article.encoding) == (row["title"], row["published"], row["encoding"])
    assert [word for word in FURNITURE if word in article.text] == []


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_article_yields_facts_about_its_place(corpus: Corpus, name: str) -> None:
    _, record = corpus[name]
    home = record.home
    assert record.facts()
    assert (home.district.name if home.district else None) == FILES[name]["district"]
    assert (home.province.name if home.province else None) == FILES[name]["province"]
    for _, fact in record.facts():
        assert record.text[fact.evidence.start : fact.evidence.end] == fact.evidence.text


def test_communes_are_known_as_they_were_on_the_day(corpus: Corpus) -> None:
    """Real units, under names that were in force: each has a code, but for those known to be open."""
    unknown = {
        (name, mention.text)
        for name, (_, record) in corpus.items()
        for mention in record.units
        if mention.unit.level == "commune" and mention.unit.code is None
    }
    assert unknown == {(name, text) for name, text in EXPECTED["open_units"]}


@pytest.mark.slow
def test_run_takes_the_folder_without_complaint(command_line: CommandLine) -> None:
    done = command_line("run", DEMO, "--out", "out", "--formats", "none")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{len(FILES)} new" in done.stdout


# ------------------------------------------------------------------ chains -> verdicts


def _is_of(verdict: Verdict, promise: Mapping[str, Any]) -> bool:
    """Whether a verdict is of that promise: same unit or number, standard and deadline."""
    if (verdict.standard, verdict.promised.by) != (promise["standard"], promise["by"]):
        return False
    unit = verdict.unit
    if "count" in promise:
        count = verdict.subject.count
        return (
            unit is None
            and verdict.subject.level == promise["level"]
            and count is not None
            and (promise["count"] in (count.min, count.max))
        )
    return (
        unit is not None
        and unit.name == promise["unit"]
        and unit.kind == promise.get("kind", unit.kind)
        and unit.district == promise["district"]
    )


def _said(verdict: Verdict, field: str) -> object:
    """A verdict's field as ``expected.yml`` writes it."""
    if field == "on":
        return verdict.promised.on
    if field == "today":
        return sorted(unit.name for unit in verdict.today)
    if field == "progress":
        return [verdict.progress.achieved, verdict.progress.total] if verdict.progress else None
    if field == "land":
        return "heir" if any(why.rule.startswith("land.heir") for why in verdict.why) else None
    return getattr(verdict, field)


FIELDS = (
    *("verdict", "on", "year_of_standard", "recognised_on", "lag_days"),
    *("redated_to", "admitted", "progress", "land", "today"),
)


def _hold(verdict: Verdict, promise: Mapping[str, Any]) -> None:
    wanted = {field: promise[field] for field in FIELDS if field in promise}
    if "today" in wanted:
        wanted["today"] = sorted(wanted["today"])
    assert {field: _said(verdict, field) for field in wanted} == wanted


@pytest.mark.parametrize("promise", PROMISES)
def test_what_became_of_the_promise(found: list[Verdict], promise: Mapping[str, Any]) -> None:
    of_it = [verdict for verdict in found if _is_of(verdict, promise)]
    if promise.get("optional") and not of_it:
        return
    assert len(of_it) == 1
    _hold(of_it[0], promise)


@pytest.mark.parametrize(
    "promise", [pytest.param(row, id=chain["id"]) for chain in EXPECTED["chains"] for row in chain.get("before", ())]
)
def test_a_verdict_may_go_back(records: list[Record], promise: Mapping[str, Any]) -> None:
    of_it = [verdict for verdict in verdicts(records, promise["as_of"], moved=True) if _is_of(verdict, promise)]
    assert len(of_it) == 1
    _hold(of_it[0], promise)


def test_nothing_is_taken_for_a_promise_that_is_none(found: list[Verdict], names: Mapping[str, str]) -> None:
    known = [promise for chain in EXPECTED["chains"] for promise in chain["promises"]]
    surplus = [
        (names[verdict.promised.article], verdict.standard, verdict.promised.by, verdict.why[-1].evidence.text[:90])
        for verdict in found
        if not any(_is_of(verdict, promise) for promise in known)
    ]
    assert surplus == []


def test_every_verdict_leads_to_its_words(found: list[Verdict], records: list[Record]) -> None:
    texts = {record.id: record.text for record in records}
    for verdict in found:
        assert verdict.why
        for why in verdict.why:
            assert texts[why.article][why.evidence.start : why.evidence.end] == why.evidence.text


# ------------------------------------------------------------------ reprints, silences, requests, sums


def test_reprints_lead_to_their_original(records: list[Record], names: Mapping[str, str]) -> None:
    originals = lineage(records, AS_OF).originals
    assert {names[copy]: names[original] for copy, original in originals.items()} == EXPECTED["reprints"]


def test_silences(records: list[Record]) -> None:
    silent = [row.verdict for row in silences(records, AS_OF)]
    for promise in (promise for chain in EXPECTED["chains"] for promise in chain["promises"]):
        if promise.get("silent"):
            assert any(_is_of(verdict, promise) for verdict in silent), promise["unit"]


@pytest.mark.parametrize("row", EXPECTED["requests"], ids=lambda row: row["asks"])
def test_requests_and_whether_an_article_answers(
    records: list[Record], names: Mapping[str, str], row: Mapping[str, Any]
) -> None:
    asked = [
        request
        for request in requests(records, as_of=AS_OF)
        if names[request.quote.article] == row["file"] and row["asks"] in request.action
    ]
    assert len(asked) == 1
    assert row["actor"] in (asked[0].actor or "")
    later = {names[answer.quote.article] for answer in asked[0].answers} - {row["file"]}
    assert later == ({row["answered_in"]} if row["answered_in"] else set())


@pytest.mark.parametrize("row", EXPECTED["audit"], ids=lambda row: row["why"])
def test_what_does_not_add_up_is_shown(records: list[Record], names: Mapping[str, str], row: Mapping[str, Any]) -> None:
    text = next(record.text for record in records if names[record.id] == row["file"])
    start = text.index(row["quote"])
    end = start + len(row["quote"])
    assert [
        check
        for check in audit(records, as_of=AS_OF)
        for quote in check.quotes
        if names[quote.article] == row["file"] and quote.evidence.start < end and start < quote.evidence.end
    ]


def test_nothing_else_is_found_not_to_add_up(records: list[Record], names: Mapping[str, str]) -> None:
    meant = {row["file"] for row in EXPECTED["audit"]}
    within = [check for check in audit(records, as_of=AS_OF) if len(check.quotes) == 1]
    assert [check.message for check in within if names[check.quotes[0].article] not in meant] == []


def test_paths_of_the_demo_are_plain() -> None:
    """Names that every system can hold: a slug and the day."""
    assert [name for name in FILES if not Path(name).stem.replace("-", "").isalnum() or not name.isascii()] == []


def test_the_description_names_every_chain_file_and_verdict() -> None:
    """``corpora/README.md`` for people says what ``expected.yml`` says for tests."""
    sections = (ROOT / "corpora" / "README.md").read_text("utf-8").split("\n## ")
    by_id = {section.split("\n", 1)[0]: section for section in sections}
    for chain in EXPECTED["chains"]:
        section = by_id[chain["id"]]
        assert [name for name in chain["files"] if f"`{name}`" not in section] == []
        for promise in chain["promises"]:
            of_it = f"{promise['kind']} {promise['unit']}:" if "unit" in promise else f"| {promise['count']} "
            rows = [row for row in section.splitlines() if of_it in row and f"| {promise['by']} |" in row]
            assert [row for row in rows if f"| {promise['verdict']} |" in row], promise
