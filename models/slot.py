"""The question "when?", and the answers to it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from models.appointment import EquipmentUse
from models.clinic import Location, Patient, Provider, Room, Service
from models.group_visit import GroupVisit
from models.hours import Window
from models.wall_clock import Minute

MAX_SLOTS = 500


class TimeOfDay(StrEnum):
    """The part of the day that a patient would like."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"

    @property
    def window(self) -> Window:
        """Its bounds in minutes past local midnight."""
        return _BOUNDS[self]


_BOUNDS = {
    TimeOfDay.MORNING: (0, 12 * 60),
    TimeOfDay.AFTERNOON: (12 * 60, 17 * 60),
    TimeOfDay.EVENING: (17 * 60, 24 * 60),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRequest:
    """Which visits are wanted: starts in `[earliest, latest)`, both in minutes; at most `limit` slots."""

    service: Service
    earliest: Minute
    latest: Minute
    duration_minutes: int
    location: Location | None = None
    provider_ids: frozenset[str] | None = None
    patient: Patient | None = None
    preferred: TimeOfDay | None = None
    limit: int = 50
    rearrange_rooms: bool = False

    def __post_init__(self) -> None:
        if self.duration_minutes < 1:
            raise ValueError("durationMinutes must be at least 1")
        if not 1 <= self.limit <= MAX_SLOTS:
            raise ValueError(f"limit must be from 1 to {MAX_SLOTS}, not {self.limit}")


class Placement(NamedTuple):
    """One visit at one place and time with all it needs: what the rules judge.

    A tuple, since a search makes one for every room of every slot.
    """

    service: Service
    provider: Provider
    location: Location | None
    room: Room | None
    start: Minute
    end: Minute
    equipment: tuple[EquipmentUse, ...] = ()
    patient: Patient | None = None
    joins: GroupVisit | None = None
    """The group visit in which it takes a seat: provider, room and equipment are there already."""

    def in_room(self, room: Room | None) -> "Placement":
        """The same visit in another room."""
        return Placement._make((*self[:3], room, *self[4:]))


class ScoreBreakdown(NamedTuple):
    """The points of a slot by what earned them, in hundredths, so that they add up exactly."""

    preference: int
    gap: int
    room: int
    overbook: int
    fairness: int = 0

    @property
    def total(self) -> int:
        """The score in hundredths of a point."""
        return self.preference + self.gap + self.room + self.overbook + self.fairness


@dataclass(frozen=True, slots=True, kw_only=True)
class Rearrangement:
    """A booked appointment that changes room or units, never time, provider or patient, to make space."""

    appointment_id: str
    from_room_id: str | None
    to_room_id: str | None
    from_equipment: tuple[EquipmentUse, ...] = ()
    to_equipment: tuple[EquipmentUse, ...] = ()

    @property
    def changes_anything(self) -> bool:
        """Whether it goes anywhere at all."""
        before = self.from_room_id, {(use.id, use.units) for use in self.from_equipment}
        return before != (self.to_room_id, {(use.id, use.units) for use in self.to_equipment})


class Slot(NamedTuple):
    """A visit that can be booked, with every room that would do (best first) and its score.

    It is `overbook` where it overlaps another hold of its provider. `joins` is the group visit in which
    a seat is free. What `rearranges` lists has to change for it, in the one room that it names.
    """

    provider: Provider
    location: Location | None
    rooms: tuple[Room, ...]
    equipment: tuple[EquipmentUse, ...]
    start: Minute
    end: Minute
    score: ScoreBreakdown
    overbook: bool = False
    joins: GroupVisit | None = None
    rearranges: tuple[Rearrangement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotAnswer:
    """The best slots in order, and the proof.

    `bound` is the most hundredths of a point that any list of so many slots could add up to; the
    list is `proven` best when its own scores add up to it. `count` says how many slots there are in all.
    """

    slots: tuple[Slot, ...]
    proven: bool
    bound: int
    count: int = 0
