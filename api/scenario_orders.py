"""What scenarios ask, in the words of the domain: as they come in, and as they are read back to be solved."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from api.absence_order import NotThen, frozen, read_window, refused_times
from api.appointment_answer import zone_of_visit
from api.payloads import scenario_changes as wire
from api.payloads.absences import AbsenceIn
from api.payloads.planning import NotThenIn
from api.payloads.scenarios import ScenarioIn
from api.slot_query import first_minute
from models.errors import InvalidRequest, NotFound
from models.planning import NOBODY_ELSE, REBUILD_PRICES, REPAIR_PRICES, Assignment, PlanLimits
from models.refs import equipment_ref, provider_ref, room_ref
from models.scenario import (
    NOTHING_FROZEN,
    AppointmentsAdded,
    EquipmentAdded,
    HoursChanged,
    ProviderAdded,
    ResourceAbsent,
    Scenario,
    ScenarioChange,
    ScenarioMode,
    ServiceRuleChanged,
    WantedVisit,
)
from models.setup import ClinicSetup
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute, instant_of
from scenarios.absence import zone_of_resource

_Model = TypeVar("_Model", bound=BaseModel)


def read_order(
    request: Mapping[str, Any],
    setup: ClinicSetup,
    now: datetime,
    answers: Mapping[str, Any],
    hint: Mapping[str, Assignment],
) -> Scenario:
    """What a request that was stored asks of its clinic now, with the answers that have come since.

    `answers` has `notThen` as a request has it, and in `keep` the appointments that a mended plan keeps.

    InvalidRequest, InvalidScenario or NotFound where it makes no sense any more.
    """
    asked = {**request, "notThen": [*request.get("notThen", ()), *answers.get("notThen", ())]}
    if "horizon" in asked:
        scenario = scenario_of(ScenarioIn.model_validate(asked), setup)
    else:
        absence = AbsenceIn.model_validate(asked).to_order()
        scenario = absence.scenario(ClinicSnapshot.of(setup, now=now))
    return replace(scenario, hint=hint, keep=frozenset(answers.get("keep", ())))


def wire_form(body: BaseModel) -> dict[str, Any]:
    """A request as it is stored: what was sent, in canonical form, defaults left out."""
    return body.model_dump(mode="json", by_alias=True, exclude_unset=True)


def with_ids(body: ScenarioIn, new_id: Callable[[], str]) -> ScenarioIn:
    """The same scenario with an id for everything that is new, so that it keeps it from solve to solve."""
    return _changed(body, changes=[_named(change, new_id) for change in body.changes])


def _named(change: wire.ChangeIn, new_id: Callable[[], str]) -> wire.ChangeIn:
    match change:
        case wire.ProviderAddedIn(provider=provider):
            return _changed(change, provider=_changed(provider, id=provider.id or new_id()))
        case wire.EquipmentAddedIn(equipment=pool):
            return _changed(change, equipment=_changed(pool, id=pool.id or new_id()))
        case wire.AppointmentsAddedIn(appointments=visits):
            return _changed(change, appointments=[_changed(one, id=one.id or new_id()) for one in visits])
    return change


def _changed(model: _Model, **fields: Any) -> _Model:
    return model.model_copy(update=fields)


def scenario_of(body: ScenarioIn, setup: ClinicSetup) -> Scenario:
    """What a what-if asks of a clinic: times on its wall clocks, prices over those of its mode.

    InvalidRequest for times and rules that make no sense; NotFound for a service that is not there.
    """
    zone = setup.zone
    earliest, latest = read_window(body.horizon.start, body.horizon.end, zone, "/horizon/")
    usual = REPAIR_PRICES if body.mode is ScenarioMode.REPAIR else REBUILD_PRICES
    freeze = body.freeze
    return Scenario(
        name=body.name,
        mode=body.mode,
        earliest=earliest,
        latest=latest,
        changes=tuple(_change(one, setup, f"/changes/{i}/") for i, one in enumerate(body.changes)),
        prices=usual if body.objective is None else body.objective.over(usual),
        allowance=NOBODY_ELSE if body.allow is None else body.allow.to_domain(),
        order=body.order,
        freeze=NOTHING_FROZEN if freeze is None else frozen(freeze.until, freeze.appointment_ids, zone),
        not_then=refused_times([_not_then(one) for one in body.not_then], zone),
        limits=PlanLimits(seconds=body.time_limit_seconds),
    )


def _not_then(one: NotThenIn) -> NotThen:
    return NotThen(one.appointment_id, one.start, one.end)


def _change(change: wire.ChangeIn, setup: ClinicSetup, at: str) -> ScenarioChange:
    """One change; `at` is where in the request it stands."""
    match change:
        case wire.ProviderAbsentIn():
            return _absent(change, provider_ref(change.provider_id), setup, at)
        case wire.RoomClosedIn():
            return _absent(change, room_ref(change.room_id), setup, at)
        case wire.EquipmentAbsentIn():
            return _absent(change, equipment_ref(change.equipment_id), setup, at)
        case wire.ProviderAddedIn():
            provider = change.provider.to_domain()
            rows = tuple(row.to_domain(provider_ref(provider.id)) for row in change.availability)
            return ProviderAdded(provider=provider, hours=rows)
        case wire.HoursChangedIn():
            rows = tuple(row.to_domain(change.resource) for row in change.availability)
            return HoursChanged(resource=change.resource, hours=rows)
        case wire.EquipmentAddedIn():
            return EquipmentAdded(pool=change.equipment.to_domain())
        case wire.ServiceRuleChangedIn():
            return _rules(change, setup, at)
        case wire.AppointmentsAddedIn():
            visits = enumerate(change.appointments)
            return AppointmentsAdded(
                wanted=tuple(_wanted(one, setup, f"{at}appointments/{i}/") for i, one in visits)
            )


def _absent(
    change: wire.ProviderAbsentIn | wire.RoomClosedIn | wire.EquipmentAbsentIn,
    resource: str,
    setup: ClinicSetup,
    at: str,
) -> ResourceAbsent:
    start, end = read_window(change.start, change.end, _zone(resource, setup), at)
    return ResourceAbsent(
        resource=resource, starts_at=instant_of(start), ends_at=instant_of(end), reason=change.reason
    )


def _zone(resource: str, setup: ClinicSetup) -> ZoneInfo:
    try:
        return zone_of_resource(resource, setup)
    except NotFound:  # it may be new in this scenario; whoever solves that can tell
        return setup.zone


def _rules(change: wire.ServiceRuleChangedIn, setup: ClinicSetup, at: str) -> ServiceRuleChanged:
    service = setup.service(change.service_id)
    try:
        return ServiceRuleChanged(rules=change.rules.over(service))
    except ValueError as nonsense:
        raise InvalidRequest(f"{at}rules: {nonsense}", field=f"{at}rules") from None


def _wanted(visit: wire.WantedVisitIn, setup: ClinicSetup, at: str) -> WantedVisit:
    zone = zone_of_visit(setup, location_id=visit.location_id)
    earliest = _minute(visit.earliest, zone, f"{at}earliest")
    latest = _minute(visit.latest, zone, f"{at}latest", days_later=1)
    if earliest is not None and latest is not None and latest <= earliest:
        raise InvalidRequest(f"{at}latest must be after {at}earliest", field=f"{at}latest")
    return WantedVisit(
        id=visit.id or "",
        patient_id=visit.patient_id,
        service_id=visit.service_id,
        provider_ids=None if visit.provider_ids is None else frozenset(visit.provider_ids),
        location_id=visit.location_id,
        earliest=earliest,
        latest=latest,
    )


def _minute(text: str | None, zone: ZoneInfo, field: str, days_later: int = 0) -> Minute | None:
    return None if text is None else first_minute(text, zone, field, days_later)
