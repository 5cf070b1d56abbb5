import django.db.models.deletion
from django.db import migrations, models

# Every query so far has its one vector in its own row.
MOVE_VECTORS = (
    "INSERT INTO search_queryvector (query_id, descriptor, model_id, data) "
    "SELECT id, 'fc6', fc6_model_id, fc6 FROM search_query"
)


class Migration(migrations.Migration):
    dependencies = [("search", "0002_vectorfile")]

    operations = [
        migrations.CreateModel(
            name="QueryVector",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "query",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vectors",
                        to="search.query",
                    ),
                ),
                ("descriptor", models.CharField(max_length=50, verbose_name="descriptor")),
                ("model_id", models.CharField(max_length=200, verbose_name="model id")),
                ("data", models.BinaryField()),
            ],
            options={
                "verbose_name": "query vector",
                "verbose_name_plural": "query vectors",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("query", "descriptor"), name="search_queryvector_unique"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="query",
            name="descriptor",
            field=models.CharField(default="fc6", max_length=50, verbose_name="descriptor"),
        ),
        migrations.RunSQL(MOVE_VECTORS),
        migrations.RemoveField(model_name="query", name="fc6"),
        migrations.RemoveField(model_name="query", name="fc6_model_id"),
    ]
