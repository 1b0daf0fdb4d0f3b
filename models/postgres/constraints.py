"""Names that the schema and the program share: schema, database, roles, constraints."""

DATABASE_NAME = "slotwright"
SCHEMA = "slotwright"
JOB_SCHEMA = "procrastinate"
OWNER_ROLE = "slotwright_owner"
SERVICE_ROLE = "slotwright_app"

# The guarantee against double booking: a unit of a provider, room, equipment pool or patient is held by one
# appointment at a time, whatever the code above does.
UNITS_ARE_NEVER_HELD_TWICE = "units_are_never_held_twice"

# Its two spellings. The embedded server has no btree_gist, so a number is compared as the range of itself:
UNITS_ARE_NEVER_HELD_TWICE_PLAIN = (
    "EXCLUDE USING gist (int8range(unit_id, unit_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&)"
    " DEFERRABLE INITIALLY IMMEDIATE"
)
# Citus wants the column that it distributes by, with an equality, and that needs btree_gist:
UNITS_ARE_NEVER_HELD_TWICE_DISTRIBUTED = (
    "EXCLUDE USING gist (clinic_id WITH =, unit_id WITH =, tstzrange(starts_at, ends_at) WITH &&)"
    " DEFERRABLE INITIALLY IMMEDIATE"
)
