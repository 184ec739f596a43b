// The top of the benchmarks' 17-file project: peripherals behind a decoder, a DMA engine, a buffered stream.
`include "platform.svh"

module platform (
    input  logic        clk,
    input  logic        rst,
    input  logic        req,
    input  logic        write,
    input  logic [15:0] addr,
    input  logic [31:0] wdata,
    output logic [31:0] rdata,
    input  logic [`PLATFORM_PINS-1:0] pins_in,
    output logic [`PLATFORM_PINS-1:0] pins_out,
    input  logic        rx_valid,
    input  logic [7:0]  rx_data,
    output logic        rx_ready,
    output logic        txd,
    output logic [2:0]  main_lights,
    output logic [2:0]  side_lights,
    output logic        mem_rd_req,
    output logic [31:0] mem_rd_addr,
    input  logic [31:0] mem_rd_data,
    input  logic        mem_rd_valid,
    output logic        mem_wr_valid,
    output logic [31:0] mem_wr_data,
    output logic        irq,
    output logic        system_rst
);
    localparam int FIFO = `PLATFORM_FIFO;

    logic        timer_sel, gpio_sel, uart_sel;
    logic [31:0] timer_rdata, gpio_rdata, uart_rdata, dma_rdata;
    logic        timer_irq, dma_irq, dma_ready, pressed;
    wire  [3:0]  reg_addr = addr[5:2];
    wire         uart_hit = uart_sel & write;

    bus_decoder u_decoder (
        .req(req), .addr(addr), .rdata(rdata),
        .timer_sel(timer_sel), .timer_rdata(timer_rdata),
        .gpio_sel(gpio_sel), .gpio_rdata(gpio_rdata),
        .uart_sel(uart_sel), .uart_rdata(uart_rdata)
    );

    timer u_timer (
        .clk(clk), .rst(rst), .sel(timer_sel), .write(write), .reg_addr(reg_addr),
        .wdata(wdata), .rdata(timer_rdata), .irq(timer_irq)
    );

    gpio #(.PINS(`PLATFORM_PINS)) u_gpio (
        .clk(clk), .rst(rst), .sel(gpio_sel), .write(write), .reg_addr(reg_addr),
        .wdata(wdata), .rdata(gpio_rdata), .pins_in(pins_in), .pins_out(pins_out)
    );

    debounce #(.BITS(4)) u_button (
        .clk(clk), .rst(rst), .button(pins_in[0]), .pressed(pressed), .toggled(system_rst)
    );

    // -- received bytes: buffered, then in a queue, then out on the serial line -------------------
    logic       skid_valid, fifo_full, fifo_empty, uart_ready;
    logic [7:0] skid_data, fifo_data;
    logic [4:0] fifo_count;
    wire        push = skid_valid & ~fifo_full;
    wire        pop  = uart_ready & ~fifo_empty;

    skid_buffer #(.WIDTH(8)) u_skid (
        .clk(clk), .rst(rst), .in_valid(rx_valid), .in_ready(rx_ready), .in_data(rx_data),
        .out_valid(skid_valid), .out_ready(~fifo_full), .out_data(skid_data)
    );

    byte_queue #(.WIDTH(8), .DEPTH(FIFO)) u_fifo (
        .clk(clk), .rst(rst), .wr_en(push), .wr_data(skid_data), .rd_en(pop),
        .rd_data(fifo_data), .full(fifo_full), .empty(fifo_empty), .count(fifo_count)
    );

    uart_tx #(.CLOCK_HZ(50_000_000), .BAUD(115_200)) u_uart (
        .clk(clk), .rst(rst), .valid(pop | uart_hit), .ready(uart_ready),
        .data(uart_hit ? wdata[7:0] : fifo_data), .txd(txd)
    );

    assign uart_rdata = {26'd0, fifo_count, uart_ready};

    // -- arithmetic -------------------------------------------------------------------------------
    logic [31:0]        sum;
    logic               sum_zero;
    logic signed [11:0] average;
    logic               average_valid;
    logic [7:0]         ticks, history;

    alu #(.WIDTH(32)) u_alu (
        .op(alu_pkg::ALU_ADD), .a(timer_rdata), .b(dma_rdata), .result(sum), .zero(sum_zero)
    );

    filter #(.TAPS(4), .W(12)) u_filter (
        .clk(clk), .rst(rst), .in_valid(rx_valid), .sample({4'd0, rx_data}),
        .average(average), .out_valid(average_valid)
    );

    up_counter u_ticks (.clk(clk), .rst(rst), .en(average_valid), .count(ticks));

    shift_register u_history (
        .clk(clk), .rst(rst), .shift_en(rx_valid), .serial_in(rx_data[0]), .q(history)
    );

    traffic_light #(.GREEN_TICKS(20), .YELLOW_TICKS(4)) u_lights (
        .clk(clk), .rst(rst), .tick(ticks[3]), .car_waiting(history[0]),
        .main_lights(main_lights), .side_lights(side_lights)
    );

    // -- memory -----------------------------------------------------------------------------------
    logic [3:0] grants;
    logic       granted;

    arbiter #(.N(4)) u_arbiter (
        .clk(clk), .rst_n(~rst), .req({2'd0, mem_rd_req, mem_wr_valid}), .grant(grants), .any(granted)
    );

    stream_dma #(.DEPTH_LOG2(4)) u_dma (
        .clk(clk), .rst_n(~rst),
        .reg_valid(req), .reg_write(write), .reg_addr(addr[5:0]), .reg_wdata(wdata),
        .reg_rdata(dma_rdata), .reg_ready(dma_ready),
        .rd_req(mem_rd_req), .rd_addr(mem_rd_addr), .rd_len(), .rd_grant(grants[1]),
        .rd_valid(mem_rd_valid), .rd_data(mem_rd_data), .rd_last(mem_rd_valid), .rd_error(1'b0),
        .wr_req(), .wr_addr(), .wr_len(), .wr_grant(grants[0]), .wr_valid(mem_wr_valid),
        .wr_data(mem_wr_data), .wr_last(), .wr_ready(granted), .wr_error(1'b0),
        .irq(dma_irq)
    );

    assign irq = timer_irq | dma_irq | (sum_zero & dma_ready & pressed);

endmodule
