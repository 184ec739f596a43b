"""How the property tests draw.

`make test` draws the same examples each time, so a failure belongs to the change that brought it;
`make fuzz` draws others. Neither has hypothesis' deadline: the time that one example took says nothing
on a machine that does other work, too.
"""

from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("anew", deadline=None, print_blob=True)
settings.load_profile("same")
