"""What it costs to search five hundred clinics for the best twenty slots, compared with searching one."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from urllib.parse import urlencode

import orjson

from tests.benchmarks.http_questions import DAYS
from tests.benchmarks.lean_http import Answered, Connection
from tests.benchmarks.measuring import Sample, sample
from tests.benchmarks.rows import Row, compared, times_at_most
from tests.benchmarks.run import Run
from tests.benchmarks.services import HOST, Service, running_service
from tests.benchmarks.stored_clinics import CITIES, ORIGINALS, StoredClinics, stored

COPIES, COPIES_QUICK = 100, 10
LIMIT = 20
SERVICE = "Check-up"
SPECIALTY = "cardiology"
TIMES_ONE_CLINIC = 10.0


def measure(run: Run) -> list[Row]:
    """The rows of this subject."""
    today = date.today()  # noqa: DTZ011  any day of this month would do
    copies = run.rounds(COPIES, COPIES_QUICK)
    with run.telling(f"across: storing {ORIGINALS * copies} clinics", ORIGINALS * copies) as tick:
        clinics = stored(run.kept, copies, today, tick)
    with (
        running_service(clinics.data_dir) as service,
        closing(Connection(HOST, service.port)) as connection,
    ):
        asking = Asking.of(service, connection, clinics)
        with run.telling("across: setups read, hours expanded"):
            asking.everything_once()
        return [
            _in_turns(run, asking, asking.near, "near a place"),
            _in_turns(run, asking, asking.anywhere, "anywhere"),
            _in_turns(run, asking, asking.any_service, "any service of a specialty, anywhere"),
        ]


@dataclass(frozen=True, slots=True)
class Asking:
    """A client of the service, on one connection and so with one of its processes."""

    service: Service
    connection: Connection
    clinics: StoredClinics
    service_ids: Sequence[str]
    numbers: "count[int]"

    @staticmethod
    def of(service: Service, connection: Connection, clinics: StoredClinics) -> "Asking":
        """The clinics searched alone are the originals."""
        service_ids = []
        for clinic_id, file in zip(clinics.ids, clinics.originals, strict=False):
            wanted = next(one.id for one in file.setup.services if one.name == SERVICE)
            service_ids.append(service.ids(clinic_id, "services")[wanted])
        return Asking(service, connection, clinics, service_ids, count(1))

    def everything_once(self) -> None:
        """Every kind of question, and every clinic that is searched alone."""
        for question in (self.near, self.anywhere, self.any_service, *[self.one_clinic] * ORIGINALS):
            question()

    def near(self) -> Answered:
        """All clinics, from the middle of one of the cities."""
        number = next(self.numbers)
        latitude, longitude = CITIES[number % len(CITIES)]
        return self._slots(number, service=SERVICE, near=f"{latitude},{longitude}")

    def anywhere(self) -> Answered:
        """All clinics, wherever they are: as good as each other until their calendars are known."""
        return self._slots(next(self.numbers), service=SERVICE)

    def any_service(self) -> Answered:
        """All clinics and all services of a specialty, wherever they are."""
        return self._slots(next(self.numbers), specialty=SPECIALTY)

    def one_clinic(self) -> Answered:
        """One clinic, each original in turn, for as many slots in the same range."""
        number = next(self.numbers)
        at = number % ORIGINALS
        query = {
            "serviceId": self.service_ids[at],
            "start": self._start(number),
            "end": self._end,
            "limit": LIMIT,
        }
        return self._get(f"/v1/clinics/{self.clinics.ids[at]}/availability?{urlencode(query)}")

    def _slots(self, number: int, **query: str) -> Answered:
        asked = {**query, "from": self._start(number), "to": self._end, "limit": LIMIT}
        return self._get(f"/v1/slots?{urlencode(asked)}")

    def _start(self, number: int) -> str:
        """Some second of the first hour, when nobody works: no cache of answers could know it."""
        minutes, seconds = divmod(number % 3600, 60)
        return f"{self.clinics.start}T00:{minutes:02}:{seconds:02}"

    @property
    def _end(self) -> str:
        return str(self.clinics.start + timedelta(days=DAYS - 1))

    def _get(self, path: str) -> Answered:
        answered = self.connection.exchange(self.service.request("GET", path), keep_body=True)
        if answered.status != 200:
            raise AssertionError(f"{path} answered {answered.status}: {answered.body[:500]!r}")
        return answered


def _in_turns(run: Run, asking: Asking, question: Callable[[], Answered], kind: str) -> Row:
    """All clinics and one in turns, by the time that the service takes."""
    calls = run.rounds(100, 20)
    across: list[Answered] = []
    alone: list[Answered] = []
    with run.telling(f"across: {kind}, all clinics and one in turns", calls) as tick:
        for _ in range(calls):
            across.append(question())
            alone.append(asking.one_clinic())
            tick()
    facts = {"clinics": len(asking.clinics.ids), "limit": LIMIT, "opened": _opened(across).summary()}
    return compared(
        f"{len(asking.clinics.ids)} clinics, top {LIMIT}, {kind}",
        _server_times(across),
        "one clinic",
        _server_times(alone),
        times_at_most(TIMES_ONE_CLINIC, decides=not run.quick),
        facts,
    )


def _server_times(answers: Sequence[Answered]) -> Sample:
    return sample([one.server_ms for one in answers])


def _opened(answers: Sequence[Answered]) -> Sample:
    """How many clinics each search opened; it must have found what it was asked for, and proven it."""
    opened = []
    for one in answers:
        body = orjson.loads(one.body)
        if len(body["slots"]) != LIMIT or not body["metadata"]["proven"]:
            raise AssertionError(f"a search across clinics answered {body['metadata']}")
        opened.append(body["metadata"]["clinicsOpened"])
    return sample(opened, "clinics")
