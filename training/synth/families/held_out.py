"""The families that no model is ever trained on: they measure generalization. This is the only list "
"of them."""

HELD_OUT = frozenset(
    """
    absolute_difference bit_interleave code_differential counter_clock_time counter_gray cpu_hazard
    flip_flop_sr fsm_traffic_light gen_reverse hier_two_registers jk_flip_flop majority median3 mem_ping_pong
    mem_tag_match proto_frame_shifter saturating_signed seq_mac seq_sigma_delta
    """.split()  # noqa: SIM905
)
