"""The rules of a clinic, read and replaced over HTTP."""

from copy import deepcopy
from typing import Any

import httpx
import pytest

from api.roles import Role
from tests.api.clinic_documents import TUESDAY
from tests.api.desk import Desk
from tests.api.problems import assert_problem
from tests.api.service_under_test import ClinicUnderTest
from tests.builders import NOBODY

pytestmark = pytest.mark.anyio


async def rules_of(clinic: ClinicUnderTest) -> dict[str, Any]:
    """The document as it is now."""
    body: dict[str, Any] = (await clinic.client.get("/rules")).json()
    return body


async def put(
    clinic: ClinicUnderTest, document: Any, version: str | None = '"1"', **options: Any
) -> httpx.Response:
    """Replace the rules that were seen at a version."""
    condition = {} if version is None else {"If-Match": version}
    headers = {**options.pop("headers", {}), **condition}
    return await clinic.client.put("/rules", json=document, headers=headers, **options)


def service_in(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The rules of the service of a name."""
    found: dict[str, Any] = next(one for one in document["services"] if one["name"] == name)
    return found


async def slots(clinic: ClinicUnderTest, service: str = "scan") -> httpx.Response:
    query = f"serviceId={clinic.ids[service]}&start={TUESDAY}&end={TUESDAY}&limit=500"
    return await clinic.client.get(f"/availability?{query}")


class TestReading:
    async def test_the_document_has_everything_that_is_a_rule(self, shared_clinic: ClinicUnderTest) -> None:
        ids = shared_clinic.ids
        body = await rules_of(shared_clinic)
        assert body["weights"] == {"preference": 40, "gap": 35, "room": 15, "overbook": 10, "fairness": 0}
        assert [one["name"] for one in body["services"]] == ["Scan", "Video"]
        assert body["services"][1] == {
            "id": ids["video"],
            "name": "Video",
            "bufferBeforeMinutes": 0,
            "bufferAfterMinutes": 0,
            "minNoticeMinutes": 0,
            "maxFutureDays": 365,
            "slotStepMinutes": 15,
            "maxPerDay": None,
            "minGapMinutes": 0,
            "seats": 1,
            "blackoutDates": [],
            "allowedProviderIds": [ids["ada"]],
            "roomTypes": [],
            "roomFeatures": [],
            "equipment": [],
        }
        assert body["providers"][0] == {"id": ids["ada"], "name": "Dr Ada", "maxVisitsPerDay": None}
        assert body["overbooking"] == [
            {
                "id": ids["rush"],
                "providerId": ids["ada"],
                "serviceId": None,
                "weekdays": ["FR"],
                "startTime": "09:00",
                "endTime": "10:00",
                "lanes": 1,
                "maxPerDay": None,
            }
        ]

    async def test_what_has_not_changed_is_not_sent_again(self, shared_clinic: ClinicUnderTest) -> None:
        answer = await shared_clinic.client.get("/rules")
        assert answer.headers["etag"] == '"1"'
        again = await shared_clinic.client.get("/rules", headers={"If-None-Match": '"1"'})
        assert (again.status_code, again.content) == (304, b"")

    async def test_another_clinics_rules_do_not_exist(
        self, shared_clinic: ClinicUnderTest, foreign_clinic: ClinicUnderTest
    ) -> None:
        answer = await foreign_clinic.client.get("/rules", headers=shared_clinic.headers())
        assert_problem(answer, 404, "NOT_FOUND")


class TestReplacing:
    async def test_what_was_read_can_be_sent_back(self, clinic: ClinicUnderTest) -> None:
        document = await rules_of(clinic)
        answer = await put(clinic, document)
        assert answer.status_code == 200, answer.text
        assert (answer.json(), answer.headers["etag"]) == (document, '"1"')

    async def test_every_rule_can_be_replaced(self, clinic: ClinicUnderTest) -> None:
        document, ids = await rules_of(clinic), clinic.ids
        document["weights"] = {"preference": 1, "gap": 2, "room": 3, "overbook": 4, "fairness": 5}
        service_in(document, "Scan").update(
            bufferBeforeMinutes=5,
            bufferAfterMinutes=10,
            minNoticeMinutes=60,
            maxFutureDays=30,
            slotStepMinutes=10,
            maxPerDay=4,
            minGapMinutes=20,
            seats=3,
            blackoutDates=["2026-06-04", "2026-12-24"],
            allowedProviderIds=[ids["ben"]],
            roomTypes=["exam", "lab"],
            roomFeatures=["couch"],
            equipment=[{"type": "scanner", "units": 1}, {"type": "lamp", "units": 2}],
        )
        document["providers"][0]["maxVisitsPerDay"] = 7
        document["overbooking"][0].update(weekdays=["MO", "TU"], lanes=2, maxPerDay=3)
        answer = await put(clinic, document)
        assert answer.status_code == 200, answer.text
        assert answer.headers["etag"] == '"2"'
        assert answer.json() == document == await rules_of(clinic)

    async def test_overbooking_rules_come_and_go(self, clinic: ClinicUnderTest) -> None:
        document = await rules_of(clinic)
        rule = {
            "serviceId": clinic.ids["video"],
            "weekdays": ["WE"],
            "startTime": "08:00",
            "endTime": "24:00",
            "lanes": 2,
        }
        answer = await put(clinic, {**document, "overbooking": [*document["overbooking"], rule]})
        kept, added = answer.json()["overbooking"]
        assert kept["id"] == clinic.ids["rush"]
        assert added == {**rule, "id": added["id"], "providerId": None, "maxPerDay": None}
        assert added["id"] not in clinic.ids.values()
        answer = await put(clinic, {**answer.json(), "overbooking": []}, '"2"')
        assert answer.json()["overbooking"] == []
        assert (await clinic.client.get("/overbooking")).json()["items"] == []

    async def test_the_next_search_goes_by_the_new_rules(self, clinic: ClinicUnderTest) -> None:
        before = await slots(clinic)
        starts = {slot["start"] for slot in before.json()["slots"]}
        document = await rules_of(clinic)
        service_in(document, "Scan")["blackoutDates"] = [TUESDAY]
        assert (await put(clinic, document)).status_code == 200
        after = await slots(clinic)
        assert (bool(starts), after.json()["slots"]) == (True, [])
        assert after.headers["etag"] != before.headers["etag"]

    async def test_changed_things_have_a_new_version_and_others_do_not(self, clinic: ClinicUnderTest) -> None:
        document = await rules_of(clinic)
        service_in(document, "Scan")["minNoticeMinutes"] = 5
        await put(clinic, document)
        tags = {
            name: (await clinic.client.get(f"/services/{clinic.ids[name]}")).headers["etag"]
            for name in ("scan", "video")
        }
        assert tags == {"scan": '"2"', "video": '"1"'}

    async def test_what_is_booked_stays_booked(self, clinic: ClinicUnderTest) -> None:
        visit = await Desk(clinic).booked()
        document = await rules_of(clinic)
        service_in(document, "Scan").update(blackoutDates=[TUESDAY], maxPerDay=0, allowedProviderIds=[])
        assert (await put(clinic, document)).status_code == 200
        assert (await Desk(clinic).read(visit)).json() == visit

    async def test_what_could_not_stand_is_named_and_nothing_changes(self, clinic: ClinicUnderTest) -> None:
        desk = Desk(clinic)
        first = await desk.booked()
        second = await desk.booked(desk.order(f"{TUESDAY}T09:30:00+02:00", patientId=clinic.ids["kim"]))
        document = await rules_of(clinic)
        longer = deepcopy(document)
        service_in(longer, "Scan")["bufferAfterMinutes"] = 5
        refused = assert_problem(await put(clinic, longer), 409, "RULES_CONFLICT")
        assert refused["appointmentIds"] == [first["id"], second["id"]]
        assert await rules_of(clinic) == document
        assert (await clinic.client.get("/rules")).headers["etag"] == '"1"'

    @pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN, Role.PLATFORM])
    async def test_managers_and_admins_may(self, clinic: ClinicUnderTest, role: Role) -> None:
        document = await rules_of(clinic)
        document["weights"]["gap"] = 50
        assert (await put(clinic, document, headers=clinic.headers(role))).status_code == 200

    @pytest.mark.parametrize("role", [Role.PATIENT, Role.FRONT_DESK, Role.PROVIDER])
    async def test_nobody_else_may(self, shared_clinic: ClinicUnderTest, role: Role) -> None:
        headers = shared_clinic.headers(role)
        assert (await shared_clinic.client.get("/rules", headers=headers)).status_code == 200
        document = await rules_of(shared_clinic)
        assert_problem(await put(shared_clinic, document, headers=headers), 403, "FORBIDDEN")


class TestConditions:
    async def test_a_change_names_what_it_is_based_on(self, shared_clinic: ClinicUnderTest) -> None:
        document = await rules_of(shared_clinic)
        refused = await put(shared_clinic, document, None)
        assert_problem(refused, 428, "PRECONDITION_REQUIRED")

    @pytest.mark.parametrize("seen", ['"2"', 'W/"1"', '"one"', '"01"'])
    async def test_another_version_is_refused(self, shared_clinic: ClinicUnderTest, seen: str) -> None:
        document = await rules_of(shared_clinic)
        assert_problem(await put(shared_clinic, document, seen), 412, "PRECONDITION_FAILED")

    async def test_an_old_version_is_refused_and_any_is_not(self, clinic: ClinicUnderTest) -> None:
        document = await rules_of(clinic)
        document["weights"]["gap"] = 50
        assert (await put(clinic, document, "*")).status_code == 200
        document["weights"]["gap"] = 60
        refused = assert_problem(await put(clinic, document, '"1"'), 412, "PRECONDITION_FAILED")
        assert refused["detail"] == "the setup of the clinic has changed since it was read"
        assert (await put(clinic, document, '"2"')).headers["etag"] == '"3"'


def parent_of(document: Any, place: str) -> tuple[Any, str]:
    """Whatever has the last step of a place in it, and that step."""
    *parents, last = place.split("/")
    for step in parents:
        document = document[int(step) if step.isdigit() else step]
    return document, last


# what to change, to what, and where the fault is found
FAULTS: list[tuple[str, object, str]] = [
    ("weights/gap", -1, "/weights/gap"),
    ("weights/gap", 1001, "/weights/gap"),
    ("weights/fairness", None, "/weights/fairness"),
    ("weights/luck", 1, "/weights/luck"),
    ("services/0/seats", 0, "/services/0/seats"),
    ("services/0/seats", "2", "/services/0/seats"),
    ("services/0/maxPerDay", 1024, "/services/0/maxPerDay"),
    ("services/0/minGapMinutes", True, "/services/0/minGapMinutes"),
    ("services/0/bufferAfterMinutes", 721, "/services/0/bufferAfterMinutes"),
    ("services/0/slotStepMinutes", 0, "/services/0/slotStepMinutes"),
    ("services/0/blackoutDates", ["2026-02-30"], "/services/0/blackoutDates/0"),
    ("services/0/blackoutDates", ["2026-06-01", "2026-06-01"], "/services/0/blackoutDates"),
    ("services/0/roomTypes", ["exam", "exam"], "/services/0/roomTypes"),
    ("services/0/equipment", [{"type": "x", "units": 0}], "/services/0/equipment/0/units"),
    ("services/0/equipment", [{"type": "x", "units": 1}] * 2, "/services/0"),
    ("services/0/allowedProviderIds", ["ada"], "/services/0/allowedProviderIds/0"),
    ("services/0/allowedProviderIds", [NOBODY], "/services/0/allowedProviderIds"),
    ("services/0/durationMinutes", 30, "/services/0/durationMinutes"),
    ("services/0/id", NOBODY, "/services/0/id"),
    ("services/0/id", "scan", "/services/0/id"),
    ("services", [], "/services"),
    ("services", None, "/services"),
    ("providers/1/id", NOBODY, "/providers/1/id"),
    ("providers/0/maxVisitsPerDay", -1, "/providers/0/maxVisitsPerDay"),
    ("providers", [], "/providers"),
    ("overbooking/0/id", NOBODY, "/overbooking/0/id"),
    ("overbooking/0/providerId", NOBODY, "/overbooking/0/providerId"),
    ("overbooking/0/providerId", None, "/overbooking/0"),
    ("overbooking/0/weekdays", [], "/overbooking/0/weekdays"),
    ("overbooking/0/weekdays", ["XX"], "/overbooking/0/weekdays/0"),
    ("overbooking/0/endTime", "09:00", "/overbooking/0"),
    ("overbooking/0/endTime", "9:00", "/overbooking/0/endTime"),
    ("overbooking/0/lanes", 0, "/overbooking/0/lanes"),
]


class TestFaults:
    @pytest.mark.parametrize(("place", "value", "pointer"), FAULTS)
    async def test_each_is_refused_with_its_place(
        self, shared_clinic: ClinicUnderTest, place: str, value: object, pointer: str
    ) -> None:
        document = await rules_of(shared_clinic)
        parent, last = parent_of(document, place)
        parent[last] = value
        refused = assert_problem(await put(shared_clinic, document), 400, "MALFORMED")
        assert pointer in [fault["pointer"] for fault in refused["errors"]]

    @pytest.mark.parametrize(
        "place", ["weights", "weights/room", "services", "services/0/seats", "providers", "overbooking"]
    )
    async def test_nothing_may_be_left_out(self, shared_clinic: ClinicUnderTest, place: str) -> None:
        document = await rules_of(shared_clinic)
        parent, last = parent_of(document, place)
        del parent[last]
        refused = assert_problem(await put(shared_clinic, document), 400, "MALFORMED")
        assert refused["errors"][0]["pointer"] == f"/{place}"

    async def test_all_that_is_missing_unknown_or_doubled_is_told_at_once(
        self, shared_clinic: ClinicUnderTest
    ) -> None:
        document, ids = await rules_of(shared_clinic), shared_clinic.ids
        document["services"] = [document["services"][0], document["services"][0]]
        document["providers"].append({"id": NOBODY, "maxVisitsPerDay": 3})
        refused = assert_problem(await put(shared_clinic, document), 400, "MALFORMED")
        assert refused["errors"] == [
            {"pointer": "/services/1/id", "message": f"the service {ids['scan']} is listed twice"},
            {"pointer": "/services", "message": f"the service {ids['video']} (Video) is missing"},
            {"pointer": "/providers/2/id", "message": f"there is no provider {NOBODY}"},
        ]

    @pytest.mark.parametrize("body", [[], "rules", 5, {}])
    async def test_what_is_no_document_is_none(self, shared_clinic: ClinicUnderTest, body: object) -> None:
        assert_problem(await put(shared_clinic, body), 400, "MALFORMED")
