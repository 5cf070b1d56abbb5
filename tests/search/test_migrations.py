"""Migrations from a database with data in it."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from catalog.models import VectorChange


def migrate(*target):
    executor = MigrationExecutor(connection)
    executor.migrate([target])


def test_marks_of_the_last_release_are_no_changes_any_more(transactional_db):
    # They were changes of images with negative numbers, which nobody passes over now.
    try:
        migrate("search", "0001_initial")
        VectorChange.objects.bulk_create(VectorChange(image_id=number) for number in (-5, 3, -9))
    finally:
        migrate("search", "0002_vectorfile")
    assert not VectorChange.objects.filter(image_id__lt=0).exists()
    assert VectorChange.objects.filter(image_id=3).exists()
