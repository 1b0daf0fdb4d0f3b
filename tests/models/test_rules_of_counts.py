"""Rules about what is counted: visits of a provider and of a service on one day, and the gap between two."""

from datetime import date, timedelta
from typing import Any

import pytest

from models.appointment import Appointment, AppointmentStatus
from models.clinic import Provider, Service
from models.rules import (
    provider_has_visits_left_that_day,
    service_has_visits_left_that_day,
    visits_of_a_service_keep_their_gap,
)
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute
from tests.builders import (
    MONDAY,
    NOW,
    SUNDAY,
    TUESDAY,
    a_call,
    a_clinic,
    a_group_visit,
    a_location,
    a_placement,
    a_provider,
    a_service,
    a_snapshot,
    an_appointment,
    at,
    moment,
)
from tests.verdicts import fits, refusal

BERLIN = "Europe/Berlin"
BERLIN_IN_SPRING = date(2026, 3, 29)  # 23 hours long
BERLIN_IN_AUTUMN = date(2026, 10, 25)  # 25 hours long
HAVANA = "America/Havana"
HAVANA_IN_SPRING = date(2026, 3, 8)  # its midnight does not exist
HAVANA_IN_AUTUMN = date(2026, 11, 1)  # the hour after its midnight comes twice
AUCKLAND = "Pacific/Auckland"  # 12:00 ahead of UTC
HOLDING = ["pending", "scheduled", "confirmed", "checked_in", "in_progress", "completed"]
OVER = ["canceled", "no_show", "expired"]

BUSY = a_provider(max_visits_per_day=2)
RARE = a_service(max_per_day=2)


def visit(clock: str, day: date = MONDAY, zone: str = "UTC", fold: int = 0, **changes: Any) -> Appointment:
    """Half an hour from then on; everybody's own visit."""
    start = moment(clock, day, zone, fold=fold)
    alone = {"id": f"{start}", "patient_id": f"at {start}"}
    return an_appointment(start, start + timedelta(minutes=30), **{**alone, **changes})


def beside(*booked: Appointment, **parts: Any) -> ClinicSnapshot:
    """These visits in a clinic with a provider and a service of two visits a day at most."""
    usual: dict[str, Any] = {
        "providers": (BUSY, a_provider("lind", max_visits_per_day=2)),
        "services": (RARE, a_service("other")),
    }
    return a_snapshot(a_clinic(**{**usual, **parts}), *booked)


def wanted(start: str | Minute = "14:00", provider: Provider = BUSY, **changes: Any) -> Placement:
    return a_placement(start, **{"provider": provider, "service": RARE, **changes})


def capped_at(most: int) -> tuple[Provider, Service]:
    return a_provider(max_visits_per_day=most), a_service(max_per_day=most)


class TestProviderHasVisitsLeftThatDay:
    rule = staticmethod(provider_has_visits_left_that_day)

    def test_the_last_visit_of_the_day_fits_and_one_more_does_not(self) -> None:
        assert fits(self.rule, wanted(), beside(visit("08:00")))
        violation = refusal(self.rule, wanted(), beside(visit("08:00"), visit("09:00")))
        assert (violation.resource, violation.taken) == ("providers/okoro", True)
        assert violation.message == "Dr Okoro sees at most 2 patients a day"

    def test_nobody_is_counted_without_a_cap(self) -> None:
        usual = a_provider()
        full = beside(visit("08:00"), visit("09:00"), visit("10:00"), providers=(usual,))
        assert fits(self.rule, wanted(provider=usual), full)

    def test_a_cap_of_none_sees_nobody(self) -> None:
        retired, _ = capped_at(0)
        refusal(self.rule, wanted(provider=retired), beside(providers=(retired,)))

    def test_all_services_of_the_provider_count(self) -> None:
        refusal(self.rule, wanted(), beside(visit("08:00"), visit("09:00", service_id="other")))

    def test_each_provider_is_counted_alone(self) -> None:
        full = beside(visit("08:00", provider_id="lind"), visit("09:00", provider_id="lind"))
        assert fits(self.rule, wanted(), full)
        refusal(self.rule, wanted(provider=a_provider("lind", max_visits_per_day=2)), full)

    def test_days_are_counted_from_midnight_to_midnight(self) -> None:
        full = beside(visit("00:00"), visit("23:45"))
        for start in (at("00:30"), at("23:59")):
            refusal(self.rule, wanted(start), full)
        for start in (at("23:59", SUNDAY), at("00:00", TUESDAY)):
            assert fits(self.rule, wanted(start), full)

    def test_a_visit_counts_on_the_day_on_which_it_starts(self) -> None:
        overnight = visit("23:45", SUNDAY)
        assert overnight.ends_at > moment("00:00")
        assert fits(self.rule, wanted(), beside(overnight, visit("08:00")))
        refusal(self.rule, wanted(at("12:00", SUNDAY)), beside(overnight, visit("08:00", SUNDAY)))

    def test_the_day_is_that_of_the_clinic_and_not_of_the_location(self) -> None:
        """The clinic's Monday is half Monday, half Tuesday in Auckland."""
        auckland = a_location(timezone=AUCKLAND)
        full = (visit("01:00"), visit("02:00"))
        refusal(self.rule, wanted("13:00", location=auckland), beside(*full, locations=(auckland,)))
        at_home = beside(*full, locations=(auckland,), timezone=AUCKLAND)
        assert fits(self.rule, wanted("13:00", location=auckland), at_home)
        refusal(self.rule, wanted("11:59", location=auckland), at_home)

    @pytest.mark.parametrize("day", [BERLIN_IN_SPRING, BERLIN_IN_AUTUMN])
    def test_a_day_of_23_or_25_hours_is_one_day(self, day: date) -> None:
        booked = (visit("00:00", day, BERLIN), visit("23:30", day, BERLIN))
        full = beside(*booked, timezone=BERLIN)
        beyond = at("00:00", day + timedelta(days=1), BERLIN)
        refusal(self.rule, wanted(at("00:01", day, BERLIN)), full)
        refusal(self.rule, wanted(beyond - 1), full)
        assert fits(self.rule, wanted(at("00:00", day, BERLIN) - 1), full)
        assert fits(self.rule, wanted(beyond), full)

    def test_a_day_whose_midnight_does_not_exist_begins_when_the_clock_shows_one(self) -> None:
        first = at("01:00", HAVANA_IN_SPRING, HAVANA)
        booked = (visit("01:00", HAVANA_IN_SPRING, HAVANA), visit("08:00", HAVANA_IN_SPRING, HAVANA))
        full = beside(*booked, timezone=HAVANA)
        refusal(self.rule, wanted(first), full)
        assert fits(self.rule, wanted(first - 1), full)

    def test_a_midnight_that_comes_twice_begins_one_day(self) -> None:
        booked = (
            visit("00:00", HAVANA_IN_AUTUMN, HAVANA),
            visit("00:00", HAVANA_IN_AUTUMN, HAVANA, fold=1),
        )
        first = at("00:00", HAVANA_IN_AUTUMN, HAVANA)
        full = beside(*booked, timezone=HAVANA)
        refusal(self.rule, wanted(first + 59), full)
        refusal(self.rule, wanted(first + 25 * 60 - 1), full)
        assert fits(self.rule, wanted(first - 1), full)
        assert fits(self.rule, wanted(first + 25 * 60), full)

    @pytest.mark.parametrize("status", HOLDING)
    def test_live_and_completed_visits_count(self, status: str) -> None:
        booked = (visit("08:00"), visit("09:00", status=AppointmentStatus(status)))
        refusal(self.rule, wanted(), beside(*booked))

    @pytest.mark.parametrize("status", OVER)
    def test_visits_that_are_over_without_having_been_do_not(self, status: str) -> None:
        booked = (visit("08:00"), visit("09:00", status=AppointmentStatus(status)))
        assert fits(self.rule, wanted(), beside(*booked))

    def test_an_unconfirmed_hold_counts_until_the_moment_it_expires(self) -> None:
        pending: dict[str, Any] = {"status": AppointmentStatus.PENDING}
        alive = visit("09:00", **pending, expires_at=NOW + timedelta(microseconds=1))
        refusal(self.rule, wanted(), beside(visit("08:00"), alive))
        assert fits(self.rule, wanted(), beside(visit("08:00"), visit("09:00", **pending, expires_at=NOW)))

    def test_each_patient_of_a_group_visit_counts(self) -> None:
        group = a_service(seats=5)
        seats = [visit("10:00", id=f"{number}", patient_id=f"patient-{number}") for number in range(2)]
        joins = wanted("10:00", service=group, joins=a_group_visit())
        assert fits(self.rule, joins, beside(seats[0], services=(group,)))
        refusal(self.rule, joins, beside(*seats, services=(group,)))

    def test_a_cap_set_below_what_is_booked_lets_nobody_else_in(self) -> None:
        refusal(self.rule, wanted(), beside(visit("08:00"), visit("09:00"), visit("10:00")))


class TestServiceHasVisitsLeftThatDay:
    rule = staticmethod(service_has_visits_left_that_day)

    def test_the_last_visit_of_the_day_fits_and_one_more_does_not(self) -> None:
        assert fits(self.rule, wanted(), beside(visit("08:00")))
        violation = refusal(self.rule, wanted(), beside(visit("08:00"), visit("09:00")))
        assert (violation.resource, violation.taken) == ("services/checkup", True)
        assert violation.message == "Check-up is given at most 2 times a day"

    def test_all_providers_share_the_count(self) -> None:
        refusal(self.rule, wanted(), beside(visit("08:00", provider_id="lind"), visit("09:00")))

    def test_other_services_do_not_count(self) -> None:
        booked = (visit("08:00", service_id="other"), visit("09:00", service_id="other"), visit("10:00"))
        assert fits(self.rule, wanted(), beside(*booked))

    def test_nothing_is_counted_without_a_cap(self) -> None:
        usual = a_service()
        full = beside(visit("08:00"), visit("09:00"), visit("10:00"), services=(usual,))
        assert fits(self.rule, wanted(service=usual), full)

    def test_a_cap_of_none_is_given_never(self) -> None:
        _, dropped = capped_at(0)
        refusal(self.rule, wanted(service=dropped), beside(services=(dropped,)))

    def test_the_day_is_that_of_the_clinic_and_not_of_the_location(self) -> None:
        auckland = a_location(timezone=AUCKLAND)
        full = (visit("11:00"), visit("11:30"))
        refusal(self.rule, wanted("12:00", location=auckland), beside(*full, locations=(auckland,)))
        at_home = beside(*full, locations=(auckland,), timezone=AUCKLAND)
        assert fits(self.rule, wanted("12:00", location=auckland), at_home)

    def test_a_visit_without_a_place_counts_the_same(self) -> None:
        call = a_call(max_per_day=1)
        booked = beside(visit("08:00", room_id=None), services=(call,))
        refusal(self.rule, wanted(service=call), booked)
        assert fits(self.rule, wanted(at("00:00", TUESDAY), service=call), booked)

    @pytest.mark.parametrize("status", HOLDING)
    def test_live_and_completed_visits_count(self, status: str) -> None:
        booked = (visit("08:00"), visit("09:00", status=AppointmentStatus(status)))
        refusal(self.rule, wanted(), beside(*booked))

    @pytest.mark.parametrize("status", OVER)
    def test_visits_that_are_over_without_having_been_do_not(self, status: str) -> None:
        booked = (visit("08:00"), visit("09:00", status=AppointmentStatus(status)))
        assert fits(self.rule, wanted(), beside(*booked))


APART = a_service(min_gap_minutes=45)


class TestVisitsOfAServiceKeepTheirGap:
    rule = staticmethod(visits_of_a_service_keep_their_gap)

    @pytest.mark.parametrize("clock", ["08:45", "11:15"])
    def test_exactly_the_gap_before_and_behind_fits(self, clock: str) -> None:
        assert fits(self.rule, wanted(clock, service=APART), beside(visit("10:00"), services=(APART,)))

    @pytest.mark.parametrize("clock", ["08:46", "09:30", "10:00", "10:15", "10:30", "11:14"])
    def test_a_minute_less_does_not(self, clock: str) -> None:
        snapshot = beside(visit("10:00"), services=(APART,))
        violation = refusal(self.rule, wanted(clock, service=APART), snapshot)
        assert (violation.resource, violation.taken) == ("providers/okoro", True)
        assert violation.message == "Dr Okoro needs 45 minutes between visits of Check-up"

    def test_it_lies_between_the_visits_and_not_the_holds(self) -> None:
        """Buffers count towards the gap; they do not lengthen it."""
        wide = a_service(min_gap_minutes=45, buffer_before_minutes=20, buffer_after_minutes=25)
        snapshot = beside(visit("10:00"), services=(wide,))
        assert fits(self.rule, wanted("11:15", service=wide), snapshot)
        refusal(self.rule, wanted("11:14", service=wide), snapshot)

    def test_it_is_measured_from_end_to_start_whatever_the_lengths(self) -> None:
        snapshot = beside(visit("10:00"), services=(APART,))
        assert fits(self.rule, wanted("07:00", service=APART, minutes=135), snapshot)
        refusal(self.rule, wanted("07:00", service=APART, minutes=136), snapshot)

    def test_a_service_without_a_gap_keeps_none(self) -> None:
        assert fits(self.rule, wanted("10:30", service=a_service()), beside(visit("10:00")))
        overlapping = wanted("10:00", service=a_service())
        assert fits(self.rule, overlapping, beside(visit("10:00"))), "which is the business of another rule"

    def test_other_services_and_other_providers_do_not_matter(self) -> None:
        services = (APART, a_service("other"), a_service("apart too", min_gap_minutes=45))
        others = (
            visit("10:00", service_id="other"),
            visit("09:30", service_id="apart too"),
            visit("10:00", provider_id="lind", room_id=None),
        )
        assert fits(self.rule, wanted("10:30", service=APART), beside(*others, services=services))

    def test_it_reaches_over_midnight_and_a_change_of_the_clocks_in_real_minutes(self) -> None:
        overnight = beside(visit("23:30"), services=(APART,))
        assert fits(self.rule, wanted(at("00:45", TUESDAY), service=APART), overnight)
        refusal(self.rule, wanted(at("00:44", TUESDAY), service=APART), overnight)
        in_spring = beside(visit("01:15", BERLIN_IN_SPRING, BERLIN), services=(APART,), timezone=BERLIN)
        assert fits(self.rule, wanted(at("03:30", BERLIN_IN_SPRING, BERLIN), service=APART), in_spring)
        refusal(self.rule, wanted(at("03:29", BERLIN_IN_SPRING, BERLIN), service=APART), in_spring)

    def test_a_gap_longer_than_the_day_keeps_out_the_next(self) -> None:
        weekly = a_service(min_gap_minutes=1440)
        snapshot = beside(visit("10:00"), services=(weekly,))
        refusal(self.rule, wanted(at("10:29", TUESDAY), service=weekly), snapshot)
        assert fits(self.rule, wanted(at("10:30", TUESDAY), service=weekly), snapshot)

    def test_two_visits_whose_gaps_fill_the_time_between_leave_no_place(self) -> None:
        snapshot = beside(visit("09:00"), visit("11:29"), services=(APART,))
        refusal(self.rule, wanted("10:15", service=APART), snapshot)
        assert fits(self.rule, wanted("10:15", service=APART, minutes=29), snapshot)

    def test_whoever_joins_a_group_visit_needs_no_gap(self) -> None:
        group = a_service(seats=3, min_gap_minutes=45)
        snapshot = beside(visit("10:00"), services=(group,))
        assert fits(self.rule, wanted("10:00", service=group, joins=a_group_visit()), snapshot)
        refusal(self.rule, wanted("10:00", service=group), snapshot)

    @pytest.mark.parametrize("status", HOLDING)
    def test_live_and_completed_visits_keep_it(self, status: str) -> None:
        booked = visit("10:00", status=AppointmentStatus(status))
        refusal(self.rule, wanted("10:30", service=APART), beside(booked, services=(APART,)))

    @pytest.mark.parametrize("status", OVER)
    def test_visits_that_are_over_without_having_been_do_not(self, status: str) -> None:
        booked = visit("10:00", status=AppointmentStatus(status))
        assert fits(self.rule, wanted("10:30", service=APART), beside(booked, services=(APART,)))
