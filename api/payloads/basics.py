"""Types that all payloads share: ids, text, instants, pages, problems."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.alias_generators import to_camel

ITEM = TypeVar("ITEM")

MAX_PAGE = 500
AN_ID = "0b8f6f0e-5d5f-4b0c-9f0e-3c1d2a7b9e11"
ID_FORM = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
RESOURCE_FORM = rf"^(?:providers|rooms|equipment)/{ID_FORM[1:]}"
TIME_FORM = r"^\d\d:\d\d$"
_DEGREES = r"[+-]?\d{1,3}(?:\.\d{1,15})?"
POINT_FORM = rf"^\s*{_DEGREES}\s*,\s*{_DEGREES}\s*$"
FORMS = {
    ID_FORM: f"an id, such as {AN_ID}",
    RESOURCE_FORM: f"a provider, a room or equipment, such as providers/{AN_ID}",
    TIME_FORM: "a time of day, such as 09:00",
    POINT_FORM: "latitude and longitude, such as 52.52,13.405",
}
"""What text of each form is called, for whoever sent something else."""


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain a NUL character")
    if not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text):
        raise ValueError("must not contain half of a surrogate pair")
    return text


Id = Annotated[
    str,
    StringConstraints(pattern=ID_FORM, to_lower=True),
    WithJsonSchema({"type": "string", "format": "uuid", "examples": [AN_ID]}),
]
"""A UUID in its canonical form, in lower case once it is read."""

ResourceName = Annotated[
    str,
    StringConstraints(pattern=RESOURCE_FORM, to_lower=True),
    WithJsonSchema({"type": "string", "pattern": RESOURCE_FORM, "examples": [f"providers/{AN_ID}"]}),
]
"""Somebody or something that has hours of its own."""

Text = Annotated[str, AfterValidator(_storable)]
"""Text that the database can hold."""

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""An instant as ISO 8601 with offset, on its way out."""

Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
TimeOfDay = Annotated[str, Field(pattern=TIME_FORM)]


class Payload(BaseModel):
    """camelCase outside, snake_case inside; keys that nobody knows are refused."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, validate_by_name=True)


class Body(Payload):
    """What clients send: `true` is no number, and `"5"` is none either."""

    model_config = ConfigDict(strict=True)


class Page(Payload, Generic[ITEM]):
    """One page of a list; `nextCursor` leads to the next, and is null on the last one."""

    items: list[ITEM]
    next_cursor: Annotated[str | None, Field(examples=[None])]


class PageQuery(Payload):
    """Which page of a list is wanted."""

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE, description="At most so many items.")] = 50
    cursor: Annotated[
        Text | None, Field(max_length=2048, description="The `nextCursor` of the page before.")
    ] = None


class FaultOut(Payload):
    """One thing wrong: `pointer` into the body or the name of a parameter, `path` into a clinic file."""

    pointer: Annotated[str | None, Field(examples=["/start"])] = None
    path: Annotated[str | None, Field(examples=["$.rooms[2].locationId"])] = None
    message: Annotated[str, Field(examples=["must carry an offset"])]


class ConflictOut(Payload):
    """What is in the way of a booking."""

    resource: Annotated[str, Field(examples=[f"providers/{AN_ID}"])]
    reason: Annotated[str, Field(examples=["provider_is_never_double_booked"])]


class ProblemOut(BaseModel):
    """Every error (RFC 9457). `code` is stable; the members after `requestId` come with some codes only."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: Annotated[str, Field(examples=["urn:slotwright:problem:not-found"])]
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z_]*$")]
    detail: str
    requestId: str | None = None  # noqa: N815
    errors: list[FaultOut] | None = None
    conflict: ConflictOut | None = None
    alternatives: list[dict[str, Any]] | None = None
    index: int | None = None
    rule: str | None = None
    current: str | None = None
    wanted: str | None = None
    nextValid: str | None = None  # noqa: N815
    appointmentIds: list[str] | None = None  # noqa: N815
    change: int | None = None
    moves: list[dict[str, Any]] | None = None
