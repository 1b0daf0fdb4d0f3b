"""Every error of the domain; none of them knows of HTTP.

SlotwrightError
├── InvalidClinic             a clinic description that contradicts itself, fault by fault
├── InvalidRequest            a question or an order that cannot be understood
│   ├── NonexistentLocalTime  a wall-clock time that the zone skips
│   └── InvalidRules          rules of a clinic that name what it does not have, fault by fault
├── NotFound                  no such thing in this clinic
├── RuleViolated              understood, and refused by a rule
├── SlotUnavailable           understood, allowed, and taken by somebody else
├── RefusedTogether           one of several orders was refused, and so none of them took effect
├── IllegalTransition         the state machine has no such step
│   └── HoldExpired           the hold ran out before it was confirmed
├── RulesConflict             rules under which what is booked could not stand
├── InvalidScenario           a what-if that cannot be asked
│   ├── AbsenceInThePast      it is over already
│   ├── HorizonTooLong        more days than one plan may span
│   ├── ChangesContradict     changes that cannot all be true
│   └── FrozenIsDisplaced     an appointment that must not move cannot stay
├── ScenarioNotReady          it has no plan yet, or somebody works on it
├── ScenarioIsCommitted       it has been applied, and is history
├── CalendarChanged           what a plan relied on no longer holds, move by move
├── UnplacedIsInTheWay        what a plan left out would have to go, and nobody has said so
├── VersionMismatch           the caller has seen an older version
├── IdempotencyKeyReused      the same key came with another order
├── IdempotencyKeyInFlight    the same key is being worked on right now
├── Unavailable               try again later
│   ├── OutcomeUnknown        the connection broke while committing
│   ├── StillConflicting      retried three times, and others were faster each time
│   └── Overloaded            the queue in front of the solver is full
├── LockTimeout               another transaction kept a row for too long
├── TimedOut                  a statement or a solve ran out of its time
├── ClaimConflict             the database refused a claim
├── UnstorableText            text that the database cannot hold
├── OutOfRange                a number that the database cannot hold
├── ServesAsSuperuser         the service must not run with the rights to bypass its own guards
└── DatabaseUnusable          too old, changed by hand, or newer than the program
"""

from collections.abc import Sequence
from dataclasses import dataclass


class SlotwrightError(Exception):
    """Base of all errors that slotwright raises on purpose."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at one place: `path` is a JSON path such as `$.rooms[2].locationId`."""

    path: str
    message: str


class InvalidClinic(SlotwrightError):
    """A clinic description with faults; nothing of it was stored."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        first = self.faults[0]
        more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
        super().__init__(f"{first.path}: {first.message}{more}")


class InvalidRequest(SlotwrightError):
    """A question or an order that cannot be understood; `field` names the part at fault."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        self.field = field
        super().__init__(message)


class NonexistentLocalTime(InvalidRequest):
    """A wall-clock time that the zone skips; `next_valid` is the first one after it."""

    def __init__(self, message: str, *, next_valid: str, field: str | None = None) -> None:
        self.next_valid = next_valid
        super().__init__(message, field=field)


class InvalidRules(InvalidRequest):
    """Rules of a clinic with faults, at JSON pointers; nothing of them was stored."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        first = self.faults[0]
        more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
        super().__init__(f"{first.path}: {first.message}{more}")


class NotFound(SlotwrightError):
    """No such thing in this clinic, or no such clinic."""

    def __init__(self, kind: str, identifier: str) -> None:
        self.kind = kind
        self.identifier = identifier
        is_clinic = kind == "clinic"
        super().__init__(
            f"there is no clinic {identifier}" if is_clinic else f"no {kind} {identifier} in this clinic"
        )


class RuleViolated(SlotwrightError):
    """Refused by the rule named `rule`."""

    def __init__(self, rule: str, message: str) -> None:
        self.rule = rule
        super().__init__(message)


class SlotUnavailable(SlotwrightError):
    """Somebody or something that the visit needs is taken at that time."""

    def __init__(self, resource: str, reason: str, message: str) -> None:
        self.resource = resource
        self.reason = reason
        super().__init__(message)


class RefusedTogether(SlotwrightError):
    """Order number `index` (from 0) of several was refused for `refusal`; none of them took effect."""

    def __init__(self, index: int, refusal: Exception) -> None:
        self.index = index
        self.refusal = refusal
        super().__init__(f"appointment {index + 1}: {refusal}")


class IllegalTransition(SlotwrightError):
    """An appointment cannot go from `current` to `wanted`."""

    def __init__(self, current: str, wanted: str) -> None:
        self.current = current
        self.wanted = wanted
        super().__init__(f"an appointment that is {current} cannot become {wanted}")


class HoldExpired(IllegalTransition):
    """The hold ran out before it was confirmed."""


class RulesConflict(SlotwrightError):
    """Under these rules some booked appointments would be in each other's way; nothing was stored."""

    def __init__(self, appointment_ids: Sequence[str]) -> None:
        self.appointment_ids = tuple(appointment_ids)
        count = len(self.appointment_ids)
        super().__init__(f"{count} booked appointments could not stand side by side under these rules")


class InvalidScenario(SlotwrightError):
    """A what-if that cannot be asked."""


class AbsenceInThePast(InvalidScenario):
    """An absence that is over: nobody can be planned around it any more."""


class HorizonTooLong(InvalidScenario):
    """More days than one plan may span."""


class ChangesContradict(InvalidScenario):
    """Changes that cannot all be true, or have no effect; `index` (from 0) is the first at fault."""

    def __init__(self, index: int, message: str) -> None:
        self.index = index
        super().__init__(f"change {index + 1}: {message}")


class FrozenIsDisplaced(InvalidScenario):
    """Appointments that must not move cannot stay where they are."""

    def __init__(self, appointment_ids: Sequence[str]) -> None:
        self.appointment_ids = tuple(appointment_ids)
        super().__init__(f"{len(self.appointment_ids)} frozen appointments cannot stay where they are")


class ScenarioNotReady(SlotwrightError):
    """The scenario has no plan yet, or somebody works on it."""


class ScenarioIsCommitted(SlotwrightError):
    """The scenario has been applied, and is history."""


@dataclass(frozen=True, slots=True)
class StaleMove:
    """A move that no longer holds: the rule or state that forbids it, and the resource."""

    appointment_id: str
    rule: str
    resource: str
    message: str


class CalendarChanged(SlotwrightError):
    """The calendar has changed since the plan was made; nothing of it was applied."""

    def __init__(self, stale: Sequence[StaleMove]) -> None:
        self.stale = tuple(stale)
        count = len(self.stale)
        super().__init__("one move no longer holds" if count == 1 else f"{count} moves no longer hold")


class UnplacedIsInTheWay(SlotwrightError):
    """Appointments without a place stand where others are to go: cancel them or put them on a list."""

    def __init__(self, appointment_ids: Sequence[str]) -> None:
        self.appointment_ids = tuple(appointment_ids)
        super().__init__(f"{len(self.appointment_ids)} appointments without a place stand in the way")


class VersionMismatch(SlotwrightError):
    """The caller has seen an older version than the one stored."""

    def __init__(self, stored: int, what: str = "the appointment") -> None:
        self.stored = stored
        super().__init__(f"{what} has changed since it was read")


class IdempotencyKeyReused(SlotwrightError):
    """The same key came with another order."""


class IdempotencyKeyInFlight(SlotwrightError):
    """The same key is being worked on right now."""


class Unavailable(SlotwrightError):
    """Not now; the same call may succeed after `retry_after_seconds`."""

    def __init__(self, message: str, *, retry_after_seconds: int = 1) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message)


class OutcomeUnknown(Unavailable):
    """The connection broke while committing; repeating the call with the same key tells."""


class StillConflicting(Unavailable):
    """Retried three times, and other transactions were faster each time."""


class Overloaded(Unavailable):
    """The queue in front of the solver is full."""


class LockTimeout(SlotwrightError):
    """Another transaction kept a row for too long."""


class TimedOut(SlotwrightError):
    """A statement or a solve ran out of its time."""


class ClaimConflict(SlotwrightError):
    """The database refused a claim: a unit is taken; `constraint` is the guard that spoke."""

    def __init__(self, constraint: str | None = None) -> None:
        self.constraint = constraint
        super().__init__("a resource is already claimed at that time")


class UnstorableText(SlotwrightError):
    """Text that the database cannot hold, such as a NUL character."""


class OutOfRange(SlotwrightError):
    """A number that the database cannot hold."""


class ServesAsSuperuser(SlotwrightError):
    """The service was started with a role that bypasses the guards of the database."""


class DatabaseUnusable(SlotwrightError):
    """The database is too old, was changed by hand, or is newer than the program."""
