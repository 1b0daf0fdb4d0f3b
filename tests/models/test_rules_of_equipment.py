"""Rules about the equipment of a visit."""

from typing import Any

import pytest

from models.appointment import Appointment, EquipmentUse
from models.clinic import EquipmentNeed, EquipmentPool
from models.rules import equipment_is_never_overbooked, equipment_is_open, equipment_is_what_the_service_needs
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from tests.builders import (
    a_call,
    a_clinic,
    a_location,
    a_placement,
    a_pool,
    a_provider,
    a_service,
    a_snapshot,
    an_appointment,
    an_ecg,
    closed,
    hours,
    moment,
    units,
)
from tests.verdicts import fits, refusal


def with_pools(*pools: EquipmentPool, **parts: Any) -> ClinicSnapshot:
    return a_snapshot(a_clinic(equipment=pools, services=(a_service(), an_ecg()), **parts))


def an_ecg_placement(needed: int, *taken: EquipmentUse, start: str = "10:00", **changes: Any) -> Placement:
    """A visit that needs so many ECG machines and takes these."""
    return a_placement(start, **{"service": an_ecg(needed), "equipment": taken, **changes})


class TestEquipmentIsWhatTheServiceNeeds:
    def test_a_service_without_needs_takes_nothing(self) -> None:
        assert fits(equipment_is_what_the_service_needs, a_placement(), with_pools(a_pool()))
        violation = refusal(
            equipment_is_what_the_service_needs, a_placement(equipment=(units(),)), with_pools(a_pool())
        )
        assert (violation.resource, violation.taken) == ("clinic", False)

    def test_exactly_the_units_that_are_needed(self) -> None:
        snapshot = with_pools(a_pool(quantity=4))
        placement = an_ecg_placement(2, units(count=2))
        assert fits(equipment_is_what_the_service_needs, placement, snapshot)
        for count in (1, 3):
            refusal(equipment_is_what_the_service_needs, an_ecg_placement(2, units(count=count)), snapshot)

    def test_nothing_is_not_enough(self) -> None:
        refusal(equipment_is_what_the_service_needs, an_ecg_placement(1), with_pools(a_pool()))

    def test_two_pools_may_lend_together(self) -> None:
        snapshot = with_pools(a_pool("front"), a_pool("back", quantity=1))
        together = an_ecg_placement(3, units("front", 2), units("back", 1))
        assert fits(equipment_is_what_the_service_needs, together, snapshot)
        refusal(
            equipment_is_what_the_service_needs,
            an_ecg_placement(2, units("front", 2), units("back", 1)),
            snapshot,
        )

    def test_equipment_of_another_type_does_not_help(self) -> None:
        snapshot = with_pools(a_pool(), a_pool("laser", type="laser"))
        violation = refusal(
            equipment_is_what_the_service_needs, an_ecg_placement(1, units("laser")), snapshot
        )
        assert violation.message == "Check-up needs other equipment than {'laser': 1}"
        refusal(equipment_is_what_the_service_needs, an_ecg_placement(1, units(), units("laser")), snapshot)

    def test_each_of_several_types_is_needed(self) -> None:
        both = a_service(equipment=(EquipmentNeed(type="ecg"), EquipmentNeed(type="laser", units=2)))
        snapshot = with_pools(a_pool(), a_pool("laser", type="laser"))
        complete = an_ecg_placement(0 + 1, units("laser", 2), units(), service=both)
        assert fits(equipment_is_what_the_service_needs, complete, snapshot)
        for taken in ((units("laser", 2),), (units(),), (units("laser"), units())):
            incomplete = an_ecg_placement(1, *taken, service=both)
            refusal(equipment_is_what_the_service_needs, incomplete, snapshot)

    def test_equipment_stands_where_the_visit_takes_place(self) -> None:
        snapshot = with_pools(
            a_pool(), a_pool("far", location_id="annex"), locations=(a_location(), a_location("annex"))
        )
        violation = refusal(equipment_is_what_the_service_needs, an_ecg_placement(1, units("far")), snapshot)
        assert (violation.resource, violation.message) == ("equipment/far", "Far stands at another location")
        at_the_annex = an_ecg_placement(1, units("far"), location=a_location("annex"))
        assert fits(equipment_is_what_the_service_needs, at_the_annex, snapshot)

    def test_a_visit_without_a_place_takes_equipment_from_anywhere(self) -> None:
        snapshot = with_pools(a_pool("far", location_id="annex"))
        call = a_call(equipment=(EquipmentNeed(type="ecg"),))
        assert fits(
            equipment_is_what_the_service_needs, an_ecg_placement(1, units("far"), service=call), snapshot
        )


def pool_open_from_nine_to_eleven() -> ClinicSnapshot:
    rows = [hours("equipment/ecg-1", "09:00", "11:00")]
    return with_pools(a_pool(), a_pool("always"), working_hours=rows)


class TestEquipmentIsOpen:
    def test_a_pool_without_hours_is_always_available(self) -> None:
        for clock in ("00:00", "03:00", "23:45"):
            placement = an_ecg_placement(1, units(), start=clock)
            assert fits(equipment_is_open, placement, with_pools(a_pool()))

    @pytest.mark.parametrize("clock", ["09:00", "10:30"])
    def test_a_visit_fits_from_the_first_minute_to_the_last(self, clock: str) -> None:
        placement = an_ecg_placement(1, units(), start=clock)
        assert fits(equipment_is_open, placement, pool_open_from_nine_to_eleven())

    @pytest.mark.parametrize("clock", ["08:59", "10:31", "11:00"])
    def test_a_minute_outside_the_hours_is_refused(self, clock: str) -> None:
        placement = an_ecg_placement(1, units(), start=clock)
        violation = refusal(equipment_is_open, placement, pool_open_from_nine_to_eleven())
        assert (violation.resource, violation.message) == ("equipment/ecg-1", "Ecg-1 is not available then")

    def test_every_pool_that_lends_must_be_available(self) -> None:
        snapshot = pool_open_from_nine_to_eleven()
        both = (units("always"), units())
        assert fits(equipment_is_open, an_ecg_placement(2, *both), snapshot)
        refusal(equipment_is_open, an_ecg_placement(2, *both, start="11:00"), snapshot)
        assert fits(equipment_is_open, an_ecg_placement(1, units("always"), start="11:00"), snapshot)

    def test_a_pool_under_repair_may_be_touched_on_either_side(self) -> None:
        repair = closed("equipment/ecg-1", moment("09:00"), moment("11:00"))
        snapshot = with_pools(a_pool(), exceptions=(repair,))
        for clock in ("08:30", "11:00"):
            assert fits(equipment_is_open, an_ecg_placement(1, units(), start=clock), snapshot)
        for clock in ("08:31", "10:59"):
            refusal(equipment_is_open, an_ecg_placement(1, units(), start=clock), snapshot)

    def test_buffers_may_reach_outside_the_hours(self) -> None:
        wide = an_ecg(buffer_before_minutes=60, buffer_after_minutes=60)
        placement = an_ecg_placement(1, units(), start="10:30", service=wide)
        assert fits(equipment_is_open, placement, pool_open_from_nine_to_eleven())

    def test_a_visit_without_equipment_minds_none(self) -> None:
        assert fits(equipment_is_open, a_placement("03:00"), pool_open_from_nine_to_eleven())


def lent(start: str, end: str, *uses: EquipmentUse, **changes: Any) -> Appointment:
    """Somebody else's visit with these machines."""
    return an_appointment(
        start, end, **{"provider_id": "lind", "room_id": None, "equipment": uses or (units(),), **changes}
    )


def beside(*appointments: Appointment, **parts: Any) -> ClinicSnapshot:
    usual: dict[str, Any] = {"equipment": (a_pool(),), "providers": (a_provider(), a_provider("lind"))}
    return a_snapshot(a_clinic(**{**usual, **parts}), *appointments)


class TestEquipmentIsNeverOverbooked:
    def test_the_last_unit_may_be_taken(self) -> None:
        snapshot = beside(lent("10:00", "10:30"))
        assert fits(equipment_is_never_overbooked, an_ecg_placement(1, units()), snapshot)

    def test_one_more_than_the_pool_has_is_refused(self) -> None:
        snapshot = beside(lent("10:00", "10:30"))
        violation = refusal(equipment_is_never_overbooked, an_ecg_placement(2, units(count=2)), snapshot)
        assert (violation.resource, violation.taken) == ("equipment/ecg-1", True)
        assert violation.message == "Ecg-1: all units are taken then"

    def test_a_visit_holds_all_its_units(self) -> None:
        snapshot = beside(lent("10:00", "10:30", units(count=2)))
        refusal(equipment_is_never_overbooked, an_ecg_placement(1, units()), snapshot)

    @pytest.mark.parametrize(
        ("clock", "free"), [("09:30", True), ("09:31", False), ("10:29", False), ("10:30", True)]
    )
    def test_visits_may_touch_but_share_no_minute(self, clock: str, free: bool) -> None:
        snapshot = beside(lent("10:00", "10:30", units(count=2)))
        placement = an_ecg_placement(1, units(), start=clock)
        if free:
            assert fits(equipment_is_never_overbooked, placement, snapshot)
        else:
            refusal(equipment_is_never_overbooked, placement, snapshot)

    def test_units_are_counted_minute_by_minute(self) -> None:
        in_turn = (lent("10:00", "10:15", id="1"), lent("10:15", "10:30", id="2"))
        assert fits(equipment_is_never_overbooked, an_ecg_placement(1, units()), beside(*in_turn))
        overlapping = (lent("10:00", "10:16", id="1"), lent("10:15", "10:30", id="2"))
        refusal(equipment_is_never_overbooked, an_ecg_placement(1, units()), beside(*overlapping))

    def test_each_of_two_pools_is_counted_alone(self) -> None:
        pools = (a_pool("front", quantity=1), a_pool("back", quantity=2))
        snapshot = beside(lent("10:00", "10:30", units("back")), equipment=pools)
        one_of_each = an_ecg_placement(2, units("front"), units("back"))
        assert fits(equipment_is_never_overbooked, one_of_each, snapshot)
        two_of_one = an_ecg_placement(2, units("back", 2))
        refusal(equipment_is_never_overbooked, two_of_one, snapshot)
        taken = beside(lent("10:00", "10:30", units("front")), equipment=pools)
        violation = refusal(equipment_is_never_overbooked, one_of_each, taken)
        assert violation.resource == "equipment/front"

    def test_buffers_of_both_visits_add_up(self) -> None:
        wide = an_ecg(buffer_before_minutes=10, buffer_after_minutes=5)
        snapshot = beside(lent("10:00", "10:30", units(count=2)), services=(wide,))
        for clock in ("10:45", "09:15"):
            assert fits(
                equipment_is_never_overbooked,
                an_ecg_placement(1, units(), start=clock, service=wide),
                snapshot,
            )
        for clock in ("10:44", "09:16"):
            refusal(
                equipment_is_never_overbooked,
                an_ecg_placement(1, units(), start=clock, service=wide),
                snapshot,
            )

    def test_the_turnaround_of_a_room_is_not_the_equipments(self) -> None:
        from_room = lent("10:00", "10:30", units(count=2), room_id="room-1")
        snapshot = beside(from_room)
        assert fits(equipment_is_never_overbooked, an_ecg_placement(1, units(), start="10:30"), snapshot)

    def test_a_pool_named_twice_lends_the_sum(self) -> None:
        snapshot = beside(lent("10:00", "10:30"))
        twice = an_ecg_placement(2, units(), units())
        assert equipment_is_never_overbooked(twice, snapshot) is not None
