module traffic (
  input  logic clk,
  input  logic rst,
  input  logic car,
  input  logic [3:0] timeout,
  output logic [2:0] main_light,
  output logic [2:0] side_light
);
  typedef enum logic [1:0] {MAIN_GREEN, MAIN_YELLOW, SIDE_GREEN, SIDE_YELLOW} state_t;
  state_t state, next;
  logic [3:0] timer;
  logic expired;

  assign expired = (timer == 4'd0);

  always_ff @(posedge clk) begin
    if (rst) begin
      state <= MAIN_GREEN;
      timer <= timeout;
    end else begin
      state <= next;
      if (state != next)
        timer <= timeout;
      else if (!expired)
        timer <= timer - 4'd1;
    end
  end

  always_comb begin
    next = state;
    case (state)
      MAIN_GREEN:  if (car && expired) next = MAIN_YELLOW;
      MAIN_YELLOW: if (expired) next = SIDE_GREEN;
      SIDE_GREEN: begin
        if (!car || expired)
          next = SIDE_YELLOW;
      end
      SIDE_YELLOW: if (expired) next = MAIN_GREEN;
      default: next = MAIN_GREEN;
    endcase
  end

  always_comb begin
    main_light = 3'b001;
    side_light = 3'b001;
    case (state)
      MAIN_GREEN:  main_light = 3'b100;
      MAIN_YELLOW: main_light = 3'b010;
      SIDE_GREEN:  side_light = 3'b100;
      SIDE_YELLOW: side_light = 3'b010;
      default: ;
    endcase
  end
endmodule
