"""How to open a model and sample from it: data alone, so that another machine can do it too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rtlwright.eval.harness import Harness
from rtlwright.eval.models import open_named
from rtlwright.eval.prompts import Form, Prompter
from rtlwright.eval.sampler import Sampler
from rtlwright.server.config import ModelConfig
from rtlwright.server.model.protocol import Model, Sampling


@dataclass(frozen=True)
class Recipe:
    """`model` and `name` as the user gave them."""

    model: str
    name: str | None
    config: ModelConfig
    form: Form
    shots: int
    scripts: Path | None
    sampling: Sampling
    concurrency: int

    def open(self) -> Model:
        """The caller closes it. Raises `UserError`."""
        return open_named(self.model, self.name, self.config)

    def sampler(self, model: Model, harness: Harness) -> Sampler:
        prompter = Prompter(self.form, self.shots, self.scripts)
        return Sampler(model, harness, prompter, self.sampling, self.concurrency)
