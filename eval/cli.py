"""`rtlwright eval`: each benchmark's command is imported when it is asked for."""

from __future__ import annotations

import click

from rtlwright.server.lazy_group import LazyGroup

COMMANDS = {
    "verilogeval": ("rtlwright.eval.verilogeval.command", "verilogeval", "VerilogEval v1 and v2: pass@k."),
    "rtllm": ("rtlwright.eval.rtllm.command", "rtllm", "RTLLM v1.1 and v2.0: compiles, and passes."),
    "spec": ("rtlwright.eval.spec.command", "spec", "Held-out specifications, with and without the gate."),
    "completion": ("rtlwright.eval.completion.command", "completion", "Completion in real repositories."),
    "report": ("rtlwright.eval.report.command", "report", "Compare runs: tables, differences, plots."),
    "merge": ("rtlwright.eval.merge", "merge", "Logs of several machines as one."),
}

_EPILOG = """\b
Examples:
  rtlwright eval verilogeval --problems VerilogEval_Human.jsonl --samples reference
  rtlwright eval verilogeval --problems VerilogEval_Human.jsonl --model embedded
"""


@click.group(cls=LazyGroup, lazy=COMMANDS, epilog=_EPILOG, name="eval")
def evaluate() -> None:
    """Measure models with published benchmarks, in a sandbox, resumably.

    A run writes a JSONL log; the same command goes on where a stopped one ended.
    """
