"""A real PostgreSQL, of the system's packages, on a Unix socket of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

INSTALL = "make postgres"
_ROOT = os.geteuid() == 0


def binaries() -> Path | None:
    """The directory with `initdb` and `postgres`."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next(
        (each for each in places if (each / "postgres").exists() and (each / "initdb").exists()), None
    )


class PostgresServer:
    """Started and killed at will; `url` stays the same."""

    def __init__(self, home: Path, bin: Path):
        self._bin, self._data, self._log = bin, home / "data", home / "log"
        self._process: subprocess.Popen[bytes] | None = None
        home.mkdir(parents=True, exist_ok=True)
        self._user = _account()
        if self._user:
            os.chown(home, pwd.getpwnam(self._user).pw_uid, -1)
            home.chmod(0o755)
        self._as_user("initdb", "-D", self._data, "-A", "trust", "-U", "rtl", "--no-sync", "-E", "UTF8")
        self._home = home
        self.url = f"postgresql:///postgres?host={home}&user=rtl"
        self.start()

    def start(self) -> None:
        options = [
            "-k",
            str(self._home),
            "-c",
            "listen_addresses=",
            "-c",
            "shared_buffers=8MB",
            "-c",
            "fsync=off",
        ]
        argv = self._argv("postgres", "-D", self._data, *options)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)
        import psycopg

        until = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url).close()
                return
            except psycopg.Error:
                assert time.monotonic() < until, self._log.read_text()
                time.sleep(0.05)

    def kill(self) -> None:
        """kill -9 of every process of it."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _as_user(self, *argv: object) -> None:
        subprocess.run(self._argv(*argv), check=True, capture_output=True, cwd="/")

    def _argv(self, name: object, *arguments: object) -> list[str]:
        """PostgreSQL refuses to run as root."""
        command = [str(self._bin / str(name)), *map(str, arguments)]
        return ["setpriv", f"--reuid={self._user}", "--clear-groups", *command] if self._user else command


def _account() -> str | None:
    """Who it runs as, where we are root."""
    if not _ROOT:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
            return name
        except KeyError:
            continue
    raise AssertionError("there is neither an account postgres nor nobody")
