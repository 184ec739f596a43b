"""Files to begin with: a module named after its file, and a testbench for a module."""

from __future__ import annotations

from rtlwright.server.actions.edits import Action, ActionKind, NewFile
from rtlwright.server.actions.places import edit_at
from rtlwright.server.actions.testbench import write_testbench
from rtlwright.server.context.headers import ModuleHeader
from rtlwright.server.context.text import blank
from rtlwright.server.context.window import Context
from rtlwright.server.keywords import KEYWORDS
from rtlwright.server.sources.skeleton import module_body


def module_for_file(context: Context) -> Action | None:
    """In a file without code, whose name is a module's."""
    name, text = context.document.path.stem, context.document.text
    if blank(text).strip() or not (name.isidentifier() and name.isascii()) or name in KEYWORDS:
        return None
    before = context.newline if text and not text.endswith(("\n", "\r")) else ""
    module = f"{before}module {name}{module_body(context, name)}{context.newline}"
    return Action(
        f"Begin module {name}", ActionKind.SOURCE, (edit_at(context.document, len(text), len(text), module),)
    )


def testbench_for(context: Context, unit: ModuleHeader) -> Action | None:
    """In a file of its own beside the module's; None for what has no ports, or one already."""
    name, path = f"{unit.name}_tb", context.document.path
    if unit.kind != "module" or not unit.ports or any(port.is_interface for port in unit.ports):
        return None
    if context.index is not None and context.index.module(name, path) is not None:
        return None
    file = path.with_name(f"{name}{path.suffix or '.sv'}")
    text = write_testbench(unit, context.document.language)
    return Action(f"Begin a testbench for {unit.name}", ActionKind.SOURCE, new_file=NewFile(file, text))
