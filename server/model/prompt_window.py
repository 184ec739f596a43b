"""What of a file goes into a prompt: the text around the cursor, with borders that stay put while one types.

An engine keeps what it knows of the longest common beginning of two prompts. A window that moved along with
every key would begin anew each time, so its borders move in steps.
"""

from __future__ import annotations

STEPS = 4
"""A border moves by this part of the budget, so that a prompt is worked out anew once in many lines."""


def window(prefix: str, suffix: str, budget: int) -> tuple[str, str]:
    r"""Whole lines nearest to the cursor within `budget` characters, at least a quarter of them behind it.

    >>> text = "".join(f"line {n:2}\n" for n in range(40))
    >>> [window(text[:at], "", 64)[0][:7] for at in (244, 248, 252, 256)]
    ['line 24', 'line 24', 'line 24', 'line 24']
    """
    step = max(1, budget // STEPS)
    for_suffix = max(step, budget - len(prefix)) // step * step
    if len(suffix) > for_suffix:
        end = suffix.rfind("\n", 0, for_suffix)
        suffix = suffix[: end + 1 if end > 0 else for_suffix]
    beyond = len(prefix) - (budget - len(suffix))
    if beyond > 0:
        start = -(-beyond // step) * step
        newline = prefix.find("\n", start - 1, len(prefix))
        prefix = prefix[newline + 1 if newline >= 0 else start :]
    return prefix, suffix
