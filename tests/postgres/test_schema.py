"""What the tables promise: the guard under its name, and keys that keep clinics apart."""

import psycopg

from models.postgres import constraints
from models.postgres.connection import Database

# The clinic itself, and the record of the migrations, which belongs to no clinic.
WITHOUT_CLINIC = {"clinic", "schema_migration"}


def rows(database: Database, query: str, *values: object) -> list[tuple[str, ...]]:
    with psycopg.connect(database.owner_conninfo) as conn:
        return conn.execute(query, values).fetchall()


def test_the_guard_against_double_booking_is_spelled_as_the_program_says(database: Database) -> None:
    with psycopg.connect(database.owner_conninfo) as conn:
        conn.execute("CREATE TABLE scratch (unit_id bigint, starts_at timestamptz, ends_at timestamptz)")
        conn.execute(
            f"ALTER TABLE scratch ADD CONSTRAINT spelled {constraints.UNITS_ARE_NEVER_HELD_TWICE_PLAIN}"
        )
        definition = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s"
        found = [
            conn.execute(definition, [name]).fetchall()
            for name in ("spelled", constraints.UNITS_ARE_NEVER_HELD_TWICE)
        ]
    assert found[0] == found[1] != []


def test_every_table_belongs_to_clinics(database: Database) -> None:
    tables = rows(
        database,
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'slotwright'::regnamespace AND relkind = 'r'"
        " EXCEPT SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
        " WHERE attname = 'clinic_id' AND attnotnull",
    )
    assert {name for (name,) in tables} == WITHOUT_CLINIC


def test_every_key_and_foreign_key_contains_the_clinic(database: Database) -> None:
    """So the tables can be partitioned or distributed by clinic, and no reference crosses clinics."""
    without = rows(
        database,
        "SELECT conrelid::regclass::text, conname::text FROM pg_constraint"
        " WHERE connamespace = 'slotwright'::regnamespace AND contype IN ('p', 'u', 'f', 'x')"
        " AND conrelid::regclass::text <> ALL (%s) AND NOT EXISTS ("
        "   SELECT 1 FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey)"
        "   AND attname = 'clinic_id')",
        list(WITHOUT_CLINIC),
    )
    # Without btree_gist a uuid cannot stand in it; units are unique over all clinics instead.
    assert without == [("claim", constraints.UNITS_ARE_NEVER_HELD_TWICE)]


def test_every_unique_index_contains_the_clinic(database: Database) -> None:
    without = rows(
        database,
        "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid"
        " WHERE relnamespace = 'slotwright'::regnamespace AND indisunique AND relname <> ALL (%s)"
        " AND NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = indrelid"
        "   AND attnum = ANY (indkey::int2[]) AND attname = 'clinic_id')",
        list(WITHOUT_CLINIC),
    )
    assert without == []
