"""The groups that an installation begins with: made once, so that who deletes one is rid of it."""

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

from sis_project.groups import READY_GROUPS


def make_groups(apps: Any, editor: Any) -> None:
    alias = editor.connection.alias
    # Django makes permissions at the end of `migrate`, which is too late here.
    for label in {name.partition(".")[0] for names in READY_GROUPS.values() for name in names}:
        create_permissions(installed.get_app_config(label), verbosity=0, using=alias)
    groups, permissions = (apps.get_model("auth", name).objects for name in ("Group", "Permission"))
    for title, names in READY_GROUPS.items():
        group, is_new = groups.using(alias).get_or_create(name=title)
        if not is_new:
            continue  # somebody's own of this name
        for name in names:
            app, _point, codename = name.partition(".")
            wanted = {"content_type__app_label": app, "codename": codename}
            group.permissions.add(permissions.using(alias).get(**wanted))


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("catalog", "0009_visibility"),
        ("evaluation", "0007_stored_when_done"),
        ("search", "0007_duplicate_scan"),
        ("work", "0001_initial"),
    ]
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
