"""Edits of the service as the client takes them."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.session import Session
from rtlwright.server.actions.edits import NewFile, TextEdit


def workspace_edit(
    session: Session, buffer: Buffer, edits: Sequence[TextEdit], new_file: NewFile | None = None
) -> types.WorkspaceEdit | None:
    """Edits of the buffer, or a new file; None where the client cannot do it.

    The buffer's version goes along where the client can compare it.
    """
    workspace = session.capabilities.workspace
    can = workspace.workspace_edit if workspace else None
    own = [types.TextEdit(buffer.client_range(edit.range), edit.text) for edit in edits]
    if new_file is None:
        if can is None or not can.document_changes:
            return types.WorkspaceEdit(changes={buffer.uri: own})
        return types.WorkspaceEdit(document_changes=[_versioned(buffer, own)])
    operations = (can.resource_operations if can else None) or ()
    if types.ResourceOperationKind.Create not in operations:
        return None
    uri, start = new_file.path.as_uri(), types.Position(0, 0)
    options = types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
    text = types.TextEdit(types.Range(start, start), new_file.text)
    made = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=None)
    file = types.CreateFile(uri=uri, options=options)
    return types.WorkspaceEdit(document_changes=[file, types.TextDocumentEdit(made, [text])])


def _versioned(buffer: Buffer, edits: Sequence[types.TextEdit]) -> types.TextDocumentEdit:
    document = types.OptionalVersionedTextDocumentIdentifier(uri=buffer.uri, version=buffer.version)
    return types.TextDocumentEdit(document, list(edits))
