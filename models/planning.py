"""What is asked when appointments have to be planned anew: which of them, where they may go, at what price.

A plan's price list: so much for each appointment left without a place, so much for each patient who is told
a new time though nothing forced it, and for each that moves by how far, how long and to whom it moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from models.appointment import Appointment, EquipmentUse
from models.hours import Window
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute, ceil_minute, floor_minute

MAX_PRICE = 1_000_000


class TaskKind(StrEnum):
    """Why an appointment is planned at all."""

    DISPLACED = "displaced"
    """It cannot stay, or may not be able to: it pays for how far it moves, nothing for being touched."""
    MOVABLE = "movable"
    """Nothing is wrong with where it is: it pays for being told, and for how far it moves."""
    WANTED = "wanted"
    """It does not exist yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who sees a patient, where, with what and when: `[start, end)` in minutes; equipment sorted by id."""

    provider_id: str
    room_id: str | None = None
    equipment: tuple[EquipmentUse, ...] = ()
    start: Minute
    end: Minute

    @staticmethod
    def of(appointment: Appointment) -> "Assignment":
        """Where an appointment stands now."""
        return Assignment(
            provider_id=appointment.provider_id,
            room_id=appointment.room_id,
            equipment=tuple(sorted(appointment.equipment, key=lambda use: use.id)),
            start=floor_minute(appointment.starts_at),
            end=ceil_minute(appointment.ends_at),
        )

    def tells_the_patient(self, before: "Assignment") -> bool:
        """Whether the patient has to be told: another time or provider; rooms are shown on the day."""
        return (self.provider_id, self.start, self.end) != (before.provider_id, before.start, before.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One appointment to be planned: what stays of it, and where it may go.

    `home` is where it is now; for what is wanted, where it would best be, or None. It takes place at
    `location_id` (None: wherever its service may be given), with one of `provider_ids` (None: with whoever
    offers it), starting in `[earliest, latest)`, but not during any of `excluded`.
    """

    id: str
    kind: TaskKind
    service_id: str
    patient_id: str
    duration_minutes: int
    home: Assignment | None
    location_id: str | None = None
    provider_ids: frozenset[str] | None = None
    earliest: Minute
    latest: Minute
    excluded: tuple[Window, ...] = ()

    def __post_init__(self) -> None:
        if self.home is None and self.kind is not TaskKind.WANTED:
            raise ValueError(f"appointment {self.id} is booked, so it is somewhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPrices:
    """What a plan pays; the default is that of a repair, so that plans can be compared.

    `told` is paid for each `MOVABLE` appointment of which the patient has to be told, and is all that it
    pays in a repair; where `movable_pay_for_distance`, it pays for how far it moves on top. `wait_day` is
    paid for each local day that a wanted visit waits. `idle_minute` is paid for each minute between
    a provider's first and last hold of a working window in which nothing is held.
    """

    unplaced: int = 100_000
    told: int = 1_000
    day: int = 100
    five_minutes: int = 1
    provider: int = 30
    wait_day: int = 100
    idle_minute: int = 0
    movable_pay_for_distance: bool = False

    def __post_init__(self) -> None:
        for name in ("unplaced", "told", "day", "five_minutes", "provider", "wait_day", "idle_minute"):
            if not 0 <= getattr(self, name) <= MAX_PRICE:
                raise ValueError(f"the price of {name} must be from 0 to {MAX_PRICE}")


REPAIR_PRICES = PlanPrices()
REBUILD_PRICES = PlanPrices(told=100, idle_minute=1, movable_pay_for_distance=True)
"""A manager who rebuilds a schedule wants it compact, and nobody told a new time for less than it saves."""


class Others(StrEnum):
    """What appointments that nothing displaced may do to make space."""

    STAY = "none"
    ROOMS = "rooms"
    """Change to another room that suits, or other units: free, since nobody is told before the day."""
    MOVE = "moves"
    """Move at their price as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How far others may be asked: at most `most_moved` of them move, each by at most `within_days`.

    Only the `most_asked` that are nearest in time to what is displaced come into question at all.
    """

    others: Others = Others.STAY
    most_moved: int = 5
    within_days: int = 1
    most_asked: int = 250


NOBODY_ELSE = Allowance()


class PlanOrder(StrEnum):
    """What counts how much."""

    PRICES = "prices"
    """One sum by the price list."""
    LEXICOGRAPHIC = "lexicographic"
    """Fewest unplaced, then fewest patients told, then least shift, each level before the next."""


@dataclass(frozen=True, kw_only=True)
class PlanQuestion:
    """Everything that one plan depends on.

    `snapshot` is the clinic after the changes with all that holds anything, tasks included, and its
    `appointments`. `hint` has places of an earlier plan to start from, by the task's id.
    """

    snapshot: ClinicSnapshot
    tasks: tuple[Task, ...]
    prices: PlanPrices = REPAIR_PRICES
    allowance: Allowance = NOBODY_ELSE
    order: PlanOrder = PlanOrder.PRICES
    hint: Mapping[str, Assignment] = field(default_factory=dict)
    frozen: frozenset[str] = frozenset()
    """Appointments that must not change at all, whatever others are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLimits:
    """How long to think, on how many cores, from which seed."""

    seconds: float = 30.0
    workers: int = 2
    seed: int = 1


USUAL_LIMITS = PlanLimits()
