`include "stream_macros.svh"

// Four bytes make a word.
module packer
  import stream_pkg::*;
#(
  parameter int DELAY = 0
) (
  input  logic  clk,
  input  logic  rst,
  input  logic  valid,
  input  byte_t data,
  output logic  full,
  output word_t word
);

  phase_t phase, next;
  view_t  view;
  beat_t  beat;
  byte_t  last;

  assign word       = view.word;
  assign full       = (phase == TAIL) && valid;
  assign beat.first = (phase == IDLE);
  assign beat.last  = full;
  assign beat.data  = data;

  `STREAM_REG(last, beat.data, clk, rst)

  always_comb begin
    next = phase;
    unique case (phase)
      IDLE: if (valid) next = HEAD;
      HEAD: begin
        if (valid) next = BODY;
      end
      BODY: if (valid) next = TAIL;
      default: if (valid) next = IDLE;
    endcase
  end

  always_ff @(posedge clk) begin
    if (rst) begin
      phase <= IDLE;
      view  <= '0;
    end else begin
      phase <= next;
      if (valid) begin
        view.word <= {data, view.word[31:8]};  // 𝛼 and é in a comment
      end
    end
  end

`ifdef STREAM_CHECKS
  logic odd;
  assign odd = parity(last);
`else
  wire odd = 1'b0;
`endif

endmodule
