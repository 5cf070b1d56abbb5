"""The description of the interface (OpenAPI), with the errors that any request may meet."""

from typing import Any

from ninja import NinjaAPI

from .problems import CONTENT_TYPE

# What any address may answer, and what only some do.
ANYWHERE = {
    400: "The request cannot be read",
    401: "The token is unknown, expired, revoked or missing",
    403: "The account lacks a permission, or a page of another site calls",
    409: "Fits this description, but nothing can be done with it: see `detail`",
    422: "Does not fit this description: see `errors`",
    503: "Not possible at the moment: see Retry-After",
}
OF_ONE_THING = {404: "Not found"}
OF_A_CHANGE = {
    413: "Too large",
    415: "Content of another type than described",
    429: "Too many requests: see Retry-After",
}
PROBLEM = {
    "title": "Problem",
    "description": "Problem details, RFC 9457; `errors` name the fields that cannot be used.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


class DescribedAPI(NinjaAPI):
    """Describes errors once for all operations, in the type of content that they have."""

    def get_openapi_schema(self, **options: Any) -> Any:
        schema = super().get_openapi_schema(**options)
        schema["components"]["schemas"]["Problem"] = PROBLEM
        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                errors = ANYWHERE | (OF_ONE_THING if "{" in path else {})
                errors |= OF_A_CHANGE if method != "get" else {}
                operation["responses"] |= {str(s): described(t) for s, t in errors.items()}
                # A token is never needed to ask: without one, a caller is a visitor.
                operation["security"] = [{}, *operation.get("security", [])]
        return schema


def described(text: str) -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {CONTENT_TYPE: {"schema": reference}}}
