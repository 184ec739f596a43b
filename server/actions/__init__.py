"""Edits and facts that follow from the project alone: no model is asked, nothing is guessed."""
