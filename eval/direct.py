"""`iverilog` without its driver: the same preprocessor and compiler with the same words, no shell between.

What the driver tells the two is recorded once per set of flags, by letting it run programs of ours that write
it down. Whatever is not plain (messages of the preprocessor, unknown parts, a proof
that does not come out the same) goes through the driver as ever.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rtlwright.eval.job import Ended, ToolRun
from rtlwright.eval.tool_run import run_tool
from rtlwright.server.check.icarus.install import IcarusInstall

_RECORDER = """#!/bin/sh
for word; do case $word in {option}*) cat "${{word#{option}}}" > {to}; break;; esac; done
echo "$@" > {to}.argv
cat > /dev/null
"""
_PROOF = (
    '`define W 4\nmodule tb; reg [`W:0] a = 0; initial begin a = a + 1; $display("%d", a); end endmodule\n'
)


class Compiler:
    """Compiles with `flags`; `place` is a directory that stays."""

    def __init__(self, icarus: IcarusInstall, flags: Sequence[str], place: Path):
        self._icarus, self._flags, self._place = icarus, tuple(flags), place
        self._direct = bool(icarus.base and icarus.compiler and icarus.preprocessor)
        if self._direct:
            try:
                self._direct = self._record() and self._proves()
            except OSError:
                self._direct = False

    def compile(self, names: Sequence[str], out: str, folder: Path, timeout_s: float) -> ToolRun:
        """`iverilog FLAGS -o out names`, run in `folder`."""
        if self._direct:
            begun = time.monotonic()
            run = self._compile(names, out, folder, timeout_s)
            if run is not None:
                return replace(run, seconds=time.monotonic() - begun)
        return run_tool([*self._icarus.driver, *self._flags, "-o", out, *names], folder, timeout_s)

    def _compile(self, names: Sequence[str], out: str, folder: Path, timeout_s: float) -> ToolRun | None:
        """None: the preprocessor has something to say, and the driver shall say it."""
        (folder / "names.f").write_text("".join(f"{name}\n" for name in names))
        words = [f"-F{self._place / 'defines'}", "-fnames.f", *self._options, "-o", "text.pp"]
        first = run_tool([*self._icarus.preprocessor, *words], folder, timeout_s)
        if first.ended is not Ended.EXITED or first.status or first.err or first.out:
            return None
        (folder / "config").write_text(self._config.replace("\nout:test.vvp\n", f"\nout:{out}\n"))
        base = self._icarus.base
        argv = [*self._icarus.compiler, "-Cconfig", f"-C{base}/vvp.conf", "--", "-"]
        return run_tool(argv, folder, max(0.1, timeout_s - first.seconds), folder / "text.pp")

    def _record(self) -> bool:
        base = self._place / "base"
        base.mkdir(parents=True)
        for file in Path(self._icarus.base).iterdir():
            if file.name not in ("ivl", "ivlpp"):
                (base / file.name).symlink_to(file)
        for name, option, to in (("ivl", "-C", "config"), ("ivlpp", "-F", "defines")):
            script = base / name
            script.write_text(_RECORDER.format(option=option, to=self._place / to))
            script.chmod(0o755)
        (self._place / "proof.sv").write_text(_PROOF)
        driver = [word for word in self._icarus.driver if not word.startswith("-B")]
        run_tool([*driver, f"-B{base}", *self._flags, "-o", "test.vvp", "proof.sv"], self._place, 10.0)
        config, argv = self._place / "config", self._place / "defines.argv"
        if not config.exists() or not argv.exists():
            return False
        kept = [line for line in config.read_text().splitlines() if not line.startswith("ivlpp:")]
        self._config = "\n".join(kept).replace(str(base), self._icarus.base) + "\n"
        self._options = [word for word in argv.read_text().split() if word == "-L" or word.startswith("-W")]
        defines = (self._place / "defines").read_text()
        (self._place / "defines").write_text(defines.replace(str(base), self._icarus.base))
        return "\nout:test.vvp\n" in self._config

    def _proves(self) -> bool:
        argv = [*self._icarus.driver, *self._flags, "-o", "driver.vvp", "proof.sv"]
        run_tool(argv, self._place, 10.0)
        mine = self._compile(["proof.sv"], "direct.vvp", self._place, 10.0)
        made = [self._place / name for name in ("driver.vvp", "direct.vvp")]
        return mine is not None and all(m.exists() for m in made) and _same(*(m.read_text() for m in made))


def _same(one: str, other: str) -> bool:
    """But for addresses, which differ from run to run."""
    bare = [re.sub(r"0x[0-9a-f]+", "", text) for text in (one, other)]
    return bare[0] == bare[1] and bool(one)
