"""What the commands share: from options to a summary."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from rtlwright.eval.given import REFERENCE, given_samples
from rtlwright.eval.harness import Harness
from rtlwright.eval.models import open_named, prove, usual_form
from rtlwright.eval.options import Options
from rtlwright.eval.passk import Interval
from rtlwright.eval.plan import Plan, carry_out, default_log
from rtlwright.eval.prompts import Form
from rtlwright.eval.recipe import Recipe
from rtlwright.eval.record import Record, Settings
from rtlwright.eval.sample import digest
from rtlwright.eval.show import show
from rtlwright.eval.summary import Summary, summarize
from rtlwright.eval.toolchain import Toolchain
from rtlwright.eval.weights import weights
from rtlwright.server.config import Config
from rtlwright.server.errors import UserError
from rtlwright.server.model.protocol import Model, Sampling


@dataclass(frozen=True)
class Run:
    """What was carried out; the plan's model is still open."""

    plan: Plan
    records: Sequence[Record]
    toolchain: Toolchain
    log: Path
    options: Options
    config: Config


More = Callable[[Run], Mapping[str, Interval]]
Narrow = Callable[[Harness, str], Harness]


def measure(
    harness: Harness, options: Options, usual: str, narrow: Narrow, own: Mapping[str, Any],
    scripts: Path | None = None, more: More | None = None,
) -> tuple[Summary, list[Record]]:  # fmt: skip
    """Carries out what the options say, and prints the summary.

    Args:
        usual: name of the preset that holds where nothing is given.
        narrow: the harness with the problems alone whose names have a text in them.
        own: settings of the benchmark itself.
        more: further metrics of the run.
    """
    config = Config.load(Path.cwd())
    toolchain = Toolchain.find(config.check)
    if toolchain.note:
        click.echo(f"note: {toolchain.note}", err=True)
    if not harness.problems:
        raise UserError("--problems: there is no problem; see docs/evaluation.md for the layouts")
    own = {**own, "problems": _identity(harness)}
    harness = narrow(harness, options.only) if options.only else harness
    if not harness.problems:
        raise UserError(f"--only {options.only}: no problem has that in its name")
    model = _model(options, config)
    try:
        plan = _plan(harness, options, usual, own, model, config, scripts)
        log = options.log or default_log(plan.settings)
        records = _carry_out(plan, toolchain, log, options, config)
        summary = summarize(records)
        if more is not None:
            found = more(Run(plan, records, toolchain, log, options, config))
            summary = replace(summary, metrics={**summary.metrics, **found})
    finally:
        if model is not None:
            model.close()
    if options.as_json:
        sys.stdout.write(json.dumps({**summary.json(), "log": str(log)}) + "\n")
    else:
        show(summary)
        click.echo(f"log: {log}", err=True)
    return summary, records


def _carry_out(plan: Plan, toolchain: Toolchain, log: Path, options: Options, config: Config) -> list[Record]:
    if options.ray is None:
        return carry_out(plan, toolchain, log, options.workers)
    from rtlwright.eval.ray_shards import carry_out_on_ray

    return carry_out_on_ray(replace(plan, model=None), config.check, log, options.ray)


def _model(options: Options, config: Config) -> Model | None:
    if (options.samples is None) == (options.model is None):
        raise UserError("give either --samples (to score what exists) or --model (to sample from one)")
    return open_named(options.model, options.name, config.model) if options.model else None


def _plan(
    harness: Harness, options: Options, usual: str, own: Mapping[str, Any], model: Model | None,
    config: Config, scripts: Path | None,
) -> Plan:  # fmt: skip
    if model is None:
        assert options.samples is not None
        given = given_samples(options.samples, harness.problems)
        texts = digest("\0".join(f"{s.problem}\0{s.index}\0{s.text}" for s in given))
        label = REFERENCE if options.samples == REFERENCE else Path(options.samples).name
        return Plan(harness, Settings(harness.name, label, {**own, "samples": texts}), given=given)
    assert options.model is not None
    preset = options.sampling(usual)
    form = Form(options.prompt) if options.prompt else usual_form(options.model)
    prove(model)
    values = {
        **own, "prompt": str(form), "examples": options.examples, "temperature": preset.temperature,
        "top_p": preset.top_p, "max_tokens": options.max_tokens, "seed": options.seed,
        "engine": options.model, **weights(options.model, config.model),
    }  # fmt: skip
    sampling = Sampling(
        max_tokens=options.max_tokens, temperature=preset.temperature, top_p=preset.top_p, seed=options.seed
    )
    served = options.model.startswith(("http://", "https://"))
    recipe = Recipe(
        options.model, options.name, config.model, form, options.examples, scripts, sampling,
        options.concurrency if served else 1,
    )  # fmt: skip
    return Plan(harness, Settings(harness.name, model.name, values), preset.n, recipe, model=model)


def _identity(harness: Harness) -> str:
    """Another edition of the problems is another benchmark."""
    parts = ["\0".join((p.id, p.description, p.header, *(f.text for f in p.test))) for p in harness.problems]
    return digest("\0\0".join(parts))[:16]


def by_name(harness: Any, text: str) -> Any:
    """Any harness that is a dataclass with `problems`."""
    return replace(harness, problems=tuple(p for p in harness.problems if text in p.id))
