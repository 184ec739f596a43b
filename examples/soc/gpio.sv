// SPDX-License-Identifier: Apache-2.0
//
// General-purpose pins: an output register, and inputs behind a two-stage synchronizer.
module gpio #(
  parameter int PINS = 8
) (
  input  logic            clk,
  input  logic            rst,
  input  logic            sel,
  input  logic            write,
  input  logic [3:0]      reg_addr,
  input  logic [31:0]     wdata,
  output logic [31:0]     rdata,
  input  logic [PINS-1:0] pins_in,
  output logic [PINS-1:0] pins_out
);

  logic [PINS-1:0] meta;
  logic [PINS-1:0] sampled;

  always_ff @(posedge clk) begin
    meta    <= pins_in;
    sampled <= meta;
  end

  always_ff @(posedge clk) begin
    if (rst) begin
      pins_out <= '0;
    end else if (sel && write && reg_addr == soc_pkg::REG_VALUE) begin
      pins_out <= wdata[PINS-1:0];
    end
  end

  assign rdata = (reg_addr == soc_pkg::REG_STATUS) ? 32'(sampled) : 32'(pins_out);

endmodule
