"""Uploads: how concurrent ones share forward passes, and what a page costs beside the network.

    python -m benchmarks.serving [--clients 1 2 4 8] [--rows 5063] [--rounds 5] [--json FILE]

Everything runs in this process, as in a server with threads. A client describes one picture after
another. The page is the way of an upload: POST of a JPEG, then GET of its results, through all of
Django, with a network that answers at once. Each turn uploads twice, and the second time counts.
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from .measuring import Report, Variant, arguments, interleave
from .temporary import fill_vectors, photograph, temporary_system, unit_vectors


def clients_at_once(
    describe: Callable[[PillowImage.Image], Any], clients: int, pictures: list[PillowImage.Image]
) -> Callable[[], None]:
    """Return a function in which every client describes every picture, one after another."""

    def client() -> None:
        for picture in pictures:
            describe(picture)

    def run() -> None:
        with ThreadPoolExecutor(max_workers=clients) as pool:
            for future in [pool.submit(client) for _ in range(clients)]:
                future.result()

    return run


def measure_passes(report: Report, options: argparse.Namespace) -> None:
    from catalog.descriptors import get_descriptor

    descriptor = get_descriptor()
    content = photograph(1)
    pictures = [PillowImage.open(BytesIO(content)).convert("RGB")] * options.pictures
    variants = []
    for clients in options.clients:
        amount = clients * options.pictures
        for name, describe in (
            ("each alone", lambda picture: descriptor.describe([picture])),
            ("coalesced", descriptor.describe_one),
        ):
            run = clients_at_once(describe, clients, pictures)
            variants.append(Variant(f"{clients} {name}", run, amount))
    for size in range(1, 9):  # so that no round is the first of its batch size
        descriptor.describe(pictures[:1] * size)
    interleave(variants, rounds=options.rounds, pause=options.pause, warm=False)
    rows = []
    for alone, together in zip(variants[::2], variants[1::2], strict=True):
        clients = int(alone.name.split()[0])
        rows.append(
            {
                "clients": clients,
                "alone, pictures/s": 1 / alone.median,
                "coalesced, pictures/s": 1 / together.median,
                "alone, ms an answer": alone.median * 1000 * clients,
                "coalesced, ms an answer": together.median * 1000 * clients,
                "x by median": alone.median / together.median,
                "x by minimum": alone.best / together.best,
            }
        )
    report.table("Concurrent uploads through the network", rows)


def stand_in_network() -> None:
    """Replace the network of the default descriptor by one that answers at once.

    TensorFlow is imported all the same, as in every server that has answered before.
    """
    from catalog.descriptors import get_descriptor
    from catalog.descriptors.backbones.tensorflow_import import tensorflow

    tensorflow()
    answer = unit_vectors(1, seed=1)
    descriptor: Any = get_descriptor()
    descriptor._forward = lambda pixels: np.repeat(answer, len(pixels), axis=0)


def upload(client: Any, content: bytes) -> tuple[float, float]:
    """Upload a picture, follow to its results; return the seconds of each of the two requests."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    picture = SimpleUploadedFile("photo.jpg", content, content_type="image/jpeg")
    started = time.perf_counter()
    posted = client.post("/", {"picture": picture})
    between = time.perf_counter()
    page = client.get(posted.headers["Location"])
    ended = time.perf_counter()
    assert page.status_code == 200, page.status_code
    return between - started, ended - between


def pixel_work(content: bytes) -> None:
    """What no upload is without: decode the picture, and resize it for the network."""
    from catalog.descriptors.preprocessing import shrink
    from catalog.pixels import decode

    shrink(decode(BytesIO(content)).pixels)


def measure_page(report: Report, options: argparse.Namespace, rows: int) -> None:
    from django.test import Client

    from catalog.models import Collection
    from search.engines import get_engine

    client = Client(headers={"host": "localhost"})
    Collection.objects.all().delete()
    fill_vectors(unit_vectors(rows, seed=rows), slug="synthetic")
    stand_in_network()
    query = unit_vectors(1, seed=2)

    def scan() -> None:
        get_engine().search(query, 30)

    table = []
    for width in options.widths:
        content = photograph(1, size=(width, width * 3 // 4))
        requests: list[tuple[float, float]] = []

        def both(content: bytes = content, requests: list[Any] = requests) -> float:
            requests.append(upload(client, content))
            return sum(requests[-1])

        variants = [
            Variant("upload to page", both),
            Variant("of that: decode and resize", partial(pixel_work, content)),
            Variant("of that: read the vectors", scan),
        ]
        interleave(variants, rounds=options.rounds * 5, pause=options.pause / 3, twice=True)
        posts, gets = (Variant(name, both) for name in ("of that: POST", "of that: GET"))
        # The first was to get warm, and of each turn's two the second counts.
        posts.seconds, gets.seconds = map(list, zip(*requests[2::2], strict=True))
        for variant in (variants[0], posts, gets, *variants[1:]):
            picture = f"{width} x {width * 3 // 4}"
            times = {"median ms": variant.median * 1000, "minimum ms": variant.best * 1000}
            table.append({"picture": picture, "what": variant.name, **times})
    report.table(f"Upload to ranked page without the network, {rows:,} images", table)


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], rounds=5)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--pictures", type=int, default=4, help="that each client describes")
    parser.add_argument("--rows", type=int, nargs="+", default=[5063])
    parser.add_argument("--widths", type=int, nargs="+", default=[1024, 512], help="of uploads")
    parser.add_argument("--no-network", action="store_true", help="only the pages")
    options = parser.parse_args()
    report = Report("Serving", options)
    with temporary_system():
        if not options.no_network:
            measure_passes(report, options)
        for rows in options.rows:
            measure_page(report, options, rows)
    report.close()


if __name__ == "__main__":
    main()
