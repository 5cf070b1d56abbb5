"""The run's heartbeat and words get better names; a run says which libraries made it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0002_evaluationrun_heard_at")]

    operations = [
        migrations.RenameField(
            model_name="evaluationrun", old_name="heard_at", new_name="last_heartbeat_at"
        ),
        migrations.AlterModelOptions(
            name="judgement",
            options={
                "ordering": ["topic", "label", "position"],
                "verbose_name": "label",
                "verbose_name_plural": "labels",
            },
        ),
        migrations.AddField(
            model_name="evaluationrun",
            name="library_versions",
            field=models.JSONField(blank=True, default=dict, verbose_name="library versions"),
        ),
        migrations.AlterField(
            model_name="benchmark",
            name="judgements_hash",
            field=models.CharField(
                editable=False, max_length=64, verbose_name="hash of the labels"
            ),
        ),
        migrations.AlterField(
            model_name="benchmark",
            name="labels",
            field=models.JSONField(editable=False, verbose_name="kinds of labels"),
        ),
        migrations.AlterField(
            model_name="evaluationrun",
            name="images_ranked",
            field=models.PositiveIntegerField(null=True, verbose_name="pictures ranked"),
        ),
        migrations.AlterField(
            model_name="evaluationrun",
            name="images_total",
            field=models.PositiveIntegerField(null=True, verbose_name="pictures of the collection"),
        ),
        migrations.AlterField(
            model_name="evaluationrun",
            name="judged_missing",
            field=models.PositiveIntegerField(
                default=0, verbose_name="labelled pictures that are not in the collection"
            ),
        ),
        migrations.AlterField(
            model_name="evaluationrun",
            name="judged_total",
            field=models.PositiveIntegerField(default=0, verbose_name="labelled pictures"),
        ),
        migrations.AlterField(
            model_name="evaluationrun",
            name="judgements_hash",
            field=models.CharField(blank=True, max_length=64, verbose_name="hash of the labels"),
        ),
        migrations.AlterField(
            model_name="evaluationrun",
            name="labels",
            field=models.JSONField(default=list, verbose_name="kinds of labels"),
        ),
        migrations.AlterField(
            model_name="evaluationrun",
            name="last_heartbeat_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="last heartbeat"),
        ),
        migrations.AlterField(
            model_name="evaluationrun",
            name="unknown_topics",
            field=models.JSONField(
                blank=True, default=list, verbose_name="topics missing from the benchmark"
            ),
        ),
        migrations.AlterField(
            model_name="evaluationrun",
            name="model_id",
            field=models.CharField(blank=True, max_length=200, verbose_name="model id"),
        ),
        migrations.AlterField(
            model_name="topicvector",
            name="model_id",
            field=models.CharField(max_length=200, verbose_name="model id"),
        ),
    ]
