// SPDX-License-Identifier: Apache-2.0
//
// Serial-in, parallel-out shift register with parallel load. Verilog-2005.
module shift_register (
  input            clk,
  input            rst,
  input            load,
  input      [7:0] data_in,
  input            shift_en,
  input            serial_in,
  output reg [7:0] q
);

  always @(posedge clk) begin
    if (rst)
      q <= 8'd0;
    else if (load)
      q <= data_in;
    else if (shift_en)
      // shift left, serial_in enters at bit 0
      
  end

endmodule
