`define IDLE  2'd0
`define START 2'd1
`define DATA  2'd2
`define STOP  2'd3
`define NEXT_BIT(x) ((x) + 3'd1)

module uart_tx (clk, rst, start, data, tx, busy);
  parameter CLKS = 16;
  input clk, rst, start;
  input [7:0] data;
  output tx, busy;
  reg tx;
  reg [1:0] state;
  reg [7:0] shift;
  reg [2:0] index;
  reg [7:0] count;

  assign busy = (state != `IDLE);

`ifdef FAST_UART
  wire tick = 1'b1;
`else
  wire tick = (count == CLKS - 1);
`endif

  always @(posedge clk) begin
    if (rst)
      count <= 0;
    else if (tick)
      count <= 0;
    else
      count <= count + 1;
  end

  always @(posedge clk) begin
    if (rst) begin
      state <= `IDLE;
      tx <= 1'b1;
      index <= 0;
      shift <= 8'h00;
    end else begin
      case (state)
        `IDLE: begin
          tx <= 1'b1;
          if (start) begin
            shift <= data;
            state <= `START;
          end
        end
        `START: if (tick) begin
          tx <= 1'b0;
          state <= `DATA;
        end
        `DATA: if (tick) begin
          tx <= shift[index];
          index <= `NEXT_BIT(index);
          if (index == 3'd7)
            state <= `STOP;
        end
        `STOP: if (tick) begin
          tx <= 1'b1;
          state <= `IDLE;
        end
      endcase
    end
  end
endmodule
