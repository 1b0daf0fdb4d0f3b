"""Rules change while visits are booked: the visits stay, and hold what they need from now on."""

import asyncio
from uuid import UUID

import pytest

from api.workflows.clinic_rules import read_rules
from models.appointment import AppointmentStatus
from models.clinic import Weights
from models.errors import (
    InvalidRules,
    LockTimeout,
    NotFound,
    RulesConflict,
    RuleViolated,
    SlotUnavailable,
    VersionMismatch,
)
from models.postgres.connection import Pool, writing
from models.postgres.ids import clinic_lock
from models.setup import ClinicSetup
from tests.builders import (
    MONDAY,
    a_clinic,
    a_pool,
    a_provider,
    a_room,
    a_service,
    an_ecg,
)
from tests.workflows.changing_rules import change, held
from tests.workflows.desk import STAFF, Desk, open_desk, utc

pytestmark = pytest.mark.anyio


class TestVersions:
    async def test_every_change_is_a_version(self, desk: Desk) -> None:
        before = await read_rules(desk.runtime, desk.clinic_id)
        after = await change(desk, {"min_notice_minutes": 60}, version=before.version)
        assert after.version == before.version + 1
        assert after == await read_rules(desk.runtime, desk.clinic_id)

    async def test_what_changes_nothing_is_none(self, desk: Desk) -> None:
        before = await read_rules(desk.runtime, desk.clinic_id)
        assert await change(desk) == before
        assert await desk.rows("SELECT action FROM audit WHERE {here} AND action = 'rules_changed'") == []

    async def test_of_two_at_once_one_wins(self, desk: Desk) -> None:
        version = (await read_rules(desk.runtime, desk.clinic_id)).version
        answers = await asyncio.gather(
            *(change(desk, {"min_notice_minutes": n}, version=version) for n in range(10, 18)),
            return_exceptions=True,
        )
        assert sum(isinstance(one, ClinicSetup) for one in answers) == 1
        assert sum(isinstance(one, VersionMismatch) for one in answers) == 7

    async def test_a_clinic_that_does_not_exist_has_none(self, desk: Desk) -> None:
        for clinic_id in ("nothing", "6f2d1f5e-7a55-4b33-9be5-3d1f0a5cbb8d"):
            with pytest.raises(NotFound):
                await read_rules(desk.runtime, clinic_id)

    async def test_bookings_under_way_are_waited_for_but_not_for_long(self, desk: Desk, pool: Pool) -> None:
        before = await read_rules(desk.runtime, desk.clinic_id)
        async with writing(pool, pipelined=False) as conn:
            number = clinic_lock(UUID(desk.clinic_id))
            await conn.execute("SELECT pg_advisory_xact_lock_shared(%s)", [number])
            with pytest.raises(LockTimeout):
                await change(desk, {"min_notice_minutes": 60})
        assert await read_rules(desk.runtime, desk.clinic_id) == before

    async def test_who_booked_by_the_old_rules_books_by_the_new_ones(self, desk: Desk) -> None:
        await desk.book("10:00")  # the old rules are in memory now
        await change(desk, {"blackout_dates": (MONDAY,)})
        with pytest.raises(RuleViolated):
            await desk.book("11:00")

    async def test_the_change_is_written_down(self, desk: Desk) -> None:
        service = desk.id_of("service", "checkup")
        setup = await change(desk, {"max_per_day": 5}, weights=Weights(gap=20))
        told = "SELECT subject, entity_id::text, before, after FROM audit"
        ((subject, entity_id, before, after),) = await desk.rows(
            f"{told} WHERE {{here}} AND action = 'rules_changed'"
        )
        assert (subject, entity_id) == (STAFF.subject, desk.clinic_id)
        assert before == {
            "configVersion": setup.version - 1,
            f"services/{service}/maxPerDay": None,
            "weights/gap": 35,
        }
        assert after == {
            "configVersion": setup.version,
            f"services/{service}/maxPerDay": 5,
            "weights/gap": 20,
        }

    async def test_faults_leave_everything_as_it_is(self, desk: Desk) -> None:
        before = await read_rules(desk.runtime, desk.clinic_id)
        with pytest.raises(InvalidRules):
            await change(desk, {"allowed_provider_ids": frozenset({"nobody"})})
        assert await read_rules(desk.runtime, desk.clinic_id) == before


class TestBuffers:
    async def test_longer_ones_are_held_from_now_on(self, desk: Desk) -> None:
        await desk.book("10:00")
        await change(desk, {"buffer_before_minutes": 10, "buffer_after_minutes": 15})
        assert await held(desk) == [
            ("patient", utc("10:00"), utc("10:30")),
            ("provider", utc("09:50"), utc("10:45")),
            ("room", utc("09:50"), utc("10:45")),
        ]
        with pytest.raises(SlotUnavailable):
            await desk.book("10:45", patient="bela")
        await desk.book("11:00", patient="bela")

    async def test_where_there_is_no_space_for_them_nothing_changes(self, desk: Desk) -> None:
        visits = [await desk.book("10:00"), await desk.book("10:30", patient="bela")]
        await desk.book("12:00", patient="cleo")
        before, claims = await read_rules(desk.runtime, desk.clinic_id), await held(desk)
        with pytest.raises(RulesConflict) as refused:
            await change(desk, {"buffer_after_minutes": 1})
        assert refused.value.appointment_ids == tuple(visit.id for visit in visits)
        assert (await read_rules(desk.runtime, desk.clinic_id), await held(desk)) == (before, claims)

    async def test_shorter_ones_give_time_back(self, pool: Pool) -> None:
        desk = await open_desk(pool, a_clinic(services=[a_service(buffer_after_minutes=30)]))
        await desk.book("10:00")
        await change(desk, {"buffer_after_minutes": 0})
        await desk.book("10:30", patient="bela")

    async def test_what_is_over_is_in_nobodys_way(self, desk: Desk) -> None:
        await desk.book("10:00")
        await desk.book("10:30", patient="bela")
        later = await desk.book("14:00", patient="cleo")
        desk.clock.now = utc("11:30")
        await change(desk, {"buffer_before_minutes": 30, "buffer_after_minutes": 30})
        assert sorted(row[1:] for row in await desk.claims_of(later)) == [
            (utc("13:30"), utc("15:00")),
            (utc("13:30"), utc("15:00")),
            (utc("14:00"), utc("14:30")),
        ]
        assert await desk.overlapping_claims() == 0

    async def test_what_has_begun_holds_longer_from_now_on(self, desk: Desk) -> None:
        await desk.book("10:00")
        await desk.book("10:30", patient="bela")
        desk.clock.now = utc("10:40")
        await change(desk, {"buffer_before_minutes": 15, "buffer_after_minutes": 10})
        assert ("provider", utc("10:40"), utc("11:10")) in await held(desk)
        assert ("provider", utc("10:00"), utc("10:30")) in await held(desk)
        assert await desk.overlapping_claims() == 0
        with pytest.raises(SlotUnavailable):
            await desk.book("11:15", patient="cleo")
        await desk.book("11:30", patient="cleo")

    async def test_a_hold_that_was_over_can_last_again(self, desk: Desk) -> None:
        visit = await desk.book("10:00")
        desk.clock.now = utc("10:40")
        await change(desk, {"buffer_after_minutes": 20})
        assert ("provider", utc("10:40"), utc("10:50")) in await held(desk)
        await change(desk, {"buffer_after_minutes": 5})
        assert [row for row in await desk.claims_of(visit) if row[2] > desk.clock.now] == []
        assert await desk.overlapping_claims() == 0

    async def test_a_hold_that_ran_out_is_in_nobodys_way(self, desk: Desk) -> None:
        gone = await desk.book("10:00", hold_minutes=5)
        await desk.book("10:30", patient="bela")
        desk.clock.move(minutes=6)
        await change(desk, {"buffer_after_minutes": 10})
        assert (await desk.read(gone)).status is AppointmentStatus.EXPIRED
        assert await desk.claims_of(gone) == []

    async def test_equipment_is_held_as_long_as_its_provider(self, pool: Pool) -> None:
        setup = a_clinic(services=[an_ecg(2)], equipment=[a_pool(quantity=3)])
        desk = await open_desk(pool, setup)
        await desk.book("10:00")
        await change(desk, {"buffer_after_minutes": 10})
        assert (await held(desk)).count(("equipment", utc("10:00"), utc("10:40"))) == 2

    async def test_others_keep_their_units(self, pool: Pool) -> None:
        setup = a_clinic(
            services=[an_ecg()],
            equipment=[a_pool(quantity=3)],
            providers=[a_provider(), a_provider("lind")],
            rooms=[a_room(capacity=2)],
        )
        desk = await open_desk(pool, setup)
        visits = [await desk.book("10:00"), await desk.book("10:15", patient="bela", provider="lind")]
        before = [await desk.claims_of(visit) for visit in visits]
        await change(desk, {"min_notice_minutes": 5, "room_types": frozenset({"exam"})})
        assert [await desk.claims_of(visit) for visit in visits] == before
