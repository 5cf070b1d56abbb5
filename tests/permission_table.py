"""What GET answers to each role at every address: who may see what, in one place."""

# Who asks; each may what those before may. `keeper` has every permission, but is not an
# administrator.
ROLES = ("visitor", "account", "staff", "keeper")
OPEN = (200, 200, 200, 200)
POST_ONLY = (405, 405, 405, 405)
STAFF = (302, 302, 200, 200)
KEEPER = (302, 302, 403, 200)
NOBODY = (302, 302, 403, 403)

# Address, with what stands for its numbers -> what GET answers to each role.
PUBLIC = {
    "": OPEN,
    "search/<uuid:pk>/": OPEN,
    "search/turn/<uuid:ticket>/": OPEN,
    "search/<uuid:pk>/crop/": POST_ONLY,
    "search/<uuid:pk>/proof/<int:hit>/": OPEN,
    "search/<uuid:pk>/add/": POST_ONLY,
    "search/<uuid:pk>/picture/": OPEN,
    "search/<uuid:pk>/picture/<str:size>/": OPEN,
    "images/<int:pk>/similar/": OPEN,
    "images/<int:pk>/similar/add/": POST_ONLY,
    "images/<int:pk>/part/": POST_ONLY,
    "images/<int:pk>/proof/<int:hit>/": OPEN,
    "search/<uuid:pk>/why/<int:hit>/": OPEN,
    "images/<int:pk>/why/<int:hit>/": OPEN,
    "recipes/": OPEN,
    "images/": OPEN,
    "collections/new/": (302, 403, 403, 200),
    "collections/<slug:slug>/add/": (302, 403, 403, 200),
    "collections/<slug:slug>/duplicates/": OPEN,
    "collections/<slug:slug>/duplicates/delete/": POST_ONLY,
    "images/<int:pk>/": OPEN,
    "images/<int:pk>/original/": OPEN,
    "images/<int:pk>/thumbnail/<str:size>/": OPEN,
    "evaluation/": OPEN,
    "evaluation/recipes/": OPEN,
    "evaluation/trials/": OPEN,
    "evaluation/trials/<int:pk>/": OPEN,
    "evaluation/feedback/": OPEN,
    "evaluation/compare/": OPEN,
    "evaluation/compare/differences.<chart_kind:kind>": OPEN,
    "evaluation/runs/<int:pk>/": OPEN,
    "evaluation/runs/<int:pk>/ap-variants/": OPEN,
    "evaluation/runs/<int:pk>/museum/": (301, 301, 301, 301),
    "evaluation/runs/<int:pk>/audit/": OPEN,
    "evaluation/runs/<int:pk>/files/<str:name>": OPEN,
    "evaluation/runs/<int:pk>/topics.<chart_kind:kind>": OPEN,
    "evaluation/runs/<int:pk>/curve.<chart_kind:kind>": OPEN,
    "evaluation/runs/<int:pk>/topics/<int:position>/": OPEN,
    "evaluation/runs/<int:pk>/topics/<int:position>/anatomy.<chart_kind:kind>": OPEN,
    "work/": (302, 200, 200, 200),
    "work/progress/": (302, 200, 200, 200),
    "work/<int:pk>/": (302, 404, 404, 200),
    "work/<int:pk>/progress/": (302, 404, 404, 200),
    "work/<int:pk>/cancel/": POST_ONLY,
    "work/<int:pk>/continue/": POST_ONLY,
    "login/": OPEN,
    "logout/": POST_ONLY,
    "password/change/": (302, 200, 200, 200),
    "password/changed/": (302, 200, 200, 200),
    # Where no mail is sent.
    "password/reset/": (404, 404, 404, 404),
    "password/reset/sent/": (404, 404, 404, 404),
    "password/reset/<uidb64>/<token>/": (404, 404, 404, 404),
    "password/reset/done/": (404, 404, 404, 404),
    "sign-in/<str:key>/": (404, 404, 404, 404),
    "robots.txt": OPEN,
    "metrics": (404, 404, 404, 404),
    "^admin/r/": (404, 404, 404, 404),
    "i18n/setlang/": (302, 302, 302, 302),
}
ADMIN = {
    "": STAFF,
    "login/": (200, 200, 302, 302),
    "logout/": (302, 302, 405, 405),
    "password_change/": STAFF,
    "password_change/done/": STAFF,
    "autocomplete/": (302, 302, 403, 403),  # without a field in its address
    "jsi18n/": STAFF,
    "r/<path:content_type_id>/<path:object_id>/": (404, 404, 404, 404),
    "auth/user/<id>/password/": KEEPER,
    "^(?P<app_label>auth|catalog|search|evaluation|api)/$": (302, 302, 404, 200),
    "(?P<url>.*)$": (302, 302, 404, 404),
}
# What is added, changed and deleted by hand, and what only by import.
BY_HAND = {"": KEEPER, "add/": KEEPER, "delete/": KEEPER, "change/": KEEPER}
BY_IMPORT = {"": KEEPER, "add/": NOBODY, "delete/": KEEPER, "change/": KEEPER}
ELSEWHERE = (302, 302, 403, 302)
MODELS = {
    "auth/group": BY_HAND,
    "auth/user": BY_HAND,
    "catalog/image": BY_IMPORT,
    "catalog/collection": BY_HAND,
    "evaluation/benchmark": BY_IMPORT,
    "evaluation/topic": BY_IMPORT | {"delete/": NOBODY},
    "evaluation/judgement": BY_HAND,
    "evaluation/evaluationrun": BY_IMPORT,
    "evaluation/recipetrial": BY_IMPORT,
    "catalog/whitening": BY_IMPORT | {"add/": KEEPER},
    "catalog/vocabulary": BY_IMPORT,
    "search/collectionrecipe": BY_HAND,
    # Somebody else's: nobody but administrators sees it.
    "api/token": BY_HAND
    | {"delete/": ELSEWHERE, "change/": ELSEWHERE, "history/": (302, 302, 302, 302)},
}


# Below `api/` whoever is signed in is a visitor: a token says who calls.
API = {
    "openapi.json": OPEN,
    "docs": OPEN,
    "": (404, 404, 404, 404),
    "health/": OPEN,
    "search/": POST_ONLY,
    "search/vector/": POST_ONLY,
    "search/upload/": POST_ONLY,
    "search/queries/": POST_ONLY,
    "search/parts/": POST_ONLY,
    "search/queries/<query_id>/": OPEN,
    "images/": OPEN,
    "images/<image_id>/": OPEN,
    "collections/": OPEN,
    "collections/<slug>/": OPEN,
    "collections/<slug>/duplicates/": (409, 409, 409, 409),
    "evaluation/benchmarks/": OPEN,
    "evaluation/runs/": OPEN,
    "evaluation/runs/<run_id>/": OPEN,
    "evaluation/runs/<run_id>/topics/": OPEN,
    "work/": (401, 401, 401, 401),
    "work/<job_id>/": (401, 401, 401, 401),
    "work/<job_id>/cancel/": POST_ONLY,
    "^(?P<rest>.*)$": (404, 404, 404, 404),
}


def table() -> dict[str, tuple[int, ...]]:
    """Every address, and what GET answers to each role."""
    found: dict[str, tuple[int, ...]] = dict(PUBLIC)
    found |= {f"admin/{path}": codes for path, codes in ADMIN.items()}
    found |= {f"api/{path}": codes for path, codes in API.items()}
    for model, pages in MODELS.items():
        row = f"admin/{model}/<path:object_id>/"
        found |= {f"admin/{model}/": pages[""], f"admin/{model}/add/": pages["add/"]}
        found |= {f"{row}{page}": pages[page] for page in ("delete/", "change/")}
        found |= {f"{row}history/": pages.get("history/", KEEPER), row: (302, 302, 302, 302)}
    return found
