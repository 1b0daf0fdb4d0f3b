"""One table from error to status and code; what the problem document says besides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException

from api.tokens import Unauthenticated
from models.errors import (
    AbsenceInThePast,
    CalendarChanged,
    ChangesContradict,
    ClaimConflict,
    FrozenIsDisplaced,
    HoldExpired,
    HorizonTooLong,
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    IllegalTransition,
    InvalidClinic,
    InvalidRequest,
    InvalidRules,
    InvalidScenario,
    LockTimeout,
    NonexistentLocalTime,
    NotFound,
    OutOfRange,
    RefusedTogether,
    RulesConflict,
    RuleViolated,
    ScenarioIsCommitted,
    ScenarioNotReady,
    SlotUnavailable,
    TimedOut,
    Unavailable,
    UnplacedIsInTheWay,
    UnstorableText,
    VersionMismatch,
)

MEDIA_TYPE: Final = "application/problem+json"
MAX_FAULTS: Final = 100


class Refused(Exception):
    """Base of the refusals that only HTTP knows."""


class Forbidden(Refused):
    """The caller's role does not allow this."""


class PreconditionRequired(Refused):
    """A change without `If-Match`."""


class IdempotencyKeyRequired(Refused):
    """A booking without an idempotency key."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One part of a request that makes no sense; `pointer` is a JSON pointer or a parameter's name."""

    pointer: str
    message: str


class Malformed(Refused):
    """A request that cannot be read; `faults` says where."""

    def __init__(self, detail: str, faults: tuple[Fault, ...] = ()) -> None:
        self.faults = faults
        super().__init__(detail)


class Taken(Refused):
    """What was wanted is taken; `alternatives` are slots that are not."""

    def __init__(self, conflict: SlotUnavailable, alternatives: Sequence[Mapping[str, Any]]) -> None:
        self.conflict = conflict
        self.alternatives = alternatives
        super().__init__(str(conflict))


@dataclass(frozen=True, slots=True)
class Kind:
    """A status and the stable code and title that go with it."""

    status: int
    code: str
    title: str


MALFORMED: Final = Kind(400, "MALFORMED", "The request cannot be understood")
INTERNAL: Final = Kind(500, "INTERNAL", "Something went wrong in the service")
NOT_FOUND: Final = Kind(404, "NOT_FOUND", "There is no such thing")
SLOT_UNAVAILABLE: Final = Kind(409, "SLOT_UNAVAILABLE", "The slot is taken")
UNAUTHENTICATED: Final = Kind(401, "UNAUTHENTICATED", "A valid bearer token is needed")
FORBIDDEN: Final = Kind(403, "FORBIDDEN", "The caller's role does not allow this")
METHOD_NOT_ALLOWED: Final = Kind(405, "METHOD_NOT_ALLOWED", "This path does not take that method")
TOO_LARGE: Final = Kind(413, "TOO_LARGE", "The request body is too large")
UNSUPPORTED_MEDIA_TYPE: Final = Kind(415, "UNSUPPORTED_MEDIA_TYPE", "The request body must be JSON")

KINDS: Final[Mapping[type[Exception], Kind]] = {
    Malformed: MALFORMED,
    InvalidRequest: MALFORMED,
    InvalidRules: MALFORMED,
    UnstorableText: MALFORMED,
    OutOfRange: MALFORMED,
    NonexistentLocalTime: Kind(400, "NONEXISTENT_LOCAL_TIME", "The wall clock skips that time"),
    IdempotencyKeyRequired: Kind(400, "IDEMPOTENCY_KEY_REQUIRED", "A booking needs an Idempotency-Key"),
    Unauthenticated: UNAUTHENTICATED,
    Forbidden: FORBIDDEN,
    NotFound: NOT_FOUND,
    Taken: SLOT_UNAVAILABLE,
    SlotUnavailable: SLOT_UNAVAILABLE,
    ClaimConflict: SLOT_UNAVAILABLE,
    IllegalTransition: Kind(409, "ILLEGAL_TRANSITION", "The appointment cannot take that step"),
    HoldExpired: Kind(409, "HOLD_EXPIRED", "The hold has run out"),
    IdempotencyKeyInFlight: Kind(409, "IDEMPOTENCY_KEY_IN_FLIGHT", "This key is being worked on right now"),
    RulesConflict: Kind(409, "RULES_CONFLICT", "What is booked could not stand under these rules"),
    ScenarioNotReady: Kind(409, "SCENARIO_NOT_READY", "The scenario has no plan to work with yet"),
    ScenarioIsCommitted: Kind(409, "SCENARIO_COMMITTED", "The scenario has been applied already"),
    CalendarChanged: Kind(409, "CALENDAR_CHANGED", "The calendar has changed since the plan was made"),
    UnplacedIsInTheWay: Kind(409, "UNPLACED_IN_THE_WAY", "An appointment without a place stands in the way"),
    LockTimeout: Kind(409, "BUSY", "Others are changing the same things right now"),
    VersionMismatch: Kind(412, "PRECONDITION_FAILED", "It has changed since it was read"),
    RuleViolated: Kind(422, "RULE_VIOLATED", "A rule of the clinic forbids this"),
    IdempotencyKeyReused: Kind(422, "IDEMPOTENCY_KEY_REUSED", "This key came with another body before"),
    InvalidClinic: Kind(422, "INVALID_CLINIC", "The clinic file contradicts itself"),
    InvalidScenario: Kind(422, "INVALID_SCENARIO", "The scenario cannot be planned"),
    AbsenceInThePast: Kind(422, "ABSENCE_IN_THE_PAST", "The absence is over already"),
    HorizonTooLong: Kind(422, "HORIZON_TOO_LONG", "The horizon is longer than one plan may span"),
    ChangesContradict: Kind(422, "CHANGES_CONTRADICT", "The changes cannot all be true"),
    FrozenIsDisplaced: Kind(422, "FROZEN_APPOINTMENT_DISPLACED", "A frozen appointment cannot stay"),
    PreconditionRequired: Kind(428, "PRECONDITION_REQUIRED", "A change needs If-Match"),
    Unavailable: Kind(503, "UNAVAILABLE", "Not now; try again"),
    TimedOut: Kind(504, "TIMED_OUT", "It took too long"),
}

_FRAMEWORK: Final[Mapping[int, Kind]] = {
    kind.status: kind
    for kind in (MALFORMED, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, TOO_LARGE)
} | {415: UNSUPPORTED_MEDIA_TYPE}


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error answers (RFC 9457), before it becomes bytes."""

    kind: Kind
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self, request_id: str | None = None) -> dict[str, Any]:
        """The JSON document; `requestId` finds the call in the logs."""
        kind = self.kind
        document = {
            "type": f"urn:slotwright:problem:{kind.code.lower().replace('_', '-')}",
            "title": kind.title,
            "status": kind.status,
            "code": kind.code,
            "detail": self.detail,
            **self.extra,
        }
        return document if request_id is None else {**document, "requestId": request_id}


def problem_of(error: Exception) -> Problem:
    """What any error answers; one that the table does not know answers 500 and tells nothing."""
    if isinstance(error, HTTPException):
        return _framework_problem(error)
    if isinstance(error, RefusedTogether):
        refused = problem_of(error.refusal)
        return replace(refused, detail=str(error), extra={**refused.extra, "index": error.index})
    known: type[Any] | None = next((cls for cls in type(error).__mro__ if cls in KINDS), None)
    if known is not None:
        extra: dict[str, Any] = _EXTRAS[known](error) if known in _EXTRAS else {}
        headers: dict[str, str] = _HEADERS[known](error) if known in _HEADERS else {}
        return Problem(KINDS[known], str(error), extra, headers)
    return Problem(INTERNAL, "the error is in the service's log under this request's id")


def _framework_problem(error: HTTPException) -> Problem:
    status = HTTPStatus(error.status_code)
    kind = _FRAMEWORK.get(status) or Kind(status, status.name, status.phrase)
    detail = "no call has this path; /docs lists those there are" if kind is NOT_FOUND else str(error.detail)
    return Problem(kind, detail, headers=error.headers or {})


def _faults(error: Malformed) -> dict[str, Any]:
    return {"errors": [{"pointer": f.pointer, "message": f.message} for f in error.faults[:MAX_FAULTS]]}


def _clinic_faults(error: InvalidClinic) -> dict[str, Any]:
    return {"errors": [{"path": f.path, "message": f.message} for f in error.faults[:MAX_FAULTS]]}


def _rules_faults(error: InvalidRules) -> dict[str, Any]:
    return {"errors": [{"pointer": f.path, "message": f.message} for f in error.faults[:MAX_FAULTS]]}


def _crowded(error: RulesConflict) -> dict[str, Any]:
    return {"appointmentIds": list(error.appointment_ids[:MAX_FAULTS])}


def _named_appointments(error: FrozenIsDisplaced | UnplacedIsInTheWay) -> dict[str, Any]:
    return {"appointmentIds": list(error.appointment_ids[:MAX_FAULTS])}


def _stale(error: CalendarChanged) -> dict[str, Any]:
    return {
        "moves": [
            {
                "appointmentId": one.appointment_id,
                "rule": one.rule,
                "resourceId": one.resource,
                "message": one.message,
            }
            for one in error.stale
        ]
    }


def _field(error: InvalidRequest) -> dict[str, Any]:
    return {} if error.field is None else {"errors": [{"pointer": error.field, "message": str(error)}]}


def _conflict(error: SlotUnavailable) -> dict[str, Any]:
    return {"conflict": {"resource": error.resource, "reason": error.reason}, "alternatives": []}


_EXTRAS: Final[Mapping[type[Exception], Callable[[Any], dict[str, Any]]]] = {
    Malformed: _faults,
    InvalidRequest: _field,
    InvalidRules: _rules_faults,
    RulesConflict: _crowded,
    ChangesContradict: lambda error: {"change": error.index},
    FrozenIsDisplaced: _named_appointments,
    UnplacedIsInTheWay: _named_appointments,
    CalendarChanged: _stale,
    NonexistentLocalTime: lambda error: {**_field(error), "nextValid": error.next_valid},
    InvalidClinic: _clinic_faults,
    RuleViolated: lambda error: {"rule": error.rule},
    Taken: lambda error: {**_conflict(error.conflict), "alternatives": error.alternatives},
    SlotUnavailable: _conflict,
    IllegalTransition: lambda error: {"current": error.current, "wanted": error.wanted},
    HoldExpired: lambda error: {"current": error.current, "wanted": error.wanted},
}


def _retry_after(error: Unavailable) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after_seconds)}


def _retry_soon(_: Exception) -> dict[str, str]:
    return {"Retry-After": "1"}


_HEADERS: Final[Mapping[type[Exception], Callable[[Any], dict[str, str]]]] = {
    Unauthenticated: lambda _: {"WWW-Authenticate": 'Bearer realm="slotwright"'},
    Unavailable: _retry_after,
    IdempotencyKeyInFlight: _retry_soon,
    LockTimeout: _retry_soon,
}
