"""A service that answers each case with what the real one is meant to answer."""

from __future__ import annotations

from rtlwright.server.errors import UserError
from rtlwright.server.model.protocol import ModelStatus
from rtlwright.server.service import ServiceStatus
from rtlwright.server.types import (
    Cancel,
    CheckReport,
    CheckRequest,
    Completion,
    CompletionRequest,
    Diagnostic,
    FeedbackEvent,
    GenerateRequest,
    Position,
    Progress,
    Range,
    Severity,
    SourceName,
    StageResult,
    Status,
    Suggestion,
    Timings,
    Verdict,
)

ANSWERS = {
    "sync_fifo.sv": (
        SourceName.RECALL,
        "end else if (rd_fire) begin\n      rd_ptr <= rd_ptr + 1'b1;\n    end\n  end\n\nendmodule",
    ),
    "soc_top.sv": (
        SourceName.STRUCTURE,
        "\n    .clk  (clk),\n    .rst  (rst),\n    .valid(valid),\n    .ready(ready),\n    .data (data),\n"
        "    .txd  (txd)\n  );",
    ),
    "watchdog.sv": (
        SourceName.STRUCTURE,
        ".write   (write),\n    .reg_addr(reg_addr),\n    .wdata   (wdata),\n"
        "    .rdata   (rdata),\n    .irq     (irq)",
    ),
    "traffic_light.sv": (
        SourceName.STRUCTURE,
        "ALL_RED: begin\n        if (yellow_over) next_state = SIDE_GREEN;\n      end\n"
        "      SIDE_GREEN: begin\n        if (green_over) next_state = SIDE_YELLOW;\n      end\n"
        "      SIDE_YELLOW: begin\n        if (yellow_over) next_state = MAIN_GREEN;\n      end",
    ),
    "alu.sv": (
        SourceName.MODEL,
        "alu_pkg::ALU_OR:  result = a | b;\n      alu_pkg::ALU_XOR: result = a ^ b;\n"
        "      alu_pkg::ALU_SLT: result = WIDTH'($signed(a) < $signed(b));\n      default: result = '0;",
    ),
    "up_counter.sv": (
        SourceName.MODEL,
        "always_ff @(posedge clk) begin\n    if (rst) begin\n      count <= '0;\n    end else if (en) begin\n"
        "      count <= count + 1'b1;\n    end\n  end\n",
    ),
    "shift_register.v": (SourceName.MODEL, "q <= {q[6:0], serial_in};"),
}

MODULES = {
    "counter8": """module counter8 (
  input  logic       clk,
  input  logic       rst,
  input  logic       en,
  output logic [7:0] count
);

  always_ff @(posedge clk) begin
    if (rst) begin
      count <= 8'd0;
    end else if (en) begin
      count <= count + 8'd1;
    end
  end

endmodule
""",
    "mux2": """module mux2 (
  input logic [15:0] a,
  input logic [15:0] b,
  input logic sel,
  output logic [15:0] y
);
  assign y = sel ? b : a;
endmodule
""",
    "edge_detect": """module edge_detect (
  input  logic clk,
  input  logic rst,
  input  logic in,
  output logic pulse
);

  logic previous;

  always_ff @(posedge clk) begin
    if (rst) begin
      previous <= 1'b0;
      pulse    <= 1'b0;
    end else begin
      previous <= in;
      pulse    <= in && !previous;
    end
  end

endmodule
""",
}


def stage(name: str, ms: float, *found: Diagnostic, status: Status | None = None) -> StageResult:
    status = status or (Status.FAIL if any(d.severity is Severity.ERROR for d in found) else Status.PASS)
    return StageResult(name, status, ms, found)


PASSED = Verdict.of((stage("splice", 0.1), stage("syntax", 1.2), stage("icarus", 6.3), stage("yosys", 4.0)))
FAILED = Verdict.of(
    (
        stage("splice", 0.1),
        stage(
            "syntax",
            1.0,
            Diagnostic(Severity.ERROR, 64, 5, "use of undeclared identifier 'rd_pointer'", "slang"),
        ),
    )
)


def suggestion(
    text: str, at: Position, source: SourceName = SourceName.MODEL, verdict: Verdict = PASSED
) -> Suggestion:
    model = "rtlwright-small" if source is SourceName.MODEL else None
    return Suggestion("c0ffee", text, Range.at(at), source, model, -0.21, verdict)


class FakeService:
    """Implements `Service`; `refuse` names files that it raises `UserError` for."""

    def __init__(self, refuse: str = "") -> None:
        self.refuse = refuse
        self.requests: list[CompletionRequest | GenerateRequest] = []

    def complete(self, request: CompletionRequest, cancel: Cancel) -> Completion:
        self.requests.append(request)
        name = request.document.path.name
        if name == self.refuse:
            raise UserError(f"{name}: refused")
        source, text = ANSWERS[name]
        rejected = (suggestion("rd_pointer <= 0;", request.position, verdict=FAILED),)
        return Completion(
            (suggestion(text, request.position, source),), rejected, Timings(1.0, 2.5, 11.6, 15.1)
        )

    def generate(
        self, request: GenerateRequest, cancel: Cancel, progress: Progress | None = None
    ) -> Completion:
        self.requests.append(request)
        if progress:
            progress("writing 2 of 4 [bold]")
        text = next(text for name, text in MODULES.items() if f"`{name}`" in request.spec)
        found = suggestion(text, Position(0, 0))
        return Completion((found, found), (), Timings(0.0, 2100.0, 140.0, 2240.0), agreement="4 of 4 agree")

    def check(self, request: CheckRequest, cancel: Cancel) -> CheckReport:
        return CheckReport(PASSED, ())

    def feedback(self, event: FeedbackEvent) -> None: ...

    def status(self) -> ServiceStatus:
        return ServiceStatus("local", ModelStatus("scripted", True, "scripted"), "off")

    def close(self) -> None: ...
