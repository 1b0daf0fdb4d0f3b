"""When two clinic files say the same."""

import json
from datetime import UTC, datetime
from typing import Any

from api.clinic_file.dump import Form, dump_clinic
from api.clinic_file.parse import parse_clinic

_MOMENTS = ("start", "end", "expiresAt")


def canonical(document: Form) -> Form:
    """A clinic file with order and defaults aside: equal for files that describe the same clinic.

    Moments are told in UTC, lists are sorted, what is left out gets its default. Raises
    InvalidClinic for what is no clinic file.
    """
    form = dump_clinic(parse_clinic(document))
    if not document["clinic"].get("id"):
        del form["clinic"]["id"]
    for provider in form["providers"]:
        if provider.get("preferences") == {"timeWindows": [], "roomIds": [], "weight": 50}:
            del provider["preferences"]
    for patient in form["patients"]:
        if patient.get("contact") == {}:
            del patient["contact"]
    for dated in (*form["exceptions"], *form["appointments"]):
        dated.update({key: _in_utc(dated[key]) for key in _MOMENTS if key in dated})
    return {key: _ordered(value) for key, value in form.items()}


def _in_utc(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(UTC).isoformat()


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted((_ordered(inner) for inner in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value
