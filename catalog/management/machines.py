"""What other programs read from a command's output."""

import json
from typing import Any, TextIO

from django.core.management.base import OutputWrapper

from catalog.names import printable


def as_json(value: Any, stream: TextIO | OutputWrapper) -> str:
    """Return a JSON document that `stream` can write: the same data in every encoding.

    Letters stay as they are, unless the stream lacks one of them, or one is hidden in a name and
    a terminal would act on it; then all are JSON's own escapes.
    """
    text = json.dumps(value, ensure_ascii=False, indent=1)
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=1)
    is_plain = all(line == printable(line) for line in text.split("\n"))
    return text if is_plain else json.dumps(value, indent=1)
