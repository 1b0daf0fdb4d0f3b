"""Who may do what in the database: an owner that makes the schema, and a service that cannot change it."""

from typing import Any

from psycopg import AsyncConnection, errors, sql

from models.errors import DatabaseUnusable, ServesAsSuperuser
from models.postgres.constraints import DATABASE_NAME, OWNER_ROLE, SERVICE_ROLE

OLDEST_VERSION = 15
# Roles belong to the whole cluster, and two databases of it may be made ready at once.
ATTEMPTS = 5


class RoleMissing(DatabaseUnusable):
    """The service role is missing, and the given login may neither create nor take it."""


def refuse_old_server(conn: AsyncConnection[Any]) -> None:
    """PostgreSQL 15 is the oldest that has what the schema uses."""
    version = conn.info.server_version
    if version < OLDEST_VERSION * 10_000:
        raise DatabaseUnusable(
            f"PostgreSQL {version // 10_000} is too old: slotwright needs {OLDEST_VERSION} or newer"
        )


async def refuse_superuser(conn: AsyncConnection[Any]) -> None:
    """Row security and grants do not bind a superuser, so the service must not be one."""
    cursor = await conn.execute(
        "SELECT rolname::text, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    name, bypasses = await cursor.fetchone() or ("unknown", True)
    if bypasses:
        raise ServesAsSuperuser(
            f"the role {name} bypasses the guards of the database: serve as {SERVICE_ROLE}"
        )


async def ensure_embedded_roles(conn: AsyncConnection[Any], dbname: str = DATABASE_NAME) -> None:
    """On the embedded server, as its superuser: both roles, and the database of the owner."""
    await _ensure_role(conn, OWNER_ROLE, login=True)
    await _ensure_role(conn, SERVICE_ROLE, login=True)
    cursor = await conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [dbname])
    if await cursor.fetchone() is not None:
        return
    create = sql.SQL("CREATE DATABASE {} OWNER {}")
    try:
        await conn.execute(create.format(sql.Identifier(dbname), sql.Identifier(OWNER_ROLE)))
    except (errors.DuplicateDatabase, errors.UniqueViolation):
        return


async def ensure_service_role(conn: AsyncConnection[Any]) -> None:
    """On a given server: the service role exists, and the login may take it with SET ROLE."""
    try:
        await _ensure_role(conn, SERVICE_ROLE, login=False)
        await _ensure_membership(conn)
    except errors.InsufficientPrivilege as error:
        login = conn.info.user
        raise RoleMissing(
            f"{login} may not create or take the role {SERVICE_ROLE}; have an administrator run: "
            f'CREATE ROLE {SERVICE_ROLE} NOLOGIN; GRANT {SERVICE_ROLE} TO "{login}";'
        ) from error


async def _ensure_role(conn: AsyncConnection[Any], role: str, *, login: bool) -> None:
    cursor = await conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if await cursor.fetchone() is not None:
        return
    rights = sql.SQL("LOGIN" if login else "NOLOGIN")
    create = sql.SQL("CREATE ROLE {} {} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION")
    try:
        await conn.execute(create.format(sql.Identifier(role), rights))
    except (errors.DuplicateObject, errors.UniqueViolation):
        return  # another starter was faster


async def _ensure_membership(conn: AsyncConnection[Any]) -> None:
    # Since PostgreSQL 16 membership alone does not imply the right to SET ROLE.
    right = "SET" if conn.info.server_version >= 160_000 else "MEMBER"
    for attempt in range(1, ATTEMPTS + 1):
        cursor = await conn.execute("SELECT pg_has_role(current_user, %s, %s)", [SERVICE_ROLE, right])
        if await cursor.fetchone() == (True,):
            return
        try:
            await conn.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(SERVICE_ROLE)))
        except errors.InternalError:  # "tuple concurrently updated": another starter grants too
            if attempt == ATTEMPTS:
                raise
