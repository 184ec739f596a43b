"""The client's token and its trust: from the environment or a file, never from a project."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Mapping

from rtlwright.server.config import ServerConfig
from rtlwright.server.errors import UserError


def read_token(config: ServerConfig, environ: Mapping[str, str]) -> str | None:
    """The token for `server.url`. Raises `UserError` for a file that is no good, or that others can read."""
    if token := environ.get(config.token_env, "").strip():
        return _plain(token, f"${config.token_env}")
    if config.token_file is None:
        return None
    file = config.token_file.expanduser()
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise UserError(f"{file}: others can read this token; type: chmod 600 {file}")
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise UserError(f"{file}: server.token_file cannot be read ({reason})") from None
    if not text:
        raise UserError(f"{file}: server.token_file is empty; put the token into it")
    return _plain(text, str(file))


def token_hint(config: ServerConfig) -> str:
    """How to set one."""
    file = f", or into {config.token_file}" if config.token_file else " (or name a file in server.token_file)"
    where = f"${config.token_env}{file}"
    return f"ask its administrator for one (rtlwright token create NAME) and put it into {where}"


def tls_of(config: ServerConfig) -> ssl.SSLContext | None:
    """Verification is always on. Raises `UserError` for a file that has no certificates."""
    try:
        return ssl.create_default_context(cafile=config.ca_file)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or str(error)
        raise UserError(f"{config.ca_file}: server.ca_file cannot be used ({reason})") from None


def _plain(token: str, where: str) -> str:
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UserError(f"{where}: is no token; it looks like rtw_0123456789ab_…")
    return token
