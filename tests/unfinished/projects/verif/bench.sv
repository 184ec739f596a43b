`timescale 1ns / 1ps

module bench;
  import score_pkg::*;

  logic       clk;
  logic [7:0] a, b;
  logic [7:0] sum;
  logic       carry;
  int         tries [4];
  score       board;

  adder dut (.a, .b, .sum, .carry);

  always #5 clk = ~clk;

  initial begin
    clk   = 1'b0;
    board = new();
    fork
      begin
        #100 $display("late");
      end
      begin
        repeat (10) @(posedge clk);
      end
    join_any
    disable fork;
    foreach (tries[i]) tries[i] = i;
    for (int n = 0; n < 4; n++) begin
      a = n[7:0];
      b = 8'(n * 3);
      #1 board.check(int'(sum), int'(a) + int'(b));
      if (n == 3) break;
    end
    board.report();
    $finish;
  end

  property no_carry;
    @(posedge clk) disable iff (a > 8'd200) !carry;
  endproperty

  assert property (no_carry) else $error("carry");
endmodule
