# ruff: noqa: E501 - a table
"""The plain sentence for each common message of slang, Icarus and Yosys: what it means, what to do.

Which are common was counted: 4,000 mutants of the examples and of generated RTL through the gate by
scripts/count_messages.py. The numbers behind the rows are in how many of them the message came; a row without
a number is there for what people, not mutants, get wrong. The first row that fits counts.
"""

from __future__ import annotations

NAME = r"[`'\"]*\\?(?P<name>\$?[\w$]+(?:\.[\w$]+)*)"
"""A name as the tools quote it."""

HINTS: tuple[tuple[str, str], ...] = (
    # Names
    (r"undeclared identifier '(?P<name>[\w$]+)'; did you mean '(?P<other>[\w$]+)'",
     "Nothing declares {name}; is {other} meant?"),  # 247
    (rf"use of undeclared identifier {NAME}", "Nothing declares {name}: declare it, or check its spelling."),  # 669
    (rf"Unable to bind (?:wire/reg/memory|parameter) {NAME}",
     "Nothing declares {name}: declare it, or check its spelling."),  # 298
    (rf"Could not find variable {NAME}",
     "Nothing that can be assigned is called {name}: declare it, or check its spelling."),  # 84
    (r"Unable to elaborate (?:condition|r-value|l-value|port|this case)",
     "Something inside this expression is wrong; the message before it says what."),  # 91
    (rf"Failed to evaluate event expression '(?:posedge |negedge )?{NAME}",
     "The sensitivity list waits for {name}, which nothing declares."),  # 31
    (rf"unknown system name {NAME}",
     "No system task or function of the standard is called {name}: check its spelling, or whose tool has it."),
    (rf"no member named {NAME} in package {NAME.replace('name', 'other')}",
     "The package {other} has no {name}; look at what it declares."),  # 12
    (rf"unexpected identifier {NAME}'?; did you mean '(?P<other>\w+)'",
     "{name} is no keyword; is {other} meant?"),  # 45
    (r"unknown macro or compiler directive '?`(?P<name>\w+)", "No `define of {name} is in sight."),
    (rf"unknown (?:class or )?package {NAME}", "No file of the project defines the package {name}."),  # 7
    (rf"unknown module {NAME}", "No file of the project defines {name}; it is taken as a black box."),  # 95
    (rf"No function named {NAME}|Can't resolve function name {NAME.replace('name', 'other')}",
     "No function is called {name}{other}: declare it, or check its spelling."),
    (rf"Enable of unknown task {NAME}|Can't resolve task name {NAME.replace('name', 'other')}",
     "No task is called {name}{other}: declare it, or check its spelling."),
    (r"'(?P<name>[^']+)': No such file or directory|Include file (?P<other>\S+) not found",
     "The file {name}{other} is not in the project's include directories; see project.include_dirs."),
    (r"not checked, as .* cannot be read", "Add what is missing to the project (project.include_dirs, project.filelists); until then nobody knows these names."),
    # Declared twice, or as something else
    (rf"redefinition of {NAME}", "{name} is declared above already: remove one, or choose another name."),  # 143
    (rf"{NAME}'? has already been declared",
     "{name} is declared above already: remove one, or choose another name."),  # 123
    (rf"{NAME} is not a valid l-value in [\w.]+ {NAME.replace('name', 'other')} is declared here as wire",
     "{name} is assigned in a procedure but declared as a wire: declare it reg or logic."),  # 6
    (r"cannot assign to a net within a procedural context|not a valid l-value",
     "A wire cannot be assigned in a procedure: declare it reg or logic, or use assign outside."),  # 51
    (rf"reg {NAME}; cannot be driven by primitives or cont",
     "{name} is a reg, which only procedures assign: declare it wire, or move this into an always block."),
    (rf"reg {NAME}' is assigned in a continuous assignment",
     "{name} is a reg, which only procedures assign: declare it wire, or move this into an always block."),  # 7
    (rf"constant {NAME}' is not modifiable", "{name} is a constant: assign a variable instead."),  # 5
    (rf"Unresolved net/uwire {NAME} cannot have multiple drivers",
     "{name} is driven from more than one place: keep one, or combine them in one expression."),  # 23
    (rf"{NAME} Unable to assign to unresolved wires",
     "{name} has another driver already, an assign or a port: a procedure cannot drive it, too."),  # 2
    # Ports and instances
    (rf"port {NAME}'* (?:does not exist|is not a port)",
     "The module has no port {name}; compare with its header."),  # 60
    (rf"port declaration {NAME}' does not match any port",
     "{name} is declared as a port but is not in the module's port list: add it there, or remove this."),  # 70
    (rf"port {NAME}' has no I/O member declaration|Port {NAME.replace('name', 'other')} \(\d+\) of module .* has no dir",
     "The port list names {name}{other}, and no input, output or inout below declares it."),  # 27
    (r"can't use port declaration in module with ANSI style",
     "The header declares the ports already: add this one to the list in parentheses."),  # 36
    (rf"Module port {NAME}' is neither input nor output",
     "The port {name} has no direction: write input, output or inout before it."),  # 82
    (rf"Module port {NAME}' is not declared in module header",
     "{name} is declared as a port but is not in the module's port list: add it there, or remove this."),  # 20
    (r"Errors in port declarations|expected ansi port declaration",
     "The port list cannot be read here: each port is a direction, a type and a name, with commas between."),  # 165
    (r"Superfluous comma in port declaration list|misplaced trailing",
     "There is a comma behind the last port: remove it."),  # 19
    (r"too many port|Wrong number of ports", "The instance connects more ports than the module has."),
    (rf"port {NAME}'* already bound|duplicate connection for port {NAME.replace('name', 'other')}",
     "The port {name}{other} is connected twice: remove one of them."),  # 8
    (r"Syntax error in instance port expression|expected port connection|mixing ordered and named port",
     "The port list of the instance cannot be read: is there a comma too many, or a connection without a dot?"),  # 40
    (r"module instantiation is missing port list", "An instance needs parentheses after its name, empty ones at least."),
    # Syntax
    (r"(?<!un)expected 'end(?P<name>\w*)'", "Something is not closed: end{name} is missing before this."),  # 1454
    (r"unexpected 'end(?P<name>\w*)'", "This end{name} closes nothing: is a begin missing, or is it one too many?"),  # 443
    (r"unexpected '(?P<name>[)\]}])'", "This {name} closes nothing that is open."),
    (r"expected ';'", "A semicolon is missing before this."),
    (r"expected '(?P<name>[^\w\s])'", "A {name} is missing before this."),
    (r"(?<!un)expected identifier", "A name is missing here, or a keyword stands where a name has to be."),  # 288
    (r"expected a declaration name",
     "This reads as a declaration without a name: is a keyword misspelled, or does a statement stand outside of always?"),  # 268
    (r"expected statement", "A statement is missing here: an assignment, if, case, or begin … end."),  # 167
    (r"expected expression", "An operand is missing here."),  # 176
    (r"expression is not allowed as a statement",
     "A value alone does nothing: is an = or <= missing?"),  # 128
    (r"assignment expressions (?:must be parenthesized|are not allowed)",
     "One assignment cannot hold another: compare with ==, or write two statements."),  # 66
    (r"expected continuous assignment", "After assign comes target = value; the = is missing."),  # 66
    (r"expected (?P<name>hexadecimal|binary|octal|decimal) digit",
     "The digit before this does not fit the base of the number, which is {name}."),  # 113
    (r"expected vector literal digits", "A number needs digits after its base, as in 4'd3."),  # 65
    (r"expected member", "Nothing that may stand in a module begins like this: is it meant inside of an always block?"),  # 65
    (r"member not allowed at compilation unit|member not allowed in package",
     "This has to stand inside of a module: is an endmodule too early, or a module line missing?"),  # 66
    (r"expected data type|is not a type|expected enum base type|expected a data type here",
     "A type is missing here, or its name is declared nowhere."),  # 61
    (r"declaration must come before all statements",
     "Declarations come first in a block: move this before the first statement."),  # 14
    (r"parameter declaration is missing an initializer|must have a default value",
     "A parameter needs a value: write = and its default."),  # 22
    (r"expected case item|(?:case statement|case generate) has no items",
     "A case item is a value, a colon and a statement; there is none here."),  # 23
    (r"Malformed statement|syntax error|Invalid module (?:item|instantiation)|Incomprehensible|Malformed",
     "Icarus cannot read the text here: look for a missing semicolon, parenthesis or keyword, on the line before, too."),  # 261
    # Widths, ranges, constants
    (r"reference to non-constant variable '(?P<name>[^']+)' is not allowed in a constant",
     "{name} can change while the design runs, and this has to be known before: use a parameter or a localparam."),  # 66
    (r"A reference to a wire or reg \(`(?P<name>[^']+)'\) is not allowed in a constant",
     "{name} can change while the design runs, and this has to be known before: use a parameter or a localparam."),
    (r"Dimensions must be constant|Non-constant range|requires a constant range",
     "The bounds of a range are numbers, parameters or localparams, nothing that changes while the design runs."),  # 35
    (r"value must be positive|Dimension size must be greater than zero",
     "The size is zero or less: look at the parameters that it is computed from."),  # 105
    (r"packed dimensions require a full range|packed dimension must be of the form",
     "A width is written [high:low], as in [7:0]."),  # 91
    (r"Literal has a width of (?P<name>\d+) bit, but value requires (?P<other>\d+)",
     "The number needs {other} bits and has {name}: its upper bits are lost."),  # 47
    (r"can ?not select part of scalar: (?P<name>\S+)", "{name} has one bit: declare its width, or use all of it."),  # 4
    (r"select \[?[\d:]*\]? ?out of bounds on signal '(?P<name>[^']+)'|Index (?P<other>\w+)\[\S+ is out of range",
     "{name}{other} has no such bit: compare the index with its declared range."),  # 40
    (r"cannot be assigned to type|no implicit conversion from", "The two sides have different types: index the array, or cast."),  # 4
    (r"too many arguments|Too many arguments|Wrong number of", "The call has more arguments than the function or task."),
    # Procedures
    (r"always_ff procedure must have one", "always_ff needs one clock: always_ff @(posedge clk), and no other @ or # inside."),  # 15
    (r"always process does not have any delay", "This always block never waits: give it @* or @(posedge clk)."),
    (r"edge sensitive events? found|non-synthesizable event list",
     "A flip-flop has one clock edge and at most an asynchronous reset: the sensitivity list has more, or mixes levels in."),  # 10
    # What only synthesis sees
    (r"Latch inferred for signal '?(?:\w+\.)?(?P<name>[\w$]+)",
     "{name} keeps its value on some path, which is a latch: assign it on every path, or give it a default first."),  # 35
    (r"variable '(?P<name>[\w$]+)' driven by always_\w+ procedure cannot be written",
     "{name} belongs to one always_ff or always_comb alone: write it there, or give this its own signal."),
    (r"multiple continuous assignments to variable '(?P<name>[\w$]+)'|mix continuous and procedural assignments to variable '(?P<mixed>[\w$]+)'",
     "A variable has one driver: keep one of the assignments, or use two signals."),
    (r"conflicting drivers for (?:\w+\.)?(?P<name>[\w$]+)|Drivers conflicting with a constant",
     "The signal {name} is driven from more than one place: keep one of them."),  # 46
    (r"found (?:a )?logic loop|combinational loop", "A signal depends on itself without a register in between."),  # 6
    (r"(?:Wire )?(?:[\w$]+\.)?(?P<name>[\w$:.]+)(?: \[\d+(?::\d+)?\])? is used but has no driver",
     "Nothing drives {name}, which reads as unknown: assign it, or connect it to an output."),  # 369
    (r"While loops are only allowed", "Hardware has no while loop without a fixed count: use for, or a state machine."),
    (r"ran past its time limit", "The text keeps the tool busy without end."),
)  # fmt: skip
