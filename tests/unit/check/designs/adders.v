`timescale 1ns / 1ps
`default_nettype none

module half_adder (
  input  wire a,
  input  wire b,
  output wire s,
  output wire c
);
  assign s = a ^ b;
  assign c = a & b;
endmodule

module full_adder (
  input  wire a,
  input  wire b,
  input  wire cin,
  output wire s,
  output wire cout
);
  wire s0, c0, c1;
  half_adder u_first (.a(a), .b(b), .s(s0), .c(c0));
  half_adder u_second (.a(s0), .b(cin), .s(s), .c(c1));
  or u_or (cout, c0, c1);
endmodule

module ripple #(parameter N = 4) (
  input  wire [N-1:0] a,
  input  wire [N-1:0] b,
  input  wire         cin,
  output wire [N-1:0] sum,
  output wire         cout
);
  wire [N:0] carry;
  assign carry[0] = cin;
  assign cout = carry[N];

  genvar i;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_bit
      full_adder u_fa (
        .a    (a[i]),
        .b    (b[i]),
        .cin  (carry[i]),
        .s    (sum[i]),
        .cout (carry[i+1])
      );
    end
  endgenerate
endmodule

`default_nettype wire
