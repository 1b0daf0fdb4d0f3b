"""The points of a placement, part by part."""

import pytest

from models.clinic import Clinic, PreferredWindow, Provider, ProviderPreferences, Weights
from models.score import ScoreBasis, rooms_best_first, score_of
from models.setup import ClinicSetup
from models.slot import Placement, ScoreBreakdown, TimeOfDay
from models.snapshot import ClinicSnapshot
from tests.builders import (
    a_call,
    a_clinic,
    a_location,
    a_patient,
    a_placement,
    a_provider,
    a_request,
    a_room,
    a_service,
    a_snapshot,
    an_appointment,
    at,
)

SINK = frozenset({"sink"})


def scored(
    placement: Placement, snapshot: ClinicSnapshot | None = None, preferred: TimeOfDay | None = None
) -> ScoreBreakdown:
    """The score where all of Monday was asked for."""
    asked = a_request(placement.service, preferred=preferred)
    return score_of(placement, ScoreBasis.of(snapshot or a_snapshot(), asked))


def weighing(**weights: int) -> Clinic:
    return Clinic(id="clinic", name="The Clinic", timezone="UTC", weights=Weights(**weights))


def liking_rooms(*room_ids: str, weight: int = 100) -> Provider:
    return a_provider(preferences=ProviderPreferences(room_ids=room_ids, weight=weight))


class TestPreference:
    def test_a_visit_that_everybody_likes_earns_all(self) -> None:
        assert scored(a_placement("08:00"), preferred=TimeOfDay.MORNING).preference == 4000

    def test_the_wrong_part_of_the_day_costs_a_third(self) -> None:
        assert scored(a_placement("12:00"), preferred=TimeOfDay.MORNING).preference == 2666

    def test_the_part_of_the_day_ends_on_the_minute(self) -> None:
        last, beyond = a_placement("11:59"), a_placement("12:00")
        found = [scored(one, preferred=TimeOfDay.MORNING).preference for one in (last, beyond)]
        assert found == [4000, 2666]

    def test_the_part_of_the_day_is_read_on_the_clock_of_the_place(self) -> None:
        tokyo = a_location(timezone="Asia/Tokyo")
        snapshot = a_snapshot(a_clinic(locations=(tokyo,)))
        evening_there = a_placement("08:00", location=tokyo)
        assert scored(evening_there, snapshot, TimeOfDay.EVENING).preference == 4000
        assert scored(evening_there, snapshot, TimeOfDay.MORNING).preference == 2666

    @pytest.mark.parametrize(("weight", "points"), [(100, 2666), (50, 3333), (0, 4000)])
    def test_a_room_that_the_provider_does_not_like_costs_as_they_care(
        self, weight: int, points: int
    ) -> None:
        provider = liking_rooms("room-2", weight=weight)
        snapshot = a_snapshot(a_clinic(providers=(provider,), rooms=(a_room(), a_room("room-2"))))
        assert scored(a_placement(provider=provider), snapshot).preference == points
        assert scored(a_placement(provider=provider, room=a_room("room-2")), snapshot).preference == 4000

    def test_a_room_that_others_have_to_leave_pleases_nobody(self) -> None:
        provider = liking_rooms("room-1")
        snapshot = a_snapshot(a_clinic(providers=(provider,)))
        basis = ScoreBasis.of(snapshot, a_request())
        placement = a_placement(provider=provider)
        assert score_of(placement, basis).preference == 4000
        assert score_of(placement, basis, room_pleases=False).preference == 2666


class TestContinuity:
    def points(self, *seen: tuple[str, str], earliest: str = "12:00") -> dict[str, int]:
        """What Ada's visit with each of three providers earns, after these visits of hers."""
        people = [a_provider(), a_provider("lind"), a_provider("sato")]
        clinic = a_clinic(providers=people, rooms=[a_room(), a_room("room-2")])
        visits = [
            an_appointment(start, start.replace(":00", ":30"), id=start, provider_id=who, patient_id="ada")
            for start, who in seen
        ]
        asked = a_request(patient=a_patient(), start=earliest)
        basis = ScoreBasis.of(a_snapshot(clinic, *visits), asked)
        return {one.id: score_of(a_placement("13:00", provider=one), basis).preference for one in people}

    def test_the_last_provider_earns_all_another_known_one_half_and_a_stranger_nothing(self) -> None:
        points = self.points(("08:00", "lind"), ("10:00", "okoro"))
        assert points == {"okoro": 4000, "lind": 4000 * 250 // 300, "sato": 4000 * 200 // 300}

    def test_a_patient_who_was_never_here_finds_nobody_strange(self) -> None:
        assert set(self.points().values()) == {4000}

    def test_only_visits_before_the_range_count(self) -> None:
        assert self.points(("09:00", "lind"), earliest="09:01")["lind"] == 4000
        assert set(self.points(("09:00", "lind"), earliest="09:00").values()) == {4000}

    def test_where_nobody_is_named_nobody_is_a_stranger(self) -> None:
        snapshot = a_snapshot(None, an_appointment(patient_id="ada"))
        assert scored(a_placement("13:00"), snapshot).preference == 4000


class TestGap:
    def points(self, start: str, *busy: tuple[str, str], snapshot: ClinicSnapshot | None = None) -> int:
        """Of a half-hour check-up; the provider also gives visits of an hour."""
        services = (a_service(), a_service("long", duration_minutes=60))
        clinic = a_clinic(services=services, providers=(a_provider(service_ids=("checkup", "long")),))
        visits = [an_appointment(first, last, id=first) for first, last in busy]
        return scored(a_placement(start), snapshot or a_snapshot(clinic, *visits)).gap

    def test_a_visit_that_fills_a_gap_earns_most(self) -> None:
        filling = self.points("10:00", ("09:00", "10:00"), ("10:30", "11:00"))
        assert filling > self.points("08:00") > self.points("10:00")
        assert filling == 3500 * (178 + 90) // 297

    def test_a_visit_that_strands_a_fragment_earns_little(self) -> None:
        assert self.points("10:10", ("09:00", "10:00")) == 3500 * (178 - 80) // 297
        assert self.points("10:10", ("09:00", "10:00")) < self.points("10:00", ("09:00", "10:00"))

    def test_a_fragment_in_which_every_service_fits_costs_nothing_more_than_another_rest(self) -> None:
        assert self.points("11:00", ("09:00", "10:00")) == self.points("12:00", ("09:00", "10:00"))
        assert self.points("10:59", ("09:00", "10:00")) < self.points("11:00", ("09:00", "10:00"))

    def test_the_end_of_the_working_day_is_an_edge_as_well(self) -> None:
        assert self.points("08:00") == self.points("15:30") == 3500 * 178 // 297


class TestRoom:
    def test_a_room_that_is_no_more_than_needed_earns_all(self) -> None:
        assert scored(a_placement()).room == 1500

    def test_a_scarce_feature_costs(self) -> None:
        rooms = a_room(features=SINK), a_room("room-2"), a_room("room-3"), a_room("room-4")
        snapshot = a_snapshot(a_clinic(rooms=rooms))
        assert scored(a_placement(room=rooms[0]), snapshot).room == 150_000 // 175

    def test_scarcity_is_that_of_each_location(self) -> None:
        rooms = a_room(features=SINK), a_room("room-2", location_id="annex")
        snapshot = a_snapshot(a_clinic(rooms=rooms, locations=(a_location(), a_location("annex"))))
        assert scored(a_placement(room=rooms[0]), snapshot).room == 1500

    def test_a_visit_without_a_room_cannot_waste_one(self) -> None:
        assert scored(a_placement("08:00", service=a_call())).room == 1500


class TestOverbook:
    def test_a_visit_on_top_of_another_earns_nothing(self) -> None:
        snapshot = a_snapshot(None, an_appointment("10:00", "10:30"))
        found = [
            scored(a_placement(start), snapshot).overbook for start in ("09:30", "09:31", "10:29", "10:30")
        ]
        assert found == [1000, 0, 0, 1000]


class TestFairness:
    PEOPLE = (a_provider(), a_provider("lind"), a_provider("sato"))

    def points(self, *asked: str, clinic: Clinic, visits: tuple[tuple[str, str, str], ...]) -> list[int]:
        setup: ClinicSetup = a_clinic(providers=self.PEOPLE, clinic=clinic)
        booked = [an_appointment(start, end, id=start, provider_id=who) for who, start, end in visits]
        request = a_request(start="08:00", end="16:00", provider_ids=frozenset(asked) if asked else None)
        basis = ScoreBasis.of(a_snapshot(setup, *booked), request)
        return [score_of(a_placement("15:00", provider=one), basis).fairness for one in self.PEOPLE]

    def test_whoever_has_least_booked_earns_most(self) -> None:
        visits = (("okoro", "08:00", "10:00"), ("lind", "10:00", "10:30"))
        assert self.points(clinic=weighing(fairness=20), visits=visits) == [0, 1500, 2000]

    def test_it_has_no_weight_at_first(self) -> None:
        visits = (("okoro", "08:00", "10:00"),)
        assert self.points(clinic=weighing(), visits=visits) == [0, 0, 0]

    def test_only_minutes_in_the_range_count(self) -> None:
        visits = (("okoro", "07:00", "08:00"), ("lind", "15:30", "17:00"), ("sato", "07:30", "08:10"))
        assert self.points(clinic=weighing(fairness=30), visits=visits) == [3000, 0, 2000]

    def test_only_those_asked_about_are_compared(self) -> None:
        visits = (("okoro", "08:00", "10:00"), ("lind", "10:00", "10:30"))
        assert self.points("lind", "sato", clinic=weighing(fairness=20), visits=visits)[1:] == [0, 2000]

    def test_where_nobody_has_anything_nobody_is_ahead(self) -> None:
        assert self.points(clinic=weighing(fairness=20), visits=()) == [0, 0, 0]


class TestScoreOf:
    def test_weights_are_the_clinics(self) -> None:
        clinic = a_clinic(clinic=weighing(preference=12, gap=0, room=3, overbook=1))
        score = scored(a_placement("08:10"), a_snapshot(clinic), TimeOfDay.EVENING)
        assert score == ScoreBreakdown(800, 0, 300, 100)

    def test_the_parts_add_up(self) -> None:
        assert ScoreBreakdown(4000, 2095, 1500, 1000).total == 85_95
        assert scored(a_placement("08:00")).total == 85_95

    def test_the_worked_example_of_the_documentation(self) -> None:
        """At 13:10 between visits until 13:00 and from 14:20, where a morning was asked for."""
        windows = (
            PreferredWindow(start=8 * 60, end=12 * 60, weight=80),
            PreferredWindow(start=12 * 60, end=17 * 60, weight=40),
        )
        preferences = ProviderPreferences(time_windows=windows, room_ids=("room-2",), weight=60)
        okoro = a_provider(preferences=preferences, service_ids=("checkup", "long"))
        rooms = (a_room(), a_room("room-2", features=SINK))
        clinic = a_clinic(
            providers=(okoro, a_provider("lind")),
            rooms=rooms,
            services=(a_service(), a_service("long", duration_minutes=60)),
        )
        snapshot = a_snapshot(
            clinic,
            an_appointment("08:00", "08:30", id="1", patient_id="ada"),
            an_appointment("09:00", "09:30", id="2", patient_id="ada", provider_id="lind"),
            an_appointment("12:30", "13:00", id="3", room_id="room-2"),
            an_appointment("14:20", "14:50", id="4", room_id="room-2"),
        )
        asked = a_request(start="12:00", end="16:00", patient=a_patient(), preferred=TimeOfDay.MORNING)
        placement = a_placement("13:10", provider=okoro, room=rooms[1])
        score = score_of(placement, ScoreBasis.of(snapshot, asked))
        assert score == ScoreBreakdown(preference=1800, gap=683, room=920, overbook=1000)
        assert score.total == 44_03

    def test_the_starts_of_the_documentation(self) -> None:
        services = (a_service(), a_service("long", duration_minutes=60))
        clinic = a_clinic(services=services, providers=(a_provider(service_ids=("checkup", "long")),))
        visits = an_appointment("12:30", "13:00", id="1"), an_appointment("14:20", "14:50", id="2")
        snapshot = a_snapshot(clinic, *visits)
        found = [scored(a_placement(start), snapshot).gap for start in ("13:00", "13:10", "13:20", "13:50")]
        assert found == [1508, 683, 565, 1508]


class TestRoomsBestFirst:
    def order(self, provider: Provider) -> list[str]:
        rooms = (a_room("b"), a_room("a"), a_room("sink", features=SINK), a_room("hall", capacity=4))
        clinic = a_clinic(rooms=rooms, providers=(provider,))
        basis = ScoreBasis.of(a_snapshot(clinic), a_request())
        return [room.id for room in rooms_best_first(a_placement(provider=provider), rooms, basis)]

    def test_the_best_fit_comes_first_and_then_the_name(self) -> None:
        assert self.order(a_provider()) == ["a", "b", "sink", "hall"]

    def test_a_room_that_the_provider_likes_comes_forward(self) -> None:
        assert self.order(liking_rooms("sink")) == ["sink", "a", "b", "hall"]
        assert self.order(liking_rooms("hall", weight=80)) == ["a", "b", "hall", "sink"]
        assert self.order(liking_rooms("b", "sink")) == ["b", "sink", "a", "hall"]

    def test_as_far_as_they_care(self) -> None:
        assert self.order(liking_rooms("hall", weight=1)) == ["a", "b", "sink", "hall"]


def test_the_range_of_the_request_is_what_counts() -> None:
    """A room that is free all afternoon is not scarce in the afternoon, however full its morning."""
    rooms = (a_room(features=SINK), a_room("room-2"))
    morning = [an_appointment(f"{hour:02d}:00", f"{hour + 1:02d}:00", id=str(hour)) for hour in range(8, 12)]
    snapshot = a_snapshot(a_clinic(rooms=rooms), *morning)
    placement = a_placement("13:00")
    in_person = placement._replace(room=rooms[0])
    found = [
        score_of(in_person, ScoreBasis.of(snapshot, a_request(start=start, end=at("16:00")))).room
        for start in ("12:00", "08:00")
    ]
    assert found == [150_000 // 150, 150_000 // 175]
