// SPDX-License-Identifier: Apache-2.0
//
// UART transmitter, 8N1: a byte goes out when `valid` meets `ready`.
module uart_tx #(
  parameter int CLOCK_HZ = 50_000_000,
  parameter int BAUD     = 115_200
) (
  input  logic       clk,
  input  logic       rst,
  input  logic       valid,
  output logic       ready,
  input  logic [7:0] data,
  output logic       txd
);

  localparam int DIVISOR = CLOCK_HZ / BAUD;

  typedef enum logic [1:0] {
    IDLE,
    START,
    DATA,
    STOP
  } state_t;

  state_t      state;
  logic [15:0] baud_count;
  logic        baud_tick;
  logic [2:0]  bit_index;
  logic [7:0]  shift;

  assign ready     = (state == IDLE);
  assign baud_tick = (baud_count == 16'(DIVISOR - 1));

  always_ff @(posedge clk) begin
    if (rst || ready || baud_tick) begin
      baud_count <= '0;
    end else begin
      baud_count <= baud_count + 1'b1;
    end
  end

  always_ff @(posedge clk) begin
    if (rst) begin
      state     <= IDLE;
      bit_index <= '0;
      shift     <= '0;
      txd       <= 1'b1;
    end else begin
      case (state)
        IDLE: begin
          txd <= 1'b1;
          if (valid) begin
            shift <= data;
            state <= START;
          end
        end
        START: begin
          txd <= 1'b0;
          if (baud_tick) state <= DATA;
        end
        DATA: begin
          txd <= shift[0];
          if (baud_tick) begin
            shift     <= {1'b1, shift[7:1]};
            bit_index <= bit_index + 1'b1;
            if (bit_index == 3'd7) state <= STOP;
          end
        end
        STOP: begin
          txd <= 1'b1;
          if (baud_tick) state <= IDLE;
        end
      endcase
    end
  end

endmodule
