"""Booking one visit: what is stored, what is refused, and in which words."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from models.appointment import AppointmentStatus, EquipmentUse
from models.errors import (
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    RuleViolated,
    SlotUnavailable,
    UnstorableText,
)
from models.postgres.connection import Pool
from models.records import Actor
from tests.builders import (
    MONDAY,
    NOW,
    SUNDAY,
    a_call,
    a_clinic,
    a_location,
    a_patient,
    a_pool,
    a_provider,
    a_room,
    a_service,
    an_ecg,
    hours,
    moment,
)
from tests.workflows.changing_setup import close_early
from tests.workflows.desk import Desk, open_desk

pytestmark = pytest.mark.anyio


class TestWhatIsStored:
    async def test_a_booking_is_scheduled_in_the_only_room(self, desk: Desk) -> None:
        booked = await desk.book("10:00")
        assert booked == await desk.read(booked)
        assert booked.status is AppointmentStatus.SCHEDULED
        assert (booked.starts_at, booked.ends_at) == (moment("10:00"), moment("10:30"))
        assert booked.room_id == desk.id_of("room", "room-1")
        assert booked.location_id == desk.id_of("location", "main")
        assert (booked.version, booked.created_at, booked.expires_at) == (1, NOW, None)

    async def test_it_claims_patient_provider_and_room(self, desk: Desk) -> None:
        booked = await desk.book("10:00")
        windows = [(start, end) for _, start, end in await desk.claims_of(booked)]
        assert windows == [(moment("10:00"), moment("10:30"))] * 3

    async def test_buffers_and_turnaround_are_claimed_but_not_for_the_patient(self, pool: Pool) -> None:
        setup = a_clinic(
            services=[a_service(buffer_before_minutes=5, buffer_after_minutes=10)],
            rooms=[a_room(turnaround_minutes=15)],
        )
        desk = await open_desk(pool, setup)
        booked = await desk.book("10:00")
        windows = {(start, end) for _, start, end in await desk.claims_of(booked)}
        assert windows == {
            (moment("10:00"), moment("10:30")),  # the patient
            (moment("09:55"), moment("10:40")),  # the provider
            (moment("09:55"), moment("10:55")),  # the room
        }

    async def test_a_call_needs_no_room_and_has_no_place(self, pool: Pool) -> None:
        desk = await open_desk(pool, a_clinic(services=[a_call()], rooms=[]))
        booked = await desk.book("10:00")
        assert (booked.room_id, booked.location_id) == (None, None)
        assert len(await desk.claims_of(booked)) == 2

    async def test_an_end_makes_it_longer(self, desk: Desk) -> None:
        booked = await desk.book("10:00", ends_at=moment("11:10"))
        assert booked.ends_at == moment("11:10")
        with pytest.raises(SlotUnavailable):
            await desk.book("11:00", patient="bela")

    async def test_a_hold_says_when_it_ends(self, desk: Desk) -> None:
        held = await desk.book("10:00", hold_minutes=10)
        assert held.status is AppointmentStatus.PENDING
        assert held.expires_at == NOW + timedelta(minutes=10)

    async def test_the_trail_and_the_news_are_written_and_name_nobody(self, desk: Desk) -> None:
        booked = await desk.book("10:00", notes="is afraid of needles")
        trail = await desk.rows(
            "SELECT subject, role, action, entity_id::text, after FROM audit WHERE {here}"
        )
        news = await desk.rows("SELECT type, payload, sent_at FROM outbox WHERE {here}")
        assert [row[:4] for row in trail if row[2] == "created"] == [
            ("desk-1", "front_desk", "created", booked.id)
        ]
        assert [(row[0], row[1]["appointmentId"], row[2]) for row in news] == [
            ("appointment.created", booked.id, None)
        ]
        assert "needles" not in str(trail + news)
        assert "Ada" not in str(trail + news)

    async def test_the_calendars_it_touches_get_a_new_version_and_no_others(self, pool: Pool) -> None:
        setup = a_clinic(rooms=[a_room(), a_room("room-2")], providers=[a_provider(), a_provider("silva")])
        desk = await open_desk(pool, setup)
        before = await desk.calendar_versions()
        booked = await desk.book("10:00")
        after = await desk.calendar_versions()
        changed = {one for one in after if after[one] != before[one]}
        assert changed == {booked.patient_id, booked.provider_id, booked.room_id}
        assert {after[one] - before[one] for one in changed} == {1}


class TestTheRoom:
    async def test_the_best_free_room_is_taken(self, pool: Pool) -> None:
        rooms = [a_room("big", capacity=3), a_room("plain-b"), a_room("plain-a")]
        setup = a_clinic(rooms=rooms, providers=[a_provider(), a_provider("silva"), a_provider("tran")])
        desk = await open_desk(pool, setup)
        taken = [
            (await desk.book("10:00", provider=provider, patient=patient)).room_id
            for provider, patient in (("okoro", "ada"), ("silva", "bela"), ("tran", "cleo"))
        ]
        assert taken == [desk.id_of("room", name) for name in ("plain-a", "plain-b", "big")]

    async def test_a_room_that_is_asked_for_is_the_only_one_that_will_do(self, pool: Pool) -> None:
        setup = a_clinic(rooms=[a_room(), a_room("room-2")], providers=[a_provider(), a_provider("silva")])
        desk = await open_desk(pool, setup)
        await desk.book("10:00", room="room-2")
        with pytest.raises(SlotUnavailable) as refused:
            await desk.book("10:00", provider="silva", patient="bela", room="room-2")
        assert refused.value.resource == f"rooms/{desk.id_of('room', 'room-2')}"
        assert refused.value.reason == "room_is_never_double_booked"

    async def test_a_room_with_places_is_shared(self, pool: Pool) -> None:
        providers = [a_provider(), a_provider("silva"), a_provider("tran")]
        desk = await open_desk(pool, a_clinic(rooms=[a_room(capacity=2)], providers=providers))
        await desk.book("10:00")
        await desk.book("10:00", provider="silva", patient="bela")
        with pytest.raises(SlotUnavailable):
            await desk.book("10:00", provider="tran", patient="cleo")

    async def test_a_room_of_the_wrong_type_is_against_a_rule(self, pool: Pool) -> None:
        service = a_service(room_types=frozenset({"exam"}))
        desk = await open_desk(
            pool, a_clinic(services=[service], rooms=[a_room(), a_room("lab", type="lab")])
        )
        with pytest.raises(RuleViolated) as refused:
            await desk.book("10:00", room="lab")
        assert refused.value.rule == "room_suits_the_service"

    async def test_a_call_in_a_room_is_against_a_rule(self, pool: Pool) -> None:
        desk = await open_desk(pool, a_clinic(services=[a_call()]))
        with pytest.raises(RuleViolated) as refused:
            await desk.book("10:00", room="room-1")
        assert refused.value.rule == "room_suits_the_service"

    async def test_the_room_of_another_site_is_found_where_equipment_is_only_there(self, pool: Pool) -> None:
        setup = a_clinic(
            locations=[a_location(), a_location("annex")],
            providers=[a_provider(location_ids=("main", "annex"))],
            rooms=[a_room("a-room"), a_room("b-room", location_id="annex")],
            services=[an_ecg()],
            equipment=[a_pool(location_id="annex")],
        )
        desk = await open_desk(pool, setup)
        booked = await desk.book("10:00")
        assert booked.location_id == desk.id_of("location", "annex")
        assert booked.room_id == desk.id_of("room", "b-room")


class TestEquipment:
    async def test_units_come_from_several_pools_when_one_has_too_few(self, pool: Pool) -> None:
        setup = a_clinic(services=[an_ecg(3)], equipment=[a_pool("ecg-1"), a_pool("ecg-2", quantity=1)])
        desk = await open_desk(pool, setup)
        booked = await desk.book("10:00")
        uses = {
            EquipmentUse(id=desk.id_of("equipment", "ecg-1"), units=2),
            EquipmentUse(id=desk.id_of("equipment", "ecg-2"), units=1),
        }
        assert set(booked.equipment) == uses
        assert set((await desk.read(booked)).equipment) == uses
        assert len(await desk.claims_of(booked)) == 3 + 3

    async def test_pools_that_are_asked_for_are_the_only_ones(self, pool: Pool) -> None:
        setup = a_clinic(services=[an_ecg()], equipment=[a_pool("ecg-1"), a_pool("ecg-2")])
        desk = await open_desk(pool, setup)
        booked = await desk.book("10:00", pools=["ecg-2"])
        assert [use.id for use in booked.equipment] == [desk.id_of("equipment", "ecg-2")]

    async def test_a_pool_that_is_all_lent_out_is_told(self, pool: Pool) -> None:
        setup = a_clinic(
            services=[an_ecg(2)],
            equipment=[a_pool()],
            rooms=[a_room(), a_room("room-2")],
            providers=[a_provider(), a_provider("silva")],
        )
        desk = await open_desk(pool, setup)
        await desk.book("10:00")
        with pytest.raises(SlotUnavailable) as refused:
            await desk.book("10:15", provider="silva", patient="bela")
        assert refused.value.reason == "equipment_is_never_overbooked"
        await desk.book("10:30", provider="silva", patient="bela")

    async def test_a_pool_of_the_wrong_type_does_not_help(self, pool: Pool) -> None:
        setup = a_clinic(services=[an_ecg()], equipment=[a_pool(), a_pool("scan", type="scanner")])
        desk = await open_desk(pool, setup)
        with pytest.raises(RuleViolated) as refused:
            await desk.book("10:00", pools=["scan"])
        assert refused.value.rule == "equipment_is_what_the_service_needs"


class TestRefusals:
    async def test_the_provider_has_another_visit(self, desk: Desk) -> None:
        await desk.book("10:00")
        with pytest.raises(SlotUnavailable) as refused:
            await desk.book("10:15", patient="bela")
        assert refused.value.reason in {"provider_is_never_double_booked", "room_is_never_double_booked"}
        await desk.book("10:30", patient="bela")

    async def test_the_patient_is_elsewhere(self, pool: Pool) -> None:
        setup = a_clinic(rooms=[a_room(), a_room("room-2")], providers=[a_provider(), a_provider("silva")])
        desk = await open_desk(pool, setup)
        await desk.book("10:00")
        with pytest.raises(SlotUnavailable) as refused:
            await desk.book("10:15", provider="silva")
        assert refused.value.resource == f"patients/{desk.id_of('patient', 'ada')}"
        assert refused.value.reason == "patient_is_never_in_two_places"

    @pytest.mark.parametrize(
        ("start", "rule"),
        [
            (moment("10:00", SUNDAY), "start_respects_notice"),
            (moment("05:45"), "start_respects_notice"),
            (moment("10:05"), "start_is_aligned"),
            (moment("07:45"), "provider_is_working"),
            (moment("15:45"), "provider_is_working"),
            (NOW + timedelta(days=366), "start_is_within_the_booking_horizon"),
            (NOW.replace(year=8999), "start_is_within_the_booking_horizon"),
        ],
        ids=str,
    )
    async def test_a_rule_forbids_the_start(self, desk: Desk, start: datetime, rule: str) -> None:
        with pytest.raises(RuleViolated) as refused:
            await desk.book(start)
        assert refused.value.rule == rule
        assert await desk.rows("SELECT id FROM appointment WHERE {here}") == []

    async def test_a_rule_is_named_before_somebody_who_was_faster(self, desk: Desk) -> None:
        await desk.book("10:00", ends_at=moment("11:00"))
        with pytest.raises(RuleViolated):
            await desk.book("10:05", patient="bela")

    async def test_a_blocked_provider_is_refused(self, pool: Pool) -> None:
        shy = a_patient("shy", blocked_provider_ids=frozenset({"okoro"}))
        desk = await open_desk(pool, patients=[shy])
        with pytest.raises(RuleViolated) as refused:
            await desk.book("10:00", patient="shy")
        assert refused.value.rule == "provider_is_not_blocked_for_the_patient"

    async def test_a_service_that_needs_a_room_is_refused_where_there_is_none(self, pool: Pool) -> None:
        desk = await open_desk(pool, a_clinic(rooms=[]))
        with pytest.raises(RuleViolated) as refused:
            await desk.book("10:00")
        assert refused.value.rule == "room_suits_the_service"

    @pytest.mark.parametrize("what", ["patient", "provider", "service", "room"])
    @pytest.mark.parametrize("unknown", [str(uuid4()), "nobody"], ids=["uuid", "word"])
    async def test_what_the_clinic_does_not_have_is_not_found(
        self, desk: Desk, what: str, unknown: str
    ) -> None:
        with pytest.raises(NotFound) as refused:
            await desk.book("10:00", **{what: unknown})
        assert refused.value.kind == what

    async def test_people_of_another_clinic_are_not_found(self, desk: Desk, pool: Pool) -> None:
        elsewhere = await open_desk(pool)
        for what, name in (("patient", "ada"), ("provider", "okoro"), ("service", "checkup")):
            with pytest.raises(NotFound):
                await desk.book("10:00", **{what: elsewhere.id_of(what, name)})

    async def test_a_clinic_that_does_not_exist_is_not_found(self, desk: Desk) -> None:
        desk.clinic_id = str(uuid4())
        with pytest.raises(NotFound) as refused:
            await desk.book("10:00")
        assert refused.value.kind == "clinic"

    @pytest.mark.parametrize(
        "changes",
        [
            {"ends_at": moment("10:00")},
            {"ends_at": moment("10:01") + timedelta(days=1)},
            {"hold_minutes": 0},
            {"hold_minutes": 1441},
        ],
        ids=str,
    )
    async def test_nonsense_is_refused(self, desk: Desk, changes: dict[str, object]) -> None:
        with pytest.raises(InvalidRequest):
            await desk.book("10:00", **changes)

    @pytest.mark.parametrize("text", ["nul \0", "half a pair \ud800"], ids=["nul", "surrogate"])
    async def test_text_that_cannot_be_stored_is_refused(self, desk: Desk, text: str) -> None:
        with pytest.raises(UnstorableText):
            await desk.book("10:00", notes=text)
        with pytest.raises(UnstorableText):
            await desk.ask(desk.order("10:00"), key=text)

    async def test_nothing_is_left_of_a_refused_booking(self, desk: Desk) -> None:
        await desk.book("10:00")
        before = await desk.calendar_versions()
        with pytest.raises(SlotUnavailable):
            await desk.ask(desk.order("10:00", patient="bela"), key="refused")
        assert await desk.calendar_versions() == before
        assert await desk.rows("SELECT 1 FROM idempotency_key WHERE {here}") == []


class TestAKey:
    async def test_the_same_order_again_has_no_effect_and_the_same_answer(self, desk: Desk) -> None:
        first = await desk.ask(desk.order(), key="k-1")
        again = await desk.ask(desk.order(), key="k-1")
        assert again.reply == first.reply
        assert again.is_repeated
        assert not first.is_repeated
        assert len(await desk.rows("SELECT id FROM appointment WHERE {here}")) == 1

    async def test_the_answer_stays_the_first_one_whatever_became_of_it(self, desk: Desk) -> None:
        first = await desk.ask(desk.order(), key="k-1")
        assert first.appointment is not None
        await desk.cancel(first.appointment)
        assert (await desk.ask(desk.order(), key="k-1")).reply == first.reply

    async def test_another_order_under_the_same_key_is_refused(self, desk: Desk) -> None:
        await desk.ask(desk.order(), key="k-1")
        with pytest.raises(IdempotencyKeyReused):
            await desk.ask(desk.order("11:00"), key="k-1")

    async def test_a_key_belongs_to_its_caller(self, desk: Desk) -> None:
        await desk.ask(desk.order(), key="k-1")
        other = Actor(subject="desk-2", role="front_desk")
        booked = await desk.ask(desk.order("11:00", patient="bela"), key="k-1", actor=other)
        assert not booked.is_repeated

    async def test_a_key_is_forgotten_after_a_day(self, desk: Desk) -> None:
        await desk.ask(desk.order("08:00"), key="k-1")
        desk.clock.move(days=1, minutes=1)
        later = desk.order(moment("10:00", MONDAY + timedelta(days=2)))
        assert not (await desk.ask(later, key="k-1")).is_repeated
        assert (await desk.ask(later, key="k-1")).is_repeated

    async def test_a_refused_order_does_not_use_up_its_key(self, desk: Desk) -> None:
        await desk.book("10:00")
        with pytest.raises(SlotUnavailable):
            await desk.ask(desk.order(patient="bela"), key="k-1")
        assert not (await desk.ask(desk.order("11:00", patient="bela"), key="k-1")).is_repeated

    @pytest.mark.parametrize("key", ["", "k" * 256])
    async def test_a_key_has_a_sensible_length(self, desk: Desk, key: str) -> None:
        with pytest.raises(InvalidRequest):
            await desk.ask(desk.order(), key=key)


class TestAnotherSetup:
    async def test_hours_that_changed_since_are_heeded(self, desk: Desk) -> None:
        """The setup in memory is older than the database's: the transaction notices."""
        await desk.book("10:00")
        await close_early(desk)
        with pytest.raises(RuleViolated) as refused:
            await desk.book("15:00")
        assert refused.value.rule == "provider_is_working"

    async def test_closed_hours_are_read_in_the_zone_of_the_place(self, pool: Pool) -> None:
        setup = a_clinic(
            locations=[a_location(timezone="America/New_York")],
            working_hours=[hours("providers/okoro", "08:00", "10:00")],
        )
        desk = await open_desk(pool, setup)
        await desk.book(moment("08:00", zone="America/New_York"))
        with pytest.raises(RuleViolated):
            await desk.book("08:00")
