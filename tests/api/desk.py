"""What clients of the small clinic do: ask for scans, book them, change them."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from api.roles import Role
from tests.api.clinic_documents import TUESDAY
from tests.api.service_under_test import ClinicUnderTest


@dataclass
class Desk:
    """Calls about appointments; every booking has a key of its own unless it is given one."""

    clinic: ClinicUnderTest
    keys: "count[int]" = field(default_factory=count)

    def order(self, start: str = f"{TUESDAY}T09:00:00+02:00", **changes: Any) -> dict[str, Any]:
        """A scan by Dr Ada for Pat; a change to None leaves the field out."""
        ids = self.clinic.ids
        usual = {
            "patientId": ids["pat"],
            "serviceId": ids["scan"],
            "providerId": ids["ada"],
            "start": start,
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    async def book(self, order: dict[str, Any] | None = None, *, key: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": f"key-{next(self.keys)}" if key is None else key}
        body = self.order() if order is None else order
        return await self.clinic.client.post("/appointments", json=body, headers=headers)

    async def booked(self, order: dict[str, Any] | None = None) -> dict[str, Any]:
        """A booking that must succeed."""
        answer = await self.book(order)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def patch(self, visit: dict[str, Any], **changes: Any) -> httpx.Response:
        """Change a visit as it was last seen."""
        condition = {"If-Match": f'"{visit["version"]}"'}
        return await self.clinic.client.patch(f"/appointments/{visit['id']}", json=changes, headers=condition)

    async def read(self, visit: dict[str, Any]) -> httpx.Response:
        return await self.clinic.client.get(f"/appointments/{visit['id']}")

    async def stored(self, **query: Any) -> list[dict[str, Any]]:
        """All appointments that match."""
        answer = await self.clinic.client.get("/appointments", params={"limit": 500, **query})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def as_patient(self, name: str) -> dict[str, str]:
        return self.clinic.headers(Role.PATIENT, self.clinic.ids[name])
