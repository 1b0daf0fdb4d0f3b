"""Random rebuilds of a few hours at one site: so few may move that every way to place them can be tried."""

from dataclasses import replace
from datetime import datetime, time
from random import Random

from api.clinic_file import parse_clinic
from models.planning import REBUILD_PRICES, Assignment, PlanQuestion, Task, TaskKind
from models.snapshot import ClinicSnapshot
from tests.oracle.clock import on_the_clock, rounded_down
from tests.planning.crowded_absences import DAYS, ZONES, book, site

MOST_MOVABLE = 3


def random_rebuild(seed: int) -> PlanQuestion:
    """Two or three who may move within a day or two, at prices under which it sometimes pays."""
    random = Random(f"rebuild {seed}")
    zone, day = random.choice(ZONES), random.choice(DAYS)
    midnight = on_the_clock(datetime.combine(day, time()), zone)
    first = rounded_down(midnight)
    file = site(random, zone)
    while sum(one["status"] != "checked_in" for one in file["appointments"]) < MOST_MOVABLE:
        file["appointments"] = []
        book(random, file, first, zone, weights=random.choice(((3, 3, 3), (5, 3, 1), (2, 8, 1))))
    clinic = parse_clinic(file)
    now = midnight
    snapshot = ClinicSnapshot.of(
        clinic.setup, appointments=clinic.appointments, patients=clinic.patients, now=now
    )
    movable = [one for one in snapshot.appointments if one.status.may_move]
    chosen = random.sample(movable, k=random.randint(2, MOST_MOVABLE))
    latest = first + random.choice((1440, 1440, 2880))
    rooms = clinic.setup.room_by_id
    tasks = []
    for one in chosen:
        home = Assignment.of(one)
        tasks.append(
            Task(
                id=one.id,
                kind=TaskKind.MOVABLE,
                service_id=one.service_id,
                patient_id=one.patient_id,
                duration_minutes=home.end - home.start,
                home=home,
                location_id=rooms[home.room_id].location_id if home.room_id else None,
                earliest=first,
                latest=latest,
            )
        )
    prices = replace(
        REBUILD_PRICES,
        told=random.choice((0, 5, 20, 100)),
        day=random.choice((20, 100)),
        provider=random.choice((0, 5, 30)),
        idle_minute=random.choice((1, 1, 3)),
        movable_pay_for_distance=random.random() < 0.8,
    )
    return PlanQuestion(snapshot=snapshot, tasks=tuple(tasks), prices=prices)
