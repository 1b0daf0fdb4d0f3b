"""`slotwright search`: a clinic file, a question, the solver; no database and no server."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from time import perf_counter
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from api.clinic_file import parse_clinic
from api.command_line.documents import read_document
from api.command_line.failures import BadUse
from api.explanation_answer import explanation_of, with_explanation
from api.slot_answer import answer_body
from api.slot_query import SlotQuery, first_minute
from models.clinic import Patient
from models.errors import NotFound
from models.setup import ClinicSetup
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import instant_of
from solver.offers import offer_slots

MAX_IDS = 20
_PLAIN: Mapping[str, Any] = {"highlight": False, "markup": False, "soft_wrap": True}


def search_file(file: str, query: SlotQuery, *, now: str | None, as_json: bool) -> None:
    """Print the ranked slots as a table, or as the body that the HTTP call would give."""
    body = searched(read_document(file), query, now)
    if as_json:
        typer.echo(orjson.dumps(body).decode())
    else:
        show(body)


def searched(document: object, query: SlotQuery, now: str | None) -> dict[str, Any]:
    """The answer's body, with the file's own ids."""
    clinic = parse_clinic(document)
    moment = datetime.now(UTC) if now is None else instant_of(first_minute(now, clinic.setup.zone, "now"))
    snapshot = ClinicSnapshot.of(
        clinic.setup, appointments=clinic.appointments, patients=clinic.patients, now=moment
    )
    patient = None if query.patient_id is None else snapshot.patient(query.patient_id)
    request = _request(query, clinic.setup, patient)
    started_at = perf_counter()
    answer = offer_slots(snapshot, request)
    explanation = explanation_of(answer, snapshot, request, query)
    milliseconds = (perf_counter() - started_at) * 1000
    body = answer_body(answer, request, clinic.setup, now=moment, duration_ms=milliseconds)
    return with_explanation(body, explanation, clinic.setup)


def _request(query: SlotQuery, setup: ClinicSetup, patient: Patient | None) -> SlotRequest:
    """What is asked; an id that the file does not have is refused with those that it has."""
    try:
        return query.request(setup, patient)
    except NotFound as missing:
        known: Mapping[str, Iterable[str]] = {
            "service": setup.service_by_id,
            "provider": setup.provider_by_id,
            "location": setup.location_by_id,
        }
        ids = ", ".join(islice(known.get(missing.kind, ()), MAX_IDS))
        raise BadUse(f"{missing}; there is {ids}" if ids else str(missing)) from None


def show(body: Mapping[str, Any]) -> None:
    """The answer for people."""
    console = Console()
    slots: Sequence[Mapping[str, Any]] = body["slots"]
    if not slots:
        console.print("no slot fits")
        show_explanation(body, console)
        return
    table = Table("Start", "Provider", "Location", "Rooms, best first", "Equipment", "Score")
    if with_changes := any(slot["rearranges"] for slot in slots):
        table.add_column("Changes first")
    for slot in slots:
        table.add_row(*_cells(slot), *([_changes(slot)] if with_changes else []))
    console.print(table)
    metadata = body["metadata"]
    proof = "proven the best" if metadata["proven"] else "not proven the best"
    console.print(f"{len(slots)} slots, {proof}, in {metadata['queryDurationMs']:.0f} ms", highlight=False)
    show_explanation(body, console)


def show_explanation(body: Mapping[str, Any], console: Console) -> None:
    """What closes, what would open, and the next date, one a line."""
    explanation = body["explanation"]
    if explanation is None:
        return
    for closing in explanation["closedBy"]:
        start = "" if closing["start"] is None else f"{_when(closing['start'])}: "
        hides = "" if closing["hides"] is None else f", hides {closing['hides']} starts"
        console.print(f"closed: {start}{closing['message']} ({closing['rule']}{hides})", **_PLAIN)
    for one in explanation["relaxations"]:
        first = _when(one["example"]["start"])
        provider = one["example"]["provider"]["name"]
        slots = f"{one['slotsGained']} slots, such as {first} with {provider}"
        console.print(f"would help: {one['change']['message']}: {slots}", **_PLAIN)
    if body["metadata"]["nextAvailableDate"] is not None:
        console.print(f"next: {body['metadata']['nextAvailableDate']}", **_PLAIN)


def _cells(slot: Mapping[str, Any]) -> tuple[str, ...]:
    start = _when(slot["start"])
    rooms = [room["name"] for room in slot["roomOptions"]]
    shown = ", ".join(rooms[:3]) + (f" and {len(rooms) - 3} more" if len(rooms) > 3 else "")
    equipment = ", ".join(f"{use['units']} x {use['type']}" for use in slot["equipment"])
    location = slot["location"]["name"] if slot["location"] else ""
    return start, slot["provider"]["name"], location, shown, equipment, f"{slot['score']:.2f}"


def _changes(slot: Mapping[str, Any]) -> str:
    return ", ".join(change["appointmentId"] for change in slot["rearranges"])


def _when(text: str) -> str:
    return f"{datetime.fromisoformat(text):%a %Y-%m-%d %H:%M %z}"
