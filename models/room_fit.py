"""How well a room fits a service: what is scarce is kept for those who need it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from models.clinic import Room, Service, suits
from models.hours import Window
from models.refs import room_ref
from models.setup import ClinicSetup
from models.snapshot import ClinicSnapshot

PERCENT = 100
MOST_PLACES_COUNTED = 3
"""Unused places beyond these make a room no worse: a hall is as wrong for one person as a larger hall."""


def room_excess(setup: ClinicSetup, service: Service, room: Room) -> int:
    """How much more a room is than the service needs, whatever is booked: rooms of equal excess fit equally.

    Unused features, unused places, and 1 if another suitable type is more common at its location.
    """
    excesses = setup.derived(("room excess", service.id), lambda: _excesses(setup.rooms, service))
    return excesses.get(room.id, 0)


def _excesses(rooms: Iterable[Room], service: Service) -> dict[str, int]:
    suitable = [room for room in rooms if suits(room, service)]
    alike = Counter((room.location_id, room.type) for room in suitable)
    commonest: dict[str, int] = {}
    for (location_id, _), count in alike.items():
        commonest[location_id] = max(commonest.get(location_id, 0), count)
    return {
        room.id: len(room.features - service.room_features)
        + (room.capacity - 1)
        + (alike[room.location_id, room.type] < commonest[room.location_id])
        for room in suitable
    }


def room_costs(
    snapshot: ClinicSnapshot, service: Service, rooms: Sequence[Room], window: Window
) -> dict[str, int]:
    """What each of the suitable rooms of a location costs, in percent of a room's worth; 0 for the plainest.

    A feature that the service does not need costs as much as it is scarce over the whole window, a type
    as much as it is scarcer than the least scarce suitable one, and each unused place 100.
    """
    free_of_feature: Counter[str] = Counter()
    free_of_type: Counter[str] = Counter()
    spare = {room.id: room.features - service.room_features for room in rooms}
    total = 0
    for room in rooms:
        opened = _minutes_open(snapshot, room, window)
        free = max(0, opened - _minutes_held(snapshot, room, window))
        total += opened
        free_of_type[room.type] += free
        for feature in spare[room.id]:
            free_of_feature[feature] += free
    types = {kind: scarcity(free, total) for kind, free in free_of_type.items()}
    features = {feature: scarcity(free, total) for feature, free in free_of_feature.items()}
    least = min(types.values(), default=0)
    return {
        room.id: sum(map(features.__getitem__, spare[room.id]))
        + (types[room.type] - least)
        + PERCENT * min(room.capacity - 1, MOST_PLACES_COUNTED)
        for room in rooms
    }


def scarcity(free: int, total: int) -> int:
    """How scarce something is that so many of the suitable room-minutes have and leave free, in percent.

    One of four rooms, booked for half of its time: 1/8 is left, so it is scarce by 88 %.
    """
    return PERCENT - PERCENT * free // max(1, total)


def _minutes_open(snapshot: ClinicSnapshot, room: Room, window: Window) -> int:
    """Minutes of the window in which a room is open, as many times as it has places."""
    low, high = window
    return room.capacity * snapshot.setup.open_windows(room_ref(room.id), low, high).minutes_within(low, high)


def _minutes_held(snapshot: ClinicSnapshot, room: Room, window: Window) -> int:
    """Minutes of the window for which its places are taken."""
    return snapshot.calendar.busy(snapshot.setup.resource_index[room_ref(room.id)]).minutes_within(*window)
