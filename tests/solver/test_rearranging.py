"""Slots that exist only if booked visits change rooms or units: found, fewest, and equal to trying all."""

import pytest

from models.slot import Slot, SlotAnswer
from solver.offers import offer_slots
from tests.solver.crowded_clinics import crowded_clinic
from tests.solver.enumerated_rearrangements import Found, SlotKey, best_of, every_slot

CLINICS = 300


@pytest.mark.parametrize("first", range(0, CLINICS, 50))
def test_small_clinics_equal_every_way_to_deal_the_rooms(first: int) -> None:
    for seed in range(first, first + 50):
        crowded = crowded_clinic(seed)
        answer = offer_slots(crowded.snapshot, crowded.request)
        expected = every_slot(crowded.snapshot, crowded.request)
        names = {one.id: one.name for one in crowded.snapshot.setup.providers}
        assert answer.proven, seed
        assert listed(answer) == best_of(expected, names, crowded.request.limit), seed
        assert answer.bound == sum(slot.score.total for slot in answer.slots), seed


def listed(answer: SlotAnswer) -> list[tuple[SlotKey, Found]]:
    return [(key_of(slot), Found(len(slot.rearranges), slot.score.total)) for slot in answer.slots]


def key_of(slot: Slot) -> SlotKey:
    return slot.provider.id, slot.location.id if slot.location else None, slot.start
