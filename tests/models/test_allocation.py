"""Which rooms would do, and from which pools equipment comes."""

from hypothesis import given
from hypothesis import strategies as st

from models.allocation import equipment_for, rooms_in_order, rooms_that_would_do
from models.appointment import EquipmentUse
from models.clinic import EquipmentNeed
from models.rules import EQUIPMENT_RULES
from models.snapshot import ClinicSnapshot
from tests.builders import (
    a_call,
    a_clinic,
    a_location,
    a_placement,
    a_pool,
    a_provider,
    a_room,
    a_service,
    a_snapshot,
    an_appointment,
    an_ecg,
    at,
    hours,
    units,
)


class TestRoomsInOrder:
    def test_the_best_fit_comes_first_and_names_break_ties(self) -> None:
        rooms = (a_room("c", capacity=2), a_room("b"), a_room("a"), a_room("far", location_id="annex"))
        clinic = a_clinic(rooms=rooms, locations=(a_location(), a_location("annex")))
        assert [room.id for room in rooms_in_order(clinic, a_service(), a_location())] == ["a", "b", "c"]

    def test_rooms_that_do_not_suit_are_left_out(self) -> None:
        service = a_service(room_types=frozenset({"gym"}))
        clinic = a_clinic(rooms=(a_room(), a_room("gym", type="gym")), services=(service,))
        assert [room.id for room in rooms_in_order(clinic, service, a_location())] == ["gym"]


class TestRoomsThatWouldDo:
    def test_taken_and_closed_rooms_would_not(self) -> None:
        rooms = (a_room("free"), a_room("taken"), a_room("closed"))
        clinic = a_clinic(
            rooms=rooms,
            providers=(a_provider(), a_provider("lind")),
            working_hours=[hours("rooms/closed", "12:00", "13:00")],
        )
        snapshot = a_snapshot(clinic, an_appointment(provider_id="lind", room_id="taken"))
        assert list(rooms_that_would_do(a_placement(room=None), rooms, snapshot)) == [rooms[0]]


def snapshot_with(sizes: list[int], taken: tuple[int, ...], needed: int) -> ClinicSnapshot:
    clinic = a_clinic(
        equipment=tuple(a_pool(f"pool-{number}", quantity=size) for number, size in enumerate(sizes)),
        services=(a_service(), an_ecg(needed)),
    )
    visits = [
        an_appointment(id=str(number), room_id=None, equipment=(units(f"pool-{number}", count),))
        for number, count in enumerate(taken)
        if count
    ]
    return a_snapshot(clinic, *visits)


def lent(needed: int, *sizes: int, taken: tuple[int, ...] = ()) -> tuple[EquipmentUse, ...] | None:
    """What a visit at ten gets from pools of these sizes, of which so many units are taken then."""
    snapshot = snapshot_with(list(sizes), taken, needed)
    return equipment_for(an_ecg(needed), a_location(), at("10:00"), at("10:30"), snapshot)


class TestEquipmentFor:
    def test_one_pool_that_has_all_is_preferred(self) -> None:
        assert lent(2, 1, 2, 1) == (units("pool-1", 2),)

    def test_pools_lend_together_where_none_has_all_the_fullest_first(self) -> None:
        assert lent(4, 1, 2, 3) == (units("pool-2", 3), units("pool-1", 1))

    def test_what_is_taken_cannot_be_lent(self) -> None:
        assert lent(2, 2, 2, taken=(1, 0)) == (units("pool-1", 2),)
        assert lent(3, 2, 2, taken=(1, 0)) == (units("pool-1", 2), units("pool-0", 1))
        assert lent(4, 2, 2, taken=(1, 0)) is None

    def test_a_visit_without_needs_gets_nothing(self) -> None:
        snapshot = a_snapshot()
        assert equipment_for(a_service(), a_location(), at("10:00"), at("10:30"), snapshot) == ()

    def test_only_named_pools_lend_where_some_are_named(self) -> None:
        clinic = a_clinic(equipment=(a_pool("one"), a_pool("two")), services=(an_ecg(),))
        when = at("10:00"), at("10:30")
        snapshot = a_snapshot(clinic)
        found = equipment_for(an_ecg(), a_location(), *when, snapshot, only_pools=frozenset({"two"}))
        assert found == (units("two"),)
        assert equipment_for(an_ecg(3), a_location(), *when, snapshot, only_pools=frozenset({"two"})) is None

    def test_a_visit_from_afar_gets_equipment_from_anywhere(self) -> None:
        call = a_call(equipment=(EquipmentNeed(type="ecg"),))
        clinic = a_clinic(equipment=(a_pool(location_id="annex"),), services=(call,))
        assert equipment_for(call, None, at("10:00"), at("10:30"), a_snapshot(clinic)) == (units(),)

    @given(
        st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=4),
        st.integers(1, 8),
    )
    def test_it_is_found_exactly_when_the_free_units_suffice(
        self, pools: list[tuple[int, int]], needed: int
    ) -> None:
        """And then it breaks no rule and takes from as few pools as possible."""
        sizes = [size for size, _ in pools]
        taken = tuple(min(size, used) for size, used in pools)
        free = sorted((size - used for size, used in zip(sizes, taken, strict=True)), reverse=True)
        found = lent(needed, *sizes, taken=taken)
        if sum(free) < needed:
            assert found is None
            return
        assert found is not None
        fewest = next(count for count in range(1, len(free) + 1) if sum(free[:count]) >= needed)
        assert len(found) == fewest
        placement = a_placement(service=an_ecg(needed), equipment=found)
        snapshot = snapshot_with(sizes, taken, needed)
        assert [rule(placement, snapshot) for rule in EQUIPMENT_RULES] == [None] * len(EQUIPMENT_RULES)
