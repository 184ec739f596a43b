// SPDX-License-Identifier: Apache-2.0
//
// Up counter with enable and synchronous reset.
module up_counter #(
  parameter int WIDTH = 8
) (
  input  logic             clk,
  input  logic             rst,
  input  logic             en,
  output logic [WIDTH-1:0] count,
  output logic             overflow
);

  // overflow is high while count is all ones
  assign overflow = &count;

  // count up by one while en is high, return to zero on reset
  
endmodule
