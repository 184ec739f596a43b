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


@dataclass(frozen=True, slots=True)
class Ahead:
    """What was begun for a survivor before slang had said its last word."""

    yosys: Run | None
    icarus: Child | None
    missing: frozenset[str]
    """The modules that Icarus was given stand-ins for."""

    @property
    def children(self) -> tuple[Child, ...]:
        return tuple(each for each in (self.yosys and self.yosys.child, self.icarus) if each)


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

    def ahead(self, each: Survivor) -> Ahead | None:
        """Begin while slang still looks: most of what parses is in order. `take` or `drop` it next."""
        return self._began(each) if self.room else None

    def _began(self, each: Survivor) -> Ahead:
        # Yosys takes longer and is started by its host: first, so that both cores have work at once.
        yosys, icarus = self.yosys, self.icarus
        run = yosys.start(each) if yosys and not yosys.fault(each) else None
        begun = Ahead(run, icarus.start(each) if icarus else None, each.missing)
        for child in begun.children:
            self._gathering.add(child)
        return begun

    def drop(self, begun: Ahead) -> None:
        """It was for nothing."""
        for child in begun.children:
            self._gathering.cancel(child)

    def take(self, each: Survivor, begun: Ahead | None) -> None:
        """`begun` is what was begun ahead."""
        if begun is None and not self.room:
            self._queue.append(each)
        else:
            self._start(each, begun)

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

    def _start(self, each: Survivor, begun: Ahead | None) -> None:
        begun = begun or self._began(each)
        yosys, icarus, run = self.yosys, self.icarus, begun.yosys
        if yosys is None or run is None:
            reason = yosys.fault(each) if yosys else "switched off"
            self.emit(each.index, skipped("yosys", reason or ""))
        else:
            self._watch(each, run.child, lambda: yosys.finish(each, run))
        child = begun.icarus
        if icarus is None or child is None:
            self.emit(each.index, skipped("icarus", self.no_icarus))
            return
        if begun.missing != each.missing:  # slang has found more that needs a stand-in
            self._gathering.cancel(child)
            child = icarus.start(each)
            self._gathering.add(child)
        self._watch(each, child, lambda: icarus.finish(each, child))

    def _watch(self, each: Survivor, child: Child, finish: Callable[[], StageResult]) -> None:
        self._finish[id(child)] = each.index, finish
        self._busy[each.index] += 1
