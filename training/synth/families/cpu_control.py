"""Pieces of simple processors: program counter, decoder, hazards, forwarding, stack, register file."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Outputs, Size, Table
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm, few
from rtlwright.training.synth.reference import Clocked, Combinational
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
