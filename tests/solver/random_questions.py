"""Random questions small enough for the model alone, and every option that they have."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import NamedTuple

from api.clinic_file import parse_clinic
from api.slot_query import SlotQuery
from models import rules
from models.clinic import Location, Provider
from models.group_visit import GroupVisit
from models.placing import joining
from models.rules import Rule, first_violation, is_overbooked
from models.slot import Placement, ScoreBreakdown
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute
from solver.options import Option, RoomChoice
from solver.problem import SearchProblem
from tests.oracle.clock import Json
from tests.oracle.random_clinics import random_clinic

MOST = 500
MOST_SEEDS = 200
ROOMS_AND_EQUIPMENT = (*rules.ROOM_RULES, *rules.EQUIPMENT_RULES)
PEOPLE_AND_TIMES = tuple(rule for rule in rules.HARD_RULES if rule not in ROOMS_AND_EQUIPMENT)


class Question(NamedTuple):
    """A question as the product understands it and as it stands in a file, and a raster for its starts."""

    problem: SearchProblem
    clinic_file: Json
    asked: Json
    raster: int


def problem_of(clinic_file: Json, asked: Json) -> SearchProblem:
    """The question as the product understands it."""
    parsed = parse_clinic(clinic_file)
    now = datetime.fromisoformat(asked["now"])
    snapshot = ClinicSnapshot.of(
        parsed.setup, appointments=parsed.appointments, patients=parsed.patients, now=now
    )
    query = SlotQuery(
        service_id=asked["serviceId"],
        start=asked["start"],
        end=asked["end"],
        location_id=asked.get("locationId"),
        provider_ids=tuple(asked.get("providerIds", ())),
        patient_id=asked.get("patientId"),
        duration_minutes=asked.get("durationMinutes"),
        limit=MOST,
    )
    patient = snapshot.patient(query.patient_id) if query.patient_id else None
    return SearchProblem(snapshot=snapshot, request=query.request(parsed.setup, patient))


def every_option(problem: SearchProblem, raster: int) -> list[Option]:
    """Every provider asked for, at every place, at every minute of the raster, in any room of the clinic.

    And a seat in every group visit at those times, for whatever service it is.
    """
    request, setup = problem.request, problem.setup
    providers = [
        one for one in setup.providers if request.provider_ids is None or one.id in request.provider_ids
    ]
    groups: dict[tuple[str, Minute], list[GroupVisit]] = {}
    for group in problem.snapshot.group_visits:
        groups.setdefault((group.key.provider_id, group.key.start), []).append(group)
    first = -(-request.earliest // raster) * raster
    return [
        option_of(problem, provider, site, start)._replace(joins=joins)
        for start in range(first, request.latest, raster)
        for provider in providers
        for site in problem.sites
        for joins in (None, *groups.get((provider.id, start), ()))
    ]


def option_of(problem: SearchProblem, provider: Provider, site: Location | None, start: Minute) -> Option:
    setup, service = problem.setup, problem.request.service
    rooms = setup.rooms if service.needs_room else ()
    return Option(
        provider=provider,
        site=site,
        start=start,
        end=start + problem.request.duration_minutes,
        base=ScoreBreakdown(1, 0, 0, 0),
        room_choices=tuple(
            RoomChoice(points=problem.basis.room_points.get(room.id, 0), rooms=(room,)) for room in rooms
        ),
        decided=False,
    )


@cache
def small_questions() -> list[Question]:
    """Random questions with few options."""
    found = []
    for seed in range(MOST_SEEDS):
        clinic_file, queries = random_clinic(seed)
        for asked in queries:
            problem = problem_of(clinic_file, asked)
            for raster in (5, 15):
                if 100 < _size(problem, raster) < 1500:
                    found.append(Question(problem, clinic_file, asked, raster))
                    break
    return found


def _size(problem: SearchProblem, raster: int) -> int:
    """About how many literals the options of a question have."""
    request, setup = problem.request, problem.setup
    providers = len(setup.providers if request.provider_ids is None else request.provider_ids)
    rooms = len(setup.rooms) if request.service.needs_room else 0
    return (request.latest - request.earliest) // raster * providers * len(problem.sites) * (1 + rooms)


def questions_of(kind: str) -> Iterator[Question]:
    """Those of them that are of a kind."""
    return (question for question in small_questions() if KINDS[kind](question.problem))


def placements(problem: SearchProblem) -> Iterator[Placement]:
    """Every quarter of an hour with every provider asked for at every place; rooms and equipment aside."""
    request = problem.request
    for option in every_option(problem, 15):
        if option.joins is None:
            yield Placement(
                service=request.service,
                provider=option.provider,
                location=option.site,
                room=None,
                start=option.start,
                end=option.end,
                patient=request.patient,
            )


def bites(problem: SearchProblem, rule: Rule) -> bool:
    """Whether the rule closes something that all others would leave, rooms and equipment aside."""
    return any(
        rule(placement, problem.snapshot) is not None
        and all(other is rule or other(placement, problem.snapshot) is None for other in PEOPLE_AND_TIMES)
        for placement in placements(problem)
    )


def goes_on_top(problem: SearchProblem) -> bool:
    """Whether somebody may be overbooked."""
    return bool(problem.setup.lanes) and any(
        is_overbooked(placement, problem.snapshot)
        and all(rule(placement, problem.snapshot) is None for rule in PEOPLE_AND_TIMES)
        for placement in placements(problem)
    )


def has_a_seat(problem: SearchProblem) -> bool:
    """Whether the patient could join a group visit."""
    request = problem.request
    seats = [
        joining(group, problem.setup, request.patient)
        for group in problem.snapshot.group_visits
        if group.key.service_id == request.service.id and request.earliest <= group.key.start < request.latest
    ]
    return any(first_violation(seat, problem.snapshot) is None for seat in seats)


def _bitten_by(rule: Rule) -> Callable[[SearchProblem], bool]:
    return lambda problem: bites(problem, rule)


KINDS: dict[str, Callable[[SearchProblem], bool]] = {
    "in person": lambda problem: problem.request.service.needs_room and not problem.request.service.equipment,
    "in person, with equipment": lambda problem: (
        problem.request.service.needs_room and bool(problem.request.service.equipment)
    ),
    "from afar": lambda problem: not problem.request.service.needs_room,
    "for a patient": lambda problem: problem.request.patient is not None,
    "on top of others": goes_on_top,
    "with a seat in a group visit": has_a_seat,
    "where a provider's day is full": _bitten_by(rules.provider_has_visits_left_that_day),
    "where a service's day is full": _bitten_by(rules.service_has_visits_left_that_day),
    "where gaps bite": _bitten_by(rules.visits_of_a_service_keep_their_gap),
    "where seats run out": _bitten_by(rules.group_visit_has_a_seat_left),
    "where lanes run out": _bitten_by(rules.overbooking_stays_within_its_daily_limit),
    "where somebody may not": _bitten_by(rules.service_allows_the_provider),
    "on some dates only": _bitten_by(rules.service_is_not_blacked_out),
}
