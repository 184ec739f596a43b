"""The options that every benchmark's command has."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from rtlwright.eval.prompts import Form
from rtlwright.eval.settings import PRESETS, Preset

_FORMS = click.Choice([str(form) for form in Form])


@dataclass(frozen=True)
class Options:
    """As given on the command line; None is "not given"."""

    samples: str | None
    model: str | None
    name: str | None
    preset: str | None
    n: int | None
    temperature: float | None
    top_p: float | None
    max_tokens: int
    seed: int
    prompt: str | None
    examples: int
    only: str | None
    log: Path | None
    workers: int
    ray: str | None
    concurrency: int
    as_json: bool

    def sampling(self, usual: str) -> Preset:
        """The preset (or `usual`), with what was given besides."""
        base = PRESETS[self.preset or usual]
        return Preset(
            base.n if self.n is None else self.n,
            base.temperature if self.temperature is None else self.temperature,
            base.top_p if self.top_p is None else self.top_p,
            base.says,
        )


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options to a click command; its function gets them one by one, for `Options`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option("--samples", metavar="PLACE", help='Score what exists: a file, a folder, or "reference".'),
    click.option("--model", metavar="MODEL", help="embedded, a GGUF file, a server's URL, or scripted:FILE."),
    click.option("--name", help="With a URL: the model's name on that server."),
    click.option("--preset", type=click.Choice(list(PRESETS)), help="n, temperature and top_p of a paper."),
    click.option("-n", "n", type=click.IntRange(1, 10_000), help="Samples a problem."),
    click.option("--temperature", type=click.FloatRange(0, 2), help="Sampling temperature."),
    click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), help="Nucleus sampling."),
    click.option("--max-tokens", type=click.IntRange(1), default=1024, show_default=True, help="Of one."),
    click.option("--seed", type=int, default=0, show_default=True, help="Seed of all samples."),
    click.option("--prompt", type=_FORMS, help="How the model is asked; chat for a URL, else instruction."),
    click.option(
        "--examples", type=click.IntRange(0, 4), default=0, show_default=True, help="In-context examples."
    ),
    click.option("--only", metavar="TEXT", help="Only problems whose name has TEXT in it."),
    click.option("--log", type=click.Path(path_type=Path), help="JSONL log; a stopped run goes on there."),
    click.option(
        "--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="cores",
        help="Simulators side by side.",
    ),
    click.option("--ray", metavar="ADDRESS", help="Share the work out on a Ray cluster (extra 'ray')."),
    click.option(
        "--concurrency", type=click.IntRange(1), default=8, show_default=True, help="Requests to a server."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout."),
)  # fmt: skip
