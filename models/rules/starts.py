"""When a visit may start."""

from models.refs import CLINIC
from models.rules.violation import Violation, refused
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.wall_clock import MINUTES_PER_DAY, local_date, minute_of_day


def start_is_aligned(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A visit starts a whole number of the service's steps after local midnight."""
    zone = snapshot.setup.zone_of(placement.location)
    step = placement.service.slot_step_minutes
    if minute_of_day(placement.start, zone) % step == 0:
        return None
    message = f"{placement.service.name} starts every {step} minutes from local midnight"
    return refused(start_is_aligned, CLINIC, message)


def start_respects_notice(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A visit starts neither in the past nor sooner than the service's minimum notice."""
    notice = placement.service.min_notice_minutes
    if placement.start >= snapshot.first_minute_from_now + notice:
        return None
    message = (
        "the start lies in the past"
        if placement.start < snapshot.first_minute_from_now
        else f"{placement.service.name} needs {notice} minutes of notice"
    )
    return refused(start_respects_notice, CLINIC, message)


def start_is_within_the_booking_horizon(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A visit starts no further in the future than the service allows."""
    days = placement.service.max_future_days
    if placement.start <= snapshot.last_minute_until_now + days * MINUTES_PER_DAY:
        return None
    message = f"{placement.service.name} can be booked at most {days} days ahead"
    return refused(start_is_within_the_booking_horizon, CLINIC, message)


def service_is_not_blacked_out(placement: Placement, snapshot: ClinicSnapshot) -> Violation | None:
    """A service is not given on its blackout dates, as the calendar on the wall of the place shows them."""
    service = placement.service
    if not service.blackout_dates:
        return None
    day = local_date(placement.start, snapshot.setup.zone_of(placement.location))
    if day not in service.blackout_dates:
        return None
    return refused(service_is_not_blacked_out, CLINIC, f"{service.name} is not given on {day.isoformat()}")
