"""Lists and single things: complete, in order, page by page, and never another clinic's."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from api.workflows.read_appointments import list_appointments
from api.workflows.read_entities import (
    READERS,
    list_clinics,
    list_entities,
    read_clinic,
    read_entity,
)
from models.appointment import AppointmentStatus
from models.errors import InvalidRequest, NotFound
from models.listing import AppointmentFilter, AppointmentMark, Found
from models.postgres.connection import Pool
from models.stored_appointment import StoredAppointment
from tests.builders import MONDAY, NOBODY, a_clinic, a_patient, a_pool, a_provider, a_room, a_service, moment
from tests.workflows.desk import Desk, open_desk
from tests.workflows.test_import_and_export import a_full_clinic

pytestmark = pytest.mark.anyio

BOOKED = frozenset({AppointmentStatus.PENDING, AppointmentStatus.SCHEDULED})


async def all_pages(read: Callable[[Any], Awaitable[Found[Any, Any]]], first: Any = None) -> list[list[Any]]:
    pages, mark = [], first
    while True:
        found = await read(mark)
        pages.append(list(found.items))
        mark = found.next
        if mark is None:
            return pages


class TestEntities:
    @pytest.mark.parametrize("kind", READERS)
    async def test_a_list_has_everything_in_the_order_of_the_file(self, pool: Pool, kind: str) -> None:
        file = a_full_clinic()
        desk = await open_desk(pool, file.setup, patients=file.patients)

        async def read(after: int) -> Found[Any, int]:
            return await list_entities(desk.runtime, desk.clinic_id, kind, after=after, limit=1)

        pages = await all_pages(read, 0)
        assert {len(page) for page in pages} == {1}
        stored = [page[0] for page in pages]
        whole = await list_entities(desk.runtime, desk.clinic_id, kind)
        assert (whole.items, whole.next) == (tuple(stored), None)
        given = file.patients if kind == "patients" else getattr(file.setup, _ATTRIBUTES.get(kind, kind))
        if kind not in ("availability", "exceptions"):
            assert [one.external_id for one in stored] == [one.id for one in given]
        assert [type(one.item) for one in stored] == [type(one) for one in given]
        for one in stored:
            assert await read_entity(desk.runtime, desk.clinic_id, kind, one.id) == one

    @pytest.mark.parametrize("kind", READERS)
    async def test_nothing_is_found_of_another_clinic(self, desk: Desk, pool: Pool, kind: str) -> None:
        file = a_full_clinic()
        elsewhere = await open_desk(pool, file.setup, patients=file.patients)
        foreign = (await list_entities(elsewhere.runtime, elsewhere.clinic_id, kind)).items[0]
        for unknown in (foreign.id, str(uuid4()), "nothing", foreign.id.upper()):
            with pytest.raises(NotFound):
                await read_entity(desk.runtime, desk.clinic_id, kind, unknown)

    async def test_clinics_are_listed_and_read(self, desk: Desk) -> None:
        pages = await all_pages(lambda after: list_clinics(desk.runtime, after=after, limit=2), 0)
        mine = [one for page in pages for one in page if one.id == desk.clinic_id]
        assert mine == [await read_clinic(desk.runtime, desk.clinic_id)]
        assert (mine[0].item.name, mine[0].external_id) == ("The Clinic", "clinic")
        with pytest.raises(NotFound):
            await read_clinic(desk.runtime, str(uuid4()))

    @pytest.mark.parametrize("limit", [0, 501])
    async def test_a_page_has_a_sensible_length(self, desk: Desk, limit: int) -> None:
        with pytest.raises(InvalidRequest):
            await list_entities(desk.runtime, desk.clinic_id, "rooms", limit=limit)


_ATTRIBUTES = {"availability": "working_hours"}


@pytest.fixture
async def busy(pool: Pool) -> Desk:
    """Two of everything, and a morning of visits; several start at the same time."""
    setup = a_clinic(
        providers=[a_provider(service_ids=("checkup", "talk")), a_provider("silva")],
        rooms=[a_room(), a_room("room-2")],
        services=[a_service(), a_service("talk")],
        equipment=[a_pool()],
    )
    desk = await open_desk(pool, setup, patients=[a_patient(), a_patient("bela")])
    for hour in ("08", "09", "10"):
        await desk.book(f"{hour}:00", room="room-1", service="talk" if hour == "09" else "checkup")
        await desk.book(f"{hour}:00", provider="silva", patient="bela", room="room-2")
    await desk.book("11:00", hold_minutes=5)
    await desk.cancel(await desk.book("12:00"))
    return desk


class TestAppointments:
    async def found(self, desk: Desk, **wanted: Any) -> list[StoredAppointment]:
        found = await list_appointments(desk.runtime, desk.clinic_id, AppointmentFilter(**wanted))
        assert found.next is None
        return list(found.items)

    async def page(
        self, desk: Desk, limit: int, mark: AppointmentMark | None
    ) -> Found[StoredAppointment, AppointmentMark]:
        wanted = AppointmentFilter()
        return await list_appointments(desk.runtime, desk.clinic_id, wanted, after=mark, limit=limit)

    async def test_pages_of_any_length_make_up_the_list(self, busy: Desk) -> None:
        everything = await self.found(busy)
        assert [one.starts_at for one in everything] == sorted(one.starts_at for one in everything)
        for limit in (1, 3, 7, 8):
            pages = await all_pages(partial(self.page, busy, limit))
            assert [one for page in pages for one in page] == everything
            assert all(len(page) == limit for page in pages[:-1])

    @pytest.mark.parametrize(
        ("wanted", "number"),
        [
            ({}, 8),
            ({"from_": moment("09:00")}, 6),
            ({"to": moment("09:00")}, 2),
            ({"from_": moment("09:00"), "to": moment("10:00")}, 2),
            ({"from_": moment("09:15"), "to": moment("09:30")}, 0),
            ({"from_": moment("00:00", MONDAY + timedelta(days=1))}, 0),
            ({"provider": "silva"}, 3),
            ({"patient": "ada", "to": moment("11:00")}, 3),
            ({"room": "room-2"}, 3),
            ({"location": "main"}, 8),
            ({"service": "talk"}, 1),
            ({"statuses": frozenset({AppointmentStatus.CANCELED})}, 1),
            pytest.param({"statuses": BOOKED}, 7, id="pending or scheduled"),
            ({"provider": "okoro", "statuses": frozenset({AppointmentStatus.SCHEDULED})}, 3),
            ({"patient": "nobody"}, 0),
            ({"patient": NOBODY}, 0),
        ],
        ids=str,
    )
    async def test_filters_narrow_it_down(self, busy: Desk, wanted: dict[str, Any], number: int) -> None:
        given = dict(wanted)
        for kind in ("provider", "patient", "room", "location", "service"):
            if kind in given:
                given[f"{kind}_id"] = busy.id_of(kind, given.pop(kind))
        assert len(await self.found(busy, **given)) == number

    async def test_a_hold_that_has_run_out_is_listed_as_expired(self, busy: Desk) -> None:
        busy.clock.move(minutes=5)
        expired = await self.found(busy, statuses=frozenset({AppointmentStatus.EXPIRED}))
        assert await self.found(busy, statuses=frozenset({AppointmentStatus.PENDING})) == []
        assert [one.status for one in expired] == [AppointmentStatus.EXPIRED]
        assert [one.status for one in await self.found(busy, from_=moment("11:00"), to=moment("11:30"))] == [
            AppointmentStatus.EXPIRED
        ]

    async def test_equipment_and_notes_come_with_it(self, busy: Desk) -> None:
        booked = await busy.book("13:00", notes="first visit")
        assert (await self.found(busy, from_=moment("13:00")))[0] == booked == await busy.read(booked)
