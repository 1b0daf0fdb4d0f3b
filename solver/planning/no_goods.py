"""No-goods: what the plain rules have refused, which must not be chosen again."""

from dataclasses import dataclass, field

from solver.planning.columns import Column
from solver.planning.schedule import Schedule, Solution


@dataclass(slots=True)
class NoGoods:
    """Sets of columns of which none may be chosen whole, whatever the goal."""

    sets: list[frozenset[Column]] = field(default_factory=list)
    are_certain: bool = True
    """Whether all of them are known to be impossible: only then does a bound hold that leaves them out."""

    def learn(self, refused: Schedule, solution: Solution) -> None:
        """Never again what the rules have refused in a solution."""
        clash = refused.clash(solution)
        if clash not in self.sets:
            self.sets.append(clash)
        self.are_certain &= refused.certain
