"""Every rule that a clinic may have, laid over one that is booked already without breaking any of them.

People, places and visits stay as they were; group visits and visits on top of others come in beside them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from models.appointment import Appointment
from models.clinic import Location, OverbookingRule, Provider, Service, Weekday
from models.clinic_file import ClinicFile
from models.group_visit import group_key
from models.setup import ClinicSetup
from models.wall_clock import ceil_minute, floor_minute, local_date
from scenarios.diary import Diary

GROUP = Service(
    id="class",
    name="Back class",
    duration_minutes=30,
    buffer_after_minutes=5,
    slot_step_minutes=5,
    room_types=frozenset({"exam", "consult"}),
    seats=4,
)
_WORKDAYS = tuple(Weekday)[:5]
_MOST_GAP = 30


def with_all_rules(file: ClinicFile, seed: int, *, first: date, days: int) -> ClinicFile:
    """The same clinic under every rule: lanes, caps, gaps, blackout dates, allowed providers, group visits.

    Caps are as low, and gaps as long (up to half an hour), as what is booked permits. The same arguments
    give the same clinic.
    """
    random = Random(seed)
    diary = Diary.of(_with_lanes_and_groups(file.setup), file.patients, file.appointments, random)
    diary.add_groups(GROUP, one_day_in=3)
    diary.add_on_top(most_per_day=1)
    visits = diary.visits()
    setup = _with_counts(diary.setup, visits, [first + timedelta(days=n) for n in range(days)])
    return replace(file, setup=setup, appointments=tuple(visits))


def _with_lanes_and_groups(setup: ClinicSetup) -> ClinicSetup:
    """Every second provider gives classes, and may be overbooked before noon; calls may be after it."""
    teachers = setup.providers[::2]
    rules = [
        OverbookingRule(
            id=f"mornings-{one.id}",
            provider_id=one.id,
            weekdays=_WORKDAYS,
            start=8 * 60,
            end=12 * 60,
            lanes=1,
            max_per_day=2,
        )
        for one in teachers
    ]
    calls = OverbookingRule(
        id="calls", service_id="video", weekdays=_WORKDAYS, start=13 * 60, end=17 * 60, lanes=2
    )
    return replace(
        setup,
        locations=tuple(_on_the_map(one, number) for number, one in enumerate(setup.locations)),
        services=(*setup.services, GROUP),
        providers=tuple(
            replace(one, service_ids=(*one.service_ids, GROUP.id)) if one in teachers else one
            for one in setup.providers
        ),
        overbooking=(*rules, calls),
    )


def _on_the_map(location: Location, number: int) -> Location:
    return replace(location, latitude=52.5 + number / 20, longitude=13.4)


def _with_counts(setup: ClinicSetup, visits: Sequence[Appointment], days: Sequence[date]) -> ClinicSetup:
    """Caps, gaps, blackout dates and allowed providers that the visits keep."""
    of_services = _most_in_a_day(setup, ((one.service_id, one) for one in visits))
    of_providers = _most_in_a_day(setup, ((one.provider_id, one) for one in visits))
    gaps = _least_gaps(visits)
    seen = {(one.service_id, local_date(floor_minute(one.starts_at), setup.zone)) for one in visits}
    services = [
        replace(
            service,
            max_per_day=of_services.get(service.id, 1),
            min_gap_minutes=max(0, min(_MOST_GAP, gaps.get(service.id, _MOST_GAP))),
            blackout_dates=_free_days(service, seen, days),
            allowed_provider_ids=frozenset(
                one.id for one in setup.providers if service.id in one.service_ids
            ),
        )
        for service in setup.services
    ]
    capped = [replace(one, max_visits_per_day=of_providers.get(one.id, 1)) for one in setup.providers]
    return replace(
        setup,
        services=tuple(services),
        providers=tuple(_also_on_paper(one, services, number) for number, one in enumerate(capped)),
    )


def _most_in_a_day(setup: ClinicSetup, counted: Iterable[tuple[str, Appointment]]) -> Mapping[str, int]:
    """For each name the most visits that it has on one day."""
    counts = Counter((name, local_date(floor_minute(visit.starts_at), setup.zone)) for name, visit in counted)
    most: dict[str, int] = {}
    for (name, _), count in counts.items():
        most[name] = max(most.get(name, 0), count)
    return most


def _least_gaps(visits: Iterable[Appointment]) -> Mapping[str, int]:
    """For each service the fewest minutes between two visits of one provider; -1 where they overlap."""
    spans: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for one in {group_key(visit): visit for visit in visits if not visit.overbook}.values():
        span = floor_minute(one.starts_at), ceil_minute(one.ends_at)
        spans.setdefault((one.service_id, one.provider_id), []).append(span)
    least: dict[str, int] = {one.service_id: -1 for one in visits if one.overbook}
    for (service_id, _), found in spans.items():
        for (_, end), (start, _) in pairwise(sorted(found)):
            least[service_id] = min(least.get(service_id, start - end), start - end)
    return least


def _free_days(service: Service, seen: set[tuple[str, date]], days: Sequence[date]) -> tuple[date, ...]:
    """The first working day on which nobody has come for a service, or else the day behind the last."""
    free = [day for day in days if day.weekday() < len(_WORKDAYS) and (service.id, day) not in seen]
    return (free[0],) if free else (days[-1] + timedelta(days=1),)


def _also_on_paper(provider: Provider, services: Sequence[Service], number: int) -> Provider:
    """Offers one more service than they are allowed to give, where there is one."""
    others = [one.id for one in services if one.id not in provider.service_ids]
    extra = others[number % len(others)] if others else None
    return provider if extra is None else replace(provider, service_ids=(*provider.service_ids, extra))
