"""`rtlwright eval spec`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rtlwright.eval.measure import by_name, measure
from rtlwright.eval.options import Options, run_options
from rtlwright.eval.spec.gate import picked
from rtlwright.eval.spec.harness import load_specs

_EPILOG = """\b
Examples:
  rtlwright synth --held-out --count 100 --seed 9 --out held-out
  rtlwright eval spec --problems held-out --model embedded -n 5
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--problems",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="Rows of `rtlwright synth`.",
)
@click.option("--gate/--no-gate", default=True, help="Run the samples through the gate and the vote as well.")
@run_options
def spec(problems: Path, gate: bool, **given: Any) -> None:
    """Score a model on generated specifications that it was not trained on, with and without the gate.

    The samples are the same for all: "picked first" takes the first one, "picked gate" the first that
    compiles, "picked vote" what `rtlwright generate` would put first, "picked any" is what a perfect choice
    would reach.
    """
    measure(load_specs(problems), Options(**given), "rtllm", by_name, {}, more=picked if gate else None)
