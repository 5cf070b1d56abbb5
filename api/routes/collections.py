"""Collections."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from ninja import Field, Router, Schema, Status

from catalog.forms import CollectionForm
from catalog.models import Collection
from catalog.visibility import Scope
from search.recipes import default_recipe
from search.services import count_searchable

from ..callers import need
from ..problems import Problem
from ..schemas import CollectionOut, Slug, existing_collection

router = Router(tags=["collections"])


class CollectionIn(Schema):
    slug: Slug = Field(description="letters, digits, hyphens and underscores")
    title: str = Field("", max_length=200)


def collection_out(collection: Collection) -> dict[str, Any]:
    recipe = default_recipe(collection)
    return {
        "slug": collection.slug,
        "title": collection.title,
        "images": collection.images.count(),
        "searchable": count_searchable(scope=Scope.of(collection), recipe=recipe),
        "recipe": recipe.name,
        "address": f"{reverse('catalog:browse')}?collection={collection.slug}",
    }


@router.get("/", response={200: list[CollectionOut]}, url_name="collections")
def collections(request: HttpRequest) -> list[dict[str, Any]]:
    """All collections that the caller sees, by name."""
    seen = Collection.objects.visible_to(request.user)
    return [collection_out(collection) for collection in seen]


@router.post(
    "/",
    response={201: CollectionOut},
)
def add_collection(request: HttpRequest, payload: CollectionIn) -> Status:
    """Make an empty collection. Needs the permission `catalog.add_collection`."""
    need(request, "catalog.add_collection")
    form = CollectionForm(payload.dict(), user=request.user)
    if not form.is_valid():
        errors = [(field, str(text)) for field, texts in form.errors.items() for text in texts]
        raise Problem(409, " ".join(text for _field, text in errors), errors=errors)
    return Status(201, collection_out(form.save()))


@router.get(
    "/{slug}/",
    response={200: CollectionOut},
    url_name="collection",
)
def collection(request: HttpRequest, slug: str) -> dict[str, Any]:
    """One collection."""
    return collection_out(existing_collection(request, slug))
