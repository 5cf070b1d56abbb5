from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

STATES = [("queued", "queued"), ("running", "running"), ("done", "done"), ("failed", "failed")]


def name_recipes(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Runs of earlier releases ranked by one descriptor: the recipe of the same name."""
    runs = apps.get_model("evaluation", "EvaluationRun")
    runs.objects.filter(recipe="").update(recipe=models.F("descriptor"))


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_drop_thumbnail_tables"),
        ("evaluation", "0004_run_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="evaluationrun",
            name="recipe",
            field=models.CharField(
                blank=True, default="", max_length=100, verbose_name="way to rank"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="evaluationrun",
            name="recipe_facts",
            field=models.JSONField(
                blank=True, default=dict, verbose_name="parts of the way to rank"
            ),
        ),
        migrations.AddField(
            model_name="evaluationrun",
            name="seconds_per_query",
            field=models.FloatField(null=True, verbose_name="seconds a query"),
        ),
        migrations.AddField(
            model_name="evaluationrun",
            name="bytes_per_picture",
            field=models.PositiveIntegerField(null=True, verbose_name="bytes a picture"),
        ),
        migrations.AddField(
            model_name="evaluationrun",
            name="saw_collection",
            field=models.BooleanField(
                default=False, verbose_name="learned on the collection itself"
            ),
        ),
        migrations.AlterField(
            model_name="evaluationrun",
            name="descriptor",
            field=models.CharField(blank=True, max_length=300, verbose_name="descriptor"),
        ),
        migrations.AlterField(
            model_name="evaluationrun",
            name="model_id",
            field=models.CharField(blank=True, max_length=1500, verbose_name="model id"),
        ),
        migrations.CreateModel(
            name="RecipeTrial",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("recipes", models.JSONField(default=list, verbose_name="ways to rank")),
                ("pictures", models.PositiveIntegerField(verbose_name="pictures")),
                ("seed", models.PositiveIntegerField(default=0, verbose_name="seed")),
                (
                    "status",
                    models.CharField(
                        choices=STATES, default="queued", max_length=8, verbose_name="status"
                    ),
                ),
                ("progress_done", models.PositiveIntegerField(default=0)),
                ("progress_total", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True, verbose_name="error")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "last_heartbeat_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last heartbeat"),
                ),
                (
                    "finished_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="finished"),
                ),
                (
                    "best",
                    models.CharField(blank=True, max_length=100, verbose_name="best way to rank"),
                ),
                ("results", models.JSONField(blank=True, default=dict, verbose_name="results")),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipe_trials",
                        to="catalog.collection",
                        verbose_name="collection",
                    ),
                ),
            ],
            options={
                "verbose_name": "trial of ways to rank",
                "verbose_name_plural": "trials of ways to rank",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.RunPython(name_recipes, migrations.RunPython.noop, elidable=False),
    ]
