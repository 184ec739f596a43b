`include "defs.vh"

// The chip's edge: buffers of the vendor's library, which no file of the project defines.
module board (
    input  wire        clk_pad,
    input  wire        rst_pad,
    input  wire [2:0]  op,
    input  wire [15:0] a,
    input  wire [15:0] b,
    output wire [15:0] y,
    output wire [3:0]  leds
);
    wire       clk;
    wire [1:0] flags;
    wire       ready;
    reg  [3:0] lit;

    BUFG u_clk (.I(clk_pad), .O(clk));

    unit u_unit (
        .clk   (clk),
        .rst_n (~rst_pad),
        .op    (op),
        .a     (a),
        .b     (b),
        .y     (y),
        .flags (flags),
        .ready (ready)
    );

    genvar i;
    generate
        for (i = 0; i < 4; i = i + 1) begin : leds_out
            OBUF #(.DRIVE(12)) u_led (.I(lit[i]), .O(leds[i]));
        end
    endgenerate

    always @(posedge clk)
    begin
        casex ({flags, ready})
            3'b1x1:  lit <= 4'b1000;
            3'bx11:  lit <= 4'b0100;
            default: lit <= {lit[2:0], ready};
        endcase
    end
endmodule
