"""Runs and trials are stored when they are done; what goes on is a job's row."""

from typing import Any

from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Coalesce


def keep_what_is_done(apps: Any, schema_editor: Any) -> None:
    """Delete rows that hold no result: failed, waiting for a worker, or begun by one.

    Their date becomes that of their end.
    """
    for name in ("EvaluationRun", "RecipeTrial"):
        rows = apps.get_model("evaluation", name)._base_manager
        rows.exclude(status="done").delete()
        rows.update(created_at=Coalesce(F("finished_at"), F("created_at")))


def call_all_done(apps: Any, schema_editor: Any) -> None:
    for name in ("EvaluationRun", "RecipeTrial"):
        apps.get_model("evaluation", name)._base_manager.update(status="done")


class Migration(migrations.Migration):
    dependencies = [
        ("evaluation", "0006_proven"),
    ]

    operations = [
        migrations.RunPython(keep_what_is_done, call_all_done),
        migrations.RemoveIndex(
            model_name="evaluationrun",
            name="evaluation_run_listed",
        ),
        migrations.RemoveField(
            model_name="evaluationrun",
            name="error",
        ),
        migrations.RemoveField(
            model_name="evaluationrun",
            name="finished_at",
        ),
        migrations.RemoveField(
            model_name="evaluationrun",
            name="last_heartbeat_at",
        ),
        migrations.RemoveField(
            model_name="evaluationrun",
            name="progress_done",
        ),
        migrations.RemoveField(
            model_name="evaluationrun",
            name="progress_total",
        ),
        migrations.RemoveField(
            model_name="evaluationrun",
            name="status",
        ),
        migrations.RemoveField(
            model_name="recipetrial",
            name="error",
        ),
        migrations.RemoveField(
            model_name="recipetrial",
            name="finished_at",
        ),
        migrations.RemoveField(
            model_name="recipetrial",
            name="last_heartbeat_at",
        ),
        migrations.RemoveField(
            model_name="recipetrial",
            name="progress_done",
        ),
        migrations.RemoveField(
            model_name="recipetrial",
            name="progress_total",
        ),
        migrations.RemoveField(
            model_name="recipetrial",
            name="status",
        ),
        migrations.AlterField(
            model_name="evaluationrun",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="finished"),
        ),
        migrations.AlterField(
            model_name="recipetrial",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="finished"),
        ),
    ]
