"""What the numbers were measured with."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.check.confine.sandbox import INSTALL_BUBBLEWRAP, Sandbox, choose
from rtlwright.server.check.icarus.find import REFERENCE, chosen
from rtlwright.server.check.icarus.install import IcarusInstall
from rtlwright.server.config import CheckConfig
from rtlwright.server.errors import MissingError

INSTALL = "make eda (Icarus Verilog 12 beside the system's), or sudo apt-get install iverilog"


@dataclass(frozen=True)
class Toolchain:
    """Icarus Verilog and the sandbox it runs in."""

    icarus: IcarusInstall
    sandbox: Sandbox

    @classmethod
    def find(cls, config: CheckConfig) -> Toolchain:
        """The configured tools, else the best of this machine.

        Raises:
            MissingError: no Icarus Verilog, or no sandbox and running without one is not allowed.
        """
        icarus = chosen(config.icarus)
        if icarus is None or not icarus.simulator:
            raise MissingError(f"measuring needs Icarus Verilog: {INSTALL}")
        sandbox = choose(config.sandbox)
        if not sandbox.confines and config.simulate != "on":
            raise MissingError(
                'samples are not run without a sandbox (set check.simulate = "on" to run them all the same): '
                f"{INSTALL_BUBBLEWRAP}"
            )
        return cls(icarus, sandbox)

    @property
    def paths(self) -> tuple[Path, ...]:
        """What the sandbox has to show beside the system."""
        return (Path(self.icarus.root),) if self.icarus.root else ()

    @property
    def note(self) -> str | None:
        """What a reader of the numbers should know."""
        if self.icarus.major == REFERENCE:
            return None
        return (
            f"Icarus Verilog {self.icarus.version or '(no version)'} is not the benchmarks' own version, "
            f"{REFERENCE}: some problems end otherwise; `make eda` installs it beside"
        )

    def versions(self) -> Mapping[str, str]:
        return {
            "rtlwright": importlib.metadata.version("rtlwright"),
            "iverilog": self.icarus.version,
            "python": platform.python_version(),
            "sandbox": str(self.sandbox.mode),
            "platform": f"{platform.system()} {platform.machine()}",
        }
