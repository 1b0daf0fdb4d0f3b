"""The changes of a scenario, made true: absences, new providers and pools, other hours, other rules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from api.rules_answer import what_changed
from models.errors import ChangesContradict, NotFound
from models.postgres.connection import Connection
from models.postgres.read_setup import StoredSetup, read_setup
from models.postgres.write_records import write_audit
from models.postgres.write_rules import take_clinic, write_service
from models.postgres.write_scenario_changes import (
    add_equipment,
    add_exception,
    add_hours,
    add_provider,
    count_setup,
    drop_hours,
)
from models.records import Actor
from models.refs import provider_ref
from models.scenario import (
    AppointmentsAdded,
    EquipmentAdded,
    HoursChanged,
    ProviderAdded,
    ResourceAbsent,
    ScenarioChange,
    ServiceRuleChanged,
)
from models.setup import ClinicSetup
from scenarios.changing import changed_setup, exception_of


class _Told(NamedTuple):
    """A change in the words of its audit row."""

    action: str
    entity: str
    entity_id: str
    after: Mapping[str, Any]
    before: Mapping[str, Any] | None = None


async def record_absence(
    conn: Connection, clinic_id: str, absence: ResourceAbsent, actor: Actor, now: datetime
) -> str:
    """Enter an absence in the hours of a resource, in the caller's transaction; the exception's id.

    Nobody books until that transaction ends. NotFound without the resource; LockTimeout.
    """
    identifier = UUID(clinic_id)
    await take_clinic(conn, identifier)
    exception_id = await add_exception(conn, identifier, exception_of(absence), now)
    await count_setup(conn, identifier, now)
    await _tell(conn, clinic_id, actor, now, _absent(absence, exception_id))
    return exception_id


async def change_setup(
    conn: Connection, before: StoredSetup, changes: Sequence[ScenarioChange], actor: Actor, now: datetime
) -> StoredSetup:
    """Store changes of a clinic that the caller has taken; the setup as it is afterwards.

    What is booked holds what it held before: see `reclaim`. ChangesContradict, NotFound where a change does
    not go with the clinic any more.
    """
    clinic_id = before.setup.clinic.id
    setup = before.setup
    for index, change in enumerate(changes):
        for told in await _stored(conn, index, change, setup, now):
            await _tell(conn, clinic_id, actor, now, told)
        setup = changed_setup(setup, (change,))
    await count_setup(conn, UUID(clinic_id), now)
    return await stored_setup(conn, clinic_id)


async def stored_setup(conn: Connection, clinic_id: str) -> StoredSetup:
    """The setup as this transaction sees it, its own changes included; NotFound without the clinic."""
    found = await read_setup(conn, clinic_id)
    if found is None:
        raise NotFound("clinic", clinic_id)
    return found


async def _stored(
    conn: Connection, index: int, change: ScenarioChange, setup: ClinicSetup, now: datetime
) -> list[_Told]:
    """Store one change of a setup; visits that are added are none."""
    clinic_id = UUID(setup.clinic.id)
    match change:
        case ResourceAbsent():
            exception_id = await add_exception(conn, clinic_id, exception_of(change), now)
            return [_absent(change, exception_id)]
        case ProviderAdded(provider=provider):
            _refuse_unknown(setup, provider.location_ids, provider.service_ids)
            if not await add_provider(conn, clinic_id, provider, now):
                raise ChangesContradict(index, f"{provider.name} is there already")
            await add_hours(conn, clinic_id, provider_ref(provider.id), change.hours, now)
            return [_Told("provider_added", "provider", provider.id, {"rows": len(change.hours)})]
        case HoursChanged(resource=resource):
            kind, _, identifier = resource.partition("/")
            if resource not in setup.resource_index:
                raise NotFound(kind.removesuffix("s"), identifier)
            await drop_hours(conn, clinic_id, resource)
            await add_hours(conn, clinic_id, resource, change.hours, now)
            return [_Told("hours_changed", kind.removesuffix("s"), identifier, {"rows": len(change.hours)})]
        case EquipmentAdded(pool=pool):
            _refuse_unknown(setup, (pool.location_id,), ())
            if not await add_equipment(conn, clinic_id, pool, now):
                raise ChangesContradict(index, f"{pool.name} is there already")
            return [_Told("equipment_added", "equipment", pool.id, {"quantity": pool.quantity})]
        case ServiceRuleChanged():
            return [await _ruled(conn, index, change, setup, now)]
        case AppointmentsAdded():
            return []


def _refuse_unknown(setup: ClinicSetup, location_ids: Sequence[str], service_ids: Sequence[str]) -> None:
    for location_id in location_ids:
        setup.location(location_id)
    for service_id in service_ids:
        setup.service(service_id)


async def _ruled(
    conn: Connection, index: int, change: ServiceRuleChanged, setup: ClinicSetup, now: datetime
) -> _Told:
    try:
        service = change.rules.applied_to(setup.service(change.rules.id))
    except ValueError as nonsense:
        raise ChangesContradict(index, str(nonsense)) from None
    for provider_id in sorted(service.allowed_provider_ids or ()):
        setup.provider(provider_id)
    await write_service(conn, UUID(setup.clinic.id), service, now)
    after = replace(changed_setup(setup, (change,)), version=setup.version + 1)
    old, new = what_changed(setup, after)
    return _Told("rules_changed", "clinic", setup.clinic.id, new, old)


def _absent(absence: ResourceAbsent, exception_id: str) -> _Told:
    after = {
        "resource": absence.resource,
        "start": absence.starts_at.isoformat(),
        "end": absence.ends_at.isoformat(),
    }
    return _Told("absence_recorded", "exception", exception_id, after)


async def _tell(conn: Connection, clinic_id: str, actor: Actor, now: datetime, told: _Told) -> None:
    await write_audit(
        conn,
        clinic_id,
        actor,
        now,
        action=told.action,
        entity=told.entity,
        entity_id=told.entity_id,
        before=told.before,
        after=told.after,
    )
