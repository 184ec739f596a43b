"""`rtlwright feedback stats|export|purge`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TextIO, cast

import click
from rich.table import Table

from rtlwright.server.commands.common import json_option, print_json
from rtlwright.server.config import Config
from rtlwright.server.errors import UserError
from rtlwright.server.feedback import open_store
from rtlwright.server.feedback.records import FeedbackStats
from rtlwright.server.feedback.store import DAY_S, FeedbackStore
from rtlwright.server.terminal import console


@click.group()
def feedback() -> None:
    """What was shown, accepted and rejected. It stays on this machine.

    \b
    Examples:
      rtlwright feedback stats
      rtlwright feedback export pairs.jsonl
      rtlwright feedback purge --older-than 90
    """


@feedback.command()
@json_option
def stats(as_json: bool) -> None:
    """How many suggestions were shown, accepted, rejected and withheld."""
    with _store() as store:
        found = store.stats()
    if as_json:
        print_json(asdict(found))
    else:
        console().print(_table(found))


@feedback.command()
@click.argument("output", type=click.Path(path_type=Path, allow_dash=True))
def export(output: Path) -> None:
    """Write preference pairs as JSONL that TRL's DPO trainer reads as it is; `-` writes to stdout."""
    with _store() as store:
        try:
            with click.open_file(str(output), "w", encoding="utf-8") as file:
                count = store.export(cast(TextIO, file))
        except BrokenPipeError:
            raise  # whoever reads has enough
        except OSError as error:
            raise UserError(f"{output}: cannot be written ({error.strerror})") from None
    click.echo(f"{count} pairs written to {output}", err=True)


@feedback.command()
@click.option("--older-than", "days", type=click.FloatRange(0), metavar="DAYS", help="Keep what is newer.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def purge(ctx: click.Context, days: float | None, yes: bool) -> None:
    """Delete what was recorded; the space is overwritten. Exit status 1 if the answer is no."""
    what = "all feedback on this machine" if days is None else f"feedback older than {days:g} days"
    if not yes and not click.confirm(f"Delete {what}?"):
        click.echo("nothing was deleted", err=True)
        ctx.exit(1)
    with _store() as store:
        count = store.purge_all() if days is None else store.purge(time.time() - days * DAY_S)
    click.echo(f"{count} records deleted", err=True)


@contextmanager
def _store() -> Iterator[FeedbackStore]:
    store = open_store(Config.load(Path.cwd()).feedback)
    try:
        yield store
    finally:
        store.close()


def _table(found: FeedbackStats) -> Table:
    table = Table(box=None)
    for heading in ("source", "shown", "accepted", "rate"):
        table.add_column(heading, justify="left" if heading == "source" else "right")
    for source, counts in found.by_source.items():
        table.add_row(source, str(counts.shown), str(counts.accepted), f"{counts.rate:.0%}")
    table.add_row("all", str(found.shown), str(found.accepted), f"{found.rate:.0%}", style="bold")
    table.caption = f"{found.requests} requests, {found.withheld} candidates withheld by the gate"
    return table
