// A two-channel DMA controller: registers on a simple bus, descriptors in memory, one burst engine for
// each direction and a small buffer between them. Written for the benchmarks; it elaborates and synthesizes.
module stream_dma #(
    parameter int ADDR_WIDTH  = 32,
    parameter int DATA_WIDTH  = 32,
    parameter int DEPTH_LOG2  = 4,
    parameter int MAX_BURST   = 16
) (
    input  logic                    clk,
    input  logic                    rst_n,

    // registers
    input  logic                    reg_valid,
    input  logic                    reg_write,
    input  logic [5:0]              reg_addr,
    input  logic [31:0]             reg_wdata,
    output logic [31:0]             reg_rdata,
    output logic                    reg_ready,

    // memory, read side
    output logic                    rd_req,
    output logic [ADDR_WIDTH-1:0]   rd_addr,
    output logic [4:0]              rd_len,
    input  logic                    rd_grant,
    input  logic                    rd_valid,
    input  logic [DATA_WIDTH-1:0]   rd_data,
    input  logic                    rd_last,
    input  logic                    rd_error,

    // memory, write side
    output logic                    wr_req,
    output logic [ADDR_WIDTH-1:0]   wr_addr,
    output logic [4:0]              wr_len,
    input  logic                    wr_grant,
    output logic                    wr_valid,
    output logic [DATA_WIDTH-1:0]   wr_data,
    output logic                    wr_last,
    input  logic                    wr_ready,
    input  logic                    wr_error,

    output logic                    irq
);

    localparam int DEPTH = 1 << DEPTH_LOG2;

    // -- register map ----------------------------------------------------------------------------
    localparam logic [5:0] REG_CONTROL = 6'h00;
    localparam logic [5:0] REG_STATUS  = 6'h04;
    localparam logic [5:0] REG_SOURCE  = 6'h08;
    localparam logic [5:0] REG_TARGET  = 6'h0c;
    localparam logic [5:0] REG_LENGTH  = 6'h10;
    localparam logic [5:0] REG_STRIDE  = 6'h14;
    localparam logic [5:0] REG_MASK    = 6'h18;
    localparam logic [5:0] REG_COUNT   = 6'h1c;
    localparam logic [5:0] REG_SUM     = 6'h20;

    typedef enum logic [2:0] {
        RD_IDLE,
        RD_SPLIT,
        RD_REQUEST,
        RD_BURST,
        RD_DRAIN,
        RD_FAULT
    } read_state_t;

    typedef enum logic [2:0] {
        WR_IDLE,
        WR_COLLECT,
        WR_REQUEST,
        WR_BURST,
        WR_DONE,
        WR_FAULT
    } write_state_t;

    typedef struct packed {
        logic enable;
        logic start;
        logic abort;
        logic irq_enable;
        logic fixed_source;
        logic fixed_target;
        logic byte_swap;
        logic checksum;
    } control_t;

    control_t                 control;
    logic [ADDR_WIDTH-1:0]    source_base, target_base;
    logic [15:0]              length_words;
    logic [15:0]              stride;
    logic [3:0]               irq_mask;
    logic [3:0]               irq_pending;
    logic [31:0]              checksum;
    logic                     start_pulse, abort_pulse;

    read_state_t              read_state, read_next;
    write_state_t             write_state, write_next;
    logic [15:0]              read_left, write_left;
    logic [ADDR_WIDTH-1:0]    read_pointer, write_pointer;
    logic [4:0]               read_burst, write_burst;
    logic [4:0]               write_beat;
    logic                     read_done, write_done;
    logic                     read_fault, write_fault;

    // -- register writes -------------------------------------------------------------------------
    wire reg_hit_write = reg_valid & reg_write;

    always_ff @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            control      <= '0;
            source_base  <= '0;
            target_base  <= '0;
            length_words <= '0;
            stride       <= 16'd4;
            irq_mask     <= '0;
            start_pulse  <= 1'b0;
            abort_pulse  <= 1'b0;
        end else begin
            start_pulse <= 1'b0;
            abort_pulse <= 1'b0;
            if (reg_hit_write) begin
                case (reg_addr)
                    REG_CONTROL: begin
                        control     <= reg_wdata[7:0];
                        start_pulse <= reg_wdata[6];
                        abort_pulse <= reg_wdata[5];
                    end
                    REG_SOURCE:  source_base  <= reg_wdata[ADDR_WIDTH-1:0];
                    REG_TARGET:  target_base  <= reg_wdata[ADDR_WIDTH-1:0];
                    REG_LENGTH:  length_words <= reg_wdata[15:0];
                    REG_STRIDE:  stride       <= reg_wdata[15:0];
                    REG_MASK:    irq_mask     <= reg_wdata[3:0];
                    default: ;
                endcase
            end
        end
    end

    // -- register reads --------------------------------------------------------------------------
    always_comb begin
        reg_rdata = 32'd0;
        case (reg_addr)
            REG_CONTROL: reg_rdata = {24'd0, control};
            REG_STATUS:  reg_rdata = {20'd0, irq_pending, 1'b0, write_state, 1'b0, read_state};
            REG_SOURCE:  reg_rdata = 32'(source_base);
            REG_TARGET:  reg_rdata = 32'(target_base);
            REG_LENGTH:  reg_rdata = {16'd0, length_words};
            REG_STRIDE:  reg_rdata = {16'd0, stride};
            REG_MASK:    reg_rdata = {28'd0, irq_mask};
            REG_COUNT:   reg_rdata = {read_left, write_left};
            REG_SUM:     reg_rdata = checksum;
            default:     reg_rdata = 32'd0;
        endcase
    end

    assign reg_ready = reg_valid;

    // -- interrupts ------------------------------------------------------------------------------
    always_ff @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            irq_pending <= 4'd0;
        end else begin
            if (reg_hit_write && reg_addr == REG_STATUS)
                irq_pending <= irq_pending & ~reg_wdata[11:8];
            if (read_done)   irq_pending[0] <= 1'b1;
            if (write_done)  irq_pending[1] <= 1'b1;
            if (read_fault)  irq_pending[2] <= 1'b1;
            if (write_fault) irq_pending[3] <= 1'b1;
        end
    end

    wire irq_active = |(irq_pending & irq_mask);

    assign irq = control.irq_enable & irq_active;

    // -- buffer between the two engines ----------------------------------------------------------
    logic [DATA_WIDTH-1:0]  buffer [0:DEPTH-1];
    logic [DEPTH_LOG2:0]    fill_pointer, drain_pointer;
    logic                   push, pop;

    wire [DEPTH_LOG2:0] level  = fill_pointer - drain_pointer;
    wire                empty  = level == '0;
    wire                full   = level[DEPTH_LOG2];
    wire [DEPTH_LOG2:0] room   = (DEPTH_LOG2 + 1)'(DEPTH) - level;

    function automatic logic [DATA_WIDTH-1:0] swapped(input logic [DATA_WIDTH-1:0] word);
        for (int i = 0; i < DATA_WIDTH / 8; i++)
            swapped[i * 8 +: 8] = word[DATA_WIDTH - 8 - i * 8 +: 8];
    endfunction

    assign push = rd_valid && read_state == RD_BURST && !full;

    always_ff @(posedge clk) begin
        if (push)
            buffer[fill_pointer[DEPTH_LOG2-1:0]] <= control.byte_swap ? swapped(rd_data) : rd_data;
    end

    always_ff @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            fill_pointer  <= '0;
            drain_pointer <= '0;
        end else if (abort_pulse) begin
            fill_pointer  <= '0;
            drain_pointer <= '0;
        end else begin
            if (push) fill_pointer  <= fill_pointer + 1'b1;
            if (pop)  drain_pointer <= drain_pointer + 1'b1;
        end
    end

    // -- read engine -----------------------------------------------------------------------------
    wire [4:0] read_wanted = (read_left > 16'(MAX_BURST)) ? 5'(MAX_BURST) : 5'(read_left);

    always_comb begin
        read_next = read_state;
        unique case (read_state)
            RD_IDLE:    if (start_pulse && control.enable && length_words != 0) read_next = RD_SPLIT;
            RD_SPLIT:   if (room >= (DEPTH_LOG2 + 1)'(read_wanted)) read_next = RD_REQUEST;
            RD_REQUEST: if (rd_grant) read_next = RD_BURST;
            RD_BURST: begin
                if (rd_error)
                    read_next = RD_FAULT;
                else if (rd_valid && rd_last) begin
                    if (read_left == 16'(read_burst))
                        read_next = RD_DRAIN;
                    else
                        read_next = RD_SPLIT;
                end
            end
            RD_DRAIN:   if (empty) read_next = RD_IDLE;
            RD_FAULT:   if (abort_pulse) read_next = RD_IDLE;
            default:    read_next = RD_IDLE;
        endcase
        if (abort_pulse) read_next = RD_IDLE;
    end

    always_ff @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            read_state   <= RD_IDLE;
            read_left    <= '0;
            read_pointer <= '0;
            read_burst   <= '0;
            read_done    <= 1'b0;
            read_fault   <= 1'b0;
        end else begin
            read_state <= read_next;
            read_done  <= read_state == RD_DRAIN && empty;
            read_fault <= read_state == RD_BURST && rd_error;
            case (read_state)
                RD_IDLE: begin
                    read_left    <= length_words;
                    read_pointer <= source_base;
                end
                RD_SPLIT: read_burst <= read_wanted;
                RD_BURST: begin
                    if (rd_valid && rd_last) begin
                        read_left <= read_left - 16'(read_burst);
                        if (!control.fixed_source)
                            read_pointer <= read_pointer + ADDR_WIDTH'(stride) * ADDR_WIDTH'(read_burst);
                    end
                end
                default: ;
            endcase
        end
    end

    assign rd_req  = read_state == RD_REQUEST;
    assign rd_addr = read_pointer;
    assign rd_len  = read_burst;

    // -- write engine ----------------------------------------------------------------------------
    wire [4:0] write_wanted = (write_left > 16'(MAX_BURST)) ? 5'(MAX_BURST) : 5'(write_left);
    wire       write_beat_ok = write_state == WR_BURST && wr_ready && !empty;
    wire       write_last    = write_beat + 5'd1 == write_burst;

    always_comb begin
        write_next = write_state;
        unique case (write_state)
            WR_IDLE:    if (start_pulse && control.enable && length_words != 0) write_next = WR_COLLECT;
            WR_COLLECT: if (level >= (DEPTH_LOG2 + 1)'(write_wanted)) write_next = WR_REQUEST;
            WR_REQUEST: if (wr_grant) write_next = WR_BURST;
            WR_BURST: begin
                if (wr_error)
                    write_next = WR_FAULT;
                else if (write_beat_ok && write_last) begin
                    if (write_left == 16'(write_burst))
                        write_next = WR_DONE;
                    else
                        write_next = WR_COLLECT;
                end
            end
            WR_DONE:    write_next = WR_IDLE;
            WR_FAULT:   if (abort_pulse) write_next = WR_IDLE;
            default:    write_next = WR_IDLE;
        endcase
        if (abort_pulse) write_next = WR_IDLE;
    end

    always_ff @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            write_state   <= WR_IDLE;
            write_left    <= '0;
            write_pointer <= '0;
            write_burst   <= '0;
            write_beat    <= '0;
            write_done    <= 1'b0;
            write_fault   <= 1'b0;
        end else begin
            write_state <= write_next;
            write_done  <= write_state == WR_DONE;
            write_fault <= write_state == WR_BURST && wr_error;
            case (write_state)
                WR_IDLE: begin
                    write_left    <= length_words;
                    write_pointer <= target_base;
                end
                WR_COLLECT: begin
                    write_burst <= write_wanted;
                    write_beat  <= '0;
                end
                WR_BURST: begin
                    if (write_beat_ok) begin
                        write_beat <= write_beat + 5'd1;
                        if (write_last) begin
                            write_left <= write_left - 16'(write_burst);
                            if (!control.fixed_target)
                                write_pointer <= write_pointer + ADDR_WIDTH'(stride) * ADDR_WIDTH'(write_burst);
                        end
                    end
                end
                default: ;
            endcase
        end
    end

    assign pop      = write_beat_ok;
    assign wr_req   = write_state == WR_REQUEST;
    assign wr_addr  = write_pointer;
    assign wr_len   = write_burst;
    assign wr_valid = write_beat_ok;
    assign wr_data  = buffer[drain_pointer[DEPTH_LOG2-1:0]];
    assign wr_last  = write_beat_ok & write_last;

    // -- checksum over what was written: two running sums, folded --------------------------------
    logic [15:0] sum_low, sum_high;

    wire [16:0] low_carry  = {1'b0, sum_low} + {1'b0, wr_data[15:0]};
    wire [16:0] high_carry = {1'b0, sum_high} + {1'b0, wr_data[DATA_WIDTH-1 -: 16]};
    wire [15:0] low_folded  = low_carry[15:0] + {15'd0, low_carry[16]};
    wire [15:0] high_folded = high_carry[15:0] + {15'd0, high_carry[16]};

    always_ff @(posedge clk or negedge rst_n) begin
        if (!rst_n) begin
            sum_low  <= 16'd0;
            sum_high <= 16'd0;
        end else if (start_pulse) begin
            sum_low  <= 16'd0;
            sum_high <= 16'd0;
        end else if (pop && control.checksum) begin
            sum_low  <= low_folded;
            sum_high <= high_folded;
        end
    end

    assign checksum = {sum_high, sum_low};

endmodule
