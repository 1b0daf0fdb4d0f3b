"""Why nothing fits and what would help, case by case, in the small clinic of the builders."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from models.appointment import Appointment, AppointmentStatus
from models.clinic import WorkingHours
from models.explanation import Explanation, Relaxation
from models.rules import HARD_RULES
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import at_wall_clock, zone_named
from solver.closing_prices import ONE, price_of
from solver.explaining import what_hides_more, why_nothing_fits
from solver.offers import offer_slots
from tests.builders import (
    MONDAY,
    TUESDAY,
    a_call,
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
    hours,
    moment,
    units,
)

Pairs = set[tuple[str, str]]


def explained(snapshot: ClinicSnapshot, request: SlotRequest) -> Explanation:
    """Of a range that has no slot."""
    assert not offer_slots(snapshot, request).slots
    return why_nothing_fits(snapshot, request)


def closings(explanation: Explanation) -> Pairs:
    return {(one.rule, one.resource) for one in explanation.closed_by}


def relaxed(explanation: Explanation, kind: str) -> list[Relaxation]:
    return [one for one in explanation.relaxations if one.change.kind == kind]


def booked_all_day(**changes: object) -> Appointment:
    return an_appointment("08:00", "16:00", **changes)


def working(*providers: str) -> list[WorkingHours]:
    return [hours(f"providers/{one}", "08:00", "16:00") for one in providers]


class TestWhatCloses:
    def test_is_the_only_provider_who_is_taken(self) -> None:
        snapshot = a_snapshot(a_clinic(rooms=(a_room(), a_room("room-2"))), booked_all_day())
        found = explained(snapshot, a_request())
        assert closings(found) == {("provider_is_never_double_booked", "providers/okoro")}
        assert found.closed_by[0].message == "Dr Okoro is taken then"

    def test_is_a_set_where_one_thing_is_not_enough(self) -> None:
        snapshot = a_snapshot(None, booked_all_day())
        assert closings(explained(snapshot, a_request(start="10:00", end="10:01"))) == {
            ("provider_is_never_double_booked", "providers/okoro"),
            ("room_is_never_double_booked", "rooms/room-1"),
        }

    def test_is_the_smallest_set_that_anybody_would_need(self) -> None:
        """Dr Abel has only a taken room in the way, Dr Okoro two things."""
        setup = a_clinic(providers=(a_provider(), a_provider("abel")))
        found = explained(a_snapshot(setup, booked_all_day()), a_request(start="09:00", end="12:00"))
        assert closings(found) == {("room_is_never_double_booked", "rooms/room-1")}

    def test_of_one_instant_with_one_person_is_what_stands_in_their_way(self) -> None:
        setup = a_clinic(providers=(a_provider(), a_provider("abel")), rooms=(a_room(), a_room("room-2")))
        snapshot = a_snapshot(setup, an_appointment())
        request = a_request(start="10:00", end="10:01", provider_ids=frozenset({"okoro"}))
        found = explained(snapshot, request)
        assert closings(found) == {("provider_is_never_double_booked", "providers/okoro")}

    def test_of_an_instant_between_the_steps_is_the_step(self) -> None:
        found = explained(a_snapshot(), a_request(start="10:07", end="10:08"))
        assert closings(found) == {("start_is_aligned", "clinic")}

    def test_is_a_step_only_where_nothing_on_the_steps_is_as_small(self) -> None:
        service = a_service(slot_step_minutes=60)
        snapshot = a_snapshot(
            a_clinic(services=(service,), rooms=(a_room(),)),
            an_appointment("10:00", "10:30"),
            an_appointment("11:00", "11:30", id="other", patient_id="ada"),
        )
        found = explained(snapshot, a_request(service, start="10:00", end="11:01"))
        assert closings(found) == {("start_is_aligned", "clinic")}

    def test_are_working_hours_at_night(self) -> None:
        found = explained(a_snapshot(), a_request(start="20:00", end="22:00"))
        assert closings(found) == {("provider_is_working", "providers/okoro")}

    def test_is_the_notice_in_the_past(self) -> None:
        found = explained(a_snapshot(now=moment("18:00")), a_request(end="16:00"))
        assert closings(found) == {("start_respects_notice", "clinic")}
        assert found.closed_by[0].message == "the start lies in the past"

    @pytest.mark.parametrize("service", [a_service(), a_call()])
    def test_nobody_at_all(self, service: object) -> None:
        setup = a_clinic(providers=(), services=(service,), working_hours=())
        found = explained(a_snapshot(setup), a_request(setup.services[0]))
        assert [one.rule for one in found.closed_by] == ["provider_offers_the_service"]
        assert not found.relaxations

    def test_nowhere_at_all(self) -> None:
        setup = a_clinic(locations=(), rooms=(), providers=(a_provider(location_ids=()),))
        found = explained(a_snapshot(setup), a_request())
        assert closings(found) == {("room_suits_the_service", "clinic")}

    def test_no_room_there(self) -> None:
        found = explained(a_snapshot(a_clinic(rooms=())), a_request())
        assert closings(found) == {("room_suits_the_service", "clinic")}

    def test_equipment_that_stands_nowhere(self) -> None:
        service = an_ecg()
        found = explained(a_snapshot(a_clinic(services=(service,))), a_request(service))
        assert closings(found) == {("equipment_is_what_the_service_needs", "clinic")}

    def test_each_pool_is_judged_for_itself(self) -> None:
        """Two of three units are needed: one pool is closed, the other has too few."""
        service = an_ecg(units=2)
        setup = a_clinic(
            services=(service,), equipment=(a_pool("one", quantity=1), a_pool("two", quantity=2))
        )
        shut = closed("equipment/two", moment("00:00"), moment("24:00"))
        found = explained(a_snapshot(replace(setup, exceptions=(shut,))), a_request(service))
        assert closings(found) == {("equipment_is_never_overbooked", "equipment/one")}

    def test_whoever_is_asked_for_somewhere_must_work_there(self) -> None:
        call = a_call()
        setup = a_clinic(
            locations=(a_location(), a_location("north")), services=(call,), providers=(a_provider(),)
        )
        found = explained(a_snapshot(setup), a_request(call, location=setup.locations[1]))
        assert closings(found) == {("provider_works_at_the_location", "providers/okoro")}

    def test_a_seat_in_a_full_group_visit_lacks_only_the_seat(self) -> None:
        group = a_service(seats=2)
        snapshot = a_snapshot(
            a_clinic(services=(group,)),
            an_appointment(),
            an_appointment(id="other", patient_id="cy"),
        )
        found = explained(snapshot, a_request(group, start="10:00", end="10:01"))
        assert closings(found) == {("group_visit_has_a_seat_left", "providers/okoro")}


class TestWhatHelps:
    def test_a_later_date_is_the_next_with_a_slot(self) -> None:
        snapshot = a_snapshot(
            None,
            booked_all_day(),
            booked_all_day(id="b", starts_at=moment("08:00", TUESDAY), ends_at=moment("16:00", TUESDAY)),
        )
        found = explained(snapshot, a_request())
        assert found.next_available == date(2026, 6, 3)
        [later] = relaxed(found, "later_date")
        assert later.change.details == {
            "date": "2026-06-03",
            "start": "2026-06-03",
            "end": "2026-06-03",
            "days": 2,
        }
        assert later.slots_gained == 31
        assert found.relaxations[0] is later

    def test_a_later_hour_of_the_same_date_counts(self) -> None:
        snapshot = a_snapshot(None, an_appointment("10:00", "12:00"))
        found = explained(snapshot, a_request(start="10:00", end="11:00"))
        assert found.next_available == MONDAY
        [later] = relaxed(found, "later_date")
        assert later.change.details["start"] == "2026-06-01T11:00:00+00:00"
        assert later.example.start >= at("12:00")

    @pytest.mark.parametrize(("days", "expected"), [(14, date(2026, 6, 15)), (15, None)])
    def test_a_date_more_than_a_fortnight_away_is_not_looked_for(
        self, days: int, expected: date | None
    ) -> None:
        away = closed("providers/okoro", moment("00:00"), moment(f"{24 * days}:00"))
        setup = replace(a_clinic(), exceptions=(away,))
        assert explained(a_snapshot(setup), a_request()).next_available == expected

    def test_the_date_is_the_one_on_the_askers_calendar(self) -> None:
        """08:00 UTC on Tuesday is still Monday in Honolulu."""
        zone = "Pacific/Honolulu"
        setup = a_clinic(timezone=zone, working_hours=[hours("providers/okoro", "22:00", "23:00")])
        day = zone_named(zone)
        request = a_request(start=at_wall_clock(MONDAY, 0, day), end=at_wall_clock(MONDAY, 60, day))
        found = explained(a_snapshot(setup), request)
        assert found.next_available == MONDAY

    def test_another_provider_where_one_was_asked_for(self) -> None:
        setup = a_clinic(
            providers=(a_provider(), a_provider("abel"), a_provider("lind", service_ids=())),
            rooms=(a_room(), a_room("room-2")),
        )
        found = explained(a_snapshot(setup, booked_all_day()), a_request(provider_ids=frozenset({"okoro"})))
        [other] = relaxed(found, "other_provider")
        assert (other.change.details, other.slots_gained) == ({"provider_id": "abel"}, 31)

    def test_somebody_blocked_is_never_suggested(self) -> None:
        patient = a_patient(blocked_provider_ids=frozenset({"abel"}))
        setup = a_clinic(providers=(a_provider(), a_provider("abel")), rooms=(a_room(), a_room("room-2")))
        request = a_request(provider_ids=frozenset({"okoro"}), patient=patient)
        assert not relaxed(explained(a_snapshot(setup, booked_all_day()), request), "other_provider")

    def test_another_location(self) -> None:
        north = a_location("north")
        setup = a_clinic(
            locations=(a_location(), north),
            providers=(a_provider(location_ids=("main", "north")),),
            rooms=(a_room("room-2", location_id="north"),),
        )
        found = explained(a_snapshot(setup), a_request(location=setup.locations[0]))
        [other] = relaxed(found, "other_location")
        assert (other.change.details, other.example.location) == ({"location_id": "north"}, north)

    def test_as_much_notice_as_the_last_start_would_have(self) -> None:
        service = a_service(min_notice_minutes=48 * 60)
        found = explained(a_snapshot(a_clinic(services=(service,))), a_request(service))
        [shorter] = relaxed(found, "shorter_notice")
        notice = at("15:30") - at("06:00")
        assert shorter.change.details == {"service_id": "checkup", "min_notice_minutes": notice}
        assert (shorter.slots_gained, shorter.example.start) == (1, at("15:30"))

    def test_no_notice_makes_up_for_the_past(self) -> None:
        service = a_service(min_notice_minutes=60)
        snapshot = a_snapshot(a_clinic(services=(service,)), now=moment("18:00"))
        assert not relaxed(explained(snapshot, a_request(service)), "shorter_notice")

    def test_a_longer_horizon(self) -> None:
        service = a_service(max_future_days=1)
        request = a_request(service, start=at("08:00") + 5 * 1440, end=at("09:00") + 5 * 1440)
        [longer] = relaxed(explained(a_snapshot(a_clinic(services=(service,))), request), "longer_horizon")
        assert longer.change.details["max_future_days"] == 6
        assert longer.slots_gained == 4

    def test_a_room_of_another_type_with_the_same_features(self) -> None:
        service = a_service(room_types=frozenset({"exam"}), room_features=frozenset({"sink"}))
        setup = a_clinic(
            services=(service,),
            rooms=(
                a_room(type="lab", features=frozenset({"sink", "couch"})),
                a_room("bare", type="office"),
            ),
        )
        [other] = relaxed(explained(a_snapshot(setup), a_request(service)), "other_room_type")
        assert other.change.details == {"service_id": "checkup", "room_type": "lab"}

    def test_one_unit_more(self) -> None:
        service = an_ecg()
        setup = a_clinic(
            services=(service,),
            equipment=(a_pool(quantity=1),),
            providers=(a_provider(), a_provider("abel")),
            rooms=(a_room(), a_room("room-2")),
        )
        snapshot = a_snapshot(setup, booked_all_day(equipment=(units(),)))
        [more] = relaxed(explained(snapshot, a_request(service)), "one_unit_more")
        assert more.change.details == {"equipment_id": "ecg-1", "quantity": 2}
        assert {more.example.provider.id, more.slots_gained} == {"abel", 31}

    def test_one_unit_is_not_named_where_two_are_missing(self) -> None:
        service = an_ecg(units=2)
        setup = a_clinic(
            services=(service,),
            equipment=(a_pool(quantity=2),),
            providers=(a_provider(), a_provider("abel")),
            rooms=(a_room(), a_room("room-2")),
        )
        snapshot = a_snapshot(setup, booked_all_day(equipment=(units(count=2),)))
        found = explained(snapshot, a_request(service))
        assert closings(found) == {("equipment_is_never_overbooked", "equipment/ecg-1")}
        assert not relaxed(found, "one_unit_more")

    def test_one_place_more_in_a_room(self) -> None:
        setup = a_clinic(providers=(a_provider(), a_provider("abel")))
        [more] = relaxed(explained(a_snapshot(setup, booked_all_day()), a_request()), "one_place_more")
        assert more.change.details == {"room_id": "room-1", "capacity": 2}

    @pytest.mark.parametrize("whose", ["provider", "service"])
    def test_one_visit_more_a_day(self, whose: str) -> None:
        service = a_service(max_per_day=1 if whose == "service" else None)
        provider = a_provider(max_visits_per_day=1 if whose == "provider" else None)
        setup = a_clinic(services=(service,), providers=(provider,))
        found = explained(a_snapshot(setup, an_appointment()), a_request(service))
        [more] = relaxed(found, "one_visit_more")
        assert set(more.change.details.values()) == {2, "checkup" if whose == "service" else "okoro"}

    def test_one_seat_more(self) -> None:
        group = a_service(seats=2)
        others = [an_appointment(id=one, patient_id=one) for one in ("cy", "dee")]
        snapshot = a_snapshot(a_clinic(services=(group,)), *others)
        [more] = relaxed(explained(snapshot, a_request(group, start="10:00", end="10:01")), "one_seat_more")
        assert (more.change.details["seats"], more.slots_gained) == (3, 1)
        assert more.example.joins is not None

    def test_somebody_who_does_not_offer_it_yet(self) -> None:
        setup = a_clinic(providers=(a_provider(service_ids=()),))
        [other] = relaxed(explained(a_snapshot(setup), a_request()), "other_provider_offers")
        assert other.change.details == {"provider_id": "okoro", "service_id": "checkup"}


class TestAMove:
    def nearly_free(self, *others: Appointment, **changes: object) -> ClinicSnapshot:
        """From 10:00 to 11:00 half an hour is free, in two halves."""
        visit = an_appointment("10:15", "10:45", **changes)
        edges: Iterable[Appointment] = (
            an_appointment("08:00", "10:00", id="before", patient_id="cy"),
            an_appointment("11:00", "16:00", id="after", patient_id="dee"),
        )
        return a_snapshot(None, visit, *edges, *others)

    def test_of_a_quarter_of_an_hour_makes_the_gap_whole(self) -> None:
        found = explained(self.nearly_free(), a_request(start="10:00", end="11:00"))
        move = relaxed(found, "move_appointment")[0]
        assert move.change.details["appointment_id"] == "booked"
        assert move.change.details["from"] == "2026-06-01T10:15:00+00:00"
        assert move.change.details["minutes"] in (-15, 15)
        assert move.slots_gained == 1
        assert "bela" not in repr(move.change).lower()

    def test_comes_last(self) -> None:
        found = explained(self.nearly_free(), a_request(start="10:00", end="11:00"))
        assert [one.change.kind for one in found.relaxations] == ["later_date", "move_appointment"]

    @pytest.mark.parametrize(
        "status", [AppointmentStatus.CHECKED_IN, AppointmentStatus.IN_PROGRESS, AppointmentStatus.COMPLETED]
    )
    def test_is_not_asked_of_somebody_who_has_arrived(self, status: AppointmentStatus) -> None:
        found = explained(self.nearly_free(status=status), a_request(start="10:00", end="11:00"))
        assert not relaxed(found, "move_appointment")

    def test_is_not_asked_of_a_patient_who_is_elsewhere_then(self) -> None:
        setup = a_clinic(providers=(a_provider(), a_provider("abel")), rooms=(a_room(), a_room("room-2")))

        def by_abel(visit: Appointment, identifier: str) -> Appointment:
            return replace(visit, id=identifier, provider_id="abel", room_id="room-2", patient_id="bela")

        snapshot = ClinicSnapshot.of(
            setup,
            appointments=[
                *self.nearly_free().appointments,
                by_abel(an_appointment("10:00", "10:15"), "first"),
                by_abel(an_appointment("10:45", "11:00"), "second"),
            ],
            now=moment("06:00"),
        )
        request = a_request(start="10:00", end="11:00", provider_ids=frozenset({"okoro"}))
        assert not relaxed(explained(snapshot, request), "move_appointment")

    def test_keeps_to_the_steps_of_its_own_service(self) -> None:
        hourly = a_service("hourly", slot_step_minutes=60)
        setup = a_clinic(
            services=(a_service(), hourly), providers=(a_provider(service_ids=("checkup", "hourly")),)
        )
        snapshot = ClinicSnapshot.of(
            setup,
            appointments=[
                replace(one, service_id="hourly") if one.id == "booked" else one
                for one in self.nearly_free().appointments
            ],
            now=moment("06:00"),
        )
        found = explained(snapshot, a_request(start="10:15", end="11:00"))
        assert {one.change.details["minutes"] for one in relaxed(found, "move_appointment")} <= {-15}

    def test_is_not_by_more_than_half_an_hour(self) -> None:
        snapshot = a_snapshot(
            None,
            an_appointment("08:45", "15:15"),
        )
        for minutes, expected in ((75, 2), (90, 0)):
            request = a_request(duration_minutes=minutes)
            assert len(relaxed(explained(snapshot, request), "move_appointment")) == min(1, expected)


class TestWhatHidesMore:
    def test_counts_the_starts_that_one_thing_alone_hides(self) -> None:
        setup = a_clinic(rooms=(a_room(), a_room("room-2")))
        snapshot = a_snapshot(setup, an_appointment())
        found = what_hides_more(snapshot, a_request(start="08:00", end="15:31"))
        assert [(one.rule, one.resource, one.hides) for one in found.closed_by] == [
            ("provider_is_never_double_booked", "providers/okoro", 3)
        ]
        assert found.relaxations == ()
        assert found.next_available is None

    def test_names_those_that_hide_most_first(self) -> None:
        setup = a_clinic(rooms=(a_room(), a_room("room-2")))
        found = what_hides_more(a_snapshot(setup, an_appointment()), a_request())
        hides = [one.hides or 0 for one in found.closed_by]
        assert hides == sorted(hides, reverse=True)
        assert found.closed_by[0].rule == "provider_is_working"

    def test_leaves_out_those_who_do_not_offer_it(self) -> None:
        setup = a_clinic(
            providers=(a_provider(), a_provider("lind", service_ids=())),
            working_hours=working("okoro", "lind"),
        )
        found = what_hides_more(a_snapshot(setup, an_appointment()), a_request())
        assert not [one for one in found.closed_by if one.resource == "providers/lind"]

    def test_says_nothing_of_an_instant_that_is_free(self) -> None:
        found = what_hides_more(a_snapshot(), a_request(start="10:00", end="10:01"))
        assert found.closed_by == ()


def test_what_closes_a_group_visit_is_counted_twice_where_the_rules_do() -> None:
    """There the provider is taken, and nobody opens another one beside it."""
    group = a_clinic(services=[a_service(seats=3)], rooms=[a_room(), a_room("room-2")])
    snapshot = a_snapshot(group, an_appointment())
    told = what_hides_more(snapshot, a_request(a_service(seats=3), start="09:00", end="12:00"))
    hidden = {one.rule: one.hides for one in told.closed_by}
    assert hidden["provider_is_never_double_booked"] == 2  # from 09:45 and from 10:15, but not from 10:00


def test_every_rule_has_a_price() -> None:

    assert all(ONE < price_of(rule.__name__) < ONE + ONE // len(HARD_RULES) for rule in HARD_RULES)
