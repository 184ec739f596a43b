`ifndef SOC_DEFS_SVH
`define SOC_DEFS_SVH
`define BUS_WIDTH 32
`define SOC_FF(q, d) always_ff @(posedge clk) q <= d;
`endif
