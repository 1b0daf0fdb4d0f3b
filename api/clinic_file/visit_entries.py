"""Patients and their visits, as a file writes them."""

from pydantic import Field

from api.clinic_file.entry import Entry, Units
from api.clinic_file.scalars import Day, Id, Ids, Moment, Name, StatusName, Text, VisitMoment
from models.appointment import Appointment, EquipmentUse
from models.clinic import Contact, Patient


class ContactEntry(Entry):
    """How to reach a patient."""

    email: Text | None = None
    phone: Text | None = None
    preferred_method: Text | None = None

    def to_domain(self) -> Contact:
        return Contact(email=self.email, phone=self.phone, preferred_method=self.preferred_method)


class PatientEntry(Entry):
    """A person who is seen."""

    id: Id
    name: Name
    dob: Day | None = None
    contact: ContactEntry | None = None
    blocked_provider_ids: Ids | None = None

    def to_domain(self) -> Patient:
        return Patient(
            id=self.id,
            name=self.name,
            date_of_birth=self.dob,
            contact=self.contact.to_domain() if self.contact else None,
            blocked_provider_ids=frozenset(self.blocked_provider_ids or ()),
        )


class EquipmentUseEntry(Entry):
    """So many units of one pool."""

    id: Id
    units: Units = 1

    def to_domain(self) -> EquipmentUse:
        return EquipmentUse(id=self.id, units=self.units)


class AppointmentEntry(Entry):
    """A visit, past or to come; `expiresAt` is when a pending one stops holding its place."""

    id: Id
    patient_id: Id
    provider_id: Id
    service_id: Id
    room_id: Id | None = None
    equipment: list[EquipmentUseEntry] = Field(default=[])
    start: VisitMoment
    end: VisitMoment
    status: StatusName
    overbook: bool = False
    expires_at: Moment | None = None

    def to_domain(self) -> Appointment:
        return Appointment(
            id=self.id,
            patient_id=self.patient_id,
            provider_id=self.provider_id,
            service_id=self.service_id,
            room_id=self.room_id,
            equipment=tuple(use.to_domain() for use in self.equipment),
            starts_at=self.start,
            ends_at=self.end,
            status=self.status,
            overbook=self.overbook,
            expires_at=self.expires_at,
        )
