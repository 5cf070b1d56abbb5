"""JPEG files to stored vectors: the original's loop, ours in each precision, the machine's limit.

    python -m benchmarks.extraction [--images 48] [--rounds 5] [--batch-size 16] [--json FILE]

The original (a script of 2021) described one picture at a time: Pillow's resize, Keras's
`preprocess_input`, `model.predict`, division by the norm, one `.npy` file a picture. Its network
and ours get the same weights. The limit is TensorFlow's product of two large float32 matrices:
VGG16 up to fc1 takes 30.9 GFLOP a picture.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from .measuring import Report, Variant, arguments, interleave, timing_rows
from .temporary import fill_photographs, temporary_system

GFLOP_A_PICTURE = 30.9
PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
# The command itself, and then what the kernel says its process took at most.
COMMAND = """
import sys
from pathlib import Path
from django.core.management import execute_from_command_line
command = ["manage.py", "extract_features", "--force", "--verbosity=0"]
execute_from_command_line([*command, *sys.argv[1:]])
print(Path("/proc/self/status").read_text())
"""


def original_loop(paths: list[Path], features: Path) -> Any:
    """Return the original's loop over `paths`, as a function that writes to `features`."""
    from catalog.descriptors.backbones.tensorflow_import import tensorflow
    from catalog.descriptors.backbones.weights import untrained_layers

    keras = tensorflow().keras
    top = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    flat = keras.layers.Flatten(name="flatten")(top.output)
    fc1 = keras.layers.Dense(4096, activation="relu", name="fc1")(flat)
    model = keras.Model(top.input, fc1)
    for name, kernel, bias in untrained_layers():
        model.get_layer(name).set_weights([kernel, bias])

    def run() -> None:
        for path in paths:
            image = PillowImage.open(path).resize((224, 224)).convert("RGB")
            pixels = np.expand_dims(np.array(image, dtype=np.float32), axis=0)
            pixels = keras.applications.vgg16.preprocess_input(pixels)
            vector = model.predict(pixels, verbose=0)[0]
            np.save(features / f"{path.stem}.npy", vector / np.linalg.norm(vector))

    return run


def ours(precision: str, batch_size: int) -> Any:
    """Return what `extract_features` does, as a function."""
    from catalog.descriptors import get_descriptor
    from catalog.extraction import extract_features
    from catalog.models import Image

    descriptor = get_descriptor(precision=precision)

    def run() -> None:
        ids = list(Image.objects.order_by("pk").values_list("pk", flat=True))
        report = extract_features(ids=ids, descriptor=descriptor, batch_size=batch_size, force=True)
        assert report.extracted == len(ids), report

    return run


def limit(number: str, side: int) -> tuple[Any, float]:
    """Return a product of two matrices as a function, and how many pictures' work it is."""
    from catalog.descriptors.backbones.tensorflow_import import tensorflow

    tf = tensorflow()
    matrix = tf.cast(tf.random.stateless_uniform((side, side), seed=(1, 2)), number)

    @tf.function(autograph=False)
    def product() -> Any:
        return tf.matmul(matrix, matrix)

    repeats = 8

    def run() -> None:
        for _ in range(repeats):
            product().numpy()

    return run, repeats * 2 * side**3 / (GFLOP_A_PICTURE * 1e9)


def agreement(precision: str, paths: list[Path]) -> dict[str, Any]:
    """How far a precision's vectors are from float32's."""
    from catalog.descriptors import get_descriptor

    pictures = [PillowImage.open(path).convert("RGB") for path in paths[:16]]
    exact = get_descriptor(precision="float32").describe(pictures)
    other = get_descriptor(precision=precision).describe(pictures)
    return {
        "precision": precision,
        "least cosine to float32": f"{np.einsum('ij,ij->i', exact, other).min():.6f}",
        "largest difference of a component": f"{abs(exact - other).max():.1e}",
    }


def peak_memory(precision: str, batch_size: int) -> float | None:
    """Peak resident memory in GB of a process of its own that runs the command."""
    finished = subprocess.run(
        [sys.executable, "-c", COMMAND, f"--precision={precision}", f"--batch-size={batch_size}"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = PEAK.search(finished.stdout)
    return int(found[1]) * 1024 / 1e9 if found else None


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], rounds=5)
    parser.add_argument("--images", type=int, default=48)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--side", type=int, default=3072, help="of the matrices of the limit")
    options = parser.parse_args()
    report = Report("Extraction: JPEG files of 1024 x 768 to rows", options)
    with temporary_system() as folder:
        measure(report, options, folder)
    report.close()


def measure(report: Report, options: argparse.Namespace, folder: Path) -> None:
    from catalog.descriptors.backbones.precision import BFLOAT16, FLOAT32
    from catalog.descriptors.backbones.processor import multiplies_bfloat16

    paths = fill_photographs(folder / "photographs", options.images)
    features = folder / "features"
    features.mkdir()
    precisions = [FLOAT32, BFLOAT16] if multiplies_bfloat16() else [FLOAT32]
    memory = {number: peak_memory(number, options.batch_size) for number in precisions}
    variants = [Variant("original loop", original_loop(paths, features), len(paths))]
    for number in precisions:
        run = ours(number, options.batch_size)
        variants.append(Variant(f"extract_features, {number}", run, len(paths)))
    for number in precisions:
        run, amount = limit(number, options.side)
        variants.append(Variant(f"limit: matrix product, {number}", run, amount))
    interleave(variants, rounds=options.rounds, pause=options.pause)
    rows = timing_rows(variants)
    for row, variant in zip(rows, variants, strict=True):
        row["pictures/s by median"] = 1 / variant.median
        row["GFLOP/s by minimum"] = GFLOP_A_PICTURE / variant.best
    report.table("Milliseconds a picture", rows)
    shares = [
        {
            "precision": number,
            "share of the limit by median": by[f"limit: matrix product, {number}"].median
            / by[f"extract_features, {number}"].median,
            "share of the limit by minimum": by[f"limit: matrix product, {number}"].best
            / by[f"extract_features, {number}"].best,
            "peak resident GB": memory[number] or "unknown",
        }
        for by in [{variant.name: variant for variant in variants}]
        for number in precisions
    ]
    report.table("Of the machine's limit, and memory", shares)
    if BFLOAT16 in precisions:
        report.table("bfloat16 beside float32", [agreement(BFLOAT16, paths)])
    else:
        report.note("bfloat16: left out, this processor does not have it.")


if __name__ == "__main__":
    main()
