"""`rtlwright eval rtllm`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rtlwright.eval.measure import by_name, measure
from rtlwright.eval.options import Options, run_options
from rtlwright.eval.rtllm.harness import load_rtllm
from rtlwright.eval.rtllm.known_bad import complaint, known

_EPILOG = """\b
Examples:
  rtlwright eval rtllm --problems RTLLM --samples reference
  rtlwright eval rtllm --problems RTLLM --model http://gpu:8000/v1 --name CodeV-R1-7B
  rtlwright eval rtllm --problems RTLLM --samples RTLLM/_chatgpt4
"""


@click.command(epilog=_EPILOG)
@click.option("--problems", type=click.Path(path_type=Path), required=True, help="A checkout of RTLLM.")
@run_options
@click.pass_context
def rtllm(ctx: click.Context, /, problems: Path, **given: Any) -> None:
    """Score a model, or samples that exist, on RTLLM: compiles, and its testbench says "Pass".

    With --samples reference the reference designs are scored, and those known to fail are listed with the
    reason; exit status 1 if another one fails.
    """
    options = Options(**given)
    _, records = measure(load_rtllm(problems), options, "rtllm", by_name, {})
    if options.samples == "reference":
        for line in known(records):
            click.echo(line, err=True)
        words = complaint(records)
        if words:
            click.echo(words, err=True)
            ctx.exit(1)
