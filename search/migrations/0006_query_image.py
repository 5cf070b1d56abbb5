import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A query may be a part of an image of the catalogue."""

    dependencies = [
        ("catalog", "0007_vocabulary"),
        ("search", "0005_recipes"),
    ]

    operations = [
        migrations.AddField(
            "query",
            "image",
            models.ForeignKey(
                blank=True,
                help_text="The image of the catalogue whose part it is.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="catalog.image",
                verbose_name="image",
            ),
        ),
    ]
