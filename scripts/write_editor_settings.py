"""Writes the settings of editors/vscode/package.json from the configuration: one key for one key.

The extension's own settings (those without a section of the configuration) are left as they are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rtlwright.server.config import Config

MANIFEST = Path(__file__).parents[1] / "editors/vscode/package.json"
PREFIX = "rtlwright."
_CONSTRAINTS = ("type", "enum", "items", "additionalProperties", "minimum", "maximum", "exclusiveMinimum")

_THE_USERS = {
    "check.icarus", "check.sandbox", "check.simulate", "feedback.path", "feedback.database",
    "model.path", "model.script", "model.url", "model.key_env", "trust.projects",
}  # fmt: skip
"""What no folder may decide (`server/trust.py`), in its settings either."""


_NO_EDITORS = {"serve", "vllm"}
"""Sections that no editor has a use for."""


def manifest() -> str:
    """The manifest as it should be."""
    found = json.loads(MANIFEST.read_text(encoding="utf-8"))
    own, *_ = found["contributes"]["configuration"]
    found["contributes"]["configuration"] = [own, *sections()]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def sections() -> list[dict[str, Any]]:
    """One part of the settings editor for each section of the configuration."""
    schema = Config.model_json_schema()
    return [
        {
            "title": f"{name}: {info.description or ''}".rstrip("."),
            "properties": {
                f"{PREFIX}{name}.{field}": _setting(field, described, name)
                for field, described in schema["$defs"][info.annotation.__name__]["properties"].items()
            },
        }
        for name, info in Config.model_fields.items()
        if info.annotation is not None and name not in _NO_EDITORS
    ]


def _setting(field: str, described: dict[str, Any], section: str) -> dict[str, Any]:
    """A field's JSON schema in the words of VS Code, which shows null and paths badly: they become text."""
    kinds = described.get("anyOf", [described])
    kind = next(kind for kind in kinds if kind.get("type") != "null")
    setting = {key: _plain(kind[key]) for key in _CONSTRAINTS if key in kind}
    if len(kinds) > 1 and setting["type"] != "string":
        setting["type"] = [setting["type"], "null"]
    default = described.get("default")
    if default is None:
        default = {"string": "", "array": [], "object": {}}.get(str(setting["type"]))
    scope = {"scope": "machine"} if section == "server" or f"{section}.{field}" in _THE_USERS else {}
    text = f"{described['description']} `{field}` in `[{section}]` of `rtlwright.toml`."
    return {**setting, "default": default, **scope, "markdownDescription": text}


def _plain(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _plain(item) for key, item in value.items() if key != "format"}


if __name__ == "__main__":
    MANIFEST.write_text(manifest(), encoding="utf-8")
