"""Vectors are read from a cursor of the server's, and no reading hinders the next one."""

import pytest
from django.db import connection, transaction

from catalog.models import Image, ImageVector
from catalog.streaming import streamed
from tests.helpers import add_image, unit_vectors

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rows(collection):
    for number, vector in enumerate(unit_vectors(7)):
        image = add_image(collection, f"{number}", vector=vector)
        ImageVector.objects.create(image=image, descriptor="x", model_id="m", data=bytes([number]))
    stored = ImageVector.objects.filter(descriptor="x", data__isnull=False)
    return stored.order_by("image").values_list("image", "data")


@pytest.mark.parametrize("at_a_time", [1, 3, 100])
def test_all_rows_come_in_order(rows, at_a_time):
    # Catches a slice that is lost, and bytes that arrive as text.
    expected = [(image, bytes(data)) for image, data in rows]
    found = [(image, bytes(data)) for image, data in streamed(rows, at_a_time=at_a_time)]
    assert len(found) == 7
    assert found == expected


def test_two_are_read_at_once_and_one_left_unread_hinders_nobody(rows):
    # Catches a cursor's name that is used twice, and a transaction that nobody ends.
    first, second = streamed(rows, at_a_time=2), streamed(rows, at_a_time=2)
    assert next(first) == next(second)
    second.close()
    first.close()
    assert not connection.in_atomic_block
    Image.objects.update(width=5)
    assert len(list(streamed(rows, at_a_time=2))) == 7


def test_within_a_transaction_too(rows):
    with transaction.atomic():
        assert len(list(streamed(rows, at_a_time=2))) == 7
        Image.objects.update(width=5)
    assert Image.objects.filter(width=5).count() == 7
