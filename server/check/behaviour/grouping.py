"""Who behaves like whom: candidates driven alike, sorted by what their outputs did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rtlwright.server.check.behaviour import roles
from rtlwright.server.check.behaviour.roles import Roles
from rtlwright.server.check.reports import MISBEHAVED
from rtlwright.server.check.slang.ports import Interface
from rtlwright.server.types import Diagnostic, OutputAgreement, Severity, StageResult, Status


@dataclass(frozen=True, slots=True)
class Contender:
    """A candidate that may run: its files, its top, its ports."""

    index: int
    files: tuple[tuple[str, str], ...]
    top: str
    interface: Interface


@dataclass(frozen=True, slots=True)
class Conduct:
    """What a candidate's outputs did, or why nobody knows."""

    reason: str
    signature: tuple[tuple[str, str, int], ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    samples: int = 0

    @property
    def ran(self) -> bool:
        return bool(self.digests)


def classes(contenders: Sequence[Contender]) -> list[tuple[Roles, list[Contender]]]:
    """Those that the same stimulus fits, with the roles that most of them give to their inputs."""
    found: dict[Any, list[Contender]] = defaultdict(list)
    for contender in contenders:
        found[contender.interface.signature].append(contender)
    return [
        (Roles.of(each[0].interface.ports, [c.interface.uses for c in each]), each) for each in found.values()
    ]


def encoded(classes: Sequence[tuple[Roles, Sequence[Contender]]]) -> list[dict[str, Any]]:
    """For `drive` in the worker; ports in one order for all, by name."""
    return [
        {
            "ports": [list(port) for port in members[0].interface.signature],
            "roles": roles.encode(role),
            "designs": [{"files": [list(file) for file in m.files], "top": m.top} for m in members],
        }
        for role, members in classes
    ]


def decoded(
    classes: Sequence[tuple[Roles, Sequence[Contender]]], answer: Sequence[Sequence[Mapping[str, Any]]]
) -> dict[int, Conduct]:
    """By index. Raises `KeyError`, `TypeError` or `ValueError` for what is no answer."""
    found = {}
    for (_, members), answers in zip(classes, answer, strict=True):
        for member, each in zip(members, answers, strict=True):
            digests = {str(name): str(digest) for name, digest in each["digests"].items()}
            unknown = {str(name): int(count) for name, count in each["unknown"].items()}
            found[member.index] = Conduct(
                str(each["reason"])[:300], member.interface.signature, digests, unknown, int(each["samples"])
            )
    return found


def groups(conducts: Sequence[Conduct | None]) -> tuple[tuple[int, ...], ...]:
    """Indices of those whose outputs did the same, the largest group first, then the earliest."""
    found: dict[Any, list[int]] = defaultdict(list)
    for index, conduct in enumerate(conducts):
        if conduct is not None and conduct.ran:
            found[conduct.signature, tuple(sorted(conduct.digests.items()))].append(index)
    return tuple(
        sorted((tuple(group) for group in found.values()), key=lambda group: (-len(group), group[0]))
    )


def output_agreement(conducts: Sequence[Conduct | None], best: int) -> tuple[OutputAgreement, ...]:
    """For each output of candidate `best`, how many of all do the same at this output."""
    first = conducts[best]
    assert first is not None
    return tuple(
        OutputAgreement(
            name,
            sum(c.signature == first.signature and c.digests.get(name) == digest for c in conducts if c),
            len(conducts),
        )
        for name, digest in first.digests.items()
    )  # fmt: skip


def stage(conduct: Conduct, all_: Sequence[Conduct | None], ms: float) -> StageResult:
    """A candidate's run as a stage; an X that others do not have is warned of."""
    ms = round(ms, 3)
    if not conduct.ran and conduct.reason in MISBEHAVED:
        warning = Diagnostic(Severity.WARNING, 0, 0, conduct.reason, "vvp")
        return StageResult("behaviour", Status.WARN, ms, (warning,))
    if not conduct.ran:
        return StageResult("behaviour", Status.SKIPPED, ms, (), conduct.reason)
    alike = [each for each in all_ if each is not None and each.ran and each.signature == conduct.signature]
    found = [message for name in conduct.digests if (message := _unknown(conduct, alike, name))]
    warnings = tuple(Diagnostic(Severity.WARNING, 0, 0, message, "vvp") for message in found)
    status = Status.WARN if warnings else Status.PASS
    return StageResult("behaviour", status, ms, warnings, f"driven with {conduct.samples} samples")


def _unknown(conduct: Conduct, alike: Sequence[Conduct], name: str) -> str | None:
    count = conduct.unknown.get(name, 0)
    if count and count == conduct.samples:
        return f"output {name} is unknown (X or Z) at every sample: nothing gives it a value"
    others = [each for each in alike if not each.unknown.get(name)]
    if not count or not others:
        return None
    return (
        f"output {name} is unknown (X or Z) at {count} of {conduct.samples} samples, "
        f"never so in {len(others)} other{'s' if len(others) > 1 else ''}"
    )
