"""Drives designs with vectors, inside the worker: each compiled and run by itself, a few at a time.

One worker serves all designs of a call: they cannot write files (a text that tries was refused before), each
has a directory of its own, and of a run only the lines of its trace that bear its own mark are believed.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from rtlwright.server.check.behaviour import roles as roles_
from rtlwright.server.check.behaviour.stimulus import Names, Stimulus, testbench
from rtlwright.server.check.behaviour.traces import Samples, behaviours, parse
from rtlwright.server.check.confine.runner import Child, Ended, gather, spawn
from rtlwright.server.check.icarus import said
from rtlwright.server.check.reports import ENDLESS, ENDS_ITSELF, FLOODS
from rtlwright.server.check.slang.ports import Port
from rtlwright.server.check.stages import ENV
from rtlwright.server.check.worker.project import argument

_AT_ONCE = 2
_UNITS, _TIMESCALE = "rtlwright_units.v", "`timescale 1ns/1ps\n"
"""Read before the design: a delay without a unit would be one of seconds, and a cycle is of nanoseconds."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A design to drive: files in compilation order, and the module that is meant."""

    files: tuple[tuple[str, str], ...]
    top: str

    @property
    def text(self) -> str:
        """Of the file that was read last: the design's own."""
        return self.files[-1][1]


@dataclass(frozen=True, slots=True)
class Driven:
    """A design's outputs, or why there are none."""

    samples: Samples | None
    reason: str = ""


@dataclass(frozen=True)
class Driver:
    """Runs subjects with the same ports on the same vectors."""

    iverilog: str
    scratch: Path
    includes: tuple[tuple[str, str], ...]
    include_dirs: tuple[str, ...]
    defines: Mapping[str, str]
    timeout_s: float
    deadline: float
    """Of `time.monotonic`."""
    stop: Event

    @classmethod
    def of(cls, params: Mapping[str, Any], scratch: Path, stop: Event) -> Driver:
        return cls(
            params["iverilog"], scratch, tuple((n, t) for n, t in params["includes"]),
            tuple(params["include_dirs"]), params["defines"], params["timeout_s"],
            time.monotonic() + params["deadline_s"], stop,
        )  # fmt: skip

    def run(self, subjects: Sequence[Subject], stimulus: Stimulus) -> list[Driven]:
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            return list(pool.map(lambda subject: self._one(subject, stimulus), subjects))

    def _one(self, subject: Subject, stimulus: Stimulus) -> Driven:
        names = Names.drawn(secrets.token_hex(16))
        directory = self.scratch / secrets.token_hex(8)
        try:
            written(directory, (*self.includes, *subject.files, (names.vectors, stimulus.rows)))
            bench = f"{secrets.token_hex(8)}.v"
            written(directory, ((bench, testbench(subject.top, stimulus, names)), (_UNITS, _TIMESCALE)))
            files = [_UNITS, *(name for name, _ in subject.files)]
            reason = self._compiled(directory, files, bench, names)
            return Driven(None, reason) if reason else self._ran(directory, stimulus, names)
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def _compiled(self, directory: Path, files: Sequence[str], bench: str, names: Names) -> str | None:
        """Why it cannot be compiled."""
        options = [f"-I{each}" for each in (".", *self.include_dirs)]
        options += [f"-D{name}={value}" if value else f"-D{name}" for name, value in self.defines.items()]
        argv = [
            self.iverilog,
            "-g2012",
            "-s",
            names.top,
            *options,
            "-o",
            "design.vvp",
            *map(argument, files),
            bench,
        ]
        child = self._tool("iverilog", argv, directory)
        if child.ok and (directory / "design.vvp").exists():
            return None
        if child.ended is not Ended.EXITED:
            return child.reason
        found = [m for m in said.messages(child.text, Path()) if m.kind is not said.Kind.WARNING]
        first = next((m for m in found if m.kind is said.Kind.SORRY), found[0] if found else None)
        return f"Icarus cannot simulate this: {first.text}" if first else "iverilog failed and said nothing"

    def _ran(self, directory: Path, stimulus: Stimulus, names: Names) -> Driven:
        vvp = str(Path(self.iverilog).parent / "vvp")
        child = self._tool("vvp", [vvp, "-n", "design.vvp"], directory)
        if child.ended is Ended.TIMEOUT:
            return Driven(None, ENDLESS)
        if child.ended is Ended.FLOOD:
            return Driven(None, FLOODS)
        if child.ended is not Ended.EXITED:
            return Driven(None, child.reason)
        trace = directory / names.trace
        text = trace.read_text(errors="replace") if trace.is_file() else ""
        outputs = [port.name for port in stimulus.outputs]
        samples = parse(text, names.mark, outputs, stimulus.samples)
        return Driven(samples) if samples is not None else Driven(None, ENDS_ITSELF)

    def _tool(self, name: str, argv: Sequence[str], directory: Path) -> Child:
        limit = max(0.05, min(self.timeout_s, self.deadline - time.monotonic()))
        child = spawn(name, argv, cwd=directory, timeout_s=limit, env={**ENV, "TMPDIR": str(directory)})
        for _ in gather([child], self.stop):
            pass
        return child


def written(directory: Path, files: Sequence[tuple[str, str]]) -> None:
    """Put files at their places below `directory`."""
    for name, text in files:
        place = directory / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", errors="replace", newline="")


def drive(params: Mapping[str, Any], scratch: Path, stop: Event) -> list[list[dict[str, Any]]]:
    """For each class of `params["classes"]` (ports, roles, designs), what each design's outputs did."""
    driver = Driver.of(params, scratch, stop)
    return [_class(driver, each) for each in params["classes"]]


def _class(driver: Driver, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    ports = [Port(name, direction, width) for name, direction, width in data["ports"]]
    roles = roles_.decode(data["roles"])
    subjects = [Subject(tuple((n, t) for n, t in each["files"]), each["top"]) for each in data["designs"]]
    stimulus = Stimulus.of(ports, roles, (subject.text for subject in subjects))
    found = driver.run(subjects, stimulus)
    # Designs with a trace are compared among one another; the others have but a reason.
    compared = iter(behaviours([each.samples for each in found if each.samples is not None], stimulus.begin))
    return [_answer(each, next(compared) if each.samples is not None else None) for each in found]


def _answer(driven: Driven, behaviour: Any) -> dict[str, Any]:
    if behaviour is None:
        return {"reason": driven.reason, "digests": {}, "unknown": {}, "samples": 0}
    return {
        "reason": "",
        "digests": dict(behaviour.digests),
        "unknown": dict(behaviour.unknown),
        "samples": behaviour.samples,
    }
