module timer (input clk, input rst, input [7:0] limit, output reg hit);
  reg [7:0] count;
  always @(posedge clk)
    if (rst) begin
      count <= 8'd0;
      hit <= 1'b0;
    end else begin
      hit <= (count == limit);
      count <= (count == limit) ? 8'd0 : count + 8'd1;
    end
endmodule

module timer_tb;
  reg clk, rst;
  reg [7:0] limit;
  wire hit;
  integer hits;

  timer dut (.clk(clk), .rst(rst), .limit(limit), .hit(hit));

  always #5 clk = ~clk;

  initial begin
    clk = 0;
    rst = 1;
    limit = 8'd3;
    hits = 0;
    #12 rst = 0;
    repeat (40) begin
      @(posedge clk);
      #1 if (hit) hits = hits + 1;
    end
    if (hits < 5) $display("FAIL: only %0d hits", hits);
    else $display("PASS");
    $finish;
  end
endmodule
