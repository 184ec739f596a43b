"""VerilogEval: Liu et al. 2023 (v1) and Pinckney et al. 2024 (v2), with their harnesses' verdicts."""
