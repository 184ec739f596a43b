"""`rtlwright index [PATH]`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from rtlwright.server import paths
from rtlwright.server.commands.common import json_option, print_json
from rtlwright.server.config import Config, project_root
from rtlwright.server.context.describe import ProjectDescription, describe, summary
from rtlwright.server.context.describe import as_json as description_json
from rtlwright.server.context.headers import ModuleHeader
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.errors import UserError
from rtlwright.server.terminal import console
from rtlwright.server.terminal_text import one_line


@click.command(epilog="\b\nExamples:\n  rtlwright index\n  rtlwright index rtl/ --json")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@json_option
def index(path: Path, as_json: bool) -> None:
    """The project around PATH as the tool sees it: modules, packages, macros, tops, what is missing."""
    if not path.exists():
        raise UserError(f"{path}: no such file or directory")
    start = path.absolute()
    config = Config.load(start)
    # A directory that is named is the project, whatever lies above it.
    root = start if start.is_dir() and path != Path() else project_root(start)
    project = ProjectIndex(root, config.project, paths.writable(paths.cache_dir()))
    try:
        project.refresh()
        found = describe(project)
    finally:
        project.close()
    if as_json:
        print_json(description_json(found))
    else:
        _print(found, console())


def _print(found: ProjectDescription, out: Console) -> None:
    tree = Tree(Text(found.root, style="bold"))
    _units(tree, "modules", found.modules)
    _units(tree, "interfaces", found.interfaces)
    _units(tree, "packages", found.packages)
    _names(tree, "macros", [macro.name for macro in found.macros])
    _names(tree, "top modules", list(found.tops))
    _names(tree, "instantiated but not found", list(found.missing), "yellow")
    _names(tree, "not readable", [f"{file.path}: {file.reason}" for file in found.unreadable], "yellow")
    _names(tree, "problems", list(found.problems), "yellow")
    out.print(tree)
    stats = found.stats
    out.print(f"{stats.files} files, {stats.lines} lines, {stats.units} units in {stats.seconds:.2f} s")


def _units(tree: Tree, title: str, units: tuple[ModuleHeader, ...]) -> None:
    if not units:
        return
    branch = tree.add(Text(f"{title} ({len(units)})", style="bold"))
    for unit in units:
        branch.add(
            Text.assemble((one_line(unit.name), "cyan"), one_line(summary(unit))[len(unit.name) :],
                          (f"  {one_line(unit.path)}:{unit.line}", "dim"))
        )  # fmt: skip


def _names(tree: Tree, title: str, names: list[str], style: str = "") -> None:
    if names:
        branch = tree.add(Text(f"{title} ({len(names)})", style="bold"))
        for name in names:
            branch.add(Text(one_line(name), style=style))
