"""A clinic's setup: what is found by id, which zone holds, and hours that are expanded as far as asked."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import NotFound
from models.refs import CLINIC
from models.setup import ClinicSetup
from tests.builders import (
    MONDAY,
    a_clinic,
    a_location,
    a_pool,
    a_provider,
    a_room,
    at,
    closed,
    hours,
    moment,
)


class TestLookingUp:
    def test_what_is_there_is_found_and_what_is_not_is_named(self) -> None:
        clinic = a_clinic()
        assert clinic.provider("okoro") == a_provider()
        assert clinic.room("room-1") == a_room()
        assert clinic.location("main") == a_location()
        for find, kind in (
            (clinic.provider, "provider"),
            (clinic.room, "room"),
            (clinic.location, "location"),
            (clinic.service, "service"),
        ):
            with pytest.raises(NotFound, match=f"no {kind} nobody in this clinic"):
                find("nobody")

    def test_every_resource_has_a_number_of_its_own(self) -> None:
        clinic = a_clinic(providers=(a_provider(), a_provider("lind")), equipment=(a_pool(),))
        refs = ["providers/okoro", "providers/lind", "rooms/room-1", "equipment/ecg-1"]
        assert [clinic.resource_index[ref] for ref in refs] == [0, 1, 2, 3]


def a_clinic_with_everything() -> ClinicSetup:
    return a_clinic(
        timezone="Europe/Berlin",
        equipment=(a_pool(),),
        working_hours=[
            hours("providers/okoro", "08:00", "12:00", "FREQ=WEEKLY;BYDAY=MO,TH"),
            hours("rooms/room-1", "06:00", "22:00"),
        ],
        exceptions=(
            closed("clinic", moment("10:00"), moment("11:00")),
            closed("locations/main", moment("00:00"), moment("24:00", MONDAY + timedelta(days=40))),
        ),
    )


class TestOpenWindows:
    @given(
        st.lists(
            st.tuples(st.integers(-90, 120), st.integers(0, 60)).map(lambda pair: (pair[0], sum(pair))),
            min_size=1,
            max_size=5,
        ),
        st.sampled_from(["providers/okoro", "rooms/room-1", "equipment/ecg-1", "locations/main", CLINIC]),
    )
    def test_what_was_asked_before_changes_no_answer(self, spans: list[tuple[int, int]], ref: str) -> None:
        """Kept windows are widened as needed, and always say what fresh ones would."""
        used = a_clinic_with_everything()
        for first, last in spans:
            low, high = (
                at("00:00", MONDAY + timedelta(days=first)),
                at("24:00", MONDAY + timedelta(days=last)),
            )
            kept = used.open_windows(ref, low, high)
            fresh = a_clinic_with_everything().open_windows(ref, low, high)
            assert kept.low <= low
            assert kept.high >= high
            for minute in range(low, high, 360):
                for length in (1, 30, 1440):
                    assert kept.contain(minute, minute + length) == fresh.contain(minute, minute + length)

    def test_a_closed_clinic_closes_its_locations_and_nobody_elses_hours(self) -> None:
        clinic = a_clinic_with_everything()
        span = at("00:00"), at("24:00")
        assert not clinic.open_windows(CLINIC, *span).contain(at("10:30"), at("10:31"))
        assert not clinic.open_windows("locations/main", *span).contain(at("10:30"), at("10:31"))
        assert clinic.open_windows("providers/okoro", *span).contain(at("09:30"), at("10:00"))


class TestDerived:
    def test_what_is_derived_is_computed_once(self) -> None:
        clinic = a_clinic()
        made: list[int] = []
        for _ in range(3):
            clinic.derived("answer", lambda: made.append(1))
        assert made == [1]
