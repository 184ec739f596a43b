"""`rtlwright token create|revoke|list`."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.table import Table

from rtlwright.server.app import tokens
from rtlwright.server.app.token_table import open_tokens
from rtlwright.server.app.tokens import Token, TokenTable
from rtlwright.server.commands.common import json_option, print_json
from rtlwright.server.config import Config
from rtlwright.server.errors import UserError
from rtlwright.server.terminal import console

_UNITS = {"h": 3600.0, "d": 86_400.0, "w": 604_800.0}


@click.group()
def token() -> None:
    """Who may ask this machine's team server.

    \b
    Examples:
      rtlwright token create alice --expires 90d
      rtlwright token list
      rtlwright token revoke alice
    """


@token.command()
@click.argument("name")
@click.option("--expires", metavar="TIME", help="How long it is valid: 12h, 90d, 52w; for ever by default.")
@json_option
def create(name: str, expires: str | None, as_json: bool) -> None:
    """Make a token and print it, once: only its hash is kept."""
    until = None if expires is None else time.time() + _duration(expires)
    with _table() as table:
        text = tokens.create(table, name, until)
    if as_json:
        print_json({"name": name, "token": text, "expires": until})
        return
    click.echo(text)
    click.echo("It is shown this once. Its user sets RTLWRIGHT_TOKEN to it, and server.url.", err=True)


@token.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End a token, by its name or id; a running server knows within two seconds."""
    with _table() as table:
        tokens.revoke(table, name)
    click.echo(f"{name} is revoked", err=True)


@token.command("list")
@json_option
def list_(as_json: bool) -> None:
    """All tokens, without their secrets."""
    with _table() as table:
        found = table.all()
    if as_json:
        print_json({"tokens": [_json(each) for each in found]})
    else:
        console().print(_view(found))


@contextmanager
def _table() -> Iterator[TokenTable]:
    table = open_tokens(Config.load(Path.cwd()))
    try:
        yield table
    finally:
        table.close()


def _json(token: Token) -> dict[str, object]:
    return {
        "id": token.id, "name": token.name, "created": token.created, "expires": token.expires,
        "revoked": token.revoked, "valid": token.valid(time.time()),
    }  # fmt: skip


def _view(found: list[Token]) -> Table:
    table = Table(box=None)
    for heading in ("name", "id", "created", "expires", "state"):
        table.add_column(heading)
    for each in found:
        state = "revoked" if each.revoked else "valid" if each.valid(time.time()) else "expired"
        style = "" if state == "valid" else "dim"
        table.add_row(each.name, each.id, _day(each.created), _day(each.expires), state, style=style)
    return table


def _day(at: float | None) -> str:
    return "never" if at is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _duration(text: str) -> float:
    match = re.fullmatch(r"(\d{1,6})([hdw])", text)
    if match is None or int(match[1]) == 0:
        raise UserError(f"--expires {text}: say how long as 12h, 90d or 52w")
    return int(match[1]) * _UNITS[match[2]]
