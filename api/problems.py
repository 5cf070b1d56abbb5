"""Errors as problem details (RFC 9457), in the caller's language."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from catalog.descriptors import DescriptorError
from catalog.pixels import Fault, PictureError
from search import turn_views
from search.turns import TooManyWaiting

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: gettext_lazy("The request is malformed"),
    401: gettext_lazy("A token is needed"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("Method not allowed"),
    409: gettext_lazy("Not possible with these values"),
    413: gettext_lazy("Too large"),
    415: gettext_lazy("Content of the wrong type"),
    422: gettext_lazy("Values of the wrong kind"),
    429: gettext_lazy("Too many requests"),
    503: gettext_lazy("Not possible at the moment"),
}
# What a library says of a value, by the kind of mistake, in our words.
MISTAKES = {
    "missing": gettext_lazy("This is required."),
    "extra_forbidden": gettext_lazy("There is no such field."),
    "int_parsing": gettext_lazy("A whole number is needed."),
    "int_type": gettext_lazy("A whole number is needed."),
    "int_from_float": gettext_lazy("A whole number is needed."),
    "number_type": gettext_lazy("A number is needed."),
    "float_parsing": gettext_lazy("A number is needed."),
    "float_type": gettext_lazy("A number is needed."),
    "finite_number": gettext_lazy("A finite number is needed."),
    "bool_parsing": gettext_lazy("True or false is needed."),
    "bool_type": gettext_lazy("True or false is needed."),
    "string_type": gettext_lazy("A text is needed."),
    "list_type": gettext_lazy("A list is needed."),
    "uuid_parsing": gettext_lazy("A query's identifier is needed."),
    "uuid_type": gettext_lazy("A query's identifier is needed."),
    "date_from_datetime_parsing": gettext_lazy("A date is needed: YYYY-MM-DD."),
    "date_parsing": gettext_lazy("A date is needed: YYYY-MM-DD."),
    "date_type": gettext_lazy("A date is needed: YYYY-MM-DD."),
    "literal_error": gettext_lazy("One of these is needed: %(expected)s."),
    "json_invalid": gettext_lazy("This is not JSON."),
    "greater_than_equal": gettext_lazy("The number is too small: at least %(ge)s."),
    "less_than_equal": gettext_lazy("The number is too large: at most %(le)s."),
    "too_long": gettext_lazy("There are too many: at most %(max_length)s."),
    "too_short": gettext_lazy("There are too few: at least %(min_length)s."),
    "string_too_long": gettext_lazy("The text is too long: at most %(max_length)s characters."),
    "string_too_short": gettext_lazy("The text is too short: at least %(min_length)s characters."),
}


class Problem(Exception):
    """What a request is answered with instead; `detail` is for people, in their language.

    `errors` say of each field, by its place in the request, what is wrong with it.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, errors
        self.headers = dict(headers or {})


def wrong_field(field: str, message: str) -> Problem:
    """What to raise where a value fits the description, but nothing can be done with it.

    Because nothing has this name, the picture cannot be decoded, or the like. That is 409; 422 is
    what does not fit the description, which programs can know without asking.
    """
    return Problem(409, message, errors=[(field, message)])


def problem_response(problem: Problem) -> HttpResponse:
    """Return the answer that a problem makes."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": str(TITLES.get(problem.status, _("The server failed"))),
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        body["errors"] = [{"field": field, "message": text} for field, text in problem.errors]
    content = json.dumps(body, ensure_ascii=False)
    response = HttpResponse(content, status=problem.status, content_type=CONTENT_TYPE)
    for name, value in problem.headers.items():
        response[name] = value
    return response


def add_handlers(api: NinjaAPI) -> None:
    """Let each error that a route may raise become a problem."""

    def answer(_request: HttpRequest, problem: Any) -> HttpResponse:
        return problem_response(problem)

    def invalid(_request: HttpRequest, error: Any) -> HttpResponse:
        errors = [(place(one["loc"]), in_words(one)) for one in error.errors]
        detail = _("Some values of the request cannot be used.")
        return problem_response(Problem(422, detail, errors=errors))

    def missing(_request: HttpRequest, _error: Any) -> HttpResponse:
        # What is raised with a text of its own is a `Problem`; Django's names classes.
        return problem_response(Problem(404, _("There is nothing at this address.")))

    def malformed(_request: HttpRequest, error: Any) -> HttpResponse:
        return problem_response(
            Problem(error.status_code, _("The body of the request is not JSON."))
        )

    def unpictured(_request: HttpRequest, error: Any) -> HttpResponse:
        if error.fault is Fault.BUSY:
            return problem_response(Problem(503, str(error), headers={"Retry-After": "5"}))
        status = 404 if error.fault is Fault.MISSING else 409
        return problem_response(Problem(status, str(error)))

    def too_many(_request: HttpRequest, error: Any) -> HttpResponse:
        headers = {"Retry-After": str(turn_views.seconds_until_room(error))}
        return problem_response(Problem(503, turn_views.in_words(error), headers=headers))

    def undescribed(_request: HttpRequest, error: Any) -> HttpResponse:
        return problem_response(Problem(503, str(error)))

    def formed(_request: HttpRequest, _error: Any) -> HttpResponse:
        return problem_response(Problem(415, _("Send the body as application/json.")))

    api.add_exception_handler(Problem, answer)
    # A form was read as one already, where JSON was wanted.
    api.add_exception_handler(RawPostDataException, formed)
    api.add_exception_handler(ValidationError, invalid)
    api.add_exception_handler(Http404, missing)
    api.add_exception_handler(HttpError, malformed)
    api.add_exception_handler(PictureError, unpictured)
    api.add_exception_handler(DescriptorError, undescribed)
    api.add_exception_handler(TooManyWaiting, too_many)


def place(location: Sequence[Any]) -> str:
    """Return where in a request a value is: `body.examples.0.image`."""
    steps: list[str] = []
    for step in map(str, location):
        # Names of parameters, of validators, and of kinds, which repeat the field's.
        if step not in ("payload", "form") and "[" not in step and steps[-1:] != [step]:
            steps.append(step)
    return ".".join(steps)


def in_words(error: Mapping[str, Any]) -> str:
    """Return what is wrong with a value; our own validators' texts are sentences already."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    known = MISTAKES.get(error["type"])
    if known is None:
        return _("This value cannot be used here.")
    return str(known) % error.get("ctx", {})
