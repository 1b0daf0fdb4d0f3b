"""From a question to ranked, checked slots: prune, bound, solve, check.

The answer is the true best list: only the options with the highest bounds enter the model, and if
the worst slot listed is at least as good as anything left out could be, nothing better exists.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from models.allocation import equipment_for, rooms_that_would_do
from models.appointment import EquipmentUse
from models.clinic import Location, Room
from models.rules import described, first_violation, is_overbooked
from models.score import score_of
from models.slot import Placement, Slot, SlotAnswer, SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute
from solver.candidates import candidates
from solver.options import Menu, Option, menu_of
from solver.outcome import Solved
from solver.problem import SearchProblem
from solver.search import SearchSettings
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
    sites = candidates(problem)
    size = request.limit + MARGIN
    while True:
        menu = menu_of(sites, request, size)
        if not menu.count:
            return NOTHING  # what pruning rules out needs no solver to confirm it
        answer = _best_of(menu, problem, settings or SearchSettings())
        if answer.proven or size >= menu.count:
            return answer
        size *= 4


def _best_of(menu: Menu, problem: SearchProblem, settings: SearchSettings) -> SlotAnswer:
    wanted = min(problem.request.limit, len(menu.options))
    outcome = solve(problem, menu.options, settings)
    if not isinstance(outcome, Solved) or len(outcome.offered) < wanted:
        # Every option passed the pruning, so a shorter list is the solver's fault: rank without it.
        return _ranked_without_solver(menu, problem)
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
    rooms: dict[tuple[str | None, Minute], tuple[Room, ...]] = field(default_factory=dict)

    def slot(self, option: Option) -> Slot:
        snapshot, request = self.problem.snapshot, self.problem.request
        equipment = self._equipment(option)
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
        rooms = self._rooms(option, placement, option.site)
        placement = placement.in_room(rooms[0] if rooms else None)
        violation = first_violation(placement, snapshot)
        if violation is not None:
            raise RuleBroken(f"{violation.rule}: {described(placement, snapshot)}")
        score = score_of(placement, snapshot, request.preferred)
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
            overbook=is_overbooked(placement, snapshot),
            joins=option.joins,
        )

    def _equipment(self, option: Option) -> tuple[EquipmentUse, ...] | None:
        if option.joins is not None:
            return option.joins.equipment
        service, snapshot = self.problem.request.service, self.problem.snapshot
        return equipment_for(service, option.site, option.start, option.end, snapshot)

    def _rooms(self, option: Option, placement: Placement, site: Location | None) -> tuple[Room, ...]:
        if option.joins is not None:
            return tuple(room for choice in option.room_choices for room in choice.rooms)
        key = (site.id if site else None, option.start)
        if key not in self.rooms:
            possible = [room for choice in option.room_choices for room in choice.rooms]
            self.rooms[key] = tuple(rooms_that_would_do(placement, possible, self.problem.snapshot))
        return self.rooms[key]
