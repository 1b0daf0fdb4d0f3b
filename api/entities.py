"""What a clinic consists of, kind by kind: how each is read, and the form in which it goes out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from api.clinic_file import dump
from api.cursors import cursor_of
from api.payloads import clinics as forms
from api.payloads.basics import Payload
from api.roles import Right
from api.workflows.evidence import known_setup
from api.workflows.read_entities import list_entities, read_entity
from api.workflows.runtime import Runtime
from models.clinic import HoursException
from models.setup import ClinicSetup
from models.stored_entity import StoredEntity

Form: TypeAlias = Callable[[Any, ClinicSetup], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One kind: `path` is its list in the URL, `name` what one of them is called."""

    path: str
    name: str
    form: Form
    payload: type[Payload]
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
    form=_plain(dump.location_form),
    payload=forms.LocationOut,
)
PROVIDERS: Final = Entity(
    path="providers",
    name="provider",
    form=_plain(dump.provider_form),
    payload=forms.ProviderOut,
)
ROOMS: Final = Entity(path="rooms", name="room", form=_plain(dump.room_form), payload=forms.RoomOut)
EQUIPMENT: Final = Entity(
    path="equipment",
    name="equipmentPool",
    form=_plain(dump.equipment_form),
    payload=forms.EquipmentOut,
)
SERVICES: Final = Entity(
    path="services",
    name="service",
    form=_plain(dump.service_form),
    payload=forms.ServiceOut,
)
PATIENTS: Final = Entity(
    path="patients",
    name="patient",
    form=_plain(dump.patient_form),
    payload=forms.PatientOut,
    listed_by=Right.READ_PATIENTS,
    read_by=Right.READ_OWN_RECORD,
)
WORKING_HOURS: Final = Entity(
    path="availability",
    name="availabilityRow",
    form=_plain(dump.availability_form),
    payload=forms.WorkingHoursOut,
)
EXCEPTIONS: Final = Entity(
    path="exceptions",
    name="exception",
    form=_exception_form,
    payload=forms.ExceptionOut,
)
OVERBOOKING: Final = Entity(
    path="overbooking",
    name="overbookingRule",
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


async def entity_page(
    runtime: Runtime, clinic_id: str, entity: Entity, *, after: int, limit: int
) -> Mapping[str, Any]:
    """The next `limit` of a kind behind a position, in the order in which the clinic named them."""
    setup = (await known_setup(runtime, clinic_id)).setup
    found = await list_entities(runtime, clinic_id, entity.path, after=after, limit=limit)
    cursor = None if found.next is None else cursor_of(found.next)
    return {"items": [entity.body(one, setup) for one in found.items], "nextCursor": cursor}


async def one_entity(
    runtime: Runtime, clinic_id: str, entity: Entity, identifier: str
) -> tuple[dict[str, Any], int]:
    """The one of that id, and its version; NotFound where this clinic has none."""
    setup = (await known_setup(runtime, clinic_id)).setup
    found = await read_entity(runtime, clinic_id, entity.path, identifier)
    return entity.body(found, setup), found.version
