"""Other rules for a clinic: its weights, its services, its providers' caps, its overbooking rules."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson

from models.clinic import OverbookingRule, Provider, Service, Weights
from models.clinic_rules import ServiceRules
from models.postgres.connection import Connection
from models.postgres.ids import clinic_lock
from models.postgres.named_queries import named_queries
from models.setup import ClinicSetup

queries = named_queries(__file__)
Item = TypeVar("Item")


async def take_clinic(conn: Connection, clinic_id: UUID) -> None:
    """Keep everybody from booking and from changing the setup until the end of the transaction.

    LockTimeout where bookings under way take too long.
    """
    await conn.execute(queries["take_clinic"], {"clinic_lock": clinic_lock(clinic_id)})


async def write_rules(conn: Connection, before: ClinicSetup, after: ClinicSetup, now: datetime) -> None:
    """Store the rules in which a setup differs from the one before, as the clinic's next version."""
    clinic_id = UUID(before.clinic.id)
    await write_weights(conn, clinic_id, after.clinic.weights, now)
    for service in _changed(before.services, after.services):
        await write_service(conn, clinic_id, service, now)
    for provider in _changed(before.providers, after.providers):
        await write_provider(conn, clinic_id, provider, now)
    kept = {rule.id for rule in after.overbooking}
    await drop_overbooking(conn, clinic_id, [rule.id for rule in before.overbooking if rule.id not in kept])
    for rule in _changed(before.overbooking, after.overbooking):
        await write_overbooking(conn, clinic_id, rule, now)


def _changed(before: Iterable[Item], after: Iterable[Item]) -> list[Item]:
    """Those that are new or not what they were."""
    known = list(before)
    return [one for one in after if one not in known]


async def write_weights(conn: Connection, clinic_id: UUID, weights: Weights, now: datetime) -> None:
    """What scores are made of, and the next version of the whole setup."""
    values = {"clinic_id": clinic_id, "now": now, **asdict(weights)}
    await conn.execute(queries["write_weights"], values)


async def write_service(conn: Connection, clinic_id: UUID, service: Service, now: datetime) -> None:
    """The rules of one service."""
    allowed = service.allowed_provider_ids
    values: dict[str, Any] = {one.name: getattr(service, one.name) for one in fields(ServiceRules)}
    values |= {
        "clinic_id": clinic_id,
        "room_types": sorted(service.room_types),
        "room_features": sorted(service.room_features),
        "equipment": orjson.dumps([asdict(need) for need in service.equipment]).decode(),
        "blackout_dates": list(service.blackout_dates),
        "allowed_provider_ids": None if allowed is None else sorted(allowed),
        "now": now,
    }
    await conn.execute(queries["write_service"], values)


async def write_provider(conn: Connection, clinic_id: UUID, provider: Provider, now: datetime) -> None:
    """How many visits a provider takes in a day."""
    values: Mapping[str, Any] = {
        "clinic_id": clinic_id,
        "id": provider.id,
        "max_visits_per_day": provider.max_visits_per_day,
        "now": now,
    }
    await conn.execute(queries["write_provider"], values)


async def drop_overbooking(conn: Connection, clinic_id: UUID, rule_ids: list[str]) -> None:
    """Overbooking rules that there are no more."""
    await conn.execute(queries["drop_overbooking"], {"clinic_id": clinic_id, "ids": rule_ids})


async def write_overbooking(conn: Connection, clinic_id: UUID, rule: OverbookingRule, now: datetime) -> None:
    """An overbooking rule, new or changed."""
    values = {
        **asdict(rule),
        "clinic_id": clinic_id,
        "weekdays": [day.value for day in rule.weekdays],
        "now": now,
    }
    await conn.execute(queries["write_overbooking"], values)
