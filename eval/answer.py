"""Takes the sample out of what a model wrote, by the rules of the benchmarks' own scripts."""

from __future__ import annotations

import re
from collections.abc import Sequence

_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_FENCED = re.compile(r"```[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL)
_TESTBENCH = re.compile(
    r"^\s*module\s+(?:\w*_)?(?:tb|testbench|test)(?:_\w*)?\b", re.MULTILINE | re.IGNORECASE
)
_END = "endmodule"


def completion_of(answer: str, top: str) -> str:
    r"""What continues a module header: without prose, fences, testbenches, and the rest after `endmodule`.

    A header that the answer repeats goes too; modules that stand before it are moved behind.

    >>> completion_of("```verilog\nmodule t(input a, output b);\nassign b = a;\nendmodule\n```", "t")
    '\nassign b = a;\nendmodule\n'
    """
    text = _THINKING.sub("", answer)
    fences = [body for body in _FENCED.findall(text) if _END in body]
    text = "\n".join(fences) if fences else text
    bench = _TESTBENCH.search(text)
    text = text[: bench.start()] if bench else text
    text = text[: text.rfind(_END) + len(_END)] + "\n" if _END in text else text
    header = re.search(rf"\bmodule\s+{re.escape(top)}\b[^;]*;", text)
    if header is None:
        return text
    before = text[: header.start()]
    helpers = before[: before.rfind(_END) + len(_END)].strip() if _END in before else ""
    first = re.search(r"^\s*(?:`|module\b)", helpers, re.MULTILINE)
    return text[header.end() :] + (f"\n{helpers[first.start() :].strip()}\n" if first else "")


def first_module(answer: str) -> str:
    """Of a base model's continuation: up to the first `endmodule`; what follows is another file to it."""
    end = re.search(rf"\b{_END}\b", answer)
    return answer[: end.end()] + "\n" if end else answer


def design_of(answer: str) -> str:
    """Whole modules: the fenced part, or from the first `module` or directive to the last `endmodule`."""
    text = _THINKING.sub("", answer)
    fences = [body for body in _FENCED.findall(text) if _END in body]
    text = "\n".join(fences) if fences else text
    if _END in text:
        text = text[: text.rfind(_END) + len(_END)]
    first = re.search(r"^[ \t]*(?:`\w|module\b|//|/\*|\(\*)", text, re.MULTILINE)
    text = text[first.start() :] if first else text
    bench = _TESTBENCH.search(text)
    return (text[: bench.start()] if bench and _END in text[: bench.start()] else text).strip() + "\n"


def chat_design(answer: str, header: str, top: str) -> str:
    """VerilogEval v2: the lines between [BEGIN] and [DONE] (spec-to-rtl), else by fences and `endmodule`.

    Args:
        header: the module header, which is put in front where the answer has none; empty for spec-to-rtl.
    """
    lines = _THINKING.sub("", answer).splitlines()
    if not header:
        marked = _between_marks(lines)
        if marked is not None:
            return "\n".join(marked) + "\n"
    has_module = _has_module(lines, top)
    kept = _by_fences(lines, top, has_module)
    return "\n".join([*([] if has_module or not header else [header]), *kept]) + "\n"


def _between_marks(lines: Sequence[str]) -> list[str] | None:
    """None without [BEGIN]; nothing without [DONE], as the benchmark has it."""
    start = next((i for i, line in enumerate(lines) if line.lstrip().startswith("[BEGIN]")), None)
    if start is None:
        return None
    rest = lines[start].lstrip().replace("[BEGIN]", "")
    found = [rest] if rest.strip() else []
    for line in lines[start + 1 :]:
        if line.rstrip().endswith("[DONE]"):
            last = line.replace("[DONE]", "")
            return [*found, last] if last.strip() else found
        found.append(line)
    return []


def _has_module(lines: Sequence[str], top: str) -> bool:
    for line in lines:
        if line.startswith(f"module {top}"):
            return True
        if line.startswith(_END):
            return False
    return False


def _by_fences(lines: Sequence[str], top: str, has_module: bool) -> list[str]:
    """Within the first two fences if there are two, else up to the first `endmodule`."""
    count = sum(line.startswith("```") for line in lines)
    fences = 0
    inside = ended = False
    kept = []
    for line in lines:
        inside |= line.strip().startswith(f"module {top}")
        wanted = fences == 1 if count >= 2 else not ended and (inside or not has_module)
        if line.startswith("```"):
            fences += 1
            continue
        ended |= line.strip().startswith(_END)
        if wanted:
            kept.append(line)
    return kept
