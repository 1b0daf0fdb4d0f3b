"""What a rule is, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from models.slot import Placement
from models.snapshot import ClinicSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Why a placement cannot be: the rule, the resource it speaks of, and a sentence.

    `taken` tells a resource that somebody else holds from a rule that forbids.
    """

    rule: str
    resource: str
    message: str
    taken: bool = False


Rule: TypeAlias = Callable[[Placement, ClinicSnapshot], Violation | None]


def refused(rule: Rule, resource: str, message: str) -> Violation:
    """The rule forbids the visit: waiting for somebody to cancel would not help."""
    return Violation(rule=rule.__name__, resource=resource, message=message)


def taken(rule: Rule, resource: str, message: str) -> Violation:
    """Somebody else was faster."""
    return Violation(rule=rule.__name__, resource=resource, message=message, taken=True)
