// A class that keeps score, and a bench around it.
package score_pkg;

  class score;
    int seen;
    int wrong;

    function new();
      seen  = 0;
      wrong = 0;
    endfunction

    function void check(int got, int wanted);
      seen = seen + 1;
      if (got != wanted) begin
        wrong = wrong + 1;
      end
    endfunction

    task report();
      $display("%0d checked, %0d wrong", seen, wrong);
    endtask
  endclass

endpackage
