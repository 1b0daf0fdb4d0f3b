"""Why nothing fits, over HTTP: told without asking where the list is empty, and never stale."""

from typing import Any

import httpx
import pytest

from api.roles import Role
from tests.api.clinic_documents import FRIDAY, MONDAY, TUESDAY
from tests.api.desk import Desk
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest

pytestmark = pytest.mark.anyio

WEDNESDAY, THURSDAY = "2026-06-03", "2026-06-04"


async def asked(clinic: ClinicUnderTest, seen: str | None = None, **changes: Any) -> httpx.Response:
    """A scan by Dr Ada on Tuesday from ten to eleven, when Dr Ben would be at the coast."""
    usual = {
        "serviceId": clinic.ids["scan"],
        "start": f"{TUESDAY}T10:00",
        "end": f"{TUESDAY}T11:00",
        "providerIds": clinic.ids["ada"],
    }
    headers = {} if seen is None else {"If-None-Match": seen}
    params = {name: value for name, value in (usual | changes).items() if value is not None}
    answer = await clinic.client.get("/availability", params=params, headers=headers)
    assert answer.status_code in (200, 304), answer.text
    return answer


@pytest.fixture
def desk(clinic: ClinicUnderTest) -> Desk:
    return Desk(clinic)


@pytest.fixture
async def full(clinic: ClinicUnderTest, desk: Desk) -> list[dict[str, Any]]:
    """Both slots of Dr Ada from ten to eleven are booked."""
    return [
        await desk.booked(desk.order(f"{TUESDAY}T{clock}:00+02:00", patientId=clinic.ids[patient]))
        for clock, patient in (("10:00", "pat"), ("10:30", "kim"))
    ]


class TestAnEmptyAnswer:
    @pytest.mark.usefixtures("full")
    async def test_says_what_closes_and_what_helps(self, clinic: ClinicUnderTest) -> None:
        body = (await asked(clinic, locationId=clinic.ids["main"])).json()
        ada, exam, cart = (clinic.ids[one] for one in ("ada", "exam", "cart"))
        closed = {(one["rule"], one["resourceId"]) for one in body["explanation"]["closedBy"]}
        assert body["slots"] == []
        assert ("start_is_aligned", clinic.id) not in closed
        assert closed <= {
            ("provider_is_never_double_booked", ada),
            ("room_is_never_double_booked", exam),
            ("equipment_is_never_overbooked", cart),
        }
        assert all(one["start"].startswith(f"{TUESDAY}T10:") for one in body["explanation"]["closedBy"])
        assert body["metadata"]["nextAvailableDate"] == TUESDAY
        later = body["explanation"]["relaxations"][0]
        assert later["change"]["kind"] == "later_date"
        assert later["example"]["start"] >= f"{TUESDAY}T11:00"

    @pytest.mark.usefixtures("full")
    async def test_names_changes_that_a_search_confirms(self, clinic: ClinicUnderTest) -> None:
        relaxations = (await asked(clinic)).json()["explanation"]["relaxations"]
        by_kind = {one["change"]["kind"]: one for one in relaxations}
        assert {"later_date", "other_provider"} <= by_kind.keys()
        other = by_kind["other_provider"]
        again = (await asked(clinic, providerIds=other["change"]["providerId"], limit=500)).json()
        assert len(again["slots"]) == other["slotsGained"]
        assert again["slots"][0] == other["example"]

    async def test_looks_at_the_clinics_own_closures(self, clinic: ClinicUnderTest) -> None:
        body = (await asked(clinic, start=WEDNESDAY, end=WEDNESDAY, providerIds=None)).json()
        assert body["metadata"]["nextAvailableDate"] == THURSDAY
        assert [one["rule"] for one in body["explanation"]["closedBy"]] == ["location_is_open"]

    async def test_can_be_had_by_moving_somebody(self, clinic: ClinicUnderTest, desk: Desk) -> None:
        """The only booking lies in the middle of the hour and a half in which a visit of an hour could be."""
        visit = await desk.booked(desk.order(f"{TUESDAY}T10:00:00+02:00"))
        edges: dict[str, Any] = {
            "start": f"{TUESDAY}T09:30",
            "end": f"{TUESDAY}T10:30",
            "durationMinutes": 60,
        }
        body = (await asked(clinic, **edges)).json()
        moves = [
            one["change"]
            for one in body["explanation"]["relaxations"]
            if one["change"]["kind"] == "move_appointment"
        ]
        assert [(one["appointmentId"], abs(one["minutes"])) for one in moves] == [(visit["id"], 30)]
        params = {"serviceId": clinic.ids["scan"], "providerIds": clinic.ids["ada"], **edges}
        patients = clinic.headers(Role.PATIENT, clinic.ids["pat"])
        told = await clinic.client.get("/availability", params=params, headers=patients)
        assert visit["id"] not in told.text
        assert told.json()["explanation"]["closedBy"] == body["explanation"]["closedBy"]
        moved = await desk.patch(visit, start=moves[0]["to"])
        assert moved.status_code == 200, moved.text
        assert len((await asked(clinic, **edges)).json()["slots"]) > 0


class TestExplain:
    @pytest.mark.usefixtures("full")
    async def test_tells_what_hides_others_where_there_are_slots(self, clinic: ClinicUnderTest) -> None:
        body = (await asked(clinic, start=TUESDAY, end=TUESDAY, explain="true")).json()
        assert body["slots"]
        explanation = body["explanation"]
        assert explanation["relaxations"] == []
        assert {one["rule"] for one in explanation["closedBy"]} >= {"provider_is_working"}
        hides = [one["hides"] for one in explanation["closedBy"]]
        assert hides == sorted(hides, reverse=True)
        assert min(hides) > 0

    async def test_says_why_not_then_and_with_them(self, clinic: ClinicUnderTest) -> None:
        edges: dict[str, Any] = {"start": f"{TUESDAY}T09:07", "end": f"{TUESDAY}T09:08", "explain": "true"}
        body = (await asked(clinic, **edges)).json()
        assert [one["rule"] for one in body["explanation"]["closedBy"]] == ["start_is_aligned"]

    async def test_is_not_told_unless_asked_for(self, clinic: ClinicUnderTest) -> None:
        assert (await asked(clinic)).json()["explanation"] is None

    @pytest.mark.usefixtures("full")
    async def test_gives_the_same_slots(self, clinic: ClinicUnderTest) -> None:
        plain, told = [
            (await asked(clinic, start=MONDAY, end=FRIDAY, providerIds=None, **more)).json()["slots"]
            for more in ({}, {"explain": "true"})
        ]
        assert plain == told != []

    async def test_needs_a_question(self, clinic: ClinicUnderTest) -> None:
        answer = await clinic.client.get("/availability", params={"explain": "true"})
        assert_problem(answer, 400, "MALFORMED")


class TestEntityTag:
    @pytest.mark.usefixtures("full")
    async def test_of_an_explanation_holds_while_nothing_changes(self, clinic: ClinicUnderTest) -> None:
        questions: list[dict[str, Any]] = [{}, {"explain": "true"}, {"end": TUESDAY, "explain": "true"}]
        for more in questions:
            first = await asked(clinic, **more)
            assert (await asked(clinic, first.headers["etag"], **more)).status_code == 304
            clinic.service.clock.advance(minutes=7)
            assert (await asked(clinic, first.headers["etag"], **more)).status_code == 304

    @pytest.mark.usefixtures("full")
    async def test_ends_with_a_booking_elsewhere(self, clinic: ClinicUnderTest, desk: Desk) -> None:
        """Somebody else's slots are among what helps."""
        first = await asked(clinic)
        await desk.booked(
            desk.order(f"{TUESDAY}T10:00:00+02:00", providerId=clinic.ids["ben"], patientId=clinic.ids["kim"])
        )
        after = await asked(clinic, first.headers["etag"])
        assert after.status_code == 200
        assert after.json()["explanation"] != first.json()["explanation"]

    async def test_ends_when_somebody_can_no_longer_move(
        self, clinic: ClinicUnderTest, desk: Desk, full: list[dict[str, Any]]
    ) -> None:
        first = await asked(clinic)
        arrived = await desk.patch(full[0], status="checked_in")
        assert arrived.status_code == 200, arrived.text
        assert (await asked(clinic, first.headers["etag"])).status_code == 200

    async def test_ends_as_the_clock_moves_on_where_that_matters(self, clinic: ClinicUnderTest) -> None:
        past = {"start": f"{MONDAY}T07:00", "end": f"{MONDAY}T07:31"}
        first = await asked(clinic, **past)
        assert first.json()["slots"] == []
        clinic.service.clock.advance(minutes=1)
        assert (await asked(clinic, first.headers["etag"], **past)).status_code == 200

    async def test_of_slots_does_not_end_with_a_booking_elsewhere(
        self, clinic: ClinicUnderTest, desk: Desk
    ) -> None:
        first = await asked(clinic, locationId=clinic.ids["main"])
        await desk.booked(
            desk.order(f"{TUESDAY}T10:00:00+02:00", providerId=clinic.ids["ben"], patientId=clinic.ids["kim"])
        )
        again = await asked(clinic, first.headers["etag"], locationId=clinic.ids["main"])
        assert again.status_code == 304
