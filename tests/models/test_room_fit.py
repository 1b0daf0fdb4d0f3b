"""Which rooms fit: what they have too much, and what of it is scarce."""

from models.clinic import Room, Service
from models.hours import Window
from models.room_fit import room_costs, room_excess, scarcity
from models.setup import ClinicSetup
from tests.builders import (
    a_clinic,
    a_location,
    a_room,
    a_service,
    a_snapshot,
    an_appointment,
    at,
    hours,
)

SINK = frozenset({"sink"})
MORNING = (at("08:00"), at("12:00"))


def clinic_with(*rooms: Room) -> ClinicSetup:
    return a_clinic(rooms=rooms, locations=(a_location(), a_location("annex")))


def costs(*rooms: Room, service: Service | None = None, window: Window = MORNING) -> list[int]:
    """What empty rooms cost."""
    snapshot = a_snapshot(clinic_with(*rooms))
    return list(room_costs(snapshot, service or a_service(), rooms, window).values())


class TestRoomExcess:
    def test_a_room_that_is_just_right_has_none(self) -> None:
        room = a_room(features=SINK)
        assert room_excess(clinic_with(room), a_service(room_features=SINK), room) == 0

    def test_each_unused_feature_and_place_counts(self) -> None:
        rich, large = a_room("rich", features=SINK | {"couch"}), a_room("large", capacity=3)
        both = a_room("both", features=SINK, capacity=4)
        clinic = clinic_with(a_room(), rich, large, both)
        assert [room_excess(clinic, a_service(), room) for room in clinic.rooms] == [0, 2, 2, 4]

    def test_a_type_that_is_rarer_at_the_location_counts_once(self) -> None:
        rooms = [
            a_room("1"),
            a_room("2"),
            a_room("3", type="procedure"),
            a_room("4", type="procedure", location_id="annex"),
        ]
        assert [room_excess(clinic_with(*rooms), a_service(), room) for room in rooms] == [0, 0, 1, 0]

    def test_rooms_that_do_not_suit_make_nothing_rare(self) -> None:
        rooms = [a_room("1"), a_room("2", type="procedure"), a_room("3", type="procedure")]
        service = a_service(room_types=frozenset({"exam"}))
        assert room_excess(clinic_with(*rooms), service, rooms[0]) == 0


class TestFeatures:
    def test_a_feature_costs_as_much_as_it_is_scarce(self) -> None:
        assert costs(a_room("1", features=SINK), a_room("2")) == [50, 0]
        assert costs(a_room("1", features=SINK), a_room("2"), a_room("3"), a_room("4")) == [75, 0, 0, 0]

    def test_what_every_room_has_costs_nothing_while_they_are_free(self) -> None:
        assert costs(a_room("1", features=SINK), a_room("2", features=SINK)) == [0, 0]

    def test_what_the_service_needs_costs_nothing(self) -> None:
        plain = a_service(room_features=SINK)
        assert costs(a_room("1", features=SINK), a_room("2", features=SINK | {"couch"}), service=plain) == [
            0,
            50,
        ]

    def test_each_feature_counts(self) -> None:
        assert costs(a_room("1", features=SINK | {"couch"}), a_room("2", features=SINK)) == [50, 0]


class TestTypes:
    def test_a_scarcer_type_costs_what_it_is_scarcer(self) -> None:
        rooms = [a_room("1"), a_room("2"), a_room("3"), a_room("4", type="procedure")]
        assert costs(*rooms) == [0, 0, 0, 50]

    def test_types_as_common_as_each_other_cost_nothing(self) -> None:
        assert costs(a_room("1"), a_room("2", type="procedure")) == [0, 0]


class TestPlaces:
    def test_each_unused_place_costs_a_hundred_up_to_three(self) -> None:
        rooms = [a_room(f"{places}", capacity=places) for places in (1, 2, 4, 5, 50)]
        assert costs(*rooms) == [0, 100, 300, 300, 300]


class TestTheRange:
    def sink_cost(self, *visits: tuple[str, str], window: Window = MORNING) -> int:
        """What a sink costs that one of two rooms has, when that room has these visits."""
        rooms = (a_room(features=SINK), a_room("room-2"))
        booked = [an_appointment(start, end, id=start) for start, end in visits]
        snapshot = a_snapshot(clinic_with(*rooms), *booked)
        return room_costs(snapshot, a_service(), rooms, window)["room-1"]

    def test_what_is_booked_is_scarcer(self) -> None:
        assert self.sink_cost() == 50
        assert self.sink_cost(("08:00", "10:00")) == 75
        assert self.sink_cost(("08:00", "12:00")) == 100

    def test_only_the_minutes_of_the_range_count(self) -> None:
        assert self.sink_cost(("07:00", "08:00"), ("12:00", "13:00")) == 50
        assert self.sink_cost(("07:00", "09:00"), ("11:00", "13:00")) == 75

    def test_a_scarcity_is_rounded_up(self) -> None:
        assert scarcity(1, 3) == 67
        assert self.sink_cost(("08:00", "08:01")) == 51

    def test_a_room_counts_while_it_is_open(self) -> None:
        rooms = (a_room(features=SINK), a_room("room-2"))
        working = [hours("providers/okoro", "08:00", "16:00"), hours("rooms/room-1", "08:00", "09:20")]
        snapshot = a_snapshot(a_clinic(rooms=rooms, working_hours=working))
        assert room_costs(snapshot, a_service(), rooms, MORNING)["room-1"] == 75

    def test_rooms_that_never_open_are_as_scarce_as_can_be(self) -> None:
        rooms = (a_room(features=SINK),)
        working = [hours("rooms/room-1", "18:00", "19:00")]
        snapshot = a_snapshot(a_clinic(rooms=rooms, working_hours=working))
        assert room_costs(snapshot, a_service(), rooms, MORNING) == {"room-1": 100}

    def test_a_place_of_several_is_counted_for_itself(self) -> None:
        rooms = (a_room(features=SINK, capacity=2), a_room("room-2"), a_room("room-3"))
        snapshot = a_snapshot(clinic_with(*rooms), an_appointment("08:00", "12:00"))
        assert room_costs(snapshot, a_service(), rooms, MORNING)["room-1"] == 75 + 100
