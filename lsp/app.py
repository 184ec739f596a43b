"""The parts of the language server, put together, and their life from `initialize` to the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from rtlwright.lsp import parent
from rtlwright.lsp.actions import Actions
from rtlwright.lsp.buffer import UTF16
from rtlwright.lsp.candidates import Answers, Candidates
from rtlwright.lsp.diagnostics import Diagnostics
from rtlwright.lsp.feedback import Feedback
from rtlwright.lsp.generate import Generate
from rtlwright.lsp.inline_completion import InlineCompletion
from rtlwright.lsp.language_server import RtlLanguageServer
from rtlwright.lsp.navigation import Navigation
from rtlwright.lsp.notices import Notices
from rtlwright.lsp.runner import Runner, log_failure
from rtlwright.lsp.services import Factory, Services
from rtlwright.lsp.session import Session, path_of
from rtlwright.lsp.settings import SECTION, settings_of
from rtlwright.lsp.status import Status
from rtlwright.lsp.status_line import StatusLine
from rtlwright.server.memory import give_back
from rtlwright.server.types import Cancel, Cancelled

log = logging.getLogger(__name__)

REST_S = 2.0
"""Without a change of any document, before what was freed goes back to the machine."""
TIDY_EVERY_S = 30.0
"""Where changes never pause so long."""
SETTINGS_WITHIN_S = 2.0
"""Nobody waits longer for a client to say its settings; they may still come."""
WATCHED = ("**/rtlwright.toml", "**/*.{v,vh,sv,svh,f}")
"""Where the client can watch files; else the index looks for itself every few seconds."""


class App:
    """One client's language server."""

    def __init__(self, factory: Factory, log_file: Path | None):
        self.server = RtlLanguageServer(version("rtlwright"))
        self.session = Session()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._set = False
        self._notices = Notices(self._show_from_any_thread)
        self._runner = Runner(self._notices)
        self._services = Services(factory, self._notices)
        self._tasks: set[asyncio.Task[None]] = set()
        self.feedback = Feedback(self.session, self._services)
        self.answers = Answers()
        self.line = StatusLine(self.server.protocol.notify)
        self.completion = InlineCompletion(
            self.session,
            self._services,
            self._runner,
            self.feedback,
            self.line,
            self.answers,
            self.server.protocol.notify,
        )
        self.candidates = Candidates(self.session, self._services, self._runner, self.feedback, self.answers)
        self.actions = Actions(self.server, self.session, self._services, self._runner)
        self.navigation = Navigation(self.session, self._services, self._runner)
        self.diagnostics = Diagnostics(
            self.session,
            self._services,
            self._runner,
            self.server.text_document_publish_diagnostics,
            self.spawn,
        )
        self.generate = Generate(
            self.server, self.session, self._services, self._runner, self.feedback, self.answers, self._show
        )
        self.status = Status(self._services, self._runner, self.server.version, log_file)

    def begin(self, params: types.InitializeParams) -> None:
        """`initialize`: nothing slow, the client waits for the answer."""
        self._loop = asyncio.get_running_loop()
        encoding = types.PositionEncodingKind(self.server.workspace.position_encoding or UTF16)
        self.session.begin(params, encoding)
        self._services.set_roots(self.session.roots)
        self.configure(params.initialization_options)
        if params.process_id is not None and parent.alive(params.process_id):
            self.spawn(parent.watch(params.process_id, self.server.stop))

    def ready(self) -> None:
        """`initialized`: what takes time may start."""
        self.spawn(self._warm())
        self.spawn(self._stay_small())
        workspace = self.session.capabilities.workspace
        watched = workspace.did_change_watched_files if workspace else None
        if watched and watched.dynamic_registration:
            self.spawn(self._watch_files())

    def configure(self, raw: object) -> None:
        """Settings came; a client that sends none, or an empty word (Eglot), is asked, if it can be."""
        settings = settings_of(raw or None)
        if settings is not None:
            self._configured(settings)
        elif self.server.protocol.initialized and self._can_be_asked:
            self.spawn(self._pull_settings())

    def reload(self) -> None:
        """A `rtlwright.toml` was changed, made or removed."""
        self._services.reload()
        self.completion.reset()

    def changed_on_disk(self, uris: Iterable[str]) -> None:
        """Files were changed, made, renamed or deleted, by the editor or behind its back."""
        if any(uri.endswith("/rtlwright.toml") for uri in uris):
            self.reload()
        self.in_background(self._services.look_again)

    def change_roots(self, event: types.WorkspaceFoldersChangeEvent) -> None:
        self.session.change_roots(event)
        self._services.set_roots(self.session.roots)

    def closed(self, uri: str) -> None:
        """A document was closed: nothing of it may go on or stay on screen."""
        self.completion.forget(uri)
        self.answers.forget(uri)
        self.feedback.closed(uri)
        self.diagnostics.clear(uri)
        self.session.close(uri)
        if (path := path_of(uri)) is not None:
            self.in_background(partial(self._services.closed, path))

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run beside the messages; a failure goes to the log."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def close(self) -> None:
        """Cancel what runs, write what is known, end every worker; blocks. Idempotent."""
        self.completion.close()
        self.diagnostics.close()
        self._runner.close()
        self.feedback.close()
        self._services.close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log_failure("a task failed", error)

    def in_background(self, call: Callable[[], None]) -> None:
        """In a worker thread; nobody waits for it."""
        self.spawn(self._quietly(call))

    async def _quietly(self, call: Callable[[], None]) -> None:
        await self._runner.run(Cancel(), call)

    async def _warm(self) -> None:
        """Imports and workers, so that the first request finds them there; made for the client's settings."""
        if not self._set and self._can_be_asked:
            await asyncio.wait({self.spawn(self._pull_settings())}, timeout=SETTINGS_WITHIN_S)
        root = self.session.roots[0] if self.session.roots else None
        try:
            await self._runner.run(Cancel(), lambda: self._services.warm(root))
        except Cancelled:
            return

    async def _stay_small(self) -> None:
        """What was freed goes back to the machine, a few milliseconds in a thread, while nobody types."""
        given_back, seen, waited = -1, 0, 0.0
        while True:
            await asyncio.sleep(REST_S)
            waited += REST_S
            rests, seen = self.session.changes == seen, self.session.changes
            if seen != given_back and (rests or waited >= TIDY_EVERY_S):
                await asyncio.to_thread(give_back)
                given_back, waited = seen, 0.0

    async def _watch_files(self) -> None:
        watchers = [types.FileSystemWatcher(glob_pattern=pattern) for pattern in WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers)
        registration = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        await self.server.client_register_capability_async(types.RegistrationParams([registration]))

    @property
    def _can_be_asked(self) -> bool:
        workspace = self.session.capabilities.workspace
        return bool(workspace and workspace.configuration)

    async def _pull_settings(self) -> None:
        item = types.ConfigurationItem(section=SECTION)
        try:
            answer = await self.server.workspace_configuration_async(types.ConfigurationParams([item]))
        except JsonRpcException as error:
            log_failure("the client would not say its settings", error)
            return
        if answer and (settings := settings_of(answer[0])) is not None:
            self._configured(settings)

    def _configured(self, settings: dict[str, Any]) -> None:
        self._set = True
        self._services.configure(settings)
        self.completion.reset()

    def _show(self, message: str) -> None:
        params = types.ShowMessageParams(type=types.MessageType.Warning, message=f"rtlwright: {message}")
        self.server.window_show_message(params)

    def _show_from_any_thread(self, message: str) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._show, message)
