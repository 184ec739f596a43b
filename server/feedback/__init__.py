"""What users did with suggestions: kept on this machine, as far as the configuration allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the label rules are used where neither SQLite nor pydantic may be loaded yet
    from rtlwright.server.config import FeedbackConfig
    from rtlwright.server.feedback.store import FeedbackStore

_FILE = "feedback.sqlite3"


def open_store(config: FeedbackConfig) -> FeedbackStore:
    """The configured store; the file is opened at the first use."""
    from rtlwright.server import paths
    from rtlwright.server.feedback.store import FeedbackStore

    directory = paths.data_dir()
    path = config.path or (directory / _FILE if directory else None)
    return FeedbackStore(path, config.capture, config.retention_days)
