"""Valid/ready streams: pipeline registers and a skid buffer."""

from __future__ import annotations

from dataclasses import dataclass

from rtlwright.training.synth.design import Design, Port, Reset, Size
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import calm
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import Module, when

_NAMES = (
    ("in_valid", "in_ready", "in_data", "out_valid", "out_ready", "out_data"),
    ("s_valid", "s_ready", "s_data", "m_valid", "m_ready", "m_data"),
    ("s_tvalid", "s_tready", "s_tdata", "m_tvalid", "m_tready", "m_tdata"),
    ("up_valid", "up_ready", "up_data", "down_valid", "down_ready", "down_data"),
    ("valid_i", "ready_o", "data_i", "valid_o", "ready_i", "data_o"),
)


@dataclass(frozen=True)
class _Stream:
    size: Size
    in_valid: Port
    in_ready: Port
    in_data: Port
    out_valid: Port
    out_ready: Port
    out_data: Port


def _stream(d: Draw) -> tuple[_Stream, Reset | None]:
    size = d.size(4, 64)
    d.clock()
    rst = d.reset()
    iv, ir, idata, ov, ordy, odata = d.pick(_NAMES)

    def port(name: str, direction: str, doc: str, width: Size = Size(1), bias: float = 0.5) -> Port:  # noqa: B008
        return d.port(Port(name, direction, width, doc, bias=bias))  # type: ignore[arg-type]

    return _Stream(
        size,
        port(iv, "input", "input word is valid", bias=0.65),
        port(ir, "output", "input word is accepted"),
        port(idata, "input", "input word", size),
        port(ov, "output", "output word is valid"),
        port(ordy, "input", "output word is taken", bias=0.6),
        port(odata, "output", "output word", size),
    ), rst


def _queue(s: _Stream, rst: Reset | None, room: int, passes: bool) -> Clocked:
    """A queue of `room` words; with `passes`, a full one accepts a word while another leaves."""

    def accepts(words: tuple[int, ...], i) -> bool:
        return len(words) < room or bool(passes and i[s.out_ready.name])

    def step(words: tuple[int, ...], i) -> tuple[int, ...]:
        stay = words[1:] if words and i[s.out_ready.name] else words
        return (*stay, i[s.in_data.name]) if i[s.in_valid.name] and accepts(words, i) else stay

    return Clocked(
        step,
        lambda words, i: {
            s.in_ready.name: int(accepts(words, i)),
            s.out_valid.name: int(len(words) > 0),
            s.out_data.name: words[0] if words else None,
        },
        reset=rst,
        init=(),
    )


def _rules(s: _Stream) -> tuple[str, ...]:
    return (
        f"A word enters at a clock edge with `{s.in_valid}` and `{s.in_ready}` high and leaves at one with "
        f"`{s.out_valid}` and `{s.out_ready}` high; words keep their order.",
        f"`{s.out_data}` matters only while `{s.out_valid}` is high, and does not change until the word "
        "leaves.",
    )


def _finish(
    m: Module, s: _Stream, rst: Reset | None, d: Draw, summaries, rules, room: int, passes: bool
) -> Design:
    return m.design(
        summaries=summaries,
        behaviour=(*_rules(s), *rules),
        brief=False,
        reset_effect="drops all stored words",
        stimulus=calm(d, 110, resets=0.02),
        reference=lambda: _queue(s, rst, room, passes),
    )


@family("proto_stream_register")
def proto_stream_register(d: Draw) -> Design:
    """A valid/ready pipeline register whose ready looks through to the next stage."""
    s, rst = _stream(d)
    m = d.module("pipe_stage", "stream_reg", "pipeline_register", "forward_register", "elastic_stage")
    m.assign(s.in_ready, f"!{s.out_valid} || {s.out_ready}", "room, or room in a moment")
    m.clocked(
        [when(s.in_ready.name, [f"{s.out_valid} <= {s.in_valid};"])], [f"{s.out_valid} <= 1'b0;"], "valid"
    )
    m.clocked([when(f"{s.in_valid} && {s.in_ready}", [f"{s.out_data} <= {s.in_data};"])], note="data")
    return _finish(
        m, s, rst, d,
        (
            f"a valid/ready pipeline register for {s.size.words} words with full throughput",
            f"a one-word stream register from `{s.in_data}` to `{s.out_data}` with combinational ready",
        ),
        (
            f"One word is stored; `{s.out_valid}` is high while there is one.",
            f"`{s.in_ready}` is combinational: high when no word is stored or `{s.out_ready}` is high.",
        ),
        1, True,
    )  # fmt: skip


@family("proto_half_buffer")
def proto_half_buffer(d: Draw) -> Design:
    """A one-word valid/ready buffer without a combinational path: half throughput."""
    s, rst = _stream(d)
    m = d.module("half_buffer", "bubble_stage", "stream_buffer", "one_slot", "slot_reg")
    m.assign(s.in_ready, f"!{s.out_valid}", "room")
    m.clocked(
        [
            when(
                s.out_valid.name,
                [when(s.out_ready.name, [f"{s.out_valid} <= 1'b0;"])],
                otherwise=[f"{s.out_valid} <= {s.in_valid};"],
            )
        ],
        [f"{s.out_valid} <= 1'b0;"],
        "valid",
    )
    m.clocked([when(f"{s.in_valid} && {s.in_ready}", [f"{s.out_data} <= {s.in_data};"])], note="data")
    return _finish(
        m, s, rst, d,
        (
            f"a one-word valid/ready buffer for {s.size.words} words, ready only while it is empty",
            f"a half-throughput stream buffer from `{s.in_data}` to `{s.out_data}`",
        ),
        (
            f"One word is stored; `{s.out_valid}` is high while there is one.",
            f"`{s.in_ready}` is the inverse of `{s.out_valid}`.",
        ),
        1, False,
    )  # fmt: skip


@family("proto_skid_buffer")
def proto_skid_buffer(d: Draw) -> Design:
    """A skid buffer: two words, ready from a register, full throughput."""
    s, rst = _stream(d)
    m = d.module("skid_buffer", "skid", "skidbuf", "elastic_buffer", "stream_skid")
    held, word = m.signal("skid_valid"), m.signal("skid_data", s.size)
    stalled = f"{s.out_valid} && !{s.out_ready}"
    m.assign(s.in_ready, f"!{held}", "ready comes from a register")
    m.clocked(
        [
            when(
                s.out_ready.name,
                [f"{held} <= 1'b0;"],
                (f"{s.in_valid} && {s.in_ready} && {s.out_valid}", [f"{held} <= 1'b1;"]),
            )
        ],
        [f"{held} <= 1'b0;"],
        "a word that could not leave is set aside",
    )
    m.clocked([when(f"{s.in_valid} && {s.in_ready}", [f"{word} <= {s.in_data};"])], note="word set aside")
    m.clocked(
        [when(f"!({stalled})", [f"{s.out_valid} <= {held} || {s.in_valid};"])],
        [f"{s.out_valid} <= 1'b0;"],
        "output valid",
    )
    m.clocked(
        [when(f"!({stalled})", [f"{s.out_data} <= {held} ? {word} : {s.in_data};"])], note="output data"
    )
    return _finish(
        m, s, rst, d,
        (
            f"a skid buffer for {s.size.words} words with registered ready and full throughput",
            f"a two-word valid/ready skid buffer from `{s.in_data}` to `{s.out_data}`",
        ),
        (
            f"Up to two words are stored; `{s.out_valid}` is high while there is one or more.",
            f"`{s.in_ready}` is high while fewer than two are stored and does not depend on `{s.out_ready}`.",
        ),
        2, False,
    )  # fmt: skip
