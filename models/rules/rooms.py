"""Which room, when it is open, and that nobody else is in it."""

from models.claims import room_hold_of
from models.clinic import Modality, suits
from models.refs import CLINIC, room_ref
from models.rules.violation import Violation, refused, taken
from models.slot import Placement
from models.snapshot import ClinicSnapshot


def room_suits_the_service(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A visit in person has one room at its location, of a type and with the features that it needs."""
    service, room, location = placement.service, placement.room, placement.location
    if service.modality is not Modality.IN_PERSON:
        if room is None and location is None:
            return None
        return refused(room_suits_the_service, CLINIC, f"{service.name} takes place without a room")
    if room is None or location is None:
        return refused(room_suits_the_service, CLINIC, f"{service.name} needs a room")
    if room.location_id == location.id and suits(room, service):
        return None
    return refused(room_suits_the_service, room_ref(room.id), f"{room.name} does not suit {service.name}")


def room_is_open(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """The whole visit lies inside the room's opening hours, where it has any."""
    if placement.room is None:
        return None
    ref = room_ref(placement.room.id)
    if snapshot.setup.open_windows(ref, placement.start, placement.end).contain(
        placement.start, placement.end
    ):
        return None
    return refused(room_is_open, ref, f"{placement.room.name} is closed then")


def room_is_never_double_booked(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A room holds no more visits at once than it has places; buffers and turnaround count as busy."""
    room = placement.room
    if room is None or placement.joins is not None:
        return None
    ref = room_ref(room.id)
    hold = room_hold_of(placement.service, room, placement.start, placement.end)
    if snapshot.calendar.busy(snapshot.setup.resource_index[ref]).peak(*hold) < room.capacity:
        return None
    return taken(room_is_never_double_booked, ref, f"{room.name} is taken then")
