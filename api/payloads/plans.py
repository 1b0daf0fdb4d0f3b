"""Plans as they go out: who moves where and why, who has no place, what it comes to; and commits."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.payloads.appointments import EquipmentUseOut
from api.payloads.basics import AN_ID, Body, Id, Moment, Payload
from api.payloads.planning import MOST_NAMED
from api.payloads.slots import END, LATER, START
from models.plan import Level
from models.unplaced import KEEP_ALL, UnplacedChoice, UnplacedChoices

A_COMMIT: JsonDict = {"unplaced": {"default": "keep", "appointments": {AN_ID: "cancel"}}}

Choice = Annotated[
    UnplacedChoice,
    Field(strict=False, description="Stays as it was, is given up, or is given up and put on a list."),
]


class PlanPlaceOut(Payload):
    """Who sees a patient, where, with what and when, on the wall clock of the place."""

    provider_id: Id
    room_id: Id | None
    equipment: list[EquipmentUseOut]
    start: Annotated[Moment, Field(examples=[START])]
    end: Annotated[Moment, Field(examples=[END])]


class PlanMoveOut(Payload):
    """One appointment in its new place; `from` is null for one that does not exist yet."""

    appointment_id: Id
    from_: Annotated[PlanPlaceOut | None, Field(alias="from")]
    to: Annotated[
        PlanPlaceOut,
        Field(
            examples=[{"providerId": AN_ID, "roomId": AN_ID, "equipment": [], "start": LATER, "end": LATER}]
        ),
    ]
    tells_patient: Annotated[bool, Field(description="Whether the patient has to be told.", examples=[True])]
    price: Annotated[int, Field(examples=[12])]
    price_parts: Annotated[dict[str, int], Field(examples=[{"five_minutes": 12}])]
    why: Annotated[
        str | None,
        Field(description="Null while the plan is still being bettered.", examples=["Dr. Ada is away"]),
    ]


class PlanClosingOut(Payload):
    """A rule that closes where an appointment could have gone."""

    rule: Annotated[str, Field(examples=["provider_is_never_double_booked"])]
    resource_id: Annotated[str, Field(examples=[AN_ID])]
    resource: Annotated[str, Field(examples=[f"providers/{AN_ID}"])]
    message: Annotated[str, Field(examples=["Dr. Ben sees somebody else then"])]
    start: Annotated[Moment | None, Field(examples=[START])]


class UnplacedOut(Payload):
    """An appointment for which there is no place, and what stands in its way."""

    appointment_id: Id
    closed_by: list[PlanClosingOut]


class KpisOut(Payload):
    """A calendar in figures; utilisation from 0 to 1."""

    patients_disturbed: Annotated[int, Field(examples=[1])]
    minutes_shifted: Annotated[int, Field(examples=[60])]
    unplaced: Annotated[int, Field(examples=[0])]
    idle_minutes: Annotated[int, Field(examples=[45])]
    overtime_minutes: Annotated[int, Field(examples=[0])]
    utilisation_by_provider: Annotated[dict[str, float], Field(examples=[{AN_ID: 0.82}])]
    utilisation_by_room: Annotated[dict[str, float], Field(examples=[{AN_ID: 0.6}])]


class PlanKpisOut(Payload):
    """Today's calendar under the changes, and the calendar with the plan."""

    before: KpisOut
    after: KpisOut


class LevelOut(Payload):
    """What one level of a lexicographic plan came to, and the least that it could have come to."""

    level: Annotated[Level, Field(examples=["unplaced"])]
    value: Annotated[int, Field(examples=[0])]
    bound: Annotated[int, Field(examples=[0])]
    proven: Annotated[bool, Field(examples=[True])]


class OptimalityOut(Payload):
    """What a plan costs, the least that any plan could cost, and whether these are the same."""

    objective: Annotated[int, Field(examples=[12])]
    bound: Annotated[int, Field(examples=[12])]
    gap: Annotated[float, Field(examples=[0.0])]
    proven: Annotated[bool, Field(examples=[True])]
    levels: Annotated[list[LevelOut], Field(examples=[[]])]


class PlanOut(Payload):
    """A plan; `moves` in the order in which they can be booked. `kpis` is null while it is being bettered."""

    moves: list[PlanMoveOut]
    unplaced: Annotated[list[UnplacedOut], Field(examples=[[]])]
    kpis: PlanKpisOut | None
    optimality: OptimalityOut


class UnplacedIn(Body):
    """What becomes of those without a place: of some by their ids, of all others by default."""

    default: Choice = UnplacedChoice.KEEP
    appointments: Annotated[dict[Id, Choice], Field(default_factory=dict, max_length=MOST_NAMED)]


class CommitIn(Body):
    """How a plan is to be applied."""

    model_config = ConfigDict(json_schema_extra={"examples": [A_COMMIT]})

    unplaced: UnplacedIn | None = None

    def choices(self) -> UnplacedChoices:
        """What becomes of whom."""
        if self.unplaced is None:
            return KEEP_ALL
        return UnplacedChoices(default=self.unplaced.default, by_id=self.unplaced.appointments)


class ComparedPlanOut(Payload):
    """One plan among others."""

    scenario_id: Id
    name: Annotated[str, Field(examples=["Dr. Ada at the conference"])]
    objective: Annotated[int, Field(examples=[12])]
    bound: Annotated[int, Field(examples=[12])]
    gap: Annotated[float, Field(examples=[0.0])]
    proven: Annotated[bool, Field(examples=[True])]
    moves: Annotated[int, Field(description="How many appointments move.", examples=[1])]
    patients_told: Annotated[int, Field(examples=[1])]
    unplaced: Annotated[int, Field(examples=[0])]
    kpis: PlanKpisOut | None


class OutcomeOut(Payload):
    """What a plan makes of an appointment; `to` is where it goes, if it moves."""

    outcome: Annotated[str, Field(pattern="^(moved|unchanged|unplaced)$", examples=["moved"])]
    to: PlanPlaceOut | None = None


class DifferenceOut(Payload):
    """An appointment that does not end up in the same place in all plans: one outcome for each plan."""

    appointment_id: Id
    places: list[OutcomeOut]


class ComparisonOut(Payload):
    """Plans side by side, in the order in which they were asked for."""

    plans: list[ComparedPlanOut]
    differences: list[DifferenceOut]


class ReschedulingOut(Payload):
    """A canceled appointment whose patient is to be given a new time."""

    appointment_id: Id
    scenario_id: Id
    added_at: Annotated[Moment, Field(examples=["2026-11-21T10:05:00Z"])]
    added_by: Annotated[str, Field(examples=["mara"])]
