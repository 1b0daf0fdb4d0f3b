"""What every error must look like."""

from typing import Any

import httpx


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The answer is a problem document of that kind; gives the document."""
    assert answer.status_code == status, answer.text
    document: dict[str, Any] = answer.json()
    assert document["code"] == code, document
    assert answer.headers["content-type"] == "application/problem+json"
    assert document["status"] == status
    assert document["requestId"] == answer.headers["x-request-id"]
    assert {"type", "title", "detail"} <= document.keys()
    return document
