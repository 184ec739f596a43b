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


@dataclass
class _Design:
    fixed: tuple[Read, ...]
    """Packages, interfaces, files with macros: what later files depend on."""
    apart: dict[Command, Read]
    """Files that nothing but their own modules depends on."""
    stamp: str
    handle: Any


class Designs:
    """The designs of a few projects; the oldest go first."""

    def __init__(self, run: Run, survives: Callable[[Sequence[Command], Any], bool]):
        """`survives` tries commands on (a copy of) a design and says whether they come to their end."""
        self._run, self._survives = run, survives
        self._designs: list[_Design] = []
        self._faults: OrderedDict[tuple[Read, ...], None] = OrderedDict()
        self.reads = 0
        """Files read so far."""
        self.version = 0
        """Grows with every change."""

    def get(self, files: tuple[Read, ...], stamp: str) -> Any:
        """A design that holds `files`; None if Yosys cannot read them.

        It may hold more files of the same state of the project, which `stamp` names.
        """
        if files in self._faults:
            return None
        fixed = tuple(file for file in files if not file.modules)
        apart = {file.command: file for file in files if file.modules}
        design = next((each for each in self._designs if each.fixed == fixed), None)
        if design is None:
            design = _Design(fixed, apart, stamp, None)
            commands = [file.command for file in files]
        else:
            commands = _difference(design, apart, stamp)
        if commands and not self._done(commands, design):
            self._faults[files] = None
            self.version += 1
            while len(self._faults) > _MAX_FAULTS:
                self._faults.popitem(last=False)
            return None
        design.apart = apart if stamp != design.stamp else design.apart | apart
        design.stamp = stamp
        others = [each for each in self._designs if each is not design]
        self._designs = [design, *others][:_MAX_DESIGNS]
        return design.handle

    def _done(self, commands: Sequence[Command], design: _Design) -> bool:
        if not self._survives(commands, design.handle):
            return False
        self.version += 1
        self.reads += sum(command[0] == "read_verilog" for command in commands)
        design.handle = self._run(commands, design.handle)
        return True


def _difference(design: _Design, apart: Mapping[Command, Read], stamp: str) -> list[Command]:
    """What has to happen to a design so that it holds the files `apart`."""
    old = [
        file
        for command, file in design.apart.items()
        if (apart.get(command, file) != file) or (stamp != design.stamp and command not in apart)
    ]
    fresh = [command for command, file in apart.items() if design.apart.get(command) != file]
    return [*(("delete", *(rf"\{name}" for name in file.modules)) for file in old), *fresh]
