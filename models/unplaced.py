"""What becomes of appointments that a plan leaves without a place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class UnplacedChoice(StrEnum):
    """What the clerk makes of one of them."""

    KEEP = "keep"
    """It stays in the calendar as it was."""
    CANCEL = "cancel"
    """It is given up."""
    LIST = "list"
    """It is given up, and its patient entered in the list of those to be given a new time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnplacedChoices:
    """A choice for each appointment, by its id, and one for all others."""

    default: UnplacedChoice = UnplacedChoice.KEEP
    by_id: Mapping[str, UnplacedChoice] = field(default_factory=dict)

    def of(self, appointment_id: str) -> UnplacedChoice:
        """What becomes of an appointment."""
        return self.by_id.get(appointment_id, self.default)


KEEP_ALL = UnplacedChoices()
