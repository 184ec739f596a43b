"""What Verilog text is made of: tokens, what is open, which words, which modules."""
