"""What the tests of the pages share: a fast descriptor, uploads, and reading HTML."""

import re
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from catalog.descriptors import Descriptor, registry
from catalog.models import Collection, Image
from search.engines import reset_engines
from search.models import Query
from search.queries import create_query
from tests.catalog.stand_in import StandIn, expected_vector
from tests.helpers import add_image, encoded, picture, unit_vectors


def replace_fc6(monkeypatch: pytest.MonkeyPatch, descriptor: Descriptor) -> None:
    """Let `descriptor` be the one named fc6; others stay."""
    real = registry._instance

    def instance(name, *arguments):
        return descriptor if name == "fc6" else real(name, *arguments)

    monkeypatch.setattr(registry, "_instance", instance)


def use_stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Let everything describe with a stand-in of the same model id, and start with no engine."""
    stand_in = StandIn()
    replace_fc6(monkeypatch, stand_in)
    reset_engines()
    return stand_in


def fill(collection: Collection, count: int, *, prefix: str = "image") -> list[Image]:
    """Add images with vectors that have nothing to do with their pixels."""
    vectors = unit_vectors(count, seed=len(prefix))
    return [
        add_image(collection, f"{prefix}-{number:03d}", vector=vector)
        for number, vector in enumerate(vectors)
    ]


def describe_all() -> None:
    """Give every image the stand-in's vector of its own pixels."""
    for image in Image.objects.all():
        image.fc6 = expected_vector(image)
        image.fc6_model_id = StandIn().model_id
        image.save()


def stored_query(*, seed: int = 1000, collection: Collection | None = None) -> Query:
    return create_query(
        file=BytesIO(encoded(picture(seed, size=(200, 100)), "PNG")), collection=collection
    )


def upload(content: bytes, name: str = "photo.jpg") -> dict[str, SimpleUploadedFile]:
    """The fields of the search form, with a file of this content."""
    return {"picture": SimpleUploadedFile(name, content, "image/jpeg")}


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def html(response: HttpResponse) -> str:
    return response.content.decode()


def text(response: HttpResponse) -> str:
    """What a reader sees: no tags, entities resolved, runs of white space as one space."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", html(response), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def hit_ids(response: HttpResponse) -> list[int]:
    """The images that the cards of a page link to, in order."""
    return [
        int(pk) for pk in re.findall(r'class="card-link" href="/images/(\d+)/"', html(response))
    ]
