// SPDX-License-Identifier: Apache-2.0
//
// up_counter: an 8-bit up counter count with enable en.
// Reset: rst, synchronous, active high; it clears count to 0.
// Inputs clk, rst, en; output count[7:0].
module up_counter (
  input logic clk,
  input logic rst,
  input logic en,
  output logic [7:0] count
);
  
endmodule
