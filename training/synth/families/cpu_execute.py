"""Pieces of simple processors: arithmetic flags, immediates, branches, loads."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Outputs, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.reference import Combinational, to_signed
from rtlwright.training.synth.rtl import case, lit


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
