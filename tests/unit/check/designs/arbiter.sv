module arbiter #(parameter int N = 4) (
  input  logic         clk,
  input  logic         rst_n,
  input  logic [N-1:0] req,
  output logic [N-1:0] grant,
  output logic         any
);
  logic [N-1:0] mask, masked, pick_masked, pick_all;

  assign masked      = req & mask;
  assign pick_masked = masked & (~masked + 1'b1);
  assign pick_all    = req & (~req + 1'b1);
  assign grant       = (masked != '0) ? pick_masked : pick_all;
  assign any         = |req;

  always_ff @(posedge clk or negedge rst_n)
    if (!rst_n)
      mask <= '1;
    else if (any)
      mask <= ~((grant - 1'b1) | grant);

  // synthesis translate_off
  initial begin
    if (N < 2) $display("arbiter: %0d requesters is no arbitration", N);
  end
  // synthesis translate_on
endmodule
