"""The search as a plain loop: "Computing Available Slots" of the source design, step by step.

Free time is a list of intervals from which busy ones are subtracted; for each slot, each room and each
pool is found free by going through the appointments; every slot is scored by plain functions; then all
are sorted. Times are aware datetimes, as the appointments have them. Working hours come expanded and
appointments come loaded, so nothing but the loop itself is measured.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from models.allocation import pools_in_order
from models.appointment import Appointment
from models.clinic import EquipmentPool, Location, Provider, Room, suits
from models.gaps import RestPrices, rest_prices
from models.liking import FULL, patient_liking, provider_liking
from models.refs import CLINIC, equipment_ref, location_ref, provider_ref, room_ref
from models.score import HUNDREDTHS, ScoreBasis, gap_points
from models.wall_clock import MINUTES_PER_DAY, floor_minute, instant_of
from tests.benchmarks.answers import Found, Question

Interval: TypeAlias = tuple[datetime, datetime]

MARGIN = 3 * MINUTES_PER_DAY
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider at a location: where a visit would fit, when they are idle, and what rests cost them."""

    provider: Provider
    location: Location | None
    free: list[Interval]
    rests: list[Interval]
    prices: RestPrices


class SeedLoop:
    """The tables, loaded; `search` runs the steps."""

    def __init__(self, question: Question) -> None:
        self.setup, self.request = question.setup, question.request
        self.service = question.request.service
        self.snapshot, self.now = question.snapshot, question.snapshot.now
        low, high = self.request.earliest - MARGIN, self.request.latest + MARGIN
        refs = [provider_ref(one.id) for one in self.setup.providers]
        refs += [room_ref(one.id) for one in self.setup.rooms]
        refs += [equipment_ref(one.id) for one in self.setup.equipment]
        refs += [CLINIC, *(location_ref(one.id) for one in self.setup.locations)]
        self.open = {
            ref: [(instant_of(a), instant_of(b)) for a, b in self.setup.open_windows(ref, low, high).windows]
            for ref in refs
        }
        self.table = [one for one in question.appointments if one.holds_at(self.now)]

    def search(self) -> list[Found]:
        """Steps 1 to 7; the service is loaded already (step 2)."""
        self.earliest, self.latest = instant_of(self.request.earliest), instant_of(self.request.latest)
        self.duration = timedelta(minutes=self.request.duration_minutes)
        self.before = timedelta(minutes=self.service.buffer_before_minutes)
        self.after = timedelta(minutes=self.service.buffer_after_minutes)
        rows = [
            row
            for row in self.table
            if row.starts_at < self.latest + 2 * DAY and self.earliest - 2 * DAY < row.ends_at
        ]
        self.fits = ScoreBasis.of(self.snapshot, self.request).room_points
        slots: list[Found] = []
        for candidate in self.candidate_windows(rows):
            for start in self.starts_in(candidate):
                slot = self.feasible_slot(candidate, start, rows)
                if slot is not None and self.policy_allows(start):
                    slots.append(slot)
        return self.ranked(slots)

    def candidate_windows(self, rows: list[Appointment]) -> Iterator[Candidate]:
        """Steps 3 and 4: eligible providers, their hours within the clinic's, less what is booked."""
        sites: Iterable[Location | None] = self.setup.locations if self.service.needs_room else (None,)
        for location in sites:
            for provider in self.setup.providers:
                if self.service.id not in provider.service_ids:
                    continue
                if location is not None and location.id not in provider.location_ids:
                    continue
                working = self.open[provider_ref(provider.id)]
                clinic = self.open[CLINIC if location is None else location_ref(location.id)]
                busy = [self.held(row) for row in rows if row.provider_id == provider.id]
                widened = [(start - self.after, end + self.before) for start, end in busy]
                free = subtracted(intersected(working, clinic), widened)
                prices = rest_prices(self.setup, provider.id)
                yield Candidate(provider, location, free, subtracted(working, busy), prices)

    def held(self, row: Appointment) -> Interval:
        """How long an appointment keeps its provider and equipment, by the buffers of its service."""
        service = self.setup.service_by_id[row.service_id]
        return (
            row.starts_at - timedelta(minutes=service.buffer_before_minutes),
            row.ends_at + timedelta(minutes=service.buffer_after_minutes),
        )

    def starts_in(self, candidate: Candidate) -> Iterator[datetime]:
        """Every start on the service's step from which a whole visit fits into a free window."""
        zone = self.setup.zone_of(candidate.location)
        step = self.service.slot_step_minutes
        for low, high in candidate.free:
            start = max(low, self.earliest)
            local = start.astimezone(zone)
            start += timedelta(minutes=-(local.hour * 60 + local.minute) % step)
            while start + self.duration <= high and start < self.latest:
                yield start
                start += timedelta(minutes=step)

    def feasible_slot(self, candidate: Candidate, start: datetime, rows: list[Appointment]) -> Found | None:
        """Step 5: with its score, the equipment, and every room that is free then, the best first."""
        end = start + self.duration
        rooms: list[Room] = []
        if candidate.location is not None:
            rooms = self.available_rooms(candidate.location, start, end, rows)
            if not rooms:
                return None
            rooms.sort(key=lambda room: self.rank(room, candidate, start))
        equipment = self.available_equipment(candidate.location, start, end, rows)
        if equipment is None:
            return None
        return Found(
            floor_minute(start),
            candidate.provider.id,
            candidate.location.id if candidate.location else None,
            tuple(room.id for room in rooms),
            equipment,
            self.slot_points(candidate, start, end, rooms),
        )

    def available_rooms(
        self, location: Location, start: datetime, end: datetime, rows: list[Appointment]
    ) -> list[Room]:
        """The suitable rooms with a free place."""
        service = self.service
        return [
            room
            for room in self.setup.rooms
            if room.location_id == location.id
            and suits(room, service)
            and is_open(self.open[room_ref(room.id)], start, end)
            and self.has_a_place(room, start, end, rows)
        ]

    def rank(self, room: Room, candidate: Candidate, start: datetime) -> tuple[int, int, str, str]:
        """Rooms by what they earn, with what the provider thinks of them; then by fit, then by name."""
        fit = self.fits[room.id]
        return -fit - self.preference_points(candidate, start, room), -fit, room.name, room.id

    def has_a_place(self, room: Room, start: datetime, end: datetime, rows: list[Appointment]) -> bool:
        """Whether the room's appointments leave room for one more."""
        turnaround = timedelta(minutes=room.turnaround_minutes)
        wanted = start - self.before, end + self.after + turnaround
        taken = []
        for row in rows:
            if row.room_id == room.id:
                held_from, held_until = self.held(row)
                if held_from < wanted[1] and wanted[0] < held_until + turnaround:
                    taken.append((held_from, held_until + turnaround))
        return peak(taken) < room.capacity

    def available_equipment(
        self, location: Location | None, start: datetime, end: datetime, rows: list[Appointment]
    ) -> tuple[tuple[str, int], ...] | None:
        """Units for each need, from as few pools as possible; None if there are too few."""
        uses: list[tuple[str, int]] = []
        for need in self.service.equipment:
            lending = [
                (min(need.units, self.free_units(pool, start, end, rows)), pool)
                for pool in pools_in_order(self.setup, need, location)
                if is_open(self.open[equipment_ref(pool.id)], start, end)
            ]
            missing = need.units
            for units, pool in sorted(lending, key=lambda one: -one[0]):
                lent = min(missing, units)
                if lent > 0:
                    uses.append((pool.id, lent))
                    missing -= lent
            if missing:
                return None
        return tuple(uses)

    def free_units(self, pool: EquipmentPool, start: datetime, end: datetime, rows: list[Appointment]) -> int:
        """How many units the appointments leave."""
        taken = []
        for row in rows:
            for use in row.equipment:
                if use.id == pool.id:
                    held_from, held_until = self.held(row)
                    if held_from < end + self.after and start - self.before < held_until:
                        taken += [(held_from, held_until)] * use.units
        return pool.quantity - peak(taken)

    def slot_points(
        self, candidate: Candidate, start: datetime, end: datetime, rooms: list[Room]
    ) -> tuple[int, int, int, int]:
        """The score, by what earned it."""
        weights = self.setup.clinic.weights
        cost = cost_of_hold(candidate, start - self.before, end + self.after)
        return (
            self.preference_points(candidate, start, rooms[0] if rooms else None),
            gap_points(weights.gap, cost, candidate.prices),
            self.fits[rooms[0].id] if rooms else weights.room * HUNDREDTHS,
            weights.overbook * HUNDREDTHS,
        )

    def preference_points(self, candidate: Candidate, start: datetime, room: Room | None) -> int:
        """Of patient and provider; nobody asks who the patient is, so nobody is a stranger."""
        local = start.astimezone(self.setup.zone_of(candidate.location))
        minute = local.hour * 60 + local.minute
        liking = patient_liking(self.request.preferred, minute) + FULL
        liking += provider_liking(candidate.provider, minute, minute + self.request.duration_minutes, room)
        return self.setup.clinic.weights.preference * HUNDREDTHS * liking // 300

    def policy_allows(self, start: datetime) -> bool:
        """Step 6: minimum notice and the booking horizon."""
        notice, days = self.service.min_notice_minutes, self.service.max_future_days
        return self.now + timedelta(minutes=notice) <= start <= self.now + timedelta(days=days)

    def ranked(self, slots: list[Found]) -> list[Found]:
        """Step 7: by falling score, then the earlier start, then the provider's name."""
        names = {provider.id: provider.name for provider in self.setup.providers}
        slots.sort(
            key=lambda slot: (
                -sum(slot.points),
                slot.start,
                names[slot.provider_id],
                slot.provider_id,
                slot.location_id or "",
            )
        )
        return slots[: self.request.limit]


def intersected(windows: list[Interval], others: list[Interval]) -> list[Interval]:
    """The times that lie in both lists."""
    pairs = ((max(a, c), min(b, d)) for a, b in windows for c, d in others)
    return [(start, end) for start, end in pairs if start < end]


def subtracted(windows: list[Interval], busy: list[Interval]) -> list[Interval]:
    """What is left of windows without the busy intervals."""
    for start, end in busy:
        rest: list[Interval] = []
        for low, high in windows:
            if start < high and low < end:
                rest += [part for part in ((low, start), (end, high)) if part[0] < part[1]]
            else:
                rest.append((low, high))
        windows = rest
    return windows


def is_open(windows: list[Interval], start: datetime, end: datetime) -> bool:
    """Whether one window holds all of a visit."""
    return any(low <= start and end <= high for low, high in windows)


def peak(taken: list[Interval]) -> int:
    """The most of these intervals that overlap at once."""
    return max((sum(low <= at < high for low, high in taken) for at, _ in taken), default=0)


def cost_of_hold(candidate: Candidate, held_from: datetime, held_until: datetime) -> int:
    """What the rests cost more once the hold is there."""
    cost = 0
    for low, high in candidate.rests:
        if low < held_until and held_from < high:
            left = [held_from - low, high - held_until]
            cost += sum(candidate.prices.of_rest(max(0, minutes_of(one))) for one in left)
            cost -= candidate.prices.of_rest(minutes_of(high - low))
    return max(candidate.prices.best, cost)


def minutes_of(length: timedelta) -> int:
    """Whole minutes."""
    return int(length / timedelta(minutes=1))
