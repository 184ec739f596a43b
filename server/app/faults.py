"""Every failure as an answer: a status, one line, and when to come back."""

from __future__ import annotations

import logging
import math
from typing import Any

from starlette.responses import JSONResponse

from rtlwright.server.app.slots import Busy
from rtlwright.server.app.workspace import Missing
from rtlwright.server.errors import MissingError, UserError
from rtlwright.server.types import Cancelled

log = logging.getLogger(__name__)

CLIENT_LEFT = 499
"""Nobody reads it; the audit log has it."""


class Refused(Exception):  # noqa: N818
    """An answer that is decided before any work."""

    def __init__(self, status: int, error: str, retry_after_s: float | None = None):
        super().__init__(error)
        self.status, self.retry_after_s = status, retry_after_s


def status_of(error: BaseException) -> tuple[int, dict[str, Any]]:
    """The status and the body (`Fault`)."""
    match error:
        case Refused():
            return error.status, {"error": str(error)}
        case Missing():
            return 409, {"error": str(error), "missing": error.digests}
        case Busy():
            return 429, {"error": "all slots are taken; ask again later"}
        case Cancelled():
            return CLIENT_LEFT, {"error": "cancelled"}
        case MissingError():
            return 503, {"error": str(error)}
        case UserError():
            return 400, {"error": str(error)}
    log.error("a request failed", exc_info=error)
    return 500, {"error": f"internal error: {type(error).__name__}; the server's log has more"}


def fault_of(error: BaseException) -> JSONResponse:
    status, body = status_of(error)
    after = getattr(error, "retry_after_s", None)
    headers = {"retry-after": str(max(1, math.ceil(after)))} if after is not None else {}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse(body, status, headers)
