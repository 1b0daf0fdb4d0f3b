"""The judge of plans finds what is wrong, and the cheapest of all plans is what a person would find."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from tests.oracle.clock import Json, instant, rounded_down
from tests.oracle.hand_made import (
    a_clinic,
    a_phone_call,
    a_second_provider,
    a_second_room,
    an_appointment,
    overbooked,
)
from tests.planning.asked import Asked, Place, asked_about_absence
from tests.planning.enumerated_plans import Cheapest, TooMany, cheapest_plan
from tests.planning.plan_checker import verdict_on, verdict_on_places
from tests.planning.random_absences import random_absence

NOW = instant("2026-05-04T00:00:00Z")


def minute(text: str, day: int = 4) -> int:
    return rounded_down(instant(f"2026-05-{day:02}T{text}:00Z"))


def away(
    clinic: Json, start: str = "00:00", end: str = "23:59", resource: str = "providers/p1", **more: Any
) -> Asked:
    """Somebody or something is away on the first day; starts until the end of the third."""
    clinic["patients"] += [{"id": f"b{number}", "name": "Somebody"} for number in range(9)]
    settings: dict[str, Any] = {"now": NOW, "until": minute("00:00", 7), **more}
    begins, ends = (instant(f"2026-05-04T{text}:00Z") for text in (start, end))
    return asked_about_absence(clinic, resource, begins, ends, **settings)


def two_people() -> Json:
    clinic = a_clinic()
    a_second_provider(clinic)
    return clinic


def checked(asked: Asked) -> Cheapest:
    """The cheapest plan, which the judge finds faultless and as cheap."""
    cheapest = cheapest_plan(asked)
    verdict = verdict_on_places(asked, cheapest.places, cheapest.order)
    assert verdict.faults == ()
    assert verdict.bill == cheapest.bill
    return cheapest


def faults(asked: Asked, moves: Iterable[tuple[str, Place]], unplaced: Iterable[str] = ()) -> str:
    return "; ".join(verdict_on(asked, list(moves), unplaced).faults)


def in_room(provider: str, start: str, day: int = 4, room: str = "r1") -> Place:
    begins = minute(start, day)
    return Place(provider_id=provider, room_id=room, start=begins, end=begins + 30)


# -- the cheapest plan -------------------------------------------------------------------------------


def test_somebody_else_at_the_same_time_costs_30() -> None:
    clinic = two_people()
    clinic["appointments"] = [an_appointment("10:00", "10:30")]
    assert checked(away(clinic)).bill.objective == 30


def test_a_day_later_costs_100_and_minutes_are_rounded_up_to_fives() -> None:
    clinic = a_clinic()
    clinic["services"][1]["slotStepMinutes"] = 2
    clinic["appointments"] = [an_appointment("10:00", "10:30")]
    blocked = {"start": "2026-05-05T10:30:00Z", "end": "2026-05-05T10:36:00Z", "kind": "unavailable"}
    clinic["exceptions"] = [{"resource": "providers/p1", **blocked}]
    assert checked(away(clinic)).bill.objective == 100
    clinic["exceptions"][0] |= {"start": "2026-05-05T09:52:00Z", "end": "2026-05-05T10:01:00Z"}
    assert checked(away(clinic)).bill.objective == 101


def test_two_who_compete_for_one_place_pay_least_together() -> None:
    clinic = two_people()
    clinic["appointments"] = [
        an_appointment("10:00", "10:30", id="v1"),
        an_appointment("10:30", "11:00", id="v2", patientId="b1"),
        an_appointment("10:30", "11:00", id="v3", patientId="b2", providerId="p2", roomId="r2"),
    ]
    a_second_room(clinic)
    found = checked(away(clinic))
    assert found.bill.objective == 30 + 30 + 6


def test_who_has_no_place_costs_100000() -> None:
    clinic = a_clinic()
    clinic["appointments"] = [
        an_appointment("10:00", "10:30", id="v1"),
        an_appointment("10:30", "11:00", id="v2", patientId="b1"),
    ]
    found = checked(away(clinic, end="11:30", until=minute("11:31")))
    assert (found.bill.objective, found.bill.unplaced) == (100_000 + 12, 1)


def test_fewest_told_comes_before_least_shift_where_one_follows_the_other() -> None:
    clinic = two_people()
    a_second_room(clinic)
    clinic["appointments"] = [an_appointment("10:00", "10:30")]
    found = checked(away(clinic, resource="rooms/r1", lexicographic=True))
    assert found.bill.levels == (0, 0, 0)
    assert found.places["v10:00"] == in_room("p1", "10:00", room="r2")


def test_local_days_are_those_of_the_place() -> None:
    clinic = a_clinic(zone="Pacific/Auckland", hours=(("09:00", "10:00"),))
    clinic["locations"][0]["timezone"] = "Pacific/Auckland"
    clinic["appointments"] = [
        an_appointment("21:00", "21:30", start="2026-05-04T21:00:00Z", end="2026-05-04T21:30:00Z")
    ]
    found = checked(away(clinic, until=minute("00:00", 8)))
    assert found.bill.objective == 100


def test_whoever_moves_as_a_group_stays_one_or_not_as_is_cheapest() -> None:
    clinic = two_people()
    clinic["services"][1]["seats"] = 3
    group = [an_appointment("10:00", "10:30", id=f"v{n}", patientId=f"b{n}") for n in range(3)]
    clinic["appointments"] = group
    found = checked(away(clinic))
    assert found.bill.objective == 90


def test_lanes_let_somebody_be_on_top() -> None:
    clinic = two_people()
    a_second_room(clinic)
    clinic["appointments"] = [
        an_appointment("10:00", "10:30", id="v1"),
        an_appointment("10:00", "10:30", id="v2", patientId="b1", providerId="p2", roomId="r2"),
    ]
    assert checked(away(clinic)).bill.objective == 36
    clinic["overbooking"] = [overbooked(providerId="p2")]
    assert checked(away(clinic)).bill.objective == 30


def test_more_ways_than_allowed_are_refused() -> None:
    clinic = two_people()
    clinic["appointments"] = [
        an_appointment("10:00", "10:30", id="v1"),
        an_appointment("10:30", "11:00", id="v2", patientId="b1"),
    ]
    with pytest.raises(TooMany):
        cheapest_plan(away(clinic), most_steps=1)


@pytest.mark.parametrize("seed", range(40))
def test_the_judge_agrees_with_the_cheapest_of_a_random_clinic(seed: int) -> None:
    asked = random_absence(seed).asked()
    assert random_absence(seed).asked() == asked
    checked(asked)


# -- the judge ---------------------------------------------------------------------------------------


def one_away() -> Asked:
    clinic = two_people()
    clinic["appointments"] = [
        an_appointment("10:00", "10:30", id="v1"),
        an_appointment("10:00", "10:30", id="v2", patientId="b1", providerId="p2", roomId="r2"),
        an_appointment("11:00", "11:30", id="v3", patientId="b2"),
    ]
    a_second_room(clinic)
    return away(clinic)


def test_a_good_plan_has_no_faults_and_its_price() -> None:
    asked = one_away()
    verdict = verdict_on(asked, [("v1", in_room("p2", "10:30")), ("v3", in_room("p2", "11:00"))], [])
    assert verdict.faults == ()
    assert (verdict.bill.objective, verdict.bill.told) == (30 + 6 + 30, 2)


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        (in_room("p2", "10:00"), "provider_is_never_double_booked"),
        (in_room("p2", "10:15"), "start_is_aligned"),
        (in_room("p1", "10:30"), "provider_is_working"),
        (in_room("p2", "11:00"), "cannot be at"),
        (in_room("p2", "09:30", day=7), "outside"),
        (replace(in_room("p2", "10:30"), end=minute("11:30")), "lasts 60 minutes"),
        (replace(in_room("p2", "10:30"), room_id=None), "elsewhere"),
        (replace(in_room("p2", "10:30"), units={"e1": 1}), "its room or its equipment"),
    ],
)
def test_a_move_that_breaks_a_rule_is_a_fault(place: Place, fault: str) -> None:
    moves = [("v3", in_room("p2", "11:00", room="r2")), ("v1", place)]
    assert fault in faults(one_away(), moves)


def test_whoever_may_not_move_must_not() -> None:
    asked = one_away()
    moves = [("v1", in_room("p2", "10:30")), ("v3", in_room("p2", "11:00"))]
    assert "1 others move" in faults(asked, [*moves, ("v2", in_room("p2", "09:00"))])
    assert "v9 may not move" in faults(asked, [*moves, ("v9", in_room("p2", "09:00"))])
    assert "moves twice" in faults(asked, [*moves, moves[0]])


def test_whoever_is_displaced_must_not_stay() -> None:
    assert "v3 stays where it cannot" in faults(one_away(), [("v1", in_room("p2", "10:30"))])


def test_others_are_told_as_far_as_is_allowed() -> None:
    asked = replace(one_away(), others="moves")
    moves = [
        ("v1", in_room("p2", "10:00")),
        ("v2", in_room("p2", "10:30", room="r2")),
        ("v3", in_room("p2", "11:00")),
    ]
    verdict = verdict_on(asked, moves, [])
    assert (verdict.faults, verdict.bill.objective) == ((), 30 + 1000 + 30)
    assert "1 others are told, where 0 may" in faults(replace(asked, most_moved=0), moves)
    far = [("v2", in_room("p2", "10:00", day=6, room="r2")), moves[0], moves[2]]
    assert "v2 starts at" in faults(asked, far)
    assert "v2 may not move" in faults(asked, [moves[0], moves[2]], ["v2"])


def test_others_change_rooms_for_nothing_where_they_may() -> None:
    asked = replace(one_away(), others="rooms")
    moves = [("v2", in_room("p2", "10:00")), ("v1", in_room("p2", "10:30")), ("v3", in_room("p2", "11:00"))]
    verdict = verdict_on(asked, moves, [])
    assert (verdict.faults, verdict.bill.objective) == ((), 36 + 30)


def test_calls_need_no_room() -> None:
    clinic = two_people()
    clinic["appointments"] = [a_phone_call("10:00", "10:30", id="v1")]
    asked = away(clinic)
    place = Place(provider_id="p2", room_id=None, start=minute("10:00"), end=minute("10:30"))
    assert faults(asked, [("v1", place)]) == ""
    assert "elsewhere" not in faults(asked, [("v1", replace(place, room_id="r1"))])
    assert "cannot be at" in faults(asked, [("v1", replace(place, room_id="r1"))])
