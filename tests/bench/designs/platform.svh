// Settings of the platform, shared by whoever includes them.
`ifndef PLATFORM_SVH
`define PLATFORM_SVH
`define PLATFORM_PINS 8
`define PLATFORM_FIFO 16
`endif
