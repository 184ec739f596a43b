package soc_pkg;
  localparam int unsigned FIFO_DEPTH = 16;

  typedef logic [7:0] byte_t;

  typedef enum logic [1:0] {
    ST_IDLE,
    ST_START,
    ST_DATA,
    ST_STOP
  } tx_state_e;

  typedef struct packed {
    logic  valid;
    byte_t data;
  } beat_t;

  function automatic int unsigned log2(int unsigned value);
    return $clog2(value);
  endfunction
endpackage
