"""Runs side by side: tables, differences, pictures."""
