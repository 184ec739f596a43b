// SPDX-License-Identifier: Apache-2.0
//
// The SoC: a bus port, a timer, eight pins and a serial line.
module soc_top (
  input  logic        clk,
  input  logic        rst,
  input  logic        req,
  input  logic        write,
  input  logic [15:0] addr,
  input  logic [31:0] wdata,
  output logic [31:0] rdata,
  input  logic [7:0]  pins_in,
  output logic [7:0]  pins_out,
  output logic        txd,
  output logic        irq
);

  logic        timer_sel;
  logic [31:0] timer_rdata;
  logic        gpio_sel;
  logic [31:0] gpio_rdata;
  logic        uart_sel;
  logic [31:0] uart_rdata;
  logic [3:0]  reg_addr;
  logic        valid;
  logic        ready;
  logic [7:0]  data;

  assign reg_addr   = addr[5:2];
  assign valid      = uart_sel && write && (reg_addr == soc_pkg::REG_VALUE);
  assign data       = wdata[7:0];
  assign uart_rdata = 32'(ready);

  bus_decoder u_decoder (.*);

  timer u_timer (
    .clk     (clk),
    .rst     (rst),
    .sel     (timer_sel),
    .write   (write),
    .reg_addr(reg_addr),
    .wdata   (wdata),
    .rdata   (timer_rdata),
    .irq     (irq)
  );

  gpio #(
    .PINS(8)
  ) u_gpio (
    .clk     (clk),
    .rst     (rst),
    .sel     (gpio_sel),
    .write   (write),
    .reg_addr(reg_addr),
    .wdata   (wdata),
    .rdata   (gpio_rdata),
    .pins_in (pins_in),
    .pins_out(pins_out)
  );

  uart_tx #(
    .CLOCK_HZ(50_000_000),
    .BAUD    (115_200)
  ) u_uart_tx (

endmodule
