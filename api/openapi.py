"""The published description: every operation with examples, every error as a problem document."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from api.clinic_file.document import ClinicFileEntry
from api.errors import (
    FORBIDDEN,
    INTERNAL,
    KINDS,
    MALFORMED,
    MEDIA_TYPE,
    NOT_FOUND,
    TOO_LARGE,
    UNAUTHENTICATED,
    UNSUPPORTED_MEDIA_TYPE,
    Kind,
    Problem,
)
from api.payloads.basics import AN_ID, ProblemOut
from models.errors import IdempotencyKeyInFlight, LockTimeout, TimedOut, Unavailable

_JSON: Final = "application/json"
_PAGE: Final = re.compile(r"Page_(\w+?)(?:Out)?_")
_FRAMEWORK_ERROR: Final = "HTTPValidationError"
_EXAMPLES_BY_FORMAT: Final = {
    "uuid": AN_ID,
    "date-time": "2026-11-23T09:00:00+01:00",
    "date": "2026-11-23",
}


Responses: TypeAlias = dict[int | str, dict[str, Any]]

ALWAYS: Final = (MALFORMED, UNAUTHENTICATED, FORBIDDEN, INTERNAL, KINDS[Unavailable], KINDS[TimedOut])
IN_A_CLINIC: Final = (*ALWAYS, NOT_FOUND)
WITH_A_BODY: Final = (TOO_LARGE, UNSUPPORTED_MEDIA_TYPE)

LOCATION: Final = "Location"
ETAG: Final = "ETag"
REPLAYED: Final = "Idempotency-Replayed"
_RETRY_AFTER: Final = "Retry-After"
_CHALLENGE: Final = "WWW-Authenticate"

_HEADERS: Final = {
    LOCATION: ("Where the new thing is read.", {"type": "string"}),
    ETAG: ("The version of what is answered; for `If-Match` and `If-None-Match`.", {"type": "string"}),
    REPLAYED: ("The answer to an earlier call with the same key.", {"type": "string", "enum": ["true"]}),
    _RETRY_AFTER: (
        "Seconds after which the same call may succeed.",
        {"type": "string", "pattern": "^[0-9]+$"},
    ),
    _CHALLENGE: ("That a bearer token is wanted.", {"type": "string"}),
}
_HEADERS_OF_KINDS: Final = {
    UNAUTHENTICATED: _CHALLENGE,
    **dict.fromkeys((KINDS[e] for e in (Unavailable, LockTimeout, IdempotencyKeyInFlight)), _RETRY_AFTER),
}


def with_headers(status: int, *names: str) -> Responses:
    """Says which headers an answer of that status carries."""
    return {status: {"headers": _described_headers(names)}}


def _described_headers(names: Iterable[str]) -> dict[str, Any]:
    return {
        name: {"description": _HEADERS[name][0], "schema": _HEADERS[name][1]} for name in dict.fromkeys(names)
    }


NOT_MODIFIED: Final[Responses] = {
    304: {
        "description": "Nothing has changed since the answer with that `ETag`.",
        "headers": _described_headers([ETAG]),
    }
}
TAGGED: Final[Responses] = {**with_headers(200, ETAG), **NOT_MODIFIED}
"""A read that answers an entity tag, and nothing but that to those who have seen it."""


def problems(*kinds: Kind) -> Responses:
    """The errors of an operation as FastAPI wants them; kinds of one status share an entry."""
    by_status: dict[int | str, list[Kind]] = {}
    for kind in dict.fromkeys(kinds):
        by_status.setdefault(kind.status, []).append(kind)
    return {status: _described(alike) for status, alike in by_status.items()}


def _described(kinds: list[Kind]) -> dict[str, Any]:
    examples = {
        kind.code: {"summary": kind.title, "value": Problem(kind, kind.title).document()} for kind in kinds
    }
    described = {
        "model": ProblemOut,
        "description": "; ".join(f"`{kind.code}`: {kind.title}" for kind in kinds),
        "content": {MEDIA_TYPE: {"examples": examples}},
    }
    headers = _described_headers(_HEADERS_OF_KINDS[kind] for kind in kinds if kind in _HEADERS_OF_KINDS)
    return {**described, "headers": headers} if headers else described


def json_body(payload: type[BaseModel]) -> dict[str, Any]:
    """Describes the body of an operation that reads it by other means than the framework's.

    Some other operation must answer that payload, so that its schema is published.
    """
    schema = {"$ref": f"#/components/schemas/{payload.__name__}"}
    return {"requestBody": {"required": True, "content": {_JSON: {"schema": schema}}}}


def describe(app: FastAPI) -> None:
    """Make the application publish its own description, made once, when first asked for."""

    def published() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            app.openapi_schema = _renamed(_completed(document))
        return app.openapi_schema

    app.openapi = published  # type: ignore[method-assign]


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    for operation in _operations(document):
        _without_framework_error(operation)
        for status, response in operation["responses"].items():
            _as_problem(response) if status[0] in "45" else _with_example(response, schemas)
        _with_example(operation.get("requestBody", {}), schemas)
    for name in (_FRAMEWORK_ERROR, "ValidationError"):
        schemas.pop(name, None)
    return document


def _renamed(document: dict[str, Any]) -> dict[str, Any]:
    """`ProviderOut` is a matter of this program; clients read `Provider`, `ProviderPage`, `ClinicFile`."""
    text = orjson.dumps(document).decode()
    for name in sorted(document["components"]["schemas"], key=len, reverse=True):
        short = _PAGE.sub(r"\1Page", name)
        short = short.removesuffix("Out") if short == name else short
        short = "ClinicFile" if name == ClinicFileEntry.__name__ else short
        text = text.replace(f'"{name}"', f'"{short}"').replace(f'/{name}"', f'/{short}"')
    renamed: dict[str, Any] = orjson.loads(text)
    return renamed


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _without_framework_error(operation: dict[str, Any]) -> None:
    """The framework documents a 422 of its own that this service never gives."""
    unwanted = operation["responses"].get("422", {}).get("content", {}).get(_JSON, {})
    if unwanted.get("schema", {}).get("$ref", "").endswith(_FRAMEWORK_ERROR):
        del operation["responses"]["422"]


def _as_problem(response: dict[str, Any]) -> None:
    content = response["content"]
    content[MEDIA_TYPE]["schema"] = content.pop(_JSON)["schema"]


def _with_example(described: dict[str, Any], schemas: dict[str, Any]) -> None:
    content = described.get("content", {}).get(_JSON)
    if content is not None and "example" not in content and "examples" not in content:
        content["example"] = example_of(content["schema"], schemas)


def example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """A value that fits a schema, out of the examples of its parts."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    if "const" in schema or "default" in schema:
        return schema.get("const", schema.get("default"))
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas)
    if "properties" in schema:
        return {name: example_of(part, schemas) for name, part in schema["properties"].items()}
    return _example_of_type(schema, schemas)


def _example_of_type(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    match schema.get("type"):
        case "array":
            return [example_of(schema["items"], schemas)]
        case "string":
            return _EXAMPLES_BY_FORMAT.get(schema.get("format", ""), "text")
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case _:
            return {}
