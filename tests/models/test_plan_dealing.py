"""Units for all visits of a plan at once."""

from random import Random

import pytest

from models.claims import recolored
from models.plan_dealing import AllDealt, HolderNeed, TooFew, TooLittleKnown, deal_all
from models.unit_claims import Claim
from models.units import UnitMove, UnitNeed

ROOM = "rooms/one"
A_DAY = (0, 1440)


def need(
    holder: str, start: int, end: int, *, units: int = 1, capacity: int = 2, ref: str = ROOM
) -> HolderNeed:
    return HolderNeed(f"visit of {holder}", holder, UnitNeed(ref, units, (start, end), capacity))


def claim(holder: str, unit: int, start: int, end: int, ref: str = ROOM) -> Claim:
    return Claim(ref, unit, start, end, holder)


def dealt(*needs: HolderNeed, held: tuple[Claim, ...] = ()) -> AllDealt:
    found = deal_all(needs, held, {ROOM: [A_DAY]})
    assert isinstance(found, AllDealt)
    return found


def test_each_gets_the_lowest_unit_that_is_free_throughout() -> None:
    found = dealt(need("a", 0, 30), need("b", 15, 45), need("c", 30, 60))
    assert found.claims == (claim("a", 0, 0, 30), claim("c", 0, 30, 60), claim("b", 1, 15, 45))
    assert found.moves == ()


def test_what_others_hold_is_theirs() -> None:
    assert dealt(need("a", 0, 30), held=(claim("x", 0, 0, 10),)).claims == (claim("a", 1, 0, 30),)


def test_several_units_are_told_apart() -> None:
    found = dealt(need("a", 0, 30, units=2, capacity=3), need("b", 0, 30, capacity=3))
    assert {(one.holder_id, one.unit) for one in found.claims} == {("a", 0), ("a", 1), ("b", 2)}


def test_others_exchange_theirs_where_no_unit_is_free_throughout() -> None:
    held = claim("early", 0, 0, 30), claim("late", 1, 45, 90)
    found = dealt(need("long", 10, 60), held=held)
    assert found.claims == (claim("long", 1, 10, 60),)
    assert found.moves == (UnitMove(ROOM, "late", 1, 0),)


def test_those_of_the_plan_exchange_theirs_before_they_have_them() -> None:
    """Nobody else has to move for that."""
    needs = need("early", 0, 30), need("between", 20, 50), need("late", 45, 90), need("last", 30, 45)
    found = dealt(*needs)
    assert found.moves == ()
    assert {one.holder_id for one in found.claims} == {"early", "between", "late", "last"}


def test_more_has_to_be_known_where_an_exchange_reaches_further() -> None:
    held = claim("early", 0, 0, 30), claim("late", 1, 45, 90)
    needs = [need("long", 10, 60)]
    assert deal_all(needs, held, {ROOM: [(10, 60)]}) == TooLittleKnown(ref=ROOM, window=(0, 90))
    assert isinstance(deal_all(needs, held, {ROOM: [(0, 90)]}), AllDealt)


def test_too_few_units_are_too_few_whoever_moves() -> None:
    held = claim("x", 0, 0, 30), claim("y", 1, 0, 30)
    lacking = need("a", 10, 20)
    assert deal_all([lacking], held, {ROOM: [A_DAY]}) == TooFew(lacking=lacking)


def test_whoever_is_dead_and_holds_a_unit_that_is_needed_is_in_the_way() -> None:
    held = claim("early", 0, 0, 30), claim("late", 1, 45, 90)
    found = dealt(need("long", 10, 60), held=held)
    dead = [
        claim("on the unit of the new one", 1, 30, 40),
        claim("where another one goes", 0, 60, 70),
        claim("elsewhere", 1, 0, 10),
        claim("in another room", 1, 10, 60, "rooms/two"),
    ]
    assert found.in_the_way(dead) == {"on the unit of the new one", "where another one goes"}


@pytest.mark.parametrize("seed", range(80))
def test_whatever_can_be_dealt_is_dealt(seed: int) -> None:
    """As long as no minute needs more units than there are; nobody gets what somebody else has."""
    random = Random(seed)
    capacity = random.choice((1, 2, 3))

    def window() -> tuple[int, int]:
        start = random.randrange(0, 3000, 15)
        return start, start + random.choice((15, 30, 60, 120))

    windows = [window() for _ in range(14)]
    count = random.randrange(len(windows))
    units = recolored(windows[:count], capacity)
    held = [claim(f"x{at}", unit, *windows[at]) for at, unit in enumerate(units or [])]
    needs = [need(f"n{at}", *one, capacity=capacity) for at, one in enumerate(windows[count:])]
    found = deal_all(needs, held, {ROOM: [(-9999, 9999)]})
    possible = recolored([(one.start, one.end) for one in held] + windows[count:], capacity) is not None
    assert isinstance(found, AllDealt) is possible
    if isinstance(found, AllDealt):
        new_unit = {(move.holder_id, move.unit): move.new_unit for move in found.moves}
        after = [one._replace(unit=new_unit.get((one.holder_id, one.unit), one.unit)) for one in held]
        everything = [*after, *found.claims]
        assert len(found.claims) == len(needs)
        for one in everything:
            assert 0 <= one.unit < capacity
            assert not any(
                one is not other
                and one.unit == other.unit
                and one.start < other.end
                and other.start < one.end
                for other in everything
            )
