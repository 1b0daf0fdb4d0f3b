"""Clinics for what hardly ever comes about by chance, each with the one search that meets it."""

from tests.oracle.clock import Json
from tests.oracle.hand_made import a_clinic, a_phone_call, a_second_room, an_appointment, overbooked

MONDAY: Json = {"start": "2026-05-04", "end": "2026-05-04", "now": "2026-05-01T00:00:00Z"}


def a_group() -> Json:
    """One patient of three, at ten in room r1, in a clinic that may overbook."""
    clinic = a_clinic()
    clinic["patients"] += [{"id": "a3", "name": "Three"}, {"id": "a4", "name": "Four"}]
    clinic["overbooking"] = [overbooked(lanes=2)]
    clinic["services"][1]["seats"] = 3
    clinic["appointments"] = [an_appointment("10:00", "10:30")]
    return clinic


def two_group_visits_at_once() -> tuple[Json, Json]:
    """In two rooms; either has a seat left."""
    clinic = a_group()
    a_second_room(clinic)
    clinic["appointments"] += [
        an_appointment("10:00", "10:30", id="v2", patientId="a3", roomId="r2", overbook=True)
    ]
    return clinic, {"serviceId": "room", **MONDAY}


def only_the_second_of_two_can_be_joined() -> tuple[Json, Json]:
    """The room of the first one is closed."""
    clinic, query = two_group_visits_at_once()
    closed = {"start": "2026-05-04T10:15:00Z", "end": "2026-05-04T10:20:00Z", "kind": "unavailable"}
    clinic["exceptions"] = [{"resource": "rooms/r1", **closed}]
    return clinic, query


def none_of_the_two_can_be_joined_and_a_third_room_is_free() -> tuple[Json, Json]:
    """Both rooms are closed, and the lanes allow one more."""
    clinic, query = only_the_second_of_two_can_be_joined()
    clinic["exceptions"] += [{**clinic["exceptions"][0], "resource": "rooms/r2"}]
    clinic["rooms"].append({"id": "r3", "locationId": "l1", "name": "Three", "type": "exam"})
    return clinic, query


def visits_through_midnight_where_every_day_may_be_overbooked() -> tuple[Json, Json]:
    """No day's window contains a visit through midnight."""
    clinic = a_clinic(hours=(("00:00", "24:00"),))
    clinic["overbooking"] = [overbooked()]
    clinic["services"][0].update(durationMinutes=45, slotStepMinutes=30)
    clinic["appointments"] = [a_phone_call("22:00", "02:00", end="2026-05-05T02:00:00Z")]
    return clinic, {"serviceId": "phone", **MONDAY, "end": "2026-05-05"}


def two_rules_that_adjoin() -> tuple[Json, Json]:
    """Each contains no visit that runs on into the other."""
    clinic = a_clinic()
    clinic["overbooking"] = [
        overbooked(startTime="09:00", endTime="10:15"),
        overbooked(id="o2", startTime="10:15", endTime="12:00", maxPerDay=1),
    ]
    clinic["appointments"] = [a_phone_call("09:00", "12:00")]
    return clinic, {"serviceId": "phone", **MONDAY}


PLANTED = (
    two_group_visits_at_once,
    only_the_second_of_two_can_be_joined,
    none_of_the_two_can_be_joined_and_a_third_room_is_free,
    visits_through_midnight_where_every_day_may_be_overbooked,
    two_rules_that_adjoin,
)
