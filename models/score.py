"""How good a placement is, in plain Python; the solver's objective must say the same.

All points are whole hundredths and every division rounds down, so that two ways of computing a score agree
to the last digit. What each part means is in `models.liking`, `models.gaps` and `models.room_fit`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from models.allocation import rooms_in_order
from models.asked import places_asked, providers_asked
from models.claims import hold_of
from models.clinic import Room
from models.gaps import RestPrices, cost_of_hold, rest_prices
from models.liking import FULL, familiarity, patient_liking, provider_liking
from models.refs import provider_ref
from models.room_fit import PERCENT, room_costs
from models.rules import is_overbooked
from models.setup import ClinicSetup
from models.slot import Placement, ScoreBreakdown, SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import minute_of_day

HUNDREDTHS = 100
PARTIES = 3
"""Whose likings make the preference: the patient's, the provider's, and that they know each other."""


@dataclass(frozen=True, kw_only=True)
class ScoreBasis:
    """What all scores of one question are measured against: computed once, and only what is asked for."""

    snapshot: ClinicSnapshot
    request: SlotRequest

    @staticmethod
    def of(snapshot: ClinicSnapshot, request: SlotRequest) -> "ScoreBasis":
        """The basis of a question's scores."""
        return ScoreBasis(snapshot=snapshot, request=request)

    @property
    def setup(self) -> ClinicSetup:
        return self.snapshot.setup

    @cached_property
    def _familiarity(self) -> Mapping[str, int]:
        patient, before = self.request.patient, self.request.earliest
        return {} if patient is None else familiarity(self.snapshot, patient.id, before)

    def continuity_of(self, provider_id: str) -> int:
        """0 to 100: whether the patient saw this provider before the range asked about, or nobody at all."""
        return self._familiarity.get(provider_id, 0) if self._familiarity else FULL

    @cached_property
    def room_points(self) -> Mapping[str, int]:
        """Hundredths of a point for the fit of each suitable room where the visit could take place."""
        service, window = self.request.service, (self.request.earliest, self.request.latest)
        points: dict[str, int] = {}
        for place in places_asked(self.setup, self.request):
            rooms = rooms_in_order(self.setup, service, place) if place else []
            for room_id, cost in room_costs(self.snapshot, service, rooms, window).items():
                points[room_id] = self.points_of_cost(cost)
        return points

    def points_of_cost(self, cost: int) -> int:
        """Hundredths of a point for a room, by what it costs: all for 0, half for 100."""
        return self.setup.clinic.weights.room * HUNDREDTHS * PERCENT // (PERCENT + cost)

    @cached_property
    def booked_minutes(self) -> Mapping[str, int]:
        """How many minutes of the range each of the providers asked about is held."""
        calendar, index = self.snapshot.calendar, self.setup.resource_index
        low, high = self.request.earliest, self.request.latest
        return {
            provider.id: calendar.busy(index[provider_ref(provider.id)]).minutes_within(low, high)
            for place in places_asked(self.setup, self.request)
            for provider in providers_asked(self.setup, self.request, place)
        }

    def fairness_of(self, provider_id: str) -> int:
        """Hundredths of a point: none for whoever has most booked in the range, all for an empty calendar."""
        weight = self.setup.clinic.weights.fairness
        if not weight:
            return 0
        most = max(self.booked_minutes.values(), default=0)
        mine = self.booked_minutes.get(provider_id, most)
        return weight * HUNDREDTHS * (most - mine) // max(1, most)


def score_of(
    placement: Placement, basis: ScoreBasis, *, room_pleases: bool = True, overbooked: bool | None = None
) -> ScoreBreakdown:
    """The score of a placement that breaks no rule; whether it is `overbooked` is looked up unless known.

    Where others have to make space, the room pleases nobody: not even a provider who likes it.
    """
    weights, prices = basis.setup.clinic.weights, rest_prices(basis.setup, placement.provider.id)
    if overbooked is None:
        overbooked = is_overbooked(placement, basis.snapshot)
    return ScoreBreakdown(
        preference=preference_points(placement, basis, room_pleases=room_pleases),
        gap=gap_points(weights.gap, cost_of(placement, basis.snapshot, prices), prices),
        room=room_points(placement, basis),
        overbook=0 if overbooked else weights.overbook * HUNDREDTHS,
        fairness=basis.fairness_of(placement.provider.id),
    )


def preference_points(placement: Placement, basis: ScoreBasis, *, room_pleases: bool = True) -> int:
    """In equal parts for the time that the patient asked for, what the provider likes, and continuity."""
    provider = placement.provider
    start = minute_of_day(placement.start, basis.setup.zone_of(placement.location))
    end = start + placement.end - placement.start
    liking = (
        patient_liking(basis.request.preferred, start)
        + provider_liking(provider, start, end, placement.room, room_pleases=room_pleases)
        + basis.continuity_of(provider.id)
    )
    return basis.setup.clinic.weights.preference * HUNDREDTHS * liking // (PARTIES * FULL)


def gap_points(weight: int, cost: int, prices: RestPrices) -> int:
    """All points for the best that a placement can do for the provider's day, none for the worst."""
    return weight * HUNDREDTHS * (prices.worst - cost) // (prices.worst - prices.best)


def cost_of(placement: Placement, snapshot: ClinicSnapshot, prices: RestPrices) -> int:
    """What a placement costs the provider's day; nothing where it joins what takes place anyway."""
    setup, ref = snapshot.setup, provider_ref(placement.provider.id)
    hold = hold_of(placement.service, placement.start, placement.end)
    working, busy = setup.open_windows(ref, *hold), snapshot.calendar.busy(setup.resource_index[ref])
    return cost_of_hold(hold, prices, working, busy)


def room_points(placement: Placement, basis: ScoreBasis) -> int:
    """The points of the room's fit; a visit without a room cannot waste one."""
    return basis.points_of_cost(0) if placement.room is None else basis.room_points[placement.room.id]


def rooms_best_first(placement: Placement, rooms: Iterable[Room], basis: ScoreBasis) -> list[Room]:
    """Rooms by what the placement would score in them; among equals the better fit, then the name."""

    def rank(room: Room) -> tuple[int, int, str, str]:
        fit = basis.room_points[room.id]
        return -preference_points(placement.in_room(room), basis) - fit, -fit, room.name, room.id

    return sorted(rooms, key=rank)
