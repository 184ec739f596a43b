"""Designs that hold a project's other files, in the process that jobs are forked from.

A design is made once, and afterwards follows the project: of a file that was edited the modules are taken out
and read anew, and the rest stays. What is new is tried in a fork first, since an error of Yosys ends the
process that it happens in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MAX_DESIGNS = 4
_MAX_FAULTS = 64

Command = tuple[str, ...]
"""A pass and its arguments; as one string, a file's name could end it and begin another command."""
Run = Callable[[Sequence[Command], Any], Any]
"""Run commands on a design (None: a fresh one) and return it."""


@dataclass(frozen=True, slots=True)
class Read:
    """A file that a design holds."""

    command: Command
    digest: str
    """Of its content."""
    modules: tuple[str, ...] = ()
    """If not empty, all that it brings: it can be taken out of a design again by their names."""

    @classmethod
    def decode(cls, form: Mapping[str, Any]) -> Read:
        return cls(tuple(form["command"]), str(form["digest"]), tuple(form["modules"]))


class Designs:
    """Designs by the files that they hold; the oldest go first."""

    def __init__(self, run: Run, survives: Callable[[Sequence[Command], Any], bool]):
        """`survives` tries commands on (a copy of) a design and says whether they come to their end."""
        self._run, self._survives = run, survives
        self._designs: OrderedDict[tuple[Read, ...], Any] = OrderedDict()
        self._faults: OrderedDict[tuple[Read, ...], None] = OrderedDict()
        self.reads = 0
        """Files read so far."""

    def get(self, files: tuple[Read, ...]) -> Any:
        """The design that holds `files`; None if Yosys cannot read them."""
        if files in self._faults:
            return None
        if files not in self._designs:
            old = self._ancestor(files)
            commands = _difference(old, files)
            design = self._designs[old] if old else None
            if not self._survives(commands, design):
                self._faults[files] = None
                while len(self._faults) > _MAX_FAULTS:
                    self._faults.popitem(last=False)
                return None
            self.reads += sum(command[0] == "read_verilog" for command in commands)
            if old:
                del self._designs[old]
            self._designs[files] = self._run(commands, design)
            while len(self._designs) > _MAX_DESIGNS:
                self._designs.popitem(last=False)
        self._designs.move_to_end(files)
        return self._designs[files]

    def _ancestor(self, files: tuple[Read, ...]) -> tuple[Read, ...]:
        """The newest design that differs only in files that can be taken out and read again; () if none."""
        for old in reversed(self._designs):
            if old and len(old) == len(files) and all(map(_replaceable, old, files)):
                return old
        return ()


def _replaceable(old: Read, new: Read) -> bool:
    return old == new or bool(old.command == new.command and old.modules and new.modules)


def _difference(old: tuple[Read, ...], files: tuple[Read, ...]) -> list[Command]:
    """What makes `files` of `old`."""
    if not old:
        return [file.command for file in files]
    changed = [(before, after) for before, after in zip(old, files, strict=True) if before != after]
    out = [("delete", *(rf"\{name}" for name in before.modules)) for before, _ in changed]
    return [*out, *(after.command for _, after in changed)]
