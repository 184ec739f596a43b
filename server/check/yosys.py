"""Yosys through pyosys, each job in a fork: `log_error` ends the process, and text is hostile.

A job's answer counts only with its end marker, a number drawn per run that no candidate can know: a
candidate that ends the process with exit status 0 (a DPI call of `exit`) has no verdict.
"""

from __future__ import annotations

import os
import re
import secrets
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from rtlwright.server.check.runner import Child, Ended, fork, gather

_NOISE = re.compile(r"\$auto\$[\w.$:]+|\$proc\$[^\s']+|\$\w+\$[^\s']*:\d+\$\d+|\$\d+\\?")
_PLACE = re.compile(r"(?P<file>[^\s:'`$]+\.\w+):(?P<line>\d+)(?:\.\d+)?")
_SIGNAL = re.compile(r"\\([A-Za-z_][\w$]*)['\s.\[]|\.\\([A-Za-z_][\w$]*)")
_COMPLAINT = re.compile(r"^(?:[^\s:]+:\d+(?:\.\d+)?(?:-\d+\.\d+)?: )?(?P<kind>Warning|ERROR): ?(?P<text>.*)$")
_IGNORED = (
    "found and reported", "selection \"", "Selection \"",  # an empty module has nothing to select
    "Replacing memory", "is assigned in a block", "implicitly declared",
    "Resizing cell port", "Yosys has only limited support for tri-state", "ignored", "driven by constant",
)  # fmt: skip


_MAX_DESIGNS = 4
Command = tuple[str, ...]
"""A pass and its arguments. As one string, a file's name could end it and begin another command."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One warning or error of Yosys."""

    text: str
    line: int
    signal: str | None
    error: bool = False
    file: str | None = None
    """The file that `line` is in, as it was given to Yosys, if it is not the document."""

    @property
    def name(self) -> str:
        """The same for the same complaint in another run."""
        return re.sub(r"\d+", "#", _NOISE.sub("$", self.text))


@dataclass(frozen=True, slots=True)
class Job:
    """What one run reads."""

    document: Path
    top: str
    """Empty: every module is looked at."""
    libraries: tuple[str, ...]
    """Files of which only the headers matter."""
    sources: tuple[str, ...]
    """Files that are read whole: packages, interfaces."""
    include_dirs: tuple[str, ...]
    defines: tuple[tuple[str, str], ...]
    directory: Path


@dataclass(frozen=True)
class Run:
    """A job under way."""

    child: Child
    marker: str


class Shelf:
    """Designs with a project's other files read already; a fork inherits them at no cost."""

    def __init__(self) -> None:
        self._designs: OrderedDict[tuple[Path, tuple[Command, ...]], Any] = OrderedDict()

    def start(self, job: Job, timeout_s: float) -> Run:
        """Fork a job. Its output ends with the marker if, and only if, Yosys came to its end."""
        marker = secrets.token_hex(16)
        script = commands(job)
        loaded = self._loaded(tuple(script[: len(job.sources) + len(job.libraries)]), job, timeout_s)
        rest = script if loaded is None else script[len(job.sources) + len(job.libraries) :]
        return Run(fork("yosys", lambda: _run(rest, loaded, job, marker), timeout_s=timeout_s), marker)

    def _loaded(self, script: tuple[Command, ...], job: Job, timeout_s: float) -> Any:
        """The design after `script`, which a fork has survived before; None if it has not."""
        name = (job.directory, script)
        if name not in self._designs:
            while len(self._designs) >= _MAX_DESIGNS:
                self._designs.popitem(last=False)
            marker = secrets.token_hex(16)
            tried = Run(fork("yosys", lambda: _run(script, None, job, marker), timeout_s=timeout_s), marker)
            for _ in gather([tried.child], Event()):
                pass
            self._designs[name] = _quietly(script, job) if finished(tried) else None
        self._designs.move_to_end(name)
        return self._designs[name]


def _quietly(script: Sequence[Command], job: Job) -> Any:
    """Run `script` in this process. The log goes nowhere."""
    from pyosys import libyosys

    kept, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    try:
        os.chdir(job.directory)
        design = libyosys.Design()
        for command in script:
            libyosys.Pass.call(design, list(command))
        libyosys.log_flush()
        return design
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(null)


def _run(script: Sequence[Command], design: Any, job: Job, marker: str) -> None:
    """The body of a fork."""
    from pyosys import libyosys

    os.chdir(job.directory)
    design = libyosys.Design() if design is None else design
    for command in script:
        libyosys.Pass.call(design, list(command))
    libyosys.log_flush()
    os.write(1, f"\n{marker}\n".encode())


def start(job: Job, timeout_s: float) -> Run:
    """Fork a job that shares nothing."""
    marker = secrets.token_hex(16)
    return Run(fork("yosys", lambda: _run(commands(job), None, job, marker), timeout_s=timeout_s), marker)


def warm(directory: Path) -> None:
    """Run the passes once on a text of our own: what they set up at their first use, a fork inherits."""
    file = directory / "warm.v"
    file.write_text("module warm(input c, d, output reg q); always @(posedge c) q <= d; endmodule\n")
    job = Job(file, "warm", (), (), (), (), directory)
    _quietly(commands(job), job)


def commands(job: Job) -> list[Command]:
    """The script of a job, a list of words per command.

    Verilog-2005 is read as SystemVerilog, too: the dialect is for the other tools to judge. Paths are
    absolute, so that none begins like an option. DPI is off: Yosys would call into the C library.
    """
    options = ["-sv", "-nodpi", *(f"-I{path}" for path in job.include_dirs)]
    options += [f"-D{name}={value}" if value else f"-D{name}" for name, value in job.defines]
    read = ("read_verilog", *options)
    script: list[Command] = [(*read, str(job.directory / path)) for path in job.sources]
    script += [(*read, "-lib", str(job.directory / path)) for path in job.libraries]
    script.append((*read, str(job.document)))
    top = (job.top,) if job.top else ()
    return [*script, ("hierarchy", *(("-top", *top) if top else ())), ("proc", *top), ("check", *top)]


def finished(run: Run) -> bool:
    """The end marker is there, and the process ended well."""
    return run.child.ok and run.child.text.rstrip().endswith(run.marker)


def stopped(run: Run, found: Sequence[Complaint]) -> bool:
    """It ended by an error of its own that it has told."""
    return run.child.ended is Ended.EXITED and run.child.exit_status == 1 and any(c.error for c in found)


def complaints(output: str, document: Path) -> list[Complaint]:
    """Warnings and errors, each with the document's line where one is named."""
    found: dict[str, Complaint] = {}
    for line in output.splitlines():
        match = _COMPLAINT.match(line)
        error = match is not None and match["kind"] == "ERROR"
        if match is None or (not error and any(word in line for word in _IGNORED)):
            continue
        places = {p["file"]: int(p["line"]) for p in _PLACE.finditer(line)}
        place, file = places.get(str(document), 0), None
        if not place and places:
            file, place = next(iter(places.items()))
        signal = next((a or b for a, b in _SIGNAL.findall(match["text"] + " ")), None)
        text = _plain(match["text"].replace(f"{document}:", "line "))
        complaint = Complaint(text, place, _last_signal(match["text"]) or signal, error, file)
        found.setdefault(complaint.name, complaint)
    return list(found.values())


def _last_signal(text: str) -> str | None:
    """`m.\\y` → `y`."""
    names = re.findall(r"\.\\?([A-Za-z_][\w$]*)", text)
    return names[0] if names else None


def _plain(text: str) -> str:
    """Without what is Yosys's own business: generated names, escapes."""
    text = re.sub(r" from process `[^']*'(?:: \S+)?", "", text)
    return _NOISE.sub("", text).replace("\\", "").replace("`", "'").strip().rstrip(":")


def fresh(found: Sequence[Complaint], base: Sequence[Complaint]) -> list[Complaint]:
    """Those that the base does not have, as multisets of what they say."""
    left = Counter(complaint.name for complaint in base)
    result = []
    for complaint in found:
        if left[complaint.name]:
            left[complaint.name] -= 1
        else:
            result.append(complaint)
    return result
