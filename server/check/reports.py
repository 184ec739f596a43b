"""What the gate answers besides verdicts of candidates."""

from __future__ import annotations

from dataclasses import dataclass

from rtlwright.server.types import OutputAgreement, Verdict

LEFT_OUT = "conditional compilation leaves this out, so that nothing can check it"
LEAVES_OPEN = "the file is whole without this, and with it something is left open"
"""The message of a warning: whoever types on will close it, but taken alone the candidate breaks the file."""

ENDLESS, FLOODS = "its simulation does not end", "its simulation floods its output"
ENDS_ITSELF = "it ends its simulation itself"
MISBEHAVED = frozenset({ENDLESS, FLOODS, ENDS_ITSELF})
"""Reasons for which a design has no trace, and which are the design's own fault."""


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

    mode: str
    """`bubblewrap`, `landlock` or `off`."""
    reason: str | None
    """Why it is not bubblewrap."""
    limits: str | None
    """What this confinement does not cover."""
    fault: str | None
    """Why the tools could not be asked, if so."""
    simulation: bool
    """Designs may be run here."""
    tools: tuple[Tool, ...]

    @property
    def sandbox(self) -> str:
        """`bubblewrap`, or another mode with the reason."""
        return f"{self.mode} ({self.reason})" if self.reason else self.mode

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know and can mend, a line each."""
        found = [f"{tool.name} is missing: {tool.install}" for tool in self.missing]
        if not self.simulation:
            found.append("designs are not simulated here (check.simulate)")
        return tuple(note for note in (self.fault, self.limits, *found) if note)

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
    outputs: tuple[OutputAgreement, ...] = ()
    """The agreement at each output of the largest group."""

    @property
    def shares(self) -> tuple[float, ...]:
        """For each module, the part of all that behaves as it does: 0.625 in "5 of 8 agree"."""
        sizes = {index: len(group) for group in self.groups for index in group}
        return tuple(sizes.get(index, 0) / len(self.verdicts) for index in range(len(self.verdicts)))

    @property
    def ranked(self) -> tuple[int, ...]:
        """Indices, those of the largest group first, what was not run last."""
        grouped = [index for group in self.groups for index in group]
        return (*grouped, *(index for index in range(len(self.verdicts)) if index not in grouped))
