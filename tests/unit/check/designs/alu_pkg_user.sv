package alu_pkg;
  parameter int WIDTH = 16;
  typedef enum logic [2:0] {
    OP_ADD = 3'd0,
    OP_SUB = 3'd1,
    OP_AND = 3'd2,
    OP_OR  = 3'd3,
    OP_XOR = 3'd4,
    OP_SHL = 3'd5
  } op_t;
  typedef struct packed {
    logic zero;
    logic negative;
    logic carry;
  } flags_t;

  function automatic logic parity(input logic [WIDTH-1:0] value);
    parity = ^value;
  endfunction
endpackage

module alu
  import alu_pkg::*;
(
  input  logic             clk,
  input  op_t              op,
  input  logic [WIDTH-1:0] a,
  input  logic [WIDTH-1:0] b,
  output logic [WIDTH-1:0] result,
  output flags_t           flags,
  output logic             odd
);
  logic [WIDTH:0] wide;

  always_comb begin
    wide = '0;
    case (op)
      OP_ADD: wide = {1'b0, a} + {1'b0, b};
      OP_SUB: wide = {1'b0, a} - {1'b0, b};
      OP_AND: wide[WIDTH-1:0] = a & b;
      OP_OR:  wide[WIDTH-1:0] = a | b;
      OP_XOR: wide[WIDTH-1:0] = a ^ b;
      OP_SHL: wide[WIDTH-1:0] = a << b[3:0];
      default: wide = '0;
    endcase
  end

  always_ff @(posedge clk) begin
    result         <= wide[WIDTH-1:0];
    flags.zero     <= (wide[WIDTH-1:0] == '0);
    flags.negative <= wide[WIDTH-1];
    flags.carry    <= wide[WIDTH];
  end

  assign odd = parity(result);
endmodule
