// Sources of the example system, in compilation order.
+incdir+include
+define+SOC_DEBUG=1
-f rtl/rtl.f
tb/soc_tb.sv
