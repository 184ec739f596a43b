"""A second try at what the gate refuses: its diagnostics go back to the model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rtlwright.eval.harness import Harness
from rtlwright.eval.measure import Run
from rtlwright.eval.passk import Interval, interval
from rtlwright.eval.plan import Plan, carry_out
from rtlwright.eval.problem import Problem
from rtlwright.eval.prompts import Prompt, Prompter
from rtlwright.eval.record import Record, Settings
from rtlwright.eval.sample import Sample
from rtlwright.eval.sampler import messages, sample_seed
from rtlwright.eval.served_model import ServedModel
from rtlwright.server.config import Config
from rtlwright.server.interface import interface_stage
from rtlwright.server.local import LocalService
from rtlwright.server.model.embedded import EmbeddedModel
from rtlwright.server.model.protocol import Model, ModelError, Sampling
from rtlwright.server.types import Cancel, CheckRequest, Diagnostic, Document, Severity, Status

_MOST = 8
"""Messages that a model is told: the first are the causes, the rest their consequences."""


def repaired(run: Run, rounds: int) -> Mapping[str, Interval]:
    """The run's samples, those that the gate refuses mended in up to `rounds` tries.

    Returns pass@1 and compile@1 "repaired", and for comparison pass@1 "resampled": what is expected if each
    sample that does not compile is replaced by up to `rounds` further ones, drawn anew, until one does.
    """
    plan, recipe = run.plan, run.plan.recipe
    assert recipe is not None and plan.model is not None
    settings = Settings(
        plan.settings.benchmark, plan.settings.model, {**plan.settings.values, "repair": rounds}
    )
    overrides = {"model": {"engine": "off"}, "feedback": {"capture": "off"}}
    gate = LocalService(Config.load(Path.cwd(), overrides), Path.cwd())
    prompter = Prompter(recipe.form, recipe.shots, recipe.scripts)
    mender = Mender(plan.model, gate, plan.harness, prompter, recipe.sampling, rounds)
    given = [record.sample for record in run.records]
    try:
        records = carry_out(
            Plan(plan.harness, settings, given=given, made=mender.mended), run.toolchain,
            run.log.with_name(f"{run.log.stem}.repaired{rounds}.jsonl"), run.options.workers,
        )  # fmt: skip
    finally:
        gate.close()
    return {
        "pass@1 repaired": interval([_share(g, True) for g in _grouped(records)]),
        "compile@1 repaired": interval([_share(g, False) for g in _grouped(records)]),
        "pass@1 resampled": interval([resampled(g, rounds) for g in _grouped(run.records)]),
    }


@dataclass(frozen=True)
class Mender:
    """Asks `model` again until the gate lets the text pass, `rounds` times at most."""

    model: Model
    gate: LocalService
    harness: Harness
    prompter: Prompter
    sampling: Sampling
    rounds: int

    def mended(self, sample: Sample) -> Sample:
        """`sample`, or what became of it."""
        problem = next(each for each in self.harness.problems if each.id == sample.problem)
        for attempt in range(self.rounds):
            errors = self._errors(problem, sample.text) if sample.text.strip() else []
            if not errors:
                break
            try:
                sample = replace(sample, text=self._again(problem, sample, errors, attempt))
            except ModelError:
                break
        return sample

    def _errors(self, problem: Problem, text: str) -> list[Diagnostic]:
        """What `rtlwright generate` would refuse the module for, agreement apart."""
        document = Document.of(Path.cwd() / "design.sv", text)
        stages = list(self.gate.check(CheckRequest((document,)), Cancel()).verdict.stages)
        listed = interface_stage(text, problem.description)
        failed = [stage for stage in [*stages, *([listed] if listed else [])] if stage.status is Status.FAIL]
        found = [each for stage in failed for each in stage.diagnostics]
        return [each for each in found if each.severity is Severity.ERROR]

    def _again(self, problem: Problem, sample: Sample, errors: Sequence[Diagnostic], attempt: int) -> str:
        seed = sample_seed(self.sampling.seed, f"{problem.id} mended {attempt}", sample.index)
        sampling = replace(self.sampling, n=1, greedy_first=False, seed=seed)
        prompt = self.prompter.prompt(problem)
        if isinstance(self.model, ServedModel):
            talk = [*messages(prompt), {"role": "assistant", "content": f"```verilog\n{sample.text}```"}]
            talk.append({"role": "user", "content": request(errors)})
            answer = self.model.chat(talk, sampling, Cancel())[0].text
        else:
            answer = self._rewritten(prompt, sample.text, errors, sampling, attempt)
        return self.harness.sample_text(problem, answer, prompt.form)

    def _rewritten(
        self, prompt: Prompt, text: str, errors: Sequence[Diagnostic], sampling: Sampling, attempt: int
    ) -> str:
        if not isinstance(self.model, EmbeddedModel):
            found = self.model.write(prompt.text, sampling, Cancel())
            return found[0].text if found else text
        begun = kept(text, errors, attempt)
        return begun + self.model.go_on(prompt.text, begun, sampling, Cancel())[0].text


def kept(text: str, errors: Sequence[Diagnostic], attempt: int) -> str:
    """What stands before the first error; with each further attempt half of it, since the cause may be there.

    >>> from rtlwright.server.types import Diagnostic, Severity
    >>> error = Diagnostic(Severity.ERROR, 3, 1, "undeclared", "slang")
    >>> kept("a\\nb\\nc\\nd\\n", [error], 0), kept("a\\nb\\nc\\nd\\n", [error], 1)
    ('a\\nb\\n', 'a\\n')
    """
    lines = text.splitlines(keepends=True)  # a line end belongs to the token before it
    first = min((error.line for error in errors), default=0) or 1
    return "".join(lines[: min(first - 1, len(lines) - 1) >> attempt])


def request(errors: Sequence[Diagnostic]) -> str:
    """What a served model is told of its module."""
    told = "".join(
        f"line {error.line}: {error.message} ({error.tool})\n" if error.line else f"{error.message}\n"
        for error in errors[:_MOST]
    )
    return f"This module is refused:\n{told}Correct it. Answer with the whole module."


def resampled(records: Sequence[Record], rounds: int) -> float:
    """Expected pass rate if what does not compile is drawn again, up to `rounds` times, from the others.

    >>> resampled([], 1)
    0.0
    """
    passing = _share(records, True)
    broken = 1.0 - _share(records, False)
    # A draw that does not compile is drawn again: the first draw's chance times 1 + b + b² + …
    return passing * sum(broken**draw for draw in range(rounds + 1))


def _share(records: Sequence[Record], passed: bool) -> float:
    found = [record.score.passed if passed else record.score.compiled for record in records]
    return sum(found) / len(found) if found else 0.0


def _grouped(records: Sequence[Record]) -> list[list[Record]]:
    groups: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[record.sample.problem].append(record)
    return list(groups.values())
