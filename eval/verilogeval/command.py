"""`rtlwright eval verilogeval`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rtlwright.eval.harness import Harness
from rtlwright.eval.measure import by_name, measure
from rtlwright.eval.options import Options, run_options
from rtlwright.eval.verilogeval.self_check import complaint
from rtlwright.eval.verilogeval.v1 import load_v1
from rtlwright.eval.verilogeval.v2 import load_v2
from rtlwright.server.errors import UserError

_EPILOG = """\b
Examples:
  rtlwright eval verilogeval --problems VerilogEval_Human.jsonl --model embedded
  rtlwright eval verilogeval --problems verilog-eval/dataset_spec-to-rtl --preset v2-high \\
      --model http://gpu:8000/v1 --name Qwen2.5-Coder-7B-Instruct
  rtlwright eval verilogeval --problems VerilogEval_Human.jsonl --samples mine.jsonl --json
  rtlwright eval verilogeval --problems VerilogEval_Human.jsonl --samples reference
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--problems",
    type=click.Path(path_type=Path),
    required=True,
    help="v1: a JSONL file; v2: a dataset folder.",
)
@click.option(
    "--descriptions", type=click.Path(path_type=Path), help="v1: JSONL file, if not beside the problems."
)
@click.option("--full", is_flag=True, help="Count every mismatch of failed samples (slower, same verdicts).")
@run_options
@click.pass_context
def verilogeval(
    ctx: click.Context, /, problems: Path, descriptions: Path | None, full: bool, **given: Any
) -> None:
    """Score a model, or samples that exist, as VerilogEval's own harness does.

    With --samples reference the benchmark's own solutions are scored; exit status 1 if one fails that
    should pass with this version of Icarus Verilog.
    """
    options = Options(**given)
    harness = _load(problems, descriptions, full)
    scripts = problems.parent / "scripts" if problems.is_dir() else None
    usual = "v2-high" if problems.is_dir() else "v1"
    _, records = measure(harness, options, usual, by_name, {"full": full}, scripts)
    if options.samples == "reference":
        words = complaint(records)
        if words:
            click.echo(words, err=True)
            ctx.exit(1)


def _load(place: Path, descriptions: Path | None, full: bool) -> Harness:
    if not place.exists():
        raise UserError(
            f"{place}: no such file or folder; --problems names v1's JSONL file or v2's dataset folder"
        )
    if place.is_file():
        return load_v1(place, descriptions, full)
    if any(place.glob("Prob*_prompt.txt")):
        return load_v2(place, full)
    files = sorted(file.name for file in place.glob("VerilogEval_*.jsonl"))
    if files:
        raise UserError(f"{place}: holds {' and '.join(files)}; name one of them with --problems")
    raise UserError(
        f"{place}: holds no Prob*_prompt.txt; --problems names v2's dataset folder or v1's JSONL file"
    )
