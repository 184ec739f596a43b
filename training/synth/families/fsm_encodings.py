"""Encodings of state machines: one state a bit, and the next-state logic alone."""

from __future__ import annotations

from rtlwright.training.synth.design import Design, Table
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.fsm_tables import edge_sentence, random_graph, state_values
from rtlwright.training.synth.families.seq_helpers import spell, state_names
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import case, lit


@family("fsm_one_hot")
def fsm_one_hot(d: Draw) -> Design:
    """A one-hot Moore machine with a random transition graph, one process for everything."""
    count = d.integer(3, 5)
    names, edges, values = state_names(d, count), random_graph(d, count), state_values(d, count, 1)
    d.clock()
    rst = d.reset()
    x = d.input("x in w go signal", 1, "input of the state machine")
    z = d.output("z out y result flag", 1, "Moore output")
    m = d.module("fsm_onehot", "one_hot_fsm", "onehot_controller", "state_machine")
    codes = [m.constant(name, lit(1 << n, count, "b"), count) for n, name in enumerate(names)]
    state = m.signal("state", count)
    arms = [
        (code, [f"{state} <= {x} ? {codes[high]} : {codes[low]};"])
        for code, (low, high) in zip(codes, edges, strict=True)
    ]
    m.clocked([case(state, arms, [f"{state} <= {codes[0]};"])], [f"{state} <= {codes[0]};"], "one-hot state")
    outs = [(code, [f"{z} = 1'b{v};"]) for code, v in zip(codes, values, strict=True)]
    m.comb([case(state, outs, [f"{z} = 1'b0;"])], "output")
    rows = [(n, names[e[0]], names[e[1]], str(v)) for n, e, v in zip(names, edges, values, strict=True)]
    outputs = ", ".join(f"{v} in `{n}`" for n, v in zip(names, values, strict=True))
    return m.design(
        summaries=(
            f"a one-hot Moore state machine with states {spell(names)}, input `{x}` and output `{z}`",
            f"a {count}-state Moore FSM in one-hot encoding with input `{x}` and output `{z}`",
        ),
        behaviour=(
            *(edge_sentence(n, x.name, low, high) for n, low, high, _ in rows),
            f"The output `{z}` depends on the state only: {outputs}. Use one-hot encoding.",
        ),
        brief=False,
        table=Table(("state (one-hot)", f"next, {x}=0", f"next, {x}=1", z.name), tuple(rows)),
        reset_effect=f"sets the state to `{names[0]}`",
        vectors=96,
        reference=lambda: Clocked(
            lambda s, i: edges[s][i[x.name]], lambda s, i: {z.name: values[s]}, reset=rst, init=0
        ),
    )


@family("fsm_next_logic")
def fsm_next_logic(d: Draw) -> Design:
    """Only the next-state logic of a state machine, the state being an input."""
    count = d.integer(3, 6)
    bits = (count - 1).bit_length()
    edges = random_graph(d, count)
    state = d.input("state", bits, "present state")
    x = d.input("x in w go signal", 1, "input")
    y = d.output("next_state nxt state_next next_st", bits, "next state")
    m = d.module("next_state", "fsm_logic", "transition_logic", "fsm_comb")
    arms = [
        (lit(n, bits), [f"{y} = {x} ? {lit(high, bits)} : {lit(low, bits)};"])
        for n, (low, high) in enumerate(edges)
    ]
    m.comb([case(state.name, arms, [f"{y} = {lit(0, bits)};"])], "next state")
    said = [
        f"From state {n}, go to {high} when `{x}` is 1 and to {low} when it is 0."
        for n, (low, high) in enumerate(edges)
    ]
    return m.design(
        summaries=(
            f"the next-state logic of a {count}-state machine: `{y}` from `{state}` and `{x}`",
            f"combinational transition logic with present state `{state}`, input `{x}` and next state `{y}`",
        ),
        behaviour=(*said, "Other states go to 0."),
        brief=False,
        table=Table(
            (state.name, f"{y}, {x}=0", f"{y}, {x}=1"),
            tuple((str(n), str(low), str(high)) for n, (low, high) in enumerate(edges)),
        ),
        vectors=40,
        reference=lambda: Clocked(
            lambda s, i: s,
            lambda s, i: {y.name: edges[i[state.name]][i[x.name]] if i[state.name] < count else None},
            starts=[0],
        ),
    )
