from django.db import migrations, models

import catalog.files.aliases
import search.models


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0007_duplicate_scan"),
    ]

    operations = [
        migrations.AlterField(
            model_name="query",
            name="picture",
            field=models.FileField(
                storage=catalog.files.aliases.query_storage,
                upload_to=search.models.stored_path,
                verbose_name="picture",
            ),
        ),
    ]
