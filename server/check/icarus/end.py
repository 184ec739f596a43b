"""What proves that Icarus came to its end.

`iverilog` pipes a preprocessor into a compiler and passes on the compiler's exit status alone: a preprocessor
that is killed half way leaves a shorter text, which may well be correct. So the last file of every run uses a
macro whose name nobody can know: the preprocessor's warning of it shows that it has read everything. Of a
simulation, the proof is what a `final` procedure of our own prints.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from rtlwright.server.check.confine.runner import Child, Ended

_WORD = f"rtlwright_end_{secrets.token_hex(8)}"
"""Drawn in each worker. What a candidate's run prints is read by nobody who could tell it."""
_DIED = re.compile(
    r"(?:^|: )(?:Killed|Segmentation fault|Terminated|Aborted|Bus error|Command signaled)", re.MULTILINE
)


def end_file(directory: Path) -> Path:
    """The last file of a compilation; made if it is not there."""
    place = directory / f"{_WORD}.v"
    if not place.exists():
        place.write_text(f"`{_WORD}\n")
    return place


def reached(child: Child) -> bool:
    """The preprocessor has read everything."""
    return _WORD in child.text


def killed(child: Child) -> bool:
    """A process of the pipe was; the shell between them has said so."""
    return _DIED.search(child.text) is not None


def ours(file: str) -> bool:
    """The file that a message names is the end file."""
    return _WORD in file


def unproven(child: Child) -> str | None:
    """Why a run of iverilog that found nothing wrong proves nothing; None if it does."""
    if child.ended is not Ended.EXITED:
        return child.reason
    if killed(child):
        return "a part of iverilog was killed"
    if child.exit_status:
        return f"iverilog ended with status {child.exit_status} and said nothing"
    return None if reached(child) else "iverilog's preprocessor did not come to its end"


FINAL = f"rtlwright_final_{secrets.token_hex(8)}"
"""The module that says when a simulation ends; a top beside the testbench."""


def final_text(mark: str) -> str:
    """The text of `FINAL`, which prints `mark` last of all."""
    return f'module {FINAL}; final $display("\\n{mark}"); endmodule\n'
