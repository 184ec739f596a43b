"""The worker: everything that reads hostile text runs here, inside the sandbox, and may die at any moment.

Started as `python -m rtlwright.server.check.worker.main SCRATCH MEMORY_MB MODE`; see `cell`. Files come by
content, once per life of the worker; `check` answers `{"lacking": […]}` until it has all that the
project names.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rtlwright.server.check import wire
from rtlwright.server.check.confine.cell import Cell
from rtlwright.server.check.icarus.install import IcarusInstall
from rtlwright.server.check.worker.projects import Place, Projects
from rtlwright.server.memory import release_startup_pages
from rtlwright.server.types import StageResult
from rtlwright.server.worker_main import Job, serve


class Workshop:
    """What the worker keeps between calls."""

    def __init__(self, scratch: Path):
        self.scratch = scratch
        self._projects = Projects(scratch)
        self._yosys: Any = None
        self._installs: dict[IcarusInstall, Any] = {}

    def put(self, params: Mapping[str, str], job: Job) -> None:
        """Keep texts by their digests."""
        self._projects.texts.put(params)

    def warm(self, params: Any, job: Job) -> None:
        """Start and import what the first check would have to wait for, next to each other."""
        tool = self._tool()
        tool.host.start()
        from rtlwright.server.check.worker import session  # noqa: F401

        icarus = self._icarus(wire.decode_settings(params).icarus) if params else None
        if icarus is not None:
            icarus.warm()
        tool.host.wait()
        release_startup_pages()

    def counts(self, params: Any, job: Job) -> dict[str, int]:
        """What was written, parsed by slang and read by Yosys of the projects' files so far; recipes."""
        recipes = sum(tool.recipes for tool in self._installs.values())
        return {**self._projects.counts(), "read": self._tool().host.reads, "recipes": recipes}

    def warm_prover(self, params: Any, job: Job) -> None:
        """Yosys in this process, which its proofs are forked from."""
        from rtlwright.server.check.behaviour.equivalence import warm

        warm(self.scratch)

    def check(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Candidates for one document; every stage is a part `[index, stage]`."""
        from rtlwright.server.check.worker.session import Session

        lacking = self._projects.texts.lacking(params["project"])
        if lacking:
            return {"lacking": lacking}
        place = self._projects.place(params["project"])
        standard = _standard(place, params)

        def emit(index: int, stage: StageResult) -> None:
            job.part([index, wire.encode_stage(stage)])

        settings = wire.decode_settings(params["settings"])
        if settings.yosys != "off":
            self._tool().host.start()  # it may have been ended for want of work
        Session(
            place.elaborator(standard), params["document"], standard,
            settings, self.scratch, self._icarus(settings.icarus), self._tool(), emit, job.cancelled,
            place.bases,
        ).run(wire.decode_texts(params["candidates"]))  # fmt: skip
        self._tidy()
        return {"lacking": []}

    def files(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Whole files: absolute errors. Every stage is a part."""
        from rtlwright.server.check.worker.whole import Whole

        lacking = self._projects.texts.lacking(params["project"])
        if lacking:
            return {"lacking": lacking}
        place = self._projects.place(params["project"])
        standard, mixed = params["standard"], False
        if standard == "2005" and params["lenient"] and place.elaborator("2005").mixes_languages():
            standard, mixed = "2012", True

        def emit(stage: StageResult) -> None:
            job.part(wire.encode_stage(stage))

        settings = wire.decode_settings(params["settings"])
        Whole(
            place.elaborator(standard), frozenset(params["compiled"]), frozenset(params["checked"]),
            params["top"], standard, mixed,
            settings, self.scratch, self._icarus(settings.icarus), self._tool(), emit, job.cancelled,
        ).run()  # fmt: skip
        self._tidy()
        return {"lacking": []}

    def ports(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """The ports of one module, and what the design does with them."""
        from rtlwright.server.check.slang import ports

        lacking = self._projects.texts.lacking(params["project"])
        if lacking:
            return {"lacking": lacking}
        place = self._projects.place(params["project"])
        project = place.project
        own = next(source for source in project.sources if source.file.path == params["path"])
        others = tuple(source for source in project.needed(own.mentions) if source is not own)
        found = place.elaborator("2017").interface(own, others, params["top"])
        return {"interface": ports.encode(found)}

    def drive(self, params: Mapping[str, Any], job: Job) -> list[Any]:
        """Designs with the same ports on the same vectors."""
        from rtlwright.server.check.behaviour.drive import drive

        return drive(params, self.scratch, job.cancelled)

    def simulate(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Compile and run texts under a testbench, or with common random stimulus."""
        from rtlwright.server.check.behaviour.simulate import simulate

        return simulate(params, self.scratch, job.cancelled)

    def compare(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """A design and its reference on the same vectors."""
        from rtlwright.server.check.behaviour.compare import compare

        return compare(params, self.scratch, job.cancelled)

    def equivalence(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """A design and its reference in Yosys' solver."""
        from rtlwright.server.check.behaviour.equivalence import equivalence, warm

        warm(self.scratch)  # else every fork would load Yosys for itself
        return equivalence(params, self.scratch, job.cancelled)

    def versions(self, params: Mapping[str, Any], job: Job) -> dict[str, str]:
        """What is installed, as the tools themselves say."""
        from rtlwright.server.check.worker.versions import versions

        return versions(params.get("iverilog"), self.scratch)

    def _icarus(self, install: IcarusInstall | None) -> Any:
        from rtlwright.server.check.icarus.tool import IcarusTool

        if install is not None and install not in self._installs:
            self._installs[install] = IcarusTool(install, self.scratch)
        return self._installs[install] if install else None

    def _tool(self) -> Any:
        if self._yosys is None:
            from rtlwright.server.check.yosys.jobs import Yosys

            self._yosys = Yosys(self.scratch)
        return self._yosys

    def rest(self) -> None:
        """Nobody has asked for a while: Yosys is started again with the next check, next to slang's work."""
        if self._yosys is not None:
            self._yosys.host.close()

    def _tidy(self) -> None:
        """The answers are out: what piles up is thrown away while nobody waits."""
        self._projects.tidy()
        self._tool().host.tidy()


def _standard(place: Place, params: Mapping[str, Any]) -> str:
    """Verilog-2005 as asked for, unless the user's text, or project, is SystemVerilog all the same."""
    standard: str = params["standard"]
    if standard == "2005" and params["lenient"]:
        if place.elaborator("2005").mixes_languages():
            return "2012"
        text = params["document"]
        old = place.elaborator("2005").own_errors(text)
        return "2012" if old and place.elaborator("2012").own_errors(text) < old else "2005"
    return standard


def main(arguments: Sequence[str]) -> None:
    workshop = Workshop(Cell.of(arguments).enter())
    reading = ("put", "warm", "warm_prover", "check", "files", "ports", "equivalence", "versions", "counts")
    methods = (*reading, "simulate", "drive", "compare")
    serve({name: getattr(workshop, name) for name in methods}, rest=workshop.rest)


if __name__ == "__main__":
    main(sys.argv[1:])
