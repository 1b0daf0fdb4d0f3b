"""Changes that cannot all be true, have no effect, or speak of what the clinic does not have."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from models.asked import places_asked, providers_asked
from models.clinic import EquipmentPool, Provider
from models.errors import AbsenceInThePast, ChangesContradict
from models.scenario import (
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
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import ceil_minute, floor_minute
from scenarios.changing import changed_setup
from scenarios.horizons import starts_of
from scenarios.naming import name_of


def refuse_contradictions(scenario: Scenario, snapshot: ClinicSnapshot) -> None:
    """ChangesContradict at the first change that does not go with the clinic and those before it.

    NotFound for what the clinic does not have, AbsenceInThePast for an absence that is over.
    """
    reading = _Reading(scenario, snapshot, snapshot.setup)
    for index, change in enumerate(scenario.changes):
        reading.read(index, change)
    everything = changed_setup(snapshot.setup, scenario.changes)
    for index, change in enumerate(scenario.changes):
        if isinstance(change, AppointmentsAdded):
            for visit in change.wanted:
                _refuse_wanted(index, visit, scenario, replace(snapshot, setup=everything))


@dataclass(slots=True)
class _Reading:
    """The changes read so far, one by one; `setup` is the clinic under them."""

    scenario: Scenario
    snapshot: ClinicSnapshot
    setup: ClinicSetup
    hours_of: set[str] = field(default_factory=set)
    rules_of: set[str] = field(default_factory=set)
    absences: list[ResourceAbsent] = field(default_factory=list)
    wanted: set[str] = field(default_factory=set)

    def read(self, index: int, change: ScenarioChange) -> None:
        """Refuse a change, or make it part of the clinic."""
        match change:
            case ResourceAbsent():
                self._absent(index, change)
            case ProviderAdded():
                self._new_provider(index, change.provider)
            case HoursChanged():
                name = name_of(change.resource, self.setup)
                _once(index, change.resource, self.hours_of, f"the hours of {name} change twice")
            case EquipmentAdded():
                self._new_pool(index, change.pool)
            case ServiceRuleChanged():
                self._new_rules(index, change)
            case AppointmentsAdded():
                self._new_visits(index, change)
        self.setup = changed_setup(self.setup, (change,))

    def _absent(self, index: int, change: ResourceAbsent) -> None:
        name = name_of(change.resource, self.setup)
        if change.ends_at <= change.starts_at:
            raise ChangesContradict(index, f"the absence of {name} ends before it starts")
        if change.ends_at <= self.snapshot.now:
            raise AbsenceInThePast(f"the absence of {name} is over")
        for other in self.absences:
            if (
                other.resource == change.resource
                and other.starts_at < change.ends_at
                and change.starts_at < other.ends_at
            ):
                raise ChangesContradict(index, f"{name} is absent already at that time")
        if self._has_no_effect(change):
            raise ChangesContradict(index, f"the absence of {name} lies outside the horizon")
        self.absences.append(change)

    def _has_no_effect(self, absence: ResourceAbsent) -> bool:
        """Whether an absence lies outside the horizon.

        A repair that may begin at once can place before an absence what cannot stay in it.
        """
        begins_now = self.scenario.earliest <= self.snapshot.first_minute_from_now
        if ceil_minute(absence.ends_at) <= self.scenario.earliest:
            return True
        begins_too_late = floor_minute(absence.starts_at) >= self.scenario.latest
        return begins_too_late and not (self.scenario.mode is ScenarioMode.REPAIR and begins_now)

    def _new_provider(self, index: int, provider: Provider) -> None:
        _new(index, provider.id, self.setup.provider_by_id, f"the provider {provider.name}")
        for location_id in provider.location_ids:
            self.setup.location(location_id)
        for service_id in provider.service_ids:
            self.setup.service(service_id)
        for room_id in provider.preferences.room_ids if provider.preferences else ():
            self.setup.room(room_id)

    def _new_pool(self, index: int, pool: EquipmentPool) -> None:
        _new(index, pool.id, self.setup.pool_by_id, f"the equipment pool {pool.name}")
        self.setup.location(pool.location_id)

    def _new_rules(self, index: int, change: ServiceRuleChanged) -> None:
        service = self.setup.service(change.rules.id)
        _once(index, service.id, self.rules_of, f"the rules of {service.name} change twice")
        for provider_id in sorted(change.rules.allowed_provider_ids or ()):
            self.setup.provider(provider_id)
        try:
            change.rules.applied_to(service)
        except ValueError as nonsense:
            raise ChangesContradict(index, str(nonsense)) from None

    def _new_visits(self, index: int, change: AppointmentsAdded) -> None:
        booked = {one.id for one in self.snapshot.appointments}
        for visit in change.wanted:
            _new(index, visit.id, booked, f"the appointment {visit.id}")
            _once(index, visit.id, self.wanted, f"the appointment {visit.id} is added twice")


def _once(index: int, identifier: str, seen: set[str], otherwise: str) -> None:
    if identifier in seen:
        raise ChangesContradict(index, otherwise)
    seen.add(identifier)


def _new(index: int, identifier: str, known: Collection[str], what: str) -> None:
    if identifier in known:
        raise ChangesContradict(index, f"{what} is there already")


def _refuse_wanted(index: int, visit: WantedVisit, scenario: Scenario, changed: ClinicSnapshot) -> None:
    """Refuse a visit that nobody could ever give; providers that other changes add may give it."""
    setup, patient = changed.setup, changed.patient(visit.patient_id)
    service = setup.service(visit.service_id)
    location = None if visit.location_id is None else setup.location(visit.location_id)
    for provider_id in sorted(visit.provider_ids or ()):
        setup.provider(provider_id)
    earliest, latest = starts_of(visit, scenario, changed)
    if latest <= earliest:
        raise ChangesContradict(index, f"there is no time at which the appointment {visit.id} could start")
    request = SlotRequest(
        service=service,
        earliest=earliest,
        latest=latest,
        duration_minutes=service.duration_minutes,
        location=location,
        provider_ids=visit.provider_ids,
        patient=patient,
    )
    if not any(providers_asked(setup, request, place) for place in places_asked(setup, request)):
        raise ChangesContradict(index, f"nobody who may be asked for {visit.id} gives {service.name}")
