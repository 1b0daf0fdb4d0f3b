"""What a question means before any variable exists: the range of starts, and what the answer depends on."""

from datetime import timedelta

from models.setup import ClinicSetup
from models.slot import SlotRequest
from solver.problem import SearchProblem, search_span
from tests.builders import (
    NOW,
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
    an_ecg,
    at,
)


def problem(request: SlotRequest, setup: ClinicSetup | None = None, seconds: float = 0) -> SearchProblem:
    return SearchProblem(
        snapshot=a_snapshot(setup or a_clinic(), now=NOW + timedelta(seconds=seconds)), request=request
    )


class TestStarts:
    def test_the_range_bounds_them(self) -> None:
        asked = problem(a_request(start="09:00", end="17:00"))
        assert (asked.first_start, asked.after_last_start) == (at("09:00"), at("17:00"))

    def test_the_clock_and_the_notice_cut_the_range(self) -> None:
        service = a_service(min_notice_minutes=90)
        assert problem(a_request(service)).first_start == at("07:30")
        assert problem(a_request(service), seconds=1).first_start == at("07:31")

    def test_the_horizon_cuts_the_range_behind_its_last_minute(self) -> None:
        assert problem(a_request(a_service(max_future_days=0))).after_last_start == at("06:01")


class TestBoundsOfStarts:
    """What the clock changes about an answer, and nothing else: it belongs to the answer's version."""

    def test_they_move_only_when_a_start_is_lost(self) -> None:
        first = problem(a_request()).bounds_of_starts
        assert first[0] == at("06:00")
        assert problem(a_request(), seconds=1).bounds_of_starts[0] == at("06:15")
        assert problem(a_request(), seconds=15 * 60).bounds_of_starts[0] == at("06:15")
        assert problem(a_request(), seconds=15 * 60 + 1).bounds_of_starts[0] == at("06:30")

    def test_a_range_that_lies_ahead_does_not_move_at_all(self) -> None:
        asked = a_request(start="12:00", end="13:00")
        assert problem(asked).bounds_of_starts == problem(asked, seconds=3600).bounds_of_starts

    def test_offsets_of_half_an_hour_have_a_stride_of_their_own(self) -> None:
        hourly = a_service(slot_step_minutes=60)
        kolkata = a_clinic(timezone="Asia/Kolkata")
        assert problem(a_request(hourly), kolkata, seconds=1).bounds_of_starts[0] == at("06:30")

    def test_a_clinic_without_locations_has_bounds_too(self) -> None:
        nowhere = a_clinic(locations=(), rooms=(), providers=(a_provider(location_ids=()),))
        low, high = problem(a_request(), nowhere).bounds_of_starts
        assert low <= high


class TestWhatTheAnswerDependsOn:
    def test_only_resources_that_could_serve_the_visit(self) -> None:
        clinic = a_clinic(
            locations=(a_location(), a_location("annex")),
            providers=(
                a_provider(),
                a_provider("lind", service_ids=()),
                a_provider("zhou", location_ids=("annex",)),
            ),
            rooms=(a_room(), a_room("gym", type="gym"), a_room("far", location_id="annex")),
            equipment=(
                a_pool(),
                a_pool("laser", type="laser"),
                a_pool("far-ecg", location_id="annex"),
            ),
        )
        asked = a_request(an_ecg(room_types=frozenset({"exam"})), location=a_location())
        assert set(problem(asked, clinic).refs) == {"providers/okoro", "rooms/room-1", "equipment/ecg-1"}

    def test_a_visit_from_afar_depends_on_no_room(self) -> None:
        assert problem(a_request(a_call())).refs == ("providers/okoro",)

    def test_a_blocked_provider_does_not_matter(self) -> None:
        patient = a_patient(blocked_provider_ids=frozenset({"okoro"}))
        assert problem(a_request(patient=patient)).refs == ("rooms/room-1",)

    def test_the_span_reaches_as_far_as_any_hold_or_rest_that_counts(self) -> None:
        service = a_service(buffer_before_minutes=10, buffer_after_minutes=5)
        clinic = a_clinic(services=(service,), rooms=(a_room(turnaround_minutes=60),))
        low, high = search_span(clinic, a_request(service, start="09:00", end="10:00"))
        assert low <= at("09:00") - 10 - 45
        assert high >= at("10:00") - 1 + 30 + 5 + 60
