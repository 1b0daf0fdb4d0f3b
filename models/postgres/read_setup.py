"""A clinic's setup, read whole in one round trip."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncCursor

from models.postgres import read_entities
from models.postgres.connection import Connection
from models.postgres.ids import uuid_or_none
from models.postgres.kinds import Kind
from models.postgres.named_queries import named_queries
from models.postgres.read_entities import Item, Page, Rows
from models.postgres.resource_numbers import ResourceNumbers
from models.setup import ClinicSetup

queries = named_queries(__file__)


@dataclass(frozen=True, kw_only=True)
class StoredSetup:
    """A setup as of one version of the clinic's configuration, and the numbers of its resources."""

    setup: ClinicSetup
    numbers: ResourceNumbers
    external_id: str | None = None

    @property
    def version(self) -> int:
        """The clinic's `config_version` that it shows."""
        return self.setup.version


async def read_setup(conn: Connection, clinic_id: str) -> StoredSetup | None:
    """The clinic's setup; None where there is no such clinic.

    Consistent in a `reading` transaction, and in a writing one that holds the clinic's advisory lock.
    """
    return (await read_setups(conn, [clinic_id]))[0]


async def read_setups(conn: Connection, clinic_ids: Iterable[str]) -> list[StoredSetup | None]:
    """The same of several clinics: all is asked for before anything is waited for."""
    asked = [await _asked_for(conn, clinic_id) for clinic_id in clinic_ids]
    return [await arrival() for arrival in asked]


async def _asked_for(conn: Connection, clinic_id: str) -> Callable[[], Awaitable[StoredSetup | None]]:
    """Sends the queries; what comes back waits for the answers."""
    identifier = uuid_or_none(clinic_id)
    if identifier is None:
        return _nothing
    version = await config_version(conn, identifier)
    clinic = await read_entities.clinics(conn, Page(id=identifier))
    locations = await read_entities.locations(conn, identifier)
    providers = await read_entities.providers(conn, identifier)
    rooms = await read_entities.rooms(conn, identifier)
    equipment = await read_entities.equipment(conn, identifier)
    services = await read_entities.services(conn, identifier)
    hours = await read_entities.availability(conn, identifier)
    exceptions = await read_entities.exceptions(conn, identifier)
    overbooking = await read_entities.overbooking(conn, identifier)
    numbers = await resource_numbers(conn, identifier)

    async def arrived() -> StoredSetup | None:
        found = await version.fetchone()
        if found is None:
            return None
        setup = ClinicSetup(
            clinic=(await _items(clinic))[0],
            locations=await _items(locations),
            providers=await _items(providers),
            rooms=await _items(rooms),
            equipment=await _items(equipment),
            services=await _items(services),
            working_hours=await _items(hours),
            exceptions=await _items(exceptions),
            overbooking=await _items(overbooking),
            version=found[0],
        )
        named = (
            (Kind(kind).ref(of, counter), of, number)
            for kind, of, number, counter in await numbers.fetchall()
        )
        stored = {ref: (UUID(of), number) for ref, of, number in named}
        return StoredSetup(setup=setup, numbers=ResourceNumbers.of(setup, stored), external_id=found[1])

    return arrived


async def _nothing() -> None:
    """What there is of a clinic that cannot be."""


async def _items(rows: Rows[Item]) -> tuple[Item, ...]:
    return tuple(stored.item for stored in await rows.all())


async def config_version(conn: Connection, clinic_id: UUID) -> AsyncCursor[Any]:
    """The clinic's version and external id, on their way."""
    return await conn.execute(queries["config_version"], {"clinic_id": clinic_id})


async def resource_numbers(conn: Connection, clinic_id: UUID) -> AsyncCursor[Any]:
    """Kind, id, number and name of every provider, room, pool and counter, on their way."""
    return await conn.execute(queries["resource_numbers"], {"clinic_id": clinic_id})
