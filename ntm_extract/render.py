"""Records and units for reading: rows of plain words, tables for a terminal, one self-contained page.

``describe`` is the one place where a fact is put into words; tables and the page show the same.
"""

from __future__ import annotations

import datetime as dt
import functools
import html
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from rich.table import Table
from rich.text import Text

from ntm_extract.messages import Messages
from ntm_extract.model import (
    FACT_KINDS,
    Achievement,
    Commitment,
    CountRange,
    CriteriaCount,
    CriteriaStatus,
    Evidence,
    FactKind,
    Period,
    Quantity,
    Record,
    Result,
    Subject,
    Target,
    Unit,
)
from ntm_extract.patterns import default_patterns
from ntm_extract.units import UnitRow

_NAMES_SHOWN = 6
_NAMES = ("units", "persons")


# ------------------------------------------------------------------ facts in words


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact in words: who, what, when, the quotation it rests on, and how sure it is (0 to 1)."""

    kind: FactKind
    who: str
    what: str
    when: str
    evidence: Evidence
    confidence: float | None = None


def fact_rows(record: Record, say: Messages) -> list[FactRow]:
    """Every fact of a record in words, in the order of the text."""
    rows = [describe(kind, fact, say) for kind, fact in record.facts()]
    return sorted(rows, key=lambda row: (row.evidence.start, row.evidence.end, FACT_KINDS.index(row.kind)))


def describe(kind: FactKind, fact: Any, say: Messages) -> FactRow:
    """One fact in words."""
    who, what, when = _WORDS[kind](fact, say)
    return FactRow(kind, who, what, when, fact.evidence, fact.confidence)


_Words = tuple[str, str, str]


def _count(fact: CriteriaCount, say: Messages) -> _Words:
    number = _band(say, fact.achieved, fact.achieved_max)
    if fact.total is not None:
        number += f"/{say.number(fact.total)}"
    parts = [
        say("basically") if fact.basically else "",
        f"{number} {say.name('metric', fact.metric)}",
        f"({say.number(fact.percent)}%)" if fact.percent is not None else "",
        say.name("standard", fact.standard) if fact.standard else "",
        "" if fact.stat == "each" else f"· {say.name('stat', fact.stat)}",
    ]
    return subject_words(fact.subject, say), _line(*parts), _when(fact.period, say)


def _status(fact: CriteriaStatus, say: Messages) -> _Words:
    what = f"{_criterion(fact.criterion)}: {say.name('status', fact.status)}"
    return subject_words(fact.subject, say), what, ""


def _target(fact: Target, say: Messages) -> _Words:
    standard = say.name("standard", fact.standard) if fact.standard else ""
    quantity = _quantity(fact.quantity, say) if fact.quantity else ""
    themes = f"({', '.join(fact.themes)})" if fact.themes else ""
    what = _line(quantity, standard, themes, f"· {say.name('modality', fact.modality)}")
    return subject_words(fact.subject, say), what, _when(fact.deadline, say)


def _achievement(fact: Achievement, say: Messages) -> _Words:
    standard = say.name("standard", fact.standard) if fact.standard else ""
    share = say("share", number=fact.share) if fact.share is not None else ""
    what = _line(f"{say.name('status', fact.status)}:" if standard else "", standard, share)
    return subject_words(fact.subject, say), what, _when(fact.period, say)


def _commitment(fact: Commitment, say: Messages) -> _Words:
    who = " → ".join(part for part in (fact.actor, fact.addressee) if part)
    when = " · ".join(part for part in (_when(fact.deadline, say), fact.recurrence) if part)
    return who, f"{say.name('act', fact.act)}: {fact.action}", when


def _result(fact: Result, say: Messages) -> _Words:
    hedge = "" if fact.qualifier == "exact" else say.name("qualifier", fact.qualifier)
    return "", _line(f"{fact.what}:", hedge, say.number(fact.value), fact.unit or ""), _when(fact.period, say)


_WORDS: Mapping[FactKind, Callable[[Any, Messages], _Words]] = {
    "criteria_counts": _count,
    "criteria_status": _status,
    "targets": _target,
    "achievements": _achievement,
    "commitments": _commitment,
    "results": _result,
}


def _line(*parts: str) -> str:
    return " ".join(part for part in parts if part)


@functools.cache
def _criterion_names() -> Mapping[str, str]:
    return {entry.value: entry.forms[0] for entry in reversed(default_patterns().entries_of("criterion"))}


def _criterion(value: str) -> str:
    """What the criterion is called in the vocabulary; its name without underlines where it is not in it."""
    return _criterion_names().get(value, value.replace("_", " "))


def _band(say: Messages, least: float | None, most: float | None) -> str:
    return say.number(least) + (f"–{say.number(most)}" if most is not None and most != least else "")


def _range(amount: CountRange | Quantity, say: Messages) -> str:
    if amount.max is None and amount.min is not None:
        return say("at_least", number=amount.min)
    if amount.min is None:
        return say("at_most", number=amount.max) if amount.max is not None else ""
    return _band(say, amount.min, amount.max)


def _quantity(quantity: Quantity, say: Messages) -> str:
    return _line(_range(quantity, say), quantity.unit or "")


def _when(period: Period | None, say: Messages) -> str:
    if period is None:
        return ""
    return period.text + (f" ({say.day(period.end)})" if period.end else "")


def unit_words(unit: Unit) -> str:
    """'xã Kỳ Châu'."""
    return _line(unit.kind or "", unit.name)


def unit_places(unit: Unit) -> str:
    """'xã Kỳ Châu, Kỳ Anh, Hà Tĩnh'."""
    return ", ".join(part for part in (unit_words(unit), unit.district, unit.province) if part)


def subject_words(subject: Subject, say: Messages) -> str:
    """Whom a fact is about, in words: names, a number of units, or their kind."""
    number = _range(subject.count, say) if subject.count else ""
    counted = _line(number, say.name("level", subject.level)) if number else ""
    names = ", ".join(map(unit_words, subject.units[:_NAMES_SHOWN]))
    if len(subject.units) > _NAMES_SHOWN:
        names += f" {say('more', count=len(subject.units) - _NAMES_SHOWN)}"
    words = f"{counted}: {names}" if counted and names else counted or names or say.name("level", subject.level)
    return say("within", who=words, unit=unit_words(subject.within)) if subject.within and not subject.units else words


# ------------------------------------------------------------------ tables


def plain_table(title: str, columns: Iterable[tuple[str, bool]], *, lines: bool = True) -> Table:
    """An empty table: headings, and whether each is over numbers; ``lines`` draws one below each row."""
    table = Table(title=Text(title), title_justify="left", title_style="bold", header_style="bold", show_lines=lines)
    for heading, number in columns:
        table.add_column(heading, overflow="fold", justify="right" if number else "left")
    return table


def add_row(table: Table, cells: Iterable[str]) -> None:
    """Add a row of plain text: what stands in articles is not markup."""
    table.add_row(*map(Text, cells))


def facts_table(record: Record, say: Messages) -> Table:
    """Every fact of an article, beside its quotation."""
    title = " · ".join(part for part in (record.title or say("untitled"), say.day(record.published)) if part)
    table = plain_table(title, [(say(key), False) for key in ("kind", "who", "what", "when", "quotation")])
    rows = fact_rows(record, say)
    for row in rows:
        add_row(table, (say.name("kind", row.kind), row.who, row.what, row.when, row.evidence.text))
    if not rows:
        add_row(table, [say("no_facts")])
    return table


def counts_table(facts: Mapping[str, int], say: Messages) -> Table:
    """Number of facts by kind."""
    table = plain_table(say("facts_title"), [(say("by_kind"), False), (say("by_number"), True)], lines=False)
    for kind, number in facts.items():
        add_row(table, (say.name("kind", kind), say.number(number)))
    return table


def units_table(name: str, rows: Iterable[UnitRow], say: Messages) -> Table:
    """What a name means: versions of units, when they were in force, what holds their land today, why they ended."""
    columns = ("unit_name", "unit_code", "unit_where", "unit_valid", "unit_today", "unit_why")
    table = plain_table(say("units_title", name=name), [(say(column), False) for column in columns])
    for row in rows:
        cells = (
            f"{row.version.kind} {row.version.name}",
            row.version.code,
            ", ".join(part for part in (row.district, row.province) if part),
            _validity(row, say),
            _heirs(row, say),
            _end_of(row, say),
        )
        add_row(table, cells)
    return table


def _validity(row: UnitRow, say: Messages) -> str:
    first, end = row.version.valid_from, row.version.valid_to
    last = say("unit_until", day=end - dt.timedelta(days=1)) if end else say("unit_stands")
    return ", ".join(part for part in (say("unit_from", day=first) if first else "", last) if part)


def _heirs(row: UnitRow, say: Messages) -> str:
    names = [
        name if heir.whole else say("page_part", unit=name)
        for heir in row.today
        for name in [", ".join(part for part in (f"{heir.kind} {heir.name}", heir.province) if part)]
    ]
    return "; ".join(names) or say("unit_unknown_heir")


def _end_of(row: UnitRow, say: Messages) -> str:
    reasons = (row.version.ended or "").replace("+", " ").split()
    reason = ", ".join(say.name("ended", reason) for reason in reasons)
    return f"{reason} ({row.version.ended_by})" if reason and row.version.ended_by else reason


# ------------------------------------------------------------------ the page


def html_page(records: Sequence[Record], say: Messages) -> str:
    """One self-contained page: texts with what was found in them marked, each fact beside its quotation.

    Nothing is loaded from elsewhere and nothing runs: filters and jumps are the browser's own.
    """
    title = records[0].title or say("page_title") if len(records) == 1 else say("pages_title", count=len(records))
    style = resources.files("ntm_extract").joinpath("page.css").read_text("utf-8")
    parts = [
        f'<!doctype html>\n<html lang="{say.lang}">\n<head>\n<meta charset="utf-8">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        f"<title>{html.escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n",
        _legend(say),
    ]
    if len(records) > 1:
        links = (
            f'<li><a href="#a{number}">{html.escape(record.title or record.source)}</a> {day}</li>'
            for number, record in enumerate(records, 1)
            for day in [say.day(record.published)]
        )
        parts.append(f"<nav><h1>{html.escape(title)}</h1><ol>{''.join(links)}</ol></nav>\n")
    parts += [_article(number, record, say) for number, record in enumerate(records, 1)]
    parts.append(f"<footer>{html.escape(say('page_foot'))}</footer>\n</body>\n</html>\n")
    return "".join(parts)


def _legend(say: Messages) -> str:
    boxes = "".join(
        f'<label class="k-{kind}"><input type="checkbox" id="show-{kind}" checked> '
        f"{html.escape(say.name('kind', kind))}</label>"
        for kind in (*FACT_KINDS, *_NAMES)
    )
    return f'<div class="legend"><b>{html.escape(say("page_show"))}</b> {boxes}</div>\n'


def _article(number: int, record: Record, say: Messages) -> str:
    rows = fact_rows(record, say)
    cards = "".join(_card(f"{number}-{at}", at, row, say) for at, row in enumerate(rows, 1))
    checks = "".join(
        f"<li>{html.escape(check.message)} <q>{html.escape(check.evidence.text)}</q></li>" for check in record.checks
    )
    return (
        f'<article id="a{number}">\n<header><h2>{html.escape(record.title or say("untitled"))}</h2>\n'
        f"<dl>{_about(record, say)}</dl></header>\n"
        f'<section class="text" lang="vi" aria-label="{html.escape(say("page_text"))}">'
        f"{_marked(number, record, rows, say)}</section>\n"
        f'<section class="facts"><h3>{html.escape(say("page_facts", count=len(rows)))}</h3>\n'
        + (f"<ol>{cards}</ol>" if rows else f"<p>{html.escape(say('no_facts'))}</p>")
        + (f"<h3>{html.escape(say('page_checks'))}</h3><ul>{checks}</ul>" if checks else "")
        + "</section>\n</article>\n"
    )


def _about(record: Record, say: Messages) -> str:
    """What is known of the article as a whole; only web addresses become links."""
    home = record.home.district or record.home.province
    meeting = record.meeting
    chairs = (
        ", ".join(f"{chair.name} ({chair.role})" if chair.role else chair.name for chair in meeting.chairs)
        if meeting
        else ""
    )
    held = _line(meeting.kind or "", say.day(meeting.date)) if meeting else ""
    source = html.escape(record.url or record.source)
    if record.url and record.url.startswith(("http://", "https://")):
        source = f'<a href="{source}" rel="noreferrer">{source}</a>'
    said = (
        ("page_published", html.escape(say.day(record.published))),
        ("page_home", html.escape(unit_places(home)) if home else ""),
        (
            "page_meeting",
            html.escape(
                "; ".join(part for part in (held, say("page_chaired", names=chairs) if chairs else "") if part)
            ),
        ),
        ("page_authors", html.escape(", ".join(record.authors))),
        ("page_source", source),
    )
    return "".join(f"<div><dt>{html.escape(say(key))}</dt><dd>{value}</dd></div>" for key, value in said if value)


def _card(id: str, number: int, row: FactRow, say: Messages) -> str:
    head = (
        f'<a class="pin" href="#s{id}">{number}</a> <span class="kind">{html.escape(say.name("kind", row.kind))}</span>'
    )
    who = f'<div class="who">{html.escape(row.who)}</div>' if row.who else ""
    when = f' <span class="when">{html.escape(row.when)}</span>' if row.when else ""
    rule = f"{html.escape(say('page_rule'))} {html.escape(row.evidence.rule)}"
    if row.confidence is not None:
        rule += f" · {html.escape(say('confidence'))} {say.number(round(row.confidence, 2))}"
    return (
        f'<li id="f{id}" class="k-{row.kind}"><div>{head}</div>{who}'
        f'<div class="what">{html.escape(row.what)}{when}</div>'
        f'<blockquote lang="vi">{html.escape(row.evidence.text)}</blockquote><div class="rule">{rule}</div></li>\n'
    )


@dataclass(frozen=True, slots=True)
class _Mark:
    """A stretch to be marked: its kind, what to say of it, and the number of its fact (0: a unit or a person)."""

    start: int
    end: int
    kind: str
    note: str = ""
    number: int = 0


def _marks(record: Record, rows: Sequence[FactRow], say: Messages) -> list[_Mark]:
    marks = [_Mark(row.evidence.start, row.evidence.end, row.kind, number=at) for at, row in enumerate(rows, 1)]
    marks += [_Mark(one.start, one.end, "units", _unit_note(one.unit, say)) for one in record.units]
    marks += [_Mark(one.start, one.end, "persons", one.role or "") for one in record.persons]
    length = len(record.text)
    return [mark for mark in marks if 0 <= mark.start < mark.end <= length]


def _unit_note(unit: Unit, say: Messages) -> str:
    heirs = [heir for heir in unit.today if (heir.kind, heir.name) != (unit.kind, unit.name)]
    names = ", ".join(
        name if heir.whole else say("page_part", unit=name)
        for heir in heirs[:_NAMES_SHOWN]
        for name in [f"{heir.kind} {heir.name}"]
    )
    if len(heirs) > _NAMES_SHOWN:
        names += f" {say('more', count=len(heirs) - _NAMES_SHOWN)}"
    return unit_places(unit) + (f" · {say('page_today', units=names)}" if names else "")


def _marked(number: int, record: Record, rows: Sequence[FactRow], say: Messages) -> str:
    """The text, cut wherever a mark or a line begins or ends, each piece with the kinds that hold there."""
    marks = _marks(record, rows, say)
    text = record.text
    cuts = sorted({0, len(text), *(mark.start for mark in marks), *(mark.end for mark in marks)})
    starting: dict[int, list[_Mark]] = {}
    for mark in marks:
        starting.setdefault(mark.start, []).append(mark)
    parts: list[str] = []
    here: list[_Mark] = []
    for start, end in itertools.pairwise(cuts):
        here = [mark for mark in here if mark.end > start] + starting.get(start, [])
        for mark in starting.get(start, []):
            if mark.number:
                id = f"{number}-{mark.number}"
                parts.append(f'<a class="pin k-{mark.kind}" id="s{id}" href="#f{id}">{mark.number}</a>')
        parts.append(_piece(text[start:end], here))
    return "<p>" + "".join(parts).replace("\n", "</p>\n<p>") + "</p>"


def _piece(text: str, here: Sequence[_Mark]) -> str:
    """A stretch in which the same marks hold; line breaks stay outside of it."""
    if not here:
        return html.escape(text)
    note = " · ".join(dict.fromkeys(mark.note for mark in here if mark.note))
    title = f' title="{html.escape(note)}"' if note else ""
    kinds = list(dict.fromkeys(mark.kind for mark in here))
    facts = [kind for kind in kinds if kind not in _NAMES]
    # A fact's stretch is tinted; where two of different kinds overlap the second is a line below.
    classes = " ".join(
        [*(f"{how}-{kind}" for how, kind in zip("tu", facts, strict=False)), *(k for k in kinds if k in _NAMES)]
    )
    opening, closing = f'<mark class="{classes}"{title}>', "</mark>"
    return "\n".join(f"{opening}{html.escape(line)}{closing}" if line else "" for line in text.split("\n"))
