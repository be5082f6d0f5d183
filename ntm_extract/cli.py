"""The command line: parse, call, print.

What a command needs beyond Typer is imported inside it: that keeps ``--help`` fast, and is the one reason for it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ntm_extract.errors import NtmError

app = typer.Typer(name="ntm-extract", no_args_is_help=True, add_completion=False)


@app.callback()
def _root() -> None:
    """Facts from Vietnamese reports on the New Rural Development programme (nông thôn mới)."""


@app.command()
def run(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT…", help="Files, folders, records (*.jsonl).")],
    out: Annotated[Path, typer.Option(help="Folder for dataset.sqlite.")],
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> int:
    """Articles -> facts -> a dataset, with a summary."""
    from rich.console import Console
    from rich.table import Table

    from ntm_extract import pipeline

    summary = pipeline.run(inputs, out, jobs=jobs)
    table = Table(title="Facts")
    table.add_column("kind")
    table.add_column("rows", justify="right")
    for kind, count in summary.facts.items():
        table.add_row(kind, str(count))
    console = Console()
    console.print(table)
    console.print(", ".join(f"{count} {outcome}" for outcome, count in summary.outcomes.items()))
    console.print(f"dataset: {summary.dataset}", soft_wrap=True)
    for issue in summary.issues:
        print(f"{issue.input}: {issue.what}" + (f"; {issue.mend}" if issue.mend else ""), file=sys.stderr)
    return 3 if summary.issues else 0


def main(arguments: list[str] | None = None) -> None:
    """Entry point: one line on stderr for what a user can mend, and the exit status."""
    try:
        status = app(arguments, standalone_mode=False)
    except NtmError as error:
        print(f"ntm-extract: {error}", file=sys.stderr)
        status = error.exit_status
    except typer.TyperException as error:
        print(f"ntm-extract: {error.format_message()}", file=sys.stderr)
        status = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        status = 130
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
