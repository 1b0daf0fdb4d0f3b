"""One search put to several searchers, and the form in which their answers are compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from models.appointment import Appointment
from models.setup import ClinicSetup
from models.slot import SlotAnswer, SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A clinic, loaded, and what is asked of it; the same for everybody."""

    setup: ClinicSetup
    appointments: Sequence[Appointment]
    snapshot: ClinicSnapshot
    request: SlotRequest


class Found(NamedTuple):
    """One slot, in the terms that every searcher shares."""

    start: Minute
    provider_id: str
    location_id: str | None
    room_ids: tuple[str, ...]
    equipment: tuple[tuple[str, int], ...]
    points: tuple[int, int, int, int]
    """Preference, gap, room, overbook, in hundredths."""


def found_in(answer: SlotAnswer) -> list[Found]:
    """The product's answer in those terms."""
    return [
        Found(
            slot.start,
            slot.provider.id,
            slot.location.id if slot.location else None,
            tuple(room.id for room in slot.rooms),
            tuple((use.id, use.units) for use in slot.equipment),
            (slot.score.preference, slot.score.gap, slot.score.room, slot.score.overbook),
        )
        for slot in answer.slots
    ]


def refuse_differences(name: str, expected: list[Found], given: list[Found]) -> None:
    """Times of different answers must not be compared: the first difference stops the benchmark."""
    if len(expected) != len(given):
        raise AssertionError(f"{name} found {len(given)} slots, the product {len(expected)}")
    for place, (ours, theirs) in enumerate(zip(expected, given, strict=True)):
        if ours != theirs:
            raise AssertionError(f"slot {place} of {name} is {theirs}, the product's is {ours}")
