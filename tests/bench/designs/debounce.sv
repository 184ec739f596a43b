// Debounces one button: the output follows the input once that has been stable for 2**BITS cycles.
module debounce #(
    parameter int BITS = 4
) (
    input  logic clk,
    input  logic rst,
    input  logic button,
    output logic pressed,
    output logic toggled
);
    logic [1:0]      sync;
    logic [BITS-1:0] count;

    wire stable = sync[1] == pressed;

    always_ff @(posedge clk) begin
        if (rst) begin
            sync    <= 2'b00;
            count   <= '0;
            pressed <= 1'b0;
            toggled <= 1'b0;
        end else begin
            sync    <= {sync[0], button};
            count   <= stable ? '0 : count + 1'b1;
            toggled <= &count & ~stable;
            if (&count) pressed <= sync[1];
        end
    end
endmodule
