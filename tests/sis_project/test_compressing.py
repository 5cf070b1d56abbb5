"""Text is sent compressed where the browser takes it; pictures are sent as they are."""

import gzip

import pytest

from tests.helpers import add_image

ACCEPT = {"HTTP_ACCEPT_ENCODING": "gzip, deflate, br"}


def body(response) -> bytes:
    return b"".join(response) if response.streaming else response.content


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/evaluation/", "/static/sis/style.css"])
def test_text_is_compressed(client, address):
    plain, compressed = client.get(address), client.get(address, **ACCEPT)
    assert compressed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in compressed["Vary"]
    small, large = body(compressed), body(plain)
    assert len(small) < len(large) / 2
    assert gzip.decompress(small)[:60] == large[:60]


def test_lengths_do_not_betray_what_is_secret(client, db):
    # Catches BREACH: the same page must not always have the same compressed length.
    assert len({len(client.get("/login/", **ACCEPT).content) for _ in range(12)}) > 1


def test_pictures_are_sent_as_they_are(client, collection):
    # Catches a processor that is busy making pictures smaller by a hundredth.
    image = add_image(collection, "a")
    for kind in ("original", "thumbnail/small"):
        response = client.get(f"/images/{image.pk}/{kind}/", **ACCEPT)
        assert response["Content-Type"].startswith("image/")
        assert "Content-Encoding" not in response


def test_head_tells_the_length_of_what_get_sends(client, db):
    assert client.head("/evaluation/", **ACCEPT).content == b""
