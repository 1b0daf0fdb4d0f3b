"""Absences as clients report them: who or what is gone, from when to when, and how to plan around it."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from api.absence_order import AbsenceOrder, NotThen
from api.payloads.basics import AN_ID, Body, Id, Payload, ProblemOut, ResourceName
from api.payloads.planning import A_DAY, PlanningIn, PricesIn, Reason, TimePoint
from api.payloads.scenarios import ScenarioOut
from models.planning import NOBODY_ELSE, REPAIR_PRICES
from models.refs import equipment_ref, provider_ref, room_ref

MOST_ABSENCES = 500

AN_ABSENCE: JsonDict = {"providerId": AN_ID, "start": A_DAY, "end": A_DAY, "reason": "ill"}
ABSENCES: JsonDict = {"absences": [{"clinicId": AN_ID, **AN_ABSENCE}]}


class AbsenceIn(PlanningIn):
    """A provider, a room or an equipment pool is gone for a time.

    Name it by `resource`, or by one of `providerId`, `roomId` and `equipmentId`.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [AN_ABSENCE]})

    resource: ResourceName | None = None
    provider_id: Id | None = None
    room_id: Id | None = None
    equipment_id: Id | None = None
    start: TimePoint
    end: Annotated[TimePoint, Field(description="A date includes its day; a date-time does not belong.")]
    reason: Reason | None = None
    until: Annotated[
        TimePoint | None,
        Field(description="Last day for new starts; a fortnight after the absence ends unless told."),
    ] = None
    prices: PricesIn | None = None

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if len(self._named()) != 1:
            raise ValueError("name one of resource, providerId, roomId and equipmentId")
        return self

    def _named(self) -> list[str]:
        forms = (
            (self.provider_id, provider_ref),
            (self.room_id, room_ref),
            (self.equipment_id, equipment_ref),
        )
        named = [ref(identifier) for identifier, ref in forms if identifier is not None]
        return named if self.resource is None else [self.resource, *named]

    def to_order(self) -> AbsenceOrder:
        """What the report asks for, its times unread."""
        return AbsenceOrder(
            resource=self._named()[0],
            start=self.start,
            end=self.end,
            until=self.until,
            reason=self.reason,
            prices=REPAIR_PRICES if self.prices is None else self.prices.over(REPAIR_PRICES),
            allowance=NOBODY_ELSE if self.allow is None else self.allow.to_domain(),
            order=self.order,
            not_then=tuple(NotThen(one.appointment_id, one.start, one.end) for one in self.not_then),
            frozen_until=None if self.freeze is None else self.freeze.until,
            frozen_ids=() if self.freeze is None else tuple(self.freeze.appointment_ids),
            seconds=self.time_limit_seconds,
        )


class ClinicAbsenceIn(AbsenceIn):
    """An absence at one of several clinics."""

    clinic_id: Id


class AbsencesIn(Body):
    """Absences of one clinic or of many, each planned around on its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [ABSENCES]})

    absences: Annotated[list[ClinicAbsenceIn], Field(min_length=1, max_length=MOST_ABSENCES)]


class AbsenceResultOut(Payload):
    """What became of one absence: the scenario, or the problem that kept it from being recorded."""

    index: Annotated[int, Field(ge=0, description="Its place in the request, from 0.", examples=[0])]
    scenario: ScenarioOut | None
    problem: Annotated[ProblemOut | None, Field(examples=[None])]


class AbsencesOut(Payload):
    """What became of each absence, in the order of the request."""

    items: list[AbsenceResultOut]
