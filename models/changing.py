"""Which steps an appointment may take: the state machine, the clock and the caller's version."""

from dataclasses import replace
from datetime import datetime

from models.appointment import TRANSITIONS, AppointmentStatus
from models.booking import KEEP, AppointmentChange, refuse_impossible_span
from models.errors import HoldExpired, IllegalTransition, VersionMismatch
from models.placing import Wish
from models.setup import ClinicSetup
from models.slot import Placement
from models.stored_appointment import StoredAppointment
from models.wall_clock import ceil_minute, floor_minute, instant_of

# What callers may not ask for: holds are made by booking, and only the clock lets them expire.
NEVER_ASKED_FOR = frozenset({AppointmentStatus.PENDING, AppointmentStatus.EXPIRED})


def refuse_stale_version(current: StoredAppointment, version: int | None) -> None:
    """VersionMismatch unless the caller has seen this version, or does not care."""
    if version is not None and version != current.version:
        raise VersionMismatch(current.version)


def refuse_illegal_change(current: StoredAppointment, change: AppointmentChange) -> None:
    """IllegalTransition, HoldExpired among them, unless the appointment may take that step from here."""
    wanted = change.status
    if change.moves and not current.status.is_live:
        raise IllegalTransition(current.status.value, "rescheduled")
    if wanted is None or (wanted is current.status and current.status.is_live):
        return
    if current.status is AppointmentStatus.EXPIRED:
        raise hold_expired(change)
    if wanted in NEVER_ASKED_FOR or wanted not in TRANSITIONS[current.status]:
        raise IllegalTransition(current.status.value, wanted.value)


def hold_expired(change: AppointmentChange) -> HoldExpired:
    """What a change of a hold that has run out is answered."""
    wanted = change.status.value if change.status else "changed"
    return HoldExpired(AppointmentStatus.EXPIRED.value, wanted)


def wish_of_change(current: StoredAppointment, change: AppointmentChange, setup: ClinicSetup) -> Wish:
    """Where a change would like the visit to be; NotFound for what the clinic does not have."""
    starts_at = change.starts_at or current.starts_at
    ends_at = change.ends_at or starts_at + (current.ends_at - current.starts_at)
    refuse_impossible_span(starts_at, ends_at)
    return Wish(
        service=setup.service(current.service_id),
        provider=setup.provider(change.provider_id or current.provider_id),
        start=floor_minute(starts_at),
        end=ceil_minute(ends_at),
        room=None if change.room_id is None else setup.room(change.room_id),
        usual_room=setup.room_by_id.get(current.room_id or ""),
        keeps_start=starts_at == current.starts_at,
    )


def changed(
    current: StoredAppointment, change: AppointmentChange, placement: Placement | None, now: datetime
) -> StoredAppointment:
    """The appointment after a change that is allowed, one version on."""
    status = change.status or current.status
    after = replace(
        current,
        status=status,
        # Only a hold expires.
        expires_at=current.expires_at if status is AppointmentStatus.PENDING else None,
        notes=current.notes if change.notes is KEEP else change.notes,
        version=current.version + 1,
        updated_at=now,
    )
    return after if placement is None else _moved(after, placement)


def _moved(appointment: StoredAppointment, placement: Placement) -> StoredAppointment:
    return replace(
        appointment,
        provider_id=placement.provider.id,
        room_id=placement.room.id if placement.room else None,
        location_id=placement.location.id if placement.location else None,
        equipment=tuple(sorted(placement.equipment, key=lambda use: use.id)),
        starts_at=instant_of(placement.start),
        ends_at=instant_of(placement.end),
    )


def differs(before: StoredAppointment, after: StoredAppointment) -> bool:
    """Whether anything changed but the counting of changes."""
    return replace(after, version=before.version, updated_at=before.updated_at) != before
