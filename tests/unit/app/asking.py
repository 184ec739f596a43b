"""What the tests of the team server ask, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from serving import Running

DOCUMENT = """module gray (
  input  logic [3:0] bin,
  output logic [3:0] code
);
  assign code ="""
INVERTERS = [
    "module inv (input logic a, output logic y);\n  assign y = ~a;\nendmodule\n",
    "module inv (input logic a, output logic y);\n  assign y = ~b;\nendmodule\n",
]
SCRIPT = [
    {"after": "code =", "answers": [" bin ^ (bin >> 1);", " bin ^ ( ;"]},
    {"spec": "inverter", "answers": INVERTERS},
]


@dataclass(frozen=True)
class Team:
    running: Running
    home: Path
    alice: str
    bob: str

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None, **more: Any) -> Any:
        headers = {"authorization": f"Bearer {token or self.alice}", **more.pop("headers", {})}
        return httpx2.request(method, self.running.url + path, json=body, headers=headers, timeout=30, **more)


def project(workspace: str = "0123456789abcdef", **more: Any) -> dict[str, Any]:
    return {"workspace": workspace, **more}


def completion(**more: Any) -> dict[str, Any]:
    return {
        "project": project(),
        "document": {"path": "gray.sv", "language": "systemverilog", "text": DOCUMENT},
        "position": {"line": 4, "character": 15},
        "manual": True,
        **more,
    }
