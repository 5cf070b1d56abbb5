"""The groups that an installation begins with. Administrators may change or delete them."""

from itertools import product

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
