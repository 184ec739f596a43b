"""One life of vLLM: a process group under a keeper, and its health as HTTP tells it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2

from rtlwright.server import paths
from rtlwright.server.model.launch.flags import Command

_TAIL = 256 * 1024
_KEEP_LOG = 32 * 2**20


class Child:
    """Started by its constructor; ended by `stop`, and with this process, however that ends."""

    def __init__(self, command: Command, log: Path, url: str, key: str):
        """Raises OSError where the log cannot be written or the program cannot be started."""
        self.url = url
        self._log = log
        self._client = httpx2.Client(headers={"Authorization": f"Bearer {key}"}, timeout=5.0)
        self._offset = _open_log(log, command)
        keeper = str(paths.package_file("model", "launch", "keeper.py"))
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", keeper, str(log), "--", *command.argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **command.env, "VLLM_API_KEY": key},
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Of the keeper, and of the process group."""
        return self._keeper.pid

    @property
    def status(self) -> int | None:
        """Exit status as a shell would give it; None while it runs."""
        code = self._keeper.poll()
        return None if code is None else code if code >= 0 else 128 - code

    def healthy(self, timeout_s: float = 2.0) -> bool:
        try:
            return self._client.get(f"{self.url}/health", timeout=timeout_s).status_code == 200
        except httpx2.HTTPError:
            return False

    def warm_up(self, model: str, timeout_s: float) -> None:
        """One token: the first request compiles for up to half a minute. Nobody should wait for that."""
        body = {"model": model, "prompt": "module m;", "max_tokens": 2, "temperature": 0.0}
        with contextlib.suppress(httpx2.HTTPError):
            self._client.post(f"{self.url}/v1/completions", json=body, timeout=timeout_s)

    def said(self) -> str:
        """The end of what this life of it has written into the log."""
        with contextlib.suppress(OSError), self._log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._offset, size - _TAIL))
            return file.read().decode(errors="replace")
        return ""

    def stop(self, grace_s: float = 12.0) -> None:
        """Kindly, then not; nothing of the group is left. Idempotent."""
        with contextlib.suppress(OSError, ValueError):
            assert self._keeper.stdin is not None
            self._keeper.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._keeper.wait(grace_s)
        self.kill()

    def kill(self) -> None:
        """The group at once, also where the keeper itself was killed."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._keeper.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._keeper.wait(5.0)
        self._client.close()


def _open_log(log: Path, command: Command) -> int:
    """Where this life begins in the file; what is too long is put aside first."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        if log.stat().st_size > _KEEP_LOG:
            log.replace(log.with_name(log.name + ".1"))
    with log.open("ab") as file:
        file.write(f"\n== {time.strftime('%Y-%m-%d %H:%M:%S')} {command.shell()}\n".encode())
        return file.tell()
