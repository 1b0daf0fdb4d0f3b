"""What clerks call the resources of a clinic, and where these stand."""

from models.clinic import Location
from models.errors import NotFound
from models.setup import ClinicSetup


def name_of(resource: str, setup: ClinicSetup) -> str:
    """The name of a provider, room or equipment pool, as `models.refs` refers to it; NotFound for others."""
    kind, identifier = _parts(resource)
    if kind == "providers":
        return setup.provider(identifier).name
    if kind == "rooms":
        return setup.room(identifier).name
    pool = setup.pool_by_id.get(identifier) if kind == "equipment" else None
    if pool is None:
        raise NotFound("equipment pool" if kind == "equipment" else "resource", identifier or resource)
    return pool.name


def site_of(resource: str, setup: ClinicSetup) -> Location | None:
    """The only location of a resource; None for a provider who works at several, or at none."""
    kind, identifier = _parts(resource)
    if kind == "providers":
        sites = setup.provider(identifier).location_ids
        return setup.location_by_id[sites[0]] if len(sites) == 1 else None
    standing = setup.room_by_id.get(identifier) if kind == "rooms" else setup.pool_by_id.get(identifier)
    return None if standing is None else setup.location_by_id[standing.location_id]


def _parts(resource: str) -> tuple[str, str]:
    """Kind and id; ids may have slashes of their own."""
    kind, _, identifier = resource.partition("/")
    return kind, identifier
