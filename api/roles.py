"""Who may do what: one table, read by every route."""

from enum import StrEnum, auto
from typing import Final


class Role(StrEnum):
    """The part that a caller plays in a clinic; `platform` stands above the clinics."""

    PATIENT = "patient"
    FRONT_DESK = "front_desk"
    PROVIDER = "provider"
    MANAGER = "manager"
    ADMIN = "admin"
    PLATFORM = "platform"


class Right(StrEnum):
    """What a route asks for."""

    READ_CLINIC = auto()
    READ_OWN_RECORD = auto()
    READ_PATIENTS = auto()
    SEARCH = auto()
    BOOK = auto()
    RUN_VISITS = auto()
    EXPORT = auto()
    CHANGE_RULES = auto()
    REPORT_ABSENCES = auto()
    ASK_WHAT_IF = auto()
    MANAGE_CLINICS = auto()


_PATIENT: Final = frozenset({Right.READ_CLINIC, Right.READ_OWN_RECORD, Right.SEARCH, Right.BOOK})
_STAFF: Final = _PATIENT | {Right.READ_PATIENTS, Right.RUN_VISITS, Right.REPORT_ABSENCES}
_MANAGERS: Final = _STAFF | {Right.EXPORT, Right.CHANGE_RULES, Right.ASK_WHAT_IF}

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.PATIENT: _PATIENT,
    Role.PROVIDER: _STAFF,
    Role.FRONT_DESK: _STAFF,
    Role.MANAGER: _MANAGERS,
    Role.ADMIN: _MANAGERS,
    Role.PLATFORM: _MANAGERS | {Right.MANAGE_CLINICS},
}
