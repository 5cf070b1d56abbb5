"""The interface as a whole: its rooms, its errors, its description (OpenAPI)."""

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.utils.translation import gettext as _
from ninja import Swagger

from .callers import Caller
from .described import DescribedAPI
from .problems import Problem, add_handlers, problem_response
from .routes import collections, duplicates, evaluation, health, images, search, work

api = DescribedAPI(
    title="Image search",
    version="1",
    description=(
        "Search by picture, the catalogue, evaluation and work. Everything that the pages show to"
        " visitors can be read without a token; send one as `Authorization: Bearer …` to do what"
        " its account may do. Errors are problem details (RFC 9457) in the language of"
        " `Accept-Language`."
    ),
    urls_namespace="api",
    auth=Caller(),
    docs=Swagger({"persistAuthorization": False}),
)
add_handlers(api)
for room, routes in (
    ("health", health),
    ("search", search),
    ("images", images),
    ("collections", collections),
    ("collections", duplicates),
    ("evaluation", evaluation),
    ("work", work),
):
    api.add_router(f"/{room}/", routes.router)


def nothing_here(request: HttpRequest, **_address: str) -> HttpResponse:
    """Answer for addresses below ours that do not exist, as for things that do not."""
    return problem_response(Problem(404, _("There is nothing at this address.")))


urlpatterns = [path("", api.urls), re_path(r"^(?P<rest>.*)$", nothing_here)]
