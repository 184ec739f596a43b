"""`rtlwright demo`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from rtlwright.server.commands.common import json_option, local_service, print_json
from rtlwright.server.demo.cases import examples_dir
from rtlwright.server.demo.render import export_svg, run_demo
from rtlwright.server.demo.run import demo_json, exit_status
from rtlwright.server.terminal import console

_EPILOG = """\b
Examples:
  rtlwright demo
  rtlwright demo fifo-read-pointer spec-mux4
  rtlwright demo --json
"""


@click.command(epilog=_EPILOG)
@click.argument("cases", nargs=-1)
@json_option
@click.option("--svg", type=click.Path(path_type=Path), hidden=True, help="Draw it as a picture too.")
@click.pass_context
def demo(ctx: click.Context, cases: tuple[str, ...], as_json: bool, svg: Path | None) -> None:
    """Completions and modules on the example files, with every verdict. Works offline.

    CASES are names of cases; all of them by default. Exit status 1 if nothing passed the gate.
    """
    # The example files are no one's preferences: what the demo shows is not recorded.
    with local_service(examples_dir(), {"feedback": {"capture": "off"}}) as service:
        service.warm()
        results = run_demo(service, Console(quiet=True) if as_json else console(), cases or None)
    if as_json:
        print_json(demo_json(results))
    if svg is not None:
        export_svg(results, svg)
    ctx.exit(exit_status(results))
