"""Whether a plan is one, and what it costs, by code of its own: a judge of our plans and of anybody's.

Everything that moves is lifted out, and then each visit is laid down in the order of the plan, beside what
stays and what came before it; the oracle's world says whether it can be.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from models.plan import Plan
from models.planning import Assignment, PlanQuestion
from tests.oracle.opening import by_id
from tests.planning.asked import Asked, Errand, Place, asked_in_question, others_of
from tests.planning.price_list import Bill, bill_of, idle_minutes, is_told
from tests.planning.table import Table


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is wrong with a plan, in words, and what it costs."""

    faults: tuple[str, ...]
    bill: Bill


def verdict_on(asked: Asked, moves: Sequence[tuple[str, Place]], unplaced: Iterable[str]) -> Verdict:
    """Every fault of a plan: `moves` in its order; errands in neither list stay where they are."""
    judge = _Judge(asked, dict(moves), frozenset(unplaced))
    faults = [*judge.faults_of_lists([one for one, _ in moves]), *judge.faults_of_order(moves)]
    return Verdict(faults=tuple(faults), bill=judge.bill())


def verdict_on_places(asked: Asked, places: Mapping[str, Place | None], order: Iterable[str]) -> Verdict:
    """The same of where everybody goes, laid down in that order; whoever has None has no place."""
    moves = [(one, place) for one in order if (place := places[one]) is not None]
    return verdict_on(asked, moves, [one for one, place in places.items() if place is None])


def verdict_on_plan(question: PlanQuestion, plan: Plan) -> Verdict:
    """The same of a plan by the planner: what it says of itself is judged as well."""
    asked = asked_in_question(question)
    moves = [(move.appointment_id, Place.of_assignment(move.after)) for move in plan.moves]
    verdict = verdict_on(asked, moves, plan.unplaced)
    return Verdict(faults=(*verdict.faults, *_faults_of_words(asked, plan, verdict.bill)), bill=verdict.bill)


def verdict_on_peer(
    question: PlanQuestion, placed: Mapping[str, Assignment], unplaced: Iterable[str]
) -> Verdict:
    """The same of places that somebody else has found."""
    in_time = sorted(placed.items(), key=lambda one: (one[1].start, one[0]))
    moves = [(identifier, Place.of_assignment(at)) for identifier, at in in_time]
    return verdict_on(asked_in_question(question), moves, unplaced)


class _Judge:
    def __init__(self, asked: Asked, places: Mapping[str, Place], unplaced: frozenset[str]) -> None:
        self.asked, self.places, self.unplaced = asked, places, unplaced
        self.others = list(others_of(asked, places))
        self.errands = {errand.id: errand for errand in (*asked.errands, *self.others)}
        self.table = Table(asked, {*places, *unplaced})

    def bill(self) -> Bill:
        """What all errands cost, and the others who move."""
        places = {
            errand.id: None if errand.id in self.unplaced else self.places.get(errand.id, errand.home)
            for errand in self.errands.values()
        }
        bill = bill_of(self.asked, self.errands.values(), places)
        return bill if not self.asked.prices["idle_minute"] else self._with_idle_minutes(bill)

    def _with_idle_minutes(self, bill: Bill) -> Bill:
        low = min(errand.earliest for errand in self.asked.errands)
        high = max(errand.latest for errand in self.asked.errands)
        book = self.table.book
        idle = idle_minutes(self.asked, self.table.world.opening, book.in_use, low, high)
        paid = idle * self.asked.prices["idle_minute"]
        return replace(bill, objective=bill.objective + paid, shift=bill.shift + paid)

    # what moves at all

    def faults_of_lists(self, moved: Sequence[str]) -> Iterator[str]:
        """Who may move, be left out, or stay."""
        if len(set(moved)) < len(moved):
            yield "an appointment moves twice"
        for identifier in sorted({*moved, *self.unplaced} - self.errands.keys()):
            yield f"{identifier} may not move"
        for identifier in sorted(self.unplaced & self.places.keys()):
            yield f"{identifier} moves and has no place"
        for errand in self.asked.errands:
            gone = errand.id in self.unplaced
            if gone and errand.kind == "movable":
                yield f"{errand.id} could stay, and has no place"
            if not gone and errand.id not in self.places:
                yield from self._faults_of_staying(errand)
        told = [one for one in self.others if is_told(one, self.places[one.id])]
        if self.others and self.asked.others == "none":
            yield f"{len(self.others)} others move, where none may"
        if told and self.asked.others != "moves":
            yield f"{len(told)} others are told, where none may"
        if len(told) > self.asked.most_moved:
            yield f"{len(told)} others are told, where {self.asked.most_moved} may"

    def _faults_of_staying(self, errand: Errand) -> Iterator[str]:
        """What is wanted has nowhere to stay, and what is displaced must be able to."""
        if errand.home is None:
            yield f"{errand.id} is in neither list"
        elif errand.kind == "displaced":
            table = Table(self.asked, {errand.id, *self.places, *self.unplaced})
            if _fits(table, errand, errand.home) is None:
                yield f"{errand.id} stays where it cannot"

    # where they go

    def faults_of_order(self, moves: Iterable[tuple[str, Place]]) -> Iterator[str]:
        """Each move by all rules, beside those before it."""
        for identifier, place in moves:
            errand = self.errands.get(identifier)
            if errand is None:
                continue
            yield from self._faults_of_errand(errand, place)
            overbook = _fits(self.table, errand, place)
            if overbook is None:
                yield f"{identifier} cannot be at {place}: {self._why(errand, place)}"
            self.table.lay(errand, place, overbook=bool(overbook))

    def _faults_of_errand(self, errand: Errand, place: Place) -> Iterator[str]:
        name = errand.id
        if place.end - place.start != errand.duration:
            yield f"{name} lasts {place.end - place.start} minutes, not {errand.duration}"
        if errand.location_id is not None and self.asked.place_of(place.room_id) != errand.location_id:
            yield f"{name} takes place elsewhere"
        if errand.provider_ids is not None and place.provider_id not in errand.provider_ids:
            yield f"{name} goes to {place.provider_id}, whom nobody asked for"
        stays = errand.home is not None and errand.home.meeting == place.meeting
        if not stays or errand.kind != "movable":
            if not errand.earliest <= place.start < errand.latest:
                yield f"{name} starts at {place.start}, outside [{errand.earliest}, {errand.latest})"
            if any(place.start < end and start < place.end for start, end in errand.excluded):
                yield f"{name} is when its patient cannot come"

    def _why(self, errand: Errand, place: Place) -> str:
        place_id = self.asked.place_of(place.room_id)
        ask = self.table.ask(errand, place.provider_id, place_id, place.start)
        reasons = self.table.world.why_not(ask) or {"its room or its equipment"}
        return ", ".join(sorted(reasons))


def _fits(table: Table, errand: Errand, place: Place) -> bool | None:
    """Whether a visit can be laid down there is told by None or not; and if so, whether it is on top."""
    ask = table.ask(errand, place.provider_id, table.asked.place_of(place.room_id), place.start)
    stays = errand.home is not None and errand.home.meeting == place.meeting
    if not table.may_start(ask) and not (stays and errand.kind == "movable"):
        return None
    return next((overbook for way, overbook in table.ways(errand, ask) if way == place), None)


def _faults_of_words(asked: Asked, plan: Plan, bill: Bill) -> Iterator[str]:
    """What a plan says of its moves, its price and its bound."""
    told = plan.optimality
    booked = by_id(asked.file["appointments"])
    for move in plan.moves:
        home = Place.of(booked[move.appointment_id]) if move.appointment_id in booked else None
        if (home is None) != (move.before is None) or (
            move.before is not None and Place.of_assignment(move.before) != home
        ):
            yield f"{move.appointment_id} is said to come from {move.before}"
        if home is not None and Place.of_assignment(move.after) == home:
            yield f"{move.appointment_id} is said to move, and stays"
        if sum(move.parts.values()) != move.price:
            yield f"{move.appointment_id} costs {move.price}, and its parts {dict(move.parts)}"
    of_moves = sum(move.price for move in plan.moves)
    unplaced = asked.prices["unplaced"] * len(plan.unplaced)
    if told.objective != bill.objective:
        yield f"the plan costs {bill.objective}, and says {told.objective}"
    if not asked.prices["idle_minute"] and of_moves + unplaced != bill.objective:
        yield f"the moves cost {of_moves} and the others {unplaced}, and all of it {bill.objective}"
    if told.bound > told.objective:
        yield f"a bound of {told.bound} above {told.objective}"
    if asked.lexicographic:
        values = tuple(level.value for level in told.levels)
        if values != bill.levels[: len(values)]:  # on the way those behind are not known yet
            yield f"the levels are {bill.levels}, and said to be {values}"
