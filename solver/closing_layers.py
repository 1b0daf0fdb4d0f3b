"""Which rule closes which start at one location, for everybody and every room there at once.

A visit is put together from a start, a provider, a room and equipment, and each rule looks at one of
these beside the start. So the closings of a placement are the sum of what each part brings along, and
the fewest at a start are the sum of the fewest of each part.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.clinic import Provider, suits
from models.counters import gap_ref, provider_day_ref, seats_ref, service_day_ref
from models.refs import CLINIC, location_ref, patient_ref, service_ref
from models.wall_clock import MINUTES_PER_DAY
from solver.closed_equipment import EquipmentClosings
from solver.closing_ground import Ground
from solver.closing_prices import price_of
from solver.intervals import Mask, Minutes
from solver.lanes import on_top_of_others
from solver.timeline import day_number, local_days, local_minutes

Prices = NDArray[np.int64]


class Layer(NamedTuple):
    """Where one rule is broken: rows x times, `refs` naming the resource of each row."""

    rule: str
    refs: list[str]
    broken: Mask


class SiteClosings:
    """The closings of every placement at one location that starts at one of `times`."""

    def __init__(self, ground: Ground, times: Minutes) -> None:
        self.ground, self.times = ground, times
        self.of_starts = list(_of_starts(ground, times))
        self.of_providers = list(_of_providers(ground, times))
        self.of_rooms = list(_of_rooms(ground, times))
        self.equipment = EquipmentClosings.of(ground, times)
        self.start_prices = _sum(self.of_starts, 1, len(times))[0] + self.equipment.prices
        self.provider_prices = _sum(self.of_providers, len(ground.providers), len(times))
        self.room_prices = _sum(self.of_rooms, len(ground.rooms), len(times))

    @cached_property
    def best_room_prices(self) -> Prices:
        """At each time, what the best room costs; nothing where a visit has none."""
        if not len(self.room_prices):
            return np.zeros(len(self.times), dtype=np.int64)
        best: Prices = self.room_prices.min(axis=0)
        return best

    @cached_property
    def prices(self) -> Prices:
        """Providers x times: what the best placement costs."""
        prices: Prices = self.provider_prices + (self.start_prices + self.best_room_prices)
        return prices


def _sum(layers: list[Layer], rows: int, columns: int) -> Prices:
    total = np.zeros((rows, columns), dtype=np.int64)
    for layer in layers:
        total += layer.broken * price_of(layer.rule)
    return total


def _of_starts(ground: Ground, times: Minutes) -> Iterator[Layer]:
    """What closes a start for everybody."""
    problem, service, setup = ground.problem, ground.service, ground.setup
    snapshot, zone = problem.snapshot, setup.zone_of(ground.site)

    def everywhere(broken: bool) -> Mask:
        return np.full(len(times), broken, dtype=np.bool_)

    place = CLINIC if ground.site is None else location_ref(ground.site.id)
    earliest = snapshot.first_minute_from_now + service.min_notice_minutes
    latest = snapshot.last_minute_until_now + service.max_future_days * MINUTES_PER_DAY
    blackouts = [day_number(day) for day in service.blackout_dates]
    broken = {
        "start_is_aligned": (CLINIC, local_minutes(times, zone) % service.slot_step_minutes != 0),
        "start_respects_notice": (CLINIC, times < earliest),
        "start_is_within_the_booking_horizon": (CLINIC, times > latest),
        "service_is_not_blacked_out": (CLINIC, np.isin(local_days(times, zone), blackouts)),
        "location_is_open": (place, ~ground.open_at([place], times)[0]),
        "room_suits_the_service": (CLINIC, everywhere(service.needs_room and not ground.rooms)),
    }
    if service.max_per_day is not None:
        days = ground.counting.days_of(times)
        left = ground.counting.left_that_day([service_day_ref(service.id)], np.zeros_like(times), days)
        broken["service_has_visits_left_that_day"] = (service_ref(service.id), ~left)
    if problem.request.patient is not None:
        patient = problem.request.patient
        elsewhere = everywhere(False)
        for start, end in snapshot.calendar.visits_of(patient.id).overlapping(*problem.span):
            elsewhere |= (times < end) & (start < times + ground.duration)
        broken["patient_is_never_in_two_places"] = (patient_ref(patient.id), elsewhere)
    for rule, (ref, mask) in broken.items():
        if mask.any():
            yield Layer(rule, [ref], mask[np.newaxis, :])


def _of_providers(ground: Ground, times: Minutes) -> Iterator[Layer]:
    """What closes a start for one provider."""
    service, patient, place = ground.service, ground.problem.request.patient, ground.place
    blocked = patient.blocked_provider_ids if patient else frozenset()
    allowed = service.allowed_provider_ids

    def whoever(is_refused: Callable[[Provider], bool]) -> Mask:
        refused = [is_refused(provider) for provider in ground.providers]
        column = np.array(refused, dtype=np.bool_).reshape(-1, 1)
        return np.broadcast_to(column, (len(refused), len(times)))

    broken = {
        "provider_offers_the_service": whoever(lambda one: service.id not in one.service_ids),
        "service_allows_the_provider": whoever(lambda one: allowed is not None and one.id not in allowed),
        "provider_works_at_the_location": whoever(
            lambda one: place is not None and place.id not in one.location_ids
        ),
        "provider_is_not_blocked_for_the_patient": whoever(lambda one: one.id in blocked),
        "provider_is_working": ~ground.open_at(ground.provider_refs, times),
        **_taken(ground, times),
        **_counted(ground, times),
    }
    for rule, mask in broken.items():
        if mask.any():
            yield Layer(rule, ground.provider_refs, mask)


def _taken(ground: Ground, times: Minutes) -> dict[str, Mask]:
    """Where somebody else has the provider, and no rule lets the visit overlap."""
    shape = (len(ground.providers), len(times))
    taken = ~ground.provider_taken.clear(ground.rows(ground.provider_refs), *ground.hold(times))
    if not ground.setup.lanes or not taken.any():
        return {"provider_is_never_double_booked": taken}
    rows = np.repeat(np.arange(shape[0], dtype=np.int64), shape[1])
    starts = np.tile(times, shape[0])
    place = (ground.problem, ground.site, ground.providers, rows, starts, ground.hold(starts), taken.ravel())
    allowed = on_top_of_others(*place).reshape(shape)
    has_lanes = on_top_of_others(*place, heeding_limits=False).reshape(shape)
    return {
        "provider_is_never_double_booked": taken & ~has_lanes,
        "overbooking_stays_within_its_daily_limit": has_lanes & ~allowed,
    }


def _counted(ground: Ground, times: Minutes) -> dict[str, Mask]:
    """Where a provider has no visit left that day, no gap, or no seat."""
    counting, service = ground.counting, ground.service
    ids = [provider.id for provider in ground.providers]
    rows = np.arange(len(ids), dtype=np.int64)[:, np.newaxis]
    found: dict[str, Mask] = {}
    if any(provider.max_visits_per_day is not None for provider in ground.providers):
        refs = [provider_day_ref(one) for one in ids]
        left = counting.left_that_day(refs, rows, counting.days_of(times))
        found["provider_has_visits_left_that_day"] = ~left
    if service.min_gap_minutes:
        until = times + ground.duration + service.min_gap_minutes
        left = counting.left([gap_ref(one, service.id) for one in ids], rows, times, until)
        found["visits_of_a_service_keep_their_gap"] = ~left
    if service.is_for_groups:
        refs = [seats_ref(one, service.id) for one in ids]
        left = counting.left(refs, rows, times, times + ground.duration)
        found["group_visit_has_a_seat_left"] = ~left
        found["group_visit_is_shared_whole"] = _group_visits(ground, times)
    return found


def _group_visits(ground: Ground, times: Minutes) -> Mask:
    """Where one of the service takes place just then: a seat in it is no visit of its own."""
    found = np.zeros((len(ground.providers), len(times)), dtype=np.bool_)
    row_of = {provider.id: row for row, provider in enumerate(ground.providers)}
    for group in ground.problem.snapshot.group_visits:
        service_id, provider_id, start, end, _ = group.key
        if service_id == ground.service.id and provider_id in row_of and end - start == ground.duration:
            found[row_of[provider_id]] |= times == start
    return found


def _of_rooms(ground: Ground, times: Minutes) -> Iterator[Layer]:
    """What closes a start in one room."""
    if not ground.rooms:
        return
    turnarounds = np.array([room.turnaround_minutes for room in ground.rooms], dtype=np.int64)
    held_from, held_until = ground.hold(times)
    unfit = np.array([not suits(room, ground.service) for room in ground.rooms], dtype=np.bool_)
    clear = ground.room_full.clear(
        ground.rows(ground.room_refs), held_from, held_until + turnarounds[:, np.newaxis]
    )
    broken = {
        "room_suits_the_service": np.broadcast_to(unfit[:, np.newaxis], clear.shape),
        "room_is_open": ~ground.open_at(ground.room_refs, times),
        "room_is_never_double_booked": ~clear,
    }
    for rule, mask in broken.items():
        if mask.any():
            yield Layer(rule, ground.room_refs, mask)
