"""Chains of visits: against every chain that exists, and by hand."""

from dataclasses import replace
from itertools import islice
from random import Random
from typing import Any

import pytest

from models.chain import ChainAnswer, ChainRequest, ChainStep, WhoSees
from models.clinic import Service
from models.slot import SlotRequest, TimeOfDay
from solver import chains
from solver.chain_rooms import best_rooms
from solver.chains import offer_chains
from solver.search import SearchSettings
from tests.builders import (
    TUESDAY,
    a_clinic,
    a_patient,
    a_provider,
    a_request,
    a_room,
    a_service,
    a_snapshot,
    an_appointment,
    at,
    overbooking,
)
from tests.solver.enumerated_chains import Where, every_chain
from tests.solver.random_practices import PATIENT, Practice, practice_of

CLINICS = 300


def a_question(random: Random, practice: Practice) -> ChainRequest:
    """Two or three visits on one morning, now and then only one."""
    steps = []
    wanted = random.choice((1, 2, 2, 2, 3))
    for number in range(wanted):
        service = random.choice(practice.setup.services)
        longest = random.choice((None, 0, 10, 30, 60) if wanted < 3 else (0, 10, 30))
        shortest = random.choice((0, 0, 0, 5, 15)) if longest is None or longest > 15 else 0
        request = SlotRequest(
            service=service,
            earliest=practice.minute(0, 8 * 60),
            latest=practice.minute(0, 12 * 60 if wanted < 3 else 11 * 60),
            duration_minutes=service.duration_minutes,
            patient=PATIENT if random.random() < 0.8 else None,
            preferred=random.choice((None, None, TimeOfDay.MORNING)),
            limit=1,
        )
        how = random.choice((WhoSees.ANY, WhoSees.SAME, WhoSees.OTHER)) if number else WhoSees.ANY
        steps.append(
            ChainStep(request=request, min_minutes_after=shortest, max_minutes_after=longest, provider=how)
        )
    return ChainRequest(steps=tuple(steps), limit=random.choice((1, 3, 10, 100)))


def told(answer: ChainAnswer) -> list[tuple[int, tuple[Where, ...]]]:
    return [
        (
            -chain.total,
            tuple(
                (slot.start, slot.provider.name, slot.provider.id, slot.location.id if slot.location else "")
                for slot in chain.slots
            ),
        )
        for chain in answer.chains
    ]


@pytest.mark.parametrize("seed", range(CLINICS))
def test_the_list_equals_the_head_of_all_chains(seed: int) -> None:
    practice, random = practice_of(seed), Random(seed)
    request = a_question(random, practice)
    expected = sorted((-points, chain) for chain, points in every_chain(practice, request).items())
    answer = offer_chains(practice.snapshot, request)
    assert told(answer) == expected[: request.limit]
    assert answer.proven
    assert answer.bound == -sum(points for points, _ in expected[: request.limit])


def alone(service: Service, **changes: Any) -> SlotRequest:
    return a_request(service, **{"patient": a_patient(), "limit": 1, **changes})


def clocks(answer: ChainAnswer) -> list[tuple[str, ...]]:
    """The starts on Monday of each chain."""
    return [
        tuple("{:02d}:{:02d}".format(*divmod(slot.start - at("00:00"), 60)) for slot in chain.slots)
        for chain in answer.chains
    ]


def two(service: Service, how: WhoSees = WhoSees.ANY, **changes: Any) -> tuple[ChainStep, ChainStep]:
    request = alone(service, **changes)
    return ChainStep(request=request), ChainStep(request=request, max_minutes_after=0, provider=how)


class TestByHand:
    def test_buffers_of_one_provider_add_up(self) -> None:
        buffered = a_service(buffer_after_minutes=15)
        snapshot = a_snapshot(a_clinic(services=(buffered,)))
        close, wide = two(buffered)
        assert not offer_chains(snapshot, ChainRequest(steps=(close, wide))).chains
        later = replace(wide, max_minutes_after=15)
        answer = offer_chains(snapshot, ChainRequest(steps=(close, later), limit=100))
        assert set(clocks(answer)) == {
            (f"{at_clock(minute)}", f"{at_clock(minute + 45)}") for minute in range(480, 886, 15)
        }

    def test_visits_that_want_one_room_are_scored_in_the_rooms_that_they_get(self) -> None:
        plain, rich = a_room(turnaround_minutes=30), a_room("room-2", features=frozenset({"sink"}))
        people = (a_provider("okoro"), a_provider("lind"))
        snapshot = a_snapshot(a_clinic(rooms=(plain, rich), providers=people))
        answer = offer_chains(snapshot, ChainRequest(steps=two(a_service(), WhoSees.OTHER, end="09:00")))
        assert answer.proven
        for chain in answer.chains:
            # Both would like the plain room, which is being turned around when the second begins.
            assert {slot.rooms[0].id for slot in chain.slots} == {"room-1", "room-2"}
            scores = {slot.rooms[0].id: slot.score.room for slot in chain.slots}
            assert scores["room-2"] < scores["room-1"] == 1500

    def test_a_cap_of_the_day_counts_the_visits_of_the_chain(self) -> None:
        capped = a_service(max_per_day=2)
        snapshot = a_snapshot(a_clinic(services=(capped,)), an_appointment())
        request = alone(capped, end=at("24:00", TUESDAY))
        steps = (ChainStep(request=request), ChainStep(request=request), ChainStep(request=request))
        answer = offer_chains(snapshot, ChainRequest(steps=steps, limit=100))
        assert answer.proven
        midnight = at("00:00", TUESDAY)
        days = {tuple(slot.start >= midnight for slot in chain.slots) for chain in answer.chains}
        assert days == {(False, True, True)}  # one more on Monday, and two on Tuesday
        assert not offer_chains(snapshot, ChainRequest(steps=(*steps, steps[0]))).chains

    def test_not_even_a_lane_lets_a_chain_stand_on_top_of_itself(self) -> None:
        buffered = a_service(buffer_after_minutes=15)
        snapshot = a_snapshot(a_clinic(services=(buffered,), overbooking=(overbooking(),)))
        assert not offer_chains(snapshot, ChainRequest(steps=two(buffered))).chains

    def test_a_shorter_list_is_the_head_of_the_longer_one(self) -> None:
        people = (a_provider("okoro"), a_provider("lind"))
        snapshot = a_snapshot(a_clinic(providers=people, rooms=(a_room(), a_room("room-2"))))
        step = replace(two(a_service())[1], max_minutes_after=45)
        steps = (replace(step, max_minutes_after=None), step, step)
        everything = told(offer_chains(snapshot, ChainRequest(steps=steps, limit=100)))
        for limit in (1, 2, 5, 11, 50, 99):
            assert told(offer_chains(snapshot, ChainRequest(steps=steps, limit=limit))) == everything[:limit]

    def test_a_step_without_a_slot_is_named(self) -> None:
        nobody = a_service("nothing")
        snapshot = a_snapshot(a_clinic(services=(a_service(), nobody)))
        steps = (ChainStep(request=alone(a_service())), ChainStep(request=alone(nobody)))
        answer = offer_chains(snapshot, ChainRequest(steps=steps))
        assert (answer.chains, answer.proven, answer.closed_steps) == ((), True, (1,))


class TestDistrust:
    def test_a_solver_that_finds_nothing_is_not_believed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rooms = (a_room(turnaround_minutes=30), a_room("room-2", features=frozenset({"sink"})))
        people = (a_provider("okoro"), a_provider("lind"))
        snapshot = a_snapshot(a_clinic(rooms=rooms, providers=people))
        request = ChainRequest(steps=two(a_service(), WhoSees.OTHER), limit=100)
        expected = told(offer_chains(snapshot, request))
        monkeypatch.setattr(chains, "best_rooms", lambda *_: None)
        answer = offer_chains(snapshot, request)
        assert {starts for _, starts in told(answer)} == {starts for _, starts in expected}
        assert not answer.proven

    def test_time_that_runs_out_is_told(self) -> None:
        settings = SearchSettings(time_limit_seconds=0)
        answer = offer_chains(a_snapshot(), ChainRequest(steps=two(a_service())), settings)
        assert not answer.proven
        assert answer.bound > 0

    @pytest.mark.parametrize("seed", range(0, CLINICS, 5))
    def test_the_model_alone_knows_when_visits_collide(
        self, seed: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Rooms and units are not looked at while searching: what the rules refuse, so does the model."""
        practice, random = practice_of(seed), Random(seed)
        request = a_question(random, practice)
        search = chains._ChainSearch(practice.snapshot, request, SearchSettings())
        judge = search.together.fits
        monkeypatch.setattr(search.order, "fits", lambda prefix: not _only_things_collide(search, prefix))
        for prefix in islice(search.order, 40):
            found = best_rooms(search.maker.contenders(prefix), practice.snapshot, SearchSettings())
            fits = all(judge(prefix[:length]) for length in range(1, len(prefix) + 1))
            assert (found is not None) is fits


def _only_things_collide(search: Any, prefix: tuple[int, ...]) -> bool:
    """Whether caps, gaps or limits, which the model leaves to the search, forbid the last visit."""
    visits = search.together.placements(prefix)
    last = visits[-1]
    counted = any(search.together._share_a_count(one, last) for one in visits[:-1])
    return counted or not search.together._days_take(visits)


def at_clock(minutes: int) -> str:
    return "{:02d}:{:02d}".format(*divmod(minutes, 60))
