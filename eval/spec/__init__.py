"""The project's own held-out specifications: what the model, the gate and the vote each contribute."""
