import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Queries are asked by a recipe; a descriptor's name is that of its plain ranking."""

    dependencies = [
        ("catalog", "0006_whitening_and_regions"),
        ("search", "0004_shared_pictures"),
    ]

    operations = [
        migrations.RenameField("query", "descriptor", "recipe"),
        migrations.AlterField(
            "query",
            "recipe",
            models.CharField(default="fc6", max_length=50, verbose_name="way to rank"),
        ),
        migrations.CreateModel(
            name="CollectionRecipe",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("recipe", models.CharField(max_length=50, verbose_name="way to rank")),
                (
                    "collection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="kept_recipe",
                        to="catalog.collection",
                        verbose_name="collection",
                    ),
                ),
            ],
            options={
                "verbose_name": "way to rank a collection",
                "verbose_name_plural": "ways to rank collections",
            },
        ),
    ]
