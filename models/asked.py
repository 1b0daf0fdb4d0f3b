"""Whom and which places a question is about."""

from models.clinic import Location, Provider
from models.setup import ClinicSetup
from models.slot import SlotRequest


def places_asked(setup: ClinicSetup, request: SlotRequest) -> tuple[Location | None, ...]:
    """The locations where the visit could take place; only None for a visit without a room."""
    if not request.service.needs_room:
        return (None,)
    if request.location is not None:
        return (request.location,)
    return setup.locations


def providers_asked(setup: ClinicSetup, request: SlotRequest, place: Location | None) -> list[Provider]:
    """Who may be offered at a location: they offer the service, work there, and are not blocked."""
    place = place or request.location
    blocked = request.patient.blocked_provider_ids if request.patient else frozenset()
    allowed = request.service.allowed_provider_ids
    return [
        provider
        for provider in setup.providers
        if request.service.id in provider.service_ids
        and (place is None or place.id in provider.location_ids)
        and provider.id not in blocked
        and (allowed is None or provider.id in allowed)
        and (request.provider_ids is None or provider.id in request.provider_ids)
    ]
