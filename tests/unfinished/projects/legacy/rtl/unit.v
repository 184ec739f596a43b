`include "defs.vh"
`timescale 1ns/1ps

// A data path in the old style: ports declared below the header.
module unit (clk, rst_n, op, a, b, y, flags, ready);
  parameter LIMIT = 1000;
  input clk, rst_n;
  input [2:0] op;
  input [`DATA_BITS-1:0] a, b;
  output [`DATA_BITS-1:0] y;
  output [1:0] flags;
  output ready;

  reg [`DATA_BITS-1:0] y, next;
  reg ready;
  wire [`DATA_BITS:0] sum;
  integer count;

  assign sum   = {1'b0, a} + {1'b0, b};
  assign flags = {sum[`DATA_BITS], y == 0};

  function [`DATA_BITS-1:0] reversed;
    input [`DATA_BITS-1:0] value;
    integer k;
    begin
      for (k = 0; k < `DATA_BITS; k = k + 1)
        reversed[k] = value[`DATA_BITS-1-k];
    end
  endfunction

  task clear;
    output [`DATA_BITS-1:0] what;
    begin
      what = 16'h0000;
      count = 0;
    end
  endtask

  always @(*) begin
    casez (op)
      `OP_LOAD:  next = a;
      `OP_ADD:   next = `SAT(sum[`DATA_BITS-1:0], LIMIT);
      `OP_SHIFT: next = op[0] ? a << 1 : a >> 1;
      `OP_CALL:  next = reversed(a);
      default:   next = {`DATA_BITS{1'bx}};
    endcase
  end

  always @(posedge clk or negedge rst_n)
    if (!rst_n) begin
      clear(y);
      ready <= 1'b0;
    end else begin
      y     <= next;
      ready <= 1'b1;
      count = count + 1;
    end

endmodule
