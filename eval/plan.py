"""A run from its options: harness, settings, log, samples, records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rtlwright.eval.evaluation import Evaluation
from rtlwright.eval.harness import Harness
from rtlwright.eval.log import RunLog
from rtlwright.eval.meter import Meter
from rtlwright.eval.pool import Pool
from rtlwright.eval.recipe import Recipe
from rtlwright.eval.record import Record, Settings
from rtlwright.eval.sample import Sample
from rtlwright.eval.toolchain import Toolchain
from rtlwright.server.model.protocol import Model


def _as_it_is(sample: Sample) -> Sample:
    return sample


@dataclass(frozen=True)
class Plan:
    """What is to be measured: `n` samples a problem from the recipe's model, or those that are `given`."""

    harness: Harness
    settings: Settings
    n: int = 1
    recipe: Recipe | None = None
    given: Sequence[Sample] = ()
    only: frozenset[tuple[str, int]] | None = None
    """A shard: these samples alone."""
    model: Model | None = None
    """The recipe's model, opened."""
    made: Callable[[Sample], Sample] = _as_it_is
    """What becomes of a given sample before it is scored."""

    @property
    def keys(self) -> list[tuple[str, int]]:
        """Names of all samples, in the order in which they are made."""
        if self.recipe is None:
            every = [sample.key for sample in self.given]
        else:
            every = [(problem.id, index) for problem in self.harness.problems for index in range(self.n)]
        return [key for key in every if self.only is None or key in self.only]

    def samples(self, wanted: set[tuple[str, int]]) -> Iterable[Sample]:
        """Those of `wanted`; a model is asked for them one by one."""
        if self.recipe is None:
            return (self.made(sample) for sample in self.given if sample.key in wanted)
        assert self.model is not None
        return self.recipe.sampler(self.model, self.harness).samples(
            (problem, index)
            for problem in self.harness.problems
            for index in range(self.n)
            if (problem.id, index) in wanted
        )


def default_log(settings: Settings) -> Path:
    """In the working directory, named by what is measured: the same command finds it again."""
    name = "".join(c if c.isalnum() or c in "-." else "-" for c in f"{settings.benchmark}-{settings.model}")
    return Path("rtlwright-eval") / f"{name}-{settings.key}.jsonl"


def carry_out(
    plan: Plan, toolchain: Toolchain, log: Path, workers: int, *, quiet: bool = False
) -> list[Record]:
    """Does what the log does not have yet; returns all records of the plan's samples."""
    keys = plan.keys
    run = RunLog(log, plan.settings)
    pool = Pool(toolchain, workers)
    missing = {key for key in keys if key not in run}
    try:
        if missing:
            pool.prove()
        with Meter(plan.settings.benchmark, len(keys), len(keys) - len(missing), quiet) as meter:
            Evaluation(
                plan.harness, run, pool, toolchain.versions(), lambda record: meter.step(record.score.passed)
            ).run(plan.samples(missing))
    finally:
        pool.close()
        run.close()
    wanted = set(keys)
    return [record for record in run.records if record.sample.key in wanted]
