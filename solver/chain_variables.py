"""What the visits of one chain compete for: rooms and equipment.

Each chain is a world of its own, since only one of them will be booked. Inside it, visits whose holds
come near each other must share rooms and pools.
"""

from dataclasses import dataclass
from typing import NamedTuple

from ortools.sat.python.cp_model import CpModel, IntVar

from models.allocation import pools_in_order
from models.claims import hold_of
from models.clinic import EquipmentNeed, EquipmentPool, Room
from models.hours import Window
from models.refs import equipment_ref
from models.slot import Placement
from models.snapshot import ClinicSnapshot


class RoomPoints(NamedTuple):
    """A room that would do for a visit on its own, and what the visit scores in it."""

    room: Room
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A visit of a chain. One that `competes` with another of them has all its rooms to choose from.

    `rooms` stand best first; a visit without one scores `points`.
    """

    visit: Placement
    rooms: tuple[RoomPoints, ...]
    points: int
    competes: bool

    @property
    def held(self) -> Window:
        return hold_of(self.visit.service, self.visit.start, self.visit.end)


class Lent(NamedTuple):
    """Units of a pool for a need."""

    need: EquipmentNeed
    pool: EquipmentPool
    units: IntVar


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitVariables:
    """Exactly one of `rooms` is true, if there are any."""

    contender: Contender
    rooms: tuple[tuple[RoomPoints, IntVar], ...]
    lent: tuple[Lent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainVariables:
    """The visits of a chain in the clinic that `snapshot` shows; `always` is true."""

    snapshot: ClinicSnapshot
    always: IntVar
    visits: tuple[VisitVariables, ...]


def create_chain_variables(
    model: CpModel, chain: tuple[Contender, ...], snapshot: ClinicSnapshot
) -> ChainVariables:
    """For each visit of the chain that competes, a literal per room and the units that each pool lends."""
    always = model.new_constant(1)
    visits = tuple(_visit_variables(model, one, always, snapshot) for one in chain)
    return ChainVariables(snapshot=snapshot, always=always, visits=visits)


def _visit_variables(
    model: CpModel, contender: Contender, always: IntVar, snapshot: ClinicSnapshot
) -> VisitVariables:
    choices = contender.rooms if contender.competes else contender.rooms[:1]
    literals = [always] if len(choices) == 1 else [model.new_bool_var("") for _ in choices]
    if len(literals) > 1:
        model.add_exactly_one(literals)
    return VisitVariables(
        contender=contender,
        rooms=tuple(zip(choices, literals, strict=True)),
        lent=tuple(_lent(model, contender, snapshot)) if contender.competes else (),
    )


def _lent(model: CpModel, contender: Contender, snapshot: ClinicSnapshot) -> list[Lent]:
    visit, setup = contender.visit, snapshot.setup
    return [
        Lent(need, pool, model.new_int_var(0, min(need.units, pool.quantity), ""))
        for need in visit.service.equipment
        for pool in pools_in_order(setup, need, visit.location)
        if setup.open_windows(equipment_ref(pool.id), visit.start, visit.end).contain(visit.start, visit.end)
    ]
