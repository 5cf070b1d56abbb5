"""The groups that an installation begins with: made once, so that who deletes one is rid of it."""

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

from sis_project.groups import READY_GROUPS, make_groups


def ready_groups(apps: Any, editor: Any) -> None:
    alias = editor.connection.alias
    # Django makes permissions at the end of `migrate`, which is too late here.
    for label in {name.partition(".")[0] for names in READY_GROUPS.values() for name in names}:
        create_permissions(installed.get_app_config(label), verbosity=0, using=alias)
    rows = (apps.get_model("auth", name).objects.using(alias) for name in ("Group", "Permission"))
    make_groups(*rows)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("catalog", "0009_visibility"),
        ("evaluation", "0007_stored_when_done"),
        ("search", "0007_duplicate_scan"),
        ("work", "0001_initial"),
    ]
    operations = [migrations.RunPython(ready_groups, migrations.RunPython.noop)]
