"""What only the whole clinic can tell to be wrong: names twice, names of nothing, holds that overlap.

Paths are those of a clinic file: `$.rooms[2].locationId`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from models.appointment import Appointment
from models.clinic import Provider
from models.clinic_file import ClinicFile
from models.counters import seats_ref
from models.errors import Fault
from models.group_visit import GroupKey, group_key
from models.overlaps import Overlap, overlaps_of
from models.recurrence import refusal_of
from models.refs import CLINIC
from models.setup import ClinicSetup

MAX_ROWS_PER_RESOURCE = 200
"""Every search expands them all."""

HOURS_KINDS = ("providers", "rooms", "equipment")
EXCEPTION_KINDS = (*HOURS_KINDS, "locations")
_SINGULAR = {
    "locations": "location",
    "providers": "provider",
    "rooms": "room",
    "equipment": "equipment pool",
    "services": "service",
    "patients": "patient",
    "overbooking": "overbooking rule",
    "appointments": "appointment",
}


class Identified(Protocol):
    """Whatever has an id of its own."""

    @property
    def id(self) -> str: ...


@dataclass(frozen=True)
class Known:
    """The ids that may be referred to, by collection; one with the id "" may have any."""

    ids: Mapping[str, Collection[str]]

    def refuse_missing(self, kind: str, identifier: str | None, path: str) -> Iterator[Fault]:
        """A fault at `path` unless the collection has that id (or no id is given)."""
        ids = self.ids[kind]
        if identifier is not None and identifier not in ids and "" not in ids:
            yield Fault(path, f"there is no {_SINGULAR[kind]} {identifier!r}")

    def refuse_missing_each(self, kind: str, identifiers: Iterable[str], path: str) -> Iterator[Fault]:
        """A fault at `path[i]` for each id that the collection does not have."""
        for index, identifier in enumerate(identifiers):
            yield from self.refuse_missing(kind, identifier, f"{path}[{index}]")

    def refuse_bad_resource(self, resource: str, kinds: Collection[str], path: str) -> Iterator[Fault]:
        """A fault at `path` unless `resource` reads `kind/ID` and exists."""
        kind, slash, identifier = resource.partition("/")
        if not slash or kind not in kinds:
            forms = ", ".join(f"{one}/ID" for one in kinds)
            yield Fault(path, f"{resource!r} does not name a resource: write {forms}")
        else:
            yield from self.refuse_missing(kind, identifier, path)


def faults_of(file: ClinicFile, declared: Collection[str] = ()) -> list[Fault]:
    """Every contradiction within a clinic, collection by collection.

    `declared` names things (`rooms/r2`) that exist but are not in `file`, because they have faults
    of their own; `rooms/` says that there are more rooms whose ids nobody knows.
    """
    collections = _collections(file)
    elsewhere = {
        name: {one.partition("/")[2] for one in declared if one.startswith(f"{name}/")}
        for name in collections
    }
    known = Known({name: elsewhere[name] | {one.id for one in items} for name, items in collections.items()})
    faults: list[Fault] = []
    for name, items in collections.items():
        faults += _repeated_ids(name, items, elsewhere[name])
    faults += _setup_faults(file.setup, known)
    for index, patient in enumerate(file.patients):
        path = f"$.patients[{index}].blockedProviderIds"
        for blocked in sorted(patient.blocked_provider_ids):
            faults += known.refuse_missing("providers", blocked, path)
    for index, appointment in enumerate(file.appointments):
        faults += _appointment_faults(appointment, file.setup, known, f"$.appointments[{index}]")
    faults += _group_faults(file)
    faults += _overlap_faults(file)
    return faults


def _collections(file: ClinicFile) -> Mapping[str, Collection[Identified]]:
    setup = file.setup
    return {
        "locations": setup.locations,
        "providers": setup.providers,
        "rooms": setup.rooms,
        "equipment": setup.equipment,
        "services": setup.services,
        "overbooking": setup.overbooking,
        "patients": file.patients,
        "appointments": file.appointments,
    }


def _repeated_ids(name: str, items: Iterable[Identified], elsewhere: Collection[str]) -> Iterator[Fault]:
    seen = set(elsewhere)
    for index, item in enumerate(items):
        if item.id in seen:
            yield Fault(f"$.{name}[{index}].id", f"{item.id!r} is the id of another {_SINGULAR[name]}")
        seen.add(item.id)


def _setup_faults(setup: ClinicSetup, known: Known) -> Iterator[Fault]:
    for index, provider in enumerate(setup.providers):
        yield from _provider_faults(provider, known, f"$.providers[{index}]")
    for index, room in enumerate(setup.rooms):
        yield from known.refuse_missing("locations", room.location_id, f"$.rooms[{index}].locationId")
    for index, pool in enumerate(setup.equipment):
        yield from known.refuse_missing("locations", pool.location_id, f"$.equipment[{index}].locationId")
    for index, service in enumerate(setup.services):
        path = f"$.services[{index}].allowedProviderIds"
        for allowed in sorted(service.allowed_provider_ids or ()):
            yield from known.refuse_missing("providers", allowed, path)
    rows: Counter[str] = Counter()
    for index, hours in enumerate(setup.working_hours):
        path = f"$.availability[{index}]"
        rows[hours.resource] += 1
        if rows[hours.resource] == MAX_ROWS_PER_RESOURCE + 1:
            yield Fault(path, f"{hours.resource} has more than {MAX_ROWS_PER_RESOURCE} rows of hours")
        yield from known.refuse_bad_resource(hours.resource, HOURS_KINDS, f"{path}.resource")
        refusal = refusal_of(hours.rrule, hours.effective_from)
        if refusal is not None:
            yield Fault(f"{path}.rrule", refusal)
    for index, exception in enumerate(setup.exceptions):
        if exception.resource != CLINIC:
            path = f"$.exceptions[{index}].resource"
            yield from known.refuse_bad_resource(exception.resource, EXCEPTION_KINDS, path)
    for index, rule in enumerate(setup.overbooking):
        path = f"$.overbooking[{index}]"
        yield from known.refuse_missing("providers", rule.provider_id, f"{path}.providerId")
        yield from known.refuse_missing("services", rule.service_id, f"{path}.serviceId")


def _provider_faults(provider: Provider, known: Known, path: str) -> Iterator[Fault]:
    yield from known.refuse_missing_each("locations", provider.location_ids, f"{path}.locationIds")
    yield from known.refuse_missing_each("services", provider.service_ids, f"{path}.serviceIds")
    if provider.preferences is not None:
        rooms = provider.preferences.room_ids
        yield from known.refuse_missing_each("rooms", rooms, f"{path}.preferences.roomIds")


def _appointment_faults(
    appointment: Appointment, setup: ClinicSetup, known: Known, path: str
) -> Iterator[Fault]:
    yield from known.refuse_missing("patients", appointment.patient_id, f"{path}.patientId")
    yield from known.refuse_missing("providers", appointment.provider_id, f"{path}.providerId")
    yield from known.refuse_missing("services", appointment.service_id, f"{path}.serviceId")
    yield from known.refuse_missing("rooms", appointment.room_id, f"{path}.roomId")
    yield from _modality_faults(appointment, setup, path)
    if appointment.equipment:
        yield from _equipment_faults(appointment, setup, known, path)


def _modality_faults(appointment: Appointment, setup: ClinicSetup, path: str) -> Iterator[Fault]:
    """A visit has a room if its service takes place in one; what holds nothing may have lost its room."""
    service = setup.service_by_id.get(appointment.service_id)
    if service is None:
        return
    if appointment.room_id is not None and not service.needs_room:
        yield Fault(f"{path}.roomId", f"{service.name} takes place without a room")
    if appointment.room_id is None and service.needs_room and appointment.status.holds_resources:
        yield Fault(f"{path}.roomId", f"{service.name} takes place in a room, and none is named")


def _equipment_faults(
    appointment: Appointment, setup: ClinicSetup, known: Known, path: str
) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, use in enumerate(appointment.equipment):
        here = f"{path}.equipment[{index}]"
        yield from known.refuse_missing("equipment", use.id, f"{here}.id")
        if use.id in seen:
            yield Fault(f"{here}.id", f"names the equipment pool {use.id!r} twice")
        seen.add(use.id)
        pool = setup.pool_by_id.get(use.id)
        if pool is not None and use.units > pool.quantity and appointment.status.holds_resources:
            yield Fault(f"{here}.units", f"{pool.name} has {pool.quantity} units, not {use.units}")


def _overlap_faults(file: ClinicFile) -> Iterator[Fault]:
    for overlap in overlaps_of(file.appointments, file.setup):
        yield Fault(f"$.appointments[{overlap.appointment}]", _told(overlap, file))


def _told(overlap: Overlap, file: ClinicFile) -> str:
    other = file.appointments[overlap.other]
    service = file.setup.service_by_id.get(other.service_id)
    if service is not None and overlap.resource == seats_ref(other.provider_id, service.id):
        return f"{service.name} has {service.seats} seats, and appointment {other.id!r} takes the last one"
    return f"overlaps appointment {other.id!r}, which also takes {overlap.resource}"


def _group_faults(file: ClinicFile) -> Iterator[Fault]:
    """Who shares a group visit shares its equipment and its lane: their appointments agree on both."""
    firsts: dict[GroupKey, Appointment] = {}
    for index, appointment in enumerate(file.appointments):
        service = file.setup.service_by_id.get(appointment.service_id)
        if service is None or not service.is_for_groups or not appointment.status.holds_resources:
            continue
        first = firsts.setdefault(group_key(appointment), appointment)
        same = f"must be that of appointment {first.id!r}, which is the same group visit"
        if set(appointment.equipment) != set(first.equipment):
            yield Fault(f"$.appointments[{index}].equipment", same)
        if appointment.overbook != first.overbook:
            yield Fault(f"$.appointments[{index}].overbook", same)
