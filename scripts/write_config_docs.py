"""Writes docs/configuration.md from the docstrings of the configuration: one place to keep right."""

from __future__ import annotations

from pathlib import Path

from rtlwright.server.config import Config

HEAD = """# Configuration

Written by `make docs` from the fields of `server/config.py`.

Precedence, lowest first: defaults, your own file (`rtlwright.toml` in the configuration directory, which
`rtlwright doctor` names), the project's `rtlwright.toml` (searched upward from the file), environment
variables (`RTLWRIGHT_COMPLETE_N=5`), options of the command or settings of the editor. An unknown key is an
error that names the nearest known one.

A project's file comes with the code, which may be a stranger's: it may not set `[server]`, `[serve]`,
`[vllm]`, `model.path`, `model.script`, `model.url`, `model.key_env`, `model.engine = "vllm"`, `check.icarus`,
`check.sandbox = "off"`, `check.simulate = "on"`, `feedback.database`, or a `feedback.path` outside of the
project. Where you trust the code, name its folder (or one above it) in your own file, and its file may:

```toml
[trust]
projects = ["~/work"]
```

Filelists may name files outside of the project: of these only RTL is read (`.v`, `.sv`, their headers, `.h`,
`.inc`), so that a stranger's filelist brings no key or letter of yours before a model.
"""


def tables() -> str:
    parts = [HEAD]
    for name, info in Config.model_fields.items():
        parts.append(f"## [{name}]\n\n{info.description}\n\n| key | default | meaning |\n|---|---|---|")
        section = info.annotation
        assert section is not None
        for key, field in section.model_fields.items():  # type: ignore[attr-defined]
            default = field.get_default(call_default_factory=True)
            meaning = " ".join((field.description or "").split()).replace("|", "\\|")
            parts.append(
                f"| `{key}` | {'unset' if default in (None, (), {}) else f'`{default}`'} | {meaning} |"
            )
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    Path(__file__).parents[1].joinpath("docs/configuration.md").write_text(tables(), encoding="utf-8")
