"""PostgreSQL is to keep vectors as they are: to compress them saves little, and makes reading them
twice as slow. Holds for vectors that are written from now on."""

from typing import Any

from django.db import migrations

COLUMNS = (
    ("catalog_image", "fc6"),
    ("catalog_imagevector", "data"),
    ("catalog_imageregions", "data"),
)


def store(how: str) -> Any:
    def alter(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            for table, column in COLUMNS:
                editor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE {how}")

    return alter


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_vocabulary")]
    operations = [migrations.RunPython(store("EXTERNAL"), store("EXTENDED"))]
