"""From a question to ranked, checked slots: prune, bound, solve, check.

The answer is the true best list: only the options with the highest bounds enter the model, and if
the worst slot listed is at least as good as anything left out could be, nothing better exists.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from models.allocation import equipment_for, rooms_that_would_do
from models.appointment import Appointment, EquipmentUse
from models.clinic import Room
from models.rearranging import after_changes, first_objection, score_after
from models.rules import Violation, described, first_violation, is_overbooked
from models.score import score_of
from models.slot import Placement, Rearrangement, Slot, SlotAnswer, SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute
from solver.candidates import candidates_and_blocked
from solver.options import Menu, Option, menu_of
from solver.outcome import Solved
from solver.problem import SearchProblem
from solver.rearranging import rearranged
from solver.search import SearchSettings
from solver.site_candidates import SiteCandidates
from solver.solve import solve

MARGIN = 8
"""Options beyond the limit that enter the model at first."""

NOTHING = SlotAnswer(slots=(), proven=True, bound=0)


class RuleBroken(AssertionError):
    """The model offered what a plain check refuses: a bug, never shown to anybody as a slot."""


def offer_slots(
    snapshot: ClinicSnapshot, request: SlotRequest, settings: SearchSettings | None = None
) -> SlotAnswer:
    """The best slots for a request, in order, with the proof that no better list exists."""
    problem = SearchProblem(snapshot=snapshot, request=request)
    settings = settings or SearchSettings()
    sites, blocked = candidates_and_blocked(problem)
    if not request.rearrange_rooms:
        return _best_among(sites, problem, settings)
    opened = rearranged(problem, sites, blocked, settings)
    answer = _best_among([*sites, *opened.sites], problem, settings)
    if opened.best_unknown is None:
        return answer
    best = max((slot.score.total for slot in answer.slots), default=0)
    return replace(answer, proven=False, bound=request.limit * max(best, opened.best_unknown))


def _best_among(sites: list[SiteCandidates], problem: SearchProblem, settings: SearchSettings) -> SlotAnswer:
    size = problem.request.limit + MARGIN
    while True:
        menu = menu_of(sites, problem.request, size)
        if not menu.count:
            return NOTHING  # what pruning rules out needs no solver to confirm it
        answer = _best_of(menu, problem, settings)
        if answer.proven or size >= menu.count:
            return replace(answer, count=menu.count)
        size *= 4


def _best_of(menu: Menu, problem: SearchProblem, settings: SearchSettings) -> SlotAnswer:
    wanted = min(problem.request.limit, len(menu.options))
    outcome = solve(problem, menu.options, settings)
    if not isinstance(outcome, Solved) or len(outcome.offered) != wanted:
        # Every option passed the pruning, so a list of another length is the solver's fault: rank without it.
        return _ranked_without_solver(menu, problem)
    if outcome.bound < sum(option.best_points for option in menu.options[:wanted]):
        return _ranked_without_solver(menu, problem)  # and a bound that a list of our own exceeds is one, too
    slots = checked(outcome.offered, problem)
    total = sum(slot.score.total for slot in slots)
    worst = min((slot.score.total for slot in slots), default=0)
    nothing_better_outside = menu.best_outside is None or menu.best_outside <= worst
    bound = outcome.bound if nothing_better_outside else max(outcome.bound, _optimistic(menu, wanted))
    return SlotAnswer(slots=slots, proven=nothing_better_outside and total >= outcome.bound, bound=bound)


def _optimistic(menu: Menu, wanted: int) -> int:
    best = max(option.best_points for option in menu.options)
    return wanted * max(best, menu.best_outside or 0)


def _ranked_without_solver(menu: Menu, problem: SearchProblem) -> SlotAnswer:
    wanted = min(problem.request.limit, len(menu.options))
    slots = checked(menu.options[:wanted], problem)
    bound = sum(option.best_points for option in menu.options[:wanted])
    return SlotAnswer(slots=slots, proven=False, bound=bound)


def checked(options: Iterable[Option], problem: SearchProblem) -> tuple[Slot, ...]:
    """The options as slots, best first; each has passed every rule in plain Python.

    Raises RuleBroken for a placement that breaks a rule or scores other than the model said.
    """
    check = _Check(problem)
    slots = [check.slot(option) for option in options]
    return tuple(sorted(slots, key=ranking))


def ranking(slot: Slot) -> tuple[int, Minute, str, str, str]:
    """By falling score, then earlier start, then the provider's name."""
    site = slot.location.id if slot.location else ""
    return -slot.score.total, slot.start, slot.provider.name, slot.provider.id, site


@dataclass(slots=True)
class _Check:
    """Judges options one by one; options at one place and start share their rooms and equipment."""

    problem: SearchProblem
    rooms: dict[tuple[str | None, Minute], frozenset[str]] = field(default_factory=dict)
    after: dict[tuple[Rearrangement, ...], ClinicSnapshot] = field(default_factory=dict)
    booked: Mapping[str, Appointment] = field(default_factory=dict)

    def slot(self, option: Option) -> Slot:
        snapshot, request = self._after_changes(option), self.problem.request
        equipment = self._equipment(option, snapshot)
        placement = Placement(
            service=request.service,
            provider=option.provider,
            location=option.site,
            room=None,
            equipment=equipment or (),
            patient=request.patient,
            start=option.start,
            end=option.end,
            joins=option.joins,
        )
        rooms = self._rooms(option, placement, snapshot)
        placement = placement.in_room(rooms[0] if rooms else None)
        violation = first_violation(placement, snapshot) or self._objection(option, placement)
        if violation is not None:
            raise RuleBroken(f"{violation.rule}: {described(placement, snapshot)}")
        overbooked = is_overbooked(placement, snapshot)
        score = score_of(
            placement, self.problem.basis, room_pleases=not option.rearranges, overbooked=overbooked
        )
        if option.rearranges:
            score = score_after(score, len(option.rearranges))
        if option.decided and score.total != option.best_points:
            offered = described(placement, snapshot)
            raise RuleBroken(
                f"scored {score.total} by the rules, {option.best_points} by the model: {offered}"
            )
        return Slot(
            provider=option.provider,
            location=option.site,
            rooms=rooms,
            equipment=placement.equipment,
            start=option.start,
            end=option.end,
            score=score,
            overbook=overbooked,
            joins=option.joins,
            rearranges=option.rearranges,
        )

    def _after_changes(self, option: Option) -> ClinicSnapshot:
        """The clinic once those have changed who have to."""
        changes = option.rearranges
        if not changes:
            return self.problem.snapshot
        if changes not in self.after:
            self.after[changes] = after_changes(self.problem.snapshot, changes, self._booked)
        return self.after[changes]

    def _objection(self, option: Option, placement: Placement) -> Violation | None:
        if not option.rearranges:
            return None
        return first_objection(option.rearranges, placement, self.problem.snapshot, self._booked)

    @property
    def _booked(self) -> Mapping[str, Appointment]:
        if not self.booked:
            self.booked = {one.id: one for one in self.problem.snapshot.appointments}
        return self.booked

    def _equipment(self, option: Option, snapshot: ClinicSnapshot) -> tuple[EquipmentUse, ...] | None:
        if option.joins is not None:
            return option.joins.equipment
        return equipment_for(self.problem.request.service, option.site, option.start, option.end, snapshot)

    def _rooms(self, option: Option, placement: Placement, snapshot: ClinicSnapshot) -> tuple[Room, ...]:
        """The rooms of the option that would do, in its order."""
        possible = tuple([room for choice in option.room_choices for room in choice.rooms])
        if option.joins is not None:
            return possible
        key = (option.site.id if option.site else None, option.start)
        if key not in self.rooms:
            would_do = rooms_that_would_do(placement, possible, snapshot)
            self.rooms[key] = frozenset([room.id for room in would_do])
        would = self.rooms[key]
        return (
            possible if len(would) == len(possible) else tuple([one for one in possible if one.id in would])
        )
