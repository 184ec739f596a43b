"""Samples from a model: one independent request for each, with a seed that follows from its name alone."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from rtlwright.eval.harness import Harness
from rtlwright.eval.http_model import HttpModel
from rtlwright.eval.problem import Problem
from rtlwright.eval.prompts import Form, Prompt, Prompter
from rtlwright.eval.sample import Sample, digest
from rtlwright.server.model.protocol import Generation, Model, ModelError, Sampling
from rtlwright.server.model.scripted import ScriptedModel
from rtlwright.server.types import Cancel


@dataclass(frozen=True)
class Sampler:
    """Asks `model`; `concurrency` requests are under way at a time."""

    model: Model
    harness: Harness
    prompter: Prompter
    sampling: Sampling
    concurrency: int = 1

    def samples(self, wanted: Iterable[tuple[Problem, int]]) -> Iterator[Sample]:
        """As they are finished. Raises what a model raises that cannot be reached at all (`UserError`)."""
        tasks = iter(wanted)
        with ThreadPoolExecutor(self.concurrency, thread_name_prefix="rtlwright-sample") as threads:
            waiting: set[Future[Sample]] = set()
            try:
                for problem, index in tasks:
                    waiting.add(threads.submit(self.sample, problem, index))
                    if len(waiting) > self.concurrency:
                        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                        yield from (future.result() for future in done)
                while waiting:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            finally:
                for future in waiting:
                    future.cancel()

    def sample(self, problem: Problem, index: int) -> Sample:
        """One sample; what the model could not answer is a sample with an `error`."""
        prompt = self.prompter.prompt(problem)
        name = digest(f"{prompt.system}\0{prompt.text}")
        begun = time.monotonic()
        try:
            answer = self._ask(prompt, problem.id, index)
        except ModelError as error:
            return Sample(problem.id, index, "", name, error=str(error)[:500])
        text = self.harness.sample_text(problem, answer.text, prompt.form)
        return Sample(problem.id, index, text, name, answer.tokens, round(time.monotonic() - begun, 3))

    def _ask(self, prompt: Prompt, problem: str, index: int) -> Generation:
        sampling = replace(
            self.sampling, n=1, greedy_first=False, seed=sample_seed(self.sampling.seed, problem, index)
        )
        if isinstance(self.model, ScriptedModel):  # its answers are a list: the sample's own one is wanted
            sampling = replace(sampling, n=1 << 16)
        if isinstance(self.model, HttpModel):
            self.model.system = prompt.system
        if prompt.form is Form.COMPLETION:
            found = self.model.fill(prompt.text, "", sampling, Cancel())
        else:
            found = self.model.write(prompt.text, sampling, Cancel())
        if not found:
            raise ModelError("no answer")
        return found[index % len(found)]


def sample_seed(seed: int, problem: str, index: int) -> int:
    """31 bits that depend on nothing else: a run that is resumed, or shared out, draws the same samples."""
    name = hashlib.blake2b(f"{seed}:{problem}:{index}".encode(), digest_size=4).digest()
    return int.from_bytes(name, "big") >> 1
