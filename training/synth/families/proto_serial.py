"""Serial transmitters: UART, SPI, and a parallel-to-serial shifter."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm, cycles, log2
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import lit, when


@family("proto_uart_tx")
def proto_uart_tx(d: Draw) -> Design:
    """A UART transmitter with a fixed divisor, 8N1."""
    divisor = d.integer(2, 8)
    bits = log2(divisor)
    d.clock()
    rst = d.reset()
    start = d.input("start send tx_start valid", 1, "starts a transmission", bias=0.3)
    data = d.input("data", 8, "byte to send")
    tx = d.output("tx txd uart_tx serial_out", 1, "serial line, high when idle")
    busy = d.output("busy", 1, "high during a transmission")
    m = d.module("uart_tx", "uart_transmitter", "serial_tx", "uart_send", "tx_unit")
    shift, left, cnt = m.signal("shift", 10), m.signal("bits_left", 4), m.signal("cnt", bits)
    none, one = lit(0, bits), lit(1, bits)
    m.clocked(
        [
            when(
                f"!{busy}",
                [when(start.name, [f"{shift} <= {{1'b1, {data}, 1'b0}};", f"{left} <= 4'd10;"])],
                (
                    f"{cnt} == {lit(divisor - 1, bits)}",
                    [f"{cnt} <= {none};", f"{shift} <= {{1'b1, {shift}[9:1]}};", f"{left} <= {left} - 4'd1;"],
                ),
                otherwise=[f"{cnt} <= {cnt} + {one};"],
            )
        ],
        [f"{shift} <= 10'h3FF;", f"{left} <= 4'd0;", f"{cnt} <= {none};"],
        "start bit, data, stop bit",
    )
    m.assign(tx, f"{shift}[0]")
    m.assign(busy, f"{left} != 4'd0")

    def step(s: str, i) -> str:
        """The levels still to be sent, one character a clock cycle."""
        if s:
            return s[1:]
        frame = "0" + f"{i[data.name]:08b}"[::-1] + "1"
        return "".join(bit * divisor for bit in frame) if i[start.name] else ""

    return m.design(
        summaries=(
            f"a UART transmitter (8 data bits, no parity, 1 stop bit) with {divisor} clock cycles per bit",
            f"an 8N1 UART transmitter that sends `{data}` on `{tx}` at {divisor} clock cycles per bit",
        ),
        behaviour=(
            f"At a clock edge with `{start}` high and `{busy}` low, `{data}` is taken and a transmission "
            "begins.",
            f"From then on `{tx}` shows a start bit 0, the eight bits of `{data}` from bit 0 on, and a "
            "stop bit 1, "
            f"each for {cycles(divisor)}; the start bit begins right after that edge.",
            f"`{busy}` is high during these {10 * divisor} cycles, in which `{start}` is ignored.",
            f"`{tx}` is 1 otherwise.",
        ),
        brief=False,
        reset_effect=f"ends any transmission: `{tx}` is 1 and `{busy}` is 0",
        stimulus=calm(d, 220),
        reference=lambda: Clocked(
            step, lambda s, i: {tx.name: int((s or "1")[0]), busy.name: int(bool(s))}, reset=rst, init=""
        ),
    )


@family("proto_spi_out")
def proto_spi_out(d: Draw) -> Design:
    """An SPI transmitter: two clock cycles per bit, most significant bit first."""
    bits = d.pick((4, 8, 8, 8, 12, 16))
    size, width = Size(bits), log2(bits + 1)
    d.clock()
    rst = d.reset()
    start = d.input("start", 1, "starts a transfer", bias=0.3)
    data = d.input("data", size, "word to send")
    sclk = d.output("spi_clk sck spi_sck serial_clk", 1, "SPI clock, low when idle")
    mosi = d.output("mosi sdo spi_mosi copi", 1, "SPI data")
    cs = d.output("cs_n ss_n csn spi_cs_n", 1, "chip select, active low")
    m = d.module("spi_tx", "spi_master_tx", "spi_out", "dac_spi", "spi_write")
    shift, left = m.signal("shift", size), m.signal("bits_left", width)
    m.clocked(
        [
            when(
                f"{left} == {lit(0, width)}",
                [when(start.name, [f"{shift} <= {data};", f"{left} <= {lit(bits, width)};"])],
                (
                    sclk.name,
                    [
                        f"{sclk} <= 1'b0;",
                        f"{shift} <= {{{shift}[{bits - 2}:0], 1'b0}};",
                        f"{left} <= {left} - {lit(1, width)};",
                    ],
                ),
                otherwise=[f"{sclk} <= 1'b1;"],
            )
        ],
        [f"{sclk} <= 1'b0;", f"{shift} <= {m.zero(size)};", f"{left} <= {lit(0, width)};"],
        "low half, then high half of each bit",
    )
    m.assign(mosi, f"{shift}[{bits - 1}]")
    m.assign(cs, f"{left} == {lit(0, width)}")

    def step(s: tuple[tuple[int, int], ...], i):
        """(clock, data) of the cycles to come."""
        if s:
            return s[1:]
        word = f"{i[data.name]:0{bits}b}"
        return tuple((half, int(bit)) for bit in word for half in (0, 1)) if i[start.name] else ()

    return m.design(
        summaries=(
            f"an SPI transmitter (mode 0, most significant bit first) for {bits}-bit words, two cycles "
            "per bit",
            f"an SPI shift-out unit that sends the {bits} bits of `{data}` on `{mosi}` with clock `{sclk}`",
        ),
        behaviour=(
            f"At a clock edge with `{start}` high and `{cs}` high, `{data}` is taken and a transfer begins.",
            f"`{cs}` is then low for {2 * bits} clock cycles, two for each bit of `{data}`, bit "
            f"{bits - 1} first.",
            f"`{mosi}` shows the bit in both cycles; `{sclk}` is 0 in the first and 1 in the second.",
            f"`{start}` is ignored during a transfer. Outside of it `{sclk}` and `{mosi}` are 0 and "
            f"`{cs}` is 1.",
        ),
        brief=False,
        reset_effect=f"ends any transfer: `{sclk}` and `{mosi}` are 0, `{cs}` is 1",
        stimulus=calm(d, 180),
        reference=lambda: Clocked(
            step,
            lambda s, i: {
                sclk.name: s[0][0] if s else 0,
                mosi.name: s[0][1] if s else 0,
                cs.name: int(not s),
            },
            reset=rst,
            init=(),
        ),
    )


@family("proto_frame_shifter")
def proto_frame_shifter(d: Draw) -> Design:
    """Sends a loaded word one bit per cycle, with a valid line and a marker for the last bit."""
    bits, first_high = d.integer(4, 16), d.chance(0.5)
    size, width = Size(bits), log2(bits + 1)
    d.clock()
    rst = d.reset()
    load = d.input("load", 1, "load a word", bias=0.3)
    data = d.input("data", size, "word to send")
    out = d.output("serial_out", 1, "serial data, 0 when idle")
    valid = d.output("valid", 1, "serial data is valid")
    last = d.output("last tlast eof final_bit", 1, "high with the last bit")
    m = d.module("serializer", "piso", "par_to_ser", "frame_tx", "shift_out")
    shift, left = m.signal("shift", size), m.signal("bits_left", width)
    moved = f"{{{shift}[{bits - 2}:0], 1'b0}}" if first_high else f"{{1'b0, {shift}[{bits - 1}:1]}}"
    m.clocked(
        [
            when(
                f"{left} != {lit(0, width)}",
                [f"{shift} <= {moved};", f"{left} <= {left} - {lit(1, width)};"],
                (load.name, [f"{shift} <= {data};", f"{left} <= {lit(bits, width)};"]),
            )
        ],
        [f"{shift} <= {m.zero(size)};", f"{left} <= {lit(0, width)};"],
        "load, then shift",
    )
    m.assign(out, f"{shift}[{bits - 1 if first_high else 0}]")
    m.assign(valid, f"{left} != {lit(0, width)}")
    m.assign(last, f"{left} == {lit(1, width)}")

    def step(s: str, i) -> str:
        word = f"{i[data.name]:0{bits}b}"
        return s[1:] if s else (word if first_high else word[::-1]) if i[load.name] else ""

    order = "most" if first_high else "least"
    return m.design(
        summaries=(
            f"a serializer of {bits}-bit words, {order} significant bit first, with `{valid}` and `{last}`",
            f"a parallel-to-serial converter from `{data}` to `{out}`, {order} significant bit first",
        ),
        behaviour=(
            f"At a clock edge with `{load}` high and `{valid}` low, `{data}` is taken.",
            f"Its {bits} bits then appear on `{out}`, one per clock cycle, {order} significant bit first.",
            f"`{valid}` is high in these {bits} cycles and `{last}` in the last of them; `{load}` is ignored "
            "meanwhile.",
            f"Otherwise `{out}`, `{valid}` and `{last}` are 0.",
        ),
        brief=False,
        reset_effect=f"drops the word: `{out}`, `{valid}` and `{last}` are 0",
        stimulus=calm(d, 120, resets=0.01),
        reference=lambda: Clocked(
            step,
            lambda s, i: {
                out.name: int((s or "0")[0]),
                valid.name: int(bool(s)),
                last.name: int(len(s) == 1),
            },
            reset=rst,
            init="",
        ),
    )
