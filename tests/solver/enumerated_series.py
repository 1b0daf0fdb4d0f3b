"""Every series that exists, by nested loops over the weeks and over the patterns."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise, product

from models.series import SeriesRequest
from models.slot import Placement, SlotRequest
from models.wall_clock import Minute, at_wall_clock, local_date, local_of
from tests.solver.enumerated_chains import Where, alone, together, where
from tests.solver.random_practices import Practice

Worth = tuple[int, int, int]
"""Hundredths of a point, then what breaks ties, negated: a late first visit, late visits in their weeks."""

DAY = 1440


def best_worth(practice: Practice, request: SeriesRequest) -> Worth | None:
    """What the best series is worth; None if there is none."""
    worths = (worth for beginning in _beginnings(practice, request) for worth in beginning)
    return max(worths, default=None)


def _beginnings(practice: Practice, request: SeriesRequest) -> Iterator[Iterator[Worth]]:
    zone, asked = practice.setup.zone, request.request
    monday = _monday_before(local_date(asked.earliest, zone))
    while at_wall_clock(monday, 0, zone) < asked.latest:
        yield _worths(practice, request, monday)
        monday += timedelta(days=7)


def _monday_before(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _worths(practice: Practice, request: SeriesRequest, monday: date) -> Iterator[Worth]:
    zone, asked = practice.setup.zone, request.request
    everywhere = by_where(practice, whole_range(practice, request))
    weeks: list[dict[Where, list[tuple[Placement, int]]]] = []
    places: list[dict[Where, int]] = []
    for number in range(request.count):
        first = monday + timedelta(days=7 * request.every_weeks * number)
        low, high = at_wall_clock(first, 0, zone), at_wall_clock(first + timedelta(days=7), 0, zone)
        found = {key: one for key, one in everywhere.items() if low <= key[0] < high}
        places.append({key: place for place, key in enumerate(sorted(found))})
        if not number:
            found = {key: one for key, one in found.items() if asked.earliest <= key[0] < asked.latest}
        weeks.append(found)
    for chosen in product(*weeks):
        points = _points(practice, [week[key] for week, key in zip(weeks, chosen, strict=True)])
        if points is not None:
            late = chosen[0][0] - asked.earliest
            behind = sum(place[key] for place, key in zip(places, chosen, strict=True))
            moments = [_moment(practice, week[key][0][0]) for week, key in zip(weeks, chosen, strict=True)]
            step = asked.service.slot_step_minutes
            yield points - cheapest(moments, step), -late, -behind


def whole_range(practice: Practice, request: SeriesRequest) -> SlotRequest:
    """From the first start asked for until the last week of a series that begins as late as possible."""
    zone, asked = practice.setup.zone, request.request
    last = _monday_before(local_date(asked.latest - 1, zone))
    beyond = last + timedelta(days=7 * (1 + request.every_weeks * (request.count - 1)))
    return replace(asked, latest=max(asked.latest, at_wall_clock(beyond, 0, zone)))


def by_where(practice: Practice, request: SlotRequest) -> dict[Where, list[tuple[Placement, int]]]:
    """All placements of a range with their points, by provider, place and start."""
    found: dict[Where, list[tuple[Placement, int]]] = {}
    for placement, points in alone(practice.snapshot, request):
        found.setdefault(where(placement), []).append((placement, points))
    return found


def _points(practice: Practice, visits: list[list[tuple[Placement, int]]]) -> int | None:
    """The most that visits can score together: each in its best room, unless they come close."""
    starts = [visit[0][0].start for visit in visits]
    if all(later - earlier > 2 * DAY for earlier, later in pairwise(starts)):
        return sum(max(points for _, points in visit) for visit in visits)
    return together(practice, visits)


def _moment(practice: Practice, placement: Placement) -> tuple[str, int, int]:
    local = local_of(placement.start, practice.setup.zone_of(placement.location))
    return placement.provider.id, local.weekday(), local.hour * 60 + local.minute


def cheapest(moments: Sequence[tuple[str, int, int]], step: int) -> int:
    """The least price of the deviations from any provider, any weekday and any time."""
    providers, weekdays = [one for one, _, _ in moments], [one for _, one, _ in moments]
    times = [one for _, _, one in moments]
    other_provider = min(sum(1000 for one in providers if one != usual) for usual in providers)
    other_weekday = min(sum(500 for one in weekdays if one != usual) for usual in range(7))
    return other_provider + other_weekday + _of_times(tuple(times), step)


_known: dict[tuple[tuple[int, ...], int], int] = {}


def _of_times(times: tuple[Minute, ...], step: int) -> int:
    if (times, step) not in _known:
        _known[times, step] = min(
            sum(_price(abs(one - usual)) for one in times) for usual in range(0, DAY, step)
        )
    return _known[times, step]


def _price(minutes: int) -> int:
    for halves in range(5):
        if minutes <= 30 * halves:
            return 100 * halves
    return 500
