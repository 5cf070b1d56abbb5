"""Ground truth of the Oxford Buildings kind: four text files a topic. Pure, no Django.

Format: Philbin, Chum, Isard, Sivic, Zisserman, "Object retrieval with large vocabularies and fast
spatial matching", CVPR 2007. For a topic X, `X_query.txt` holds `name x1 y1 x2 y2` (the box may
be left out), and `X_good.txt`, `X_ok.txt`, `X_junk.txt` hold one image name a line.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from .files import read_archive, read_folder
from .ground_truth import (
    OXFORD_LABELS,
    Box,
    GroundTruth,
    TopicFacts,
    box_fault,
    name_fault,
)
from .problems import Findings, GroundTruthError, Problem, ProblemCode
from .revisited import parse_json

BUNDLED_OXFORD5K = Path(__file__).parent.parent / "groundtruth" / "oxford5k"

# The original writes query images (only these) with the prefix of its first collection.
QUERY_PREFIX = "oxc1_"
ARCHIVE_SUFFIXES = (".tgz", ".tar.gz")
PICKLE_SUFFIXES = (".pkl", ".pickle", ".p")
MAX_JSON_BYTES = 16 * 2**20

PARTS = ("query", *OXFORD_LABELS)
FileLine = tuple[str, int]


def read_ground_truth(path: Path) -> GroundTruth:
    """Read a folder or archive of Oxford-format files, or a JSON file (see `parse_json`).

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
        detail = error.strerror or str(error)
        raise GroundTruthError(
            [Problem(path.name, None, ProblemCode.UNREADABLE, detail)]
        ) from error


def read_stream(stream: BinaryIO, name: str) -> GroundTruth:
    """Read an archive or a JSON file from a binary stream, such as an upload.

    `name` is the file's name: its ending says the format, and messages use it. Raises
    `GroundTruthError`, and OSError where the stream itself fails while reading JSON.
    """
    lowered = name.lower()
    if lowered.endswith(ARCHIVE_SUFFIXES):
        files = read_archive(stream, name)
        return parse_files(files.contents, name, files.findings)
    if lowered.endswith(".json"):
        data = stream.read(MAX_JSON_BYTES + 1)
        if len(data) > MAX_JSON_BYTES:
            detail = str(MAX_JSON_BYTES)
            raise GroundTruthError([Problem(name, None, ProblemCode.TOO_LARGE, detail)])
        return parse_json(data, name)
    pickled = lowered.endswith(PICKLE_SUFFIXES)
    code = ProblemCode.PICKLE if pickled else ProblemCode.UNKNOWN_KIND
    raise GroundTruthError([Problem(name, None, code)])


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
            if part not in files and f"{name}_{part}.txt" not in unread:
                parser.add(f"{name}_{part}.txt", None, ProblemCode.MISSING_FILE, name)
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
        topic, _, part = file.removesuffix(".txt").rpartition("_")
        known = file.endswith(".txt") and part in PARTS
        if not known or name_fault(topic):
            parser.add(file, None, ProblemCode.UNKNOWN_FILE, ", ".join(OXFORD_LABELS))
            continue
        parts.setdefault(topic, {})[part] = file
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
        places: dict[str, tuple[str, FileLine]] = {}
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

    def _names(
        self, label: str, file: str, data: bytes, places: dict[str, tuple[str, FileLine]]
    ) -> Iterator[str]:
        for number, name in self._lines(file, data):
            fault = name_fault(name)
            if fault:
                self.add(file, number, *fault)
            elif name not in places:
                places[name] = (label, (file, number))
                yield name
            else:
                before, (other_file, other_line) = places[name]
                other = f"{other_file}:{other_line}"
                if before == label:
                    warning = Problem(file, number, ProblemCode.DUPLICATE, name, other)
                    self.findings.warn(warning)
                else:
                    self.add(file, number, ProblemCode.TWO_LABELS, name, other)

    def _query(
        self, file: str, number: int, text: str, labelled: Mapping[str, object]
    ) -> tuple[str, Box | None]:
        box: Box | None = None
        name = text
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
            text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            self.not_text.add(file)
            self.add(file, line, ProblemCode.NOT_TEXT, f"0x{error.object[error.start]:02x}")
            return
        # Not splitlines(): it also splits at characters that a name may hold.
        for number, line_text in enumerate(text.split("\n"), start=1):
            stripped = line_text.strip()
            if stripped:
                yield number, stripped


def _box(values: list[float]) -> Box:
    x1, y1, x2, y2 = values
    return x1, y1, x2, y2
