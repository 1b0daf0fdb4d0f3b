"""Which unit of each resource every appointment of a clinic holds: the claims, computed all at once."""

from collections.abc import Iterable
from typing import NamedTuple

from models.appointment import Appointment
from models.claims import holds_of, recolored
from models.errors import Fault, InvalidClinic
from models.overlaps import capacities
from models.setup import ClinicSetup, patient_ref
from models.wall_clock import Minute, ceil_minute, floor_minute


class Claim(NamedTuple):
    """One unit of one resource, held by an appointment over `[start, end)`."""

    ref: str
    unit: int
    start: Minute
    end: Minute
    appointment_id: str


class _Hold(NamedTuple):
    start: Minute
    end: Minute
    appointment_id: str


def claims_of_all(appointments: Iterable[Appointment], setup: ClinicSetup) -> list[Claim]:
    """A unit for every hold of the appointments that hold anything, resource by resource, by start.

    InvalidClinic where a resource has too few units, which the integrity of a clinic file excludes.
    """
    holds = _holds_by_resource(appointments, setup)
    units_of = capacities(setup)
    claims: list[Claim] = []
    for ref, held in holds.items():
        held.sort()
        units = recolored([(start, end) for start, end, _ in held], units_of.get(ref, 1))
        if units is None:
            raise InvalidClinic([Fault("$.appointments", f"{ref} is held more often than it has units")])
        claims += [Claim(ref, unit, *hold) for unit, hold in zip(units, held, strict=True)]
    return claims


def _holds_by_resource(appointments: Iterable[Appointment], setup: ClinicSetup) -> dict[str, list[_Hold]]:
    refs = list(setup.resource_index)
    holds: dict[str, list[_Hold]] = {}
    for appointment in appointments:
        if not appointment.status.holds_resources:
            continue
        start, end = floor_minute(appointment.starts_at), ceil_minute(appointment.ends_at)
        visit = _Hold(start, end, appointment.id)
        holds.setdefault(patient_ref(appointment.patient_id), []).append(visit)
        for index, held_from, held_until in holds_of(appointment, setup):
            hold = _Hold(held_from, held_until, appointment.id)
            holds.setdefault(refs[index], []).append(hold)
    return holds
