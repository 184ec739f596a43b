"""Completion in real repositories: sources alone and together, against simple baselines."""
