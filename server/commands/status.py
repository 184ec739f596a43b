"""`rtlwright status`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rtlwright.server.commands.common import a_service, asked_of, json_option, print_json, server_option
from rtlwright.server.terminal_text import one_line

if TYPE_CHECKING:
    from rtlwright.server.service import ServiceStatus

_EPILOG = """\b
Examples:
  rtlwright status
  rtlwright status --server https://rtl.example.org
  rtlwright status --json
"""


@click.command(epilog=_EPILOG)
@server_option
@json_option
@click.pass_context
def status(ctx: click.Context, server_url: str | None, as_json: bool) -> None:
    """Who answers requests made here, with which model, and how busy it is.

    Exit status 1 if the model cannot be asked. What is installed, and what mends it: rtlwright doctor.
    """
    with a_service(Path.cwd(), asked_of(server_url)) as service:
        found = service.status()
        server, url = _server(service), service.config.server.url
    if as_json:
        print_json({**asdict(found), "server": server})
    else:
        _print(found, server, url or "this machine")
    ctx.exit(0 if found.model.ready else 1)


def _server(service: Any) -> dict[str, Any] | None:
    """What only a team server has, where one answered."""
    answer = getattr(service, "answer", None)
    if answer is None:
        return None
    kept = ("version", "token", "in_flight", "waiting")
    return {"url": service.config.server.url, **{name: getattr(answer, name) for name in kept}}


def _print(found: ServiceStatus, server: dict[str, Any] | None, where: str) -> None:
    where += f" (rtlwright {server['version']})" if server else ""
    model = found.model
    memory = f", {model.memory_mb:.0f} MB" if model.memory_mb else ""
    lines = [
        ("answers", where),
        ("model", f"{model.detail}{memory}" if model.ready else f"not ready: {model.detail}"),
    ]
    if server:
        lines.append(("asks as", server["token"] or "anyone"))
        lines.append(("load", f"{server['in_flight']} under way, {server['waiting']} waiting"))
    lines.append(("sandbox", found.sandbox))
    lines += [("note", note) for note in found.notes if note != model.detail]
    for name, text in lines:
        click.echo(f"{name:8} {one_line(text)}")
