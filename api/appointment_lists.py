"""Which appointments a list is to show, and where its next page starts."""

from datetime import datetime
from zoneinfo import ZoneInfo

from api.appointment_answer import zone_of_visit
from api.cursors import cursor_of, moment_and_id_of
from api.payloads.appointments import AppointmentsQuery
from api.slot_query import first_minute
from models.errors import InvalidRequest
from models.listing import AppointmentFilter, AppointmentMark
from models.setup import ClinicSetup
from models.wall_clock import instant_of


def appointment_filter(
    query: AppointmentsQuery, setup: ClinicSetup, *, own_patient_id: str | None
) -> AppointmentFilter:
    """What is asked for; a patient is shown nothing but their own."""
    zone = zone_of_visit(
        setup, provider_id=query.provider_id, room_id=query.room_id, location_id=query.location_id
    )
    from_ = _instant(query.from_, zone, "from")
    to = _instant(query.to, zone, "to", days_later=1)
    if from_ is not None and to is not None and to <= from_:
        raise InvalidRequest("to must be after from", field="to")
    return AppointmentFilter(
        from_=from_,
        to=to,
        provider_id=query.provider_id,
        room_id=query.room_id,
        patient_id=own_patient_id or query.patient_id,
        location_id=query.location_id,
        service_id=query.service_id,
        statuses=frozenset(query.status),
    )


def _instant(text: str | None, zone: ZoneInfo, field: str, days_later: int = 0) -> datetime | None:
    return None if text is None else instant_of(first_minute(text, zone, field, days_later))


def cursor_of_mark(mark: AppointmentMark | None) -> str | None:
    """The mark as text for the client; None at the end of the list."""
    return None if mark is None else cursor_of(mark.starts_at.isoformat(), mark.id)


def mark_of(cursor: str | None) -> AppointmentMark | None:
    """The mark that a client handed back; Malformed where it never was one."""
    return None if cursor is None else AppointmentMark(*moment_and_id_of(cursor))
