# packages first
soc_pkg.sv
bus_if.sv
fifo.v
uart_tx.sv
arbiter.sv
soc_top.sv
