from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def measure(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write the sizes of the files there are; `purge_queries` measures what is left at 0."""
    queries = apps.get_model("search", "Query").objects.using(schema_editor.connection.alias)
    for query in queries.exclude(picture="").only("picture"):
        try:
            size = query.picture.size
        except FileNotFoundError:
            continue
        except Exception as error:  # a storage that does not answer must not stop an upgrade
            print(f"Sizes of stored queries' pictures are left to purge_queries ({error}).")  # noqa: T201
            return
        queries.filter(pk=query.pk).update(byte_size=size)


class Migration(migrations.Migration):
    dependencies = [("search", "0003_query_vectors")]

    operations = [
        migrations.AddField(
            model_name="query",
            name="byte_size",
            field=models.PositiveBigIntegerField(
                default=0, editable=False, verbose_name="size in bytes"
            ),
        ),
        migrations.RunPython(measure, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="query",
            index=models.Index(fields=["picture", "byte_size"], name="search_query_pictures"),
        ),
    ]
