"""Small machines of daily life: vending, debouncing, a lock, a lamp."""

from __future__ import annotations

from rtlwright.training.synth.design import Design
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families import family
from rtlwright.training.synth.families.fsm_tables import advance, state_register
from rtlwright.training.synth.families.seq_helpers import calm, cycles, log2, sticky
from rtlwright.training.synth.reference import Clocked
from rtlwright.training.synth.rtl import case, lit, when


@family("fsm_vending")
def fsm_vending(d: Draw) -> Design:
    """A vending machine for two coins that gives change."""
    small = d.integer(1, 3)
    big = d.integer(small + 1, 6)
    price = d.integer(big + 1, 14)
    most = price - 1 + big
    bits = log2(most + 1)
    d.clock()
    rst = d.reset()
    low = d.input("nickel coin_small coin1 coin_a", 1, f"coin of value {small}", bias=0.4)
    high = d.input("dime coin_big coin2 coin_b", 1, f"coin of value {big}", bias=0.3)
    vend = d.output("vend dispense release_item product", 1, "one-cycle pulse when an item is sold")
    change = d.output("change refund change_out", bits, "change, valid with the pulse")
    m = d.module("vending_machine", "vending", "coin_machine", "dispenser", "ticket_machine")
    credit, total = m.signal("credit", bits), m.signal("total", bits)
    m.comb(
        [
            when(
                high.name,
                [f"{total} = {credit} + {lit(big, bits)};"],
                (low.name, [f"{total} = {credit} + {lit(small, bits)};"]),
                otherwise=[f"{total} = {credit};"],
            )
        ],
        "credit with the present coin",
    )
    cost, none = lit(price, bits), lit(0, bits)
    m.clocked(
        [
            when(
                f"{total} >= {cost}",
                [f"{vend} <= 1'b1;", f"{change} <= {total} - {cost};", f"{credit} <= {none};"],
                otherwise=[f"{vend} <= 1'b0;", f"{change} <= {none};", f"{credit} <= {total};"],
            )
        ],
        [f"{vend} <= 1'b0;", f"{change} <= {none};", f"{credit} <= {none};"],
        "sell or collect",
    )

    def step(s: tuple[int, int, int], i) -> tuple[int, int, int]:
        paid = s[0] + (big if i[high.name] else small if i[low.name] else 0)
        return (0, 1, paid - price) if paid >= price else (paid, 0, 0)

    return m.design(
        summaries=(
            f"a vending machine with price {price} that accepts coins `{low}` ({small}) and `{high}` ({big})",
            f"a vending machine: an item costs {price}, `{low}` is worth {small}, `{high}` {big}; it "
            "gives change",
        ),
        behaviour=(
            f"At every clock edge a high `{low}` adds {small} to the credit and a high `{high}` adds {big}.",
            f"If both are high, only `{high}` counts.",
            f"When the credit including the present coin reaches {price} or more, that edge sets "
            f"`{vend}` to 1, "
            f"`{change}` to the credit above {price}, and the credit to 0.",
            f"Every other edge sets `{vend}` and `{change}` to 0.",
        ),
        brief=False,
        reset_effect=f"clears the credit, `{vend}` and `{change}`",
        stimulus=calm(d, 110, resets=0.02),
        reference=lambda: Clocked(
            step, lambda s, i: {vend.name: s[1], change.name: s[2]}, reset=rst, init=(0, 0, 0)
        ),
    )


@family("fsm_debounce")
def fsm_debounce(d: Draw) -> Design:
    """A debouncer that follows its input once it differed for N clock edges in a row."""
    hold = d.integer(3, 12)
    bits = log2(hold)
    d.clock()
    rst = d.reset()
    noisy = d.input("noisy button btn_in key bouncy raw", 1, "bouncing input")
    clean = d.output("clean stable btn_out debounced key_out", 1, "debounced output")
    m = d.module("debouncer", "debounce", "btn_filter", "glitch_filter", "key_clean")
    cnt = m.signal("cnt", bits)
    none = lit(0, bits)
    m.clocked(
        [
            when(
                f"{noisy} == {clean}",
                [f"{cnt} <= {none};"],
                (f"{cnt} == {lit(hold - 1, bits)}", [f"{cnt} <= {none};", f"{clean} <= {noisy};"]),
                otherwise=[f"{cnt} <= {cnt} + {lit(1, bits)};"],
            )
        ],
        [f"{cnt} <= {none};", f"{clean} <= 1'b0;"],
        "count how long the input differs",
    )

    def step(s: tuple[str, int], i) -> tuple[str, int]:
        seen = (s[0] + str(i[noisy.name]))[-hold:]
        opposite = str(1 - s[1]) * hold
        return ("", 1 - s[1]) if seen == opposite else (seen, s[1])

    return m.design(
        summaries=(
            f"a debouncer: `{clean}` changes after `{noisy}` differed from it at {hold} consecutive "
            "clock edges",
            f"a counter-based debouncer from `{noisy}` to `{clean}` with a hold time of {cycles(hold)}",
        ),
        behaviour=(
            f"A counter counts the consecutive clock edges at which `{noisy}` differs from `{clean}`.",
            f"At the {hold}{'rd' if hold == 3 else 'th'} such edge `{clean}` takes the value of "
            f"`{noisy}` and the "
            "counter restarts.",
            f"An edge at which `{noisy}` equals `{clean}` clears the counter.",
        ),
        brief=False,
        reset_effect=f"clears `{clean}` and the counter",
        stimulus=calm(d, 240, {noisy.name: sticky(0.92)}, resets=0.025),
        reference=lambda: Clocked(step, lambda s, i: {clean.name: s[1]}, reset=rst, init=("", 0)),
    )


@family("fsm_lock")
def fsm_lock(d: Draw) -> Design:
    """A combination lock which opens after a sequence of digits."""
    length, bits = d.integer(2, 4), d.integer(2, 4)
    code = [d.integer(0, (1 << bits) - 1) for _ in range(length)]
    d.clock()
    rst = d.reset()
    enter = d.input("enter key_valid valid press", 1, "a digit is entered", bias=0.8)
    digit = d.input("digit", bits, "digit")
    opened = d.output("unlocked open_out unlock opened", 1, "high while the lock is open")
    m = d.module("lock", "combo_lock", "code_lock", "keypad_lock", "pin_check")
    state, upcoming, codes = state_register(m, [*(f"S{n}" for n in range(length)), "OPEN"])
    arms = [
        (codes[n], [f"{upcoming} = ({digit} == {lit(code[n], bits)}) ? {codes[n + 1]} : {codes[0]};"])
        for n in range(length)
    ]
    m.comb(
        [f"{upcoming} = {state};", when(enter.name, [case(state, arms, [f"{upcoming} = {codes[0]};"])])],
        "a wrong digit starts again",
    )
    advance(m, state, upcoming, codes[0])
    m.assign(opened, f"{state} == {codes[-1]}")

    def step(s: int, i) -> int:
        if not i[enter.name]:
            return s
        return s + 1 if s < length and i[digit.name] == code[s] else 0

    shown = ", ".join(map(str, code))
    wanted = "".join(map(str, code)) if max(code) < 10 else ""

    def digits(rng, previous: int, index: int) -> int:
        return code[index % length] if rng.random() < 0.85 else rng.getrandbits(bits)

    return m.design(
        summaries=(
            f"a combination lock that opens (`{opened}`) after the digits {shown} were entered in a row",
            f"a code lock for the digits {wanted or shown} on `{digit}`, each taken while `{enter}` is high",
        ),
        behaviour=(
            f"At a clock edge with `{enter}` high the digit on `{digit}` is compared with the next of "
            f"{shown}.",
            "A right digit advances; a wrong one starts again with none right, and is itself not counted.",
            f"After the last right digit `{opened}` is 1 until the next digit is entered.",
            f"That digit, whatever it is, closes the lock, and all {length} digits are needed again.",
            f"While `{enter}` is low nothing changes.",
        ),
        brief=False,
        reset_effect="closes the lock and starts again",
        stimulus=calm(d, 110, {digit.name: digits}, resets=0.02),
        reference=lambda: Clocked(step, lambda s, i: {opened.name: int(s == length)}, reset=rst, init=0),
    )
