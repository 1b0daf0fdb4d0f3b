"""A first search before anybody asks, since the first one pays for loading the solver."""

from datetime import UTC, datetime

from models.clinic import Clinic, Location, Provider, Room, Service, WorkingHours
from models.setup import ClinicSetup
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import MINUTES_PER_DAY, ceil_minute

_SERVICE = Service(id="visit", name="Visit", duration_minutes=30)
_SETUP = ClinicSetup(
    clinic=Clinic(id="rehearsal", name="Rehearsal", timezone="UTC"),
    locations=(Location(id="here", name="Here"),),
    providers=(Provider(id="one", name="One", location_ids=("here",), service_ids=("visit",)),),
    rooms=(Room(id="room", location_id="here", name="Room", type="exam"),),
    services=(_SERVICE,),
    working_hours=(WorkingHours(resource="providers/one", rrule="FREQ=DAILY", start=540, end=720),),
)


def warm_up() -> None:
    """Load the solver and search a clinic that exists nowhere else."""
    from solver.offers import offer_slots

    now = datetime.now(UTC)
    tomorrow = ceil_minute(now) + MINUTES_PER_DAY
    request = SlotRequest(
        service=_SERVICE, earliest=tomorrow, latest=tomorrow + MINUTES_PER_DAY, duration_minutes=30
    )
    offer_slots(ClinicSnapshot.of(_SETUP, now=now), request)
