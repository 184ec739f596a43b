"""`rtlwright check FILE…`."""

from __future__ import annotations

from pathlib import Path

import click

from rtlwright.server.commands.common import console, json_option, local_service, print_json
from rtlwright.server.files import read_document
from rtlwright.server.present import check_json, check_view
from rtlwright.server.types import Cancel, CheckRequest, Status

_EPILOG = """\b
Examples:
  rtlwright check rtl/*.sv
  rtlwright check cpu.v --top cpu --json
  rtlwright check fifo.sv --testbench fifo_tb.sv
"""


@click.command(epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--top", help="Top module; by default, whatever is instantiated nowhere.")
@click.option("--testbench", type=click.Path(path_type=Path), help="Simulate the files with this testbench.")
@json_option
@click.pass_context
def check(
    ctx: click.Context, files: tuple[Path, ...], top: str | None, testbench: Path | None, as_json: bool
) -> None:
    """Run the gate by hand on whole files, in the context of their project.

    Exit status 1 if a file has an error or the testbench fails.
    """
    documents = tuple(read_document(path) for path in files)
    bench = read_document(testbench) if testbench else None
    with local_service(files[0]) as service:
        report = service.check(CheckRequest(documents, top, bench), Cancel())
    if as_json:
        print_json(check_json(report))
    else:
        console().print(check_view(report))
    ctx.exit(0 if report.verdict.status in (Status.PASS, Status.WARN) else 1)
