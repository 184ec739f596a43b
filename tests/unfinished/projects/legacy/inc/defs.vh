`define DATA_BITS 16
`define OP_LOAD   3'b000
`define OP_ADD    3'b001
`define OP_SHIFT  3'b01?
`define OP_CALL   3'b1??
`define SAT(x, top) ((x) > (top) ? (top) : (x))
