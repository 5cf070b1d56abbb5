"""The groups that an installation begins with. Administrators may change or delete them."""

from itertools import product
from typing import Any

# What each may do, beside what everybody may who may search; as "app.permission".
SEES = ("catalog.view_image", "catalog.view_collection")
READY_GROUPS: dict[str, tuple[str, ...]] = {
    "viewer": SEES,
    "curator": (
        *SEES,
        *(f"catalog.{do}_image" for do in ("add", "change", "delete")),
        *(f"catalog.{do}_collection" for do in ("add", "change", "delete")),
        *(f"search.{do}_collectionrecipe" for do in ("view", "add", "change", "delete")),
        "search.add_duplicatescan",
        "work.add_job",
    ),
    "evaluator": (
        *SEES,
        *(
            f"evaluation.{do}_{what}"
            for do, what in product(
                ("view", "add", "change", "delete"),
                ("benchmark", "topic", "judgement", "evaluationrun", "recipetrial"),
            )
        ),
        "work.add_job",
    ),
}


def make_groups(groups: Any, permissions: Any) -> None:
    """Make those that are not there; somebody's own of the same name is left as it is.

    `groups` and `permissions` are the managers, or querysets, of these rows.
    """
    for title, names in READY_GROUPS.items():
        group, is_new = groups.get_or_create(name=title)
        if not is_new:
            continue
        for name in names:
            app, _point, codename = name.partition(".")
            wanted = {"content_type__app_label": app, "codename": codename}
            group.permissions.add(permissions.get(**wanted))
