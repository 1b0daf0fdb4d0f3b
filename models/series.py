"""The same visit every week or every second one: what is asked, what is answered, what a deviation costs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from models.clinic import Provider, Weekday
from models.setup import ClinicSetup
from models.slot import Slot, SlotRequest
from models.wall_clock import MINUTES_PER_DAY, Minute, at_wall_clock, local_date, minute_of_day

FEWEST_VISITS, MOST_VISITS = 2, 26

HUNDREDTHS = 100
OTHER_PROVIDER = 10 * HUNDREDTHS
OTHER_WEEKDAY = 5 * HUNDREDTHS
OTHER_TIME = 1 * HUNDREDTHS
"""For each step of 30 minutes, begun or whole."""
MOST_FOR_TIME = 5 * HUNDREDTHS
MINUTES_PER_PRICE = 30

_WEEKDAYS = tuple(Weekday)
_DAYS_PER_WEEK = 7
_MONDAY = date(1, 1, 1).toordinal()
"""The first day of all was a Monday."""

Value = TypeVar("Value")


class Moment(NamedTuple):
    """What a visit has in common with the others of its series: on the wall clock of its place."""

    provider: Provider
    weekday: int
    time: int

    @property
    def weekday_code(self) -> Weekday:
        return _WEEKDAYS[self.weekday]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRequest:
    """So many visits, one in each week (from Monday, in the clinic's zone) or in every second one.

    `request` says what each of them is; the first one starts in its range, and settles the weeks of the
    others.
    """

    request: SlotRequest
    count: int
    every_weeks: int = 1

    def __post_init__(self) -> None:
        if not FEWEST_VISITS <= self.count <= MOST_VISITS:
            raise ValueError(f"count must be from {FEWEST_VISITS} to {MOST_VISITS}, not {self.count}")
        if self.every_weeks not in (1, 2):
            raise ValueError(f"everyWeeks must be 1 or 2, not {self.every_weeks}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """Where visit number `index` (from 0) departs from the pattern, at what price, and why."""

    index: int
    what: str
    usual: str
    instead: str
    cost: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One slot for each visit; `pattern` is what makes the deviations cheapest.

    `total` are the scores of the slots together, less the prices of the deviations, in hundredths.
    """

    slots: tuple[Slot, ...]
    pattern: Moment
    deviations: tuple[Deviation, ...]

    @property
    def total(self) -> int:
        earned = sum(slot.score.total for slot in self.slots)
        return earned - sum(deviation.cost for deviation in self.deviations)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedWeek:
    """A week in which visit number `index` finds no place; `monday` is its first day."""

    index: int
    monday: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesAnswer:
    """The best complete series with the proof, or none.

    `bound` is the most that any series could be worth. Where there is none, `closed` has the weeks
    without a single slot, for a series that begins as early as possible.
    """

    series: Series | None
    proven: bool
    bound: int
    closed: tuple[ClosedWeek, ...] = ()


def week_of(minute: Minute, zone: ZoneInfo) -> int:
    """The number of the week, from Monday to Sunday, on that wall clock."""
    return (local_date(minute, zone).toordinal() - _MONDAY) // _DAYS_PER_WEEK


def monday_of(week: int) -> date:
    """The first day of the week of that number."""
    return date.fromordinal(week * _DAYS_PER_WEEK + _MONDAY)


def week_begins(week: int, zone: ZoneInfo) -> Minute:
    """The first minute of a week."""
    return at_wall_clock(monday_of(week), 0, zone)


def moment_of(slot: Slot, setup: ClinicSetup) -> Moment:
    """Who, on which weekday and when."""
    zone = setup.zone_of(slot.location)
    return Moment(slot.provider, local_date(slot.start, zone).weekday(), minute_of_day(slot.start, zone))


def price_of_time(usual: int, instead: int) -> int:
    """One point for each half hour begun, up to five.

    >>> [price_of_time(9 * 60, 9 * 60 + late) for late in (0, 15, 30, 31, 300)]
    [0, 100, 100, 200, 500]
    """
    steps = -(-abs(usual - instead) // MINUTES_PER_PRICE)
    return min(MOST_FOR_TIME, steps * OTHER_TIME)


def pattern_of(moments: Sequence[Moment], step: int) -> Moment:
    """The provider, the weekday and the time from which the moments deviate at the least price.

    The time is any multiple of the service's `step`. Among equals the value of the earliest visit wins.
    """
    providers = {one.provider.id: one.provider for one in moments}
    provider_id = _cheapest(
        [one.provider.id for one in moments], lambda usual, one: 0 if usual == one else OTHER_PROVIDER
    )
    weekday = _cheapest(
        [one.weekday for one in moments], lambda usual, one: 0 if usual == one else OTHER_WEEKDAY
    )
    times = [one.time for one in moments]
    time = _cheapest(times, price_of_time, also=range(0, MINUTES_PER_DAY, step))
    return Moment(providers[provider_id], weekday, time)


def _cheapest(
    values: Sequence[Value], price: Callable[[Value, Value], int], also: Iterable[Value] = ()
) -> Value:
    possible = list(dict.fromkeys([*values, *also]))
    return min(possible, key=lambda usual: sum(price(usual, value) for value in values))


def prices_of(pattern: Moment, moment: Moment) -> dict[str, int]:
    """What each kind of deviation costs; kinds in which the visit keeps to the pattern are left out."""
    prices = {
        "provider": 0 if pattern.provider.id == moment.provider.id else OTHER_PROVIDER,
        "weekday": 0 if pattern.weekday == moment.weekday else OTHER_WEEKDAY,
        "time": price_of_time(pattern.time, moment.time),
    }
    return {what: price for what, price in prices.items() if price}


def usual_day(pattern: Moment, week: int) -> date:
    """The day of a week on which the pattern lies."""
    return monday_of(week) + timedelta(days=pattern.weekday)
