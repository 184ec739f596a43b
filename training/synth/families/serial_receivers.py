"""Serial receivers: UART, SPI, I2C."""

from __future__ import annotations

from random import Random

from rtlwright.training.synth.design import Design, Inputs, Outputs, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm, log2, sticky
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import lit, when


@family("proto_uart_rx")
def proto_uart_rx(d: Draw) -> Design:
    """A UART receiver with a fixed divisor, 8N1, sampling in the middle of a bit."""
    divisor = d.pick((2, 4, 4, 6, 8))
    bits = log2(divisor)
    d.clock()
    rst = d.reset()
    rx = d.input("rx rxd uart_rx serial_in", 1, "serial line, high when idle")
    data = d.output("data_out rx_data byte_out dout", 8, "byte received")
    done = d.output("valid rx_valid done rx_done", 1, "one-cycle pulse with a new byte")
    m = d.module("uart_rx", "uart_receiver", "serial_rx", "rx_unit")
    active, cnt, n = m.signal("active"), m.signal("cnt", bits), m.signal("bit_idx", 4)
    shift = m.signal("shift", 8)
    half, last = lit(divisor // 2 - 1, bits), lit(divisor - 1, bits)
    none = lit(0, bits)
    m.clocked(
        [
            f"{done} <= 1'b0;",
            when(
                f"!{active}",
                [
                    f"{cnt} <= {none};",
                    f"{n} <= 4'd0;",
                    when(f"!{rx}", [f"{active} <= 1'b1;"]),
                ],
                (
                    f"{cnt} == ({n} == 4'd0 ? {half} : {last})",
                    [
                        f"{cnt} <= {none};",
                        f"{n} <= {n} + 4'd1;",
                        when(
                            f"{n} == 4'd9",
                            [f"{active} <= 1'b0;", f"{data} <= {shift};", f"{done} <= 1'b1;"],
                            otherwise=[f"{shift} <= {{{rx}, {shift}[7:1]}};"],
                        ),
                    ],
                ),
                otherwise=[f"{cnt} <= {cnt} + {lit(1, bits)};"],
            ),
        ],
        [
            f"{active} <= 1'b0;", f"{cnt} <= {none};", f"{n} <= 4'd0;", f"{shift} <= 8'd0;",
            f"{data} <= 8'd0;", f"{done} <= 1'b0;",
        ],
        "sample in the middle of each bit",
    )  # fmt: skip
    samples = [divisor // 2 + k * divisor for k in range(10)]  # cycles after the start was seen

    def step(s: tuple[list[int] | None, int, int], i: Inputs) -> tuple[list[int] | None, int, int]:
        """(line since the start was seen, byte, pulse)"""
        line, byte, _ = s
        if line is None:
            return ([] if not i[rx.name] else None), byte, 0
        line = [*line, i[rx.name]]
        if len(line) < samples[9]:
            return line, byte, 0
        return None, sum(line[samples[k + 1] - 1] << k for k in range(8)), 1

    def frames(rng: Random) -> list[dict[str, int]]:
        levels = [1, 1, 1]
        for _ in range(3):
            word = f"0{rng.getrandbits(8):08b}1" + "1" * rng.randint(0, 2)
            levels += [int(bit) for bit in word for _ in range(divisor)] + [1] * rng.randint(0, 3)
        levels += [1] * divisor
        rows = [{rx.name: level} for level in levels]
        for index, row in enumerate(rows):
            if rst:
                row[rst.name] = int((index < 2) != rst.active_low)
        return rows

    return m.design(
        summaries=(
            f"a UART receiver (8 data bits, no parity, 1 stop bit) with {divisor} clock cycles per bit",
            f"an 8N1 UART receiver on `{rx}` with {divisor} clock cycles per bit that reports bytes "
            f"on `{data}`",
        ),
        behaviour=(
            f"While idle, a clock edge that samples `{rx}` low begins a frame.",
            f"The start bit is sampled {divisor // 2} edges later, then every {divisor} edges a data "
            "bit, lowest "
            "bit first, and the stop bit; their levels are not checked.",
            f"At the edge of the stop bit `{data}` takes the byte and `{done}` is high for one clock "
            "cycle; the "
            "receiver is idle again.",
        ),
        brief=False,
        reset_effect=f"makes the receiver idle and clears `{data}` and `{done}` to 0",
        stimulus=frames,
        reference=lambda: Clocked(
            step, lambda s, i: {data.name: s[1], done.name: s[2]}, reset=rst, init=(None, 0, 0)
        ),
    )


@family("proto_spi_in")
def proto_spi_in(d: Draw) -> Design:
    """An SPI receiver in the clock domain of the system: samples on the rising serial clock."""
    bits = d.pick((4, 8, 8, 8, 16))
    size, width = Size(bits), log2(bits)
    d.clock()
    rst = d.reset()
    sck = d.input("sck spi_clk serial_clk", 1, "SPI clock, slower than the clock")
    cs = d.input("cs_n ss_n csn spi_cs_n", 1, "chip select, active low", bias=0.05)
    mosi = d.input("mosi sdi spi_mosi copi", 1, "SPI data")
    word = d.output("word rx_data data_out received", size, "last word received")
    done = d.output("valid done word_valid rx_valid", 1, "one-cycle pulse with a new word")
    m = d.module("spi_rx", "spi_slave_rx", "spi_in", "spi_receiver")
    prev, shift, n = m.signal("sck_prev"), m.signal("shift", size), m.signal("bit_cnt", width)
    joined = f"{{{shift}[{bits - 2}:0], {mosi}}}"
    m.clocked(
        [
            f"{prev} <= {sck};",
            f"{done} <= 1'b0;",
            when(
                cs.name,
                [f"{n} <= {lit(0, width)};"],
                (
                    f"{sck} && !{prev}",
                    [
                        f"{shift} <= {joined};",
                        f"{n} <= {n} + {lit(1, width)};",
                        when(
                            f"{n} == {lit(bits - 1, width)}", [f"{word} <= {joined};", f"{done} <= 1'b1;"]
                        ),
                    ],
                ),
            ),
        ],
        [
            f"{prev} <= 1'b0;", f"{shift} <= {m.zero(size)};", f"{n} <= {lit(0, width)};",
            f"{word} <= {m.zero(size)};", f"{done} <= 1'b0;",
        ],
        "sample on the rising serial clock",
    )  # fmt: skip

    def step(s: tuple[str, int, int, int, str], i: Inputs) -> tuple[str, int, int, int, str]:
        """(bits of this word, previous clock, word, pulse, all bits)"""
        taken, before, value, _, line = s
        if i[cs.name]:
            return "", i[sck.name], value, 0, line
        if not (i[sck.name] and not before):
            return taken, i[sck.name], value, 0, line
        taken, line = taken + str(i[mosi.name]), line + str(i[mosi.name])
        if len(taken) == bits:
            return "", 1, int(line[-bits:], 2), 1, line[-bits:]
        return taken, 1, value, 0, line[-bits:]

    return m.design(
        summaries=(
            f"an SPI receiver of {bits}-bit words, most significant bit first, that samples `{mosi}` "
            "at rising "
            f"edges of `{sck}`",
            f"an SPI slave input in the domain of the clock which collects {bits} bits of `{mosi}` "
            f"into `{word}`",
        ),
        behaviour=(
            f"A rising edge of `{sck}` is a clock edge that samples it high after one that sampled it low.",
            f"At each such edge with `{cs}` low, `{mosi}` is shifted in from the right; with the last "
            f"of {bits} "
            f"bits `{word}` takes the word and `{done}` is high for one clock cycle.",
            f"A clock edge with `{cs}` high starts the bit count anew.",
        ),
        brief=False,
        reset_effect="clears all registers to 0",
        stimulus=calm(
            d, 40 + 8 * bits, {sck.name: lambda rng, previous, index: index % 2 if rng.random() < 0.9 else 0}
        ),
        reference=lambda: Clocked(
            step,
            lambda s, i: {word.name: s[2], done.name: s[3]},
            reset=rst,
            init=("", 0, 0, 0, "0" * bits),
        ),
    )


@family("proto_i2c_conditions")
def proto_i2c_conditions(d: Draw) -> Design:
    """Detects start and stop conditions on an I2C bus."""
    d.clock()
    rst = d.reset()
    scl = d.input("scl i2c_scl scl_sync", 1, "I2C clock line")
    sda = d.input("sda i2c_sda sda_sync", 1, "I2C data line")
    start = d.output("start_det start_cond got_start", 1, "start condition")
    stop = d.output("stop_det stop_cond got_stop", 1, "stop condition")
    busy = d.output("busy bus_busy occupied", 1, "high between start and stop") if d.chance(0.6) else None
    m = d.module("i2c_conditions", "i2c_start_stop", "i2c_monitor", "i2c_bus_watch")
    old_c, old_d = m.signal("scl_prev"), m.signal("sda_prev")
    m.assign(start, f"{scl} && {old_c} && {old_d} && !{sda}", "data falls while the clock is high")
    m.assign(stop, f"{scl} && {old_c} && !{old_d} && {sda}", "data rises while the clock is high")
    flags = [when(start.name, [f"{busy} <= 1'b1;"], (stop.name, [f"{busy} <= 1'b0;"]))] if busy else []
    m.clocked(
        [f"{old_c} <= {scl};", f"{old_d} <= {sda};", *flags],
        [f"{old_c} <= 1'b1;", f"{old_d} <= 1'b1;", *([f"{busy} <= 1'b0;"] if busy else [])],
        "previous levels",
    )

    def edges(s: tuple[int, int, int], i: Inputs) -> tuple[int, int]:
        high = i[scl.name] and s[0]
        return int(high and s[1] > i[sda.name]), int(high and s[1] < i[sda.name])

    def step(s: tuple[int, int, int], i: Inputs) -> tuple[int, int, int]:
        begins, ends = edges(s, i)
        return i[scl.name], i[sda.name], 1 if begins else 0 if ends else s[2]

    def view(s: tuple[int, int, int], i: Inputs) -> Outputs:
        begins, ends = edges(s, i)
        return {start.name: begins, stop.name: ends, **({busy.name: s[2]} if busy else {})}

    also = (f"`{busy}` becomes 1 at the clock edge of a start and 0 at that of a stop.",) if busy else ()
    return m.design(
        summaries=(
            f"an I2C start/stop detector on `{scl}` and `{sda}` with the outputs `{start}` and `{stop}`"
            f"{f' and a flag `{busy}` between them' if busy else ''}",
            f"a monitor of the I2C lines `{scl}` and `{sda}`: `{start}` when data falls and `{stop}` "
            "when data "
            f"rises while the clock is high{f', `{busy}` in between' if busy else ''}",
        ),
        behaviour=(
            f"The levels at the previous clock edge are remembered; `{scl}` has to be high then and now.",
            f"`{start}` is 1 while `{sda}` is low and was high; `{stop}` is 1 while `{sda}` is high "
            "and was low.",
            *also,
        ),
        reset_effect="sets the remembered levels to 1" + (f" and `{busy}` to 0" if busy else ""),
        stimulus=calm(d, 100, {scl.name: sticky(0.7), sda.name: sticky(0.6)}, resets=0.02),
        reference=lambda: Clocked(step, view, reset=rst, init=(1, 1, 0)),
    )


@family("proto_i2c_write_byte")
def proto_i2c_write_byte(d: Draw) -> Design:
    """Sends one byte on an I2C bus, four clock cycles per bit, and samples the acknowledge."""
    d.clock()
    rst = d.reset()
    start = d.input("start", 1, "sends a byte", bias=0.2)
    data = d.input("data", 8, "byte to send")
    sda_in = d.input("sda_i sda_in i2c_sda_i", 1, "level of the data line")
    scl = d.output("scl_o scl_out i2c_scl", 1, "clock line")
    sda = d.output("sda_o sda_out i2c_sda_o", 1, "data line, 1 releases it")
    busy = d.output("busy", 1, "high while a byte is sent")
    ack = d.output("ack acked ack_ok", 1, "the byte was acknowledged")
    m = d.module("i2c_byte", "i2c_tx", "i2c_write_byte", "i2c_sender")
    shift, n, quarter = m.signal("shift", 9), m.signal("bits_left", 4), m.signal("quarter", 2)
    m.assign(busy, f"{n} != 4'd0")
    m.assign(scl, f"!{busy} || {quarter}[1]", "low, low, high, high")
    m.assign(sda, f"!{busy} || {shift}[8]")
    m.clocked(
        [
            when(
                f"!{busy}",
                [
                    when(
                        start.name,
                        [f"{shift} <= {{{data}, 1'b1}};", f"{n} <= 4'd9;", f"{quarter} <= 2'd0;"],
                    )
                ],
                otherwise=[
                    f"{quarter} <= {quarter} + 2'd1;",
                    when(f"{quarter} == 2'd2 && {n} == 4'd1", [f"{ack} <= !{sda_in};"]),
                    when(
                        f"{quarter} == 2'd3",
                        [f"{shift} <= {{{shift}[7:0], 1'b1}};", f"{n} <= {n} - 4'd1;"],
                    ),
                ],
            )
        ],
        [f"{shift} <= 9'h1FF;", f"{n} <= 4'd0;", f"{quarter} <= 2'd0;", f"{ack} <= 1'b0;"],
        "eight bits and the acknowledge",
    )

    def step(s: tuple[int, int, int], i: Inputs) -> tuple[int, int, int]:
        """(cycles left, byte, acknowledged)"""
        left, byte, acked = s
        if not left:
            return (36, i[data.name], acked) if i[start.name] else s
        return left - 1, byte, 1 - i[sda_in.name] if left == 2 else acked

    def view(s: tuple[int, int, int], i: Inputs) -> Outputs:
        left, byte, acked = s
        if not left:
            return {busy.name: 0, scl.name: 1, sda.name: 1, ack.name: acked}
        number, phase = divmod(36 - left, 4)
        level = (byte >> 7 - number & 1) if number < 8 else 1
        return {busy.name: 1, scl.name: int(phase >= 2), sda.name: level, ack.name: acked}

    return m.design(
        summaries=(
            f"an I2C byte sender: `{data}` goes out on `{sda}` with `{scl}`, four clock cycles per "
            "bit, and the "
            f"acknowledge comes back on `{ack}`",
        ),
        behaviour=(
            f"At a clock edge with `{start}` high and `{busy}` low, `{data}` is taken; `{busy}` is "
            "then high for "
            "36 clock cycles.",
            f"Each of nine bits lasts four cycles in which `{scl}` is 0, 0, 1, 1: eight bits of `{data}` on "
            f"`{sda}`, highest first, then a released 1.",
            f"At the edge that ends the third cycle of the ninth bit, `{ack}` takes the inverse of "
            f"`{sda_in}`.",
            f"While `{busy}` is low, `{scl}` and `{sda}` are 1.",
        ),
        brief=False,
        reset_effect=f"ends the transfer and clears `{ack}` to 0",
        stimulus=calm(d, 160),
        reference=lambda: Clocked(step, view, reset=rst, init=(0, 0, 0)),
    )
