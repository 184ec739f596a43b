"""`python -m rtlwright.server` is the command line."""

from rtlwright.server.entry import main

main()
