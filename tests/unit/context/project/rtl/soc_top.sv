`include "soc_defs.svh"

module soc_top
  import soc_pkg::*;
(
  input  logic  clk,
  input  logic  rst_n,
  input  logic  push,
  input  byte_t push_data,
  output logic  txd,
  output logic  full
);
  logic       fifo_empty;
  byte_t      fifo_data;
  logic       tx_busy;
  logic       tx_start;
  logic [1:0] gnt;

  bus_if #(.WIDTH(`BUS_WIDTH)) bus (.clk(clk));

  fifo #(.WIDTH(8), .DEPTH(FIFO_DEPTH)) u_fifo (
    .clk     (clk),
    .rst_n   (rst_n),
    .wr_en   (push),
    .wr_data (push_data),
    .rd_en   (tx_start),
    .rd_data (fifo_data),
    .full    (full),
    .empty   (fifo_empty)
  );

  assign tx_start = !fifo_empty && !tx_busy;

  uart_tx u_tx (
    .clk     (clk),
    .rst_n   (rst_n),
    .start_i (tx_start),
    .data_i  (fifo_data),
    .txd_o   (txd),
    .busy_o  (tx_busy)
  );

  arbiter #(.N(2)) u_arbiter (
    .clk   (clk),
    .rst_n (rst_n),
    .req   ({push, tx_start}),
    .gnt   (gnt),
    .bus   (bus)
  );

  BUFG u_bufg (.I(clk), .O());

`ifdef SOC_DEBUG
  debug_probe u_probe (.clk(clk), .value(fifo_data));
`endif
endmodule
