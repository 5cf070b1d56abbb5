"""Run and judgement files in the formats of TREC's scoring program `trec_eval`. Pure, no Django.

A run line is `topic Q0 name rank score tag`, a judgement (qrels) line `topic 0 name level`, both
separated by blanks. A blank inside a name would make two columns of it, and a line break two lines,
so blanks, the percent sign and everything invisible are written as their UTF-8 bytes, such as `%20`
and `%25`, and read back from exactly these.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from catalog.names import INVISIBLE, JOINERS

from .names import entering, name_fault
from .problems import Findings, Problem, ProblemCode, RunFileError
from .texts import NotText, check_narrow, not_text

COLUMNS = 6

_TO_READ = re.compile(r"(?:%[0-9A-F]{2})+")
_LARGEST = float(np.finfo(np.float32).max)


def parse_run(data: bytes, file: str = "run") -> dict[str, tuple[str, ...]]:
    """Return topic to names, best first, of a run file's bytes; `file` names it in messages.

    The order is trec_eval's: by score, highest first, compared in single precision; ties by name,
    last in byte order first. The rank column and the order of lines have no influence. UTF-8, with
    or without a byte order mark; blank lines are skipped. Raises `RunFileError` listing every
    problem with its line: a line without 6 columns, a score that is not finite, a name
    twice in a topic, text that is not UTF-8, no line at all.
    """
    reader = _RunReader(file)
    try:
        check_narrow(data, file)
    except NotText as error:
        raise RunFileError([error.problem]) from error
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        # bytes.split() splits at ASCII blanks only, as trec_eval does.
        columns = line.split()
        if columns:
            reader.add(number, columns)
    if not reader.topics and not reader.findings.problems:
        reader.report(None, ProblemCode.NO_RESULTS)
    reader.findings.raise_if_any()
    return {topic: _ordered(entries) for topic, entries in reader.topics.items()}


# A line's score, the name as it is written, and the line's number.
_Line = tuple[float, str, int]


class _RunReader:
    """Collects a run's lines: topic to name to line."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings = Findings(RunFileError)
        self.topics: dict[str, dict[str, _Line]] = {}

    def report(
        self, line: int | None, code: ProblemCode, detail: str = "", other: str = ""
    ) -> None:
        self.findings.add(Problem(self.file, line, code, detail, other))

    def add(self, number: int, columns: list[bytes]) -> None:
        if len(columns) != COLUMNS:
            self.report(number, ProblemCode.BAD_COLUMNS, str(len(columns)))
            return
        try:
            topic, written, score = (columns[at].decode("utf-8") for at in (0, 2, 4))
        except UnicodeDecodeError as error:
            self.findings.add(not_text(self.file, number, error))
            return
        topic_name, name = entering(_read(topic)), entering(_read(written))
        fault = name_fault(topic_name, topic) or name_fault(name, written)
        if fault:
            self.report(number, *fault)
            return
        value = _score(score)
        if value is None:
            self.report(number, ProblemCode.BAD_SCORE, score[:60])
            return
        entries = self.topics.setdefault(topic_name, {})
        before = entries.setdefault(name, (value, written, number))
        if before[2] != number:
            same = before[1] == written
            code = ProblemCode.SAME_DOCUMENT if same else ProblemCode.SAME_SPELLED
            self.report(number, code, name, str(before[2]))


def _score(text: str) -> float | None:
    """A score as trec_eval holds it, in single precision; None where it is not a finite number."""
    try:
        value = float(text)
    except ValueError:
        return None
    # float() also takes `1_000`, and a comparison with NaN is False.
    if "_" in text or not abs(value) <= _LARGEST:
        return None
    return float(np.float32(value))


def _ordered(entries: Mapping[str, _Line]) -> tuple[str, ...]:
    # UTF-8 sorts as its code points do; the second sort is stable and keeps the ties' order.
    names = sorted(entries, key=lambda name: entries[name][1], reverse=True)
    names.sort(key=lambda name: -entries[name][0])
    return tuple(names)


def format_run(
    rankings: Mapping[str, Sequence[str]],
    tag: str,
    *,
    omit: Mapping[str, Collection[str]] | None = None,
) -> Iterator[str]:
    """Yield the lines, each with its line end, of a run file: topic to names, best first.

    Ranks count from 1; the score falls by 1 with each rank, so that single precision tells all of
    them apart. `omit`: topic to names to leave out. trec_eval does not know ignored images; its
    figures are those of a protocol only where the protocol's ignored images are left out.
    Raises ValueError for a tag that is empty or holds blanks, and where a name is empty.
    """
    if not tag or any(map(_is_escaped, tag)):
        raise ValueError(f"a run's tag must be one word, got {tag!r}")
    for topic, ranking in rankings.items():
        left_out = frozenset((omit or {}).get(topic, ()))
        names = [name for name in ranking if name not in left_out]
        for at, name in enumerate(names):
            yield f"{_write(topic)} Q0 {_write(name)} {at + 1} {len(names) - at} {tag}\n"


def format_qrels(judgements: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Yield the lines, each with its line end, of a qrels file: topic to name to level.

    Level 1 or more is relevant, 0 is not; names that are not listed count as not relevant. Raises
    ValueError where a name is empty.
    """
    for topic, levels in judgements.items():
        for name, level in levels.items():
            yield f"{_write(topic)} 0 {_write(name)} {level}\n"


def _write(name: str) -> str:
    if not name:
        raise ValueError("a topic's or picture's name is empty")
    return "".join(_as_bytes(letter) if _is_escaped(letter) else letter for letter in name)


def _is_escaped(letter: str) -> bool:
    # All blanks, not only ASCII's: trec_eval would keep the others whole, readers in Python do not.
    if letter == "%" or letter.isspace():
        return True
    return unicodedata.category(letter) in INVISIBLE and letter not in JOINERS


def _as_bytes(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogatepass"))


def _read(written: str) -> str:
    return _TO_READ.sub(lambda match: _read_bytes(match[0]), written) if "%" in written else written


def _read_bytes(written: str) -> str:
    """Return what `%XX%XX...` stands for; what `_write` would not have written so stays."""
    raw = bytes.fromhex(written.replace("%", ""))
    letters, at = [], 0
    while at < len(raw):
        # The first byte of a letter says how many it has.
        size = next((n for n, low in ((4, 0xF0), (3, 0xE0), (2, 0xC0)) if raw[at] >= low), 1)
        try:
            letter = raw[at : at + size].decode("utf-8")
        except UnicodeDecodeError:
            letter = ""
        if not letter or not _is_escaped(letter):
            letter, size = f"%{raw[at]:02X}", 1
        letters.append(letter)
        at += size
    return "".join(letters)
