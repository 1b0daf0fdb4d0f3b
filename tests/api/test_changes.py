"""Changes of an appointment over HTTP: by the version that was seen, step by step, move by move."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from api.roles import Role
from tests.api.clinic_documents import TUESDAY, a_clinic_file
from tests.api.desk import Desk
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest

pytestmark = pytest.mark.anyio

LATER = f"{TUESDAY}T10:00:00+02:00"


@pytest.fixture
def desk(clinic: ClinicUnderTest) -> Desk:
    return Desk(clinic)


class TestPatch:
    async def test_moves_an_appointment(self, desk: Desk) -> None:
        visit = await desk.booked()
        answer = await desk.patch(visit, start=LATER)
        body = answer.json()
        assert (answer.status_code, answer.headers["etag"], body["version"]) == (200, '"2"', 2)
        assert (body["start"], body["end"]) == (LATER, f"{TUESDAY}T10:30:00+02:00")
        assert (await desk.read(visit)).json() == body

    async def test_moves_to_another_provider_in_another_zone(self, desk: Desk) -> None:
        visit = await desk.booked()
        moved = await desk.patch(visit, providerId=desk.clinic.ids["ben"], start=f"{TUESDAY}T09:00")
        assert moved.status_code == 200, moved.text
        body = moved.json()
        assert (body["locationId"], body["roomId"]) == (desk.clinic.ids["coast"], desk.clinic.ids["shore"])
        assert body["start"] == f"{TUESDAY}T09:00:00+01:00"

    async def test_reads_a_time_without_offset_where_the_visit_is(self, desk: Desk) -> None:
        visit = await desk.booked()
        assert (await desk.patch(visit, start=f"{TUESDAY}T10:00")).json()["start"] == LATER

    async def test_changes_notes_and_clears_them(self, desk: Desk) -> None:
        visit = await desk.booked(desk.order(notes="first"))
        changed = (await desk.patch(visit, notes="second")).json()
        assert (changed["notes"], changed["start"]) == ("second", visit["start"])
        cleared = (await desk.patch(changed, notes=None)).json()
        assert (cleared["notes"], cleared["version"]) == (None, 3)

    async def test_keeps_notes_that_it_does_not_name(self, desk: Desk) -> None:
        visit = await desk.booked(desk.order(notes="first"))
        assert (await desk.patch(visit, start=LATER)).json()["notes"] == "first"

    async def test_takes_the_steps_of_a_visit(self, desk: Desk) -> None:
        visit = await desk.booked()
        for status in ("confirmed", "checked_in", "in_progress", "completed"):
            answer = await desk.patch(visit, status=status)
            assert answer.status_code == 200, answer.text
            visit = answer.json()
            assert visit["status"] == status

    async def test_refuses_a_step_that_there_is_not(self, desk: Desk) -> None:
        visit = await desk.booked()
        problem = assert_problem(await desk.patch(visit, status="completed"), 409, "ILLEGAL_TRANSITION")
        assert (problem["current"], problem["wanted"]) == ("scheduled", "completed")
        assert (await desk.read(visit)).json() == visit

    async def test_refuses_a_time_that_is_taken_and_offers_others(self, desk: Desk) -> None:
        visit = await desk.booked()
        await desk.booked(desk.order(LATER, patientId=desk.clinic.ids["kim"]))
        problem = assert_problem(await desk.patch(visit, start=LATER), 409, "SLOT_UNAVAILABLE")
        assert problem["alternatives"]
        assert problem["conflict"]["resource"]
        assert (await desk.read(visit)).json() == visit

    async def test_refuses_what_a_rule_forbids(self, desk: Desk) -> None:
        visit = await desk.booked()
        problem = assert_problem(await desk.patch(visit, start=f"{TUESDAY}T20:00"), 422, "RULE_VIOLATED")
        assert problem["rule"] == "provider_is_working"
        assert (await desk.read(visit)).json() == visit

    async def test_frees_what_it_leaves(self, desk: Desk) -> None:
        visit = await desk.booked()
        await desk.patch(visit, start=LATER)
        assert (await desk.book(desk.order(patientId=desk.clinic.ids["kim"]))).status_code == 201


class TestVersion:
    async def test_must_be_named(self, desk: Desk) -> None:
        visit = await desk.booked()
        answer = await desk.clinic.client.patch(f"/appointments/{visit['id']}", json={"notes": "x"})
        assert_problem(answer, 428, "PRECONDITION_REQUIRED")
        assert (await desk.read(visit)).json() == visit

    async def test_must_be_the_latest(self, desk: Desk) -> None:
        visit = await desk.booked()
        await desk.patch(visit, notes="first")
        assert_problem(await desk.patch(visit, notes="second"), 412, "PRECONDITION_FAILED")
        assert (await desk.read(visit)).json()["notes"] == "first"

    @pytest.mark.parametrize("tag", ['"2"', '"x"', 'W/"1"', '""', '"01"', f'"{10**30}"', '"-1"'])
    async def test_that_never_was_matches_nothing(self, desk: Desk, tag: str) -> None:
        visit = await desk.booked()
        for method, path in (("PATCH", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/confirm")):
            body = {"start": LATER} if method in ("PATCH", "PUT") else None
            answer = await desk.clinic.client.request(
                method, f"/appointments/{visit['id']}{path}", json=body, headers={"If-Match": tag}
            )
            assert_problem(answer, 412, "PRECONDITION_FAILED")
        assert (await desk.read(visit)).json() == visit

    @pytest.mark.parametrize("tag", ["1", "'1'", '"1', '"1", "2"', "", "\t", "null", '"1 "'])
    async def test_that_is_no_tag_is_refused(self, desk: Desk, tag: str) -> None:
        visit = await desk.booked()
        answer = await desk.clinic.client.patch(
            f"/appointments/{visit['id']}", json={"notes": "x"}, headers={"If-Match": tag}
        )
        assert_problem(answer, 400, "MALFORMED")

    async def test_may_be_any(self, desk: Desk) -> None:
        visit = await desk.booked()
        answer = await desk.clinic.client.patch(
            f"/appointments/{visit['id']}", json={"notes": "x"}, headers={"If-Match": "*"}
        )
        assert answer.status_code == 200


class TestPut:
    async def test_reschedules_with_and_without_a_condition(self, desk: Desk) -> None:
        visit = await desk.booked()
        path = f"/appointments/{visit['id']}"
        first = await desk.clinic.client.put(path, json={"start": LATER})
        assert (first.status_code, first.json()["start"]) == (200, LATER)
        stale = await desk.clinic.client.put(
            path, json={"start": visit["start"]}, headers={"If-Match": '"1"'}
        )
        assert_problem(stale, 412, "PRECONDITION_FAILED")
        fresh = await desk.clinic.client.put(
            path, json={"start": visit["start"]}, headers={"If-Match": '"2"'}
        )
        assert (fresh.status_code, fresh.json()["version"]) == (200, 3)

    async def test_takes_no_status(self, desk: Desk) -> None:
        visit = await desk.booked()
        answer = await desk.clinic.client.put(f"/appointments/{visit['id']}", json={"status": "canceled"})
        assert_problem(answer, 400, "MALFORMED")


class TestDelete:
    async def test_cancels_and_frees_the_time(self, desk: Desk) -> None:
        visit = await desk.booked()
        answer = await desk.clinic.client.delete(f"/appointments/{visit['id']}")
        assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
        assert answer.headers["etag"] == '"2"'
        assert (await desk.book(desk.order(patientId=desk.clinic.ids["kim"]))).status_code == 201

    async def test_twice_is_refused_or_harmless(self, desk: Desk) -> None:
        visit = await desk.booked()
        await desk.clinic.client.delete(f"/appointments/{visit['id']}")
        again = await desk.clinic.client.delete(f"/appointments/{visit['id']}")
        assert again.status_code in (200, 409)
        assert (await desk.read(visit)).json()["version"] == 2

    async def test_under_one_key_gives_the_first_answer_again(self, desk: Desk) -> None:
        visit = await desk.booked()
        path, key = f"/appointments/{visit['id']}", {"Idempotency-Key": "a"}
        first = await desk.clinic.client.delete(path, headers=key)
        again = await desk.clinic.client.delete(path, headers=key)
        assert (again.status_code, again.content) == (200, first.content)
        assert again.headers["idempotency-replayed"] == "true"


class TestConfirm:
    async def test_makes_a_hold_a_booking(self, desk: Desk) -> None:
        held = await desk.booked(desk.order(holdMinutes=5))
        answer = await desk.clinic.client.post(f"/appointments/{held['id']}/confirm")
        body = answer.json()
        assert (answer.status_code, body["status"], body["version"]) == (200, "confirmed", 2)
        desk.clinic.service.clock.advance(hours=1)
        assert (await desk.read(held)).json()["status"] == "confirmed"

    async def test_comes_too_late(self, desk: Desk) -> None:
        held = await desk.booked(desk.order(holdMinutes=5))
        desk.clinic.service.clock.now += timedelta(minutes=5)
        answer = await desk.clinic.client.post(f"/appointments/{held['id']}/confirm")
        assert_problem(answer, 409, "HOLD_EXPIRED")
        assert (await desk.read(held)).json()["status"] == "expired"

    async def test_is_read_anew_when_the_hold_runs_out(self, desk: Desk) -> None:
        held = await desk.booked(desk.order(holdMinutes=5))
        desk.clinic.service.clock.now += timedelta(minutes=5)
        answer = await desk.clinic.client.get(f"/appointments/{held['id']}", headers={"If-None-Match": '"1"'})
        assert (answer.status_code, answer.json()["status"]) == (200, "expired")


async def test_alternatives_of_a_move_are_as_long_as_the_visit_and_may_take_its_own_place(desk: Desk) -> None:
    """An hour from 10:00 wants 10:30, where the next visit is at 11:00: its own place would do."""
    long = desk.order(f"{TUESDAY}T10:00:00+02:00", end=f"{TUESDAY}T11:00:00+02:00")
    visit = await desk.booked(long)
    await desk.booked(desk.order(f"{TUESDAY}T11:00:00+02:00", patientId=desk.clinic.ids["kim"]))
    answer = await desk.patch(visit, start=f"{TUESDAY}T10:30:00+02:00")
    problem = assert_problem(answer, 409, "SLOT_UNAVAILABLE")
    alternatives = problem["alternatives"]
    assert alternatives
    for slot in alternatives:
        spans = datetime.fromisoformat(slot["end"]) - datetime.fromisoformat(slot["start"])
        assert spans == timedelta(hours=1)
        moved = await desk.patch(visit, start=slot["start"], providerId=slot["provider"]["id"])
        assert moved.status_code == 200, moved.text
        visit = moved.json()


async def test_the_key_of_a_change_that_changes_nothing_is_kept(desk: Desk) -> None:
    visit = await desk.booked()
    path, key = f"/appointments/{visit['id']}", {"Idempotency-Key": "stay"}
    stayed = await desk.clinic.client.put(path, json={"start": visit["start"]}, headers=key)
    moved = await desk.clinic.client.put(path, json={"start": LATER})
    again = await desk.clinic.client.put(path, json={"start": visit["start"]}, headers=key)
    assert (stayed.status_code, moved.status_code, again.status_code) == (200, 200, 200)
    assert again.content == stayed.content
    assert (await desk.read(visit)).json()["startUTC"] == moved.json()["startUTC"]


CHANGES: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "", None),
    ("PATCH", "", {"notes": "x"}),
    ("PUT", "", {"start": LATER}),
    ("DELETE", "", None),
    ("POST", "/confirm", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_what_is_not_there_cannot_be_changed(
    shared_clinic: ClinicUnderTest, method: str, path: str, body: dict[str, Any] | None
) -> None:
    for identifier in (str(uuid4()), "nothing", "%00", "1"):
        answer = await shared_clinic.client.request(
            method, f"/appointments/{identifier}{path}", json=body, headers={"If-Match": '"1"'}
        )
        assert_problem(answer, 404, "NOT_FOUND")


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_another_clinics_appointment_does_not_exist(
    desk: Desk, method: str, path: str, body: dict[str, Any] | None
) -> None:
    visit = await desk.booked()
    other = await desk.clinic.service.store(a_clinic_file("Oak Street Clinic"))
    condition = {"If-Match": '"1"'}
    through_theirs = await other.client.request(
        method, f"/appointments/{visit['id']}{path}", json=body, headers=condition
    )
    through_ours = await desk.clinic.client.request(
        method, f"/appointments/{visit['id']}{path}", json=body, headers=condition | other.headers()
    )
    assert_problem(through_theirs, 404, "NOT_FOUND")
    assert_problem(through_ours, 404, "NOT_FOUND")
    assert (await desk.read(visit)).json() == visit


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_another_patients_appointment_does_not_exist(
    desk: Desk, method: str, path: str, body: dict[str, Any] | None
) -> None:
    visit = await desk.booked()
    headers = {"If-Match": '"1"', **desk.as_patient("kim")}
    answer = await desk.clinic.client.request(
        method, f"/appointments/{visit['id']}{path}", json=body, headers=headers
    )
    assert_problem(answer, 404, "NOT_FOUND")
    assert (await desk.read(visit)).json() == visit


async def test_patients_move_and_cancel_their_own_visits_and_run_none(desk: Desk) -> None:
    visit = await desk.booked()
    path, own = f"/appointments/{visit['id']}", desk.as_patient("pat")
    moved = await desk.clinic.client.put(path, json={"start": LATER}, headers=own)
    assert moved.status_code == 200
    checked_in = await desk.clinic.client.patch(
        path, json={"status": "checked_in"}, headers={**own, "If-Match": "*"}
    )
    assert_problem(checked_in, 403, "FORBIDDEN")
    assert (await desk.clinic.client.delete(path, headers=own)).status_code == 200


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.PROVIDER, Role.MANAGER])
async def test_staff_run_visits(desk: Desk, role: Role) -> None:
    visit = await desk.booked()
    answer = await desk.clinic.client.patch(
        f"/appointments/{visit['id']}",
        json={"status": "checked_in"},
        headers={**desk.clinic.headers(role), "If-Match": '"1"'},
    )
    assert answer.status_code == 200
