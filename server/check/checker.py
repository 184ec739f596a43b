"""The gate's side of the worker: sends what it lacks, survives its death, says what is missing here."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from rtlwright.server.check import wire
from rtlwright.server.check.confine.confined import ConfinedWorker
from rtlwright.server.check.confine.sandbox import Sandbox, choose
from rtlwright.server.check.icarus.find import chosen
from rtlwright.server.check.icarus.install import IcarusInstall
from rtlwright.server.check.outside import placed
from rtlwright.server.check.worker.project import safe_path
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import Cancel, ProjectView, SourceFile
from rtlwright.server.worker import Worker, WorkerDied

_NAME = re.compile(r"[A-Za-z_][\w$]*", re.ASCII)
_DELIVERIES = 4
"""How often files are sent for one call: a worker may die between that and the call."""
INSTALL_ICARUS = "sudo apt-get install iverilog"


class Checker:
    """Workers in their sandbox; nothing starts before the first call."""

    def __init__(self, config: CheckConfig):
        self._config = config
        self._lock = threading.Lock()
        self._sandbox: Sandbox | None = None
        self._worker: Worker | None = None
        self._views: dict[int, tuple[ProjectView, dict[str, Any]]] = {}

    @property
    def sandbox(self) -> Sandbox:
        with self._lock:
            if self._sandbox is None:
                self._sandbox = choose(self._config.sandbox)
            return self._sandbox

    @property
    def iverilog(self) -> str | None:
        """The command of `icarus`."""
        return self.icarus.path if self.icarus else None

    @cached_property
    def icarus(self) -> IcarusInstall | None:
        """The Icarus Verilog to use, None where there is none."""
        return chosen(self._config.icarus)

    @property
    def iverilog_missing(self) -> str:
        if self._config.icarus:
            return f"{self._config.icarus} is no program; correct check.icarus, or {INSTALL_ICARUS}"
        return f"Icarus Verilog is not installed: {INSTALL_ICARUS}"

    def settings(self, best: int) -> dict[str, Any]:
        """For the worker."""
        return {**self._settings, "best": best}

    @cached_property
    def _settings(self) -> dict[str, Any]:
        return {
            "icarus": self.icarus.encode() if self.icarus else None,
            "iverilog_missing": self.iverilog_missing,
            "yosys": self._config.yosys,
            "timeout_s": self._config.timeout_s,
        }

    @cached_property
    def salt(self) -> str:
        """What of the configuration a verdict depends on, but for how many are the best."""
        return str(self._settings)

    def call(
        self, method: str, params: dict[str, Any], view: ProjectView | None = None, *,
        timeout_s: float, start_s: float = 0.0, cancel: Cancel | None = None,
        on_part: Callable[[Any], None] | None = None,
    ) -> Any:  # fmt: skip
        """A call of the shared worker; sends the files that it has not got yet.

        Raises:
            WorkerError, Cancelled: as `Worker.call`.
        """
        worker = self.worker
        for _ in range(_DELIVERIES):
            result = worker.call(
                method, params, timeout_s=timeout_s, start_s=start_s, cancel=cancel, on_part=on_part
            )
            if view is None or not isinstance(result, Mapping) or not result.get("lacking"):
                return result
            texts = _texts(view, result["lacking"])
            worker.call("put", texts, timeout_s=timeout_s, start_s=start_s, cancel=cancel)
        raise WorkerDied("checker: it has lost its files again and again")

    @property
    def worker(self) -> Worker:
        """The one that reads text and never runs it; shared by all checks."""
        sandbox = self.sandbox
        with self._lock:
            if self._worker is None:
                self._worker = self.once("checker", sandbox)
            return self._worker

    def once(self, name: str, sandbox: Sandbox | None = None) -> Worker:
        """A worker of its own, for text that is going to run; the caller closes it."""
        return ConfinedWorker(name, sandbox or self.sandbox, self._config.memory_mb, self.tool_paths())

    def tool_paths(self) -> tuple[Path, ...]:
        """Where an Icarus Verilog outside of the system's own directories lives."""
        return (Path(self.icarus.root),) if self.icarus and self.icarus.root else ()

    def project(self, view: ProjectView) -> dict[str, Any]:
        """The view for the worker, without its texts; encoded once as long as the view is the same object."""
        known = self._views.get(id(view))
        if known is None or known[0] is not view:
            if len(self._views) > 16:
                self._views.clear()
            plain = safe(view)
            known = self._views[id(view)] = (view, wire.encode_view(plain, _key(plain)))
        return known[1]

    def close(self) -> None:
        with self._lock:
            if self._worker is not None:
                self._worker.close()


def safe(view: ProjectView) -> ProjectView:
    """The view with what lies outside of its root in a folder of it, without what reads as more than a name.

    A filelist's files, directories and definitions may be anything.
    """
    paths = [file.path for file in (*view.sources, *view.includes)]
    if all(map(safe_path, (*paths, view.document_path))) and _plain(view):
        return view

    def kept(files: Sequence[SourceFile]) -> tuple[SourceFile, ...]:
        inside = (replace(file, path=placed(file.path, view.root)) for file in files)
        return tuple(file for file in inside if safe_path(file.path))

    directories = (placed(each, view.root) for each in view.include_dirs)
    name = "".join(c for c in Path(view.document_path).name if c.isprintable()) or "document.sv"
    return replace(
        view,
        sources=kept(view.sources),
        includes=kept(view.includes),
        document_path=view.document_path if safe_path(view.document_path) else name,
        include_dirs=tuple(each for each in directories if _directory(each)),
        defines={n: v for n, v in view.defines.items() if _define(n, v)},
    )


def _plain(view: ProjectView) -> bool:
    return all(map(_directory, view.include_dirs)) and all(_define(n, v) for n, v in view.defines.items())


def _directory(path: str) -> bool:
    return path == "." or safe_path(path)


def _define(name: str, value: str) -> bool:
    return _NAME.fullmatch(name) is not None and value.isprintable()


def _texts(view: ProjectView, lacking: Sequence[str]) -> dict[str, str]:
    wanted = set(lacking)
    return {file.digest: file.text for file in (*view.sources, *view.includes) if file.digest in wanted}


def _key(view: ProjectView) -> str:
    parts = [view.document_path, *view.include_dirs, "|"]
    parts += [f"{file.path}={file.digest}" for file in (*view.sources, *view.includes)]
    parts += [f"{name}={value}" for name, value in sorted(view.defines.items())]
    parts += ["|", *sorted(view.missing_modules)]
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
