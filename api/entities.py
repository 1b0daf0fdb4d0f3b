"""What a clinic consists of, kind by kind: how each is read, and the form in which it goes out."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

from api.clinic_file import dump
from api.cursors import cursor_of
from api.payloads import clinics as forms
from api.payloads.basics import Payload
from api.roles import Right
from api.workflows.runtime import Runtime
from models.clinic import HoursException
from models.errors import NotFound
from models.postgres import read_entities as stored
from models.postgres.connection import Connection, reading
from models.postgres.read_entities import Page, Rows
from models.setup import ClinicSetup
from models.stored_entity import StoredEntity

Read: TypeAlias = Callable[[Connection, UUID, Page], Awaitable[Rows[Any]]]
Form: TypeAlias = Callable[[Any, ClinicSetup], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One kind: `path` is its list in the URL, `name` what one of them is called."""

    path: str
    name: str
    read: Read
    form: Form
    payload: type[Payload]
    read_one: Read | None = None
    listed_by: Right = Right.READ_CLINIC
    read_by: Right = Right.READ_CLINIC

    def body(self, found: StoredEntity[Any], setup: ClinicSetup) -> dict[str, Any]:
        """The form that the clinic file has, with the service's id and the file's."""
        named = {"externalId": found.external_id} if "external_id" in self.payload.model_fields else {}
        return {"id": found.id, **self.form(found.item, setup), **named}


def _plain(form: Callable[[Any], dict[str, Any]]) -> Form:
    """A form that needs nothing but the thing itself."""
    return lambda item, _: form(item)


def _exception_form(item: HoursException, setup: ClinicSetup) -> dict[str, Any]:
    return dump.exception_form(item, dump.zone_of_resource(item.resource, setup))


LOCATIONS: Final = Entity(
    path="locations",
    name="location",
    read=stored.locations,
    form=_plain(dump.location_form),
    payload=forms.LocationOut,
)
PROVIDERS: Final = Entity(
    path="providers",
    name="provider",
    read=stored.providers,
    form=_plain(dump.provider_form),
    payload=forms.ProviderOut,
)
ROOMS: Final = Entity(
    path="rooms", name="room", read=stored.rooms, form=_plain(dump.room_form), payload=forms.RoomOut
)
EQUIPMENT: Final = Entity(
    path="equipment",
    name="equipmentPool",
    read=stored.equipment,
    form=_plain(dump.equipment_form),
    payload=forms.EquipmentOut,
)
SERVICES: Final = Entity(
    path="services",
    name="service",
    read=stored.services,
    form=_plain(dump.service_form),
    payload=forms.ServiceOut,
)
PATIENTS: Final = Entity(
    path="patients",
    name="patient",
    read=stored.patients,
    read_one=stored.patient_of_id,
    form=_plain(dump.patient_form),
    payload=forms.PatientOut,
    listed_by=Right.READ_PATIENTS,
    read_by=Right.READ_OWN_RECORD,
)
WORKING_HOURS: Final = Entity(
    path="availability",
    name="availabilityRow",
    read=stored.availability,
    form=_plain(dump.availability_form),
    payload=forms.WorkingHoursOut,
)
EXCEPTIONS: Final = Entity(
    path="exceptions",
    name="exception",
    read=stored.exceptions,
    form=_exception_form,
    payload=forms.ExceptionOut,
)
OVERBOOKING: Final = Entity(
    path="overbooking",
    name="overbookingRule",
    read=stored.overbooking,
    form=_plain(dump.overbooking_form),
    payload=forms.OverbookingOut,
)
ENTITIES: Final[tuple[Entity, ...]] = (
    LOCATIONS,
    PROVIDERS,
    ROOMS,
    EQUIPMENT,
    SERVICES,
    PATIENTS,
    WORKING_HOURS,
    EXCEPTIONS,
    OVERBOOKING,
)


async def read_page(
    runtime: Runtime, clinic_id: str, entity: Entity, *, after: int, limit: int
) -> Mapping[str, Any]:
    """The next `limit` of a kind behind a position, in the order in which the clinic named them."""
    async with reading(runtime.pool) as conn:
        rows = await entity.read(conn, UUID(clinic_id), Page(after=after, limit=limit + 1))
        setup = (await runtime.setups.current(conn, clinic_id)).setup
        found = await rows.all()
    cursor = cursor_of(found[limit - 1].position) if len(found) > limit else None
    return {"items": [entity.body(one, setup) for one in found[:limit]], "nextCursor": cursor}


async def read_one(
    runtime: Runtime, clinic_id: str, entity: Entity, identifier: str
) -> tuple[dict[str, Any], int]:
    """The one of that id, and its version; NotFound where this clinic has none."""
    async with reading(runtime.pool) as conn:
        rows = await (entity.read_one or entity.read)(conn, UUID(clinic_id), Page(id=UUID(identifier)))
        setup = (await runtime.setups.current(conn, clinic_id)).setup
        found = await rows.all()
    if not found:
        raise NotFound(entity.name, identifier)
    return entity.body(found[0], setup), found[0].version
