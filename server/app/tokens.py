"""Bearer tokens: shown once, kept as hashes.

A token is `rtw_ID_SECRET`. The secret has 256 random bits, so that one round of SHA-256 is all the hashing
that it needs: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from rtlwright.server.errors import UserError

_NAME = re.compile(r"[\w.@+-]{1,64}")
_TOKEN = re.compile(r"rtw_([0-9a-f]{12})_([\w-]{43})", re.ASCII)
FRESH_S = 2.0
"""How long a server goes by what it has read: a token that was revoked is good for no longer than that."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token."""

    id: str
    name: str
    hash: str
    created: float
    """Seconds since the epoch, like the others."""
    expires: float | None = None
    revoked: float | None = None

    def valid(self, now: float) -> bool:
        return self.revoked is None and (self.expires is None or now < self.expires)


class TokenTable(Protocol):
    """Where tokens are kept. All raise `UserError` where that cannot be read or written."""

    def all(self) -> list[Token]: ...

    def add(self, token: Token) -> None: ...

    def revoke(self, id: str, at: float) -> None: ...

    def close(self) -> None: ...


def create(table: TokenTable, name: str, expires: float | None = None, now: float | None = None) -> str:
    """A new token, as its user will send it; it cannot be shown again.

    Raises:
        UserError: the name is taken, or is no name.
    """
    now = time.time() if now is None else now
    if not _NAME.fullmatch(name):
        raise UserError(f"{name!r}: a token's name has letters, digits and . @ + - _, 64 at most")
    if any(each.name == name and each.valid(now) for each in table.all()):
        raise UserError(f"there is a token {name!r} already; revoke it first: rtlwright token revoke {name}")
    id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    table.add(Token(id, name, _hash(secret), now, expires))
    return f"rtw_{id}_{secret}"


def revoke(table: TokenTable, name: str, now: float | None = None) -> None:
    """By name or id. Raises `UserError` where no valid token is called so."""
    now = time.time() if now is None else now
    found = [each for each in table.all() if name in (each.name, each.id) and each.valid(now)]
    if not found:
        raise UserError(f"there is no valid token {name!r}; see `rtlwright token list`")
    for each in found:
        table.revoke(each.id, now)


class Tokens:
    """The server's side: what the table says, read every two seconds. Thread-safe."""

    def __init__(self, table: TokenTable, clock: Callable[[], float] = time.time):
        self._table, self._clock = table, clock
        self._known: dict[str, Token] = {}
        self._read_at: float | None = None

    def check(self, text: str) -> Token | None:
        """The token that `text` is, if it is valid by what was read last. Never blocks."""
        match = _TOKEN.fullmatch(text)
        if match is None:
            return None
        known = self._known.get(match[1])
        good = hmac.compare_digest(_hash(match[2]), known.hash if known else "")
        return known if good and known is not None and known.valid(self._clock()) else None

    @property
    def stale(self) -> bool:
        """It is time to `read`."""
        return self._read_at is None or time.monotonic() - self._read_at > FRESH_S

    def read(self) -> None:
        """Blocks. Where the database is away, those who were known go on, rather than that nobody does.

        Raises:
            UserError: it cannot be read, and never was.
        """
        try:
            self._known = {token.id: token for token in self._table.all()}
        except UserError:
            if self._read_at is None:
                raise
        self._read_at = time.monotonic()

    def revoked(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of `ids` that are good no longer, by what was read last."""
        now = self._clock()
        found = ((id, self._known.get(id)) for id in ids)
        return frozenset(id for id, token in found if token is None or not token.valid(now))

    def any_valid(self) -> bool:
        return any(token.valid(self._clock()) for token in self._known.values())


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
