"""A whole clinic read back, under the ids that it came with."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg import AsyncCursor

from models.appointment import Appointment, AppointmentStatus, EquipmentUse
from models.clinic_file import ClinicFile
from models.errors import NotFound
from models.postgres import read_entities
from models.postgres.connection import Connection
from models.postgres.ids import uuid_of
from models.postgres.named_queries import named_queries
from models.postgres.read_entities import Item, Page
from models.renaming import Names, Renaming
from models.setup import ClinicSetup
from models.stored_entity import StoredEntity

queries = named_queries(__file__)


async def read_clinic(conn: Connection, clinic_id: str) -> ClinicFile:
    """The clinic as a file describes it; what was made here and never had another id keeps its UUID.

    NotFound where there is no such clinic. Consistent in a `reading` transaction.
    """
    identifier = uuid_of("clinic", clinic_id)
    clinics = await (await read_entities.clinics(conn, Page(id=identifier))).all()
    if not clinics:
        raise NotFound("clinic", clinic_id)
    locations = await (await read_entities.locations(conn, identifier)).all()
    providers = await (await read_entities.providers(conn, identifier)).all()
    rooms = await (await read_entities.rooms(conn, identifier)).all()
    equipment = await (await read_entities.equipment(conn, identifier)).all()
    services = await (await read_entities.services(conn, identifier)).all()
    hours = await (await read_entities.availability(conn, identifier)).all()
    exceptions = await (await read_entities.exceptions(conn, identifier)).all()
    overbooking = await (await read_entities.overbooking(conn, identifier)).all()
    patients = await (await read_entities.patients(conn, identifier)).all()
    appointments, appointment_names = await _appointments(conn, identifier)

    setup = ClinicSetup(
        clinic=clinics[0].item,
        locations=_items(locations),
        providers=_items(providers),
        rooms=_items(rooms),
        equipment=_items(equipment),
        services=_items(services),
        working_hours=_items(hours),
        exceptions=_items(exceptions),
        overbooking=_items(overbooking),
    )
    back = Renaming(
        clinic=clinics[0].external_id or clinic_id,
        locations=_names(locations),
        providers=_names(providers),
        rooms=_names(rooms),
        equipment=_names(equipment),
        services=_names(services),
        overbooking=_names(overbooking),
        patients=_names(patients),
        appointments=appointment_names,
    )
    return back.apply(ClinicFile(setup=setup, patients=_items(patients), appointments=tuple(appointments)))


def _items(stored: Iterable[StoredEntity[Item]]) -> tuple[Item, ...]:
    return tuple(one.item for one in stored)


def _names(stored: Iterable[StoredEntity[Item]]) -> Names:
    return {one.id: one.external_id or one.id for one in stored}


async def _appointments(conn: Connection, clinic_id: UUID) -> tuple[list[Appointment], Names]:
    rows = await appointments_of_clinic(conn, clinic_id)
    used = await equipment_of_appointments(conn, clinic_id)
    uses: defaultdict[str, list[EquipmentUse]] = defaultdict(list)
    found = await rows.fetchall()
    for appointment_id, equipment_id, units in await used.fetchall():
        uses[appointment_id].append(EquipmentUse(id=equipment_id, units=units))
    names = {row[0]: row[1] or row[0] for row in found}
    return [_appointment(uses, *row) for row in found], names


def _appointment(
    uses: defaultdict[str, list[EquipmentUse]],
    identifier: str,
    _external_id: str | None,
    patient_id: str,
    provider_id: str,
    service_id: str,
    room_id: str | None,
    *rest: Any,
) -> Appointment:
    starts_at, ends_at, expires_at, status, overbook = rest
    return Appointment(
        id=identifier,
        patient_id=patient_id,
        provider_id=provider_id,
        service_id=service_id,
        room_id=room_id,
        equipment=tuple(uses.get(identifier, ())),
        starts_at=starts_at,
        ends_at=ends_at,
        status=AppointmentStatus(status),
        overbook=overbook,
        expires_at=expires_at,
    )


async def appointments_of_clinic(conn: Connection, clinic_id: UUID) -> AsyncCursor[Any]:
    """Everything ever booked there, by start, on its way."""
    return await conn.execute(queries["appointments_of_clinic"], {"clinic_id": clinic_id})


async def equipment_of_appointments(conn: Connection, clinic_id: UUID) -> AsyncCursor[Any]:
    """What each appointment takes of which pool, on its way."""
    return await conn.execute(queries["equipment_of_appointments"], {"clinic_id": clinic_id})
