"""Which units a visit gets, and who exchanges theirs for it."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from models.unit_claims import Claim
from models.units import UnitMove, UnitNeed, cluster, dealt, dealt_anew

POOL = "equipment/ecg"


def claim(start: int, end: int, unit: int = 0, of: str = "somebody", ref: str = POOL) -> Claim:
    return Claim(ref, unit, start, end, of)


def need(start: int, end: int, *, units: int = 1, capacity: int = 2) -> UnitNeed:
    return UnitNeed(POOL, units, (start, end), capacity)


def test_the_lowest_free_units_are_dealt() -> None:
    found = dealt(need(10, 20, units=2, capacity=4), [claim(0, 30, 1), claim(20, 30, 0)])
    assert found is not None
    assert found.units == (0, 2)


def test_other_resources_do_not_count() -> None:
    assert dealt(need(10, 20, capacity=1), [claim(10, 20, ref="equipment/other")]) is not None


def test_nothing_is_dealt_where_no_single_unit_is_free_throughout() -> None:
    assert dealt(need(0, 20), [claim(0, 10, 0), claim(10, 20, 1)]) is None


def test_others_make_room_where_counting_says_there_is_some() -> None:
    held = [claim(0, 10, 0, "early"), claim(10, 20, 1, "late")]
    found = dealt_anew(need(0, 20), held)
    assert found is not None
    assert len(found.moves) == 1
    assert {*found.units} == {0, 1} - {0 if found.moves[0].new_unit == 0 else 1}


def test_nobody_can_make_room_where_there_is_none() -> None:
    assert dealt_anew(need(0, 20), [claim(5, 10, 0, "a"), claim(5, 10, 1, "b")]) is None


def test_a_cluster_has_whatever_hangs_together_and_nothing_else() -> None:
    near = [claim(0, 12), claim(12, 15), claim(18, 30), claim(29, 40)]
    inside, span = cluster([*near, claim(41, 50)], (10, 20))
    assert sorted(inside) == sorted([near[0], near[1], near[2], near[3]])
    assert span == (0, 40)


@st.composite
def days(draw: st.DrawFn) -> tuple[UnitNeed, list[Claim]]:
    """Claims that a database would accept, some of several units, and a need."""
    capacity = draw(st.integers(1, 4))
    held: list[Claim] = []
    for number in range(draw(st.integers(0, 12))):
        start = draw(st.integers(0, 40))
        window = (start, start + draw(st.integers(1, 20)))
        taken = {one.unit for one in held if one.start < window[1] and window[0] < one.end}
        free = [unit for unit in range(capacity) if unit not in taken]
        units = draw(st.sets(st.sampled_from(free))) if free else set()
        held += [claim(*window, unit, f"visit {number}") for unit in units]
    start = draw(st.integers(0, 40))
    wanted = draw(st.integers(1, capacity))
    return need(start, start + draw(st.integers(1, 20)), units=wanted, capacity=capacity), held


@given(days())
def test_whatever_counting_allows_can_be_dealt_and_nobody_is_held_twice(
    day: tuple[UnitNeed, list[Claim]],
) -> None:
    wanted, held = day
    low, high = wanted.window
    peak = max(sum(one.start <= minute < one.end for one in held) for minute in range(low, high))
    inside, _ = cluster(held, wanted.window)
    found = dealt(wanted, held) or dealt_anew(wanted, inside)
    assert (found is not None) == (peak + wanted.units <= wanted.capacity)
    if found is None:
        return
    after = _after(held, found.moves) + [claim(low, high, unit, "new") for unit in found.units]
    assert len(found.units) == wanted.units
    for index, one in enumerate(after):
        assert 0 <= one.unit < wanted.capacity
        for other in after[:index]:
            apart = one.end <= other.start or other.end <= one.start
            assert one.unit != other.unit or apart


def _after(held: list[Claim], moves: Iterable[UnitMove]) -> list[Claim]:
    new = {(move.appointment_id, move.unit): move.new_unit for move in moves}
    for one in held:
        # The moves of one visit never lead to a unit that it has: its key in the database would object.
        if (one.appointment_id, one.unit) in new:
            owned = {other.unit for other in held if other.appointment_id == one.appointment_id}
            assert new[one.appointment_id, one.unit] not in owned
    return [one._replace(unit=new.get((one.appointment_id, one.unit), one.unit)) for one in held]
