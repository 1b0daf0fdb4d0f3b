"""Why nothing fits, and what would help."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from models.slot import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A rule and the resource on which it closes; together with others named, or each for itself.

    `starts_at` is a start that it closes, on the wall clock of the place: of a set, the same one for all.
    `hides` counts the starts that this closing alone stands in the way of, where that was asked.
    """

    rule: str
    resource: str
    message: str
    starts_at: datetime | None = None
    hides: int | None = None


class ChangeKind(StrEnum):
    """What a single change could be; in order of their price, cheapest first."""

    LATER_DATE = "later_date"
    OTHER_PROVIDER = "other_provider"
    OTHER_LOCATION = "other_location"
    SHORTER_NOTICE = "shorter_notice"
    LONGER_HORIZON = "longer_horizon"
    OTHER_ROOM_TYPE = "other_room_type"
    ONE_UNIT_MORE = "one_unit_more"
    ONE_PLACE_MORE = "one_place_more"
    ONE_VISIT_MORE = "one_visit_more"
    ONE_SEAT_MORE = "one_seat_more"
    OTHER_PROVIDER_OFFERS = "other_provider_offers"
    MOVE_APPOINTMENT = "move_appointment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of the question or of the clinic; `details` say exactly which, by name of the detail."""

    kind: ChangeKind
    message: str
    details: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """A change that opens the range, as a search has shown: so many slots, and the best of them."""

    change: Change
    slots_gained: int
    example: Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What closes a range; what would open it, cheapest first; and the next date that has a slot."""

    closed_by: tuple[Closing, ...]
    relaxations: tuple[Relaxation, ...] = ()
    next_available: date | None = None

    def naming_no_appointments(self) -> "Explanation":
        """The same without changes of other people's appointments, for whoever may not read those."""
        kept = (one for one in self.relaxations if one.change.kind is not ChangeKind.MOVE_APPOINTMENT)
        return replace(self, relaxations=tuple(kept))
