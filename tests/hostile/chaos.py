"""Kills the gate's processes at random while it is asked, and counts what becomes of the requests.

`python chaos.py KILLS [MODE…]`: so many in all, a part of them in each mode. Prints what happened in each;
exit status 1 if a request was lost or wrong.
"""

from __future__ import annotations

import ctypes
import os
import random
import secrets
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from asking import GRACE_S, ROOT, VIEW, Asking
from world import TOOLS, descendants, left

from rtlwright.server.check.gate import Gate
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import Document, ProjectView, SourceFile, Verdict

BENCH = """module tb; reg clk = 0, a = 0; wire y; integer wrong = 0; dut u(clk, a, y);
  initial begin repeat (16) begin a = $random; #1 if (y !== a) wrong = wrong + 1; end
  $display("Mismatches: %0d in 16 samples", wrong); $finish; end endmodule
"""
DEADLINE_S = 4.0
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP)


@dataclass
class Tally:
    """What happened."""

    kills: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0


class Chaos:
    """Some threads ask one gate, one kills what runs below this process."""

    def __init__(self, mode: str, kills: int, seed: int):
        self.gate = Gate(CheckConfig(sandbox=mode, timeout_s=2.0))
        self.asking = Asking(self.gate, DEADLINE_S)
        self.kills = kills
        self.random = random.Random(seed)
        self.tally = Tally()
        self._over = threading.Event()
        self._judged = threading.Event()

    def run(self) -> Tally:
        kinds = (self.inline, self.inline, self.file, self.module)
        asking = [threading.Thread(target=self._ask, args=(kind,)) for kind in kinds]
        for thread in asking:
            thread.start()
        self._kill()
        self._over.set()
        for thread in asking:
            thread.join(60)
        if any(thread.is_alive() for thread in asking):
            self.tally.faults.append("a request has not come back")
        self._honest()
        self.gate.close()
        if remaining := left(os.getpid()):
            self.tally.faults.append(f"still there: {remaining}")
        return self.tally

    def _kill(self) -> None:
        while self.tally.kills.total() < self.kills:
            self._pause()
            below = descendants(os.getpid())
            if not below:
                continue
            tools = sorted(pid for pid, name in below.items() if name in TOOLS - {"bwrap"})
            pid = self.random.choice(tools or sorted(below))
            how = self.random.choice(SIGNALS)
            try:
                os.kill(pid, how)
            except ProcessLookupError:
                continue
            self.tally.kills[f"{how.name} {below[pid]}"] += 1

    def _pause(self) -> None:
        """Volleys, and between them time for a worker to come back and be hit in the middle of its work."""
        if self.random.random() < 0.6:
            time.sleep(self.random.uniform(0.0, 0.1))
        else:  # a slow machine takes longer until somebody has a verdict
            self._judged.clear()
            self._judged.wait(DEADLINE_S)
            time.sleep(self.random.uniform(0.0, 0.4))

    def _ask(self, kind: Callable[[bool], Verdict]) -> None:
        good = True
        while not self._over.is_set():
            good = not good
            begun = time.monotonic()
            try:
                self._judge(kind(good), good, time.monotonic() - begun)
            except Exception as error:  # a lost request is what this looks for
                self.tally.faults.append(f"{kind.__name__}: {type(error).__name__}: {error}")

    def _judge(self, verdict: Verdict, good: bool, seconds: float) -> None:
        status = verdict.status.value
        self.tally.answers[status] += 1
        if status != "unchecked":
            self._judged.set()
        self.tally.slowest = max(self.tally.slowest, seconds)
        if seconds > DEADLINE_S + GRACE_S:
            self.tally.faults.append(f"answered after {seconds:.1f} s: {verdict}")
        # Of whole files a Yosys that was killed is a warning, which says so.
        killed = status == "warn" and all(s.reason for s in verdict.stages if s.status.value == "warn")
        if status not in ({"pass", "unchecked"} if good else {"fail", "unchecked"}) and not (good and killed):
            self.tally.faults.append(f"{'good' if good else 'bad'} text: {verdict}")
        if status == "unchecked" and not any(s.reason for s in verdict.stages if s.status.value == status):
            self.tally.faults.append(f"unchecked without a reason: {verdict}")

    def _honest(self) -> None:
        """When the killing is over, everything works again."""
        verdict = None
        for _ in range(5):  # the last signal may still be on its way
            verdict = self.inline(True)
            if verdict.status.value == "pass":
                return
        self.tally.faults.append(f"afterwards: {verdict}")

    def inline(self, good: bool) -> Verdict:
        """In a project whose other file is new each time: it has to be sent to every new worker."""
        text = f"other u_other(.a(a), .{'y' if good else 'nobody'}(y)); // {secrets.token_hex(8)}"
        other = f"module other(input a, output y); assign y = a; endmodule // {secrets.token_hex(8)}\n"
        return self.asking.inline(text, ProjectView(ROOT, "m.sv", (SourceFile.of("other.sv", other),)))

    def file(self, good: bool) -> Verdict:
        return self.asking.file(Document.of(ROOT / "dut.sv", self._module(good)), VIEW)

    def module(self, good: bool) -> Verdict:
        """A bad one compiles; its testbench finds it out."""
        text = self._module(True) if good else self._module(True).replace("= a", "= ~a")
        return self.asking.module(text, VIEW, BENCH)

    def _module(self, good: bool) -> str:
        return (
            f"module dut(input clk, input a, output y); assign y = {'a' if good else 'nobody'};"
            f" // {secrets.token_hex(8)}\nendmodule\n"
        )


def main(arguments: Sequence[str]) -> int:
    kills = int(arguments[0])
    modes = arguments[1:] or ["bubblewrap", "landlock"]
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: nothing escapes the count
    failed = False
    for mode in modes:
        begun = time.monotonic()
        tally = Chaos(mode, kills // len(modes), seed=kills).run()
        answers = ", ".join(f"{count} {status}" for status, count in sorted(tally.answers.items()))
        print(
            f"{mode}: {tally.kills.total()} signals in {time.monotonic() - begun:.0f} s;"
            f" {tally.answers.total()} requests answered ({answers}),"
            f" the slowest after {tally.slowest:.1f} s;"
            f" {len(tally.faults)} faults"
        )
        print("  " + ", ".join(f"{name}: {count}" for name, count in tally.kills.most_common()))
        for fault in tally.faults[:10]:
            print(f"  {fault[:1500]}")
        failed |= bool(tally.faults)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
