"""The prices and examples of docs/planning.md are those that a plan pays."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from models.planning import REBUILD_PRICES, REPAIR_PRICES, Assignment, PlanPrices, Task, TaskKind
from models.setup import ClinicSetup
from models.wall_clock import Minute, instant_of, local_of
from solver.planning.idle import idle_minutes
from solver.planning.prices import PriceList
from tests.builders import a_clinic, a_provider, at

PAGE = (Path(__file__).parents[2] / "docs/planning.md").read_text(encoding="utf-8")
BERLIN = "Europe/Berlin"
HOME, OTHER = "okoro", "silva"
A_MOVE = r"^\| (displaced|undisplaced) \| (\S+ \S+) \| (\S+ \S+) \| (the same|another) \| (\d+) \|$"
MOVES = re.findall(A_MOVE, PAGE, re.MULTILINE)
A_PRICE = r"^\| `(\w+)` \| ([\d,]+) \|"
PRICES = re.findall(A_PRICE, PAGE, re.MULTILINE)


def two_people() -> ClinicSetup:
    return a_clinic(timezone=BERLIN, providers=[a_provider(HOME), a_provider(OTHER)])


def minute(text: str) -> Minute:
    """A date and a time on the wall in Berlin."""
    shown = datetime.fromisoformat(text)
    return at(f"{shown:%H:%M}", shown.date(), BERLIN)


def price_of(prices: PlanPrices, kind: TaskKind, from_: Minute, to: Minute, provider: str = HOME) -> int:
    """What a visit of half an hour pays for such a move."""
    home = Assignment(provider_id=HOME, start=from_, end=from_ + 30)
    task = Task(
        id="a",
        kind=kind,
        service_id="checkup",
        patient_id="p",
        duration_minutes=30,
        home=home,
        earliest=min(from_, to),
        latest=max(from_, to) + 1,
    )
    after = Assignment(provider_id=provider, start=to, end=to + 30)
    price, parts = PriceList(prices, two_people()).of_assignment(task, after)
    assert sum(parts.values()) == price
    return price


def test_the_price_list_is_the_usual_one() -> None:
    names = {re.sub("[A-Z]", lambda one: f"_{one[0].lower()}", name): price for name, price in PRICES}
    usual = {name: f"{getattr(REPAIR_PRICES, name):,}" for name in names}
    assert names == usual
    assert set(names) == set(PlanPrices.__slots__) - {"movable_pay_for_distance"}


def test_a_rebuild_pays_what_is_said() -> None:
    assert "it pays 100 for `told` and for its distance" in " ".join(PAGE.split())
    assert (REBUILD_PRICES.told, REBUILD_PRICES.idle_minute) == (100, 1)
    assert REBUILD_PRICES.movable_pay_for_distance


def test_there_are_moves_of_every_sort() -> None:
    assert {(kind, provider) for kind, _, _, provider, _ in MOVES} == {
        ("displaced", "the same"),
        ("displaced", "another"),
        ("undisplaced", "another"),
    }


@pytest.mark.parametrize(("kind", "from_", "to", "provider", "price"), MOVES)
def test_the_moves_of_the_documentation(kind: str, from_: str, to: str, provider: str, price: str) -> None:
    paid = price_of(
        REPAIR_PRICES,
        TaskKind.DISPLACED if kind == "displaced" else TaskKind.MOVABLE,
        minute(from_),
        minute(to),
        HOME if provider == "the same" else OTHER,
    )
    assert paid == int(price)


def test_a_day_of_25_hours_is_one_day() -> None:
    [(start, end)] = [(minute(one), minute(other)) for _, one, other, _, price in MOVES if price == "100"]
    assert end - start == 25 * 60
    assert local_of(start, two_people().zone).time() == local_of(end, two_people().zone).time()
    assert instant_of(end) > instant_of(start)


@pytest.mark.parametrize(("start", "pays"), [("11:50", True), ("11:00", False)])
def test_the_morning_of_the_documentation(start: str, pays: bool) -> None:
    """Two visits stay, and the last one may follow on them."""
    others = [(at("08:00"), at("08:30")), (at("09:10"), at("09:40"))]
    before = idle_minutes([*others, (at(start), at(start) + 30)])
    after = idle_minutes([*others, (at("09:40"), at("10:10"))])
    price = price_of(REBUILD_PRICES, TaskKind.MOVABLE, at(start), at("09:40"))
    assert (before - after > price) == pays
    said = re.findall(r"costs? 100 \+ (\d+) = (\d+) and saves? (\d+)", " ".join(PAGE.split()))
    assert (str(price - 100), str(price), str(before - after)) in said
