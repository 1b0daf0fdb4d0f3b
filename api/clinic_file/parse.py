"""A clinic file becomes a clinic, or the list of everything that is wrong with it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import ValidationError

from api.clinic_file.entry import Entry
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
from models.clinic import Clinic
from models.clinic_file import ClinicFile
from models.errors import Fault, InvalidClinic
from models.integrity import faults_of
from models.setup import ClinicSetup

SCHEMA_VERSION = 1
COLLECTIONS: Mapping[str, type[Entry]] = {
    "locations": LocationEntry,
    "providers": ProviderEntry,
    "rooms": RoomEntry,
    "equipment": EquipmentEntry,
    "services": ServiceEntry,
    "availability": AvailabilityEntry,
    "exceptions": ExceptionEntry,
    "overbooking": OverbookingEntry,
    "patients": PatientEntry,
    "appointments": AppointmentEntry,
}
_HEADER = ("schemaVersion", "clinic")
_UNREADABLE = Clinic(id="unreadable", name="unreadable", timezone="UTC")
"""Stands in for a clinic entry with faults, so that the rest of the file can still be judged."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_ITEM = re.compile(r"\$\.(?P<name>[a-z]+)\[(?P<position>[0-9]+)\]")
_MAX_KEY = 80
_SAID = {
    "missing": "is required",
    "extra_forbidden": "is not a known key",
    "invalid_key": "keys must be strings",
    "string_unicode": "must be valid Unicode, without lone surrogates",
}

Value = TypeVar("Value")


def parse_clinic(document: object) -> ClinicFile:
    """The clinic that a file describes.

    Raises InvalidClinic with every fault found: of shape and range first, then those that only the
    whole file can tell. Nothing else is raised, whatever JSON comes in.
    """
    if not isinstance(document, dict):
        raise InvalidClinic([Fault("$", "must be a JSON object")])
    reading = _Reading()
    reading.header(document)
    clinic = reading.clinic(document)
    items = {name: reading.collection(document, name) for name in COLLECTIONS}
    file = _assembled(clinic or _UNREADABLE, items)
    faults = reading.faults + [reading.relocated(fault) for fault in faults_of(file, reading.declared)]
    if faults:
        raise InvalidClinic(faults)
    return file


def _assembled(clinic: Clinic, items: Mapping[str, Sequence[Any]]) -> ClinicFile:
    setup = ClinicSetup(
        clinic=clinic,
        locations=tuple(items["locations"]),
        providers=tuple(items["providers"]),
        rooms=tuple(items["rooms"]),
        equipment=tuple(items["equipment"]),
        services=tuple(items["services"]),
        working_hours=tuple(items["availability"]),
        exceptions=tuple(items["exceptions"]),
        overbooking=tuple(items["overbooking"]),
    )
    return ClinicFile(
        setup=setup, patients=tuple(items["patients"]), appointments=tuple(items["appointments"])
    )


@dataclass
class _Reading:
    """What one pass over a file has found: faults, and the good entries' places in the file.

    `declared` names entries that exist and have faults of their own (`rooms/r2`, or `rooms/` if
    even the id cannot be read): whoever refers to one of them is not to blame.
    """

    faults: list[Fault] = field(default_factory=list)
    positions: dict[str, list[int]] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)

    def header(self, document: Mapping[object, object]) -> None:
        """Refuses unknown keys and any schema but the known one."""
        for key in document:
            if key not in COLLECTIONS and key not in _HEADER:
                self.faults.append(Fault(f"${step(key)}", _SAID["extra_forbidden"]))
        if "schemaVersion" not in document:
            self.faults.append(Fault("$.schemaVersion", _SAID["missing"]))
            return
        version = document["schemaVersion"]
        if isinstance(version, bool) or not isinstance(version, int) or version != SCHEMA_VERSION:
            self.faults.append(Fault("$.schemaVersion", f"must be {SCHEMA_VERSION}"))

    def clinic(self, document: Mapping[object, object]) -> Clinic | None:
        """The clinic's own entry; None if it has faults."""
        if "clinic" not in document:
            self.faults.append(Fault("$.clinic", _SAID["missing"]))
            return None
        return self.entry(ClinicEntry, document["clinic"], "$.clinic")

    def collection(self, document: Mapping[object, object], name: str) -> list[Any]:
        """The good entries of one collection, in order."""
        raw = document.get(name, [])
        if not isinstance(raw, list):
            self.faults.append(Fault(f"$.{name}", "must be a list"))
            self.declared.add(f"{name}/")
            return []
        found: list[Any] = []
        positions = self.positions.setdefault(name, [])
        for position, value in enumerate(raw):
            item = self.entry(COLLECTIONS[name], value, f"$.{name}[{position}]")
            if item is not None:
                found.append(item)
                positions.append(position)
            else:
                self.declared.add(f"{name}/{_id_of(value)}")
        return found

    def entry(self, kind: type[Entry], value: object, path: str) -> Any | None:
        """One entry as the domain knows it; None if it has faults."""
        try:
            return kind.model_validate(value).to_domain()
        except ValidationError as invalid:
            self.faults += _faults_of_shape(invalid, path)
        except ValueError as nonsense:
            self.faults.append(_fault_of_domain(str(nonsense), kind, path))
        return None

    def relocated(self, fault: Fault) -> Fault:
        """A fault whose path counts the good entries only, at its place in the file."""
        item = _ITEM.match(fault.path)
        if item is None:
            return fault
        position = self.positions[item["name"]][int(item["position"])]
        return replace(fault, path=f"$.{item['name']}[{position}]{fault.path[item.end() :]}")


def _id_of(value: object) -> str:
    """The id of an entry with faults; empty if even that cannot be read."""
    identifier = value.get("id") if isinstance(value, dict) else None
    return identifier if isinstance(identifier, str) else ""


def step(key: object) -> str:
    """One step of a JSON path: `[2]`, `.rooms` or `["odd key"]`."""
    if isinstance(key, int):
        return f"[{key}]"
    text = str(key)
    if _PLAIN_KEY.fullmatch(text) and len(text) <= _MAX_KEY:
        return f".{text}"
    return f"[{json.dumps(text[:_MAX_KEY])}]"


def _faults_of_shape(invalid: ValidationError, path: str) -> Iterator[Fault]:
    for error in invalid.errors(include_url=False, include_input=False):
        where = path + "".join(step(key) for key in error["loc"])
        if error["type"] == "value_error":
            message = str(error["ctx"]["error"])
        else:
            message = _SAID.get(error["type"], error["msg"])
        yield Fault(where, message)


def _fault_of_domain(message: str, kind: type[Entry], path: str) -> Fault:
    """The domain's messages begin with the name of the field at fault, where there is one."""
    subject = message.split(" ", 1)[0]
    aliases = {one.alias for one in kind.model_fields.values()}
    return Fault(f"{path}.{subject}" if subject in aliases else path, message)
