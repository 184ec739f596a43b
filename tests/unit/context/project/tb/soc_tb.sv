module soc_tb;
  logic clk = 0;
  logic rst_n = 0;
  always #5 clk = !clk;

  soc_top dut (.clk, .rst_n, .push(1'b0), .push_data('0), .txd(), .full());

  initial begin
    #20 rst_n = 1;
    #100 $finish;
  end
endmodule
