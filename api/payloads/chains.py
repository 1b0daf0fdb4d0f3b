"""Several visits in one question: a chain of steps, or a series; and the answers' forms."""

from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from api.chain_query import ChainQuery, SeriesQuery, StepQuery
from api.payloads.basics import AN_ID, Body, Day, Id, Moment, Payload, Text
from api.payloads.slots import END, START, AnswerMetadata, SlotOut
from models.chain import DEFAULT_CHAINS, MAX_CHAINS, MAX_STEPS, WhoSees
from models.clinic import MAX_DURATION_MINUTES
from models.clinic import Weekday as WeekdayCode
from models.series import FEWEST_VISITS, MOST_VISITS
from models.slot import MAX_SLOTS, TimeOfDay

MAX_PAUSE_MINUTES = 92 * 24 * 60

A_CHAIN: JsonDict = {
    "start": "2026-11-23",
    "end": "2026-11-27",
    "patientId": AN_ID,
    "limit": 3,
    "steps": [
        {"serviceId": AN_ID},
        {"serviceId": AN_ID, "minMinutesAfter": 0, "maxMinutesAfter": 60, "provider": "other"},
    ],
}
A_SERIES: JsonDict = {
    "start": "2026-11-23",
    "patientId": AN_ID,
    "series": {"serviceId": AN_ID, "everyWeeks": 1, "count": 6},
}

Minutes = Annotated[int, Field(ge=0, le=MAX_PAUSE_MINUTES, examples=[30])]
Duration = Annotated[int, Field(ge=1, le=MAX_DURATION_MINUTES)]
Only = Annotated[list[Id] | None, Field(max_length=MAX_SLOTS, description="Only these providers.")]


class ChainStepIn(Body):
    """One visit of a chain; the pauses are minutes from the end of the visit before to its start."""

    service_id: Id
    provider_ids: Only = None
    duration_minutes: Duration | None = None
    min_minutes_after: Minutes = 0
    max_minutes_after: Minutes | None = None
    provider: Annotated[
        WhoSees,
        Field(strict=False, description="Any, the same as in the step before, or another one."),
    ] = WhoSees.ANY

    @model_validator(mode="after")
    def _some_pause_is_left(self) -> Self:
        if self.max_minutes_after is not None and self.max_minutes_after < self.min_minutes_after:
            raise ValueError("maxMinutesAfter must not be less than minMinutesAfter")
        return self


class SeriesIn(Body):
    """The same visit every week or every second one."""

    service_id: Id
    provider_ids: Only = None
    duration_minutes: Duration | None = None
    every_weeks: Annotated[Literal[1, 2], Field(examples=[1])] = 1
    count: Annotated[int, Field(ge=FEWEST_VISITS, le=MOST_VISITS, examples=[6])]


class VisitsQuery(Body):
    """When could they be? Either `steps` or `series`; times without offset are on the location's clock."""

    model_config = ConfigDict(json_schema_extra={"examples": [A_CHAIN, A_SERIES]})

    start: Annotated[
        Text, Field(max_length=40, description="First day or moment of a start.", examples=["2026-11-23"])
    ]
    end: Annotated[
        Text | None,
        Field(
            max_length=40,
            description="Last day (included), or the moment before which to start. Of a series it bounds the "
            "first visit, which lies within a week from `start` unless this says otherwise.",
            examples=["2026-11-27"],
        ),
    ] = None
    location_id: Id | None = None
    patient_id: Id | None = None
    preferred_time_of_day: Annotated[TimeOfDay | None, Field(strict=False)] = None
    limit: Annotated[int, Field(ge=1, le=MAX_CHAINS, description="At most so many chains.")] = DEFAULT_CHAINS
    steps: Annotated[list[ChainStepIn] | None, Field(min_length=1, max_length=MAX_STEPS)] = None
    series: SeriesIn | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if (self.steps is None) == (self.series is None):
            raise ValueError("ask for steps or for a series")
        if self.steps is not None and self.end is None:
            raise ValueError("end is missing")
        if self.steps and self.steps[0].provider is not WhoSees.ANY:
            raise ValueError("the first step follows nobody: its provider must be any")
        return self

    def question(self) -> ChainQuery | SeriesQuery:
        """What is asked, in the words of the search."""
        if self.series is not None:
            return SeriesQuery(
                visit=_visit(self.series),
                count=self.series.count,
                every_weeks=self.series.every_weeks,
                start=self.start,
                end=self.end,
                location_id=self.location_id,
                patient_id=self.patient_id,
                preferred=self.preferred_time_of_day,
            )
        return ChainQuery(
            steps=tuple(_step(step) for step in self.steps or ()),
            start=self.start,
            end=self.end or self.start,
            location_id=self.location_id,
            patient_id=self.patient_id,
            preferred=self.preferred_time_of_day,
            limit=self.limit,
        )


def _visit(visit: ChainStepIn | SeriesIn) -> StepQuery:
    return StepQuery(
        service_id=visit.service_id,
        provider_ids=tuple(visit.provider_ids or ()),
        duration_minutes=visit.duration_minutes,
    )


def _step(step: ChainStepIn) -> StepQuery:
    return replace(
        _visit(step),
        min_minutes_after=step.min_minutes_after,
        max_minutes_after=step.max_minutes_after,
        provider=step.provider,
    )


class ChainOut(Payload):
    """Visits that can be booked together; the score is the mean of their scores."""

    start: Annotated[Moment, Field(examples=[START])]
    end: Annotated[Moment, Field(examples=[END])]
    score: Annotated[float, Field(ge=0, examples=[87.5])]
    slots: list[SlotOut]


class WhyNone(Payload):
    """Why there is no chain; `steps` are the numbers, from 0, of those that have no slot at all."""

    message: Annotated[str, Field(examples=["step 2 (Scan) has no slot in this range"])]
    steps: Annotated[list[int], Field(examples=[[1]])]


class ChainsOut(Payload):
    """Ranked chains, best first. `bound`: no list of so many chains could add up to more."""

    chains: list[ChainOut]
    metadata: AnswerMetadata
    explanation: Annotated[WhyNone | None, Field(examples=[None])]


class DeviationOut(Payload):
    """Where visit `index` (from 0) departs from the pattern, what it costs in points, and why."""

    index: Annotated[int, Field(ge=0, examples=[2])]
    what: Annotated[Literal["provider", "weekday", "time"], Field(examples=["time"])]
    from_: Annotated[str, Field(alias="from", examples=["09:00"])]
    to: Annotated[str, Field(examples=["09:30"])]
    cost: Annotated[float, Field(examples=[1.0])]
    message: Annotated[str, Field(examples=["at 09:30 instead of at 09:00: Dr. Ada Moreno is taken then"])]


class SeriesOut(Payload):
    """One slot for each visit, and the pattern that they follow but for the deviations.

    The score is the mean of the slots' scores, less the costs of the deviations shared by all visits.
    """

    score: Annotated[float, Field(examples=[87.5])]
    slots: list[SlotOut]
    weekday: Annotated[WeekdayCode, Field(examples=["MO"])]
    provider_id: Id
    time: Annotated[str, Field(pattern=r"^\d\d:\d\d$", examples=["09:00"])]
    deviations: list[DeviationOut]


class ClosedWeekOut(Payload):
    """A week, by its Monday, in which visit `index` finds no slot."""

    index: Annotated[int, Field(ge=0, examples=[2])]
    week: Annotated[Day, Field(examples=["2026-12-07"])]
    message: Annotated[str, Field(examples=["visit 3 has no slot in the week of 2026-12-07"])]


class WhyNoSeries(Payload):
    """Why there is no complete series."""

    message: Annotated[str, Field(examples=["visit 3 has no slot in the week of 2026-12-07"])]
    closed_weeks: list[ClosedWeekOut]


class SeriesAnswerOut(Payload):
    """The best complete series, if there is one; `bound`: none could score more."""

    series: Annotated[SeriesOut | None, Field()]
    metadata: AnswerMetadata
    explanation: Annotated[WhyNoSeries | None, Field(examples=[None])]
