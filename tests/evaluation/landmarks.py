"""Pictures whose order is known: vectors that turn away from the query by known angles.

Ranking for `door_1` (whole picture), with labels and the angle in degrees:

    door_a good 0 | door_b good 10 | wrong_1 20 | door_junk junk 30 | door_ok ok 40 | wrong_2 50 |
    door_far good 60 | gate_a and lamp_a at a right angle

standard: without junk the positives stand at ranks 0, 1, 3, 5 of R = 4, so
AP = [(1 + 1) + (1/1 + 2/2) + (2/3 + 3/4) + (3/5 + 4/6)] / 8.
"""

from collections.abc import Mapping

import numpy as np

from catalog.descriptors import Descriptor
from catalog.models import Collection, Image
from evaluation.formats.oxford import parse_files
from evaluation.importing import apply_import, plan_import
from evaluation.models import Benchmark
from tests.helpers import MODEL_ID, add_image

ANGLES = {
    "door_a": 0,
    "door_b": 10,
    "wrong_1": 20,
    "door_junk": 30,
    "door_ok": 40,
    "wrong_2": 50,
    "door_far": 60,
}
ORDER = [*ANGLES, "gate_a", "lamp_a"]

STANDARD_AP = ((1 + 1) + (1 / 1 + 2 / 2) + (2 / 3 + 3 / 4) + (3 / 5 + 4 / 6)) / 8
GOOD_AP = ((1 + 1) + (1 + 1) + (2 / 4 + 3 / 5)) / 6
WITHOUT_SELF_AP = ((1 + 1) + (1 / 2 + 2 / 3) + (2 / 4 + 3 / 5)) / 6
# gate_a is found first, gate_gone never: it is not in the collection.
GATE_AP = (1 + 1) / 4

DOOR = {
    "door_1_query.txt": "oxc1_door_a 4 4 40 40\n",
    "door_1_good.txt": "door_a\ndoor_b\ndoor_far\n",
    "door_1_ok.txt": "door_ok\n",
    "door_1_junk.txt": "door_junk\n",
}
GATE = {
    "gate_1_query.txt": "gate_a\n",
    "gate_1_good.txt": "gate_gone\ngate_a\n",
    "gate_1_ok.txt": "",
    "gate_1_junk.txt": "",
}
# No positives under `standard`.
LAMP = {
    "lamp_1_query.txt": "lamp_a\n",
    "lamp_1_good.txt": "",
    "lamp_1_ok.txt": "",
    "lamp_1_junk.txt": "door_b\n",
}
# Its picture is not in the collection.
TOWER = {
    "tower_1_query.txt": "tower_a 1 1 9 9\n",
    "tower_1_good.txt": "tower_a\ndoor_b\n",
    "tower_1_ok.txt": "",
    "tower_1_junk.txt": "",
}
FILES = DOOR | GATE | LAMP | TOWER


def turned(angle: float, *, axis: int = 0) -> np.ndarray:
    """A unit vector that many degrees away from `axis`, towards the next one."""
    vector = np.zeros(4096, dtype=np.float32)
    vector[axis] = np.cos(np.radians(angle))
    vector[axis + 1] = np.sin(np.radians(angle))
    return vector


def add_pictures(collection: Collection) -> dict[str, Image]:
    vectors = {name: turned(angle) for name, angle in ANGLES.items()}
    vectors |= {"gate_a": turned(0, axis=2), "lamp_a": turned(0, axis=4)}
    # Not in ranking order: ids must not give the order away.
    return {name: add_image(collection, name, vector=vectors[name]) for name in sorted(vectors)}


def imported(files: Mapping[str, str], *, name: str = "landmarks") -> Benchmark:
    """Import Oxford-format files, given as text, over the collection `places`."""
    truth = parse_files({file: text.encode() for file, text in files.items()}, "test")
    plan = plan_import(ground_truth=truth, benchmark=name, collection="places")
    return apply_import(plan=plan)


class Describer(Descriptor):
    """Gives every part of a picture the same vector, and remembers the sizes it was shown."""

    name, dim, model_id, trained = "fc6", 4096, MODEL_ID, True

    def __init__(self, vector: np.ndarray | None = None) -> None:
        self.vector = turned(0) if vector is None else vector
        self.sizes: list[tuple[int, int]] = []

    def describe(self, images):
        self.sizes += [image.size for image in images]
        return np.stack([self.vector for _image in images])
