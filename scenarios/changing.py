"""A clinic under the changes of a scenario."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

from models.clinic import ExceptionKind, HoursException, WorkingHours
from models.refs import provider_ref
from models.scenario import (
    AppointmentsAdded,
    EquipmentAdded,
    HoursChanged,
    ProviderAdded,
    ResourceAbsent,
    ScenarioChange,
    ServiceRuleChanged,
)
from models.setup import ClinicSetup


def changed_setup(setup: ClinicSetup, changes: Iterable[ScenarioChange]) -> ClinicSetup:
    """The clinic under the changes, which fit it; whoever and whatever is there already keeps its order."""
    return reduce(_changed, changes, setup)


def _changed(setup: ClinicSetup, change: ScenarioChange) -> ClinicSetup:
    match change:
        case ResourceAbsent():
            return replace(setup, exceptions=(*setup.exceptions, exception_of(change)))
        case ProviderAdded():
            hours = _rows(provider_ref(change.provider.id), change.hours)
            return replace(
                setup,
                providers=(*setup.providers, change.provider),
                working_hours=(*setup.working_hours, *hours),
            )
        case HoursChanged():
            others = (row for row in setup.working_hours if row.resource != change.resource)
            return replace(setup, working_hours=(*others, *_rows(change.resource, change.hours)))
        case EquipmentAdded():
            return setup.but(equipment=(*setup.equipment, change.pool))
        case ServiceRuleChanged():
            services = (
                change.rules.applied_to(one) if one.id == change.rules.id else one for one in setup.services
            )
            return setup.but(services=tuple(services))
        case AppointmentsAdded():
            return setup


def exception_of(absence: ResourceAbsent) -> HoursException:
    """An absence as it is entered in the hours of its resource."""
    return HoursException(
        resource=absence.resource,
        starts_at=absence.starts_at,
        ends_at=absence.ends_at,
        kind=ExceptionKind.UNAVAILABLE,
        reason=absence.reason,
    )


def _rows(resource: str, hours: Iterable[WorkingHours]) -> Iterable[WorkingHours]:
    """The rows as those of the resource, whatever they were written for."""
    return (replace(row, resource=resource) for row in hours)
