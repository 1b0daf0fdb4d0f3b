"""Orders for appointments, and the appointment as it is shown."""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from api.payloads.basics import AN_ID, Body, Id, Moment, PageQuery, Payload, Text
from api.payloads.slots import END, END_UTC, LATER, START, START_UTC
from models.appointment import AppointmentStatus
from models.clinic import MAX_UNITS
from models.rearranging import MOST_CHANGES

MAX_NOTES = 4000
MAX_HOLD_MINUTES = 24 * 60
MAX_KEY = 255

A_BOOKING: JsonDict = {
    "patientId": AN_ID,
    "serviceId": AN_ID,
    "providerId": AN_ID,
    "start": START,
    "roomSelectionMode": "auto",
    "notes": "prefers the left arm",
}
A_MOVE: JsonDict = {"start": LATER, "providerId": AN_ID}
A_CHANGE: JsonDict = {"start": LATER, "notes": "prefers the left arm"}

When = Annotated[
    Text,
    Field(max_length=40, description="ISO 8601; without offset on the wall clock.", examples=[START]),
]
Notes = Annotated[Text, Field(max_length=MAX_NOTES, examples=["prefers the left arm"])]
Key = Annotated[Text, Field(min_length=1, max_length=MAX_KEY, examples=["web-7f3a9c"])]


class UnitsIn(Body):
    """Units of one pool."""

    id: Id
    units: Annotated[int, Field(ge=1, le=MAX_UNITS, examples=[1])]


class PlaceIn(Body):
    """The room and the units of an appointment."""

    room_id: Id | None = None
    equipment: Annotated[list[UnitsIn], Field(default_factory=list, max_length=100, examples=[[]])]

    @model_validator(mode="after")
    def _counts_each_pool_within_its_bounds(self) -> Self:
        units: Counter[str] = Counter()
        for use in self.equipment:
            units[use.id] += use.units
        if any(count > MAX_UNITS for count in units.values()):
            raise ValueError(f"a pool has at most {MAX_UNITS} units")
        return self


class RearrangementIn(Body):
    """An appointment that changes its room or units to make space, as a slot told it."""

    appointment_id: Id
    from_: Annotated[PlaceIn, Field(alias="from")]
    to: PlaceIn


class BookingIn(Body):
    """A visit to book; with `holdMinutes` it is only held until somebody confirms it."""

    model_config = ConfigDict(json_schema_extra={"examples": [A_BOOKING]})

    patient_id: Id
    service_id: Id
    provider_id: Id
    start: When
    end: When | None = None
    location_id: Annotated[
        Id | None, Field(description="Where, for a provider who works at several sites.")
    ] = None
    room_id: Id | None = None
    room_selection_mode: Annotated[
        Literal["auto"] | None, Field(description="`auto` takes the best room that is free.")
    ] = None
    equipment_ids: Annotated[
        list[Id] | None, Field(max_length=100, description="Pools to take the equipment from.")
    ] = None
    hold_minutes: Annotated[int | None, Field(ge=1, le=MAX_HOLD_MINUTES)] = None
    notes: Notes | None = None
    rearranges: Annotated[
        list[RearrangementIn],
        Field(
            default_factory=list,
            max_length=MOST_CHANGES,
            description="What the slot says has to change for it.",
        ),
    ]
    idempotency_key: Annotated[Key | None, Field(description="Instead of the Idempotency-Key header.")] = None

    @model_validator(mode="after")
    def _one_way_to_choose_a_room(self) -> Self:
        if self.room_id is not None and self.room_selection_mode is not None:
            raise ValueError("roomId and roomSelectionMode exclude each other")
        return self


class MoveIn(Body):
    """Where an appointment goes; what is left out stays, as far as it is still possible."""

    model_config = ConfigDict(json_schema_extra={"examples": [A_MOVE]})

    start: When | None = None
    end: When | None = None
    provider_id: Id | None = None
    room_id: Id | None = None

    @model_validator(mode="after")
    def _something_changes(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one thing to change")
        return self


class ChangeIn(MoveIn):
    """What about an appointment changes."""

    model_config = ConfigDict(json_schema_extra={"examples": [A_CHANGE]})

    status: Annotated[AppointmentStatus | None, Field(strict=False)] = None
    notes: Notes | None = None


def _separated(value: object) -> object:
    """`a,b` and repeated parameters alike."""
    if not isinstance(value, list):
        return value
    return [one for part in value for one in (part.split(",") if isinstance(part, str) else [part])]


class AppointmentsQuery(PageQuery):
    """Which appointments are wanted: starts in `[from, to)`, a date as `to` included."""

    from_: Annotated[Text | None, Field(alias="from", max_length=40, examples=["2026-11-23"])] = None
    to: Annotated[Text | None, Field(max_length=40, examples=["2026-11-27"])] = None
    provider_id: Id | None = None
    room_id: Id | None = None
    patient_id: Id | None = None
    location_id: Id | None = None
    service_id: Id | None = None
    status: Annotated[
        list[AppointmentStatus],
        Field(default_factory=list, description="Any of these; repeated, or separated by commas."),
        BeforeValidator(_separated),
    ]


class EquipmentUseOut(Payload):
    """Units of one pool."""

    id: Id
    units: Annotated[int, Field(examples=[1])]


class AppointmentOut(Payload):
    """An appointment; `start` and `end` on the wall clock of its location."""

    id: Id
    clinic_id: Id
    patient_id: Id
    provider_id: Id
    service_id: Id
    room_id: Id | None
    location_id: Id | None
    equipment: list[EquipmentUseOut]
    start: Annotated[Moment, Field(examples=[START])]
    end: Annotated[Moment, Field(examples=[END])]
    start_utc: Annotated[Moment, Field(alias="startUTC", examples=[START_UTC])]
    end_utc: Annotated[Moment, Field(alias="endUTC", examples=[END_UTC])]
    status: Annotated[AppointmentStatus, Field(examples=["scheduled"])]
    overbook: Annotated[bool, Field(examples=[False])]
    notes: Annotated[str | None, Field(examples=[None])]
    expires_at: Annotated[Moment | None, Field(examples=[None])]
    version: Annotated[int, Field(ge=1, examples=[1])]
    created_at: Annotated[Moment, Field(examples=["2026-11-21T10:00:00Z"])]
    updated_at: Annotated[Moment, Field(examples=["2026-11-21T10:00:00Z"])]
    external_id: Annotated[str | None, Field(examples=[None])]
