"""`rtlwright.status`: what serves, for the editor's status line and for people who look for the log."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from lsprotocol import types

from rtlwright.lsp.arguments import Arguments
from rtlwright.lsp.runner import Runner
from rtlwright.lsp.services import Services
from rtlwright.lsp.session import path_of
from rtlwright.server.types import Cancel


class Status:
    """Argument of the command, optional: `{uri}` of a document."""

    def __init__(self, services: Services, runner: Runner, version: str, log_file: Path | None):
        self._services = services
        self._runner = runner
        self._version = version
        self._log_file = log_file

    async def run(self, params: types.ExecuteCommandParams) -> dict[str, Any] | None:
        """`{version, log, root, kind, model, sandbox, notes}`; None where no service can be made."""
        uri = Arguments.of(params).text("uri")
        return await self._runner.run(Cancel(), lambda: self._status(uri))

    def _status(self, uri: str) -> dict[str, Any]:
        """In a worker thread."""
        entry = self._services.at(path_of(uri))
        head = {
            "version": self._version,
            "log": str(self._log_file) if self._log_file else None,
            "root": str(entry.root) if entry.root else None,
        }
        return head | asdict(entry.service.status())
