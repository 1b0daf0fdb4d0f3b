"""Visits that somebody wants are booked by the plan that finds them a place, once and in full."""

from dataclasses import replace
from uuid import uuid4

import pytest

from models.appointment import AppointmentStatus
from models.errors import NotFound
from models.plan import PlanMove
from models.planning import Assignment
from models.postgres.connection import Pool
from models.scenario import WantedVisit
from models.unplaced import UnplacedChoice
from tests.builders import at
from tests.workflows.desk import Desk
from tests.workflows.planned import applied, audited, moved, told_of
from tests.workflows.three_doctors import booked, desk_of, stale_of, starts_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    """Three doctors, three rooms."""
    return await desk_of(pool)


class TestWantedVisits:
    def wanted(self, desk: Desk, patient: str, start: str) -> tuple[PlanMove, dict[str, WantedVisit]]:
        visit = WantedVisit(
            id=str(uuid4()),
            patient_id=desk.id_of("patient", patient),
            service_id=desk.id_of("service", "checkup"),
        )
        after = Assignment(
            provider_id=desk.id_of("provider", "okoro"),
            room_id=desk.id_of("room", "room-1"),
            start=at(start),
            end=at(start) + 30,
        )
        move = PlanMove(appointment_id=visit.id, before=None, after=after, price=0, parts={})
        return move, {visit.id: visit}

    async def test_are_booked_with_all_that_a_booking_has(self, desk: Desk) -> None:
        move, wanted = self.wanted(desk, "p5", "10:00")
        done = await applied(desk, [move], wanted=wanted)
        now = await desk.read(move.appointment_id)
        assert done.booked == (now,)
        assert (now.status, now.version, now.location_id) == (
            AppointmentStatus.SCHEDULED,
            1,
            desk.id_of("location", "main"),
        )
        assert await told_of(desk, now.id) == [("created", "appointment.created")]
        await audited(desk)

    async def test_take_the_place_that_somebody_leaves(self, desk: Desk) -> None:
        (first,) = await booked(desk, "10:00")
        move, wanted = self.wanted(desk, "p5", "10:00")
        await applied(desk, [moved(desk, first, "11:00"), move], wanted=wanted)
        assert starts_of(await desk.read(first), await desk.read(move.appointment_id)) == ["11:00", "10:00"]
        await audited(desk)

    async def test_are_booked_once(self, desk: Desk) -> None:
        move, wanted = self.wanted(desk, "p5", "10:00")
        await applied(desk, [move], wanted=wanted)
        assert await stale_of(desk, [move], wanted=wanted) == [
            (move.appointment_id, "appointment_may_change")
        ]

    async def test_without_a_place_are_nothing_to_give_up(self, desk: Desk) -> None:
        move, wanted = self.wanted(desk, "p5", "10:00")
        (first,) = await booked(desk, "10:00")
        ghost = replace(first, id=move.appointment_id)
        done = await applied(desk, [], [ghost], default=UnplacedChoice.CANCEL, wanted=wanted)
        assert (done.canceled, done.kept) == ((), ())

    async def test_of_nobody_are_not_booked(self, desk: Desk) -> None:
        move, wanted = self.wanted(desk, str(uuid4()), "10:00")
        with pytest.raises(NotFound):
            await applied(desk, [move], wanted=wanted)
