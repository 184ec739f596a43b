"""Small pieces that families share: an optional enable in prose, in RTL and in the reference."""

from __future__ import annotations

from collections.abc import Sequence

from rtlwright.training.synth.design import Inputs, Port
from rtlwright.training.synth.rtl import Stmts, when


def during(enable: Port | None) -> str:
    """` while `en` is high`, or nothing."""
    return f" while `{enable}` is high" if enable else ""


def gated(enable: Port | None, body: Stmts) -> Stmts:
    """The statements under the enable, if there is one."""
    return [when(enable.name, body)] if enable else body


def on(enable: Port | None, inputs: Inputs) -> bool:
    return enable is None or bool(inputs[enable.name])


def listing(names: Sequence[object], last: str = "and") -> str:
    """`a`, `b` and `c`, each in backticks."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
