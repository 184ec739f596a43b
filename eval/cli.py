"""`rtlwright eval`: each benchmark's command is imported when it is asked for."""

from __future__ import annotations

import importlib

import click

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


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = getattr(importlib.import_module(entry[0]), entry[1])
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry[2]) for name, entry in COMMANDS.items()])


@click.group(cls=_LazyGroup, epilog=_EPILOG, name="eval")
def evaluate() -> None:
    """Measure models with published benchmarks, in a sandbox, resumably.

    A run writes a JSONL log; the same command goes on where a stopped one ended.
    """
