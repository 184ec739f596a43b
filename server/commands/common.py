"""What the commands share: a service that is always closed, and `--json` that prints one object."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rtlwright.server.config import Config, project_root
from rtlwright.server.terminal_text import one_line

if TYPE_CHECKING:
    from rtlwright.server.local import LocalService
    from rtlwright.server.remote.service import RemoteService

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")


server_option = click.option(
    "--server", "server_url", metavar="URL", help="Ask this team server instead of this machine."
)


def asked_of(server_url: str | None) -> dict[str, Any]:
    """What `--server` says of the configuration."""
    return {} if server_url is None else {"server": {"url": server_url}}


@contextmanager
def local_service(start: Path, overrides: Mapping[str, Any] | None = None) -> Iterator[LocalService]:
    """The service for the project around `start`; its workers end with the block, whatever happens."""
    with _uninterrupted():
        from rtlwright.server.local import LocalService  # everything that serves: only where it is needed

    start = start.absolute()
    service = LocalService(Config.load(start, overrides), project_root(start))
    try:
        yield service
    finally:
        service.close()


@contextmanager
def a_service(
    start: Path, overrides: Mapping[str, Any] | None = None
) -> Iterator[LocalService | RemoteService]:
    """The same, or the team server where one is configured."""
    start = start.absolute()
    config = Config.load(start, overrides)
    with _uninterrupted():
        from rtlwright.server.opening import open_service

        service = open_service(config, project_root(start))
    try:
        yield service
    finally:
        service.close()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C after the block rather than in it: the start of a native library cannot be broken off."""
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt


def print_json(value: Mapping[str, Any]) -> None:
    click.echo(json.dumps(value))


def say_notes(notes: tuple[str, ...]) -> None:
    for note in notes:
        click.echo(f"note: {one_line(note)}", err=True)
