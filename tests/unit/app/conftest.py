"""One server with the scripted model and two tokens for all tests of a module."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from asking import SCRIPT, Team
from serving import serving

from rtlwright.server.app.token_table import _MIGRATIONS, SqlTokens
from rtlwright.server.app.tokens import Tokens, create
from rtlwright.server.config import Config
from rtlwright.server.feedback.driver import SqliteFile


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    home = tmp_path_factory.mktemp("team")
    script = home / "script.json"
    script.write_text(json.dumps(SCRIPT))
    overrides = {
        "model": {"engine": "scripted", "script": str(script)},
        "feedback": {"path": str(home / "feedback.sqlite3")},
        "serve": {
            "port": 0, "rate": 1000, "burst": 1000, "body_mb": 1, "audit": str(home / "audit.jsonl"),
            "origins": ["https://good.example"],
        },
    }  # fmt: skip
    config = Config.load(None, overrides, {})
    table = SqlTokens(SqliteFile(home / "tokens.sqlite3", _MIGRATIONS))
    alice, bob = create(table, "alice"), create(table, "bob")
    with serving(config, slots=2, tokens=Tokens(table)) as running:
        yield Team(running, home, alice, bob)
