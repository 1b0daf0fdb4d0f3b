"""Fills the gaps that are left in a booked week, as a front desk does when people call.

For clinics whose starts, holds and hours lie on steps of five minutes, without limits but people, rooms and
pools. Takes what fits first, so gaps that remain are of no use to anybody.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from models.appointment import Appointment, EquipmentUse
from models.claims import hold_of, room_hold_of
from models.clinic import Patient, Provider, Room, Service, suits
from models.hours import Window
from models.refs import equipment_ref, provider_ref, room_ref
from models.setup import ClinicSetup
from models.wall_clock import Minute, ceil_minute, floor_minute, instant_of

STEP = 5
_MARGIN = 1440
_PATIENTS_TRIED = 5


def filled(
    setup: ClinicSetup,
    patients: Sequence[Patient],
    visits: Iterable[Appointment],
    random: Random,
    week: Window,
) -> list[Appointment]:
    """The visits, and as many more inside `week` as there is room for; the new ones have no names yet."""
    book = _Book(setup, patients, random, week)
    for visit in visits:
        book.take(visit)
    for provider in setup.providers:
        for opened, closed in setup.open_windows(provider_ref(provider.id), *week).meeting(*week):
            book.fill(provider, opened, closed)
    return sorted(book.visits, key=lambda visit: visit.starts_at)


@dataclass
class _Book:
    """What is taken in a week, step by step, in so many lanes per resource as it has units."""

    setup: ClinicSetup
    patients: Sequence[Patient]
    random: Random
    week: Window
    visits: list[Appointment] = field(default_factory=list)
    lanes: dict[str, list[bytearray]] = field(default_factory=dict)
    seen: dict[str, list[Window]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        low, high = self.week
        steps = (high - low + 2 * _MARGIN) // STEP
        for ref in self.setup.resource_index:
            units = self.setup.capacities.get(ref, 1)
            self.lanes[ref] = [bytearray(steps) for _ in range(units)]

    def take(self, visit: Appointment) -> None:
        """Write down what a visit holds."""
        service = self.setup.service_by_id[visit.service_id]
        start, end = floor_minute(visit.starts_at), ceil_minute(visit.ends_at)
        hold = hold_of(service, start, end)
        self._mark(provider_ref(visit.provider_id), 1, hold)
        if visit.room_id is not None:
            room = self.setup.room_by_id[visit.room_id]
            self._mark(room_ref(room.id), 1, room_hold_of(service, room, start, end))
        for use in visit.equipment:
            self._mark(equipment_ref(use.id), use.units, hold)
        self.seen.setdefault(visit.patient_id, []).append((start, end))
        self.visits.append(visit)

    def fill(self, provider: Provider, opened: Minute, closed: Minute) -> None:
        """Try each service of a provider at each step of a session, short ones more often first."""
        services = [self.setup.service_by_id[one] for one in provider.service_ids]
        for start in range(opened, closed, STEP):
            if self._free(provider_ref(provider.id), (start, start + STEP)):
                for service in self.random.sample(services, k=len(services)):
                    fits = start % service.slot_step_minutes == 0
                    if (
                        fits
                        and start + service.duration_minutes <= closed
                        and self._books(provider, service, start)
                    ):
                        break

    def _books(self, provider: Provider, service: Service, start: Minute) -> bool:
        end = start + service.duration_minutes
        hold = hold_of(service, start, end)
        if not self._free(provider_ref(provider.id), hold):
            return False
        room = next(self._rooms(service, start, end), None)
        uses = tuple(self._pools(service, hold))
        patient = self._patient(provider, start, end)
        if room is None or patient is None or len(uses) < len(service.equipment):
            return False
        self.take(
            Appointment(
                id="new",
                patient_id=patient.id,
                provider_id=provider.id,
                service_id=service.id,
                room_id=room.id,
                equipment=uses,
                starts_at=instant_of(start),
                ends_at=instant_of(end),
            )
        )
        return True

    def _rooms(self, service: Service, start: Minute, end: Minute) -> Iterator[Room]:
        for room in self.setup.rooms:
            if suits(room, service) and self._free(
                room_ref(room.id), room_hold_of(service, room, start, end)
            ):
                yield room

    def _pools(self, service: Service, hold: Window) -> Iterator[EquipmentUse]:
        for need in service.equipment:
            for pool in self.setup.equipment:
                if pool.type == need.type and self._free(equipment_ref(pool.id), hold, need.units):
                    yield EquipmentUse(id=pool.id, units=need.units)
                    break

    def _patient(self, provider: Provider, start: Minute, end: Minute) -> Patient | None:
        for patient in self.random.choices(self.patients, k=_PATIENTS_TRIED):
            busy = any(since < end and start < until for since, until in self.seen.get(patient.id, ()))
            if not busy and provider.id not in patient.blocked_provider_ids:
                return patient
        return None

    def _span(self, window: Window) -> slice:
        low = self.week[0] - _MARGIN
        return slice((window[0] - low) // STEP, -((low - window[1]) // STEP))

    def _free(self, ref: str, window: Window, units: int = 1) -> bool:
        span = self._span(window)
        return sum(not any(lane[span]) for lane in self.lanes[ref]) >= units

    def _mark(self, ref: str, units: int, window: Window) -> None:
        span = self._span(window)
        free = [lane for lane in self.lanes[ref] if not any(lane[span])]
        for lane in free[:units]:
            lane[span] = b"\1" * (span.stop - span.start)
