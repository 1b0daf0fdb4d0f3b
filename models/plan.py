"""A plan: who moves where, who is left without a place, what it costs, and how good it could be at best."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.planning import Assignment


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMove:
    """One appointment in its new place; `before` is None for one that does not exist yet.

    `price` is what the plan pays for it; the parts of it that have names are `parts`, such as
    {"day": 200, "five_minutes": 6, "provider": 30}.
    """

    appointment_id: str
    before: Assignment | None
    after: Assignment
    price: int
    parts: Mapping[str, int]

    @property
    def tells_the_patient(self) -> bool:
        """Whether the patient has to be told: another time, another provider, or a visit at all."""
        return self.before is None or self.after.tells_the_patient(self.before)


class Level(StrEnum):
    """What one level of a lexicographic plan makes as small as can be."""

    UNPLACED = "unplaced"
    TOLD = "told"
    SHIFT = "shift"


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelProof:
    """What a level came to, and the least that it could have come to."""

    level: Level
    value: int
    bound: int

    @property
    def proven(self) -> bool:
        """Whether no plan does better at this level, given those before."""
        return self.value == self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimality:
    """What a plan costs and the least that any plan could cost."""

    objective: int
    bound: int
    levels: tuple[LevelProof, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether no plan costs less."""
        return self.objective == self.bound and all(level.proven for level in self.levels)

    @property
    def gap(self) -> float:
        """How much less another plan could cost at most, as a share of this one; of levels the worst."""
        pairs = [(self.objective, self.bound), *((level.value, level.bound) for level in self.levels)]
        return max((value - bound) / value if value > bound else 0.0 for value, bound in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Moves, in the order in which they can be booked one after the other, and what has no place.

    Tasks that stay where they are appear in neither.
    """

    moves: tuple[PlanMove, ...]
    unplaced: tuple[str, ...]
    optimality: Optimality


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProgress:
    """How far a solve has come: the best plan so far and the least that any could cost."""

    plan: Plan
    bound: int
    seconds: float

    @property
    def gap(self) -> float:
        """How much less another plan could cost at most, as a share of the best so far."""
        objective = self.plan.optimality.objective
        return 0.0 if objective <= self.bound else (objective - self.bound) / objective
