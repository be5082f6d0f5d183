"""Commands for those who write rules and for those who measure them: parse, call, print.

``mount`` adds them to the command line. What a command needs beyond Typer is imported inside it: that keeps
``--help`` fast, and is the one reason for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ntm_extract.errors import InputError, NtmError

if TYPE_CHECKING:
    from ntm_extract.evaluate import Evaluation
    from ntm_extract.messages import Lang
    from ntm_extract.patterns import PatternSet

_SHOWN = 20
_FAILED = 1


class _Language(StrEnum):
    """Language of messages."""

    en = "en"
    vi = "vi"


class Split(StrEnum):
    """Part of the gold that is measured."""

    dev = "dev"
    test = "test"
    all = "all"

    @property
    def of_gold(self) -> str | None:
        """Its name in the gold; None for all of it."""
        return None if self is Split.all else self.value


Patterns = Annotated[
    Path | None, typer.Option("--patterns", help="Folder of patterns; else those shipped.", show_default=False)
]
Corpus = Annotated[list[Path], typer.Argument(metavar="CORPUS", help="Texts, pages, or folders of them.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write it as one HTML page, too.", show_default=False)]
Shown = Annotated[int, typer.Option("--limit", min=1, help="Rows to show.")]
Lang_ = Annotated[
    _Language | None, typer.Option("--lang", help="Language of messages; else that of the locale.", show_default=False)
]


def mount(app: typer.Typer, patterns_app: typer.Typer, language: Callable[[], Lang]) -> None:
    """Add ``evaluate`` to ``app`` and the authoring commands to ``patterns_app``.

    ``language`` tells the language of this process; each command takes ``--lang`` for whoever parses it.
    """

    @patterns_app.command(name="copy")
    def copy_(to: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")], lang: Lang_ = None) -> int:
        """A copy of the shipped patterns to change; give it to the other commands with --patterns."""
        from ntm_extract.authoring import copy_patterns

        copy_patterns(to)
        print(to)
        return 0

    @patterns_app.command()
    def new(
        topic: Annotated[str, typer.Argument(metavar="TOPIC", help="Topic of the rule: counts, standards …")],
        sentence: Annotated[str, typer.Argument(metavar="SENTENCE", help="⟦ ⟧ may mark what the rule shall match.")],
        counterexample: Annotated[
            list[str] | None,
            typer.Option("--counterexample", "-c", help="A like sentence that it shall not match.", show_default=False),
        ] = None,
        name: Annotated[str | None, typer.Option(help="what.variant, the rest of its id.", show_default=False)] = None,
        before: Annotated[
            str | None, typer.Option(help="Id of the rule that it shall stand before.", show_default=False)
        ] = None,
        patterns: Patterns = None,
        lang: Lang_ = None,
    ) -> int:
        """Write the draft of a rule for a sentence that is not read yet."""
        from ntm_extract.authoring import new

        draft = new(
            _patterns(patterns), topic, sentence, counterexamples=counterexample or (), name=name, before=before
        )
        print(f"{draft.path}:\n{draft.yaml}", end="")
        return 0

    @patterns_app.command()
    def test(
        rule: Annotated[str, typer.Argument(metavar="RULE", help="Id of the rule.")],
        patterns: Patterns = None,
        lang: Lang_ = None,
    ) -> int:
        """Prove one rule by its examples and counterexamples, and show the facts that its examples yield."""
        from ntm_extract.authoring import trial

        tested = trial(_patterns(patterns), rule, language())
        for example, facts in tested.examples:
            print(example)
            for line in facts or ("–",):
                print(f"    {line}")
        for fault in tested.faults:
            print(f"✗ {fault}")
        if not tested.faults:
            print(f"✓ {tested.id}")
        return _FAILED if tested.faults else 0

    @patterns_app.command()
    def explain(
        text: Annotated[str, typer.Argument(metavar="TEXT", help="A sentence, or the name of a file.")],
        rule: Annotated[list[str] | None, typer.Option("--rule", help="Only this rule.", show_default=False)] = None,
        everything: Annotated[bool, typer.Option("--all", help="Also rules that lack a mention.")] = False,
        html: Html = None,
        patterns: Patterns = None,
        lang: Lang_ = None,
    ) -> int:
        """Which rules were tried on each sentence, which fired with which slots, and why the others did not."""
        from ntm_extract.authoring import Explainer, iter_rows, to_html
        from ntm_extract.clean import read_file

        is_file = len(text) < 250 and Path(text).is_file()
        traces = Explainer(_patterns(patterns), language()).explain(read_file(text) if is_file else text, rule or ())
        for trace in traces:
            rows = [row[1:] for row in iter_rows([trace], language(), missing=everything or bool(rule))]
            if rows or trace.facts:
                _table(trace.text, _headings("rule", "outcome", "covered", "slots", "reason"), rows)
            for line in trace.facts:
                print(f"  → {line}")
        if html:
            _write(html, to_html(traces, language()))
        return 0

    def _headings(*keys: str) -> list[str]:
        from ntm_extract.authoring.wording import wording

        return [wording(language())[key] for key in keys]

    @patterns_app.command()
    def impact(
        corpus: Corpus,
        old: Annotated[
            str | None,
            typer.Option(help="Folder of patterns or git revision before; else those shipped.", show_default=False),
        ] = None,
        patterns: Patterns = None,
        to_json: Annotated[bool, typer.Option("--json", help="One change a line.")] = False,
        lang: Lang_ = None,
    ) -> int:
        """Facts gained and lost over a corpus between two versions of the rules, each with its quotation."""
        from dataclasses import asdict

        from ntm_extract.authoring import impact, patterns_at, read_corpus
        from ntm_extract.patterns import patterns_folder

        read = read_corpus(corpus)
        with patterns_at(old or str(patterns_folder())) as before:
            changes = impact(read.articles, before, _patterns(patterns), language())
        for change in changes:
            if to_json:
                print(json.dumps(asdict(change), ensure_ascii=False))
            else:
                sign = "+" if change.sign == "gained" else "-"
                print(f"{sign} {change.fact}  [{change.rule}]\n    {change.article}: {change.quote}")
        if not to_json:
            gained = sum(change.sign == "gained" for change in changes)
            print(f"+{gained} -{len(changes) - gained} / {len(read.articles)}")
        return _complain(read.faults)

    @patterns_app.command()
    def coverage(
        corpus: Corpus,
        limit: Shown = _SHOWN,
        patterns: Patterns = None,
        lang: Lang_ = None,
    ) -> int:
        """Sentences that bear a number or a goal and that no rule touched, by shape, most worth while first."""
        from ntm_extract.authoring import coverage, read_corpus

        read = read_corpus(corpus)
        rows = coverage(read.articles, _patterns(patterns))
        for row in rows[:limit]:
            article, sentence = row.sentences[0]
            print(f"{row.rank:5.1f}  {len(row.sentences)}×  {row.shape}\n       {article}: {sentence}")
        print(f"{min(limit, len(rows))}/{len(rows)}")
        return _complain(read.faults)

    @patterns_app.command()
    def needed(
        gold: Annotated[Path, typer.Argument(metavar="GOLD", help="Folder of gold.")] = Path("corpora/gold"),
        patterns: Patterns = None,
        lang: Lang_ = None,
    ) -> int:
        """What each rule changes: facts of its own examples, and facts of the gold articles, without it."""
        from ntm_extract.evaluate import load_gold
        from ntm_extract.evaluate.ablation import needed

        rows = needed(_patterns(patterns), [row.article for row in load_gold(gold)])
        for row in rows:
            print(f"{row.examples:4} {row.articles:5}  {row.rule}{'' if row.examples or row.articles else '  ✗'}")
        return 0 if all(row.examples or row.articles for row in rows) else _FAILED

    @app.command()
    def evaluate(
        gold: Annotated[
            Path, typer.Argument(metavar="GOLD", help="Folder of NAME.txt and NAME.yaml.", show_default=True)
        ] = Path("corpora/gold"),
        split: Annotated[Split, typer.Option(help="Which split of the gold.")] = Split.all,
        html: Html = None,
        to_json: Annotated[bool, typer.Option("--json", help="Figures as JSON.")] = False,
        errors: Annotated[bool, typer.Option("--errors", help="List what was missed and what is spurious.")] = False,
        part: Annotated[str | None, typer.Option(help="Errors of this part only.", show_default=False)] = None,
        raise_floors: Annotated[bool, typer.Option("--raise-floors", help="Write today's scores as floors.")] = False,
        lower: Annotated[
            bool, typer.Option("--lower", help="Let floors fall; CHANGES.md must have the line for it.")
        ] = False,
        patterns: Patterns = None,
        lang: Lang_ = None,
    ) -> int:
        """Measure extraction against gold: precision, recall and F1 by part, with 95 % intervals, and the errors."""
        from ntm_extract.evaluate import evaluate
        from ntm_extract.facts import Extractor

        rules = _patterns(patterns)
        extractor = Extractor(rules)
        found = evaluate(gold, extractor, split.of_gold)
        if to_json:
            print(json.dumps(_as_json(found), ensure_ascii=False, indent=1))
        else:
            _print_evaluation(found)
        if errors:
            _print_errors(found, part)
        if html:
            from ntm_extract.evaluate.report import to_html

            _write(html, to_html(found))
        return _floors(gold, extractor, rules, raise_floors, lower) if raise_floors or lower else 0


# ------------------------------------------------------------------ what they have in common


def _patterns(folder: Path | None) -> PatternSet:
    from ntm_extract.patterns import default_patterns, load_patterns

    return load_patterns(folder) if folder else default_patterns()


def _complain(faults: Sequence[str]) -> int:
    for fault in faults:
        typer.echo(fault, err=True)
    return InputError.exit_status if faults else 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NtmError(f"cannot be written ({error.strerror})", where=path, mend="choose another place") from error
    typer.echo(str(path), err=True)


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], left: int | None = None) -> None:
    """A table on the terminal; columns from ``left`` on are numbers."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left")
    for at, heading in enumerate(headings):
        table.add_column(heading, justify="right" if left is not None and at >= left else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(highlight=False)
    (console if console.is_terminal else Console(highlight=False, width=160)).print(table)


# ------------------------------------------------------------------ evaluation


def _print_evaluation(found: Evaluation) -> None:
    from ntm_extract.evaluate.fitting import left_out

    rows: list[list[str]] = []
    for part, figure in found.figures.items():
        low, high = figure.intervals["f1"]
        numbers = [f"{value:.3f}" for value in (figure.precision, figure.recall, figure.f1)]
        rows.append([part, *numbers, f"{low:.3f} – {high:.3f}", str(figure.wanted), str(figure.found)])
    headings = ["part", "precision", "recall", "F1", "95 % of F1", "gold", "found"]
    _table(f"{len(found.articles)} articles, gold {found.gold}, patterns {found.patterns}", headings, rows, 1)
    macro, (low, high) = found.core
    print(f"core macro F1 {macro:.3f} ({low:.3f} – {high:.3f})")
    negatives, spurious = found.negatives
    if negatives:
        print(f"false facts in {negatives} hard negatives: {spurious} ({spurious / negatives:.2f} an article)")
    calibration = left_out(found)
    if calibration:
        print(f"expected calibration error {calibration.error:.3f}")


def _print_errors(found: Evaluation, part: str | None) -> None:
    from ntm_extract.evaluate.report import fault_classes

    for row in fault_classes(found):
        if part in (None, row.part):
            print(f"\n{row.part}: {row.kind} ({len(row.faults)})")
            for fault in row.faults:
                near = "" if fault.sure else "≈ "
                rule = f"  [{fault.rule}]" if fault.rule else ""
                print(
                    f"  {'-' if fault.missed else '+'} {fault.article}: {fault.what}{rule}\n      {near}{fault.quote}"
                )


def _as_json(found: Evaluation) -> dict[str, object]:
    parts = {
        part: {
            "precision": round(figure.precision, 4),
            "recall": round(figure.recall, 4),
            "f1": round(figure.f1, 4),
            "f1_95": [round(value, 4) for value in figure.intervals["f1"]],
            "gold": figure.wanted,
            "found": figure.found,
        }
        for part, figure in found.figures.items()
    }
    from ntm_extract.evaluate.fitting import left_out

    calibration, (negatives, spurious) = left_out(found), found.negatives
    return {
        "articles": len(found.articles),
        "gold": found.gold,
        "patterns": found.patterns,
        "parts": parts,
        "core_macro_f1": round(found.core[0], 4),
        "core_macro_f1_95": [round(value, 4) for value in found.core[1]],
        "hard_negatives": {"articles": negatives, "false_facts": spurious},
        "calibration_error": round(calibration.error, 4) if calibration else None,
        "quotations_exact": found.quotations_exact,
    }


def _floors(gold: Path, extractor: object, rules: PatternSet, raise_: bool, lower: bool) -> int:
    """Write the floors of both splits beside the gold; never from one split alone."""
    from ntm_extract.evaluate import evaluate
    from ntm_extract.evaluate.floors import measure, write_floors

    both = {split: evaluate(gold, extractor, split) for split in ("dev", "test")}  # type: ignore[arg-type]
    path = gold.parent / "floors.json"
    fell = write_floors(path, measure(both, rules), lower=lower, changes=gold.parent.parent / "CHANGES.md")
    for line in fell:
        print(line)
    print(path)
    return 0
