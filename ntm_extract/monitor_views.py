"""Answers of monitoring for reading: tables for a terminal, CSV for spreadsheets, JSON for programs.

``write_answer`` writes rows of any kind that ``ntm_extract.monitor`` gives. Every row leads to the words it rests on:
tables show them with where they stand, CSV has the first quotation's place and all of them as text.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TextIO

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ntm_extract.dataset import Dataset
from ntm_extract.messages import Messages
from ntm_extract.model import Record
from ntm_extract.monitor import (
    AuditRow,
    ComparisonRow,
    CountRow,
    NewsRow,
    Quote,
    RequestRow,
    SilenceRow,
    TrackRow,
    Verdict,
)
from ntm_extract.monitor.frames import columns_of, flat
from ntm_extract.render import FactRow, add_row, describe, plain_table, subject_words, unit_places, unit_words
from ntm_extract.review import Doubt, context_of, fact_of
from ntm_extract.writing import safe_cell

_WIDE = ("what", "message", "answers", "asked_for")  # headings over more than a few words
_CITED = 2  # quotations that a row of numbers leads to in a table; CSV and JSON have more


@dataclass(frozen=True, slots=True)
class Cited:
    """What is said of an article beside a quotation: headline, posting day, address or file."""

    title: str | None
    published: str | None
    where: str


Articles = Mapping[str, Cited]


def articles_of(dataset: Dataset, only: Iterable[str] | None = None) -> Articles:
    """What to say of each article of a dataset, by its id and by those under which reprints of it came; of ``only``
    these, where they are named."""
    named, asked = "", {}
    if only is not None:
        named, asked = "WHERE {} IN (SELECT value FROM json_each(:only))", {"only": json.dumps(sorted(set(only)))}
    rows = dataset.rows(
        f"SELECT record_id, title, published, COALESCE(url, source) FROM article_sources {named.format('record_id')}"
        f" UNION ALL SELECT id, title, published, COALESCE(url, source) FROM articles {named.format('id')}",
        asked,
    )
    return {id: Cited(title, published, where) for id, title, published, where in rows}


# ------------------------------------------------------------------ a kind of row


@dataclass(frozen=True, slots=True)
class _Words:
    """Puts rows into words; what is cited is numbered in ``notes``, in the order of its citing.

    A note is an article, or one quotation of it where a table has no room for words.
    """

    say: Messages
    articles: Articles
    notes: dict[tuple[str, str], int] = field(default_factory=dict)

    def standard(self, standard: str | None) -> str:
        return self.say.name("standard", standard) if standard else ""

    def number(self, value: float | None) -> str:
        return self.say.number(value)

    def percent(self, share: float | None) -> str:
        return f"{self.say.number(round(100 * share))}%" if share is not None else ""

    def promise(self, verdict: Verdict) -> str:
        return unit_places(verdict.unit) if verdict.unit else subject_words(verdict.subject, self.say)

    def quoted(self, quotes: Sequence[Quote], most: int = 1) -> str:
        """Quotations with the number of their article; how many more there are, and where."""
        lines = [f"{_text(quote)} {self.note(quote.article)}" for quote in quotes[:most]]
        if rest := quotes[most:]:
            notes = " ".join(dict.fromkeys(self.note(quote.article) for quote in rest))
            lines.append(self.say("more_quotes", count=len(rest), notes=notes))
        return "\n".join(lines)

    def cited(self, quotes: Sequence[Quote]) -> str:
        """The numbers of some quotations, and how many more there are."""
        notes = dict.fromkeys(self.note(quote.article, _text(quote)) for quote in quotes[:_CITED])
        return " ".join(notes) + (f" +{len(quotes) - _CITED}" if len(quotes) > _CITED else "")

    def note(self, article: str, text: str = "") -> str:
        return f"[{self.notes.setdefault((article, text), len(self.notes) + 1)}]"

    def footnotes(self) -> Iterator[str]:
        """A line for each note: number, quotation or headline, posting day, where it can be read."""
        for (id, text), number in self.notes.items():
            article = self.articles.get(id, Cited(None, None, id))
            day = self.say.day(dt.date.fromisoformat(article.published)) if article.published else None
            said = (text, day, article.where) if text else (day, article.title, article.where)
            yield f"[{number}] " + " · ".join(part for part in said if part)


def _text(quote: Quote) -> str:
    return " ".join(quote.evidence.text.split())


@dataclass(frozen=True, slots=True)
class _View:
    """How one kind of row is shown: the key of the title, keys of the headings, a row's cells, its quotations."""

    title: str
    columns: tuple[str, ...]
    cells: Callable[[Any, _Words], Sequence[str]]
    quotes: Callable[[Any], Sequence[Quote]]
    right: tuple[str, ...] = ()  # headings of columns of numbers
    dense: bool = False  # a line a row: numbers, with quotations below the table


def _one(quote: Quote | None) -> tuple[Quote, ...]:
    return (quote,) if quote else ()


def _because(verdict: Verdict) -> tuple[Quote, ...]:
    """Quotations of a verdict, the deciding one first, none twice."""
    quotes = {(why.article, why.evidence.start, why.evidence.end): why for why in verdict.why}
    return tuple(Quote(article=why.article, evidence=why.evidence) for why in quotes.values())


def _comparison(row: ComparisonRow, words: _Words) -> list[str]:
    say = words.say
    outcomes = (
        ("kept", row.kept),
        ("kept_late", row.kept_late),
        ("re-dated", row.redated),
        ("not_met", row.not_met),
        ("lapsed_no_evidence", row.no_evidence),
    )
    remarks = [
        say("set_changed") if row.broken else "",
        say("in_parts", count=row.parts) if row.parts else "",
        say("without_year", count=row.undated) if row.undated else "",
    ]
    return [
        unit_places(row.group),
        words.standard(row.standard),
        str(row.year),
        words.number(row.promised),
        words.number(row.reached),
        words.number(row.recognised),
        f"{words.number(row.holding)}/{words.number(row.units)}" if row.units else words.number(row.holding),
        ", ".join(f"{number} {say.name('verdict', name)}" for name, number in outcomes if number),
        words.number(row.lag_days),
        "; ".join(part for part in (words.cited(row.quotes), *remarks) if part),
    ]


def _count(row: CountRow, words: _Words) -> list[str]:
    mean = f"{words.number(round(row.mean, 2))}" + (f"/{words.number(row.total)}" if row.total else "")
    measured = row.criteria_set or words.say("set_unknown")
    return [
        unit_places(row.group),
        words.standard(row.standard),
        str(row.year or ""),
        measured + ("" if row.certain or row.criteria_set is None else " (?)"),
        words.say.name("metric", row.metric),
        words.number(row.units),
        mean,
        words.percent(row.share),
        "; ".join(part for part in (words.cited(row.quotes), words.say("set_changed") if row.broken else "") if part),
    ]


def _step(row: TrackRow, words: _Words) -> list[str]:
    say = words.say
    bearing = say.name("bearing", row.bearing) if row.bearing not in (None, "same") else ""
    unit = unit_words(row.unit) if row.unit else ""
    # What an event tells is put together of parts that have a wording each; what people say stays as it is.
    detail = ", ".join(map(say.wording, row.detail.split(", "))) if row.bearing else row.detail
    return [
        say.day(row.day),
        say.name("event", row.what),
        f"{unit} ({bearing})" if bearing else unit,
        words.standard(row.standard),
        detail,
        say.name("grade", row.grade) if row.grade else "",
        words.quoted((row.quote,)),
    ]


def _verdict(verdict: Verdict, words: _Words) -> list[str]:
    say, promised = words.say, verdict.promised
    word = say.name("verdict", verdict.verdict)
    if verdict.redated_to:
        word += f" → {say.day(verdict.redated_to)}" + (f" ({say('admitted')})" if verdict.admitted else "")
    if verdict.progress and verdict.verdict != "kept":
        total = f"/{say.number(verdict.progress.total)}" if verdict.progress.total else ""
        word += f" · {say.number(verdict.progress.achieved)}{total}"
    return [
        words.promise(verdict),
        words.standard(verdict.standard),
        say.day(promised.on),
        say.day(promised.by),
        word,
        say.day(verdict.recognised_on),
        "" if verdict.lag_days is None else str(verdict.lag_days),
        words.quoted(_because(verdict)),
    ]


def _silence(row: SilenceRow, words: _Words) -> list[str]:
    say, promised = words.say, row.verdict.promised
    return [
        words.promise(row.verdict),
        words.standard(row.verdict.standard),
        say.day(promised.on),
        say.day(promised.by),
        words.number(row.days),
        say.day(row.last),
        words.quoted(_of_silence(row), most=2),
    ]


def _of_silence(row: SilenceRow) -> tuple[Quote, ...]:
    """The promise, and the last word on it where that is another."""
    quotes = _because(row.verdict)
    promise = [quote for quote in quotes if quote.article == row.verdict.promised.article][-1:] or quotes[-1:]
    return (*promise, *(quote for quote in _one(row.quote) if not any(_overlap(quote, other) for other in promise)))


def _overlap(one: Quote, other: Quote) -> bool:
    return one.article == other.article and (
        one.evidence.start < other.evidence.end and other.evidence.start < one.evidence.end
    )


def _request(row: RequestRow, words: _Words) -> list[str]:
    say = words.say
    answers = [
        f"{say.name('act', answer.act)} {say.day(answer.day)} ({words.percent(answer.likeness)}): "
        f"{words.quoted((answer.quote,))}"
        for answer in row.answers
    ]
    return [
        say.day(row.day),
        ", ".join(part for part in (row.district, row.province) if part),
        " → ".join(part for part in (row.actor, row.addressee) if part),
        row.action,
        "\n".join(answers) or say("no_answer"),
        words.quoted((row.quote,)),
    ]


def _finding(row: AuditRow, words: _Words) -> list[str]:
    return [
        words.say.name("finding", row.kind),
        unit_places(row.unit) if row.unit else "",
        words.standard(row.standard),
        words.say.wording(row.message),
        words.quoted(row.quotes, most=2),
    ]


# Of a changed verdict the title tells whose promise it is: 'who: standard by day: verdict'.
_HEADLINE = re.compile(r"(?P<who>.+): (?P<standard>\w+) by (?P<by>[\d-]+|no day): [\w-]+")


def _news(row: NewsRow, words: _Words) -> list[str]:
    say, title, change = words.say, row.title, ""
    if row.what == "verdict":
        if found := _HEADLINE.fullmatch(title):
            by = say.day(dt.date.fromisoformat(found["by"])) if found["by"][0].isdigit() else ""
            title = f"{found['who']}: {words.standard(found['standard'])} {say('by_day', day=by) if by else ''}"
        change = " → ".join(say.name("verdict", word) for word in (row.before, row.after) if word)
    else:
        title = say.wording(title)
    return [
        say.day(row.day),
        say("news_verdict") if row.what == "verdict" else say("news_article"),
        title.strip(),
        change,
        words.quoted(_one(row.quote)) or words.note(row.id),
    ]


_VIEWS: Mapping[type[BaseModel], _View] = {
    ComparisonRow: _View(
        "compare_title",
        (
            *("group", "standard", "year", "promises", "reached", "recognised", "holding", "became", "lag_days"),
            "notes",
        ),
        _comparison,
        lambda row: row.quotes,
        ("year", "promises", "reached", "recognised", "holding", "lag_days"),
        dense=True,
    ),
    CountRow: _View(
        "counts_title",
        ("group", "standard", "year", "criteria_set", "metric", "units_counted", "mean", "share_of_set", "notes"),
        _count,
        lambda row: row.quotes,
        ("year", "units_counted", "mean", "share_of_set"),
        dense=True,
    ),
    TrackRow: _View(
        "track_title",
        ("day", "event", "unit_name", "standard", "detail", "grade", "quotation"),
        _step,
        lambda row: (row.quote,),
    ),
    Verdict: _View(
        "verdicts_title",
        ("promise", "standard", "promised_on", "promised_by", "verdict", "recognised_on", "lag_days", "quotation"),
        _verdict,
        _because,
        ("lag_days",),
    ),
    SilenceRow: _View(
        "silences_title",
        ("promise", "standard", "promised_on", "promised_by", "silent_days", "last_said", "quotation"),
        _silence,
        _of_silence,
        ("silent_days",),
    ),
    RequestRow: _View(
        "requests_title",
        ("day", "page_home", "asked_by", "asked_for", "answers", "quotation"),
        _request,
        lambda row: (row.quote, *(answer.quote for answer in row.answers)),
    ),
    AuditRow: _View(
        "audit_title",
        ("finding", "unit_name", "standard", "message", "quotation"),
        _finding,
        lambda row: row.quotes,
    ),
    NewsRow: _View(
        "diff_title",
        ("day", "kind", "what", "change", "quotation"),
        _news,
        lambda row: _one(row.quote),
    ),
}


# ------------------------------------------------------------------ writing


def write_answer(
    kind: type[BaseModel],
    rows: Sequence[BaseModel],
    view: Literal["table", "csv", "json"],
    stream: TextIO,
    articles: Articles,
    say: Messages,
    console: Callable[[TextIO], Console] = lambda stream: Console(file=stream, highlight=False, width=160),
    **title: object,
) -> None:
    """Write rows of one kind: ``kind`` says which where there are none; ``title`` fills the table's title in."""
    if view == "json":
        stream.write(as_json(rows))
    elif view == "csv":
        stream.write(verdicts_csv(rows, articles) if kind is Verdict else as_csv(kind, rows, articles))
    else:
        shown, words = _VIEWS[kind], _Words(say, articles)
        heads = [(say(column), column in shown.right) for column in shown.columns]
        table = plain_table(say(shown.title, **title), heads, lines=not shown.dense)
        last: Sequence[str] = ()
        for row in rows:
            cells = shown.cells(row, words)
            if cells != last:  # rows that differ in nothing that is shown are one
                add_row(table, cells)
            last = cells
        _print(table, words, console(stream), shown.dense)


def _print(table: Table, words: _Words, screen: Console, dense: bool = False) -> None:
    """Print a table and what its notes mean; the quotations, in the last column, get the room that is left."""
    if not table.row_count:
        add_row(table, [words.say("nothing_found")])
    wide = {words.say(key) for key in _WIDE}
    for column in table.columns[:-1] if not dense else ():
        column.max_width = screen.width // (4 if column.header in wide else 8)
    screen.print(table)
    for line in words.footnotes():
        screen.print(Text(line))


def as_json(rows: Iterable[BaseModel]) -> str:
    """One JSON array, a row on each line, as the models have them."""
    return _json_lines(row.model_dump(mode="json") for row in rows)


def _json_lines(rows: Iterable[Mapping[str, object]]) -> str:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    return "[\n" + ",\n".join(lines) + ("\n" if lines else "") + "]\n"


_SOURCE = ("quote_title", "quote_published", "quote_source", "quotations")


def as_csv(kind: type[BaseModel], rows: Iterable[BaseModel], articles: Articles) -> str:
    """Rows as CSV for spreadsheets: coded values, ISO days; the first quotation's place, and all of them as text."""
    columns = [column for column in columns_of(kind) if column not in _SOURCE]
    return _sheet((*columns, *_SOURCE), (_values(row, columns, _VIEWS[kind], articles) for row in rows))


def _values(row: BaseModel, columns: Sequence[str], view: _View, articles: Articles) -> Iterator[object]:
    values, quotes = flat(row), view.quotes(row)
    if quotes:  # of a silence the promise, where nothing was said of it later
        values["quote_article"] = quotes[0].article
        values |= {f"quote_{name}": getattr(quotes[0].evidence, name) for name in ("start", "end", "text")}
    yield from (values.get(column) for column in columns)
    cited = articles.get(quotes[0].article) if quotes else None
    yield from (cited.title, cited.published, cited.where) if cited else (None, None, None)
    yield _all_quoted(quotes, articles)


def _where(article: str, articles: Articles) -> str:
    return articles[article].where if article in articles else article


def _all_quoted(quotes: Sequence[Quote], articles: Articles) -> str:
    """Every quotation with where it can be read."""
    return " | ".join(
        f"{' '.join(quote.evidence.text.split())} [{_where(quote.article, articles)}]" for quote in quotes
    )


_VERDICT_CSV = (
    *("level", "kind", "name", "district", "province", "code", "count_min", "count_max", "within"),
    *("standard", "promised_on", "promised_by", "modality", "promised_in", "verdict", "year_of_standard"),
    *("recognised_on", "lag_days", "redated_to", "admitted", "progress_achieved", "progress_total", "progress_as_of"),
    *("today_codes", "today_names", "why_rule", "why_grade", "why_article", "why_quote", "why_source", "quotations"),
)


def verdicts_csv(found: Iterable[BaseModel], articles: Articles) -> str:
    """Verdicts as CSV for spreadsheets: codes and ISO days, one row each, with the reason that decided."""
    return _sheet(_VERDICT_CSV, (_verdict_values(one, articles) for one in found if isinstance(one, Verdict)))


def _verdict_values(verdict: Verdict, articles: Articles) -> Iterator[object]:
    unit, count, within = verdict.unit, verdict.subject.count, verdict.subject.within
    yield unit.level if unit else verdict.subject.level
    yield from (unit.kind, unit.name, unit.district, unit.province, unit.code) if unit else (None,) * 5
    yield from (count.min, count.max) if count else (None, None)
    yield unit_places(within) if within else None
    promised, progress = verdict.promised, verdict.progress
    yield from (verdict.standard, promised.on, promised.by, promised.modality, promised.article, verdict.verdict)
    yield from (verdict.year_of_standard, verdict.recognised_on, verdict.lag_days, verdict.redated_to)
    yield verdict.admitted
    yield from (progress.achieved, progress.total, progress.as_of) if progress else (None,) * 3
    yield "; ".join(heir.code or "" for heir in verdict.today)
    yield "; ".join(map(unit_words, verdict.today))
    why = verdict.why[0] if verdict.why else None
    yield from (why.rule, why.grade, why.article, why.evidence.text) if why else (None,) * 4
    yield _where(why.article, articles) if why else None
    yield _all_quoted(_because(verdict), articles)


def _sheet(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO(newline="")
    out.write("\ufeff")  # Excel takes a file without it for the local 8-bit encoding
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return safe_cell(value)


# ------------------------------------------------------------------ facts in doubt


def write_doubts(
    doubts: Sequence[Doubt],
    dataset: Dataset,
    view: Literal["table", "csv", "json"],
    stream: TextIO,
    articles: Articles,
    say: Messages,
    console: Callable[[TextIO], Console],
) -> None:
    """Write a reviewer's queue, each fact in words beside its quotation."""
    found = [(doubt, _described(doubt, dataset, say)) for doubt in doubts]
    if view == "table":
        words = _Words(say, articles)
        heads = ("confidence", "doubt", "kind", "who", "what", "when", "quotation")
        table = plain_table(say("doubts_title"), [(say(head), head == "confidence") for head in heads])
        for doubt, row in found:
            cited = f"{row.evidence.text} {words.note(doubt.article)}"
            kind = say.name("kind", doubt.kind)
            add_row(table, (_sure(doubt, say), _reasons(doubt, say), kind, row.who, row.what, row.when, cited))
        _print(table, words, console(stream))
        return
    rows = [
        {
            "fact_id": doubt.fact,
            "kind": doubt.kind,
            "confidence": doubt.confidence,
            "reasons": ", ".join(doubt.reasons),
            "who": row.who,
            "what": row.what,
            "when": row.when,
            "quote_article": doubt.article,
            "quote_start": row.evidence.start,
            "quote_end": row.evidence.end,
            "quote_text": row.evidence.text,
            "quote_source": _where(doubt.article, articles),
        }
        for doubt, row in found
    ]
    if view == "json":
        stream.write(_json_lines(rows))
    else:
        stream.write(_sheet(_DOUBT_CSV, ((row[column] for column in _DOUBT_CSV) for row in rows)))


_DOUBT_CSV = (
    *("fact_id", "kind", "confidence", "reasons", "who", "what", "when"),
    *("quote_article", "quote_start", "quote_end", "quote_text", "quote_source"),
)


def _described(doubt: Doubt, dataset: Dataset, say: Messages) -> FactRow:
    record = dataset.article(doubt.article)
    assert record is not None
    return describe(doubt.kind, fact_of(record, doubt), say)


def _sure(doubt: Doubt, say: Messages) -> str:
    return say.number(doubt.confidence) if doubt.confidence is not None else "?"


def _reasons(doubt: Doubt, say: Messages) -> str:
    return ", ".join(say.name("doubt", reason) for reason in doubt.reasons)


def doubt_lines(doubt: Doubt, record: Record, say: Messages, number: str) -> Iterator[Text]:
    """A fact in doubt for a terminal: where it stands, its sentence with the quotation marked, and what was read."""
    fact = fact_of(record, doubt)
    row = describe(doubt.kind, fact, say)
    before, quote, behind = context_of(record, row.evidence.start, row.evidence.end)
    yield Text(
        f"\n{number} · {say.name('kind', doubt.kind)} · {_sure(doubt, say)} · {_reasons(doubt, say)} · {doubt.fact}",
        "bold",
    )
    where = (record.title or say("untitled"), say.day(record.published), record.url or record.source)
    yield Text(" · ".join(part for part in where if part), "dim")
    yield Text.assemble(before, (f"⟦{quote}⟧", "reverse"), behind)
    for key, value in (("who", row.who), ("what", row.what), ("when", row.when), ("page_rule", row.evidence.rule)):
        if value:
            yield Text(f"  {say(key)}: {value}")
