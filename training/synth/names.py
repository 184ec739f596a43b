"""Pools from which designs draw identifiers.

A generator with few names teaches a small model to recite them. Beside the common names each role has,
words of many domains and invented words are composed, so that copying from the specification is the only
strategy that works.
"""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


KEYWORDS = frozenset(
    _words(
        """
    accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before
    begin bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class
    clocking cmos config const constraint context continue cover covergroup coverpoint cross deassign
    default defparam design disable dist do edge else end endcase endchecker endclass endclocking
    endconfig endfunction endgenerate endgroup endinterface endmodule endpackage endprimitive endprogram
    endproperty endspecify endsequence endtable endtask enum event eventually expect export extends
    extern final first_match for force foreach forever fork forkjoin function generate genvar global
    highz0 highz1 if iff ifnone ignore_bins illegal_bins implements implies import incdir include
    initial inout input inside instance int integer interconnect interface intersect join join_any
    join_none large let liblist library local localparam logic longint macromodule matches medium
    modport module nand negedge nettype new nexttime nmos nor noshowcancelled not notif0 notif1 null or
    output package packed parameter pmos posedge primitive priority program property protected pull0
    pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase randsequence
    rcmos real realtime ref reg reject_on release repeat restrict return rnmos rpmos rtran rtranif0
    rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared sequence shortint shortreal
    showcancelled signed small soft solve specify specparam static string strong strong0 strong1 struct
    super supply0 supply1 sync_accept_on sync_reject_on table tagged task this throughout time
    timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union
    unique unique0 unsigned until until_with untyped use uwire var vectored virtual void wait wait_order
    wand weak weak0 weak1 while wildcard wire with within wor xnor xor step tb dut i j k
        """
    )
)

# Whole names that people write, by role. The first word of a role is also the stem that is composed.
ROLES: dict[str, str] = {
    "clock": "clk clk clk clk clock i_clk aclk clk_i sys_clk core_clk sclk pclk hclk clk_in mclk",
    "reset_high": "rst rst rst reset reset i_rst rst_i sys_rst arst areset srst sync_rst clear_all",
    "reset_low": "rst_n rst_n rst_n resetn reset_n aresetn nrst rstn i_rst_n rst_ni n_reset presetn",
    "enable": "en en enable ena ce clk_en i_en run advance active",
    "data": "data data_in din d in i_data wdata value word payload sample x",
    "result": "out q dout data_out y result o_data z res output_data",
    "left": "a a op_a x lhs a_in in1 in_a data_a left",
    "right": "b b op_b y rhs b_in in2 in_b data_b right",
    "select": "sel sel s select mux_sel choice idx which",
    "address": "addr address idx index a_sel ptr slot",
    "count": "count cnt q count_out counter value ticks tally",
    "load": "load ld load_en set_value preload wr",
    "load_value": "load_val load_data preset init_val d start_value",
    "clear": "clr clear sclr flush zero",
    "up": "up up_down dir up_dn incr count_up",
    "carry_in": "cin carry_in ci c_in",
    "carry_out": "cout carry_out co carry c_out",
    "sum": "sum s total sum_out result",
    "difference": "diff difference d result",
    "overflow": "overflow ovf v of ov",
    "borrow": "borrow bout bo borrow_out",
    "zero": "zero z is_zero zero_flag",
    "negative": "neg n negative sign_flag",
    "subtract": "sub sub mode do_sub subtract add_sub",
    "opcode": "op opcode alu_op func op_sel ctrl mode",
    "amount": "shamt amount shift n amt shift_amt",
    "greater": "gt greater a_gt_b is_gt",
    "equal": "eq equal a_eq_b is_eq",
    "less": "lt less a_lt_b is_lt",
    "parity": "parity par p parity_bit",
    "error": "err error parity_err fault",
    "valid": "valid vld v valid_out any",
    "ready": "ready rdy accept",
    "grant": "grant gnt g",
    "request": "req request r",
    "gray": "gray g gray_out gray_code",
    "binary": "bin b binary bin_out",
    "digit": "digit bcd d bcd_in nibble",
    "segments": "seg segments seg7 segs hex_out",
    "flag": "flag hit match found f detect",
    "max": "max maximum largest peak",
    "min": "min minimum smallest floor",
    "onehot": "onehot dec y one_hot lines",
    "serial_in": "sin serial_in si ser_in rx din",
    "serial_out": "sout serial_out so ser_out tx",
    "parallel": "par parallel_out po q taps word",
    "shift_enable": "shift shift_en sh_en step_en sh",
    "tick": "tick tc wrap terminal rollover done pulse",
    "pulse": "pulse strobe edge_det detected evt",
    "rise": "rise rising posedge_det rose",
    "fall": "fall falling negedge_det fell",
    "byte_enable": "be byte_en strb byteena wstrb lane_en",
    "write": "we wr_en write wr wen",
    "read": "re rd_en read rd ren",
    "full": "full is_full fifo_full",
    "empty": "empty is_empty fifo_empty",
    "state": "state st phase status",
    "busy": "busy active in_use",
    "start": "start go begin_op kick trigger",
    "done": "done finish finished complete",
    "signal": "sig in x btn sense level",
    "lfsr": "lfsr q rnd prbs random",
    "seed": "seed init seed_in",
    "wire": "tmp next mid partial",
}

# Word parts for compositions: pix_data, rx_lane_word, cfg_mode_q.
DOMAINS = _words(
    """
    rx tx pix cfg axi spi i2c adc dac cpu gpu dma irq fft fir iir mac phy usb pci eth uart can led key
    btn lcd vga cam mic pwm gpio bus bank core lane link port chan frame line row col tile cell hop node
    ring tap acc ptr seq cmd rsp pkt hdr crc tag way set hit miss page tlb alu fpu lsu ifu ex wb mem rom
    ram reg scan test dbg trim cal gain bias temp volt curr pwr bat sun sol arm leg pump valve motor fan
    heat cool flow tank door lift lamp audio video pixel voice radio radar sonar laser servo stepper
    encoder sensor wheel brake gear steer throttle image edge blur hist luma chroma red green blue alpha
    hue vsync hsync burst beat stall skid slot queue stack src dst in out local remote near far hi lo
    even odd main aux pri sec north south east west top bot outer inner fast slow raw filt norm prev
    curr snap shadow live stat ctl meta user sys host guest boot safe lock
    """
)

MODIFIERS = _words(
    "new old cur nxt reg buf tmp int ext pre post sub max min mid alt dbl sync meta late early"
)

_ONSETS = _words("b br c cr d dr f fl g gl h j k kr l m n p pl qu r s sk st t tr v w x z")
_NUCLEI = _words("a e i o u ai ea io ou")
_CODAS = _words("b d g k l m n nd p r rk s t v x z")


def invented(pick) -> str:
    """A pronounceable word that is in no dictionary, as project-internal abbreviations are."""
    first = pick(_ONSETS) + pick(_NUCLEI) + pick(_CODAS)
    return first if pick((True, False)) else first + pick(_NUCLEI) + pick(_CODAS)
