"""Which unit of each resource every appointment of a clinic holds: the claims, computed all at once."""

from collections.abc import Iterable
from typing import NamedTuple

from models.appointment import Appointment
from models.claims import Use, Visit, own_uses, recolored, shared_uses
from models.counters import is_hard
from models.errors import Fault, InvalidClinic
from models.group_visit import GroupVisit, group_key
from models.hours import Window
from models.refs import patient_ref
from models.setup import ClinicSetup
from models.wall_clock import Minute, ceil_minute, floor_minute


class Claim(NamedTuple):
    """One unit of one resource, held over `[start, end)` by an appointment or by a group visit."""

    ref: str
    unit: int
    start: Minute
    end: Minute
    holder_id: str


class _Hold(NamedTuple):
    start: Minute
    end: Minute
    holder_id: str


def claims_of_all(
    appointments: Iterable[Appointment], setup: ClinicSetup, groups: Iterable[GroupVisit] = ()
) -> list[Claim]:
    """A unit for every hold of the appointments that hold anything, resource by resource, by start.

    `groups` are the group visits among them; what they share they hold themselves. InvalidClinic where
    a resource has too few units, which the integrity of a clinic file excludes. Caps and gaps may have
    been set after more was booked: then there are more units than the rule counts.
    """
    claims: list[Claim] = []
    for ref, held in _holds_by_resource(appointments, setup, groups).items():
        held.sort()
        windows = [(start, end) for start, end, _ in held]
        units = recolored(windows, setup.capacities.get(ref, 1))
        if units is None and ref in setup.counters and not is_hard(ref):
            units = recolored(windows, len(windows))
        if units is None:
            raise InvalidClinic([Fault("$.appointments", f"{ref} is held more often than it has units")])
        claims += [Claim(ref, unit, *hold) for unit, hold in zip(units, held, strict=True)]
    return claims


def _holds_by_resource(
    appointments: Iterable[Appointment], setup: ClinicSetup, groups: Iterable[GroupVisit]
) -> dict[str, list[_Hold]]:
    holder_of = {group.key: group.id for group in groups}
    shared: set[str] = set()
    holds: dict[str, list[_Hold]] = {}

    def hold(ref: str, units: int, window: Window, holder_id: str) -> None:
        holds.setdefault(ref, []).extend([_Hold(*window, holder_id)] * units)

    for appointment in appointments:
        if not appointment.status.holds_resources:
            continue
        visit_window = floor_minute(appointment.starts_at), ceil_minute(appointment.ends_at)
        hold(patient_ref(appointment.patient_id), 1, visit_window, appointment.id)
        visit = Visit.of(appointment, setup)
        uses: list[tuple[Use, str]] = [(use, appointment.id) for use in own_uses(visit, setup)]
        holder = holder_of.get(group_key(appointment)) if visit.service.is_for_groups else appointment.id
        if holder is None:
            raise AssertionError(f"{appointment.id} belongs to a group visit that nobody has named")
        if holder not in shared:
            shared.add(holder)
            uses += [(use, holder) for use in shared_uses(visit, setup)]
        for use, holder_id in uses:
            hold(use.ref, use.units, use.window, holder_id)
    return holds
