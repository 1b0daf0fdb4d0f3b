"""The points of a placement, part by part."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import Calendar
from models.clinic import Clinic, PreferredWindow, ProviderPreferences, Weights
from models.hours import Window
from models.rules import provider_is_never_double_booked
from models.score import gap_points, idle_around, patient_liking, provider_liking, room_points, score_of
from models.setup import ClinicSetup
from models.slot import ScoreBreakdown, TimeOfDay
from tests.builders import (
    NOW,
    a_call,
    a_clinic,
    a_location,
    a_placement,
    a_provider,
    a_room,
    a_service,
    a_snapshot,
    an_appointment,
    at,
    hours,
)


def liking(*windows: tuple[str, str, int]) -> ProviderPreferences:
    return ProviderPreferences(
        time_windows=tuple(
            PreferredWindow(start=at(start) - at("00:00"), end=at(end) - at("00:00"), weight=weight)
            for start, end, weight in windows
        )
    )


class TestPatientLiking:
    @pytest.mark.parametrize(
        ("preferred", "first", "beyond"),
        [(TimeOfDay.MORNING, 0, 720), (TimeOfDay.AFTERNOON, 720, 1020), (TimeOfDay.EVENING, 1020, 1440)],
    )
    def test_a_part_of_the_day_is_liked_from_its_first_minute_to_its_last(
        self, preferred: TimeOfDay, first: int, beyond: int
    ) -> None:
        for minute in range(1440):
            assert patient_liking(preferred, minute) == (100 if first <= minute < beyond else 0)

    def test_whoever_asks_for_nothing_likes_everything(self) -> None:
        assert patient_liking(None, 0) == 100


class TestProviderLiking:
    def test_a_provider_without_windows_likes_everything(self) -> None:
        assert provider_liking(a_provider(), 0, 30) == 100
        assert provider_liking(a_provider(preferences=liking(("08:00", "12:00", 0))), 0, 30) == 100

    def test_a_visit_must_lie_inside_the_window(self) -> None:
        provider = a_provider(preferences=liking(("08:00", "12:00", 50)))
        assert provider_liking(provider, 8 * 60, 8 * 60 + 30) == 100
        assert provider_liking(provider, 11 * 60 + 30, 12 * 60) == 100
        assert provider_liking(provider, 8 * 60 - 1, 8 * 60 + 29) == 0
        assert provider_liking(provider, 11 * 60 + 31, 12 * 60 + 1) == 0

    def test_the_dearest_window_counts_full_and_others_in_proportion(self) -> None:
        provider = a_provider(preferences=liking(("08:00", "12:00", 90), ("10:00", "16:00", 30)))
        assert provider_liking(provider, 9 * 60, 9 * 60 + 30) == 100
        assert provider_liking(provider, 11 * 60, 11 * 60 + 30) == 100
        assert provider_liking(provider, 13 * 60, 13 * 60 + 30) == 33


BUSY = st.lists(
    st.tuples(st.integers(440, 1000), st.integers(1, 90)).map(lambda pair: (pair[0], sum(pair))), max_size=5
)


class TestIdleAround:
    @given(BUSY, st.integers(480, 930), st.integers(0, 20), st.integers(0, 20))
    def test_walking_away_minute_by_minute_counts_the_same(
        self, busy: list[Window], start: int, before: int, after: int
    ) -> None:
        service = a_service(buffer_before_minutes=before, buffer_after_minutes=after)
        rows = [hours("providers/okoro", "08:00", "12:00"), hours("providers/okoro", "12:30", "16:00")]
        clinic = a_clinic(services=(service,), working_hours=rows)
        midnight = at("00:00")
        index = clinic.resource_index["providers/okoro"]
        calendar = Calendar.of([(index, midnight + first, midnight + last) for first, last in busy])
        snapshot = a_snapshot(clinic).replace_calendar(calendar)
        placement = a_placement(midnight + start, service=service)
        if provider_is_never_double_booked(placement, snapshot):
            return

        def is_idle(minute: int) -> bool:
            works = 480 <= minute < 720 or 750 <= minute < 960
            return works and not any(first <= minute < last for first, last in busy)

        earlier, later = start - before - 1, start + 30 + after
        while is_idle(earlier):
            earlier -= 1
        while is_idle(later):
            later += 1
        expected = start - before - 1 - earlier, later - (start + 30 + after)
        assert idle_around(placement, snapshot) == expected


class TestGapPoints:
    @pytest.mark.parametrize(
        ("rests", "parts"),
        [
            ((0, 0), 60),  # nothing is left over
            ((30, 400), 60),  # whatever is left can still be booked
            ((29, 400), 31),
            ((10, 40), 50),
            ((10, 20), 30),
            ((29, 29), 2),
        ],
    )
    def test_rests_too_short_for_any_service_cost_their_minutes(
        self, rests: tuple[int, int], parts: int
    ) -> None:
        assert gap_points(60, *rests, shortest_stay=30) == 100 * parts

    def test_points_round_down_to_hundredths(self) -> None:
        assert gap_points(35, 10, 40, shortest_stay=30) == 3500 * 50 // 60 == 2916

    def test_the_shortest_stay_has_its_buffers(self) -> None:
        services = (a_service(buffer_after_minutes=10), a_service("quick", duration_minutes=15))
        both = a_clinic(services=services, providers=(a_provider(service_ids=("checkup", "quick")),))
        assert both.shortest_stay == {"okoro": 15}
        assert a_clinic(services=services).shortest_stay == {"okoro": 40}
        assert a_clinic(providers=(a_provider(service_ids=()),)).shortest_stay == {"okoro": 1}


def clinic_with_rooms(*rooms: Any) -> ClinicSetup:
    return a_clinic(rooms=rooms, locations=(a_location(), a_location("annex")))


class TestRoomPoints:
    def test_a_room_that_is_just_right_earns_all(self) -> None:
        service = a_service(room_features=frozenset({"sink"}))
        room = a_room(features=frozenset({"sink"}))
        assert room_points(clinic_with_rooms(room), service, room) == 1500

    def test_each_unused_feature_and_place_divides(self) -> None:
        rich = a_room("rich", features=frozenset({"sink", "couch"}))
        large = a_room("large", capacity=3)
        both = a_room("both", features=frozenset({"sink"}), capacity=4)
        clinic = clinic_with_rooms(a_room(), rich, large, both)
        points = [room_points(clinic, a_service(), room) for room in (a_room(), rich, large, both)]
        assert points == [1500, 500, 500, 300]

    def test_a_type_that_is_rarer_at_the_location_divides_once(self) -> None:
        rooms = [
            a_room("1"),
            a_room("2"),
            a_room("3", type="procedure"),
            a_room("4", type="procedure", location_id="annex"),
        ]
        clinic = clinic_with_rooms(*rooms)
        assert [room_points(clinic, a_service(), room) for room in rooms] == [1500, 1500, 750, 1500]

    def test_types_as_common_as_each_other_are_not_rare(self) -> None:
        rooms = [a_room("1"), a_room("2", type="procedure")]
        assert [room_points(clinic_with_rooms(*rooms), a_service(), room) for room in rooms] == [1500, 1500]

    def test_rooms_that_do_not_suit_make_nothing_rare(self) -> None:
        rooms = [a_room("1"), a_room("2", type="procedure"), a_room("3", type="procedure")]
        service = a_service(room_types=frozenset({"exam"}))
        assert room_points(clinic_with_rooms(*rooms), service, rooms[0]) == 1500


class TestScoreOf:
    def test_a_visit_that_leaves_nothing_to_wish_scores_a_hundred(self) -> None:
        assert score_of(a_placement("08:00"), a_snapshot(), None) == ScoreBreakdown(4000, 3500, 1500, 1000)
        assert score_of(a_placement("08:00"), a_snapshot(), None).total == 100_00

    def test_the_worked_example_of_the_documentation(self) -> None:
        """At 13:10, with 10 idle minutes before and 40 behind, where a morning was asked for."""
        room = a_room(features=frozenset({"sink"}))
        clinic = a_clinic(rooms=(room,))
        day = (an_appointment("12:30", "13:00", id="1"), an_appointment("14:20", "14:50", id="2"))
        placement = a_placement("13:10", room=room)
        score = score_of(placement, a_snapshot(clinic, *day), TimeOfDay.MORNING)
        assert score == ScoreBreakdown(preference=2000, gap=2916, room=750, overbook=1000)
        assert score.total == 66_66

    def test_a_visit_without_a_room_cannot_waste_one(self) -> None:
        assert score_of(a_placement("08:00", service=a_call()), a_snapshot(), None).room == 1500

    def test_weights_are_the_clinics(self) -> None:
        weights = Weights(preference=10, gap=0, room=3, overbook=1)
        clinic = a_clinic(clinic=Clinic(id="clinic", name="The Clinic", timezone="UTC", weights=weights))
        score = score_of(a_placement("08:10"), a_snapshot(clinic), TimeOfDay.EVENING)
        assert score == ScoreBreakdown(500, 0, 300, 100)

    def test_the_part_of_the_day_is_read_on_the_clock_of_the_place(self) -> None:
        tokyo = a_location(timezone="Asia/Tokyo")
        snapshot = a_snapshot(a_clinic(locations=(tokyo,)), now=NOW)
        evening_there = a_placement("08:00", location=tokyo)
        assert score_of(evening_there, snapshot, TimeOfDay.EVENING).preference == 4000
        assert score_of(evening_there, snapshot, TimeOfDay.MORNING).preference == 2000
