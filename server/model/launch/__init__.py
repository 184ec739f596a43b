"""vLLM as a supervised child of `rtlwright serve --model`: which flags, which process, which adapters."""
