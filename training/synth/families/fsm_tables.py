"""State machines with random transition graphs, given as tables and as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from rtlwright.training.synth.design import Design, Port, Table
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.seq_helpers import log2, spell, state_names
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import Module, case, lit, when

_Edges = list[tuple[int, int]]


def _reaches_all(edges: _Edges) -> bool:
    seen, todo = {0}, [0]
    while todo:
        for target in edges[todo.pop()]:
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return len(seen) == len(edges)


def random_graph(d: Draw, count: int) -> _Edges:
    """(next for 0, next for 1) of every state; each can be reached, and the input matters in each."""
    while True:
        pairs = [d.rng.sample(range(count), 2) for _ in range(count)]
        edges = [(low, high) for low, high in pairs]
        if _reaches_all(edges):
            return edges


def state_values(d: Draw, count: int, bits: int) -> list[int]:
    while True:
        values = [d.integer(0, (1 << bits) - 1) for _ in range(count)]
        if len(set(values)) > 1:
            return values


def state_register(m: Module, names: Sequence[str]) -> tuple[str, str, list[str]]:
    """(state, next_state, constants): binary codes in the order of the names, the first one after reset."""
    bits = log2(len(names))
    codes = [m.constant(name, lit(code, bits), bits) for code, name in enumerate(names)]
    return m.signal("state", bits), m.signal("next_state", bits), codes


def advance(m: Module, state: str, upcoming: str, first: str) -> None:
    m.clocked([f"{state} <= {upcoming};"], [f"{state} <= {first};"], "state register")


def _next_logic(m: Module, x: Port | Sequence[Port], edges: _Edges, names: Sequence[str]) -> str:
    """Registers and next-state logic; `x` is one input, or the input each state looks at."""
    state, upcoming, codes = state_register(m, names)
    looks = [x] * len(names) if isinstance(x, Port) else list(x)
    arms = [
        (code, [f"{upcoming} = {look} ? {codes[high]} : {codes[low]};"])
        for code, look, (low, high) in zip(codes, looks, edges, strict=True)
    ]
    m.comb([case(state, arms, [f"{upcoming} = {codes[0]};"])], "next state")
    advance(m, state, upcoming, codes[0])
    return state


def edge_sentence(name: str, x: str, low: str, high: str) -> str:
    parts = [f"stay in `{s}`" if s == name else f"go to `{s}`" for s in (high, low)]
    return f"In `{name}`, {parts[0]} when `{x}` is 1 and {parts[1]} when `{x}` is 0."


@family("fsm_moore")
def fsm_moore(d: Draw) -> Design:
    """A Moore machine with a random transition graph."""
    count, bits = d.integer(3, 6), d.pick((1, 1, 2, 3))
    names, edges, values = state_names(d, count), random_graph(d, count), state_values(d, count, bits)
    d.clock()
    rst = d.reset()
    x = d.input("x in w a go signal", 1, "input of the state machine")
    z = d.output("z out y result flag", bits, "Moore output")
    m = d.module("fsm", "moore_fsm", "moore", "state_machine", "controller")
    state = _next_logic(m, x, edges, names)
    arms = [(n, [f"{z} = {lit(v, bits, 'b')};"]) for n, v in zip(names, values, strict=True)]
    m.comb([case(state, arms, [f"{z} = {lit(0, bits, 'b')};"])], "output")
    shown = [f"{v:0{bits}b}" for v in values]
    rows = [(n, names[e[0]], names[e[1]], v) for n, e, v in zip(names, edges, shown, strict=True)]
    outputs = ", ".join(f"{v} in `{n}`" for n, v in zip(names, shown, strict=True))
    return m.design(
        summaries=(
            f"a Moore state machine with states {spell(names)} that is driven by `{x}`",
            f"a {count}-state Moore FSM with input `{x}` and output `{z}`",
        ),
        behaviour=(
            *(edge_sentence(n, x.name, low, high) for n, low, high, _ in rows),
            f"The output `{z}` depends on the state only: {outputs}{' (binary)' if bits > 1 else ''}.",
        ),
        brief=False,
        table=Table(("state", f"next, {x}=0", f"next, {x}=1", z.name), tuple(rows)),
        reset_effect=f"sets the state to `{names[0]}`",
        vectors=96,
        reference=lambda: Clocked(
            lambda s, i: edges[s][i[x.name]], lambda s, i: {z.name: values[s]}, reset=rst, init=0
        ),
    )


@family("fsm_mealy")
def fsm_mealy(d: Draw) -> Design:
    """A Mealy machine with a random transition graph."""
    count = d.integer(2, 5)
    names, edges = state_names(d, count), random_graph(d, count)
    while True:
        values = [(d.integer(0, 1), d.integer(0, 1)) for _ in range(count)]
        if any(low != high for low, high in values):
            break
    d.clock()
    rst = d.reset()
    x = d.input("x in w a go signal", 1, "input of the state machine")
    z = d.output("z out y result flag", 1, "Mealy output")
    m = d.module("fsm", "mealy_fsm", "mealy", "state_machine", "controller")
    state = _next_logic(m, x, edges, names)
    arms = [(n, [f"{z} = {x} ? 1'b{v[1]} : 1'b{v[0]};"]) for n, v in zip(names, values, strict=True)]
    m.comb([case(state, arms, [f"{z} = 1'b0;"])], "output")
    rows = [
        (n, f"{names[e[0]]} / {v[0]}", f"{names[e[1]]} / {v[1]}")
        for n, e, v in zip(names, edges, values, strict=True)
    ]
    sentences = [
        f"{edge_sentence(n, x.name, names[e[0]], names[e[1]])[:-1]}; there `{z}` is {v[1]} when `{x}` is 1 "
        f"and {v[0]} when `{x}` is 0."
        for n, e, v in zip(names, edges, values, strict=True)
    ]
    return m.design(
        summaries=(
            f"a Mealy state machine with states {spell(names)}, input `{x}` and output `{z}`",
            f"a {count}-state Mealy FSM with input `{x}` and output `{z}`",
        ),
        behaviour=(*sentences, f"`{z}` is combinational: it follows the state and `{x}` at once."),
        brief=False,
        table=Table(("state", f"{x}=0: next / {z}", f"{x}=1: next / {z}"), tuple(rows)),
        reset_effect=f"sets the state to `{names[0]}`",
        vectors=96,
        reference=lambda: Clocked(
            lambda s, i: edges[s][i[x.name]], lambda s, i: {z.name: values[s][i[x.name]]}, reset=rst, init=0
        ),
    )


@family("fsm_two_inputs")
def fsm_two_inputs(d: Draw) -> Design:
    """A Moore machine that leaves each state on one of two inputs and stays otherwise."""
    count = d.integer(3, 5)
    names = state_names(d, count)
    d.clock()
    rst = d.reset()
    a = d.input("start go a begin_op forward", 1, "first input")
    b = d.input("stop next b ack back", 1, "second input")
    active = d.output("busy active z on out", 1, "Moore output")
    m = d.module("fsm", "control_fsm", "sequencer", "state_machine", "controller")
    looks = [a if n == 0 else d.pick((a, b)) for n in range(count)]
    if a in looks[1:] and b not in looks:
        looks[1] = b
    edges = [(n, (n + 1) % count) for n in range(count)]
    on = sorted({d.integer(1, count - 1), d.integer(0, count - 1)})
    state, upcoming, codes = state_register(m, names)
    arms = [(codes[n], [when(looks[n].name, [f"{upcoming} = {codes[edges[n][1]]};"])]) for n in range(count)]
    m.comb([f"{upcoming} = {state};", case(state, arms, [f"{upcoming} = {codes[0]};"])], "next state")
    advance(m, state, upcoming, codes[0])
    m.assign(active, " || ".join(f"{state} == {codes[n]}" for n in on), "output")
    moves = [f"From `{names[n]}` go to `{names[edges[n][1]]}` when `{looks[n]}` is 1." for n in range(count)]
    return m.design(
        summaries=(
            f"a state machine with states {spell(names)} that moves on `{a}` and `{b}`",
            f"a {count}-state Moore machine with inputs `{a}` and `{b}` and output `{active}`",
        ),
        behaviour=(
            *moves,
            "In all other cases the state is kept.",
            f"`{active}` is 1 in {spell([names[n] for n in on])} and 0 in every other state.",
        ),
        brief=False,
        reset_effect=f"sets the state to `{names[0]}`",
        vectors=96,
        reference=lambda: Clocked(
            lambda s, i: edges[s][i[looks[s].name]],
            lambda s, i: {active.name: int(s in on)},
            reset=rst,
            init=0,
        ),
    )
