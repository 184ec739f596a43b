// SPDX-License-Identifier: Apache-2.0
//
// One master, three peripherals: the top nibble of the address selects, the same nibble returns the data.
module bus_decoder (
  input  logic        req,
  input  logic [15:0] addr,
  output logic [31:0] rdata,
  output logic        timer_sel,
  input  logic [31:0] timer_rdata,
  output logic        gpio_sel,
  input  logic [31:0] gpio_rdata,
  output logic        uart_sel,
  input  logic [31:0] uart_rdata
);

  logic [3:0] target;

  assign target    = addr[15:12];
  assign timer_sel = req && (target == soc_pkg::SEL_TIMER);
  assign gpio_sel  = req && (target == soc_pkg::SEL_GPIO);
  assign uart_sel  = req && (target == soc_pkg::SEL_UART);

  always_comb begin
    case (target)
      soc_pkg::SEL_TIMER: rdata = timer_rdata;
      soc_pkg::SEL_GPIO:  rdata = gpio_rdata;
      soc_pkg::SEL_UART:  rdata = uart_rdata;
      default:   rdata = '0;
    endcase
  end

endmodule
