module decoder (
    input [31:0] instr,
    output reg [4:0] rd,
    output reg [4:0] rs1,
    output reg [31:0] imm,
    output reg is_load, is_store, is_branch, illegal
);
    wire [6:0] opcode = instr[6:0];
    wire [2:0] funct3 = instr[14:12];

    always @* begin
        rd = instr[11:7];
        rs1 = instr[19:15];
        imm = 32'd0;
        {is_load, is_store, is_branch, illegal} = 4'b0000;
        casez (opcode)
            7'b0000011: begin
                is_load = 1'b1;
                imm = {{20{instr[31]}}, instr[31:20]};
                case (funct3)
                    3'b000, 3'b001, 3'b010: illegal = 1'b0;
                    3'b100, 3'b101: begin
                        illegal = 1'b0;
                    end
                    default: illegal = 1'b1;
                endcase
            end
            7'b0100011: begin
                is_store = 1'b1;
                imm = {{20{instr[31]}}, instr[31:25], instr[11:7]};
            end
            7'b1100011: begin
                is_branch = 1'b1;
                imm = {{19{instr[31]}}, instr[31], instr[7], instr[30:25], instr[11:8], 1'b0};
                if (funct3 == 3'b010 || funct3 == 3'b011)
                    illegal = 1'b1;
            end
            7'b0?10111: imm = {instr[31:12], 12'd0};
            default: illegal = 1'b1;
        endcase
    end
endmodule
