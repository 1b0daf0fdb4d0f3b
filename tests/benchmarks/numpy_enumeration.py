"""The search as a lean NumPy enumeration: filter all candidates at once, score, sort, cut.

No model, no proof, no check by the rules, and only what the benchmark's questions need: no patient, one
UTC offset, providers with hours, held once at a time. Sorted arrays take the place of grids: whether a
resource is free, and how long it has been, is one binary search per candidate.
"""

from dataclasses import dataclass

import numpy as np

from models.liking import FULL
from models.score import HUNDREDTHS, ScoreBasis
from models.wall_clock import MINUTES_PER_DAY
from tests.benchmarks.answers import Found, Question
from tests.benchmarks.numpy_tables import Ints, Mask, Site, Spans, full_times, liking


@dataclass(slots=True)
class Candidates:
    """What is left at one place: parallel arrays, and for each distinct start what is free then."""

    site: Site
    rows: Ints
    starts: Ints
    points: Ints
    columns: Ints
    room_free: Mask
    fit: Ints
    liking: Ints
    lent: list[Ints]


class NumpyEnumeration:
    """The tables, loaded; `search` filters, scores, sorts and cuts."""

    def __init__(self, question: Question) -> None:
        setup, request, snapshot = question.setup, question.request, question.snapshot
        if request.patient is not None or MINUTES_PER_DAY % request.service.slot_step_minutes:
            raise ValueError("this searcher knows no patients and only steps that divide the day")
        self.request, self.service, self.weights = request, request.service, setup.clinic.weights
        self.snapshot = snapshot
        sites = setup.locations if self.service.needs_room else (None,)
        self.sites = [site for site in (Site(question, one) for one in sites) if site.providers]
        self.ranks = _ranks(self.sites)
        horizon = snapshot.last_minute_until_now + self.service.max_future_days * MINUTES_PER_DAY
        self.first = max(request.earliest, snapshot.first_minute_from_now + self.service.min_notice_minutes)
        self.beyond = min(request.latest, horizon + 1)
        calendar = snapshot.calendar
        resources = np.frombuffer(calendar.resources, dtype=np.int32).astype(np.int64)
        starts, ends = (np.frombuffer(part, dtype=np.int64) for part in (calendar.starts, calendar.ends))
        self.holds = Spans.of(resources, starts, ends)

    def search(self) -> list[Found]:
        """The best slots, in order."""
        self.fits = ScoreBasis.of(self.snapshot, self.request).room_points
        parts = [self._candidates(site) for site in self.sites]
        if not any(len(part.starts) for part in parts):
            return []
        scores = np.concatenate([part.points.sum(axis=0) for part in parts])
        starts = np.concatenate([part.starts for part in parts])
        ranks = np.concatenate([ranks[part.rows] for ranks, part in zip(self.ranks, parts, strict=True)])
        order_key = ((scores.max() - scores) << 42) + ((starts - starts.min()) << 20) + ranks
        size = min(self.request.limit, len(scores))
        chosen = np.argpartition(order_key, size - 1)[:size]
        chosen = chosen[np.argsort(order_key[chosen])]
        first_of = np.cumsum([0, *(len(part.starts) for part in parts)])
        part_of = np.searchsorted(first_of, chosen, side="right") - 1
        slots = [
            iter(self._slots(part, chosen[part_of == number] - first_of[number]))
            for number, part in enumerate(parts)
        ]
        return [next(slots[number]) for number in part_of.tolist()]

    def _candidates(self, site: Site) -> Candidates:
        """Everything that is possible at one place, with its points."""
        after, duration = self.service.buffer_after_minutes, self.request.duration_minutes
        rows, starts = self._starts_within_hours(site)
        numbers = site.provider_numbers[rows]
        last = self.holds.last_begun(numbers, starts + (duration + after))
        own = self.holds.rows[last] == numbers
        free = np.flatnonzero(~own | (self.holds.ends[last] <= starts - self.service.buffer_before_minutes))
        rows, starts = rows[free], starts[free]
        distinct, columns = self._distinct(starts)
        room_free = self._free_rooms(site, distinct)
        lent = [self._lent(site, number, distinct) for number in range(len(site.pools))]
        keep = np.flatnonzero(self._is_possible(site, distinct, room_free, lent)[columns])
        rows, starts, columns, free = rows[keep], starts[keep], columns[keep], free[keep]
        points = np.empty((4, len(starts)), dtype=np.int64)
        points[0] = self._preference_points(site, rows, starts, in_liked_room=False)
        liking = self._preference_points(site, rows, starts, in_liked_room=True) - points[0]
        points[1] = self._gap_points(site, rows, starts, last[free], own[free])
        points[2] = self.weights.room * HUNDREDTHS
        fit = np.array([self.fits[room.id] for room in site.rooms], dtype=np.int64)
        if site.location is not None and site.rooms:
            points[2] = np.where(room_free, fit[:, None], -1).max(axis=0)[columns]
            self._prefer_liked_rooms(site, rows, columns, room_free, fit, liking, points)
        points[3] = self.weights.overbook * HUNDREDTHS
        return Candidates(site, rows, starts, points, columns, room_free, fit, liking, lent)

    def _prefer_liked_rooms(
        self, site: Site, rows: Ints, columns: Ints, room_free: Mask, fit: Ints, liking: Ints, points: Ints
    ) -> None:
        """Where a room that the provider likes earns more in all than the one that fits best."""
        for row in np.flatnonzero(site.liked_rooms.any(axis=1)):
            mine, liked = np.flatnonzero(rows == row), np.flatnonzero(site.liked_rooms[row])
            best = np.where(room_free[liked][:, columns[mine]], fit[liked, None], -1).max(axis=0)
            better = (best >= 0) & (best + liking[mine] > points[2, mine])
            chosen = mine[better]
            points[0, chosen] += liking[chosen]
            points[2, chosen] = best[better]

    def _starts_within_hours(self, site: Site) -> tuple[Ints, Ints]:
        """Row and start of every visit that fits into its provider's hours, window by window."""
        step, hours = self.service.slot_step_minutes, site.hours
        low = np.maximum(hours.starts, self.first)
        low += -(low + site.offset) % step
        high = np.minimum(hours.ends - self.request.duration_minutes, self.beyond - 1)
        counts = np.maximum((high - low) // step + 1, 0)
        window = np.repeat(np.arange(len(counts)), counts)
        place = np.arange(len(window)) - np.repeat(np.cumsum(counts) - counts, counts)
        return hours.rows[window], low[window] + place * step

    def _distinct(self, starts: Ints) -> tuple[Ints, Ints]:
        """The distinct starts in order, and where each start stands among them."""
        step, origin = self.service.slot_step_minutes, int(starts.min(initial=self.beyond))
        positions = (starts - origin) // step
        seen = np.zeros(int(positions.max(initial=-1)) + 1, dtype=np.bool_)
        seen[positions] = True
        return np.flatnonzero(seen) * step + origin, (np.cumsum(seen) - 1)[positions]

    def _hold(self, starts: Ints) -> tuple[Ints, Ints]:
        before, after = self.service.buffer_before_minutes, self.service.buffer_after_minutes
        return starts - before, starts + (self.request.duration_minutes + after)

    def _is_possible(self, site: Site, starts: Ints, room_free: Mask, lent: list[Ints]) -> Mask:
        possible: Mask = np.ones(len(starts), dtype=np.bool_)
        if site.location is not None:
            possible &= room_free.any(axis=0)
        for (need, _), units in zip(site.pools, lent, strict=True):
            possible &= units.sum(axis=0) >= need.units
        if site.place_hours is not None:
            ends = starts + self.request.duration_minutes
            possible &= site.place_hours.contain(np.zeros_like(starts), starts, ends)
        return possible

    def _free_rooms(self, site: Site, starts: Ints) -> Mask:
        """Rooms x starts."""
        from_, until = self._hold(starts)
        until = until + site.turnarounds[:, None]
        free = self.holds.avoid(site.room_numbers[:, None], from_, until)
        for row, room in enumerate(site.rooms):
            if room.capacity > 1:
                full = self._full_times(int(site.room_numbers[row]), room.capacity)
                free[row] = full.avoid(np.zeros_like(starts), from_, until[row])
        if site.room_hours is not None:
            rows = np.arange(len(site.rooms))[:, None]
            free &= site.room_hours.contain(rows, starts, starts + self.request.duration_minutes)
        return free

    def _full_times(self, resource: int, units: int) -> Spans:
        """When at least so many units of a resource are held."""
        first, beyond = np.searchsorted(self.holds.rows, [resource, resource + 1])
        starts, ends = self.holds.starts[first:beyond], self.holds.ends[first:beyond]
        return Spans.of_one(*full_times(starts, ends, units))

    def _lent(self, site: Site, number: int, starts: Ints) -> Ints:
        """Units that each pool could lend for one need, pools x starts."""
        need, pools = site.pools[number]
        from_, until = self._hold(starts)
        lent = np.zeros((len(pools), len(starts)), dtype=np.int64)
        for row, pool in enumerate(pools):
            for unit in range(min(need.units, pool.quantity)):
                full = self._full_times(int(site.pool_numbers[number][row]), pool.quantity - unit)
                lent[row] += full.avoid(np.zeros_like(starts), from_, until)
        hours = site.pool_hours[number]
        if hours is not None:
            rows = np.arange(len(pools))[:, None]
            lent *= hours.contain(rows, starts, starts + self.request.duration_minutes)
        return lent

    def _preference_points(self, site: Site, rows: Ints, starts: Ints, *, in_liked_room: bool) -> Ints:
        """Of patient and provider; nobody asks who the patient is, so nobody is a stranger."""
        of_day = (starts + site.offset) % MINUTES_PER_DAY
        liked = FULL + liking(site, rows, of_day, self.request.duration_minutes, in_liked_room)
        if self.request.preferred is not None:
            low, high = self.request.preferred.window
            liked = liked + FULL * ((low <= of_day) & (of_day < high))
        else:
            liked = liked + FULL
        return self.weights.preference * HUNDREDTHS * liked // (3 * FULL)

    def _gap_points(self, site: Site, rows: Ints, starts: Ints, last: Ints, own: Mask) -> Ints:
        """`last` is the last hold that starts before the visit's hold ends, `own` whether of its provider."""
        holds, hours = self.holds, site.hours
        from_, until = self._hold(starts)
        window = hours.last_begun(rows, starts + 1)
        begins = np.maximum(hours.starts[window], np.where(own, holds.ends[last], 0))
        following = np.minimum(last + 1, len(holds.rows) - 1)
        theirs = holds.rows[following] == site.provider_numbers[rows]
        ends = np.minimum(hours.ends[window], np.where(theirs, holds.starts[following], hours.ends[window]))
        cost = self._rest_price(site, rows, from_ - begins) + self._rest_price(site, rows, ends - until)
        cost -= self._rest_price(site, rows, ends - begins)
        best, worst = site.best[rows], site.worst[rows]
        points: Ints = self.weights.gap * HUNDREDTHS * (worst - np.maximum(cost, best)) // (worst - best)
        return points

    def _rest_price(self, site: Site, rows: Ints, minutes: Ints) -> Ints:
        price: Ints = site.rest_prices[rows, np.clip(minutes, 0, site.rest_prices.shape[1] - 1)]
        return price

    def _slots(self, part: Candidates, places: Ints) -> list[Found]:
        """Some candidates as slots, with all their rooms and their equipment."""
        site, columns = part.site, part.columns[places]
        location_id = site.location.id if site.location else None
        order = sorted(site.by_name, key=lambda row: -part.fit[row])
        free = part.room_free[:, columns].T.tolist()
        lent = [units[:, columns].T.tolist() for units in part.lent]
        points = part.points[:, places].T.tolist()
        starts, rows = part.starts[places].tolist(), part.rows[places].tolist()
        slots = []
        for at, (start, row) in enumerate(zip(starts, rows, strict=True)):
            rooms = self._rooms(
                part, row, [one for one in order if free[at][one]], int(part.liking[places[at]])
            )
            equipment = self._equipment(site, [units[at] for units in lent]) if lent else ()
            provider_id = site.providers[row].id
            slots.append(Found(start, provider_id, location_id, rooms, equipment, tuple(points[at])))
        return slots

    def _rooms(self, part: Candidates, row: int, free: list[int], liking: int) -> tuple[str, ...]:
        """The free rooms, which stand best fit first, with those that the provider likes further ahead."""
        if liking:
            liked = part.site.liked_rooms[row]
            free.sort(key=lambda room: -int(part.fit[room]) - (liking if liked[room] else 0))
        return tuple(part.site.rooms[room].id for room in free)

    def _equipment(self, site: Site, lent: list[list[int]]) -> tuple[tuple[str, int], ...]:
        """Units for every need from as few pools as possible."""
        uses: list[tuple[str, int]] = []
        for (need, pools), units in zip(site.pools, lent, strict=True):
            missing = need.units
            for row in sorted(range(len(pools)), key=lambda pool: -units[pool]):
                if missing and units[row]:
                    uses.append((pools[row].id, min(missing, units[row])))
                    missing -= uses[-1][1]
        return tuple(uses)


def _ranks(sites: list[Site]) -> list[Ints]:
    """Per place, the rank of each provider by name, then id, then the place's id."""
    places = sorted(
        (one.name, one.id, site.location.id if site.location else "", number, row)
        for number, site in enumerate(sites)
        for row, one in enumerate(site.providers)
    )
    ranks = [np.zeros(len(site.providers), dtype=np.int64) for site in sites]
    for rank, (*_, number, row) in enumerate(places):
        ranks[number][row] = rank
    return ranks
