`include "stream_macros.svh"

// Several packers side by side, the slowest decides.
module lanes #(
  parameter int COUNT = `LANES,
  parameter bit SWAP = 1'b0,
  parameter int KIND = 1
) (
  input  logic                          clk,
  input  logic                          rst,
  input  logic [COUNT-1:0]              valid,
  input  logic [COUNT-1:0][7:0]         data,
  output logic [COUNT-1:0][31:0]        words,
  output logic                          all_full
);
  import stream_pkg::word_t;

  localparam int DEPTH = `MAX(COUNT, 2);

  logic [COUNT-1:0] full;
  word_t            raw [COUNT];
  logic [DEPTH-1:0] seen;

  genvar g;
  generate
    for (g = 0; g < COUNT; g = g + 1) begin : g_lane
      packer u_packer (
        .clk  (clk),
        .rst  (rst),
        .valid(valid[g]),
        .data (data[g]),
        .full (full[g]),
        .word (raw[g])
      );
      if (SWAP) begin : g_swap
        assign words[g] = stream_pkg::swapped(raw[g]);
      end else begin : g_plain
        assign words[g] = raw[g];
      end
    end

    case (KIND)
      0: assign all_full = |full;
      1: begin : g_and
        assign all_full = &full;
      end
      default: assign all_full = 1'b0;
    endcase
  endgenerate

  always_ff @(posedge clk) begin
    if (rst) begin
      seen <= '0;
    end else begin
      for (int i = 0; i < COUNT; i++) begin
        if (full[i]) seen[i] <= 1'b1;
      end
    end
  end

endmodule
