// One lane: a beat with valid and ready.
interface stream_if #(
  parameter int WIDTH = 8
) (
  input logic clk
);
  logic             valid;
  logic             ready;
  logic [WIDTH-1:0] data;

  modport source (input clk, input ready, output valid, output data);
  modport sink (input clk, output ready, input valid, input data);
endinterface
