"""Claims as the database packs them: 8 bytes a number, instants as microseconds since 2000."""

from models.wall_clock import Minute

MICROSECONDS_PER_MINUTE = 60_000_000
MINUTES_UNTIL_2000 = 15_778_080


def minute_of(microseconds: int) -> Minute:
    """The minute of an instant on which claims begin and end: always a whole one."""
    return microseconds // MICROSECONDS_PER_MINUTE + MINUTES_UNTIL_2000
