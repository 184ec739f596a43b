"""The constructs of `versions/constructs.txt`: small texts, valid and invalid, one feature each."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.check.icarus import said
from rtlwright.server.check.icarus.install import IcarusInstall

_FILE = Path(__file__).parent / "versions" / "constructs.txt"


@dataclass(frozen=True)
class Construct:
    name: str
    text: str
    valid: bool

    def __str__(self) -> str:
        return self.name if self.valid else f"invalid {self.name}"


def constructs() -> list[Construct]:
    """In the file's order: `//// name` begins a valid text, `////! name` an invalid one."""
    _, *parts = re.split(r"(?m)^////(!?) (.*)\n", _FILE.read_text())
    return [
        Construct(name, text, not bad)
        for bad, name, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]


def unread(install: IcarusInstall) -> list[str]:
    """The names of the valid constructs that this Icarus refuses, is sorry for or breaks at."""
    valid = [each for each in constructs() if each.valid]
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(os.cpu_count()) as pool:
        read = pool.map(lambda each: _reads(install, each, Path(directory)), valid)
        return [each.name for each, fine in zip(valid, read, strict=True) if not fine]


def _reads(install: IcarusInstall, construct: Construct, directory: Path) -> bool:
    file = directory / f"{construct.name.replace(' ', '_').replace('/', '_')}.sv"
    file.write_text(construct.text)
    argv = [*install.driver, "-t", "null", "-g2012", str(file)]
    ran = subprocess.run(argv, cwd=directory, capture_output=True, text=True, timeout=20, errors="replace")
    heard = said.messages(ran.stdout + ran.stderr, file)
    bad = [each for each in heard if each.kind is not said.Kind.WARNING]
    return ran.returncode == 0 and not bad
