"""`rtlwright feedback stats|export|purge`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from rtlwright.server.commands.common import console, json_option, print_json
from rtlwright.server.config import Config
from rtlwright.server.errors import UserError
from rtlwright.server.feedback.store import FeedbackStore


@click.group()
def feedback() -> None:
    """What was shown, accepted and rejected. It stays on this machine."""


@feedback.command()
@json_option
def stats(as_json: bool) -> None:
    """How many suggestions were shown and accepted."""
    store = _open()
    values = asdict(store.stats())
    store.close()
    if as_json:
        print_json(values)
        return
    table = Table(show_header=False, box=None)
    for key, value in values.items():
        table.add_row(key.replace("_", " "), str(value))
    console().print(table)


@feedback.command()
@click.argument("output", type=click.Path(path_type=Path, dir_okay=False))
def export(output: Path) -> None:
    """Write preference pairs as JSONL that TRL's DPO trainer reads."""
    store = _open()
    try:
        count = store.export(output)
    except OSError as error:
        raise UserError(f"{output}: cannot be written ({error.strerror})") from None
    finally:
        store.close()
    click.echo(f"{count} pairs written to {output}", err=True)


@feedback.command()
@click.confirmation_option(prompt="Delete all feedback on this machine?")
def purge() -> None:
    """Delete all that was recorded."""
    store = _open()
    count = store.purge()
    store.close()
    click.echo(f"{count} records deleted", err=True)


def _open() -> FeedbackStore:
    store = FeedbackStore.open(Config.load(Path.cwd()).feedback)
    if store.disabled:
        raise UserError(store.disabled)
    return store
