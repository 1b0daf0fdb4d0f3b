"""The rules of a clinic as they go out, and what a change of them was."""

from dataclasses import asdict
from typing import Any, Final

from api.clinic_file.dump import overbooking_form, service_form
from models.clinic import OverbookingRule, Service
from models.setup import ClinicSetup

_NOT_RULES: Final = frozenset({"durationMinutes", "modality"})


def rules_body(setup: ClinicSetup) -> dict[str, Any]:
    """The document that a client may change and send back."""
    return {
        "weights": asdict(setup.clinic.weights),
        "services": [_service_body(one) for one in setup.services],
        "providers": [
            {"id": one.id, "name": one.name, "maxVisitsPerDay": one.max_visits_per_day}
            for one in setup.providers
        ],
        "overbooking": [_overbooking_body(one) for one in setup.overbooking],
    }


def _service_body(service: Service) -> dict[str, Any]:
    form = {"maxPerDay": None, "allowedProviderIds": None, **service_form(service)}
    return {key: value for key, value in form.items() if key not in _NOT_RULES}


def _overbooking_body(rule: OverbookingRule) -> dict[str, Any]:
    return {"providerId": None, "serviceId": None, "maxPerDay": None, **overbooking_form(rule)}


def what_changed(before: ClinicSetup, after: ClinicSetup) -> tuple[dict[str, Any], dict[str, Any]]:
    """Those rules that differ, as they were and as they are, things by their ids; each with its version."""
    old, new = _by_id(before), _by_id(after)
    keys = old.keys() | new.keys()
    changed = sorted(key for key in keys if old.get(key) != new.get(key))
    return (
        {"configVersion": before.version, **{key: old[key] for key in changed if key in old}},
        {"configVersion": after.version, **{key: new[key] for key in changed if key in new}},
    )


def _by_id(setup: ClinicSetup) -> dict[str, Any]:
    """Every single rule by where it stands: `services/ID/seats`."""
    body = rules_body(setup)
    rules = {f"weights/{key}": value for key, value in body["weights"].items()}
    for kind in ("services", "providers"):
        for one in body[kind]:
            rules |= {
                f"{kind}/{one['id']}/{key}": value for key, value in one.items() if key not in {"id", "name"}
            }
    return rules | {f"overbooking/{one['id']}": one for one in body["overbooking"]}
