"""`/healthz`: the process answers. `/readyz`: it can search at once, and what it needs is there.

Both are answered before anything else, so that who asks needs no name of a host, no session and no
database that works.
"""

import logging
import threading
from collections.abc import Callable

from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from PIL import Image as PillowImage

from catalog.descriptors import Descriptor, DescriptorError
from catalog.files.patience import PAGE, patience_of
from search.recipes import Recipe, default_recipe
from search.services import count_searchable

logger = logging.getLogger(__name__)

READY = "ready"
UNDER_WAY = "not ready yet"
# A file that is not there: asking for it tells whether the storage answers.
NO_FILE = "images/.readyz"


class Warmth:
    """What a search needs in memory: each part `READY`, `UNDER_WAY`, or why it cannot be had."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}

    def start(self) -> None:
        """Load the network and the matrix in a thread, so that nobody's first search waits."""
        self.parts = {"network": UNDER_WAY, "matrix": UNDER_WAY}
        threading.Thread(target=self.load, daemon=True).start()

    def load(self) -> None:
        try:
            recipe = default_recipe()
            self.attempt("matrix", lambda: load_matrix(recipe))
            self.attempt("network", lambda: load_network(recipe))
        except Exception as error:
            logger.warning("Nothing could be loaded ahead: %s", error)
            self.parts = dict.fromkeys(self.parts, type(error).__name__)
        finally:
            connection.close()

    def attempt(self, part: str, load: Callable[[], None]) -> None:
        try:
            load()
            self.parts[part] = READY
        except DescriptorError as error:
            # An empty server is ready to be filled; pages say what is missing.
            logger.info("%s: %s", part, error)
            self.parts[part] = READY


def load_matrix(recipe: Recipe) -> None:
    count_searchable(recipe=recipe)


def load_network(recipe: Recipe) -> None:
    for descriptor in recipe.describers:
        if isinstance(descriptor, Descriptor):
            descriptor.describe([PillowImage.new("RGB", (224, 224))])


warmth = Warmth()


class ReadinessMiddleware:
    """Answers the two addresses; comes first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.answers = {"/healthz": healthz, "/readyz": readyz}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.answers.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        response = answer()
        response["Cache-Control"] = "no-store"
        return response


def healthz() -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def readyz() -> HttpResponse:
    """Say of each part whether it is ready; 503 where one is not."""
    parts = {
        "database": state_of(ask_database),
        "storage": state_of(ask_storage),
        **warmth.parts,
    }
    is_ready = all(state == READY for state in parts.values())
    return JsonResponse({"ready": is_ready, "parts": parts}, status=200 if is_ready else 503)


def state_of(ask: Callable[[], object]) -> str:
    """Return `READY`, or what is wrong; the kind of error only, for whoever may ask."""
    try:
        ask()
    except Exception as error:
        logger.warning("Not ready: %s", error)
        return type(error).__name__
    return READY


def ask_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        # No request has begun that would end it.
        connection.close_if_unusable_or_obsolete()


def ask_storage() -> None:
    with patience_of(PAGE):
        default_storage.exists(NO_FILE)
