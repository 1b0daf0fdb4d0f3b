"""Clinics as tenants, and everything inside one, in the form of the clinic file plus the service's ids."""

from typing import Annotated

from pydantic import Field

from api.payloads.basics import Body, Day, Id, Moment, Payload, Text, TimeOfDay
from models.clinic import ExceptionKind, Modality, Weekday

ExternalId = Annotated[
    str | None, Field(description="The id that an imported file used.", examples=["provider-1"])
]


class Weights(Body):
    """How many points of a score each quality can earn."""

    preference: Annotated[int, Field(ge=0, le=1000)] = 40
    gap: Annotated[int, Field(ge=0, le=1000)] = 35
    room: Annotated[int, Field(ge=0, le=1000)] = 15
    overbook: Annotated[int, Field(ge=0, le=1000)] = 10
    fairness: Annotated[int, Field(ge=0, le=1000)] = 0


class ClinicIn(Body):
    """A new, empty clinic."""

    name: Annotated[Text, Field(min_length=1, max_length=200, examples=["Riverside Practice"])]
    timezone: Annotated[Text, Field(max_length=64, description="An IANA zone.", examples=["Europe/Berlin"])]
    grid_minutes: Annotated[int, Field(ge=1, le=60)] = 5
    weights: Weights = Weights()


class ClinicOut(Payload):
    """A clinic."""

    id: Id
    name: Annotated[str, Field(examples=["Riverside Practice"])]
    timezone: Annotated[str, Field(examples=["Europe/Berlin"])]
    grid_minutes: Annotated[int, Field(examples=[5])]
    weights: Weights
    external_id: ExternalId


class LocationOut(Payload):
    """A site; without a zone of its own it has the clinic's."""

    id: Id
    name: Annotated[str, Field(examples=["Main site"])]
    timezone: Annotated[str | None, Field(examples=[None])] = None
    latitude: Annotated[float | None, Field(examples=[52.52])] = None
    longitude: Annotated[float | None, Field(examples=[13.405])] = None
    external_id: ExternalId


class PreferredWindowOut(Payload):
    """A stretch of the day that a provider likes."""

    start: Annotated[TimeOfDay, Field(examples=["08:00"])]
    end: Annotated[TimeOfDay, Field(examples=["12:00"])]
    weight: Annotated[int, Field(examples=[50])]


class PreferencesOut(Payload):
    """What a provider likes."""

    time_windows: list[PreferredWindowOut]
    room_ids: list[Id]
    weight: Annotated[int, Field(examples=[50])]


class ProviderOut(Payload):
    """A clinician."""

    id: Id
    name: Annotated[str, Field(examples=["Dr. Ada Moreno"])]
    specialty: Annotated[str | None, Field(examples=["Family medicine"])] = None
    location_ids: list[Id]
    service_ids: list[Id]
    max_visits_per_day: Annotated[int | None, Field(examples=[None])] = None
    preferences: PreferencesOut | None = None
    external_id: ExternalId


class RoomOut(Payload):
    """A room."""

    id: Id
    location_id: Id
    name: Annotated[str, Field(examples=["Exam 1"])]
    type: Annotated[str, Field(examples=["exam"])]
    features: Annotated[list[str], Field(examples=[["sink"]])]
    capacity: Annotated[int, Field(examples=[1])]
    turnaround_minutes: Annotated[int, Field(examples=[5])]
    external_id: ExternalId


class EquipmentOut(Payload):
    """A pool of interchangeable items."""

    id: Id
    location_id: Id
    type: Annotated[str, Field(examples=["ultrasound"])]
    name: Annotated[str, Field(examples=["Ultrasound carts"])]
    quantity: Annotated[int, Field(examples=[2])]
    external_id: ExternalId


class EquipmentNeedOut(Payload):
    """So many items of one type."""

    type: Annotated[str, Field(examples=["ultrasound"])]
    units: Annotated[int, Field(examples=[1])]


class ServiceOut(Payload):
    """A kind of appointment: how long, with what, when."""

    id: Id
    name: Annotated[str, Field(examples=["Consultation"])]
    duration_minutes: Annotated[int, Field(examples=[30])]
    buffer_before_minutes: Annotated[int, Field(examples=[0])]
    buffer_after_minutes: Annotated[int, Field(examples=[5])]
    slot_step_minutes: Annotated[int, Field(examples=[15])]
    modality: Modality
    room_types: Annotated[list[str], Field(examples=[["exam"]])]
    room_features: Annotated[list[str], Field(examples=[["sink"]])]
    equipment: list[EquipmentNeedOut]
    min_notice_minutes: Annotated[int, Field(examples=[60])]
    max_future_days: Annotated[int, Field(examples=[365])]
    max_per_day: Annotated[int | None, Field(examples=[None])] = None
    min_gap_minutes: Annotated[int, Field(examples=[0])]
    seats: Annotated[int, Field(examples=[1])]
    blackout_dates: Annotated[list[Day], Field(examples=[["2026-12-24"]])]
    allowed_provider_ids: Annotated[
        list[Id] | None, Field(description="Without it, whoever offers the service.")
    ] = None
    external_id: ExternalId


class ContactOut(Payload):
    """How to reach a patient."""

    email: Annotated[str | None, Field(examples=["pat@example.org"])] = None
    phone: Annotated[str | None, Field(examples=[None])] = None
    preferred_method: Annotated[str | None, Field(examples=["email"])] = None


class PatientOut(Payload):
    """A person who is seen."""

    id: Id
    name: Annotated[str, Field(examples=["Pat Example"])]
    dob: Annotated[Day | None, Field(examples=["1980-04-01"])] = None
    contact: ContactOut | None = None
    blocked_provider_ids: list[Id]
    external_id: ExternalId


class WorkingHoursOut(Payload):
    """Recurring opening of one resource, on the wall clock."""

    id: Id
    resource: Annotated[str, Field(examples=["providers/0b8f6f0e-5d5f-4b0c-9f0e-3c1d2a7b9e11"])]
    rrule: Annotated[str, Field(examples=["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"])]
    start_time: Annotated[TimeOfDay, Field(examples=["08:00"])]
    end_time: Annotated[TimeOfDay, Field(examples=["17:00"])]
    effective_from: Annotated[Day | None, Field(examples=[None])] = None
    effective_to: Annotated[Day | None, Field(examples=[None])] = None


class ExceptionOut(Payload):
    """A departure from the hours of a resource, a location or the whole clinic."""

    id: Id
    resource: Annotated[str, Field(examples=["clinic"])]
    start: Annotated[Moment, Field(examples=["2026-12-25T00:00:00+01:00"])]
    end: Annotated[Moment, Field(examples=["2026-12-26T00:00:00+01:00"])]
    kind: ExceptionKind
    reason: Annotated[str | None, Field(examples=["public holiday"])] = None


class OverbookingOut(Payload):
    """Where holds of a provider may overlap."""

    id: Id
    provider_id: Id | None = None
    service_id: Id | None = None
    weekdays: list[Weekday]
    start_time: Annotated[TimeOfDay, Field(examples=["09:00"])]
    end_time: Annotated[TimeOfDay, Field(examples=["10:00"])]
    lanes: Annotated[int, Field(examples=[1])]
    max_per_day: Annotated[int | None, Field(examples=[2])] = None
    external_id: ExternalId
