"""Two small tables to try transactions on, and what the tests do with them."""

import psycopg

from models.postgres.connection import Connection, Database, Pool, reading

SCRATCH = """
CREATE TABLE scratch (id int PRIMARY KEY, amount int NOT NULL DEFAULT 0, text text, data jsonb);
CREATE TABLE taken (
    during int4range,
    CONSTRAINT one_at_a_time EXCLUDE USING gist (during WITH &&) DEFERRABLE INITIALLY IMMEDIATE
);
INSERT INTO scratch (id) VALUES (1), (2);
GRANT ALL ON scratch, taken TO slotwright_app;
"""


def with_scratch_tables(database: Database) -> Database:
    """The same database, with the two tables in it."""
    with psycopg.connect(database.owner_conninfo, autocommit=True) as conn:
        conn.execute(SCRATCH)
    return database


async def value(conn: Connection, query: str, *values: object) -> object:
    row = await (await conn.execute(query, values)).fetchone()
    return row[0] if row is not None else None


async def amount(pool: Pool, number: int = 1) -> object:
    async with reading(pool) as conn:
        return await value(conn, "SELECT amount FROM scratch WHERE id = %s", number)


async def add_one(conn: Connection) -> None:
    await conn.execute("UPDATE scratch SET amount = amount + 1 WHERE id = 1")
