"""Ids are UUIDs in the database and strings outside; what is no UUID names nothing."""

from hashlib import blake2b
from uuid import UUID

from models.errors import NotFound
from models.records import IdempotencyKey


def uuid_or_none(identifier: str) -> UUID | None:
    """The UUID that a string spells, in the one way in which it is given out."""
    try:
        found = UUID(identifier)
    except ValueError:
        return None
    return found if str(found) == identifier else None


def uuid_of(kind: str, identifier: str) -> UUID:
    """The UUID that a string spells; NotFound where it spells none, as for one that nothing has."""
    found = uuid_or_none(identifier)
    if found is None:
        raise NotFound(kind, identifier)
    return found


def text_of(raw: bytes) -> str:
    """The 16 bytes of a UUID as text; five times as fast as making a UUID of them."""
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def clinic_lock(clinic_id: UUID) -> int:
    """The advisory lock that changes of a clinic's setup take, and that bookings share."""
    return int.from_bytes(clinic_id.bytes[:8], signed=True)


def key_lock(key: IdempotencyKey) -> int:
    """The advisory lock of an order under way. Two keys that share one merely exclude each other."""
    words = "\0".join((key.clinic_id, key.subject, key.operation, key.key))
    return int.from_bytes(blake2b(words.encode(errors="surrogatepass"), digest_size=8).digest(), signed=True)
