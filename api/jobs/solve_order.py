"""What a worker hands to the process that solves: all that both sides know of each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, TypeAlias, cast

from models.appointment import Appointment
from models.clinic import Patient
from models.scenario import Scenario
from models.setup import ClinicSetup

PROGRAM = "api.jobs.scenario_program:solve_order"
"""What solves, as `module:function`; tests bring their own."""


@dataclass(frozen=True, kw_only=True)
class SolveOrder:
    """A scenario, the clinic at one moment, and the plan document to start from, if there is one."""

    scenario: Scenario
    setup: ClinicSetup
    appointments: tuple[Appointment, ...]
    patients: tuple[Patient, ...]
    now: datetime
    hint: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A plan on its way to its document, which costs time to make and is made only if it is sent.

    `plan` tells whether it is the one sent before, with a better bound.
    """

    plan: object
    document: Callable[[], Mapping[str, Any]]
    objective: int
    bound: int


@dataclass(frozen=True, slots=True)
class Tell:
    """Whom the solving program tells of drafts, and of the moment from which it only explains.

    `stopped` tells it whether it should come to an end, with the best plan so far.
    """

    draft: Callable[[Draft], None]
    explaining: Callable[[], None]
    stopped: Callable[[], bool]


SolveProgram: TypeAlias = Callable[[SolveOrder, Tell], Draft]


def program_named(name: str) -> SolveProgram:
    """The program of that name, `module:function`."""
    module, _, function = name.partition(":")
    return cast(SolveProgram, getattr(import_module(module), function))
