import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0009_visibility"),
        ("work", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Claim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("descriptor", models.CharField(max_length=50, verbose_name="descriptor")),
                ("batch_size", models.PositiveIntegerField()),
                ("images", models.JSONField()),
                ("size", models.PositiveIntegerField()),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="work.job",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["descriptor"], name="catalog_claim_descriptor")],
            },
        ),
    ]
