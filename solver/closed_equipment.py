"""Which pools stand in the way of a visit's equipment at each start, and what it would take nevertheless."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.allocation import pools_in_order
from models.appointment import EquipmentUse
from models.claims import hold_of
from models.clinic import EquipmentNeed, EquipmentPool
from models.refs import CLINIC, equipment_ref
from models.wall_clock import Minute
from solver.closing_ground import Ground
from solver.closing_prices import price_of
from solver.intervals import Mask, Minutes

_TAKEN, _CLOSED = "equipment_is_never_overbooked", "equipment_is_open"
_LACKING = "equipment_is_what_the_service_needs"


class PoolClosing(NamedTuple):
    """At which times the units of a type can be had but for this one closing of one pool."""

    rule: str
    ref: str
    pool_id: str | None
    alone: Mask


@dataclass(frozen=True, slots=True)
class EquipmentClosings:
    """What the equipment of a visit costs at each time, and the single closings that could be it."""

    prices: NDArray[np.int64]
    of_pools: tuple[PoolClosing, ...]

    @staticmethod
    def of(ground: Ground, times: Minutes) -> "EquipmentClosings":
        """At a location; a visit whose equipment does not stand there at all goes without any."""
        prices = np.zeros(len(times), dtype=np.int64)
        found: list[PoolClosing] = []
        pools_of = _pools_of(ground)
        if pools_of is None:
            lacking = PoolClosing(_LACKING, CLINIC, None, np.ones(len(times), dtype=np.bool_))
            return EquipmentClosings(prices + price_of(_LACKING), (lacking,))
        for need, pools in pools_of:
            price, closings = _of_type(need, pools, ground, times)
            prices += price
            found += closings
        return EquipmentClosings(prices, tuple(found))


def _pools_of(ground: Ground) -> list[tuple[EquipmentNeed, list[EquipmentPool]]] | None:
    """The pools at the location for each type needed; None if a type does not stand there."""
    found = [(need, pools_in_order(ground.setup, need, ground.site)) for need in ground.service.equipment]
    return found if all(pools for _, pools in found) else None


def _of_type(
    need: EquipmentNeed, pools: Sequence[EquipmentPool], ground: Ground, times: Minutes
) -> tuple[NDArray[np.int64], list[PoolClosing]]:
    refs = [equipment_ref(pool.id) for pool in pools]
    is_open = ground.open_at(refs, times)
    free = _free_units(need, pools, refs, ground, times)
    lent = (free * is_open).sum(axis=0)
    short = lent < need.units
    taken = short & is_open  # this pool would have to lend more than it has
    closed = short & ~is_open & (free + lent >= need.units)  # this pool has what is missing, but not then
    both = price_of(_TAKEN) + price_of(_CLOSED)
    by_closed = np.where(closed.any(axis=0), price_of(_CLOSED), both)
    price = np.where(short, np.where(taken.any(axis=0), price_of(_TAKEN), by_closed), 0)
    closings = [
        PoolClosing(rule, ref, pool.id, alone[row])
        for rule, alone in ((_TAKEN, taken), (_CLOSED, closed))
        for row, (ref, pool) in enumerate(zip(refs, pools, strict=True))
        if alone[row].any()
    ]
    return price, closings


def _free_units(
    need: EquipmentNeed, pools: Sequence[EquipmentPool], refs: list[str], ground: Ground, times: Minutes
) -> NDArray[np.int64]:
    """Pools x times: units free, counted no further than needed."""
    units = np.zeros((len(pools), len(times)), dtype=np.int64)
    for lent in range(need.units):
        able = [row for row, pool in enumerate(pools) if pool.quantity > lent]
        if able:
            some = [refs[row] for row in able]
            full = ground.full(some, [pools[row].quantity - lent for row in able])
            units[able] += full.clear(ground.rows(some), *ground.hold(times))
    return units


def equipment_at(ground: Ground, start: Minute, through: str | None = None) -> tuple[EquipmentUse, ...]:
    """What a visit would take at that price; where units are short, `through` that pool if it is named."""
    pools_of = _pools_of(ground)
    if pools_of is None:
        return ()
    return tuple(use for need, pools in pools_of for use in _uses(need, pools, ground, start, through))


def _uses(
    need: EquipmentNeed, pools: Sequence[EquipmentPool], ground: Ground, start: Minute, through: str | None
) -> Iterator[EquipmentUse]:
    opened, closed = _free_at(pools, ground, start)
    lent = sum(opened.values())
    missing = need.units - lent
    if missing <= 0:
        yield from _lent(need.units, opened)
        return

    def price(pool: EquipmentPool) -> tuple[bool, int]:
        if pool.id in opened:
            return pool.id != through, price_of(_TAKEN)
        suffices = closed[pool.id] >= missing
        return pool.id != through, price_of(_CLOSED) + (0 if suffices else price_of(_TAKEN))

    bearer = min(pools, key=price)
    if bearer.id in closed and closed[bearer.id] >= missing:
        yield from _lent(lent, opened)
        yield EquipmentUse(id=bearer.id, units=missing)
    else:
        yield EquipmentUse(id=bearer.id, units=need.units)


def _free_at(
    pools: Sequence[EquipmentPool], ground: Ground, start: Minute
) -> tuple[dict[str, int], dict[str, int]]:
    """Units free in each pool that is open during the visit, and in each that is not."""
    setup, end = ground.setup, start + ground.duration
    hold = hold_of(ground.service, start, end)
    opened: dict[str, int] = {}
    closed: dict[str, int] = {}
    for pool in pools:
        ref = equipment_ref(pool.id)
        busy = ground.problem.snapshot.calendar.busy(setup.resource_index[ref])
        side = opened if setup.open_windows(ref, start, end).contain(start, end) else closed
        side[pool.id] = max(0, pool.quantity - busy.peak(*hold))
    return opened, closed


def _lent(units: int, free: dict[str, int]) -> Iterator[EquipmentUse]:
    """So many units, from as few pools as can be."""
    for pool_id, available in sorted(free.items(), key=lambda item: -item[1]):
        if units and available:
            yield EquipmentUse(id=pool_id, units=min(units, available))
            units -= min(units, available)
