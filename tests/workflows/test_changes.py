"""Changing an appointment: moved, carried on, given up; only by who has seen its latest version."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from models.appointment import TRANSITIONS, AppointmentStatus
from models.booking import AppointmentChange
from models.errors import (
    HoldExpired,
    IllegalTransition,
    InvalidRequest,
    NotFound,
    RuleViolated,
    SlotUnavailable,
    VersionMismatch,
)
from models.postgres.connection import Pool
from models.stored_appointment import StoredAppointment
from tests.builders import a_clinic, a_pool, a_provider, a_room, an_ecg, moment
from tests.workflows.desk import Desk, open_desk

pytestmark = pytest.mark.anyio

WAYS_TO: dict[str, tuple[str, ...]] = {
    "scheduled": (),
    "confirmed": ("confirmed",),
    "checked_in": ("checked_in",),
    "in_progress": ("checked_in", "in_progress"),
    "completed": ("checked_in", "in_progress", "completed"),
    "canceled": ("canceled",),
    "no_show": ("no_show",),
}


@pytest.fixture
async def two_of_each(pool: Pool) -> Desk:
    """Two providers, two rooms."""
    setup = a_clinic(rooms=[a_room(), a_room("room-2")], providers=[a_provider(), a_provider("silva")])
    return await open_desk(pool, setup)


class TestMoving:
    async def test_a_moved_visit_leaves_its_old_place_and_takes_the_new_one(self, desk: Desk) -> None:
        booked = await desk.book("10:00")
        moved = await desk.change(booked, starts_at="11:00")
        assert moved == await desk.read(booked)
        assert (moved.starts_at, moved.ends_at, moved.version) == (moment("11:00"), moment("11:30"), 2)
        await desk.book("10:00", patient="bela")
        with pytest.raises(SlotUnavailable):
            await desk.book("11:15", patient="cleo")

    async def test_it_may_overlap_itself(self, desk: Desk) -> None:
        moved = await desk.change(await desk.book("10:00"), starts_at="10:15")
        assert moved.starts_at == moment("10:15")
        assert len(await desk.claims_of(moved)) == 3

    async def test_it_keeps_a_length_that_was_chosen(self, desk: Desk) -> None:
        booked = await desk.book("10:00", ends_at=moment("11:10"))
        assert (await desk.change(booked, starts_at="13:00")).ends_at == moment("14:10")

    async def test_an_end_alone_makes_it_longer(self, desk: Desk) -> None:
        booked = await desk.book("10:00")
        assert (await desk.change(booked, ends_at=moment("11:00"))).ends_at == moment("11:00")

    async def test_it_keeps_its_room_although_a_better_one_is_free(self, two_of_each: Desk) -> None:
        booked = await two_of_each.book("10:00", room="room-2")
        assert (await two_of_each.change(booked, starts_at="11:00")).room_id == booked.room_id

    async def test_it_gets_another_room_where_its_own_is_taken(self, two_of_each: Desk) -> None:
        booked = await two_of_each.book("10:00")
        await two_of_each.book("11:00", provider="silva", patient="bela", room="room-1")
        moved = await two_of_each.change(booked, starts_at="11:00")
        assert moved.room_id == two_of_each.id_of("room", "room-2")

    async def test_a_room_that_is_asked_for_is_the_only_one_that_will_do(self, two_of_each: Desk) -> None:
        booked = await two_of_each.book("10:00", room="room-2")
        await two_of_each.book("11:00", provider="silva", patient="bela", room="room-1")
        with pytest.raises(SlotUnavailable):
            await two_of_each.change(booked, starts_at="11:00", room="room-1")
        assert await two_of_each.read(booked) == booked

    async def test_another_provider_takes_over(self, two_of_each: Desk) -> None:
        booked = await two_of_each.book("10:00")
        moved = await two_of_each.change(booked, provider="silva")
        assert moved.provider_id == two_of_each.id_of("provider", "silva")
        await two_of_each.book("10:00", patient="bela")

    async def test_a_visit_that_has_begun_may_change_its_room(self, two_of_each: Desk) -> None:
        booked = await two_of_each.book("10:00", room="room-1")
        two_of_each.clock.now = moment("10:10")
        moved = await two_of_each.change(booked, room="room-2")
        assert moved.room_id == two_of_each.id_of("room", "room-2")
        with pytest.raises(RuleViolated):
            await two_of_each.change(moved, starts_at="09:00")

    async def test_it_keeps_its_equipment_where_that_is_free(self, pool: Pool) -> None:
        desk = await open_desk(pool, a_clinic(services=[an_ecg()], equipment=[a_pool("a"), a_pool("b")]))
        booked = await desk.book("10:00", pools=["b"])
        moved = await desk.change(booked, starts_at="11:00")
        assert moved.equipment == booked.equipment
        assert (await desk.read(booked)).equipment == booked.equipment

    async def test_every_calendar_that_it_leaves_or_enters_gets_a_new_version(
        self, two_of_each: Desk
    ) -> None:
        booked = await two_of_each.book("10:00", room="room-1")
        before = await two_of_each.calendar_versions()
        await two_of_each.change(booked, provider="silva", room="room-2")
        after = await two_of_each.calendar_versions()
        names = [("patient", "ada"), ("provider", "okoro"), ("provider", "silva")]
        names += [("room", "room-1"), ("room", "room-2")]
        concerned = {two_of_each.id_of(kind, name) for kind, name in names}
        assert {one for one in after if after[one] == before[one] + 1} == concerned

    @pytest.mark.parametrize("status", ["completed", "canceled", "no_show"])
    async def test_what_is_over_stays_where_it_was(self, desk: Desk, status: str) -> None:
        over = await desk.step(await desk.book("10:00"), *WAYS_TO[status])
        with pytest.raises(IllegalTransition):
            await desk.change(over, starts_at="11:00")

    async def test_a_hold_that_is_moved_ends_no_later(self, desk: Desk) -> None:
        held = await desk.book("10:00", hold_minutes=10)
        moved = await desk.change(held, starts_at="11:00")
        assert (moved.status, moved.expires_at) == (AppointmentStatus.PENDING, held.expires_at)

    async def test_moving_and_giving_up_at_once_makes_no_sense(self) -> None:
        with pytest.raises(InvalidRequest):
            AppointmentChange(starts_at=moment("10:00"), status=AppointmentStatus.CANCELED)

    async def test_the_trail_says_from_where_to_where(self, two_of_each: Desk) -> None:
        booked = await two_of_each.book("10:00", room="room-1")
        await two_of_each.change(booked, starts_at="11:00", notes="prefers later")
        trail = await two_of_each.rows("SELECT before, after FROM audit WHERE {here} AND action = 'updated'")
        (before, after), *_ = trail
        assert before == {"start": "2026-06-01T10:00:00+00:00", "end": "2026-06-01T10:30:00+00:00"}
        assert after["changed"] == ["start", "end", "notes"]
        assert "prefers" not in str(trail)
        news = await two_of_each.rows("SELECT type, payload FROM outbox WHERE {here} ORDER BY id")
        assert [row[0] for row in news] == ["appointment.created", "appointment.updated"]
        assert news[1][1]["previous"]["start"] == "2026-06-01T10:00:00+00:00"


class TestSteps:
    @pytest.mark.parametrize("start", WAYS_TO)
    async def test_only_the_steps_of_the_state_machine_are_taken(self, desk: Desk, start: str) -> None:
        for hour, wanted in enumerate(AppointmentStatus, start=8):
            booked = await desk.book(f"{hour:02}:00" if hour < 16 else "08:30")
            current = await desk.step(booked, *WAYS_TO[start])
            await self.step_or_refusal(desk, current, wanted)
            holds = (await desk.read(current)).status.holds_resources
            assert len(await desk.claims_of(current)) == (3 if holds else 0)

    async def step_or_refusal(
        self, desk: Desk, current: StoredAppointment, wanted: AppointmentStatus
    ) -> None:
        allowed = wanted in TRANSITIONS[current.status] - {AppointmentStatus.EXPIRED}
        if allowed or (wanted is current.status and current.status.is_live):
            after = await desk.change(current, status=wanted)
            assert (after.status, after.version) == (wanted, current.version + allowed)
            return
        with pytest.raises(IllegalTransition) as refused:
            await desk.change(current, status=wanted)
        assert (refused.value.current, refused.value.wanted) == (current.status, wanted)

    @pytest.mark.parametrize("status", ["canceled", "no_show"])
    async def test_what_is_given_up_is_free_for_others(self, desk: Desk, status: str) -> None:
        booked = await desk.book("10:00")
        before = await desk.calendar_versions()
        await desk.change(booked, status=AppointmentStatus(status))
        after = await desk.calendar_versions()
        assert {one for one in after if after[one] == before[one] + 1} == {
            booked.patient_id,
            booked.provider_id,
            booked.room_id,
        }
        await desk.book("10:00", patient="bela")

    async def test_what_has_taken_place_keeps_its_place(self, desk: Desk) -> None:
        done = await desk.step(await desk.book("10:00"), *WAYS_TO["completed"])
        with pytest.raises(SlotUnavailable):
            await desk.book("10:15", patient="bela")
        assert (await desk.read(done)).status is AppointmentStatus.COMPLETED

    async def test_events_have_the_names_of_the_steps(self, desk: Desk) -> None:
        await desk.step(await desk.book("10:00"), "confirmed", *WAYS_TO["completed"])
        await desk.step(await desk.book("11:00"), "no_show")
        await desk.cancel(await desk.book("12:00"))
        news = [
            row[0].removeprefix("appointment.")
            for row in await desk.rows("SELECT type FROM outbox WHERE {here} ORDER BY id")
        ]
        assert news == [
            *("created", "confirmed", "updated", "updated", "completed"),
            *("created", "no_show"),
            *("created", "canceled"),
        ]

    async def test_notes_can_be_written_and_emptied(self, desk: Desk) -> None:
        booked = await desk.book("10:00", notes="brings a friend")
        assert (await desk.change(booked, starts_at="11:00")).notes == "brings a friend"
        emptied = await desk.change(await desk.read(booked), notes=None)
        assert (emptied.notes, emptied.version) == (None, 3)

    async def test_a_change_that_changes_nothing_is_not_counted(self, desk: Desk) -> None:
        booked = await desk.book("10:00")
        before = await desk.calendar_versions()
        for nothing in ({}, {"starts_at": "10:00"}, {"status": AppointmentStatus.SCHEDULED}, {"notes": None}):
            assert await desk.change(booked, **nothing) == booked
        assert await desk.calendar_versions() == before


class TestVersions:
    async def test_a_stale_version_is_refused(self, desk: Desk) -> None:
        booked = await desk.book("10:00")
        await desk.change(booked, notes="first")
        with pytest.raises(VersionMismatch) as refused:
            await desk.change(booked, notes="second")
        assert refused.value.stored == 2

    async def test_cancelling_and_confirming_need_no_version_and_respect_one(self, desk: Desk) -> None:
        booked = await desk.book("10:00")
        with pytest.raises(VersionMismatch):
            await desk.confirm(booked, version=7)
        await desk.confirm(booked)
        await desk.cancel(booked)
        assert (await desk.read(booked)).version == 3

    async def test_what_does_not_exist_is_not_found(self, desk: Desk, pool: Pool) -> None:
        elsewhere = await (await open_desk(pool)).book("10:00")
        for unknown in (str(uuid4()), "nothing", elsewhere.id):
            with pytest.raises(NotFound):
                await desk.read(unknown)
            with pytest.raises(NotFound):
                await desk.cancel(replace(elsewhere, id=unknown))

    async def test_a_key_makes_a_change_happen_once(self, desk: Desk) -> None:
        booked = await desk.book("10:00")
        first = await desk.cancel(booked, key="k-1")
        again = await desk.cancel(booked, key="k-1")
        assert (again.reply, again.is_repeated) == (first.reply, True)


class TestHolds:
    async def test_a_hold_blocks_until_it_ends_and_not_a_moment_longer(self, desk: Desk) -> None:
        held = await desk.book("10:00", hold_minutes=10)
        desk.clock.move(minutes=10, microseconds=-1)
        with pytest.raises(SlotUnavailable):
            await desk.book("10:00", patient="bela")
        desk.clock.move(microseconds=1)
        booked = await desk.book("10:00", patient="bela")
        assert (await desk.read(held)).status is AppointmentStatus.EXPIRED
        assert await desk.claims_of(held) == []
        assert len(await desk.claims_of(booked)) == 3

    async def test_a_hold_is_confirmed_until_it_ends_and_not_a_moment_later(self, desk: Desk) -> None:
        early = await desk.book("10:00", hold_minutes=10)
        late = await desk.book("11:00", hold_minutes=10, patient="bela")
        desk.clock.move(minutes=10, microseconds=-1)
        await desk.confirm(early)
        desk.clock.move(microseconds=1)
        with pytest.raises(HoldExpired):
            await desk.confirm(late)
        confirmed = await desk.read(early)
        assert (confirmed.status, confirmed.expires_at) == (AppointmentStatus.CONFIRMED, None)

    async def test_the_attempt_to_confirm_too_late_releases_the_hold(self, desk: Desk) -> None:
        held = await desk.book("10:00", hold_minutes=10)
        desk.clock.move(minutes=10)
        for _ in range(2):
            with pytest.raises(HoldExpired):
                await desk.confirm(held)
        assert await desk.claims_of(held) == []
        stored = await desk.rows("SELECT status, version FROM appointment WHERE {here}")
        news = await desk.rows("SELECT type FROM outbox WHERE {here} ORDER BY id")
        assert stored == [("expired", 2)]
        assert [row[0] for row in news] == ["appointment.created", "appointment.expired"]

    @pytest.mark.parametrize("change", [{"starts_at": "11:00"}, {"notes": "late"}], ids=str)
    async def test_nothing_else_is_done_to_a_hold_that_has_run_out(
        self, desk: Desk, change: dict[str, Any]
    ) -> None:
        held = await desk.book("10:00", hold_minutes=10)
        desk.clock.move(minutes=10)
        with pytest.raises(HoldExpired):
            await desk.change(held, **change)

    async def test_a_hold_that_has_run_out_reads_expired_before_anybody_sweeps_it(self, desk: Desk) -> None:
        held = await desk.book("10:00", hold_minutes=10)
        desk.clock.move(minutes=10)
        assert (await desk.read(held)).status is AppointmentStatus.EXPIRED
        assert await desk.rows("SELECT status FROM appointment WHERE {here}") == [("pending",)]

    async def test_a_confirmed_hold_no_longer_ends(self, desk: Desk) -> None:
        held = await desk.book("10:00", hold_minutes=10)
        await desk.confirm(held)
        desk.clock.move(hours=1)
        with pytest.raises(SlotUnavailable):
            await desk.book("10:00", patient="bela")

    async def test_a_hold_can_be_cancelled(self, desk: Desk) -> None:
        held = await desk.book("10:00", hold_minutes=10)
        await desk.cancel(held)
        await desk.book("10:00", patient="bela")

    async def test_a_dead_hold_elsewhere_is_left_to_the_sweep(self, two_of_each: Desk) -> None:
        """Only what is in the way is released: here the same time, in another room, with another provider."""
        held = await two_of_each.book("10:00", hold_minutes=10, room="room-2", provider="silva")
        two_of_each.clock.move(minutes=11)
        await two_of_each.book("10:00", patient="bela", room="room-1")
        assert len(await two_of_each.claims_of(held)) == 3

    async def test_a_visit_moves_to_where_a_hold_has_run_out(self, desk: Desk) -> None:
        held = await desk.book("10:00", hold_minutes=10)
        booked = await desk.book("11:00", patient="bela")
        desk.clock.now += timedelta(minutes=10)
        moved = await desk.change(booked, starts_at="10:15")
        assert moved.starts_at == moment("10:15")
        assert (await desk.read(held)).status is AppointmentStatus.EXPIRED
