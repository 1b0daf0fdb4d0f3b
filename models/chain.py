"""Several visits one after the other, asked for in one question and booked all or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.claims import hold_of
from models.clinic import Provider
from models.slot import Placement, Slot, SlotRequest
from models.wall_clock import Minute

MAX_STEPS = 6
MAX_CHAINS = 100
DEFAULT_CHAINS = 10


class WhoSees(StrEnum):
    """Which provider gives a step, seen from the step before."""

    ANY = "any"
    SAME = "same"
    OTHER = "other"

    def allows(self, before: Provider, after: Provider) -> bool:
        """Whether one provider may follow another."""
        return self is WhoSees.ANY or (self is WhoSees.SAME) == (before.id == after.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStep:
    """One visit of a chain, and how it follows the one before.

    From the end of that one to the start of this one pass at least `min_minutes_after` and at most
    `max_minutes_after` minutes; the first step follows nobody.
    """

    request: SlotRequest
    min_minutes_after: int = 0
    max_minutes_after: int | None = None
    provider: WhoSees = WhoSees.ANY

    def __post_init__(self) -> None:
        if self.min_minutes_after < 0:
            raise ValueError("minMinutesAfter must not be negative")
        if self.max_minutes_after is not None and self.max_minutes_after < self.min_minutes_after:
            raise ValueError("maxMinutesAfter must not be less than minMinutesAfter")

    def follows(self, end: Minute, start: Minute) -> bool:
        """Whether a visit may start then, if the one before ended at `end`."""
        passed = start - end
        most = self.max_minutes_after
        return passed >= self.min_minutes_after and (most is None or passed <= most)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRequest:
    """A chain of visits for one patient: every one of them starts in the range of its request."""

    steps: tuple[ChainStep, ...]
    limit: int = DEFAULT_CHAINS

    def __post_init__(self) -> None:
        if not 1 <= len(self.steps) <= MAX_STEPS:
            raise ValueError(f"a chain has from 1 to {MAX_STEPS} steps, not {len(self.steps)}")
        if self.steps[0].provider is not WhoSees.ANY:
            raise ValueError("the first step follows nobody: its provider must be any")
        if not 1 <= self.limit <= MAX_CHAINS:
            raise ValueError(f"limit must be from 1 to {MAX_CHAINS}, not {self.limit}")


@dataclass(frozen=True, slots=True)
class Chain:
    """Visits that can be booked together, in order.

    Each slot is scored against the calendar as it is. Its first room is the one in which all of them
    fit; the other rooms would do as well while the other visits keep theirs.
    """

    slots: tuple[Slot, ...]

    @property
    def total(self) -> int:
        """The scores of its slots together, in hundredths of a point."""
        return sum(slot.score.total for slot in self.slots)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainAnswer:
    """The best chains in order, and the proof: see `models.slot.SlotAnswer`.

    `closed_steps` are the numbers, from 0, of the steps that have no slot at all.
    """

    chains: tuple[Chain, ...]
    proven: bool
    bound: int
    closed_steps: tuple[int, ...] = ()


def own_holds_collide(earlier: Placement, later: Placement) -> bool:
    """Whether two visits of one patient would keep one provider at the same time, or meet themselves.

    Not even an overbooking rule lets a chain stand on top of itself. A seat in a group visit keeps
    nobody: the provider is there already.
    """
    if earlier.start < later.end and later.start < earlier.end:
        return True
    if earlier.provider.id != later.provider.id or earlier.joins or later.joins:
        return False
    before, after = (hold_of(one.service, one.start, one.end) for one in (earlier, later))
    return before[0] < after[1] and after[0] < before[1]


def why_not_in_this_order(request: ChainRequest, slots: Sequence[Slot]) -> str | None:
    """What of the question itself a chain does not keep: its pauses or its providers; None if all."""
    for number, step in enumerate(request.steps[1:], start=1):
        before, after = slots[number - 1], slots[number]
        if not step.follows(before.end, after.start):
            return "steps_keep_their_pauses"
        if not step.provider.allows(before.provider, after.provider):
            return "steps_keep_their_providers"
    return None
