// SPDX-License-Identifier: Apache-2.0
//
// Traffic light of a main road that a side road interrupts: the side road gets green only when a
// car waits, and both roads see all red between two phases.
module traffic_light #(
  parameter int GREEN_TICKS  = 20,
  parameter int YELLOW_TICKS = 4
) (
  input  logic       clk,
  input  logic       rst,
  input  logic       tick,
  input  logic       car_waiting,
  output logic [2:0] main_lights,
  output logic [2:0] side_lights
);

  localparam logic [2:0] RED    = 3'b100;
  localparam logic [2:0] YELLOW = 3'b010;
  localparam logic [2:0] GREEN  = 3'b001;

  typedef enum logic [2:0] {
    MAIN_GREEN,
    MAIN_YELLOW,
    ALL_RED,
    SIDE_GREEN,
    SIDE_YELLOW
  } state_t;

  state_t     state;
  state_t     next_state;
  logic [7:0] timer;
  logic       green_over;
  logic       yellow_over;

  assign green_over  = (timer >= 8'(GREEN_TICKS - 1));
  assign yellow_over = (timer >= 8'(YELLOW_TICKS - 1));

  always_ff @(posedge clk) begin
    if (rst) begin
      state <= MAIN_GREEN;
      timer <= '0;
    end else if (tick) begin
      state <= next_state;
      timer <= (state == next_state) ? timer + 1'b1 : '0;
    end
  end

  always_comb begin
    next_state = state;
    case (state)
      MAIN_GREEN: begin
        if (green_over && car_waiting) next_state = MAIN_YELLOW;
      end
      MAIN_YELLOW: begin
        if (yellow_over) next_state = ALL_RED;
      end
      
    endcase
  end

  always_comb begin
    main_lights = RED;
    side_lights = RED;
    case (state)
      MAIN_GREEN:  main_lights = GREEN;
      MAIN_YELLOW: main_lights = YELLOW;
      SIDE_GREEN:  side_lights = GREEN;
      SIDE_YELLOW: side_lights = YELLOW;
      default:     main_lights = RED;
    endcase
  end

endmodule
