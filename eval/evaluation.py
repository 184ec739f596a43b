"""The loop of a run: samples in, records out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from rtlwright.eval.harness import Harness
from rtlwright.eval.job import Outcome
from rtlwright.eval.log import RunLog
from rtlwright.eval.pool import Pool
from rtlwright.eval.problem import Problem
from rtlwright.eval.record import Record
from rtlwright.eval.same import job_name
from rtlwright.eval.sample import Sample
from rtlwright.eval.score import Letter, Score

_AHEAD = 8
"""Samples in flight per worker: enough to keep all busy, few enough to lose little in a kill."""


@dataclass
class Evaluation:
    """Scores samples and writes them to the log; `on_record` is told of each."""

    harness: Harness
    log: RunLog
    pool: Pool
    tools: Mapping[str, str]
    on_record: Callable[[Record], None] = lambda record: None
    _failure: list[BaseException] = field(default_factory=list)

    def run(self, samples: Iterable[Sample]) -> None:
        """Returns when every sample has its record. Raises what scoring raised."""
        problems = {problem.id: problem for problem in self.harness.problems}
        room = threading.Semaphore(_AHEAD * self.pool.workers)
        for sample in samples:
            if sample.key in self.log:
                continue
            if self._failure:
                break
            self._score(problems[sample.problem], sample, room)
        for _ in range(_AHEAD * self.pool.workers):
            room.acquire()
        if self._failure:
            raise self._failure[0]

    def _score(self, problem: Problem, sample: Sample, room: threading.Semaphore) -> None:
        room.acquire()
        if not sample.text.strip():
            self._add(problem, sample, _without_text(sample))
            room.release()
            return
        future = self.pool.submit(
            job_name(problem.id, sample.text), lambda nonce: self.harness.job(problem, sample.text, nonce)
        )

        def done(future: Future[Outcome]) -> None:
            try:
                self._add(problem, sample, self.harness.judge(problem, sample.text, future.result()))
            except BaseException as error:
                self._failure.append(error)
            finally:
                room.release()

        future.add_done_callback(done)

    def _add(self, problem: Problem, sample: Sample, score: Score) -> None:
        record = Record(self.log.settings, self.tools, sample, score, problem.category)
        self.log.add(record)
        self.on_record(record)


def _without_text(sample: Sample) -> Score:
    reason = sample.error or "the answer holds no design"
    return Score(False, Letter.NO_ANSWER, f"failed: {reason}", False, reason=reason)
