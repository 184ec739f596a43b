// SPDX-License-Identifier: Apache-2.0
//
// Combinational ALU.
//
//   op        result
//   ALU_ADD   a + b
//   ALU_SUB   a - b
//   ALU_AND   a & b
//   ALU_OR    a | b
//   ALU_XOR   a ^ b
//   ALU_SLT   1 if a is less than b (signed), else 0
//
// `zero` is high when the result is 0.
module alu #(
  parameter int WIDTH = 32
) (
  input  alu_pkg::alu_op_t op,
  input  logic [WIDTH-1:0] a,
  input  logic [WIDTH-1:0] b,
  output logic [WIDTH-1:0] result,
  output logic             zero
);

  always_comb begin
    result = '0;
    case (op)
      alu_pkg::ALU_ADD: result = a + b;
      alu_pkg::ALU_SUB: result = a - b;
      alu_pkg::ALU_AND: result = a & b;
      
    endcase
  end

  assign zero = (result == '0);

endmodule
