"""One appointment moved by half an hour at most, so that a slot opens beside it; only a few are tried.

What is sought are starts that lack nothing but what others hold, and next to them an appointment that
would give way with the smallest shift. It stays with its people, in its room, on its service's steps,
and breaks no rule where it goes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from itertools import islice

import numpy as np

from models.appointment import Appointment
from models.claims import Visit, hold_of, room_hold_of
from models.explanation import ChangeKind, Relaxation
from models.hours import Window
from models.refs import equipment_ref, provider_ref, room_ref
from models.rules import first_violation, is_overbooked
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute, instant_of, local_of, minute_of_day
from solver.candidates import candidates
from solver.closing_layers import Layer, SiteClosings
from solver.closings import Grounds
from solver.intervals import Mask
from solver.moved_calendar import moved, visit_of
from solver.problem import SearchProblem
from solver.searching_again import Question, Try, a_change, helpful

FURTHEST = 30
"""Minutes by which an appointment may move."""

BEGUN_BEFORE = 240
"""Minutes before anything that a visit of the range could meet; who begins earlier is left in peace."""

MOST_TRIES = 24
"""Shifts of an appointment that are looked at, those by the fewest minutes first."""

MOST_STARTS = 150
"""Starts at which rooms, equipment and the patient's own visits are looked at for somebody to give way."""

MOST_MOVES = 3

_OTHERS_HOLD = frozenset(
    {
        "provider_is_never_double_booked",
        "patient_is_never_in_two_places",
        "visits_of_a_service_keep_their_gap",
        "room_is_never_double_booked",
        "equipment_is_never_overbooked",
    }
)


@dataclass(frozen=True, slots=True, order=True)
class _Wanted:
    """A start that would open if an appointment gave way by at least so many minutes, back or forth."""

    minutes: int
    start: Minute
    provider_id: str
    appointment_id: str
    later: bool


def moves_that_help(question: Question, where: Grounds) -> Iterator[Relaxation]:
    """Appointments that could move and so open the range, those by the fewest minutes first."""
    known = _Known(question)
    if not known.movable:
        return
    wanted = sorted({one for block in where.blocks() for one in _wanted(block, known)})
    yield from helpful(_tries(wanted, known), MOST_MOVES)


class _Known:
    """The appointments near the range, by what they hold and when."""

    def __init__(self, question: Question) -> None:
        self.question, self.snapshot, self.setup = question, question.snapshot, question.setup

    @cached_property
    def movable(self) -> dict[str, Appointment]:
        span = SearchProblem(snapshot=self.snapshot, request=self.question.request).span
        low, high = instant_of(span[0] - BEGUN_BEFORE), instant_of(span[1] + FURTHEST)
        services = self.setup.service_by_id
        return {
            one.id: one
            for one in self.snapshot.appointments
            if one.status.may_move
            and not one.overbook
            and not services[one.service_id].is_for_groups
            and one.starts_at >= self.snapshot.now
            and low <= one.starts_at < high
        }

    @cached_property
    def holders(self) -> dict[tuple[str, Window], list[str]]:
        """Who holds a resource over exactly that time."""
        found: dict[tuple[str, Window], list[str]] = {}
        for one in self.movable.values():
            service, visit = self.setup.service_by_id[one.service_id], visit_of(one)
            hold = hold_of(service, *visit)
            found.setdefault((provider_ref(one.provider_id), hold), []).append(one.id)
            found.setdefault((f"patients/{one.patient_id}", visit), []).append(one.id)
            for use in one.equipment:
                found.setdefault((equipment_ref(use.id), hold), []).append(one.id)
            if one.room_id is not None:
                room = self.setup.room_by_id[one.room_id]
                key = room_ref(room.id), room_hold_of(service, room, *visit)
                found.setdefault(key, []).append(one.id)
        return found

    @cached_property
    def visits_of(self) -> dict[str, list[Appointment]]:
        """Everything near the range that a patient has booked."""
        found: dict[str, list[Appointment]] = {}
        for one in self.snapshot.appointments:
            found.setdefault(one.patient_id, []).append(one)
        return found


# -- where somebody could give way -------------------------------------------------------------------


def _wanted(block: SiteClosings, known: _Known) -> Iterator[_Wanted]:
    possible, ground = _but_for_others(block), block.ground
    if not possible.any():
        return
    taken = ~ground.provider_taken.clear(ground.rows(ground.provider_refs), *ground.hold(block.times))
    yield from _beside_a_visit(block, possible & taken, known)
    yield from _beside_a_room(block, possible & ~taken, known)


def _but_for_others(block: SiteClosings) -> Mask:
    """Providers x times: nothing stands in the way but what others hold."""
    possible = np.ones((len(block.ground.providers), len(block.times)), dtype=np.bool_)
    for layer in _lasting([*block.of_starts, *block.of_providers]):
        possible &= ~layer.broken
    if block.ground.rooms:
        rooms = np.ones((len(block.ground.rooms), len(block.times)), dtype=np.bool_)
        for layer in _lasting(block.of_rooms):
            rooms &= ~layer.broken
        possible &= rooms.any(axis=0)
    had = block.equipment.prices == 0
    for closing in block.equipment.of_pools:
        if closing.rule in _OTHERS_HOLD:
            had |= closing.alone
    result: Mask = possible & had
    return result


def _lasting(layers: Iterable[Layer]) -> Iterator[Layer]:
    return (layer for layer in layers if layer.rule not in _OTHERS_HOLD)


def _beside_a_visit(block: SiteClosings, cells: Mask, known: _Known) -> Iterator[_Wanted]:
    """Starts at which one visit of the provider is in the way with its first or last minutes, and has as
    much time free on its other side."""
    ground = block.ground
    rows, columns = np.nonzero(cells)
    if not len(rows):
        return
    held_from, held_until = (one[columns] for one in ground.hold(block.times))
    taken, calendar_rows = ground.provider_taken, ground.rows(ground.provider_refs)[rows, 0]
    index, _ = taken.last_before(calendar_rows, held_until)
    starts, ends = taken.starts[index], taken.ends[index]
    last_end, _ = taken.neighbours(calendar_rows, starts, starts)
    _, next_start = taken.neighbours(calendar_rows, ends, ends)
    later, earlier = held_until - starts, ends - held_from
    makes_way = (later <= FURTHEST) & (last_end <= held_from) & (next_start - ends >= later)
    makes_way |= (earlier <= FURTHEST) & (starts - last_end >= earlier)
    for place in np.flatnonzero(makes_way).tolist():
        provider = ground.providers[rows[place]]
        window = int(starts[place]), int(ends[place])
        hold = int(held_from[place]), int(held_until[place])
        start = int(block.times[columns[place]])
        yield from _gives_way(provider_ref(provider.id), window, hold, start, provider.id, known)


def _beside_a_room(block: SiteClosings, cells: Mask, known: _Known) -> Iterator[_Wanted]:
    """Starts at which the provider is free, but others have the rooms, the equipment or the patient."""
    ground, patient = block.ground, block.ground.problem.request.patient
    calendar, index = known.snapshot.calendar, known.setup.resource_index
    columns, rows = np.nonzero(cells.T)
    for column, row in islice(zip(columns.tolist(), rows.tolist(), strict=True), MOST_STARTS):
        start, provider = int(block.times[column]), ground.providers[row]
        visit = start, start + ground.duration
        hold = hold_of(ground.service, *visit)
        held = [(room_ref(room.id), room_hold_of(ground.service, room, *visit)) for room in ground.rooms]
        held += [(closing.ref, hold) for closing in block.equipment.of_pools if closing.alone[column]]
        for ref, wanted in held:
            for window in calendar.busy(index[ref]).overlapping(*wanted) if ref in index else ():
                yield from _gives_way(ref, window, wanted, start, provider.id, known)
        if patient is not None:
            for window in calendar.visits_of(patient.id).overlapping(*visit):
                yield from _gives_way(f"patients/{patient.id}", window, visit, start, provider.id, known)


def _gives_way(
    ref: str, window: Window, wanted: Window, start: Minute, provider_id: str, known: _Known
) -> Iterator[_Wanted]:
    later, earlier = wanted[1] - window[0], window[1] - wanted[0]
    for appointment_id in known.holders.get((ref, window), ()):
        if 0 < later <= FURTHEST:
            yield _Wanted(later, start, provider_id, appointment_id, True)
        if 0 < earlier <= FURTHEST:
            yield _Wanted(earlier, start, provider_id, appointment_id, False)


# -- whether it can, and what that gains -------------------------------------------------------------


def _tries(wanted: Iterable[_Wanted], known: _Known) -> Iterator[Try]:
    shifts = dict.fromkeys(
        (abs(minutes), minutes, one.appointment_id, one.start, one.provider_id)
        for one in wanted
        for minutes in islice(_shifts(one, known), 1)
    )
    named: set[str] = set()
    for _, minutes, appointment_id, start, provider_id in islice(sorted(shifts), MOST_TRIES):
        before = known.movable[appointment_id]
        shift = timedelta(minutes=minutes)
        after = replace(before, starts_at=before.starts_at + shift, ends_at=before.ends_at + shift)
        if appointment_id in named or not _can_be(before, after, known):
            continue
        snapshot = moved(known.snapshot, before, after)
        if snapshot is not None and _opens(start, provider_id, snapshot, known):
            named.add(appointment_id)
            yield _a_move(before, after, minutes, snapshot, known)


def _shifts(one: _Wanted, known: _Known) -> Iterator[int]:
    """By how many minutes the appointment could move that way, so that it starts on a step of its service."""
    visit = Visit.of(known.movable[one.appointment_id], known.setup)
    zone = known.setup.zone_of(visit.location)
    for minutes in range(one.minutes, FURTHEST + 1):
        shift = minutes if one.later else -minutes
        if minute_of_day(visit.start + shift, zone) % visit.service.slot_step_minutes == 0:
            yield shift


def _can_be(before: Appointment, after: Appointment, known: _Known) -> bool:
    """Whether the appointment breaks no rule where it goes, and needs no lane there."""
    visit = Visit.of(after, known.setup)
    placement = Placement(
        service=visit.service,
        provider=visit.provider,
        location=visit.location,
        room=visit.room,
        start=visit.start,
        end=visit.end,
        equipment=visit.equipment,
    )
    alone = moved(known.snapshot, before, None)
    if alone is None or first_violation(placement, alone) is not None or is_overbooked(placement, alone):
        return False
    others = (one for one in known.visits_of[before.patient_id] if one.id != before.id)
    return not any(one.starts_at < after.ends_at and after.starts_at < one.ends_at for one in others)


def _opens(start: Minute, provider_id: str, snapshot: ClinicSnapshot, known: _Known) -> bool:
    request = replace(
        known.question.request, earliest=start, latest=start + 1, provider_ids=frozenset({provider_id})
    )
    sites = candidates(SearchProblem(snapshot=snapshot, request=request))
    return any(len(site.starts) for site in sites)


def _a_move(
    before: Appointment, after: Appointment, minutes: int, snapshot: ClinicSnapshot, known: _Known
) -> Try:
    zone = known.setup.zone_of(Visit.of(before, known.setup).location)
    was, becomes = (local_of(visit_of(one)[0], zone).isoformat(timespec="seconds") for one in (before, after))
    change = a_change(
        ChangeKind.MOVE_APPOINTMENT,
        f"if one appointment moved by {abs(minutes)} minutes",
        appointment_id=before.id,
        **{"from": was, "to": becomes},
        minutes=minutes,
    )
    return Try(change, snapshot, known.question.request)
