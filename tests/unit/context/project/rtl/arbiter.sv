`include "soc_defs.svh"

module arbiter #(
  parameter int N = 2
) (
  input  logic         clk,
  input  logic         rst_n,
  input  logic [N-1:0] req,
  output logic [N-1:0] gnt,
  bus_if.source        bus
);
  logic [`BUS_WIDTH-1:0] total;

  `SOC_FF(total, total + gnt[0])

  generate
    for (genvar i = 0; i < N; i++) begin : g_grant
      assign gnt[i] = req[i] && !(|(req & ((1 << i) - 1)));
    end
  endgenerate

  assign bus.valid = |gnt;
  assign bus.data  = total;
endmodule
