"""Icarus Verilog in the worker: elaborates, by the shortest way that its installation allows."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from rtlwright.server.check.confine.runner import Child, gather, spawn
from rtlwright.server.check.icarus.install import IcarusInstall
from rtlwright.server.check.icarus.recipe import Recipe, learnt
from rtlwright.server.check.icarus.run import Run, generation
from rtlwright.server.check.stages import ENV


class IcarusTool:
    """One installation."""

    def __init__(self, install: IcarusInstall, scratch: Path):
        self.install = install
        self._scratch = scratch
        self._recipes: dict[tuple[str, ...], Recipe | None] = {}

    def elaborate(self, run: Run, standard: str, beside: Path, *, cwd: Path, timeout_s: float) -> Child:
        """Start a run that writes nothing but temporary files in `beside`.

        Raises:
            OSError: it cannot be started.
        """
        env = {**ENV, "TMPDIR": str(beside)}
        recipe = self._recipe(standard) if run.plain else None
        if recipe is not None:
            return recipe.start(run, beside, cwd=cwd, timeout_s=timeout_s, env=env)
        argv = [*self.install.driver, "-t", "null", *generation(standard), *run.arguments()]
        return spawn("iverilog", argv, cwd=cwd, timeout_s=timeout_s, env=env)

    def warm(self) -> None:
        """Learn what the first run would have to wait for."""
        for standard in ("2005", "2012"):
            self._recipe(standard)

    @property
    def recipes(self) -> int:
        """How many languages need no command."""
        return sum(recipe is not None for recipe in self._recipes.values())

    def _recipe(self, standard: str) -> Recipe | None:
        """Learnt at the first use, and tried on a module of our own before it is trusted."""
        options = generation(standard)
        if options not in self._recipes:
            recipe = learnt(self.install, options, self._scratch)
            self._recipes[options] = recipe if recipe and self._works(recipe) else None
        return self._recipes[options]

    def _works(self, recipe: Recipe) -> bool:
        good, bad = "module m; wire a; endmodule\n", "module m; assign a = nowhere; endmodule\n"
        return self._tried(recipe, good).ok and not self._tried(recipe, bad).ok

    def _tried(self, recipe: Recipe, text: str) -> Child:
        file = self._scratch / "icarus_probe.v"
        file.write_text(text)
        run, env = Run((str(file),), ("m",), (), ()), {**ENV, "TMPDIR": str(self._scratch)}
        child = recipe.start(run, self._scratch, cwd=self._scratch, timeout_s=5.0, env=env)
        for _ in gather([child], Event()):
            pass
        return child
