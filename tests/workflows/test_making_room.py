"""Units of others are exchanged where counting says there is room, in the booking's own transaction."""

from dataclasses import replace

import pytest

from models.appointment import AppointmentStatus
from models.errors import SlotUnavailable
from models.postgres.connection import Pool
from models.setup import ClinicSetup
from models.stored_appointment import StoredAppointment
from tests.builders import a_clinic, a_patient, a_pool, a_provider, a_room, a_service, an_ecg, moment
from tests.workflows.changing_setup import take_machines_away
from tests.workflows.desk import Desk, open_desk

pytestmark = pytest.mark.anyio

NAMES = ("okoro", "silva", "tran", "weber")
TWO_MACHINES = a_clinic(
    services=[an_ecg()],
    equipment=[a_pool("pool", quantity=2)],
    providers=[a_provider(name) for name in NAMES],
    rooms=[a_room(f"room-{name}") for name in NAMES],
)
TWO_PLACES = a_clinic(
    services=[a_service()],
    providers=[a_provider(name) for name in NAMES],
    rooms=[a_room("pool", capacity=2)],
)


async def scattered(pool: Pool, setup: ClinicSetup) -> tuple[Desk, StoredAppointment, StoredAppointment]:
    """Unit 0 is taken until 10:30 and unit 1 from 11:15 on: none is free from 10:00 to 11:45.

    And yet never more than one of the two is in use at once.
    """
    desk = await open_desk(pool, setup, patients=[a_patient(name) for name in NAMES])
    early = await visit(desk, "okoro", "09:30", "10:30")
    between = await visit(desk, "silva", "11:00", "11:30")
    late = await visit(desk, "tran", "11:15", "12:15")
    await desk.cancel(between)
    assert await units(desk) == {early.id: [0], late.id: [1]}
    return desk, early, late


async def visit(desk: Desk, name: str, start: str, end: str, **more: int) -> StoredAppointment:
    return await desk.book(start, provider=name, patient=name, ends_at=moment(end), **more)


async def units(desk: Desk) -> dict[str, list[int]]:
    """The units that each visit has of what the clinics above share."""
    query = """
        SELECT appointment_id::text, array_agg((unit_id & 1023)::int ORDER BY unit_id) FROM claim
        JOIN resource ON resource.clinic_id = claim.clinic_id AND resource.resource_no = unit_id >> 10
        WHERE claim.clinic_id = %(clinic_id)s AND resource.id = %(shared)s::uuid GROUP BY 1
    """
    shared = desk.ids["equipment"].get("pool") or desk.ids["room"]["pool"]
    return {row[0]: list(row[1]) for row in await desk.rows(query, shared=shared)}


@pytest.mark.parametrize("setup", [TWO_MACHINES, TWO_PLACES], ids=["machines", "places"])
async def test_others_exchange_their_units_for_a_visit_that_needs_one_throughout(
    pool: Pool, setup: ClinicSetup
) -> None:
    desk, early, late = await scattered(pool, setup)
    long = await visit(desk, "weber", "10:00", "11:45")
    assert await units(desk) == {early.id: [0], late.id: [0], long.id: [1]}
    assert (await desk.read(late)).version == late.version  # its unit is nobody's business
    assert await desk.overlapping_claims() == 0


async def test_a_visit_that_moves_there_has_them_exchanged_too(pool: Pool) -> None:
    desk, early, late = await scattered(pool, TWO_MACHINES)
    moving = await visit(desk, "weber", "14:00", "15:45")
    moved = await desk.change(moving, starts_at="10:00")
    assert await units(desk) == {early.id: [0], late.id: [0], moved.id: [1]}


async def test_others_may_move_to_the_unit_that_it_leaves(pool: Pool) -> None:
    desk, early, late = await scattered(pool, TWO_MACHINES)
    moving = await visit(desk, "weber", "12:00", "13:45")
    assert (await units(desk))[moving.id] == [0]
    moved = await desk.change(moving, starts_at="10:00")  # the late one gets machine 0 until 12:15
    assert await units(desk) == {early.id: [0], late.id: [0], moved.id: [1]}


async def test_a_dead_hold_in_the_way_is_released_instead_of_moved(pool: Pool) -> None:
    desk, early, late = await scattered(pool, TWO_MACHINES)
    dead = await visit(desk, "silva", "12:15", "13:00", hold_minutes=5)
    assert (await units(desk))[dead.id] == [0]
    await visit(desk, "okoro", "12:30", "13:30")
    desk.clock.move(minutes=5)
    long = await visit(desk, "weber", "10:00", "11:45")
    found = await units(desk)
    assert found[early.id] == found[late.id] != found[long.id]
    assert (await desk.read(dead)).status is AppointmentStatus.EXPIRED
    assert await desk.overlapping_claims() == 0


async def test_nobody_moves_where_all_units_are_needed(pool: Pool) -> None:
    desk, _, _ = await scattered(pool, TWO_MACHINES)
    before = await visit(desk, "silva", "10:15", "11:15")
    with pytest.raises(SlotUnavailable) as refused:
        await visit(desk, "weber", "10:00", "11:45")
    assert refused.value.reason == "equipment_is_never_overbooked"
    assert before.id in await units(desk)


async def test_nobody_can_move_where_too_many_are_booked_since_machines_were_taken_away(pool: Pool) -> None:
    three_machines = replace(TWO_MACHINES, equipment=(a_pool("pool", quantity=3),))
    desk, _, _ = await scattered(pool, three_machines)
    for name in ("okoro", "silva"):  # with the late one, all three machines at 12:00
        await visit(desk, name, "12:00", "12:45")
    await take_machines_away(desk, leaving=2)
    with pytest.raises(SlotUnavailable) as refused:
        await visit(desk, "weber", "10:00", "11:45")
    assert "cannot move" in str(refused.value)
    assert refused.value.reason == "equipment_is_never_overbooked"
