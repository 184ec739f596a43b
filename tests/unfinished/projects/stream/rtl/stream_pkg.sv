// Types that all of the stream's modules share.
package stream_pkg;

  parameter int BYTE = 8;
  localparam int WORD = 4 * BYTE;

  typedef logic [7:0]  byte_t;
  typedef logic [31:0] word_t;

  typedef enum logic [1:0] {
    IDLE  = 2'd0,
    HEAD  = 2'd1,
    BODY  = 2'd2,
    TAIL  = 2'd3
  } phase_t;

  typedef struct packed {
    logic       first;
    logic       last;
    logic [7:0] data;
  } beat_t;

  typedef union packed {
    logic [31:0]     word;
    logic [3:0][7:0] bytes;
  } view_t;

  /* The parity of a byte, odd. */
  function automatic logic parity(input byte_t value);
    logic found;
    found = 1'b1;
    for (int i = 0; i < BYTE; i++) begin
      found = found ^ value[i];
    end
    return found;
  endfunction

  function automatic word_t swapped(word_t value);
    return {value[7:0], value[15:8], value[23:16], value[31:24]};
  endfunction

endpackage
