"""A test set of unfinished code: what the gate must let pass, and what it must not.

`make gate-report` prints the table; `report.py` states the rules by which a verdict is right or wrong.
"""
