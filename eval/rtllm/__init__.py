"""RTLLM: Lu et al. 2024, versions 1.1 and 2.0, with Icarus Verilog where its authors use VCS."""
