"""Where a wished-for visit goes, and what is said when it can go nowhere."""

from dataclasses import replace
from typing import Any

import pytest

from models.appointment import Appointment
from models.errors import RuleViolated, SlotUnavailable
from models.placing import Wish, candidate_pools, candidate_rooms, placed
from models.rules import HARD_RULES, violations
from models.setup import ClinicSetup
from models.snapshot import ClinicSnapshot
from solver.offers import offer_slots
from tests.builders import (
    MONDAY,
    a_call,
    a_class,
    a_clinic,
    a_location,
    a_patient,
    a_pool,
    a_provider,
    a_request,
    a_room,
    a_service,
    a_snapshot,
    an_appointment,
    an_ecg,
    at,
    closed,
    moment,
    overbooking,
    units,
)

MOBILE = a_provider(location_ids=("main", "annex"))


def two_sites(**parts: Any) -> ClinicSetup:
    """One provider at two sites; the main one has two rooms, of which one has a sink too many."""
    usual: dict[str, Any] = {
        "locations": (a_location(), a_location("annex")),
        "providers": (MOBILE, a_provider("lind")),
        "rooms": (
            a_room("sink", features=frozenset({"sink"})),
            a_room("plain"),
            a_room("far", location_id="annex", capacity=4),
        ),
    }
    return a_clinic(**{**usual, **parts})


def a_wish(clock: str = "10:00", **changes: Any) -> Wish:
    service = changes.get("service") or a_service()
    usual = Wish(
        service=service,
        provider=MOBILE,
        start=at(clock),
        end=at(clock) + service.duration_minutes,
        patient=a_patient(),
    )
    return replace(usual, **changes)


def elsewhere(room_id: str, **changes: Any) -> Appointment:
    """Somebody else's visit with somebody else in that room at ten."""
    return an_appointment(**{"id": room_id, "provider_id": "lind", "room_id": room_id, **changes})


def refused(wish: Wish, snapshot: ClinicSnapshot) -> tuple[str, str]:
    """The kind of refusal and the rule that it names."""
    with pytest.raises((RuleViolated, SlotUnavailable)) as refusal:
        placed(wish, snapshot)
    if isinstance(refusal.value, SlotUnavailable):
        return "taken", refusal.value.reason
    assert isinstance(refusal.value, RuleViolated)
    return "forbidden", refusal.value.rule


class TestCandidateRooms:
    def test_the_best_fit_comes_first_wherever_it_is(self) -> None:
        assert [room.id for room in candidate_rooms(a_wish(), two_sites())] == ["plain", "sink", "far"]

    def test_the_usual_room_is_tried_first(self) -> None:
        clinic = two_sites()
        usual = clinic.room("far")
        assert [room.id for room in candidate_rooms(a_wish(usual_room=usual), clinic)] == [
            "far",
            "plain",
            "sink",
        ]

    def test_a_room_asked_for_is_the_only_one(self) -> None:
        clinic = two_sites()
        assert candidate_rooms(a_wish(room=clinic.room("sink")), clinic) == [clinic.room("sink")]

    def test_a_location_asked_for_leaves_its_rooms(self) -> None:
        assert [room.id for room in candidate_rooms(a_wish(location=a_location("annex")), two_sites())] == [
            "far"
        ]

    def test_a_visit_from_afar_has_none(self) -> None:
        assert candidate_rooms(a_wish(service=a_call()), two_sites()) == []


class TestCandidatePools:
    def test_they_stand_where_the_rooms_are(self) -> None:
        clinic = two_sites(
            equipment=(a_pool("here"), a_pool("there", location_id="annex"), a_pool("laser", type="laser"))
        )
        wish = a_wish(service=an_ecg())
        assert set(candidate_pools(wish, clinic)) == {"here", "there"}
        assert candidate_pools(replace(wish, location=a_location("annex")), clinic) == ["there"]
        assert candidate_pools(replace(wish, only_pools=frozenset({"here"})), clinic) == ["here"]


class TestPlaced:
    def test_the_best_free_room_is_taken(self) -> None:
        def room_beside(*taken: str) -> str | None:
            snapshot = a_snapshot(two_sites(), *(elsewhere(room_id) for room_id in taken))
            room = placed(a_wish(), snapshot).room
            return room.id if room else None

        assert room_beside() == "plain"
        assert room_beside("plain") == "sink"
        assert room_beside("plain", "sink") == "far"

    def test_the_location_asked_for_is_kept(self) -> None:
        placement = placed(a_wish(location=a_location("annex")), a_snapshot(two_sites()))
        assert placement.room is not None
        assert (placement.room.id, placement.location) == ("far", a_location("annex"))

    def test_equipment_comes_from_the_place_of_the_room(self) -> None:
        ecg = an_ecg()
        clinic = two_sites(services=(a_service(), ecg), equipment=(a_pool("there", location_id="annex"),))
        placement = placed(a_wish(service=ecg), a_snapshot(clinic))
        assert placement.room is not None
        assert (placement.room.id, placement.equipment) == ("far", (units("there"),))

    def test_what_is_placed_breaks_no_rule_and_is_what_the_search_offers(self) -> None:
        clinic = two_sites()
        day = (elsewhere("plain"), an_appointment("12:00", "12:30", id="noon", room_id="sink"))
        snapshot = a_snapshot(clinic, *day)
        slots = offer_slots(snapshot, a_request(patient=a_patient())).slots
        assert len(slots) > 20
        for slot in slots:
            wish = a_wish(provider=slot.provider, start=slot.start, end=slot.end, location=slot.location)
            placement = placed(wish, snapshot)
            assert placement.room == slot.rooms[0]
            assert list(violations(placement, snapshot)) == []


GROUP = a_class()


def a_class_at_ten(count: int = 1, **parts: Any) -> ClinicSnapshot:
    """So many patients in a group visit at ten, in the room with a sink; two sites, three rooms."""
    clinic = two_sites(**{"services": (GROUP,), **parts})
    seats = [
        an_appointment(id=f"seat {number}", patient_id=f"patient {number}", room_id="sink")
        for number in range(count)
    ]
    return a_snapshot(clinic, *seats)


class TestGroupVisits:
    def test_a_seat_is_taken_in_the_groups_own_room(self) -> None:
        snapshot = a_class_at_ten()
        placement = placed(a_wish(service=GROUP), snapshot)
        assert placement.joins == snapshot.group_visits[0]
        assert placement.room == snapshot.setup.room("sink")

    def test_where_no_seat_is_left_that_is_the_reason(self) -> None:
        assert placed(a_wish(service=GROUP), a_class_at_ten(2)).joins is not None
        assert refused(a_wish(service=GROUP), a_class_at_ten(3)) == ("taken", "group_visit_has_a_seat_left")

    def test_a_seat_comes_with_the_equipment_of_the_group(self) -> None:
        shared = an_ecg(seats=3)
        clinic = two_sites(services=(shared,), equipment=(a_pool(quantity=1), a_pool("ecg-2")))
        snapshot = a_snapshot(clinic, an_appointment(room_id="sink", equipment=(units(),)))
        placement = placed(a_wish(service=shared), snapshot)
        assert (placement.equipment, placement.joins) == ((units(),), snapshot.group_visits[0])

    @pytest.mark.parametrize("clock", ["09:45", "10:15"])
    def test_another_time_is_another_visit(self, clock: str) -> None:
        assert refused(a_wish(clock, service=GROUP), a_class_at_ten()) == (
            "taken",
            "provider_is_never_double_booked",
        )
        later = placed(a_wish("10:30", service=GROUP), a_class_at_ten())
        assert (later.joins, later.room) == (None, a_class_at_ten().setup.room("plain"))

    @pytest.mark.parametrize("elsewhere", [{"room": "plain"}, {"location": "annex"}])
    def test_no_other_visit_takes_place_beside_it_in_another_room_or_at_another_site(
        self, elsewhere: dict[str, str]
    ) -> None:
        setup = a_class_at_ten().setup
        asked: dict[str, Any] = {}
        if "room" in elsewhere:
            asked["room"] = setup.room(elsewhere["room"])
        if "location" in elsewhere:
            asked["location"] = setup.location(elsewhere["location"])
        wish = a_wish(service=GROUP, **asked)
        told = ("forbidden", "group_visit_is_shared_whole")
        assert refused(wish, a_class_at_ten()) == told
        assert refused(wish, a_class_at_ten(overbooking=(overbooking(),))) == told

    def test_a_rule_that_forbids_is_named_before_somebody_who_was_faster(self) -> None:
        snapshot = a_snapshot(two_sites(), an_appointment("10:00", "10:30", room_id="sink"))
        assert refused(a_wish("10:00"), snapshot) == ("taken", "provider_is_never_double_booked")
        assert refused(a_wish("10:01"), snapshot) == ("forbidden", "start_is_aligned")

    def test_of_several_rooms_one_that_is_only_taken_is_named(self) -> None:
        clinic = two_sites(
            providers=(a_provider(), a_provider("lind")),
            exceptions=(closed("rooms/plain", moment("08:00"), moment("16:00")),),
        )
        wish = a_wish(provider=a_provider())
        assert refused(wish, a_snapshot(clinic, elsewhere("sink"))) == (
            "taken",
            "room_is_never_double_booked",
        )

    def test_each_kind_of_refusal_names_its_rule(self) -> None:
        clinic = two_sites(equipment=(a_pool(quantity=1),), services=(a_service(), an_ecg()))
        lent = elsewhere("plain", equipment=(units(),))
        busy = a_snapshot(clinic, elsewhere("sink", id="1", patient_id="ada"))
        blocked = a_patient(blocked_provider_ids=frozenset({"okoro"}))
        found = {
            refused(a_wish(service=a_service("massage")), a_snapshot(clinic)),
            refused(a_wish(patient=blocked), a_snapshot(clinic)),
            refused(a_wish("05:00"), a_snapshot(clinic)),
            refused(a_wish(service=a_service(max_future_days=0)), a_snapshot(clinic)),
            refused(a_wish("07:00"), a_snapshot(clinic)),
            refused(a_wish(service=an_ecg(2)), a_snapshot(clinic)),
            refused(a_wish(service=an_ecg(), location=a_location()), a_snapshot(clinic, lent)),
            refused(a_wish(), busy),
            refused(a_wish(service=a_service(room_types=frozenset({"gym"}))), a_snapshot(clinic)),
            refused(a_wish(service=a_service(allowed_provider_ids=frozenset())), a_snapshot(clinic)),
            refused(a_wish(service=a_service(blackout_dates=frozenset({MONDAY}))), a_snapshot(clinic)),
        }
        assert found == {
            ("forbidden", "provider_offers_the_service"),
            ("forbidden", "provider_is_not_blocked_for_the_patient"),
            ("forbidden", "start_respects_notice"),
            ("forbidden", "start_is_within_the_booking_horizon"),
            ("forbidden", "provider_is_working"),
            ("forbidden", "equipment_is_what_the_service_needs"),
            ("taken", "equipment_is_never_overbooked"),
            ("taken", "patient_is_never_in_two_places"),
            ("forbidden", "room_suits_the_service"),
            ("forbidden", "service_allows_the_provider"),
            ("forbidden", "service_is_not_blacked_out"),
        }
        assert {rule for _, rule in found} < {rule.__name__ for rule in HARD_RULES}

    def test_what_is_counted_is_taken_and_not_forbidden(self) -> None:
        counted = a_service(max_per_day=1)
        apart = a_service(min_gap_minutes=300)
        busy = replace(MOBILE, max_visits_per_day=1)
        early = an_appointment("08:00", "08:30", room_id="sink")

        def reason(wish: Wish, *booked: Appointment, **parts: Any) -> tuple[str, str]:
            return refused(wish, a_snapshot(two_sites(**parts), *booked))

        assert [
            reason(a_wish(provider=busy), early, providers=(busy,)),
            reason(a_wish(service=counted), early, services=(counted,)),
            reason(a_wish(service=apart), early, services=(apart,)),
            reason(a_wish("08:00"), early, overbooking=(overbooking(max_per_day=0),)),
        ] == [
            ("taken", "provider_has_visits_left_that_day"),
            ("taken", "service_has_visits_left_that_day"),
            ("taken", "visits_of_a_service_keep_their_gap"),
            ("taken", "overbooking_stays_within_its_daily_limit"),
        ]

    def test_a_visit_that_keeps_its_start_may_have_begun_long_ago(self) -> None:
        early = a_wish("05:07", keeps_start=True, provider=a_provider("night"))
        clinic = two_sites(providers=(a_provider("night"),), working_hours=())
        assert refused(early, a_snapshot(clinic)) == ("forbidden", "provider_is_working")
        assert refused(replace(early, keeps_start=False), a_snapshot(clinic)) == (
            "forbidden",
            "start_respects_notice",
        )

    def test_a_room_at_another_place_than_asked_for_is_refused(self) -> None:
        clinic = two_sites()
        contradiction = a_wish(room=clinic.room("far"), location=a_location())
        assert refused(contradiction, a_snapshot(clinic)) == ("forbidden", "room_suits_the_service")
