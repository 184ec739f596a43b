`ifndef STREAM_MACROS_SVH
`define STREAM_MACROS_SVH
`define STREAM_REG(q, d, clk, rst) \
  always_ff @(posedge clk or posedge rst) \
    if (rst) q <= '0; \
    else q <= d;
`define MAX(a, b) ((a) > (b) ? (a) : (b))
`define LANES 4
`endif
