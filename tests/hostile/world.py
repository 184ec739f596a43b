"""The places that hostile text may try to reach: sentinels that must stay as they are."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rtlwright.server import processes

TOOLS = frozenset({"iverilog", "ivl", "ivlpp", "vvp", "sh", "touch", "yosys", "bwrap", "ld-linux-x86-64"})
"""As /proc names them; the last one is the loader, by which an Icarus of another C library is started."""


@dataclass
class World:
    """A home, a working directory and a place to write in, all outside of the sandbox; and a secret."""

    root: Path
    name: str = field(default_factory=lambda: f"rtlwright_pwned_{secrets.token_hex(8)}")
    word: str = field(default_factory=lambda: f"{secrets.randbits(32):08x}")
    """The secret: eight hexadecimal digits, so that `$readmemh` and `include` can both swallow it."""

    def __post_init__(self) -> None:
        for each in (self.home, self.out, self.cwd):
            each.mkdir(mode=0o777)
            each.chmod(0o777)
        self.secret.write_text(f"{self.word}\n")
        (self.home / ".netrc").write_text(f"password {self.word}\n")
        self._before = dict(self._tree())

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def cwd(self) -> Path:
        return self.root / "cwd"

    @property
    def secret(self) -> Path:
        return self.out / "secret.vh"

    def enter(self) -> None:
        """Make this the process's home and working directory; the secret stands in its environment, too."""
        os.environ["HOME"] = str(self.home)
        os.environ["RTLWRIGHT_SECRET"] = self.word
        os.chdir(self.cwd)

    def harm(self) -> list[str]:
        """What has changed outside."""
        now = dict(self._tree())
        found = [f"{path} is new or changed" for path, what in now.items() if self._before.get(path) != what]
        found += [f"{path} is gone" for path in self._before.keys() - now.keys()]
        for place in (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/"), Path.home()):
            with os.scandir(place) as scan:
                found += [entry.path for entry in scan if self.name in entry.name]
        return found

    def told(self, text: str) -> list[str]:
        """What of the outside `text` tells."""
        words = (self.word, "root:x:", "FAILED read", "FAILED wrote", "5ec2e7")
        return [f"it tells {word!r}" for word in words if word in text]

    def _tree(self) -> Iterator[tuple[str, bytes | None]]:
        for path in sorted(self.root.rglob("*")):
            yield str(path), path.read_bytes() if path.is_file() else None


def descendants(pid: int) -> dict[int, str]:
    """Every process below `pid` that has not ended, with its name."""
    known, found, level = processes.table(), dict[int, str](), {pid}
    while level:
        level = {each for each, process in known.items() if process.parent in level and each not in found}
        found |= {each: _name(each) for each in level}
    return found


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
    except OSError:
        return ""


def left(pid: int, only: frozenset[str] | None = None, wait_s: float = 3.0) -> dict[int, str]:
    """The descendants of `pid` (of these names) that are still there after a while."""
    deadline = time.monotonic() + wait_s
    while True:
        found = {each: name for each, name in descendants(pid).items() if only is None or name in only}
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.02)
