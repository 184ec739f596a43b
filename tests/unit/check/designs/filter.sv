// Moving average: café-quality comments in UTF-8 — ≥ 2 taps.
module filter #(
  parameter int TAPS = 4,
  parameter int W = 12,
  localparam int SW = W + $clog2(TAPS)
) (
  input  logic                clk,
  input  logic                rst,
  input  logic                in_valid,
  input  logic signed [W-1:0] sample,
  output logic signed [W-1:0] average,
  output logic                out_valid
);
  logic signed [W-1:0] delay [0:TAPS-1];
  logic signed [SW-1:0] sum;
  integer k;

  always_ff @(posedge clk) begin
    if (rst) begin
      for (k = 0; k < TAPS; k = k + 1)
        delay[k] <= '0;
      sum <= '0;
      out_valid <= 1'b0;
    end else begin
      out_valid <= in_valid;
      if (in_valid) begin
        delay[0] <= sample;
        for (k = 1; k < TAPS; k = k + 1)
          delay[k] <= delay[k-1]; // naïve shift
        sum <= sum + SW'(sample) - SW'(delay[TAPS-1]);
      end
    end
  end

  assign average = sum[SW-1 -: W];
endmodule
