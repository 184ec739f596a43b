"""Yosys through pyosys, each job in a fork of `host`: `log_error` ends the process, text is hostile.

A job's answer counts only with its end marker, a number drawn per run that no candidate can know: a
candidate that ends the process with exit status 0 (a DPI call of `exit`) has no verdict.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from rtlwright.server.check.confine.runner import Child, Ended
from rtlwright.server.check.yosys.designs import Command, Read
from rtlwright.server.check.yosys.host import AGAIN, FIRST, UNDRIVEN
from rtlwright.server.check.yosys.link import Host

_NOISE = re.compile(r"\$auto\$[\w.$:]+|\$proc\$[^\s']+|\$\w+\$[^\s']*:\d+\$\d+|\$\d+\\?")
_PLACE = re.compile(r"(?P<file>[^\s:'`$]+\.\w+):(?P<line>\d+)(?:\.\d+)?")
_SIGNAL = re.compile(r"\\([A-Za-z_][\w$]*)['\s.\[]|\.\\([A-Za-z_][\w$]*)")
_COMPLAINT = re.compile(r"^(?:[^\s:]+:\d+(?:\.\d+)?(?:-\d+\.\d+)?: )?(?P<kind>Warning|ERROR): ?(?P<text>.*)$")
_IGNORED = (
    "found and reported", "selection \"", "Selection \"",  # an empty module has nothing to select
    "Replacing memory", "is assigned in a block", "implicitly declared",
    "Resizing cell port", "Yosys has only limited support for tri-state", "ignored", "driven by constant",
)  # fmt: skip


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


class File(NamedTuple):
    """A file of the project."""

    path: str
    digest: str = ""
    modules: tuple[str, ...] = ()
    """Its modules, if it has nothing else that other files could depend on."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one run reads."""

    document: Path
    top: str
    """Empty: every module is looked at."""
    libraries: tuple[File, ...]
    """Files of which only the headers matter."""
    sources: tuple[File, ...]
    """Files that are read whole: packages, interfaces."""
    include_dirs: tuple[str, ...]
    defines: tuple[tuple[str, str], ...]
    directory: Path
    extra: tuple[File, ...] = ()
    """Libraries that this job alone reads."""
    stamp: str = ""
    """Names the state of the project; empty: nothing is kept for the next job."""
    names: frozenset[str] | None = None
    """The wires whose want of a driver is of interest; None: all."""


@dataclass(frozen=True)
class Run:
    """A job under way."""

    child: Child
    marker: str
    document: Path


class Yosys:
    """Starts jobs. What they read of their project is read once, and a fork inherits it."""

    def __init__(self, scratch: Path):
        self.host = Host(scratch)

    def start(self, job: Job, timeout_s: float) -> Run:
        """Fork a job. Its output ends with the marker if, and only if, Yosys came to its end."""
        marker = secrets.token_hex(16)
        shared, script = reads(job), commands(job)
        if not job.stamp:
            script, shared = [*(file.command for file in shared), *script], []
        request = {
            "directory": str(job.directory),
            "stamp": job.stamp,
            "files": [asdict(file) for file in shared],
            "script": script,
            "check": [("check", *_top(job))],
            "again": [("opt_expr", "-keepdc", *_top(job)), ("check", *_top(job))],
            "marker": marker,
            "names": None if job.names is None else sorted(job.names),
        }
        return Run(self.host.submit(request, timeout_s), marker, job.document)


def reads(job: Job) -> list[Read]:
    """What a job needs of its project."""
    return [_read(job, file) for file in job.sources] + [_read(job, file, "-lib") for file in job.libraries]


def commands(job: Job) -> list[Command]:
    """What a job does before its checks, a list of words per command.

    Verilog-2005 is read as SystemVerilog, too: the dialect is for the other tools to judge.
    """
    script = [_read(job, file, "-lib").command for file in job.extra]
    script.append((*_reading(job), str(job.document)))
    top = _top(job)
    return [*script, ("hierarchy", *(("-top", *top) if top else ())), ("proc", "-noopt", *top)]


def _top(job: Job) -> tuple[str, ...]:
    return (job.top,) if job.top else ()


def _read(job: Job, file: File, *options: str) -> Read:
    """Paths are absolute, so that none begins like an option."""
    command = (*_reading(job), *options, str(job.directory / file.path))
    return Read(command, file.digest, file.modules if options else ())


def _reading(job: Job) -> Command:
    """DPI is off: Yosys would call into the C library."""
    options = ["-sv", "-nodpi", *(f"-I{path}" for path in job.include_dirs)]
    options += [f"-D{name}={value}" if value else f"-D{name}" for name, value in job.defines]
    return ("read_verilog", *options)


def finished(run: Run) -> bool:
    """The end marker is there, and the process ended well."""
    return run.child.ok and run.child.text.rstrip().endswith(run.marker)


def said(run: Run) -> str:
    """What the run has to say: without a check that was done again."""
    before, first, rest = run.child.text.partition(f"{run.marker}{FIRST}\n")
    _, again, last = rest.rpartition(f"{run.marker}{AGAIN}\n")
    return before + (last if first and again else rest)


def stopped(run: Run, found: Sequence[Complaint]) -> bool:
    """It ended by an error of its own that it has told."""
    return run.child.ended is Ended.EXITED and run.child.exit_status == 1 and any(c.error for c in found)


def complaints(output: str, document: Path, names: frozenset[str] | None = None) -> list[Complaint]:
    """Warnings and errors, each with the document's line where one is named.

    With `names`, those that a wire has no driver only of these wires.
    """
    found: dict[str, Complaint] = {}
    for line in output.splitlines():
        if names is not None and (wire := UNDRIVEN.search(line)) and wire[1] not in names:
            continue
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
