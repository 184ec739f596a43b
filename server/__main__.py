"""`python -m rtlwright.server` is the command line."""

from rtlwright.server.cli import main

main()
