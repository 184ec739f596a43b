// SPDX-License-Identifier: Apache-2.0
//
// What every block of the SoC agrees on: who answers to which address, and where the registers are.
package soc_pkg;

  // Each peripheral owns 4 KiB: the top nibble of an address names it.
  localparam logic [3:0] SEL_TIMER = 4'h0;
  localparam logic [3:0] SEL_GPIO  = 4'h1;
  localparam logic [3:0] SEL_UART  = 4'h2;

  // Register offsets, as word indices.
  localparam logic [3:0] REG_CTRL   = 4'h0;
  localparam logic [3:0] REG_VALUE  = 4'h1;
  localparam logic [3:0] REG_STATUS = 4'h2;

endpackage
