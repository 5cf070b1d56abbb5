"""What crawlers are asked to leave alone."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.access import Area, is_for_everyone

# Pages that rank the whole collection at each visit, belong to one visitor, or lead nowhere.
ALWAYS = ("/search/", "/images/*/similar/", "/images/*/original/", "/evaluation/")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """`robots.txt`: the start page and the catalogue may be indexed, unless SIS_INDEXED is off."""
    some = [*ALWAYS, reverse("admin:index"), reverse("login")]
    is_open = settings.SIS_INDEXED and is_for_everyone(Area.SEARCH)
    closed = some if is_open else ["/"]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), ""]
    return HttpResponse(
        "\n".join(lines),
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "max-age=86400"},
    )
