"""Icarus Verilog itself, on finished text: the ground truth, which shares nothing with the gate."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from rtlwright.server.check.checker import Checker
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import ProjectView
from unfinished.corpus import File


class Answer(Enum):
    ACCEPTED = 0
    REJECTED = 1
    SYNTAX = 2
    """Rejected, and there is a syntax error among what it said."""


@dataclass
class Oracle:
    """Asks `iverilog` about files in their projects; answers are remembered."""

    iverilog: str = field(default_factory=lambda: Checker(CheckConfig()).iverilog or "iverilog")
    """The one that the gate uses, too."""
    _known: dict[tuple[Path, str], Answer] = field(default_factory=dict)
    _directories: dict[Path, tempfile.TemporaryDirectory[str]] = field(default_factory=dict)
    _views: dict[Path, ProjectView] = field(default_factory=dict)

    def accepts(self, file: File, text: str | None = None) -> bool:
        """The file, with `text` in it, elaborates without an error."""
        return self._ask(file, file.text if text is None else text) is Answer.ACCEPTED

    def parses(self, file: File, text: str) -> bool:
        """It may have errors, but none of syntax."""
        return self._ask(file, text) is not Answer.SYNTAX

    def _ask(self, file: File, text: str) -> Answer:
        if (file.path, text) not in self._known:
            self._known[file.path, text] = self._run(file, text)
        return self._known[file.path, text]

    def close(self) -> None:
        for directory in self._directories.values():
            directory.cleanup()

    def _run(self, file: File, text: str) -> Answer:
        root = self._written(file)
        view = self._views[file.path]
        document = root / view.document_path
        document.write_text(text, newline="", errors="replace")
        argv = [self.iverilog, "-t", "null", file.flag, f"-I{document.parent}", f"-I{root}"]
        argv += [f"-I{root / each}" for each in view.include_dirs]
        argv += [f"-D{name}={value}" if value else f"-D{name}" for name, value in view.defines.items()]
        argv += [str(root / source.path) for source in view.sources]
        vendor = view.root / "vendor.stub"
        argv += [str(vendor)] if vendor.exists() else []
        argv.append(str(root / "top.v"))  # without any module Icarus has nothing to elaborate
        try:
            done = subprocess.run([*argv, str(document)], capture_output=True, timeout=20, cwd=root)
        except subprocess.TimeoutExpired:
            return Answer.REJECTED
        if done.returncode == 0:
            return Answer.ACCEPTED
        return Answer.SYNTAX if b"syntax error" in done.stderr else Answer.REJECTED

    def _written(self, file: File) -> Path:
        """The project of the finished file on the disk, once."""
        if file.path not in self._directories:
            self._directories[file.path] = tempfile.TemporaryDirectory(prefix="oracle")
            self._views[file.path] = file.view(file.text)
            root, view = Path(self._directories[file.path].name), self._views[file.path]
            for each in (*view.sources, *view.includes):
                (root / each.path).parent.mkdir(parents=True, exist_ok=True)
                (root / each.path).write_text(each.text, newline="", errors="replace")
            (root / "top.v").write_text("module top_of_the_oracle; endmodule\n")
            (root / view.document_path).parent.mkdir(parents=True, exist_ok=True)
        return Path(self._directories[file.path].name)
