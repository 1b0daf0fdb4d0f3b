"""Seats in group visits that take place already: few, so each is judged by the plain rules."""

import numpy as np

from models.clinic import Location, Provider
from models.group_visit import GroupVisit
from models.placing import joining
from models.rules import first_violation
from models.score import score_of
from models.snapshot import ClinicSnapshot
from solver.problem import SearchProblem
from solver.site_candidates import SiteCandidates


def joining_candidates(
    problem: SearchProblem, site: Location | None, providers: list[Provider]
) -> SiteCandidates | None:
    """The group visits at a location in which the patient could take a seat; None where there are none."""
    if not problem.request.service.is_for_groups:
        return None
    rows = {provider.id: row for row, provider in enumerate(providers)}
    found = [group for group in problem.snapshot.group_visits if _is_asked_for(group, problem, site, rows)]
    if not found:
        return None
    snapshot, request = problem.snapshot, problem.request
    placements = [joining(group, problem.setup, request.patient) for group in found]
    rooms = [placement.room for placement in placements if placement.room is not None]
    scores = [score_of(placement, snapshot, request.preferred) for placement in placements]
    count = len(found)
    return SiteCandidates(
        site=site,
        providers=providers,
        rows=np.array([rows[group.key.provider_id] for group in found], dtype=np.int64),
        starts=np.array([group.key.start for group in found], dtype=np.int64),
        bounds=np.array([score.total for score in scores], dtype=np.int64),
        rooms=rooms,
        room_points=[score.room for score in scores] if rooms else [],
        room_free=np.eye(count, dtype=np.bool_) if rooms else np.zeros((0, count), dtype=np.bool_),
        columns=np.arange(count, dtype=np.int64),
        overbooked=np.array([group.overbook for group in found], dtype=np.bool_),
        joins=tuple(found),
    )


def _is_asked_for(
    group: GroupVisit, problem: SearchProblem, site: Location | None, rows: dict[str, int]
) -> bool:
    key, request = group.key, problem.request
    return (
        key.service_id == request.service.id
        and key.provider_id in rows
        and problem.first_start <= key.start < problem.after_last_start
        and key.end - key.start == request.duration_minutes
        and group.location_id == (site.id if site else None)
        and _breaks_no_rule(group, problem.snapshot, problem)
    )


def _breaks_no_rule(group: GroupVisit, snapshot: ClinicSnapshot, problem: SearchProblem) -> bool:
    placement = joining(group, problem.setup, problem.request.patient)
    return first_violation(placement, snapshot) is None
