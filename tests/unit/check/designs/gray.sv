module gray #(
  parameter int N = 8,
  parameter bit USE_REG = 1
) (
  input  logic         clk,
  input  logic [N-1:0] bin,
  output logic [N-1:0] code,
  output logic [N-1:0] back
);
  logic [N-1:0] g;

  function automatic logic [N-1:0] to_gray(input logic [N-1:0] b);
    to_gray = b ^ (b >> 1);
  endfunction

  task automatic unused_shift(input logic [N-1:0] x, output logic [N-1:0] y);
    begin
      y = x << 1;
    end
  endtask

  assign g = to_gray(bin);

  generate
    if (USE_REG) begin : g_reg
      always_ff @(posedge clk) code <= g;
    end else begin : g_comb
      assign code = g;
    end
  endgenerate

  always_comb begin
    for (int i = 0; i < N; i++) begin
      back[i] = ^(code >> i);
    end
  end
endmodule
