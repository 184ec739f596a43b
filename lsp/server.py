"""`rtlwright lsp`: the language server on standard input and output. Registration, and nothing else."""

from __future__ import annotations

from rtlwright.lsp import lean  # noqa: F401 - before lsprotocol is loaded

# isort: split
import argparse
import asyncio
import importlib
import os
import threading
from collections.abc import Sequence
from typing import Any

from lsprotocol import types

from rtlwright.lsp import logs
from rtlwright.lsp.actions import KINDS
from rtlwright.lsp.app import App
from rtlwright.lsp.arguments import Arguments
from rtlwright.lsp.services import Factory, configured_service
from rtlwright.lsp.stdio import Channel
from rtlwright.lsp.words import explanation
from rtlwright.server.memory import be_frugal

CLOSE_WITHIN_S = 5.0
"""What has not ended by then ends with the process."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve one client; the exit status."""
    options = _options(argv)
    be_frugal()
    channel = Channel.claim()
    app = App(_factory(options.test_service), logs.start(options.log_level))
    register(app)
    try:
        return asyncio.run(app.server.serve(channel))
    finally:
        # A service that does not come to its end must not keep the process: workers die with it.
        last_resort = threading.Timer(CLOSE_WITHIN_S, os._exit, (1,))
        last_resort.daemon = True
        last_resort.start()
        app.close()


def register(app: App) -> None:
    """Every method and command of the server."""
    _register_lifecycle(app)
    _register_files(app)
    _register_documents(app)
    _register_features(app)
    _register_commands(app)


def _register_lifecycle(app: App) -> None:
    server = app.server

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        app.begin(params)

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        app.ready()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        app.configure(params.settings)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        app.changed_on_disk([change.uri for change in params.changes])

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_workspace_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        app.change_roots(params.event)


def _register_files(app: App) -> None:
    """What the editor itself does with files and folders."""
    server = app.server
    filters = [
        types.FileOperationFilter(types.FileOperationPattern("**/*.{v,vh,sv,svh,f}"), "file"),
        types.FileOperationFilter(
            types.FileOperationPattern("**/*", matches=types.FileOperationPatternKind.Folder), "file"
        ),
    ]
    options = types.FileOperationRegistrationOptions(filters)

    @server.feature(types.WORKSPACE_DID_CREATE_FILES, options)
    def did_create(params: types.CreateFilesParams) -> None:
        app.changed_on_disk([file.uri for file in params.files])

    @server.feature(types.WORKSPACE_DID_RENAME_FILES, options)
    def did_rename(params: types.RenameFilesParams) -> None:
        app.changed_on_disk([uri for file in params.files for uri in (file.old_uri, file.new_uri)])

    @server.feature(types.WORKSPACE_DID_DELETE_FILES, options)
    def did_delete(params: types.DeleteFilesParams) -> None:
        app.changed_on_disk([file.uri for file in params.files])


def _register_documents(app: App) -> None:
    server = app.server

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        app.session.open(params.text_document)
        app.spawn(app.diagnostics.opened(params.text_document.uri))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        if buffer := app.session.change(params):
            app.feedback.changed(buffer)
            app.completion.changed(buffer)
            app.diagnostics.changed(buffer.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        app.spawn(app.diagnostics.check(params.text_document.uri))

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        app.closed(params.text_document.uri)


def _register_features(app: App) -> None:
    server = app.server

    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList | None:
        return await app.completion.answer(params)

    @server.feature("textDocument/didPartiallyAcceptCompletion")
    def did_partially_accept(params: Any) -> None:
        app.feedback.partially_accepted(str(params.item.command.arguments[0]), int(params.acceptedLength))

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(list(KINDS)),
    )
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        return await app.actions.menu(params)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        return await app.navigation.hover(params)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> types.Location | None:
        return await app.navigation.definition(params)


def _register_commands(app: App) -> None:
    server = app.server

    @server.command("rtlwright.accepted")
    def accepted(params: types.ExecuteCommandParams) -> None:
        if id := Arguments.of(params).id():
            app.feedback.accepted(id)

    @server.command("rtlwright.candidates")
    async def candidates(params: types.ExecuteCommandParams) -> dict[str, Any] | None:
        return await app.candidates.run(params)

    @server.command("rtlwright.explain")
    def explain(params: types.ExecuteCommandParams) -> str | None:
        found = app.answers.suggestion(Arguments.of(params).id())
        return explanation(found) if found else None

    @server.command("rtlwright.modules")
    async def modules(params: types.ExecuteCommandParams) -> list[dict[str, str]]:
        return await app.actions.modules(params)

    @server.command("rtlwright.instantiate")
    async def instantiate(params: types.ExecuteCommandParams) -> bool:
        return await app.actions.instantiate(params)

    @server.command("rtlwright.another")
    async def another(params: types.ExecuteCommandParams) -> dict[str, Any] | None:
        return await app.generate.another(params)

    @server.command("rtlwright.generate")
    async def generate(params: types.ExecuteCommandParams) -> dict[str, Any] | None:
        return await app.generate.run(params)

    @server.command("rtlwright.status")
    async def status(params: types.ExecuteCommandParams) -> dict[str, Any] | None:
        return await app.status.run(params)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="rtlwright lsp", description="Language server on stdio.")
    parser.add_argument("--log-level", choices=logs.LEVELS, default="warning", help="default: warning")
    parser.add_argument("--test-service", metavar="MODULE:FACTORY", help=argparse.SUPPRESS)
    # Editors add what they please: --stdio, --clientProcessId=….
    return parser.parse_known_args(argv)[0]


def _factory(test_service: str | None) -> Factory:
    """The real service, or for tests the one that a module of theirs makes."""
    if test_service is None:
        return configured_service
    module, _, name = test_service.partition(":")
    factory: Factory = getattr(importlib.import_module(module), name)
    return factory
