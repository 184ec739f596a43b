"""The hostile inputs, as a table: what each is, where it goes, and which verdicts are right for it.

`@OUT@` in a text stands for a directory outside of the sandbox that a case may try to write to, `@SECRET@`
for a file there that it may try to read, `@NAME@` for a file name that nobody else has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

FAIL = frozenset({"fail"})
STOPPED = frozenset({"fail", "unchecked"})
"""It wears a tool out: refused by a limit of the tool, or stopped by ours. Never passed."""
HARMLESS = frozenset({"pass", "warn"})
"""Valid, if odd: what it tries comes to nothing, and it may be shown."""
WARNED = frozenset({"warn", "fail", "unchecked"})
"""It may be valid, but nobody may be told that all is well."""
ANY = frozenset({"pass", "warn", "fail", "unchecked"})
"""Its tools may differ; what counts is that nothing else happens."""


class Place(Enum):
    """Where the text goes."""

    INLINE = auto()
    """A candidate in a module's body."""
    MODULE = auto()
    """A whole generated module, driven by random stimulus."""
    UNDER_BENCH = auto()
    """A whole generated module under an honest testbench."""
    FILE = auto()
    """A user's file."""
    PROJECT = auto()
    """Another file of the project, which the honest candidate instantiates (module `other`)."""
    INCLUDE = auto()
    """A file `defs.vh` that the document includes."""
    TESTBENCH = auto()
    """A user's testbench of an honest design."""


@dataclass(frozen=True)
class Case:
    """One hostile input."""

    name: str
    place: Place
    text: str | Callable[[], str]
    right: frozenset[str]
    path: str | None = None
    """Name of the file the text is in, where the name is the trick."""
    defines: Mapping[str, str] = field(default_factory=dict)
    include_dirs: tuple[str, ...] = ()

    def made(self, out: str, secret: str, name: str) -> str:
        text = self.text if isinstance(self.text, str) else self.text()
        return text.replace("@OUT@", out).replace("@SECRET@", secret).replace("@NAME@", name)


def inline(name: str, text: str | Callable[[], str], right: frozenset[str]) -> Case:
    return Case(name, Place.INLINE, text, right)


def whole(
    name: str, body: str | Callable[[], str], right: frozenset[str], place: Place = Place.MODULE
) -> Case:
    """`body` inside of a module with the ports that the honest testbench knows."""

    def text() -> str:
        inside = body if isinstance(body, str) else body()
        return f"module dut(input clk, input a, output y);\n{inside}\nendmodule\n"

    return Case(name, place, text, right)


def nested(opening: str, core: str, closing: str, depth: int) -> Callable[[], str]:
    return lambda: opening * depth + core + closing * depth


def _macro_bomb() -> str:
    lines = ["`define A0 a a a a a a a a"]
    lines += [f"`define A{n} `A{n - 1} `A{n - 1} `A{n - 1} `A{n - 1}" for n in range(1, 20)]
    return "\n".join([*lines, "assign y = `A19;"])


def _argument_bomb() -> str:
    """Doubles through macro arguments instead of bodies."""
    lines = ["`define D(x) x x", "assign y = " + "`D(" * 40 + "a" + ")" * 40 + ";"]
    return "\n".join(lines)


def _define_in_bomb() -> str:
    lines = ["`define B0(x) x + x"] + [f"`define B{n}(x) `B{n - 1}(`B{n - 1}(x))" for n in range(1, 9)]
    return "\n".join([*lines, "assign y = `B8(a);"])


WRITES = (
    inline("$fopen", 'integer f; initial f = $fopen("@OUT@/@NAME@", "w");', FAIL),
    inline("$fopen in a macro", '`define F $fopen("@OUT@/@NAME@", "w")\ninteger f; initial f = `F;', FAIL),
    inline(
        "$fopen pasted together", '`define P(a, b) a``b\ninteger f; initial f = `P($fop, en)("@OUT@/@NAME@", "w");', FAIL
    ),
    inline(
        "$fopen pasted in a body", '`define P $fop``en\ninteger f; initial f = `P("@OUT@/@NAME@", "w");', FAIL
    ),
    inline(
        "$fopen continued in a macro",
        '`define F \\\n  $fopen \\\n  ("@OUT@/@NAME@", \\\n "w")\ninteger f; initial f = `F;',
        FAIL,
    ),
    inline(
        "$fopen behind comments",
        'integer f; initial f = $fopen/* " */( // (\n "@OUT@/@NAME@" /* ) */, "w");',
        FAIL,
    ),
    inline("$fopen as an argument", '`define C(x) x("@OUT@/@NAME@")\ninteger f; initial f = `C($fopen);', FAIL),
    inline("$writememh", 'reg [7:0] r[0:3]; initial $writememh("@OUT@/@NAME@", r);', FAIL),
    inline("$writememb", 'reg [7:0] r[0:3]; initial $writememb("@OUT@/@NAME@", r);', FAIL),
    inline("$dumpfile", 'initial begin $dumpfile("@OUT@/@NAME@"); $dumpvars; end', FAIL),
    inline("$fdisplay to an open descriptor", 'initial $fdisplay(32\'h8000_0002, "x");', FAIL),
    inline("$fwrite by number", 'initial $fwriteh(1, "x");', FAIL),
    inline("$system", 'initial $system("touch @OUT@/@NAME@");', FAIL),
    inline("an escaped system task", 'initial \\$system ("touch @OUT@/@NAME@");', STOPPED),
    inline("a VPI module's task", 'initial $my_vpi_task("@OUT@/@NAME@");', WARNED),
    inline("$sdf_annotate", 'initial $sdf_annotate("@SECRET@");', FAIL),
    whole("a module that writes", 'integer f; initial begin f = $fopen("@OUT@/@NAME@","w"); $fdisplay(f,"x"); end assign y=a;', FAIL),
    whole("a module that writes by a pasted name", '`define W(p,q) p``q\ninitial `W($writem,emh)("@OUT@/@NAME@", m);\nreg [7:0] m[0:3]; assign y=a;', FAIL),
)  # fmt: skip

READS = (
    inline("an absolute include", '`include "/etc/passwd"', FAIL),
    inline("an include of a secret", '`include "@SECRET@"', FAIL),
    inline("an include that climbs", '`include "../../../../../../../../etc/passwd"', FAIL),
    inline("an include that climbs in the middle", '`include "a/../../../../../../etc/passwd"', FAIL),
    inline("an include in angle brackets", "`include </etc/passwd>", FAIL),
    inline("an include through a macro", '`define I "@SECRET@"\n`include `I', FAIL),
    inline("an include through two macros", '`define J "@SECRET@"\n`define I `J\n`include `I', FAIL),
    inline("an include through a string macro", '`define S(x) `"x`"\n`include `S(@SECRET@)', FAIL),
    inline("an include of /dev/zero", '`include "/dev/zero"', FAIL),
    inline("an include of /dev/stdin", '`include "/dev/stdin"', FAIL),
    inline("an include of the environment", '`include "/proc/self/environ"', FAIL),
    inline("an include after a continued line", '`include \\\n"@SECRET@"', FAIL),
    inline("an include of itself", '`include "m.sv"', STOPPED),
    inline("$readmemh of a secret", 'reg [7:0] r[0:3]; initial $readmemh("@SECRET@", r); assign y = r[0][0];', HARMLESS),
    inline("$readmemb of /dev/zero", 'reg [7:0] r[0:3]; initial $readmemb("/dev/zero", r); assign y = r[0][0];', ANY),
    inline("$fgets", "reg [63:0] s; integer c; initial c = $fgets(s, 0);", FAIL),
    inline("$fscanf in a macro", "integer c; `define R(f) $fsca``nf(f, \"%d\", c)\ninitial `R(0);", FAIL),
    inline("a forged line directive", '`line 1 "@SECRET@" 0\nassign y = nobody;', FAIL),
    whole("a module that reads a secret", 'reg [31:0] r[0:3]; initial $readmemh("@SECRET@", r); assign y = r[0][a];', HARMLESS),
    Case("the user's file includes a secret", Place.FILE, '`include "@SECRET@"\nmodule m(input a, output y); assign y=a; endmodule\n', FAIL),
    Case("the user's file includes a device", Place.FILE, '`define D "/dev/zero"\n`include `D\nmodule m(input a, output y); assign y=a; endmodule\n', FAIL),
    Case("an include file includes a secret", Place.INCLUDE, '`include "@SECRET@"\n', HARMLESS),
    Case("an include file includes itself", Place.INCLUDE, '`include "defs.vh"\n', HARMLESS),
    Case("a project file includes a device", Place.PROJECT, '`include "/dev/zero"\nmodule other(input a, output y); assign y = a; endmodule\n', HARMLESS),
)  # fmt: skip

FOREIGN = (
    inline("a DPI import", 'import "DPI-C" function void exit(int code);\ninitial exit(0);', FAIL),
    inline("an old DPI import", 'import "DPI" function void exit(int code);\ninitial exit(0);', FAIL),
    inline("a DPI import by macro", '`define L "DPI-C"\nimport `L function void exit(int code);\ninitial exit(0);', FAIL),
    inline("a DPI import by a string macro", '`define S(x) `"x`"\nimport `S(DPI-C) function void exit(int c);\ninitial exit(0);', FAIL),
    inline("a DPI import in pieces", '`define L(a,b) `"a``b`"\nimport `L(DP,I-C) function void exit(int c);\ninitial exit(0);', FAIL),
    inline("a DPI import behind comments", 'import /* " */ // x\n "DPI-C" /**/ function void exit(int code);\ninitial exit(0);', FAIL),
    inline("a DPI import under a C name", 'import "DPI-C" system = function int \\sy$stem (string s);\ninitial $display(\\sy$stem ("touch @OUT@/@NAME@"));', FAIL),
    inline("a pure DPI import", 'import "DPI-C" pure function int puts(string s);\nlocalparam int P = puts("x");', FAIL),
    inline("a DPI context task", 'import "DPI-C" context task sleep(int s);\ninitial sleep(1);', FAIL),
    inline("a DPI export", 'export "DPI-C" function f;\nfunction int f(); return 1; endfunction', FAIL),
    inline("DPI with an escaped quote", 'import "DP\\111-C" function void exit(int code);\ninitial exit(0);', FAIL),
    whole("a DPI call that ends Yosys well", 'import "DPI-C" function int exit(int code); wire [31:0] w = exit(0); assign y = nobody;', FAIL),
    whole("a DPI call in a constant", 'import "DPI-C" function int system(string s); localparam int P = system("touch @OUT@/@NAME@"); assign y = a;', FAIL),
    Case("a project file with DPI", Place.PROJECT, 'module other(input a, output y); import "DPI-C" function int system(string s); localparam int P = system("touch @OUT@/@NAME@"); assign y = a; endmodule\n', HARMLESS),
    Case("a project file with DPI by macro", Place.PROJECT, '`define S(a,b) `"a``b`"\nmodule other(input a, output y); import `S(DP,I-C) function int system(string s); localparam int P = system("touch @OUT@/@NAME@"); assign y = a; endmodule\n', HARMLESS),
    Case("the user's file with DPI", Place.FILE, 'module m(output [31:0] y); import "DPI-C" function int system(string s); assign y = system("touch @OUT@/@NAME@"); endmodule\n', HARMLESS),
    Case("the user's file with DPI by macro", Place.FILE, '`define S(a,b) `"a``b`"\nmodule m(output [31:0] y); import `S(DP,I-C) function int system(string s); assign y = system("touch @OUT@/@NAME@"); endmodule\n', HARMLESS),
    Case("an include file with DPI", Place.INCLUDE, 'import "DPI-C" function int system(string s); localparam int P = system("touch @OUT@/@NAME@");\n', HARMLESS),
)  # fmt: skip

WEARING = (
    inline("too much text", lambda: "// " + "x" * 1_100_000, FAIL),
    inline("ten megabytes in one line", lambda: "assign y = a" + " " * 10_000_000 + ";", FAIL),
    inline("a hundred thousand lines", lambda: "wire w;\n" * 100_000, STOPPED),
    inline("a huge literal", lambda: "assign y = 1'b" + "1" * 900_000 + ";", FAIL),
    inline("a literal of enormous width", "assign y = 2147483647'd1;", STOPPED),
    inline("a replication of enormous width", "wire [7:0] w = {1000000000{1'b1}};", STOPPED),
    inline("an enormous power", "localparam P = 99999999 ** 99999999; assign y = P;", STOPPED | HARMLESS),
    inline("an enormous shift", "localparam [4095:0] P = 1 << 2147483647; assign y = P[0];", STOPPED | HARMLESS),
    inline("a wide register", "reg [1073741823:0] r; always @(posedge clk) r <= r + 1;", STOPPED),
    inline("a large memory", "reg [63:0] mem [0:1073741823]; always @(posedge clk) mem[a] <= 1;", STOPPED),
    inline("an array of arrays", "logic [1023:0][1023:0][1023:0] r; assign r = 0;", STOPPED),
    inline("an array of instances", "m u[100000000:0](.clk(clk), .a(a), .y());", STOPPED),
    inline("deep brackets", nested("(", "a", ")", 300), FAIL),
    inline("deep brackets in an expression", lambda: "assign y = " + "(" * 300 + "a" + ")" * 300 + ";", FAIL),
    inline("deep blocks", lambda: "initial " + "begin " * 300 + "end " * 300, FAIL),
    inline("deep concatenations", lambda: "assign y = " + "{" * 300 + "a" + "}" * 300 + ";", FAIL),
    inline("deep ternaries", lambda: "assign y = " + "a ? 1 : " * 30_000 + "0;", FAIL),
    inline("deep else-ifs", lambda: "always @* " + "if (a) x = 1; else " * 20_000 + "x = 0;", STOPPED),
    inline("deep generates", lambda: "generate " + "if (1) begin " * 300 + "end " * 300 + "endgenerate", FAIL),
    inline("deep unary operators", lambda: "assign y = " + "~" * 50_000 + "a;", FAIL),
    inline("deep negations through spaces", lambda: "assign y = " + "! " * 50_000 + "a;", FAIL),
    inline("deep cases", lambda: "always @* " + "case (a) 1: " * 400 + "x = 1; " + "endcase " * 400, STOPPED),
    inline("deep timing controls", lambda: "initial " + "#1 " * 100_000 + "x = 1;", STOPPED),
    inline("deep repeats", lambda: "initial " + "repeat (9) " * 50_000 + ";", STOPPED),
    inline("deep member selects", lambda: "assign y = a" + ".a" * 100_000 + ";", STOPPED),
    inline("deep conditionals", lambda: "`ifdef A\n" * 50_000 + "`endif\n" * 50_000, STOPPED),
    inline("deep attributes", lambda: "(* a *) " * 50_000 + "wire q;", STOPPED),
    inline("a long expression of 120 KB", lambda: "assign y = a" + "+1" * 60_000 + ";", FAIL),
    inline("a long expression behind a macro", lambda: "`define P +1" + "\nassign y = a" + " `P" * 60_000 + ";", FAIL),
    inline("a long expression in a macro", lambda: "`define P a" + "+1" * 60_000 + "\nassign y = `P;", STOPPED),
    inline("a macro bomb", _macro_bomb, FAIL),
    inline("a macro bomb of arguments", _argument_bomb, STOPPED),
    inline("a macro bomb of arguments in bodies", _define_in_bomb, STOPPED),
    inline("a recursive macro", "`define R `R `R\nassign y = `R;", FAIL),
    inline("macros that call each other", "`define R `S\n`define S `R\nassign y = `R;", FAIL),
    inline("a generate bomb", "genvar i; generate for (i = 0; i < 100000000; i = i + 1) begin : g wire w; end endgenerate", STOPPED),
    inline("a generate bomb without an end", "genvar i; generate for (i = 0; i >= 0; i = i) begin : g wire w; end endgenerate", STOPPED),
    inline("a nested generate bomb", "genvar i, j; generate for (i = 0; i < 3000; i = i + 1) begin : g for (j = 0; j < 3000; j = j + 1) begin : h wire w; end end endgenerate", STOPPED),
    inline("a constant function that loops", "function integer f(input integer n); integer i; begin f = 0; for (i = 0; i < 1000000000; i = i + 1) f = f + 1; end endfunction\nlocalparam P = f(1);", STOPPED),
    inline("a constant function that never ends", "function automatic integer f(input integer n); begin while (1) f = f + 1; end endfunction\nlocalparam P = f(1); assign y = P;", STOPPED),
    inline("a constant function that calls itself", "function automatic integer f(input integer n); f = f(n + 1); endfunction\nlocalparam P = f(1); assign y = P;", STOPPED),
    inline("a module that instantiates itself", "m u_m (.clk(clk), .a(a), .y(y));", STOPPED),
    inline("a parameter that depends on itself", "localparam P = Q + 1; localparam Q = P + 1; assign y = P;", STOPPED),
    inline("a type that contains itself", "typedef struct packed { t x; } t; t v;", STOPPED),
    inline("a combinational loop", "wire p = ~q; wire q = ~p; assign y = q;", HARMLESS),
    whole("a module that never ends", "initial while (1); assign y = a;", WARNED),
    whole("a zero-delay loop", "reg r = 0; always @(r) r = ~r; initial r = 1; assign y = r;", WARNED),
    whole("a zero-delay loop of wires", "wire w; assign w = (a === 1'bx) ? 0 : ~w; assign y = w;", WARNED),
    whole("forever without delay", "reg r; initial forever r = ~r; assign y = r;", WARNED),
    whole("a flood of output", 'initial while (1) $display("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"); assign y = a;', WARNED),
    Case("modules that instantiate each other", Place.MODULE, "module p(input a); q u(a); endmodule\nmodule q(input a); p u(a); endmodule\nmodule dut(input clk, input a, output y); p u(a); assign y = a; endmodule\n", STOPPED),
    Case("modules that double at each level", Place.MODULE, lambda: "module l0(input a); endmodule\n" + "".join(f"module l{n}(input a); l{n - 1} x(a), y(a), z(a), w(a); endmodule\n" for n in range(1, 20)) + "module dut(input clk, input a, output y); l19 u(a); assign y = a; endmodule\n", STOPPED),
    Case("a project file that never elaborates", Place.PROJECT, "module other(input a, output y); genvar i; generate for (i = 0; i >= 0; i = i) begin : g wire w; end endgenerate assign y = a; endmodule\n", ANY),
    Case("a project file with a deep expression", Place.PROJECT, lambda: "module other(input a, output y); assign y = a" + "+1" * 60_000 + "; endmodule\n", STOPPED | HARMLESS),
    Case("an include file with a macro bomb", Place.INCLUDE, lambda: _macro_bomb().rsplit("\n", 1)[0] + "\nwire bomb = `A19;\n", STOPPED),
)  # fmt: skip

FORGED = (
    whole("$finish in the candidate", "initial $finish; assign y = ~a;", WARNED),
    whole("$finish under a testbench", "initial #1 $finish; assign y = 0;", WARNED, Place.UNDER_BENCH),
    whole("forged mismatches", 'initial begin $display("Mismatches: 0 in 100 samples"); $finish; end assign y = 0;', WARNED, Place.UNDER_BENCH),
    whole("forged mismatches at the end", 'final $display("Mismatches: 0 in 100 samples"); assign y = 0;', WARNED, Place.UNDER_BENCH),
    whole("forged words by a pasted name", '`define W(p,q) p``q\ninitial begin `W($disp,lay)("Mismatches: 0 in 100 samples"); `W($fin,ish); end assign y = 0;', WARNED, Place.UNDER_BENCH),
    whole("forged words by a name in a body", '`define W $disp``lay("Mismatches: 0 in 100 samples"); $fin``ish\ninitial begin `W; end assign y = 0;', WARNED, Place.UNDER_BENCH),
    whole("an output that is never right", "assign y = ~a;", FAIL, Place.UNDER_BENCH),
    whole("a design that cannot compile under the testbench", "assign y = nobody;", FAIL, Place.UNDER_BENCH),
    whole("a design that reaches into its testbench", "initial begin force tb.wrong = 0; end assign y = 0;", STOPPED, Place.UNDER_BENCH),
    whole("a design that sets its testbench by defparam", "defparam tb.WRONG = 0; assign y = 0;", STOPPED, Place.UNDER_BENCH),
    whole("a design that stops its testbench", "initial disable tb.run; assign y = 0;", STOPPED, Place.UNDER_BENCH),
    Case("a second top beside the design", Place.UNDER_BENCH, "module dut(input clk, input a, output y); assign y = 0; endmodule\nmodule evil; initial begin #1 force tb.wrong = 0; end endmodule\n", STOPPED),
    Case("a second testbench", Place.UNDER_BENCH, 'module dut(input clk, input a, output y); assign y = 0; endmodule\nmodule tb; initial begin $display("Mismatches: 0 in 100 samples"); $finish; end endmodule\n', WARNED),
    Case("a macro that changes the testbench", Place.UNDER_BENCH, "module dut(input clk, input a, output y); assign y = 0; endmodule\n`define wrong zero\n`define a_is_wrong 0\n", STOPPED),
    Case("a keyword taken from the testbench", Place.UNDER_BENCH, "module dut(input clk, input a, output y); assign y = 0; endmodule\n`ifndef X\n`define X\n`define if if (0) //\n`endif\n", STOPPED),
    Case("the rest of the testbench is skipped", Place.UNDER_BENCH, "module dut(input clk, input a, output y); assign y = 0; endmodule\n`ifdef NEVER\n", STOPPED),
    Case("an open comment before the testbench", Place.UNDER_BENCH, "module dut(input clk, input a, output y); assign y = 0; endmodule\n/*", STOPPED),
    Case("the testbench runs no more", Place.UNDER_BENCH, "module dut(input clk, input a, output y); assign y = 0; endmodule\n`timescale 1s/1s\n", STOPPED),
    inline("a forged message", '$error("m.sv:1: warning: fine");', WARNED),
    inline("a forged warning at elaboration", 'if (1) $warning("0 error(s)"); assign y = nobody;', FAIL),
    inline("$fatal at elaboration", 'initial $display("ok");\n$fatal(0, "done");', WARNED),
    inline("$finish in a constant function", "function integer f(input integer n); begin $finish; f = 1; end endfunction\nlocalparam P = f(1); assign y = nobody;", FAIL),
    inline("a forged place", '`line 9999 "other.sv" 1\nassign y = nobody;', FAIL),
    inline("a forged marker", "// deadbeefdeadbeefdeadbeefdeadbeef\nassign y = nobody;", FAIL),
    inline("a name that no tool has", "(* top *) (* src = \"/etc/passwd:1\" *) wire q; assign y = nobody;", FAIL),
)  # fmt: skip

ODD = (
    inline("a NUL", "assign y = a;\0", FAIL),
    inline("a lone surrogate", "assign y = a; // \udc80", HARMLESS),
    inline("a lone surrogate in a name", "wire x\ud800; assign y = nobody;", FAIL),
    inline("a byte order mark", "\ufeffassign y = a;", STOPPED),
    inline("carriage returns only", "wire q;\rassign q = a;\rassign y = nobody;", FAIL),
    inline("bidirectional controls", "assign y = a; /* \u202e } \u2066 begin */ assign y = nobody;", FAIL),
    inline("a name from another alphabet", "wire \u0430; assign \u0430 = 1; assign y = a;", STOPPED),
    inline("terminal escapes", "assign y = \x1b]0;owned\x07nobody;", FAIL),
    inline("an open string", 'initial $display("no end', WARNED),
    inline("an open comment", "/* no end", WARNED),
    inline("an open macro", "`define X(a, b", STOPPED),
    inline("an open macro call", "`define X(a) a\nassign y = `X(", WARNED),
    inline("a protected region", "`pragma protect begin_protected\n`pragma protect data_block\nAAAA\n`pragma protect end_protected\nassign y = nobody;", STOPPED),
    inline("a protected region that stays open", "`protect\nassign y = nobody;\n", FAIL),
    inline("a keyword redefined", "`define endmodule\nassign y = nobody;", FAIL),
    inline("the rest of the file renamed", "`define y z\nassign z = nobody;", FAIL),
    inline("the rest of the file hidden", "`ifdef NEVER\nassign y = nobody;", WARNED),
    inline("another version's keywords", '`begin_keywords "1364-1995"\nassign y = nobody;', FAIL),
    inline("a reference to outside", "assign y = $root.nobody.w;", STOPPED),
    inline("a defparam to outside", "defparam nobody.P = 1;", STOPPED),
    inline("a bind", "bind m other u_other(.a(a));", HARMLESS),
    inline("a config", "endmodule\nconfig c; design m; default liblist evil; endconfig\nmodule n;", HARMLESS),
    inline("a library", "endmodule\nlibrary evil \"/etc/*\";\nmodule n;", STOPPED),
    inline("a primitive", "endmodule\nprimitive p(output y, input a); table 0 : 1; 1 : 0; endtable endprimitive\nmodule n;", HARMLESS),
    inline("a program", "endmodule\nprogram p; initial $exit; endprogram\nmodule n;", HARMLESS),
    inline("a checker", "checker k(input bit c); endchecker\nk u(clk);", HARMLESS),
    inline("$value$plusargs", 'reg [1023:0] s; initial if ($value$plusargs("secret=%s", s)) x = 1;', STOPPED),
    inline("$test$plusargs", 'wire q = $test$plusargs("anything"); assign y = a;', HARMLESS),
    inline("a seed", "integer s; reg r; always @(posedge clk) r <= $random(s);", HARMLESS),
    inline("yosys attributes", "(* blackbox, keep_hierarchy, techmap_celltype = \"$_.*\", src = \"x;exec -- touch @OUT@/@NAME@\" *) wire q; assign y = a;", HARMLESS),
    inline("yosys cells", "\\$print #(.FORMAT(\"x\")) u (.A(a)); assign y = a;", HARMLESS),
    inline("an escaped name with a script", "wire \\w;exec\u00a0--\u00a0touch@OUT@/@NAME@ ; assign y = a;", STOPPED),
    inline("yosys system calls", "assign y = $__yosys_exec(\"touch @OUT@/@NAME@\");", STOPPED | HARMLESS),
    Case("a module with a script for a name", Place.MODULE, "module \\dut;!touch$@OUT@/@NAME@; (input clk, input a, output y); assign y = a; endmodule\n", HARMLESS),
    Case("a black box that says it is whole", Place.MODULE, "(* blackbox *) module dut(input clk, input a, output y); assign y = nobody; endmodule\n", FAIL),
    Case("nothing but directives", Place.MODULE, "`undefineall\n`resetall\n`celldefine\n", FAIL),
    Case("a celldefine around an error", Place.MODULE, "`celldefine\nmodule dut(input clk, input a, output y); assign y = nobody; endmodule\n`endcelldefine\n", FAIL),
)  # fmt: skip

_OTHER = "module other(input a, output y); assign y = a; endmodule\n"
NAMES = tuple(
    Case(f"a file named {shown}", Place.PROJECT, _OTHER, HARMLESS, path)
    for shown, path in (
        ("with a space", "a b/other.sv"),
        ("with quotes", "a'b\"c/other.sv"),
        ("with a semicolon", "a;!touch @OUT@%@NAME@;/other.sv"),
        ("with a dollar", "$(touch @NAME@)/`touch @NAME@`/other.sv"),
        ("like an option", "-o@NAME@.sv"),
        ("like a command file", "-f/other.sv"),
        ("like a heredoc", "<<EOT.sv"),
        ("like a pattern", "[a-z]*?.sv"),
        ("with a colon", "other.sv:1: error: no/other.sv"),
        ("with a hash", "#other.sv"),
        ("in another alphabet", "модуль/דוגמה.sv"),
    )
)
PLACES = (
    *NAMES,
    Case("a file whose name has a line end", Place.PROJECT, _OTHER, HARMLESS, "a\n/etc/passwd\n/other.sv"),
    Case("a file outside of its project", Place.PROJECT, _OTHER, HARMLESS, "../../other.sv"),
    Case("a file with an absolute name", Place.PROJECT, _OTHER, HARMLESS, "@OUT@/@NAME@.sv"),
    Case("a document named like a script", Place.FILE, "module m(input a, output y); assign y = a; endmodule\n", HARMLESS, "m;!touch @NAME@;.sv"),
    Case("a broken document named like a script", Place.FILE, "module m(input a, output y); assign y = nobody; endmodule\n", FAIL, "m;!touch @NAME@;.sv"),
    Case("a broken document named like an option", Place.FILE, "module m(input a, output y); assign y = nobody; endmodule\n", FAIL, "-h.sv"),
    Case("a define with a script", Place.PROJECT, _OTHER, HARMLESS, "other.sv", {"A": "1;!touch @OUT@/@NAME@", "B": "1 2\n3"}),
    Case("a define with a script in its name", Place.PROJECT, _OTHER, HARMLESS, "other.sv", {"A;!touch @OUT@/@NAME@;": "1", "-o": "x", "B\nI:/": "1"}),
    Case("a define that takes a keyword", Place.PROJECT, _OTHER, ANY, "other.sv", {"endmodule": "", "module": "primitive"}),
    Case("include directories outside", Place.INCLUDE, '`include "passwd"\n', HARMLESS, None, {}, ("/etc", "../../../../etc", "a;!touch @NAME@")),
)  # fmt: skip

BENCHES = (
    Case("a testbench that reads and writes", Place.TESTBENCH, """module tb; integer f, c; reg [8*64:1] s; reg [7:0] m[0:3]; initial begin
      f = $fopen("@SECRET@", "r"); if (f) begin c = $fgets(s, f); $display("FAILED read %s", s); end
      f = $fopen("/etc/passwd", "r"); if (f) begin c = $fgets(s, f); $display("FAILED read %s", s); end
      f = $fopen("@OUT@/@NAME@", "w"); if (f) begin $fdisplay(f, "x"); $display("FAILED wrote"); end
      $writememh("@OUT@/@NAME@", m); $dumpfile("@OUT@/@NAME@"); $dumpvars;
      $finish; end endmodule""", HARMLESS | {"fail"}),
    Case("a testbench that dumps in its scratch", Place.TESTBENCH, 'module tb; reg a = 0; wire y; dut u(1\'b0, a, y); initial begin $dumpfile("wave.vcd"); $dumpvars; #5 a = 1; #5 $finish; end endmodule\n', HARMLESS),
    Case("a flood of waveforms", Place.TESTBENCH, 'module tb; reg [4095:0] r = 0; initial begin $dumpfile("wave.vcd"); $dumpvars; end always #1 r = ~r; endmodule\n', STOPPED),
    Case("a flood into a file", Place.TESTBENCH, 'module tb; integer f; initial begin f = $fopen("x", "w"); while (1) $fdisplay(f, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"); end endmodule\n', STOPPED),
    Case("a flood of files", Place.TESTBENCH, 'module tb; integer i, f; reg [8*8:1] n; initial for (i = 0; i < 100000000; i = i + 1) begin $sformat(n, "%08d", i); f = $fopen(n, "w"); $fclose(f); end endmodule\n', STOPPED),
    Case("a flood of output from a testbench", Place.TESTBENCH, 'module tb; initial while (1) $display("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"); endmodule\n', STOPPED),
    Case("a testbench that never ends", Place.TESTBENCH, "module tb; initial while (1); endmodule\n", STOPPED),
    Case("a testbench that eats memory", Place.TESTBENCH, "module tb; reg [7:0] m[0:2000000000]; initial begin m[1999999999] = 1; $finish; end endmodule\n", STOPPED),
    Case("a testbench that waits for input", Place.TESTBENCH, "module tb; integer c; initial begin c = $fgetc(32'h8000_0000); $stop; $finish; end endmodule\n", ANY),
    Case("a testbench that fails late", Place.TESTBENCH, 'module tb; initial begin #10 $display("PASSED"); $fatal(1, "no"); end endmodule\n', FAIL),
)  # fmt: skip

CASES = (*WRITES, *READS, *FOREIGN, *WEARING, *FORGED, *ODD, *PLACES, *BENCHES)
