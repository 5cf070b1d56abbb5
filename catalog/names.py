"""One rule for every name that comes from outside, and one way to show it. Pure.

A name is a path with slashes. Files, label files, run files, forms and addresses all bring names;
each is `canonical` before it is stored or compared, `folded` where letter case does not matter,
and `printable` before it is shown.
"""

import posixpath
import unicodedata
from collections.abc import Container

# Characters that a name may have; its folded form may be this many times as long.
LONGEST = 500
FOLDING_GROWS = 3

# Left out of names and escaped in output: they order or hide what stands around them.
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Joiners that words of some scripts, and pictographs, are written with.
JOINERS = frozenset("\u200c\u200d")


def canonical(name: str) -> str:
    """Return the name in composed letters (Unicode NFC), the form in which names are compared.

    macOS and some archives write decomposed letters, which look the same.
    """
    return unicodedata.normalize("NFC", name)


def folded(name: str) -> str:
    """Return what a search for names compares: composed letters without case, in any script."""
    return canonical(canonical(name).casefold())


def is_part(text: str) -> bool:
    """Tell whether `text` can be part of any name; databases refuse some of what cannot."""
    return "\0" not in text and len(text) <= FOLDING_GROWS * LONGEST


def plain_name(source_name: str) -> str:
    """Return the path of a file without extension: the name of its image, where that is free."""
    return posixpath.splitext(canonical(source_name))[0][:LONGEST]


def free_name(source_name: str, taken: Container[str]) -> str:
    """Return the name of a new image: its `plain_name`.

    With the extension where another file has that name already; with a number only for files
    whose paths are the same letters in other code points.
    """
    whole, name = canonical(source_name), plain_name(source_name)
    number = 1
    while name in taken:
        suffix = "" if number == 1 else f" ({number})"
        name = whole[: LONGEST - len(suffix)] + suffix
        number += 1
    return name


def printable(name: str) -> str:
    """Return a name as it can be written on any terminal, page, log and file, on one line.

    Control characters, line breaks, marks that turn the direction of text, and bytes that are no
    UTF-8 become escapes such as `\\x1b`, `\\u202e` or `\\udce9`; everything else stays.
    """
    return "".join(
        escape(letter)
        if unicodedata.category(letter) in INVISIBLE and letter not in JOINERS
        else letter
        for letter in name
    )


def escape(letter: str) -> str:
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")


def cell(text: str) -> str:
    """Return a text for a cell of a table that a spreadsheet opens: it is never a formula."""
    shown = printable(text)
    return f"'{shown}" if shown.lstrip().startswith(("=", "+", "-", "@")) else shown
