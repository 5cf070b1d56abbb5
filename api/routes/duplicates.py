"""Pictures of a collection that are nearly the same."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status

from catalog.descriptors import DescriptorError
from search.duplicates.jobs import ask_for_duplicates
from search.duplicates.listing import groups_of, page_of_groups
from search.forms import DuplicatesForm
from search.models import DuplicateScan

from ..callers import need
from ..problems import Problem
from ..schemas import PageNumber, existing_collection
from .work import JobOut, job_out

router = Router(tags=["collections"])
MAY_SEARCH = "search.add_duplicatescan"
Distance = Annotated[
    float | None, Query(ge=0, description="no farther apart; without one, as suggested")
]


class TwinOut(Schema):
    id: int
    name: str
    width: int
    height: int


class DuplicatesOut(Schema):
    recipe: str
    compared: int
    created_at: datetime
    usual: float
    suggested: float
    distance: float
    page: int
    pages: int
    groups: list[list[TwinOut]]


@router.get("/{slug}/duplicates/", response={200: DuplicatesOut}, url_name="duplicates")
def duplicates(
    request: HttpRequest, slug: str, distance: Distance = None, page: PageNumber = 1
) -> dict[str, Any]:
    """Groups of what is nearly the same by the latest comparison, the largest group first."""
    scan = DuplicateScan.objects.filter(collection=existing_collection(request, slug)).first()
    if scan is None:
        raise Problem(409, _("The pictures were not compared with each other yet."))
    form = DuplicatesForm({"distance": distance}, scan=scan)
    if not form.is_valid():
        raise Problem(409, " ".join(map(str, form.errors["distance"])))
    found, groups = page_of_groups(groups_of(scan, form.chosen), page)
    told = ("recipe", "compared", "created_at", "usual", "suggested")
    return {name: getattr(scan, name) for name in told} | {
        "distance": form.chosen,
        "page": found.number,
        "pages": found.paginator.num_pages,
        "groups": [
            [
                {"id": one.pk, "name": one.name, "width": one.width, "height": one.height}
                for one in group.images
            ]
            for group in groups
        ],
    }


@router.post("/{slug}/duplicates/", response={202: JobOut})
def compare(request: HttpRequest, slug: str) -> Status:
    """Compare all pictures of a collection with each other, as a job.

    Needs the permission `search.add_duplicatescan`.
    """
    need(request, MAY_SEARCH)
    try:
        job = ask_for_duplicates(collection=existing_collection(request, slug), user=request.user)
    except DescriptorError as error:
        raise Problem(409, str(error)) from error
    return Status(202, job_out(job))
