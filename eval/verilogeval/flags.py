"""How both versions call Icarus Verilog."""

FLAGS = ("-Wall", "-Winfloop", "-Wno-timescale", "-g2012", "-s", "tb")
TIMEOUT_S = 30.0
STOP_AFTER = 256
"""Comparisons after which a simulation that already has a mismatch is ended, unless all are to be counted."""
