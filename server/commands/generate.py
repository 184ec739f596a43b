"""`rtlwright generate SPEC`."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.text import Text

from rtlwright.server.commands.common import (
    a_service,
    asked_of,
    json_option,
    print_json,
    say_notes,
    server_option,
)
from rtlwright.server.errors import UserError
from rtlwright.server.files import read_document, read_spec, write_whole
from rtlwright.server.present import completion_view
from rtlwright.server.present_json import completion_json
from rtlwright.server.terminal import console, error_console
from rtlwright.server.terminal_text import one_line
from rtlwright.server.types import Cancel, Completion, GenerateRequest, Language

_EPILOG = """\b
Examples:
  rtlwright generate "a 4-bit up counter named count4 with ports clk, rst (synchronous), q"
  rtlwright generate spec.md -o rtl/count4.sv
  rtlwright generate - --testbench tb.sv -n 8 --json < spec.md
"""


@click.command(epilog=_EPILOG)
@click.argument("spec")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the best module to this file.")
@click.option("-n", "count", type=click.IntRange(1, 64), default=None, help="How many modules to sample.")
@click.option(
    "--testbench",
    type=click.Path(path_type=Path),
    help="Only modules that pass it are shown; by default, the project's own for this module decides.",
)
@server_option
@json_option
@click.pass_context
def generate(
    ctx: click.Context,
    spec: str,
    output: Path | None,
    count: int | None,
    testbench: Path | None,
    server_url: str | None,
    as_json: bool,
) -> None:
    """Write one checked module. SPEC is a file, `-` for standard input, or the text itself.

    Exit status 1 if no candidate passed the gate.
    """
    text = read_spec(spec)
    bench = read_document(testbench).text if testbench else None
    target = (output or Path.cwd() / "generated.sv").absolute()
    if output is not None:
        _writable(target)
    with (
        a_service(target.parent, asked_of(server_url)) as service,
        error_console().status("reading the model") as status,
    ):
        request = GenerateRequest(
            text, count or service.config.generate.n, bench, Language.of(target), project_file=target
        )
        completion = service.generate(request, Cancel(), lambda phrase: status.update(Text(one_line(phrase))))
    if output is not None and completion.suggestions:
        write_whole(target, completion.suggestions[0].text)
    _print(completion, text, as_json, output)
    ctx.exit(0 if completion.suggestions else 1)


def _print(completion: Completion, spec: str, as_json: bool, output: Path | None) -> None:
    say_notes(completion.notes)
    if as_json:
        print_json(completion_json(completion))
        return
    console().print(completion_view(completion))
    if output is not None and completion.suggestions:
        click.echo(f"written to {output}", err=True)


def _writable(target: Path) -> None:
    """Before a minute of work, not after it."""
    if target.is_dir():
        raise UserError(f"{target}: is a directory; name the file to write")
    if not target.parent.is_dir():
        raise UserError(f"{target}: the directory {target.parent} does not exist; make it first")
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise UserError(f"{target}: cannot be written; check its permissions or name another file")
