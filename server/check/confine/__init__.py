"""Walls around everything that reads hostile text: sandboxes, limits, children that end."""
