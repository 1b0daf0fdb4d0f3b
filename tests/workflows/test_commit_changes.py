"""What a scenario changes about its clinic becomes true together with its plan, or not at all."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from api.scenario_orders import read_order
from api.workflows.clinic_rules import read_rules
from api.workflows.commit_scenario import commit_scenario
from models.errors import CalendarChanged, ChangesContradict, NotFound, RulesConflict, RuleViolated
from models.plan import PlanMove
from models.planning import Assignment
from models.postgres.connection import Pool
from models.refs import equipment_ref, provider_ref
from models.setup import ClinicSetup
from models.stored_appointment import StoredAppointment
from models.stored_scenario import ScenarioKind, StoredScenario
from scenarios.what_if import changed_setup
from tests.builders import NOW, a_clinic, a_patient, a_pool, a_provider, a_room, a_service, an_ecg, at, moment
from tests.workflows.desk import STAFF, Clock, Desk, open_desk
from tests.workflows.planned import absent, audited, everything, moved, solved

pytestmark = pytest.mark.anyio

PEOPLE = [a_patient(f"p{number}") for number in range(8)]
ALL_DAY = {"rrule": "FREQ=DAILY", "startTime": "08:00", "endTime": "16:00"}


async def desk_of(pool: Pool, **parts: Any) -> Desk:
    usual: dict[str, Any] = {
        "providers": [a_provider(), a_provider("silva")],
        "rooms": [a_room(), a_room("room-2")],
    }
    # The day before, so that nothing has begun that a change of rules could cut short.
    clock = Clock(NOW - timedelta(days=1))
    return await open_desk(pool, a_clinic(**{**usual, **parts}), patients=PEOPLE, clock=clock)


async def commit(desk: Desk, scenario: StoredScenario) -> StoredScenario:
    return await commit_scenario(desk.runtime, desk.clinic_id, scenario.id, STAFF)


async def setup_of(desk: Desk) -> ClinicSetup:
    return await read_rules(desk.runtime, desk.clinic_id)


def absence_of(desk: Desk, provider: str) -> dict[str, Any]:
    return {
        "type": "provider_absent",
        "providerId": desk.id_of("provider", provider),
        "start": "2026-06-01T09:00:00Z",
        "end": "2026-06-01T12:00:00Z",
    }


def new_provider(desk: Desk, **changes: Any) -> dict[str, Any]:
    usual = {
        "id": str(uuid4()),
        "name": "Dr Locum",
        "locationIds": [desk.id_of("location", "main")],
        "serviceIds": [desk.id_of("service", "checkup")],
    }
    return {"type": "provider_added", "provider": {**usual, **changes}, "availability": [ALL_DAY]}


async def audit_of_setup(desk: Desk) -> list[str]:
    """What has been told of the setup, but for the import."""
    rows = await desk.rows(
        "SELECT action FROM audit WHERE {here} AND entity NOT IN ('appointment', 'scenario') ORDER BY seq"
    )
    return [action for (action,) in rows if "import" not in action]


class TestAnAbsence:
    async def test_of_a_what_if_is_recorded_with_the_plan(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        one = await desk.book("10:00", patient="p0", room="room-1")
        before = await setup_of(desk)
        scenario = await solved(
            desk, [moved(desk, one, provider="silva", room="room-2")], changes=[absence_of(desk, "okoro")]
        )
        await commit(desk, scenario)
        after = await setup_of(desk)
        assert [(found.resource, found.starts_at, found.ends_at) for found in after.exceptions] == [
            (provider_ref(desk.id_of("provider", "okoro")), moment("09:00"), moment("12:00"))
        ]
        assert after.version == before.version + 1
        assert await audit_of_setup(desk) == ["absence_recorded"]
        with pytest.raises(RuleViolated):
            await desk.book("10:00", patient="p1", room="room-1")
        await audited(desk)

    async def test_that_was_reported_is_not_recorded_again(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        one = await desk.book("10:00", patient="p0", room="room-1")
        exception_id = await absent(desk, "okoro", "09:00", "12:00")
        before = await setup_of(desk)
        moves = [moved(desk, one, provider="silva", room="room-2")]
        scenario = await solved(desk, moves, kind=ScenarioKind.ABSENCE, exception_id=exception_id)
        await commit(desk, scenario)
        assert await setup_of(desk) == before
        await audited(desk)

    async def test_closes_the_calendar_for_others_at_once(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        await absent(desk, "okoro", "09:00", "12:00")
        with pytest.raises(RuleViolated) as refused:
            await desk.book("10:00", patient="p1", room="room-1")
        assert refused.value.rule == "provider_is_working"

    async def test_of_nobody_is_not_recorded(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        before = await everything(desk)
        with pytest.raises(NotFound):
            await absent(desk, str(uuid4()), "09:00", "12:00")
        assert await everything(desk) == before

    async def test_does_not_become_true_where_the_plan_no_longer_holds(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        one = await desk.book("10:00", patient="p0", room="room-1")
        moves = [moved(desk, one, provider="silva", room="room-2")]
        scenario = await solved(desk, moves, changes=[absence_of(desk, "okoro")])
        await desk.book("10:00", patient="p1", provider="silva", room="room-2")
        before = await everything(desk)
        with pytest.raises(CalendarChanged):
            await commit(desk, scenario)
        assert await everything(desk) == before


class TestSomebodyNew:
    async def test_takes_the_visits_that_the_plan_gives_them(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        one = await desk.book("10:00", patient="p0", room="room-1")
        change = new_provider(desk, maxVisitsPerDay=3)
        locum = change["provider"]["id"]
        scenario = await solved(desk, [moved(desk, one, provider=locum, room="room-2")], changes=[change])
        await commit(desk, scenario)
        assert (await desk.read(one)).provider_id == locum
        setup = await setup_of(desk)
        assert setup.provider_by_id[locum].max_visits_per_day == 3
        for patient, start in (("p1", "11:00"), ("p2", "12:00")):
            await desk.book(start, patient=patient, provider=locum)
        await audited(desk)

    async def test_of_an_id_that_is_taken_is_refused(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        scenario = await solved(desk, [], changes=[new_provider(desk, id=desk.id_of("provider", "silva"))])
        before = await everything(desk)
        with pytest.raises(ChangesContradict) as refused:
            await commit(desk, scenario)
        assert refused.value.index == 0
        assert await everything(desk) == before

    async def test_at_a_place_that_is_not_there_is_refused(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        scenario = await solved(desk, [], changes=[new_provider(desk, locationIds=[str(uuid4())])])
        with pytest.raises(NotFound):
            await commit(desk, scenario)


class TestOtherHours:
    async def test_take_the_place_of_those_there_were(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        one = await desk.book("10:00", patient="p0", room="room-1")
        change = {
            "type": "hours_changed",
            "resource": provider_ref(desk.id_of("provider", "okoro")),
            "availability": [{**ALL_DAY, "startTime": "12:00", "endTime": "20:00"}],
        }
        scenario = await solved(desk, [moved(desk, one, "18:00")], changes=[change])
        await commit(desk, scenario)
        (hours,) = [row for row in (await setup_of(desk)).working_hours if row.resource == change["resource"]]
        assert (hours.start, hours.end) == (12 * 60, 20 * 60)
        await audited(desk)

    async def test_of_what_is_not_there_are_refused(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        resource = provider_ref(str(uuid4()))
        change = {"type": "hours_changed", "resource": resource, "availability": [ALL_DAY]}
        with pytest.raises(NotFound):
            await commit(desk, await solved(desk, [], changes=[change]))


class TestNewMachines:
    async def test_are_there_for_the_visits_of_the_plan(self, pool: Pool) -> None:
        desk = await desk_of(pool, services=[an_ecg()], equipment=[a_pool(quantity=1)])
        one = await desk.book("10:00", patient="p0", room="room-1")
        two = await desk.book("11:00", patient="p1", provider="silva", room="room-2")
        pool_id = str(uuid4())
        change = {
            "type": "equipment_added",
            "equipment": {
                "id": pool_id,
                "locationId": desk.id_of("location", "main"),
                "type": "ecg",
                "name": "New ones",
                "quantity": 2,
            },
        }
        scenario = await solved(desk, [moved(desk, two, "10:00", pools=(pool_id,))], changes=[change])
        await commit(desk, scenario)
        assert [use.id for use in (await desk.read(two)).equipment] == [pool_id]
        assert equipment_ref(pool_id) in (await setup_of(desk)).resource_index
        assert (await desk.read(one)) == one
        await audited(desk)


class TestOtherRules:
    def longer(self, desk: Desk, **rules: Any) -> dict[str, Any]:
        service = desk.id_of("service", "checkup")
        return {"type": "service_rule_changed", "serviceId": service, "rules": rules}

    async def three(self, desk: Desk) -> list[StoredAppointment]:
        starts = enumerate(("10:00", "10:30", "11:00"))
        return [await desk.book(start, patient=f"p{number}", room="room-1") for number, start in starts]

    async def test_hold_for_those_who_move_and_for_those_who_stay(self, pool: Pool) -> None:
        """With a quarter of an hour behind each visit, the one in the middle has to go."""
        desk = await desk_of(pool)
        three = await self.three(desk)
        change = self.longer(desk, bufferAfterMinutes=15)
        scenario = await solved(desk, [moved(desk, three[1], "12:00")], changes=[change])
        await commit(desk, scenario)
        service = (await setup_of(desk)).services[0]
        assert service.buffer_after_minutes == 15
        for one in three:
            ends = [row[2] for row in await desk.claims_of(await desk.read(one))]
            late = (await desk.read(one)).ends_at
            assert max(ends) - late == moment("00:15") - moment("00:00")
        assert await audit_of_setup(desk) == ["rules_changed"]
        await audited(desk)

    async def test_are_refused_where_those_who_stay_could_not_stand(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        three = await self.three(desk)
        change = self.longer(desk, bufferAfterMinutes=15)
        scenario = await solved(desk, [moved(desk, three[2], "12:00")], changes=[change])
        before = await everything(desk)
        with pytest.raises(RulesConflict) as refused:
            await commit(desk, scenario)
        assert set(refused.value.appointment_ids) == {three[0].id, three[1].id}
        assert await everything(desk) == before

    async def test_name_the_move_that_no_longer_holds_before_those_who_stay(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        three = await self.three(desk)
        change = self.longer(desk, bufferAfterMinutes=15)
        scenario = await solved(desk, [moved(desk, three[1], "12:00")], changes=[change])
        await desk.change(three[1], provider="silva", room="room-1")
        with pytest.raises(CalendarChanged) as refused:
            await commit(desk, scenario)
        assert [one.rule for one in refused.value.stale] == ["appointment_is_where_it_was"]

    async def test_can_make_a_visit_one_that_is_shared(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        one, two, three = await self.three(desk)
        change = self.longer(desk, seats=3)
        moves = [moved(desk, two, "10:00"), moved(desk, three, "10:00")]
        scenario = await solved(desk, moves, changes=[change])
        await commit(desk, scenario)
        groups = {(await desk.read(each)).group_visit_id for each in (one, two, three)}
        assert len(groups) == 1
        assert None not in groups
        await audited(desk)

    async def test_can_make_a_visit_one_that_nobody_shares(self, pool: Pool) -> None:
        desk = await desk_of(pool, services=[a_service(seats=2)])
        one, two = [await desk.book("10:00", patient=name, room="room-1") for name in ("p0", "p1")]
        change = self.longer(desk, seats=1)
        scenario = await solved(desk, [moved(desk, two, "11:00")], changes=[change])
        await commit(desk, scenario)
        assert [(await desk.read(each)).group_visit_id for each in (one, two)] == [None, None]
        await audited(desk)

    async def test_count_what_was_not_counted_before(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        three = await self.three(desk)
        change = self.longer(desk, maxPerDay=2, minGapMinutes=20)
        tomorrow = at("10:00") + 24 * 60
        scenario = await solved(desk, [moved(desk, three[1], tomorrow)], changes=[change])
        await commit(desk, scenario)
        await audited(desk)

    async def test_that_name_nobody_of_the_clinic_are_refused(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        change = self.longer(desk, allowedProviderIds=[str(uuid4())])
        scenario = await solved(desk, [], changes=[change])
        with pytest.raises(NotFound):
            await commit(desk, scenario)


class TestAllOfIt:
    async def test_the_clinic_is_afterwards_what_the_scenario_made_of_it(self, pool: Pool) -> None:
        """Whatever was planned against is what is stored, in the same order."""
        desk = await desk_of(pool)
        before = await setup_of(desk)
        service = desk.id_of("service", "checkup")
        changes = [
            absence_of(desk, "okoro"),
            new_provider(desk, specialty="locum", preferences={"weight": 20}),
            {
                "type": "hours_changed",
                "resource": provider_ref(desk.id_of("provider", "silva")),
                "availability": [ALL_DAY, {**ALL_DAY, "startTime": "17:00", "endTime": "18:00"}],
            },
            {"type": "service_rule_changed", "serviceId": service, "rules": {"slotStepMinutes": 10}},
        ]
        scenario = await solved(desk, [], changes=changes)
        asked = read_order(scenario.request, before, desk.clock(), {}, {})
        await commit(desk, scenario)
        after = await setup_of(desk)
        wanted = changed_setup(before, asked.changes)
        for name in ("providers", "rooms", "equipment", "services", "exceptions", "overbooking"):
            assert getattr(after, name) == getattr(wanted, name), name
        assert set(after.working_hours) == set(wanted.working_hours)
        assert await audit_of_setup(desk) == [
            "absence_recorded",
            "provider_added",
            "hours_changed",
            "rules_changed",
        ]

    async def test_wanted_visits_are_booked_without_keeping_everybody_else_out(self, pool: Pool) -> None:
        desk = await desk_of(pool)
        wanted = str(uuid4())
        change = {
            "type": "appointments_added",
            "appointments": [
                {
                    "id": wanted,
                    "patientId": desk.id_of("patient", "p4"),
                    "serviceId": desk.id_of("service", "checkup"),
                }
            ],
        }
        after = Assignment(
            provider_id=desk.id_of("provider", "okoro"),
            room_id=desk.id_of("room", "room-1"),
            start=at("10:00"),
            end=at("10:30"),
        )
        move = PlanMove(appointment_id=wanted, before=None, after=after, price=0, parts={})
        before = await setup_of(desk)
        await commit(desk, await solved(desk, [move], changes=[change]))
        assert (await desk.read(wanted)).patient_id == desk.id_of("patient", "p4")
        assert await setup_of(desk) == before
        await audited(desk)
