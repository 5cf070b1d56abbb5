from django.db import migrations

TABLES = ("thumbnaildimensions", "thumbnail", "source")


class Migration(migrations.Migration):
    """Thumbnails have no rows any more; those of the package that kept them go."""

    dependencies = [("catalog", "0004_names")]

    operations = [
        *(
            migrations.RunSQL(f"DROP TABLE IF EXISTS easy_thumbnails_{table}", "")
            for table in TABLES
        ),
        # So that a return to the release before makes them anew.
        migrations.RunSQL("DELETE FROM django_migrations WHERE app = 'easy_thumbnails'", ""),
    ]
