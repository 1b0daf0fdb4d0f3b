"""Random clinics in which a question has no answer any more, since every slot has been booked."""

from datetime import timedelta
from random import Random
from typing import Any

from api.clinic_file import parse_clinic
from api.command_line.searching import searched
from api.slot_query import SlotQuery
from models.errors import InvalidClinic
from tests.oracle.clock import Json, instant, utc_text
from tests.oracle.random_clinics import random_clinic

MOST = 500
MOST_BOOKINGS = 40


def query_of(asked: Json) -> SlotQuery:
    """A random search as the product reads it."""
    return SlotQuery(
        service_id=asked["serviceId"],
        start=asked["start"],
        end=asked["end"],
        location_id=asked.get("locationId"),
        provider_ids=tuple(asked.get("providerIds", ())),
        patient_id=asked.get("patientId"),
        duration_minutes=asked.get("durationMinutes"),
        limit=MOST,
    )


def answered(clinic_file: Json, asked: Json) -> dict[str, Any]:
    """The body of the answer."""
    return searched(clinic_file, query_of(asked), asked["now"])


def full_clinic(seed: int) -> tuple[Json, Json] | None:
    """A clinic and a search on it that finds nothing; None where the seed leads to none.

    Some visits of any service are booked first, then whatever the search finds.
    """
    random = Random(seed)
    clinic_file, searches = random_clinic(seed)
    searches = [one for one in searches if answered(clinic_file, one)["slots"]]
    if not searches:
        return None
    asked = _near_a_slot(clinic_file, random.choice(searches), random)
    try:
        return _filled(clinic_file, asked, random)
    except InvalidClinic:  # a visit that a hold's expiry has made possible
        return None


def _filled(clinic_file: Json, asked: Json, random: Random) -> tuple[Json, Json] | None:
    for _ in range(random.choice((0, 2, 5))):
        other = random.choice(clinic_file["services"])["id"]
        _book(clinic_file, {"now": asked["now"], "serviceId": other, **_around(asked)}, random)
    for _ in range(MOST_BOOKINGS):
        if not _book(clinic_file, asked, random):
            parse_clinic(clinic_file)
            return clinic_file, asked
    return None


def _near_a_slot(clinic_file: Json, asked: Json, random: Random) -> Json:
    slot = random.choice(answered(clinic_file, asked)["slots"])
    start = instant(slot["startUTC"])
    earliest = start - timedelta(minutes=random.choice((0, 0, 30, 90)))
    latest = start + timedelta(minutes=random.choice((1, 30, 90)))
    return {**asked, "start": utc_text(earliest), "end": utc_text(latest)}


def _around(asked: Json) -> Json:
    hours = timedelta(hours=2)
    return {
        "start": utc_text(instant(asked["start"]) - hours),
        "end": utc_text(instant(asked["end"]) + hours),
    }


def _book(clinic_file: Json, asked: Json, random: Random) -> bool:
    """Book any of the slots for somebody new; whether there was one."""
    slots = answered(clinic_file, asked)["slots"]
    if not slots:
        return False
    slot, number = random.choice(slots), len(clinic_file["patients"])
    patient = {"id": f"new-{number}", "name": f"New {number}"}
    visit = {
        "id": f"visit-{number}",
        "patientId": patient["id"],
        "providerId": slot["provider"]["id"],
        "serviceId": asked["serviceId"],
        "equipment": [{"id": use["id"], "units": use["units"]} for use in slot["equipment"]],
        "start": slot["startUTC"],
        "end": slot["endUTC"],
        "status": "scheduled",
        "overbook": slot["overbook"],
    }
    if slot["roomOptions"]:
        visit["roomId"] = slot["roomOptions"][0]["id"]
    clinic_file["patients"].append(patient)
    clinic_file["appointments"].append(visit)
    return True
