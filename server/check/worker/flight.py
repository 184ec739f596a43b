"""The tools of a few survivors next to each other, while slang goes on with the candidates behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from rtlwright.server.check.confine.runner import Child, Gathering
from rtlwright.server.check.icarus.stage import IcarusStage
from rtlwright.server.check.stages import skipped
from rtlwright.server.check.unfinished.survivor import Survivor
from rtlwright.server.check.yosys.jobs import Run
from rtlwright.server.check.yosys.stage import YosysStage
from rtlwright.server.types import StageResult

_AT_ONCE = 2
"""Survivors whose tools run next to each other; each has two."""


@dataclass
class Flight:
    """Starts the tools of survivors and emits what they find. Ends all of them when it is left."""

    icarus: IcarusStage | None
    no_icarus: str
    """Why there is no Icarus, if there is none."""
    yosys: YosysStage | None
    emit: Callable[[int, StageResult], None]
    stop: Event
    _finish: dict[int, tuple[int, Callable[[], StageResult]]] = field(default_factory=dict)
    _busy: Counter[int] = field(default_factory=Counter)
    """Tools under way, by survivor."""
    _queue: list[Survivor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._gathering = Gathering(self.stop)

    def __enter__(self) -> Flight:
        return self

    def __exit__(self, *given: object) -> None:
        self._gathering.__exit__(*given)

    @property
    def room(self) -> bool:
        """For one more survivor, without waiting."""
        return not self._queue and len(self._busy) < _AT_ONCE

    def ahead(self, each: Survivor) -> Run | None:
        """Yosys takes longest: it may begin before slang has said its last word. `take` or `drop` it next."""
        if self.yosys is None or not self.room or self.yosys.fault(each):
            return None
        run = self.yosys.start(each)
        self._gathering.add(run.child)
        return run

    def drop(self, run: Run) -> None:
        """It was begun ahead, and for nothing."""
        self._gathering.cancel(run.child)

    def take(self, each: Survivor, run: Run | None) -> None:
        """`run` is what was begun ahead."""
        if run is None and not self.room:
            self._queue.append(each)
        else:
            self._start(each, run)

    def look(self, *, wait: bool = False) -> None:
        """Emit what has ended, and start what waits for its turn."""
        for child in self._gathering.ended(wait=wait):
            index, finish = self._finish.pop(id(child))
            self._busy[index] -= 1
            self._busy += Counter()
            if not self.stop.is_set():
                self.emit(index, finish())
        while self._queue and len(self._busy) < _AT_ONCE and not self.stop.is_set():
            self._start(self._queue.pop(0), None)

    def land(self) -> None:
        """Until everything has ended, or `stop` is set."""
        while (self._busy or self._queue) and not self.stop.is_set():
            self.look(wait=True)

    def _start(self, each: Survivor, run: Run | None) -> None:
        # Yosys takes longer and is started by its host: first, so that both cores have work at once.
        yosys, icarus = self.yosys, self.icarus
        fault = yosys.fault(each) if yosys else "switched off"
        if yosys is None or fault:
            self.emit(each.index, skipped("yosys", fault or ""))
        else:
            begun = run or yosys.start(each)
            if run is None:
                self._gathering.add(begun.child)
            self._watch(each, begun.child, lambda: yosys.finish(each, begun))
        if icarus is None:
            self.emit(each.index, skipped("icarus", self.no_icarus))
        else:
            child = icarus.start(each)
            self._gathering.add(child)
            self._watch(each, child, lambda: icarus.finish(each, child))

    def _watch(self, each: Survivor, child: Child, finish: Callable[[], StageResult]) -> None:
        self._finish[id(child)] = each.index, finish
        self._busy[each.index] += 1
