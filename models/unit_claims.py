"""Which unit of each resource every appointment of a clinic holds: the claims, computed all at once."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from models.appointment import Appointment
from models.claims import Use, Visit, own_uses, recolored, shared_uses
from models.clinic import MAX_UNITS
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


class HolderWindow(NamedTuple):
    """One unit of some resource, held over `[start, end)`; which unit is still open."""

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
    for ref, held in holds_by_resource(appointments, setup, groups).items():
        held.sort()
        found = claims_of_resource(ref, held, setup)
        if found is None:
            raise InvalidClinic([Fault("$.appointments", f"{ref} is held more often than it has units")])
        claims += found
    return claims


def claims_of_resource(ref: str, held: Sequence[HolderWindow], setup: ClinicSetup) -> list[Claim] | None:
    """A unit of a resource for each hold; None where it has too few, and is no cap or gap.

    Beyond its last unit a cap is as full as it can be, and holds of it are left out.
    """
    windows = [(start, end) for start, end, _ in held]
    units = recolored(windows, setup.capacities.get(ref, 1))
    if units is None and ref in setup.counters and not is_hard(ref):
        units = recolored(windows, len(windows))
    if units is None:
        return None
    return [Claim(ref, unit, *hold) for unit, hold in zip(units, held, strict=True) if unit <= MAX_UNITS]


def holds_by_resource(
    appointments: Iterable[Appointment], setup: ClinicSetup, groups: Iterable[GroupVisit]
) -> dict[str, list[HolderWindow]]:
    """What the appointments hold, resource by resource, a unit each: what a group shares its visit holds."""
    holder_of = {group.key: group.id for group in groups}
    shared: set[str] = set()
    holds: dict[str, list[HolderWindow]] = {}

    def hold(ref: str, units: int, window: Window, holder_id: str) -> None:
        holds.setdefault(ref, []).extend([HolderWindow(*window, holder_id)] * units)

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
