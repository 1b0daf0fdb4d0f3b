"""How a plan is to be made, as clients say it: at what price, with whose help, and what must not move."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field
from pydantic.config import JsonDict

from api.payloads.basics import AN_ID, Body, Id, Text
from models.planning import MAX_PRICE, Allowance, Others, PlanOrder, PlanPrices

MAX_SECONDS = 600
MOST_NAMED = 1000
"""Appointments that one request may name, of any kind of mention."""

A_DAY = "2026-11-23"
A_REFUSAL: JsonDict = {"appointmentId": AN_ID, "start": "2026-11-25T08:00", "end": "2026-11-25T12:00"}

TimePoint = Annotated[
    Text,
    Field(
        max_length=40,
        description="A date or a date-time; without offset on the wall clock of the place.",
        examples=[A_DAY],
    ),
]
Price = Annotated[int, Field(ge=0, le=MAX_PRICE)]
Seconds = Annotated[
    int, Field(ge=1, le=MAX_SECONDS, description="How long to look for better plans and for the proof.")
]
Reason = Annotated[Text, Field(max_length=500, examples=["ill"])]


class PricesIn(Body):
    """What a plan pays, where it is to differ from the usual price list."""

    unplaced: Annotated[Price | None, Field(description="For each appointment left without a place.")] = None
    told: Annotated[
        Price | None, Field(description="For each patient told of a change that nothing forced.")
    ] = None
    day: Annotated[Price | None, Field(description="For each local day of shift.")] = None
    five_minutes: Annotated[
        Price | None, Field(description="For each five minutes of change in the local time of day.")
    ] = None
    provider: Annotated[Price | None, Field(description="For another provider.")] = None
    wait_day: Annotated[Price | None, Field(description="For each local day that an added visit waits.")] = (
        None
    )
    idle_minute: Annotated[
        Price | None, Field(description="For each idle minute between a provider's visits.")
    ] = None

    def over(self, usual: PlanPrices) -> PlanPrices:
        """The usual prices with these in their place."""
        return replace(usual, **self.model_dump(exclude_none=True))


class AllowIn(Body):
    """What appointments that nothing displaced may do to make space."""

    others: Annotated[
        Others,
        Field(
            strict=False,
            description="`none` stay as they are; `rooms`: change room or unit; `moves`: move as well.",
            examples=["rooms"],
        ),
    ] = Others.STAY
    most_moved: Annotated[int, Field(ge=0, le=MOST_NAMED, description="At most so many of them move.")] = 5
    within_days: Annotated[int, Field(ge=0, le=92, description="By at most so many days.")] = 1

    def to_domain(self) -> Allowance:
        return Allowance(others=self.others, most_moved=self.most_moved, within_days=self.within_days)


class NotThenIn(Body):
    """A time at which a patient cannot come: what an offer of a plan was answered with."""

    appointment_id: Id
    start: TimePoint
    end: TimePoint


class FreezeIn(Body):
    """What must not move."""

    until: Annotated[
        TimePoint | None, Field(description="Whatever starts before it; a date includes its day.")
    ] = None
    appointment_ids: Annotated[list[Id], Field(default_factory=list, max_length=MOST_NAMED, examples=[[]])]


class PlanningIn(Body):
    """What absences and scenarios are asked with alike."""

    allow: AllowIn | None = None
    order: Annotated[
        PlanOrder,
        Field(
            strict=False,
            description="`prices` adds everything up; `lexicographic`: fewest unplaced, then fewest told,"
            " then least shift.",
        ),
    ] = PlanOrder.PRICES
    freeze: FreezeIn | None = None
    not_then: Annotated[
        list[NotThenIn],
        Field(default_factory=list, max_length=MOST_NAMED, description="When patients cannot come."),
    ]
    time_limit_seconds: Seconds = 30
