module adder #(
  parameter type T = logic [7:0]
) (
  input  T     a,
  input  T     b,
  output T     sum,
  output logic carry
);
  assign {carry, sum} = a + b;
endmodule
