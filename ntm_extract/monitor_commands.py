"""Commands that ask a dataset: promises against outcomes, one thread, what is new; and a reviewer's queue.

``mount`` adds them to the command line: parse, call, write. What a command needs beyond Typer is imported inside it:
that keeps ``--help`` fast, and is the one reason for it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ntm_extract.errors import NtmError
from ntm_extract.terminal import (
    DAY_FORMATS,
    AsOfOption,
    DatasetArgument,
    LangOption,
    OutOption,
    View,
    ViewOption,
    complain,
    console,
    day_of,
    messages,
    output,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ntm_extract.dataset import Dataset
    from ntm_extract.model import Record
    from ntm_extract.monitor_views import Articles
    from ntm_extract.review import Doubt

# Above so many articles a comparison is made from the tables, without judging each promise.
_JUDGED = 5_000


class Group(StrEnum):
    """How units are grouped."""

    district = "district"
    province = "province"
    unit = "unit"
    today = "today"
    today_province = "today_province"


class CountedLevel(StrEnum):
    """Level of the units that are counted."""

    commune = "commune"
    district = "district"
    village = "village"


class StandardName(StrEnum):
    """A standard, as the data name it."""

    ntm = "ntm"
    ntm_advanced = "ntm_advanced"
    ntm_model = "ntm_model"
    civilized_urban = "civilized_urban"
    ocop_3 = "ocop_3"
    ocop_4 = "ocop_4"
    ocop_5 = "ocop_5"


class Kind(StrEnum):
    """A kind of fact."""

    criteria_counts = "criteria_counts"
    criteria_status = "criteria_status"
    targets = "targets"
    achievements = "achievements"
    commitments = "commitments"
    results = "results"


class VerdictView(StrEnum):
    """What ``verdicts`` writes: ``jsonl`` is one verdict a line."""

    table = "table"
    csv = "csv"
    json = "json"
    jsonl = "jsonl"


By = Annotated[
    Group,
    typer.Option(
        "--by", help="Group units by the unit, district or province of then, or by the unit or province of today."
    ),
]
Level = Annotated[CountedLevel, typer.Option("--level", help="Level of the units that are counted.")]
Standards = Annotated[
    list[StandardName] | None, typer.Option("--standard", help="Only this standard; may be repeated.")
]
Years = Annotated[list[int] | None, typer.Option("--year", help="Only this year; may be repeated.")]
UpTo = Annotated[
    dt.datetime | None,
    typer.Option(
        "--as-of", metavar="DAY", formats=DAY_FORMATS, help="As known on this day; else all.", show_default=False
    ),
]
Within = Annotated[
    str | None, typer.Option("--within", help="District or province, to tell like names apart.", show_default=False)
]
Below = Annotated[float, typer.Option("--below", min=0, max=1, help="Confidence under which a fact is looked at.")]
OfKind = Annotated[Kind | None, typer.Option("--kind", help="Only this kind of fact.", show_default=False)]


def mount(app: typer.Typer, review_app: typer.Typer, epilog: str) -> None:
    """Add the commands that ask a dataset to ``app``, and those for reviewers to ``review_app``."""
    for command in (compare, counts, track, verdicts, silences, requests, audit, diff):
        app.command(epilog=epilog)(command)
    review_app.command("next", epilog=epilog)(review_next)
    review_app.command("list", epilog=epilog)(review_list)


# ------------------------------------------------------------------ what they have in common


def _load(path: Path) -> tuple[list[Record], Articles]:
    """A dataset's records as reviewers left them, and what to say of their articles."""
    from ntm_extract.dataset import Dataset
    from ntm_extract.monitor import records_of
    from ntm_extract.monitor_views import articles_of

    with Dataset.open(path, read_only=True) as dataset:
        return list(records_of(dataset)), articles_of(dataset)


def _write(
    kind: type[BaseModel], rows: Sequence[BaseModel], to: View, out: Path | None, articles: Articles, **title: object
) -> int:
    from ntm_extract.monitor_views import write_answer

    with output(out) as stream:
        write_answer(kind, rows, to.value, stream, articles, messages(), console, **title)
    return 0


# ------------------------------------------------------------------ questions


def compare(
    dataset: DatasetArgument,
    by: By = Group.district,
    level: Level = CountedLevel.commune,
    standard: Standards = None,
    year: Years = None,
    as_of: AsOfOption = None,
    judge: Annotated[
        bool | None,
        typer.Option(
            "--judge/--no-judge",
            help=f"Judge each promise; else only where there are not more than {_JUDGED:,} articles.",
            show_default=False,
        ),
    ] = None,
    to: ViewOption = View.table,
    out: OutOption = None,
    lang: LangOption = None,
) -> int:
    """Promised against reached and recognised, by group of units, standard and year."""
    from ntm_extract.dataset import Dataset
    from ntm_extract.monitor import ComparisonRow, compare, records_of
    from ntm_extract.monitor.sql import compare_dataset
    from ntm_extract.monitor_views import articles_of

    day = day_of(as_of) or dt.date.today()
    standards = [one.value for one in standard or ()]
    asked: dict[str, Any] = {"level": level.value, "standards": standards, "years": year or (), "as_of": day}
    with Dataset.open(dataset, read_only=True) as opened:
        if judge is None:
            ((number,),) = opened.query("SELECT count(*) FROM articles")
            judge = number <= _JUDGED
            if not judge:
                complain(messages()("not_judged", count=number))
        rows = compare(records_of(opened), by.value, **asked) if judge else compare_dataset(opened, by.value, **asked)
        articles = articles_of(opened, (quote.article for row in rows for quote in row.quotes))
    return _write(ComparisonRow, rows, to, out, articles, day=day)


def counts(
    dataset: DatasetArgument,
    by: By = Group.district,
    level: Level = CountedLevel.commune,
    standard: Standards = None,
    as_of: UpTo = None,
    shares: Annotated[
        bool, typer.Option("--shares", help="Also as shares of the set, which may be set side by side.")
    ] = False,
    to: ViewOption = View.table,
    out: OutOption = None,
    lang: LangOption = None,
) -> int:
    """Criteria reached, by group of units, standard, year and set of criteria; unlike sets never enter one mean."""
    from ntm_extract.monitor import CountRow, counts

    records, articles = _load(dataset)
    standards: Any = [one.value for one in standard or ()]
    rows = counts(records, by.value, level=level.value, standards=standards, as_of=day_of(as_of), shares=shares)
    return _write(CountRow, rows, to, out, articles)


def track(
    dataset: DatasetArgument,
    who: Annotated[str, typer.Argument(metavar="NAME", help="Name or code of a unit, or a person or organ.")],
    within: Within = None,
    as_of: UpTo = None,
    to: ViewOption = View.table,
    out: OutOption = None,
    lang: LangOption = None,
) -> int:
    """The thread of one unit, person or organ: what was promised, said, done and decided, oldest first."""
    from ntm_extract.monitor import TrackRow, track

    records, articles = _load(dataset)
    rows = track(records, who, as_of=day_of(as_of), within=within)
    if not rows:
        mend = "check the spelling; the kind (xã, huyện …) may be left out"
        raise NtmError("no article speaks of it", where=who, mend=mend)
    return _write(TrackRow, rows, to, out, articles, name=who)


def verdicts(
    dataset: DatasetArgument,
    as_of: AsOfOption = None,
    to: Annotated[VerdictView, typer.Option(help="Verdicts as a table, CSV, JSON, or JSON lines.")] = VerdictView.table,
    moved: Annotated[
        bool, typer.Option("--moved", help="Also the promises that move an earlier one's day, each by itself.")
    ] = False,
    out: OutOption = None,
    lang: LangOption = None,
) -> int:
    """What became of each promise by a day, with the reasons."""
    from ntm_extract.monitor import Verdict, verdicts

    day = day_of(as_of) or dt.date.today()
    records, articles = _load(dataset)
    found = verdicts(records, day, moved=moved)
    if to is not VerdictView.jsonl:
        return _write(Verdict, found, View(to.value), out, articles, day=day)
    with output(out) as stream:
        stream.writelines(verdict.model_dump_json() + "\n" for verdict in found)
    return 0


def silences(
    dataset: DatasetArgument,
    as_of: AsOfOption = None,
    to: ViewOption = View.table,
    out: OutOption = None,
    lang: LangOption = None,
) -> int:
    """Promises past their day that nobody mentions again, the longest silence first."""
    from ntm_extract.monitor import SilenceRow, silences

    day = day_of(as_of) or dt.date.today()
    records, articles = _load(dataset)
    return _write(SilenceRow, silences(records, day), to, out, articles, day=day)


def requests(
    dataset: DatasetArgument,
    within: Within = None,
    as_of: UpTo = None,
    to: ViewOption = View.table,
    out: OutOption = None,
    lang: LangOption = None,
) -> int:
    """What was asked from below, and what later directives, plans and pledges may answer."""
    from ntm_extract.monitor import RequestRow, requests

    records, articles = _load(dataset)
    return _write(RequestRow, requests(records, as_of=day_of(as_of), within=within), to, out, articles)


def audit(
    dataset: DatasetArgument,
    as_of: UpTo = None,
    to: ViewOption = View.table,
    out: OutOption = None,
    lang: LangOption = None,
) -> int:
    """What does not add up, within articles and between them."""
    from ntm_extract.monitor import AuditRow, audit

    records, articles = _load(dataset)
    return _write(AuditRow, audit(records, as_of=day_of(as_of)), to, out, articles)


def diff(
    dataset: DatasetArgument,
    since: Annotated[dt.datetime, typer.Option(metavar="DAY", formats=DAY_FORMATS, help="What came after this day.")],
    until: Annotated[
        dt.datetime | None,
        typer.Option(metavar="DAY", formats=DAY_FORMATS, help="Up to this day; else all.", show_default=False),
    ] = None,
    feed: Annotated[
        Path | None, typer.Option("--atom", help="Write it as an Atom feed, too.", show_default=False)
    ] = None,
    to: ViewOption = View.table,
    out: OutOption = None,
    lang: LangOption = None,
) -> int:
    """What is new since a day: articles that came, and promises of which more is known."""
    from ntm_extract.monitor import NewsRow, atom, diff

    first = since.date()
    records, articles = _load(dataset)
    rows = diff(records, first, until=day_of(until))
    if feed is not None:
        with output(feed) as stream:
            stream.write(atom(rows, title=messages()("diff_title", day=first)))
    return _write(NewsRow, rows, to, out, articles, day=first)


# ------------------------------------------------------------------ reviewing


def _queue(opened: Dataset, below: float, kind: Kind | None) -> list[Doubt]:
    """The queue, audits between articles taken in."""
    from ntm_extract.monitor import audit, reviewed
    from ntm_extract.review import queue

    stretches = (
        (quote.article, quote.evidence.start, quote.evidence.end)
        for row in audit(reviewed(opened.iter_records(), opened.decisions()))
        for quote in row.quotes
    )
    return queue(opened, below=below, conflicts=stretches, kind=kind.value if kind else None)


def review_list(
    dataset: DatasetArgument,
    below: Below = 0.7,
    kind: OfKind = None,
    to: ViewOption = View.table,
    out: OutOption = None,
    lang: LangOption = None,
) -> int:
    """Facts in doubt that nobody has decided on, the least sure first."""
    from ntm_extract.dataset import Dataset
    from ntm_extract.monitor_views import articles_of, write_doubts

    with Dataset.open(dataset, read_only=True) as opened, output(out) as stream:
        rows = _queue(opened, below, kind)
        write_doubts(rows, opened, to.value, stream, articles_of(opened), messages(), console)
    return 0


def review_next(
    dataset: DatasetArgument,
    who: Annotated[
        str | None, typer.Option("--who", help="Who decides; else who is logged in.", show_default=False)
    ] = None,
    below: Below = 0.7,
    kind: OfKind = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Facts to look at.", show_default=False)] = None,
    lang: LangOption = None,
) -> int:
    """Show fact by fact with its sentence, and take what you decide: accept, correct, reject, skip, quit."""
    from ntm_extract.dataset import Dataset

    reviewer = (who or os.environ.get("USER") or os.environ.get("USERNAME") or "").strip()
    if not reviewer:
        raise NtmError("nobody is named as reviewer", where="--who", mend="say who you are")
    say = messages()
    with Dataset.open(dataset) as opened:
        doubts = _queue(opened, below, kind)[:limit]
        if not doubts:
            print(say("review_empty"))
        decided = 0
        for number, doubt in enumerate(doubts, 1):
            answer = _ask(opened, doubt, f"{number}/{len(doubts)}", reviewer)
            if answer == "quit":
                break
            decided += answer == "decided"
        if doubts:
            print(say("review_done", count=decided))
    return 0


def _ask(opened: Dataset, doubt: Doubt, number: str, who: str) -> str:
    """Show one fact and take the decision: 'decided', 'skipped' or 'quit'."""
    from ntm_extract.monitor_views import doubt_lines
    from ntm_extract.review import fact_of

    record = opened.article(doubt.article)
    assert record is not None
    say, fact = messages(), fact_of(record, doubt)
    screen = console()
    for line in doubt_lines(doubt, record, say, number):
        screen.print(line)
    while True:
        try:
            letter, _, note = input(say("review_ask") + " ").strip().partition(" ")
        except EOFError:
            return "quit"
        if letter in ("s", "q"):
            return "skipped" if letter == "s" else "quit"
        try:
            if letter in ("a", "r"):
                opened.decide(doubt.fact, "accept" if letter == "a" else "reject", who=who, note=note or None)
                return "decided"
            if letter == "c" and (correction := _correction(fact)):
                opened.decide(doubt.fact, "correct", correction=correction, who=who, note=note or None)
                return "decided"
        except NtmError as error:
            complain(say.error(error))


def _correction(fact: Any) -> Any:
    """What the reviewer types, a line a field; nothing at all changes nothing."""
    from ntm_extract.review import fields_of, parse_correction

    for name, value in fields_of(fact).items():
        print(f"    {name} = {json.dumps(value, ensure_ascii=False)}")
    print(messages()("review_fields"))
    lines = []
    while True:
        try:
            line = input("    ").strip()
        except EOFError:
            break
        if not line:
            break
        lines.append(line)
    return parse_correction(fact, lines)
