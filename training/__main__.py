"""`python -m rtlwright.training` is `rtlwright train`."""

from rtlwright.training.cli import train

train(prog_name="rtlwright train")
