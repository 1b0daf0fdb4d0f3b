"""`slotwright repair`: a clinic file, an absence, the solver; no database and no server."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import TypeVar

import orjson
import typer

from api.absence_order import AbsenceOrder, NotThen, refuse_unknown_answers
from api.clinic_file import parse_clinic
from api.command_line.documents import read_document
from api.command_line.failures import BadUse
from api.command_line.interruptible import leave_now, solved_or_interrupted
from api.command_line.plan_tables import show_plan
from api.slot_query import first_minute
from models.errors import NotFound
from models.planning import Allowance, Others, PlanOrder
from models.refs import equipment_ref, provider_ref, room_ref
from models.scenario import Scenario
from models.snapshot import ClinicSnapshot
from models.wall_clock import instant_of
from scenarios.plan_document import plan_document

MAX_IDS = 20
"""Known ids that a complaint about an unknown one names."""

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairWords:
    """The options of the command, as they were written."""

    providers: Sequence[str]
    rooms: Sequence[str]
    equipment: Sequence[str]
    start: str
    end: str
    until: str | None = None
    seconds: float = 30
    allow: str | None = None
    order: str | None = None
    not_then: Sequence[str] = ()

    def absence(self) -> AbsenceOrder:
        """The absence that they report; BadUse where they make no sense."""
        named = [
            *map(provider_ref, self.providers),
            *map(room_ref, self.rooms),
            *map(equipment_ref, self.equipment),
        ]
        if len(named) != 1:
            raise BadUse("name who or what is absent by one of --provider, --room and --equipment")
        return AbsenceOrder(
            resource=named[0],
            start=self.start,
            end=self.end,
            until=self.until,
            allowance=Allowance(others=_choice(Others, "--allow", self.allow) or Others.STAY),
            order=_choice(PlanOrder, "--order", self.order) or PlanOrder.PRICES,
            not_then=tuple(_not_then(text) for text in self.not_then),
            seconds=self.seconds,
        )


def _choice(choices: type[Choice], option: str, text: str | None) -> Choice | None:
    if text is None:
        return None
    try:
        return choices(text)
    except ValueError:
        raise BadUse(f"{option} must be one of {', '.join(choices)}, not {text!r}") from None


def _not_then(text: str) -> NotThen:
    appointment_id, equals, window = text.rpartition("=")
    start, slash, end = window.partition("/")
    if not (appointment_id and equals and slash):
        raise BadUse(f"--not-then must be APPOINTMENT=START/END, not {text!r}")
    return NotThen(appointment_id, start, end)


def repair_file(file: str, words: RepairWords, *, now: str | None, as_json: bool) -> None:
    """Print the best plan as tables, or as the body that the HTTP call would give.

    Ctrl-C ends the solve early: what is printed is the best plan until then.
    """
    order = words.absence()
    snapshot = _snapshot(read_document(file), now)
    found = solved_or_interrupted(_scenario(order, snapshot), snapshot)
    body = plan_document(found.report, snapshot.setup)
    if as_json:
        typer.echo(orjson.dumps(body).decode())
    else:
        show_plan(body, snapshot.setup)
    if found.was_interrupted:
        leave_now()


def _snapshot(document: object, now: str | None) -> ClinicSnapshot:
    clinic = parse_clinic(document)
    moment = datetime.now(UTC) if now is None else instant_of(first_minute(now, clinic.setup.zone, "now"))
    return ClinicSnapshot.of(
        clinic.setup, appointments=clinic.appointments, patients=clinic.patients, now=moment
    )


def _scenario(order: AbsenceOrder, snapshot: ClinicSnapshot) -> Scenario:
    """What is asked; an id that the file does not have is refused with those that it has."""
    try:
        scenario = order.scenario(snapshot)
        refuse_unknown_answers(scenario, snapshot)
    except NotFound as missing:
        setup = snapshot.setup
        known: Mapping[str, Iterable[str]] = {
            "provider": setup.provider_by_id,
            "room": setup.room_by_id,
            "equipment pool": setup.pool_by_id,
        }
        ids = ", ".join(islice(known.get(missing.kind, ()), MAX_IDS))
        raise BadUse(f"{missing}; there is {ids}" if ids else str(missing)) from None
    return scenario
