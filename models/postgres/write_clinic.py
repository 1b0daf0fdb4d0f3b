"""A whole clinic stored at once: one COPY per table, in the order of the foreign keys.

Each function below yields the rows of the COPY that has its name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypeAlias
from uuid import uuid4

import orjson

from models.clinic_file import ClinicFile
from models.group_visit import GroupKey, GroupVisit, group_key
from models.postgres.connection import Connection
from models.postgres.kinds import UNITS_PER_RESOURCE, Kind
from models.postgres.named_queries import named_queries
from models.refs import CLINIC
from models.renaming import Renaming
from models.snapshot import group_visits_of
from models.unit_claims import claims_of_all
from models.wall_clock import instant_of

queries = named_queries(__file__)

Row: TypeAlias = tuple[Any, ...]
Progress: TypeAlias = Callable[[str], None]
ROWS_BETWEEN_WORDS = 20_000


@dataclass(frozen=True, kw_only=True)
class NewClinic:
    """A clinic under UUIDs, and `external`, which leads back to the ids that it came with."""

    file: ClinicFile
    external: Renaming
    now: datetime

    @property
    def id(self) -> str:
        return self.file.setup.clinic.id

    @cached_property
    def group_visits(self) -> Mapping[GroupKey, GroupVisit]:
        """The visits that several patients share, under ids of their own."""
        holding = (one for one in self.file.appointments if one.status.holds_resources)
        found = group_visits_of(holding, self.file.setup)
        return {group.key: replace(group, id=new_id()) for group in found}


async def write_clinic(conn: Connection, clinic: NewClinic, progress: Progress | None = None) -> None:
    """Store everything; `conn` must not be in pipeline mode, which has no COPY."""
    for rows in TABLES:
        await _copy(conn, rows.__name__, rows(clinic), progress)
    if clinic.file.appointments:
        numbers = await numbers_of_resources(conn, clinic.id)
        await _copy(conn, "claims", claims(clinic, numbers), progress)


async def _copy(conn: Connection, name: str, rows: Iterable[Row], progress: Progress | None) -> None:
    async with conn.cursor() as cursor, cursor.copy(queries[name]) as copy:
        for count, row in enumerate(rows):
            await copy.write_row(row)
            if progress is not None and count % ROWS_BETWEEN_WORDS == ROWS_BETWEEN_WORDS - 1:
                progress(f"storing {name.replace('_', ' ')}: {count + 1:,}")


async def numbers_of_resources(conn: Connection, clinic_id: str) -> dict[str, int]:
    """The number of every resource of a clinic, patients included, by how the domain names it."""
    found = await conn.execute(queries["numbers_of_resources"], {"clinic_id": clinic_id})
    return {Kind(kind).ref(of, counter): number for kind, of, number, counter in await found.fetchall()}


def clinics(new: NewClinic) -> Iterator[Row]:
    clinic, weights = new.file.setup.clinic, new.file.setup.clinic.weights
    points = (weights.preference, weights.gap, weights.room, weights.overbook, weights.fairness)
    named = (new.id, new.external.clinic, clinic.name, clinic.timezone, clinic.grid_minutes)
    yield (*named, *points, new.now, new.now)


def resources(new: NewClinic) -> Iterator[Row]:
    setup = new.file.setup
    kinds = (
        (Kind.PROVIDER, setup.providers),
        (Kind.ROOM, setup.rooms),
        (Kind.EQUIPMENT, setup.equipment),
        (Kind.PATIENT, new.file.patients),
    )
    for kind, things in kinds:
        for thing in things:
            yield new.id, thing.id, int(kind), None
    for counter in setup.counters:
        yield new.id, new_id(), int(Kind.COUNTER), counter


def locations(new: NewClinic) -> Iterator[Row]:
    for one in new.file.setup.locations:
        named = (new.id, one.id, new.external.locations[one.id], one.name)
        yield (*named, one.timezone, one.latitude, one.longitude)


def services(new: NewClinic) -> Iterator[Row]:
    for one in new.file.setup.services:
        yield (
            new.id,
            one.id,
            new.external.services[one.id],
            one.name,
            one.duration_minutes,
            one.buffer_before_minutes,
            one.buffer_after_minutes,
            one.slot_step_minutes,
            one.modality.value,
            sorted(one.room_types),
            sorted(one.room_features),
            _json([asdict(need) for need in one.equipment]),
            one.min_notice_minutes,
            one.max_future_days,
            one.max_per_day,
            one.min_gap_minutes,
            one.seats,
            list(one.blackout_dates),
            None if one.allowed_provider_ids is None else sorted(one.allowed_provider_ids),
        )


def providers(new: NewClinic) -> Iterator[Row]:
    for one in new.file.setup.providers:
        liked = None if one.preferences is None else _json(asdict(one.preferences))
        external_id = new.external.providers[one.id]
        yield new.id, one.id, external_id, one.name, one.specialty, one.max_visits_per_day, liked


def provider_locations(new: NewClinic) -> Iterator[Row]:
    for one in new.file.setup.providers:
        for position, location_id in enumerate(dict.fromkeys(one.location_ids)):
            yield new.id, one.id, location_id, position


def provider_services(new: NewClinic) -> Iterator[Row]:
    for one in new.file.setup.providers:
        for position, service_id in enumerate(dict.fromkeys(one.service_ids)):
            yield new.id, one.id, service_id, position


def rooms(new: NewClinic) -> Iterator[Row]:
    for one in new.file.setup.rooms:
        named = (new.id, one.id, new.external.rooms[one.id], one.location_id, one.name, one.type)
        yield (*named, sorted(one.features), one.capacity, one.turnaround_minutes)


def equipment(new: NewClinic) -> Iterator[Row]:
    for one in new.file.setup.equipment:
        external_id = new.external.equipment[one.id]
        yield new.id, one.id, external_id, one.location_id, one.type, one.name, one.quantity


def availability(new: NewClinic) -> Iterator[Row]:
    for one in new.file.setup.working_hours:
        of = one.resource.partition("/")[2]
        recurring = (one.rrule, one.start, one.end, one.effective_from, one.effective_to)
        yield (new.id, new_id(), of, *recurring)


def exceptions(new: NewClinic) -> Iterator[Row]:
    for one in new.file.setup.exceptions:
        kind, _, of = one.resource.partition("/")
        resource_id = of if kind not in (CLINIC, "locations") else None
        location_id = of if kind == "locations" else None
        span = (one.starts_at, one.ends_at, one.kind.value, one.reason)
        yield (new.id, new_id(), resource_id, location_id, *span)


def overbooking(new: NewClinic) -> Iterator[Row]:
    for one in new.file.setup.overbooking:
        named = (new.id, one.id, new.external.overbooking[one.id], one.provider_id, one.service_id)
        days = [day.value for day in one.weekdays]
        yield (*named, days, one.start, one.end, one.lanes, one.max_per_day)


def patients(new: NewClinic) -> Iterator[Row]:
    for one in new.file.patients:
        contact = None if one.contact is None else _json(asdict(one.contact))
        yield new.id, one.id, new.external.patients[one.id], one.name, one.date_of_birth, contact


def blocked_providers(new: NewClinic) -> Iterator[Row]:
    for one in new.file.patients:
        for provider_id in sorted(one.blocked_provider_ids):
            yield new.id, one.id, provider_id


def group_visits(new: NewClinic) -> Iterator[Row]:
    for key, group in new.group_visits.items():
        place = (key.room_id, group.location_id)
        times = (instant_of(key.start), instant_of(key.end))
        used = _json([asdict(use) for use in group.equipment])
        who = (key.provider_id, key.service_id)
        yield (new.id, group.id, *who, *place, *times, group.overbook, used, new.now)


def appointments(new: NewClinic) -> Iterator[Row]:
    location_of = {room.id: room.location_id for room in new.file.setup.rooms}
    for one in new.file.appointments:
        people = (one.patient_id, one.provider_id, one.service_id)
        place = (one.room_id, location_of.get(one.room_id or ""))
        times = (one.starts_at, one.ends_at, one.expires_at)
        state = (one.status.value, one.overbook, new.now, new.now)
        group = new.group_visits.get(group_key(one)) if one.status.holds_resources else None
        shared = None if group is None else group.id
        yield (new.id, one.id, new.external.appointments[one.id], *people, *place, *times, *state, shared)


def appointment_equipment(new: NewClinic) -> Iterator[Row]:
    for one in new.file.appointments:
        for use in one.equipment:
            yield new.id, one.id, use.id, use.units


def claims(new: NewClinic, numbers: Mapping[str, int]) -> Iterator[Row]:
    # In the order of time, which the index of the constraint takes better than that of units.
    groups = tuple(new.group_visits.values())
    shared = {group.id for group in groups}
    found = claims_of_all(new.file.appointments, new.file.setup, groups)
    for claim in sorted(found, key=lambda claim: claim.start):
        unit_id = numbers[claim.ref] * UNITS_PER_RESOURCE + claim.unit
        holder = (None, claim.holder_id) if claim.holder_id in shared else (claim.holder_id, None)
        yield (new.id, *holder, unit_id, instant_of(claim.start), instant_of(claim.end))


TABLES: tuple[Callable[[NewClinic], Iterator[Row]], ...] = (
    clinics,
    resources,
    locations,
    services,
    providers,
    provider_locations,
    provider_services,
    rooms,
    equipment,
    availability,
    exceptions,
    overbooking,
    patients,
    blocked_providers,
    group_visits,
    appointments,
    appointment_equipment,
)


def new_id() -> str:
    """A fresh UUID."""
    return str(uuid4())


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
