"""The confined worker: what it holds of a project and how it answers."""
