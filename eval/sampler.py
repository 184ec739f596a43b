"""Samples from a model: one independent request for each, with a seed that follows from its name alone."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from rtlwright.eval.harness import Harness
from rtlwright.eval.problem import Problem
from rtlwright.eval.prompts import Form, Prompt, Prompter
from rtlwright.eval.sample import Sample, digest
from rtlwright.eval.served_model import ServedModel
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
        """As they are finished; what is under way ends with this generator.

        Raises what a model raises that cannot be reached at all (`UserError`).
        """
        with ThreadPoolExecutor(self.concurrency, thread_name_prefix="rtlwright-sample") as threads:
            waiting: dict[Future[Sample], Cancel] = {}
            try:
                for problem, index in wanted:
                    cancel = Cancel()
                    waiting[threads.submit(self.sample, problem, index, cancel)] = cancel
                    if len(waiting) > self.concurrency:
                        yield from _finished(waiting)
                while waiting:
                    yield from _finished(waiting)
            finally:
                for future, cancel in waiting.items():
                    future.cancel()
                    cancel.cancel()

    def sample(self, problem: Problem, index: int, cancel: Cancel | None = None) -> Sample:
        """One sample; what the model could not answer is a sample with an `error`."""
        prompt = self.prompter.prompt(problem)
        name = digest(f"{prompt.system}\0{prompt.text}")
        begun = time.monotonic()
        try:
            answer = self._ask(prompt, problem.id, index, cancel or Cancel())
        except ModelError as error:
            return Sample(problem.id, index, "", name, error=str(error)[:500])
        text = self.harness.sample_text(problem, answer.text, prompt.form)
        return Sample(problem.id, index, text, name, answer.tokens, round(time.monotonic() - begun, 3))

    def _ask(self, prompt: Prompt, problem: str, index: int, cancel: Cancel) -> Generation:
        sampling = replace(
            self.sampling, n=1, greedy_first=False, seed=sample_seed(self.sampling.seed, problem, index)
        )
        if isinstance(self.model, ScriptedModel):  # its answers are a list: the sample's own one is wanted
            sampling = replace(sampling, n=1 << 16)
        if prompt.form is Form.COMPLETION:
            found = self.model.fill(prompt.text, "", sampling, cancel)
        elif isinstance(self.model, ServedModel):
            found = self.model.chat(messages(prompt), sampling, cancel)
        else:
            found = self.model.write(prompt.text, sampling, cancel)
        if not found:
            raise ModelError("no answer")
        return found[index % len(found)]


def _finished(waiting: dict[Future[Sample], Cancel]) -> Iterator[Sample]:
    """Waits for some, and takes them out of `waiting`."""
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        del waiting[future]
        yield future.result()


def messages(prompt: Prompt) -> list[dict[str, str]]:
    """A prompt as a conversation."""
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    return [*system, {"role": "user", "content": prompt.text}]


def sample_seed(seed: int, problem: str, index: int) -> int:
    """31 bits that depend on nothing else: a run that is resumed, or shared out, draws the same samples."""
    name = hashlib.blake2b(f"{seed}:{problem}:{index}".encode(), digest_size=4).digest()
    return int.from_bytes(name, "big") >> 1
