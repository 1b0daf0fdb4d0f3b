"""Columns, as in column generation: each is one way to settle one task, with all that it uses."""

from typing import NamedTuple

from models.appointment import EquipmentUse
from models.wall_clock import Minute

UNPLACED = -1
NOBODY = -1


class Use(NamedTuple):
    """Units of a resource over `[start, end)`."""

    resource: int
    start: Minute
    end: Minute
    units: int


class Column(NamedTuple):
    """One way to settle a task: opening `opening` of its kind with a room (group), equipment and lanes.

    With `lanes` it may lie on top of as many others. `UNPLACED` as the opening leaves the task without place.
    """

    task: int
    opening: int
    room: int = NOBODY
    equipment: tuple[EquipmentUse, ...] = ()
    lanes: int = 0

    @property
    def is_placed(self) -> bool:
        return self.opening != UNPLACED
