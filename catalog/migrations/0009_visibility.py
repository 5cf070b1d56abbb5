from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("catalog", "0008_vectors_uncompressed"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="collection",
            options={
                "ordering": ["slug"],
                "permissions": [
                    ("see_every_collection", "Can see every collection, whomever it is for")
                ],
                "verbose_name": "collection",
                "verbose_name_plural": "collections",
            },
        ),
        migrations.AddField(
            model_name="collection",
            name="groups",
            field=models.ManyToManyField(
                blank=True,
                help_text=(
                    "Only to members of these groups; to everybody who may search, without any."
                ),
                related_name="collections",
                to="auth.group",
                verbose_name="visible to",
            ),
        ),
    ]
