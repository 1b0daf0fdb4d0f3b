"""Visits added to a booked clinic where its rules let them: group visits, and visits on top of others."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from models.appointment import Appointment
from models.clinic import Patient, Provider, Room, Service, suits
from models.group_visit import group_key
from models.refs import provider_ref
from models.rules import first_violation, is_overbooked
from models.setup import ClinicSetup
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute, at_wall_clock, floor_minute, instant_of, local_date, minute_of_day

_PATIENTS_TRIED = 6
_ROOMS_TRIED = 3


@dataclass
class Diary:
    """The visits of a clinic day by day (of its own zone); whatever is added breaks no rule.

    Only services without equipment are added to. Nobody works past midnight.
    """

    setup: ClinicSetup
    patients: Sequence[Patient]
    random: Random
    by_day: dict[date, list[Appointment]] = field(default_factory=dict)
    _seen: dict[date, ClinicSnapshot] = field(default_factory=dict)

    @staticmethod
    def of(
        setup: ClinicSetup, patients: Sequence[Patient], visits: Iterable[Appointment], random: Random
    ) -> "Diary":
        """A diary with these visits in it."""
        diary = Diary(setup, patients, random)
        for visit in visits:
            day = local_date(floor_minute(visit.starts_at), setup.zone)
            diary.by_day.setdefault(day, []).append(visit)
        return diary

    def visits(self) -> list[Appointment]:
        """All of them by start; those on top of others behind them."""
        every = (visit for visits in self.by_day.values() for visit in visits)
        return sorted(every, key=lambda visit: visit.starts_at)

    def add_groups(self, service: Service, *, one_day_in: int) -> None:
        """Group visits of a service: each provider who gives it has one every so many days."""
        for number, day in enumerate(sorted(self.by_day)):
            for position, provider in enumerate(self.setup.providers):
                if service.id in provider.service_ids and (number + position) % one_day_in == 0:
                    self._add_group(service, provider, day)

    def add_on_top(self, *, most_per_day: int) -> None:
        """Visits that overlap others as the overbooking rules allow, so many at most per provider and day."""
        for day in sorted(self.by_day):
            for provider in self.setup.providers:
                if provider.id in self.setup.lanes:
                    self._add_on_top(provider, day, most_per_day)

    def _add_group(self, service: Service, provider: Provider, day: date) -> None:
        before = self._snapshot(day)
        starts = list(self._starts(service, provider, day))
        for start in self.random.sample(starts, k=len(starts)):
            first = self._written(service, provider, start, before, overbook=False)
            if first is not None:
                self._fill(first, day)
                break

    def _fill(self, first: Placement, day: date) -> None:
        """Puts others beside the first patient of a group visit; some seats stay free."""
        key = group_key(self.by_day[day][-1])
        for _ in range(self.random.randint(0, first.service.seats - 1)):
            snapshot = self._snapshot(day)
            group = next(one for one in snapshot.group_visits if one.key == key)
            self._somebody_in(first._replace(joins=group, patient=None), snapshot, overbook=False)

    def _add_on_top(self, provider: Provider, day: date, most: int) -> None:
        regular = [one for one in self.by_day[day] if one.provider_id == provider.id]
        added = 0
        for visit in self.random.sample(regular, k=len(regular)):
            service, start = self.setup.service_by_id[visit.service_id], floor_minute(visit.starts_at)
            if added == most:
                break
            if service.is_for_groups or service.equipment:
                continue
            if self._written(service, provider, start, self._snapshot(day), overbook=True) is not None:
                added += 1

    def _written(
        self, service: Service, provider: Provider, start: Minute, snapshot: ClinicSnapshot, *, overbook: bool
    ) -> Placement | None:
        """A visit in one of a few rooms by one of a few patients, written down; None if there is no way."""
        anywhere = self._placement(service, provider, None, start)
        if is_overbooked(anywhere, snapshot) != overbook:
            return None
        for room in self._rooms(service, provider):
            placement = self._placement(service, provider, room, start)
            found = self._somebody_in(placement, snapshot, overbook=overbook)
            if found is not None:
                return found
        return None

    def _somebody_in(
        self, placement: Placement, snapshot: ClinicSnapshot, *, overbook: bool
    ) -> Placement | None:
        if first_violation(placement, snapshot) is not None:
            return None
        for patient in self.random.choices(self.patients, k=_PATIENTS_TRIED):
            chosen = placement._replace(patient=patient)
            if first_violation(chosen, snapshot) is None:
                number = 1 + sum(map(len, self.by_day.values()))
                visit = replace(appointment_of(chosen, f"visit-{number}"), overbook=overbook)
                self._write(visit, local_date(chosen.start, self.setup.zone))
                return chosen
        return None

    def _snapshot(self, day: date) -> ClinicSnapshot:
        if day not in self._seen:
            long_before = datetime.combine(day - timedelta(days=30), time(), tzinfo=UTC)
            self._seen[day] = ClinicSnapshot.of(self.setup, appointments=self.by_day[day], now=long_before)
        return self._seen[day]

    def _write(self, visit: Appointment, day: date) -> None:
        self.by_day[day].append(visit)
        self._seen.pop(day, None)

    def _starts(self, service: Service, provider: Provider, day: date) -> Iterator[Minute]:
        low, high = (at_wall_clock(day + timedelta(days=n), 0, self.setup.zone) for n in (0, 1))
        step = service.slot_step_minutes
        for opened, closed in self.setup.open_windows(provider_ref(provider.id), low, high).windows:
            first = max(opened, low) + -minute_of_day(max(opened, low), self.setup.zone) % step
            yield from range(first, min(closed, high) - service.duration_minutes + 1, step)

    def _rooms(self, service: Service, provider: Provider) -> Sequence[Room | None]:
        if not service.needs_room:
            return [None]
        rooms = [
            room
            for room in self.setup.rooms
            if room.location_id in provider.location_ids and suits(room, service)
        ]
        return self.random.sample(rooms, k=min(_ROOMS_TRIED, len(rooms)))

    def _placement(self, service: Service, provider: Provider, room: Room | None, start: Minute) -> Placement:
        location = None if room is None else self.setup.location_by_id[room.location_id]
        return Placement(service, provider, location, room, start, start + service.duration_minutes)


def appointment_of(placement: Placement, identifier: str) -> Appointment:
    """A placement with its patient, as something booked."""
    if placement.patient is None:
        raise ValueError("nobody comes")
    return Appointment(
        id=identifier,
        patient_id=placement.patient.id,
        provider_id=placement.provider.id,
        service_id=placement.service.id,
        room_id=placement.room.id if placement.room else None,
        equipment=placement.equipment,
        starts_at=instant_of(placement.start),
        ends_at=instant_of(placement.end),
    )
