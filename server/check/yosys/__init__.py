"""Yosys: designs kept, jobs forked from them, what it complains of."""
