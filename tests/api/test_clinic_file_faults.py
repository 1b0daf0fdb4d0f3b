"""Every way a clinic file can be wrong, and the path that says where."""

from typing import Any

import pytest

from models.errors import Fault, InvalidClinic
from tests.api.spoiled_files import MISSING, a_document, faults_in, paths_in, spoiled

LONG = "x" * 501
A_VISIT = a_document()["appointments"][2]


def a_visit(**changes: Any) -> dict[str, Any]:
    """A call of Bela's with Dr Abel that fits beside the others."""
    usual = {"id": "v4", "patientId": "bela", "start": "2026-06-02T10:00:00Z", "end": "2026-06-02T10:15:00Z"}
    return {**A_VISIT, **usual, **changes}


# what to change, to what, and where the fault is found
SHAPE: list[tuple[str, object, str]] = [
    ("schemaVersion", MISSING, "$.schemaVersion"),
    ("schemaVersion", 2, "$.schemaVersion"),
    ("schemaVersion", "1", "$.schemaVersion"),
    ("schemaVersion", True, "$.schemaVersion"),
    ("schemaVersion", 1.0, "$.schemaVersion"),
    ("clinic", MISSING, "$.clinic"),
    ("clinic", None, "$.clinic"),
    ("clinic", [], "$.clinic"),
    ("clinic.name", MISSING, "$.clinic.name"),
    ("clinic.name", "", "$.clinic.name"),
    ("clinic.name", "  ", "$.clinic.name"),
    ("clinic.id", "", "$.clinic.id"),
    ("clinic.timezone", "Mars/Olympus", "$.clinic.timezone"),
    ("clinic.timezone", "../../etc/passwd", "$.clinic.timezone"),
    ("clinic.timezone", "", "$.clinic.timezone"),
    ("clinic.gridMinutes", 0, "$.clinic.gridMinutes"),
    ("clinic.gridMinutes", None, "$.clinic.gridMinutes"),
    ("clinic.weights.gap", 35.5, "$.clinic.weights.gap"),
    ("clinic.weights.gap", -1, "$.clinic.weights.gap"),
    ("clinic.weights.luck", 5, "$.clinic.weights.luck"),
    ("clinic.weights.fairness", 1001, "$.clinic.weights.fairness"),
    ("clinic.weights.fairness", None, "$.clinic.weights.fairness"),
    ("staff", [], "$.staff"),
    ("odd key", [], '$["odd key"]'),
    ("rooms", None, "$.rooms"),
    ("rooms", {}, "$.rooms"),
    ("rooms.1", "a room", "$.rooms[1]"),
    ("rooms.1", None, "$.rooms[1]"),
    ("rooms.1.id", 7, "$.rooms[1].id"),
    ("rooms.1.id", "", "$.rooms[1].id"),
    ("rooms.1.id", LONG, "$.rooms[1].id"),
    ("rooms.1.name", LONG, "$.rooms[1].name"),
    ("rooms.1.name", "a\x00b", "$.rooms[1].name"),
    ("rooms.1.name", "\ud800", "$.rooms[1].name"),
    ("rooms.1.name", None, "$.rooms[1].name"),
    ("rooms.1.location", "main", "$.rooms[1].location"),
    ("rooms.1.turnaround_minutes", 5, "$.rooms[1].turnaround_minutes"),
    ("rooms.1.capacity", 0, "$.rooms[1].capacity"),
    ("rooms.1.capacity", "5", "$.rooms[1].capacity"),
    ("rooms.1.capacity", 5.5, "$.rooms[1].capacity"),
    ("rooms.1.capacity", True, "$.rooms[1].capacity"),
    ("rooms.1.capacity", 10**400, "$.rooms[1].capacity"),
    ("rooms.1.capacity", float("inf"), "$.rooms[1].capacity"),
    ("rooms.1.features", None, "$.rooms[1].features"),
    ("rooms.1.features", "sink", "$.rooms[1].features"),
    ("rooms.1.features", ["sink", 5], "$.rooms[1].features[1]"),
    ("rooms.1.features", ["sink", "sink"], "$.rooms[1].features"),
    ("locations.0.timezone", "Berlin", "$.locations[0].timezone"),
    ("locations.1.latitude", 90.1, "$.locations[1].latitude"),
    ("locations.1.latitude", "41.1", "$.locations[1].latitude"),
    ("locations.1.latitude", True, "$.locations[1].latitude"),
    ("locations.1.latitude", float("nan"), "$.locations[1].latitude"),
    ("locations.1.latitude", 10**400, "$.locations[1].latitude"),
    ("locations.1.longitude", -180.5, "$.locations[1].longitude"),
    ("locations.1.longitude", float("-inf"), "$.locations[1].longitude"),
    ("locations.1.longitude", MISSING, "$.locations[1].latitude"),
    ("locations.1.latitude", None, "$.locations[1].latitude"),
    ("providers.0.locationIds", MISSING, "$.providers[0].locationIds"),
    ("providers.0.locationIds", ["main", "main"], "$.providers[0].locationIds"),
    ("providers.0.maxVisitsPerDay", -1, "$.providers[0].maxVisitsPerDay"),
    ("providers.0.preferences.weight", 101, "$.providers[0].preferences.weight"),
    (
        "providers.0.preferences.timeWindows.0.start",
        "8:00",
        "$.providers[0].preferences.timeWindows[0].start",
    ),
    ("providers.0.preferences.timeWindows.0.start", 480, "$.providers[0].preferences.timeWindows[0].start"),
    ("equipment.0.quantity", -1, "$.equipment[0].quantity"),
    ("equipment.0.type", MISSING, "$.equipment[0].type"),
    ("services.0.durationMinutes", 0, "$.services[0].durationMinutes"),
    ("services.0.durationMinutes", 1441, "$.services[0].durationMinutes"),
    ("services.0.modality", "IN_PERSON", "$.services[0].modality"),
    ("services.0.modality", MISSING, "$.services[0].modality"),
    ("services.0.seats", 0, "$.services[0].seats"),
    ("services.0.equipment.0.units", 0, "$.services[0].equipment[0].units"),
    ("services.0.equipment.+", {"type": "ecg", "units": 2}, "$.services[0].equipment"),
    ("services.0.blackoutDates.0", "2026-02-30", "$.services[0].blackoutDates[0]"),
    ("services.0.blackoutDates.0", "20260228", "$.services[0].blackoutDates[0]"),
    ("services.0.blackoutDates.0", "2026-12-31", "$.services[0].blackoutDates"),
    ("services.0.allowedProviderIds", "abel", "$.services[0].allowedProviderIds"),
    ("services.0.allowedProviderIds", ["abel", 5], "$.services[0].allowedProviderIds[1]"),
    ("services.0.allowedProviderIds", ["abel", "abel"], "$.services[0].allowedProviderIds"),
    ("availability.0.startTime", "24:01", "$.availability[0].startTime"),
    ("availability.0.startTime", "1２:00", "$.availability[0].startTime"),
    ("availability.0.endTime", "08:00", "$.availability[0].endTime"),
    ("availability.0.effectiveTo", "2025-12-31", "$.availability[0].effectiveTo"),
    ("availability.0.effectiveFrom", "0001-01-01", "$.availability[0].effectiveFrom"),
    ("exceptions.0.start", "2026-12-24T00:00:00", "$.exceptions[0].start"),
    ("exceptions.0.start", "2026-12-24", "$.exceptions[0].start"),
    ("exceptions.0.start", "2026-12-32T00:00:00Z", "$.exceptions[0].start"),
    ("exceptions.0.start", "0001-01-01T00:00:00+14:00", "$.exceptions[0].start"),
    ("exceptions.0.end", "2026-12-24T00:00:00+01:00", "$.exceptions[0].end"),
    ("exceptions.0.kind", "closed", "$.exceptions[0].kind"),
    ("overbooking.0.serviceId", "call", "$.overbooking[0]"),
    ("overbooking.0.providerId", MISSING, "$.overbooking[0]"),
    ("overbooking.0.weekdays", ["Monday"], "$.overbooking[0].weekdays[0]"),
    ("overbooking.0.weekdays", [], "$.overbooking[0].weekdays"),
    ("overbooking.0.lanes", 0, "$.overbooking[0].lanes"),
    ("overbooking.0.endTime", "07:00", "$.overbooking[0].endTime"),
    ("patients.0.dob", "29.02.1980", "$.patients[0].dob"),
    ("patients.0.dob", 1980, "$.patients[0].dob"),
    ("patients.0.contact", "ada@example.com", "$.patients[0].contact"),
    ("patients.0.contact.fax", "1", "$.patients[0].contact.fax"),
    ("appointments.0.start", "2026-06-01T10:00:00", "$.appointments[0].start"),
    ("appointments.0.start", "2026-06-01T10:00:30+02:00", "$.appointments[0].start"),
    ("appointments.0.start", "2026-06-01T10:00+00:19:32", "$.appointments[0].start"),
    ("appointments.0.start", "10000-06-01T10:00:00Z", "$.appointments[0].start"),
    ("appointments.0.start", 1780000000, "$.appointments[0].start"),
    ("appointments.0.end", "2026-06-01T10:00:00+02:00", "$.appointments[0].end"),
    ("appointments.0.end", "9999-01-01T00:00:00Z", "$.appointments[0].end"),
    ("appointments.0.end", "2026-06-02T10:30:00+02:00", "$.appointments[0]"),
    ("appointments.0.status", "booked", "$.appointments[0].status"),
    ("appointments.0.status", MISSING, "$.appointments[0].status"),
    ("appointments.0.overbook", "no", "$.appointments[0].overbook"),
    ("appointments.0.equipment.0.units", 0, "$.appointments[0].equipment[0].units"),
    ("appointments.0.expiresAt", "soon", "$.appointments[0].expiresAt"),
]

MEANING: list[tuple[str, object, str]] = [
    ("locations.+", {"id": "main", "name": "Other"}, "$.locations[2].id"),
    ("rooms.+", {"id": "r2", "locationId": "main", "name": "Other", "type": "exam"}, "$.rooms[2].id"),
    ("patients.+", {"id": "ada", "name": "Other"}, "$.patients[2].id"),
    ("appointments.+", a_visit(id="v1"), "$.appointments[3].id"),
    ("overbooking.1.id", "mornings", "$.overbooking[1].id"),
    ("rooms.1.locationId", "nowhere", "$.rooms[1].locationId"),
    ("equipment.1.locationId", "nowhere", "$.equipment[1].locationId"),
    ("providers.1.locationIds", ["main", "nowhere"], "$.providers[1].locationIds[1]"),
    ("providers.1.serviceIds", ["surgery"], "$.providers[1].serviceIds[0]"),
    ("providers.0.preferences.roomIds", ["r1", "r9"], "$.providers[0].preferences.roomIds[1]"),
    ("availability.0.resource", "providers/nobody", "$.availability[0].resource"),
    ("availability.0.resource", "locations/main", "$.availability[0].resource"),
    ("availability.0.resource", "clinic", "$.availability[0].resource"),
    ("availability.0.resource", "abel", "$.availability[0].resource"),
    ("availability.0.resource", "providers/", "$.availability[0].resource"),
    ("availability.0.resource", "rooms/abel", "$.availability[0].resource"),
    ("exceptions.0.resource", "clinics", "$.exceptions[0].resource"),
    ("exceptions.0.resource", "locations/nowhere", "$.exceptions[0].resource"),
    ("exceptions.0.resource", "services/call", "$.exceptions[0].resource"),
    ("availability.0.rrule", "", "$.availability[0].rrule"),
    ("availability.0.rrule", "every Monday", "$.availability[0].rrule"),
    ("availability.0.rrule", "FREQ=HOURLY", "$.availability[0].rrule"),
    ("availability.0.rrule", "FREQ=DAILY;BYHOUR=9", "$.availability[0].rrule"),
    ("availability.0.rrule", "FREQ=DAILY;BYEASTER=1", "$.availability[0].rrule"),
    ("availability.0.rrule", "FREQ=DAILY;INTERVAL=-1", "$.availability[0].rrule"),
    ("availability.0.rrule", "FREQ=DAILY;INTERVAL=1000000000000", "$.availability[0].rrule"),
    ("availability.0.rrule", "FREQ=DAILY;COUNT=5;UNTIL=20260101", "$.availability[0].rrule"),
    ("availability.0.rrule", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "$.availability[0].rrule"),
    ("availability.1.rrule", "FREQ=DAILY;COUNT=5", "$.availability[1].rrule"),
    ("services.0.allowedProviderIds", ["abel", "nobody"], "$.services[0].allowedProviderIds"),
    ("overbooking.0.providerId", "nobody", "$.overbooking[0].providerId"),
    ("overbooking.1.serviceId", "surgery", "$.overbooking[1].serviceId"),
    ("patients.0.blockedProviderIds", ["nobody"], "$.patients[0].blockedProviderIds"),
    ("appointments.2.patientId", "nobody", "$.appointments[2].patientId"),
    ("appointments.2.providerId", "nobody", "$.appointments[2].providerId"),
    ("appointments.2.serviceId", "surgery", "$.appointments[2].serviceId"),
    ("appointments.0.roomId", "r9", "$.appointments[0].roomId"),
    ("appointments.0.roomId", None, "$.appointments[0].roomId"),
    ("appointments.2.roomId", "r1", "$.appointments[2].roomId"),
    ("appointments.0.equipment.0.id", "ecg9", "$.appointments[0].equipment[0].id"),
    ("appointments.0.equipment.+", {"id": "ecg1", "units": 1}, "$.appointments[0].equipment[1].id"),
    ("appointments.0.equipment.0.units", 3, "$.appointments[0].equipment[0].units"),
    ("appointments.0.equipment.0.units", 2, "$.appointments[1]"),
    ("appointments.2.start", "2026-06-01T10:39:00+02:00", "$.appointments[2]"),
    ("rooms.0.capacity", 1, "$.appointments[1]"),
    (
        "appointments.+",
        a_visit(start="2026-06-01T08:25:00Z", end="2026-06-01T08:40:00Z"),
        "$.appointments[3]",
    ),
]


@pytest.mark.parametrize(("place", "value", "path"), [*SHAPE, *MEANING])
def test_one_fault_is_refused_with_its_path(place: str, value: object, path: str) -> None:
    found = paths_in(spoiled(place, value))
    assert path in found
    assert set(found) <= {path}


@pytest.mark.parametrize("document", [None, 5, "clinic", [], [{}], True, float("nan")])
def test_what_is_no_object_is_no_clinic(document: object) -> None:
    assert faults_in(document) == (Fault("$", "must be a JSON object"),)


def test_an_empty_object_lacks_its_version_and_its_clinic() -> None:
    assert paths_in({}) == ["$.schemaVersion", "$.clinic"]


def test_all_faults_are_told_at_once_wherever_they_are() -> None:
    document = spoiled("rooms.0.capacity", 0)
    document["rooms"][0]["type"] = 5
    document["rooms"][1]["locationId"] = "nowhere"
    document["clinic"]["timezone"] = "Mars/Olympus"
    document["availability"][1]["rrule"] = "FREQ=NEVER"
    document["appointments"][2]["patientId"] = "nobody"
    assert paths_in(document) == [
        "$.clinic.timezone",
        "$.rooms[0].type",
        "$.rooms[0].capacity",
        "$.rooms[1].locationId",
        "$.availability[1].rrule",
        "$.appointments[2].patientId",
    ]


def test_whoever_refers_to_a_faulty_entry_is_not_to_blame() -> None:
    document = spoiled("rooms.0.capacity", 0)
    assert paths_in(document) == ["$.rooms[0].capacity"]


def test_an_id_that_a_faulty_entry_has_too_is_refused() -> None:
    document = spoiled("rooms.0.capacity", 0)
    document["rooms"][1]["id"] = "r1"
    assert "$.rooms[1].id" in paths_in(document)


def test_a_missing_offset_is_told_in_words() -> None:
    (fault,) = faults_in(spoiled("appointments.0.start", "2026-06-01T10:00:00"))
    assert fault.message == "'2026-06-01T10:00:00' must carry an offset such as Z or +02:00"


def test_an_overlap_names_the_other_appointment_and_the_resource() -> None:
    (fault,) = faults_in(spoiled("appointments.2.start", "2026-06-01T10:39:00+02:00"))
    assert fault.message == "overlaps appointment 'v1', which also takes providers/abel"


def test_the_error_shows_its_first_fault_and_counts_the_others() -> None:
    faults = faults_in({})
    assert str(InvalidClinic(faults)) == "$.schemaVersion: is required (and 1 more)"


def test_a_long_or_odd_key_is_shown_in_part_and_in_ascii() -> None:
    (fault,) = faults_in({**a_document(), "\u00e4" * 5000: 1})
    assert fault.path.isascii()
    assert len(fault.path) < 600


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("clinic.id", None),
        ("clinic.weights", None),
        ("locations.0.timezone", None),
        ("providers.0.specialty", None),
        ("providers.0.maxVisitsPerDay", None),
        ("providers.0.preferences", None),
        ("services.0.maxPerDay", None),
        ("services.0.allowedProviderIds", None),
        ("services.0.allowedProviderIds", ["zhou"]),
        ("locations.1.latitude", 90),
        ("locations.1.longitude", -180.0),
        ("availability.0.effectiveFrom", None),
        ("availability.0.effectiveTo", None),
        ("exceptions.0.reason", None),
        ("overbooking.0.serviceId", None),
        ("overbooking.0.maxPerDay", None),
        ("patients.0.dob", None),
        ("patients.0.contact", None),
        ("patients.0.contact.email", None),
        ("patients.0.blockedProviderIds", None),
        ("appointments.2.roomId", None),
        ("clinic.weights", {}),
        ("exceptions.0.end", "9999-12-31T23:59:59Z"),
        ("availability.0.effectiveTo", "9999-12-31"),
        ("appointments.0.start", "2026-06-01T08:00Z"),
        ("rooms.0.name", "x" * 500),
        ("rooms.0.name", "Zimmer \U0001f6cf"),
        ("appointments.0.roomId", "r2"),
        ("appointments.0.status", "canceled"),
        ("appointments.2.start", "2026-06-01T10:40:00+02:00"),
        (
            "appointments.+",
            a_visit(start="2026-06-01T08:25:00Z", end="2026-06-01T08:30:00Z", status="no_show"),
        ),
    ],
)
def test_what_is_allowed_is_not_refused(place: str, value: object) -> None:
    assert faults_in(spoiled(place, value)) == ()


@pytest.mark.parametrize(
    "collection",
    [
        "locations", "providers", "rooms", "equipment", "services",
        "availability", "exceptions", "overbooking", "patients", "appointments",
    ],
)  # fmt: skip
def test_a_collection_may_be_left_out_when_nobody_refers_to_it(collection: str) -> None:
    document = {"schemaVersion": 1, "clinic": {"name": "Practice", "timezone": "UTC"}}
    assert faults_in(document) == ()
    assert paths_in({**document, collection: None}) == [f"$.{collection}"]
