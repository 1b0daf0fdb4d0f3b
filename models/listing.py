"""Which part of a list is wanted, and what was found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from models.appointment import AppointmentStatus
from models.errors import InvalidRequest

Item = TypeVar("Item", covariant=True)
Mark = TypeVar("Mark", covariant=True)

MAX_LIMIT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[Item, Mark]):
    """A page of a list; `next` is where the following page begins, None at the end."""

    items: tuple[Item, ...]
    next: Mark | None


class AppointmentMark(NamedTuple):
    """A place in the list of appointments, which is in the order of their starts: behind this one."""

    starts_at: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentFilter:
    """Which appointments are wanted: those that match everything that is given.

    Starts lie in `[from_, to)`. A hold that has run out counts as expired.
    """

    from_: datetime | None = None
    to: datetime | None = None
    provider_id: str | None = None
    room_id: str | None = None
    patient_id: str | None = None
    location_id: str | None = None
    service_id: str | None = None
    statuses: frozenset[AppointmentStatus] = frozenset()


def refuse_bad_limit(limit: int) -> None:
    """A page has from 1 to 500 items; InvalidRequest otherwise."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"limit must be from 1 to {MAX_LIMIT}, not {limit}", field="limit")
