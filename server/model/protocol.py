"""What every model offers, whether it runs in this package or behind a server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from rtlwright.server.types import Cancel

AT_ONCE = 64
"""Requests of a team to a server such as vLLM: it does them together, so that few would leave it idle."""
WINDOW = 8192
"""Tokens of the file that a prompt shows to such a server at most, where nothing is configured."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample. The first of `n` answers is greedy, the others use `temperature` and `top_p`.

    A benchmark asks for independent samples instead: `greedy_first` false, nucleus sampling alone.
    """

    n: int = 1
    max_tokens: int = 96
    temperature: float = 0.7
    top_p: float = 0.95
    seed: int = 0
    single_line: bool = False
    """Stop at the end of the line."""
    first_line: bool = False
    """Nothing behind the first line that is not blank is wanted; more may come all the same."""
    greedy_first: bool = True
    answer_tokens: int | None = None
    """End sooner than `max_tokens`, with the prompt that would be made for so many: prompts that are alike
    are worked out once."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One answer of a model."""

    text: str
    logprob: float
    """Mean natural-log probability of its tokens; 0.0 where the engine gives none."""
    line_logprob: float
    """Summed over its first line that is not blank: how sure the model is of just that line."""
    tokens: int
    finished: Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """For `doctor` and the status line."""

    name: str
    ready: bool
    detail: str
    """One line: what is loaded, or what is wrong and how to mend it."""
    memory_mb: float | None = None


class ModelError(Exception):
    """The model gave no answer; the message is one line for the user."""


class Model(Protocol):
    """Blocking; safe to call from several threads. All raise `ModelError`, and `Cancelled` once cancelled."""

    name: str

    def fill(
        self,
        prefix: str,
        suffix: str,
        sampling: Sampling,
        cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:
        """What stands between `prefix` and `suffix`. `on_answer` gets each answer as it is finished."""
        ...

    def write(
        self,
        spec: str,
        sampling: Sampling,
        cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:
        """Whole modules for `spec`."""
        ...

    def warm(self) -> None:
        """Load now rather than at the first request. Never raises."""
        ...

    def status(self) -> ModelStatus: ...

    def close(self) -> None: ...


@runtime_checkable
class ReadsAhead(Protocol):
    """A model that keeps what it has worked out of a prompt for the next one that begins alike."""

    def read_ahead(self, prefix: str, suffix: str, max_tokens: int, cancel: Cancel) -> None:
        """Work out the prompt that `fill` would be given, and write nothing.

        Raises:
            ModelError, Cancelled: as `Model.fill`.
        """
        ...
