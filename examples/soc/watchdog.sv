// SPDX-License-Identifier: Apache-2.0
//
// Watchdog: a timer whose interrupt, left alone for one clock, resets the system.
module watchdog (
  input  logic        clk,
  input  logic        rst,
  input  logic        sel,
  input  logic        write,
  input  logic [3:0]  reg_addr,
  input  logic [31:0] wdata,
  output logic [31:0] rdata,
  output logic        system_rst
);

  logic irq;

  timer #(
    .RESET_LIMIT(32'd1_000_000)
  ) u_timer (
    .clk     (clk),
    .rst     (rst),
    .sel     (sel),
    
  );

  always_ff @(posedge clk) begin
    if (rst) begin
      system_rst <= 1'b0;
    end else begin
      system_rst <= irq;
    end
  end

endmodule
