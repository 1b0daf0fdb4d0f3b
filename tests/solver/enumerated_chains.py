"""Every chain that exists, by nested loops: each visit is booked before the next one is tried."""

from collections.abc import Iterator

from models.appointment import Appointment, EquipmentUse
from models.chain import ChainRequest, ChainStep
from models.clinic import EquipmentNeed, Location, Provider, Room
from models.group_visit import GroupVisit
from models.placing import joining
from models.rules import first_violation
from models.score import ScoreBasis, score_of
from models.slot import Placement, SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute, minute_of_day
from tests.solver.random_practices import PATIENT, Practice, booked, with_appointments

Where = tuple[Minute, str, str, str]
"""Start, provider's name and id, location's id."""


def every_chain(practice: Practice, request: ChainRequest) -> dict[tuple[Where, ...], int]:
    """The most hundredths of a point that each chain can earn."""
    today = practice.snapshot
    single = [list(alone(today, step.request)) for step in request.steps]
    found: dict[tuple[Where, ...], int] = {}
    for chain, points in _continued(practice, request.steps, single, (), practice.appointments):
        key = tuple(where(one) for one in chain)
        found[key] = max(found.get(key, 0), points)
    return found


def where(one: Placement) -> Where:
    return one.start, one.provider.name, one.provider.id, one.location.id if one.location else ""


def _continued(
    practice: Practice,
    steps: tuple[ChainStep, ...],
    single: list[list[tuple[Placement, int]]],
    before: tuple[Placement, ...],
    appointments: tuple[Appointment, ...],
) -> Iterator[tuple[tuple[Placement, ...], int]]:
    if len(before) == len(steps):
        yield before, 0
        return
    step, here = steps[len(before)], with_appointments(practice, appointments)
    for placement, points in single[len(before)]:
        if not _may_follow(step, before, placement) or first_violation(placement, here) is not None:
            continue
        visit = booked(placement, f"step-{len(before)}", PATIENT.id, here)
        chain, known = (*before, placement), (*appointments, visit)
        for whole, others in _continued(practice, steps, single, chain, known):
            yield whole, points + others


def together(practice: Practice, visits: list[list[tuple[Placement, int]]]) -> int | None:
    """The most that visits earn which are booked one after the other; None if they cannot be."""
    earned = (points for _, points in _one_after_another(practice, visits, (), practice.appointments))
    return max(earned, default=None)


def _one_after_another(
    practice: Practice,
    visits: list[list[tuple[Placement, int]]],
    before: tuple[Placement, ...],
    appointments: tuple[Appointment, ...],
) -> Iterator[tuple[tuple[Placement, ...], int]]:
    if len(before) == len(visits):
        yield before, 0
        return
    here = with_appointments(practice, appointments)
    for placement, points in visits[len(before)]:
        if any(_meets(one, placement) for one in before) or first_violation(placement, here) is not None:
            continue
        visit = booked(placement, f"step-{len(before)}", PATIENT.id, here)
        known = (*appointments, visit)
        for whole, others in _one_after_another(practice, visits, (*before, placement), known):
            yield whole, points + others


def _meets(one: Placement, other: Placement) -> bool:
    return one.end > other.start or _on_top(one, other)


def _may_follow(step: ChainStep, before: tuple[Placement, ...], placement: Placement) -> bool:
    if not before:
        return True
    last = before[-1]
    pause = placement.start - last.end
    if pause < step.min_minutes_after:
        return False
    if step.max_minutes_after is not None and pause > step.max_minutes_after:
        return False
    same = last.provider.id == placement.provider.id
    if (step.provider == "same" and not same) or (step.provider == "other" and same):
        return False
    return not any(_on_top(one, placement) for one in before)


def _on_top(one: Placement, other: Placement) -> bool:
    if one.provider.id != other.provider.id or one.joins or other.joins:
        return False
    until = one.end + one.service.buffer_after_minutes
    return until > other.start - other.service.buffer_before_minutes


def alone(today: ClinicSnapshot, request: SlotRequest) -> Iterator[tuple[Placement, int]]:
    """Every placement of one visit that breaks no rule, room by room and unit by unit, and its points."""
    for placement in _placements(today, request):
        yield placement, score_of(placement, ScoreBasis.of(today, request)).total


def _placements(today: ClinicSnapshot, request: SlotRequest) -> Iterator[Placement]:
    service, setup = request.service, today.setup
    places: list[Location | None] = list(setup.locations) if service.needs_room else [None]
    for start in range(request.earliest, request.latest):
        for place in places:
            if minute_of_day(start, setup.zone_of(place)) % service.slot_step_minutes:
                continue
            for provider in setup.providers:
                if request.provider_ids is None or provider.id in request.provider_ids:
                    yield from _at(today, request, start, place, provider)


def _at(
    today: ClinicSnapshot, request: SlotRequest, start: Minute, place: Location | None, provider: Provider
) -> Iterator[Placement]:
    end = start + request.duration_minutes
    group = _group_at(today, request, provider, start, end, place)
    if group is not None:
        seat = joining(group, today.setup, request.patient)
        if first_violation(seat, today) is None:
            yield seat
            return
    rooms: list[Room | None] = [None]
    if place is not None:
        rooms = [room for room in today.setup.rooms if room.location_id == place.id]
    for room in rooms:
        for equipment in _lent(today, request.service.equipment, place):
            placement = Placement(
                service=request.service,
                provider=provider,
                location=place,
                room=room,
                start=start,
                end=end,
                equipment=equipment,
                patient=request.patient,
            )
            if first_violation(placement, today) is None:
                yield placement


def _group_at(
    today: ClinicSnapshot,
    request: SlotRequest,
    provider: Provider,
    start: Minute,
    end: Minute,
    place: Location | None,
) -> GroupVisit | None:
    return next(
        (
            group
            for group in today.group_visits
            if group.key[:4] == (request.service.id, provider.id, start, end)
            and group.location_id == (place.id if place else None)
            and first_violation(joining(group, today.setup, request.patient), today) is None
        ),
        None,
    )


def _lent(
    today: ClinicSnapshot, needs: tuple[EquipmentNeed, ...], place: Location | None
) -> Iterator[tuple[EquipmentUse, ...]]:
    """Every way to take the units of one need; the practices need no more than one type."""
    if not needs:
        yield ()
        return
    pools = [pool for pool in today.setup.equipment if place is None or pool.location_id == place.id]
    for taken in _counts([pool.quantity for pool in pools], needs[0].units):
        yield tuple(EquipmentUse(id=pool.id, units=n) for pool, n in zip(pools, taken, strict=True) if n)


def _counts(most: list[int], wanted: int) -> Iterator[list[int]]:
    if not most:
        if not wanted:
            yield []
        return
    for first in range(min(most[0], wanted) + 1):
        for rest in _counts(most[1:], wanted - first):
            yield [first, *rest]
