"""Pieces of simple processors."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Outputs, Size, Table
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm, few
from rtlwright.training.synth.reference import Clocked, Combinational, to_signed
from rtlwright.training.synth.rtl import case, lit, when


@family("cpu_program_counter")
def cpu_program_counter(d: Draw) -> Design:
    """A program counter with stall and jump."""
    size, stride = Size(d.pick((8, 12, 16, 32, 32))), d.pick((1, 2, 4, 4))
    first = d.pick((0, 0, 16, 256 % (1 << size.bits), 4 * d.integer(1, 30)))
    d.clock()
    rst = d.reset()
    stall = d.input("stall hold freeze halt", 1, "keeps the counter", bias=0.2) if d.chance(0.6) else None
    jump = d.input("jump branch_taken take_branch redirect", 1, "loads the target", bias=0.2)
    target = d.input("target branch_target new_pc dest", size, "jump target")
    pc = d.output("pc pc_out prog_cnt fetch_addr", size, "program counter")
    m = d.module("program_counter", "pc_reg", "pc_unit", "fetch_pc")
    forward = f"{pc} <= {pc} + {lit(stride, size)};"
    move = when(jump.name, [f"{pc} <= {target};"], otherwise=[forward])
    guarded = when(jump.name, [f"{pc} <= {target};"], (f"!{stall}", [forward])) if stall else move
    m.clocked([guarded], [f"{pc} <= {lit(first, size)};"], "jump or go on")

    def step(s: int, i: Inputs) -> int:
        if i[jump.name]:
            return i[target.name]
        return s if stall and i[stall.name] else (s + stride) % (1 << size.bits)

    held = f" unless `{stall}` is high" if stall else ""
    return m.design(
        summaries=(
            f"a {size.words} program counter `{pc}`: it takes `{target}` when `{jump}` is high, else "
            "it grows by "
            f"{stride}{held}",
            f"a program counter with jump (`{jump}`, `{target}`) which otherwise adds {stride} to "
            f"`{pc}`{held}",
        ),
        behaviour=(
            f"At a clock edge with `{jump}` high, `{pc}` takes `{target}`.",
            f"Otherwise `{pc}` increases by {stride}{held}.",
        ),
        reset_effect=f"sets `{pc}` to {first}",
        reference=lambda: Clocked(step, lambda s, i: {pc.name: s}, reset=rst, init=first),
    )


@family("cpu_alu_flags")
def cpu_alu_flags(d: Draw) -> Design:
    """An ALU with zero, negative, carry and overflow flags."""
    size = Size(d.pick((4, 8, 8, 16, 32)))
    a, b = d.input("left", size, "first operand"), d.input("right", size, "second operand")
    op = d.input("opcode", 2, "0 adds, 1 subtracts, 2 ANDs, 3 ORs")
    y = d.output("result", size, "result")
    z, n = d.output("zero", 1, "result is 0"), d.output("negative", 1, "sign bit of the result")
    c, v = d.output("carry c cf carry_flag", 1, "carry"), d.output("overflow", 1, "signed overflow")
    m = d.module("alu", "alu_flags", "flag_alu", "cpu_alu")
    wide, top = m.signal("wide", size.bits + 1), size.bits - 1
    texts = (f"{{1'b0, {a}}} + {{1'b0, {b}}}", f"{{1'b0, {a}}} - {{1'b0, {b}}}", f"{{1'b0, {a} & {b}}}")
    arms = [(lit(k, 2), [f"{wide} = {text};"]) for k, text in enumerate(texts)]
    m.comb([case(op.name, arms, [f"{wide} = {{1'b0, {a} | {b}}};"])], "operation")
    m.assign(y, f"{wide}[{top}:0]", "result and flags")
    m.assign(z, f"{y} == {m.zero(size)}")
    m.assign(n, f"{y}[{top}]")
    m.assign(c, f"{wide}[{size.bits}]")
    m.assign(v, f"!{op}[1] && ({a}[{top}] ^ {b}[{top}] ^ {op}[0] ^ 1'b1) && ({y}[{top}] ^ {a}[{top}])")

    def value(i: Inputs) -> Outputs:
        x, w, k, ones = i[a.name], i[b.name], i[op.name], (1 << size.bits) - 1
        full = (x + w, x - w, x & w, x | w)[k]
        s, t = to_signed(x, size.bits), to_signed(w, size.bits)
        exact = (s + t, s - t, 0, 0)[k]
        return {
            y.name: full,
            z.name: int(full & ones == 0),
            n.name: full >> top,
            c.name: int(full > ones or full < 0),
            v.name: int(not -(1 << top) <= exact < 1 << top),
        }

    return m.design(
        summaries=(
            f"a {size.words} ALU with flags: `{op}` selects `{a}` + `{b}`, `{a}` - `{b}`, `{a}` & `{b}` or "
            f"`{a}` | `{b}` as `{y}`; `{z}` zero, `{n}` negative, `{c}` carry or borrow, `{v}` signed "
            "overflow",
        ),
        behaviour=(
            f"For `{op}` = 0, 1, 2, 3 the result `{y}` is `{a}` + `{b}`, `{a}` - `{b}`, `{a}` & "
            f"`{b}`, `{a}` | "
            f"`{b}`.",
            f"`{z}` is 1 when `{y}` is 0 and `{n}` is its top bit.",
            f"`{c}` is the carry of the addition or the borrow of the subtraction, else 0.",
            f"`{v}` is 1 when the signed addition or subtraction overflows, else 0.",
        ),
        vectors=128,
        reference=lambda: Combinational(value),
    )


@family("cpu_opcode_decoder")
def cpu_opcode_decoder(d: Draw) -> Design:
    """Control signals from an opcode, given as a table."""
    bits, lines = d.pick((3, 3, 4)), d.integer(2, 4)
    names = d.rng.sample(
        ("reg_write", "mem_read", "mem_write", "alu_src", "branch", "jump", "mem_to_reg", "imm_sel"), lines
    )
    codes = sorted(d.rng.sample(range(1 << bits), d.integer(3, 5)))
    op = d.input("opcode", bits, "opcode")
    outs = [d.output(f"{name} {name} {name}_en", 1, "control line") for name in names]
    m = d.module("control_unit", "decoder", "main_control", "instr_decode")
    rows = {code: [d.integer(0, 1) for _ in outs] for code in codes}
    bus = "{" + ", ".join(o.name for o in outs) + "}"
    texts = {code: f"{lines}'b" + "".join(map(str, row)) for code, row in rows.items()}
    arms = [(lit(code, bits, "b"), [f"{bus} = {texts[code]};"]) for code in codes]
    m.comb([case(op.name, arms, [f"{bus} = {lit(0, lines, 'b')};"])], "one line for each opcode")
    order = ", ".join(f"`{o}`" for o in outs)
    listed = ", ".join(f"{code:0{bits}b}: {texts[code].split('b')[1]}" for code in codes)
    return m.design(
        summaries=(
            f"an opcode decoder: ({order}) for `{op}` = {listed}, and all 0 for any other opcode",
            f"a control unit that maps `{op}` to ({order}) as {listed}; other opcodes give 0",
        ),
        behaviour=(f"For `{op}` the outputs {order}, in this order, are {listed}; else all are 0.",),
        table=Table(
            (op.name, *(o.name for o in outs)),
            (
                *((f"{code:0{bits}b}", *map(str, rows[code])) for code in codes),
                ("others", *("0" for _ in outs)),
            ),
        ),
        reference=lambda: Combinational(
            lambda i: dict(zip((o.name for o in outs), rows.get(i[op.name], [0] * lines), strict=True))
        ),
    )


@family("cpu_immediate")
def cpu_immediate(d: Draw) -> Design:
    """The immediates of RISC-V instructions, sign-extended."""
    kinds = d.rng.sample(("I", "S", "B", "U", "J"), d.integer(2, 4))
    kinds.sort(key="ISBUJ".index)
    width = 2 if len(kinds) > 2 else 1
    instr = d.input("instr instruction inst insn", 32, "instruction")
    sel = d.input("imm_type imm_sel fmt itype", width, "format")
    y = d.output("imm immediate imm_out imm_ext", 32, "immediate")
    m = d.module("imm_gen", "immediate_gen", "imm_extend", "sign_ext_imm")
    texts = {
        "I": f"{{{{20{{{instr}[31]}}}}, {instr}[31:20]}}",
        "S": f"{{{{20{{{instr}[31]}}}}, {instr}[31:25], {instr}[11:7]}}",
        "B": f"{{{{19{{{instr}[31]}}}}, {instr}[31], {instr}[7], {instr}[30:25], {instr}[11:8], 1'b0}}",
        "U": f"{{{instr}[31:12], 12'd0}}",
        "J": f"{{{{11{{{instr}[31]}}}}, {instr}[31], {instr}[19:12], {instr}[20], {instr}[30:21], 1'b0}}",
    }
    arms = [(lit(n, width), [f"{y} = {texts[kind]};"]) for n, kind in enumerate(kinds)]
    m.comb([case(sel.name, arms, [f"{y} = 32'd0;"])], "formats")

    def field(word: int, high: int, low: int) -> int:
        return word >> low & ((1 << high - low + 1) - 1)

    def value(i: Inputs) -> Outputs:
        w, n = i[instr.name], i[sel.name]
        if n >= len(kinds):
            return {y.name: 0}
        kind = kinds[n]
        if kind == "U":
            return {y.name: field(w, 31, 12) << 12}
        raw = {
            "I": (field(w, 31, 20), 12),
            "S": (field(w, 31, 25) << 5 | field(w, 11, 7), 12),
            "B": (
                w >> 31 << 12 | (w >> 7 & 1) << 11 | field(w, 30, 25) << 5 | field(w, 11, 8) << 1,
                13,
            ),
            "J": (
                w >> 31 << 20 | field(w, 19, 12) << 12 | (w >> 20 & 1) << 11 | field(w, 30, 21) << 1,
                21,
            ),
        }[kind]
        return {y.name: to_signed(*raw)}

    facts = ", ".join(f"{n} the {kind}-type" for n, kind in enumerate(kinds))
    return m.design(
        summaries=(
            f"a RISC-V immediate generator for `{instr}`: `{sel}` = {facts} immediate, on `{y}`",
            f"an immediate extender: `{y}` is the sign-extended immediate of `{instr}`, where `{sel}` "
            "selects "
            f"{facts} format",
        ),
        behaviour=(
            f"`{sel}` selects the RISC-V format: {facts}; any other value gives 0.",
            f"`{y}` is the 32-bit immediate of `{instr}` in that format.",
        ),
        reference=lambda: Combinational(value),
    )


@family("cpu_branch_compare")
def cpu_branch_compare(d: Draw) -> Design:
    """The branch conditions of RISC-V."""
    size = Size(d.pick((8, 16, 32, 32)))
    a, b = (
        d.input("rs1 left op_a a", size, "first operand"),
        d.input("rs2 right op_b b", size, "second operand"),
    )
    f3 = d.input("funct3 cond branch_op br_type", 3, "condition")
    y = d.output("taken branch_taken take cond_met", 1, "condition holds")
    m = d.module("branch_unit", "branch_comp", "branch_compare", "br_cond")
    signed = f"$signed({a})", f"$signed({b})"
    texts = (
        (0, f"{a} == {b}"), (1, f"{a} != {b}"), (4, f"{signed[0]} < {signed[1]}"),
        (5, f"{signed[0]} >= {signed[1]}"), (6, f"{a} < {b}"), (7, f"{a} >= {b}"),
    )  # fmt: skip
    arms = [(lit(n, 3, "b"), [f"{y} = {text};"]) for n, text in texts]
    m.comb([case(f3.name, arms, [f"{y} = 1'b0;"])], "condition")

    def value(i: Inputs) -> Outputs:
        x, w = i[a.name], i[b.name]
        s, t = to_signed(x, size.bits), to_signed(w, size.bits)
        return {
            y.name: int({0: x == w, 1: x != w, 4: s < t, 5: s >= t, 6: x < w, 7: x >= w}.get(i[f3.name], 0))
        }

    return m.design(
        summaries=(
            f"a RISC-V branch comparator: `{y}` is 1 when `{a}` and `{b}` meet the condition `{f3}` "
            "(000 equal, "
            "001 not equal, 100 signed less, 101 signed greater or equal, 110 unsigned less, 111 "
            "unsigned greater "
            "or equal)",
        ),
        behaviour=(
            f"For `{f3}` = 000, 001 `{y}` says whether `{a}` and `{b}` are equal, not equal.",
            f"For 100, 101 it says whether `{a}` is less, not less than `{b}` as signed numbers.",
            "For 110, 111 the same as unsigned numbers; for any other code it is 0.",
        ),
        vectors=96,
        reference=lambda: Combinational(value),
    )


@family("cpu_load_extend")
def cpu_load_extend(d: Draw) -> Design:
    """Extracts and extends the byte or halfword of a load."""
    word = d.input("word rdata mem_data load_word", 32, "word from memory")
    offset = d.input("offset byte_off addr_lo lane", 2, "byte in the word")
    size = d.input("size width_sel funct ld_size", 2, "0 byte, 1 halfword, 2 word")
    sign = d.input("sign is_signed sext signed_load", 1, "extend with the sign")
    y = d.output("load_data result value ext_data", 32, "extended value")
    m = d.module("load_extend", "load_align", "mem_extend", "load_unit")
    shifted = m.signal("shifted", 32)
    m.assign(shifted, f"{word} >> {{{offset}, 3'b000}}", "move the byte down")
    arms = [
        ("2'd0", [f"{y} = {{{{24{{{sign} & {shifted}[7]}}}}, {shifted}[7:0]}};"]),
        ("2'd1", [f"{y} = {{{{16{{{sign} & {shifted}[15]}}}}, {shifted}[15:0]}};"]),
    ]
    m.comb([case(size.name, arms, [f"{y} = {word};"])], "extend")

    def value(i: Inputs) -> Outputs:
        if i[size.name] > 1:
            return {y.name: i[word.name]}
        bits = 8 << i[size.name]
        part = (i[word.name] >> 8 * i[offset.name]) & ((1 << bits) - 1)
        return {y.name: to_signed(part, bits) if i[sign.name] else part}

    return m.design(
        summaries=(
            f"a load unit: it takes the byte (`{size}` = 0) or halfword (`{size}` = 1) at byte `{offset}` of "
            f"`{word}` and extends it to `{y}`, with its sign if `{sign}` is 1; other sizes give the "
            "whole word",
        ),
        behaviour=(
            f"`{word}` is shifted right by `{offset}` bytes.",
            f"For `{size}` = 0 the low byte and for 1 the low 16 bits are extended to 32 bits on `{y}`.",
            f"They are sign-extended if `{sign}` is 1 and zero-extended otherwise.",
            f"For `{size}` = 2 or 3, `{y}` is `{word}`.",
        ),
        vectors=96,
        reference=lambda: Combinational(value),
    )


@family("cpu_forwarding")
def cpu_forwarding(d: Draw) -> Design:
    """A forwarding unit: which stage holds the newest value of an operand."""
    bits = d.pick((3, 4, 5, 5))
    rs = d.input("rs rs1 src ex_rs", bits, "register that is read")
    rd_m = d.input("mem_rd rd_mem exmem_rd m_rd", bits, "destination in the memory stage")
    we_m = d.input("mem_we mem_regwrite exmem_we m_wen", 1, "memory stage writes")
    rd_w = d.input("wb_rd rd_wb memwb_rd w_rd", bits, "destination in the write-back stage")
    we_w = d.input("wb_we wb_regwrite memwb_we w_wen", 1, "write-back stage writes")
    y = d.output("fwd forward_sel bypass_sel fwd_a", 2, "0 register file, 1 write-back, 2 memory stage")
    m = d.module("forwarding_unit", "forward_unit", "bypass_ctrl", "fwd_unit")
    zero = lit(0, bits)
    m.comb(
        [
            when(
                f"{we_m} && {rd_m} != {zero} && {rd_m} == {rs}",
                [f"{y} = 2'd2;"],
                (f"{we_w} && {rd_w} != {zero} && {rd_w} == {rs}", [f"{y} = 2'd1;"]),
                otherwise=[f"{y} = 2'd0;"],
            )
        ],
        "the newest value wins",
    )

    def value(i: Inputs) -> Outputs:
        reg = i[rs.name]
        if reg and i[we_m.name] and i[rd_m.name] == reg:
            return {y.name: 2}
        return {y.name: int(bool(reg and i[we_w.name] and i[rd_w.name] == reg))}

    return m.design(
        summaries=(
            f"a forwarding unit: `{y}` is 2 when the memory stage (`{we_m}`, `{rd_m}`) writes `{rs}`, "
            "else 1 when "
            f"the write-back stage (`{we_w}`, `{rd_w}`) does, else 0; register 0 is never forwarded",
        ),
        behaviour=(
            f"`{y}` is 2 when `{we_m}` is 1 and `{rd_m}` equals `{rs}` and is not 0.",
            f"Otherwise it is 1 when `{we_w}` is 1 and `{rd_w}` equals `{rs}` and is not 0.",
            "Otherwise it is 0.",
        ),
        vectors=128,
        reference=lambda: Combinational(value),
    )


@family("cpu_hazard")
def cpu_hazard(d: Draw) -> Design:
    """Load-use hazard detection."""
    bits = d.pick((3, 4, 5))
    load = d.input("ex_load ex_memread is_load", 1, "load in the execute stage")
    rd = d.input("ex_rd load_rd rd", bits, "its destination")
    r1 = d.input("id_rs1 rs1 src1", bits, "first source in decode")
    r2 = d.input("id_rs2 rs2 src2", bits, "second source in decode")
    y = d.output("stall hazard bubble", 1, "wait one cycle")
    m = d.module("hazard_unit", "load_use", "stall_unit")
    m.assign(y, f"{load} && {rd} != {lit(0, bits)} && ({rd} == {r1} || {rd} == {r2})")
    return m.design(
        summaries=(
            f"a load-use hazard detector: `{y}` is 1 when `{load}` is 1 and `{rd}` is not 0 and "
            f"equals `{r1}` or "
            f"`{r2}`",
        ),
        behaviour=(f"`{y}` is 1 when `{load}` is high and the nonzero `{rd}` is `{r1}` or `{r2}`, else 0.",),
        vectors=128,
        reference=lambda: Combinational(
            lambda i: {y.name: int(i[load.name] and i[rd.name] and i[rd.name] in (i[r1.name], i[r2.name]))}
        ),
    )


@family("cpu_stack_pointer")
def cpu_stack_pointer(d: Draw) -> Design:
    """A stack pointer that grows downwards."""
    size, first = Size(d.pick((4, 8, 8, 16))), d.chance(0.5)
    d.clock()
    rst = d.reset()
    push, pop = d.input("push call is_push", 1, "push"), d.input("pop ret is_pop", 1, "pop")
    sp = d.output("sp stack_ptr sp_out", size, "stack pointer")
    m = d.module("stack_pointer", "sp_reg", "sp_unit", "stack_ptr")
    top = (1 << size.bits) - 1 if first else 0
    m.clocked(
        [
            when(
                f"{push} && !{pop}",
                [f"{sp} <= {sp} - 1'b1;"],
                (f"{pop} && !{push}", [f"{sp} <= {sp} + 1'b1;"]),
            )
        ],
        [f"{sp} <= {m.ones(size) if first else m.zero(size)};"],
        "grows downwards",
    )
    return m.design(
        summaries=(
            f"a {size.words} stack pointer `{sp}` that decreases on `{push}` and increases on `{pop}`; both "
            "together leave it as it is",
        ),
        behaviour=(
            f"At a clock edge with `{push}` high and `{pop}` low, `{sp}` decreases by 1.",
            f"With `{pop}` high and `{push}` low it increases by 1; otherwise it holds.",
        ),
        reset_effect=f"sets `{sp}` to {'all ones' if first else '0'}",
        reference=lambda: Clocked(
            lambda s, i: (s + i[pop.name] - i[push.name]) % (1 << size.bits),
            lambda s, i: {sp.name: s},
            reset=rst,
            init=top,
        ),
    )


@family("cpu_bypass_file")
def cpu_bypass_file(d: Draw) -> Design:
    """A register file whose read sees the write of the same cycle."""
    bits, data = d.integer(2, 4), d.size(4, 32, share=0.0)
    d.clock()
    rst = d.reset()
    we = d.input("write", 1, "write enable", bias=0.7)
    waddr = d.input("waddr rd wr_addr", bits, "write address")
    wdata = d.input("wdata wd wr_data", data, "write data")
    raddr = d.input("raddr rs ra rd_addr", bits, "read address")
    q = d.output("rdata rd_data q read_data", data, "read data")
    m = d.module("bypass_regfile", "regfile_fwd", "write_first_rf", "rf_bypass")
    regs = m.signal("regs", data, array=f"[0:{(1 << bits) - 1}]")
    clear = [m.loop(str(1 << bits), [f"{regs}[i] <= {m.zero(data)};"])] if rst else []
    m.clocked([when(we.name, [f"{regs}[{waddr}] <= {wdata};"])], clear, "write port")
    m.assign(q, f"({we} && {waddr} == {raddr}) ? {wdata} : {regs}[{raddr}]", "bypass")

    def view(s: dict[int, int], i: Inputs) -> Outputs:
        if i[we.name] and i[waddr.name] == i[raddr.name]:
            return {q.name: i[wdata.name]}
        return {q.name: s.get(i[raddr.name], 0)}

    return m.design(
        summaries=(
            f"a register file of {1 << bits} registers of {data.bits} bits with a write bypass: `{q}` shows "
            f"`{wdata}` at once when register `{raddr}` is being written",
        ),
        behaviour=(
            f"At a clock edge with `{we}` high, `{wdata}` is written to register `{waddr}`.",
            f"`{q}` shows register `{raddr}` combinationally, but `{wdata}` while `{we}` is high and "
            f"`{waddr}` "
            f"equals `{raddr}`.",
        ),
        reset_effect="clears all registers to 0",
        stimulus=calm(d, 100, {p.name: few(bits) for p in (waddr, raddr)}, resets=0.02),
        reference=lambda: Clocked(
            lambda s, i: {**s, i[waddr.name]: i[wdata.name]} if i[we.name] else s, view, reset=rst, init={}
        ),
    )
