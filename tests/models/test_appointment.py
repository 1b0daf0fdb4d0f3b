"""An appointment, and the steps that its state may take."""

from datetime import datetime, timedelta
from itertools import product

import pytest

from models.appointment import HOLDING, LIVE, TRANSITIONS, AppointmentStatus, EquipmentUse
from tests.builders import NOW, an_appointment, moment

A_MOMENT = timedelta(microseconds=1)

STEPS = {
    "pending": {"confirmed", "canceled", "expired"},
    "scheduled": {"confirmed", "checked_in", "canceled", "no_show"},
    "confirmed": {"checked_in", "canceled", "no_show"},
    "checked_in": {"in_progress", "canceled", "no_show"},
    "in_progress": {"completed", "canceled"},
    "completed": set(),
    "canceled": set(),
    "no_show": set(),
    "expired": set(),
}


class TestStates:
    @pytest.mark.parametrize(("current", "wanted"), list(product(AppointmentStatus, AppointmentStatus)))
    def test_only_the_steps_of_the_table_exist(
        self, current: AppointmentStatus, wanted: AppointmentStatus
    ) -> None:
        assert (wanted in TRANSITIONS[current]) == (wanted.value in STEPS[current.value])

    def test_live_and_completed_visits_hold_their_resources(self) -> None:
        assert {status.value for status in LIVE} == {
            "pending",
            "scheduled",
            "confirmed",
            "checked_in",
            "in_progress",
        }
        assert LIVE | {AppointmentStatus.COMPLETED} == HOLDING
        for status in AppointmentStatus:
            assert (status.is_live, status.holds_resources) == (status in LIVE, status in HOLDING)

    def test_nothing_leads_back_from_an_end_to_a_live_visit(self) -> None:
        ends = [status for status in AppointmentStatus if not TRANSITIONS[status]]
        assert ends == [status for status in AppointmentStatus if not status.is_live]


class TestHoldsAt:
    @pytest.mark.parametrize("status", AppointmentStatus)
    def test_without_an_expiry_the_status_decides(self, status: AppointmentStatus) -> None:
        assert an_appointment(status=status).holds_at(NOW) == (status in HOLDING)

    def test_an_unconfirmed_hold_ends_at_its_expiry(self) -> None:
        hold = an_appointment(status=AppointmentStatus.PENDING, expires_at=NOW)
        assert hold.holds_at(NOW - A_MOMENT)
        assert not hold.holds_at(NOW)

    def test_a_confirmed_hold_forgets_its_expiry(self) -> None:
        confirmed = an_appointment(status=AppointmentStatus.CONFIRMED, expires_at=NOW)
        assert confirmed.holds_at(NOW + timedelta(days=1))


class TestNonsense:
    def test_it_ends_after_it_starts(self) -> None:
        with pytest.raises(ValueError, match="end must be after start"):
            an_appointment("10:00", "10:00")

    def test_it_lasts_at_most_a_day(self) -> None:
        an_appointment("10:00", moment("10:00") + timedelta(hours=24))
        with pytest.raises(ValueError, match="at most 24 hours"):
            an_appointment("10:00", moment("10:01") + timedelta(hours=24))

    @pytest.mark.parametrize("part", [timedelta(seconds=1), A_MOMENT])
    def test_it_falls_on_whole_minutes(self, part: timedelta) -> None:
        with pytest.raises(ValueError, match="whole minutes"):
            an_appointment(moment("10:00") + part, "11:00")
        with pytest.raises(ValueError, match="whole minutes"):
            an_appointment("10:00", moment("11:00") + part)

    def test_its_times_carry_an_offset(self) -> None:
        naive = datetime.fromisoformat("2026-06-01T10:00")
        with pytest.raises(ValueError, match="offset"):
            an_appointment(naive, "11:00")

    @pytest.mark.parametrize("count", [0, -1, 1024])
    def test_units_are_counted_from_one(self, count: int) -> None:
        with pytest.raises(ValueError, match=f"units must be from 1 to 1023, not {count}"):
            EquipmentUse(id="ecg", units=count)
