module uart_tx
  import soc_pkg::*;
#(
  parameter int unsigned DIVIDER = 16,
  parameter type word_t = byte_t
) (
  input  logic  clk,
  input  logic  rst_n,
  input  logic  start_i,
  input  word_t data_i,
  output logic  txd_o,
  output logic  busy_o
);
  localparam int unsigned COUNT_BITS = $clog2(DIVIDER);

  tx_state_e state, state_next;
  logic [COUNT_BITS-1:0] count;
  logic [2:0] bit_index;

  always_ff @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      state <= ST_IDLE;
      count <= '0;
    end else begin
      state <= state_next;
      count <= count + 1'b1;
    end
  end

  always_comb begin
    state_next = state;
    case (state)
      ST_IDLE: if (start_i) state_next = ST_START;
      ST_START: state_next = ST_DATA;
      ST_DATA: if (bit_index == 3'd7) state_next = ST_STOP;
      default: state_next = ST_IDLE;
    endcase
  end

  assign bit_index = count[2:0];
  assign txd_o = state == ST_DATA ? data_i[bit_index] : state != ST_START;
  assign busy_o = state != ST_IDLE;
endmodule
