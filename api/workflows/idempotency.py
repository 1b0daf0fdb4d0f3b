"""One order, one effect, however often it is sent under the same key."""

from dataclasses import dataclass
from hashlib import sha256

from models.errors import IdempotencyKeyInFlight, IdempotencyKeyReused, InvalidRequest
from models.records import Actor, IdempotencyKey, KeptReply, Reply
from models.stored_appointment import StoredAppointment

MAX_KEY_LENGTH = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a change led to; `appointment` is None where the answer of an earlier call was repeated."""

    reply: Reply
    appointment: StoredAppointment | None

    @property
    def is_repeated(self) -> bool:
        """Whether nothing was done, because it had been done before."""
        return self.appointment is None


def idempotency_key(
    clinic_id: str, actor: Actor, operation: str, key: str | None, order: object
) -> IdempotencyKey | None:
    """The caller's key for an order, which its `repr` tells from others; good for this operation alone."""
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        message = f"an idempotency key has from 1 to {MAX_KEY_LENGTH} characters"
        raise InvalidRequest(message, field="idempotencyKey")
    return IdempotencyKey(
        clinic_id=clinic_id,
        subject=actor.subject,
        operation=operation,
        key=key,
        fingerprint=sha256(repr(order).encode()).digest(),
    )


def earlier_reply(key: IdempotencyKey | None, kept: KeptReply | None, *, key_is_free: bool) -> Reply | None:
    """The answer to repeat, or None where the order is new.

    IdempotencyKeyReused where the key came with another order, IdempotencyKeyInFlight where the same
    order is being worked on right now.
    """
    if key is None:
        return None
    if kept is not None:
        if kept.fingerprint != key.fingerprint:
            raise IdempotencyKeyReused("this key came with another order before")
        return kept.reply
    if not key_is_free:
        raise IdempotencyKeyInFlight("an order with this key is being worked on right now")
    return None
