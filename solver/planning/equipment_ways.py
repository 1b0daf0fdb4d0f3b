"""How equipment can be lent to a visit: from which pools its units may come."""

from itertools import islice
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.allocation import equipment_for, pools_in_order
from models.appointment import EquipmentUse
from models.arranging import equipment_ways
from models.clinic import Location
from models.slot import Placement
from models.wall_clock import Minute
from solver.planning.openings import Kind, Openings
from solver.planning.problem import PlanProblem

MOST_WAYS = 60
"""Ways to lend a visit's equipment that are told apart: more pools of one type than any clinic has."""

Ways: TypeAlias = tuple[tuple[EquipmentUse, ...], ...]
"""Every way to lend a visit's equipment, each sorted by pool."""


class EquipmentWays:
    """The ways to lend equipment at the openings of one problem, beside what stays; each is found once."""

    def __init__(self, problem: PlanProblem) -> None:
        self.problem = problem
        self._at: dict[tuple[Kind, str | None, Minute], Ways] = {}
        self._by_ways: dict[Kind, list[tuple[Ways, NDArray[np.int64]]]] = {}

    def at(self, openings: Openings, opening: int) -> Ways:
        """Every way to lend the equipment of an opening; none where units are missing."""
        join = openings.joins[opening]
        if join is not None:
            return (tuple(sorted(join.equipment, key=lambda use: use.id)),)
        if not openings.service.equipment:
            return ((),)
        start = int(openings.starts[opening])
        site = openings.sites[int(openings.site_numbers[opening])]
        key = (openings.kind, site.id if site else None, start)
        if key not in self._at:
            self._at[key] = self._found(openings, site, start)
        return self._at[key]

    def by_ways(self, openings: Openings) -> list[tuple[Ways, NDArray[np.int64]]]:
        """The openings that join nobody, together where their equipment can come from the same pools."""
        if openings.kind not in self._by_ways:
            found: dict[Ways, list[int]] = {}
            for opening in np.flatnonzero(~openings.joining).tolist():
                if opening not in openings.homes:
                    found.setdefault(self.at(openings, opening), []).append(opening)
            self._by_ways[openings.kind] = [
                (ways, np.array(mine, dtype=np.int64)) for ways, mine in found.items()
            ]
        return self._by_ways[openings.kind]

    def _found(self, openings: Openings, site: Location | None, start: Minute) -> Ways:
        ground, end = self.problem.ground, start + openings.kind.duration_minutes
        if all(len(pools_in_order(ground.setup, need, site)) == 1 for need in openings.service.equipment):
            only = equipment_for(openings.service, site, start, end, ground)
            return () if only is None else (tuple(sorted(only, key=lambda use: use.id)),)
        visit = Placement(
            service=openings.service,
            provider=ground.setup.providers[0],  # whoever it is: equipment is lent to the visit
            location=site,
            room=None,
            start=start,
            end=end,
        )
        ways = islice(equipment_ways(visit, ground), MOST_WAYS)
        return tuple(tuple(sorted(way, key=lambda use: use.id)) for way in ways)
