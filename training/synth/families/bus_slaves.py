"""Register blocks behind a bus: APB, Wishbone, AXI4-Lite, and the registers themselves."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Inputs, Outputs, Port, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm
from rtlwright.training.synth.phrases import listing
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import Case, case, lit, when


def _port(d: Draw, name: str, direction: str, size: Size | int, doc: str, bias: float = 0.5) -> Port:
    """A port with the bus's own name."""
    wide = Size(size) if isinstance(size, int) else size
    return d.port(Port(d.claim(name), direction, wide, doc, bias=bias))  # type: ignore[arg-type]


def _registers(count: int) -> list[str]:
    return [f"reg{n}" for n in range(count)]


def _read(out: Port, address: str, width: int, regs: list[str], size: Size) -> Case:
    arms = [(lit(n, width), [f"{out} = {reg};"]) for n, reg in enumerate(regs)]
    return case(address, arms, [f"{out} = {lit(0, size)};"])


def _write(address: str, width: int, regs: list[str], data: Port) -> Case:
    return case(address, [(lit(n, width), [f"{reg} <= {data};"]) for n, reg in enumerate(regs)], [";"])


@family("bus_apb")
def bus_apb(d: Draw) -> Design:
    """An APB slave with a few registers and no wait states."""
    size, count = Size(d.pick((8, 16, 32, 32))), d.pick((2, 3, 4))
    d.clock()
    rst = d.reset()
    psel = _port(d, "psel", "input", 1, "select", 0.8)
    penable = _port(d, "penable", "input", 1, "second phase of a transfer", 0.6)
    pwrite = _port(d, "pwrite", "input", 1, "1 writes, 0 reads")
    paddr = _port(d, "paddr", "input", 4, "byte address")
    pwdata = _port(d, "pwdata", "input", size, "write data")
    prdata = _port(d, "prdata", "output", size, "read data")
    pready = _port(d, "pready", "output", 1, "always high")
    m = d.module("apb_regs", "apb_slave", "apb_csr", "apb_block")
    regs = [m.signal(name, size) for name in _registers(count)]
    m.assign(pready, "1'b1", "no wait states")
    m.clocked(
        [when(f"{psel} && {penable} && {pwrite}", [_write(f"{paddr}[3:2]", 2, regs, pwdata)])],
        [f"{reg} <= {m.zero(size)};" for reg in regs],
        "write",
    )
    m.comb([_read(prdata, f"{paddr}[3:2]", 2, regs, size)], "read")

    def step(s: tuple[int, ...], i: Inputs) -> tuple[int, ...]:
        index = i[paddr.name] >> 2
        if i[psel.name] and i[penable.name] and i[pwrite.name] and index < count:
            return (*s[:index], i[pwdata.name], *s[index + 1 :])
        return s

    def view(s: tuple[int, ...], i: Inputs) -> Outputs:
        index = i[paddr.name] >> 2
        return {prdata.name: s[index] if index < count else 0, pready.name: 1}

    return m.design(
        summaries=(
            f"an APB slave with {count} read/write registers of {size.bits} bits at the word addresses 0 to "
            f"{count - 1}",
            f"an APB register block of {count} {size.words} registers without wait states",
        ),
        behaviour=(
            f"The registers {listing(_registers(count))} are selected by `{paddr}[3:2]`.",
            f"A clock edge with `{psel}`, `{penable}` and `{pwrite}` high writes `{pwdata}` to the "
            "selected one.",
            f"`{prdata}` shows the selected register at any time, or 0 where there is none.",
            f"`{pready}` is always 1.",
        ),
        brief=False,
        reset_effect="clears all registers to 0",
        stimulus=calm(d, 90, resets=0.02),
        reference=lambda: Clocked(step, view, reset=rst, init=(0,) * count),
    )


@family("bus_wishbone")
def bus_wishbone(d: Draw) -> Design:
    """A Wishbone slave with a few registers and a registered acknowledge."""
    size, count = Size(d.pick((8, 16, 32, 32))), d.pick((2, 4, 4))
    width = 1 if count == 2 else 2
    d.clock()
    rst = d.reset()
    prefix = d.pick(("wb_", "wb_", "", "wbs_"))
    cyc = _port(d, f"{prefix}cyc_i", "input", 1, "bus cycle", 0.8)
    stb = _port(d, f"{prefix}stb_i", "input", 1, "strobe", 0.7)
    we = _port(d, f"{prefix}we_i", "input", 1, "write enable")
    adr = _port(d, f"{prefix}adr_i", "input", width, "register number")
    dat = _port(d, f"{prefix}dat_i", "input", size, "write data")
    out = _port(d, f"{prefix}dat_o", "output", size, "read data")
    ack = _port(d, f"{prefix}ack_o", "output", 1, "acknowledge")
    m = d.module("wb_regs", "wb_slave", "wishbone_slave", "wb_csr")
    regs = [m.signal(name, size) for name in _registers(count)]
    m.clocked(
        [
            f"{ack} <= {cyc} && {stb} && !{ack};",
            when(f"{cyc} && {stb} && {we} && !{ack}", [_write(adr.name, width, regs, dat)]),
        ],
        [f"{ack} <= 1'b0;", *(f"{reg} <= {m.zero(size)};" for reg in regs)],
        "one acknowledge for each access",
    )
    m.comb([_read(out, adr.name, width, regs, size)], "read")

    def step(s: tuple[int, tuple[int, ...]], i: Inputs) -> tuple[int, tuple[int, ...]]:
        acked, values = s
        access = i[cyc.name] and i[stb.name] and not acked
        if access and i[we.name]:
            n = i[adr.name]
            values = (*values[:n], i[dat.name], *values[n + 1 :])
        return int(access), values

    return m.design(
        summaries=(
            f"a Wishbone slave with {count} read/write registers of {size.bits} bits and a registered "
            f"acknowledge `{ack}`",
            f"a Wishbone register block of {count} {size.words} registers",
        ),
        behaviour=(
            f"The registers {listing(_registers(count))} are selected by `{adr}`.",
            f"At a clock edge with `{cyc}` and `{stb}` high and `{ack}` low, `{ack}` becomes 1, and "
            f"if `{we}` is "
            f"high, `{dat}` is written to the selected register. At every other edge `{ack}` becomes 0.",
            f"`{out}` shows the selected register, combinationally.",
        ),
        brief=False,
        reset_effect=f"clears `{ack}` and all registers to 0",
        stimulus=calm(d, 90, resets=0.02),
        reference=lambda: Clocked(
            step,
            lambda s, i: {ack.name: s[0], out.name: s[1][i[adr.name]]},
            reset=rst,
            init=(0, (0,) * count),
        ),
    )


@family("bus_axi_lite_read")
def bus_axi_lite_read(d: Draw) -> Design:
    """The read side of an AXI4-Lite slave with a few status inputs."""
    size, count = Size(32), d.pick((2, 3, 4))
    d.clock()
    rst = d.reset()
    prefix = d.pick(("", "s_axi_", "s_axi_", "axi_"))
    words = [
        d.input(f"status{n} stat{n} word{n} reg{n}_in", size, f"word at address {4 * n}")
        for n in range(count)
    ]
    arvalid = _port(d, f"{prefix}arvalid", "input", 1, "read address is valid", 0.6)
    arready = _port(d, f"{prefix}arready", "output", 1, "read address is accepted")
    araddr = _port(d, f"{prefix}araddr", "input", 4, "byte address")
    rvalid = _port(d, f"{prefix}rvalid", "output", 1, "read data is valid")
    rready = _port(d, f"{prefix}rready", "input", 1, "read data is taken", 0.6)
    rdata = _port(d, f"{prefix}rdata", "output", size, "read data")
    rresp = _port(d, f"{prefix}rresp", "output", 2, "response, always OKAY")
    m = d.module("axil_status", "axi_lite_read", "axil_ro", "axi_status")
    m.assign(arready, f"!{rvalid}", "one read at a time")
    m.assign(rresp, "2'b00")
    chosen = case(
        f"{araddr}[3:2]",
        [(lit(n, 2), [f"{rdata} <= {word};"]) for n, word in enumerate(words)],
        [f"{rdata} <= 32'd0;"],
    )
    m.clocked(
        [
            when(
                f"{arvalid} && {arready}",
                [f"{rvalid} <= 1'b1;", chosen],
                (rready.name, [f"{rvalid} <= 1'b0;"]),
            )
        ],
        [f"{rvalid} <= 1'b0;", f"{rdata} <= 32'd0;"],
        "address in, data out",
    )

    def step(s: tuple[int, int], i: Inputs) -> tuple[int, int]:
        pending, word = s
        if i[arvalid.name] and not pending:
            n = i[araddr.name] >> 2
            return 1, i[words[n].name] if n < count else 0
        return (0 if i[rready.name] else pending), word

    return m.design(
        summaries=(
            f"the read channel of an AXI4-Lite slave with {count} read-only words {listing(words)}",
            f"an AXI4-Lite read-only slave that returns {listing(words)} at the addresses 0 to "
            f"{4 * count - 4}",
        ),
        behaviour=(
            f"`{arready}` is high while `{rvalid}` is low.",
            f"At a clock edge with `{arvalid}` and `{arready}` high, `{rvalid}` becomes 1 and "
            f"`{rdata}` takes the "
            f"word that `{araddr}[3:2]` selects, or 0 where there is none.",
            f"Otherwise an edge with `{rready}` high sets `{rvalid}` to 0. `{rresp}` is always 0.",
        ),
        brief=False,
        reset_effect=f"clears `{rvalid}` and `{rdata}` to 0",
        stimulus=calm(d, 90, resets=0.02),
        reference=lambda: Clocked(
            step,
            lambda s, i: {arready.name: 1 - s[0], rvalid.name: s[0], rdata.name: s[1], rresp.name: 0},
            reset=rst,
            init=(0, 0),
        ),
    )


@family("bus_axi_lite_write")
def bus_axi_lite_write(d: Draw) -> Design:
    """The write side of an AXI4-Lite slave with a few registers."""
    size, count = Size(32), d.pick((2, 3, 4))
    d.clock()
    rst = d.reset()
    prefix = d.pick(("", "s_axi_", "s_axi_", "axi_"))
    awvalid = _port(d, f"{prefix}awvalid", "input", 1, "write address is valid", 0.7)
    awready = _port(d, f"{prefix}awready", "output", 1, "write address is accepted")
    awaddr = _port(d, f"{prefix}awaddr", "input", 4, "byte address")
    wvalid = _port(d, f"{prefix}wvalid", "input", 1, "write data is valid", 0.7)
    wready = _port(d, f"{prefix}wready", "output", 1, "write data is accepted")
    wdata = _port(d, f"{prefix}wdata", "input", size, "write data")
    bvalid = _port(d, f"{prefix}bvalid", "output", 1, "response is valid")
    bready = _port(d, f"{prefix}bready", "input", 1, "response is taken", 0.6)
    outs = [d.output(f"ctrl{n} reg{n} config{n} cfg{n}", size, f"register {n}") for n in range(count)]
    m = d.module("axil_regs", "axi_lite_write", "axil_ctrl", "axi_regs")
    accept = m.signal("accept")
    m.assign(accept, f"{awvalid} && {wvalid} && !{bvalid}", "address and data together")
    m.assign(awready, accept)
    m.assign(wready, accept)
    m.clocked(
        [
            when(
                accept,
                [f"{bvalid} <= 1'b1;", _write(f"{awaddr}[3:2]", 2, [o.name for o in outs], wdata)],
                (bready.name, [f"{bvalid} <= 1'b0;"]),
            )
        ],
        [f"{bvalid} <= 1'b0;", *(f"{out} <= 32'd0;" for out in outs)],
        "write and respond",
    )

    def step(s: tuple[int, tuple[int, ...]], i: Inputs) -> tuple[int, tuple[int, ...]]:
        pending, values = s
        if i[awvalid.name] and i[wvalid.name] and not pending:
            n = i[awaddr.name] >> 2
            return 1, (*values[:n], i[wdata.name], *values[n + 1 :]) if n < count else values
        return (0 if i[bready.name] else pending), values

    def view(s: tuple[int, tuple[int, ...]], i: Inputs) -> Outputs:
        taken = int(i[awvalid.name] and i[wvalid.name] and not s[0])
        shown = {out.name: value for out, value in zip(outs, s[1], strict=True)}
        return {awready.name: taken, wready.name: taken, bvalid.name: s[0], **shown}

    return m.design(
        summaries=(
            f"the write channels of an AXI4-Lite slave with {count} registers {listing(outs)}",
            f"an AXI4-Lite slave whose writes set {listing(outs)} at the addresses 0 to {4 * count - 4}",
        ),
        behaviour=(
            f"Address and data are accepted together: `{awready}` and `{wready}` are both high while "
            f"`{awvalid}` "
            f"and `{wvalid}` are high and `{bvalid}` is low.",
            f"At that clock edge `{bvalid}` becomes 1 and the register that `{awaddr}[3:2]` selects takes "
            f"`{wdata}`; there is no effect where there is none.",
            f"Otherwise an edge with `{bready}` high sets `{bvalid}` to 0.",
        ),
        brief=False,
        reset_effect=f"clears `{bvalid}` and all registers to 0",
        stimulus=calm(d, 90, resets=0.02),
        reference=lambda: Clocked(step, view, reset=rst, init=(0, (0,) * count)),
    )


@family("csr_write_one_clear")
def csr_write_one_clear(d: Draw) -> Design:
    """An interrupt status register: events set bits, writing ones clears them."""
    size = Size(d.pick((2, 4, 8, 8, 16)))
    d.clock()
    rst = d.reset()
    events = d.input("event irq_src set_bits raise", size, "one line per event")
    we = d.input("write", 1, "write strobe", bias=0.4)
    wdata = d.input("wdata clear_mask write_data w1c", size, "ones clear")
    status = d.output("status pending irq_status flags", size, "pending events")
    irq = d.output("irq interrupt int_out any", 1, "high while a bit is set")
    m = d.module("irq_status", "w1c_register", "event_flags", "int_status")
    m.clocked(
        [
            when(
                we.name,
                [f"{status} <= ({status} & ~{wdata}) | {events};"],
                otherwise=[f"{status} <= {status} | {events};"],
            )
        ],
        [f"{status} <= {m.zero(size)};"],
        "events win over clearing",
    )
    m.assign(irq, f"|{status}")
    return m.design(
        summaries=(
            f"a write-one-to-clear status register `{status}`: `{events}` sets bits, ones in `{wdata}` clear "
            f"them while `{we}` is high, and `{irq}` is high while any bit is set",
            f"an interrupt status register of {size.bits} bits, set by `{events}`, cleared by writing ones "
            f"(`{we}`, `{wdata}`), with `{irq}` as their OR",
        ),
        behaviour=(
            f"At each clock edge every bit of `{status}` whose bit in `{events}` is 1 becomes 1.",
            f"With `{we}` high, the other bits whose bit in `{wdata}` is 1 become 0.",
            f"`{irq}` is 1 while `{status}` is not 0.",
        ),
        reset_effect=f"clears `{status}` to 0",
        reference=lambda: Clocked(
            lambda s, i: (s & ~(i[wdata.name] if i[we.name] else 0)) | i[events.name],
            lambda s, i: {status.name: s, irq.name: int(s != 0)},
            reset=rst,
            init=0,
        ),
    )


@family("csr_set_clear_toggle")
def csr_set_clear_toggle(d: Draw) -> Design:
    """A GPIO output register with set, clear and toggle commands."""
    size = Size(d.pick((1, 4, 8, 8, 16, 32)))
    d.clock()
    rst = d.reset()
    we = d.input("write", 1, "write strobe", bias=0.7)
    command = d.input("cmd command wr_op mode", 2, "0 loads, 1 sets, 2 clears, 3 toggles")
    mask = d.input("mask wdata bits_in data", size, "data or mask")
    q = d.output("gpio_out pins port_out q", size, "output register")
    m = d.module("gpio_reg", "set_clear_reg", "port_register", "gpio_out")
    texts = (f"{mask}", f"{q} | {mask}", f"{q} & ~{mask}", f"{q} ^ {mask}")
    arms = [(lit(n, 2), [f"{q} <= {text};"]) for n, text in enumerate(texts)]
    m.clocked([when(we.name, [case(command.name, arms, [f"{q} <= {q};"])])], [f"{q} <= {m.zero(size)};"])

    def step(s: int, i: Inputs) -> int:
        if not i[we.name]:
            return s
        bits = i[mask.name]
        return (bits, s | bits, s & ~bits, s ^ bits)[i[command.name]]

    return m.design(
        summaries=(
            f"a {size.words} output register `{q}` that is loaded, set, cleared or toggled by `{mask}` as "
            f"`{command}` is 0, 1, 2 or 3 while `{we}` is high",
        ),
        behaviour=(
            f"At a clock edge with `{we}` high and `{command}` = 0, `{q}` takes `{mask}`.",
            f"With `{command}` = 1, `{q}` becomes `{q}` | `{mask}`.",
            f"With `{command}` = 2, `{q}` becomes `{q}` & ~`{mask}`.",
            f"With `{command}` = 3, `{q}` becomes `{q}` ^ `{mask}`.",
        ),
        reset_effect=f"clears `{q}` to 0",
        reference=lambda: Clocked(step, lambda s, i: {q.name: s}, reset=rst, init=0),
    )


@family("bus_address_decoder")
def bus_address_decoder(d: Draw) -> Design:
    """Chip selects from the high bits of an address."""
    bits, count = d.pick((8, 16, 16, 32)), d.integer(2, 4)
    top = 4
    regions = d.rng.sample(range(1 << top), count)
    address = d.input("address", bits, "bus address")
    valid = d.input("valid", 1, "access is valid")
    outs = [d.output(f"sel{n} cs{n} hit{n} region{n}", 1, f"select {n}") for n in range(count)]
    m = d.module("addr_decoder", "chip_select", "region_decode", "bus_decoder")
    high = f"{address}[{bits - 1}:{bits - top}]"
    for out, region in zip(outs, regions, strict=True):
        m.assign(out, f"{valid} && {high} == {lit(region, top, 'h')}")
    facts = [f"`{o}` for {lit(r, top, 'h')}" for o, r in zip(outs, regions, strict=True)]
    return m.design(
        summaries=(
            f"an address decoder: while `{valid}` is high, the top {top} bits of the {bits}-bit `{address}` "
            f"raise {', '.join(facts)}",
        ),
        behaviour=tuple(
            f"`{o}` is 1 when `{valid}` is 1 and `{address}[{bits - 1}:{bits - top}]` is {lit(r, top, 'h')}."
            for o, r in zip(outs, regions, strict=True)
        ),
        vectors=96,
        reference=lambda: Clocked(
            lambda s, i: s,
            lambda s, i: {
                o.name: int(i[valid.name] and i[address.name] >> bits - top == r)
                for o, r in zip(outs, regions, strict=True)
            },
            starts=[0],
        ),
    )
