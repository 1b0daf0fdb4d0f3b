"""The same clinic under other ids: a file's own strings become UUIDs on import, and come back on export."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from models.appointment import Appointment, EquipmentUse
from models.clinic import HoursException, OverbookingRule, Patient, Provider, Room, Service, WorkingHours
from models.clinic_file import ClinicFile
from models.refs import CLINIC
from models.setup import ClinicSetup

Names = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Renaming:
    """A new id for every old one, kind by kind, since two kinds may use the same string."""

    clinic: str
    locations: Names = field(default_factory=dict)
    providers: Names = field(default_factory=dict)
    rooms: Names = field(default_factory=dict)
    equipment: Names = field(default_factory=dict)
    services: Names = field(default_factory=dict)
    overbooking: Names = field(default_factory=dict)
    patients: Names = field(default_factory=dict)
    appointments: Names = field(default_factory=dict)

    @staticmethod
    def of(file: ClinicFile, new_id: Callable[[], str]) -> "Renaming":
        """A fresh id for everything in a file."""
        setup = file.setup

        def fresh(ids: Iterable[str]) -> Names:
            return {old: new_id() for old in ids}

        return Renaming(
            clinic=new_id(),
            locations=fresh(one.id for one in setup.locations),
            providers=fresh(one.id for one in setup.providers),
            rooms=fresh(one.id for one in setup.rooms),
            equipment=fresh(one.id for one in setup.equipment),
            services=fresh(one.id for one in setup.services),
            overbooking=fresh(one.id for one in setup.overbooking),
            patients=fresh(one.id for one in file.patients),
            appointments=fresh(one.id for one in file.appointments),
        )

    def reversed(self, clinic: str) -> "Renaming":
        """The way back, to the clinic's old id and everything else's."""

        def back(names: Names) -> Names:
            return {new: old for old, new in names.items()}

        return Renaming(
            clinic=clinic,
            locations=back(self.locations),
            providers=back(self.providers),
            rooms=back(self.rooms),
            equipment=back(self.equipment),
            services=back(self.services),
            overbooking=back(self.overbooking),
            patients=back(self.patients),
            appointments=back(self.appointments),
        )

    def ref(self, ref: str) -> str:
        """`rooms/OLD` as `rooms/NEW`."""
        if ref == CLINIC:
            return ref
        kind, _, identifier = ref.partition("/")
        by_kind = {
            "locations": self.locations,
            "providers": self.providers,
            "rooms": self.rooms,
            "equipment": self.equipment,
        }
        return f"{kind}/{by_kind[kind][identifier]}"

    def apply(self, file: ClinicFile) -> ClinicFile:
        """The whole clinic under its new ids."""
        return ClinicFile(
            setup=self._setup(file.setup),
            patients=tuple(self._patient(one) for one in file.patients),
            appointments=tuple(self.appointment(one) for one in file.appointments),
        )

    def _setup(self, setup: ClinicSetup) -> ClinicSetup:
        return ClinicSetup(
            clinic=replace(setup.clinic, id=self.clinic),
            locations=tuple(replace(one, id=self.locations[one.id]) for one in setup.locations),
            providers=tuple(self._provider(one) for one in setup.providers),
            rooms=tuple(self._room(one) for one in setup.rooms),
            equipment=tuple(
                replace(one, id=self.equipment[one.id], location_id=self.locations[one.location_id])
                for one in setup.equipment
            ),
            services=tuple(self._service(one) for one in setup.services),
            working_hours=tuple(self._hours(one) for one in setup.working_hours),
            exceptions=tuple(self._exception(one) for one in setup.exceptions),
            overbooking=tuple(self._overbooking(one) for one in setup.overbooking),
            version=setup.version,
        )

    def _provider(self, provider: Provider) -> Provider:
        liked = provider.preferences
        return replace(
            provider,
            id=self.providers[provider.id],
            location_ids=tuple(self.locations[one] for one in provider.location_ids),
            service_ids=tuple(self.services[one] for one in provider.service_ids),
            preferences=liked and replace(liked, room_ids=tuple(self.rooms[one] for one in liked.room_ids)),
        )

    def _room(self, room: Room) -> Room:
        return replace(room, id=self.rooms[room.id], location_id=self.locations[room.location_id])

    def _service(self, service: Service) -> Service:
        allowed = service.allowed_provider_ids
        return replace(
            service,
            id=self.services[service.id],
            allowed_provider_ids=None
            if allowed is None
            else frozenset(self.providers[one] for one in allowed),
        )

    def _hours(self, hours: WorkingHours) -> WorkingHours:
        return replace(hours, resource=self.ref(hours.resource))

    def _exception(self, exception: HoursException) -> HoursException:
        return replace(exception, resource=self.ref(exception.resource))

    def _overbooking(self, rule: OverbookingRule) -> OverbookingRule:
        return replace(
            rule,
            id=self.overbooking[rule.id],
            provider_id=None if rule.provider_id is None else self.providers[rule.provider_id],
            service_id=None if rule.service_id is None else self.services[rule.service_id],
        )

    def _patient(self, patient: Patient) -> Patient:
        blocked = frozenset(self.providers[one] for one in patient.blocked_provider_ids)
        return replace(patient, id=self.patients[patient.id], blocked_provider_ids=blocked)

    def appointment(self, appointment: Appointment) -> Appointment:
        """One appointment under the new ids of itself and of all that it uses."""
        equipment = tuple(
            EquipmentUse(id=self.equipment[use.id], units=use.units) for use in appointment.equipment
        )
        return replace(
            appointment,
            id=self.appointments[appointment.id],
            patient_id=self.patients[appointment.patient_id],
            provider_id=self.providers[appointment.provider_id],
            service_id=self.services[appointment.service_id],
            room_id=None if appointment.room_id is None else self.rooms[appointment.room_id],
            equipment=equipment,
        )
