interface bus_if #(
  parameter int WIDTH = 32
) (
  input logic clk
);
  logic             valid;
  logic             ready;
  logic [WIDTH-1:0] data;

  modport source (output valid, data, input ready);
  modport sink (input valid, data, output ready);
endinterface
