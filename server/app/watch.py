"""While requests are under way: whoever loses the token loses the answer."""

from __future__ import annotations

import asyncio
import contextlib

from rtlwright.server.app.calls import REVOKED, Calls
from rtlwright.server.app.tokens import FRESH_S, Tokens
from rtlwright.server.errors import UserError


async def end_revoked(tokens: Tokens, calls: Calls, every_s: float = FRESH_S) -> None:
    """Until it is cancelled. New requests are the guard's; this ends those that were admitted before."""
    while True:
        await asyncio.sleep(every_s)
        if not calls.callers:
            continue
        with contextlib.suppress(UserError):  # the database is away: who was known goes on
            await asyncio.to_thread(tokens.read)
        gone = tokens.revoked(calls.callers)
        if gone:
            calls.end(REVOKED, gone)
