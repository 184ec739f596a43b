// A serial port on a 32-bit register bus: transmitter, receiver, a queue for each direction, baud rate
// generator, parity, break detection and interrupts. Written for the benchmarks; it elaborates and synthesizes.
//
//   offset  register
//   0x00    DATA     write: byte to send; read: byte received, taken out of its queue
//   0x04    STATUS   what the queues and the line are doing; errors are cleared by writing ones
//   0x08    CONTROL  enables, parity, stop bits, loopback
//   0x0c    DIVIDER  clock cycles for a sixteenth of a bit, less one
//   0x10    MASK     which of the events raise the interrupt
//   0x14    LEVELS   bytes in the queues

module serial_port #(
    parameter QUEUE_BITS = 4,
    parameter DIVIDER    = 16'd26
) (
    input  wire        clk,
    input  wire        rst,

    // register bus
    input  wire        bus_select,
    input  wire        bus_write,
    input  wire [4:0]  bus_address,
    input  wire [31:0] bus_wdata,
    output reg  [31:0] bus_rdata,
    output reg         bus_ready,

    // the line
    input  wire        rxd,
    output wire        txd,
    input  wire        cts_n,
    output wire        rts_n,

    output wire        irq
);

    localparam [2:0] REG_DATA    = 3'd0,
                     REG_STATUS  = 3'd1,
                     REG_CONTROL = 3'd2,
                     REG_DIVIDER = 3'd3,
                     REG_MASK    = 3'd4,
                     REG_LEVELS  = 3'd5;

    localparam [2:0] TX_IDLE   = 3'd0,
                     TX_START  = 3'd1,
                     TX_DATA   = 3'd2,
                     TX_PARITY = 3'd3,
                     TX_STOP   = 3'd4;

    localparam [2:0] RX_IDLE   = 3'd0,
                     RX_START  = 3'd1,
                     RX_DATA   = 3'd2,
                     RX_PARITY = 3'd3,
                     RX_STOP   = 3'd4,
                     RX_BREAK  = 3'd5;

    // ------------------------------------------------------------------------------------------------
    // Registers
    // ------------------------------------------------------------------------------------------------

    reg        tx_enable;
    reg        rx_enable;
    reg        parity_enable;
    reg        parity_odd;
    reg        two_stop_bits;
    reg        loopback;
    reg        flow_control;
    reg [15:0] divider;
    reg [4:0]  irq_mask;

    wire [2:0] register   = bus_address[4:2];
    wire       bus_access = bus_select & ~bus_ready;
    wire       write      = bus_access & bus_write;
    wire       read       = bus_access & ~bus_write;

    always @(posedge clk) begin
        if (rst) begin
            tx_enable     <= 1'b0;
            rx_enable     <= 1'b0;
            parity_enable <= 1'b0;
            parity_odd    <= 1'b0;
            two_stop_bits <= 1'b0;
            loopback      <= 1'b0;
            flow_control  <= 1'b0;
            divider       <= DIVIDER;
            irq_mask      <= 5'd0;
        end else if (write) begin
            case (register)
                REG_CONTROL: begin
                    tx_enable     <= bus_wdata[0];
                    rx_enable     <= bus_wdata[1];
                    parity_enable <= bus_wdata[2];
                    parity_odd    <= bus_wdata[3];
                    two_stop_bits <= bus_wdata[4];
                    loopback      <= bus_wdata[5];
                    flow_control  <= bus_wdata[6];
                end
                REG_DIVIDER: divider  <= bus_wdata[15:0];
                REG_MASK:    irq_mask <= bus_wdata[4:0];
                default: ;
            endcase
        end
    end

    // ------------------------------------------------------------------------------------------------
    // Queues: memory, two pointers with a bit to spare
    // ------------------------------------------------------------------------------------------------

    localparam DEPTH = 1 << QUEUE_BITS;

    reg [7:0]          tx_queue [0:DEPTH-1];
    reg [7:0]          rx_queue [0:DEPTH-1];
    reg [QUEUE_BITS:0] tx_head, tx_tail;
    reg [QUEUE_BITS:0] rx_head, rx_tail;

    wire [QUEUE_BITS:0] tx_level = tx_head - tx_tail;
    wire [QUEUE_BITS:0] rx_level = rx_head - rx_tail;
    wire                tx_empty = tx_head == tx_tail;
    wire                rx_empty = rx_head == rx_tail;
    wire                tx_full  = tx_level[QUEUE_BITS];
    wire                rx_full  = rx_level[QUEUE_BITS];

    wire       tx_push = write && register == REG_DATA && !tx_full;
    wire       tx_pop;
    wire       rx_push;
    wire       rx_pop  = read && register == REG_DATA && !rx_empty;
    wire [7:0] tx_byte = tx_queue[tx_tail[QUEUE_BITS-1:0]];
    wire [7:0] rx_byte = rx_queue[rx_tail[QUEUE_BITS-1:0]];
    reg  [7:0] rx_shift;

    always @(posedge clk) begin
        if (tx_push)
            tx_queue[tx_head[QUEUE_BITS-1:0]] <= bus_wdata[7:0];
        if (rx_push)
            rx_queue[rx_head[QUEUE_BITS-1:0]] <= rx_shift;
    end

    always @(posedge clk) begin
        if (rst) begin
            tx_head <= 0;
            tx_tail <= 0;
            rx_head <= 0;
            rx_tail <= 0;
        end else begin
            if (tx_push) tx_head <= tx_head + 1'b1;
            if (tx_pop)  tx_tail <= tx_tail + 1'b1;
            if (rx_push) rx_head <= rx_head + 1'b1;
            if (rx_pop)  rx_tail <= rx_tail + 1'b1;
        end
    end

    // ------------------------------------------------------------------------------------------------
    // Baud rate: a tick for each sixteenth of a bit
    // ------------------------------------------------------------------------------------------------

    reg [15:0] baud_count;
    wire       tick = baud_count == 16'd0;

    always @(posedge clk) begin
        if (rst || tick)
            baud_count <= divider;
        else
            baud_count <= baud_count - 16'd1;
    end

    // ------------------------------------------------------------------------------------------------
    // Transmitter
    // ------------------------------------------------------------------------------------------------

    reg [2:0] tx_state;
    reg [3:0] tx_phase;
    reg [2:0] tx_bit;
    reg [7:0] tx_shift;
    reg       tx_parity;
    reg       tx_line;
    reg       tx_second_stop;

    wire tx_allowed = tx_enable && !(flow_control && cts_n);
    wire tx_next    = tick && tx_phase == 4'd15;

    assign tx_pop = tick && tx_state == TX_IDLE && tx_allowed && !tx_empty;
    assign txd    = loopback ? 1'b1 : tx_line;

    always @(posedge clk) begin
        if (rst) begin
            tx_state       <= TX_IDLE;
            tx_phase       <= 4'd0;
            tx_bit         <= 3'd0;
            tx_shift       <= 8'd0;
            tx_parity      <= 1'b0;
            tx_line        <= 1'b1;
            tx_second_stop <= 1'b0;
        end else if (tick) begin
            tx_phase <= tx_phase + 4'd1;
            case (tx_state)
                TX_IDLE: begin
                    tx_line  <= 1'b1;
                    tx_phase <= 4'd0;
                    if (tx_pop) begin
                        tx_shift  <= tx_byte;
                        tx_parity <= parity_odd ^ (^tx_byte);
                        tx_state  <= TX_START;
                    end
                end
                TX_START: begin
                    tx_line <= 1'b0;
                    tx_bit  <= 3'd0;
                    if (tx_next)
                        tx_state <= TX_DATA;
                end
                TX_DATA: begin
                    tx_line <= tx_shift[0];
                    if (tx_next) begin
                        tx_shift <= {1'b0, tx_shift[7:1]};
                        tx_bit   <= tx_bit + 3'd1;
                        if (tx_bit == 3'd7)
                            tx_state <= parity_enable ? TX_PARITY : TX_STOP;
                    end
                end
                TX_PARITY: begin
                    tx_line <= tx_parity;
                    if (tx_next)
                        tx_state <= TX_STOP;
                end
                TX_STOP: begin
                    tx_line <= 1'b1;
                    if (tx_next) begin
                        tx_second_stop <= two_stop_bits & ~tx_second_stop;
                        if (!two_stop_bits || tx_second_stop)
                            tx_state <= TX_IDLE;
                    end
                end
                default: tx_state <= TX_IDLE;
            endcase
        end
    end

    // ------------------------------------------------------------------------------------------------
    // Receiver: two stages against metastability, samples in the middle of each bit
    // ------------------------------------------------------------------------------------------------

    reg [1:0] rx_sync;
    reg [2:0] rx_state;
    reg [3:0] rx_phase;
    reg [2:0] rx_bit;
    reg       rx_parity;
    reg       rx_done;

    wire rx_line   = rx_sync[1];
    wire rx_sample = tick && rx_phase == 4'd7;

    assign rx_push = rx_done && !rx_full;
    assign rts_n   = flow_control && rx_level >= DEPTH - 2;

    always @(posedge clk) begin
        if (rst)
            rx_sync <= 2'b11;
        else
            rx_sync <= {rx_sync[0], loopback ? tx_line : rxd};
    end

    reg frame_error, parity_error, overrun, line_break;

    always @(posedge clk) begin
        if (rst) begin
            rx_state     <= RX_IDLE;
            rx_phase     <= 4'd0;
            rx_bit       <= 3'd0;
            rx_shift     <= 8'd0;
            rx_parity    <= 1'b0;
            rx_done      <= 1'b0;
            frame_error  <= 1'b0;
            parity_error <= 1'b0;
            overrun      <= 1'b0;
            line_break   <= 1'b0;
        end else begin
            rx_done <= 1'b0;
            if (write && register == REG_STATUS) begin
                frame_error  <= frame_error & ~bus_wdata[4];
                parity_error <= parity_error & ~bus_wdata[5];
                overrun      <= overrun & ~bus_wdata[6];
                line_break   <= line_break & ~bus_wdata[7];
            end
            if (rx_done && rx_full)
                overrun <= 1'b1;
            if (tick)
                rx_phase <= rx_phase + 4'd1;
            case (rx_state)
                RX_IDLE: begin
                    rx_phase <= 4'd0;
                    if (rx_enable && !rx_line)
                        rx_state <= RX_START;
                end
                RX_START: if (rx_sample) begin
                    rx_bit    <= 3'd0;
                    rx_parity <= parity_odd;
                    rx_state  <= rx_line ? RX_IDLE : RX_DATA;
                end
                RX_DATA: if (rx_sample) begin
                    rx_shift  <= {rx_line, rx_shift[7:1]};
                    rx_parity <= rx_parity ^ rx_line;
                    rx_bit    <= rx_bit + 3'd1;
                    if (rx_bit == 3'd7)
                        rx_state <= parity_enable ? RX_PARITY : RX_STOP;
                end
                RX_PARITY: if (rx_sample) begin
                    if (rx_parity != rx_line)
                        parity_error <= 1'b1;
                    rx_state <= RX_STOP;
                end
                RX_STOP: if (rx_sample) begin
                    rx_done <= rx_line;
                    if (rx_line)
                        rx_state <= RX_IDLE;
                    else if (rx_shift == 8'd0)
                        rx_state <= RX_BREAK;
                    else begin
                        frame_error <= 1'b1;
                        rx_state    <= RX_IDLE;
                    end
                end
                RX_BREAK: if (rx_line) begin
                    line_break <= 1'b1;
                    rx_state   <= RX_IDLE;
                end
                default: rx_state <= RX_IDLE;
            endcase
        end
    end

    // ------------------------------------------------------------------------------------------------
    // What is read, and the interrupt
    // ------------------------------------------------------------------------------------------------

    wire [7:0] status = {line_break, overrun, parity_error, frame_error, rx_full, rx_empty, tx_full, tx_empty};
    wire [4:0] events = {line_break, overrun, parity_error | frame_error, !rx_empty, tx_empty};

    always @(posedge clk) begin
        if (rst) begin
            bus_ready <= 1'b0;
            bus_rdata <= 32'd0;
        end else begin
            bus_ready <= bus_access;
            if (read) begin
                case (register)
                    REG_DATA:    bus_rdata <= {24'd0, rx_byte};
                    REG_STATUS:  bus_rdata <= {24'd0, status};
                    REG_CONTROL: bus_rdata <= {
                        25'd0, flow_control, loopback, two_stop_bits,
                        parity_odd, parity_enable, rx_enable, tx_enable
                    };
                    REG_DIVIDER: bus_rdata <= {16'd0, divider};
                    REG_MASK:    bus_rdata <= {27'd0, irq_mask};
                    REG_LEVELS:  bus_rdata <= {{(24 - QUEUE_BITS - 1){1'b0}}, rx_level, 3'd0, tx_level};
                    default:     bus_rdata <= 32'd0;
                endcase
            end
        end
    end

    assign irq = |(events & irq_mask);

endmodule
