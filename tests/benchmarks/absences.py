"""Absences in full calendars, and the question that each asks; made by hand, so that it is anyone's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

from models.appointment import Appointment
from models.clinic import ExceptionKind, HoursException
from models.clinic_file import ClinicFile
from models.planning import Assignment, PlanQuestion, Task, TaskKind
from models.refs import provider_ref
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute, at_wall_clock, ceil_minute, floor_minute, instant_of
from scenarios.full_calendar import full_calendar, visits_of

MONDAY = date(2027, 3, 1)
DAYS_TO_REPAIR = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A provider who is away on whole local days, learnt at `now`."""

    file: ClinicFile
    provider_id: str
    first: date
    days: int
    now: datetime

    @property
    def window(self) -> tuple[Minute, Minute]:
        """From midnight to midnight."""
        zone = self.file.setup.zone
        return (
            at_wall_clock(self.first, 0, zone),
            at_wall_clock(self.first + timedelta(days=self.days), 0, zone),
        )

    @property
    def latest(self) -> Minute:
        """Where starts end: so many local days after the absence."""
        last = self.first + timedelta(days=self.days + DAYS_TO_REPAIR)
        return at_wall_clock(last, 0, self.file.setup.zone)

    @property
    def displaced(self) -> list[Appointment]:
        """Whose visit overlaps it, and could still be moved."""
        start, end = self.window
        return [
            visit
            for visit in self.file.appointments
            if visit.provider_id == self.provider_id
            and visit.status.may_move
            and visit.holds_at(self.now)
            and visit.starts_at >= self.now
            and floor_minute(visit.starts_at) < end
            and start < ceil_minute(visit.ends_at)
        ]

    def question(self) -> PlanQuestion:
        """What the planner is asked, by the usual price list."""
        file, (start, end) = self.file, self.window
        away = HoursException(
            resource=provider_ref(self.provider_id),
            starts_at=instant_of(start),
            ends_at=instant_of(end),
            kind=ExceptionKind.UNAVAILABLE,
            reason="absent",
        )
        setup = replace(file.setup, exceptions=(*file.setup.exceptions, away))
        snapshot = ClinicSnapshot.of(
            setup, appointments=file.appointments, patients=file.patients, now=self.now
        )
        return PlanQuestion(
            snapshot=snapshot, tasks=tuple(_task(visit, self, snapshot) for visit in self.displaced)
        )


def _task(visit: Appointment, absence: Absence, snapshot: ClinicSnapshot) -> Task:
    home = Assignment.of(visit)
    room = snapshot.setup.room_by_id.get(visit.room_id or "")
    return Task(
        id=visit.id,
        kind=TaskKind.DISPLACED,
        service_id=visit.service_id,
        patient_id=visit.patient_id,
        duration_minutes=home.end - home.start,
        home=home,
        location_id=room.location_id if room else None,
        earliest=snapshot.first_minute_from_now,
        latest=absence.latest,
    )


def morning_of(day: date, file: ClinicFile) -> datetime:
    """Six o'clock, before anybody comes."""
    return instant_of(at_wall_clock(day, 360, file.setup.zone))


def large_absence(seed: int, *, displaced: range, days: int) -> Absence:
    """In a full calendar of that seed the first provider whose days away displace so many."""
    file = full_calendar(seed, start=MONDAY)
    for provider in file.setup.providers:
        if len(visits_of(file, provider.id, MONDAY, days)) in displaced:
            now = morning_of(MONDAY, file)
            return Absence(file=file, provider_id=provider.id, first=MONDAY, days=days, now=now)
    raise ValueError(f"nobody's {days} days away displace {displaced} in the calendar of seed {seed}")


def absence_of_a_week(seed: int = 1) -> Absence:
    """65 to 70 displaced among some 5,100."""
    return large_absence(seed, displaced=range(65, 71), days=5)


def absence_of_two_weeks(seed: int = 2) -> Absence:
    """About 135 displaced among some 5,000."""
    return large_absence(seed, displaced=range(132, 139), days=12)


def absence_in_a_small_clinic(seed: int = 1) -> Absence:
    """One day of one of five."""
    file = full_calendar(seed, start=MONDAY, providers=5, rooms=6)
    day = MONDAY + timedelta(days=1)
    return Absence(file=file, provider_id="provider-1", first=day, days=1, now=morning_of(MONDAY, file))


SIZES: Sequence[tuple[int, int]] = ((3, 4), (5, 6), (8, 10), (12, 14), (20, 24))


def random_absences(seed: int, count: int) -> Iterator[Absence]:
    """Of a day to a week, in calendars of several sizes."""
    random = Random(seed)
    for number in range(count):
        providers, rooms = SIZES[number % len(SIZES)]
        file = full_calendar(random.randrange(2**31), start=MONDAY, providers=providers, rooms=rooms)
        days = random.choice((1, 1, 2, 3, 5))
        first = MONDAY + timedelta(days=random.randrange(6 - days))
        provider = random.choice(file.setup.providers)
        now = morning_of(MONDAY, file)
        yield Absence(file=file, provider_id=provider.id, first=first, days=days, now=now)
