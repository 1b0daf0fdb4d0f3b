"""Whole appointments near a stretch of time: for questions about what could change."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from models.appointment import Appointment, AppointmentStatus, EquipmentUse
from models.postgres.connection import Connection
from models.postgres.named_queries import named_queries
from models.wall_clock import Minute, instant_of

queries = named_queries(__file__)


async def read_booked(
    conn: Connection,
    clinic_id: str,
    low: Minute,
    high: Minute,
    now: datetime,
    without: Collection[str] = (),
) -> tuple[Appointment, ...]:
    """Every appointment of a clinic that holds anything at any minute of `[low, high)`, and some near it."""
    values = {
        "clinic_id": UUID(clinic_id),
        "low": instant_of(low),
        "high": instant_of(high),
        "now": now,
        "without": list(without),
    }
    rows = await (await conn.execute(queries["read_booked"], values)).fetchall()
    return tuple(_appointment(*row) for row in rows)


def _appointment(
    identifier: str,
    patient_id: str,
    provider_id: str,
    service_id: str,
    room_id: str | None,
    starts_at: datetime,
    ends_at: datetime,
    expires_at: datetime | None,
    status: str,
    overbook: bool,
    pools: list[str],
    units: list[int],
) -> Appointment:
    return Appointment(
        id=identifier,
        patient_id=patient_id,
        provider_id=provider_id,
        service_id=service_id,
        room_id=room_id,
        equipment=tuple(EquipmentUse(id=pool, units=count) for pool, count in zip(pools, units, strict=True)),
        starts_at=starts_at,
        ends_at=ends_at,
        expires_at=expires_at,
        status=AppointmentStatus(status),
        overbook=overbook,
    )
