"""A database from before caps, gaps, seats and lanes were judged: what is booked in it is counted then."""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from models.postgres.connection import Database, open_pool, reading
from models.postgres.migrate import MIGRATIONS, migrate
from models.postgres.read_clinic import read_clinic
from models.postgres.write_clinic import numbers_of_resources
from models.snapshot import group_visits_of
from models.unit_claims import claims_of_all
from models.wall_clock import Minute, ceil_minute, floor_minute
from tests.postgres.databases import DatabaseServer

pytestmark = pytest.mark.anyio

CLINIC, MAIN, PROVIDER, ROOM, CHECKUP, CLASS = (str(uuid4()) for _ in range(6))
PATIENTS = [str(uuid4()) for _ in range(3)]
BOOKED = [
    # service, patient, start and end in UTC: the second one is the next day already in Berlin
    (CHECKUP, PATIENTS[0], "2026-06-01 08:00+00", "2026-06-01 08:30+00"),
    (CHECKUP, PATIENTS[1], "2026-06-01 22:15+00", "2026-06-01 22:45+00"),
    (CHECKUP, PATIENTS[2], "2026-06-01 08:40+00", "2026-06-01 09:10+00"),
    (CLASS, PATIENTS[0], "2026-06-01 12:00+00", "2026-06-01 13:00+00"),
]


@pytest.fixture
def empty_database(database_server: DatabaseServer) -> Iterator[Database]:
    with database_server.temporary() as database:
        yield database


async def at_the_third_step(database: Database, steps: Path) -> None:
    """A clinic with four visits, each holding its patient, provider and room as visits did then."""
    for path in sorted(MIGRATIONS.glob("*.sql"))[:3]:
        shutil.copy(path, steps)
    await migrate(database, steps)
    with psycopg.connect(database.owner_conninfo) as conn:
        conn.execute(
            "INSERT INTO clinic (id, name, timezone, grid_minutes, weight_preference, weight_gap,"
            " weight_room, weight_overbook) VALUES (%s, 'Old', 'Europe/Berlin', 5, 40, 35, 15, 10)",
            [CLINIC],
        )
        for number, (kind, of) in enumerate([(1, PROVIDER), (2, ROOM), *((0, one) for one in PATIENTS)]):
            conn.execute(
                "INSERT INTO resource (clinic_id, id, kind, resource_no) VALUES (%s, %s, %s, %s)",
                [CLINIC, of, kind, 900 + number],
            )
        conn.execute("INSERT INTO location (clinic_id, id, name) VALUES (%s, %s, 'Main')", [CLINIC, MAIN])
        for service, name, most, gap, seats in (
            (CHECKUP, "Check-up", 4, 20, 1),
            (CLASS, "Class", None, 0, 3),
        ):
            conn.execute(
                "INSERT INTO service (clinic_id, id, name, duration_minutes, buffer_before_minutes,"
                " buffer_after_minutes, slot_step_minutes, modality, room_types, room_features, equipment,"
                " min_notice_minutes, max_future_days, max_per_day, min_gap_minutes, seats, blackout_dates)"
                " VALUES (%s, %s, %s, 30, 0, 5, 15, 'in_person', '{}', '{}', '[]', 0, 365, %s, %s, %s, '{}')",
                [CLINIC, service, name, most, gap, seats],
            )
        conn.execute(
            "INSERT INTO provider (clinic_id, id, name, max_visits_per_day) VALUES (%s, %s, 'Dr Old', 9)",
            [CLINIC, PROVIDER],
        )
        for service in (CHECKUP, CLASS):
            conn.execute(
                "INSERT INTO provider_service (clinic_id, provider_id, service_id, position)"
                " VALUES (%s, %s, %s, 0)",
                [CLINIC, PROVIDER, service],
            )
        conn.execute(
            "INSERT INTO provider_location (clinic_id, provider_id, location_id, position)"
            " VALUES (%s, %s, %s, 0)",
            [CLINIC, PROVIDER, MAIN],
        )
        conn.execute(
            "INSERT INTO room (clinic_id, id, location_id, name, type, features, capacity,"
            " turnaround_minutes) VALUES (%s, %s, %s, 'Room', 'exam', '{}', 1, 0)",
            [CLINIC, ROOM, MAIN],
        )
        conn.execute(
            "INSERT INTO overbooking_rule (clinic_id, id, service_id, weekdays, start_minute, end_minute,"
            " lanes, max_per_day) VALUES (%s, %s, %s, '{MO}', 0, 1440, 2, 3)",
            [CLINIC, str(uuid4()), CHECKUP],
        )
        for one in PATIENTS:
            conn.execute("INSERT INTO patient (clinic_id, id, name) VALUES (%s, %s, 'P')", [CLINIC, one])
        for service, patient, start, end in BOOKED:
            visit = str(uuid4())
            conn.execute(
                "INSERT INTO appointment (clinic_id, id, patient_id, provider_id, service_id, room_id,"
                " location_id, starts_at, ends_at, created_at, updated_at, status)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, now(), now(), 'scheduled')",
                [CLINIC, visit, patient, PROVIDER, service, ROOM, MAIN, start, end],
            )
            for number, buffer in ((902 + PATIENTS.index(patient), 0), (900, 5), (901, 5)):
                conn.execute(
                    "INSERT INTO claim (clinic_id, appointment_id, unit_id, starts_at, ends_at)"
                    " VALUES (%s, %s, %s, %s, %s::timestamptz + %s * interval '1 minute')",
                    [CLINIC, visit, number * 1024, start, end, buffer],
                )


async def test_it_holds_what_a_new_import_of_it_would_hold(empty_database: Database, tmp_path: Path) -> None:
    await at_the_third_step(empty_database, tmp_path)
    await migrate(empty_database)
    async with open_pool(empty_database, size=2) as pool, reading(pool) as conn:
        clinic = await read_clinic(conn, CLINIC)
        ref_of = {number: ref for ref, number in (await numbers_of_resources(conn, CLINIC)).items()}
        found = await conn.execute(
            "SELECT unit_id, starts_at, ends_at, group_visit_id IS NOT NULL FROM claim WHERE clinic_id = %s",
            [UUID(CLINIC)],
        )
        stored: Counter[tuple[str, Minute, Minute, bool]] = Counter(
            (ref_of[unit >> 10], floor_minute(start), ceil_minute(end), shared)
            for unit, start, end, shared in await found.fetchall()
        )
    groups = [replace(one, id=str(uuid4())) for one in group_visits_of(clinic.appointments, clinic.setup)]
    shared = {group.id for group in groups}
    expected = Counter(
        (one.ref, one.start, one.end, one.holder_id in shared)
        for one in claims_of_all(clinic.appointments, clinic.setup, groups)
    )
    assert stored == expected
    assert sum("-days/" in ref for ref, *_ in stored.elements()) == 3 + 4
    assert sum("gaps/" in ref for ref, *_ in stored.elements()) == 3
