from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import catalog.fields
from catalog.names import LONGEST, canonical, folded, free_name

UPDATE = "UPDATE catalog_image SET name = %s, folded_name = %s WHERE id = %s"


def canonical_names(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give every image its canonical name, and its folded one.

    Where two images of a collection then had the same name, the one that was written in composed
    letters keeps it, and the other is named after its file, as at import.
    """
    images = apps.get_model("catalog", "Image").objects.using(schema_editor.connection.alias)
    for collection in apps.get_model("catalog", "Collection").objects.values_list("pk", flat=True):
        rows = images.filter(collection=collection).order_by("pk")
        named = list(rows.values_list("pk", "name", "source_name"))
        taken = {name for _pk, name, _source in named if name == canonical(name)}
        values = []
        for pk, name, source in named:
            if name != canonical(name):
                name = canonical(name)
                if name in taken or len(name) > LONGEST:
                    name = free_name(source, taken)
                taken.add(name)
            values.append((name, folded(name), pk))
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany(UPDATE, values)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_image_vectors")]

    operations = [
        migrations.AddField(
            model_name="image",
            name="folded_name",
            field=models.TextField(db_default="", editable=False),
        ),
        # By which rules the file was turned into pixels: release 0.1.0's were the first.
        migrations.AddField(
            model_name="image",
            name="reading",
            field=models.PositiveSmallIntegerField(db_default=1, editable=False),
        ),
        # SQLite now has the vector before the two new columns. Known as the last field again, it
        # becomes the last column again when the next operation rebuilds the table.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(model_name="image", name="fc6"),
                migrations.AddField(
                    model_name="image",
                    name="fc6",
                    field=catalog.fields.VectorField(
                        dim=4096, editable=False, null=True, verbose_name="fc6 vector"
                    ),
                ),
            ]
        ),
        # Files with equal bytes each have a row.
        migrations.RemoveConstraint(model_name="image", name="catalog_image_unique_content"),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["collection", "sha256"], name="catalog_image_content"),
        ),
        migrations.AlterField(
            model_name="image",
            name="format",
            field=models.CharField(
                choices=[
                    ("JPEG", "JPEG"),
                    ("PNG", "PNG"),
                    ("WEBP", "WebP"),
                    ("GIF", "GIF"),
                    ("BMP", "BMP"),
                    ("TIFF", "TIFF"),
                    ("HEIF", "HEIC"),
                    ("AVIF", "AVIF"),
                ],
                max_length=8,
                verbose_name="format",
            ),
        ),
        migrations.RunPython(canonical_names, migrations.RunPython.noop),
    ]
