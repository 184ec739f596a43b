"""Runs a design: under its testbench, or with common random stimulus. Inside a worker made for this one run.

Text that runs can write whatever the sandbox lets it write. So every run has a worker, and a scratch
directory, of its own, and its output is believed only where the design cannot have written it (`speaks`).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import Any

from rtlwright.server.check.confine.runner import Child, Ended, gather, spawn
from rtlwright.server.check.icarus import said
from rtlwright.server.check.icarus.end import FINAL, end_file, final_text, killed, unproven
from rtlwright.server.check.text.lexer import Kind, tokens
from rtlwright.server.check.worker.project import argument

_SUMMARY = re.compile(r"Mismatches:\s*(\d+)\s+in\s+(\d+)")
_BAD = re.compile(r"\b(?:FAIL(?:ED|URE|S)?|ERROR|FATAL|TIMEOUT)\b|Mismatches:\s*[1-9]", re.IGNORECASE)
_GOOD = re.compile(r"\b(?:PASS(?:ED|ES)?|SUCCESS(?:FUL(?:LY)?)?|OK|CORRECT)\b", re.IGNORECASE)
_NO_BAD = re.compile(
    r"\b(?:0|no|zero)\s+(?:errors?|fail(?:ure|ed|s)*)\b|(?:errors?|fail(?:ure|ed|s)*)\s*[:=]\s*0\b",
    re.IGNORECASE,
)
_VOICE = re.compile(
    r"\$(?:display|write|strobe|monitor|finish|stop|fatal|error|warning|info|fdisplay|fwrite|exit|f?open|timeformat)\w*"
)
_ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}


class Result(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SILENT = "silent"
    """It ran to its end and said nothing that could be understood."""
    UNFIT = "unfit"
    """The design does not compile with the testbench."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a simulation said."""

    result: Result
    reason: str
    output: str = ""
    trace: str = ""
    """Digest of the output: equal for designs that behave alike."""


def speaks(text: str) -> str | None:
    """A system task by which a design could speak in its testbench's name."""
    for token in tokens(text):
        if token.kind in (Kind.SYSTEM, Kind.DIRECTIVE) and (match := _VOICE.search(token.text)):
            return match.group()
        if token.kind is Kind.DIRECTIVE and "``" in token.text:
            return "``"  # it may paste such a name together
    return None


def simulate(params: Mapping[str, Any], scratch: Path, stop: Event) -> dict[str, str]:
    """Compile and run `params["files"]` ([name, text] pairs) under `params["top"]`."""
    directory = scratch / "run"
    directory.mkdir(parents=True, exist_ok=True)
    names = _written(directory, params["files"])
    for name, text in params["includes"]:
        _written(directory, [(name, text)])
    mark = secrets.token_hex(16)
    (directory / f"{FINAL}.sv").write_text(final_text(mark))
    compiled = _compile(params, directory, names, stop)
    if isinstance(compiled, Run):
        return _encoded(compiled)
    (directory / f"{FINAL}.sv").unlink()  # what runs now could read it
    vvp = str(Path(params["iverilog"]).parent / "vvp")
    child = _ran(
        "vvp", [vvp, "-n", str(compiled), *params["arguments"]], directory, params["timeout_s"], stop
    )
    return _encoded(judge(child, mark, checks=has_checks(params["files"][-1][1])))


def has_checks(testbench: str) -> bool:
    """It calls $error or $fatal, or asserts: then silence is an answer."""
    words = {token.text for token in tokens(testbench) if token.kind in (Kind.SYSTEM, Kind.KEYWORD)}
    return not words.isdisjoint({"$error", "$fatal", "assert"})


def _written(directory: Path, files: Sequence[Sequence[str]]) -> list[str]:
    for name, text in files:
        place = directory / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", errors="replace", newline="")
    return [name for name, _ in files]


def _compile(params: Mapping[str, Any], directory: Path, names: Sequence[str], stop: Event) -> Path | Run:
    target = directory / "rtlwright.vvp"
    top = ["-s", params["top"], "-s", FINAL] if params["top"] else []
    options = [f"-I{each}" for each in (".", *params["include_dirs"])]
    options += [f"-D{name}={value}" if value else f"-D{name}" for name, value in params["defines"].items()]
    argv = [
        params["iverilog"],
        "-g2012",
        *top,
        *options,
        "-o",
        str(target),
        f"{FINAL}.sv",
        *map(argument, names),
        str(end_file(directory)),
    ]
    child = _ran("iverilog", argv, directory, params["timeout_s"], stop)
    if child.ended is not Ended.EXITED:
        return Run(Result.UNKNOWN, child.reason)
    reason = unproven(child)
    if reason is None and target.exists():
        return target
    found = [m for m in said.messages(child.text, Path()) if m.kind is not said.Kind.WARNING]
    sorry = next((m for m in found if m.kind is said.Kind.SORRY), None)
    if sorry:
        return Run(Result.UNKNOWN, f"Icarus cannot simulate this: {sorry.text}")
    if not found or killed(child):
        return Run(Result.UNKNOWN, reason or "iverilog wrote nothing")
    first = f"{found[0].file} line {found[0].line}: {found[0].text}"
    return Run(Result.UNFIT, f"does not compile with its testbench: {first}", child.text[-2000:])


def _ran(name: str, argv: Sequence[str], directory: Path, timeout_s: float, stop: Event) -> Child:
    child = spawn(name, argv, cwd=directory, timeout_s=timeout_s, env={**_ENV, "TMPDIR": str(directory)})
    for _ in gather([child], stop):
        pass
    return child


def judge(child: Child, mark: str, *, checks: bool) -> Run:
    """What a testbench found, by the first rule that applies. It came to its end, as `mark` proves, and

    1. fails with another exit status than 0 ($fatal), a flood of output, or no end in time;
    2. passes or fails by the last `Mismatches: N in M samples`;
    3. fails with a line that has the word fail, error, fatal or timeout, but for "0 errors" and its kin;
    4. passes with a line that says passed, success, ok or correct, or "0 errors" and its kin;
    5. passes in silence if it has checks that would have spoken ($error, $fatal, assert);
    6. else has run to the end and said nothing, which is no pass.
    """
    told, proven, rest = child.text.partition(f"\n{mark}\n")
    output = told + rest  # the testbench's own final procedures may come later
    tail, trace = output[-4000:], hashlib.blake2b(output.encode(), digest_size=16).hexdigest()
    if child.ended is Ended.FLOOD:
        return Run(Result.FAILED, "the simulation floods its output", tail)
    if child.ended is Ended.TIMEOUT:
        return Run(Result.FAILED, "the simulation does not end", tail)
    if child.ended is not Ended.EXITED:
        return Run(Result.UNKNOWN, child.reason, tail)
    if child.exit_status:
        return Run(Result.FAILED, f"the simulation ended with status {child.exit_status}", tail)
    if not proven:
        return Run(Result.UNKNOWN, "the simulation broke off without its end mark", tail)
    summaries = _SUMMARY.findall(output)
    if summaries:
        wrong, total = summaries[-1]
        result = Result.PASSED if wrong == "0" and int(total) > 0 else Result.FAILED
        return Run(result, f"{wrong} mismatches in {total} samples", tail, trace)
    bad = next((line for line in output.splitlines() if _BAD.search(_NO_BAD.sub("", line))), None)
    if bad:
        return Run(Result.FAILED, f"the testbench says: {bad.strip()[:200]}", tail, trace)
    good = next((line for line in output.splitlines() if _GOOD.search(line) or _NO_BAD.search(line)), None)
    if good:
        return Run(Result.PASSED, f"the testbench says: {good.strip()[:200]}", tail, trace)
    if checks:
        return Run(Result.PASSED, "none of the testbench's checks has fired", tail, trace)
    return Run(Result.SILENT, "the testbench ran to the end and says nothing", tail, trace)


def _encoded(run: Run) -> dict[str, str]:
    return {"result": run.result.value, "reason": run.reason, "output": run.output, "trace": run.trace}
