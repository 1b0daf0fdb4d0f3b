"""A plan as the JSON document that is stored, sent and read back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from models.appointment import EquipmentUse
from models.explanation import Closing
from models.plan import Level, LevelProof, Optimality, Plan, PlanMove, PlanProgress
from models.planning import Assignment
from models.setup import ClinicSetup
from models.wall_clock import Minute, floor_minute, local_of
from scenarios.kpis import Kpis
from scenarios.report import PlanReport

PlanDocument: TypeAlias = dict[str, Any]
DECIMALS = 6


def plan_document(report: PlanReport, setup: ClinicSetup) -> PlanDocument:
    """A plan with its reasons: `moves`, `unplaced`, `kpis`, `optimality`; times by the clock of the place.

    `setup` is the clinic as it is: rooms and locations stay, whatever a scenario changes.
    """
    return {
        "moves": [_move(move, report.why.get(move.appointment_id), setup) for move in report.plan.moves],
        "unplaced": [_unplaced(one, report.closed_by.get(one, ()), setup) for one in report.plan.unplaced],
        "kpis": {"before": _kpis(report.before), "after": _kpis(report.after)},
        "optimality": _optimality(report.plan.optimality),
    }


def progress_document(progress: PlanProgress, setup: ClinicSetup) -> PlanDocument:
    """A plan that is still being bettered: it can be committed, and nothing of it is explained yet.

    In `moves` every `why` is None, in `unplaced` every `closedBy` is empty, and `kpis` is None.
    """
    optimality = progress.plan.optimality
    known = Optimality(
        objective=optimality.objective, bound=max(optimality.bound, progress.bound), levels=optimality.levels
    )
    return {
        "moves": [_move(move, None, setup) for move in progress.plan.moves],
        "unplaced": [_unplaced(one, (), setup) for one in progress.plan.unplaced],
        "kpis": None,
        "optimality": _optimality(known),
    }


def plan_of_document(document: Mapping[str, Any]) -> Plan:
    """The plan that a document tells of, equal to the one that it was made from."""
    optimality = document["optimality"]
    return Plan(
        moves=tuple(_read_move(move) for move in document["moves"]),
        unplaced=tuple(one["appointmentId"] for one in document["unplaced"]),
        optimality=Optimality(
            objective=optimality["objective"],
            bound=optimality["bound"],
            levels=tuple(
                LevelProof(level=Level(one["level"]), value=one["value"], bound=one["bound"])
                for one in optimality["levels"]
            ),
        ),
    )


# moves


def _move(move: PlanMove, why: str | None, setup: ClinicSetup) -> dict[str, Any]:
    return {
        "appointmentId": move.appointment_id,
        "from": None if move.before is None else _place(move.before, setup),
        "to": _place(move.after, setup),
        "tellsPatient": move.tells_the_patient,
        "price": move.price,
        "priceParts": dict(move.parts),
        "why": why,
    }


def _read_move(move: Mapping[str, Any]) -> PlanMove:
    return PlanMove(
        appointment_id=move["appointmentId"],
        before=None if move["from"] is None else _read_place(move["from"]),
        after=_read_place(move["to"]),
        price=move["price"],
        parts=dict(move["priceParts"]),
    )


def _place(at: Assignment, setup: ClinicSetup) -> dict[str, Any]:
    zone = zone_of_place(at, setup)
    return {
        "providerId": at.provider_id,
        "roomId": at.room_id,
        "equipment": [{"id": use.id, "units": use.units} for use in at.equipment],
        "start": _local_text(at.start, zone),
        "end": _local_text(at.end, zone),
    }


def zone_of_place(at: Assignment, setup: ClinicSetup) -> ZoneInfo:
    """By whose clock a visit is read: that of the location of its room, else the clinic's."""
    room = setup.room_by_id.get(at.room_id or "")
    return setup.zone_of(None if room is None else setup.location_by_id.get(room.location_id))


def _local_text(minute: Minute, zone: ZoneInfo) -> str:
    return local_of(minute, zone).isoformat(timespec="seconds")


def _read_place(place: Mapping[str, Any]) -> Assignment:
    return Assignment(
        provider_id=place["providerId"],
        room_id=place["roomId"],
        equipment=tuple(EquipmentUse(id=use["id"], units=use["units"]) for use in place["equipment"]),
        start=floor_minute(datetime.fromisoformat(place["start"])),
        end=floor_minute(datetime.fromisoformat(place["end"])),
    )


# what closes, and figures


def _unplaced(appointment_id: str, closed_by: Sequence[Closing], setup: ClinicSetup) -> dict[str, Any]:
    return {
        "appointmentId": appointment_id,
        "closedBy": [_closing(closing, setup) for closing in closed_by],
    }


def _closing(closing: Closing, setup: ClinicSetup) -> dict[str, Any]:
    _, _, identifier = closing.resource.partition("/")
    return {
        "rule": closing.rule,
        "resourceId": identifier or setup.clinic.id,
        "resource": closing.resource,
        "message": closing.message,
        "start": None if closing.starts_at is None else closing.starts_at.isoformat(timespec="seconds"),
    }


def _kpis(kpis: Kpis) -> dict[str, Any]:
    return {
        "patientsDisturbed": kpis.patients_disturbed,
        "minutesShifted": kpis.minutes_shifted,
        "unplaced": kpis.unplaced,
        "idleMinutes": kpis.idle_minutes,
        "overtimeMinutes": kpis.overtime_minutes,
        "utilisationByProvider": dict(kpis.utilisation_by_provider),
        "utilisationByRoom": dict(kpis.utilisation_by_room),
    }


def _optimality(optimality: Optimality) -> dict[str, Any]:
    return {
        "objective": optimality.objective,
        "bound": optimality.bound,
        "gap": round(optimality.gap, DECIMALS),
        "proven": optimality.proven,
        "levels": [
            {"level": one.level.value, "value": one.value, "bound": one.bound, "proven": one.proven}
            for one in optimality.levels
        ],
    }
