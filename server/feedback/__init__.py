"""What users did with suggestions: kept on this machine, as far as the configuration allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the label rules are used where neither SQLite nor pydantic may be loaded yet
    from rtlwright.server.config import FeedbackConfig
    from rtlwright.server.feedback.driver import Database
    from rtlwright.server.feedback.store import FeedbackStore

_FILE = "feedback.sqlite3"


def open_store(config: FeedbackConfig) -> FeedbackStore:
    """The configured store; the place is opened at the first use.

    Raises:
        MissingError: `feedback.database` is set, and what speaks to it is not installed.
    """
    from rtlwright.server import paths
    from rtlwright.server.feedback.store import FeedbackStore

    if config.database is not None:
        return FeedbackStore(open_postgres(config.database), config.capture, config.retention_days)
    directory = paths.data_dir()
    path = config.path or (directory / _FILE if directory else None)
    return FeedbackStore(path, config.capture, config.retention_days)


def open_postgres(url: str, *what: Any) -> Database:
    """`Postgres(url, …)`. Raises `MissingError` where psycopg is not installed."""
    from rtlwright.server.errors import MissingError

    try:
        from rtlwright.server.feedback.postgres import Postgres
    except ImportError:
        raise MissingError("PostgreSQL needs more libraries: pip install 'rtlwright[serve]'") from None
    return Postgres(url, *what)
