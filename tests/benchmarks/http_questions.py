"""Searches over HTTP that differ from each other without asking for anything different."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from urllib.parse import urlencode

from models.clinic_file import ClinicFile
from tests.benchmarks.services import Service

DAYS = 14


def next_monday() -> date:
    """The first day of the weeks that are booked and searched."""
    today = date.today()  # noqa: DTZ011  any day from tomorrow on would do
    return today + timedelta(days=7 - today.weekday())


@dataclass(frozen=True)
class Questions:
    """Searches of one clinic for each of its services in turn."""

    service: Service
    clinic_id: str
    service_ids: list[str]
    start: date

    @staticmethod
    def about(service: Service, clinic_id: str, file: ClinicFile, start: date) -> "Questions":
        """Those of the services that have a slot."""
        ids = service.ids(clinic_id, "services")
        every = Questions(service, clinic_id, [ids[one.id] for one in file.setup.services], start)
        offered = [one for one in every.service_ids if service.ask("GET", every.path(one, 0))["slots"]]
        if not offered:
            raise AssertionError("the clinic has nothing to offer")
        return Questions(service, clinic_id, offered, start)

    def path(self, service_id: str, number: int) -> str:
        """A question whose range starts so many seconds after midnight, when nobody works."""
        minutes, seconds = divmod(number % 14_400, 60)
        query = {
            "serviceId": service_id,
            "start": f"{self.start}T{minutes // 60:02}:{minutes % 60:02}:{seconds:02}",
            "end": str(self.start + timedelta(days=DAYS - 1)),
        }
        return f"/v1/clinics/{self.clinic_id}/availability?{urlencode(query)}"

    def requests(self, many: int, numbers: "count[int]") -> list[bytes]:
        """So many of them, all different; no cache of answers could know them."""
        services = self.service_ids
        return [
            self.service.request("GET", self.path(services[number % len(services)], number // len(services)))
            for number, _ in zip(numbers, range(many), strict=False)
        ]
