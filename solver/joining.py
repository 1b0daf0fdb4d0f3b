"""Seats in group visits that take place already: few, so each is judged by the plain rules."""

from collections.abc import Sequence

import numpy as np

from models.clinic import Location, Provider
from models.group_visit import GroupVisit
from models.placing import joining
from models.rules import first_violation
from models.score import score_of
from models.slot import ScoreBreakdown
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute
from solver.bounds import Terms
from solver.problem import SearchProblem
from solver.site_candidates import SiteCandidates


def joining_candidates(
    problem: SearchProblem, site: Location | None, providers: list[Provider]
) -> SiteCandidates | None:
    """The group visits at a location in which the patient could take a seat; None where there are none.

    Of several at one provider and time, the one that suits best.
    """
    if not problem.request.service.is_for_groups:
        return None
    rows = {provider.id: row for row, provider in enumerate(providers)}
    best: dict[tuple[str, Minute], tuple[ScoreBreakdown, GroupVisit]] = {}
    for group in problem.snapshot.group_visits:
        if _is_asked_for(group, problem, site, rows):
            score = score_of(joining(group, problem.setup, problem.request.patient), problem.basis)
            who_and_when = group.key.provider_id, group.key.start
            if who_and_when not in best or score.total > best[who_and_when][0].total:
                best[who_and_when] = score, group
    if not best:
        return None
    scores, found = zip(*best.values(), strict=True)
    rooms = [problem.setup.room_by_id[group.key.room_id] for group in found if group.key.room_id]
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
        terms=_terms(scores, problem),
        joins=tuple(found),
    )


def _terms(scores: Sequence[ScoreBreakdown], problem: SearchProblem) -> Terms:
    """The room is settled, so what the provider thinks of it is in the preference already."""
    in_person = problem.request.service.needs_room
    return Terms(
        preference=np.array([score.preference for score in scores], dtype=np.int64),
        liking=np.zeros(len(scores), dtype=np.int64),
        gap=np.array([score.gap for score in scores], dtype=np.int64),
        room=np.array([0 if in_person else score.room for score in scores], dtype=np.int64),
        overbook=np.array([score.overbook for score in scores], dtype=np.int64),
        fairness=np.array([score.fairness for score in scores], dtype=np.int64),
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
