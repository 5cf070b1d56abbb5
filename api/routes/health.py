"""Whether the server works."""

from importlib.metadata import version

from django.db import DatabaseError, connection
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema

from ..problems import Problem

router = Router(tags=["health"])


class HealthOut(Schema):
    status: str
    django: str


@router.get("/", response={200: HealthOut}, url_name="health")
def health(request: HttpRequest) -> dict[str, str]:
    """Answers where the server and its database do."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        raise Problem(503, _("The database cannot be used at the moment.")) from error
    return {"status": "ok", "django": version("django")}
