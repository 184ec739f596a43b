// Windows line ends and tabs.
module divider #(
	parameter N = 4
) (
	input            clk,
	input            rst,
	input      [7:0] by,
	output reg       tick
);
	reg [7:0] left;

	wire zero = (left == 8'd0);

	initial $display("divider by %0d", N);

	always @(posedge clk) begin
		if (rst) begin
			left <= 8'd0;
			tick <= 1'b0;
		end else if (zero) begin
			left <= by;
			tick <= 1'b1;
		end else begin
			left <= left - 8'd1;
			tick <= 1'b0;
		end
	end
endmodule
