"""The units that a visit gets, and the room that is made for it: dead holds go, others change their units."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from api.workflows.evidence import Look
from models.errors import SlotUnavailable
from models.postgres.connection import Connection
from models.postgres.kinds import UNITS_PER_RESOURCE
from models.postgres.read_evidence import Evidence, claims_of_resource, lock_resources
from models.postgres.write_appointments import UnitClaim
from models.postgres.write_holds import free_claims, move_claims, release_holds
from models.rules import (
    equipment_is_never_overbooked,
    group_visit_has_a_seat_left,
    is_overbooked,
    overbooking_stays_within_its_daily_limit,
    patient_is_never_in_two_places,
    provider_has_visits_left_that_day,
    provider_is_never_double_booked,
    room_is_never_double_booked,
    service_has_visits_left_that_day,
    visits_of_a_service_keep_their_gap,
)
from models.slot import Placement
from models.unit_claims import Claim
from models.units import Dealt, UnitNeed, cluster, dealt, dealt_anew, unit_needs


def rule_of(ref: str) -> str:
    """Which rule keeps the units of a resource from being held twice."""
    return _RULES[ref.partition("/")[0]].__name__


_RULES = {
    "rooms": room_is_never_double_booked,
    "equipment": equipment_is_never_overbooked,
    "providers": provider_is_never_double_booked,
    "patients": patient_is_never_in_two_places,
    "overbooking": overbooking_stays_within_its_daily_limit,
    "regular": provider_is_never_double_booked,
    "provider-days": provider_has_visits_left_that_day,
    "service-days": service_has_visits_left_that_day,
    "gaps": visits_of_a_service_keep_their_gap,
    "seats": group_visit_has_a_seat_left,
}


class UnitsAreScattered(Exception):
    """There are enough units, but none is free for the whole visit: others must move, under a lock."""


async def claim_units(
    conn: Connection,
    seen: Look,
    placement: Placement,
    now: datetime,
    *,
    locked: bool,
    without: frozenset[str] = frozenset(),
) -> list[UnitClaim]:
    """Choose the units of a placement, and make room for them: holds that ran out go, others are moved.

    `without` holds nothing any more. UnitsAreScattered where others would have to move and the caller has
    not `locked` their resource.
    """
    clinic_id = UUID(seen.stored.setup.clinic.id)
    alive = [claim for claim in seen.evidence.alive if claim.holder_id not in without]
    chosen: list[tuple[UnitNeed, Dealt]] = []
    overbook = is_overbooked(placement, seen.snapshot(now, without))
    needs = unit_needs(placement, seen.stored.setup, overbook=overbook)
    for need in (*needs.own, *needs.shared):
        found = dealt(need, alive)
        if found is None:
            if not locked:
                raise UnitsAreScattered
            found = await deal_anew(conn, clinic_id, seen, need, now, without)
        chosen.append((need, found))
    overdue = _in_the_way(seen.evidence, chosen)
    if overdue:
        if not locked:
            concerned = seen.stored.numbers.ids_of([need.ref for need, _ in chosen])
            await lock_resources(conn, clinic_id, concerned)
        await release_holds(conn, clinic_id, overdue, now)
    in_a_group = placement.service.is_for_groups
    shared = set(needs.shared) if in_a_group else set()
    return [
        UnitClaim(_number(seen, need.ref) * UNITS_PER_RESOURCE + unit, *need.window, need in shared)
        for need, found in chosen
        for unit in found.units
    ]


def _number(seen: Look, ref: str) -> int:
    number = seen.stored.numbers.no_by_ref.get(ref, seen.evidence.patient_no)
    if number is None:
        raise AssertionError(f"{ref} has no number")
    return number


def _in_the_way(evidence: Evidence, chosen: Sequence[tuple[UnitNeed, Dealt]]) -> set[str]:
    """Whoever has run out and still claims a chosen unit."""
    if not evidence.run_out:
        return set()
    dead = [claim for claim in evidence.held if claim.holder_id in evidence.run_out]
    return {
        claim.holder_id
        for claim in dead
        for need, found in chosen
        if claim.ref == need.ref
        and claim.unit in found.units
        and claim.start < need.window[1]
        and need.window[0] < claim.end
    }


async def deal_anew(
    conn: Connection,
    clinic_id: UUID,
    seen: Look,
    need: UnitNeed,
    now: datetime,
    without: frozenset[str] = frozenset(),
) -> Dealt:
    """Units for a need after moving others of its cluster to units that are as good."""
    number = _number(seen, need.ref)
    held, dead = await _cluster(conn, clinic_id, seen, need, without)
    if dead:
        await release_holds(conn, clinic_id, dead, now)
    found = dealt_anew(need, held)
    if found is None:  # beyond the visit more is booked than there are units, since some were taken away
        message = "no unit is free for the whole visit, and others cannot move"
        raise SlotUnavailable(need.ref, rule_of(need.ref), message)
    if found.moves:
        if without:  # others may move to the units that this visit leaves
            await free_claims(conn, clinic_id, without)
        await move_claims(conn, clinic_id, number, found.moves)
    return found


async def _cluster(
    conn: Connection, clinic_id: UUID, seen: Look, need: UnitNeed, without: frozenset[str]
) -> tuple[list[Claim], set[str]]:
    """The living claims that hang together with a window by overlaps, and the dead holds among them."""
    gone = seen.evidence.run_out | without
    span = need.window
    while True:
        around = await claims_of_resource(conn, clinic_id, _number(seen, need.ref), need.ref, span)
        inside, wider = cluster((one for one in around if one.holder_id not in gone), span)
        if wider == span:
            break
        span = wider
    dead = {one.holder_id for one in around if one.holder_id in seen.evidence.run_out}
    return inside, dead
