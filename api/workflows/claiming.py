"""The units that a visit gets, and the room that is made for it: dead holds go, others change their units."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from api.workflows.evidence import Look, ids_of
from models.errors import SlotUnavailable
from models.postgres.connection import Connection
from models.postgres.kinds import UNITS_PER_RESOURCE
from models.postgres.read_evidence import Evidence, claims_of_resource, lock_resources
from models.postgres.write_appointments import UnitClaim
from models.postgres.write_holds import free_claims, move_claims, release_holds
from models.rules import (
    equipment_is_never_overbooked,
    patient_is_never_in_two_places,
    provider_is_never_double_booked,
    room_is_never_double_booked,
)
from models.slot import Placement
from models.unit_claims import Claim
from models.units import Dealt, UnitNeed, cluster, dealt, dealt_anew, unit_needs

_RULES = {
    "rooms": room_is_never_double_booked,
    "equipment": equipment_is_never_overbooked,
    "providers": provider_is_never_double_booked,
    "patients": patient_is_never_in_two_places,
}
"""Which rule keeps the units of each kind of resource from being held twice."""


class UnitsAreScattered(Exception):
    """There are enough units, but none is free for the whole visit: others must move, under a lock."""


async def claim_units(
    conn: Connection,
    seen: Look,
    placement: Placement,
    now: datetime,
    *,
    locked: bool,
    without: str | None = None,
) -> list[UnitClaim]:
    """Choose the units of a placement, and make room for them: holds that ran out go, others are moved.

    UnitsAreScattered where others would have to move and the caller has not `locked` their resource.
    """
    clinic_id = UUID(seen.stored.setup.clinic.id)
    alive = [claim for claim in seen.evidence.alive if claim.appointment_id != without]
    chosen: list[tuple[UnitNeed, Dealt]] = []
    for need in unit_needs(placement, seen.stored.setup):
        found = dealt(need, alive)
        if found is None:
            if not locked:
                raise UnitsAreScattered
            found = await _deal_anew(conn, clinic_id, seen, need, now, without)
        chosen.append((need, found))
    overdue = _in_the_way(seen.evidence, chosen)
    if overdue:
        if not locked:
            await lock_resources(conn, clinic_id, ids_of([need.ref for need, _ in chosen]))
        await release_holds(conn, clinic_id, overdue, now)
    return [
        UnitClaim(_number(seen, need.ref) * UNITS_PER_RESOURCE + unit, *need.window)
        for need, found in chosen
        for unit in found.units
    ]


def _number(seen: Look, ref: str) -> int:
    number = seen.stored.numbers.no_by_ref.get(ref, seen.evidence.patient_no)
    if number is None:
        raise AssertionError(f"{ref} has no number")
    return number


def _in_the_way(evidence: Evidence, chosen: Sequence[tuple[UnitNeed, Dealt]]) -> set[str]:
    """The holds that have run out and still claim a chosen unit."""
    if not evidence.run_out:
        return set()
    dead = [claim for claim in evidence.held if claim.appointment_id in evidence.run_out]
    return {
        claim.appointment_id
        for claim in dead
        for need, found in chosen
        if claim.ref == need.ref
        and claim.unit in found.units
        and claim.start < need.window[1]
        and need.window[0] < claim.end
    }


async def _deal_anew(
    conn: Connection, clinic_id: UUID, seen: Look, need: UnitNeed, now: datetime, without: str | None
) -> Dealt:
    """Units for a need after moving others of its cluster to units that are as good."""
    number = _number(seen, need.ref)
    held, dead = await _cluster(conn, clinic_id, seen, need, without)
    if dead:
        await release_holds(conn, clinic_id, dead, now)
    found = dealt_anew(need, held)
    if found is None:  # beyond the visit more is booked than there are units, since some were taken away
        message = "no unit is free for the whole visit, and others cannot move"
        raise SlotUnavailable(need.ref, _RULES[need.ref.split("/")[0]].__name__, message)
    if found.moves:
        if without is not None:  # others may move to the units that this visit leaves
            await free_claims(conn, clinic_id, without)
        await move_claims(conn, clinic_id, number, found.moves)
    return found


async def _cluster(
    conn: Connection, clinic_id: UUID, seen: Look, need: UnitNeed, without: str | None
) -> tuple[list[Claim], set[str]]:
    """The living claims that hang together with a window by overlaps, and the dead holds among them."""
    gone = seen.evidence.run_out | ({without} if without else set())
    span = need.window
    while True:
        around = await claims_of_resource(conn, clinic_id, _number(seen, need.ref), need.ref, span)
        inside, wider = cluster((one for one in around if one.appointment_id not in gone), span)
        if wider == span:
            break
        span = wider
    dead = {one.appointment_id for one in around if one.appointment_id in seen.evidence.run_out}
    return inside, dead
