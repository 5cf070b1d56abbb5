"""One rule for every name that comes from outside, and one way to show it. Pure.

A name is a path with slashes. Files, label files, run files, forms and addresses all bring names;
each is `canonical` before it is stored or compared, `folded` where letter case does not matter,
and `printable` before it is shown.
"""

import unicodedata

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
