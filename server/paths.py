"""Where files of the user's account live; every one may be missing or read-only."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from platformdirs import PlatformDirs

_DIRS = PlatformDirs("rtlwright", appauthor=False)


def config_file() -> Path | None:
    """`rtlwright.toml` of the user, wherever the platform keeps such files."""
    return _guarded("user_config_path", "rtlwright.toml")


def data_dir() -> Path | None:
    """Feedback store. None where the account has no home directory."""
    return _guarded("user_data_path")


def cache_dir() -> Path | None:
    """Index cache; may be removed at any time."""
    return _guarded("user_cache_path")


def log_dir() -> Path | None:
    return _guarded("user_log_path")


def writable(directory: Path | None) -> Path | None:
    """`directory`, made if need be, or None where it cannot be written: nobody fails for a cache."""
    if directory is None:
        return None
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except OSError:
        return None


def _guarded(attribute: str, name: str | None = None) -> Path | None:
    try:
        path: Path = getattr(_DIRS, attribute)
    except (RuntimeError, KeyError, OSError):  # no home directory can be determined
        return None
    if not path.is_absolute() or str(path).startswith("~"):
        return None
    return path / name if name else path


def package_file(*parts: str) -> Path:
    """A data file of this package."""
    return Path(__file__).parent.joinpath(*parts)


def running_as_root() -> bool:
    return os.geteuid() == 0
