"""Imports point one way: lsp, tui, training, eval → server; never back, and sideways only training → eval."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "server": {"server"},  # the command line names the other packages by string, and loads them lazily
    "lsp": {"server", "lsp"},
    "tui": {"server", "tui"},
    "training": {"server", "training", "eval"},
    "eval": {"server", "eval"},
}


def imported_packages(file: Path) -> set[str]:
    packages = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        packages |= {name.split(".")[1] for name in names if name.startswith("rtlwright.")}
    return packages


@pytest.mark.parametrize("folder", sorted(ALLOWED))
def test_imports_point_one_way(folder: str) -> None:
    for file in (ROOT / folder).rglob("*.py"):
        assert imported_packages(file) <= ALLOWED[folder], file


def test_nothing_slow_is_loaded_before_initialize_is_answered() -> None:
    code = "import sys, rtlwright.lsp.server; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pydantic", "rich", "pyslang", "httpx2"} & set(done.stdout.split())


def test_no_bare_folder_is_imported() -> None:
    for folder in ALLOWED:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom):
                    assert node.level == 0, f"{file}: relative import"
                    assert (node.module or "").split(".")[0] not in ALLOWED, file
