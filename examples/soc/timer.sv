// SPDX-License-Identifier: Apache-2.0
//
// Periodic timer: counts up to a programmed limit, then raises a sticky interrupt and starts again.
module timer #(
  parameter logic [31:0] RESET_LIMIT = '1
) (
  input  logic        clk,
  input  logic        rst,
  input  logic        sel,
  input  logic        write,
  input  logic [3:0]  reg_addr,
  input  logic [31:0] wdata,
  output logic [31:0] rdata,
  output logic        irq
);

  logic        enabled;
  logic [31:0] limit;
  logic [31:0] value;
  logic        expired;

  assign expired = enabled && (value == limit);

  always_ff @(posedge clk) begin
    if (rst) begin
      enabled <= 1'b0;
      limit   <= RESET_LIMIT;
    end else if (sel && write) begin
      if (reg_addr == soc_pkg::REG_CTRL) enabled <= wdata[0];
      if (reg_addr == soc_pkg::REG_VALUE) limit <= wdata;
    end
  end

  always_ff @(posedge clk) begin
    if (rst || expired) begin
      value <= '0;
    end else if (enabled) begin
      value <= value + 1'b1;
    end
  end

  // Sticky until software writes the status register.
  always_ff @(posedge clk) begin
    if (rst) begin
      irq <= 1'b0;
    end else if (expired) begin
      irq <= 1'b1;
    end else if (sel && write && reg_addr == soc_pkg::REG_STATUS) begin
      irq <= 1'b0;
    end
  end

  always_comb begin
    case (reg_addr)
      soc_pkg::REG_CTRL:   rdata = 32'(enabled);
      soc_pkg::REG_VALUE:  rdata = value;
      soc_pkg::REG_STATUS: rdata = 32'(irq);
      default:    rdata = '0;
    endcase
  end

endmodule
