// A queue in registers: first in, first out; the head is visible before it is taken.
module byte_queue #(
    parameter int WIDTH = 8,
    parameter int DEPTH = 16,
    localparam int AW   = $clog2(DEPTH)
) (
    input  logic             clk,
    input  logic             rst,
    input  logic             wr_en,
    input  logic [WIDTH-1:0] wr_data,
    input  logic             rd_en,
    output logic [WIDTH-1:0] rd_data,
    output logic             full,
    output logic             empty,
    output logic [AW:0]      count
);
    logic [WIDTH-1:0] slots [0:DEPTH-1];
    logic [AW:0]      head, tail;

    assign count   = tail - head;
    assign empty   = head == tail;
    assign full    = count[AW];
    assign rd_data = slots[head[AW-1:0]];

    always_ff @(posedge clk) begin
        if (wr_en && !full) slots[tail[AW-1:0]] <= wr_data;
    end

    always_ff @(posedge clk) begin
        if (rst) begin
            head <= '0;
            tail <= '0;
        end else begin
            if (wr_en && !full)  tail <= tail + 1'b1;
            if (rd_en && !empty) head <= head + 1'b1;
        end
    end
endmodule
