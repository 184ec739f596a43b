// SPDX-License-Identifier: Apache-2.0
//
// Two-entry skid buffer: cuts the ready path between two pipeline stages at full throughput.
module skid_buffer #(
  parameter int WIDTH = 32
) (
  input  logic             clk,
  input  logic             rst,
  input  logic             in_valid,
  output logic             in_ready,
  input  logic [WIDTH-1:0] in_data,
  output logic             out_valid,
  input  logic             out_ready,
  output logic [WIDTH-1:0] out_data
);

  logic             skid_valid;
  logic [WIDTH-1:0] skid_data;

  assign in_ready  = !skid_valid;
  assign out_valid = in_valid || skid_valid;
  assign out_data  = skid_valid ? skid_data : in_data;

  // The word that arrived while the consumer stalled waits here.
  always_ff @(posedge clk) begin
    if (rst) begin
      skid_valid <= 1'b0;
    end else begin
      skid_valid <= out_valid && !out_ready;
    end
  end

  always_ff @(posedge clk) begin
    if (in_valid && in_ready) begin
      skid_data <= in_data;
    end
  end

endmodule
