"""What one search has to decide, before any variable exists."""

from dataclasses import dataclass
from functools import cached_property
from math import gcd

from models.allocation import pools_in_order, rooms_in_order
from models.asked import places_asked, providers_asked
from models.claims import counters_for
from models.clinic import MAX_BUFFER_MINUTES, MAX_DURATION_MINUTES, Location, Provider
from models.gaps import longest_stay
from models.rearranging import NEAR_MINUTES
from models.refs import equipment_ref, provider_ref, room_ref
from models.score import ScoreBasis
from models.setup import ClinicSetup
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import MINUTES_PER_DAY, Minute
from solver.intervals import Holds
from solver.timeline import start_stride


@dataclass(frozen=True, kw_only=True)
class SearchProblem:
    """One wanted visit against everything that is pinned."""

    snapshot: ClinicSnapshot
    request: SlotRequest

    @property
    def setup(self) -> ClinicSetup:
        return self.snapshot.setup

    @cached_property
    def sites(self) -> tuple[Location | None, ...]:
        """The locations where the visit could take place; only None for a visit without a room."""
        return places_asked(self.setup, self.request)

    @cached_property
    def basis(self) -> ScoreBasis:
        """What the scores of this question are measured against."""
        return ScoreBasis.of(self.snapshot, self.request)

    @cached_property
    def holds(self) -> Holds:
        """Everything that is held."""
        return Holds.of(self.snapshot.calendar)

    @cached_property
    def first_start(self) -> Minute:
        """The earliest start that the question, the clock and the service's notice leave."""
        return first_start_of(self.request, self.snapshot.first_minute_from_now)

    @cached_property
    def after_last_start(self) -> Minute:
        """The first minute at which no visit may start any more."""
        return after_last_start_of(self.request, self.snapshot.last_minute_until_now)

    @property
    def bounds_of_starts(self) -> tuple[Minute, Minute]:
        """First start and the end of starts, rounded up to where a start can be at all.

        As the clock moves, the answer changes only when one of these does.
        """
        step = self.request.service.slot_step_minutes
        low, high = self.request.earliest, self.request.latest
        # Without any location there is no start at all, and any stride will do.
        stride = gcd(*(start_stride(low, high, step, self.setup.zone_of(site)) for site in self.sites)) or 1
        return -(-self.first_start // stride) * stride, -(-self.after_last_start // stride) * stride

    def providers_at(self, site: Location | None) -> list[Provider]:
        """Who may be offered at a location: they offer the service, work there, and are not blocked."""
        return providers_asked(self.setup, self.request, site)

    @cached_property
    def refs(self) -> tuple[str, ...]:
        """Every provider, room, pool and counter that the answer depends on.

        Where others may make space, all rooms and pools of the places: who is there could go anywhere.
        """
        service = self.request.service
        found: dict[str, None] = {}
        for site in self.sites:
            providers = self.providers_at(site)
            found |= {provider_ref(provider.id): None for provider in providers}
            found |= {ref: None for one in providers for ref in counters_for(self.setup, one, service)}
            if site is not None:
                found |= {room_ref(room.id): None for room in rooms_in_order(self.setup, service, site)}
            for need in service.equipment:
                found |= {equipment_ref(pool.id): None for pool in pools_in_order(self.setup, need, site)}
            if site is not None and self.request.rearrange_rooms:
                rooms, pools = self.setup.rooms, self.setup.equipment
                found |= {room_ref(one.id): None for one in rooms if one.location_id == site.id}
                found |= {equipment_ref(one.id): None for one in pools if one.location_id == site.id}
        return tuple(found)

    @cached_property
    def span(self) -> tuple[Minute, Minute]:
        """`[low, high)`: all minutes whose holds can forbid a placement or change its score."""
        return search_span(self.setup, self.request)


def first_start_of(request: SlotRequest, first_minute_from_now: Minute) -> Minute:
    """The earliest start that the question, the clock and the service's notice leave."""
    return max(request.earliest, first_minute_from_now + request.service.min_notice_minutes)


def after_last_start_of(request: SlotRequest, last_minute_until_now: Minute) -> Minute:
    """The first minute at which no visit may start any more."""
    horizon = request.service.max_future_days * MINUTES_PER_DAY
    return min(request.latest, last_minute_until_now + horizon + 1)


def search_span(setup: ClinicSetup, request: SlotRequest) -> tuple[Minute, Minute]:
    """`[low, high)`: all minutes whose holds can forbid a placement or change its score."""
    service = request.service
    turnaround = max((room.turnaround_minutes for room in setup.rooms), default=0)
    stay = longest_stay(setup)  # how far the prices of a provider's rests look
    before = service.buffer_before_minutes + stay  # claims of a gap last as long as the gap
    after = request.duration_minutes + max(
        service.buffer_after_minutes + max(turnaround, stay), service.min_gap_minutes
    )
    low, high = request.earliest - before - 1, request.latest + after + 1
    if not request.rearrange_rooms:
        return low, high
    longest_after = MAX_DURATION_MINUTES + 2 * MAX_BUFFER_MINUTES
    return low - NEAR_MINUTES - MAX_BUFFER_MINUTES, high + NEAR_MINUTES + longest_after
