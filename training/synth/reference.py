"""Building blocks for reference models, which know nothing of the RTL they judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from rtlwright.training.synth.design import Inputs, Outputs, Reset

State = TypeVar("State")


def to_signed(value: int, width: int) -> int:
    """The two's complement reading: to_signed(0b11, 2) == -1."""
    return value - (1 << width) if value >> (width - 1) & 1 else value


class Combinational:
    """A reference without state."""

    def __init__(self, function: Callable[[Inputs], Outputs]) -> None:
        self._function = function

    def outputs(self, inputs: Inputs) -> Outputs:
        return self._function(inputs)

    def clock(self, inputs: Inputs) -> None:
        return None


class Clocked(Generic[State]):
    """A state machine: `step` gives the state after the edge, `view` the outputs in a state.

    Without a reset the registers start unknown. `starts` then lists states they might hold; an output
    is compared only when it is the same from every start, as X would spread through the RTL.
    """

    def __init__(
        self,
        step: Callable[[State, Inputs], State],
        view: Callable[[State, Inputs], Outputs],
        *,
        reset: Reset | None = None,
        init: State | None = None,
        starts: Sequence[State] = (),
    ) -> None:
        self._step, self._view, self._reset, self._init = step, view, reset, init
        self._states: list[State] = [] if reset else list(starts)

    def _resetting(self, inputs: Inputs) -> bool:
        return self._reset is not None and self._reset.active(inputs)

    def outputs(self, inputs: Inputs) -> Outputs:
        if self._reset and self._reset.asynchronous and self._resetting(inputs):
            self._states = [self._init]  # type: ignore[list-item]
        views = [self._view(state, inputs) for state in self._states]
        if not views:
            return {}
        return {name: v if all(w[name] == v for w in views) else None for name, v in views[0].items()}

    def clock(self, inputs: Inputs) -> None:
        if self._resetting(inputs):
            self._states = [self._init]  # type: ignore[list-item]
        else:
            self._states = [self._step(state, inputs) for state in self._states]


def unknown_bits(width: int) -> tuple[int, ...]:
    """Start states for a register of this width that is not reset."""
    ones = (1 << width) - 1
    return (0, ones, 0x5555555555555555 & ones, 0x3333333333333333 & ones)
