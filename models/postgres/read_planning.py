"""The big read behind a plan: whole appointments over weeks, and whose they are."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from models.appointment import Appointment
from models.clinic import Patient
from models.postgres.connection import Connection
from models.postgres.named_queries import named_queries
from models.postgres.read_booked import read_booked
from models.scenario import MAX_HORIZON_DAYS, AppointmentsAdded, ResourceAbsent, Scenario
from models.wall_clock import MINUTES_PER_DAY, Minute, ceil_minute, floor_minute

queries = named_queries(__file__)

MARGIN_MINUTES = 3 * MINUTES_PER_DAY
"""What starts within the range may last a day; buffers, turnaround and a gap may reach two days further."""


class Planning(NamedTuple):
    """What is booked near a range, and the patients concerned."""

    appointments: tuple[Appointment, ...]
    patients: tuple[Patient, ...]


def planning_range(scenario: Scenario, now: datetime) -> tuple[Minute, Minute]:
    """From when until when a visit may start that a scenario plans: the whole of an absence is part of it.

    Never longer than a plan may span; a longer horizon is refused where it is planned.
    """
    absences = [change for change in scenario.changes if isinstance(change, ResourceAbsent)]
    low = min([scenario.earliest, *(floor_minute(absence.starts_at) for absence in absences)])
    low = max(low, floor_minute(now))
    high = max([scenario.latest, *(ceil_minute(absence.ends_at) for absence in absences)])
    return low, min(high, low + (MAX_HORIZON_DAYS + 1) * MINUTES_PER_DAY)


def wanted_patients(scenario: Scenario) -> set[str]:
    """The patients of the visits that a scenario adds."""
    added = [change for change in scenario.changes if isinstance(change, AppointmentsAdded)]
    return {visit.patient_id for change in added for visit in change.wanted}


async def read_planning(
    conn: Connection,
    clinic_id: str,
    low: Minute,
    high: Minute,
    now: datetime,
    *,
    also_patients: Iterable[str] = (),
) -> Planning:
    """All that could touch a visit that starts in `[low, high)`, and the patients of it and `also_patients`.

    Appointments by start. Patients come without contact and date of birth, which no plan needs; those
    unknown to the clinic are left out. In a `reading` transaction: consistent with what else is read there.
    """
    near = low - MARGIN_MINUTES, high + MARGIN_MINUTES
    appointments = await read_booked(conn, clinic_id, *near, now)
    concerned = {appointment.patient_id for appointment in appointments} | set(also_patients)
    return Planning(appointments, await patients_named(conn, clinic_id, sorted(concerned)))


async def patients_named(conn: Connection, clinic_id: str, patient_ids: Sequence[str]) -> tuple[Patient, ...]:
    """These patients, by who may not see them."""
    values = {"clinic_id": UUID(clinic_id), "patient_ids": list(patient_ids)}
    rows = await (await conn.execute(queries["patients_named"], values)).fetchall()
    return tuple(
        Patient(id=identifier, name=name, blocked_provider_ids=frozenset(blocked))
        for identifier, name, blocked in rows
    )
