// A synchronous FIFO, in Verilog-2005 with a header of the old style.
module fifo (clk, rst_n, wr_en, wr_data, rd_en, rd_data, full, empty);
  parameter WIDTH = 8;
  parameter DEPTH = 16;
  localparam ADDR = $clog2(DEPTH);

  input              clk;
  input              rst_n;
  input              wr_en;
  input  [WIDTH-1:0] wr_data;
  input              rd_en;
  output [WIDTH-1:0] rd_data;
  output             full, empty;

  reg [WIDTH-1:0] mem [0:DEPTH-1];
  reg [ADDR:0] wr_ptr, rd_ptr;

  assign rd_data = mem[rd_ptr[ADDR-1:0]];
  assign full    = wr_ptr[ADDR] != rd_ptr[ADDR] && wr_ptr[ADDR-1:0] == rd_ptr[ADDR-1:0];
  assign empty   = wr_ptr == rd_ptr;

  always @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      wr_ptr <= 0;
      rd_ptr <= 0;
    end else begin
      if (wr_en && !full) begin
        mem[wr_ptr[ADDR-1:0]] <= wr_data;
        wr_ptr <= wr_ptr + 1'b1;
      end
      if (rd_en && !empty) rd_ptr <= rd_ptr + 1'b1;
    end
  end
endmodule
