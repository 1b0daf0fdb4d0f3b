"""How hours, exceptions, conflicts and calendars name whatever can be held."""

from functools import lru_cache

CLINIC = "clinic"


@lru_cache(maxsize=65_536)
def provider_ref(provider_id: str) -> str:
    """How working hours, exceptions and conflicts name a provider."""
    return f"providers/{provider_id}"


@lru_cache(maxsize=65_536)
def room_ref(room_id: str) -> str:
    """How working hours, exceptions and conflicts name a room."""
    return f"rooms/{room_id}"


@lru_cache(maxsize=65_536)
def equipment_ref(pool_id: str) -> str:
    """How working hours, exceptions and conflicts name an equipment pool."""
    return f"equipment/{pool_id}"


@lru_cache(maxsize=65_536)
def location_ref(location_id: str) -> str:
    """How exceptions name a location."""
    return f"locations/{location_id}"


@lru_cache(maxsize=65_536)
def patient_ref(patient_id: str) -> str:
    """How conflicts name a patient."""
    return f"patients/{patient_id}"


@lru_cache(maxsize=65_536)
def service_ref(service_id: str) -> str:
    """How conflicts name a service."""
    return f"services/{service_id}"
