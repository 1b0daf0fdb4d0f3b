"""Clinics of any size out of a seed, with a schedule that is known to be feasible."""

from collections.abc import Iterator
from datetime import date
from random import Random

from models.clinic_file import ClinicFile
from scenarios.planting import Pace, planted
from scenarios.synthetic_rules import with_all_rules
from scenarios.synthetic_setup import SERVICES, synthetic_patients, synthetic_setup

DEFAULT_UTILISATION = 0.7
_USUAL_DAY_MINUTES = 480


def synthetic_clinic(
    seed: int,
    *,
    providers: int,
    rooms: int,
    days: int,
    start: date,
    utilisation: float = DEFAULT_UTILISATION,
    visits_per_provider_day: int | None = None,
    locations: int = 1,
    patients: int | None = None,
    timezone: str = "Europe/Berlin",
    all_rules: bool = False,
) -> ClinicFile:
    """A clinic of that size whose `days` from `start` are booked without breaking a hard rule.

    `utilisation` is the share of the providers' time that is taken; `visits_per_provider_day`,
    where given, takes its place and is never exceeded. With `all_rules` the same clinic has every rule
    that there is, with a few visits more that show them. The same arguments give the same clinic.
    """
    random = Random(seed)
    setup = synthetic_setup(
        random,
        seed=seed,
        providers=providers,
        rooms=rooms,
        locations=locations,
        start=start,
        days=days,
        timezone=timezone,
    )
    people = synthetic_patients(random, patients or max(10, providers * 40), setup.providers)
    if visits_per_provider_day is not None:
        utilisation = min(1.0, visits_per_provider_day * _usual_hold() / _USUAL_DAY_MINUTES)
    pace = Pace.around(utilisation, visits_per_provider_day)
    visits = planted(setup, people, random=random, first=start, days=days, pace=pace)
    file = ClinicFile(setup=setup, patients=people, appointments=tuple(visits))
    return with_all_rules(file, seed, first=start, days=days) if all_rules else file


def small_clinics(seed: int, count: int, *, start: date, days: int = 5) -> Iterator[ClinicFile]:
    """Many practices of a few people each, all different."""
    random = Random(seed)
    for _ in range(count):
        yield synthetic_clinic(
            random.randrange(2**31),
            providers=random.randint(1, 4),
            rooms=random.randint(2, 6),
            days=days,
            start=start,
            utilisation=random.uniform(0.4, 0.9),
            locations=random.choice((1, 1, 1, 2)),
            patients=random.randint(20, 60),
        )


def _usual_hold() -> float:
    """Minutes that a visit keeps its provider, on average: short services are asked for more often."""
    weights = [1 / service.duration_minutes for service in SERVICES]
    holds = [
        service.buffer_before_minutes + service.duration_minutes + service.buffer_after_minutes
        for service in SERVICES
    ]
    return sum(weight * hold for weight, hold in zip(weights, holds, strict=True)) / sum(weights)
