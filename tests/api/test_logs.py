"""A log is one line of JSON for each thing that happened."""

import logging
import sys
from typing import Any

import orjson

from api.logs import JsonLines


def line_of(message: str, *values: object, fields: dict[str, Any] | None = None, failed: bool = False) -> str:
    record = logging.LogRecord(
        "slotwright.access", logging.INFO, __file__, 1, message, values, sys.exc_info() if failed else None
    )
    record.__dict__.update({} if fields is None else {"fields": fields})
    return JsonLines().format(record)


def test_a_record_says_when_how_bad_and_who() -> None:
    line = orjson.loads(line_of("%s is %s", "all", "well"))
    assert line.pop("at").endswith("+00:00")
    assert line == {"level": "info", "logger": "slotwright.access", "message": "all is well"}


def test_fields_are_members_of_the_line() -> None:
    line = orjson.loads(line_of("GET /healthz 200", fields={"status": 200, "route": "/healthz"}))
    assert (line["status"], line["route"], line["message"]) == (200, "/healthz", "GET /healthz 200")


def test_a_failure_stays_on_one_line() -> None:
    try:
        raise ZeroDivisionError("first\nsecond")
    except ZeroDivisionError:
        line = line_of("it\nfailed", failed=True)
    assert "\n" not in line
    assert "ZeroDivisionError: first\nsecond" in orjson.loads(line)["exception"]
