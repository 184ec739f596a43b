"""The worker: everything that reads hostile text runs here, inside the sandbox, and may die at any moment.

Started as `python -m rtlwright.server.check.tools SCRATCH MEMORY_MB MODE`; see `cell`. Files come by
content, once per life of the worker; `check` answers `{"lacking": […]}` until it has all that the
project names.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rtlwright.server.check import wire
from rtlwright.server.check.cell import Cell
from rtlwright.server.check.project import Project, Source
from rtlwright.server.types import SourceFile, StageResult
from rtlwright.server.worker_main import Job, serve

_MAX_PROJECTS = 4
_MAX_FILES = 20_000


class Workshop:
    """What the worker keeps between calls."""

    def __init__(self, scratch: Path):
        self.scratch = scratch
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._projects: OrderedDict[str, Project] = OrderedDict()
        self._elaborators: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._sources: dict[tuple[str, str], Source] = {}
        self._made = 0
        self._yosys: Any = None

    def put(self, params: Mapping[str, str], job: Job) -> None:
        """Keep texts by their digests."""
        self._texts.update(params)
        while len(self._texts) > _MAX_FILES:
            self._texts.popitem(last=False)

    def warm(self, params: Any, job: Job) -> None:
        """Import what the first check would have to wait for."""
        from rtlwright.server.check import session  # noqa: F401

        self._shelf()

    def warm_prover(self, params: Any, job: Job) -> None:
        """Yosys alone: a worker that compares reads nothing with slang."""
        self._shelf()

    def check(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Candidates for one document; every stage is a part `[index, stage]`."""
        from rtlwright.server.check.session import Session

        lacking = self._lacking(params["project"])
        if lacking:
            return {"lacking": lacking}
        project = self._project(params["project"])
        standard = self._standard(project, params)

        def emit(index: int, stage: StageResult) -> None:
            job.part([index, wire.encode_stage(stage)])

        Session(
            self._elaborator(project, standard), params["document"], standard,
            wire.decode_settings(params["settings"]), self.scratch, self._shelf(), emit, job.cancelled,
        ).run(wire.decode_texts(params["candidates"]))  # fmt: skip
        return {"lacking": []}

    def files(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Whole files: absolute errors. Every stage is a part."""
        from rtlwright.server.check.whole import Whole

        lacking = self._lacking(params["project"])
        if lacking:
            return {"lacking": lacking}
        project = self._project(params["project"])
        standard = params["standard"]

        def emit(stage: StageResult) -> None:
            job.part(wire.encode_stage(stage))

        self._shelf()  # else every fork would load Yosys for itself
        Whole(
            self._elaborator(project, standard), frozenset(params["checked"]), params["top"], standard,
            wire.decode_settings(params["settings"]), self.scratch, emit, job.cancelled,
        ).run()  # fmt: skip
        return {"lacking": []}

    def ports(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """The ports of one module, and what the design does with them."""
        from rtlwright.server.check import ports

        lacking = self._lacking(params["project"])
        if lacking:
            return {"lacking": lacking}
        project = self._project(params["project"])
        own = next(source for source in project.sources if source.file.path == params["path"])
        others = tuple(source for source in project.needed(own.mentions) if source is not own)
        found = self._elaborator(project, "2017").interface(own, others, params["top"])
        return {"interface": ports.encode(found)}

    def drive(self, params: Mapping[str, Any], job: Job) -> list[Any]:
        """Designs with the same ports on the same vectors."""
        from rtlwright.server.check.drive import drive

        return drive(params, self.scratch, job.cancelled)

    def simulate(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Compile and run texts under a testbench, or with common random stimulus."""
        from rtlwright.server.check.behaviour import simulate

        return simulate(params, self.scratch, job.cancelled)

    def compare(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """A design and its reference on the same vectors."""
        from rtlwright.server.check.compare import compare

        return compare(params, self.scratch, job.cancelled)

    def equivalence(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """A design and its reference in Yosys' solver."""
        from rtlwright.server.check.equivalence import equivalence

        self._shelf()  # else every fork would load Yosys for itself
        return equivalence(params, self.scratch, job.cancelled)

    def versions(self, params: Mapping[str, Any], job: Job) -> dict[str, str]:
        """What is installed, as the tools themselves say."""
        from rtlwright.server.check.versions import versions

        return versions(params.get("iverilog"), self.scratch)

    def _shelf(self) -> Any:
        """Yosys, set up once."""
        if self._yosys is None:
            from rtlwright.server.check import yosys

            yosys.warm(self.scratch)
            self._yosys = yosys.Shelf()
        return self._yosys

    def _lacking(self, view: Mapping[str, Any]) -> list[str]:
        wanted = [digest for _, digest in (*view["sources"], *view["includes"])]
        return [digest for digest in wanted if digest not in self._texts]

    def _project(self, view: Mapping[str, Any]) -> Project:
        name = view["key"]
        if name not in self._projects:
            self._made += 1
            self._projects[name] = Project(
                self.scratch / f"p{self._made}",
                view["document_path"],
                tuple(self._source(path, digest) for path, digest in view["sources"]),
                tuple(self._file(path, digest) for path, digest in view["includes"]),
                tuple(view["include_dirs"]),
                dict(view["defines"]),
                frozenset(view["missing"]),
            ).write()
            self._forget()
        self._projects.move_to_end(name)
        return self._projects[name]

    def _forget(self) -> None:
        import shutil

        while len(self._projects) > _MAX_PROJECTS:
            _, old = self._projects.popitem(last=False)
            shutil.rmtree(old.directory, ignore_errors=True)
            for key in [key for key in self._elaborators if key[0] == str(old.directory)]:
                del self._elaborators[key]

    def _file(self, path: str, digest: str) -> SourceFile:
        return SourceFile(path, self._texts[digest], digest)

    def _source(self, path: str, digest: str) -> Source:
        """Shared by all projects that have the file: its index is made once."""
        if len(self._sources) > _MAX_FILES:
            self._sources.clear()
        if (path, digest) not in self._sources:
            self._sources[path, digest] = Source(self._file(path, digest))
        return self._sources[path, digest]

    def _elaborator(self, project: Project, standard: str) -> Any:
        from rtlwright.server.check.slang import Elaborator

        name = (str(project.directory), standard)
        if name not in self._elaborators:
            self._elaborators[name] = Elaborator(project, standard)
        return self._elaborators[name]

    def _standard(self, project: Project, params: Mapping[str, Any]) -> str:
        """Verilog-2005 as asked for, unless the user's text, or project, is SystemVerilog all the same."""
        standard: str = params["standard"]
        if standard == "2005" and params["lenient"]:
            if self._elaborator(project, "2005").mixes_languages():
                return "2012"
            text = params["document"]
            old = self._elaborator(project, "2005").own_errors(text)
            return "2012" if old and self._elaborator(project, "2012").own_errors(text) < old else "2005"
        return standard


def main(arguments: Sequence[str]) -> None:
    workshop = Workshop(Cell.of(arguments).enter())
    reading = ("put", "warm", "warm_prover", "check", "files", "ports", "equivalence", "versions")
    methods = (*reading, "simulate", "drive", "compare")
    serve({name: getattr(workshop, name) for name in methods})


if __name__ == "__main__":
    main(sys.argv[1:])
