"""Scenarios: what-ifs as clients send them, and how far each scenario has come."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.payloads.basics import AN_ID, Body, Id, Moment, Payload, Text
from api.payloads.planning import (
    A_DAY,
    A_REFUSAL,
    MOST_NAMED,
    NotThenIn,
    PlanningIn,
    PricesIn,
    Seconds,
    TimePoint,
)
from api.payloads.scenario_changes import ScenarioChangeIn
from models.scenario import ScenarioMode, ScenarioStatus
from models.stored_scenario import ScenarioKind

MOST_CHANGES = 50
MOST_COMPARED = 10

_ABSENT: JsonDict = {"providerId": AN_ID, "start": A_DAY, "end": A_DAY, "reason": "conference"}
A_SCENARIO: JsonDict = {
    "name": "Dr. Ada at the conference",
    "horizon": {"start": A_DAY, "end": "2026-11-27"},
    "mode": "repair",
    "changes": [{"type": "provider_absent", **_ABSENT}],
    "timeLimitSeconds": 30,
}
AN_EXTENSION: JsonDict = {"timeLimitSeconds": 60, "notThen": [A_REFUSAL]}


class HorizonIn(Body):
    """Where visits may start: a date as `end` includes its day, a date-time does not belong."""

    start: TimePoint
    end: TimePoint


class ScenarioIn(PlanningIn):
    """A what-if: changes of the clinic over a horizon, and what may move for them at what price."""

    model_config = ConfigDict(json_schema_extra={"examples": [A_SCENARIO]})

    name: Annotated[Text, Field(min_length=1, max_length=200)]
    horizon: HorizonIn
    mode: Annotated[
        ScenarioMode,
        Field(
            strict=False,
            description="`repair` plans what the changes displace; `rebuild` everything in the horizon"
            " that is not frozen.",
        ),
    ]
    changes: Annotated[list[ScenarioChangeIn], Field(max_length=MOST_CHANGES)]
    objective: PricesIn | None = None


class ExtensionIn(Body):
    """How much longer to look, and when patients cannot come after all."""

    model_config = ConfigDict(json_schema_extra={"examples": [AN_EXTENSION]})

    time_limit_seconds: Seconds | None = None
    not_then: Annotated[list[NotThenIn], Field(default_factory=list, max_length=MOST_NAMED)]


class ProgressOut(Payload):
    """How far a scenario has come: the best plan so far, and the least that any plan could cost."""

    incumbent: Annotated[int | None, Field(description="What the best plan so far costs.", examples=[236])]
    bound: Annotated[int | None, Field(description="No plan costs less.", examples=[236])]
    gap: Annotated[
        float | None,
        Field(description="How much less a plan could cost at most, as a share.", examples=[0.0]),
    ]
    seconds: Annotated[float | None, Field(description="Spent on solving so far.", examples=[0.41])]


class ScenarioSummaryOut(Payload):
    """A scenario and how far it has come."""

    id: Id
    clinic_id: Id
    name: Annotated[str, Field(examples=["Dr. Ada at the conference"])]
    kind: Annotated[ScenarioKind, Field(examples=["what_if"])]
    mode: ScenarioMode
    status: Annotated[ScenarioStatus, Field(examples=["solving"])]
    progress: ProgressOut
    failure: Annotated[str | None, Field(description="Why it failed.", examples=[None])]
    time_limit_seconds: Annotated[int, Field(examples=[30])]
    exception_id: Annotated[Id | None, Field(description="The absence as it was recorded.", examples=[None])]
    created_by: Annotated[str, Field(examples=["mara"])]
    version: Annotated[int, Field(ge=1, examples=[2])]
    created_at: Annotated[Moment, Field(examples=["2026-11-21T10:00:00Z"])]
    updated_at: Annotated[Moment, Field(examples=["2026-11-21T10:00:02Z"])]
    started_at: Annotated[Moment | None, Field(examples=["2026-11-21T10:00:01Z"])]
    finished_at: Annotated[Moment | None, Field(examples=[None])]
    committed_at: Annotated[Moment | None, Field(examples=[None])]


class ScenarioOut(ScenarioSummaryOut):
    """The same with `request`, which is what was asked, with the ids of what is new."""

    request: Annotated[dict[str, Any], Field(examples=[A_SCENARIO])]
    answers: Annotated[
        list[dict[str, Any]],
        Field(description="When patients have since said they cannot come.", examples=[[]]),
    ]


class ComparisonQuery(Payload):
    """Which scenarios stand side by side."""

    ids: Annotated[
        Text,
        Field(
            max_length=MOST_COMPARED * 40,
            description=f"From two to {MOST_COMPARED} ids of scenarios, separated by commas.",
            examples=[f"{AN_ID},{AN_ID}"],
        ),
    ]
