"""The calendar as the database packs it, the versions behind an answer, and setups kept in memory."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from models.calendar import BusyTimes, Calendar
from models.clinic_file import ClinicFile
from models.errors import NotFound
from models.postgres import setup_cache
from models.postgres.connection import Connection, Pool, reading
from models.postgres.read_calendar import CalendarVersions, read_calendar, read_versions
from models.postgres.read_setup import StoredSetup, read_setup
from models.postgres.setup_cache import SetupCache
from models.snapshot import ClinicSnapshot
from models.wall_clock import ceil_minute
from scenarios.synthetic import synthetic_clinic
from tests.builders import MONDAY, NOW, a_clinic, a_patient, a_pool, a_provider, a_room, an_ecg, moment
from tests.workflows.changing_setup import close_early
from tests.workflows.desk import Desk, open_desk

pytestmark = pytest.mark.anyio

FAR = 10**7


def resources_in_file(file: ClinicFile) -> list[tuple[int, int, int]]:
    """Every hold of the file by the index of its resource, as the domain computes it without a database."""
    calendar = ClinicSnapshot.of(file.setup, appointments=file.appointments, now=NOW).calendar
    return _holds(calendar)


def _holds(calendar: Calendar) -> list[tuple[int, int, int]]:
    return sorted(zip(calendar.resources, calendar.starts, calendar.ends, strict=True))


async def calendar_of(desk: Desk, patient_id: str | None = None, **around: Any) -> Calendar:
    async with reading(desk.runtime.pool) as conn:
        stored = await desk.runtime.setups.current(conn, desk.clinic_id)
        refs = around.pop("refs", tuple(stored.setup.resource_index))
        window = (around.pop("low", 0), around.pop("high", FAR * 10), desk.clock())
        return await read_calendar(conn, desk.clinic_id, stored.numbers, refs, patient_id, *window, **around)


async def versions_of(desk: Desk, patient_id: str | None = None) -> CalendarVersions:
    async with reading(desk.runtime.pool) as conn:
        stored = await desk.runtime.setups.current(conn, desk.clinic_id)
        numbers = stored.numbers.of_refs(stored.setup.resource_index)
        found = await read_versions(conn, desk.clinic_id, numbers, patient_id, desk.clock())
    assert found is not None
    return found


class TestTheCalendar:
    async def test_it_is_what_the_domain_computes_from_the_file(self, pool: Pool) -> None:
        file = synthetic_clinic(7, providers=4, rooms=5, days=10, start=MONDAY)
        desk = await open_desk(pool, file.setup, file.appointments, file.patients)
        calendar = await calendar_of(desk)
        assert _holds(calendar) == resources_in_file(file) != []
        in_order = list(zip(calendar.resources, calendar.starts, strict=True))
        assert in_order == sorted(in_order)
        visits = ClinicSnapshot.of(
            file.setup, appointments=file.appointments, now=NOW
        ).calendar.patient_visits
        for patient in file.patients[:20]:
            identifier = desk.id_of("patient", patient.id)
            found = await calendar_of(desk, identifier)
            assert found.visits_of(identifier) == visits.get(patient.id, BusyTimes.of(()))
            assert _holds(found) == _holds(calendar)

    async def test_only_what_shares_a_minute_with_the_window_is_read(self, desk: Desk) -> None:
        await desk.book("10:00")
        start, end = ceil_minute(moment("10:00")), ceil_minute(moment("10:30"))
        for low, high, number in (
            (start - 9, start, 0),
            (start - 9, start + 1, 2),
            (end - 1, end + 9, 2),
            (end, end + 9, 0),
        ):
            assert len((await calendar_of(desk, low=low, high=high)).starts) == number

    async def test_other_resources_are_left_out(self, desk: Desk) -> None:
        booked = await desk.book("10:00")
        only_room = await calendar_of(desk, refs=[f"rooms/{booked.room_id}"])
        assert len(only_room.starts) == 1

    async def test_holds_that_have_run_out_and_a_visit_that_is_to_move_are_left_out(self, desk: Desk) -> None:
        booked = await desk.book("10:00")
        await desk.book("11:00", patient="bela", hold_minutes=5)
        assert len((await calendar_of(desk)).starts) == 4
        assert len((await calendar_of(desk, without=[booked.id])).starts) == 2
        desk.clock.move(minutes=5)
        assert len((await calendar_of(desk)).starts) == 2
        assert len((await calendar_of(desk, without=[booked.id])).starts) == 0


class TestVersions:
    async def test_they_change_with_whatever_changes_the_calendar(self, pool: Pool) -> None:
        setup = a_clinic(services=[an_ecg()], equipment=[a_pool()], rooms=[a_room(), a_room("room-2")])
        desk = await open_desk(pool, setup)
        seen = [await versions_of(desk)]

        async def has_changed() -> bool:
            seen.append(await versions_of(desk))
            return seen[-1] not in seen[:-1]

        booked = await desk.book("10:00")
        assert await has_changed()
        moved = await desk.change(booked, starts_at="11:00")
        assert await has_changed()
        moved = await desk.change(moved, room="room-2")
        assert await has_changed()
        confirmed = await desk.change(moved, status=type(moved.status).CONFIRMED, notes="on time")
        assert not await has_changed()
        await desk.cancel(confirmed)
        assert await has_changed()
        await desk.book("10:00", hold_minutes=5)
        assert await has_changed()
        desk.clock.move(minutes=5)
        assert await has_changed()  # with nothing written
        await desk.book("10:00", patient="bela")
        assert await has_changed()
        await close_early(desk)
        assert await has_changed()

    async def test_a_patients_own_calendar_counts_only_where_it_is_asked_for(self, pool: Pool) -> None:
        setup = a_clinic(providers=[a_provider(), a_provider("silva")], rooms=[a_room(), a_room("room-2")])
        desk = await open_desk(pool, setup)
        ada, bela = desk.id_of("patient", "ada"), desk.id_of("patient", "bela")
        before = [await versions_of(desk, who) for who in (ada, bela)]
        await desk.book("10:00")
        after = [await versions_of(desk, who) for who in (ada, bela)]
        assert before[0].patient != after[0].patient
        assert before[1].patient == after[1].patient is not None
        assert (await versions_of(desk)).patient is None
        assert (await versions_of(desk, str(uuid4()))).patient is None

    async def test_they_stay_when_an_expired_hold_is_swept(self, desk: Desk) -> None:
        held = await desk.book("10:00", hold_minutes=5)
        desk.clock.move(minutes=5)
        before = await versions_of(desk)
        assert before.last_expiry == NOW + timedelta(minutes=5)
        with pytest.raises(Exception, match="expired"):
            await desk.confirm(held)
        assert await versions_of(desk) == before

    async def test_a_clinic_that_does_not_exist_has_none(self, pool: Pool) -> None:
        async with reading(pool) as conn:
            for unknown in (str(uuid4()), "nothing"):
                assert await read_versions(conn, unknown, [], None, NOW) is None
                assert await read_setup(conn, unknown) is None


class TestSetupsInMemory:
    async def test_one_version_is_read_once_however_many_ask(
        self, desk: Desk, pool: Pool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reads = 0

        async def counted(conn: Connection, clinic_id: str) -> StoredSetup | None:
            nonlocal reads
            reads += 1
            await asyncio.sleep(0)
            return await read_setup(conn, clinic_id)

        monkeypatch.setattr(setup_cache, "read_setup", counted)
        setups = SetupCache()

        async def ask() -> StoredSetup:
            async with reading(pool) as conn:
                return await setups.current(conn, desk.clinic_id)

        found = await asyncio.gather(*(ask() for _ in range(10)))
        assert reads == 1
        assert all(one is found[0] for one in found)

    async def test_another_version_is_read_anew(self, desk: Desk, pool: Pool) -> None:
        setups = SetupCache()
        async with reading(pool) as conn:
            old = await setups.current(conn, desk.clinic_id)
        await close_early(desk)
        async with reading(pool) as conn:
            assert await setups.current(conn, desk.clinic_id) is old
            new = await setups.current(conn, desk.clinic_id, old.version + 1)
            assert new.setup.working_hours != old.setup.working_hours
            assert setups.known(desk.clinic_id) is new

    async def test_the_one_unused_for_longest_is_forgotten(self, pool: Pool) -> None:
        setups = SetupCache(size=2)
        clinics = [(await open_desk(pool)).clinic_id for _ in range(3)]
        async with reading(pool) as conn:
            for clinic_id in (clinics[0], clinics[1], clinics[0], clinics[2]):
                await setups.current(conn, clinic_id)
        assert [setups.known(one) is not None for one in clinics] == [True, False, True]

    async def test_a_clinic_that_does_not_exist_is_not_found(self, pool: Pool) -> None:
        setups = SetupCache()
        for unknown in (str(uuid4()), "nothing"):
            with pytest.raises(NotFound):
                async with reading(pool) as conn:
                    await setups.current(conn, unknown)

    async def test_people_are_not_part_of_it(self, pool: Pool) -> None:
        desk = await open_desk(pool, patients=[a_patient("only")])
        async with reading(pool) as conn:
            stored = await desk.runtime.setups.current(conn, desk.clinic_id)
        assert not any(ref.startswith("patients/") for ref in stored.numbers.no_by_ref)
