"""What booked visits hold once the rules of their clinic have changed.

What is booked stays booked. But buffers, gaps, caps, seats and lanes decide what a visit claims, so the
claims follow the rules: from now on, since nothing that is over can be in anybody's way.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from models.appointment import Appointment
from models.claims import Visit, own_uses, shared_uses
from models.errors import RulesConflict
from models.group_visit import GroupKey, GroupVisit, group_key, groups_of
from models.setup import ClinicSetup
from models.snapshot import group_visits_of
from models.stored_appointment import StoredAppointment
from models.unit_claims import Claim, HolderWindow, claims_of_resource, holds_by_resource
from models.wall_clock import Minute, ceil_minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Reclaimed:
    """The claims of the resources in `refs`: all that they are held for from the minute `since` on.

    `ended` tells, by resource and holder, when a hold ends that does not last so long. Of the holders,
    `group_ids` are group visits, and `new_groups` those that nobody has stored yet. `group_of` has the
    appointments that come to another group visit than before, or to none any more.
    """

    since: Minute
    refs: frozenset[str]
    claims: tuple[Claim, ...]
    ended: Mapping[tuple[str, str], Minute]
    group_ids: frozenset[str]
    new_groups: tuple[GroupVisit, ...]
    group_of: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class _Holds:
    """What is held under one setup, and by which group visits."""

    groups: Sequence[GroupVisit]
    all: Mapping[str, Sequence[HolderWindow]]
    lasting: Mapping[str, Sequence[HolderWindow]]


def claims_follow(before: ClinicSetup, after: ClinicSetup) -> bool:
    """Whether two setups differ in anything that decides what a visit claims."""
    return _deciding(before) != _deciding(after)


def _deciding(setup: ClinicSetup) -> tuple[object, ...]:
    buffers = {
        one.id: (one.buffer_before_minutes, one.buffer_after_minutes, one.min_gap_minutes, one.seats)
        for one in setup.services
    }
    return buffers, setup.capacities, setup.overbooking


def reclaimed(
    booked: Iterable[StoredAppointment],
    before: ClinicSetup,
    after: ClinicSetup,
    since: Minute,
    new_id: Callable[[], str],
) -> Reclaimed:
    """What changes in the claims of all that is booked when `after` takes the place of `before`.

    `booked` holds its resources now. RulesConflict where something would be held more often than it can be.
    """
    current = [one for one in booked if _reaches(one, before, since) or _reaches(one, after, since)]
    _refuse_unlike_members(current, after)
    known = {group_key(one): one.group_visit_id for one in current if one.group_visit_id is not None}
    old = _holds(current, before, since, lambda group: known.get(group.key) or group.id)
    new = _holds(current, after, since, lambda group: known.get(group.key) or new_id())
    refs = frozenset(_changed_refs(old, new, before, after))
    return Reclaimed(
        since=since,
        refs=refs,
        claims=_dealt(new, refs, after, current),
        ended={
            (ref, one.holder_id): one.end for ref in refs for one in new.all.get(ref, ()) if one.end <= since
        },
        group_ids=frozenset(group.id for group in new.groups),
        new_groups=tuple(one for one in new.groups if one.id not in known.values()),
        group_of=_changed_groups(current, new.groups),
    )


def _reaches(appointment: Appointment, setup: ClinicSetup, since: Minute) -> bool:
    """Whether it holds anything at all beyond a minute."""
    if ceil_minute(appointment.ends_at) > since:
        return True
    visit = Visit.of(appointment, setup)
    return any(use.window[1] > since for use in (*shared_uses(visit, setup), *own_uses(visit, setup)))


def _refuse_unlike_members(booked: Iterable[Appointment], setup: ClinicSetup) -> None:
    """Those who come to one group visit from now on must agree on its equipment and its lane."""
    seated = (one for one in booked if setup.service_by_id[one.service_id].is_for_groups)
    for members in groups_of(seated).values():
        if len({(frozenset(one.equipment), one.overbook) for one in members}) > 1:
            raise RulesConflict([one.id for one in members])


def _holds(
    booked: Sequence[Appointment], setup: ClinicSetup, since: Minute, id_of: Callable[[GroupVisit], str]
) -> _Holds:
    groups = [replace(group, id=id_of(group)) for group in group_visits_of(booked, setup)]
    every = holds_by_resource(booked, setup, groups)
    cut = {
        ref: sorted(one._replace(start=max(one.start, since)) for one in held if one.end > since)
        for ref, held in every.items()
    }
    return _Holds(groups, every, {ref: held for ref, held in cut.items() if held})


def _changed_refs(old: _Holds, new: _Holds, before: ClinicSetup, after: ClinicSetup) -> Iterable[str]:
    """The resources that are held otherwise than before, or have fewer units for the same."""
    for ref in old.lasting.keys() | new.lasting.keys():
        has_fewer = after.capacities.get(ref, 1) < before.capacities.get(ref, 1)
        if has_fewer or old.lasting.get(ref) != new.lasting.get(ref):
            yield ref


def _dealt(
    new: _Holds, refs: Collection[str], setup: ClinicSetup, booked: Sequence[Appointment]
) -> tuple[Claim, ...]:
    claims: list[Claim] = []
    crowded: set[str] = set()
    for ref in sorted(refs):
        held = new.lasting.get(ref, ())
        found = claims_of_resource(ref, held, setup)
        if found is None:
            crowded |= _crowding(held, setup.capacities.get(ref, 1))
        claims += found or ()
    if crowded:
        raise RulesConflict(_appointments_of(crowded, booked, new.groups))
    return tuple(claims)


def _crowding(held: Iterable[HolderWindow], capacity: int) -> set[str]:
    """Who holds a resource at some minute at which it is held more often than it can be; `held` by start."""
    found: set[str] = set()
    active: list[HolderWindow] = []
    for one in held:
        active = [other for other in active if other.end > one.start] + [one]
        if len(active) > capacity:
            found |= {other.holder_id for other in active}
    return found


def _appointments_of(
    holders: Collection[str], booked: Iterable[Appointment], groups: Iterable[GroupVisit]
) -> list[str]:
    """The appointments among the holders, and all that come to a group visit among them, by start."""
    keys = {group.key for group in groups if group.id in holders}
    found = (one for one in booked if one.id in holders or group_key(one) in keys)
    return [one.id for one in sorted(found, key=lambda one: (one.starts_at, one.id))]


def _changed_groups(
    booked: Iterable[StoredAppointment], groups: Iterable[GroupVisit]
) -> dict[str, str | None]:
    id_of: dict[GroupKey, str] = {group.key: group.id for group in groups}
    found = {one.id: (one.group_visit_id, id_of.get(group_key(one))) for one in booked}
    return {identifier: after for identifier, (before, after) in found.items() if before != after}


def exchanged(stored: Iterable[Claim], changes: Reclaimed) -> tuple[list[Claim], list[Claim]]:
    """Which of the claims stored go, and which come in their place.

    What is over stays, unless its holder takes the same unit once more. A claim that began before and is
    the same from now on stays as it is.
    """
    wanted = {_key(claim): claim for claim in changes.claims}
    dropped: list[Claim] = []
    over: list[Claim] = []
    shortened: list[Claim] = []
    for claim in stored:
        if claim.end <= changes.since:
            over.append(claim)
        elif wanted.get(_key(claim)) == claim._replace(start=max(claim.start, changes.since)):
            del wanted[_key(claim)]
        else:
            dropped.append(claim)
            ended = changes.ended.get((claim.ref, claim.holder_id), claim.start)
            if ended > claim.start and _key(claim) not in wanted:
                shortened.append(claim._replace(end=ended))
    dropped += [claim for claim in over if _key(claim) in wanted]
    return dropped, [*wanted.values(), *shortened]


def _key(claim: Claim) -> tuple[str, int, str]:
    """What no two claims share."""
    return claim.ref, claim.unit, claim.holder_id
