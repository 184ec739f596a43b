"""`rtlwright check FILE…`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from rtlwright.server.commands.common import (
    a_service,
    asked_of,
    json_option,
    print_json,
    server_option,
)
from rtlwright.server.config import project_root
from rtlwright.server.errors import UserError
from rtlwright.server.files import read_document, shown, write_whole
from rtlwright.server.present import check_json, check_view
from rtlwright.server.terminal import console
from rtlwright.server.types import Cancel, CheckRequest, Status

_EPILOG = """\b
Examples:
  rtlwright check rtl/*.sv
  rtlwright check cpu.v --top cpu --json
  rtlwright check fifo.sv --testbench fifo_tb.sv
  rtlwright check new/alu.sv --against old/alu.v
  rtlwright check soc.sv uart.sv --top uart --against golden.v --vcd diff.vcd --json
"""


@click.command(epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--top", help="Top module; by default, whatever is instantiated nowhere.")
@click.option(
    "--testbench",
    type=click.Path(path_type=Path),
    help="Simulate under this testbench; by default, under the project's own (check.testbench).",
)
@click.option(
    "--against", type=click.Path(path_type=Path), metavar="REF", help="Compare with this reference module."
)
@click.option("--vcd", type=click.Path(path_type=Path), help="With --against: write the waveforms here.")
@server_option
@json_option
@click.pass_context
def check(
    ctx: click.Context,
    files: tuple[Path, ...],
    top: str | None,
    testbench: Path | None,
    against: Path | None,
    vcd: Path | None,
    server_url: str | None,
    as_json: bool,
) -> None:
    """Run the gate by hand on whole files, in the context of their project.

    With --against, both designs get the same random inputs for 1,000 cycles, and Yosys looks for inputs that
    make a difference within some cycles after reset. The modules may have different names; with several in a
    file, --top names the one that is meant.

    Exit status 1 if a file has an error, the testbench fails, the design differs from the reference, or
    nothing could be compared.
    """
    if vcd is not None and against is None:
        raise UserError("--vcd: there are waveforms only with --against REF")
    documents = tuple(read_document(path) for path in files)
    bench = read_document(testbench) if testbench else None
    reference = read_document(against) if against else None
    request = CheckRequest(
        documents,
        top,
        bench,
        find_testbench=reference is None,
        reference=reference,
        waves=vcd is not None,
        manual=True,
    )
    with a_service(_around(files), asked_of(server_url)) as service:
        report = service.check(request, Cancel())
        root = service.index.root
    if vcd is not None and report.against is not None:
        _write(vcd, report.against.waves)
    if as_json:
        print_json(check_json(report))
    else:
        console().print(check_view(report, lambda file: shown(root / file)))
    ctx.exit(0 if report.verdict.status in (Status.PASS, Status.WARN) else 1)


def _around(files: Sequence[Path]) -> Path:
    """The files' project; where no sign says what that is, the folder that has them all."""
    first = project_root(files[0].absolute())
    if all(Path(os.path.normpath(path.absolute())).is_relative_to(first) for path in files):
        return files[0]
    shared = Path(os.path.commonpath([os.path.normpath(path.absolute()) for path in files]))
    return files[0] if shared == Path.home() or shared in Path.home().parents else shared


def _write(path: Path, waves: str | None) -> None:
    if waves is None:
        click.echo(f"note: no waveforms, so {path} is not written", err=True)
        return
    write_whole(path, waves)
