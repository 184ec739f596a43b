// The packages first, then what uses them.
+incdir+include
+define+STREAM_CHECKS
rtl/stream_pkg.sv
rtl/stream_if.sv
rtl/packer.sv
rtl/lanes.sv
rtl/stream_top.sv
