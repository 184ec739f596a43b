"""Show-ahead and flagged FIFOs, and an asynchronous one."""

from __future__ import annotations

from random import Random

from rtlwright.training.synth.design import Clock, Design, Inputs, Outputs, Port, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import lit, when

_Words = tuple[int, ...]


def _fifo_ports(d: Draw, data: Size) -> tuple[Port, Port, Port, Port]:
    return (
        d.input("wr_en write push wr", 1, "write request", bias=0.55),
        d.input("rd_en read pop rd", 1, "read request", bias=0.45),
        d.input("data", data, "data to write"),
        d.output("result", data, "oldest word"),
    )


def _fifo_step(words: _Words, i: Inputs, depth: int, push: Port, pop: Port, din: Port) -> _Words:
    takes, gives = i[push.name] and len(words) < depth, i[pop.name] and words
    words = words[1:] if gives else words
    return (*words, i[din.name]) if takes else words


@family("mem_fifo_show_ahead")
def mem_fifo_show_ahead(d: Draw) -> Design:
    """A show-ahead (first-word fall-through) FIFO."""
    bits, data = d.integer(1, 4), d.size(4, 32)
    depth = 1 << bits
    d.clock()
    rst = d.reset()
    push, pop, din, dout = _fifo_ports(d, data)
    full = d.output("full", 1, f"high when {depth} words are stored")
    empty = d.output("empty", 1, "high when no word is stored")
    m = d.module("fifo_fwft", "show_ahead_fifo", "fwft_fifo", "fallthrough_fifo")
    mem = m.signal("mem", data, array=f"[0:{depth - 1}]")
    wp, rp = m.signal("wr_ptr", bits + 1), m.signal("rd_ptr", bits + 1)
    one, none = lit(1, bits + 1), lit(0, bits + 1)
    m.assign(empty, f"{wp} == {rp}", "flags")
    m.assign(full, f"{wp} == {{~{rp}[{bits}], {rp}[{bits - 1}:0]}}")
    index = f"[{bits - 1}:0]" if bits > 1 else "[0]"
    m.assign(dout, f"{mem}[{rp}{index}]", "the oldest word is always shown")
    m.clocked(
        [
            when(f"{push} && !{full}", [f"{wp} <= {wp} + {one};"]),
            when(f"{pop} && !{empty}", [f"{rp} <= {rp} + {one};"]),
        ],
        [f"{wp} <= {none};", f"{rp} <= {none};"],
        "pointers",
    )
    m.clocked([when(f"{push} && !{full}", [f"{mem}[{wp}{index}] <= {din};"])], (), "storage")

    def view(s: _Words, i: Inputs) -> Outputs:
        return {full.name: int(len(s) == depth), empty.name: int(not s), dout.name: s[0] if s else None}

    return m.design(
        summaries=(
            f"a show-ahead FIFO of {depth} words of {data.text} bits: `{dout}` shows the oldest word while "
            f"`{empty}` is low",
            f"a first-word fall-through FIFO, {depth} deep, {data.words} wide",
        ),
        behaviour=(
            f"A clock edge with `{push}` high and `{full}` low stores `{din}`.",
            f"`{dout}` shows the oldest word whenever `{empty}` is low; an edge with `{pop}` high "
            "removes it.",
            f"`{pop}` is ignored while `{empty}` is high; reading and writing may happen at the same edge.",
            f"`{full}` is high when {depth} words are stored, `{empty}` when none is.",
        ),
        brief=False,
        reset_effect="empties the FIFO",
        stimulus=calm(d, 110, resets=0.01),
        reference=lambda: Clocked(
            lambda s, i: _fifo_step(s, i, depth, push, pop, din), view, reset=rst, init=()
        ),
    )


@family("mem_fifo_thresholds")
def mem_fifo_thresholds(d: Draw) -> Design:
    """A FIFO with almost-full and almost-empty flags."""
    bits, data = d.integer(2, 4), d.size(4, 32, share=0.0)
    depth = 1 << bits
    high, low = depth - d.integer(1, depth // 2 - 1), d.integer(1, depth // 2)
    d.clock()
    rst = d.reset()
    push, pop, din, dout = _fifo_ports(d, data)
    full, empty = d.output("full", 1, "full"), d.output("empty", 1, "empty")
    af = d.output("almost_full afull prog_full high_mark", 1, f"at least {high} words")
    ae = d.output("almost_empty aempty prog_empty low_mark", 1, f"at most {low} words")
    m = d.module("fifo_flags", "sync_fifo", "fifo_thresholds", "watermark_fifo")
    mem = m.signal("mem", data, array=f"[0:{depth - 1}]")
    wp, rp, n = m.signal("wr_ptr", bits), m.signal("rd_ptr", bits), m.signal("used", bits + 1)
    do_write, do_read = m.signal("do_write"), m.signal("do_read")
    one, wide = lit(1, bits), bits + 1
    m.assign(full, f"{n} == {lit(depth, wide)}", "flags")
    m.assign(empty, f"{n} == {lit(0, wide)}")
    m.assign(af, f"{n} >= {lit(high, wide)}")
    m.assign(ae, f"{n} <= {lit(low, wide)}")
    m.assign(do_write, f"{push} && !{full}")
    m.assign(do_read, f"{pop} && !{empty}")
    m.assign(dout, f"{mem}[{rp}]")
    m.clocked(
        [
            when(do_write, [f"{wp} <= {wp} + {one};"]),
            when(do_read, [f"{rp} <= {rp} + {one};"]),
            f"{n} <= {n} + {do_write} - {do_read};",
        ],
        [f"{wp} <= {lit(0, bits)};", f"{rp} <= {lit(0, bits)};", f"{n} <= {lit(0, wide)};"],
        "pointers and number of words",
    )
    m.clocked([when(do_write, [f"{mem}[{wp}] <= {din};"])], (), "storage")

    def view(s: _Words, i: Inputs) -> Outputs:
        return {
            full.name: int(len(s) == depth), empty.name: int(not s), dout.name: s[0] if s else None,
            af.name: int(len(s) >= high), ae.name: int(len(s) <= low),
        }  # fmt: skip

    return m.design(
        summaries=(
            f"a FIFO of {depth} words of {data.bits} bits with `{af}` from {high} words on and `{ae}` "
            f"up to {low} "
            "words",
            f"a synchronous FIFO with thresholds: depth {depth}, width {data.bits}, `{af}` at {high} "
            "or more and "
            f"`{ae}` at {low} or fewer words",
        ),
        behaviour=(
            f"A clock edge with `{push}` high and `{full}` low stores `{din}`; one with `{pop}` high and "
            f"`{empty}` low removes the oldest word, which `{dout}` shows.",
            f"`{full}` is high with {depth} words, `{empty}` with none.",
            f"`{af}` is high with {high} or more words, `{ae}` with {low} or fewer.",
        ),
        brief=False,
        reset_effect="empties the FIFO",
        stimulus=calm(d, 120, resets=0.01),
        reference=lambda: Clocked(
            lambda s, i: _fifo_step(s, i, depth, push, pop, din), view, reset=rst, init=()
        ),
    )


class _AsyncFifo:
    """Words in flight between two clocks, with the delay of two synchronizer flip-flops on either side.

    The write clock is the testbench's; the read clock is an input, whose rising edge is seen in `outputs`.
    """

    def __init__(self, ports: dict[str, Port], depth: int) -> None:
        self._p = {key: port.name for key, port in ports.items()}
        self._depth = depth
        self._low = {key for key in ("wrst", "rrst") if ports[key].doc.endswith("low")}
        self._reset_write()
        self._reset_read()
        self._clock = 1
        self._stored: dict[int, int] = {}

    def _reset_write(self) -> None:
        self._written, self._seen_reads = 0, [0, 0]

    def _reset_read(self) -> None:
        self._read, self._seen_writes = 0, [0, 0]

    def _on(self, inputs: Inputs, key: str) -> bool:
        return bool(inputs[self._p[key]]) != (key in self._low)

    @property
    def _full(self) -> bool:
        return self._written - self._seen_reads[1] == self._depth

    @property
    def _empty(self) -> bool:
        return self._seen_writes[1] == self._read

    def outputs(self, inputs: Inputs) -> Outputs:
        if self._on(inputs, "wrst"):
            self._reset_write()
        rises = inputs[self._p["rclk"]] and not self._clock
        self._clock = inputs[self._p["rclk"]]
        if self._on(inputs, "rrst"):
            self._reset_read()
        elif rises:
            taken = inputs[self._p["pop"]] and not self._empty
            self._seen_writes = [self._written, self._seen_writes[0]]
            self._read += int(taken)
        word = None if self._empty else self._stored[self._read]
        return {
            self._p["full"]: int(self._full),
            self._p["empty"]: int(self._empty),
            self._p["dout"]: word,
        }

    def clock(self, inputs: Inputs) -> None:
        if self._on(inputs, "wrst"):
            return
        taken = inputs[self._p["push"]] and not self._full
        self._seen_reads = [self._read, self._seen_reads[0]]
        if taken:
            self._stored[self._written] = inputs[self._p["din"]]
            self._written += 1


@family("mem_fifo_async")
def mem_fifo_async(d: Draw) -> Design:
    """An asynchronous FIFO with Gray-coded pointers."""
    bits, data = d.integer(2, 4), d.size(4, 32, share=0.0)
    depth, low = 1 << bits, d.chance(0.6)
    prefix = d.pick((("w", "r"), ("wr_", "rd_"), ("write_", "read_"), ("s_", "m_")))
    level, suffix = ("active low", "rst_n") if low else ("active high", "rst")

    def port(name: str, direction: str, doc: str, size: Size | int = 1, bias: float = 0.5) -> Port:
        wide = Size(size) if isinstance(size, int) else size
        return d.port(Port(d.claim(name), direction, wide, doc, bias=bias))  # type: ignore[arg-type]

    w, r = prefix
    wclk = port(f"{w}clk", "input", "write clock")
    d.clk = Clock(wclk.name)
    wrst = port(f"{w}{suffix}", "input", f"asynchronous write reset, {level}")
    push = port(f"{w}{d.pick(('en', 'inc', 'valid'))}", "input", "write request", bias=0.6)
    din = port(f"{w}data", "input", "data to write", data)
    full = port(f"{w}full", "output", "full, in the write domain")
    rclk = port(f"{r}clk", "input", "read clock")
    rrst = port(f"{r}{suffix}", "input", f"asynchronous read reset, {level}")
    pop = port(f"{r}{d.pick(('en', 'inc', 'ready'))}", "input", "read request", bias=0.6)
    dout = port(f"{r}data", "output", "oldest word", data)
    empty = port(f"{r}empty", "output", "empty, in the read domain")
    m = d.module("async_fifo", "cdc_fifo", "dual_clock_fifo", "afifo")
    mem = m.signal("mem", data, array=f"[0:{depth - 1}]")
    p = bits + 1
    wbin, wgray, wnext = m.signal("wbin", p), m.signal("wgray", p), m.signal("wbin_next", p)
    rbin, rgray, rnext = m.signal("rbin", p), m.signal("rgray", p), m.signal("rbin_next", p)
    w1, w2, r1, r2 = (m.signal(n, p) for n in ("wgray_s1", "wgray_s2", "rgray_s1", "rgray_s2"))
    m.assign(wnext, f"{wbin} + ({push} && !{full})", "write side")
    m.assign(full, f"{wgray} == {{~{r2}[{bits}:{bits - 1}], {r2}[{bits - 2}:0]}}")
    m.assign(rnext, f"{rbin} + ({pop} && !{empty})", "read side")
    m.assign(empty, f"{rgray} == {w2}")
    m.assign(dout, f"{mem}[{rbin}[{bits - 1}:0]]")
    keyword, edge = ("always_ff" if d.style.systemverilog else "always"), "negedge" if low else "posedge"
    none = lit(0, p)

    def process(clock: str, reset: Port, rows: list[tuple[str, str]]) -> None:
        test = f"!{reset}" if low else f"{reset}"
        lines = [f"\t{keyword} @(posedge {clock} or {edge} {reset}) begin", f"\t\tif ({test}) begin"]
        lines += [f"\t\t\t{target} <= {none};" for target, _ in rows] + ["\t\tend else begin"]
        lines += [f"\t\t\t{target} <= {value};" for target, value in rows] + ["\t\tend", "\tend"]
        m._procedural.update(target for target, _ in rows)
        m.raw("\n".join(lines))

    process(f"{d.clk}", wrst, [(wbin, wnext), (wgray, f"{wnext} ^ ({wnext} >> 1)"), (r1, rgray), (r2, r1)])
    process(f"{rclk}", rrst, [(rbin, rnext), (rgray, f"{rnext} ^ ({rnext} >> 1)"), (w1, wgray), (w2, w1)])
    m.clocked([when(f"{push} && !{full}", [f"{mem}[{wbin}[{bits - 1}:0]] <= {din};"])], (), "storage")
    ports = {
        "wrst": wrst, "push": push, "din": din, "full": full, "rclk": rclk, "rrst": rrst, "pop": pop,
        "dout": dout, "empty": empty,
    }  # fmt: skip

    def stimulus(rng: Random) -> list[dict[str, int]]:
        """The read clock toggles at its own pace; what it samples changes only while it is or goes low."""
        rows: list[dict[str, int]] = []
        clock, request, pace = 0, 0, rng.choice((0.9, 0.5, 0.3))
        for index in range(130):
            busy = (0.75, 0.35)[index // 32 % 2]
            if rng.random() < pace:
                clock = 1 - clock
                request = int(rng.random() < 1.1 - busy) if not clock else request
            active = int(index < 2) ^ int(low)
            rows.append(
                {
                    wrst.name: active, rrst.name: active, push.name: int(rng.random() < busy),
                    din.name: rng.getrandbits(data.bits), rclk.name: clock if index >= 2 else 0,
                    pop.name: request,
                }
            )  # fmt: skip
        return rows

    return m.design(
        summaries=(
            f"an asynchronous FIFO of {depth} words of {data.bits} bits between the clocks `{d.clk}` and "
            f"`{rclk}`, with Gray-coded pointers and two-stage synchronizers",
            f"a dual-clock FIFO, {depth} x {data.bits}, whose pointers cross as Gray code through two "
            "flip-flops",
        ),
        behaviour=(
            f"At a rising edge of `{d.clk}` with `{push}` high and `{full}` low, `{din}` is stored.",
            f"`{dout}` shows the oldest word while `{empty}` is low; a rising edge of `{rclk}` with "
            f"`{pop}` high "
            "removes it.",
            f"Each side compares its Gray pointer with the other one after two flip-flops of its own clock: "
            f"`{full}` and `{empty}` come from these.",
            f"`{wrst}` and `{rrst}` are asynchronous resets, {level}, that clear the registers of "
            "their side.",
        ),
        brief=False,
        stimulus=stimulus,
        reference=lambda: _AsyncFifo(ports, depth),
    )
