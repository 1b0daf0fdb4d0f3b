"""Slots that exist only if booked visits change rooms or units: found, fewest, and equal to trying all."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import solver.rearranging
from api.slot_query import SlotQuery
from models.appointment import Appointment, EquipmentUse
from models.rearranging import MOST_CHANGES, moved
from models.slot import Slot, SlotAnswer, SlotRequest
from models.snapshot import ClinicSnapshot
from scenarios.one_room_short import one_room_short
from solver.board import Board
from solver.making_space import Solution, make_space
from solver.offers import offer_slots
from solver.problem import SearchProblem
from solver.pushing import can_make_space
from solver.search import SearchSettings
from solver.worlds import World, WorldMaker
from tests.builders import (
    NOW,
    a_call,
    a_clinic,
    a_pool,
    a_provider,
    an_appointment,
    an_ecg,
    at,
    hours,
)
from tests.solver.crowded_clinics import crowded_clinic
from tests.solver.enumerated_rearrangements import Found, SlotKey, best_of, every_slot

CLINICS, AT_ONCE = 300, 50
DAY = date(2026, 11, 24)
EVE = datetime(2026, 11, 23, 12, tzinfo=UTC)


def listed(answer: SlotAnswer) -> list[tuple[SlotKey, Found]]:
    return [(key_of(slot), Found(len(slot.rearranges), slot.score.total)) for slot in answer.slots]


def key_of(slot: Slot) -> SlotKey:
    return slot.provider.id, slot.location.id if slot.location else None, slot.start


@pytest.mark.parametrize("first", range(0, CLINICS, AT_ONCE))
def test_small_clinics_equal_every_way_to_deal_the_rooms(first: int) -> None:
    changes: Counter[int] = Counter()
    for seed in range(first, first + AT_ONCE):
        crowded = crowded_clinic(seed)
        answer = offer_slots(crowded.snapshot, crowded.request)
        expected = every_slot(crowded.snapshot, crowded.request)
        names = {one.id: one.name for one in crowded.snapshot.setup.providers}
        assert answer.proven, seed
        assert listed(answer) == best_of(expected, names, crowded.request.limit), seed
        assert answer.bound == sum(slot.score.total for slot in answer.slots), seed
        changes.update(len(slot.rearranges) for slot in answer.slots)
    assert changes[1], "the clinics are not crowded enough to prove anything"


@pytest.mark.parametrize("first", range(0, CLINICS, 2 * AT_ONCE))
def test_once_the_changes_are_made_a_plain_search_finds_the_slot(first: int) -> None:
    for seed in range(first, first + 2 * AT_ONCE):
        crowded = crowded_clinic(seed)
        for slot in offer_slots(crowded.snapshot, crowded.request).slots:
            if slot.rearranges:
                plain = replace(crowded.request, rearrange_rooms=False, limit=500)
                after = offer_slots(with_changes(crowded.snapshot, slot), plain)
                (same,) = [one for one in after.slots if key_of(one) == key_of(slot)]
                assert set(slot.rooms) <= set(same.rooms), seed


def with_changes(snapshot: ClinicSnapshot, slot: Slot) -> ClinicSnapshot:
    """The clinic as if it had been booked so from the beginning."""
    changes = {change.appointment_id: change for change in slot.rearranges}
    booked: list[Appointment] = []
    for one in snapshot.appointments:
        change = changes.get(one.id)
        if change is not None:
            assert (change.from_room_id, change.from_equipment) == (one.room_id, one.equipment)
        booked.append(one if change is None else moved(one, change))
    return ClinicSnapshot.of(
        snapshot.setup, appointments=booked, patients=snapshot.patients.values(), now=snapshot.now
    )


class TestOneRoomShort:
    """The practice of the documentation: nothing without changes, six slots with them."""

    @pytest.fixture
    def snapshot(self) -> ClinicSnapshot:
        file = one_room_short(DAY)
        return ClinicSnapshot.of(file.setup, appointments=file.appointments, patients=file.patients, now=EVE)

    def answer(self, snapshot: ClinicSnapshot, rearrange: str | None, limit: int = 50) -> SlotAnswer:
        query = SlotQuery(
            service_id="scan",
            start=DAY.isoformat(),
            end=DAY.isoformat(),
            rearrange=rearrange,
            limit=limit,
        )
        return offer_slots(snapshot, query.request(snapshot.setup, None))

    def test_has_no_slot_without_changes(self, snapshot: ClinicSnapshot) -> None:
        assert self.answer(snapshot, None).slots == ()

    def test_has_a_slot_in_every_half_hour_with_them(self, snapshot: ClinicSnapshot) -> None:
        answer = self.answer(snapshot, "rooms")
        by_start = {slot.start: len(slot.rearranges) for slot in answer.slots}
        first = min(by_start)
        assert by_start == {first + 30 * number: 2 if number < 3 else 1 for number in range(6)}
        assert answer.proven

    def test_ranks_two_changes_below_one_where_all_else_is_equal(self, snapshot: ClinicSnapshot) -> None:
        slots = self.answer(snapshot, "rooms").slots
        one, two = (next(s for s in slots if len(s.rearranges) == n) for n in (1, 2))
        assert (one.score.room, two.score.room) == (750, 500)

    def test_gives_the_first_of_the_same_list_where_fewer_are_asked_for(
        self, snapshot: ClinicSnapshot
    ) -> None:
        whole = self.answer(snapshot, "rooms").slots
        for limit in range(1, 7):
            assert self.answer(snapshot, "rooms", limit).slots == whole[:limit]

    def test_gives_the_same_answer_every_time(self, snapshot: ClinicSnapshot) -> None:
        answers = [self.answer(snapshot, "rooms") for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]

    def test_out_of_time_proves_nothing(self, snapshot: ClinicSnapshot) -> None:
        request = self.request(snapshot)
        answer = offer_slots(snapshot, request, SearchSettings(time_limit_seconds=0.0))
        assert not answer.proven
        assert answer.bound >= sum(slot.score.total for slot in offer_slots(snapshot, request).slots)

    def test_does_not_believe_the_solver_that_nothing_helps(
        self, snapshot: ClinicSnapshot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_solution(
            worlds: list[World], board: Board, settings: SearchSettings
        ) -> tuple[Solution | None, ...]:
            return tuple(None for _ in worlds)

        monkeypatch.setattr(solver.rearranging, "make_space", no_solution)
        answer = offer_slots(snapshot, self.request(snapshot))
        assert (answer.slots, answer.proven) == ((), False)
        assert answer.bound > 0

    def request(self, snapshot: ClinicSnapshot) -> SlotRequest:
        query = SlotQuery(service_id="scan", start=DAY.isoformat(), end=DAY.isoformat(), rearrange="rooms")
        return query.request(snapshot.setup, None)


class TestMachines:
    """One machine is put away at half past ten; whoever is done by then can take it."""

    def answer(self, ends: str) -> SlotAnswer:
        call = a_call(id="call", equipment=an_ecg().equipment)
        setup = a_clinic(
            services=(an_ecg(), call),
            equipment=(a_pool("ecg-1", quantity=1), a_pool("ecg-2", quantity=1)),
            providers=(a_provider(), a_provider("moreno", service_ids=("call",))),
            working_hours=(
                hours("providers/okoro", "08:00", "16:00"),
                hours("equipment/ecg-2", "08:00", "10:30"),
            ),
        )
        visit = an_appointment(
            "10:00",
            ends,
            provider_id="moreno",
            service_id="call",
            room_id=None,
            equipment=(EquipmentUse(id="ecg-1"),),
        )
        request = SlotRequest(
            service=setup.service("checkup"),
            earliest=at("10:15"),
            latest=at("10:16"),
            duration_minutes=30,
            rearrange_rooms=True,
        )
        return offer_slots(ClinicSnapshot.of(setup, appointments=[visit], now=NOW), request)

    def test_change_pools_to_leave_the_only_one_that_would_do(self) -> None:
        (slot,) = self.answer("10:30").slots
        (change,) = slot.rearranges
        assert slot.equipment == (EquipmentUse(id="ecg-1"),)
        assert change.from_equipment == (EquipmentUse(id="ecg-1"),)
        assert change.to_equipment == (EquipmentUse(id="ecg-2"),)
        assert (change.from_room_id, change.to_room_id) == (None, None)

    def test_do_not_change_to_a_pool_that_closes_too_soon(self) -> None:
        answer = self.answer("10:31")
        assert (answer.slots, answer.proven) == ((), True)


def crowded_worlds(seed: int) -> list[tuple[World, Board]]:
    """Every quarter of an hour of a small clinic, with all that could change for it."""
    crowded = crowded_clinic(seed)
    problem = SearchProblem(snapshot=crowded.snapshot, request=crowded.request)
    board = Board(problem)
    found = []
    for site in problem.sites:
        rooms = [(room, 100) for room in crowded.snapshot.setup.rooms if site and room.location_id == site.id]
        maker = WorldMaker(board, site, rooms)
        found += [(maker.world(start, MOST_CHANGES), board) for start in range(at("08:15"), at("10:00"), 15)]
    return [(world, board) for world, board in found if world.is_possible]


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_the_plain_search_and_the_model_agree_on_what_is_possible(first: int) -> None:
    answers: Counter[bool] = Counter()
    for seed in range(first, first + 20):
        for world, board in crowded_worlds(seed):
            solutions = make_space([world], board, SearchSettings())
            assert solutions is not None
            (solution,) = solutions
            assert (solution is not None) == can_make_space(world, board, 100_000), (seed, world.start)
            answers[solution is not None] += 1
    assert answers[True] > answers[False] > 0
