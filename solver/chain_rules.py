"""What the visits of one chain must leave each other, as constraints.

The names are those of the rules for a single visit. What no choice of room or pool can change is settled
before: pauses, caps and gaps.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from ortools.sat.python.cp_model import CpModel, IntervalVar, IntVar, LinearExpr

from models.calendar import BusyTimes
from models.claims import room_hold_of
from models.hours import Window
from models.refs import equipment_ref, room_ref
from models.snapshot import ClinicSnapshot
from solver.chain_variables import ChainVariables, VisitVariables

ChainRule: TypeAlias = Callable[[CpModel, ChainVariables], None]


def patient_is_never_in_two_places(model: CpModel, chain: ChainVariables) -> None:
    """A patient has one visit at a time."""
    visits = [(one.contender.visit.start, one.contender.visit.end) for one in chain.visits]
    model.add_no_overlap([_fixed(model, window) for window in visits])


def provider_is_never_double_booked(model: CpModel, chain: ChainVariables) -> None:
    """No provider holds two visits of one chain at once, lanes or not; buffers count as busy."""
    holds: dict[str, list[Window]] = {}
    for one in chain.visits:
        if one.contender.visit.joins is None:
            holds.setdefault(one.contender.visit.provider.id, []).append(one.contender.held)
    for windows in holds.values():
        if len(windows) > 1:
            model.add_no_overlap([_fixed(model, window) for window in windows])


def room_is_never_double_booked(model: CpModel, chain: ChainVariables) -> None:
    """A room holds no more visits at once than it has places; buffers and turnaround count as busy."""
    taken: dict[str, list[tuple[Window, IntVar]]] = {}
    for one in _competing(chain):
        visit = one.contender.visit
        for choice, chosen in one.rooms:
            hold = room_hold_of(visit.service, choice.room, visit.start, visit.end)
            taken.setdefault(choice.room.id, []).append((hold, chosen))
    for room_id, holds in taken.items():
        demands = [(_optional(model, hold, chosen), 1) for hold, chosen in holds]
        capacity = chain.snapshot.setup.room_by_id[room_id].capacity
        _at_most(model, demands, [hold for hold, _ in holds], room_ref(room_id), capacity, chain.snapshot)


def equipment_is_what_the_service_needs(model: CpModel, chain: ChainVariables) -> None:
    """A visit takes exactly the units of each type that its service needs."""
    for one in _competing(chain):
        for need in one.contender.visit.service.equipment:
            units = [lent.units for lent in one.lent if lent.need is need]
            model.add(LinearExpr.sum(units) == need.units)


def equipment_is_never_overbooked(model: CpModel, chain: ChainVariables) -> None:
    """A pool never lends more units at once than it has; buffers count as busy."""
    taken: dict[str, list[tuple[Window, IntVar]]] = {}
    for one in _competing(chain):
        for lent in one.lent:
            taken.setdefault(lent.pool.id, []).append((one.contender.held, lent.units))
    for pool_id, holds in taken.items():
        demands = [(_fixed(model, hold), units) for hold, units in holds]
        quantity = chain.snapshot.setup.pool_by_id[pool_id].quantity
        _at_most(
            model, demands, [hold for hold, _ in holds], equipment_ref(pool_id), quantity, chain.snapshot
        )


CHAIN_RULES: tuple[ChainRule, ...] = (
    patient_is_never_in_two_places,
    provider_is_never_double_booked,
    room_is_never_double_booked,
    equipment_is_what_the_service_needs,
    equipment_is_never_overbooked,
)


def _competing(chain: ChainVariables) -> Iterable[VisitVariables]:
    return (one for one in chain.visits if one.contender.competes)


def _fixed(model: CpModel, window: Window) -> IntervalVar:
    start, end = window
    return model.new_fixed_size_interval_var(start, end - start, "")


def _optional(model: CpModel, window: Window, presence: IntVar) -> IntervalVar:
    start, end = window
    return model.new_optional_fixed_size_interval_var(start, end - start, presence, "")


def _at_most(
    model: CpModel,
    demands: Sequence[tuple[IntervalVar, IntVar | int]],
    holds: list[Window],
    ref: str,
    capacity: int,
    snapshot: ClinicSnapshot,
) -> None:
    """The visits of the chain take their units beside what is booked near them.

    What is booked stays, even where there is more of it than the capacity.
    """
    low, high = min(start for start, _ in holds), max(end for _, end in holds)
    near = snapshot.calendar.busy(snapshot.setup.resource_index[ref]).overlapping(low, high)
    pins = [(max(start, low), min(end, high)) for start, end in near]
    most = max(capacity, BusyTimes.of(pins).peak(low, high))
    fixed = [_fixed(model, pin) for pin in pins]
    model.add_cumulative(
        [*(interval for interval, _ in demands), *fixed],
        [*(units for _, units in demands), *[1] * len(fixed)],
        most,
    )
