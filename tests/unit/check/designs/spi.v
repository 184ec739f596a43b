module spi (
	input            clk,
	input            rst,
	input      [7:0] din,
	input            go,
	input            miso,
	output reg       mosi,
	output           sclk,
	output reg [7:0] dout,
	output reg       done
);
	reg [3:0] bits;
	reg [7:0] sr;
	reg       phase;

	assign sclk = phase & (bits != 0);

	always @(posedge clk) begin : main
		if (rst) begin
			bits  <= 4'd0;
			phase <= 1'b0;
			done  <= 1'b0;
		end
		else begin
			done <= 1'b0;
			if (go && bits == 4'd0) begin
				sr    <= din;
				bits  <= 4'd8;
				phase <= 1'b0;
			end
			else if (bits != 4'd0) begin
				phase <= ~phase;
				if (!phase)
					mosi <= sr[7];
				else begin
					sr   <= {sr[6:0], miso};
					bits <= bits - 4'd1;
					if (bits == 4'd1) begin
						dout <= {sr[6:0], miso};
						done <= 1'b1;
					end
				end
			end
		end
	end
endmodule
