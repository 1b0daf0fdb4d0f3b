"""A plan for people: who moves where and why, who has no place, what it comes to, and how good it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from models.setup import ClinicSetup

_PLAIN: Final[Mapping[str, Any]] = {"highlight": False, "markup": False, "soft_wrap": True}
_NUMBERS: Final = {
    "patientsDisturbed": "patients disturbed",
    "minutesShifted": "minutes shifted",
    "unplaced": "without a place",
    "idleMinutes": "idle minutes",
    "overtimeMinutes": "minutes of overtime",
}


def show_plan(body: Mapping[str, Any], setup: ClinicSetup) -> None:
    """Print a plan document."""
    console = Console()
    if body["moves"]:
        table = Table("Appointment", "From", "To", "Provider", "Room", "Price")
        for move in body["moves"]:
            table.add_row(*_cells(move, setup))
        console.print(table)
        for move in body["moves"]:  # sentences, for which a column would be too narrow
            console.print(f"why {move['appointmentId']}: {move['why']}", **_PLAIN)
    elif not body["unplaced"]:
        console.print("nothing has to move")
    for one in body["unplaced"]:
        console.print(f"no place: {one['appointmentId']}", **_PLAIN)
        for closing in one["closedBy"]:
            console.print(f"  closed: {closing['message']} ({closing['rule']})", **_PLAIN)
    _show_numbers(body["kpis"], console)
    console.print(_proof(body["optimality"]), **_PLAIN)


def _cells(move: Mapping[str, Any], setup: ClinicSetup) -> tuple[str, ...]:
    before, after = move["from"], move["to"]
    return (
        move["appointmentId"],
        _when(before["start"]),
        _when(after["start"]),
        _change(*(setup.provider(place["providerId"]).name for place in (before, after))),
        _change(*(_room(place["roomId"], setup) for place in (before, after))),
        f"{move['price']:,}",
    )


def _when(text: str) -> str:
    return f"{datetime.fromisoformat(text):%a %Y-%m-%d %H:%M}"


def _room(room_id: str | None, setup: ClinicSetup) -> str:
    return "" if room_id is None else setup.room(room_id).name


def _change(before: str, after: str) -> str:
    return before if before == after else f"{before} -> {after}"


def _show_numbers(kpis: Mapping[str, Any], console: Console) -> None:
    table = Table("", "Before", "After")
    for key, name in _NUMBERS.items():
        table.add_row(name, f"{kpis['before'][key]:,}", f"{kpis['after'][key]:,}")
    console.print(table)


def _proof(optimality: Mapping[str, Any]) -> str:
    cost = f"the plan costs {optimality['objective']:,}"
    if optimality["proven"]:
        return f"{cost}, and no plan costs less"
    return f"{cost}; not proven: another could cost {optimality['bound']:,} at the least"
