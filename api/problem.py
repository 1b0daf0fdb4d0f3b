"""Errors on their way out: exception handlers that answer problem documents."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.allow import AllowedMethods
from api.documents import is_json
from api.errors import MAX_FAULTS, MEDIA_TYPE, Fault, Malformed, Problem, Refused, problem_of
from api.payloads.basics import FORMS
from api.payloads.scenario_changes import CHANGE_TYPES
from api.tokens import Unauthenticated
from models.errors import SlotwrightError


def problem_response(problem: Problem, request_id: str | None) -> Response:
    """A problem as an answer."""
    return Response(
        _encoded(problem.document(request_id)),
        status_code=problem.kind.status,
        media_type=MEDIA_TYPE,
        headers=dict(problem.headers),
    )


def _encoded(document: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:  # text that quotes half a surrogate pair has no UTF-8
        return json.dumps(document).encode("ascii")


def add_problem_handlers(app: FastAPI, allowed: AllowedMethods | None = None) -> None:
    """Every error that the service or its framework raises answers a problem document."""

    async def answer_of_the_framework(request: Request, error: Exception) -> Response:
        answer = await _answer(request, error)
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED and allowed is not None:
            answer.headers["Allow"] = allowed.of(request.url.path) or answer.headers["Allow"]
        return answer

    for refusal in (SlotwrightError, Refused, Unauthenticated):
        app.add_exception_handler(refusal, _answer)
    app.add_exception_handler(HTTPException, answer_of_the_framework)
    app.add_exception_handler(RequestValidationError, _answer_invalid)


async def _answer(request: Request, error: Exception) -> Response:
    return problem_response(problem_of(error), request.scope.get("request_id"))


async def _answer_invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    return await _answer(request, _refusal_of(request, error))


def _refusal_of(request: Request, invalid: RequestValidationError) -> Exception:
    faults = tuple(
        _not_json(fault) if fault["type"] == "json_invalid" else Fault(_pointer(fault["loc"]), _said(fault))
        for fault in list(invalid.errors())[:MAX_FAULTS]
    )
    sources = {fault["loc"] for fault in invalid.errors()}
    if ("body",) in sources and not is_json(request.headers.get("content-type", "")):
        return HTTPException(415, "send the body as application/json")
    first = faults[0]
    return Malformed(f"{first.pointer}: {first.message}" if first.pointer else first.message, faults)


def _said(fault: Mapping[str, Any]) -> str:
    """What is wrong, in words for whoever sent it rather than for whoever wrote the check."""
    match fault["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "is not a known name here"
        case "value_error":
            return str(fault["ctx"]["error"])
        case "string_pattern_mismatch" if fault["ctx"]["pattern"] in FORMS:
            return f"must be {FORMS[fault['ctx']['pattern']]}"
    return str(fault["msg"])


def _not_json(fault: Mapping[str, Any]) -> Fault:
    """A body that stops being JSON somewhere, which is no place that a pointer could name."""
    return Fault("", f"the body is not JSON: {fault['ctx']['error']} (at character {fault['loc'][-1]})")


def _pointer(location: tuple[int | str, ...]) -> str:
    """A JSON pointer into the body, or the name of a parameter.

    >>> _pointer(("body", "equipmentIds", 0))
    '/equipmentIds/0'
    >>> _pointer(("body", "changes", 0, "room_closed", "start"))
    '/changes/0/start'
    >>> _pointer(("query", "limit"))
    'limit'
    """
    source, *parts = location
    if source == "body":  # behind a place in a list stands the kind of change that was read there
        behind = zip([source, *parts], parts, strict=False)
        return "".join(
            f"/{part}" for before, part in behind if not (part in CHANGE_TYPES and isinstance(before, int))
        )
    return ".".join(str(part) for part in parts)
