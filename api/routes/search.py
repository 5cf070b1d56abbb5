"""Searching: with pictures that are sent, images, parts, vectors, and marks."""

import uuid
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Field, File, Form, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import BeforeValidator, Discriminator, StrictBool, Tag

from catalog.models import Collection, Image
from catalog.uploads import too_large_files
from search.keeping import delete_query
from search.models import Query
from search.queries import create_queries, crop_query, image_part_query
from search.questions import Example, Question
from search.questions.model import MOST_EXAMPLES, MOST_MARKS
from search.recipes import Recipe, default_recipe
from search.turn_views import own_turn

from ..problems import wrong_field
from ..schemas import (
    NotTruth,
    Number,
    PageNumber,
    QueryOut,
    RowNumber,
    SearchOut,
    Sides,
    box_of,
    found_collection,
    image_out,
    too_large_problem,
)
from ..searching import (
    Way,
    as_answer,
    chosen_question,
    chosen_way,
    found_recipe,
    ranked_question,
    ranked_vector,
)

router = Router(tags=["search"])
Hits = Annotated[int, Field(ge=1, le=1000), NotTruth]
VERIFIED = "verify the first results, where that is possible"
Expanded = Annotated[int, Field(ge=0, le=100), NotTruth]


class Strict(Schema, extra="forbid"):
    """A body in which a misspelt field is an error."""


class ImageExample(Strict):
    """An image of the catalogue."""

    image: RowNumber


class QueryExample(Strict):
    """A picture that was sent before, or a part of one."""

    query: uuid.UUID


def kind_of(example: Any) -> str:
    """Tell by which of the two an example is to be read, so that mistakes are told of that one."""
    return "image" if isinstance(example, dict) and "image" in example else "query"


ExampleIn = Annotated[
    Annotated[ImageExample, Tag("image")] | Annotated[QueryExample, Tag("query")],
    Discriminator(kind_of),
]


def none_of_nothing(value: Any) -> Any:
    return None if value in ("", "null") else value


class Where(Strict):
    """Where to search, and by which way to rank."""

    collection: str = Field("", max_length=100, description="short name; empty: all collections")
    recipe: str = Field("", max_length=100, description="name; empty: the best available")


class Ways(Where):
    """How to rank, where nothing else is said as the result pages do."""

    k: Hits = 30
    page: PageNumber = 1
    expand: Expanded = Field(0, description="ask again with the first so many results")
    name: str = Field("", max_length=200, description="only images with this in their name")
    shape: Literal["", "landscape", "portrait", "square"] = ""
    least: Annotated[int, Field(ge=0, le=100_000), NotTruth] = Field(
        0, description="only images whose longer side has at least so many pixels"
    )
    since: date | None = Field(None, description="only images added on this day or later")
    geometry: StrictBool = Field(True, description=VERIFIED)


class SentWays(Ways):
    """The same as fields of a form, which know texts only: an empty one is none."""

    since: Annotated[date | None, BeforeValidator(none_of_nothing)] = None
    geometry: bool = Field(True, description=VERIFIED)


class SearchIn(Ways):
    examples: list[ExampleIn] = Field(min_length=1, max_length=MOST_EXAMPLES)
    like: list[RowNumber] = Field(default_factory=list, max_length=MOST_MARKS // 2)
    unlike: list[RowNumber] = Field(default_factory=list, max_length=MOST_MARKS // 2)


class VectorIn(Ways):
    vector: list[Number] = Field(min_length=1, max_length=65_536, description="of any length but 0")


class PartIn(Strict):
    of: ExampleIn
    box: Sides = Field(description="x1, y1, x2, y2 in pixels of the image or the query")
    recipe: str = Field("", max_length=100)


@router.post("/", response={200: SearchOut}, url_name="search")
def search(request: HttpRequest, payload: SearchIn) -> dict[str, Any]:
    """Rank by likeness to examples, and to marked images."""
    examples = [example_of(one) for one in payload.examples]
    question = chosen_question(examples, payload.like, payload.unlike)
    return answered(request, question, way_of(request, payload))


@router.post("/vector/", response={200: SearchOut}, url_name="search_vector")
def search_vector(request: HttpRequest, payload: VectorIn) -> dict[str, Any]:
    """Rank by likeness to a vector, of the one descriptor by which a recipe compares."""
    way = way_of(request, payload)
    return shown(as_answer(ranked_vector(payload.vector, way), way, question=None, address=None))


@router.post("/upload/", response={200: SearchOut}, url_name="search_upload")
def search_upload(
    request: HttpRequest,
    pictures: Annotated[list[UploadedFile], File(..., min_length=1, max_length=MOST_EXAMPLES)],
    ways: Form[SentWays],
) -> dict[str, Any]:
    """Rank by likeness to pictures that are sent, which are kept as queries for some days."""
    way = way_of(request, ways)
    with own_turn(request):
        queries = sent_queries(request, pictures, way.scope.collection, way.recipe)
        question = chosen_question([Example("query", query.pk) for query in queries], (), ())
        return answered(request, question, way) | {"queries": [query.pk for query in queries]}


@router.post("/queries/", response={201: QueryOut}, url_name="queries")
def add_query(
    request: HttpRequest, picture: Annotated[UploadedFile, File(...)], where: Form[Where]
) -> Status:
    """Send a picture to search with later; it is kept for some days, and nobody can list it."""
    collection = found_collection(request, where.collection, field="collection")
    recipe = found_recipe(where.recipe) or default_recipe(collection)
    with own_turn(request):
        (query,) = sent_queries(request, [picture], collection, recipe)
    return Status(201, query_out(query))


@router.post("/parts/", response={201: QueryOut}, url_name="parts")
def add_part(request: HttpRequest, payload: PartIn) -> Status:
    """Make a query of a part of an image, or of another query's picture."""
    example = example_of(payload.of)
    box = box_of(payload.box, field="box")
    own = found(request, example)
    recipe = found_recipe(payload.recipe) or default_recipe(own.collection)
    with own_turn(request):
        if isinstance(own, Image):
            part = image_part_query(image=own, box=box, recipe=recipe)
        else:
            part = crop_query(query=own, box=box, recipe=recipe)
    return Status(201, query_out(part))


@router.get("/queries/{query_id}/", response={200: QueryOut})
def query(request: HttpRequest, query_id: uuid.UUID) -> dict[str, Any]:
    """What is kept of a query. Its identifier is its secret."""
    return query_out(found_query(request, query_id))


@router.delete("/queries/{query_id}/", response={204: None})
def forget_query(request: HttpRequest, query_id: uuid.UUID) -> Status:
    """Delete a query and what is kept of its picture."""
    found_query(request, query_id)
    if not delete_query(query_id):
        raise Http404
    return Status(204, None)


def way_of(request: HttpRequest, asked: Ways) -> Way:
    return chosen_way(
        user=request.user,
        collection=found_collection(request, asked.collection, field="collection"),
        recipe=asked.recipe or None,
        expand=asked.expand or None,
        geometry=asked.geometry,
        k=asked.k,
        page=asked.page,
        narrowed={
            name: value
            for name in ("name", "shape", "least", "since")
            if (value := getattr(asked, name))
        },
    )


def sent_queries(
    request: HttpRequest, files: list[UploadedFile], collection: Collection | None, recipe: Recipe
) -> list[Query]:
    if too_large := too_large_files(request):
        raise too_large_problem(too_large)
    return create_queries(files=files, collection=collection, recipe=recipe)


def example_of(given: ImageExample | QueryExample) -> Example:
    if isinstance(given, ImageExample):
        return Example("image", given.image)
    return Example("query", given.query)


def found(request: HttpRequest, example: Example) -> Query | Image:
    """Return the row that an example names; raises `Problem` where it is gone."""
    row: Query | Image | None
    if isinstance(example.key, uuid.UUID):
        rows = Query.objects.visible_to(request.user).select_related("collection")
        row = rows.filter(pk=example.key).first()
    else:
        images = Image.objects.visible_to(request.user).select_related("collection")
        row = images.filter(pk=example.key).first()
    if row is None:
        text = _("There is no picture “%(name)s” to search with.") % {"name": example.key}
        raise wrong_field(example.kind, text)
    return row


def found_query(request: HttpRequest, key: uuid.UUID) -> Query:
    rows = Query.objects.visible_to(request.user).select_related("collection")
    query = rows.filter(pk=key).first()
    if query is None:
        raise Http404
    return query


def answered(request: HttpRequest, question: Question, way: Way) -> dict[str, Any]:
    ranking = ranked_question(question, found(request, question.own), way)
    return shown(as_answer(ranking, way, question=question, address=page_address(question, way)))


def page_address(question: Question, way: Way) -> str:
    """Return the address of the page that shows the same ranking."""
    kind = "search:results" if question.own.kind == "query" else "search:similar"
    fields = [("collection", way.scope.collection.slug if way.scope.collection else "")]
    fields += [("recipe", way.recipe.name), *question.fields()]
    fields += [(name, str(value)) for name, value in way.narrowed.items()]
    return f"{reverse(kind, args=[question.own.key])}?{urlencode(fields)}"


def query_out(query: Query) -> dict[str, Any]:
    return {
        "id": query.pk,
        "width": query.width,
        "height": query.height,
        "box": list(query.box) if query.box else None,
        "image": query.image_id,
        "recipe": query.recipe,
        "address": query.get_absolute_url(),
        "picture": reverse("search:picture", args=[query.pk]),
        "kept_until": query.created_at + timedelta(days=query.retention_days),
    }


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    hits = [hit | {"image": image_out(hit["image"])} for hit in answer["hits"]]
    return answer | {"hits": hits, "queries": []}
