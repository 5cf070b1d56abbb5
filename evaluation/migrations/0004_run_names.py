from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0003_last_heartbeat_at_library_versions")]

    operations = [
        migrations.AddField(
            model_name="evaluationrun",
            name="names_total",
            field=models.PositiveIntegerField(null=True, verbose_name="names in the run file"),
        ),
        migrations.AddField(
            model_name="evaluationrun",
            name="names_unknown",
            field=models.PositiveIntegerField(
                null=True,
                verbose_name="names that are neither in the collection nor labelled",
            ),
        ),
        migrations.AddField(
            model_name="evaluationrun",
            name="names_unknown_first",
            field=models.JSONField(
                blank=True, default=list, verbose_name="the first few of these names"
            ),
        ),
    ]
