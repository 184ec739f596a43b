"""`rtlwright eval spec`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from rtlwright.eval.measure import Run, by_name, measure
from rtlwright.eval.options import Options, run_options
from rtlwright.eval.passk import Interval
from rtlwright.eval.spec.gate import picked
from rtlwright.eval.spec.harness import load_specs
from rtlwright.eval.spec.repair import repaired
from rtlwright.server.errors import UserError

_EPILOG = """\b
Examples:
  rtlwright synth --held-out --count 100 --seed 9 --out held-out
  rtlwright eval spec --problems held-out --model embedded -n 5 --repair 2
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--problems",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="Rows of `rtlwright synth`.",
)
@click.option("--gate/--no-gate", default=True, help="Run the samples through the gate and the vote as well.")
@click.option(
    "--repair",
    type=click.IntRange(0, 10),
    default=0,
    show_default=True,
    help="Tries to mend a sample that the gate refuses.",
)
@run_options
def spec(problems: Path, gate: bool, repair: int, **given: Any) -> None:
    """Score a model on generated specifications that it was not trained on, with and without the gate.

    The samples are the same for all: "picked first" takes the first one, "picked gate" the first that
    compiles, "picked vote" what `rtlwright generate` would put first, "picked any" is what a perfect choice
    would reach.

    With --repair a sample that the gate refuses goes back to the model with the gate's diagnostics (a served
    model), or is written again from the line of the first error on (a local one): "repaired". "resampled" is
    what as many fresh samples would do.
    """

    def more(run: Run) -> Mapping[str, Interval]:
        found = dict(picked(run.plan.harness, run.records)) if gate else {}
        return found | dict(repaired(run, repair) if repair else {})

    options = Options(**given)
    if repair and (options.model is None or options.ray):
        raise UserError("--repair needs the model: give --model, and do without --ray")
    measure(load_specs(problems), options, "rtllm", by_name, {}, more=more)
