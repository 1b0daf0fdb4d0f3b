"""Ids are UUIDs in the database and strings outside; what is no UUID names nothing."""

from uuid import UUID

from models.errors import NotFound


def uuid_or_none(identifier: str) -> UUID | None:
    """The UUID that a string spells, if it does."""
    try:
        return UUID(identifier)
    except ValueError:
        return None


def uuid_of(kind: str, identifier: str) -> UUID:
    """The UUID that a string spells; NotFound where it spells none, as for one that nothing has."""
    try:
        return UUID(identifier)
    except ValueError:
        raise NotFound(kind, identifier) from None
