"""Which service answers: this machine, or the team server that the configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rtlwright.server.config import Config

if TYPE_CHECKING:
    from rtlwright.server.local import LocalService
    from rtlwright.server.remote.service import RemoteService


def open_service(config: Config, root: Path | None = None) -> LocalService | RemoteService:
    """Cheap to make; the caller closes it. Raises `UserError` for a configuration that cannot be."""
    if config.server.url is not None:
        from rtlwright.server.remote.service import RemoteService  # each loads what the other does not need

        return RemoteService(config, root)
    from rtlwright.server.local import LocalService

    return LocalService(config, root)
