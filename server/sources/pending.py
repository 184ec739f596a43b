"""The model's candidates while they are being written: waited for as long as a request can wait."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from functools import partial

from rtlwright.server.model.protocol import ModelError
from rtlwright.server.types import Cancel, Cancelled, Candidate

Propose = Callable[[Cancel], list[Candidate]]


class Pending:
    """One request of the model, begun in a thread."""

    def __init__(self, propose: Propose, threads: ThreadPoolExecutor, cancel: Cancel):
        self._enough = Cancel()
        cancel.on_cancel(self._enough.cancel)
        self._asked = threads.submit(propose, self._enough)
        cancel.on_cancel(partial(_forget, self._asked))

    def candidates(self, wait_s: float) -> tuple[list[Candidate], list[str]]:
        """What came within `wait_s`, and what the user should know where nothing did.

        Raises:
            Cancelled: the request was cancelled.
        """
        try:
            return self._asked.result(wait_s), []
        except FutureTimeout:
            self._enough.cancel()  # nobody will look at it: the engine is free for the next request
            return [], ["the model did not answer in time"]
        except CancelledError:
            raise Cancelled from None
        except ModelError as error:
            return [], [f"model: {error}"]


def _forget(asked: Future[list[Candidate]]) -> None:
    asked.cancel()
