"""What the gate answers besides verdicts of candidates."""

from __future__ import annotations

from dataclasses import dataclass

from rtlwright.server.types import Verdict


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as it is on this machine."""

    name: str
    version: str | None
    path: str | None = None
    install: str | None = None
    """The command that installs it, where it is missing."""


@dataclass(frozen=True, slots=True)
class GateStatus:
    """For `doctor` and `status`."""

    sandbox: str
    """`bubblewrap`, `landlock` or `off`."""
    sandbox_reason: str | None
    """Why it is not bubblewrap, or what it does not cover."""
    simulation: bool
    """Designs may be run here."""
    tools: tuple[Tool, ...]

    @property
    def missing(self) -> tuple[Tool, ...]:
        return tuple(tool for tool in self.tools if tool.install)


@dataclass(frozen=True, slots=True)
class ModuleChecks:
    """Whole generated modules: a verdict each, and which of them behave alike."""

    verdicts: tuple[Verdict, ...]
    groups: tuple[tuple[int, ...], ...] = ()
    """Indices of modules with the same outputs under the same stimulus, largest group first."""
    agreement: str | None = None
    """"5 of 8 agree"."""

    @property
    def ranked(self) -> tuple[int, ...]:
        """Indices, those of the largest group first, what was not run last."""
        grouped = [index for group in self.groups for index in group]
        return (*grouped, *(index for index in range(len(self.verdicts)) if index not in grouped))
