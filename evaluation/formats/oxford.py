"""Ground truth of the Oxford Buildings kind: four text files a topic. Pure, no Django.

Format: Philbin, Chum, Isard, Sivic, Zisserman, "Object retrieval with large vocabularies and fast
spatial matching", CVPR 2007. For a topic X, `X_query.txt` holds `name x1 y1 x2 y2` (the box may
be left out), and `X_good.txt`, `X_ok.txt`, `X_junk.txt` hold one image name a line.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from catalog.names import printable

from .files import read_archive, read_folder
from .ground_truth import OXFORD_LABELS, Box, GroundTruth, TopicFacts, box_fault
from .names import QUERY_PREFIX, entering, name_fault
from .problems import Findings, GroundTruthError, Problem, ProblemCode, unreadable
from .revisited import parse_json, parse_pickle
from .texts import NotText, text_of

BUNDLED_OXFORD5K = Path(__file__).parent.parent / "groundtruth" / "oxford5k"

ARCHIVE_SUFFIXES = (".tgz", ".tar.gz")
PICKLE_SUFFIXES = (".pkl", ".pickle", ".p")
MAX_DOCUMENT_BYTES = 16 * 2**20

PARTS = ("query", *OXFORD_LABELS)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name was listed first, under which label, and how it was written there."""

    label: str
    file: str
    line: int
    written: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def read_ground_truth(path: Path) -> GroundTruth:
    """Read a folder or archive of Oxford-format files, or a JSON or pickle file of revisited ones.

    Raises `GroundTruthError` listing every problem; nothing is half-read.
    """
    try:
        if path.is_dir():
            files = read_folder(path)
            return parse_files(files.contents, path.name, files.findings)
        if not path.exists():
            raise GroundTruthError([Problem(path.name, None, ProblemCode.NOT_FOUND)])
        if not path.is_file():
            raise GroundTruthError([Problem(path.name, None, ProblemCode.NOT_REGULAR)])
        with path.open("rb") as stream:
            return read_stream(stream, path.name)
    except OSError as error:
        raise GroundTruthError([unreadable(path.name, error)]) from error


def read_stream(stream: BinaryIO, name: str) -> GroundTruth:
    """Read an archive, a JSON or a pickle file from a binary stream, such as an upload.

    `name` is the file's name: its ending says the format, and messages use it. Raises
    `GroundTruthError`, and OSError where the stream itself fails.
    """
    lowered = name.lower()
    if lowered.endswith(ARCHIVE_SUFFIXES):
        files = read_archive(stream, name)
        return parse_files(files.contents, name, files.findings)
    parse: Callable[[bytes, str], GroundTruth]
    if lowered.endswith(".json"):
        parse = parse_json
    elif lowered.endswith(PICKLE_SUFFIXES):
        parse = parse_pickle
    else:
        raise GroundTruthError([Problem(name, None, ProblemCode.UNKNOWN_KIND)])
    data = stream.read(MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        detail = str(MAX_DOCUMENT_BYTES)
        raise GroundTruthError([Problem(name, None, ProblemCode.TOO_LARGE, detail)])
    return parse(data, name)


def parse_files(
    contents: Mapping[str, bytes], source: str, findings: Findings | None = None
) -> GroundTruth:
    """Make topics of files given as base name to bytes; topics come in name order.

    `source` names the folder or archive in messages; `findings` holds what was noted while the
    files were read and is added to. Raises `GroundTruthError` listing all problems.
    """
    findings = findings or Findings(GroundTruthError)
    parser = _Parser(findings)
    unread = {problem.file for problem in findings.problems}
    topics = []
    for name, files in sorted(_by_topic(contents, parser).items()):
        for part in PARTS:
            # A file that is there but could not be read has been named already.
            file = f"{name}_{part}.txt"
            if part not in files and printable(file) not in unread:
                parser.add(file, None, ProblemCode.MISSING_FILE, name)
        topic = parser.topic(name, files, contents)
        if topic is not None:
            topics.append(topic)
    if not topics and not findings.problems:
        parser.add(source, None, ProblemCode.NO_TOPICS)
    findings.raise_if_any()
    return GroundTruth(tuple(topics), OXFORD_LABELS, tuple(findings.warnings))


def _by_topic(contents: Mapping[str, bytes], parser: "_Parser") -> dict[str, dict[str, str]]:
    """Return topic name to part (query or label) to file name."""
    parts: dict[str, dict[str, str]] = {}
    for file in sorted(contents):
        topic, _, part = entering(file.removesuffix(".txt")).rpartition("_")
        known = file.endswith(".txt") and part in PARTS
        if not known or name_fault(topic):
            parser.add(file, None, ProblemCode.UNKNOWN_FILE, ", ".join(OXFORD_LABELS))
            continue
        other = parts.setdefault(topic, {}).setdefault(part, file)
        if other != file:
            parser.add(file, None, ProblemCode.SAME_FILE_NAME, file, other)
    return parts


class _Parser:
    """Collects problems while it makes topics of bytes."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.not_text: set[str] = set()

    def add(
        self, file: str, line: int | None, code: ProblemCode, detail: str = "", other: str = ""
    ) -> None:
        self.findings.add(Problem(file, line, code, detail, other))

    def topic(
        self, name: str, files: Mapping[str, str], contents: Mapping[str, bytes]
    ) -> TopicFacts | None:
        places: dict[str, Place] = {}
        judgements = {
            label: tuple(self._names(label, files[label], contents[files[label]], places))
            for label in OXFORD_LABELS
            if label in files
        }
        if "query" not in files:
            return None
        file = files["query"]
        lines = list(self._lines(file, contents[file]))
        if not lines:
            if file not in self.not_text:
                self.add(file, None, ProblemCode.EMPTY_QUERY)
            return None
        for number, text in lines[1:]:
            self.add(file, number, ProblemCode.EXTRA_QUERY, text[:100])
        number, text = lines[0]
        image, box = self._query(file, number, text, places)
        return TopicFacts(name, image, box, judgements, file, number)

    def _names(self, label: str, file: str, data: bytes, places: dict[str, Place]) -> Iterator[str]:
        for number, written in self._lines(file, data):
            name = entering(written)
            fault = name_fault(name)
            if fault:
                self.add(file, number, *fault)
                continue
            before = places.setdefault(name, Place(label, file, number, written))
            if (before.file, before.line) == (file, number):
                yield name
            elif before.label != label:
                self.add(file, number, ProblemCode.TWO_LABELS, name, str(before))
            else:
                same = before.written == written
                code = ProblemCode.DUPLICATE if same else ProblemCode.OTHER_SPELLING
                self.findings.warn(Problem(file, number, code, name, str(before)))

    def _query(
        self, file: str, number: int, text: str, labelled: Mapping[str, object]
    ) -> tuple[str, Box | None]:
        box: Box | None = None
        name = text = entering(text)
        # Names may contain blanks: a line that is itself a labelled name has no box.
        if len(text.split()) > 1 and text not in labelled:
            name, *numbers = text.rsplit(maxsplit=4)
            try:
                box = _box([float(value) for value in numbers])
            except ValueError:
                self.add(file, number, ProblemCode.BAD_BOX, text[:200])
                return name, None
            fault = box_fault(box)
            if fault:
                self.add(file, number, *fault)
        if name not in labelled:
            name = name.removeprefix(QUERY_PREFIX)
        name_problem = name_fault(name)
        if name_problem:
            self.add(file, number, *name_problem)
        return name, box

    def _lines(self, file: str, data: bytes) -> Iterator[tuple[int, str]]:
        """Yield (1-based number, text without blanks around it) of lines that are not blank."""
        try:
            text = text_of(data, file)
        except NotText as error:
            self.not_text.add(file)
            self.findings.add(error.problem)
            return
        # Not splitlines(): it also splits at characters that a name may hold.
        for number, line_text in enumerate(text.split("\n"), start=1):
            stripped = line_text.strip()
            if stripped:
                yield number, stripped


def _box(values: list[float]) -> Box:
    x1, y1, x2, y2 = values
    return x1, y1, x2, y2
