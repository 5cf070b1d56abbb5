from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

OLD_TRIGGERS = [f"catalog_image_vector_{event}" for event in ("insert", "update", "delete")]


def drop_triggers(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    on_table = "" if schema_editor.connection.vendor == "sqlite" else " ON catalog_image"
    for name in OLD_TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")
    if on_table:
        schema_editor.execute("DROP FUNCTION IF EXISTS catalog_record_vector_change()")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_alter_vectorchange_managers")]

    operations = [
        # SQLite rebuilds the table that they write to, which fails while they are there. They come
        # back in their new form after `migrate`.
        migrations.RunPython(drop_triggers, migrations.RunPython.noop),
        migrations.CreateModel(
            name="ImageVector",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "image",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vectors",
                        to="catalog.image",
                        verbose_name="image",
                    ),
                ),
                ("descriptor", models.CharField(max_length=50, verbose_name="descriptor")),
                (
                    "model_id",
                    models.CharField(blank=True, max_length=200, verbose_name="model id"),
                ),
                (
                    "extracted_at",
                    models.DateTimeField(null=True, verbose_name="features extracted"),
                ),
                ("error", models.TextField(blank=True, verbose_name="extraction error")),
                ("data", models.BinaryField(null=True)),
            ],
            options={
                "verbose_name": "vector",
                "verbose_name_plural": "vectors",
                "indexes": [
                    models.Index(
                        fields=["descriptor", "model_id"], name="catalog_imagevector_model_id"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("image", "descriptor"), name="catalog_imagevector_unique"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="vectorchange",
            name="descriptor",
            field=models.CharField(default="fc6", max_length=50),
        ),
        migrations.AlterField(
            model_name="vectorchange", name="image_id", field=models.BigIntegerField()
        ),
        migrations.AddConstraint(
            model_name="vectorchange",
            constraint=models.UniqueConstraint(
                fields=("image_id", "descriptor"), name="catalog_vectorchange_unique"
            ),
        ),
        migrations.AlterField(
            model_name="image",
            name="external",
            field=models.BooleanField(
                default=False,
                help_text="It was already in the storage; deleting the image leaves it there.",
                verbose_name="external file",
            ),
        ),
    ]
