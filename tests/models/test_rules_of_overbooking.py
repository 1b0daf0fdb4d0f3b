"""The rule about overbooking: how many visits a provider takes on top of others on one day."""

from datetime import date, timedelta
from typing import Any

import pytest

from models.appointment import Appointment, AppointmentStatus
from models.rules import (
    first_violation,
    overbooking_stays_within_its_daily_limit,
    provider_is_never_double_booked,
)
from tests.builders import (
    MONDAY,
    NOW,
    a_group_visit,
    a_location,
    a_placement,
    a_provider,
    a_room,
    a_service,
    an_appointment,
    moment,
    overbooking,
)
from tests.models.overbooked import with_rules
from tests.verdicts import fits, refusal


def overbooked_day(*tops: tuple[str, str], day: date = MONDAY, **changes: Any) -> tuple[Appointment, ...]:
    """A visit from 08:00 to 12:00, these on top of it, and one at two for another to be put on top of."""
    found = [
        an_appointment(moment("08:00", day), moment("12:00", day), id="long"),
        an_appointment(moment("14:00", day), moment("14:30", day), id="later"),
    ]
    for number, (start, end) in enumerate(tops, 2):
        usual: dict[str, Any] = {
            "id": f"top-{number}",
            "patient_id": f"patient-{number}",
            "room_id": f"room-{number}",
            "overbook": True,
        }
        found.append(an_appointment(moment(start, day), moment(end, day), **{**usual, **changes}))
    return tuple(found)


RULE = overbooking_stays_within_its_daily_limit


class TestOverbookingStaysWithinItsDailyLimit:
    def test_the_last_visit_on_top_fits_and_one_more_does_not(self) -> None:
        rule = overbooking(max_per_day=2)
        one = overbooked_day(("08:00", "08:30"))
        assert fits(RULE, a_placement("14:00"), with_rules(rule, booked=one))
        two = overbooked_day(("08:00", "08:30"), ("09:00", "09:30"))
        violation = refusal(RULE, a_placement("14:00"), with_rules(rule, booked=two))
        assert (violation.resource, violation.taken) == ("providers/okoro", True)
        assert violation.message == "Dr Okoro takes no more visits on top of others on that day"

    def test_a_visit_beside_all_others_never_counts(self) -> None:
        rule = overbooking(max_per_day=1)
        full = with_rules(rule, booked=overbooked_day(("08:00", "08:30")))
        assert fits(RULE, a_placement("13:30"), full)
        refusal(RULE, a_placement("13:31"), full)

    def test_a_limit_of_none_lets_nothing_on_top(self) -> None:
        snapshot = with_rules(overbooking(max_per_day=0), booked=overbooked_day())
        refusal(RULE, a_placement("14:00"), snapshot)
        assert fits(RULE, a_placement("13:00"), snapshot)

    def test_without_a_limit_the_lanes_alone_count(self) -> None:
        many = overbooked_day(("08:00", "08:30"), ("09:00", "09:30"), ("10:00", "10:30"))
        assert fits(RULE, a_placement("14:00"), with_rules(overbooking(), booked=many))

    def test_another_rule_that_applies_and_has_some_left_lets_it_in(self) -> None:
        booked = overbooked_day(("08:00", "08:30"))
        spent, fresh = overbooking(id="spent", max_per_day=1), overbooking(id="fresh", max_per_day=2)
        assert fits(RULE, a_placement("14:00"), with_rules(spent, fresh, booked=booked))
        refusal(RULE, a_placement("14:00"), with_rules(spent, booked=booked))

    def test_a_rule_with_too_few_lanes_does_not_help_however_much_it_has_left(self) -> None:
        two_at_once = overbooked_day(("14:00", "14:30"))
        wide, narrow = overbooking(id="wide", lanes=2, max_per_day=1), overbooking(id="narrow")
        refusal(RULE, a_placement("14:00"), with_rules(wide, narrow, booked=two_at_once))

    def test_where_no_rule_has_enough_lanes_it_is_double_booking_and_no_limit(self) -> None:
        snapshot = with_rules(overbooking(max_per_day=0), booked=overbooked_day(("14:00", "14:30")))
        assert fits(RULE, a_placement("14:00"), snapshot)
        refusal(provider_is_never_double_booked, a_placement("14:00"), snapshot)

    def test_only_visits_on_top_to_which_the_rule_applies_count(self) -> None:
        early = overbooked_day(("08:00", "08:30"))
        from_nine = overbooking("09:00", "16:00", max_per_day=1)
        assert fits(RULE, a_placement("14:00"), with_rules(from_nine, booked=early))
        on_the_edge = overbooked_day(("09:00", "09:30"))
        refusal(RULE, a_placement("14:00"), with_rules(from_nine, booked=on_the_edge))
        others = overbooked_day(("08:00", "08:30"), service_id="other")
        for_checkups = overbooking(service_id="checkup", max_per_day=1)
        assert fits(RULE, a_placement("14:00"), with_rules(for_checkups, booked=others))

    def test_what_another_provider_takes_on_top_counts_for_them(self) -> None:
        rule = overbooking(service_id="checkup", max_per_day=1)
        colleagues = overbooked_day(("08:00", "08:30"), provider_id="lind")
        both = (a_provider(), a_provider("lind"))
        assert fits(RULE, a_placement("14:00"), with_rules(rule, booked=colleagues, providers=both))

    def test_other_days_have_limits_of_their_own(self) -> None:
        rule = overbooking(max_per_day=1)
        yesterday = overbooked_day(("08:00", "08:30"), day=MONDAY - timedelta(days=1))
        today = (an_appointment("14:00", "14:30", id="today"),)
        assert fits(RULE, a_placement("14:00"), with_rules(rule, booked=(*yesterday, *today)))

    def test_the_day_is_that_of_the_clinic_and_the_window_that_of_the_location(self) -> None:
        """In Auckland the visits lie on Monday and on Tuesday, on the clinic's calendar all on Monday."""
        auckland = a_location(timezone="Pacific/Auckland")  # 12:00 ahead of UTC
        rule = overbooking("00:00", "24:00", max_per_day=1)
        booked = overbooked_day(("11:00", "11:30"))
        placement = a_placement("14:00", location=auckland)
        far = with_rules(rule, booked=booked, locations=(auckland,))
        refusal(RULE, placement, far)
        at_home = with_rules(rule, booked=booked, locations=(auckland,), timezone="Pacific/Auckland")
        assert fits(RULE, placement, at_home)

    @pytest.mark.parametrize(
        ("status", "counts"), [("completed", True), ("canceled", False), ("expired", False)]
    )
    def test_completed_visits_count_and_canceled_ones_do_not(self, status: str, counts: bool) -> None:
        booked = overbooked_day(("08:00", "08:30"), status=AppointmentStatus(status))
        snapshot = with_rules(overbooking(max_per_day=1), booked=booked)
        assert fits(RULE, a_placement("14:00"), snapshot) != counts

    def test_a_hold_counts_until_the_moment_it_expires(self) -> None:
        pending: dict[str, Any] = {"status": AppointmentStatus.PENDING}
        rule = overbooking(max_per_day=1)
        alive = overbooked_day(("08:00", "08:30"), **pending, expires_at=NOW + timedelta(microseconds=1))
        refusal(RULE, a_placement("14:00"), with_rules(rule, booked=alive))
        over = overbooked_day(("08:00", "08:30"), **pending, expires_at=NOW)
        assert fits(RULE, a_placement("14:00"), with_rules(rule, booked=over))

    def test_a_group_visit_on_top_counts_once_and_whoever_joins_does_not_count(self) -> None:
        group = a_service(seats=3)
        alike: dict[str, Any] = {"room_id": "room-2", "overbook": True}
        seats = [
            an_appointment("08:00", "08:30", id=f"{number}", patient_id=f"patient-{number}", **alike)
            for number in range(2)
        ]
        booked = (*overbooked_day(service_id="other"), *seats)
        services = (group, a_service("other"))
        once = with_rules(overbooking(max_per_day=2), booked=booked, services=services)
        assert fits(RULE, a_placement("14:00", service=group), once)
        spent = with_rules(overbooking(max_per_day=1), booked=booked, services=services)
        refusal(RULE, a_placement("14:00", service=group), spent)
        joins = a_placement("08:00", service=group, joins=a_group_visit("08:00", overbook=True))
        assert fits(RULE, joins, spent)


def test_the_table_of_examples_in_the_documentation() -> None:
    rule = overbooking("09:00", "12:00", lanes=1, max_per_day=2)

    def refused(start: str, *booked: Appointment) -> str | None:
        violation = first_violation(
            a_placement(start, room=a_room("room-5")), with_rules(rule, booked=booked)
        )
        return violation.rule if violation else None

    def visit(start: str, end: str, number: int = 1, **changes: Any) -> Appointment:
        alone = {"id": f"{number}", "patient_id": f"patient-{number}", "room_id": f"room-{number}"}
        return an_appointment(start, end, **{**alone, **changes})

    half_past = visit("09:30", "10:00")
    assert refused("09:30", half_past) is None
    double_booked = "provider_is_never_double_booked"
    assert refused("09:30", half_past, visit("09:30", "10:00", 2, overbook=True)) == double_booked
    assert refused("11:45", visit("11:45", "12:15")) == double_booked
    day = [
        *(
            visit(clock, f"{clock[:2]}:30", number)
            for number, clock in enumerate(("09:00", "10:00", "11:00"), 1)
        ),
        visit("09:00", "09:30", 4, overbook=True),
        visit("10:00", "10:30", 4, overbook=True),
    ]
    assert refused("11:00", *day) == "overbooking_stays_within_its_daily_limit"
    assert refused("10:30", *day) is None
