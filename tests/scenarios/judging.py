"""Judges a booked clinic by the hard rules, visit after visit."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise

from models.appointment import Appointment
from models.clinic_file import ClinicFile
from models.group_visit import group_key
from models.rules import is_overbooked, violations
from models.slot import Placement
from models.snapshot import ClinicSnapshot
from models.wall_clock import ceil_minute, floor_minute, local_date


def placement_of(visit: Appointment, file: ClinicFile) -> Placement:
    """What the rules judge, of a visit that is booked."""
    setup = file.setup
    room = setup.room_by_id[visit.room_id] if visit.room_id else None
    return Placement(
        service=setup.service_by_id[visit.service_id],
        provider=setup.provider_by_id[visit.provider_id],
        location=setup.location_by_id[room.location_id] if room else None,
        room=room,
        equipment=visit.equipment,
        patient=next(one for one in file.patients if one.id == visit.patient_id),
        start=floor_minute(visit.starts_at),
        end=ceil_minute(visit.ends_at),
    )


def broken_rules(file: ClinicFile, visits: Iterable[Appointment]) -> Iterator[str]:
    """What each visit breaks, given those of its day that come before it; the clock stands a day earlier."""
    for _, those_of_a_day in groupby(visits, key=lambda visit: visit.starts_at.date()):
        before: list[Appointment] = []
        for visit in those_of_a_day:
            snapshot = ClinicSnapshot.of(
                file.setup,
                appointments=before,
                patients=file.patients,
                now=visit.starts_at - timedelta(days=2),
            )
            groups = {group.key: group for group in snapshot.group_visits}
            placement = placement_of(visit, file)._replace(joins=groups.get(group_key(visit)))
            for violation in violations(placement, snapshot):
                yield f"{visit.id} at {visit.starts_at}: {violation.rule}: {violation.message}"
            if is_overbooked(placement, snapshot) and not visit.overbook:
                yield f"{visit.id} at {visit.starts_at} overlaps another visit and does not say so"
            before.append(visit)


def broken_counts(file: ClinicFile, visits: Iterable[Appointment]) -> Iterator[str]:
    """Which daily caps, gaps and blackout dates the visits break."""
    setup, visits = file.setup, list(visits)
    by_provider: Counter[tuple[str, date]] = Counter()
    by_service: Counter[tuple[str, date]] = Counter()
    for visit in visits:
        day = local_date(floor_minute(visit.starts_at), setup.zone)
        by_provider[visit.provider_id, day] += 1
        by_service[visit.service_id, day] += 1
        if day in setup.service_by_id[visit.service_id].blackout_dates:
            yield f"{visit.id} on a blackout date"
    for (provider_id, day), count in by_provider.items():
        most = setup.provider_by_id[provider_id].max_visits_per_day
        if most is not None and count > most:
            yield f"{count} visits of {provider_id} on {day}"
    for (service_id, day), count in by_service.items():
        most = setup.service_by_id[service_id].max_per_day
        if most is not None and count > most:
            yield f"{count} visits of {service_id} on {day}"
    yield from _broken_gaps(file, visits)


def _broken_gaps(file: ClinicFile, visits: list[Appointment]) -> Iterator[str]:
    def whose(visit: Appointment) -> tuple[str, str, datetime]:
        return visit.provider_id, visit.service_id, visit.starts_at

    apart = {group_key(visit): visit for visit in visits}.values()
    for earlier, later in pairwise(sorted(apart, key=whose)):
        if whose(earlier)[:2] == whose(later)[:2]:
            wanted = timedelta(minutes=file.setup.service_by_id[later.service_id].min_gap_minutes)
            if wanted and later.starts_at - earlier.ends_at < wanted:
                yield f"{later.id} too soon after {earlier.id}"
