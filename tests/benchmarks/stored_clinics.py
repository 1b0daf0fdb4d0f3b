"""Databases with many clinics, loaded by the import workflow, and kept because that takes minutes."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import cos, radians
from pathlib import Path
from random import Random

from api.command_line.files import OPERATOR
from api.running import open_runtime
from api.settings import read_settings
from api.workflows.import_clinic import import_clinic
from api.workflows.runtime import utc_now
from models.clinic_file import ClinicFile
from models.postgres.migrate import MIGRATIONS
from scenarios.synthetic import synthetic_clinic

ORIGINALS = 5
VISITS = 1000
DAYS = 24
IMPORTS_AT_ONCE = 8
CITIES = ((52.52, 13.40), (53.55, 10.00), (48.14, 11.58), (50.94, 6.96), (50.11, 8.68))
KILOMETRES_PER_DEGREE = 111.2
SPREAD_KILOMETRES = 12.0
_LIST = "clinics.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClinics:
    """A data folder and its clinics: `ids[n]` is a copy of original `n % ORIGINALS`."""

    data_dir: Path
    ids: Sequence[str]
    originals: Sequence[ClinicFile]
    start: date

    @property
    def visits(self) -> int:
        return len(self.ids) * VISITS


def originals(start: date) -> list[ClinicFile]:
    """Clinics of five providers and eight rooms with a thousand visits each, booked from `start` on."""
    made = []
    for seed in range(ORIGINALS):
        file = synthetic_clinic(seed + 1, providers=5, rooms=8, days=DAYS, start=start, utilisation=0.85)
        if len(file.appointments) < VISITS:
            raise AssertionError(f"clinic {seed + 1} has only {len(file.appointments)} visits")
        made.append(replace(file, appointments=file.appointments[:VISITS]))
    return made


def in_a_city(file: ClinicFile, number: int) -> ClinicFile:
    """The clinic somewhere in one of five cities, a hundred of five hundred in each; nothing else differs."""
    random = Random(number)
    latitude, longitude = random.choice(CITIES)
    north, east = (random.gauss(0, SPREAD_KILOMETRES) / KILOMETRES_PER_DEGREE for _ in range(2))
    latitude, longitude = latitude + north, longitude + east / cos(radians(latitude))
    places = tuple(replace(one, latitude=latitude, longitude=longitude) for one in file.setup.locations)
    return replace(file, setup=replace(file.setup, locations=places))


def first_day(today: date) -> date:
    """The first Monday of the month after next: the same for a month, and always ahead."""
    month = today.month + 1
    first = date(today.year + month // 12, month % 12 + 1, 1)
    return first.replace(day=1 + -first.weekday() % 7)


def stored(folder: Path, copies: int, today: date, tick: Callable[[], None]) -> StoredClinics:
    """The originals, each stored so often; what an earlier run stored of the same kind is used again."""
    start = first_day(today)
    files = originals(start)
    data_dir = folder / f"{copies * ORIGINALS}-clinics-{_fingerprint(start)}"
    listed = data_dir / _LIST
    if not listed.exists():
        for outdated in folder.glob(f"{copies * ORIGINALS}-clinics-*"):
            _remove(outdated)
        data_dir.mkdir(parents=True)
        placed = [in_a_city(file, number) for number, file in enumerate(files * copies)]
        ids = asyncio.run(_imported(data_dir, placed, tick))
        listed.write_text(json.dumps(ids), encoding="utf-8")
    ids = json.loads(listed.read_text(encoding="utf-8"))
    return StoredClinics(data_dir=data_dir, ids=ids, originals=files, start=start)


def _remove(data_dir: Path) -> None:
    """The folder, and the database where it had to lie elsewhere."""
    database = (data_dir / "postgres").resolve()
    shutil.rmtree(data_dir)
    shutil.rmtree(database, ignore_errors=True)


def _fingerprint(start: date) -> str:
    """Changes with the schema and with what is stored."""
    known = hashlib.sha256(f"{start} {ORIGINALS} {VISITS} {DAYS} {CITIES} {SPREAD_KILOMETRES}".encode())
    for path in sorted(MIGRATIONS.glob("*.sql")):
        known.update(path.read_bytes())
    return known.hexdigest()[:12]


async def _imported(data_dir: Path, files: Sequence[ClinicFile], tick: Callable[[], None]) -> list[str]:
    gate = asyncio.Semaphore(IMPORTS_AT_ONCE)
    async with open_runtime(read_settings(data_dir=data_dir), clock=utc_now) as runtime:

        async def one(file: ClinicFile) -> str:
            async with gate:
                clinic_id = await import_clinic(runtime, file, OPERATOR)
            tick()
            return clinic_id

        return list(await asyncio.gather(*(one(file) for file in files)))
