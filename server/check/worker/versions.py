"""Versions of the tools, as seen from inside the sandbox."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from threading import Event

from rtlwright.server.check.confine.runner import gather, spawn

_ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def versions(iverilog: str | None, scratch: Path) -> dict[str, str]:
    """Name → version; a tool that cannot be asked is left out."""
    found = {}
    for package in ("pyslang", "pyosys"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    if iverilog:
        # `-V` wants the path of a source file on some versions; its first line is all that is needed.
        child = spawn(
            "iverilog", [iverilog, "-V"], cwd=scratch, timeout_s=5.0, env={**_ENV, "TMPDIR": str(scratch)}
        )
        for _ in gather([child], Event()):
            pass
        line = child.text.splitlines()[0] if child.text else ""
        if "version" in line:
            found["iverilog"] = line.split("version", 1)[1].split()[0]
    return found
