"""One service per project root, made at the first use and again when its configuration changes."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from rtlwright.lsp.notices import Notices
from rtlwright.lsp.session import UNTITLED
from rtlwright.server.errors import UserError

if TYPE_CHECKING:  # pydantic takes a quarter of a second: not before `initialize` is answered
    from rtlwright.server.config import Config
    from rtlwright.server.service import Service
    from rtlwright.server.types import Cancel, CompletionRequest

log = logging.getLogger(__name__)

Factory = Callable[["Config", Path | None], "Service"]
MAX_SERVICES = 4
"""Each may hold a model and workers; the one that was used longest ago goes first."""


def configured_service(config: Config, root: Path | None) -> Service:
    """This machine, or the team server of `server.url`."""
    from rtlwright.server.opening import open_service

    # Without a root it would take the working directory, which for an editor may be the whole home.
    return open_service(config, root or UNTITLED)


@runtime_checkable
class _Warmable(Protocol):
    """A service that can start its workers before they are needed."""

    def warm(self) -> None: ...


@runtime_checkable
class ReadsAhead(Protocol):
    """A service whose model can read around a place before anybody asks what comes there."""

    def read_ahead(self, request: CompletionRequest, cancel: Cancel) -> None:
        """Never raises; returns once it has been read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A service with the configuration that it was made from."""

    root: Path | None
    config: Config
    service: Service
    generation: int


class Services:
    """Thread-safe; all but `configure` and `set_roots` may block, and belong into a worker thread."""

    def __init__(self, factory: Factory, notices: Notices):
        self._factory = factory
        self._notices = notices
        self._lock = threading.RLock()
        self._roots: tuple[Path, ...] = ()
        self._settings: Mapping[str, Any] = {}
        self._generation = 0
        self._entries: OrderedDict[Path | None, Entry] = OrderedDict()
        self._closed = False

    def configure(self, settings: Mapping[str, Any]) -> None:
        """The editor's settings, unchecked; the next use reads all configuration again."""
        self._settings = settings
        self._generation += 1

    def reload(self) -> None:
        """A configuration file has changed."""
        self._generation += 1

    def set_roots(self, roots: tuple[Path, ...]) -> None:
        self._roots = roots

    def at(self, path: Path | None) -> Entry:
        """The service for a file, or for the first root if there is no file.

        Raises:
            UserError: the service cannot be made, or everything is being closed.
        """
        with self._lock:
            if self._closed:
                raise UserError("rtlwright is shutting down")
            return self._entry(root_of(path, self._roots))

    def warm(self, root: Path | None) -> None:
        """Make the service of a root, and let it start what it will need, if it can."""
        with self._lock:
            if root is None or self._closed:
                import rtlwright.server.config  # noqa: F401 - the slow part of the first request

                return
            service = self._entry(root).service
        if isinstance(service, _Warmable):
            service.warm()

    def closed(self, path: Path) -> None:
        """A document was closed: other services than its own may have seen it, too."""
        for service in self._running():
            service.project.closed(path)

    def look_again(self) -> None:
        """Files of the workspace have changed on disk."""
        for service in self._running():
            service.project.look_again()

    def _running(self) -> list[Service]:
        with self._lock:
            return [entry.service for entry in self._entries.values()]

    def close(self) -> None:
        """End every service. Idempotent."""
        with self._lock:
            self._closed = True
            entries = list(self._entries.values())
            self._entries.clear()
        for entry in entries:
            _close(entry.service)

    def _entry(self, root: Path | None) -> Entry:
        entry = self._entries.get(root)
        if entry is None or entry.generation != self._generation:
            generation = self._generation
            config = self._config(root)
            if entry is not None and entry.config == config:
                entry = Entry(root, config, entry.service, generation)
            else:
                if entry is not None:
                    del self._entries[root]
                    _close_in_thread(entry.service)
                entry = Entry(root, config, self._factory(config, root), generation)
            self._entries[root] = entry
        self._entries.move_to_end(root)
        if len(self._entries) > MAX_SERVICES:
            _close_in_thread(self._entries.popitem(last=False)[1].service)
        return entry

    def _config(self, root: Path | None) -> Config:
        """A wrong setting leaves the files, wrong files leave the defaults; the user is told either way."""
        from rtlwright.server.config import Config, FeedbackConfig

        for settings in (self._settings, {}):
            try:
                return Config.load(root, settings)
            except UserError as error:
                self._notices.say(str(error))
        # A file that cannot be read may have said that nothing shall be recorded.
        return Config(feedback=FeedbackConfig(capture="off"))


def root_of(path: Path | None, roots: tuple[Path, ...]) -> Path | None:
    """The project of a file: the nearer of its `rtlwright.toml` and its workspace folder.

    A lone file outside of every folder has the project that the command line would find for it; what is
    in no file yet has none.
    """
    from rtlwright.server.config import find_file, project_root

    if path is None:
        return roots[0] if roots else None
    around = [root for root in roots if path.is_relative_to(root)]
    if (file := find_file(path)) is not None:
        around.append(file.parent)
    if around:
        return max(around, key=lambda root: len(root.parts))
    return project_root(path) if path.parent.is_dir() else None


def _close_in_thread(service: Service) -> None:
    threading.Thread(target=_close, args=(service,), name="rtlwright-close", daemon=True).start()


def _close(service: Service) -> None:
    try:
        service.close()
    except Exception as error:
        log.error("closing a service failed: %s", type(error).__name__)
