"""One installation of Icarus Verilog: its version, and how each of its programs is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class IcarusInstall:
    """Every program is an argv prefix: one that `make eda` installed is started by its own loader.

    `iverilog` runs the preprocessor and the compiler through a shell; who wants to save that starts them
    directly, if `compiler` is known.
    """

    version: str
    """As it says itself ("12.0"); empty if it does not say."""
    driver: tuple[str, ...]
    """`iverilog`."""
    simulator: tuple[str, ...]
    """`vvp`; empty where it is missing."""
    preprocessor: tuple[str, ...] = ()
    """`ivlpp`; empty where nobody knows its place."""
    compiler: tuple[str, ...] = ()
    """`ivl`; empty where nobody knows its place."""
    base: str = ""
    """The directory of the targets (`null.tgt`, `null.conf`) and system tasks (`system.vpi`)."""
    root: str = ""
    """What a sandbox has to show, read-only; empty for one in the system's own directories."""

    @property
    def path(self) -> str:
        """The command that one would type."""
        if self.root:
            return str(Path(self.root) / "bin" / "iverilog")
        return self.driver[0]

    @property
    def vvp(self) -> str:
        """The command that one would type; empty where it is missing."""
        if self.root and self.simulator:
            return str(Path(self.root) / "bin" / "vvp")
        return self.simulator[0] if self.simulator else ""

    @property
    def major(self) -> int:
        """0 if the version is unknown."""
        head = self.version.split(".")[0]
        return int(head) if head.isdigit() else 0

    def encode(self) -> dict[str, Any]:
        """For the worker, as JSON."""
        return asdict(self)

    @classmethod
    def decode(cls, form: Mapping[str, Any]) -> IcarusInstall:
        words: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in form.items()}
        return cls(**words)
