"""What the gate is timed on: modules and a project that exist, a cursor in them, candidates without end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rtlwright.server.types import Candidate, Document, Position, ProjectView, Range, SourceFile, SourceName

HERE = Path(__file__).parent / "designs"
EXAMPLES = HERE.parents[2] / "examples"
CHECKED = HERE.parents[1] / "unit/check/designs"
ROOT = Path("/project")
LIBRARY = (
    *(EXAMPLES / "soc" / f"{name}.sv" for name in ("soc_pkg", "bus_decoder", "gpio", "timer", "uart_tx")),
    *(EXAMPLES / "alu" / f"{name}.sv" for name in ("alu_pkg", "alu")),
    EXAMPLES / "counter/up_counter.sv",
    EXAMPLES / "fifo/skid_buffer.sv",
    EXAMPLES / "fsm/traffic_light.sv",
    EXAMPLES / "shift/shift_register.v",
    *(CHECKED / f"{name}.sv" for name in ("arbiter", "filter")),
    *(HERE / f"{name}.sv" for name in ("byte_queue", "debounce", "stream_dma")),
)
"""With the top they are the 17 files."""


@dataclass(frozen=True)
class Case:
    """Candidates for one place in one document."""

    name: str
    file: Path
    before: str
    """The line that the candidate goes before begins so."""
    pattern: str
    """A candidate; `{n}` is a number that no other run has."""
    bar_ms: float | None
    candidates: int = 1
    best: int = 1
    library: Sequence[Path] = ()
    top: str = ""
    _text: str = field(default="", init=False)

    @property
    def view(self) -> ProjectView:
        sources = tuple(SourceFile.of(f"rtl/{file.name}", file.read_text()) for file in self.library)
        includes = (SourceFile.of("platform.svh", (HERE / "platform.svh").read_text()),) if sources else ()
        return ProjectView(ROOT, self.file.name, sources, includes)

    def document(self, run: int) -> tuple[Document, Position]:
        """The file as it is after `run` keystrokes: a comment before the cursor grows."""
        text = self.file.read_text()
        at = text.index(self.before)
        head = (
            text[:at] + "    // " + "as one types, a comment grows " * (run // 30) + "." * (run % 30) + "\n"
        )
        return Document.of(ROOT / self.file.name, head + text[at:]), Position(head.count("\n"), 0)

    def given(self, run: int, position: Position) -> list[Candidate]:
        texts = [self.pattern.format(n=f"{run}_{index}") + "\n" for index in range(self.candidates)]
        return [Candidate(text, Range.at(position), SourceName.MODEL) for text in texts]

    def texts(self, run: int) -> list[str]:
        """The whole files that a script would write."""
        document, position = self.document(run)
        lines = document.text.split("\n")
        head, tail = lines[: position.line], lines[position.line :]
        return ["\n".join([*head, each.text.rstrip("\n"), *tail]) for each in self.given(run, position)]


SMALL, TYPICAL, LARGE = (HERE / f"{name}.sv" for name in ("debounce", "serial_port", "stream_dma"))
PLATFORM = HERE / "platform.sv"
CASES = (
    Case("30-line module", SMALL, "    always_ff", "    wire odd_{n} = ^count;", 10.0, top="debounce"),
    Case("30-line module, a syntax error", SMALL, "    always_ff", "    wire odd_{n} = ^ + ;", None),
    Case(
        "370-line module, a serial port", TYPICAL, "    reg [15:0] baud_count;",
        "    wire odd_{n} = ^divider;", 16.0, top="serial_port",
    ),
    Case(
        "370-line module, a DMA controller", LARGE, "    // -- read engine",
        "    wire odd_{n} = ^fill_pointer;", 16.0, top="stream_dma",
    ),
    Case(
        "the same, within an always block", LARGE, "            if (push) fill_pointer",
        "            if (level == {n}) fill_pointer <= '0;", 16.0, top="stream_dma",
    ),
    Case(
        "17-file project", PLATFORM, "    // -- arithmetic", "    wire any_{n} = ^rdata | fifo_full;", 35.0,
        library=LIBRARY, top="platform",
    ),
    Case(
        "17-file project, 16 candidates, best 4", PLATFORM, "    // -- arithmetic",
        "    wire any_{n} = ^rdata | fifo_full;", 150.0, 16, 4, LIBRARY, "platform",
    ),
)  # fmt: skip
AGAIN = "the same candidate again"
AGAIN_BAR_MS = 0.2
