"""The simulator pool: confined workers that compile and run samples, with a memory of what they have seen."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

import rtlwright.eval
from rtlwright.eval.job import Ended, Job, Outcome, ToolRun
from rtlwright.eval.problem import File
from rtlwright.eval.signature import new_nonce
from rtlwright.eval.toolchain import Toolchain
from rtlwright.server.check.confine.confined import ConfinedWorker
from rtlwright.server.errors import MissingError
from rtlwright.server.types import Cancel
from rtlwright.server.worker import Worker, WorkerDied, WorkerError

MEMORY_MB = 3072
_SPARE_S = 60.0
_REMEMBERED = 1 << 16


@dataclass
class Tally:
    """How often the pool had to work."""

    asked: int = 0
    run: int = 0
    deaths: int = 0
    processor_s: float = 0.0
    """Processor time of the workers and their tools."""
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


class Pool:
    """`workers` sandboxes side by side. Equal texts of one problem are run once.

    A worker that dies over a job is replaced; the job is tried once more in a fresh one, and then counts as
    killed. No job sees what another one wrote.
    """

    def __init__(self, toolchain: Toolchain, workers: int):
        self.workers = workers
        self.tally = Tally()
        self._toolchain = toolchain
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="rtlwright-eval")
        self._free: SimpleQueue[Worker] = SimpleQueue()
        self._all = [self._worker() for _ in range(workers)]
        for worker in self._all:
            self._free.put(worker)
        self._seen: OrderedDict[str, Future[Outcome]] = OrderedDict()
        self._lock = threading.Lock()
        self._cancel = Cancel()

    def prove(self) -> None:
        """Runs a design whose output is known: a simulator that does not work is no model's fault.

        Raises:
            MissingError: it does not do what it should.
        """
        text = 'module tb; initial begin $display("it works"); $finish; end endmodule\n'
        job = Job((File("proof.sv", text),), ("-g2012", "-s", "tb"), ("-n",), _SPARE_S)
        outcome = self.submit("proof", lambda nonce: job).result()
        if outcome.run is None or "it works" not in outcome.run.out:
            why = (outcome.compile.err or outcome.compile.out or "no output").splitlines()[0]
            raise MissingError(
                f"the simulator does not work in its sandbox ({why[:300]}); see rtlwright doctor"
            )

    def submit(self, name: str, make: Callable[[str], Job]) -> Future[Outcome]:
        """The outcome of `make(nonce)`. Jobs with the same `name` are the same job: run once."""
        with self._lock, self.tally.lock:
            self.tally.asked += 1
            known = self._seen.get(name)
            if known is not None:
                self._seen.move_to_end(name)
                return known
            self.tally.run += 1
            future = self._threads.submit(self._run, make)
            self._seen[name] = future
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            return future

    def close(self) -> None:
        """Ends everything, also what is under way."""
        self._cancel.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._all:
            worker.close()
        self._threads.shutdown(wait=True)

    def _worker(self) -> Worker:
        own = Path(rtlwright.eval.__file__).resolve().parent
        return ConfinedWorker(
            "simulator", self._toolchain.sandbox, MEMORY_MB, (own, *self._toolchain.paths),
            "rtlwright.eval.sim_worker",
        )  # fmt: skip

    def _run(self, make: Callable[[str], Job]) -> Outcome:
        worker = self._free.get()
        try:
            return self._call(worker, make)
        finally:
            self._free.put(worker)

    def _call(self, worker: Worker, make: Callable[[str], Job]) -> Outcome:
        reason = ""
        for _ in range(2):
            nonce = new_nonce()
            job = make(nonce)
            params = {**job.params(), "icarus": self._toolchain.icarus.encode()}
            try:
                answer = worker.call(
                    "run", params, timeout_s=2 * job.timeout_s + _SPARE_S, cancel=self._cancel
                )
                with self.tally.lock:
                    self.tally.processor_s += float(answer["processor"])
                return Outcome.decode(answer, nonce)
            except WorkerError as error:
                self._cancel.check()
                reason = str(error)
                with self.tally.lock:
                    self.tally.deaths += 1
                if not isinstance(error, WorkerDied):
                    worker.restart()
        killed = ToolRun(Ended.KILLED, -9, "", reason, 0.0)
        return Outcome(killed, None)
