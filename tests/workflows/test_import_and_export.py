"""A clinic goes in as a file and comes out the same; or nothing goes in at all."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from api.workflows.export_clinic import export_clinic
from api.workflows.import_clinic import import_clinic
from api.workflows.runtime import Runtime
from models.appointment import Appointment, AppointmentStatus
from models.clinic import (
    Clinic,
    Contact,
    OverbookingRule,
    PreferredWindow,
    ProviderPreferences,
    Weekday,
    Weights,
)
from models.clinic_file import ClinicFile
from models.errors import InvalidClinic, NotFound, SlotUnavailable
from models.postgres.connection import Pool, reading
from models.setup import ClinicSetup
from scenarios.synthetic import synthetic_clinic
from tests.builders import (
    MONDAY,
    NOW,
    a_clinic,
    a_location,
    a_patient,
    a_pool,
    a_provider,
    a_room,
    a_service,
    an_appointment,
    an_ecg,
    closed,
    hours,
    moment,
    opened,
    units,
)
from tests.workflows.desk import STAFF, Clock, open_desk

pytestmark = pytest.mark.anyio


def a_full_setup() -> ClinicSetup:
    """Something in every field."""
    return a_clinic(
        clinic=Clinic(
            id="c",
            name="Full",
            timezone="Europe/Berlin",
            grid_minutes=10,
            weights=Weights(preference=1, gap=2, room=3, overbook=4, fairness=5),
        ),
        locations=[
            a_location(timezone="Asia/Tokyo", latitude=35.6764, longitude=139.65),
            a_location("annex", latitude=-0.0, longitude=0.1 + 0.2),
            a_location("hall"),
        ],
        providers=[
            a_provider(
                specialty="Cardiology",
                location_ids=("main", "annex"),
                service_ids=("checkup", "heart"),
                max_visits_per_day=7,
                preferences=ProviderPreferences(
                    time_windows=(PreferredWindow(start=480, end=600, weight=70),),
                    room_ids=("room-1",),
                    weight=20,
                ),
            ),
            a_provider("bare", location_ids=(), service_ids=(), preferences=ProviderPreferences()),
        ],
        rooms=[
            a_room(features=frozenset({"lift", "sink"}), capacity=3, turnaround_minutes=5),
            a_room("room-2", location_id="annex"),
        ],
        equipment=[a_pool(), a_pool("empty", location_id="annex", quantity=0)],
        services=[
            a_service(
                room_types=frozenset({"exam", "lab"}),
                room_features=frozenset({"sink"}),
                max_per_day=9,
                min_gap_minutes=15,
                seats=2,
                min_notice_minutes=60,
                max_future_days=90,
                blackout_dates=(date(2026, 12, 24), date(2026, 12, 25)),
                allowed_provider_ids=frozenset({"okoro", "bare"}),
            ),
            a_service("nobodys", allowed_provider_ids=frozenset()),
            an_ecg(2, id="heart", buffer_before_minutes=5, buffer_after_minutes=10, slot_step_minutes=5),
        ],
        working_hours=[
            hours("providers/okoro", "08:00", "24:00", "FREQ=WEEKLY;BYDAY=MO,TU"),
            hours("rooms/room-1", "00:00", "12:00", effective_from=date(2026, 1, 1)),
            hours("equipment/ecg-1", "06:00", "20:00", effective_to=date(2027, 1, 1)),
        ],
        exceptions=[
            closed("clinic", moment("12:00"), moment("13:00")),
            closed("locations/annex", moment("08:00"), moment("09:00")),
            opened("providers/okoro", moment("04:00"), moment("05:00")),
            closed("rooms/room-1", moment("09:00"), moment("09:30")),
            closed("equipment/ecg-1", moment("09:00"), moment("09:30")),
        ],
        overbooking=[
            OverbookingRule(
                id="o1", provider_id="okoro", weekdays=(Weekday.MONDAY,), start=0, end=1440, lanes=2
            ),
            OverbookingRule(id="o2", service_id="heart", start=540, end=600, lanes=1, max_per_day=3),
        ],
    )


def a_full_clinic() -> ClinicFile:
    """And appointments in every state."""
    patients = [
        a_patient(date_of_birth=date(1815, 12, 10), contact=Contact(email="ada@example.org")),
        a_patient("bela", contact=Contact(), blocked_provider_ids=frozenset({"okoro", "bare"})),
        a_patient("Ünï 'quoted' \\ \t", name="O'Neil\\\n\tJr"),
    ]
    visits = [
        an_appointment(id=status.value, starts_at=start, ends_at=start + timedelta(minutes=30), status=status)
        for status, start in zip(
            AppointmentStatus, (moment("08:00") + timedelta(hours=hour) for hour in range(20)), strict=False
        )
    ]
    heart = replace(visits[0], id="heart", service_id="heart", equipment=(units(count=2),))
    later = timedelta(days=1)
    visits.append(replace(heart, starts_at=heart.starts_at + later, ends_at=heart.ends_at + later))
    return ClinicFile(setup=a_full_setup(), patients=tuple(patients), appointments=tuple(visits))


def in_order(file: ClinicFile) -> list[Appointment]:
    return sorted(file.appointments, key=lambda one: one.id)


async def test_what_comes_out_is_what_went_in(pool: Pool) -> None:
    file, runtime = a_full_clinic(), Runtime(pool=pool, clock=Clock())
    back = await export_clinic(runtime, await import_clinic(runtime, file, STAFF))
    assert back.setup == file.setup
    assert back.patients == file.patients
    assert in_order(back) == in_order(file)


@pytest.mark.parametrize("seed", range(3))
async def test_so_does_any_clinic(pool: Pool, seed: int) -> None:
    file = synthetic_clinic(seed, providers=3, rooms=4, days=5, start=MONDAY)
    runtime = Runtime(pool=pool, clock=Clock())
    back = await export_clinic(runtime, await import_clinic(runtime, file, STAFF))
    assert (back.setup, back.patients, in_order(back)) == (file.setup, file.patients, in_order(file))


async def test_a_file_can_be_imported_twice_and_makes_two_clinics(pool: Pool) -> None:
    runtime = Runtime(pool=pool, clock=Clock())
    first, second = [await import_clinic(runtime, a_full_clinic(), STAFF) for _ in range(2)]
    assert first != second
    assert (await export_clinic(runtime, first)).setup == (await export_clinic(runtime, second)).setup


async def test_imported_appointments_hold_what_they_take(pool: Pool) -> None:
    desk = await open_desk(pool, appointments=[an_appointment("10:00", "10:30")])
    with pytest.raises(SlotUnavailable):
        await desk.book("10:15")
    await desk.book("10:30")


async def test_a_hold_that_has_run_out_comes_in_and_goes_out_expired(pool: Pool) -> None:
    held = an_appointment(status=AppointmentStatus.PENDING, expires_at=NOW + timedelta(minutes=5))
    desk = await open_desk(pool, appointments=[held])
    assert (await export_clinic(desk.runtime, desk.clinic_id)).appointments == (held,)
    desk.clock.move(minutes=5)
    (out,) = (await export_clinic(desk.runtime, desk.clinic_id)).appointments
    assert out.status is AppointmentStatus.EXPIRED
    again = await open_desk(pool, appointments=[held], clock=desk.clock)
    assert await again.rows("SELECT status FROM appointment WHERE {here}") == [("expired",)]
    assert await again.rows("SELECT unit_id FROM claim WHERE {here}") == []


async def test_nothing_is_stored_of_a_clinic_that_contradicts_itself(pool: Pool) -> None:
    runtime = Runtime(pool=pool, clock=Clock())
    twice = (an_appointment(), an_appointment(id="again"))
    file = ClinicFile(setup=a_clinic(), patients=(a_patient("bela"),), appointments=twice)
    async with reading(pool) as conn:
        before = await (await conn.execute("SELECT count(*) FROM clinic")).fetchone()
    with pytest.raises(InvalidClinic):
        await import_clinic(runtime, file, STAFF)
    async with reading(pool) as conn:
        assert await (await conn.execute("SELECT count(*) FROM clinic")).fetchone() == before


@pytest.mark.parametrize("unknown", ["nothing", "6f2d1f5e-7a55-4b33-9be5-3d1f0a5cbb8d"])
async def test_a_clinic_that_does_not_exist_cannot_be_exported(pool: Pool, unknown: str) -> None:
    with pytest.raises(NotFound):
        await export_clinic(Runtime(pool=pool, clock=Clock()), unknown)
