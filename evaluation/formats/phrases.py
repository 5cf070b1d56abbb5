"""Parts of sentences about files, as English texts that pages translate. Pure, no Django.

A `Problem` whose code is in `PHRASED` has one of these as its detail; `{other}` in it is filled
with the problem's `other`. So no library's own words ever stand inside a sentence.
"""

from enum import StrEnum


def gettext_noop(text: str) -> str:
    """Mark a text for translation, and return it as it is: the tools know this name."""
    return text


class Phrase(StrEnum):
    """What was found, or what was expected."""

    # Of any file
    CUT = gettext_noop("it ends too early")
    BYTE = gettext_noop("byte {other}")
    UTF16 = gettext_noop("it looks like UTF-16")
    TOO_DEEP = gettext_noop("it is nested too deeply")
    LONG_NUMBER = gettext_noop("it holds a number with far too many digits")
    REPEATED_KEY = gettext_noop("the key “{other}” occurs twice in one object")
    # Of JSON
    NOT_JSON = gettext_noop("something unexpected stands at column {other}")
    NO_NUMBER = gettext_noop("{other} is not a number")
    # Of archives
    NOT_GZIP = gettext_noop("it is not compressed with gzip")
    NOT_TAR = gettext_noop("what is compressed in it is not a whole tar archive")
    DAMAGED = gettext_noop("it is damaged")
    MANY_HEADERS = gettext_noop("it has too many global headers")
    # Of pickles
    NO_PICKLE = gettext_noop("something unexpected stands at byte {other}")
    MANY_STEPS = gettext_noop("it takes more than {other} steps to read")
    MANY_BYTES = gettext_noop("it unfolds to more than {other} bytes")
    MORE = gettext_noop("something follows after its end, at byte {other}")
    ODD_KEY = gettext_noop("a key of a dict is not a text, at byte {other}")
    ODD_ARRAY = gettext_noop(
        "an array's type, shape and data do not belong together, at byte {other}"
    )
    # Asked for by pickles
    ARRAY_TYPE = gettext_noop("a NumPy array of the type “{other}”")
    INSTANCE = gettext_noop("an instance of a class")
    ELSEWHERE = gettext_noop("an object that is kept outside of the file (persistent id)")
    REGISTERED = gettext_noop("entry {other} of the registry of extensions")
    BUFFER = gettext_noop("data that is kept outside of the file")
    # Expected in a document
    DOCUMENT = gettext_noop(
        "an object with the key “topics”, or with the keys “imlist”, “qimlist” and “gnd”"
    )
    LIST_OF_TOPICS = gettext_noop("a list of topics")
    OBJECT = gettext_noop("an object")
    TEXT = gettext_noop("a text")
    LIST_OF_NAMES = gettext_noop("a list of names")
    LIST_OF_NUMBERS = gettext_noop("a list of whole numbers")
    WHOLE_NUMBER = gettext_noop("a whole number")
    BOX = gettext_noop("four numbers x1, y1, x2, y2, or null")
    FINITE_BOX = gettext_noop("four finite numbers x1, y1, x2, y2, or null")


PHRASES = frozenset(str(phrase) for phrase in Phrase)
