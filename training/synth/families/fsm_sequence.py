"""Detectors of bit patterns in a serial stream."""

from __future__ import annotations

from rtlwright.training.synth.design import Design
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.fsm_tables import advance, state_register
from rtlwright.training.synth.families.seq_helpers import calm, spelled
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import case, lit, when


def _pattern(d: Draw) -> str:
    """3 or 4 bits, not all equal: longer ones have more automata than a small model can learn by heart."""
    while True:
        pattern = "".join(d.pick("01") for _ in range(d.integer(3, 4)))
        if len(set(pattern)) == 2:
            return pattern


def _prefix(seen: str, pattern: str) -> int:
    """The length of the longest prefix of the pattern that ends the bits seen."""
    return next(n for n in range(min(len(seen), len(pattern)), -1, -1) if seen.endswith(pattern[:n]))


def _stream(history: str, bit: int, pattern: str, overlap: bool) -> tuple[str, bool]:
    """The reference: remembers the bits themselves instead of a state."""
    history = history + str(bit)
    found = history.endswith(pattern)
    return ("" if found and not overlap else history[-8:]), found


def _overlap_text(overlap: bool, pattern: str) -> str:
    if overlap:
        return f"Overlapping occurrences are detected: the last bits of one {pattern} may begin the next."
    return f"Occurrences do not overlap: after a {pattern} the search starts afresh with the next bit."


@family("fsm_sequence_moore")
def fsm_sequence_moore(d: Draw) -> Design:
    """A Moore sequence detector."""
    pattern, overlap = _pattern(d), d.chance(0.6)
    d.clock()
    rst = d.reset()
    x = d.input("x serial_in din data_in bit_in w", 1, "serial input, one bit per clock")
    z = d.output("flag", 1, f"high for one clock cycle after {pattern} has arrived")
    m = d.module("seq_detector", "sequence_detector", f"detect_{pattern}", "pattern_fsm", "seq_det")
    last = len(pattern)
    state, upcoming, codes = state_register(m, [f"S{n}" for n in range(last + 1)])
    arms = []
    for n in range(last + 1):
        seen = "" if n == last and not overlap else pattern[:n]
        low, high = (codes[_prefix(seen + bit, pattern)] for bit in "01")
        arms.append((codes[n], [f"{upcoming} = {x} ? {high} : {low};"]))
    m.comb([case(state, arms, [f"{upcoming} = {codes[0]};"])], "next state: how much of the pattern was seen")
    advance(m, state, upcoming, codes[0])
    m.assign(z, f"{state} == {codes[last]}", "found")
    kind = "overlapping" if overlap else "non-overlapping"
    return m.design(
        summaries=(
            f"a Moore FSM that detects the {kind} bit sequence {pattern} on `{x}` and then raises `{z}`",
            f"a sequence detector (Moore, {kind}) for the pattern {pattern} on the serial input `{x}`",
        ),
        behaviour=(
            f"`{x}` is sampled at every clock edge; {pattern} is expected with its leftmost bit first.",
            f"`{z}` is 1 in the clock cycle after the edge that sampled the last bit of {pattern}, else 0.",
            _overlap_text(overlap, pattern),
        ),
        reset_effect="forgets all bits seen so far",
        stimulus=calm(d, 128, {x.name: spelled(pattern, 0.75)}, resets=0.02),
        reference=lambda: Clocked(
            lambda s, i: _stream(s[0], i[x.name], pattern, overlap),
            lambda s, i: {z.name: int(s[1])},
            reset=rst,
            init=("", False),
        ),
    )


@family("fsm_sequence_mealy")
def fsm_sequence_mealy(d: Draw) -> Design:
    """A Mealy sequence detector."""
    pattern, overlap = _pattern(d), d.chance(0.6)
    d.clock()
    rst = d.reset()
    x = d.input("x serial_in din data_in bit_in w", 1, "serial input, one bit per clock")
    z = d.output("flag", 1, f"high while the last bit of {pattern} is on the input")
    m = d.module("seq_detector", "mealy_detector", f"detect_{pattern}", "pattern_fsm", "seq_det")
    last = len(pattern) - 1
    state, upcoming, codes = state_register(m, [f"S{n}" for n in range(last + 1)])
    arms = []
    for n in range(last + 1):
        after = [pattern[:n] + bit for bit in "01"]
        after = ["" if seen == pattern and not overlap else seen for seen in after]
        # A whole pattern has no state of its own: continue with its longest proper prefix.
        low, high = (codes[_prefix(seen[1:] if seen == pattern else seen, pattern)] for seen in after)
        arms.append((codes[n], [f"{upcoming} = {x} ? {high} : {low};"]))
    m.comb([case(state, arms, [f"{upcoming} = {codes[0]};"])], "next state: how much of the pattern was seen")
    advance(m, state, upcoming, codes[0])
    m.assign(z, f"{state} == {codes[last]} && {x if pattern[-1] == '1' else f'!{x}'}", "found")
    kind = "overlapping" if overlap else "non-overlapping"
    return m.design(
        summaries=(
            f"a Mealy FSM ({kind}) that raises `{z}` while the last bit of a sequence {pattern} is on `{x}`",
            f"a Mealy sequence detector ({kind}) for the pattern {pattern} on the serial input `{x}`",
        ),
        behaviour=(
            f"`{x}` is sampled at every clock edge; {pattern} is expected with its leftmost bit first.",
            f"`{z}` is combinational: 1 while the sampled bits and the present `{x}` complete {pattern}.",
            _overlap_text(overlap, pattern),
        ),
        reset_effect="forgets all bits seen so far",
        stimulus=calm(d, 128, {x.name: spelled(pattern, 0.75)}, resets=0.02),
        reference=lambda: Clocked(
            lambda s, i: _stream(s, i[x.name], pattern, overlap)[0],
            lambda s, i: {z.name: int(_stream(s, i[x.name], pattern, overlap)[1])},
            reset=rst,
            init="",
        ),
    )


@family("fsm_sequence_shift")
def fsm_sequence_shift(d: Draw) -> Design:
    """A pattern detector made of a shift register and a comparison."""
    bits = d.integer(3, 8)
    value = d.integer(1, (1 << bits) - 1)
    pattern = f"{value:0{bits}b}"
    d.clock()
    rst = d.reset()
    en = d.input("valid enable", 1, "sample the serial input", bias=0.8) if d.chance(0.4) else None
    x = d.input("serial_in", 1, "serial input")
    z = d.output("flag", 1, f"high while the last {bits} bits are {pattern}")
    m = d.module("pattern_match", "shift_detector", "sync_detector", "word_detect", "preamble")
    history = m.signal("history", bits)
    shift = [f"{history} <= {{{history}[{bits - 2}:0], {x}}};"]
    m.clocked(shift if en is None else [when(en.name, shift)], [f"{history} <= {lit(0, bits)};"])
    m.assign(z, f"{history} == {lit(value, bits, 'b')}", "compare")
    gated = f" while `{en}` is high" if en else ""

    mask = (1 << bits) - 1
    return m.design(
        summaries=(
            f"a shift register of the last {bits} bits of `{x}` (sampled{gated or ' at every edge'}) with "
            f"`{z}` high while it equals {pattern}",
            f"a pattern detector: `{z}` is high while the last {bits} bits taken from `{x}`{gated} are "
            f"{pattern}",
        ),
        behaviour=(
            f"At every clock edge{gated}, `{x}` is shifted into the low end of a {bits}-bit register.",
            f"`{z}` is 1 while the register equals {pattern}, the oldest bit being the leftmost.",
        ),
        reset_effect="clears the register to 0",
        stimulus=calm(d, 160, {x.name: spelled(pattern, 0.93)}),
        reference=lambda: Clocked(
            lambda s, i: (s << 1 | i[x.name]) & mask if en is None or i[en.name] else s,
            lambda s, i: {z.name: int(s == value)},
            reset=rst,
            init=0,
        ),
    )
