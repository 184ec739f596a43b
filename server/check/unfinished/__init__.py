"""Unfinished text: candidates fitted in, closed virtually, and which errors they are to blame for."""
