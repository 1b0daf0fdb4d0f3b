"""Plans side by side."""

from collections.abc import Iterable, Mapping
from typing import Any


def compared(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Plan documents, by the id of their scenario, side by side, in the order in which they are given.

    `{"plans": [{"scenarioId", "objective", "bound", "gap", "proven", "moves", "patientsTold", "unplaced",
    "kpis"}], "differences": [{"appointmentId", "places": [...]}]}`, where `places` has for each plan
    `{"outcome": "moved", "to": place}`, `{"outcome": "unchanged"}` or `{"outcome": "unplaced"}`, for every
    appointment that does not end up in the same place in all of them.
    """
    outcomes = [_outcomes(document) for document in documents.values()]
    appointments = dict.fromkeys(one for outcome in outcomes for one in outcome)
    differences = []
    for appointment_id in appointments:
        places = [outcome.get(appointment_id, {"outcome": "unchanged"}) for outcome in outcomes]
        if any(place != places[0] for place in places):
            differences.append({"appointmentId": appointment_id, "places": places})
    plans = [_row(scenario_id, document) for scenario_id, document in documents.items()]
    return {"plans": plans, "differences": differences}


def _row(scenario_id: str, document: Mapping[str, Any]) -> dict[str, Any]:
    optimality, moves = document["optimality"], document["moves"]
    return {
        "scenarioId": scenario_id,
        "objective": optimality["objective"],
        "bound": optimality["bound"],
        "gap": optimality["gap"],
        "proven": optimality["proven"],
        "moves": len(moves),
        "patientsTold": sum(move["tellsPatient"] for move in moves),
        "unplaced": len(document["unplaced"]),
        "kpis": document["kpis"],
    }


def _outcomes(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Where a plan puts whatever does not stay, by the appointment's id."""
    return {**_moved(document["moves"]), **_left_out(document["unplaced"])}


def _moved(moves: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {move["appointmentId"]: {"outcome": "moved", "to": move["to"]} for move in moves}


def _left_out(unplaced: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["appointmentId"]: {"outcome": "unplaced"} for one in unplaced}
