"""Bounded equivalence by Yosys' SAT solver, in forks inside the worker.

Two proofs run next to each other: that no input makes a difference within some cycles (from reset, other
registers at their initial value or 0), and by induction that this stays so for ever. What Yosys prints of
the designs' reading is not believed; from there on there are only numbered names, between two marks that no
design can know. A fork that ends by an error of Yosys ends without the marks.
"""

from __future__ import annotations

import ctypes
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any

from rtlwright.server.check.behaviour import roles as roles_
from rtlwright.server.check.behaviour.drive import written
from rtlwright.server.check.behaviour.miter import PREFIX, TOP, Miter, has_undefined
from rtlwright.server.check.confine.forking import fork
from rtlwright.server.check.confine.runner import Child, Ended, gather
from rtlwright.server.check.slang.ports import Port
from rtlwright.server.check.yosys import host, jobs
from rtlwright.server.check.yosys.designs import Command

STEPS = 16
"""Cycles after the reset."""
MAX_MEMORY_BITS = 2048
"""Memories become registers; more of them than this is no job for the solver."""
_PROVEN = re.compile(r"^Base case for induction length (\d+) proven\.$", re.MULTILINE)
_INDUCED = re.compile(r"^Induction step proven: SUCCESS!$", re.MULTILINE)
_INDUCTION = re.compile(r"^\[induction step (\d+)\]", re.MULTILINE)
_FOUND = re.compile(
    r"^SAT temporal induction proof finished - model found for base case: FAIL!", re.MULTILINE
)
_REFUSED = "refused: "
_SPEECH = tuple(
    f"t:${kind}" for kind in ["print", "check", "assert", "assume", "cover", "live", "fair", "scopeinfo"]
)
"""Cells that say something and compute nothing."""


@cache
def warm(scratch: Path) -> None:
    """Load Yosys into this process and run its passes once: what they set up, a fork inherits."""
    host.warm(scratch)


@dataclass(frozen=True)
class Proof:
    """One run of `sat`."""

    child: Child
    begin: str
    end: str

    @property
    def said(self) -> str:
        """What the solver printed, also where time ran out."""
        return self.child.text.partition(f"\n{self.begin}\n")[2].partition(f"\n{self.end}\n")[0]

    @property
    def finished(self) -> bool:
        return self.child.ok and self.child.text.rstrip().endswith(self.end)


@dataclass(frozen=True)
class Prover:
    """Both designs as files on disk."""

    miter: Miter
    directory: Path
    sides: tuple[tuple[str, str, tuple[str, ...]], ...]
    """(`gold` or `gate`, its top, its files below the directory of that name)."""
    include_dirs: tuple[str, ...]
    defines: Mapping[str, str]
    timeout_s: float
    stop: Event

    def answer(self) -> dict[str, Any]:
        """`result` (equal, different, unknown), `proof`, `cycles`, `reason`, `steps`."""
        base = self._start(f"-tempinduct-baseonly -maxsteps {self.miter.reset_steps + STEPS}", self.timeout_s)
        induction = self._start("-tempinduct-inductonly -maxsteps 6", min(4.0, self.timeout_s))
        for child in gather([base.child, induction.child], self.stop):
            if child is base.child and not (base.finished and not _FOUND.search(base.said)):
                break  # whatever induction says, it stands on the base
        return self._judged(base, induction)

    def _judged(self, base: Proof, induction: Proof) -> dict[str, Any]:
        if base.finished and _FOUND.search(base.said):
            return {"result": "different", "steps": self.miter.steps(base.said)}
        if base.said.startswith(_REFUSED):
            return {"result": "unknown", "reason": base.said.removeprefix(_REFUSED).strip()}
        proven = max((int(n) for n in _PROVEN.findall(base.said)), default=0)
        cycles = proven - self.miter.reset_steps
        if cycles < 1:
            return {"result": "unknown", "reason": self._fault(base.child)}
        steps = [int(n) for n in _INDUCTION.findall(induction.said)]
        if induction.finished and _INDUCED.search(induction.said) and proven >= max(steps, default=99):
            return {"result": "equal", "proof": "induction", "cycles": cycles}
        late = None if base.finished else f"then {self.timeout_s:.0f} s were over"
        return {"result": "equal", "proof": "bounded", "cycles": cycles, "reason": late}

    def _fault(self, child: Child) -> str:
        if child.ended is Ended.TIMEOUT:
            return f"Yosys found no answer within {self.timeout_s:.0f} s"
        found = [c for c in jobs.complaints(child.text, self.directory / "none") if c.error]
        return f"Yosys cannot compare this: {found[-1].text}" if found else f"yosys: {child.reason}"

    def _start(self, options: str, timeout_s: float) -> Proof:
        begin, end = secrets.token_hex(16), secrets.token_hex(16)
        undefined = "-enable_undef -set-def-inputs" if self.miter.undefined else ""
        sat = f"sat -prove bad 0 -set-init-zero {undefined} {options} -show-inputs -show-outputs {TOP}"
        return Proof(fork("yosys", lambda: self._run(sat, begin, end), timeout_s=timeout_s), begin, end)

    def _run(self, sat: str, begin: str, end: str) -> None:
        """The body of a fork."""
        from pyosys import libyosys

        _line_by_line()
        design, clocks = libyosys.Design(), set[tuple[str, bool]]()
        for command in self.commands():
            if command[:2] != ("design", "-stash"):
                libyosys.Pass.call(design, list(command))
                continue
            refusal = _refusal(design.top_module(), clocks, libyosys.log_signal)
            if refusal:
                libyosys.log_flush()
                os.write(1, f"\n{begin}\n{_REFUSED}{refusal}\n{end}\n".encode())
                return
            libyosys.Pass.call(design, list(command))
        libyosys.log_flush()
        os.write(1, f"\n{begin}\n".encode())
        libyosys.Pass.call(design, sat.split())
        libyosys.log_flush()
        os.write(1, f"\n{end}\n".encode())

    def commands(self) -> list[Command]:
        """The script up to the proof, a list of words per command."""
        script: list[Command] = []
        for side, top, files in self.sides:
            place = self.directory / side
            read = [
                "read_verilog",
                "-sv",
                "-nodpi",
                *(f"-I{place / each}" for each in (".", *self.include_dirs)),
            ]
            read += [f"-D{name}={value}" if value else f"-D{name}" for name, value in self.defines.items()]
            script += [(*read, str(place / file)) for file in files]
            script += [("hierarchy", "-check", "-top", top), ("proc",), ("flatten",)]
            script += [("delete", *_SPEECH), ("opt_clean",), ("rename", top, f"{PREFIX}{side}")]
            script += [("design", "-stash", side)]
        for side, _, _ in self.sides:
            script.append(("design", "-copy-from", side, "-as", f"{PREFIX}{side}", f"{PREFIX}{side}"))
        script += [("read_verilog", "-sv", str(self.directory / "miter.sv"))]
        script += [("hierarchy", "-check", "-top", TOP), ("proc",), ("flatten",), ("opt_clean",)]
        # An optimizer may choose freely where there is an X; the proof must not.
        optimized = ("opt", "-keepdc" if self.miter.undefined else "-full")
        return [*script, ("memory", "-nordff"), ("async2sync",), optimized]


def _line_by_line() -> None:
    """What was proven before time ran out counts: it must not lie in a buffer."""
    libc = ctypes.CDLL(None)
    libc.setvbuf(ctypes.c_void_p.in_dll(libc, "stdout"), None, 1, 0)  # 1: _IOLBF


def _refusal(module: Any, clocks: set[tuple[str, bool]], signal: Callable[[Any], str]) -> str | None:
    """What `sat` would get wrong (it steps every register at once), or never finish."""
    for cell in module.cells_.values():
        parameters = {name.str(): value for name, value in cell.parameters.items()}
        if "\\CLK_POLARITY" not in parameters:
            continue
        clock = next(value for name, value in cell.connections_.items() if name.str() == "\\CLK")
        if not clock.is_fully_const():
            clocks.add((signal(clock), bool(parameters["\\CLK_POLARITY"].as_int())))
            if not (clock.is_wire() and clock.as_wire().port_input):
                return "a clock is made inside of the design"
    if len(clocks) > 1:
        return "there are several clocks, or both edges of one count"
    bits = sum(memory.width * memory.size for memory in module.memories.values())
    return f"memories of {bits} bits are too much for it" if bits > MAX_MEMORY_BITS else None


def equivalence(params: Mapping[str, Any], scratch: Path, stop: Event) -> dict[str, Any]:
    """`params["designs"]` are the reference and the design."""
    directory = scratch / secrets.token_hex(8)
    ports = tuple(Port(name, direction, width) for name, direction, width in params["ports"])
    texts = [text for _, text in params["designs"][0]["files"]]
    miter = Miter(ports, roles_.decode(params["roles"]), has_undefined(texts))
    sides = []
    for side, design in zip(("gold", "gate"), params["designs"], strict=True):
        written(directory / side, [(n, t) for n, t in (*params["includes"], *design["files"])])
        sides.append((side, str(design["top"]), tuple(str(name) for name, _ in design["files"])))
    written(directory, [("miter.sv", miter.text)])
    return Prover(
        miter, directory, tuple(sides), tuple(params["include_dirs"]), params["defines"],
        params["timeout_s"], stop,
    ).answer()  # fmt: skip
