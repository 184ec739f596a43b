"""The log file of the language server. It names what happened and where, and holds no code."""

from __future__ import annotations

import logging
from pathlib import Path

from rtlwright.server import paths

LEVELS = ("error", "warning", "info", "debug")
MAX_BYTES = 1_000_000


def start(level: str) -> Path | None:
    """Log to a file in the user's log directory; None, and no log, where there is none."""
    # pygls logs whole messages, documents included.
    logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL + 1)
    root = logging.getLogger("rtlwright")
    root.propagate = False
    root.addHandler(logging.NullHandler())
    directory = paths.writable(paths.log_dir())
    if directory is None:
        return None
    from logging.handlers import RotatingFileHandler

    file = directory / "lsp.log"
    handler = RotatingFileHandler(file, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    root.setLevel(level.upper())
    return file
