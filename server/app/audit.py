"""Who asked for what, when, and how it went: JSON lines, without code unless configured."""

from __future__ import annotations

import json
import logging
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from rtlwright.server import paths
from rtlwright.server.config import ServeConfig
from rtlwright.server.errors import UserError

_FILE = "audit.jsonl"
_MAX_BYTES = 32 * 2**20
_KEPT = 8


class Audit:
    """One line for each request. A full disk stops the log, not the server."""

    def __init__(self, config: ServeConfig):
        """Raises `UserError` where the file cannot be written."""
        self.path = _path(config)
        self.with_code = config.audit_code
        self._log = logging.Logger("rtlwright-audit")
        if self.path is not None:
            self._log.addHandler(_handler(self.path))

    def say(self, entry: dict[str, Any]) -> None:
        if self.path is not None:
            self._log.info(json.dumps({"at": round(time.time(), 3), **entry}))

    def close(self) -> None:
        for handler in self._log.handlers:
            handler.close()


def _path(config: ServeConfig) -> Path | None:
    if config.audit == "off":
        return None
    if config.audit is not None:
        return config.audit
    directory = paths.writable(paths.log_dir())
    return directory / _FILE if directory else None


def _handler(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_MAX_BYTES, backupCount=_KEPT, encoding="utf-8")
        path.chmod(0o600)
    except OSError as error:
        raise UserError(
            f"{path}: the audit log cannot be written ({error.strerror}); set serve.audit"
        ) from None
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.handleError = lambda record: None  # type: ignore[method-assign]
    return handler
