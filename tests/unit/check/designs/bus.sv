interface simple_bus #(parameter int W = 8);
  logic [W-1:0] data;
  logic valid;
  logic ready;
  modport source (output data, output valid, input ready);
  modport sink (input data, input valid, output ready);
endinterface

module producer (
  input logic clk,
  input logic rst,
  simple_bus.source bus
);
  logic [7:0] count;
  assign bus.data = count;
  assign bus.valid = !rst;

  always_ff @(posedge clk) begin
    if (rst) count <= 8'd0;
    else if (bus.valid && bus.ready) count <= count + 8'd1;
  end
endmodule

module consumer (
  input logic clk,
  simple_bus.sink bus,
  output logic [7:0] last
);
  assign bus.ready = 1'b1;
  always_ff @(posedge clk) begin
    if (bus.valid) last <= bus.data;
  end
endmodule

module system (
  input logic clk,
  input logic rst,
  output logic [7:0] last
);
  simple_bus #(.W(8)) link ();
  producer u_producer (.clk(clk), .rst(rst), .bus(link.source));
  consumer u_consumer (.clk(clk), .bus(link.sink), .last(last));
endmodule
