"""Command-line values checked where they are read."""

from argparse import ArgumentParser, ArgumentTypeError

from catalog.descriptors import DEFAULT


def positive_int(text: str) -> int:
    """Read a whole number above zero; raises `ArgumentTypeError` for anything else."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return number


def whole_number(text: str) -> int:
    """Read a whole number, zero included; raises `ArgumentTypeError` for anything else."""
    return 0 if text == "0" else positive_int(text)


def add_descriptor_argument(parser: ArgumentParser) -> None:
    """Add `--descriptor NAME`; what is not declared is refused where it is looked up."""
    parser.add_argument(
        "--descriptor",
        default=DEFAULT,
        metavar="NAME",
        help="such as fc6, lite0 or rmac-lite0, or one that the setting SIS_DESCRIPTORS declares; "
        "default: %(default)s",
    )
