"""Ranked slots: the question's parameters and the answer's form."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from api.payloads.basics import AN_ID, Day, Id, Moment, PageQuery, Payload, Text
from api.slot_query import SlotQuery
from models.clinic import MAX_DURATION_MINUTES
from models.errors import InvalidRequest
from models.explanation import ChangeKind
from models.slot import MAX_SLOTS, TimeOfDay

START = "2026-11-23T09:00:00+01:00"
END = "2026-11-23T09:30:00+01:00"
LATER = "2026-11-23T10:00:00+01:00"
START_UTC = "2026-11-23T08:00:00Z"
END_UTC = "2026-11-23T08:30:00Z"


class AvailabilityQuery(PageQuery):
    """When could it be? Dates and times without offset are read on the location's wall clock.

    Without any part of the question, the rows of the clinic's working hours are wanted.
    """

    service_id: Annotated[Id | None, Field(description="The service wanted; slots need it.")] = None
    start: Annotated[
        Text | None,
        Field(
            max_length=40,
            description="First day, or first moment, of the visit's start; slots need it.",
            examples=["2026-11-23"],
        ),
    ] = None
    end: Annotated[
        Text | None,
        Field(
            max_length=40,
            description="Last day (included), or the moment before which to start; slots need it.",
            examples=["2026-11-27"],
        ),
    ] = None
    location_id: Annotated[Id | None, Field(description="Only there.")] = None
    provider_ids: Annotated[
        list[Text],
        Field(
            default_factory=list,
            max_length=MAX_SLOTS,
            description="Only these; repeated, or separated by commas.",
        ),
    ]
    patient_id: Annotated[
        Id | None, Field(description="For whom: no time when this patient is elsewhere.")
    ] = None
    preferred_time_of_day: TimeOfDay | None = None
    duration_minutes: Annotated[int | None, Field(ge=1, le=MAX_DURATION_MINUTES)] = None
    explain: Annotated[
        bool, Field(description="Say what closes other starts; where nothing fits, it is said anyway.")
    ] = False

    rearrange: Annotated[
        Literal["rooms"] | None,
        Field(
            description="`rooms`: booked appointments may change room or units of equal fitness, "
            "never time or person, to make space."
        ),
    ] = None

    @property
    def asks_for_slots(self) -> bool:
        """Whether there is a question at all."""
        return bool(self.model_fields_set - PageQuery.model_fields.keys())

    def question(self) -> SlotQuery:
        """What is asked, in the words of the search."""
        if self.service_id is None or self.start is None or self.end is None:
            missing = next(n for n in ("service_id", "start", "end") if getattr(self, n) is None)
            raise InvalidRequest(f"{to_camel(missing)} is missing", field=to_camel(missing))
        named = [one.strip().lower() for part in self.provider_ids for one in part.split(",")]
        return SlotQuery(
            service_id=self.service_id,
            start=self.start,
            end=self.end,
            location_id=self.location_id,
            provider_ids=tuple(one for one in named if one),
            patient_id=self.patient_id,
            duration_minutes=self.duration_minutes,
            preferred=self.preferred_time_of_day,
            limit=self.limit,
            explain=self.explain,
            rearrange=self.rearrange,
        )


class SlotProvider(Payload):
    """Who sees the patient."""

    id: Id
    name: Annotated[str, Field(examples=["Dr. Ada Moreno"])]
    specialty: Annotated[str | None, Field(examples=["Family medicine"])]


class SlotLocation(Payload):
    """Where."""

    id: Id
    name: Annotated[str, Field(examples=["Main site"])]


class RoomOption(Payload):
    """A room that would do."""

    id: Id
    name: Annotated[str, Field(examples=["Exam 1"])]
    type: Annotated[str, Field(examples=["exam"])]


class SlotEquipment(Payload):
    """Units of a pool that the visit takes."""

    id: Id
    type: Annotated[str, Field(examples=["ultrasound"])]
    units: Annotated[int, Field(examples=[1])]


class UnitsOut(Payload):
    """Units of one pool."""

    id: Id
    units: Annotated[int, Field(examples=[1])]


class ScoreBreakdownOut(Payload):
    """The points by what earned them; they add up to the score. Fairness only where the clinic weighs it."""

    preference: Annotated[float, Field(examples=[40.0])]
    gap: Annotated[float, Field(examples=[22.5])]
    room: Annotated[float, Field(examples=[15.0])]
    overbook: Annotated[float, Field(examples=[10.0])]
    fairness: Annotated[float | None, Field(examples=[5.0])] = None


class PlaceOut(Payload):
    """The room and the units of an appointment."""

    room_id: Id | None
    equipment: Annotated[list[UnitsOut], Field(examples=[[]])]


class RearrangementOut(Payload):
    """An appointment that has to change its room or units for a slot; book the slot with it."""

    appointment_id: Id
    from_: Annotated[PlaceOut, Field(alias="from")]
    to: PlaceOut


class SlotOut(Payload):
    """A visit that can be booked, with every room that would do, best first."""

    start: Annotated[Moment, Field(examples=[START])]
    end: Annotated[Moment, Field(examples=[END])]
    start_utc: Annotated[Moment, Field(alias="startUTC", examples=[START_UTC])]
    end_utc: Annotated[Moment, Field(alias="endUTC", examples=[END_UTC])]
    provider: SlotProvider
    location: SlotLocation | None
    room_options: list[RoomOption]
    equipment: list[SlotEquipment]
    overbook: Annotated[bool, Field(examples=[False])]
    score: Annotated[float, Field(ge=0, examples=[87.5])]
    score_breakdown: ScoreBreakdownOut
    rearranges: Annotated[list[RearrangementOut], Field(examples=[[]])]


class AnswerMetadata(Payload):
    """What the answer rests on; `bound` is the best that any list of so many slots could add up to."""

    timezone: Annotated[str, Field(examples=["Europe/Berlin"])]
    fetched_at: Annotated[Moment, Field(examples=["2026-11-21T10:00:00Z"])]
    query_duration_ms: Annotated[float, Field(examples=[6.1])]
    proven: Annotated[bool, Field(examples=[True])]
    bound: Annotated[float | None, Field(examples=[87.5])]
    next_available_date: Annotated[
        Day | None,
        Field(
            description="Of an empty answer: the next date with a slot, within 14 days after the range.",
            examples=[None],
        ),
    ]


class ClosingOut(Payload):
    """A rule and the resource on which it closes, with a start that it closes.

    All closings of an empty range are of one start; of a range with slots, each hides so many on its own.
    """

    rule: Annotated[str, Field(examples=["provider_is_never_double_booked"])]
    resource_id: Annotated[str, Field(examples=[AN_ID])]
    resource: Annotated[str, Field(examples=[f"providers/{AN_ID}"])]
    message: Annotated[str, Field(examples=["Dr. Ada Moreno is taken then"])]
    start: Annotated[Moment | None, Field(examples=[START])]
    hides: Annotated[int | None, Field(examples=[None])]


class ChangeOut(Payload):
    """A single change of the question or the clinic; each kind names in further keys what would change."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "kind": "later_date",
                    "date": "2026-11-24",
                    "start": "2026-11-24",
                    "end": "2026-11-24",
                    "days": 1,
                    "message": "on 2026-11-24",
                }
            ]
        },
    )

    kind: ChangeKind
    message: Annotated[str, Field(examples=["on 2026-11-24"])]


class RelaxationOut(Payload):
    """A change that opens the range, as a search has shown, and the best slot of those it gains."""

    change: ChangeOut
    slots_gained: Annotated[int, Field(ge=1, le=MAX_SLOTS, examples=[12])]
    example: SlotOut


class ExplanationOut(Payload):
    """The smallest set of closings of an empty range, and what would open it, cheapest first."""

    closed_by: list[ClosingOut]
    relaxations: list[RelaxationOut]


class SlotsOut(Payload):
    """Ranked slots, best first."""

    slots: list[SlotOut]
    metadata: AnswerMetadata
    explanation: Annotated[ExplanationOut | None, Field(examples=[None])]
