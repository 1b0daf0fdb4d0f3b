"""The shape of a whole clinic file."""

from typing import Annotated

from pydantic import ConfigDict, Field

from api.clinic_file.entry import Entry
from api.clinic_file.example import A_CLINIC_FILE
from api.clinic_file.hours_entries import AvailabilityEntry, ExceptionEntry, OverbookingEntry
from api.clinic_file.resource_entries import (
    ClinicEntry,
    EquipmentEntry,
    LocationEntry,
    ProviderEntry,
    RoomEntry,
    ServiceEntry,
)
from api.clinic_file.visit_entries import AppointmentEntry, PatientEntry


class ClinicFileEntry(Entry):
    """A clinic, whole: everything in it refers to the file's own ids, which may be any unique strings."""

    model_config = ConfigDict(json_schema_extra={"examples": [A_CLINIC_FILE]})

    schema_version: Annotated[int, Field(ge=1, le=1)]
    clinic: ClinicEntry
    locations: list[LocationEntry] = Field(default=[])
    providers: list[ProviderEntry] = Field(default=[])
    rooms: list[RoomEntry] = Field(default=[])
    equipment: list[EquipmentEntry] = Field(default=[])
    services: list[ServiceEntry] = Field(default=[])
    availability: list[AvailabilityEntry] = Field(default=[])
    exceptions: list[ExceptionEntry] = Field(default=[])
    overbooking: list[OverbookingEntry] = Field(default=[])
    patients: list[PatientEntry] = Field(default=[])
    appointments: list[AppointmentEntry] = Field(default=[])
