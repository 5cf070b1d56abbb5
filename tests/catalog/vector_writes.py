"""Every way of writing images, and which vectors it changes; run on SQLite and on PostgreSQL."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from django.db import connection, transaction

from catalog.models import Collection, Image, ImageVector, VectorChange
from catalog.vectors import encode
from tests.helpers import MODEL_ID, add_image, unit_vectors

OLD, NEW, THIRD = unit_vectors(3)
# A descriptor whose vectors are rows beside the image.
OTHER = "other"


@dataclass
class Scene:
    """Images a and b with vectors and c without; `mark` is the last change before the write."""

    collection: Collection
    a: Image
    b: Image
    c: Image
    mark: int = field(default=0)

    @classmethod
    def prepare(cls) -> "Scene":
        collection = Collection.objects.create(slug=f"scene{Collection.objects.count()}")
        scene = cls(
            collection,
            a=add_image(collection, "a", vector=OLD),
            b=add_image(collection, "b", vector=THIRD),
            c=add_image(collection, "c"),
        )
        scene.set_mark()
        return scene

    def set_mark(self) -> None:
        last = VectorChange.objects.order_by("-seq").values_list("seq", flat=True).first()
        self.mark = last or 0

    def changed(self, descriptor: str = "fc6") -> set[int]:
        changes = VectorChange.objects.filter(seq__gt=self.mark, descriptor=descriptor)
        return set(changes.values_list("image_id", flat=True))

    def row(self, name: str, **fields) -> Image:
        """An image that is not stored yet and has no file."""
        facts = {"format": "PNG", "width": 1, "height": 1, "byte_size": 1, "sha256": name}
        facts |= {"source_name": f"{name}.png", "file": f"{name}.png"}
        facts |= {"fc6": NEW, "fc6_model_id": MODEL_ID}
        return Image(collection=self.collection, name=name, **facts | fields)

    def pks(self, *names: str) -> set[int]:
        found = self.collection.images.filter(name__in=names)
        return set(found.values_list("pk", flat=True))


def execute(sql: str, *parameters: str | int | bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def save_new(scene: Scene) -> set[int]:
    return {add_image(scene.collection, "new", vector=NEW).pk}


def save_changed(scene: Scene) -> set[int]:
    scene.a.fc6 = NEW
    scene.a.save()
    return {scene.a.pk}


def save_first_vector(scene: Scene) -> set[int]:
    scene.c.fc6 = NEW
    scene.c.save(update_fields=["fc6"])
    return {scene.c.pk}


def update(scene: Scene) -> set[int]:
    scene.collection.images.exclude(pk=scene.c.pk).update(fc6=NEW)
    return {scene.a.pk, scene.b.pk}


def update_to_none(scene: Scene) -> set[int]:
    Image.objects.filter(pk=scene.a.pk).update(fc6=None)
    return {scene.a.pk}


def update_model_id(scene: Scene) -> set[int]:
    Image.objects.filter(pk=scene.b.pk).update(fc6_model_id="another")
    return {scene.b.pk}


def move_to_another_collection(scene: Scene) -> set[int]:
    other = Collection.objects.create(slug=f"{scene.collection.slug}-other")
    Image.objects.filter(pk=scene.a.pk).update(collection=other)
    return {scene.a.pk}


def bulk_create(scene: Scene) -> set[int]:
    Image.objects.bulk_create([scene.row("n1"), scene.row("n2"), scene.row("bare", fc6=None)])
    return scene.pks("n1", "n2")


def bulk_create_ignoring_conflicts(scene: Scene) -> set[int]:
    Image.objects.bulk_create([scene.row("a"), scene.row("n1")], ignore_conflicts=True)
    return scene.pks("n1")


def bulk_create_again_ignoring_conflicts(scene: Scene) -> set[int]:
    # The change of a deleted image is there already: a trigger's insert would be ignored too.
    pk = scene.a.pk
    scene.a.delete()
    scene.set_mark()
    Image.objects.bulk_create([scene.row("a", pk=pk)], ignore_conflicts=True)
    return {pk}


def bulk_create_updating_conflicts(scene: Scene) -> set[int]:
    Image.objects.bulk_create(
        [scene.row("a", source_name="elsewhere"), scene.row("n1")],
        update_conflicts=True,
        unique_fields=["collection", "name"],
        update_fields=["fc6"],
    )
    return scene.pks("a", "n1")


def bulk_update(scene: Scene) -> set[int]:
    scene.a.fc6 = scene.b.fc6 = NEW
    Image.objects.bulk_update([scene.a, scene.b], ["fc6"])
    return {scene.a.pk, scene.b.pk}


def raw_update(scene: Scene) -> set[int]:
    execute("UPDATE catalog_image SET fc6 = %s WHERE id = %s", NEW.tobytes(), scene.a.pk)
    return {scene.a.pk}


def raw_insert(scene: Scene) -> set[int]:
    execute(
        "INSERT INTO catalog_image (collection_id, name, source_name, file, external, format, "
        "width, height, byte_size, sha256, imported_at, fc6_model_id, fc6_error, fc6) "
        "SELECT collection_id, 'raw', 'raw', 'raw', external, format, width, height, byte_size, "
        "'raw', imported_at, fc6_model_id, fc6_error, fc6 FROM catalog_image WHERE id = %s",
        scene.a.pk,
    )
    return scene.pks("raw")


def raw_delete(scene: Scene) -> set[int]:
    execute("DELETE FROM catalog_image WHERE id = %s", scene.b.pk)
    return {scene.b.pk}


def delete_one(scene: Scene) -> set[int]:
    pk = scene.a.pk
    scene.a.delete()
    return {pk}


def delete_many(scene: Scene) -> set[int]:
    scene.collection.images.all().delete()
    return {scene.a.pk, scene.b.pk}


def delete_collection(scene: Scene) -> set[int]:
    scene.collection.delete()
    return {scene.a.pk, scene.b.pk}


def update_other_columns(scene: Scene) -> set[int]:
    scene.collection.images.update(source_modified=None, width=7, fc6_error="It is damaged.")
    return set()


def update_to_the_same(scene: Scene) -> set[int]:
    Image.objects.filter(pk=scene.a.pk).update(fc6=OLD, fc6_model_id=MODEL_ID)
    return set()


def save_unchanged(scene: Scene) -> set[int]:
    scene.a.save()
    Image.objects.get(pk=scene.b.pk).save()
    return set()


def add_and_delete_without_vector(scene: Scene) -> set[int]:
    add_image(scene.collection, "bare")
    scene.c.delete()
    return set()


def write_that_is_rolled_back(scene: Scene) -> set[int]:
    with transaction.atomic():
        Image.objects.filter(pk=scene.a.pk).update(fc6=NEW)
        transaction.set_rollback(True)
    return set()


def has_other(image: Image, vector: np.ndarray = OLD) -> ImageVector:
    return ImageVector.objects.create(
        image=image, descriptor=OTHER, model_id="m", data=encode(vector, len(vector))
    )


def other_save_new(scene: Scene) -> set[int]:
    has_other(scene.c)
    return {scene.c.pk}


def other_update(scene: Scene) -> set[int]:
    has_other(scene.a), has_other(scene.b)
    scene.set_mark()
    ImageVector.objects.filter(image=scene.b).update(data=b"\0\0\0\0")
    return {scene.b.pk}


def other_upsert(scene: Scene) -> set[int]:
    has_other(scene.a)
    scene.set_mark()
    changed = [
        ImageVector(image=image, descriptor=OTHER, model_id="n", data=b"")
        for image in (scene.a, scene.c)
    ]
    ImageVector.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["image", "descriptor"],
        update_fields=["model_id", "data"],
    )
    return {scene.a.pk, scene.c.pk}


def other_error(scene: Scene) -> set[int]:
    has_other(scene.a)
    scene.set_mark()
    ImageVector.objects.update(error="It is damaged.")
    ImageVector.objects.create(image=scene.c, descriptor=OTHER, error="It is damaged.")
    return set()


def other_delete(scene: Scene) -> set[int]:
    has_other(scene.a)
    scene.set_mark()
    ImageVector.objects.all().delete()
    return {scene.a.pk}


def other_goes_with_its_image(scene: Scene) -> set[int]:
    has_other(scene.a)
    scene.set_mark()
    pk = scene.a.pk
    scene.a.delete()
    return {pk}


def other_moves_with_its_image(scene: Scene) -> set[int]:
    has_other(scene.a)
    scene.set_mark()
    elsewhere = Collection.objects.create(slug=f"elsewhere{scene.a.pk}")
    scene.collection.images.update(collection=elsewhere)
    return {scene.a.pk}


def other_is_given_to_another_image(scene: Scene) -> set[int]:
    has_other(scene.a)
    scene.set_mark()
    ImageVector.objects.update(image=scene.c)
    return {scene.a.pk, scene.c.pk}


def other_becomes_another_descriptors(scene: Scene) -> set[int]:
    has_other(scene.a)
    scene.set_mark()
    ImageVector.objects.update(descriptor="third")
    return {scene.a.pk}


def other_stays_when_fc6_changes(scene: Scene) -> set[int]:
    has_other(scene.a)
    scene.set_mark()
    scene.collection.images.update(fc6=NEW)
    return set()


WRITES: list[Callable[[Scene], set[int]]] = [
    *(save_new, save_changed, save_first_vector, update, update_to_none, update_model_id),
    *(move_to_another_collection, bulk_create, bulk_create_ignoring_conflicts),
    *(bulk_create_again_ignoring_conflicts, bulk_create_updating_conflicts, bulk_update),
    *(raw_update, raw_insert, raw_delete, delete_one, delete_many, delete_collection),
    *(update_other_columns, update_to_the_same, save_unchanged, add_and_delete_without_vector),
    write_that_is_rolled_back,
]


OTHER_WRITES: list[Callable[[Scene], set[int]]] = [
    *(other_save_new, other_update, other_upsert, other_error, other_delete),
    *(other_goes_with_its_image, other_moves_with_its_image, other_is_given_to_another_image),
    *(other_becomes_another_descriptors, other_stays_when_fc6_changes),
]


def observe() -> dict[str, dict[str, list[int]]]:
    """Do every write once; returns the expected and the recorded changes of each."""
    observed = {}
    for write in [*WRITES, *OTHER_WRITES]:
        scene = Scene.prepare()
        expected = write(scene)
        descriptor = OTHER if write in OTHER_WRITES else "fc6"
        observed[write.__name__] = {
            "expected": sorted(expected),
            "recorded": sorted(scene.changed(descriptor)),
        }
        ImageVector.objects.all().delete()
    return observed
