"""Why a visit of a series departs from its pattern, in words."""

from collections.abc import Iterator, Sequence

from models.errors import RuleViolated, SlotUnavailable
from models.placing import Wish, placed
from models.series import Deviation, Moment, prices_of, usual_day, week_of
from models.slot import Slot, SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import at_wall_clock, format_time_of_day, minute_of_day

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def deviations_of(
    slots: Sequence[Slot],
    moments: Sequence[Moment],
    pattern: Moment,
    snapshot: ClinicSnapshot,
    request: SlotRequest,
) -> tuple[Deviation, ...]:
    """Each way in which each visit departs from the pattern, what it costs, and why."""
    found: list[Deviation] = []
    for index, (slot, moment) in enumerate(zip(slots, moments, strict=True)):
        prices = prices_of(pattern, moment)
        if prices:
            reason = _reason(index, slot, pattern, snapshot, request)
            found += _of_visit(index, moment, pattern, prices, reason)
    return tuple(found)


def _of_visit(
    index: int, moment: Moment, pattern: Moment, prices: dict[str, int], reason: str
) -> Iterator[Deviation]:
    clock, usual_clock = format_time_of_day(moment.time), format_time_of_day(pattern.time)
    usual = {
        "provider": (pattern.provider.id, f"with {pattern.provider.name}"),
        "weekday": (pattern.weekday_code, f"on {_DAYS[pattern.weekday]}"),
        "time": (usual_clock, f"at {usual_clock}"),
    }
    instead = {
        "provider": (moment.provider.id, f"with {moment.provider.name}"),
        "weekday": (moment.weekday_code, f"on {_DAYS[moment.weekday]}"),
        "time": (clock, f"at {clock}"),
    }
    for what, cost in prices.items():
        message = f"{instead[what][1]} instead of {usual[what][1]}: {reason}"
        yield Deviation(
            index=index,
            what=what,
            usual=usual[what][0],
            instead=instead[what][0],
            cost=cost,
            message=message,
        )


def _reason(index: int, slot: Slot, pattern: Moment, snapshot: ClinicSnapshot, request: SlotRequest) -> str:
    """What forbids the usual visit in that week, or that it would be possible and is worth less.

    `request` has the range of the first visit.
    """
    setup = snapshot.setup
    zone = setup.zone_of(slot.location)
    day = usual_day(pattern, week_of(slot.start, setup.zone))
    start = at_wall_clock(day, pattern.time, zone)
    if minute_of_day(start, zone) != pattern.time:
        return "the clock skips that time"
    if not index and not request.earliest <= start < request.latest:
        return "the first visit was not asked for then"
    wish = Wish(
        service=request.service,
        provider=pattern.provider,
        start=start,
        end=start + request.duration_minutes,
        patient=request.patient,
        location=request.location,
    )
    try:
        placed(wish, snapshot)
    except (RuleViolated, SlotUnavailable) as refusal:
        return str(refusal)
    return "it scores more than the usual one, the difference counted"
