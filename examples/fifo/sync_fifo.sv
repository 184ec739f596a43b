// SPDX-License-Identifier: Apache-2.0
//
// Synchronous FIFO: one clock, first-word fall-through, any power-of-two depth.
module sync_fifo #(
  parameter int WIDTH = 8,
  parameter int DEPTH = 16,
  localparam int AW   = $clog2(DEPTH)
) (
  input  logic             clk,
  input  logic             rst,
  input  logic             wr_en,
  input  logic [WIDTH-1:0] wr_data,
  input  logic             rd_en,
  output logic [WIDTH-1:0] rd_data,
  output logic             full,
  output logic             empty,
  output logic [AW:0]      count
);

  logic [WIDTH-1:0] mem [DEPTH];
  logic [AW-1:0]    wr_ptr;
  logic [AW-1:0]    rd_ptr;
  logic             wr_fire;
  logic             rd_fire;

  assign wr_fire = wr_en && !full;
  assign rd_fire = rd_en && !empty;
  assign full    = (count == (AW + 1)'(DEPTH));
  assign empty   = (count == '0);

  // Storage: written on a push, read without a clock.
  always_ff @(posedge clk) begin
    if (wr_fire) begin
      mem[wr_ptr] <= wr_data;
    end
  end

  assign rd_data = mem[rd_ptr];

  // Occupancy: unchanged when a push and a pop meet.
  always_ff @(posedge clk) begin
    if (rst) begin
      count <= '0;
    end else if (wr_fire && !rd_fire) begin
      count <= count + 1'b1;
    end else if (rd_fire && !wr_fire) begin
      count <= count - 1'b1;
    end
  end

  // Write pointer: advances with every accepted push.
  always_ff @(posedge clk) begin
    if (rst) begin
      wr_ptr <= '0;
    end else if (wr_fire) begin
      wr_ptr <= wr_ptr + 1'b1;
    end
  end

  // Read pointer: advances with every accepted pop.
  always_ff @(posedge clk) begin
    if (rst) begin
      rd_ptr <= '0;
    
