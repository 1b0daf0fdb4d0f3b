"""A day at a small clinic, in any order of events, against a dictionary that knows nothing of databases."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from models.appointment import AppointmentStatus
from models.errors import (
    HoldExpired,
    IllegalTransition,
    RuleViolated,
    SlotUnavailable,
    VersionMismatch,
)
from models.postgres.connection import Database, Pool, open_pool
from models.stored_appointment import StoredAppointment
from tests.builders import a_clinic, a_patient, a_pool, a_provider, a_room, a_service, an_ecg, at, moment
from tests.workflows.desk import Desk, open_desk
from tests.workflows.plain_book import (
    CLOSE,
    LIVE,
    MACHINES,
    OPEN,
    PATIENTS,
    PLACES,
    PROVIDERS,
    STEPS,
    TURNAROUND,
    Book,
    Hold,
    Visit,
)

MIDNIGHT = moment("00:00")
# Mostly within one busy morning, so that visits meet; now and then at odd times.
STARTS = st.sampled_from([*range(OPEN, OPEN + 240, 15)] * 4 + [OPEN - 15, CLOSE - 30, CLOSE - 15, OPEN + 7])


def instant(minute: int) -> datetime:
    return MIDNIGHT + timedelta(minutes=minute)


def minute(moment: datetime) -> int:
    return (moment - MIDNIGHT) // timedelta(minutes=1)


class Clinic(RuleBasedStateMachine):
    """Every rule does the same thing twice, and the two must agree."""

    runner: ClassVar[asyncio.Runner]
    pool: ClassVar[Pool]
    visits: Bundle[str] = Bundle("visits")

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    @initialize()
    def open(self) -> None:
        setup = a_clinic(
            providers=[a_provider(name, service_ids=("checkup", "ecg")) for name in PROVIDERS],
            rooms=[
                a_room(name, capacity=places, turnaround_minutes=TURNAROUND[name])
                for name, places in PLACES.items()
            ],
            services=[a_service(), an_ecg(id="ecg", buffer_before_minutes=5)],
            equipment=[a_pool("machines", quantity=MACHINES)],
        )
        self.desk: Desk = self.run(
            open_desk(self.pool, setup, patients=[a_patient(name) for name in PATIENTS])
        )
        self.book = Book()
        self.seen: dict[str, StoredAppointment] = {}
        self.names = {
            identifier: name for kind in self.desk.ids.values() for name, identifier in kind.items()
        }
        self.calendars, self.versions = self.told()

    # what can happen

    @rule(
        target=visits,
        provider=st.sampled_from(PROVIDERS),
        patient=st.sampled_from(PATIENTS),
        service=st.sampled_from(["checkup", "ecg"]),
        room=st.sampled_from([None, *PLACES]),
        start=STARTS,
        minutes=st.sampled_from([None, 15, 45, 90, 200]),
        hold=st.sampled_from([None, None, 5, 30]),
    )
    def somebody_books(
        self,
        provider: str,
        patient: str,
        service: str,
        room: str | None,
        start: int,
        minutes: int | None,
        hold: int | None,
    ) -> Any:
        visit = Visit(patient, provider, service, room or "single", start, start + (minutes or 30))
        if hold is not None:
            visit.status, visit.runs_out = "pending", self.book.now + hold
        rules = self.book.allows_start(start) and self.book.is_open(visit)
        free = self.book.has_room_for(visit, (room,) if room else tuple(PLACES))
        more: dict[str, Any] = {"room": room} if room else {}
        if minutes:
            more["ends_at"] = instant(visit.end)
        wanted = {"provider": provider, "patient": patient, "service": service, "hold_minutes": hold, **more}
        try:
            booked: StoredAppointment = self.run(self.desk.book(instant(start), **wanted))
        except RuleViolated:
            assert not rules
            return multiple()
        except SlotUnavailable:
            assert rules
            assert not free
            return multiple()
        assert rules
        assert free
        visit.room = self.names[booked.room_id or ""]
        self.book.visits[booked.id] = visit
        self.seen[booked.id] = booked
        return booked.id

    @rule(
        which=visits,
        start=st.none() | STARTS,
        provider=st.sampled_from([None, *PROVIDERS]),
        room=st.sampled_from([None, *PLACES]),
    )
    def somebody_moves_a_visit(
        self, which: str, start: int | None, provider: str | None, room: str | None
    ) -> None:
        visit = self.book.visits[which]
        wanted = {"provider": provider, "room": room, "starts_at": None if start is None else instant(start)}
        change: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        if not change:
            return
        moved = Visit(**vars(visit))
        moved.start = visit.start if start is None else start
        moved.end = moved.start + visit.end - visit.start
        moved.provider = provider or visit.provider
        rules = moved.start == visit.start or self.book.allows_start(moved.start)
        rules = rules and self.book.is_open(moved)
        free = self.book.has_room_for(moved, (room,) if room else tuple(PLACES), besides=which)
        try:
            after: StoredAppointment = self.run(self.desk.change(self.seen[which], **change))
        except HoldExpired:
            assert self.book.is_dead(visit)
            self.died(which)
        except IllegalTransition:
            assert visit.status not in LIVE
        except RuleViolated:
            assert not rules
        except SlotUnavailable:
            assert rules
            assert not free
        else:
            assert visit.status in LIVE
            assert not self.book.is_dead(visit)
            assert rules
            assert free
            moved.room = self.names[after.room_id or ""]
            self.changed(which, moved, after)

    @rule(
        which=visits,
        status=st.sampled_from([*AppointmentStatus, *[AppointmentStatus.CANCELED] * 3]),
        is_up_to_date=st.sampled_from([True] * 5 + [False]),
    )
    def somebody_takes_a_step(self, which: str, status: AppointmentStatus, is_up_to_date: bool) -> None:
        visit = self.book.visits[which]
        if not is_up_to_date:
            with pytest.raises(VersionMismatch):
                self.run(self.desk.change(self.seen[which], version=99, status=status))
            return
        try:
            after = self.run(self.desk.change(self.seen[which], status=status))
        except HoldExpired:
            assert self.book.is_dead(visit) or visit.status == "expired"
            self.died(which)
        except IllegalTransition:
            assert not self.book.is_dead(visit)
            assert status not in STEPS.get(visit.status, set())
            assert status != visit.status or visit.status not in LIVE
        else:
            assert not self.book.is_dead(visit)
            assert status in STEPS.get(visit.status, set()) or status == visit.status
            stepped = Visit(**{**vars(visit), "status": status.value})
            self.changed(which, stepped, after)

    @rule(minutes=st.integers(1, 40))
    def time_passes(self, minutes: int) -> None:
        self.desk.clock.move(minutes=minutes)
        self.book.now += minutes

    def changed(self, which: str, after: Visit, stored: StoredAppointment) -> None:
        before = self.book.visits[which]
        differs = vars(before) != vars(after)
        assert stored.version == before.version + differs
        after.version = stored.version
        if after.status != "pending":
            after.runs_out = None
        self.book.visits[which] = after
        self.seen[which] = stored

    def died(self, which: str) -> None:
        self.book.visits[which].status = "expired"
        self.refresh(which)

    def refresh(self, which: str) -> None:
        """Expiry counts as a change, whoever notices it: see what version that made."""
        self.seen[which] = self.run(self.desk.read(which))
        self.book.visits[which].version = self.seen[which].version

    # what must always be true

    @invariant()
    def no_unit_is_held_twice(self) -> None:
        assert self.run(self.desk.overlapping_claims()) == 0

    @invariant()
    def the_claims_are_those_of_the_dictionary(self) -> None:
        stored = self.run(_claims(self.desk, self.names))
        for which, visit in self.book.visits.items():
            expected = Counter(visit.holds())
            if self.book.is_holding(visit):
                assert stored.pop(which) == expected
            elif self.book.is_dead(visit):  # until somebody is in its way
                assert stored.pop(which, None) in (None, expected)
        assert stored == {}

    @invariant()
    def each_visit_reads_as_the_dictionary_says(self) -> None:
        for which, visit in self.book.visits.items():
            stored: StoredAppointment = self.run(self.desk.read(which))
            if self.book.is_dead(visit) and stored.version > visit.version:
                self.died(which)  # somebody was in its way
            told = (
                self.names[stored.patient_id],
                self.names[stored.provider_id],
                self.names[stored.room_id or ""],
                minute(stored.starts_at),
                minute(stored.ends_at),
                stored.status.value,
                stored.version,
            )
            status = "expired" if self.book.is_dead(visit) else visit.status
            span = (visit.start, visit.end, status, visit.version)
            assert told == (visit.patient, visit.provider, visit.room, *span)

    @invariant()
    def a_calendar_that_changed_has_another_version(self) -> None:
        calendars, versions = self.told()
        for resource, calendar in calendars.items():
            if calendar != self.calendars.get(resource, Counter()):
                assert versions[resource] != self.versions[resource]
        self.calendars, self.versions = calendars, versions

    def told(self) -> tuple[dict[str, Counter[Hold]], dict[str, tuple[int, int]]]:
        """What the dictionary says of each resource, and the version that an answer about it would carry.

        Part of it is the last expiry so far: holds that have run out change calendars with nothing written.
        """
        calendars: dict[str, Counter[Hold]] = {
            name: Counter() for name in (*PROVIDERS, *PATIENTS, *PLACES, "machines")
        }
        for visit in self.book.visits.values():
            if self.book.is_holding(visit):
                for hold in visit.holds():
                    calendars[hold[0]][hold] += 1
        query = """
            SELECT coalesce(max(expires_at), '2000-01-01') FROM appointment
            WHERE {here} AND status IN ('pending', 'expired') AND expires_at <= %(now)s
        """
        ((last,),) = self.run(self.desk.rows(query, now=self.desk.clock()))
        stored = self.run(self.desk.calendar_versions())
        return calendars, {self.names[one]: (number, minute(last)) for one, number in stored.items()}


async def _claims(desk: Desk, names: dict[str, str]) -> dict[str, Counter[Hold]]:
    """What the database says each appointment holds."""
    query = """
        SELECT appointment_id::text, resource.id::text, starts_at, ends_at FROM claim
        JOIN resource ON resource.clinic_id = claim.clinic_id AND resource_no = unit_id >> 10
        WHERE claim.clinic_id = %(clinic_id)s
    """
    found: dict[str, Counter[Hold]] = {}
    for appointment_id, resource_id, start, end in await desk.rows(query):
        hold = (names[resource_id], minute(start), minute(end))
        found.setdefault(appointment_id, Counter())[hold] += 1
    return found


@pytest.fixture
def clinic(database: Database) -> Iterator[type[Clinic]]:
    """The machine, with a loop and a pool that outlive its runs."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        Clinic.runner = runner
        Clinic.pool = runner.run(stack.enter_async_context(open_pool(database, size=2)))
        yield Clinic
        runner.run(stack.aclose())


def run(machine: type[Clinic], examples: int, steps: int) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    how = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks
    )
    run_state_machine_as_test(machine, settings=how)


def test_the_clinic_and_the_dictionary_agree(clinic: type[Clinic]) -> None:
    assert at("08:00") - at("00:00") == OPEN
    run(clinic, examples=25, steps=40)


@pytest.mark.long
def test_they_agree_for_long(clinic: type[Clinic]) -> None:
    run(clinic, examples=400, steps=60)
