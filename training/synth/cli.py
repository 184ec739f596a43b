"""`rtlwright synth`."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from rtlwright.server.cli import interrupted
from rtlwright.server.errors import UserError
from rtlwright.server.terminal import console, error_console
from rtlwright.training.synth.decontaminate import open_source
from rtlwright.training.synth.families import all_families
from rtlwright.training.synth.generate import Generator, Settings, SettingsError
from rtlwright.training.synth.verify import IverilogMissingError, require_iverilog

_QUESTIONS = 300
_EPILOG = """\b
Examples:
  rtlwright synth --count 2000 --seed 1 --out runs/synth
  rtlwright synth --count 500 --families mux2,register --out runs/small
  rtlwright synth --count 60000 --against verilog-eval --against questions/known --out runs/train
  rtlwright synth --questions --seed 9 --out questions
  rtlwright synth --list
"""


def _selected(families: str, held_out: bool) -> tuple[str, ...]:
    known = all_families()
    if not families:
        return tuple(name for name, family in known.items() if family.held_out == held_out)
    names = tuple(name.strip() for name in families.split(",") if name.strip())
    for name in names:
        if name not in known:
            raise click.UsageError(f"--families: there is no family '{name}'; see rtlwright synth --list")
    return names


def _list(as_json: bool) -> None:
    families = all_families().values()
    if as_json:
        rows = [{"name": f.name, "held_out": f.held_out, "doc": f.doc} for f in families]
        click.echo(json.dumps({"families": rows}))
        return
    table = Table("family", "held out", "what it writes")
    for f in families:
        table.add_row(f.name, "yes" if f.held_out else "", f.doc)
    console().print(table)


def _cpu_seconds() -> float:
    """What this process and its finished children have used so far."""
    return sum(os.times()[:4])


def _generate(generator: Generator, quiet: bool) -> tuple[int, float, float]:
    """(rows written, seconds, seconds of CPU), with a progress bar on stderr."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    began, used = time.monotonic(), _cpu_seconds()
    with Progress(*columns, console=error_console(), disable=quiet) as progress:
        task = progress.add_task("verified triples", total=generator.settings.count)
        fresh = generator.run(lambda p: progress.update(task, completed=p.done))
    return fresh, time.monotonic() - began, _cpu_seconds() - used


def _fail(message: str, status: int) -> None:
    click.echo(f"rtlwright synth: {message}", err=True)
    sys.exit(status)


def _facts(generator: Generator, fresh: int, seconds: float, cpu: float) -> dict[str, Any]:
    """What a run did; `per_cpu_second` is the throughput of a core that has nothing else to do."""
    rate = fresh / seconds if fresh else 0.0
    return {
        "out": str(generator.out), "rows": generator.settings.count, "written": fresh,
        "rejected": len(generator.rejections), "overlapping": generator.decontaminator.report.dropped.total(),
        "seconds": round(seconds, 2), "per_second": round(rate, 1), "jobs": generator.jobs,
        "per_second_and_job": round(rate / generator.jobs, 1),
        "per_cpu_second": round(fresh / cpu, 1) if cpu else 0.0,
    }  # fmt: skip


def _say(facts: dict[str, Any]) -> None:
    click.echo(
        f"{facts['rows']} triples in {facts['out']} ({facts['written']} new, {facts['rejected']} rejected by "
        f"verification, {facts['overlapping']} dropped for overlap), {facts['seconds']:.1f} s, "
        f"{facts['per_second']} triples/s with {facts['jobs']} jobs: {facts['per_second_and_job']} a job, "
        f"{facts['per_cpu_second']} per second of CPU"
    )


@click.command(epilog=_EPILOG)
@click.option("--count", type=click.IntRange(1), default=1000, show_default=True, help="How many triples.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same bytes.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder of the JSONL shards.")
@click.option("--shard-size", type=click.IntRange(1), default=1000, show_default=True, help="Rows a shard.")
@click.option("--families", default="", help="Comma-separated names; all that are trained on by default.")
@click.option("--held-out/--no-held-out", default=False, help="Only the families kept from training.")
@click.option(
    "--questions",
    is_flag=True,
    help="Write what models are measured with: 300 rows of known families in OUT/known and 300 of the "
    "others in OUT/held-out.",
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option(
    "--yosys", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="Share Yosys reads."
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    multiple=True,
    envvar="RTLWRIGHT_BENCHMARKS",
    help="Benchmark or rows that no row may overlap; several are possible.",
)
@click.option("--list", "list_", is_flag=True, help="List the families and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def synth(
    count: int, seed: int, out: Path | None, shard_size: int, families: str, held_out: bool,
    questions: bool, jobs: int,
    yosys: float, against: tuple[Path, ...], list_: bool, as_json: bool,
) -> None:  # fmt: skip
    """Write verified (specification, module, testbench) triples."""
    if list_:
        return _list(as_json)
    if out is None:
        _fail("--out is missing: name the folder for the shards", 2)
    parts = [(out, count, held_out)]
    if questions:
        parts = [(out / "known", _QUESTIONS, False), (out / "held-out", _QUESTIONS, True)]
    told: list[dict[str, Any]] = []
    try:
        require_iverilog()
        sources = [open_source(path) for path in against]
        for folder, number, kept_out in parts:
            settings = Settings(seed, number, _selected(families, kept_out), shard_size, yosys)
            generator = Generator(settings, folder, jobs, sources)
            told.append(_facts(generator, *_generate(generator, quiet=as_json)))
    except click.UsageError as error:
        return _fail(error.message, 2)
    except (SettingsError, UserError, OSError) as error:
        return _fail(str(error), 2)
    except IverilogMissingError as error:
        return _fail(str(error), 3)
    except KeyboardInterrupt:
        return _fail(f"interrupted; complete shards are in {out}, the same command continues", interrupted())
    if as_json:
        click.echo(json.dumps({"parts": told} if questions else told[0]))
    else:
        for facts in told:
            _say(facts)
    return None


def main(arguments: Sequence[str] | None = None) -> None:
    """`python -m rtlwright.training.synth`"""
    synth.main(args=list(arguments) if arguments is not None else None, prog_name="rtlwright synth")
