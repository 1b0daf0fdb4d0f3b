"""Where a provider may take one visit more, and how many at once."""

from datetime import date
from typing import Any

import pytest

from models.appointment import Appointment
from models.clinic import OverbookingRule, Weekday
from models.rules import (
    is_overbooked,
    provider_is_never_double_booked,
)
from models.snapshot import ClinicSnapshot
from tests.builders import (
    TUESDAY,
    a_call,
    a_group_visit,
    a_location,
    a_placement,
    a_provider,
    a_service,
    an_appointment,
    at,
    moment,
    overbooking,
)
from tests.models.overbooked import with_rules
from tests.verdicts import fits, refusal

BERLIN = "Europe/Berlin"
BERLIN_IN_AUTUMN = date(2026, 10, 25)  # 02:00 to 03:00 comes twice
BERLIN_IN_SPRING = date(2026, 3, 29)  # 02:00 to 03:00 does not exist
NOT_ON_MONDAYS = tuple(day for day in Weekday if day is not Weekday.MONDAY)


def one_at_ten(*rules: OverbookingRule, **parts: Any) -> ClinicSnapshot:
    return with_rules(*rules, booked=(an_appointment(),), **parts)


def several_at_ten(count: int) -> tuple[Appointment, ...]:
    """Of which all but the first were booked on top."""
    return tuple(
        an_appointment(
            id=f"{number}", patient_id=f"patient-{number}", room_id=f"room-{number}", overbook=number > 1
        )
        for number in range(1, count + 1)
    )


class TestProviderIsNeverDoubleBookedBeyondItsLanes:
    def test_a_rule_lets_a_visit_overlap_another(self) -> None:
        snapshot = one_at_ten(overbooking())
        for clock in ("09:31", "10:00", "10:29"):
            assert fits(provider_is_never_double_booked, a_placement(clock), snapshot)
            assert is_overbooked(a_placement(clock), snapshot)

    def test_a_visit_beside_another_is_not_on_top(self) -> None:
        snapshot = one_at_ten(overbooking())
        assert not is_overbooked(a_placement("10:30"), snapshot)
        assert not is_overbooked(a_placement("09:30"), snapshot)

    @pytest.mark.parametrize("lanes", [1, 2, 3])
    def test_at_most_so_many_overlap_as_there_are_lanes_on_top_of_the_first(self, lanes: int) -> None:
        rule = overbooking(lanes=lanes)
        last = with_rules(rule, booked=several_at_ten(lanes))
        assert fits(provider_is_never_double_booked, a_placement(), last)
        beyond = with_rules(rule, booked=several_at_ten(lanes + 1))
        violation = refusal(provider_is_never_double_booked, a_placement(), beyond)
        assert (violation.resource, violation.taken) == ("providers/okoro", True)

    def test_lanes_are_counted_minute_by_minute(self) -> None:
        """Two visits beside the wished one that never meet each other take one lane between them."""
        halves = (
            an_appointment("09:45", "10:15", id="1"),
            an_appointment("10:15", "10:45", id="2", patient_id="cleo"),
        )
        assert fits(provider_is_never_double_booked, a_placement(), with_rules(overbooking(), booked=halves))
        overlapping = (halves[0], an_appointment("10:14", "10:44", id="2", room_id="room-2", overbook=True))
        refusal(provider_is_never_double_booked, a_placement(), with_rules(overbooking(), booked=overlapping))

    def test_of_two_rules_the_wider_one_decides(self) -> None:
        two = several_at_ten(2)
        narrow, wide = overbooking(id="narrow"), overbooking(id="wide", lanes=2)
        assert fits(provider_is_never_double_booked, a_placement(), with_rules(narrow, wide, booked=two))
        two_narrow = with_rules(narrow, overbooking(id="other"), booked=two)
        refusal(provider_is_never_double_booked, a_placement(), two_narrow)  # lanes do not add up

    @pytest.mark.parametrize(("start", "end"), [("09:45", "10:15"), ("08:00", "16:00"), ("09:45", "12:00")])
    def test_a_window_that_contains_the_visit_applies(self, start: str, end: str) -> None:
        placement = a_placement("09:45")
        assert fits(provider_is_never_double_booked, placement, one_at_ten(overbooking(start, end)))

    @pytest.mark.parametrize(("start", "end"), [("09:46", "12:00"), ("08:00", "10:14"), ("10:15", "12:00")])
    def test_a_window_that_a_minute_of_the_visit_leaves_does_not(self, start: str, end: str) -> None:
        refusal(provider_is_never_double_booked, a_placement("09:45"), one_at_ten(overbooking(start, end)))

    def test_the_window_need_not_contain_the_buffers(self) -> None:
        wide = a_service(buffer_before_minutes=30, buffer_after_minutes=30)
        snapshot = one_at_ten(overbooking("09:45", "10:15"), services=(wide,))
        assert fits(provider_is_never_double_booked, a_placement("09:45", service=wide), snapshot)

    def test_buffers_that_overlap_take_a_lane(self) -> None:
        wide = a_service(buffer_after_minutes=10)
        narrow_clinic = one_at_ten(services=(wide,))
        refusal(provider_is_never_double_booked, a_placement("10:30", service=wide), narrow_clinic)
        snapshot = one_at_ten(overbooking(), services=(wide,))
        assert fits(provider_is_never_double_booked, a_placement("10:30", service=wide), snapshot)
        assert is_overbooked(a_placement("10:30", service=wide), snapshot)

    def test_a_rule_applies_on_its_weekdays(self) -> None:
        on_mondays = overbooking(weekdays=(Weekday.MONDAY,))
        assert fits(provider_is_never_double_booked, a_placement(), one_at_ten(on_mondays))
        refusal(
            provider_is_never_double_booked, a_placement(), one_at_ten(overbooking(weekdays=NOT_ON_MONDAYS))
        )

    def test_weekday_and_window_are_those_of_the_location(self) -> None:
        """Ten on Monday in UTC is five minutes past midnight on Tuesday where the visit takes place."""
        kiritimati = a_location(timezone="Pacific/Kiritimati")  # 14:00 ahead of UTC
        placement = a_placement("10:00", location=kiritimati)
        on_tuesday = overbooking("00:00", "00:30", weekdays=(Weekday.TUESDAY,))
        on_monday = overbooking("10:00", "10:30", weekdays=(Weekday.MONDAY,))
        assert fits(
            provider_is_never_double_booked, placement, one_at_ten(on_tuesday, locations=(kiritimati,))
        )
        refusal(provider_is_never_double_booked, placement, one_at_ten(on_monday, locations=(kiritimati,)))

    def test_a_visit_without_a_place_is_read_on_the_clock_of_the_clinic(self) -> None:
        call = a_call()
        booked = (an_appointment(room_id=None),)
        for window, is_allowed in ((("15:30", "16:00"), True), (("10:00", "10:30"), False)):
            snapshot = with_rules(
                overbooking(*window), booked=booked, timezone="Asia/Kolkata", services=(call,)
            )
            placement = a_placement(service=call)  # 15:30 in Kolkata
            assert (provider_is_never_double_booked(placement, snapshot) is None) == is_allowed
            assert (
                fits(provider_is_never_double_booked, placement, snapshot)
                if is_allowed
                else refusal(provider_is_never_double_booked, placement, snapshot)
            )

    def test_no_window_reaches_past_midnight(self) -> None:
        """A visit across midnight lies in neither of two windows that touch there."""
        late = an_appointment(moment("23:45"), moment("24:15"))
        all_day = overbooking("00:00", "24:00")
        snapshot = with_rules(all_day, booked=(late,))
        assert fits(provider_is_never_double_booked, a_placement("23:30"), snapshot)
        refusal(provider_is_never_double_booked, a_placement("23:31"), snapshot)
        assert fits(provider_is_never_double_booked, a_placement(at("00:00", TUESDAY)), snapshot)

    def test_a_window_over_a_doubled_hour_contains_both_occurrences(self) -> None:
        start = at("02:30", BERLIN_IN_AUTUMN, BERLIN, fold=1)
        booked = an_appointment(
            moment("02:30", BERLIN_IN_AUTUMN, BERLIN, fold=1), moment("03:00", BERLIN_IN_AUTUMN, BERLIN)
        )
        through = with_rules(overbooking("01:00", "03:00"), booked=(booked,), timezone=BERLIN)
        assert fits(provider_is_never_double_booked, a_placement(start), through)
        until_the_first = with_rules(overbooking("01:00", "02:59"), booked=(booked,), timezone=BERLIN)
        refusal(provider_is_never_double_booked, a_placement(start), until_the_first)

    def test_a_window_inside_the_missing_hour_is_empty(self) -> None:
        after = at("03:00", BERLIN_IN_SPRING, BERLIN)
        booked = an_appointment(
            moment("03:00", BERLIN_IN_SPRING, BERLIN), moment("03:30", BERLIN_IN_SPRING, BERLIN)
        )
        missing = with_rules(overbooking("02:00", "03:00"), booked=(booked,), timezone=BERLIN)
        refusal(provider_is_never_double_booked, a_placement(after), missing)
        until_later = with_rules(overbooking("02:10", "03:30"), booked=(booked,), timezone=BERLIN)
        assert fits(provider_is_never_double_booked, a_placement(after), until_later)

    def test_a_rule_for_a_service_lets_that_service_in_and_no_other(self) -> None:
        snapshot = one_at_ten(
            overbooking(service_id="checkup"), providers=(a_provider(service_ids=("checkup", "other")),)
        )
        assert fits(provider_is_never_double_booked, a_placement(), snapshot)
        refusal(provider_is_never_double_booked, a_placement(service=a_service("other")), snapshot)

    def test_a_rule_for_another_provider_does_not_matter(self) -> None:
        colleagues = one_at_ten(overbooking(provider_id="lind"), providers=(a_provider(), a_provider("lind")))
        refusal(provider_is_never_double_booked, a_placement(), colleagues)

    def test_whoever_joins_a_group_visit_takes_no_lane(self) -> None:
        group = a_service(seats=3)
        snapshot = one_at_ten(services=(group,))
        assert fits(
            provider_is_never_double_booked, a_placement(service=group, joins=a_group_visit()), snapshot
        )
        refusal(provider_is_never_double_booked, a_placement(service=group), snapshot)
        on_top = a_placement(service=group, joins=a_group_visit(overbook=True))
        assert is_overbooked(on_top, snapshot)
