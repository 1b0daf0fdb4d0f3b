"""Which units a visit takes, and that dealing anew always finds room where counting says there is some."""

from hypothesis import given
from hypothesis import strategies as st

from models.calendar import BusyTimes
from models.hours import Window
from models.setup import ClinicSetup
from models.slot import Placement
from models.unit_claims import Claim
from models.units import Dealt, Needs, UnitMove, UnitNeed, calendar_of, cluster, dealt, dealt_anew, unit_needs
from tests.builders import (
    a_call,
    a_class,
    a_clinic,
    a_group_visit,
    a_placement,
    a_pool,
    a_provider,
    a_room,
    a_service,
    an_ecg,
    at,
    overbooking,
    units,
)

REF = "equipment/ecg-1"
SPANS = st.tuples(st.integers(0, 40), st.integers(1, 15)).map(lambda pair: (pair[0], sum(pair)))


def need(window: Window, count: int = 1, capacity: int = 2) -> UnitNeed:
    return UnitNeed(REF, count, window, capacity)


def claim(unit: int, start: int, end: int, holder_id: str = "other", ref: str = REF) -> Claim:
    return Claim(ref=ref, unit=unit, start=start, end=end, holder_id=holder_id)


def a_calendar(windows: list[Window], capacity: int) -> list[Claim]:
    """Windows dealt to units at random order, as years of bookings and cancellations leave them."""
    claims: list[Claim] = []
    for number, (start, end) in enumerate(windows):
        taken = {one.unit for one in claims if one.start < end and start < one.end}
        free = [unit for unit in range(capacity) if unit not in taken]
        if free:
            claims.append(claim(free[number % len(free)], start, end, f"visit-{number}"))
    return claims


def refs_of(placement: Placement, clinic: ClinicSetup) -> tuple[list[str], list[str]]:
    """What the visit takes for itself, and what it would share."""
    needs = unit_needs(placement, clinic, overbook=False)
    return [one.ref for one in needs.own], [one.ref for one in needs.shared]


def is_held_twice(claims: list[Claim]) -> bool:
    return any(
        one.unit == other.unit and one.start < other.end and other.start < one.end
        for position, one in enumerate(claims)
        for other in claims[:position]
    )


class TestUnitNeeds:
    def test_a_visit_needs_its_patient_provider_room_and_pools_in_the_order_of_the_locks(self) -> None:
        wide = an_ecg(2, buffer_before_minutes=10, buffer_after_minutes=5)
        room = a_room(capacity=3, turnaround_minutes=20)
        clinic = a_clinic(services=(wide,), rooms=(room,), equipment=(a_pool(quantity=4),))
        placement = a_placement("10:00", service=wide, room=room, equipment=(units(count=2),))
        hold = at("09:50"), at("10:35")
        assert unit_needs(placement, clinic, overbook=False) == Needs(
            own=(UnitNeed("patients/ada", 1, (at("10:00"), at("10:30")), 1),),
            shared=(
                UnitNeed("providers/okoro", 1, hold, 1),
                UnitNeed("rooms/room-1", 1, (at("09:50"), at("10:55")), 3),
                UnitNeed(REF, 2, hold, 4),
            ),
        )

    def test_a_call_needs_two_people(self) -> None:
        assert refs_of(a_placement(service=a_call()), a_clinic()) == (["patients/ada"], ["providers/okoro"])

    def test_what_is_counted_is_needed_for_as_long_as_it_counts(self) -> None:
        counted = a_service(max_per_day=8, min_gap_minutes=60)
        busy = a_provider(max_visits_per_day=5)
        clinic = a_clinic(services=(counted,), providers=(busy,))
        needs = unit_needs(a_placement(service=counted, provider=busy), clinic, overbook=False)
        monday = at("00:00"), at("24:00")
        assert needs.own[1:] == (
            UnitNeed("service-days/checkup", 1, monday, 8),
            UnitNeed("provider-days/okoro", 1, monday, 5),
        )
        assert needs.shared[2:] == (UnitNeed("gaps/okoro/checkup", 1, (at("10:00"), at("11:30")), 1),)

    def test_a_seat_is_the_patients_own_and_whoever_joins_needs_nothing_else(self) -> None:
        group = a_class(min_gap_minutes=60, max_per_day=9)
        clinic = a_clinic(services=(group,))
        own = ["patients/ada", "seats/okoro/checkup", "service-days/checkup"]
        shared = ["providers/okoro", "rooms/room-1", "gaps/okoro/checkup"]
        assert refs_of(a_placement(service=group), clinic) == (own, shared)
        assert refs_of(a_placement(service=group, joins=a_group_visit()), clinic) == (own, [])

    def test_where_lanes_exist_a_visit_is_a_regular_one_or_counts_as_overbooked(self) -> None:
        clinic = a_clinic(overbooking=(overbooking(max_per_day=3, lanes=2),))
        regular = unit_needs(a_placement(), clinic, overbook=False).shared
        on_top = unit_needs(a_placement(), clinic, overbook=True).shared
        hold = at("10:00"), at("10:30")
        assert regular[0] == on_top[0] == UnitNeed("providers/okoro", 1, hold, 3)
        assert regular[2:] == (UnitNeed("regular/okoro", 1, hold, 1),)
        (counted,) = on_top[2:]
        assert counted[:3] == ("overbooking/rule/okoro", 1, (at("00:00"), at("24:00")))

    def test_a_visit_on_top_counts_for_a_rule_that_is_used_up_while_another_lets_it_in(self) -> None:
        """So there is always one unit more to count it with."""
        spent, fresh = overbooking(id="spent", max_per_day=1), overbooking(id="fresh", max_per_day=2)
        clinic = a_clinic(overbooking=(spent, fresh))
        shared = unit_needs(a_placement(), clinic, overbook=True).shared
        (counted,) = (one for one in shared if one.ref == "overbooking/spent/okoro")
        held = [claim(0, at("00:00"), at("24:00"), ref=counted.ref)]
        assert dealt(counted, held) == Dealt(units=(1,))


class TestDealt:
    def test_the_lowest_free_units_are_taken(self) -> None:
        held = [claim(0, 0, 10), claim(2, 5, 15)]
        assert dealt(need((10, 20), 2, 4), held) == Dealt(units=(0, 1))
        assert dealt(need((5, 10), 2, 4), held) == Dealt(units=(1, 3))

    def test_too_few_are_none(self) -> None:
        assert dealt(need((0, 20)), [claim(0, 0, 10), claim(1, 10, 20)]) is None

    def test_other_resources_do_not_matter(self) -> None:
        assert dealt(need((0, 20), 2), [claim(0, 0, 20, ref="rooms/room-1")]) == Dealt(units=(0, 1))


class TestDealtAnew:
    def test_two_halves_make_room_for_a_whole(self) -> None:
        held = [claim(0, 0, 10, "early"), claim(1, 10, 20, "late")]
        assert dealt_anew(need((0, 20)), held) == Dealt(units=(1,), moves=(UnitMove(REF, "late", 1, 0),))

    @given(st.lists(SPANS, max_size=10), SPANS, st.integers(1, 4), st.integers(1, 3))
    def test_it_works_exactly_where_no_minute_needs_too_many(
        self, windows: list[Window], asked: Window, capacity: int, count: int
    ) -> None:
        held = a_calendar(windows, capacity)
        inside, _ = cluster(held, asked)
        found = dealt_anew(need(asked, count, capacity), inside)
        peak = BusyTimes.of((one.start, one.end) for one in held).peak(*asked)
        assert (found is not None) == (peak + count <= capacity)
        if found is None:
            return
        moved = {(move.holder_id, move.unit): move.new_unit for move in found.moves}
        after = [one._replace(unit=moved.get((one.holder_id, one.unit), one.unit)) for one in held]
        after += [claim(unit, *asked, "new") for unit in found.units]
        assert len(found.units) == count
        assert all(0 <= one.unit < capacity for one in after)
        assert not is_held_twice(after)
        assert all(move.unit != move.new_unit for move in found.moves)


class TestCluster:
    @given(st.lists(SPANS, max_size=10), SPANS)
    def test_nothing_outside_overlaps_what_is_inside(self, windows: list[Window], asked: Window) -> None:
        held = [claim(number, start, end) for number, (start, end) in enumerate(windows)]
        inside, (low, high) = cluster(held, asked)
        assert low <= asked[0]
        assert high >= asked[1]
        for one in held:
            overlaps = one.start < high and low < one.end
            assert (one in inside) == overlaps


class TestCalendarOf:
    def test_claims_become_holds_and_visits(self) -> None:
        clinic = a_clinic(equipment=(a_pool(),))
        held = [claim(0, 0, 10), claim(1, 5, 15), claim(0, 3, 9, ref="patients/ada")]
        calendar = calendar_of(held, clinic)
        assert calendar.busy(clinic.resource_index[REF]).peak(0, 20) == 2
        assert calendar.visits_of("ada").overlapping(0, 20) == [(3, 9)]
