"""`rtlwright complete FILE:LINE:COL`."""

from __future__ import annotations

import click

from rtlwright.server.commands.common import (
    a_service,
    asked_of,
    json_option,
    print_json,
    say_notes,
    server_option,
)
from rtlwright.server.files import line_end, parse_place, read_document
from rtlwright.server.present import completion_view
from rtlwright.server.present_json import completion_json
from rtlwright.server.terminal import console
from rtlwright.server.types import Cancel, CompletionRequest

_EPILOG = """\b
Examples:
  rtlwright complete rtl/fifo.sv:42:5
  rtlwright complete rtl/fifo.sv:42 -n 5 --json
"""


@click.command(epilog=_EPILOG)
@click.argument("place", metavar="FILE:LINE[:COL]")
@click.option("-n", "count", type=click.IntRange(1, 16), default=None, help="How many suggestions at most.")
@server_option
@json_option
@click.pass_context
def complete(
    ctx: click.Context, place: str, count: int | None, server_url: str | None, as_json: bool
) -> None:
    """Checked completions at a place; lines and columns count from 1.

    Without a column, the end of the line. Exit status 1 if no candidate passed the gate.
    """
    path, position = parse_place(place)
    document = read_document(path)
    if position.character < 0:
        position = line_end(document, position.line)
    with a_service(path, asked_of(server_url)) as service:
        n = count or service.config.complete.n
        request = CompletionRequest(document, position, n, manual=True)
        completion = service.complete(request, Cancel())
    say_notes(completion.notes)
    if as_json:
        print_json(completion_json(completion))
    else:
        console().print(completion_view(completion, document))
    ctx.exit(0 if completion.suggestions else 1)
