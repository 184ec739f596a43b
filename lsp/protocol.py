"""pygls' protocol with the life cycle held strictly and no trace of an error sent to the client."""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Callable
from typing import Any

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method

log = logging.getLogger(__name__)


class Protocol(LanguageServerProtocol):
    """Where pygls drops a message silently (after shutdown, invalid parameters), a client would wait."""

    # Documents are ours (`Session`): pygls splits lines where Python does, at form feeds for example,
    # and the protocol does not, so that its text and the client's drift apart.
    lsp_text_document__did_open = None  # type: ignore[assignment]
    lsp_text_document__did_change = None  # type: ignore[assignment]
    lsp_text_document__did_close = None  # type: ignore[assignment]

    initialized = False
    exit_status: int | None = None
    """Set once `exit` was received."""
    on_exit: Callable[[], None] = staticmethod(lambda: None)

    def receive(self, body: bytes) -> None:
        """Handle one message; never raises."""
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            self._refuse(None, JsonRpcParseError())
            return
        if not isinstance(message, dict) or message.get("jsonrpc") != self.VERSION:
            self._refuse(None, JsonRpcInvalidRequest())
            return
        refusal = self._out_of_order(message.get("method"))
        if refusal is None:
            self._dispatch(message)
        elif "id" in message:
            self._refuse(message["id"], refusal)

    def _dispatch(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is not None and self.get_message_type(str(method)) is None:
            message.setdefault("params", None)  # pygls wants the field in methods that it does not know
        try:
            self.handle_message(self.structure_message(message))
        except JsonRpcException as error:
            log.warning("message refused: %s", type(error).__name__)
            if method is not None and "id" in message:
                self._refuse(message["id"], JsonRpcInvalidParams())
        except Exception as error:
            log.error("message failed: %s", type(error).__name__)
        # A refused `initialize` may be tried again.
        self.initialized = self._workspace is not None

    def _out_of_order(self, method: object) -> JsonRpcException | None:
        """Why a message must not be handled now; None for responses and whatever is in order."""
        if method is None or method == types.EXIT:
            return None
        if self._shutdown:
            return JsonRpcInvalidRequest("the server is shutting down")
        if method == types.INITIALIZE and self.initialized:
            return JsonRpcInvalidRequest("initialize was sent twice")
        if method != types.INITIALIZE and not self.initialized:
            return JsonRpcServerNotInitialized("initialize comes first")
        return None

    def _refuse(self, id: Any, error: JsonRpcException) -> None:
        # By hand: the converter leaves out an `id` of null, which JSON-RPC wants to see.
        reason = {"code": error.code, "message": error.message}
        self._send_data({"jsonrpc": self.VERSION, "id": id, "error": reason})

    def _send_response(
        self, msg_id: Any, result: Any = None, error: types.ResponseError | None = None
    ) -> None:
        if error is not None:
            # `data` carries a traceback, and the message of an internal error may quote code.
            internal = error.code == types.ErrorCodes.InternalError
            message = "internal error; see the log of rtlwright" if internal else error.message
            error = types.ResponseError(code=error.code, message=message)
        super()._send_response(msg_id, result, error)

    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: Any) -> None:  # type: ignore[override]
        """The process ends in one place, after the service has closed: not with `sys.exit` in here."""
        self.exit_status = 0 if self._shutdown else 1
        self.on_exit()

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """As a coroutine, so that `$/cancelRequest` reaches the command; it gets the whole parameters."""
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams(f"unknown command {params.command!r}")
        result = handler(params)
        return await result if inspect.isawaitable(result) else result
