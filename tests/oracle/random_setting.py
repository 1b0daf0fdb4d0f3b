"""What the parts of one random clinic have in common: chance, the zone, the days that matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from random import Random

from tests.oracle.clock import EPOCH, ONE_MINUTE, on_the_clock, on_the_wall, rounded_down

# A zone, a local date on which its clocks change (or, in the last ones, never do), and a time of that day
# which does not exist or comes twice.
CLOCK_CHANGES: tuple[tuple[str, date, str], ...] = (
    ("Europe/Berlin", date(2026, 3, 29), "02:20"),
    ("Europe/Berlin", date(2026, 10, 25), "02:20"),
    ("Europe/London", date(2026, 3, 29), "01:40"),
    ("Europe/London", date(2026, 10, 25), "01:40"),
    ("America/New_York", date(2026, 3, 8), "02:25"),
    ("America/New_York", date(2026, 11, 1), "01:25"),
    ("America/St_Johns", date(2026, 3, 8), "02:10"),
    ("America/St_Johns", date(2026, 11, 1), "01:10"),
    ("America/Havana", date(2026, 3, 8), "00:35"),  # midnight does not exist
    ("America/Havana", date(2026, 11, 1), "00:35"),  # the hour after midnight comes twice
    ("America/Sao_Paulo", date(2018, 11, 4), "00:20"),  # midnight does not exist
    ("America/Sao_Paulo", date(2019, 2, 16), "23:20"),  # the hour before midnight comes twice
    ("Australia/Lord_Howe", date(2026, 4, 5), "01:40"),  # by half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4), "02:10"),
    ("Australia/Adelaide", date(2026, 4, 5), "02:50"),
    ("Australia/Adelaide", date(2026, 10, 4), "02:50"),
    ("Pacific/Chatham", date(2026, 4, 5), "03:05"),
    ("Pacific/Chatham", date(2026, 9, 27), "03:05"),
    ("Africa/Cairo", date(2026, 4, 24), "00:25"),  # midnight does not exist
    ("America/St_Johns", date(2010, 11, 6), "23:20"),  # a minute past midnight the day before comes back
    ("Pacific/Apia", date(2011, 12, 30), "12:00"),  # the whole date does not exist
    ("Asia/Kathmandu", date(2026, 5, 13), "02:30"),
    ("Asia/Kolkata", date(2026, 1, 1), "05:45"),
    ("America/Sao_Paulo", date(2026, 6, 30), "07:10"),
)
ZONES = tuple(sorted({zone for zone, _, _ in CLOCK_CHANGES}))

EXTREMES = ("full", "no rooms", "past", "closed", "no hours", "no pools")


@dataclass(frozen=True)
class Setting:
    """What one clinic's parts have in common: its random source and the days that matter."""

    random: Random
    zone: str
    first_day: date
    days: int
    changing_day: date
    odd_time: str
    extreme: str | None

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def some(self, choices: Sequence[str], at_least: int, at_most: int) -> list[str]:
        count = self.random.randint(min(at_least, len(choices)), min(at_most, len(choices)))
        return sorted(self.random.sample(list(choices), count))

    def minute(self) -> int:
        """Any minute of the days that matter, more often on the grid than off it."""
        start = rounded_down(on_the_clock(datetime.combine(self.first_day, time()), self.zone))
        minute = start + self.random.randrange(self.days * 24 * 60)
        return minute if self.chance(0.4) else minute - minute % 15


def told(setting: Setting, minute: int) -> str:
    """One instant in one of the spellings a file may use: in UTC, or in some zone's offset."""
    moment = EPOCH + minute * ONE_MINUTE
    if setting.chance(0.3):
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    zone = setting.zone if setting.chance(0.7) else setting.random.choice(ZONES)
    return on_the_wall(minute, zone).isoformat()
