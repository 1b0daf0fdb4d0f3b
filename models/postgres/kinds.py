"""The kinds of resource; their order is the order in which everybody locks."""

from collections.abc import Callable, Mapping
from enum import IntEnum

from models.refs import equipment_ref, patient_ref, provider_ref, room_ref

UNIT_BITS = 10
UNITS_PER_RESOURCE = 1 << UNIT_BITS


class Kind(IntEnum):
    """Stored as `resource.kind`."""

    PATIENT = 0
    PROVIDER = 1
    ROOM = 2
    EQUIPMENT = 3
    COUNTER = 4

    def ref(self, identifier: str, counter: str | None = None) -> str:
        """How the domain names a resource of this kind; a counter has its name in words."""
        return _REFS[self](identifier) if counter is None else counter


_REFS: Mapping[Kind, Callable[[str], str]] = {
    Kind.PATIENT: patient_ref,
    Kind.PROVIDER: provider_ref,
    Kind.ROOM: room_ref,
    Kind.EQUIPMENT: equipment_ref,
}
