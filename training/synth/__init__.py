"""Verified synthetic triples: specification, module, testbench."""
