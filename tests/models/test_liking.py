"""How much patient and provider like a placement, in percent."""

from typing import Any

import pytest

from models.clinic import PreferredWindow, Provider, ProviderPreferences
from models.liking import familiarity, patient_liking, provider_liking
from models.slot import TimeOfDay
from tests.builders import a_clinic, a_provider, a_room, a_snapshot, an_appointment, at, moment


def liking(*windows: tuple[str, str, int], rooms: tuple[str, ...] = (), weight: int = 100) -> Provider:
    """A provider with these preferred windows and rooms."""
    preferences = ProviderPreferences(
        time_windows=tuple(
            PreferredWindow(start=at(start) - at("00:00"), end=at(end) - at("00:00"), weight=worth)
            for start, end, worth in windows
        ),
        room_ids=rooms,
        weight=weight,
    )
    return a_provider(preferences=preferences)


def at_nine(provider: Provider, room: Any = None) -> int:
    return provider_liking(provider, 9 * 60, 9 * 60 + 30, room)


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


class TestProviderLikingOfTimes:
    def test_a_provider_without_windows_likes_everything(self) -> None:
        assert at_nine(a_provider()) == 100
        assert at_nine(liking(("12:00", "13:00", 0))) == 100

    def test_a_visit_must_lie_inside_the_window(self) -> None:
        provider = liking(("08:00", "12:00", 50))
        assert provider_liking(provider, 8 * 60, 8 * 60 + 30, None) == 100
        assert provider_liking(provider, 11 * 60 + 30, 12 * 60, None) == 100
        assert provider_liking(provider, 8 * 60 - 1, 8 * 60 + 29, None) == 0
        assert provider_liking(provider, 11 * 60 + 31, 12 * 60 + 1, None) == 0

    def test_the_dearest_window_counts_full_and_others_in_proportion(self) -> None:
        provider = liking(("08:00", "12:00", 90), ("10:00", "16:00", 30))
        assert provider_liking(provider, 9 * 60, 9 * 60 + 30, None) == 100
        assert provider_liking(provider, 11 * 60, 11 * 60 + 30, None) == 100
        assert provider_liking(provider, 13 * 60, 13 * 60 + 30, None) == 33


class TestProviderLikingOfRooms:
    def test_a_preferred_room_is_liked_and_any_other_is_not(self) -> None:
        provider = liking(rooms=("room-1", "room-3"))
        liked = [at_nine(provider, a_room(name)) for name in ("room-1", "room-2", "room-3")]
        assert liked == [100, 0, 100]

    def test_a_visit_without_a_room_leaves_the_rooms_unsaid(self) -> None:
        assert at_nine(liking(rooms=("room-1",))) == 100
        assert at_nine(liking(("12:00", "13:00", 50), rooms=("room-1",))) == 0

    def test_time_and_room_count_alike(self) -> None:
        provider = liking(("12:00", "13:00", 50), rooms=("room-1",))
        assert at_nine(provider, a_room("room-1")) == 50
        assert at_nine(liking(("08:00", "10:00", 50), rooms=("room-1",)), a_room("room-2")) == 50

    def test_a_room_that_others_have_to_leave_pleases_nobody(self) -> None:
        provider = liking(rooms=("room-1",))
        assert provider_liking(provider, 540, 570, a_room(), room_pleases=False) == 0


class TestWeightOfPreferences:
    @pytest.mark.parametrize(("weight", "left"), [(0, 100), (1, 99), (60, 40), (100, 0)])
    def test_what_is_disliked_counts_as_far_as_the_preferences_weigh(self, weight: int, left: int) -> None:
        assert at_nine(liking(("12:00", "13:00", 50), weight=weight)) == left

    def test_what_is_liked_is_liked_whatever_the_weight(self) -> None:
        assert {at_nine(liking(("08:00", "13:00", 50), weight=weight)) for weight in (0, 50, 100)} == {100}

    def test_the_loss_is_rounded_down(self) -> None:
        """67 percent are missing, of which 45 percent count: 30.15."""
        provider = liking(("12:00", "16:00", 90), ("08:00", "12:00", 30), weight=45)
        assert at_nine(provider) == 70


class TestFamiliarity:
    def seen(self, *visits: tuple[str, str]) -> dict[str, int]:
        """What Bela, who had these visits with these providers, knows of them at noon."""
        booked = [
            an_appointment(moment(start), moment(start.replace(":00", ":30")), id=start, provider_id=who)
            for start, who in visits
        ]
        clinic = a_clinic(providers=(a_provider(), a_provider("lind")))
        return familiarity(a_snapshot(clinic, *booked), "bela", at("12:00"))

    def test_whom_a_patient_saw_last_they_know_best(self) -> None:
        assert self.seen(("08:00", "okoro"), ("09:00", "lind")) == {"okoro": 50, "lind": 100}

    def test_the_last_one_stays_the_last_one_if_seen_before_too(self) -> None:
        visits = ("08:00", "okoro"), ("09:00", "lind"), ("10:00", "okoro")
        assert self.seen(*visits) == {"okoro": 100, "lind": 50}

    def test_only_visits_that_begin_before_the_range_count(self) -> None:
        assert self.seen(("11:00", "lind"), ("12:00", "okoro")) == {"lind": 100}
        assert self.seen(("12:00", "okoro")) == {}

    def test_others_visits_do_not_matter(self) -> None:
        assert familiarity(a_snapshot(None, an_appointment()), "ada", at("12:00")) == {}
