"""Command-line values checked where they are read."""

from argparse import ArgumentTypeError


def positive_int(text: str) -> int:
    """Read a whole number above zero; raises `ArgumentTypeError` for anything else."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return number
