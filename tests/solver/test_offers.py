"""The list of slots: its order, its proof, and what happens when the solver or the bounds are wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from ortools.sat.python.cp_model import INFEASIBLE, UNKNOWN, CpModel, CpSolver

from models.appointment import EquipmentUse
from models.slot import Slot, SlotAnswer, SlotRequest, TimeOfDay
from models.snapshot import ClinicSnapshot
from models.wall_clock import local_of, zone_named
from solver import offers
from solver import solve as solving
from solver.candidates import candidates_and_blocked
from solver.offers import RuleBroken, offer_slots
from solver.options import Menu, menu_of
from solver.outcome import Outcome, Solved
from solver.problem import SearchProblem
from solver.search import SearchSettings, Status
from solver.site_candidates import SiteCandidates
from tests.builders import (
    a_call,
    a_clinic,
    a_location,
    a_patient,
    a_pool,
    a_provider,
    a_request,
    a_room,
    a_service,
    a_snapshot,
    an_appointment,
    an_ecg,
    at,
    closed,
    hours,
    moment,
)


def clocks(answer: SlotAnswer) -> list[str]:
    """The starts on Monday, in the order of the answer."""
    return ["{:02d}:{:02d}".format(*divmod(slot.start - at("00:00"), 60)) for slot in answer.slots]


def told(slot: Slot) -> tuple[str, str, int]:
    return slot.provider.id, slot.location.id if slot.location else "", slot.start


def totals(answer: SlotAnswer) -> list[int]:
    return [slot.score.total for slot in answer.slots]


def a_busy_morning(**parts: Any) -> ClinicSnapshot:
    """Two providers and two rooms with some visits, so that scores differ and some are equal."""
    usual: dict[str, Any] = {
        "providers": (a_provider("okoro"), a_provider("lind")),
        "rooms": (a_room(), a_room("room-2", features=frozenset({"sink"}))),
        "services": (a_service(), a_service("long", duration_minutes=90)),
    }
    visits = (
        an_appointment("08:10", "08:40", id="1"),
        an_appointment("10:00", "10:30", id="2"),
        an_appointment("10:10", "10:40", id="3", provider_id="lind", room_id="room-2", patient_id="cleo"),
        an_appointment("13:00", "14:30", id="4", provider_id="lind", room_id="room-1", service_id="long"),
    )
    return a_snapshot(a_clinic(**{**usual, **parts}), *visits)


class TestOrder:
    def test_the_best_score_comes_first(self) -> None:
        answer = offer_slots(a_busy_morning(), a_request())
        assert totals(answer) == sorted(totals(answer), reverse=True)
        assert len(set(totals(answer))) > 3

    def test_ties_break_by_start_and_then_by_name(self) -> None:
        answer = offer_slots(a_busy_morning(), a_request())
        keys = [(-slot.score.total, slot.start, slot.provider.name) for slot in answer.slots]
        assert keys == sorted(keys)

    def test_names_decide_before_ids(self) -> None:
        last, first = a_provider("1", name="Zhou"), a_provider("2", name="Abel")
        snapshot = a_snapshot(a_clinic(providers=(last, first)))
        answer = offer_slots(snapshot, a_request(end="08:01"))
        assert [slot.provider.name for slot in answer.slots] == ["Abel", "Zhou"]

    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 9, 15, 16, 17, 40, 500])
    def test_a_shorter_list_is_the_head_of_the_longer_one(self, limit: int) -> None:
        """Also where the cut falls between slots of equal score."""
        everything = offer_slots(a_busy_morning(), a_request())
        best = offer_slots(a_busy_morning(), a_request(limit=limit))
        assert [told(slot) for slot in best.slots] == [told(slot) for slot in everything.slots][:limit]
        assert best.proven

    @pytest.mark.parametrize("limit", [1, 5, 10])
    def test_of_slots_that_are_all_alike_the_earliest_are_listed(self, limit: int) -> None:
        step = a_service(slot_step_minutes=1, duration_minutes=1)
        snapshot = a_snapshot(a_clinic(services=(step,)))
        answer = offer_slots(snapshot, a_request(step, start="09:00", end="15:00", limit=limit))
        assert clocks(answer) == [f"09:{minute:02d}" for minute in range(limit)]


class TestRange:
    def test_starts_lie_in_the_range_and_its_end_is_excluded(self) -> None:
        answer = offer_slots(a_snapshot(), a_request(start="09:00", end="10:00"))
        assert sorted(clocks(answer)) == ["09:00", "09:15", "09:30", "09:45"]

    def test_a_visit_may_end_behind_the_range_but_not_behind_the_hours(self) -> None:
        answer = offer_slots(a_snapshot(), a_request(start="15:15", end="17:00"))
        assert sorted(clocks(answer)) == ["15:15", "15:30"]

    def test_another_length_may_be_asked_for(self) -> None:
        answer = offer_slots(a_snapshot(), a_request(start="12:00", duration_minutes=200))
        assert sorted(clocks(answer)) == ["12:00", "12:15", "12:30"]
        assert {slot.end - slot.start for slot in answer.slots} == {200}

    def test_a_visit_over_a_closure_that_ends_is_offered_at_its_end(self) -> None:
        clinic = a_clinic(exceptions=(closed("locations/main", moment("06:00"), moment("12:00")),))
        answer = offer_slots(a_snapshot(clinic), a_request())
        assert min(clocks(answer)) == "12:00"

    def test_the_doubled_hour_of_the_documentation_is_offered_twice(self) -> None:
        half_hourly = a_service(slot_step_minutes=30)
        clinic = a_clinic(
            timezone="Europe/Berlin",
            services=(half_hourly,),
            working_hours=[hours("providers/okoro", "01:00", "04:00")],
        )
        night = date(2026, 10, 25)
        asked = a_request(half_hourly, start=at("00:00", night, "Europe/Berlin"), end=at("12:00", night))
        starts = sorted(slot.start for slot in offer_slots(a_snapshot(clinic), asked).slots)
        assert [f"{local_of(start, zone_named('Europe/Berlin')):%H:%M %z}" for start in starts] == [
            "01:00 +0200",
            "01:30 +0200",
            "02:00 +0200",
            "02:30 +0200",
            "02:00 +0100",
            "02:30 +0100",
            "03:00 +0100",
            "03:30 +0100",
        ]


class TestPlace:
    def test_each_location_has_its_own_slots(self) -> None:
        clinic = a_clinic(
            locations=(a_location("main"), a_location("annex")),
            providers=(a_provider(location_ids=("main", "annex")),),
            rooms=(a_room(), a_room("far", location_id="annex")),
        )
        asked = a_request(end="08:01")
        both = offer_slots(a_snapshot(clinic), asked)
        assert [told(slot)[1] for slot in both.slots] == ["annex", "main"]
        only = offer_slots(a_snapshot(clinic), replace(asked, location=a_location("annex")))
        assert [[room.id for room in slot.rooms] for slot in only.slots] == [["far"]]

    def test_a_visit_from_afar_appears_once_and_nowhere(self) -> None:
        clinic = a_clinic(
            locations=(a_location("main"), a_location("annex")),
            providers=(
                a_provider(location_ids=("main", "annex")),
                a_provider("lind", location_ids=("annex",)),
            ),
            services=(a_call(),),
        )
        answer = offer_slots(a_snapshot(clinic), a_request(a_call(), end="08:01"))
        assert [told(slot)[:2] for slot in answer.slots] == [("lind", ""), ("okoro", "")]
        assert all(slot.rooms == () for slot in answer.slots)

    def test_a_location_asked_for_narrows_a_visit_from_afar_to_those_who_work_there(self) -> None:
        clinic = a_clinic(providers=(a_provider(), a_provider("lind", location_ids=())), services=(a_call(),))
        asked = a_request(a_call(), end="08:01", location=a_location())
        answer = offer_slots(a_snapshot(clinic), asked)
        assert [told(slot)[:2] for slot in answer.slots] == [("okoro", "")]

    def test_every_room_that_would_do_is_listed_best_first(self) -> None:
        rooms = (
            a_room("large", capacity=2),
            a_room("b-plain"),
            a_room("a-plain"),
            a_room("closed"),
            a_room("taken"),
            a_room("other", type="gym"),
        )
        clinic = a_clinic(
            rooms=rooms,
            services=(a_service(room_types=frozenset({"exam"})),),
            working_hours=[
                hours("providers/okoro", "08:00", "16:00"),
                hours("rooms/closed", "09:00", "10:00"),
            ],
        )
        taken = an_appointment("08:00", "08:30", room_id="taken", provider_id="okoro", service_id="checkup")
        clinic = replace(clinic, providers=(a_provider(), a_provider("lind")))
        snapshot = a_snapshot(clinic, replace(taken, provider_id="lind"))
        (slot,) = offer_slots(snapshot, a_request(clinic.services[0], end="08:01")).slots
        assert [room.id for room in slot.rooms] == ["a-plain", "b-plain", "large"]

    def test_equipment_comes_from_one_pool_where_one_has_enough(self) -> None:
        pools = (a_pool("small", quantity=1), a_pool("large", quantity=3), a_pool("gone", quantity=0))
        clinic = a_clinic(equipment=pools, services=(an_ecg(2),))
        (slot,) = offer_slots(a_snapshot(clinic), a_request(an_ecg(2), end="08:01")).slots
        assert slot.equipment == (EquipmentUse(id="large", units=2),)

    def test_equipment_comes_from_several_pools_where_none_has_enough(self) -> None:
        pools = (a_pool("one", quantity=1), a_pool("two", quantity=2))
        clinic = a_clinic(equipment=pools, services=(an_ecg(3),))
        (slot,) = offer_slots(a_snapshot(clinic), a_request(an_ecg(3), end="08:01")).slots
        assert set(slot.equipment) == {EquipmentUse(id="one", units=1), EquipmentUse(id="two", units=2)}


class TestProof:
    def test_the_bound_is_what_the_slots_add_up_to(self) -> None:
        for limit in (1, 3, 10, 500):
            answer = offer_slots(a_busy_morning(), a_request(limit=limit))
            assert answer.proven
            assert answer.bound == sum(totals(answer))

    def test_nothing_is_proven_without_the_solver(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(solving, "run", None)
        answer = offer_slots(a_snapshot(), a_request(start="00:00", end="01:00"))
        assert answer == SlotAnswer(slots=(), proven=True, bound=0)

    def test_nobody_who_offers_it_is_an_answer_too(self) -> None:
        unknown = a_service("massage")
        assert offer_slots(a_snapshot(), a_request(unknown)).slots == ()
        blocked = a_patient(blocked_provider_ids=frozenset({"okoro"}))
        assert offer_slots(a_snapshot(), a_request(patient=blocked)).slots == ()
        assert offer_slots(a_snapshot(), a_request(provider_ids=frozenset({"lind"}))).slots == ()

    def test_a_worse_menu_than_the_bound_is_not_proven(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As when the time runs out with something found and nothing shown about it."""
        some = len(offer_slots(a_busy_morning(), a_request()).slots) - 5
        honest = offer_slots(a_busy_morning(), a_request(limit=some))

        def lazily(problem: SearchProblem, options: Any, settings: SearchSettings) -> Outcome:
            return Solved(tuple(options[-some:]), honest.bound)

        monkeypatch.setattr(offers, "solve", lazily)
        answer = offer_slots(a_busy_morning(), a_request(limit=some))
        assert not answer.proven
        assert answer.bound == honest.bound > sum(totals(answer))


class TestWidening:
    """The first menu is small; it grows until nothing outside could be better."""

    @staticmethod
    def count_menus(
        monkeypatch: pytest.MonkeyPatch, changed: Callable[[Menu], Menu] = lambda menu: menu
    ) -> list[int]:
        sizes: list[int] = []

        def counted(sites: list[SiteCandidates], request: SlotRequest, size: int) -> Menu:
            sizes.append(size)
            return changed(menu_of(sites, request, size))

        monkeypatch.setattr(offers, "menu_of", counted)
        return sizes

    def test_exact_bounds_need_one_menu(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sizes = self.count_menus(monkeypatch)
        offer_slots(a_busy_morning(), a_request(limit=3))
        assert sizes == [3 + offers.MARGIN]

    @pytest.mark.parametrize("margin", [0, 1, 100])
    def test_the_margin_changes_nothing(self, monkeypatch: pytest.MonkeyPatch, margin: int) -> None:
        honest = offer_slots(a_busy_morning(), a_request(limit=5))
        monkeypatch.setattr(offers, "MARGIN", margin)
        assert offer_slots(a_busy_morning(), a_request(limit=5)) == honest

    def test_a_bound_that_hopes_too_much_widens_the_menu(self, monkeypatch: pytest.MonkeyPatch) -> None:
        honest = offer_slots(a_busy_morning(), a_request(limit=2))
        monkeypatch.setattr(offers, "MARGIN", 0)

        def hoping(menu: Menu) -> Menu:
            outside = None if menu.best_outside is None else menu.best_outside + 9000
            return replace(menu, best_outside=outside)

        sizes = self.count_menus(monkeypatch, hoping)
        assert offer_slots(a_busy_morning(), a_request(limit=2)) == honest
        assert sizes == [2, 8, 32, 128]

    def test_a_menu_of_the_worst_options_widens_to_the_best(self, monkeypatch: pytest.MonkeyPatch) -> None:
        honest = offer_slots(a_busy_morning(), a_request(limit=2))
        monkeypatch.setattr(offers, "MARGIN", 0)

        def upside_down(sites: list[SiteCandidates], request: SlotRequest, size: int) -> Menu:
            whole = menu_of(sites, request, 10_000)
            chosen = whole.options[-size:]
            outside = max((option.best_points for option in whole.options[:-size]), default=None)
            return Menu(options=chosen, best_outside=outside, count=whole.count)

        monkeypatch.setattr(offers, "menu_of", upside_down)
        answer = offer_slots(a_busy_morning(), a_request(limit=2))
        assert (totals(answer), answer.bound, answer.proven) == (totals(honest), honest.bound, True)


class TestUnreliableSolver:
    @pytest.mark.parametrize("claim", [INFEASIBLE, UNKNOWN])
    @pytest.mark.parametrize("limit", [1, 4, 500])
    def test_a_solver_that_gives_up_costs_the_proof_and_not_the_slots(
        self, monkeypatch: pytest.MonkeyPatch, claim: Status, limit: int
    ) -> None:
        honest = offer_slots(a_busy_morning(), a_request(limit=limit))

        def gives_up(model: CpModel, settings: SearchSettings) -> tuple[CpSolver, Status]:
            return CpSolver(), int(claim)

        monkeypatch.setattr(solving, "run", gives_up)
        answer = offer_slots(a_busy_morning(), a_request(limit=limit))
        assert answer.slots == honest.slots
        assert not answer.proven
        assert answer.bound >= sum(totals(answer))

    def test_a_menu_with_slots_missing_is_not_believed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        honest = offer_slots(a_busy_morning(), a_request(limit=4))

        def forgets_one(problem: SearchProblem, options: Any, settings: SearchSettings) -> Outcome:
            return Solved(tuple(options[:3]), honest.bound)

        monkeypatch.setattr(offers, "solve", forgets_one)
        answer = offer_slots(a_busy_morning(), a_request(limit=4))
        assert answer.slots == honest.slots
        assert not answer.proven

    def test_no_time_at_all_still_gives_the_slots(self) -> None:
        honest = offer_slots(a_busy_morning(), a_request(limit=4))
        hurried = offer_slots(a_busy_morning(), a_request(limit=4), SearchSettings(time_limit_seconds=0.0))
        assert hurried.slots == honest.slots


def lying(monkeypatch: pytest.MonkeyPatch, change: Callable[[SiteCandidates], dict[str, Any]]) -> None:
    """Let the pruning claim something else than what they found."""

    def changed(problem: SearchProblem) -> tuple[list[SiteCandidates], list[SiteCandidates]]:
        found, blocked = candidates_and_blocked(problem)
        return [replace(site, **change(site)) for site in found], blocked

    monkeypatch.setattr(offers, "candidates_and_blocked", changed)


class TestRuleBroken:
    """A model that offers what the plain rules refuse never gets as far as a caller."""

    @pytest.mark.parametrize(
        ("clock", "later", "rule"),
        [("09:30", "10:00", "provider_is_never_double_booked"), ("15:30", "16:00", "provider_is_working")],
    )
    def test_an_impossible_placement_names_its_rule(
        self, monkeypatch: pytest.MonkeyPatch, clock: str, later: str, rule: str
    ) -> None:
        """What is possible at one start is claimed to be possible half an hour later."""
        lying(monkeypatch, lambda site: {"starts": site.starts + 30})
        clinic = a_clinic(rooms=(a_room(), a_room("room-2")))
        snapshot = a_snapshot(clinic, an_appointment(room_id="room-2"))
        with pytest.raises(RuleBroken, match=rf"{rule}: Check-up with Dr Okoro at 2026-06-01T{later}"):
            offer_slots(snapshot, a_request(start=clock, end=at(clock) + 1))

    def test_a_score_that_is_not_the_rules_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lying(monkeypatch, lambda site: {"terms": site.terms._replace(gap=site.terms.gap + 1)})
        with pytest.raises(RuleBroken, match="scored 8595 by the rules, 8596 by the model"):
            offer_slots(a_snapshot(), a_request(end="08:01"))


class TestPreferredTimeOfDay:
    def test_slots_outside_the_preferred_part_of_the_day_rank_lower(self) -> None:
        answer = offer_slots(a_snapshot(), a_request(preferred=TimeOfDay.AFTERNOON))
        first_half = [clock for clock in clocks(answer) if clock >= "12:00"]
        assert clocks(answer)[: len(first_half)] == sorted(first_half, key=clocks(answer).index)
        assert {slot.score.preference for slot in answer.slots} == {2666, 4000}
