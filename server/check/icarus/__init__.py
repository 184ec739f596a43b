"""Icarus Verilog: which one, how it runs, what it says, what proves that it came to its end."""
