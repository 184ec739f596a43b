"""What users did with suggestions: kept on this machine, as far as the configuration allows."""

from __future__ import annotations

from rtlwright.server import paths
from rtlwright.server.config import FeedbackConfig
from rtlwright.server.feedback.store import FeedbackStore

_FILE = "feedback.sqlite3"


def open_store(config: FeedbackConfig) -> FeedbackStore:
    """The configured store; the file is opened at the first use."""
    directory = paths.data_dir()
    path = config.path or (directory / _FILE if directory else None)
    return FeedbackStore(path, config.capture, config.retention_days)
