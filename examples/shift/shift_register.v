// SPDX-License-Identifier: Apache-2.0
//
// shift_register: an 8-bit shift register q with serial input serial_in that shifts left while shift_en is
// high: serial_in enters at the least significant bit.
// Reset: rst, synchronous, active high; it clears q to 0.
// Inputs clk, rst, shift_en, serial_in; output q[7:0].
module shift_register (
  input clk,
  input rst,
  input shift_en,
  input serial_in,
  output reg [7:0] q
);
  always @(posedge clk) begin
    if (rst) begin
      q <= 8'd0;
    end else if (shift_en) begin
      
    end
  end
endmodule
