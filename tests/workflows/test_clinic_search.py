"""What a search across clinics reads, and that it notices what changes meanwhile."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from api.clinic_search import ClinicSearch
from api.workflows import search_clinics as workflow
from api.workflows.import_clinic import import_clinic
from api.workflows.search_clinics import search_clinics
from models.clinic_file import ClinicFile
from models.postgres.connection import Connection, Pool, open_pool, reading
from models.postgres.read_directory import versions_of_clinics, visible_clinics
from models.postgres.read_many_calendars import read_busy_providers
from models.refs import provider_ref
from tests.builders import MONDAY, TUESDAY, a_clinic, a_patient, an_appointment, at, moment
from tests.postgres.databases import DatabaseServer
from tests.workflows.changing_setup import close_early
from tests.workflows.desk import STAFF, Desk, open_desk

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(database_server: DatabaseServer, migrated_template: str) -> AsyncIterator[Pool]:
    """On a database for each test: whoever sees every clinic would see those of other tests too."""
    with database_server.temporary(template=migrated_template) as fresh:
        async with open_pool(fresh, size=4) as opened:
            yield opened


NOWHERE = "0b8f6f0e-5d5f-4b0c-9f0e-3c1d2a7b9e11"


def checkups(**changes: Any) -> ClinicSearch:
    usual: dict[str, Any] = {"start": str(MONDAY), "end": str(TUESDAY), "service": "check-up", "limit": 3}
    return ClinicSearch(**{**usual, **changes})


async def searched(desk: Desk, search: ClinicSearch | None = None, only: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(await search_clinics(desk.runtime, search or checkups(), only=only))
    return body


def starts(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(slot["startUTC"][11:16], slot["clinic"]["name"]) for slot in body["slots"]]


async def many_clinics(pool: Pool, names: Sequence[str], *, busy_until: str = "08:00") -> Desk:
    """Practices of one provider who is taken from eight o'clock on; the desk is at the first."""
    visits = [an_appointment(moment("08:00"), moment(busy_until))] if busy_until > "08:00" else []
    desk = await open_desk(pool, named(names[0]), visits)
    for name in names[1:]:
        file = ClinicFile(
            setup=named(name), patients=(a_patient(), a_patient("bela")), appointments=tuple(visits)
        )
        await import_clinic(desk.runtime, file, STAFF)
    return desk


def named(name: str) -> Any:
    setup = a_clinic()
    return replace(setup, clinic=replace(setup.clinic, name=name))


async def test_setups_are_read_once_and_kept(pool: Pool) -> None:
    desk = await many_clinics(pool, ["a", "b", "c"])
    assert desk.runtime.setups.known(desk.clinic_id) is None
    first = await searched(desk)
    assert starts(first) == [("08:00", "a"), ("08:00", "b"), ("08:00", "c")]
    kept = desk.runtime.setups.known(desk.clinic_id)
    assert starts(await searched(desk)) == starts(first)
    assert desk.runtime.setups.known(desk.clinic_id) is kept is not None


async def test_a_booking_is_seen_by_the_next_search(pool: Pool) -> None:
    desk = await many_clinics(pool, ["a", "b"])
    await searched(desk)
    visit = await desk.book("08:00")
    assert starts(await searched(desk)) == [("08:00", "b"), ("08:15", "b"), ("08:30", "a")]
    await desk.cancel(visit)
    assert starts(await searched(desk))[:2] == [("08:00", "a"), ("08:00", "b")]


async def test_a_hold_that_has_run_out_is_in_nobodys_way(pool: Pool) -> None:
    desk = await many_clinics(pool, ["a"])
    await desk.book("08:00", hold_minutes=10)
    assert starts(await searched(desk))[0] == ("08:30", "a")
    desk.clock.move(minutes=10)
    assert starts(await searched(desk))[0] == ("08:00", "a")


async def test_a_change_of_the_setup_is_seen_by_the_next_search(pool: Pool) -> None:
    desk = await many_clinics(pool, ["a", "b"])
    every = await searched(desk, checkups(limit=100, end=str(MONDAY)))
    await close_early(desk)
    fewer = await searched(desk, checkups(limit=100, end=str(MONDAY)))
    assert len(fewer["slots"]) < len(every["slots"])


async def test_a_change_between_bound_and_calendar_is_noticed(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await many_clinics(pool, ["a", "b"])
    unchanged = await searched(desk, checkups(limit=100, end=str(MONDAY)))
    is_closing = iter((True,))

    async def changing(conn: Connection, ids: Any) -> Mapping[str, int]:
        if next(is_closing, False):
            await close_early(desk)
        return await versions_of_clinics(conn, ids)

    monkeypatch.setattr(workflow, "versions_of_clinics", changing)
    meanwhile = await searched(desk, checkups(limit=100, end=str(MONDAY)))
    monkeypatch.undo()
    assert len(meanwhile["slots"]) < len(unchanged["slots"])
    assert starts(meanwhile) == starts(await searched(desk, checkups(limit=100, end=str(MONDAY))))


async def test_many_equal_clinics_are_told_apart_without_opening_them(pool: Pool) -> None:
    names = [f"busy {number:02}" for number in range(20)]
    desk = await many_clinics(pool, names, busy_until="12:00")
    for name in ("late a", "late b", "late c"):
        await import_clinic(desk.runtime, ClinicFile(setup=named(name)), STAFF)
    body = await searched(desk)
    assert starts(body) == [("08:00", "late a"), ("08:00", "late b"), ("08:00", "late c")]
    assert body["metadata"]["clinicsConsidered"] == 23
    assert body["metadata"]["clinicsOpened"] == 3


async def test_a_clinic_that_cannot_win_is_not_opened(pool: Pool) -> None:
    desk = await many_clinics(pool, ["a", "b", "c", "d", "e", "f"])
    body = await searched(desk, checkups(limit=1))
    assert starts(body) == [("08:00", "a")]
    assert body["metadata"]["clinicsOpened"] == 1
    assert body["metadata"]["bestUnopened"] == 100.0


class TestTheDirectory:
    async def test_lists_every_clinic_or_the_one_that_is_named(self, pool: Pool) -> None:
        desk = await many_clinics(pool, ["a", "b"])
        async with reading(pool) as conn:
            every = await visible_clinics(conn, None)
            assert len(every) == 2
            assert await visible_clinics(conn, desk.clinic_id) == {desk.clinic_id: every[desk.clinic_id]}
            assert await visible_clinics(conn, NOWHERE) == {}
            assert await visible_clinics(conn, "no id") == {}
            assert await versions_of_clinics(conn, [desk.clinic_id, NOWHERE]) == {
                desk.clinic_id: every[desk.clinic_id]
            }

    async def test_setups_of_several_clinics_are_read_in_one_go(self, pool: Pool) -> None:
        desk = await many_clinics(pool, ["a", "b", "c"])
        async with reading(pool) as conn:
            ids = [*await visible_clinics(conn, None), NOWHERE]
            found = await desk.runtime.setups.load(conn, ids)
        assert {one.setup.clinic.name for one in found.values()} == {"a", "b", "c"}
        assert found.keys() == set(ids) - {NOWHERE}
        async with reading(pool) as conn:
            for clinic_id, one in found.items():
                assert await desk.runtime.setups.current(conn, clinic_id, one.version) is one


class TestBusyProviders:
    async def test_their_holds_come_sorted_and_without_those_that_ran_out(self, pool: Pool) -> None:
        desk = await many_clinics(pool, ["a"])
        await desk.book("10:00")
        await desk.book("08:00")
        await desk.book("09:00", hold_minutes=10)
        async with reading(pool) as conn:
            stored = await desk.runtime.setups.current(conn, desk.clinic_id)
            number = stored.numbers.no_by_ref[provider_ref(desk.id_of("provider", "okoro"))]
            span = at("00:00"), at("24:00")
            held = await read_busy_providers(conn, {number: desk.clinic_id}, *span, desk.clock())
            later = desk.clock.now.replace(hour=7)
            without = await read_busy_providers(conn, {number: desk.clinic_id}, *span, later)
            elsewhere = await read_busy_providers(conn, {number: NOWHERE}, *span, later)
        assert held[number] == [
            (at("08:00"), at("08:30")),
            (at("09:00"), at("09:30")),
            (at("10:00"), at("10:30")),
        ]
        assert without[number] == [held[number][0], held[number][2]]
        assert elsewhere == {}
