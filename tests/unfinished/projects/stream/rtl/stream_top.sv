// The top: lanes behind a latch that holds the enable.
module stream_top (
  input  logic            clk,
  input  logic            rst,
  input  logic            enable,
  input  logic [3:0]      valid,
  input  logic [3:0][7:0] data,
  output logic [31:0]     sum,
  output logic            done
);
  logic [3:0][31:0] words;
  logic             held;
  (* keep = "true" *) logic [31:0] total;

  always_latch begin
    if (!clk) held = enable;
  end

  lanes #(
    .COUNT(4),
    .SWAP (1'b1)
  ) u_lanes (
    .clk,
    .rst,
    .valid   (valid & {4{held}}),
    .data    (data),
    .words   (words),
    .all_full(done)
  );

  always_comb begin
    total = 32'd0;
    foreach (words[i]) begin
      total = total + words[i];
    end
  end

  assign sum = total;
endmodule
