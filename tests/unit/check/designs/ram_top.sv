module ram #(
  parameter int AW = 6,
  parameter int DW = 32
) (
  input  logic          clk,
  input  logic          we,
  input  logic [AW-1:0] addr,
  input  logic [DW-1:0] wdata,
  output logic [DW-1:0] rdata
);
  logic [DW-1:0] mem [0:(1<<AW)-1];

  always_ff @(posedge clk) begin
    if (we) mem[addr] <= wdata;
    rdata <= mem[addr];
  end
endmodule

module ram_top (
  input  logic        clk,
  input  logic        rst,
  input  logic [7:0]  addr,
  input  logic [31:0] wdata,
  input  logic        we,
  output logic [31:0] rdata
);
  logic [31:0] rdata_bank [0:3];
  logic [3:0]  we_bank;
  logic [1:0]  bank_q;

  always_comb begin
    we_bank = 4'b0000;
    we_bank[addr[7:6]] = we;
  end

  always_ff @(posedge clk) begin
    if (rst) bank_q <= 2'd0;
    else     bank_q <= addr[7:6];
  end

  for (genvar b = 0; b < 4; b++) begin : g_bank
    ram #(.AW(6), .DW(32)) u_ram (
      .clk   (clk),
      .we    (we_bank[b]),
      .addr  (addr[5:0]),
      .wdata (wdata),
      .rdata (rdata_bank[b])
    );
  end

  assign rdata = rdata_bank[bank_q];
endmodule
